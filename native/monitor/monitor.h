/*
 * The monitor: minds one container from before its first process until its exit record is written.
 *
 * Who starts it: the CLI's process (or, with --attach, the process the CLI became) forks it; from then on it
 * is its own session, in the user namespace, in the host's network namespace and in a mount namespace of its
 * own. It lives as long as the container, restarts included, and is small because it stays: nothing here may
 * grow with time. If it dies, the kernel kills the container (parent-death signal) and frees its locks.
 */
#pragma once

#include "../common/fail.h"
#include "../common/strbuf.h"
#include "../init/mount.h"
#include "../init/start.h"
#include "../keep/lease.h"
#include "../spec/spec.h"
#include "loop.h"
#include "state.h"

struct clients;
struct health;
struct log;
struct network;
struct streams;

struct monitor {
  const char *runtime; /* RUN */
  struct bundle bundle;
  struct passed passed; /* what the program has besides them */
  int through[3];       /* of --streams: what the program's own 0, 1, 2 become; else -1 */
  int report;           /* who started us waits here to hear how it went; -1: has heard, or is a client */
  int epoll;
  int monitor_lock, rootfs_lock;
  struct lease lease;
  struct rootfs rootfs;
  struct state state;
  struct log *log; /* NULL: none wanted, or none possible */
  struct clients *clients;
  struct streams *streams;
  struct health *health; /* NULL: no check */

  struct started container;
  struct network *network;
  struct source bridges; /* the net keeper's connection: the network's */
  struct source keeper;  /* the lease's connection */
  struct source ended;   /* the container's pidfd */
  struct source signals; /* signalfd */
  bool running;
  bool no_restart;       /* the container was told to end, by us or by a client */
  bool again;            /* an unhealthy container is to be started again, whatever its policy says */
  bool timed_out;        /* the run took longer than it may */
  int64_t kill_deadline; /* when a container that was told to stop is killed; 0: never */
  int64_t run_deadline;  /* when the run has taken too long; 0: never */
  int64_t started_ms;
  int restart_pause;
  bool busy; /* memory of a burst may be given back when it gets quiet */
};

/** Brings up what all runs share: locks, user namespace, root file system, attach socket. */
int monitor_open(struct monitor *monitor, struct fail *fail);

/** Starts the container once: streams, network, program. The state is `running`, and written, afterwards. */
int monitor_start(struct monitor *monitor, struct fail *fail);

/** Begins to watch the container that was just started. */
void monitor_watch(struct monitor *monitor);

/**
 * Minds the running container until it has ended; the exit part of the state is filled then, not yet written,
 * and `tail` has the output no client has seen yet. Nothing of this run is left but its mount.
 */
void monitor_mind(struct monitor *monitor, struct strbuf *tail);

/** Is the container that has ended to be started again? Then waits out the pause; a stop meanwhile makes it
 * false. */
bool monitor_again(struct monitor *monitor, const struct strbuf *tail);

/** Passes a signal that a client sent on to the container's first process. */
void monitor_signal(struct monitor *monitor, int signal);

/** The health check has failed too often: does what the bundle says for that. */
void monitor_unhealthy(struct monitor *monitor);

/** Tells all clients how it ended: the failed start, or the exit code of the state. */
void monitor_tell_end(struct monitor *monitor, const struct strbuf *tail, const struct fail *failed);

/** The exit record; everything taken down and, with --rm, removed; then the clients hear of it. */
void monitor_close(struct monitor *monitor, const struct strbuf *tail, const struct fail *failed);
