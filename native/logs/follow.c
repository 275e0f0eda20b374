#include "follow.h"

#include "../common/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 1000 /* .1 … of a rotated log */ };

#define LOG_NAME "container.log"

/* container.log for 0, container.log.N else, with .gz behind it where `packed`. */
static int open_name(int folder, int number, bool packed) {
  char name[64];

  if (number == 0)
    snprintf(name, sizeof name, LOG_NAME);
  else
    snprintf(name, sizeof name, LOG_NAME ".%d%s", number, packed ? ".gz" : "");
  return openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static struct log_identity plain_identity(int fd) {
  struct stat st;

  return (struct log_identity){fstat(fd, &st) < 0 ? 0 : (uint64_t)st.st_ino, 0};
}

/* Where there are both, the packed one was being finished: the plain one is as good. Unpacks nothing. */
static struct log_identity identity_of(int folder, int number) {
  cleanup_fd int plain = open_name(folder, number, false);
  if (plain >= 0) return plain_identity(plain);
  cleanup_fd int packed = number == 0 ? -1 : open_name(folder, number, true);
  return packed < 0 ? (struct log_identity){0} : packed_identity(packed);
}

/* Opens the text of the file with this number, and says which file that is. */
static int open_number(int folder, int number, struct log_identity *identity) {
  cleanup_fd int plain = open_name(folder, number, false);

  *identity = plain < 0 ? (struct log_identity){0} : plain_identity(plain);
  if (plain >= 0 || number == 0) return steal_fd(&plain);
  cleanup_fd int packed = open_name(folder, number, true);
  if (packed < 0) return -1;
  *identity = packed_identity(packed);
  return unpack_log(packed, folder);
}

/* The one we read may have been packed meanwhile; one that we found packed stays as it is. */
static bool is_same(struct log_identity ours, struct log_identity other) {
  return ours.inode == other.inode && (ours.packed == 0 || ours.packed == other.packed);
}

/* The number this file has now; -1 when it has been rotated away. */
static int number_of(int folder, struct log_identity ours) {
  for (int i = 0; i < MOST_FILES; i++) {
    struct log_identity other = identity_of(folder, i);
    if (other.inode == 0 && i > 0) /* between two renames container.log itself may be missing for a moment */
      return -1;
    if (is_same(ours, other)) return i;
  }
  return -1;
}

/* The number of the oldest file. */
static int oldest(int folder) {
  for (int i = 1; i < MOST_FILES; i++)
    if (identity_of(folder, i).inode == 0) return i - 1;
  return 0;
}

/*
 * The file that follows the one we have: -1 where ours still is the newest. Rotation may happen between our
 * looks, so the answer counts only if our own file is where it was before.
 */
static int open_next(const struct follow *follow, struct log_identity *identity) {
  for (;;) {
    int number = number_of(follow->folder, follow->identity);
    if (number == 0) return -1;
    int other = number < 0 ? oldest(follow->folder) : number - 1;
    cleanup_fd int next = open_number(follow->folder, other, identity);
    if (number_of(follow->folder, follow->identity) == number) return steal_fd(&next);
  }
}

int follow_oldest(const struct follow *follow) {
  return oldest(follow->folder);
}

int follow_file(const struct follow *follow, int number) {
  struct log_identity ignored;

  return open_number(follow->folder, number, &ignored);
}

void follow_go(struct follow *follow, int number, int64_t offset) {
  drop_fd(&follow->fd);
  follow->fd = open_number(follow->folder, number, &follow->identity);
  follow->offset = offset;
}

/* Where the stream ends that is only to be read, not followed: its writer may be faster than we are. */
static void note_end(struct follow *follow) {
  cleanup_fd int newest = open_name(follow->folder, 0, false);
  struct stat st;

  if (newest < 0 || fstat(newest, &st) < 0) return;
  follow->last_inode = (uint64_t)st.st_ino;
  follow->last_size = st.st_size;
}

static int watch(int folder) {
  char path[64];
  int notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

  if (notify < 0) return -1;
  snprintf(path, sizeof path, "/proc/self/fd/%d", folder);
  inotify_add_watch(notify, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE);
  return notify;
}

int follow_open(struct follow *follow, const char *bundle, bool waits) {
  *follow = (struct follow){.fd = -1, .lock = -1, .notify = -1, .waits = waits};
  follow->folder = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (follow->folder < 0) return -1;
  follow->lock = openat(follow->folder, "monitor.lock", O_RDONLY | O_CLOEXEC);
  if (follow->lock < 0 && errno != ENOENT) return -1;
  if (waits)
    follow->notify = watch(follow->folder);
  else
    note_end(follow);
  follow_go(follow, oldest(follow->folder), 0);
  return 0;
}

/* Is there a monitor? Its end closes the lock, which wakes us; the look itself takes the lock only for a
 * moment. */
static bool has_monitor(const struct follow *follow) {
  if (follow->lock < 0) return false;
  if (flock(follow->lock, LOCK_SH | LOCK_NB) < 0) return errno == EWOULDBLOCK;
  flock(follow->lock, LOCK_UN);
  return false;
}

/* How much may be read at once; 0 at the end of a stream that does not wait. */
static size_t readable(const struct follow *follow, size_t room) {
  if (follow->waits || follow->identity.inode != follow->last_inode) return room;
  int64_t left = follow->last_size - follow->offset;
  return left <= 0 ? 0 : (uint64_t)left < room ? (size_t)left : room;
}

static ssize_t read_on(struct follow *follow, char *buffer, size_t room) {
  struct stat st;
  ssize_t n;

  if (follow->fd < 0 && (follow->fd = open_number(follow->folder, 0, &follow->identity)) < 0) return 0;
  if (fstat(follow->fd, &st) == 0 && st.st_size < follow->offset)
    follow->offset = 0; /* made anew under the same inode */
  room = readable(follow, room);
  do n = room == 0 ? 0 : pread(follow->fd, buffer, room, follow->offset);
  while (n < 0 && errno == EINTR);
  if (n > 0) follow->offset += n;
  return n;
}

ssize_t follow_read(struct follow *follow, char *buffer, size_t room) {
  while (!follow->over) {
    bool alive =
        follow->waits && has_monitor(follow); /* asked first: what it wrote before its end is there */
    ssize_t n = read_on(follow, buffer, room);
    if (n > 0) return n;
    bool last = !follow->waits && follow->fd >= 0 && follow->identity.inode == follow->last_inode;
    struct log_identity identity;
    int next = follow->fd < 0 || last ? -1 : open_next(follow, &identity);
    if (next < 0) {
      follow->over = !alive;
      return 0;
    }
    n = read_on(follow, buffer, room); /* the last lines before the rotation */
    if (n > 0) {
      close(next);
      return n;
    }
    close(follow->fd);
    follow->fd = next;
    follow->identity = identity;
    follow->offset = 0;
  }
  return 0;
}

void follow_awake(struct follow *follow) {
  char events[4096];

  while (follow->notify >= 0 && read(follow->notify, events, sizeof events) > 0) continue;
}

void follow_close(struct follow *follow) {
  drop_fd(&follow->fd);
  drop_fd(&follow->lock);
  drop_fd(&follow->notify);
  drop_fd(&follow->folder);
}
