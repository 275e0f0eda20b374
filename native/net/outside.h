/*
 * slirp4netns or pasta: the program that carries packets between a network namespace and the host's sockets.
 * Both are told to use the same addresses, those of slirp4netns, so that nothing else needs to know which of
 * them runs.
 */
#ifndef SAMPAN_OUTSIDE_H
#define SAMPAN_OUTSIDE_H

#include "../spec/spec.h"

struct fail;

#define CONTAINER_ADDRESS "10.0.2.100"
#define CONTAINER_PREFIX  "24"
#define HOST_ADDRESS      "10.0.2.2" /* reaches the host, services on its 127.0.0.1 included */
#define DNS_ADDRESS       "10.0.2.3" /* forwards to the host's resolver */
/* slirp4netns has no other choice of these. */
#define CONTAINER_ADDRESS6 "fd00::100"
#define CONTAINER_PREFIX6  64
#define HOST_ADDRESS6      "fd00::2" /* the host's ::1 */
/* All addresses of these lead to the host's loopback, but for the name server. */
#define LOOPBACK_SUBNET  "10.0.2.0/24"
#define LOOPBACK_SUBNET6 "fd00::/64"
#define OUTSIDE_LINK     "tap0"

/*
 * Runs the program for `netns` and waits until the namespace has its interface, addresses and routes. Returns
 * a pidfd of our child, which the kernel kills when we end. -1: it is gone and reaped, and fail says what it
 * said.
 */
int outside_start(const struct sampan_network *network, int netns, struct fail *fail);

/* Kills it without waiting for its end, takes the pidfd over. -1 is fine. */
void outside_stop(int pidfd);

#endif
