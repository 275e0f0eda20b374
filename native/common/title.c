/* See title.h. */
#include "title.h"
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The kernel lays out all words, then all of the environment, in one piece. */
static char *start, *end;

void title_remember(int argc, char **argv) {
  if (!argc) return;
  start = argv[0];
  end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
  for (char **variable = environ; *variable; variable++)
    if (*variable == end) end += strlen(*variable) + 1;
}

void title_set(const char *title) {
  static char *none[] = {NULL};
  prctl(PR_SET_NAME, title);
  if (!start || (size_t)(end - start) <= strlen(title)) return;
  environ = none;
  memset(start, 0, (size_t)(end - start));
  memcpy(start, title, strlen(title));
}
