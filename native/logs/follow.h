/* A log that is being written and rotated, read as one stream. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct follow {
  int folder; /* the bundle */
  int lock;   /* its monitor.lock, or -1 */
  int fd;     /* the file being read, or -1 while there is none yet */
  int64_t offset;
  int64_t until; /* wall clock in nanoseconds after which nothing is waited for; 0: none */
  int notify;    /* inotify, or -1: then we look from time to time */
};

/**
 * Begins at `offset` of container.log or, when `inode` is not 0 and the log was rotated meanwhile, of
 * whichever file has that inode. Returns -1 with errno.
 */
int follow_open(struct follow *follow, int folder, int64_t offset, uint64_t inode);

/**
 * Reads on: the number of bytes, 0 when everything is read and the container has ended, -1 with errno. Waits
 * for more in between; EPIPE when the reader of our standard output is gone meanwhile.
 */
ssize_t follow_read(struct follow *follow, char *buffer, size_t room);

void follow_close(struct follow *follow);
