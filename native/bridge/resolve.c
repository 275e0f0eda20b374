/*
 * The name server on every bridge's gateway address: over UDP here, over TCP in resolve_tcp.c. Names of
 * containers are answered from memory, the rest goes to the asker's resolvers, under an id of our own.
 */
#include "resolve.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "lookup.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

enum {
  PORT = 53,
  SLOTS = 1024, /* questions under way; the oldest makes room */
  SLOT_BITS = 10,
  PATIENCE = 2000, /* ms for each resolver */
  ATTEMPTS = 3,
  SHARE = 64, /* questions answered before others have their turn */
  LOOK = 500
};
_Static_assert(SLOTS == 1 << SLOT_BITS, "ids have the slot in their low bits");

struct pending {
  uint8_t *question; /* NULL: free */
  size_t length;
  uint16_t id, asked_id;
  struct dns_return back;
  struct ip resolvers[MOST_RESOLVERS];
  size_t resolver_count, attempt;
  int64_t deadline;
};

struct upstream {
  struct handler handlers[2]; /* IPv4, IPv6; fd -1 where the kernel lacks it */
  struct pending slots[SLOTS];
  size_t next, count;
};

struct ip dns_ip_of(const union address *address) {
  struct ip ip = {.family = address->any.sa_family};
  if (ip.family == AF_INET6)
    memcpy(ip.bytes, &address->v6.sin6_addr, 16);
  else
    memcpy(ip.bytes, &address->v4.sin_addr, 4);
  return ip;
}

union address dns_address_of(const struct ip *ip) {
  union address out = {0};
  out.any.sa_family = (sa_family_t)ip->family;
  if (ip->family == AF_INET6) {
    out.v6.sin6_port = htons(PORT);
    memcpy(&out.v6.sin6_addr, ip->bytes, 16);
  } else {
    out.v4.sin_port = htons(PORT);
    memcpy(&out.v4.sin_addr, ip->bytes, 4);
  }
  return out;
}

size_t dns_refuse(const uint8_t *message, const struct question *question, int code, uint8_t *out,
                  size_t room) {
  struct dns_answer answer = {.at = out, .room = room};
  answer_begin(&answer, message, question, code);
  answer_end(&answer, question);
  return answer.length;
}

static void forget(struct upstream *upstream, struct pending *pending) {
  if (!pending->question) return;
  free(pending->question);
  pending->question = NULL;
  upstream->count--;
}

static void deliver(struct world *world, struct pending *pending, uint8_t *message, size_t length,
                    const struct ip *resolver) {
  struct dns_return back = pending->back;
  message[0] = (uint8_t)(pending->asked_id >> 8);
  message[1] = (uint8_t)pending->asked_id;
  forget(world->upstream, pending);
  if (back.session)
    dns_tcp_answer(world, back.session, message, length, resolver);
  else
    sendto(back.door, message, length, MSG_DONTWAIT, &back.to.any, address_length(&back.to));
}

static void give_up(struct world *world, struct pending *pending) {
  struct question question;
  uint8_t out[DNS_PLAIN];
  if (question_read(pending->question, pending->length, &question) == 0) {
    size_t length = dns_refuse(pending->question, &question, DNS_SERVER_FAILURE, out, sizeof out);
    deliver(world, pending, out, length, NULL);
  }
  forget(world->upstream, pending);
}

/* To the next resolver, or back with a failure. */
static void send_on(struct world *world, struct pending *pending) {
  if (pending->attempt >= ATTEMPTS || pending->resolver_count == 0) {
    give_up(world, pending);
    return;
  }
  union address to = dns_address_of(&pending->resolvers[pending->attempt++ % pending->resolver_count]);
  pending->deadline = world_now() + PATIENCE;
  sendto(world->upstream->handlers[to.any.sa_family == AF_INET6].fd, pending->question, pending->length,
         MSG_DONTWAIT, &to.any, address_length(&to));
}

static bool is_same_question(const struct pending *pending, const uint8_t *message, size_t length) {
  struct question asked;
  if (question_read(pending->question, pending->length, &asked) < 0) return false;
  if (!asked.simple) return true;
  if (length < asked.end) return false;
  for (size_t i = DNS_HEADER; i < asked.end; i++) /* resolvers may change the case */
    if ((message[i] | 0x20) != (pending->question[i] | 0x20)) return false;
  return true;
}

static void upstream_ready(struct world *world, struct handler *handler, uint32_t events) {
  static uint8_t message[DNS_MOST];
  struct upstream *upstream = world->upstream;
  (void)events;
  for (int i = 0; i < SHARE; i++) {
    union address from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(handler->fd, message, sizeof message, MSG_DONTWAIT, &from.any, &size);
    if (length < 0) return;
    if (length < DNS_HEADER || !(message[2] & 0x80)) continue;
    uint16_t id = (uint16_t)(message[0] << 8 | message[1]);
    struct pending *pending = &upstream->slots[id % SLOTS];
    struct ip ip = dns_ip_of(&from);
    bool known = false;
    for (size_t j = 0; j < pending->resolver_count; j++) known |= ip_same(&ip, &pending->resolvers[j]);
    if (!pending->question || pending->id != id || !known ||
        !is_same_question(pending, message, (size_t)length))
      continue;
    deliver(world, pending, message, (size_t)length, &ip);
  }
}

static int open_upstream(struct world *world, struct fail *fail) {
  if (world->upstream) return 0;
  struct upstream *upstream = need_memory(sizeof *upstream);
  memset(upstream, 0, sizeof *upstream);
  for (int six = 0; six < 2; six++) {
    struct handler *handler = &upstream->handlers[six];
    *handler =
        (struct handler){.fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                         .ready = upstream_ready};
    if (handler->fd >= 0 ? world_watch(world, handler, EPOLLIN) == 0 : six) continue;
    fail_errno(fail, "open", "name server socket");
    drop_fd(&upstream->handlers[0].fd);
    drop_fd(&handler->fd);
    free(upstream);
    return -1;
  }
  world->upstream = upstream;
  return 0;
}

void dns_forward(struct world *world, const struct member *asker, const struct dns_return *back,
                 const uint8_t *message, size_t length) {
  struct upstream *upstream = world->upstream;
  size_t slot = upstream->next++ % SLOTS;
  struct pending *pending = &upstream->slots[slot];
  uint16_t random = 0;
  forget(upstream, pending);
  if (getrandom(&random, sizeof random, 0) != sizeof random) return;
  *pending = (struct pending){.question = need_memory(length),
                              .length = length,
                              .id = (uint16_t)(random << SLOT_BITS | slot),
                              .asked_id = (uint16_t)(message[0] << 8 | message[1]),
                              .back = *back};
  memcpy(pending->resolvers, asker->resolvers, sizeof pending->resolvers);
  pending->resolver_count = asker->resolver_count;
  memcpy(pending->question, message, length);
  pending->question[0] = (uint8_t)(pending->id >> 8);
  pending->question[1] = (uint8_t)pending->id;
  upstream->count++;
  send_on(world, pending);
}

void dns_forget(struct world *world, const struct tcp_session *session) {
  for (size_t i = 0; world->upstream && i < SLOTS; i++)
    if (world->upstream->slots[i].back.session == session)
      forget(world->upstream, &world->upstream->slots[i]);
}

enum dns_way dns_answer_here(struct world *world, const struct ip *from, const uint8_t *message,
                             size_t length, bool tcp, struct dns_answer *answer,
                             const struct member **asker) {
  struct question question;
  if (question_read(message, length, &question) < 0) return DNS_DROP;
  *asker = pool_member_at(&world->pool, from);
  size_t most = answer->room;
  if (!tcp && question.room < most) answer->room = question.room;
  if (!*asker) {
    answer->length = dns_refuse(message, &question, DNS_REFUSED, answer->at, most);
    return DNS_ANSWERED;
  }
  if (lookup(&world->pool, *asker, message, &question, answer)) return DNS_ANSWERED;
  if (lookup_may_forward(&world->pool, *asker)) return DNS_FORWARD;
  answer->length = dns_refuse(message, &question, DNS_SERVER_FAILURE, answer->at, most);
  return DNS_ANSWERED;
}

static void door_ready(struct world *world, struct handler *handler, uint32_t events) {
  static uint8_t message[DNS_MOST], out[DNS_MOST];
  (void)events;
  for (int i = 0; i < SHARE; i++) {
    union address from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(handler->fd, message, sizeof message, MSG_DONTWAIT, &from.any, &size);
    if (length < 0) return;
    struct ip ip = dns_ip_of(&from);
    struct dns_answer answer = {.at = out, .room = sizeof out};
    const struct member *asker = NULL;
    switch (dns_answer_here(world, &ip, message, (size_t)length, false, &answer, &asker)) {
    case DNS_ANSWERED:
      sendto(handler->fd, out, answer.length, MSG_DONTWAIT, &from.any, size);
      break;
    case DNS_FORWARD:
      dns_forward(world, asker, &(struct dns_return){.door = handler->fd, .to = from}, message,
                  (size_t)length);
      break;
    case DNS_DROP:
      break;
    }
  }
}

static int open_door(struct world *world, const struct ip *gateway, struct handler *udp, struct handler *tcp,
                     struct fail *fail) {
  union address here = dns_address_of(gateway);
  int on = 1;
  char text[IP_TEXT];
  *udp = (struct handler){.fd = socket(gateway->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                          .ready = door_ready};
  *tcp = (struct handler){.fd = socket(gateway->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                          .ready = dns_tcp_ready};
  setsockopt(tcp->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(udp->fd, &here.any, address_length(&here)) == 0 &&
      bind(tcp->fd, &here.any, address_length(&here)) == 0 && listen(tcp->fd, 64) == 0 &&
      world_watch(world, udp, EPOLLIN) == 0 && world_watch(world, tcp, EPOLLIN) == 0)
    return 0;
  return fail_errno(fail, "answer names on", "%s", ip_text(gateway, text));
}

int resolve_listen(struct world *world, struct bridge_network *network, struct fail *fail) {
  if (open_upstream(world, fail) < 0) return -1;
  struct listen *listen = network->listen = need_memory(sizeof *listen);
  for (size_t i = 0; i < MOST_SUBNETS; i++) listen->udp[i].fd = listen->tcp[i].fd = -1;
  for (size_t i = 0; i < network->subnet_count; i++)
    if (open_door(world, &network->subnets[i].gateway, &listen->udp[i], &listen->tcp[i], fail) < 0) return -1;
  return 0;
}

void resolve_unlisten(struct world *world, struct bridge_network *network) {
  struct listen *listen = network->listen;
  if (!listen) return;
  for (size_t i = 0; i < MOST_SUBNETS && listen->udp[i].fd >= 0; i++) {
    for (size_t j = 0; world->upstream && j < SLOTS; j++)
      if (world->upstream->slots[j].back.door == listen->udp[i].fd)
        forget(world->upstream, &world->upstream->slots[j]);
    drop_fd(&listen->udp[i].fd);
    drop_fd(&listen->tcp[i].fd);
  }
  free(listen);
  network->listen = NULL;
}

int resolve_expire(struct world *world) {
  struct upstream *upstream = world->upstream;
  int64_t now = world_now();
  dns_tcp_expire(world, now);
  if (!upstream || upstream->count == 0) return world->session_count ? LOOK : -1;
  for (size_t i = 0; i < SLOTS; i++)
    if (upstream->slots[i].question && upstream->slots[i].deadline <= now)
      send_on(world, &upstream->slots[i]);
  return LOOK;
}
