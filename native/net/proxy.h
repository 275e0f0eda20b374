/* The PROXY protocol, version 2, as HAProxy's proxy-protocol.txt has it: who the client is, before its bytes.
 */
#ifndef SAMPAN_PROXY_H
#define SAMPAN_PROXY_H

#include "ports.h"
#include <stddef.h>
#include <stdint.h>

enum { PROXY_MOST = 52 };

/* The header of a TCP connection from `client` to `server`, both of one family, into `out` (PROXY_MOST
 * bytes); its length. */
size_t proxy_header(const union address *client, const union address *server, uint8_t *out);

#endif
