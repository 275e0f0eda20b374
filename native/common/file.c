/* Whole files, whole writes. Runs in every role. */
#include "file.h"
#include "cleanup.h"
#include "strbuf.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

char *read_file(int dirfd, const char *path, size_t most, size_t *length) {
  cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return NULL;
  struct stat about;
  if (fstat(fd, &about) < 0) return NULL;
  /* Files in /proc say 0: read until the end whatever the size says. */
  size_t room = (size_t)about.st_size < most && about.st_size > 0 ? (size_t)about.st_size + 1 : 4096;
  cleanup_free char *text = need_memory(room + 1);
  size_t got = 0;
  for (;;) {
    ssize_t count = read(fd, text + got, room - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return NULL;
    if (count == 0) break;
    got += (size_t)count;
    if (got > most) {
      errno = EFBIG;
      return NULL;
    }
    if (got == room) {
      char *bigger = need_memory(room * 2 + 1);
      memcpy(bigger, text, got);
      free(text);
      text = bigger;
      room *= 2;
    }
  }
  text[got] = 0;
  if (length) *length = got;
  char *taken = text;
  text = NULL;
  return taken;
}

int write_all(int fd, const void *bytes, size_t length) {
  const char *at = bytes;
  while (length) {
    ssize_t count = write(fd, at, length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    at += count;
    length -= (size_t)count;
  }
  return 0;
}

int write_file_atomic(int dirfd, const char *name, const void *bytes, size_t length, mode_t mode, int sync) {
  char fresh[256];
  snprintf(fresh, sizeof fresh, ".%s.%d", name, (int)getpid());
  unlinkat(dirfd, fresh, 0); /* left over by a killed process that had our number */
  cleanup_fd int fd = openat(dirfd, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return -1;
  if (write_all(fd, bytes, length) < 0 || (sync && fsync(fd) < 0) ||
      renameat(dirfd, fresh, dirfd, name) < 0) {
    int kept = errno;
    unlinkat(dirfd, fresh, 0);
    errno = kept;
    return -1;
  }
  if (sync) {
    cleanup_fd int folder = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) < 0) return -1;
  }
  return 0;
}

int write_existing(int dirfd, const char *path, const char *text) {
  cleanup_fd int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -1;
  return write(fd, text, strlen(text)) < 0 ? -1 : 0;
}

int lock_file(int fd, int how, int milliseconds) {
  /* flock has no deadline of its own: poll, often at first, since most holders are quick. */
  struct timespec pause = {.tv_nsec = 200000};
  double left = milliseconds;
  for (;;) {
    if (flock(fd, how | LOCK_NB) == 0) return 0;
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK || left <= 0) return -1;
    nanosleep(&pause, NULL);
    left -= (double)pause.tv_nsec / 1e6;
    if (pause.tv_nsec < 20000000) pause.tv_nsec *= 2;
  }
}
