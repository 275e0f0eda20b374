/* Making a user namespace and writing its maps. Runs in the keeper, once, before it listens. */
#ifndef SAMPAN_MAPPING_H
#define SAMPAN_MAPPING_H

#include "lease.h"

struct fail;

/*
 * A new user namespace and how it is mapped. `why` (256 bytes) says why the mapping is single, else "".
 * Everything it starts (a holder, newuidmap, newgidmap) is gone when it returns.
 */
int make_user_namespace(int *userns, enum mapping *mapping, char why[static 256], struct fail *fail);

/* Adds what the person can do about a host that forbids user namespaces; returns -1. */
int hint_user_namespace(struct fail *fail);

#endif
