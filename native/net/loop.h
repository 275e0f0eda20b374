/* What the parts of the forwarding thread share. One thread, one epoll. */
#ifndef SAMPAN_NET_LOOP_H
#define SAMPAN_NET_LOOP_H

#include "inner.h"
#include "ports.h"
#include "slab.h"
#include "tube.h"
#include <stdbool.h>

enum watch_kind { WATCH_STOP, WATCH_LISTENER, WATCH_CLIENT, WATCH_INNER, WATCH_FLOW };

/* What an epoll event points to: the first member of its owner, or (stream) a member of it. */
struct watch {
  enum watch_kind kind;
  void *owner;
};

struct stream;
struct flow;
struct batch;

struct port_watch {
  struct watch watch;
  const struct listener *listener;
  size_t streams; /* connections that came in here and live */
};

enum { FLOW_BUCKETS = 256 };

struct net_loop {
  const struct inside *_Atomic inside; /* changes when networks do */
  int epoll;
  int64_t now; /* milliseconds, as of this round */
  bool stopping;
  /* TCP */
  struct slab stream_slab;
  struct tubes tubes;
  struct stream *streams;  /* all that live */
  size_t most_each;        /* connections by one listener: the others must find descriptors, too */
  int inner_spare;         /* a socket for the next connection, or -1 */
  bool starved;            /* some of `runnable` wait for a descriptor */
  struct stream *runnable; /* had their share of this round and could go on */
  struct stream *ended;    /* closed; an event of this round may still point to them */
  /* UDP */
  struct slab flow_slab;
  struct flow *buckets[FLOW_BUCKETS];
  struct flow *newest, *oldest; /* by last use */
  struct flow *ended_flows;
  size_t flow_count;
  struct batch *batch;
};

#endif
