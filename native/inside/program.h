/*
 * A job's program, opened before the namespaces are changed: the root of a container's own user namespace may
 * not go through the folders that lead to it.
 */
#ifndef SAMPAN_PROGRAM_H
#define SAMPAN_PROGRAM_H

/* A descriptor, or -1: then it is looked for in PATH. */
int program_open(const char *name);

/* Returns only on failure, with errno. */
void program_exec(int program, char **argv);

#endif
