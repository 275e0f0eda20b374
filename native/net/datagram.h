/* UDP through a published port: one inner socket for each client, as long as it is used. */
#ifndef SAMPAN_DATAGRAM_H
#define SAMPAN_DATAGRAM_H

#include "loop.h"

void datagrams_init(struct net_loop *loop);
/* Buffers; -1 and errno. Only needed where a UDP port is published. */
int datagrams_start(struct net_loop *loop);

/* From clients to the container. */
void datagrams_in(struct net_loop *loop, const struct listener *listener);
/* Answers of the container to one client. */
void datagrams_out(struct net_loop *loop, struct flow *flow);

/* Forgets clients that were quiet for a while. Milliseconds until it is worth calling again, -1: when one
 * comes. */
int datagrams_expire(struct net_loop *loop);

/* After a round: the forgotten ones are free again. */
void datagrams_bury(struct net_loop *loop);
void datagrams_drop(struct net_loop *loop);

#endif
