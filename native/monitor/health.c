#include "health.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/pidfd.h"
#include "../common/strbuf.h"
#include "../exec/join.h"
#include "end_session.h"
#include "events.h"
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MS = 1000000, NO_EXIT_CODE = -1 };

struct health {
  const struct sampan_health *plan;
  const char *shell[4];        /* /bin/sh -c TEXT */
  struct spec_process process; /* the container's own, but for the program */
  int64_t started;
  int64_t due;     /* the next check; -1 while one runs */
  int64_t give_up; /* when the one that runs is killed */
  struct exec_started check;
  struct source output, ended;
  struct health_result result;
  char said[HEALTH_OUTPUT];
  size_t said_size;
  bool timed_out;
};

/* Docker's defaults stand for 0. */
static int64_t or_default(int64_t nanoseconds, int64_t milliseconds) {
  return nanoseconds > 0 ? (nanoseconds + MS - 1) / MS : milliseconds;
}

static bool in_start_period(const struct monitor *monitor, int64_t now) {
  const struct health *health = monitor->health;

  return monitor->state.health->status == HEALTH_STARTING &&
         now - health->started < health->plan->start_period / MS;
}

static void plan_next(struct monitor *monitor, int64_t now) {
  struct health *health = monitor->health;

  health->due = now + (in_start_period(monitor, now) ? or_default(health->plan->start_interval, 5000)
                                                     : or_default(health->plan->interval, 30000));
}

/* The program of the check, or false for the kinds that mean "none". */
static bool set_program(struct health *health) {
  const texts *test = &health->plan->test;

  if (test->count >= 2 && strcmp(test->at[0], "CMD") == 0) {
    health->process.args.at = test->at + 1;
    health->process.args.count = test->count - 1;
    return true;
  }
  if (test->count == 2 && strcmp(test->at[0], "CMD-SHELL") == 0) {
    health->shell[0] = "/bin/sh";
    health->shell[1] = "-c";
    health->shell[2] = test->at[1];
    health->process.args.at = health->shell;
    health->process.args.count = 3;
    return true;
  }
  return false;
}

static void forget_record(struct state *state) {
  if (state->health == NULL) return;
  for (int i = 0; i < state->health->count; i++) free(state->health->results[i].output);
  free(state->health);
  state->health = NULL;
}

struct health *health_start(struct monitor *monitor) {
  const struct sampan_health *plan = monitor->bundle.sampan->health;

  forget_record(&monitor->state);
  if (plan == NULL) return NULL;
  struct health *health = need_memory(sizeof *health);
  *health = (struct health){.plan = plan,
                            .process = *monitor->bundle.config->process,
                            .started = clock_ms(),
                            .check = {.pidfd = -1, .console = -1},
                            .output.fd = -1,
                            .ended.fd = -1};
  health->process.terminal = false;
  if (!set_program(health)) {
    free(health);
    return NULL;
  }
  monitor->state.health = need_memory(sizeof *monitor->state.health);
  *monitor->state.health = (struct health_record){.status = HEALTH_STARTING};
  monitor->health = health;
  plan_next(monitor, health->started);
  return health;
}

int64_t health_deadline(const struct health *health) {
  if (health == NULL) return -1;
  return health->due >= 0 ? health->due : health->timed_out ? -1 : health->give_up;
}

bool health_owns(const struct health *health, pid_t pid) {
  return health != NULL && health->check.pid == pid;
}

static void keep_result(struct health *health, struct health_record *record) {
  struct health_result *result = &health->result;

  if (record->count == HEALTH_RESULTS) {
    free(record->results[0].output);
    memmove(record->results, record->results + 1, (HEALTH_RESULTS - 1) * sizeof *record->results);
    record->count--;
  }
  result->output = malloc(health->said_size + 1);
  result->size = result->output == NULL ? 0 : health->said_size;
  if (result->output != NULL) memcpy(result->output, health->said, result->size);
  record->results[record->count++] = *result;
}

static void judge(struct monitor *monitor, int exit_code, int64_t now) {
  struct health *health = monitor->health;
  struct health_record *record = monitor->state.health;
  int before = (int)record->status;
  int64_t retries = health->plan->retries > 0 ? health->plan->retries : 3;

  if (exit_code == 0) {
    record->failing_streak = 0;
    record->status = HEALTH_HEALTHY;
  } else if (!in_start_period(monitor, now)) {
    record->failing_streak++;
    if (record->failing_streak >= retries) record->status = HEALTH_UNHEALTHY;
  }
  health->result.exit_code = exit_code;
  timestamp_now(health->result.end);
  keep_result(health, record);
  plan_next(monitor, now);
  state_write(monitor->bundle.fd, &monitor->state);
  if ((int)record->status != before)
    event_append(&monitor->bundle,
                 record->status == HEALTH_HEALTHY ? "health_status: healthy" : "health_status: unhealthy",
                 NULL);
  if (exit_code != 0 && record->status == HEALTH_UNHEALTHY) monitor_unhealthy(monitor);
}

static void say(struct health *health, const char *text) {
  health->said_size = (size_t)snprintf(health->said, sizeof health->said, "%s", text);
}

static void read_output(struct health *health) {
  char rest[512]; /* what is too much is read all the same, or the check would hang */
  ssize_t n;

  do {
    size_t room = sizeof health->said - health->said_size;
    n = read(health->output.fd, room > 0 ? health->said + health->said_size : rest,
             room > 0 ? room : sizeof rest);
    if (n > 0 && room > 0) health->said_size += (size_t)n;
  } while (n > 0);
}

static void output_ready(struct monitor *monitor, struct source *source, uint32_t events) {
  read_output(monitor->health);
  if (events & (EPOLLHUP | EPOLLERR)) source_close(monitor, source);
}

static void check_ended(struct monitor *monitor, struct source *source, uint32_t events) {
  (void)events;
  struct health *health = monitor->health;
  int status = 0;
  int exit_code = NO_EXIT_CODE;

  if (pidfd_reap(source->fd, &status) == 0 && !health->timed_out)
    exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (health->output.fd >= 0) read_output(health);
  if (health->timed_out) {
    char text[80];
    snprintf(text, sizeof text, "Health check exceeded timeout (%lld ms)",
             (long long)or_default(health->plan->timeout, 30000));
    say(health, text);
  }
  source_close(monitor, &health->output);
  source_close(monitor, &health->ended);
  health->check = (struct exec_started){.pidfd = -1, .console = -1};
  judge(monitor, exit_code, clock_ms());
}

static void begin_check(struct monitor *monitor, int64_t now) {
  struct health *health = monitor->health;
  struct fail fail = {0};
  struct filter filter = {0};
  int ends[2] = {-1, -1};

  health->due = -1;
  health->give_up = now + or_default(health->plan->timeout, 30000);
  health->timed_out = false;
  health->result = (struct health_result){0};
  health->said_size = 0;
  timestamp_now(health->result.start);

  cleanup_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  bool piped = pipe2(ends, O_CLOEXEC) == 0;
  cleanup_fd int reader = ends[0];
  cleanup_fd int writer = ends[1];
  const struct bundle *bundle = &monitor->bundle;
  const struct spec_linux *linux_ = bundle->config->linux_;
  struct exec_request request = {
      .container = monitor->container.pid,
      .pidfd = monitor->container.pidfd,
      .process = &health->process,
      .how = {.mapping = monitor->lease.mapping, .keep_groups = bundle->sampan->keep_groups},
      .filter = &filter,
      .io = {.in = null, .out = writer, .err = writer}};
  if (!piped || null < 0)
    fail_errno(&fail, "open", "the health check's streams");
  else if (filter_prepare(linux_ == NULL ? NULL : linux_->seccomp, monitor->lease.mapping,
                          bundle->sampan->seccomp_cache, &filter, &fail) == 0) {
    fcntl(reader, F_SETFL, O_NONBLOCK);
    exec_start(&request, &health->check, &fail);
  }
  filter_free(&filter);
  if (fail.exit_code != 0) {
    say(health, fail.message);
    judge(monitor, fail.exit_code, clock_ms());
    return;
  }
  source_init(&health->output, steal_fd(&reader), output_ready);
  source_watch(monitor, &health->output, EPOLLIN);
  source_init(&health->ended, health->check.pidfd, check_ended);
  source_watch(monitor, &health->ended, EPOLLIN);
}

void health_tick(struct monitor *monitor, int64_t now) {
  struct health *health = monitor->health;

  if (health == NULL || !monitor->running) return;
  if (health->due >= 0 && now >= health->due) {
    /* A program that stands still cannot answer, and is not ill. */
    if (faccessat(monitor->bundle.fd, "paused", F_OK, 0) == 0)
      plan_next(monitor, now);
    else
      begin_check(monitor, now);
  } else if (health->due < 0 && !health->timed_out && now >= health->give_up) {
    health->timed_out = true; /* its end is told by the pidfd, as always */
    end_session(health->check.pid, health->check.pidfd);
  }
}

void health_stop(struct monitor *monitor) {
  struct health *health = monitor->health;
  int status;

  if (health == NULL) return;
  if (health->check.pid > 0) {
    end_session(health->check.pid, health->check.pidfd);
    pidfd_reap(health->check.pidfd, &status);
    source_close(monitor, &health->output);
    source_close(monitor, &health->ended);
  }
  free(health);
}
