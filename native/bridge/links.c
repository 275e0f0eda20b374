/* See links.h. Runs in the net keeper and, for rules, in the forwarding thread. */
#include "links.h"
#include "netlink.h"
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

enum {
  PROHIBITED = 5 /* priority */,
  PORT_DISABLED = 0 /* BR_STATE_DISABLED, whose header is not for user space with musl */
};
enum { MAKE = NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL };

unsigned link_index(const char *name) {
  return if_nametoindex(name);
}

int link_make_bridge(int route, const char *name, unsigned mtu, const uint8_t mac[6]) {
  struct request request = {0};
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC};
  request_begin(&request, RTM_NEWLINK, MAKE, &info, sizeof info);
  request_text(&request, IFLA_IFNAME, name);
  request_number(&request, IFLA_MTU, mtu);
  request_add(&request, IFLA_ADDRESS, mac, 6);
  size_t kind = request_open(&request, IFLA_LINKINFO);
  request_text(&request, IFLA_INFO_KIND, "bridge");
  request_close(&request, kind);
  return netlink_send(route, &request, 1);
}

int link_make_veth(int route, const struct veth *veth) {
  struct request request = {0};
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  struct ifinfomsg far = {.ifi_family = AF_UNSPEC};
  request_begin(&request, RTM_NEWLINK, MAKE, &info, sizeof info);
  request_text(&request, IFLA_IFNAME, veth->near);
  request_number(&request, IFLA_MTU, veth->mtu);
  request_number(&request, IFLA_MASTER, link_index(veth->bridge));
  size_t kind = request_open(&request, IFLA_LINKINFO);
  request_text(&request, IFLA_INFO_KIND, "veth");
  size_t data = request_open(&request, IFLA_INFO_DATA);
  size_t peer = request_open(&request, VETH_INFO_PEER);
  /* The peer's attributes follow its own header. */
  memcpy(request.bytes + request.length, &far, sizeof far);
  request.length += sizeof far;
  request_text(&request, IFLA_IFNAME, veth->far);
  request_number(&request, IFLA_MTU, veth->mtu);
  request_add(&request, IFLA_ADDRESS, veth->mac, sizeof veth->mac);
  request_number(&request, IFLA_NET_NS_FD, (uint32_t)veth->netns);
  request_close(&request, peer);
  request_close(&request, data);
  request_close(&request, kind);
  return netlink_send(route, &request, 1);
}

int link_raise(int route, const char *name) {
  struct request request = {0};
  struct ifinfomsg info = {
      .ifi_family = AF_UNSPEC, .ifi_index = (int)link_index(name), .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  request_begin(&request, RTM_NEWLINK, NLM_F_ACK, &info, sizeof info);
  return netlink_send(route, &request, 1);
}

/* `forget`: what the bridge has learned by the port goes, too. */
static int set_port(int route, const char *name, int type, uint8_t value, bool forget) {
  struct request request = {0};
  struct ifinfomsg info = {.ifi_family = AF_BRIDGE, .ifi_index = (int)link_index(name)};
  request_begin(&request, RTM_SETLINK, NLM_F_ACK, &info, sizeof info);
  size_t port = request_open(&request, IFLA_PROTINFO);
  request_add(&request, type, &value, sizeof value);
  if (forget) request_add(&request, IFLA_BRPORT_FLUSH, NULL, 0);
  request_close(&request, port);
  return netlink_send(route, &request, 1);
}

int link_isolate_port(int route, const char *name) {
  return set_port(route, name, IFLA_BRPORT_ISOLATED, 1, false);
}

int link_shut_port(int route, const char *name) {
  return link_index(name) ? set_port(route, name, IFLA_BRPORT_STATE, PORT_DISABLED, true) : 0;
}

static void set_number(int route, const char *name, int type, uint32_t number) {
  struct request request = {0};
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)link_index(name)};
  request_begin(&request, RTM_SETLINK, NLM_F_ACK, &info, sizeof info);
  request_number(&request, type, number);
  netlink_send(route, &request, 1);
}

void link_allow_large(int route, const char *name) {
  enum { LARGEST = 8 * 65535, GSO_IPV4 = 63 /* IFLA_GSO_IPV4_MAX_SIZE, newer than some headers */ };
  set_number(route, name, IFLA_GSO_MAX_SIZE, LARGEST);
  set_number(route, name, GSO_IPV4, LARGEST);
}

int link_delete(int route, const char *name) {
  struct request request = {0};
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)link_index(name)};
  if (!info.ifi_index) return 0;
  request_begin(&request, RTM_DELLINK, NLM_F_ACK, &info, sizeof info);
  return netlink_send(route, &request, 1);
}

int address_add(int route, const char *link, const struct ip *address, unsigned prefix) {
  struct request request = {0};
  struct ifaddrmsg info = {.ifa_family = (uint8_t)address->family,
                           .ifa_prefixlen = (uint8_t)prefix,
                           .ifa_flags = address->family == AF_INET6 ? IFA_F_NODAD : 0,
                           .ifa_index = link_index(link)};
  request_begin(&request, RTM_NEWADDR, MAKE, &info, sizeof info);
  request_add(&request, IFA_LOCAL, address->bytes, ip_size(address));
  request_add(&request, IFA_ADDRESS, address->bytes, ip_size(address));
  return netlink_send(route, &request, 1);
}

int route_add(int route, const char *link, const struct subnet *to, const struct ip *gateway,
              unsigned metric) {
  struct request request = {0};
  struct rtmsg info = {.rtm_family = (uint8_t)gateway->family,
                       .rtm_dst_len = to ? (uint8_t)to->prefix : 0,
                       .rtm_table = RT_TABLE_MAIN,
                       .rtm_protocol = RTPROT_BOOT,
                       .rtm_scope = RT_SCOPE_UNIVERSE,
                       .rtm_type = RTN_UNICAST};
  request_begin(&request, RTM_NEWROUTE, MAKE, &info, sizeof info);
  if (to) {
    struct ip first = subnet_edge(to, false);
    request_add(&request, RTA_DST, first.bytes, ip_size(&first));
  }
  if (metric) request_number(&request, RTA_PRIORITY, metric);
  request_add(&request, RTA_GATEWAY, gateway->bytes, ip_size(gateway));
  request_number(&request, RTA_OIF, link_index(link));
  return netlink_send(route, &request, 1);
}

/* The source of answers of sockets that are bound to no address is our own one. */
int route_add_back(int route, int family, const struct ip *own) {
  struct request request = {0};
  struct rtmsg info = {.rtm_family = (uint8_t)family,
                       .rtm_table = TABLE_BACK,
                       .rtm_protocol = RTPROT_BOOT,
                       .rtm_scope = family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
                       .rtm_type = RTN_LOCAL};
  request_begin(&request, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof info);
  request_number(&request, RTA_OIF, link_index("lo"));
  request_add(&request, RTA_PREFSRC, own->bytes, ip_size(own));
  return netlink_send(route, &request, 1);
}

static int rule_back(int route, int type, int family, int protocol, uint16_t port, const struct ip *to,
                     unsigned priority) {
  struct request request = {0};
  struct fib_rule_hdr info = {.family = (uint8_t)family,
                              .dst_len = to ? (uint8_t)(8 * ip_size(to)) : 0,
                              .table = TABLE_BACK,
                              .action = FR_ACT_TO_TBL};
  struct fib_rule_port_range range = {.start = port, .end = port};
  uint8_t word = (uint8_t)protocol;
  request_begin(&request, type, type == RTM_NEWRULE ? MAKE : NLM_F_ACK, &info, sizeof info);
  request_number(&request, FRA_PRIORITY, priority);
  request_add(&request, FRA_IP_PROTO, &word, sizeof word);
  request_add(&request, FRA_SPORT_RANGE, &range, sizeof range);
  request_text(&request, FRA_IIFNAME, "lo"); /* what this namespace itself sends */
  if (to) request_add(&request, FRA_DST, to->bytes, ip_size(to));
  return netlink_send(route, &request, 1);
}

int rule_add_back(int route, int family, int protocol, uint16_t port, const struct ip *to,
                  unsigned priority) {
  return rule_back(route, RTM_NEWRULE, family, protocol, port, to, priority);
}

int rule_delete_back(int route, int family, int protocol, uint16_t port, const struct ip *to,
                     unsigned priority) {
  return rule_back(route, RTM_DELRULE, family, protocol, port, to, priority);
}

int rule_prohibit(int route, const struct ip *from, const struct subnet *to, bool add) {
  struct request request = {0};
  struct fib_rule_hdr info = {.family = (uint8_t)from->family,
                              .src_len = (uint8_t)(8 * ip_size(from)),
                              .dst_len = (uint8_t)to->prefix,
                              .action = FR_ACT_PROHIBIT};
  request_begin(&request, add ? RTM_NEWRULE : RTM_DELRULE, add ? MAKE : NLM_F_ACK, &info, sizeof info);
  request_number(&request, FRA_PRIORITY, PROHIBITED);
  request_add(&request, FRA_SRC, from->bytes, ip_size(from));
  request_add(&request, FRA_DST, to->base.bytes, ip_size(&to->base));
  return netlink_send(route, &request, 1);
}

int rule_add_near(int route, int family, unsigned priority) {
  struct request request = {0};
  struct fib_rule_hdr info = {.family = (uint8_t)family, .table = RT_TABLE_MAIN, .action = FR_ACT_TO_TBL};
  request_begin(&request, RTM_NEWRULE, MAKE, &info, sizeof info);
  request_number(&request, FRA_PRIORITY, priority);
  request_number(&request, FRA_SUPPRESS_PREFIXLEN, 0);
  return netlink_send(route, &request, 1);
}
