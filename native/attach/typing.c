#include "typing.h"

#include <errno.h>
#include <unistd.h>

void typing_read(struct typing *typing, int64_t now) {
  ssize_t n = read(STDIN_FILENO, typing->read, sizeof typing->read);

  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (n <= 0) { /* EIO: the terminal is gone, or we are in the background and nobody cares */
    typing->open = false;
    typing_release(typing);
    return;
  }
  if (!typing->watch_keys) {
    typing->at = typing->read;
    typing->size = (size_t)n;
    return;
  }
  typing->detached = keys_feed(&typing->keys, typing->read, (size_t)n, typing->typed, &typing->size);
  typing->at = typing->typed;
  typing->release_at = keys_held(&typing->keys) ? now + DETACH_KEYS_PAUSE_MS : 0;
}

void typing_release(struct typing *typing) {
  typing->release_at = 0;
  typing->at = typing->typed;
  typing->size = keys_release(&typing->keys, typing->typed);
}
