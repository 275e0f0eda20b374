/* See whole.h. Runs in the job's helper, which waits for the program: fuse-overlayfs must be told to end. */
#include "whole.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../init/init.h"
#include "../init/mount.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
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

static int run_and_wait(const struct lease *lease, char **argv, struct fail *fail) {
  pid_t parent = getpid(), pid = fork();
  if (pid < 0) return fail_errno(fail, "fork", "%s", argv[0]);
  if (pid > 0) return wait_for(pid);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(EXIT_HELPER);
  fcntl(lease->connection, F_SETFD, 0);
  execvp(argv[0], argv);
  fail_errno(fail, "exec", "%s", argv[0]);
  fail_event(fail, 2);
  _exit(EXIT_HELPER);
}

int run_in_whole(const char *path, const struct lease *lease, char **argv, struct fail *fail) {
  struct bundle bundle;
  struct rootfs rootfs;
  struct fail later = {0};
  if (bundle_read(path, &bundle, fail) < 0) return -1;
  cleanup_fd int lock = lock_rootfs(&bundle, fail);
  if (lock < 0 || mount_rootfs(&bundle, &rootfs, fail) < 0) return -1;
  struct init init = {
      .bundle = &bundle, .lease = lease, .shared_memory = -1, .root = -1, .empty = -1, .fail = fail};
  int code = open_root(&init) < 0 || bind_all(&init) < 0 ? -1 : run_and_wait(lease, argv, fail);
  drop_fd(&init.root);
  /* What is bound below it would keep it busy: our namespace goes with us. */
  umount2(rootfs.merged, MNT_DETACH);
  rootfs.mounted = 0;
  unmount_rootfs(&rootfs, &later);
  return code;
}
