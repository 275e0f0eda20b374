/* pid 1 with --init. */
#ifndef SAMPAN_REAPER_H
#define SAMPAN_REAPER_H

struct init;

/*
 * Forks; returns in the child, which goes on to execve, and never in the parent, which stays as pid 1: passes
 * signals on, reaps, and ends with the program's own status.
 */
void become_reaper(struct init *init);

#endif
