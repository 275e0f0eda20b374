/* The inner connection: from a published port to the container. */
#ifndef SAMPAN_INNER_H
#define SAMPAN_INNER_H

#include "ports.h"

/* A socket of the calling thread's network namespace (the container's), not blocking. -1 and errno. */
int inner_socket(int type);

/*
 * Connects it to the container's `port`: connected, or still connecting, when 0 is returned. `client` is who
 * asked for it. -1 and errno.
 */
int inner_connect(int fd, uint16_t port, const union address *client);

#endif
