/* TCP through a published port: accept, connect inside, carry bytes both ways. */
#ifndef SAMPAN_STREAM_H
#define SAMPAN_STREAM_H

#include "loop.h"

void streams_init(struct net_loop *loop);

/* Takes the connections that wait. -1: out of descriptors or memory, or the port has its share: try again
 * later. */
int streams_accept(struct net_loop *loop, struct port_watch *port);

/* An epoll event of one of a stream's two sockets. */
void stream_event(struct net_loop *loop, struct stream *stream, bool inner, uint32_t events);

/* Goes on with the streams that had used up their share. */
void streams_run(struct net_loop *loop);

/* The container has ended: only what it has sent still goes out. False when there is nothing left to wait
 * for. */
bool streams_finishing(struct net_loop *loop);

/* After a round: the closed ones are free again. */
void streams_bury(struct net_loop *loop);

void streams_drop(struct net_loop *loop);

#endif
