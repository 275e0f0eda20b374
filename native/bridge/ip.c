/* See ip.h. Pure. */
#include "ip.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ip_parse(const char *text, struct ip *out) {
  *out = (struct ip){0};
  if (!text) return false;
  int family = strchr(text, ':') ? AF_INET6 : AF_INET;
  if (inet_pton(family, text, out->bytes) != 1) return false;
  out->family = family;
  return true;
}

bool subnet_parse(const char *text, struct subnet *out) {
  char address[64];
  *out = (struct subnet){0};
  const char *slash = text ? strchr(text, '/') : NULL;
  if (!slash || (size_t)(slash - text) >= sizeof address) return false;
  snprintf(address, sizeof address, "%.*s", (int)(slash - text), text);
  char *end;
  unsigned long prefix = strtoul(slash + 1, &end, 10);
  if (!ip_parse(address, &out->base) || *end || end == slash + 1 || prefix > 8 * ip_size(&out->base))
    return false;
  out->prefix = (unsigned)prefix;
  out->base = subnet_edge(out, false);
  return true;
}

const char *ip_text(const struct ip *ip, char *out) {
  if (!ip->family || !inet_ntop(ip->family, ip->bytes, out, IP_TEXT)) *out = 0;
  return out;
}

size_t ip_size(const struct ip *ip) {
  return ip->family == AF_INET6 ? 16 : 4;
}

bool ip_same(const struct ip *a, const struct ip *b) {
  return a->family && a->family == b->family && memcmp(a->bytes, b->bytes, ip_size(a)) == 0;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits) {
  if (memcmp(a, b, bits / 8) != 0) return false;
  unsigned rest = bits % 8;
  return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

bool subnet_has(const struct subnet *subnet, const struct ip *ip) {
  return ip->family && subnet->base.family == ip->family &&
         same_bits(subnet->base.bytes, ip->bytes, subnet->prefix);
}

bool subnets_overlap(const struct subnet *a, const struct subnet *b) {
  return a->base.family == b->base.family &&
         same_bits(a->base.bytes, b->base.bytes, a->prefix < b->prefix ? a->prefix : b->prefix);
}

struct ip ip_next(const struct ip *ip) {
  struct ip next = *ip;
  for (size_t i = ip_size(ip); i-- > 0;)
    if (++next.bytes[i]) break;
  return next;
}

struct ip subnet_edge(const struct subnet *subnet, bool last) {
  struct ip edge = subnet->base;
  for (unsigned bit = subnet->prefix; bit < 8 * ip_size(&edge); bit++) {
    uint8_t mask = (uint8_t)(0x80 >> (bit % 8));
    if (last)
      edge.bytes[bit / 8] |= mask;
    else
      edge.bytes[bit / 8] &= (uint8_t)~mask;
  }
  return edge;
}
