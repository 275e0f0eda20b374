/* Who listens in the container, by the kernel's own lists (/proc/PID/net/udp …). */
#ifndef SAMPAN_LISTENING_H
#define SAMPAN_LISTENING_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a socket of the list has the port. `path` is of the calling thread's network namespace. Allocates
 * nothing. */
bool udp_listens(const char *path, uint16_t port);

/* The same of one line of the list: "  12: 00000000:0035 00000000:0000 07 …". */
bool line_has_port(const char *line, uint16_t port);

#endif
