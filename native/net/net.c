/* See net.h. The order: ports first, since they fail most; then the way out; then bytes may flow. */
#include "net.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include "forward.h"
#include "outside.h"
#include "ports.h"
#include <stdlib.h>

struct network {
  struct listeners listeners;
  struct forwarder *forwarder;
  int outside; /* pidfd of slirp4netns or pasta */
};

int network_start(const struct bundle *bundle, int netns, struct network **out, struct fail *fail) {
  const struct sampan_network *wanted = bundle->sampan->network;
  *out = NULL;
  if (wanted->mode != NETWORK_SLIRP && wanted->mode != NETWORK_PASTA) return 0;
  struct network *network = need_memory(sizeof *network);
  *network = (struct network){.outside = -1};
  if (ports_bind(wanted, &network->listeners, fail) < 0) goto failed;
  if ((network->outside = outside_start(wanted, netns, fail)) < 0) goto failed;
  if (ports_record(bundle, &network->listeners, fail) < 0) goto failed;
  if (forward_start(&network->listeners, netns, &network->forwarder, fail) < 0) goto failed;
  *out = network;
  return 0;
failed:
  network_stop(network);
  return -1;
}

void network_stop(struct network *network) {
  if (!network) return;
  forward_stop(network->forwarder);
  ports_close(&network->listeners);
  outside_stop(network->outside);
  free(network);
}
