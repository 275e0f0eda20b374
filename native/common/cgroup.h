/* cgroups(7): which group a process is in. */
#ifndef SAMPAN_COMMON_CGROUP_H
#define SAMPAN_COMMON_CGROUP_H

/*
 * The version 2 group of `process` (a number, or "self"): its path as our own cgroup namespace shows it. NULL
 * where there is none. The caller frees.
 */
char *cgroup_of(const char *process);

#endif
