/*
 * The name server over TCP: one question at a time on each connection, a few connections at once. What others
 * must answer is asked over UDP first, which all of them know; only a cut-off answer is fetched over TCP.
 */
#include "../common/cleanup.h"
#include "resolve.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { MOST_SESSIONS = 64, QUIET = 10000 /* ms */, PATIENCE = 2000, FRAMED = 2 + DNS_MOST };

struct end {
  struct handler handler;
  struct tcp_session *session;
};

struct tcp_session {
  struct tcp_session *next;
  struct end client, resolver; /* resolver.handler.fd -1: nobody is asked */
  struct ip asker;
  int64_t deadline;
  bool waits;     /* for an answer */
  uint8_t *bytes; /* FRAMED: the question; then the resolver's answer */
  size_t have;
  uint8_t *cut_off; /* the answer over UDP, while TCP is tried */
  size_t cut_length;
};

static void close_session(struct world *world, struct tcp_session *session) {
  struct tcp_session **at = &world->sessions;
  while (*at != session) at = &(*at)->next;
  *at = session->next;
  world->session_count--;
  if (session->waits) dns_forget(world, session);
  drop_fd(&session->client.handler.fd);
  drop_fd(&session->resolver.handler.fd);
  free(session->cut_off);
  free(session->bytes);
  free(session);
}

/* 1: `bytes` has a whole message behind its length. 0: more must come. -1: the other side is done. */
static int read_framed(struct tcp_session *session, int fd) {
  size_t wanted = 2;
  if (session->have >= 2) wanted += (size_t)(session->bytes[0] << 8 | session->bytes[1]);
  ssize_t got = recv(fd, session->bytes + session->have, wanted - session->have, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) return -1;
  session->have += (size_t)got;
  return session->have >= 2 && session->have == 2u + (size_t)(session->bytes[0] << 8 | session->bytes[1]);
}

static bool send_framed(int fd, const uint8_t *message, size_t length) {
  uint8_t size[2] = {(uint8_t)(length >> 8), (uint8_t)length};
  return send(fd, size, 2, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE) == 2 &&
         send(fd, message, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}

/* The answer goes out, and the next question may come. */
static void finish(struct world *world, struct tcp_session *session, const uint8_t *message, size_t length) {
  bool sent = send_framed(session->client.handler.fd, message, length);
  drop_fd(&session->resolver.handler.fd);
  free(session->cut_off);
  session->cut_off = NULL;
  session->waits = false;
  session->have = 0;
  session->deadline = world_now() + QUIET;
  if (!sent || world_watch(world, &session->client.handler, EPOLLIN) < 0) close_session(world, session);
}

/* Better than nothing. */
static void finish_cut_off(struct world *world, struct tcp_session *session) {
  finish(world, session, session->cut_off, session->cut_length);
}

static void resolver_ready(struct world *world, struct handler *handler, uint32_t events) {
  struct tcp_session *session = ((struct end *)handler)->session;
  if (events & EPOLLOUT) { /* connected: the question goes out, and its room is the answer's */
    bool sent = send(handler->fd, session->bytes, session->have, MSG_DONTWAIT | MSG_NOSIGNAL) ==
                (ssize_t)session->have;
    session->have = 0;
    if (!sent || world_watch(world, handler, EPOLLIN) < 0) finish_cut_off(world, session);
    return;
  }
  int whole = read_framed(session, handler->fd);
  if (whole < 0) finish_cut_off(world, session);
  if (whole > 0) finish(world, session, session->bytes + 2, session->have - 2);
}

static int ask_resolver(struct world *world, struct tcp_session *session, const struct ip *resolver) {
  union address to = dns_address_of(resolver);
  int fd = socket(resolver->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  session->resolver.handler.fd = fd;
  if (fd < 0 || (connect(fd, &to.any, address_length(&to)) < 0 && errno != EINPROGRESS)) return -1;
  return world_watch(world, &session->resolver.handler, EPOLLOUT);
}

void dns_tcp_answer(struct world *world, struct tcp_session *session, const uint8_t *message, size_t length,
                    const struct ip *resolver) {
  bool cut_off = message[2] & 0x02;
  if (!cut_off || !resolver) {
    finish(world, session, message, length);
    return;
  }
  session->cut_off = need_memory(length);
  session->cut_length = length;
  memcpy(session->cut_off, message, length);
  session->deadline = world_now() + PATIENCE;
  if (ask_resolver(world, session, resolver) < 0) finish_cut_off(world, session);
}

/* The client waits: what it may send meanwhile is read afterwards. */
static bool ask_others(struct world *world, struct tcp_session *session, const struct member *asker) {
  session->waits = true;
  if (world_watch(world, &session->client.handler, 0) < 0) return false;
  dns_forward(world, asker, &(struct dns_return){.session = session, .door = -1}, session->bytes + 2,
              session->have - 2);
  return true;
}

static void client_ready(struct world *world, struct handler *handler, uint32_t events) {
  static uint8_t out[DNS_MOST];
  struct tcp_session *session = ((struct end *)handler)->session;
  if (session->waits) { /* nothing but its end can be told of now */
    if (events & (EPOLLHUP | EPOLLERR)) close_session(world, session);
    return;
  }
  int whole = read_framed(session, handler->fd);
  if (whole == 0) return;
  session->deadline = world_now() + QUIET;
  struct dns_answer answer = {.at = out, .room = sizeof out};
  const struct member *asker = NULL;
  bool goes_on = false;
  if (whole > 0)
    switch (dns_answer_here(world, &session->asker, session->bytes + 2, session->have - 2, true, &answer,
                            &asker)) {
    case DNS_ANSWERED:
      session->have = 0;
      goes_on = send_framed(handler->fd, out, answer.length);
      break;
    case DNS_FORWARD:
      goes_on = ask_others(world, session, asker);
      break;
    case DNS_DROP:
      break;
    }
  if (!goes_on) close_session(world, session);
}

void dns_tcp_ready(struct world *world, struct handler *handler, uint32_t events) {
  union address from;
  socklen_t size = sizeof from;
  (void)events;
  int fd = accept4(handler->fd, &from.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (world->session_count >= MOST_SESSIONS) {
    close(fd);
    return;
  }
  struct tcp_session *session = need_memory(sizeof *session);
  *session = (struct tcp_session){.next = world->sessions,
                                  .asker = dns_ip_of(&from),
                                  .deadline = world_now() + QUIET,
                                  .bytes = need_memory(FRAMED)};
  session->client = (struct end){.handler = {.fd = fd, .ready = client_ready}, .session = session};
  session->resolver = (struct end){.handler = {.fd = -1, .ready = resolver_ready}, .session = session};
  world->sessions = session;
  world->session_count++;
  if (world_watch(world, &session->client.handler, EPOLLIN) < 0) close_session(world, session);
}

void dns_tcp_expire(struct world *world, int64_t now) {
  for (struct tcp_session *at = world->sessions, *next; at; at = next) {
    next = at->next;
    if (at->deadline > now) continue;
    if (at->cut_off)
      finish_cut_off(world, at);
    else
      close_session(world, at);
  }
}
