/* Interfaces, addresses, routes and rules by rtnetlink. `route` is a NETLINK_ROUTE socket. -1 and errno. */
#ifndef SAMPAN_LINKS_H
#define SAMPAN_LINKS_H

#include "ip.h"
#include <stdbool.h>
#include <stdint.h>

enum { TABLE_BACK = 100 };

/*
 * A bridge, down. With an address of its own: one that is given none takes the lowest of its ports', so it
 * would be another whenever that port goes, and the neighbours would send to the old one until they ask
 * again.
 */
int link_make_bridge(int route, const char *name, unsigned mtu, const uint8_t mac[6]);

struct veth {
  const char *near, *bridge; /* our end and its bridge */
  const char *far;           /* the container's end … */
  int netns;                 /* … and its network namespace */
  uint8_t mac[6];            /* of the far end */
  unsigned mtu;              /* of both */
};
int link_make_veth(int route, const struct veth *veth);

/* The bridge leads from this port to itself, and to ports that are not isolated. */
int link_isolate_port(int route, const char *name);
int link_raise(int route, const char *name);
/* From now on the bridge neither sends to the port nor hears it, and has forgotten who was there. At once,
 * unlike deleting. */
int link_shut_port(int route, const char *name);
/*
 * Lets TCP hand over half a megabyte at a time instead of 64 kB (BIG TCP: IPv6 since Linux 5.19, IPv4
 * since 6.3), where nothing has to cut it up again. What leaves by another interface is cut up there. Older
 * kernels: nothing changes.
 */
void link_allow_large(int route, const char *name);
int link_delete(int route, const char *name);
/* 0 when there is none. In the calling thread's network namespace, as for all of these. */
unsigned link_index(const char *name);

int address_add(int route, const char *link, const struct ip *address, unsigned prefix);
/* EEXIST when there is one already. `to` NULL: the default route. `metric` 0: the kernel's. */
int route_add(int route, const char *link, const struct subnet *to, const struct ip *gateway,
              unsigned metric);

/* The way back of published ports (native/net/inner.h): table 100 leads back to this namespace. */
int route_add_back(int route, int family, const struct ip *own);
/* `to`: only for that address; NULL for any. */
int rule_add_back(int route, int family, int protocol, uint16_t port, const struct ip *to, unsigned priority);
int rule_delete_back(int route, int family, int protocol, uint16_t port, const struct ip *to,
                     unsigned priority);
/*
 * Nothing goes from `from` to `to`: a priority below all routes. `add` false takes it away.
 */
int rule_prohibit(int route, const struct ip *from, const struct subnet *to, bool add);

/* All routes but the default ones go first. */
int rule_add_near(int route, int family, unsigned priority);

#endif
