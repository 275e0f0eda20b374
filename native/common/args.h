/* Command lines of roles: data, so that the table is the documentation. */
#ifndef SAMPAN_ARGS_H
#define SAMPAN_ARGS_H

#include <stddef.h>

struct fail;

struct arg_list {
  const char *at[32];
  size_t count;
};

struct arg {
  const char *name;  /* "--bundle" */
  const char **text; /* where the value goes, or NULL */
  int *flag;         /* where 1 goes, or NULL */
  int needed;
  struct arg_list *many; /* where values of a repeatable option go, or NULL */
};

/*
 * Reads options up to the first operand or `--`. rows ends with a {0}. Returns the index of the first operand
 * in argv, -1 and a fail (unknown option, value missing, needed option missing).
 */
int read_args(int argc, char **argv, const struct arg *rows, struct fail *fail);

#endif
