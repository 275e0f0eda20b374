/* Assertions for unit tests of pure parts: a test is a main that returns 0. Linked with the sanitizers. */
#ifndef SAMPAN_CHECK_H
#define SAMPAN_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int checks;

#define CHECK(condition)                                                                                     \
  do {                                                                                                       \
    checks++;                                                                                                \
    if (!(condition)) {                                                                                      \
      fprintf(stderr, "%s:%d: %s is not so\n", __FILE__, __LINE__, #condition);                              \
      exit(1);                                                                                               \
    }                                                                                                        \
  } while (0)

#define CHECK_TEXT(got, wanted)                                                                              \
  do {                                                                                                       \
    const char *got_ = (got), *wanted_ = (wanted);                                                           \
    checks++;                                                                                                \
    if (!got_ || strcmp(got_, wanted_) != 0) {                                                               \
      fprintf(stderr, "%s:%d: got    %s\n       wanted %s\n", __FILE__, __LINE__, got_, wanted_);            \
      exit(1);                                                                                               \
    }                                                                                                        \
  } while (0)

/* The last line of every test. */
static inline int all_checked(const char *what) {
  printf("%s: %d checks passed\n", what, checks);
  return checks ? 0 : 1;
}

#endif
