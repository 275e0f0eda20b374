/*
 * Bridges and veths. Runs in the net keeper's second thread, which enters a container's network namespace for
 * some tens of microseconds and comes back.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../net/outside.h"
#include "announce.h"
#include "links.h"
#include "netlink.h"
#include "world.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { MOST_INTERFACES = 256 };

/* 0 or 1 for one interface. Nothing is forwarded that came in by an internal network. */
static void set_forwarding(const char *link, const char *value) {
  char path[128];
  snprintf(path, sizeof path, "/proc/sys/net/ipv4/conf/%s/forwarding", link);
  write_existing(AT_FDCWD, path, value);
  snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/forwarding", link);
  write_existing(AT_FDCWD, path, value);
}

/* By the gateway's address, so it is the same after a repair: the containers go on sending there. */
static void choose_mac(const struct bridge_network *network, uint8_t mac[6]) {
  const struct ip *gateway = &network->subnets[0].gateway;
  mac[0] = 0x02;
  mac[1] = 0x42;
  memcpy(mac + 2, gateway->bytes + (gateway->family == AF_INET6 ? 12 : 0), 4);
}

static int make_bridge(struct world *world, struct bridge_network *network, struct fail *fail) {
  uint8_t mac[6];
  choose_mac(network, mac);
  if (link_make_bridge(world->route, network->bridge, network->mtu, mac) < 0)
    return fail_errno(fail, "make bridge", "%s", network->bridge);
  for (size_t i = 0; i < network->subnet_count; i++) {
    const struct pool_subnet *subnet = &network->subnets[i];
    char text[IP_TEXT];
    if (address_add(world->route, network->bridge, &subnet->gateway, subnet->subnet.prefix) < 0)
      return fail_errno(fail, "set address", "%s on %s", ip_text(&subnet->gateway, text), network->bridge);
  }
  if (link_raise(world->route, network->bridge) < 0)
    return fail_errno(fail, "raise bridge", "%s", network->bridge);
  set_forwarding(network->bridge, network->internal ? "0" : "1");
  return network->dns ? resolve_listen(world, network, fail) : 0;
}

int attach_network(struct world *world, struct bridge_network *network, struct fail *fail) {
  if (make_bridge(world, network, fail) == 0) return 0;
  detach_network(world, network);
  return -1;
}

void detach_network(struct world *world, struct bridge_network *network) {
  resolve_unlisten(world, network);
  link_delete(world->route, network->bridge);
}

static int enter(int netns, int *route, struct fail *fail) {
  if (setns(netns, CLONE_NEWNET) < 0) return fail_errno(fail, "enter network namespace", "%s", "");
  *route = netlink_open(NETLINK_ROUTE);
  return *route < 0 ? fail_errno(fail, "open", "netlink socket") : 0;
}

/* The name of the container's end: what was asked for, or the next ethN that is free there. */
static int name_far_end(struct member *member, int netns, int own, struct fail *fail) {
  if (member->own_far && !member->again) return 0;
  if (setns(netns, CLONE_NEWNET) < 0) return fail_errno(fail, "enter network namespace", "%s", "");
  if (member->again) {
    cleanup_fd int route = netlink_open(NETLINK_ROUTE);
    link_delete(route, member->far);
  }
  for (unsigned i = 0; i < MOST_INTERFACES && !member->own_far; i++) {
    snprintf(member->far, sizeof member->far, "eth%u", i);
    if (!link_index(member->far)) break;
  }
  if (setns(own, CLONE_NEWNET) < 0) _exit(EXIT_HELPER); /* in the wrong place we would do harm */
  return 0;
}

static int add_default(int route, const struct member *member, struct fail *fail) {
  if (member->network->internal || member->network->no_default_route) return 0;
  const struct ip *const gateways[] = {member->gateway, member->gateway6};
  for (int i = 0; i < 2; i++)
    if (gateways[i] && route_add(route, member->far, NULL, gateways[i], member->network->metric) < 0 &&
        errno != EEXIST)
      return fail_errno(fail, "add default route", "%s", member->far);
  return 0;
}

static int add_routes(int route, const struct member *member, struct fail *fail) {
  for (size_t i = 0; i < member->network->route_count; i++) {
    const struct pool_route *at = &member->network->routes[i];
    char text[IP_TEXT];
    if (route_add(route, member->far, &at->to, &at->gateway, at->metric) < 0 && errno != EEXIST)
      return fail_errno(fail, "add route", "to %s/%u on %s", ip_text(&at->to.base, text), at->to.prefix,
                        member->far);
  }
  return 0;
}

/* Inside. */
static int configure(const struct member *member, int route, struct fail *fail) {
  const struct ip *const addresses[] = {&member->ip, &member->ip6};
  const unsigned prefixes[] = {member->prefix, member->prefix6};
  for (int i = 0; i < 2; i++) {
    char text[IP_TEXT];
    if (!addresses[i]->family) continue;
    if (address_add(route, member->far, addresses[i], prefixes[i]) < 0)
      return fail_errno(fail, "set address", "%s on %s", ip_text(addresses[i], text), member->far);
  }
  if (link_raise(route, member->far) < 0) return fail_errno(fail, "raise interface", "%s", member->far);
  if (add_routes(route, member, fail) < 0) return -1;
  return add_default(route, member, fail);
}

/* The way out leads to the host's loopback, too; for this member it does not. */
static int wall_off(struct world *world, const struct member *member, bool add) {
  const struct ip *const own[] = {&member->ip, &member->ip6};
  static const char *const loopbacks[] = {LOOPBACK_SUBNET, LOOPBACK_SUBNET6};
  for (int six = 0; six < 2 && member->no_host_loopback; six++) {
    struct subnet loopback;
    subnet_parse(loopbacks[six], &loopback);
    if (own[six]->family && rule_prohibit(world->route, own[six], &loopback, add) < 0 && add &&
        errno != EEXIST)
      return -1;
  }
  return 0;
}

int attach_member(struct world *world, struct member *member, int netns, struct fail *fail) {
  cleanup_fd int route = -1;
  if (name_far_end(member, netns, world->netns, fail) < 0) return -1;
  struct veth veth = {
      .near = member->near, .bridge = member->network->bridge, .far = member->far, .netns = netns};
  veth.mtu = member->network->mtu;
  memcpy(veth.mac, member->mac, sizeof veth.mac);
  if (link_make_veth(world->route, &veth) < 0)
    return fail_errno(fail, "make interface", "%s on %s", member->far, member->network->bridge);
  if (member->network->isolated && link_isolate_port(world->route, member->near) < 0) {
    fail_errno(fail, "isolate interface", "%s on %s", member->far, member->network->bridge);
    link_delete(world->route, member->near);
    return -1;
  }
  link_allow_large(world->route, member->near);
  int done = enter(netns, &route, fail);
  if (done == 0) link_allow_large(route, member->far);
  if (done == 0) done = configure(member, route, fail);
  if (setns(world->netns, CLONE_NEWNET) < 0) _exit(EXIT_HELPER);
  if (done == 0 && wall_off(world, member, true) < 0)
    done = fail_errno(fail, "shut the host's loopback", "%s", member->far);
  if (done < 0)
    link_delete(world->route, member->near);
  else
    announce_member(member);
  return done;
}

void forget_member(struct world *world, struct member *member) {
  /* The kernel takes the namespace down when it has time. Until then it would answer for an address that is
   * free again. */
  link_shut_port(world->route, member->near);
  wall_off(world, member, false);
  pool_leave(member);
}

void detach_member(struct world *world, struct member *member, int netns, const struct member *heir) {
  cleanup_fd int route = -1;
  struct fail ignored;
  link_delete(world->route, member->near);
  if (!heir || netns < 0) return;
  if (enter(netns, &route, &ignored) == 0) add_default(route, heir, &ignored);
  if (setns(world->netns, CLONE_NEWNET) < 0) _exit(EXIT_HELPER);
}
