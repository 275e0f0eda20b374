/* The keys that leave a container without stopping it, found in a stream of typed bytes. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DETACH_KEYS_MAX = 16, DETACH_KEYS_PAUSE_MS = 500 };

#define DETACH_KEYS_DEFAULT "ctrl-p,ctrl-q"

struct detach_keys {
  uint8_t sequence[DETACH_KEYS_MAX];
  size_t length; /* 0: nothing detaches */
  size_t matched;
};

/**
 * Parses Docker's notation: keys between commas, each a single character or ctrl- and one of a-z @ [ \ ] ^ _.
 * An empty text means that nothing detaches. Returns false for anything else.
 */
bool keys_parse(const char *text, struct detach_keys *keys);

/**
 * Feeds `size` typed bytes. Bytes that are certainly not part of the sequence go to `out` (room for
 * size + DETACH_KEYS_MAX); `*out_size` says how many. Returns true when the sequence is complete: what
 * follows it in the input is dropped.
 */
bool keys_feed(struct detach_keys *keys, const uint8_t *in, size_t size, uint8_t *out, size_t *out_size);

/** Are bytes held back that may yet turn out to be typed text? */
bool keys_held(const struct detach_keys *keys);

/** Gives the held bytes back (room for DETACH_KEYS_MAX); returns how many. Called after a pause in typing. */
size_t keys_release(struct detach_keys *keys, uint8_t *out);
