/*
 * Pipes that carry bytes from one socket to the other inside the kernel (splice). One is held only while
 * bytes are in it, so a thousand idle connections hold none.
 */
#ifndef SAMPAN_TUBE_H
#define SAMPAN_TUBE_H

#include <stddef.h>

enum { TUBE_SIZE = 256 * 1024, IDLE_TUBES = 8 };

struct tube {
  int out, in; /* read end, write end; -1 when not held */
};

struct tubes {
  struct tube idle[IDLE_TUBES];
  size_t count;
};

/* -1 and errno when there are no more descriptors. */
int tube_take(struct tubes *tubes, struct tube *out);
/* Gives an empty one back; does nothing when none is held. */
void tube_give(struct tubes *tubes, struct tube *tube);
/* One with bytes in it: closed. */
void tube_close(struct tube *tube);
void tubes_drop(struct tubes *tubes);

#endif
