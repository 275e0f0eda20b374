/* state.json: what a reader may believe about a container while, and after, its monitor lives. */
#pragma once

#include "timestamp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum status { STATUS_CREATED, STATUS_RUNNING, STATUS_RESTARTING, STATUS_EXITED };

enum { HEALTH_RESULTS = 5, HEALTH_OUTPUT = 4096 };

enum health_status { HEALTH_STARTING, HEALTH_HEALTHY, HEALTH_UNHEALTHY };

struct health_result {
  char start[TIMESTAMP_SIZE], end[TIMESTAMP_SIZE];
  int exit_code;
  char *output; /* at most HEALTH_OUTPUT bytes, owned */
  size_t size;
};

struct health_record {
  enum health_status status;
  int failing_streak;
  struct health_result results[HEALTH_RESULTS]; /* oldest first */
  int count;
};

struct state {
  enum status status;
  pid_t pid;
  uint64_t start_ticks;
  char started_at[TIMESTAMP_SIZE], finished_at[TIMESTAMP_SIZE];
  int exit_code, signal;
  bool oom_killed;
  char error[1024];
  int restart_count;
  struct health_record *health; /* NULL: no health check */
};

/** Takes startedAt and finishedAt over from the record of the run before, if there was one. */
void state_read_times(int bundle, struct state *state);

/** Replaces state.json in the folder `bundle`. Returns -1 with errno; the old record is whole then. */
int state_write(int bundle, const struct state *state);
