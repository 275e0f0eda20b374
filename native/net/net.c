/* See net.h. The order: ports first, since they fail most; then the way out; then bytes may flow. */
#include "net.h"
#include "../common/fail.h"
#include "../common/json.h"
#include "bridged.h"
#include "forward.h"
#include "outside.h"
#include "ports.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Ports that were published together: those of the bundle, then one by one. */
struct published {
  struct published *next;
  const struct sampan_port *ports;
  size_t count;
  struct listeners listeners;
};

struct network {
  const struct bundle *bundle;
  int netns; /* the monitor's */
  struct published *published;
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

static struct published *publish(struct network *network, const struct sampan_port *ports, size_t count,
                                 struct fail *fail) {
  struct published *published = need_memory(sizeof *published);
  struct sampan_network rows = {.ports = {.at = (struct sampan_port *)ports, .count = count}};
  *published = (struct published){.ports = ports, .count = count};
  if (ports_bind(&rows, &published->listeners, fail) < 0) {
    free(published);
    return NULL;
  }
  struct published **at = &network->published;
  while (*at) at = &(*at)->next;
  return *at = published;
}

/* The forwarding thread has nothing to do with it (any more). */
static void unpublish(struct network *network, struct published *published) {
  struct published **at = &network->published;
  while (*at != published) at = &(*at)->next;
  *at = published->next;
  ports_close(&published->listeners);
  free(published);
}

static int record_ports(const struct network *network, struct fail *fail) {
  struct port_row *rows = NULL;
  size_t count = 0, room = 0;
  for (const struct published *at = network->published; at; at = at->next) room += at->count;
  if (room == 0) return 0;
  rows = need_memory(room * sizeof *rows);
  for (const struct published *at = network->published; at; at = at->next)
    for (size_t i = 0; i < at->count; i++)
      if (at->listeners.host_ports[i] >= 0)
        rows[count++] = (struct port_row){&at->ports[i], at->listeners.host_ports[i]};
  int done = ports_record(network->bundle, rows, count, fail);
  free(rows);
  return done;
}

int network_start(const struct bundle *bundle, const struct lease *lease, int netns, struct network **out,
                  struct fail *fail) {
  const struct sampan_network *wanted = bundle->sampan->network;
  *out = NULL;
  if (wanted->mode != NETWORK_SLIRP && wanted->mode != NETWORK_PASTA && wanted->mode != NETWORK_BRIDGE)
    return 0;
  struct network *network = need_memory(sizeof *network);
  *network = (struct network){.bundle = bundle, .netns = netns, .outside = -1};
  struct published *published = publish(network, wanted->ports.at, wanted->ports.count, fail);
  if (!published || open_way(bundle, lease, netns, network, fail) < 0 || record_ports(network, fail) < 0 ||
      forward_start(&published->listeners, network->inside, netns, &network->forwarder, fail) < 0) {
    network_stop(network);
    return -1;
  }
  *out = network;
  return 0;
}

static int no_ports(struct fail *fail) {
  return fail_say(fail, EXIT_HELPER, "publish port", "the container has no network of its own");
}

int network_publish(struct network *network, const struct sampan_port *port, struct strbuf *answer,
                    struct fail *fail) {
  if (!network) return no_ports(fail);
  struct published *published = publish(network, port, 1, fail);
  if (!published) return -1;
  int done = network->forwarder ? forward_publish(network->forwarder, &published->listeners, fail)
                                : forward_start(&published->listeners, network->inside, network->netns,
                                                &network->forwarder, fail);
  if (done < 0) {
    unpublish(network, published);
    return -1;
  }
  struct port_row row = {port, published->listeners.host_ports[0]};
  json_open(answer, NULL, '{');
  port_row_print(&row, "published", answer);
  json_close(answer, '}');
  return record_ports(network, fail);
}

static bool is_wanted(const struct sampan_port *port, int64_t host_port, const struct sampan_port *wanted) {
  return port->container_port == wanted->container_port && strcmp(port->protocol, wanted->protocol) == 0 &&
         (!wanted->host_port || wanted->host_port == host_port) &&
         (!wanted->host_ip || !*wanted->host_ip ||
          strcmp(port->host_ip ? port->host_ip : "", wanted->host_ip) == 0);
}

static void take_down(struct network *network, struct published *published, size_t row) {
  for (size_t i = 0; i < published->listeners.count; i++) {
    struct listener *listener = &published->listeners.at[i];
    if (listener->port != row || listener->fd < 0) continue;
    forward_unpublish(network->forwarder, listener);
    close(listener->fd);
    listener->fd = -1;
  }
  published->listeners.host_ports[row] = -1;
}

int network_unpublish(struct network *network, const struct sampan_port *wanted, struct strbuf *answer,
                      struct fail *fail) {
  if (!network) return no_ports(fail);
  for (struct published *at = network->published; at; at = at->next)
    for (size_t row = 0; row < at->count; row++) {
      struct port_row found = {&at->ports[row], at->listeners.host_ports[row]};
      if (found.host_port < 0 || !is_wanted(found.port, found.host_port, wanted)) continue;
      take_down(network, at, row);
      json_open(answer, NULL, '{');
      port_row_print(&found, "unpublished", answer);
      json_close(answer, '}');
      return record_ports(network, fail);
    }
  return fail_say(fail, EXIT_HELPER, "unpublish port", "the container's port %lld/%s is not published",
                  (long long)wanted->container_port, wanted->protocol);
}

size_t network_ports(const struct network *network, struct sampan_port *out) {
  size_t count = 0;
  for (const struct published *at = network->published; at; at = at->next)
    for (size_t row = 0; row < at->count; row++) {
      if (at->listeners.host_ports[row] < 0) continue;
      if (out) out[count] = at->ports[row];
      count++;
    }
  return count;
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

int network_rename(struct network *network, struct fail *fail) {
  if (!network || !network->bridged)
    return fail_say(fail, EXIT_HELPER, "change names", "the container is on no bridge network");
  return bridged_rename(network->bridged, fail);
}

void network_stop(struct network *network) {
  if (!network) return;
  forward_stop(network->forwarder);
  while (network->published) unpublish(network, network->published);
  outside_stop(network->outside);
  bridged_close(network->bridged);
  for (struct inside *at = network->inside, *before; at; at = before) {
    before = at->before;
    free(at);
  }
  free(network);
}
