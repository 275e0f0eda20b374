/*
 * Who is on which network: addresses and names, in the net keeper's memory and nowhere else. No I/O. What is
 * not there yet is made; what is left is freed.
 */
#ifndef SAMPAN_POOL_H
#define SAMPAN_POOL_H

#include "../spec/spec.h"
#include "ip.h"
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct fail;
struct listen;

enum { MOST_SUBNETS = 4, MOST_RESOLVERS = 3 };

struct pool_subnet {
  struct subnet subnet, range;
  struct ip gateway;
  struct ip last; /* given out last: an address is not used again at once */
};

struct pool_route {
  struct subnet to;
  struct ip gateway;
  unsigned metric;
};

struct bridge_network {
  struct bridge_network *next;
  char *id, *name;
  char bridge[IFNAMSIZ];
  struct pool_subnet subnets[MOST_SUBNETS];
  size_t subnet_count;
  struct pool_route *routes;
  size_t route_count;
  bool internal, dns, isolated, no_default_route;
  unsigned mtu, metric;
  struct member *members;
  struct listen *listen; /* its name server (resolve.h) */
};

/* One container on one network. */
struct member {
  struct member *next;
  const void *owner; /* the connection it belongs to */
  struct bridge_network *network;
  struct ip ip, ip6;
  unsigned prefix, prefix6;
  const struct ip *gateway, *gateway6; /* or NULL */
  uint8_t mac[6];
  char near[IFNAMSIZ], far[IFNAMSIZ]; /* the two ends of its veth */
  bool no_host_loopback;              /* the host's own services are not for it */
  bool again;                         /* takes the place of an interface whose other end has gone */
  bool own_far;                       /* `far` was asked for by name */
  char **names;                       /* ends with NULL: the container's own, then aliases on this network */
  size_t own_names;                   /* how many are the container's own */
  struct ip resolvers[MOST_RESOLVERS];
  size_t resolver_count;
};

struct pool {
  struct bridge_network *networks;
  unsigned made; /* interfaces so far: their names are not used again */
};

struct bridge_network *pool_find(struct pool *pool, const char *id);
struct bridge_network *pool_find_name(struct pool *pool, const void *owner, const char *name);
/* Reads and checks; nothing is made on the machine. */
struct bridge_network *pool_add(struct pool *pool, const struct sampan_membership *wanted, struct fail *fail);
void pool_remove(struct pool *pool, struct bridge_network *network);

/* Gives it addresses, a MAC and names. `names` and the aliases are what it is called. */
struct member *pool_join(struct pool *pool, struct bridge_network *network,
                         const struct sampan_membership *wanted, const texts *names, const void *owner,
                         struct fail *fail);
void pool_leave(struct member *member);
/* The container is called otherwise from now on; its aliases stay. */
void pool_rename(struct member *member, const texts *names);

/* The member that has the address, on any network; NULL for none. */
struct member *pool_member_at(const struct pool *pool, const struct ip *ip);
struct member *pool_member_of(const struct bridge_network *network, const void *owner);
bool member_is_called(const struct member *member, const char *name);

#endif
