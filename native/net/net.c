/* See net.h. The order: ports first, since they fail most; then the way out; then bytes may flow. */
#include "net.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include "bridged.h"
#include "forward.h"
#include "outside.h"
#include "ports.h"
#include <stdlib.h>

struct network {
  struct listeners listeners;
  struct forwarder *forwarder;
  int outside; /* pidfd of slirp4netns or pasta, one that is the container's own */
  struct bridged *bridged;
  struct inside *inside;
};

/* slirp4netns and pasta of one container: always the same address. */
static struct inside *fixed_inside(void) {
  struct inside *inside = need_memory(sizeof *inside);
  *inside = (struct inside){0};
  ip_parse(CONTAINER_ADDRESS, &inside->own[0]);
  return inside;
}

static int open_way(const struct bundle *bundle, const struct lease *lease, int netns,
                    struct network *network, struct fail *fail) {
  if (bundle->sampan->network->mode == NETWORK_BRIDGE) {
    if (bridged_open(bundle, lease, netns, &network->bridged, fail) < 0) return -1;
    network->inside = bridged_inside(network->bridged);
    return 0;
  }
  network->inside = fixed_inside();
  network->outside = outside_start(bundle->sampan->network, netns, fail);
  return network->outside < 0 ? -1 : 0;
}

int network_start(const struct bundle *bundle, const struct lease *lease, int netns, struct network **out,
                  struct fail *fail) {
  const struct sampan_network *wanted = bundle->sampan->network;
  *out = NULL;
  if (wanted->mode != NETWORK_SLIRP && wanted->mode != NETWORK_PASTA && wanted->mode != NETWORK_BRIDGE)
    return 0;
  struct network *network = need_memory(sizeof *network);
  *network = (struct network){.outside = -1};
  if (ports_bind(wanted, &network->listeners, fail) < 0 ||
      open_way(bundle, lease, netns, network, fail) < 0 ||
      ports_record(bundle, &network->listeners, fail) < 0 ||
      forward_start(&network->listeners, network->inside, netns, &network->forwarder, fail) < 0) {
    network_stop(network);
    return -1;
  }
  *out = network;
  return 0;
}

int network_connection(const struct network *network) {
  return network && network->bridged ? bridged_connection(network->bridged) : -1;
}

/* The forwarding thread may still look at the old one: it is kept until the end. */
static void move(struct network *network) {
  struct inside *inside = bridged_inside(network->bridged);
  inside->before = network->inside;
  network->inside = inside;
  forward_move(network->forwarder, inside);
}

int network_repair(struct network *network, const struct lease *lease, struct fail *fail) {
  int done = bridged_repair(network->bridged, lease, fail);
  move(network);
  return done;
}

int network_join(struct network *network, const struct sampan_membership *wanted, struct strbuf *answer,
                 struct fail *fail) {
  if (!network || !network->bridged)
    return fail_say(fail, EXIT_HELPER, "join network", "the container is on no bridge network");
  if (bridged_join(network->bridged, wanted, answer, fail) < 0) return -1;
  move(network);
  return 0;
}

int network_leave(struct network *network, const char *name, struct strbuf *answer, struct fail *fail) {
  if (!network || !network->bridged)
    return fail_say(fail, EXIT_HELPER, "leave network", "the container is not on network %s", name);
  if (bridged_leave(network->bridged, name, answer, fail) < 0) return -1;
  move(network);
  return 0;
}

void network_stop(struct network *network) {
  if (!network) return;
  forward_stop(network->forwarder);
  ports_close(&network->listeners);
  outside_stop(network->outside);
  bridged_close(network->bridged);
  for (struct inside *at = network->inside, *before; at; at = before) {
    before = at->before;
    free(at);
  }
  free(network);
}
