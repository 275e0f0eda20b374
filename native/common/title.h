/* What `ps` and /proc/PID/{cmdline,environ} show of a process that lives on as somebody else after a clone.
 */
#ifndef SAMPAN_TITLE_H
#define SAMPAN_TITLE_H

/* main calls it first: where the words and the environment are. */
void title_remember(int argc, char **argv);

/* The command line becomes `title`; the rest of it and the environment are wiped (the caller no longer has
 * one). */
void title_set(const char *title);

#endif
