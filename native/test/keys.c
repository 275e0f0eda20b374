/* Which typed bytes reach the program, and when a session is left. */
#include "../attach/keys.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *keys, *typed, *passed;
  bool detached;
  int held;
} CASES[] = {
    {"ctrl-p,ctrl-q", "hello", "hello", false, 0},
    {"ctrl-p,ctrl-q", "ab\x10\x11zz", "ab", true, 0},
    {"ctrl-p,ctrl-q", "\x10", "", false, 1},
    {"ctrl-p,ctrl-q", "\x10x", "\x10x", false, 0},
    {"ctrl-p,ctrl-q", "\x10\x10\x11", "\x10", true, 0},
    {"ctrl-p,ctrl-q", "\x11\x10", "\x11", false, 1},
    {"a,a,b", "aaab", "a", true, 0},
    {"a,b,a,c", "ababac", "ab", true, 0},
    {"a,b,a,c", "abab", "ab", false, 2},
    {"a,a,a", "aa", "", false, 2},
    {"x", "abx", "ab", true, 0},
    {"ctrl-@", "ab", "ab", false, 0},
    {"ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", "\x1b\x1c\x1d\x1e\x1f", "", true, 0},
    {"", "anything \x10\x11", "anything \x10\x11", false, 0},
};

static const char *const BAD[] = {"ctrl-",          "ctrl-1", "ab",
                                  "a,,b",           "a,",     ",",
                                  "ctrl-p,ctrl-qq", "alt-x",  "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a"};

/* The bytes may come all at once or one by one: it must not matter. */
static void check(size_t i, size_t step) {
  struct detach_keys keys;
  uint8_t out[128];
  size_t total = 0, size = strlen(CASES[i].typed);
  bool detached = false;

  assert(keys_parse(CASES[i].keys, &keys));
  for (size_t from = 0; from < size && !detached; from += step) {
    size_t got, count = size - from < step ? size - from : step;
    detached = keys_feed(&keys, (const uint8_t *)CASES[i].typed + from, count, out + total, &got);
    total += got;
  }
  if (total != strlen(CASES[i].passed) || memcmp(out, CASES[i].passed, total) != 0 ||
      detached != CASES[i].detached) {
    printf("case %zu, step %zu: %.*s\n", i, step, (int)total, out);
    assert(0);
  }
  assert(keys_held(&keys) == (CASES[i].held > 0));
  assert(keys_release(&keys, out) == (size_t)CASES[i].held);
  assert(!keys_held(&keys));
}

int main(void) {
  struct detach_keys keys;

  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
    for (size_t step = 1; step < 8; step++) check(i, step);
  for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
    if (keys_parse(BAD[i], &keys)) {
      printf("accepted %s\n", BAD[i]);
      assert(0);
    }
  assert(keys_parse("ctrl-@", &keys) && keys.length == 1 && keys.sequence[0] == 0);
  assert(keys_parse("ctrl-Z", &keys) && keys.sequence[0] == 26);
  return 0;
}
