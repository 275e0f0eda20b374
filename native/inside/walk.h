/* How much lies below a folder. Runs in the user namespace. */
#ifndef SAMPAN_WALK_H
#define SAMPAN_WALK_H

#include <stdint.h>

struct fail;

struct walked {
  uint64_t bytes;   /* apparent size of regular files, a hard link counted once */
  uint64_t entries; /* everything below the folder */
};

/* A folder that does not exist weighs nothing. Links are not followed, other file systems not entered. */
int walk_path(const char *path, struct walked *out, struct fail *fail);

#endif
