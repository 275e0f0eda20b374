/*
 * The monitor's side of a start: plan, clone, wait until the child is ready, let it go. The two talk over one
 * SOCK_SEQPACKET pair that closes on execve: "nothing more to read" means the program runs.
 */
#include "start.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/pidfd.h"
#include "../common/socket.h"
#include "cgroup.h"
#include "child.h"
#include "init.h"
#include "runtime.h"
#include "userns.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Joined before clone: a pid namespace gets only children, and what clone makes belongs to the user
 * namespace. */
static const int early[] = {CLONE_NEWUSER, CLONE_NEWPID};
enum { EARLY = sizeof early / sizeof *early };

static const struct join *find_join(const struct init *init, int flag) {
  for (int i = 0; i < init->join_count; i++)
    if (init->joins[i].flag == flag) return &init->joins[i];
  return NULL;
}

/* What the process in between tells of the child it made. */
struct birth {
  pid_t pid;
  struct fail fail;
};

/* -1 and the failure in `birth`. */
static int join_early(const struct init *init, struct birth *birth) {
  for (int i = 0; i < EARLY; i++) {
    const struct join *join = find_join(init, early[i]);
    if (join && setns(join->fd, early[i]) < 0)
      return fail_errno(&birth->fail, "join namespace", "%s", join->name);
  }
  return 0;
}

/*
 * In the process in between: join the other container's namespaces (ours could not be left again) and make
 * the container's first process as a child of the monitor.
 */
static _Noreturn void bear_in(struct init *init, int cgroup, int tell) {
  struct birth birth = {0};
  int pidfd = -1;
  if (join_early(init, &birth) < 0) {
  } else if ((birth.pid = clone_process(init->new_namespaces | CLONE_PARENT, &pidfd, cgroup)) == 0)
    run_child(init);
  else if (birth.pid < 0)
    fail_errno(&birth.fail, "clone", "%s", "");
  send_fds(tell, &birth, sizeof birth, &pidfd, birth.pid > 0 ? 1 : 0);
  _exit(0);
}

static pid_t clone_joining(struct init *init, int *pidfd, int cgroup, struct fail *fail) {
  cleanup_fd int near = -1, far = -1, between = -1;
  struct birth birth = {0};
  int pair[2], status;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return fail_errno(fail, "clone", "socketpair");
  near = pair[0];
  far = pair[1];
  pid_t pid = clone_process(0, &between, -1);
  if (pid < 0) return fail_errno(fail, "clone", "%s", "");
  if (pid == 0) bear_in(init, cgroup, far);
  drop_fd(&far);
  ssize_t length = recv_fds(near, &birth, sizeof birth, pidfd, 1);
  pidfd_reap(between, &status);
  if (length == sizeof birth && birth.pid > 0) return birth.pid;
  if (length == sizeof birth) {
    *fail = birth.fail;
    return -1;
  }
  return fail_say(fail, EXIT_HELPER, "clone", "the process that makes the container's first one was killed");
}

static pid_t clone_init(struct init *init, int *pidfd, int cgroup, struct fail *fail) {
  for (int i = 0; i < EARLY; i++)
    if (find_join(init, early[i])) return clone_joining(init, pidfd, cgroup, fail);
  pid_t pid = clone_process(init->new_namespaces, pidfd, cgroup);
  if (pid == 0) run_child(init);
  return pid < 0 ? fail_errno(fail, "clone", "%s", "") : pid;
}

/* The child ended without a word: by a signal (out of memory?), since its steps all report. */
static int child_lost(struct started *started, struct fail *fail) {
  int status = 0;
  if (pidfd_reap(started->pidfd, &status) == 0 && WIFSIGNALED(status))
    fail_say(fail, EXIT_HELPER, "start container",
             "the container's first process was killed by signal %d while starting", WTERMSIG(status));
  else
    fail_say(fail, EXIT_HELPER, "start container", "the container's first process ended while starting");
  drop_fd(&started->pidfd);
  return -1;
}

/*
 * One message of the child: 'r'eady, with the terminal's master, or a fail. 0: the socket is closed. Of a
 * child that ended before it read our word the socket is reset first, and what it said last comes after that.
 */
static ssize_t hear(struct started *started, struct fail *told, int *fd) {
  ssize_t length = recv_fds(started->control, told, sizeof *told, fd, 1);
  if (length < 0 && errno == ECONNRESET) length = recv_fds(started->control, told, sizeof *told, fd, 1);
  return length < 0 && errno == ECONNRESET ? 0 : length;
}

static int child_failed(struct started *started, const struct fail *told, struct fail *fail) {
  int status;
  *fail = *told;
  pidfd_reap(started->pidfd, &status);
  drop_fd(&started->pidfd);
  return -1;
}

static int open_netns(pid_t pid, const struct init *init, struct started *out, struct fail *fail) {
  char path[64];
  if (!(init->new_namespaces & CLONE_NEWNET)) return 0;
  snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
  out->netns = open(path, O_RDONLY | O_CLOEXEC);
  if (out->netns >= 0) return 0;
  /* A child that failed at once has no namespaces any more; but it has told why. */
  struct fail told = {0};
  int none = -1;
  fail_errno(fail, "open network namespace", "%s", path);
  if (hear(out, &told, &none) == sizeof told) *fail = told;
  return -1;
}

/*
 * With a user namespace of its own: what only the shared one's root can give away, done before there is a
 * child that would have to.
 */
static int prepare_nested(struct init *init) {
  const struct config *config = init->bundle->config;
  int64_t user = userns_outside(&config->linux_->uid_mappings, config->process->user->uid);
  if (user < 0) {
    fail_say(init->fail, EXIT_HELPER, "map ids", "user %lld is not one of the container's user namespace",
             (long long)config->process->user->uid);
    return fail_hint(init->fail, "--userns auto:size=N gives it more ids, -u another user");
  }
  for (int fd = 0; fd < 3; fd++)
    give_pipe(fd == 0 ? init->io.in : fd == 1 ? init->io.out : init->io.err, user);
  init->root = open(init->bundle->sampan->storage->merged, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (init->root < 0) return fail_errno(init->fail, "open root", "%s", "");
  int done = fill_volumes(init);
  drop_fd(&init->root);
  return done;
}

/* The child waits for this word before it becomes the program's user; in a user namespace of its own, before
 * it does anything. */
static int let_in(const struct init *init, const struct started *started, struct fail *fail) {
  if ((init->new_namespaces & CLONE_NEWUSER) &&
      userns_map(started->pid, init->bundle->config->linux_, fail) < 0)
    return -1;
  if (send_fds(started->control, "m", 1, NULL, 0) == 0) return 0;
  if (!init->nested) return 0; /* a child that failed has told why: start_go hears it */
  return fail_errno(fail, "map ids", "%s", "");
}

static int start_own(const struct bundle *bundle, const struct lease *lease, const struct start_io *io,
                     struct started *out, struct fail *fail) {
  struct init init = {.bundle = bundle,
                      .lease = lease,
                      .io = *io,
                      .shared_memory = -1,
                      .root = -1,
                      .empty = -1,
                      .console_master = -1,
                      .console_slave = -1,
                      .fail = fail};
  int pair[2] = {-1, -1}, planned = plan_namespaces(bundle, &init, fail);
  if (planned == 0 && init.nested) planned = prepare_nested(&init);
  if (planned == 0) planned = cgroup_make(bundle, out, fail);
  if (planned == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    planned = fail_errno(fail, "clone", "socketpair");
  if (planned < 0) {
    drop_joins(&init);
    return -1;
  }
  out->control = pair[0];
  init.control = pair[1];
  out->pid = clone_init(&init, &out->pidfd, out->cgroup, fail);
  drop_fd(&init.control);
  drop_joins(&init);
  if (out->pid < 0 || open_netns(out->pid, &init, out, fail) < 0) return -1;
  return let_in(&init, out, fail);
}

int start_container(const struct bundle *bundle, const struct lease *lease, const struct start_io *io,
                    struct started *out, struct fail *fail) {
  *out = STARTED_NONE;
  int done = bundle->sampan->runtime ? start_runtime(bundle, io, out, fail)
                                     : start_own(bundle, lease, io, out, fail);
  if (done < 0) {
    start_abort(out);
    start_end(bundle, out);
  }
  return done;
}

int start_go(struct started *started, struct fail *fail) {
  struct fail told = {0};
  int master = -1;
  if (started->control < 0) return go_runtime(started, fail);
  ssize_t length = hear(started, &told, &master);
  if (length == sizeof told) return child_failed(started, &told, fail);
  if (length != 1) return child_lost(started, fail);
  started->console = master;
  if (send_fds(started->control, "g", 1, NULL, 0) < 0) return child_lost(started, fail);
  length = hear(started, &told, &master);
  drop_fd(&started->control);
  if (length == sizeof told) return child_failed(started, &told, fail);
  /* Closed: execve succeeded, or the child was killed just now; then its pidfd tells, like any other end. */
  return 0;
}

void start_abort(struct started *started) {
  int status;
  if (started->pidfd < 0) return;
  pidfd_signal(started->pidfd, SIGKILL);
  pidfd_reap(started->pidfd, &status);
  drop_fd(&started->pidfd);
}

void start_end(const struct bundle *bundle, struct started *started) {
  if (bundle->sampan->runtime) end_runtime(bundle, started);
  drop_fd(&started->control);
  drop_fd(&started->console);
  drop_fd(&started->netns);
  drop_fd(&started->pidfd);
  cgroup_remove(started);
  *started = STARTED_NONE;
}
