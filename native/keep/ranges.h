/* The caller's ranges in /etc/subuid and /etc/subgid, and the two programs that may map them. subuid(5) */
#ifndef SAMPAN_RANGES_H
#define SAMPAN_RANGES_H

#include <limits.h>
#include <stddef.h>

enum { MOST_RANGES = 32 }; /* the kernel takes 340 rows, people have one or two */

struct ranges {
  struct {
    unsigned long start, count;
  } rows[MOST_RANGES];
  size_t count;
};

struct id_maps {
  struct ranges uids, gids;
  char newuidmap[256], newgidmap[256];
};

/* 1 when all four parts are there; else 0 and `why` says in a sentence what is missing and the one command.
 */
int find_id_maps(struct id_maps *out, char why[static 256]);

/* Reads the rows of one such file that belong to `name` (may be NULL) or `id`. Pure but for the reading. */
void read_ranges(const char *path, const char *name, unsigned id, struct ranges *out);

#endif
