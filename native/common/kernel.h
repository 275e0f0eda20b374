/* System calls and constants newer than the C library. Each returns -1 and errno as usual. Kernels from 5.10.
 */
#ifndef SAMPAN_KERNEL_H
#define SAMPAN_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* clone3(2) as fork: returns twice. `cgroup` is a folder's descriptor or -1. */
pid_t clone_process(uint64_t flags, int *pidfd, int cgroup);

enum {
  RESOLVE_INSIDE = 0x10,   /* RESOLVE_IN_ROOT */
  RESOLVE_BELOW = 0x08,    /* RESOLVE_BENEATH */
  RESOLVE_NO_LINKS = 0x04, /* RESOLVE_NO_SYMLINKS */
};
/* openat2(2), O_CLOEXEC added; tried again while a rename elsewhere makes it EAGAIN. */
int open_inside(int root, const char *path, int flags, mode_t mode, uint64_t resolve);

/* Marks every descriptor from `first` on close-on-exec (close_range(2) where it can, else one by one). */
int close_on_exec_from(int first);

/* Closes every descriptor from `first` on. */
void close_all_from(int first);

/* The same, but for the `count` in `kept`, which gets sorted. */
void close_all_but(int first, int *kept, size_t count);

int fs_open(const char *type);
int fs_set_text(int fs, const char *key, const char *value);
int fs_set_flag(int fs, const char *key);
/* Makes the file system and returns it as a detached mount with MOUNT_ATTR_* `attributes`. */
int fs_mount(int fs, unsigned attributes);
/* A detached copy of the mount at dirfd/path. */
int tree_clone(int dirfd, const char *path, int recursive);
/* Attaches a detached mount (or moves one) onto the place `target` refers to. */
int mount_attach(int tree, int target);

#endif
