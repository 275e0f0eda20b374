/* See tube.h. */
#include "tube.h"
#include <fcntl.h>
#include <unistd.h>

int tube_take(struct tubes *tubes, struct tube *out) {
  if (tubes->count > 0) {
    *out = tubes->idle[--tubes->count];
    return 0;
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -1;
  /* Refused when the user has too many pages in pipes already: then it stays 64 kB or less, and only slower.
   */
  fcntl(ends[1], F_SETPIPE_SZ, TUBE_SIZE);
  *out = (struct tube){.out = ends[0], .in = ends[1]};
  return 0;
}

void tube_give(struct tubes *tubes, struct tube *tube) {
  if (tube->in < 0) return;
  if (tubes->count < IDLE_TUBES) {
    tubes->idle[tubes->count++] = *tube;
    *tube = (struct tube){-1, -1};
  } else {
    tube_close(tube);
  }
}

void tube_close(struct tube *tube) {
  if (tube->in < 0) return;
  close(tube->in);
  close(tube->out);
  *tube = (struct tube){-1, -1};
}

void tubes_drop(struct tubes *tubes) {
  while (tubes->count > 0) tube_close(&tubes->idle[--tubes->count]);
}
