/*
 * Health checks: a command that runs inside the container from time to time. One at a time, as children of
 * the monitor that die with it. Interval, retries, start period as Docker defines them.
 */
#pragma once

#include "state.h"

struct monitor;

/** Begins to check the run that has just started. NULL when the container has no check. */
struct health *health_start(struct monitor *monitor);

/** When something is due, in milliseconds of clock_ms; -1: nothing. */
int64_t health_deadline(const struct health *health);

/** Does what is due at `now`. */
void health_tick(struct monitor *monitor, int64_t now);

/** The run has ended: kills a check on its way. The record stays in the state. */
void health_stop(struct monitor *monitor);

/** Is `pid` the check that runs? Then it is not an orphan to be reaped. */
bool health_owns(const struct health *health, pid_t pid);
