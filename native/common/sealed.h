/* Running from a copy of ourselves that nobody can write to. */
#ifndef SAMPAN_SEALED_H
#define SAMPAN_SEALED_H

/*
 * Executes a sealed, anonymous copy of our own executable with the same words; returns when this already is
 * the copy, or when there can be none (a kernel that forbids executable memfds): then on as before.
 *
 * For the roles that become processes of a container. The container's root is the user, who owns the helper's
 * file; and a program that is a link to /proc/self/exe, or has it in its #! line, makes the last execve of a
 * start or an exec run our own executable inside the container, where /proc/PID/exe can be opened. That it
 * cannot be written while it runs (ETXTBSY) is not enough: kernels 6.11 and 6.12 allow it, and one that was
 * opened for reading can be opened again, through /proc/self/fd, when it no longer runs.
 */
void run_sealed(char **argv);

/* Where our executable lies on disk, for what must run from there: AppArmor goes by path. "" when unknown. */
const char *helper_file(void);

#endif
