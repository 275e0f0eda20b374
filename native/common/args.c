/* Command lines of roles. */
#include "args.h"
#include "fail.h"
#include <string.h>

static const struct arg *find(const struct arg *rows, const char *word) {
  for (; rows->name; rows++)
    if (strcmp(rows->name, word) == 0) return rows;
  return NULL;
}

int read_args(int argc, char **argv, const struct arg *rows, struct fail *fail) {
  int at = 1;
  for (; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
    if (strcmp(argv[at], "--") == 0) {
      at++;
      break;
    }
    const struct arg *row = find(rows, argv[at]);
    if (!row) return fail_say(fail, EXIT_HELPER, "read options", "%s: unknown option %s", argv[0], argv[at]);
    if (row->flag)
      *row->flag = 1;
    else if (at + 1 == argc)
      return fail_say(fail, EXIT_HELPER, "read options", "%s: option %s needs a value", argv[0], argv[at]);
    else if (row->text)
      *row->text = argv[++at];
    else if (row->many->count < sizeof row->many->at / sizeof *row->many->at)
      row->many->at[row->many->count++] = argv[++at];
    else
      return fail_say(fail, EXIT_HELPER, "read options", "%s: too many %s", argv[0], row->name);
  }
  for (const struct arg *row = rows; row->name; row++)
    if (row->needed && row->text && !*row->text)
      return fail_say(fail, EXIT_HELPER, "read options", "%s: option %s is needed", argv[0], row->name);
  return at;
}
