/* A log that is being written and rotated, read as one stream: oldest file first. */
#pragma once

#include "packed.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct follow {
  int folder;                   /* the bundle */
  int lock;                     /* its monitor.lock, or -1 */
  int fd;                       /* the file being read, or -1 while there is none yet */
  struct log_identity identity; /* of that file */
  int64_t offset;
  bool waits; /* for what comes; else the stream ends where the log ended when it was opened */
  bool over;  /* nothing comes any more */
  uint64_t last_inode;
  int64_t last_size; /* where a stream that does not wait ends */
  int notify;        /* inotify, or -1: then we look from time to time */
};

/** Opens the log of the bundle at its beginning. Returns -1 with errno. */
int follow_open(struct follow *follow, const char *bundle, bool waits);

/** Which of the two ends of the files' numbers: container.log is 0, the oldest has the highest. */
int follow_oldest(const struct follow *follow);

/** Goes to `offset` of the file with this number. */
void follow_go(struct follow *follow, int number, int64_t offset);

/** Opens the file with this number: -1 where there is none. */
int follow_file(const struct follow *follow, int number);

/** Reads on: the number of bytes; 0 when there is nothing now (`over`: and never will be). */
ssize_t follow_read(struct follow *follow, char *buffer, size_t room);

/** Forgets what woke us. */
void follow_awake(struct follow *follow);

void follow_close(struct follow *follow);
