/* One monitor's connection: joins and leaves, and the end of both when it closes. Net keeper, second thread.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/json.h"
#include "../common/socket.h"
#include "../spec/shapes.h"
#include "client.h"
#include "world.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

struct connection {
  struct handler handler;
};

struct wish {
  const char *want, *name;
  struct sampan_membership *network;
  texts names, resolvers, command;
  int outside;
  int64_t mtu;
  bool ipv6, no_host_loopback, again;
};

#define AT(member) .offset = offsetof(struct wish, member)
static const struct field wish_fields[] = {
    {"want", TEXT, .needed = 1, AT(want)},
    {"name", TEXT, AT(name)},
    {"network", OBJECT, .of = &membership_shape, AT(network)},
    {"names", TEXTS, AT(names)},
    {"resolvers", TEXTS, AT(resolvers)},
    {"command", TEXTS, AT(command)},
    {"again", FLAG, AT(again)},
    {"outside", WORD, .words = outside_programs, AT(outside)},
    {"mtu", WHOLE, .otherwise = 16384, AT(mtu)},
    {"ipv6", FLAG, AT(ipv6)},
    {"noHostLoopback", FLAG, AT(no_host_loopback)},
    {0},
};
static const struct shape wish_shape = {sizeof(struct wish), wish_fields};

/* A network nobody is on and that stands in the way of a new one was removed, or made anew elsewhere. */
static void clear_the_way(struct world *world, const struct sampan_membership *wanted) {
  for (struct bridge_network *at = world->pool.networks, *next; at; at = next) {
    bool overlaps = strcmp(at->id, wanted->id) == 0 || strcmp(at->bridge, wanted->bridge) == 0;
    next = at->next;
    for (size_t i = 0; i < wanted->subnets.count && !overlaps; i++) {
      struct subnet subnet;
      for (size_t j = 0; j < at->subnet_count && subnet_parse(wanted->subnets.at[i].subnet, &subnet); j++)
        overlaps |= subnets_overlap(&subnet, &at->subnets[j].subnet);
    }
    if (at->members || !overlaps) continue;
    detach_network(world, at);
    pool_remove(&world->pool, at);
  }
}

static bool is_as_wanted(const struct bridge_network *network, const struct sampan_membership *wanted) {
  if (network->internal != wanted->internal || network->dns != wanted->dns ||
      network->subnet_count != wanted->subnets.count)
    return false;
  for (size_t i = 0; i < network->subnet_count; i++) {
    struct subnet subnet;
    if (!subnet_parse(wanted->subnets.at[i].subnet, &subnet) ||
        !ip_same(&subnet.base, &network->subnets[i].subnet.base) ||
        subnet.prefix != network->subnets[i].subnet.prefix)
      return false;
  }
  return true;
}

static struct bridge_network *have_network(struct world *world, const struct sampan_membership *wanted,
                                           struct fail *fail) {
  struct bridge_network *network = pool_find(&world->pool, wanted->id);
  if (network && (network->members || is_as_wanted(network, wanted))) return network;
  clear_the_way(world, wanted);
  network = pool_add(&world->pool, wanted, fail);
  if (!network) return NULL;
  if (attach_network(world, network, fail) == 0) return network;
  pool_remove(&world->pool, network);
  return NULL;
}

static void add_joined(struct strbuf *out, const struct member *member) {
  char text[IP_TEXT];
  json_open(out, NULL, '{');
  json_open(out, "joined", '{');
  json_add_text(out, "name", member->network->name);
  json_add_text(out, "id", member->network->id);
  json_add_text(out, "interface", member->far);
  json_add_text(out, "ip", member->ip.family ? ip_text(&member->ip, text) : NULL);
  json_add_whole(out, "prefix", member->prefix);
  json_add_text(out, "gateway", member->gateway ? ip_text(member->gateway, text) : NULL);
  char mac[18];
  snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", member->mac[0], member->mac[1], member->mac[2],
           member->mac[3], member->mac[4], member->mac[5]);
  json_add_text(out, "mac", mac);
  json_add_text(out, "ip6", member->ip6.family ? ip_text(&member->ip6, text) : NULL);
  json_add_whole(out, "prefix6", member->prefix6);
  json_add_text(out, "gateway6", member->gateway6 ? ip_text(member->gateway6, text) : NULL);
  json_close(out, '}');
  json_close(out, '}');
}

static void take_resolvers(struct member *member, const texts *resolvers) {
  member->resolver_count = 0;
  for (size_t i = 0; i < resolvers->count && member->resolver_count < MOST_RESOLVERS; i++)
    if (ip_parse(resolvers->at[i], &member->resolvers[member->resolver_count])) member->resolver_count++;
}

static int join(struct world *world, struct connection *owner, const struct wish *wish, int netns,
                struct strbuf *out, struct fail *fail) {
  const struct sampan_membership *wanted = wish->network;
  if (!wanted || netns < 0) return fail_say(fail, EXIT_HELPER, "join network", "the request is incomplete");
  struct sampan_network way = {.mode = wish->outside == OUTSIDE_PASTA ? NETWORK_PASTA : NETWORK_SLIRP,
                               .command = wish->command,
                               .mtu = wish->mtu,
                               .ipv6 = wish->ipv6};
  if (!wanted->internal && world->need_outside(world, &way, fail) < 0) return -1;
  struct bridge_network *network = have_network(world, wanted, fail);
  if (!network) return -1;
  struct member *member = pool_join(&world->pool, network, wanted, &wish->names, owner, fail);
  if (!member) return -1;
  member->again = wish->again;
  member->no_host_loopback = wish->no_host_loopback;
  take_resolvers(member, &wish->resolvers);
  if (attach_member(world, member, netns, fail) < 0) {
    forget_member(world, member);
    return -1;
  }
  add_joined(out, member);
  return 0;
}

/* Another network of the container that leads outside. */
static const struct member *find_heir(struct world *world, const struct connection *owner,
                                      const struct member *leaving) {
  for (struct bridge_network *at = world->pool.networks; at; at = at->next) {
    const struct member *other = pool_member_of(at, owner);
    if (other && other != leaving && !at->internal) return other;
  }
  return NULL;
}

static int leave(struct world *world, struct connection *owner, const struct wish *wish, int netns,
                 struct strbuf *out, struct fail *fail) {
  struct bridge_network *network = pool_find_name(&world->pool, owner, wish->name ? wish->name : "");
  if (!network)
    return fail_say(fail, EXIT_HELPER, "leave network", "the container is not on network %s",
                    wish->name ? wish->name : "");
  struct member *member = pool_member_of(network, owner);
  detach_member(world, member, netns, find_heir(world, owner, member));
  forget_member(world, member);
  json_open(out, NULL, '{');
  json_add_text(out, "left", wish->name);
  json_close(out, '}');
  return 0;
}

/* On all its networks. */
static void rename_members(struct world *world, const struct connection *owner, const struct wish *wish,
                           struct strbuf *out) {
  for (struct bridge_network *at = world->pool.networks; at; at = at->next) {
    struct member *member = pool_member_of(at, owner);
    if (!member) continue;
    pool_rename(member, &wish->names);
    take_resolvers(member, &wish->resolvers);
  }
  strbuf_text(out, "{\"named\":true}");
}

static void obey(struct world *world, struct connection *from, const char *request, int netns,
                 struct strbuf *out) {
  struct fail fail = {0};
  struct arena *arena = arena_new();
  struct shape_reader reader = {.file = "request", .arena = arena, .fail = &fail};
  cleanup_json yajl_val value = json_parse(request, "request", &fail);
  const struct wish *wish = value ? shape_read(&reader, &wish_shape, value, "") : NULL;
  int done = wish ? 0 : -1;
  if (wish && strcmp(wish->want, "names") == 0)
    rename_members(world, from, wish, out);
  else if (wish && strcmp(wish->want, "join") == 0)
    done = join(world, from, wish, netns, out, &fail);
  else if (wish && strcmp(wish->want, "leave") == 0)
    done = leave(world, from, wish, netns, out, &fail);
  else if (wish)
    done = fail_say(&fail, EXIT_HELPER, "read request", "the net keeper does not know \"%s\"", wish->want);
  if (done < 0) {
    strbuf_clear(out);
    fail_line(&fail, out);
  }
  arena_free(&arena);
}

/* Its interfaces go with its namespace; where that goes on, shared by another container, they lead nowhere.
 */
static void close_connection(struct world *world, struct connection *connection) {
  for (struct bridge_network *at = world->pool.networks; at; at = at->next) {
    struct member *member = pool_member_of(at, connection);
    if (member) forget_member(world, member);
  }
  close(connection->handler.fd);
  free(connection);
}

static void connection_ready(struct world *world, struct handler *handler, uint32_t events) {
  static char request[REQUEST_MOST + 1];
  struct connection *connection = (struct connection *)handler;
  int fds[1];
  (void)events;
  ssize_t length = recv_fds(handler->fd, request, REQUEST_MOST, fds, 1);
  cleanup_fd int netns = fds[0];
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) {
    close_connection(world, connection);
    return;
  }
  request[length] = 0;
  cleanup_strbuf struct strbuf answer = {0};
  obey(world, connection, request, netns, &answer);
  if (send_fds(handler->fd, answer.at, answer.length, NULL, 0) < 0) close_connection(world, connection);
}

void serve_connection(struct world *world, int fd) {
  struct connection *connection = need_memory(sizeof *connection);
  *connection = (struct connection){.handler = {.fd = fd, .ready = connection_ready}};
  if (world_watch(world, &connection->handler, EPOLLIN) == 0) return;
  close(fd);
  free(connection);
}
