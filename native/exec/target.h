/* The running container that a process is to join. */
#pragma once

#include "../keep/lease.h"
#include "../spec/spec.h"

#include <sys/types.h>

struct fail;

struct target {
  pid_t pid; /* of the container's first process, on the host */
  int pidfd;
};

/** Reads state.json. Fails with exit code 1 and Docker's sentence when the container does not run. */
int target_find(const struct bundle *bundle, struct target *out, struct fail *fail);

/**
 * Returns -1. After a failure on the way into the container: when it has ended meanwhile, that is what
 * failed, in the words of target_find.
 */
int target_failed(const struct bundle *bundle, const struct target *target, struct fail *fail);

/**
 * A container may have a user namespace of its own, and one whose keeper was killed lives on in that
 * keeper's: puts it into the lease, for lease_join. Call it before that, outside.
 */
int target_userns(const struct target *target, struct lease *lease, struct fail *fail);
