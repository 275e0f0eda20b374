/*
 * A container's way to the outside, seen from the monitor: between start_container (the network namespace
 * exists) and start_go (the program runs), and again at its end. What is started lives until network_stop,
 * and dies with the monitor however it ends (parent-death signal; threads go with their process).
 */
#ifndef SAMPAN_NET_H
#define SAMPAN_NET_H

#include "../keep/lease.h"
#include "../spec/spec.h"

struct fail;
struct network; /* opaque */

/*
 * mode none, host, container: nothing to do, *out stays NULL. slirp, pasta: binds the published ports on the
 * host (before anything else: a port in use fails the start), runs slirp4netns or pasta for `netns`, writes
 * ports.json, and starts the forwarding thread. bridge: joins the networks instead. `netns` stays the
 * caller's. -1 and a filled fail: nothing is left running.
 *
 * The thread never allocates with malloc and holds no lock of the C library, so the monitor may fork or clone
 * as if it were alone. All its signals are blocked. Call from the main thread, in the host's network
 * namespace.
 */
int network_start(const struct bundle *bundle, const struct lease *lease, int netns, struct network **out,
                  struct fail *fail);

/* mode bridge: the connection to the net keeper, readable when that has gone; else -1. */
int network_connection(const struct network *network);
/* Then: the same networks again, by a new one. The published ports went on all the while. */
int network_repair(struct network *network, const struct lease *lease, struct fail *fail);

/* Live changes; `answer` gets the line for who asked. `wanted` must live until network_stop. */
int network_join(struct network *network, const struct sampan_membership *wanted, struct strbuf *answer,
                 struct fail *fail);
int network_leave(struct network *network, const char *name, struct strbuf *answer, struct fail *fail);

/* The names and resolvers of the bundle, or BUNDLE/hosts, are others now. */
int network_rename(struct network *network, struct fail *fail);

/* One port more, or less, as on the command line; ports.json is written again. */
int network_publish(struct network *network, const struct sampan_port *port, struct strbuf *answer,
                    struct fail *fail);
int network_unpublish(struct network *network, const struct sampan_port *wanted, struct strbuf *answer,
                      struct fail *fail);

/* What is published now, as it was asked for, into `out` unless that is NULL; how many. */
size_t network_ports(const struct network *network, struct sampan_port *out);

/* Stops the thread and slirp4netns or pasta, closes the ports; when it returns they are free. NULL is fine.
 */
void network_stop(struct network *network);

#endif
