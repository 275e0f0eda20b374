/* System calls newer than the C library. */
#include "kernel.h"
#include "cleanup.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* The kernel's structures and numbers: <linux/…> headers clash with musl's, and old ones miss half of this.
 */
struct clone_request {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
      cgroup;
};
struct open_request {
  uint64_t flags, mode, resolve;
};

#define CLONE_PIDFD_FLAG  0x00001000ULL
#define CLONE_CGROUP_FLAG 0x200000000ULL

enum { FSCONFIG_FLAG = 0, FSCONFIG_STRING = 1, FSCONFIG_CREATE = 6 };
enum { FS_CLOEXEC = 1 };
enum { TREE_CLONE = 1, TREE_RECURSIVE = 0x8000 };
enum { MOVE_FROM_EMPTY = 0x04, MOVE_TO_EMPTY = 0x40 };

pid_t clone_process(uint64_t flags, int *pidfd, int cgroup) {
  struct clone_request request = {.flags = flags | CLONE_PIDFD_FLAG, .pidfd = (uint64_t)(uintptr_t)pidfd};
  /* A sibling (CLONE_PARENT) gets the signal of the one that makes it; naming one is an error. */
  if (!(flags & CLONE_PARENT)) request.exit_signal = SIGCHLD;
  if (cgroup >= 0) {
    request.flags |= CLONE_CGROUP_FLAG;
    request.cgroup = (uint64_t)cgroup;
  }
  return (pid_t)syscall(SYS_clone3, &request, sizeof request);
}

int open_inside(int root, const char *path, int flags, mode_t mode, uint64_t resolve) {
  struct open_request request = {.flags = (uint64_t)(flags | O_CLOEXEC), .mode = mode, .resolve = resolve};
  int fd, tries = 0;
  do fd = (int)syscall(SYS_openat2, root, path, &request, sizeof request);
  while (fd < 0 && (errno == EINTR || (errno == EAGAIN && tries++ < 1000)));
  return fd;
}

int close_on_exec_from(int first) {
  enum { RANGE_CLOEXEC = 4 };
  if (syscall(SYS_close_range, first, ~0U, RANGE_CLOEXEC) == 0) return 0;
  /* Before 5.11 the flag is unknown: one by one. */
  cleanup_dir DIR *dir = opendir("/proc/self/fd");
  if (!dir) {
    for (int fd = first; fd < 4096; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
    return 0;
  }
  for (struct dirent *entry; (entry = readdir(dir));) {
    int fd = atoi(entry->d_name);
    if (fd >= first) fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  return 0;
}

static void close_range_of(int first, unsigned last) {
  if (syscall(SYS_close_range, first, last, 0) == 0) return;
  for (int fd = first; fd < 65536 && (unsigned)fd <= last; fd++)
    close(fd); /* before 5.9 only, or under an old sandbox */
}

void close_all_from(int first) {
  close_range_of(first, ~0U);
}

static int by_number(const void *a, const void *b) {
  return *(const int *)a - *(const int *)b;
}

void close_all_but(int first, int *kept, size_t count) {
  qsort(kept, count, sizeof *kept, by_number);
  for (size_t i = 0; i < count; first = kept[i++] + 1)
    if (kept[i] > first) close_range_of(first, (unsigned)kept[i] - 1);
  close_range_of(first, ~0U);
}

int fs_open(const char *type) {
  return (int)syscall(SYS_fsopen, type, FS_CLOEXEC);
}

int fs_set_text(int fs, const char *key, const char *value) {
  return (int)syscall(SYS_fsconfig, fs, FSCONFIG_STRING, key, value, 0);
}

int fs_set_flag(int fs, const char *key) {
  return (int)syscall(SYS_fsconfig, fs, FSCONFIG_FLAG, key, NULL, 0);
}

int fs_mount(int fs, unsigned attributes) {
  if (syscall(SYS_fsconfig, fs, FSCONFIG_CREATE, NULL, NULL, 0) < 0) return -1;
  return (int)syscall(SYS_fsmount, fs, FS_CLOEXEC, attributes);
}

int tree_clone(int dirfd, const char *path, int recursive) {
  unsigned flags = TREE_CLONE | O_CLOEXEC | (*path ? 0 : AT_EMPTY_PATH) | (recursive ? TREE_RECURSIVE : 0);
  return (int)syscall(SYS_open_tree, dirfd, path, flags);
}

int mount_attach(int tree, int target) {
  return (int)syscall(SYS_move_mount, tree, "", target, "", MOVE_FROM_EMPTY | MOVE_TO_EMPTY);
}
