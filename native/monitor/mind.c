/* One run: from the program's execve to its end, and the pause before the next. */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/pidfd.h"
#include "../net/net.h"
#include "clients.h"
#include "events.h"
#include "health.h"
#include "live.h"
#include "monitor.h"
#include "pid_file.h"
#include "restart.h"
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  QUIET_MS = 2000,    /* after this long without output memory goes back to the kernel */
  HANDLER_MS = 1000,  /* a program may take this long to install its handlers */
  STOP_LOOK_MS = 100, /* how often the pause before a restart looks for a stop */
  SIGNAL_EXIT = 128,  /* exit code of a program ended by signal N: 128 + N */
};

static bool stop_requested(const struct monitor *monitor) {
  return monitor->no_restart || faccessat(monitor->bundle.fd, "stop-requested", F_OK, 0) == 0;
}

/* cgroup v2 counts what the out-of-memory killer did in the container. */
static bool was_oom_killed(int cgroup) {
  if (cgroup < 0) return false;
  cleanup_free char *events = read_file(cgroup, "memory.events", 4096, NULL);
  const char *row = events == NULL ? NULL : strstr(events, "oom_kill ");
  return row != NULL && strtol(row + strlen("oom_kill "), NULL, 10) > 0;
}

static void container_ended(struct monitor *monitor, struct source *source, uint32_t events) {
  (void)events;
  struct state *state = &monitor->state;
  int status = 0;

  if (pidfd_reap(source->fd, &status) < 0)
    status = SIGKILL; /* cannot be: it is our child and nobody else reaps it */
  source_watch(monitor, source, 0);
  state->status = STATUS_EXITED;
  state->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  state->exit_code = WIFSIGNALED(status) ? SIGNAL_EXIT + WTERMSIG(status) : WEXITSTATUS(status);
  state->oom_killed = was_oom_killed(monitor->container.cgroup);
  state->pid = 0;
  state->start_ticks = 0;
  timestamp_now(state->finished_at);
  if (monitor->timed_out)
    snprintf(state->error, sizeof state->error, "killed: it ran longer than %lld seconds",
             (long long)monitor->bundle.sampan->timeout);
  monitor->running = false;
  char code[12];
  snprintf(code, sizeof code, "%d", state->exit_code);
  if (state->oom_killed) event_append(&monitor->bundle, "oom", NULL);
  event_append(&monitor->bundle, "die", (struct event_attribute[]){{"exitCode", code}, {0}});
  event_volumes_unmounted(&monitor->bundle);
}

/* Where the container has no pid namespace of its own, its orphans come to us, the subreaper. */
static bool adopts_orphans(const struct bundle *bundle) {
  const struct spec_linux *linux_ = bundle->config->linux_;

  if (bundle->sampan->join->pid != NULL) return false;
  for (size_t i = 0; linux_ != NULL && i < linux_->namespaces.count; i++)
    if (strcmp(linux_->namespaces.at[i].type, "pid") == 0) return false;
  return true;
}

/* The container itself and a health check are reaped by those who wait for them. */
static void reap_orphans(const struct monitor *monitor) {
  if (!adopts_orphans(&monitor->bundle)) return;
  for (;;) {
    siginfo_t info = {0};

    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 ||
        info.si_pid == monitor->container.pid || health_owns(monitor->health, info.si_pid))
      return;
    waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG);
  }
}

/* Of a program that would not notice the stop signal nothing is to be waited for: it is killed at once,
 * unless it has only just begun and may still install its handler. */
static bool is_deaf(const struct monitor *monitor) {
  const struct sampan *sampan = monitor->bundle.sampan;

  return !sampan->init && sampan->join->pid == NULL && !adopts_orphans(&monitor->bundle) &&
         !signal_noticed(monitor->container.pid, (int)sampan->stop_signal);
}

/* The stop signal, and SIGKILL when its time is over. */
static void begin_stop(struct monitor *monitor) {
  const struct sampan *sampan = monitor->bundle.sampan;

  if (!monitor->running || monitor->kill_deadline != 0) return;
  pidfd_signal(monitor->container.pidfd, (int)sampan->stop_signal);
  if (is_deaf(monitor))
    monitor->kill_deadline = monitor->started_ms + HANDLER_MS;
  else if (sampan->stop_timeout >= 0)
    monitor->kill_deadline = clock_ms() + sampan->stop_timeout * 1000;
}

static void signals_ready(struct monitor *monitor, struct source *source, uint32_t events) {
  (void)events;
  struct signalfd_siginfo info;

  while (read(source->fd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD) {
      reap_orphans(monitor);
      continue;
    }
    /* SIGTERM: the machine goes down, or somebody ends all of the user's processes. End the container
     * properly. */
    monitor->no_restart = true;
    begin_stop(monitor);
  }
}

void monitor_unhealthy(struct monitor *monitor) {
  if (!monitor->running) return;
  switch ((enum health_action)monitor->bundle.sampan->health->on_failure) {
  case HEALTH_NONE:
    return;
  case HEALTH_KILL: /* what comes then is the restart policy's */
    pidfd_signal(monitor->container.pidfd, SIGKILL);
    return;
  case HEALTH_RESTART:
    monitor->again = true;
    begin_stop(monitor);
    return;
  case HEALTH_STOP:
    monitor->no_restart = true;
    begin_stop(monitor);
    return;
  }
}

void monitor_signal(struct monitor *monitor, int signal) {
  if (!monitor->running || signal <= 0 || signal >= NSIG) return;
  if (signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGHUP || signal == SIGKILL ||
      signal == monitor->bundle.sampan->stop_signal)
    monitor->no_restart = true; /* who ends it at the terminal does not want it back */
  pidfd_signal(monitor->container.pidfd, signal);
}

static void watch_signals(struct monitor *monitor) {
  sigset_t set;

  if (monitor->signals.fd >= 0) return;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  source_init(&monitor->signals, signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), signals_ready);
  source_watch(monitor, &monitor->signals, EPOLLIN);
}

void monitor_watch(struct monitor *monitor) {
  struct state *state = &monitor->state;

  unlinkat(monitor->bundle.fd, "paused", 0); /* of the run before */
  state->status = STATUS_RUNNING;
  state->pid = monitor->container.pid;
  state->start_ticks = process_start_ticks(monitor->container.pid);
  state->exit_code = state->signal = 0;
  state->oom_killed = false;
  timestamp_now(state->started_at);
  monitor->started_ms = clock_ms();
  monitor->running = true;
  if (monitor->timed_out) state->error[0] = '\0'; /* of the run before */
  monitor->again = monitor->timed_out = false;
  monitor->kill_deadline = 0;
  int64_t seconds = monitor->bundle.sampan->timeout;
  monitor->run_deadline = seconds > 0 ? monitor->started_ms + seconds * 1000 : 0;
  monitor->health = health_start(monitor);
  state_write(monitor->bundle.fd, state);
  event_volumes_mounted(&monitor->bundle);
  event_append(&monitor->bundle, "start", NULL);

  watch_signals(monitor);
  source_init(&monitor->ended, monitor->container.pidfd, container_ended);
  source_watch(monitor, &monitor->ended, EPOLLIN);
}

static int64_t sooner(int64_t a, int64_t b) {
  return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

/* Milliseconds until something is to be done without an event; -1: nothing. */
static int next_pause(const struct monitor *monitor) {
  int64_t now = clock_ms();
  int64_t due = health_deadline(monitor->health);

  if (monitor->kill_deadline > 0) due = sooner(due, monitor->kill_deadline);
  if (monitor->run_deadline > 0) due = sooner(due, monitor->run_deadline);
  if (monitor->busy) due = sooner(due, now + QUIET_MS);
  if (due < 0) return -1;
  if (due <= now) return 0;
  return due - now > 3600000 ? 3600000 : (int)(due - now);
}

/* The container has ended: what is left in its streams goes out, and its own things go away. */
static void end_run(struct monitor *monitor, struct strbuf *tail) {
  health_stop(monitor);
  monitor->health = NULL;
  streams_drain(monitor, tail);
  live_unwatch(monitor);
  network_stop(monitor->network);
  monitor->network = NULL;
  monitor->ended.fd = -1; /* start_end closes it */
  start_end(&monitor->bundle, &monitor->container);
  pid_file_remove(monitor->bundle.sampan->pid_file);
  /* What the network or an OCI runtime left: nobody waits for it any more. */
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

void monitor_mind(struct monitor *monitor, struct strbuf *tail) {
  while (monitor->running) {
    bool quiet = !loop_turn(monitor, next_pause(monitor));
    int64_t now = clock_ms();

    if (quiet && monitor->busy) {
      monitor->busy = false;
      streams_trim(monitor);
    }
    if (monitor->kill_deadline > 0 && now >= monitor->kill_deadline) {
      monitor->kill_deadline = 0;
      pidfd_signal(monitor->container.pidfd, SIGKILL);
    }
    if (monitor->run_deadline > 0 && now >= monitor->run_deadline) {
      monitor->run_deadline = 0;
      monitor->timed_out = true;
      pidfd_signal(monitor->container.pidfd, SIGKILL);
    }
    health_tick(monitor, now);
  }
  end_run(monitor, tail);
}

/* Waits in short steps: a stop comes as a file, and clients come and go meanwhile. */
static bool wait_unless_stopped(struct monitor *monitor, int milliseconds) {
  int64_t until = clock_ms() + milliseconds;

  for (int64_t left = milliseconds; left > 0; left = until - clock_ms()) {
    if (stop_requested(monitor)) return false;
    loop_turn(monitor, left < STOP_LOOK_MS ? (int)left : STOP_LOOK_MS);
  }
  return !stop_requested(monitor);
}

/* As it is now: `update` may have changed it since the start. */
static struct sampan_restart policy_now(const struct monitor *monitor) {
  struct sampan_restart policy = *monitor->bundle.sampan->restart;
  struct bundle fresh;
  struct fail ignored = {0};

  if (bundle_read(monitor->bundle.path, &fresh, &ignored) == 0) {
    policy = *fresh.sampan->restart;
    bundle_free(&fresh);
  }
  return policy;
}

bool monitor_again(struct monitor *monitor, const struct strbuf *tail) {
  struct state *state = &monitor->state;
  struct sampan_restart policy = policy_now(monitor);

  bool stopped = stop_requested(monitor);
  if (!(monitor->again && !stopped) &&
      !restart_wanted(&policy, state->exit_code, state->restart_count, stopped))
    return false;
  monitor_tell_end(monitor, tail, NULL);
  streams_close(monitor);
  state->status = STATUS_RESTARTING;
  state_write(monitor->bundle.fd, state);
  monitor->restart_pause = restart_pause(monitor->restart_pause, clock_ms() - monitor->started_ms);
  if (!wait_unless_stopped(monitor, monitor->restart_pause)) {
    state->status = STATUS_EXITED;
    return false;
  }
  state->restart_count++;
  return true;
}
