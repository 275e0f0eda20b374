/* Whole files, whole writes. */
#ifndef SAMPAN_FILE_H
#define SAMPAN_FILE_H

#include <stddef.h>
#include <sys/types.h>

struct fail;

/* Reads a whole file of at most `most` bytes, terminated by 0; the caller frees. NULL and errno otherwise
 * (EFBIG). */
char *read_file(int dirfd, const char *path, size_t most, size_t *length);

/* Writes all bytes, going on after EINTR and short writes. -1 and errno. */
int write_all(int fd, const void *bytes, size_t length);

/*
 * Replaces NAME in the folder `dirfd` by new-write-rename: readers see the old or the new, never half. `sync`
 * adds fsync of file and folder for what must survive a power cut.
 */
int write_file_atomic(int dirfd, const char *name, const void *bytes, size_t length, mode_t mode, int sync);

/* Writes into an existing file (sysctl, cgroup, proc) with one write. -1 and errno. */
int write_existing(int dirfd, const char *path, const char *text);

/* flock with a deadline in milliseconds; 0 tries once. -1 and EWOULDBLOCK when it stays taken. */
int lock_file(int fd, int how, int milliseconds);

#endif
