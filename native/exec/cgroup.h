/* The limits of a container hold for what is started in it later, too. */
#ifndef SAMPAN_EXEC_CGROUP_H
#define SAMPAN_EXEC_CGROUP_H

#include <sys/types.h>

/**
 * Opens cgroup.procs of the group the container is in, for cgroup_enter. -1 where it is in ours (no limits
 * were asked for), or where the kernel does not let us move processes there from our own group: a login
 * session's, say, which is nobody's to leave but root's. The process then runs all the same, outside the
 * limits.
 */
int cgroup_open(pid_t container);

/** Moves the calling process there; -1 is fine. */
void cgroup_enter(int procs);

#endif
