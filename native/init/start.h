/*
 * Starting a container, seen from the monitor. The monitor is single-threaded here, is in the user namespace
 * and in a mount namespace of its own, has mounted the rootfs (mount.h), and calls from its main thread (the
 * container's pid 1 dies with the thread that made it).
 *
 *   start_container   clone; the child sets up mounts, devices, … on its own meanwhile
 *   (network)         the monitor configures out->netns
 *   start_go          waits until the child is ready, lets it go, waits for its execve
 *   … the program runs; out->pidfd tells when it ends …
 *   start_end         closes, removes the cgroup
 *
 * With `runtime` in sampan.json the same calls drive runc or crun: create, then start.
 */
#ifndef SAMPAN_START_H
#define SAMPAN_START_H

#include "../keep/lease.h"
#include "../spec/spec.h"
#include <stdbool.h>
#include <sys/types.h>

struct fail;

/* Descriptors of whoever started us that the program finds as its 3, 4, … */
enum { MOST_PASSED = 64 };
struct passed {
  int fds[MOST_PASSED];
  size_t count;
  int listening;     /* the first so many are sockets by systemd's protocol (sd_listen_fds(3)): it is told */
  const char *names; /* of these, with colons between; or NULL */
};

/* The program's 0, 1, 2. Ignored when process.terminal is set: then the container gets a pty of its own
 * devpts. */
struct start_io {
  int in, out, err;
  const struct passed *passed;
};

struct started {
  pid_t pid;                   /* on the host */
  int pidfd;                   /* poll for the end, pidfd_reap for the status */
  int netns;                   /* its network namespace, or -1 where it shares the host's */
  int console;                 /* after start_go: the pty's master when process.terminal, else -1 */
  int control;                 /* private: the socket to the child; -1 with an OCI runtime */
  const struct bundle *bundle; /* private */
  int cgroup;                  /* the container's cgroup folder, or -1 */
  char *cgroup_path;           /* below /sys/fs/cgroup, or NULL */
};

#define STARTED_NONE ((struct started){.pidfd = -1, .netns = -1, .console = -1, .control = -1, .cgroup = -1})

int start_container(const struct bundle *bundle, const struct lease *lease, const struct start_io *io,
                    struct started *out, struct fail *fail);

/*
 * 0: the program runs. -1: it does not, the child is gone and reaped, and fail says which step; exit_code is
 * 127 or 126 where only the program itself could not be run. Blocks until then; the child has a deadline for
 * nothing but copy-up.
 */
int start_go(struct started *started, struct fail *fail);

/* Kills a child that was not let go yet (network failed), reaps it. */
void start_abort(struct started *started);

/* After the end was reaped: closes descriptors, removes the cgroup (and asks an OCI runtime to delete its
 * state). */
void start_end(const struct bundle *bundle, struct started *started);

#endif
