/* The name server over TCP: one question at a time on each connection, a few connections at once. */
#include "../common/cleanup.h"
#include "resolve.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { MOST_SESSIONS = 64, QUIET = 10000 /* ms */, FRAMED = 2 + DNS_MOST };

struct end {
  struct handler handler;
  struct tcp_session *session;
};

struct tcp_session {
  struct tcp_session *next;
  struct end client, resolver; /* resolver.handler.fd -1: nobody is asked */
  struct ip asker;
  int64_t deadline;
  uint8_t *bytes; /* FRAMED: the question; then the resolver's answer */
  size_t have;
};

static void close_session(struct world *world, struct tcp_session *session) {
  struct tcp_session **at = &world->sessions;
  while (*at != session) at = &(*at)->next;
  *at = session->next;
  world->session_count--;
  drop_fd(&session->client.handler.fd);
  drop_fd(&session->resolver.handler.fd);
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

static void resolver_ready(struct world *world, struct handler *handler, uint32_t events) {
  struct tcp_session *session = ((struct end *)handler)->session;
  if (events & EPOLLOUT) { /* connected: the question goes out, and its room is the answer's */
    bool sent = send(handler->fd, session->bytes, session->have, MSG_DONTWAIT | MSG_NOSIGNAL) ==
                (ssize_t)session->have;
    session->have = 0;
    if (!sent || world_watch(world, handler, EPOLLIN) < 0) close_session(world, session);
    return;
  }
  int whole = read_framed(session, handler->fd);
  if (whole == 0) return;
  if (whole < 0 || !send_framed(session->client.handler.fd, session->bytes + 2, session->have - 2)) {
    close_session(world, session);
    return;
  }
  drop_fd(&handler->fd);
  session->have = 0;
  if (world_watch(world, &session->client.handler, EPOLLIN) < 0) close_session(world, session);
}

static bool ask_resolver(struct world *world, struct tcp_session *session, const struct member *asker) {
  for (size_t i = 0; i < asker->resolver_count; i++) {
    if (asker->resolvers[i].family != AF_INET) continue;
    union address to = dns_address_of(&asker->resolvers[i]);
    session->resolver.handler.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (session->resolver.handler.fd < 0) return false;
    if (connect(session->resolver.handler.fd, &to.any, address_length(&to)) < 0 && errno != EINPROGRESS) {
      drop_fd(&session->resolver.handler.fd);
      continue;
    }
    /* The client waits: what it may send meanwhile is read afterwards. */
    return world_watch(world, &session->resolver.handler, EPOLLOUT) == 0 &&
           world_watch(world, &session->client.handler, 0) == 0;
  }
  return false;
}

static void client_ready(struct world *world, struct handler *handler, uint32_t events) {
  static uint8_t out[DNS_MOST];
  struct tcp_session *session = ((struct end *)handler)->session;
  if (session->resolver.handler.fd >= 0) { /* nothing but its end can be told of now */
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
      goes_on = ask_resolver(world, session, asker);
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
    if (at->deadline <= now) close_session(world, at);
  }
}
