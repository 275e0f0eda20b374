/* What the thread in the bridges' network namespace shares. One thread, one epoll. */
#ifndef SAMPAN_WORLD_H
#define SAMPAN_WORLD_H

#include "pool.h"
#include <stdint.h>

struct fail;
struct world;
struct handler;

typedef void (*handler_ready)(struct world *world, struct handler *handler, uint32_t events);

/* First member of whatever owns the descriptor. */
struct handler {
  int fd;
  handler_ready ready;
};

struct upstream; /* resolve.c */

struct world {
  int epoll, route; /* route: NETLINK_ROUTE */
  int netns;        /* our own */
  struct pool pool;
  struct upstream *upstream;
  struct tcp_session *sessions; /* name server connections */
  size_t session_count;
  /* Makes sure that slirp4netns or pasta runs for our namespace: the one that was wanted first, for all. */
  int (*need_outside)(struct world *world, const struct sampan_network *way, struct fail *fail);
};

int world_watch(struct world *world, struct handler *handler, uint32_t events);
int64_t world_now(void); /* milliseconds */

/* serve.c: takes over a monitor's connection. */
void serve_connection(struct world *world, int fd);

/* attach.c: the interfaces. */
int attach_network(struct world *world, struct bridge_network *network, struct fail *fail);
void detach_network(struct world *world, struct bridge_network *network);
/* Makes the member's veth in `netns`, with address and route. */
int attach_member(struct world *world, struct member *member, int netns, struct fail *fail);
/* It is no member any more. Its interface goes with its namespace, or has gone; the bridge knows it no
 * longer. */
void forget_member(struct world *world, struct member *member);
/* Takes it away again, for a container that runs on; `heir`, if any, gives the default route from now on. */
void detach_member(struct world *world, struct member *member, int netns, const struct member *heir);

/* resolve.c: names. */
int resolve_listen(struct world *world, struct bridge_network *network, struct fail *fail);
void resolve_unlisten(struct world *world, struct bridge_network *network);
/* Gives up on questions nobody answered; milliseconds until it is worth calling again, -1: none is open. */
int resolve_expire(struct world *world);

#endif
