/* See proxy.h. */
#include "proxy.h"
#include <string.h>

static const uint8_t signature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

enum { VERSION_2_PROXY = 0x21, TCP_OVER_IPV4 = 0x11, TCP_OVER_IPV6 = 0x21, FIXED = 16 };

size_t proxy_header(const union address *client, const union address *server, uint8_t *out) {
  int six = client->any.sa_family == AF_INET6;
  size_t each = six ? 16 : 4, rest = 2 * each + 4;
  memcpy(out, signature, sizeof signature);
  out[12] = VERSION_2_PROXY;
  out[13] = six ? TCP_OVER_IPV6 : TCP_OVER_IPV4;
  out[14] = 0;
  out[15] = (uint8_t)rest;
  uint8_t *at = out + FIXED;
  memcpy(at, six ? (const void *)&client->v6.sin6_addr : (const void *)&client->v4.sin_addr, each);
  memcpy(at + each, six ? (const void *)&server->v6.sin6_addr : (const void *)&server->v4.sin_addr, each);
  /* Network order already, and at the same place in both families. */
  memcpy(at + 2 * each, &client->v4.sin_port, 2);
  memcpy(at + 2 * each + 2, &server->v4.sin_port, 2);
  return FIXED + rest;
}
