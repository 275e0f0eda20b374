/* See pool.h. */
#include "pool.h"
#include "../common/fail.h"
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { MOST_TRIES = 1 << 20 };

static char *copy(const char *text) {
  return format_text("%s", text);
}

struct bridge_network *pool_find(struct pool *pool, const char *id) {
  for (struct bridge_network *at = pool->networks; at; at = at->next)
    if (strcmp(at->id, id) == 0) return at;
  return NULL;
}

struct bridge_network *pool_find_name(struct pool *pool, const void *owner, const char *name) {
  for (struct bridge_network *at = pool->networks; at; at = at->next)
    if ((strcmp(at->name, name) == 0 || strcmp(at->id, name) == 0) && pool_member_of(at, owner)) return at;
  return NULL;
}

static int bad(struct fail *fail, const char *network, const char *what, const char *text) {
  return fail_say(fail, EXIT_HELPER, "join network", "network %s: %s is not %s", network, text, what);
}

static int read_subnet(const struct sampan_subnet *wanted, const char *name, struct pool_subnet *out,
                       struct fail *fail) {
  *out = (struct pool_subnet){0};
  if (!subnet_parse(wanted->subnet, &out->subnet)) return bad(fail, name, "a subnet", wanted->subnet);
  if (!ip_parse(wanted->gateway, &out->gateway) || !subnet_has(&out->subnet, &out->gateway))
    return bad(fail, name, "an address of its subnet", wanted->gateway);
  out->range = out->subnet;
  if (wanted->range && (!subnet_parse(wanted->range, &out->range) || out->range.prefix < out->subnet.prefix ||
                        !subnet_has(&out->subnet, &out->range.base)))
    return bad(fail, name, "a part of its subnet", wanted->range);
  out->last = out->range.base;
  return 0;
}

static int read_routes(const struct sampan_membership *wanted, struct bridge_network *out,
                       struct fail *fail) {
  out->routes = need_memory((wanted->routes.count + 1) * sizeof *out->routes);
  for (size_t i = 0; i < wanted->routes.count; i++) {
    const struct sampan_route *route = &wanted->routes.at[i];
    struct pool_route *made = &out->routes[out->route_count++];
    made->metric = (unsigned)route->metric;
    if (!subnet_parse(route->to, &made->to)) return bad(fail, wanted->name, "a subnet", route->to);
    if (!ip_parse(route->gateway, &made->gateway) || made->gateway.family != made->to.base.family)
      return bad(fail, wanted->name, "the gateway of a route", route->gateway);
  }
  return 0;
}

struct bridge_network *pool_add(struct pool *pool, const struct sampan_membership *wanted,
                                struct fail *fail) {
  struct bridge_network made = {
      .internal = wanted->internal, .dns = wanted->dns, .mtu = (unsigned)wanted->mtu};
  made.isolated = wanted->isolated;
  made.no_default_route = wanted->no_default_route;
  made.metric = (unsigned)wanted->metric;
  if (strlen(wanted->bridge) >= sizeof made.bridge || !*wanted->bridge) {
    bad(fail, wanted->name, "a name for an interface", wanted->bridge);
    return NULL;
  }
  snprintf(made.bridge, sizeof made.bridge, "%s", wanted->bridge);
  for (; made.subnet_count < wanted->subnets.count && made.subnet_count < MOST_SUBNETS; made.subnet_count++)
    if (read_subnet(&wanted->subnets.at[made.subnet_count], wanted->name, &made.subnets[made.subnet_count],
                    fail) < 0)
      return NULL;
  for (struct bridge_network *at = pool->networks; at; at = at->next)
    for (size_t i = 0; i < at->subnet_count; i++)
      for (size_t j = 0; j < made.subnet_count; j++)
        if (subnets_overlap(&at->subnets[i].subnet, &made.subnets[j].subnet)) {
          fail_say(fail, EXIT_HELPER, "join network", "the subnet of network %s overlaps with that of %s",
                   wanted->name, at->name);
          return NULL;
        }
  if (read_routes(wanted, &made, fail) < 0) {
    free(made.routes);
    return NULL;
  }
  struct bridge_network *network = need_memory(sizeof *network);
  *network = made;
  network->id = copy(wanted->id);
  network->name = copy(wanted->name);
  network->next = pool->networks;
  pool->networks = network;
  return network;
}

void pool_remove(struct pool *pool, struct bridge_network *network) {
  struct bridge_network **at = &pool->networks;
  while (*at != network) at = &(*at)->next;
  *at = network->next;
  while (network->members) pool_leave(network->members);
  free(network->routes);
  free(network->id);
  free(network->name);
  free(network);
}

static struct member *member_at(const struct bridge_network *network, const struct ip *ip) {
  for (struct member *at = network->members; at; at = at->next)
    if (ip_same(&at->ip, ip) || ip_same(&at->ip6, ip)) return at;
  return NULL;
}

struct member *pool_member_at(const struct pool *pool, const struct ip *ip) {
  for (const struct bridge_network *network = pool->networks; network; network = network->next) {
    struct member *found = member_at(network, ip);
    if (found) return found;
  }
  return NULL;
}

struct member *pool_member_of(const struct bridge_network *network, const void *owner) {
  for (struct member *at = network->members; at; at = at->next)
    if (at->owner == owner) return at;
  return NULL;
}

static bool reserved(const struct sampan_membership *wanted, const struct ip *ip) {
  for (size_t i = 0; i < wanted->subnets.count; i++)
    for (size_t j = 0; j < wanted->subnets.at[i].reserved.count; j++) {
      struct ip kept;
      if (ip_parse(wanted->subnets.at[i].reserved.at[j], &kept) && ip_same(&kept, ip)) return true;
    }
  return false;
}

/* Neither the network's own address nor, with IPv4, its broadcast one, nor the gateway, nor anybody's. */
static bool usable(const struct bridge_network *network, const struct pool_subnet *subnet,
                   const struct ip *ip) {
  struct ip first = subnet_edge(&subnet->subnet, false), last = subnet_edge(&subnet->subnet, true);
  if (ip_same(ip, &subnet->gateway) || member_at(network, ip)) return false;
  if (ip->family == AF_INET && subnet->subnet.prefix >= 31) return true;
  return !ip_same(ip, &first) && (ip->family == AF_INET6 || !ip_same(ip, &last));
}

static bool choose(const struct bridge_network *network, const struct sampan_membership *wanted,
                   struct pool_subnet *subnet, struct ip *out) {
  struct ip end = subnet_edge(&subnet->range, true), at = subnet->last;
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    at = ip_same(&at, &end) ? subnet_edge(&subnet->range, false) : ip_next(&at);
    if (usable(network, subnet, &at) && !reserved(wanted, &at)) {
      *out = subnet->last = at;
      return true;
    }
    if (ip_same(&at, &subnet->last)) break;
  }
  return false;
}

static int take_asked(const struct bridge_network *network, const char *text, struct ip *out,
                      const struct pool_subnet **where, struct fail *fail) {
  if (!ip_parse(text, out)) return bad(fail, network->name, "an address", text);
  for (size_t i = 0; i < network->subnet_count; i++) {
    if (!subnet_has(&network->subnets[i].subnet, out)) continue;
    *where = &network->subnets[i];
    if (usable(network, *where, out)) return 0;
    return fail_say(fail, EXIT_HELPER, "join network", "the address %s on network %s is already in use", text,
                    network->name);
  }
  fail_say(fail, EXIT_HELPER, "join network", "the address %s is in no subnet of network %s", text,
           network->name);
  return -1;
}

static int take_addresses(struct bridge_network *network, const struct sampan_membership *wanted,
                          struct member *member, struct fail *fail) {
  const char *const asked[] = {wanted->ip, wanted->ip6};
  for (int six = 0; six < 2; six++) {
    int family = six ? AF_INET6 : AF_INET;
    const struct pool_subnet *where = NULL;
    struct ip ip = {0};
    if (asked[six]) {
      if (take_asked(network, asked[six], &ip, &where, fail) < 0) return -1;
    } else {
      bool has = false;
      for (size_t i = 0; i < network->subnet_count && !where; i++) {
        if (network->subnets[i].subnet.base.family != family) continue;
        has = true;
        if (choose(network, wanted, &network->subnets[i], &ip)) where = &network->subnets[i];
      }
      if (has && !where)
        return fail_say(fail, EXIT_HELPER, "join network", "network %s has no free address left",
                        network->name);
    }
    if (!where) continue;
    *(ip.family == AF_INET6 ? &member->ip6 : &member->ip) = ip;
    *(ip.family == AF_INET6 ? &member->prefix6 : &member->prefix) = where->subnet.prefix;
    *(ip.family == AF_INET6 ? &member->gateway6 : &member->gateway) = &where->gateway;
  }
  return 0;
}

/* 02:42 and the IPv4 address, as docker has it; else random and local. */
static int take_mac(const struct sampan_membership *wanted, struct member *member, struct fail *fail) {
  uint8_t *mac = member->mac;
  if (wanted->mac) {
    char rest;
    if (sscanf(wanted->mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%c", &mac[0], &mac[1], &mac[2], &mac[3], &mac[4],
               &mac[5], &rest) == 6)
      return 0;
    return bad(fail, wanted->name, "a MAC address", wanted->mac);
  }
  if (!member->ip.family && getrandom(mac, 6, 0) != 6) return fail_errno(fail, "join network", "getrandom");
  if (member->ip.family) memcpy(mac + 2, member->ip.bytes, 4);
  mac[0] = 0x02;
  mac[1] = 0x42;
  return 0;
}

static void take_names(struct member *member, const texts *names, const texts *aliases) {
  char **at = member->names = need_memory((names->count + aliases->count + 1) * sizeof *member->names);
  for (size_t i = 0; i < names->count; i++) *at++ = copy(names->at[i]);
  for (size_t i = 0; i < aliases->count; i++) *at++ = copy(aliases->at[i]);
  *at = NULL;
  member->own_names = names->count;
}

static void drop_names(char **names) {
  for (char **name = names; *name; name++) free(*name);
  free(names);
}

void pool_rename(struct member *member, const texts *names) {
  char **before = member->names;
  texts aliases = {.at = (const char **)before + member->own_names};
  while (aliases.at[aliases.count]) aliases.count++;
  take_names(member, names, &aliases);
  drop_names(before);
}

struct member *pool_join(struct pool *pool, struct bridge_network *network,
                         const struct sampan_membership *wanted, const texts *names, const void *owner,
                         struct fail *fail) {
  struct member *member = need_memory(sizeof *member);
  *member = (struct member){.owner = owner, .network = network};
  if (pool_member_of(network, owner)) {
    fail_say(fail, EXIT_HELPER, "join network", "the container is on network %s already", wanted->name);
    goto failed;
  }
  if (wanted->interface && (!*wanted->interface || strlen(wanted->interface) >= sizeof member->far)) {
    bad(fail, wanted->name, "a name for an interface", wanted->interface);
    goto failed;
  }
  if (take_addresses(network, wanted, member, fail) < 0 || take_mac(wanted, member, fail) < 0) goto failed;
  if (wanted->interface) snprintf(member->far, sizeof member->far, "%s", wanted->interface);
  member->own_far = wanted->interface != NULL;
  snprintf(member->near, sizeof member->near, "sv%u", ++pool->made);
  take_names(member, names, &wanted->aliases);
  member->next = network->members;
  network->members = member;
  return member;
failed:
  free(member);
  return NULL;
}

void pool_leave(struct member *member) {
  struct member **at = &member->network->members;
  while (*at != member) at = &(*at)->next;
  *at = member->next;
  drop_names(member->names);
  free(member);
}

bool member_is_called(const struct member *member, const char *name) {
  for (char *const *at = member->names; *at; at++)
    if (strcasecmp(*at, name) == 0) return true;
  return false;
}
