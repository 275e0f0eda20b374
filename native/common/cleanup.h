/* Ownership by scope: a variable marked here is released when it goes out of scope, whatever the way out. */
#ifndef SAMPAN_CLEANUP_H
#define SAMPAN_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define cleanup_fd   __attribute__((cleanup(close_scoped_fd)))
#define cleanup_free __attribute__((cleanup(free_scoped)))
#define cleanup_dir  __attribute__((cleanup(close_scoped_dir)))

/* All cleanups keep errno, so that `return -1` still tells why. */
static inline void close_scoped_fd(int *fd) {
  int kept = errno;
  if (*fd >= 0) close(*fd);
  errno = kept;
}

static inline void free_scoped(void *pointer) {
  int kept = errno;
  free(*(void **)pointer);
  errno = kept;
}

static inline void close_scoped_dir(DIR **dir) {
  int kept = errno;
  if (*dir) closedir(*dir);
  errno = kept;
}

/* Hands a descriptor over to the caller's caller: the scoped variable no longer owns it. */
static inline int steal_fd(int *fd) {
  int taken = *fd;
  *fd = -1;
  return taken;
}

/* Closes early and marks as closed. */
static inline void drop_fd(int *fd) {
  close_scoped_fd(fd);
  *fd = -1;
}

#endif
