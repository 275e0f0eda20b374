/*
 * To the container's own address and not to its 127.0.0.1: many programs trust whoever comes from there
 * (databases let them in without a password), and a service that listens on 127.0.0.1 alone does not want to
 * be reached from outside.
 *
 * On a bridge the program sees the client's own address: the socket is bound to it, which IP_TRANSPARENT
 * allows. The answer is addressed to a stranger and would leave by the default route; a rule by protocol and
 * source port sends it to table 100, where every address is a local one. Three priorities:
 *   10  to the gateway, from a published port → table 100: clients we show as the gateway
 *   20  all routes but the default one: neighbours talk to the port directly
 *   30  from a published port → table 100
 */
#include "inner.h"
#include "../bridge/links.h"
#include "../bridge/netlink.h"
#include "../common/cleanup.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

enum { TO_GATEWAY = 10, NEAR = 20, BACK = 30 };

#ifndef IPV6_TRANSPARENT
#define IPV6_TRANSPARENT 75
#endif

static int make_socket(int family, int type) {
  int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
  if (fd < 0 || type != SOCK_STREAM) return fd;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  return fd;
}

int inner_socket(int type) {
  return make_socket(AF_INET, type);
}

static union address address_of(const struct ip *ip, uint16_t port) {
  union address out = {0};
  if (ip->family == AF_INET6) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(port);
    memcpy(&out.v6.sin6_addr, ip->bytes, sizeof out.v6.sin6_addr);
  } else {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(port);
    memcpy(&out.v4.sin_addr, ip->bytes, sizeof out.v4.sin_addr);
  }
  return out;
}

static struct ip ip_of(const union address *address) {
  struct ip ip = {.family = address->any.sa_family};
  if (ip.family == AF_INET6)
    memcpy(ip.bytes, &address->v6.sin6_addr, 16);
  else
    memcpy(ip.bytes, &address->v4.sin_addr, 4);
  return ip;
}

/* Addresses the kernel takes from nobody else, and those whose answers would not come our way. */
static bool can_be_shown(const struct inside *inside, const struct ip *ip) {
  if (ip->family == AF_INET && (ip->bytes[0] == 127 || ip->bytes[0] == 0)) return false;
  if (ip->family == AF_INET6) {
    const struct in6_addr *v6 = (const struct in6_addr *)ip->bytes;
    if (IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_UNSPECIFIED(v6) || IN6_IS_ADDR_LINKLOCAL(v6)) return false;
  }
  for (size_t i = 0; i < inside->near_count; i++)
    if (subnet_has(&inside->near[i], ip)) return false;
  return true;
}

/*
 * Bound to the client's address and port; to another port where that one is taken. Of two sockets for
 * datagrams that share both, one would get all answers: clients whom we show as the gateway, or one that asks
 * by two published ports.
 */
static int show_source(int fd, int family, int type, const struct ip *source, uint16_t port) {
  int on = 1, shared = type == SOCK_STREAM;
  int set = family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof on)
                               : setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on);
  if (set < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &shared, sizeof shared) < 0) return -1;
  union address from = address_of(source, port);
  if (bind(fd, &from.any, address_length(&from)) == 0) return 0;
  if (errno != EADDRINUSE) return -1;
  from = address_of(source, 0);
  return bind(fd, &from.any, address_length(&from));
}

bool inner_has_other(const struct inside *inside) {
  return inside->own[0].family && inside->own[1].family;
}

int inner_connect(const struct inside *inside, int *fd, int type, uint16_t port, const union address *client,
                  bool other) {
  struct ip source = ip_of(client);
  int six = source.family == AF_INET6;
  if (other) six = !six;
  if (!inside->keep_source || !inside->own[six].family) six = inside->own[0].family ? 0 : 1;
  const struct ip *to = &inside->own[six];
  if (!to->family) {
    errno = ENETUNREACH;
    return -1;
  }
  if (six) {
    close(*fd);
    *fd = make_socket(AF_INET6, type);
    if (*fd < 0) return -1;
  }
  if (inside->keep_source) {
    if (source.family != to->family || !can_be_shown(inside, &source)) source = inside->gateway[six];
    if (source.family && show_source(*fd, to->family, type, &source, ntohs(client->v4.sin_port)) < 0)
      return -1;
  }
  union address there = address_of(to, port);
  if (connect(*fd, &there.any, address_length(&there)) == 0 || errno == EINPROGRESS) return 0;
  if (errno != EADDRNOTAVAIL || !inside->keep_source) return -1;
  /* The same four numbers are still in use by a connection that has just ended. */
  close(*fd);
  *fd = make_socket(to->family, type);
  if (*fd < 0 || show_source(*fd, to->family, type, &source, 0) < 0) return -1;
  return connect(*fd, &there.any, address_length(&there)) == 0 || errno == EINPROGRESS ? 0 : -1;
}

static int unless_there(int result) {
  return result < 0 && errno != EEXIST ? -1 : 0;
}

int inner_prepare(const struct inside *inside) {
  if (!inside->keep_source) return 0;
  cleanup_fd int route = netlink_open(NETLINK_ROUTE);
  if (route < 0) return -1;
  /* The container's first process does so too, at this very moment: IPv6 takes no route while it is down. */
  if (link_raise(route, "lo") < 0) return -1;
  link_allow_large(route, "lo");
  for (int six = 0; six < 2; six++) {
    const struct ip *own = &inside->own[six];
    if (!own->family) continue;
    if (route_add_back(route, own->family, own) < 0 ||
        unless_there(rule_add_near(route, own->family, NEAR)) < 0)
      return -1;
  }
  return 0;
}

static int protocol_of(int type) {
  return type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
}

int inner_add_port(const struct inside *inside, int type, uint16_t port) {
  if (!inside->keep_source) return 0;
  cleanup_fd int route = netlink_open(NETLINK_ROUTE);
  if (route < 0) return -1;
  for (int six = 0; six < 2; six++) {
    int family = inside->own[six].family;
    if (!family) continue;
    const struct ip *gateway = inside->gateway[six].family ? &inside->gateway[six] : NULL;
    if (gateway &&
        unless_there(rule_add_back(route, family, protocol_of(type), port, gateway, TO_GATEWAY)) < 0)
      return -1;
    if (unless_there(rule_add_back(route, family, protocol_of(type), port, NULL, BACK)) < 0) return -1;
  }
  return 0;
}

void inner_remove_port(const struct inside *inside, int type, uint16_t port) {
  if (!inside->keep_source) return;
  cleanup_fd int route = netlink_open(NETLINK_ROUTE);
  for (int six = 0; route >= 0 && six < 2; six++) {
    int family = inside->own[six].family;
    if (!family) continue;
    rule_delete_back(route, family, protocol_of(type), port, &inside->gateway[six], TO_GATEWAY);
    rule_delete_back(route, family, protocol_of(type), port, NULL, BACK);
  }
}
