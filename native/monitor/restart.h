/* When a container that ended is started again, and after which pause. Pure. */
#pragma once

#include "../spec/spec.h"

enum { RESTART_FIRST_MS = 100, RESTART_LONGEST_MS = 60000, RESTART_CALM_MS = 10000 };

/** Is there to be another run after one that ended with `exit_code`? `restarts` counts those so far. */
bool restart_wanted(const struct sampan_restart *policy, int exit_code, int restarts, bool stop_requested);

/**
 * The pause before the next run in milliseconds: doubled from the last one (0 at first) up to a minute, and
 * back at the beginning after a run of ten seconds.
 */
int restart_pause(int last_pause, int64_t ran_ms);
