/* Descriptors that a container's program has from whoever started it, just before execve. */
#ifndef SAMPAN_PASSED_H
#define SAMPAN_PASSED_H

#include "../spec/spec.h"
#include "start.h"

struct fail;

/*
 * Puts them at 3, 4, …, and out of the way what is there: *control moves. `process` gets the variables of
 * sd_listen_fds(3), with the pid of the calling process. -1 and fail.
 */
int pass_descriptors(const struct passed *passed, int *control, struct spec_process *process,
                     struct fail *fail);

#endif
