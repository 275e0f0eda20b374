#include "follow.h"

#include "../common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
  MOST_FILES = 1000,  /* .1 … of a rotated log */
  LOOK_MS = 1000,     /* the events that wake us say nearly everything */
  LOOK_BLIND_MS = 100 /* without inotify (128 instances a user) */
};

#define LOG_NAME "container.log"

/* container.log for 0, container.log.N else. */
static int open_number(int folder, int number) {
  char name[64];

  if (number == 0)
    snprintf(name, sizeof name, LOG_NAME);
  else
    snprintf(name, sizeof name, LOG_NAME ".%d", number);
  return openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static uint64_t inode_of(int fd) {
  struct stat st;

  return fstat(fd, &st) < 0 ? 0 : (uint64_t)st.st_ino;
}

/* The number the file with this inode has now; -1 when it has been rotated away. */
static int number_of(int folder, uint64_t inode) {
  for (int i = 0; i < MOST_FILES; i++) {
    cleanup_fd int fd = open_number(folder, i);
    if (fd < 0 && i > 0) /* between two renames container.log itself may be missing for a moment */
      return -1;
    if (fd >= 0 && inode_of(fd) == inode) return i;
  }
  return -1;
}

static int oldest(int folder) {
  for (int i = 1; i < MOST_FILES; i++) {
    cleanup_fd int fd = open_number(folder, i);
    if (fd < 0) return i - 1;
  }
  return 0;
}

/*
 * The file that follows the one we have: -1 where ours still is the newest. Rotation may happen between our
 * looks, so the answer counts only if our own file is where it was before.
 */
static int open_next(const struct follow *follow) {
  uint64_t ours = inode_of(follow->fd);

  for (;;) {
    int number = number_of(follow->folder, ours);
    if (number == 0) return -1;
    cleanup_fd int next = open_number(follow->folder, number < 0 ? oldest(follow->folder) : number - 1);
    if (number_of(follow->folder, ours) == number) return steal_fd(&next);
  }
}

int follow_open(struct follow *follow, int folder, int64_t offset, uint64_t inode) {
  *follow = (struct follow){.folder = folder, .offset = offset, .fd = -1};
  follow->lock = openat(folder, "monitor.lock", O_RDONLY | O_CLOEXEC);
  follow->fd = open_number(folder, 0);
  if (follow->fd >= 0 && inode != 0 && inode_of(follow->fd) != inode) {
    int number = number_of(folder, inode);
    drop_fd(&follow->fd);
    follow->fd = open_number(folder, number < 0 ? oldest(folder) : number);
    if (number < 0) follow->offset = 0;
  }
  follow->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (follow->notify >= 0) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", folder);
    inotify_add_watch(follow->notify, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
  }
  return follow->lock < 0 && errno != ENOENT ? -1 : 0;
}

/* Is there a monitor? Its end closes the lock, which wakes us; the look itself takes the lock only for a
 * moment. */
static bool has_monitor(const struct follow *follow) {
  if (follow->lock < 0) return false;
  if (flock(follow->lock, LOCK_SH | LOCK_NB) < 0) return errno == EWOULDBLOCK;
  flock(follow->lock, LOCK_UN);
  return false;
}

/* -1 when our own reader is gone. */
static int wait_for_more(const struct follow *follow) {
  char events[4096];
  struct pollfd set[2] = {{.fd = follow->notify, .events = POLLIN}, {.fd = STDOUT_FILENO, .events = 0}};

  poll(set, 2, follow->notify < 0 ? LOOK_BLIND_MS : LOOK_MS);
  while (follow->notify >= 0 && read(follow->notify, events, sizeof events) > 0)
    ;
  return set[1].revents & (POLLERR | POLLHUP | POLLNVAL) ? -1 : 0;
}

static ssize_t read_on(struct follow *follow, char *buffer, size_t room) {
  struct stat st;
  ssize_t n;

  if (follow->fd < 0 && (follow->fd = open_number(follow->folder, 0)) < 0) return 0;
  if (fstat(follow->fd, &st) == 0 && st.st_size < follow->offset)
    follow->offset = 0; /* made anew under the same inode */
  do n = pread(follow->fd, buffer, room, follow->offset);
  while (n < 0 && errno == EINTR);
  if (n > 0) follow->offset += n;
  return n;
}

static bool is_over(const struct follow *follow) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  return follow->until > 0 && (int64_t)now.tv_sec * 1000000000 + now.tv_nsec > follow->until;
}

ssize_t follow_read(struct follow *follow, char *buffer, size_t room) {
  for (;;) {
    bool alive = has_monitor(follow); /* asked first: what it wrote before its end is there when we read */
    ssize_t n = read_on(follow, buffer, room);
    if (n != 0) return n;
    int next = follow->fd < 0 ? -1 : open_next(follow);
    if (next >= 0) {
      n = read_on(follow, buffer, room); /* the last lines before the rotation */
      if (n != 0) {
        close(next);
        return n;
      }
      close(follow->fd);
      follow->fd = next;
      follow->offset = 0;
      continue;
    }
    if (!alive || is_over(follow)) return 0;
    if (wait_for_more(follow) < 0) {
      errno = EPIPE;
      return -1;
    }
  }
}

void follow_close(struct follow *follow) {
  drop_fd(&follow->fd);
  drop_fd(&follow->lock);
  drop_fd(&follow->notify);
}
