/* Standard input on its way to a program: read, searched for the detach keys, given on in pieces. */
#pragma once

#include "keys.h"

#include <stdbool.h>
#include <stdint.h>

enum { TYPING_ROOM = 131072 };

struct typing {
  bool open; /* more may come */
  bool watch_keys;
  bool detached;
  int64_t release_at; /* when held keys count as typed; 0: none are held */
  struct detach_keys keys;
  const uint8_t *at; /* what is still to be given on */
  size_t size;
  uint8_t read[TYPING_ROOM];
  uint8_t typed[TYPING_ROOM + DETACH_KEYS_MAX];
};

/** Reads once from standard input; call when it is readable and nothing is left to give on. */
void typing_read(struct typing *typing, int64_t now);

/** Keys held back for too long were typed for the program; call when release_at has come. */
void typing_release(struct typing *typing);
