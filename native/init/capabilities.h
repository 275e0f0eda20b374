/* The five capability sets. capabilities(7) */
#ifndef SAMPAN_CAPABILITIES_H
#define SAMPAN_CAPABILITIES_H

#include "../spec/spec.h"
#include <stdint.h>

struct fail;

/* One bit a capability. */
struct capability_sets {
  uint64_t bounding, effective, inheritable, permitted, ambient;
};

/* Names to bits; a name this kernel does not know is refused. NULL means none at all. */
int capabilities_read(const struct spec_capabilities *spec, struct capability_sets *out, struct fail *fail);

/* Number of a name as CAP_CHOWN, -1 for an unknown one. */
int capability_number(const char *name);

/* Drops what is not in the bounding set; needs CAP_SETPCAP. */
int capabilities_bound(const struct capability_sets *sets, struct fail *fail);

/* All that are permitted become effective: for the steps between changing the user and the final sets. */
int capabilities_regain(struct fail *fail);

/* The final effective, permitted, inheritable and ambient sets. */
int capabilities_set(const struct capability_sets *sets, struct fail *fail);

#endif
