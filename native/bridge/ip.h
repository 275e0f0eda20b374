/* Addresses and subnets of both families. */
#ifndef SAMPAN_IP_H
#define SAMPAN_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip {
  int family;        /* AF_INET, AF_INET6; 0: none */
  uint8_t bytes[16]; /* 4 or 16 of them */
};

struct subnet {
  struct ip base;
  unsigned prefix;
};

enum { IP_TEXT = 46 };

bool ip_parse(const char *text, struct ip *out);
bool subnet_parse(const char *text, struct subnet *out);
/* Into `out` (IP_TEXT bytes); returns it. */
const char *ip_text(const struct ip *ip, char *out);
bool ip_same(const struct ip *a, const struct ip *b);
size_t ip_size(const struct ip *ip);
bool subnet_has(const struct subnet *subnet, const struct ip *ip);
bool subnets_overlap(const struct subnet *a, const struct subnet *b);
/* The next address, upwards. */
struct ip ip_next(const struct ip *ip);
/* First of the subnet (all host bits 0) or last (all 1). */
struct ip subnet_edge(const struct subnet *subnet, bool last);

#endif
