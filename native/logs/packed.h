/*
 * A rotated log as a gzip file, which any gunzip reads. Its header says which file it was (RFC 1952, FEXTRA),
 * so that a reader finds where it was after the file under its hands has become this one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** A log file whatever it is called and however it is kept. */
struct log_identity {
  uint64_t inode;  /* that it had when it was written; 0: there is no such file */
  uint64_t packed; /* when it was packed, in nanoseconds: inodes come back. 0: it is not */
};

/** Writes the file `from` packed to `to`. Returns -1 with errno. Takes about 300 kB while it works. */
int pack_log(int from, int to);

/** Which file the packed one was; inode 0 for one that is not ours. */
struct log_identity packed_identity(int fd);

/** Opens the whole text of a packed file: a descriptor of a file without a name, or -1. `folder` has room. */
int unpack_log(int fd, int folder);
