/* The inner connection: from a published port to the container. */
#ifndef SAMPAN_INNER_H
#define SAMPAN_INNER_H

#include "../bridge/ip.h"
#include "ports.h"
#include <stdbool.h>

enum { MOST_NEAR = 16 };

/* Where the container is, seen from its own network namespace. [0] is IPv4, [1] IPv6; family 0: has none. */
struct inside {
  bool keep_source; /* the program sees the client's address; slirp and pasta: its own one */
  struct ip own[2], gateway[2];
  struct subnet near[MOST_NEAR]; /* clients from here are shown as the gateway */
  size_t near_count;
  struct inside *before; /* what was true earlier; another thread may still look at it */
};

/* A socket of the calling thread's network namespace (the container's), IPv4, not blocking. -1 and errno. */
int inner_socket(int type);

/*
 * Connects *fd to the container's `port`: connected, or still connecting, when 0 is returned. `client` is who
 * asked for it, and its protocol is used where the container has it; with `other` the other one, for programs
 * that listen on one of them only. Where it needs IPv6, *fd is replaced. -1 and errno.
 */
int inner_connect(const struct inside *inside, int *fd, int type, uint16_t port, const union address *client,
                  bool other);
/* Whether `other` is worth trying. */
bool inner_has_other(const struct inside *inside);

/* In the container's namespace: the rules that bring answers to clients' addresses back to our sockets. -1
 * and errno. */
int inner_prepare(const struct inside *inside);
int inner_add_port(const struct inside *inside, int type, uint16_t port);
void inner_remove_port(const struct inside *inside, int type, uint16_t port);

#endif
