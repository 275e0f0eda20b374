/* Resource limits by the names of the OCI specification. setrlimit(2) */
#ifndef SAMPAN_LIMITS_H
#define SAMPAN_LIMITS_H

#include "../spec/spec.h"

struct fail;

int limits_set(const struct spec_process *process, struct fail *fail);

#endif
