/* The signals a session lives with, as a descriptor. Shared by attach and exec. */
#pragma once

#include <stdbool.h>

/**
 * Blocks what the session must hear of and returns a signalfd for it: the size of the window; with `proxy`
 * every signal that can be passed on; with `raw` those that must not end or stop us before the terminal is
 * put back.
 */
int session_signals(bool proxy, bool raw);

/** Is `signal` one that only matters to us, not to the program at the other end? */
bool session_signal_is_ours(int signal);

/** Dies or stops as `signal` would have done without us in between; comes back after a stop. */
void session_signal_default(int signal);
