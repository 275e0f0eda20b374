/* Limits: a cgroup (v2) of the container's own, where the host lets us have one. cgroups(7) */
#ifndef SAMPAN_CGROUP_H
#define SAMPAN_CGROUP_H

#include "start.h"

/*
 * Nothing asked for: nothing done. Else makes the group, writes the limits and fills out->cgroup and
 * cgroup_path; fails with the name of the controller that is missing. Runs in the monitor.
 */
int cgroup_make(const struct bundle *bundle, struct started *out, struct fail *fail);

/* After the last process has ended. */
void cgroup_remove(struct started *started);

#endif
