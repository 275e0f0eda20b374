/* What all runs of a container share, from the locks to the exit record. */
#include "../common/cleanup.h"
#include "../common/file.h"
#include "../common/report.h"
#include "../common/strbuf.h"
#include "../inside/remove.h"
#include "../net/net.h"
#include "clients.h"
#include "compress.h"
#include "events.h"
#include "journal.h"
#include "live.h"
#include "log.h"
#include "monitor.h"
#include "pid_file.h"
#include "remove.h"
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
  PROBERS_MS = 200, /* readers take monitor.lock for a moment to see whether it is free */
  PACK_MS = 5000,
  UNMOUNT_MS = 10000 /* the monitor of the last run may still be writing the upper folder back */
};

static int take_lock(struct monitor *monitor, const char *name, int milliseconds) {
  int fd = openat(monitor->bundle.fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0) return -1;
  if (lock_file(fd, LOCK_EX, milliseconds) < 0) {
    close_scoped_fd(&fd);
    return -1;
  }
  return fd;
}

static int take_locks(struct monitor *monitor, struct fail *fail) {
  const struct sampan *sampan = monitor->bundle.sampan;

  monitor->monitor_lock = take_lock(monitor, "monitor.lock", PROBERS_MS);
  if (monitor->monitor_lock < 0 && errno == EWOULDBLOCK)
    return fail_say(fail, EXIT_HELPER, "lock the container", "container %s is already running", sampan->name);
  if (monitor->monitor_lock < 0) return fail_errno(fail, "lock", "%s/monitor.lock", monitor->bundle.path);
  unlinkat(monitor->bundle.fd, "stop-requested", 0);

  monitor->rootfs_lock = take_lock(monitor, "rootfs.lock", UNMOUNT_MS);
  if (monitor->rootfs_lock < 0 && errno == EWOULDBLOCK) {
    fail_say(fail, EXIT_HELPER, "lock the root file system",
             "the root file system of container %s is still in use", sampan->name);
    return fail_hint(fail, "its last run is being written to disk: try again in a moment");
  }
  if (monitor->rootfs_lock < 0) return fail_errno(fail, "lock", "%s/rootfs.lock", monitor->bundle.path);
  return 0;
}

/* Without a log the container runs all the same; state.json says why there is none. */
static void open_log(struct monitor *monitor) {
  const struct sampan_log *log = monitor->bundle.sampan->log;

  if (log->driver == LOG_NONE || log->driver == LOG_PASSTHROUGH || log->path == NULL) return;
  monitor->log = log_open(log->path, log->driver == LOG_K8S_FILE, log->max_size, (int)log->max_files);
  if (monitor->log == NULL)
    snprintf(monitor->state.error, sizeof monitor->state.error, "no log: open %s: %s", log->path,
             strerror(errno));
  if (monitor->log == NULL) return;
  if (log->compress) log_pack(monitor->log);
  if (log->attributes != NULL && strlen(log->attributes) <= LOG_ATTRIBUTES_MAX)
    log_attributes(monitor->log, log->attributes);
  if (log->driver == LOG_JOURNALD) log_also(monitor->log, journal_open(&log->journal));
}

int monitor_open(struct monitor *monitor, struct fail *fail) {
  if (monitor->epoll < 0) return fail_errno(fail, "make", "an event loop");
  if (take_locks(monitor, fail) < 0) return -1;
  state_read_times(monitor->bundle.fd, &monitor->state);
  if (keeper_lease(monitor->runtime, &monitor->lease, fail) < 0 || lease_join(&monitor->lease, fail) < 0 ||
      own_mount_namespace(fail) < 0 || mount_rootfs(&monitor->bundle, &monitor->rootfs, fail) < 0)
    return -1;
  if (clients_open_door(monitor) < 0)
    return fail_errno(fail, "listen for attach clients in", "%s/c/%s", monitor->runtime,
                      monitor->bundle.sampan->id);
  open_log(monitor);
  return 0;
}

static void end_network(struct monitor *monitor) {
  live_unwatch(monitor);
  network_stop(monitor->network);
  monitor->network = NULL;
}

/* What a start that failed has made already. */
static int undo_start(struct monitor *monitor) {
  end_network(monitor);
  start_end(&monitor->bundle, &monitor->container);
  pid_file_remove(monitor->bundle.sampan->pid_file);
  streams_close(monitor);
  return -1;
}

int monitor_start(struct monitor *monitor, struct fail *fail) {
  struct started *container = &monitor->container;
  struct start_io io;

  if (streams_open(monitor, &io, fail) < 0) return undo_start(monitor);
  io.passed = &monitor->passed;
  if (start_container(&monitor->bundle, &monitor->lease, &io, container, fail) < 0)
    return undo_start(monitor);
  if (pid_file_write(monitor->bundle.sampan->pid_file, container->pid, fail) < 0 ||
      network_start(&monitor->bundle, &monitor->lease, container->netns, &monitor->network, fail) < 0) {
    start_abort(container);
    return undo_start(monitor);
  }
  if (start_go(container, fail) < 0) return undo_start(monitor);
  streams_begin(monitor);
  live_watch(monitor);
  monitor_watch(monitor);
  return 0;
}

static void end_record(struct monitor *monitor, const struct fail *failed) {
  struct state *state = &monitor->state;

  if (failed != NULL) {
    bool ran = strcmp(state->started_at, TIMESTAMP_NEVER) != 0;
    state->status = ran ? STATUS_EXITED : STATUS_CREATED;
    state->exit_code = failed->exit_code;
    snprintf(state->error, sizeof state->error, "%s", failed->message);
  }
  state_write(monitor->bundle.fd, state);
}

/* The failed event without its newline, for a frame. */
static void failed_line(const struct fail *failed, struct strbuf *out) {
  int ends[2];
  char buffer[4096];
  ssize_t n;

  if (pipe2(ends, O_CLOEXEC) < 0) return;
  fail_event(failed, ends[1]);
  close(ends[1]);
  while ((n = read(ends[0], buffer, sizeof buffer)) > 0) strbuf_add(out, buffer, (size_t)n);
  close(ends[0]);
}

void monitor_tell_end(struct monitor *monitor, const struct strbuf *tail, const struct fail *failed) {
  if (failed != NULL) {
    cleanup_strbuf struct strbuf line = {0};
    failed_line(failed, &line);
    clients_finish(monitor, NULL, 0, FRAME_FAILED, line.at, line.length);
    report_failed(&monitor->report, failed);
  } else {
    uint8_t code[4];
    frame_put32(code, (uint32_t)monitor->state.exit_code);
    clients_finish(monitor, (const uint8_t *)tail->at, tail->length, FRAME_EXIT, code, sizeof code);
  }
}

/* Nobody waits for this any more, but the next run does, for rootfs.lock. */
static void pack_logs(const struct monitor *monitor) {
  const struct sampan_log *log = monitor->bundle.sampan->log;

  if (monitor->rootfs_lock < 0 || !log->compress || log->path == NULL) return;
  int packer = compress_begin(log->path, (int)log->max_files);
  compress_end(&packer, PACK_MS);
}

static void unmount(struct monitor *monitor) {
  struct fail fail = {0};

  if (monitor->rootfs.mounted)
    unmount_rootfs(&monitor->rootfs, &fail); /* our namespace ends with us: the kernel does it then */
  drop_fd(&monitor->rootfs_lock);
}

void monitor_close(struct monitor *monitor, const struct strbuf *tail, const struct fail *failed) {
  bool ours =
      monitor->monitor_lock >= 0; /* else another monitor's container: not ours to describe or remove */
  bool remove = ours && monitor->bundle.sampan->remove != NULL && monitor->bundle.sampan->remove->container &&
                faccessat(monitor->bundle.fd, "restart-requested", F_OK, 0) < 0;

  end_network(monitor);
  if (ours) end_record(monitor, failed);
  clients_close_door(monitor);
  log_close(monitor->log);
  monitor->log = NULL;
  if (remove) {
    unmount(monitor);
    event_append(&monitor->bundle, "destroy", NULL);
    remove_container(&monitor->bundle);
  }
  drop_fd(&monitor->monitor_lock);
  monitor_tell_end(monitor, tail, failed);
  if (ours) pack_logs(monitor);
  if (ours) unmount(monitor);
  source_watch(monitor, &monitor->keeper, 0);
  lease_release(&monitor->lease);
  while (clients_present(monitor)) /* a slow reader keeps only this process, nothing of the container */
    loop_turn(monitor, -1);
  clients_free(monitor);
}
