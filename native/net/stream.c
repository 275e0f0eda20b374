/*
 * Both sockets are watched edge-triggered; `readable` and `writable` remember what the last events said until
 * a call answers EAGAIN. A stream carries at most SHARE bytes before the others have their turn.
 */
#include "stream.h"
#include "../common/cleanup.h"
#include "inner.h"
#include "proxy.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SHARE = 2 * 1024 * 1024, ACCEPTS = 64 };

struct end {
  struct watch watch;
  int fd;
  bool readable, writable;
};

/* One direction. */
struct half {
  struct tube tube; /* held while it has bytes */
  size_t pending;   /* bytes in the tube */
  bool eof;         /* the sender has finished */
  bool closed;      /* and the receiver knows */
};

struct stream {
  struct port_watch *came_by;
  struct end client, inner;
  struct half up, down; /* to the container, to the client */
  bool connecting, running, dead;
  bool other;                     /* tried by the other protocol than the client's, having been refused */
  uint16_t port;                  /* the container's */
  bool introduce;                 /* the program is to be told who the client is (PROXY protocol) */
  struct stream *next, *previous; /* of all streams */
  struct stream *next_running;    /* or next of the ended ones */
};

void streams_init(struct net_loop *loop) {
  loop->stream_slab.size = sizeof(struct stream);
  loop->inner_spare = -1;
  /* Two descriptors each. A port has two listeners at most, IPv4 and IPv6; a third stays for the others. */
  struct rlimit limit = {.rlim_cur = 1024};
  getrlimit(RLIMIT_NOFILE, &limit);
  loop->most_each = limit.rlim_cur > 512 ? (size_t)(limit.rlim_cur - 128) / 6 : SIZE_MAX;
}

static void reset_on_close(int fd) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* `broken`: one side was reset or could not be reached, so the other learns it by a reset too. */
static void close_stream(struct net_loop *loop, struct stream *stream, bool broken) {
  if (stream->dead) return;
  stream->dead = true;
  stream->came_by->streams--;
  if (broken) {
    reset_on_close(stream->client.fd);
    reset_on_close(stream->inner.fd);
  }
  close(stream->client.fd);
  close(stream->inner.fd);
  for (struct half *half = &stream->up;; half = &stream->down) {
    if (half->pending) tube_close(&half->tube);
    tube_give(&loop->tubes, &half->tube);
    if (half == &stream->down) break;
  }
  if (stream->next) stream->next->previous = stream->previous;
  if (stream->previous)
    stream->previous->next = stream->next;
  else
    loop->streams = stream->next;
  /* One that waits for its turn is buried by streams_run. */
  if (stream->running) return;
  stream->next_running = loop->ended;
  loop->ended = stream;
}

enum carried { CARRIED_ALL, CARRIED_SHARE, CARRIED_NOTHING /* no descriptors for a pipe */, CARRIED_BROKEN };

static enum carried carry(struct net_loop *loop, struct end *from, struct end *to, struct half *half) {
  for (size_t carried = 0; carried < SHARE;) {
    if (half->pending) {
      if (!to->writable) return CARRIED_ALL;
      ssize_t sent =
          splice(half->tube.out, NULL, to->fd, NULL, half->pending, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (sent > 0) {
        half->pending -= (size_t)sent;
        carried += (size_t)sent;
      } else if (sent < 0 && errno == EAGAIN) {
        to->writable = false;
      } else if (sent == 0 || errno != EINTR) {
        return CARRIED_BROKEN;
      }
      continue;
    }
    if (half->eof || !from->readable) {
      tube_give(&loop->tubes, &half->tube);
      if (!half->eof || half->closed) return CARRIED_ALL;
      half->closed = true;
      /* ENOTCONN: it is gone already, the other direction will tell. */
      shutdown(to->fd, SHUT_WR);
      return CARRIED_ALL;
    }
    if (half->tube.in < 0 && tube_take(&loop->tubes, &half->tube) < 0) return CARRIED_NOTHING;
    ssize_t came = splice(from->fd, NULL, half->tube.in, NULL, TUBE_SIZE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (came > 0)
      half->pending = (size_t)came;
    else if (came == 0)
      half->eof = true;
    else if (errno == EAGAIN)
      from->readable = false;
    else if (errno != EINTR)
      return CARRIED_BROKEN;
  }
  return CARRIED_SHARE;
}

static void run(struct net_loop *loop, struct stream *stream) {
  if (stream->dead || stream->connecting) return;
  enum carried up = loop->stopping ? CARRIED_ALL : carry(loop, &stream->client, &stream->inner, &stream->up);
  enum carried down = up == CARRIED_BROKEN ? up : carry(loop, &stream->inner, &stream->client, &stream->down);
  if (down == CARRIED_BROKEN) {
    close_stream(loop, stream, true);
  } else if (stream->down.closed && (stream->up.closed || loop->stopping)) {
    close_stream(loop, stream, false);
  } else if ((up != CARRIED_ALL || down != CARRIED_ALL) && !stream->running) {
    if (up == CARRIED_NOTHING || down == CARRIED_NOTHING) loop->starved = true;
    stream->running = true;
    stream->next_running = loop->runnable;
    loop->runnable = stream;
  }
}

void streams_run(struct net_loop *loop) {
  struct stream *stream = loop->runnable;
  loop->runnable = NULL;
  loop->starved = false;
  while (stream) {
    struct stream *next = stream->next_running;
    stream->running = false;
    if (stream->dead) {
      stream->next_running = loop->ended;
      loop->ended = stream;
    } else {
      run(loop, stream);
    }
    stream = next;
  }
}

static int watch_end(struct net_loop *loop, struct stream *stream, struct end *end, enum watch_kind kind) {
  end->watch = (struct watch){.kind = kind, .owner = stream};
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = &end->watch};
  return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, end->fd, &event);
}

/* Nobody listens by the client's protocol: many programs listen by IPv4 only. False: it stays refused. */
static bool connect_otherwise(struct net_loop *loop, struct stream *stream) {
  union address client = {0};
  socklen_t length = sizeof client;
  if (stream->other || !inner_has_other(loop->inside) ||
      getpeername(stream->client.fd, &client.any, &length) < 0)
    return false;
  stream->other = true;
  close(stream->inner.fd);
  stream->inner = (struct end){.fd = inner_socket(SOCK_STREAM)};
  return stream->inner.fd >= 0 &&
         inner_connect(loop->inside, &stream->inner.fd, SOCK_STREAM, stream->port, &client, true) == 0 &&
         watch_end(loop, stream, &stream->inner, WATCH_INNER) == 0;
}

/* First of all bytes, so it fits into the socket's buffer. */
static bool introduce(const struct stream *stream) {
  union address client = {0}, here = {0};
  socklen_t length = sizeof client, here_length = sizeof here;
  uint8_t header[PROXY_MOST];
  if (getpeername(stream->client.fd, &client.any, &length) < 0 ||
      getsockname(stream->client.fd, &here.any, &here_length) < 0)
    return false;
  size_t size = proxy_header(&client, &here, header);
  return send(stream->inner.fd, header, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}

void stream_event(struct net_loop *loop, struct stream *stream, bool inner, uint32_t events) {
  if (stream->dead) return;
  struct end *end = inner ? &stream->inner : &stream->client;
  bool over = events & (EPOLLHUP | EPOLLERR);
  if (over || events & (EPOLLIN | EPOLLRDHUP)) end->readable = true;
  if (over || events & EPOLLOUT) end->writable = true;
  if (inner && stream->connecting && end->writable) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == ECONNREFUSED && connect_otherwise(loop, stream)) return;
    if (error || (stream->introduce && !introduce(stream))) return close_stream(loop, stream, true);
    stream->connecting = false;
  }
  run(loop, stream);
}

/* Owns both sockets from here. The connection to the container is made at once: a refusal becomes a reset. */
static void begin(struct net_loop *loop, int client, int inner, const union address *address,
                  struct port_watch *came_by) {
  const struct listener *listener = came_by->listener;
  struct stream *stream = slab_take(&loop->stream_slab);
  if (!stream) {
    reset_on_close(client);
    close(client);
    close(inner);
    return;
  }
  int on = 1;
  setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  stream->up.tube = stream->down.tube = (struct tube){-1, -1};
  stream->client.fd = client;
  stream->inner.fd = inner;
  stream->connecting = true;
  stream->introduce = listener->proxy == PROXY_V2;
  stream->port = listener->inner;
  stream->came_by = came_by;
  came_by->streams++;
  stream->next = loop->streams;
  if (loop->streams) loop->streams->previous = stream;
  loop->streams = stream;
  if (inner_connect(loop->inside, &stream->inner.fd, SOCK_STREAM, listener->inner, address, false) < 0 ||
      watch_end(loop, stream, &stream->inner, WATCH_INNER) < 0 ||
      watch_end(loop, stream, &stream->client, WATCH_CLIENT) < 0)
    close_stream(loop, stream, true);
}

/* The inner socket comes first: an accepted connection must not fail for want of a descriptor. One stays in
 * stock. */
int streams_accept(struct net_loop *loop, struct port_watch *port) {
  for (int i = 0; i < ACCEPTS; i++) {
    if (port->streams >= loop->most_each) return -1;
    if (loop->inner_spare < 0) loop->inner_spare = inner_socket(SOCK_STREAM);
    if (loop->inner_spare < 0) return -1;
    union address address;
    socklen_t length = sizeof address;
    int client = accept4(port->listener->fd, &address.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client >= 0) {
      begin(loop, client, steal_fd(&loop->inner_spare), &address, port);
    } else if (errno == EAGAIN) {
      return 0;
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return -1;
    } /* anything else is the one connection's own trouble (accept(2)) */
  }
  return 0;
}

bool streams_finishing(struct net_loop *loop) {
  for (struct stream *stream = loop->streams, *next; stream; stream = next) {
    next = stream->next;
    if (stream->connecting)
      close_stream(loop, stream, true);
    else
      run(loop, stream);
  }
  return loop->streams != NULL;
}

void streams_bury(struct net_loop *loop) {
  for (struct stream *stream = loop->ended, *next; stream; stream = next) {
    next = stream->next_running;
    slab_give(&loop->stream_slab, stream);
  }
  loop->ended = NULL;
}

void streams_drop(struct net_loop *loop) {
  while (loop->streams) close_stream(loop, loop->streams, true);
  drop_fd(&loop->inner_spare);
  tubes_drop(&loop->tubes);
  slab_drop(&loop->stream_slab);
}
