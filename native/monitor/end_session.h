/* Ends a process we started together with all it started. */
#pragma once

#include <sys/types.h>

/**
 * Kills the session led by our child `leader` (not reaped yet, so that its number is its own) and all
 * descendants of its processes, sessions of their own or not. What became nobody's child before, in a session
 * of its own, is missed.
 */
void end_session(pid_t leader, int pidfd);
