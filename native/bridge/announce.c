/* See announce.h. Net keeper, second thread. */
#include "announce.h"
#include "links.h"
#include <arpa/inet.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>

enum { ARP = 0x0806, IPV6 = 0x86dd, ADVERTISEMENT = 136, OVERRIDE = 0x20, OWN_MAC = 2 /* option */ };

struct arp {
  uint16_t hardware, protocol;
  uint8_t hardware_size, protocol_size;
  uint16_t operation;
  uint8_t sender_mac[6], sender[4], target_mac[6], target[4];
};
_Static_assert(sizeof(struct arp) == 28, "as on the wire");

/* The IPv6 header, then ICMPv6 with one option. */
struct advertisement {
  uint32_t version;
  uint16_t length;
  uint8_t next, hops, from[16], to[16];
  uint8_t type, code;
  uint16_t checksum;
  uint8_t flags, zero[3], target[16], option, option_length, mac[6];
};
_Static_assert(sizeof(struct advertisement) == 72, "as on the wire");

/* Opened once, in the namespace of the bridges, and kept: closing one waits until the kernel's readers are
 * done, 12 to 20 ms. */
static int packet_socket(void) {
  static int fd = -1;
  if (fd < 0) fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return fd;
}

static void send_to_all(const char *bridge, uint16_t protocol, const uint8_t mac[6], const void *bytes,
                        size_t length) {
  int fd = packet_socket();
  struct sockaddr_ll to = {.sll_family = AF_PACKET,
                           .sll_protocol = htons(protocol),
                           .sll_ifindex = (int)link_index(bridge),
                           .sll_halen = 6};
  memcpy(to.sll_addr, mac, 6);
  if (fd >= 0) sendto(fd, bytes, length, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
}

static void announce_ip(const struct member *member) {
  static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  struct arp arp = {.hardware = htons(1),
                    .protocol = htons(0x0800),
                    .hardware_size = 6,
                    .protocol_size = 4,
                    .operation = htons(1)};
  memcpy(arp.sender_mac, member->mac, 6);
  memcpy(arp.sender, member->ip.bytes, 4);
  memcpy(arp.target, member->ip.bytes, 4);
  send_to_all(member->network->bridge, ARP, everybody, &arp, sizeof arp);
}

/* RFC 4443 §2.3: the sum over the addresses, the length, the next header and the message. */
static uint16_t checksum(const struct advertisement *message) {
  const uint8_t *at = message->from, *end = (const uint8_t *)(message + 1);
  uint32_t sum = IPPROTO_ICMPV6 + ntohs(message->length);
  for (; at < end; at += 2) sum += (uint32_t)(at[0] << 8 | at[1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return htons((uint16_t)~sum);
}

static void announce_ip6(const struct member *member) {
  static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1}, everybody[6] = {0x33, 0x33, [5] = 1};
  struct advertisement message = {.version = htonl(6u << 28),
                                  .length = htons(32),
                                  .next = IPPROTO_ICMPV6,
                                  .hops = 255,
                                  .type = ADVERTISEMENT,
                                  .flags = OVERRIDE,
                                  .option = OWN_MAC,
                                  .option_length = 1};
  memcpy(message.from, member->ip6.bytes, 16);
  memcpy(message.to, all_nodes, 16);
  memcpy(message.target, member->ip6.bytes, 16);
  memcpy(message.mac, member->mac, 6);
  message.checksum = checksum(&message);
  send_to_all(member->network->bridge, IPV6, everybody, &message, sizeof message);
}

void announce_member(const struct member *member) {
  if (member->ip.family) announce_ip(member);
  if (member->ip6.family) announce_ip6(member);
}
