/* See live.h. In the monitor's loop: everything here takes a few milliseconds and has a deadline. */
#include "live.h"

#include "../net/net.h"
#include "../spec/shapes.h"
#include "monitor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { REPAIRS = 5, PAUSE = 100000000 /* ns */ };

struct names {
  texts names, resolvers;
};

struct wish {
  struct sampan_membership *join;
  const char *leave;
  struct sampan_port *publish, *unpublish;
  struct names *names;
};

static const struct field names_fields[] = {
    {"names", TEXTS, .offset = offsetof(struct names, names)},
    {"resolvers", TEXTS, .offset = offsetof(struct names, resolvers)},
    {0},
};
static const struct shape names_shape = {sizeof(struct names), names_fields};

#define AT(member) .offset = offsetof(struct wish, member)
static const struct field wish_fields[] = {
    {"join", OBJECT, .of = &membership_shape, AT(join)},
    {"leave", TEXT, AT(leave)},
    {"publish", OBJECT, .of = &port_shape, AT(publish)},
    {"unpublish", OBJECT, .of = &port_shape, AT(unpublish)},
    {"names", OBJECT, .of = &names_shape, AT(names)},
    {0},
};
static const struct shape wish_shape = {sizeof(struct wish), wish_fields};

/* A restart by policy joins what was joined last. */
static void remember_join(struct bundle *bundle, const struct sampan_membership *joined) {
  struct sampan_network *network = bundle->sampan->network;
  struct sampan_membership *all = arena_take(bundle->arena, (network->networks.count + 1) * sizeof *all);

  if (network->networks.count) memcpy(all, network->networks.at, network->networks.count * sizeof *all);
  all[network->networks.count++] = *joined;
  network->networks.at = all;
}

/* The bundle's array is not moved: the network still looks at its elements. */
static void forget_join(struct bundle *bundle, const char *name) {
  struct sampan_network *network = bundle->sampan->network;
  struct sampan_membership *left = arena_take(bundle->arena, (network->networks.count + 1) * sizeof *left);
  size_t count = 0;

  for (size_t i = 0; i < network->networks.count; i++) {
    const struct sampan_membership *at = &network->networks.at[i];
    if (strcmp(at->name, name) != 0 && strcmp(at->id, name) != 0) left[count++] = *at;
  }
  network->networks.at = left;
  network->networks.count = count;
}

/* A restart by policy publishes what is published now. */
static void remember_ports(struct monitor *monitor) {
  struct sampan_network *network = monitor->bundle.sampan->network;
  size_t count = network_ports(monitor->network, NULL);
  struct sampan_port *all = arena_take(monitor->bundle.arena, (count + 1) * sizeof *all);

  network_ports(monitor->network, all);
  network->ports.at = all;
  network->ports.count = count;
}

/* A restart by policy and a repair tell these. */
static int rename_container(struct monitor *monitor, const struct names *names, struct strbuf *answer,
                            struct fail *fail) {
  struct sampan_network *network = monitor->bundle.sampan->network;

  network->names = names->names;
  network->resolvers = names->resolvers;
  if (network_rename(monitor->network, fail) < 0) return -1;
  strbuf_text(answer, "{\"named\":true}");
  return 0;
}

static int change(struct monitor *monitor, const struct wish *wish, struct strbuf *answer,
                  struct fail *fail) {
  struct network *network = monitor->network;

  if (!monitor->running) return fail_say(fail, EXIT_HELPER, "change network", "the container is not running");
  if (wish->publish != NULL || wish->unpublish != NULL) {
    int done = wish->publish != NULL ? network_publish(network, wish->publish, answer, fail)
                                     : network_unpublish(network, wish->unpublish, answer, fail);
    if (done == 0) remember_ports(monitor);
    return done;
  }
  if (wish->join != NULL) {
    if (network_join(network, wish->join, answer, fail) < 0) return -1;
    remember_join(&monitor->bundle, wish->join);
    return 0;
  }
  if (wish->leave != NULL) {
    if (network_leave(network, wish->leave, answer, fail) < 0) return -1;
    forget_join(&monitor->bundle, wish->leave);
    return 0;
  }
  if (wish->names != NULL) return rename_container(monitor, wish->names, answer, fail);
  return fail_say(fail, EXIT_HELPER, "change network", "the request asks for nothing");
}

void live_change(struct monitor *monitor, const char *request, struct strbuf *answer) {
  struct fail fail = {0};
  cleanup_json yajl_val value = json_parse(request, "request", &fail);
  struct shape_reader reader = {.file = "request", .arena = monitor->bundle.arena, .fail = &fail};
  const struct wish *wish = value == NULL ? NULL : shape_read(&reader, &wish_shape, value, "");

  if (wish != NULL && change(monitor, wish, answer, &fail) == 0) return;
  strbuf_clear(answer);
  fail_line(&fail, answer);
}

static bool has_closed(int fd) {
  char byte;
  return fd < 0 || recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* The keeper was killed: there is a next one soon, and all monitors want the same of it. */
static void keeper_gone(struct monitor *monitor, struct source *source, uint32_t events) {
  struct fail ignored = {0};
  (void)events;

  source_watch(monitor, source, 0);
  source->fd = -1;
  if (keeper_lease_again(monitor->runtime, &monitor->lease, monitor->bundle.sampan->storage->merged,
                         &ignored) < 0)
    return; /* the container runs on without */
  source_init(source, monitor->lease.connection, keeper_gone);
  source_watch(monitor, source, EPOLLIN);
}

static void bridges_gone(struct monitor *monitor, struct source *source, uint32_t events) {
  struct fail ignored = {0};

  source_watch(monitor, source, 0);
  source->fd = -1;
  if (has_closed(monitor->lease.connection)) keeper_gone(monitor, &monitor->keeper, events);
  for (int tries = 0; tries < REPAIRS; tries++) {
    if (network_repair(monitor->network, &monitor->lease, &ignored) == 0) break;
    nanosleep(&(struct timespec){.tv_nsec = PAUSE}, NULL);
  }
  source_init(source, network_connection(monitor->network), bridges_gone);
  source_watch(monitor, source, EPOLLIN);
}

void live_watch(struct monitor *monitor) {
  source_init(&monitor->bridges, network_connection(monitor->network), bridges_gone);
  source_watch(monitor, &monitor->bridges, EPOLLIN);
  if (monitor->keeper.fd >= 0) return;
  source_init(&monitor->keeper, monitor->lease.connection, keeper_gone);
  source_watch(monitor, &monitor->keeper, EPOLLIN);
}

void live_unwatch(struct monitor *monitor) {
  source_watch(monitor, &monitor->bridges, 0);
  monitor->bridges.fd = -1;
}
