/* See whole.h. Runs in the job's helper, which waits for the program: fuse-overlayfs must be told to end. */
#include "whole.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../init/init.h"
#include "../init/mount.h"
#include "../init/userns.h"
#include "program.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { LOCK_MS = 15000, SIGNAL_EXIT = 128 };

static int lock_rootfs(const struct bundle *bundle, struct fail *fail) {
  cleanup_fd int fd = openat(bundle->fd, "rootfs.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail_errno(fail, "lock", "%s/rootfs.lock", bundle->path);
  if (lock_file(fd, LOCK_EX, LOCK_MS) == 0) return steal_fd(&fd);
  fail_say(fail, EXIT_HELPER, "lock the root file system", "the root file system of container %s is in use",
           bundle->sampan->name);
  return fail_hint(fail, "its last run is being written to disk, or somebody copies: try again in a moment");
}

static int wait_for(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return EXIT_HELPER;
  return WIFSIGNALED(status) ? SIGNAL_EXIT + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * A container's own user namespace, made anew for a process of ours: it says when it is in there, its parent
 * writes the maps and says so.
 */
static int map_child(pid_t pid, int socket, const struct config *config, struct fail *fail) {
  char word;
  if (read(socket, &word, 1) != 1) return fail_say(fail, EXIT_HELPER, "map ids", "the job's process ended");
  if (userns_map(pid, config->linux_, fail) < 0) return -1;
  return write(socket, "m", 1) == 1 ? 0 : fail_errno(fail, "map ids", "%s", "");
}

static int be_mapped(int socket, struct fail *fail) {
  char word;
  if (unshare(CLONE_NEWUSER) < 0 || write(socket, "u", 1) != 1 || read(socket, &word, 1) != 1)
    return fail_errno(fail, "make user namespace", "%s", "");
  return userns_become_root(fail);
}

static void run(const struct init *init, int socket, int program, char **argv) {
  struct fail *fail = init->fail;
  if (init->nested && be_mapped(socket, fail) < 0) return;
  fcntl(init->lease->connection, F_SETFD, 0);
  program_exec(program, argv);
  fail_errno(fail, "exec", "%s", argv[0]);
}

static int run_and_wait(const struct init *init, int program, char **argv) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 || fchdir(init->root) < 0)
    return fail_errno(init->fail, "fork", "%s", argv[0]);
  cleanup_fd int ours = pair[0], theirs = pair[1];
  pid_t parent = getpid(), pid = fork();
  if (pid < 0) return fail_errno(init->fail, "fork", "%s", argv[0]);
  if (pid == 0) {
    drop_fd(&ours);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_HELPER);
    run(init, theirs, program, argv);
    fail_event(init->fail, 2);
    _exit(EXIT_HELPER);
  }
  drop_fd(&theirs);
  int mapped = init->nested ? map_child(pid, ours, init->bundle->config, init->fail) : 0;
  drop_fd(&ours); /* a child that waits for its maps ends */
  int status = wait_for(pid);
  (void)!chdir("/");
  return mapped < 0 ? -1 : status;
}

int run_in_whole(const char *path, const struct lease *lease, int program, char **argv, struct fail *fail) {
  struct bundle bundle;
  struct rootfs rootfs;
  struct fail later = {0};
  if (bundle_read(path, &bundle, fail) < 0) return -1;
  cleanup_fd int lock = lock_rootfs(&bundle, fail);
  if (lock < 0 || mount_rootfs(&bundle, &rootfs, fail) < 0) return -1;
  struct init init = {
      .bundle = &bundle, .lease = lease, .shared_memory = -1, .root = -1, .empty = -1, .fail = fail};
  int code = open_root(&init) < 0 || bind_all(&init) < 0 ? -1 : 0;
  init.nested = userns_wanted(bundle.config); /* of the job alone: the mounts were ours */
  if (code == 0) code = run_and_wait(&init, program, argv);
  drop_fd(&init.root);
  /* What is bound below it would keep it busy: our namespace goes with us. */
  umount2(rootfs.merged, MNT_DETACH);
  rootfs.mounted = 0;
  unmount_rootfs(&rootfs, &later);
  return code;
}
