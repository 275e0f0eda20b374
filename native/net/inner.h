/* The inner connection: from a published port to the container. */
#ifndef SAMPAN_INNER_H
#define SAMPAN_INNER_H

#include "ports.h"

/*
 * A socket of the calling thread's network namespace (the container's), not blocking, connecting or connected
 * to the container's `port`. `client` is who asked for it. -1 and errno.
 */
int inner_connect(int type, uint16_t port, const union address *client);

#endif
