#include "clients.h"

#include "../common/cleanup.h"
#include "../common/pidfd.h"
#include "../common/socket.h"
#include "../common/strbuf.h"
#include "live.h"
#include "monitor.h"
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

enum { INPUT_ROOM = 65536 };

struct client {
  struct source source;
  struct client *next;
  uint8_t flags;
  bool gone;

  struct frame_cursor cursor;
  uint8_t *input; /* bytes received; allocated when something comes */
  const uint8_t *at, *end;
  struct frame_piece typed; /* bytes the container's input has not taken yet */

  size_t sent; /* of the chunk, header included */
  bool behind;

  uint8_t *last; /* what the client gets after the end, owned */
  size_t last_size, last_sent;
};

struct clients {
  struct source door;
  int folder; /* RUN/c/ID */
  struct client *first;
  uint8_t header[FRAME_HEADER];
  const uint8_t *chunk;
  size_t chunk_size;
  int behind; /* clients that miss a part of the chunk */
};

struct clients *clients_new(void) {
  struct clients *clients = need_memory(sizeof *clients);

  *clients = (struct clients){.door.fd = -1, .folder = -1};
  return clients;
}

static void client_watch(struct monitor *monitor, struct client *client) {
  uint32_t events = client->typed.size > 0 ? 0 : EPOLLIN;

  if (client->behind || client->last != NULL) events |= EPOLLOUT;
  source_watch(monitor, &client->source, events);
}

static void caught_up(struct monitor *monitor, struct client *client) {
  if (!client->behind) return;
  client->behind = false;
  if (--monitor->clients->behind == 0) streams_resume(monitor);
}

/* Only marks: lists are being walked. sweep() frees. */
static void drop(struct monitor *monitor, struct client *client) {
  if (client->gone) return;
  client->gone = true;
  source_close(monitor, &client->source);
  if (client->flags & HELLO_STDIN) streams_typist_left(monitor);
  caught_up(monitor, client);
}

static void sweep(struct clients *clients) {
  for (struct client **at = &clients->first; *at != NULL;) {
    struct client *client = *at;
    if (!client->gone) {
      at = &client->next;
      continue;
    }
    *at = client->next;
    frame_cursor_clear(&client->cursor);
    free(client->input);
    free(client->last);
    free(client);
  }
}

/* Sends iovecs from byte `sent` on. Returns the new position, or SIZE_MAX when the client is gone. */
static size_t send_from(int fd, struct iovec *parts, int count, size_t sent) {
  size_t position = sent;

  for (;;) {
    struct iovec left[2];
    int used = 0;
    size_t skip = position;

    for (int i = 0; i < count; i++) {
      if (skip >= parts[i].iov_len) {
        skip -= parts[i].iov_len;
        continue;
      }
      left[used].iov_base = (uint8_t *)parts[i].iov_base + skip;
      left[used++].iov_len = parts[i].iov_len - skip;
      skip = 0;
    }
    if (used == 0) return position;
    struct msghdr message = {.msg_iov = left, .msg_iovlen = (size_t)used};
    ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN ? position : SIZE_MAX;
    position += (size_t)n;
  }
}

static void send_chunk(struct monitor *monitor, struct client *client) {
  struct clients *clients = monitor->clients;
  struct iovec parts[2] = {{clients->header, FRAME_HEADER}, {(void *)clients->chunk, clients->chunk_size}};
  size_t sent = send_from(client->source.fd, parts, 2, client->sent);

  if (sent == SIZE_MAX) {
    drop(monitor, client);
    return;
  }
  client->sent = sent;
  if (sent < FRAME_HEADER + clients->chunk_size) {
    if (!client->behind) clients->behind++;
    client->behind = true;
  } else {
    caught_up(monitor, client);
  }
}

static void send_last(struct monitor *monitor, struct client *client) {
  struct iovec part = {client->last, client->last_size};
  size_t sent = send_from(client->source.fd, &part, 1, client->last_sent);

  if (sent == SIZE_MAX || sent == client->last_size)
    drop(monitor, client);
  else
    client->last_sent = sent;
}

/* On a connection that gets no output, so nothing is in the middle of being sent. */
static void answer_network(struct monitor *monitor, struct client *client, const struct frame_piece *piece) {
  cleanup_strbuf struct strbuf request = {0}, answer = {0}, frame = {0};
  uint8_t header[FRAME_HEADER];

  if (client->flags & (HELLO_STDOUT | HELLO_STDERR) || client->last != NULL) return;
  strbuf_add(&request, piece->data, piece->size);
  live_change(monitor, request.at ? request.at : "", &answer);
  frame_header(header, FRAME_NETWORK, (uint32_t)answer.length);
  strbuf_add(&frame, header, sizeof header);
  strbuf_add(&frame, answer.at, answer.length);
  if (send(client->source.fd, frame.at, frame.length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) drop(monitor, client);
}

static void obey(struct monitor *monitor, struct client *client, const struct frame_piece *piece) {
  switch ((enum frame_type)piece->type) {
  case FRAME_HELLO:
    if (piece->size >= 1 && client->last == NULL) client->flags = piece->data[0];
    break;
  case FRAME_WINDOW:
    if (piece->size == 4) streams_resize(monitor, frame_get16(piece->data), frame_get16(piece->data + 2));
    break;
  case FRAME_SIGNAL:
    if (piece->size == 4) monitor_signal(monitor, (int)frame_get32(piece->data));
    break;
  case FRAME_STDIN:
    if (!(client->flags & HELLO_STDIN)) break;
    if (piece->empty)
      streams_typed_all(monitor);
    else
      client->typed = *piece;
    break;
  case FRAME_NETWORK:
    answer_network(monitor, client, piece);
    break;
  case FRAME_STDOUT:
  case FRAME_STDERR:
  case FRAME_EXIT:
  case FRAME_FAILED:
    drop(monitor, client); /* those are ours to say */
    break;
  }
}

/* Works through what has been received, until the container's input takes no more. */
static void client_work(struct monitor *monitor, struct client *client) {
  while (!client->gone) {
    if (client->typed.size > 0) {
      size_t taken = streams_type(monitor, client->typed.data, client->typed.size);
      client->typed.data += taken;
      client->typed.size -= taken;
      if (client->typed.size > 0) break;
    }
    struct frame_piece piece;
    int got = frame_next(&client->cursor, &client->at, client->end, &piece);
    if (got < 0) drop(monitor, client);
    if (got <= 0) break;
    obey(monitor, client, &piece);
  }
  if (!client->gone) client_watch(monitor, client);
}

static void client_read(struct monitor *monitor, struct client *client) {
  if (client->input == NULL && (client->input = malloc(INPUT_ROOM)) == NULL) {
    drop(monitor, client);
    return;
  }
  ssize_t n = recv(client->source.fd, client->input, INPUT_ROOM, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    drop(monitor, client);
    return;
  }
  monitor->busy = true;
  client->at = client->input;
  client->end = client->input + n;
  client_work(monitor, client);
}

static void client_ready(struct monitor *monitor, struct source *source, uint32_t events) {
  struct client *client = (struct client *)source;

  if (events & EPOLLOUT) {
    if (client->last != NULL)
      send_last(monitor, client);
    else if (client->behind)
      send_chunk(monitor, client);
  }
  if (!client->gone && events & (EPOLLIN | EPOLLHUP | EPOLLERR) && client->typed.size == 0)
    client_read(monitor, client);
  else if (!client->gone && events & (EPOLLHUP | EPOLLERR))
    drop(monitor, client);
  if (!client->gone) client_watch(monitor, client);
  sweep(monitor->clients);
}

void clients_adopt(struct monitor *monitor, int socket, uint8_t flags) {
  struct client *client = need_memory(sizeof *client);

  *client = (struct client){.flags = flags, .next = monitor->clients->first};
  monitor->clients->first = client;
  source_init(&client->source, socket, client_ready);
  client_watch(monitor, client);
}

static void door_ready(struct monitor *monitor, struct source *door, uint32_t events) {
  (void)events;
  int fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC);

  if (fd >= 0) clients_adopt(monitor, fd, 0);
}

/* RUN itself was made and verified by the lease. */
static int make_folder(const char *runtime, const char *id) {
  cleanup_fd int run = open(runtime, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (run < 0 || (mkdirat(run, "c", 0700) < 0 && errno != EEXIST)) return -1;
  cleanup_fd int all = openat(run, "c", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (all < 0 || (mkdirat(all, id, 0700) < 0 && errno != EEXIST)) return -1;
  return openat(all, id, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int clients_open_door(struct monitor *monitor) {
  struct clients *clients = monitor->clients;

  clients->folder = make_folder(monitor->runtime, monitor->bundle.sampan->id);
  if (clients->folder < 0) return -1;
  int fd = unix_listen(clients->folder, "attach.sock", SOCK_STREAM | SOCK_NONBLOCK, 16);
  if (fd < 0) return -1;
  source_init(&clients->door, fd, door_ready);
  source_watch(monitor, &clients->door, EPOLLIN);
  return 0;
}

void clients_close_door(struct monitor *monitor) {
  struct clients *clients = monitor->clients;

  if (clients->folder < 0) return;
  unlinkat(clients->folder, "attach.sock", 0);
  while (clients->door.fd >= 0) { /* who knocked in time still hears the end */
    int fd = accept4(clients->door.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) break;
    clients_adopt(monitor, fd, 0);
  }
  source_close(monitor, &clients->door);
  drop_fd(&clients->folder);

  char path[128];
  cleanup_fd int run = open(monitor->runtime, O_PATH | O_DIRECTORY | O_CLOEXEC);
  snprintf(path, sizeof path, "c/%s", monitor->bundle.sampan->id);
  if (run >= 0) unlinkat(run, path, AT_REMOVEDIR);
}

static bool wants(const struct client *client, uint8_t type) {
  return client->flags & (type == FRAME_STDERR ? HELLO_STDERR : HELLO_STDOUT);
}

void clients_send(struct monitor *monitor, enum frame_type type, const uint8_t *data, size_t size) {
  struct clients *clients = monitor->clients;

  frame_header(clients->header, type, (uint32_t)size);
  clients->chunk = data;
  clients->chunk_size = size;
  for (struct client *client = clients->first; client != NULL; client = client->next) {
    if (client->gone || client->last != NULL || !wants(client, (uint8_t)type)) continue;
    client->sent = 0;
    send_chunk(monitor, client);
    if (!client->gone) client_watch(monitor, client);
  }
  sweep(clients);
}

bool clients_behind(const struct monitor *monitor) {
  return monitor->clients->behind > 0;
}

void clients_unblock(struct monitor *monitor) {
  for (struct client *client = monitor->clients->first; client != NULL; client = client->next)
    if (!client->gone && client->typed.size > 0) client_work(monitor, client);
  sweep(monitor->clients);
}

/* Everything the client is still owed, in one buffer of its own. */
static void owe(const struct clients *clients, struct client *client, const uint8_t *tail, size_t tail_size,
                const uint8_t *final, size_t final_size) {
  struct strbuf owed = {0};

  if (client->behind) {
    size_t in_header = client->sent < FRAME_HEADER ? FRAME_HEADER - client->sent : 0;
    size_t in_chunk = client->sent < FRAME_HEADER ? 0 : client->sent - FRAME_HEADER;
    strbuf_add(&owed, clients->header + FRAME_HEADER - in_header, in_header);
    strbuf_add(&owed, clients->chunk + in_chunk, clients->chunk_size - in_chunk);
  }
  for (const uint8_t *at = tail, *end = tail + tail_size; at < end;) {
    size_t size = FRAME_HEADER + frame_get32(at + 1);
    if (wants(client, at[0])) strbuf_add(&owed, at, size);
    at += size;
  }
  strbuf_add(&owed, final, final_size);
  client->last = (uint8_t *)owed.at;
  client->last_size = owed.length;
  client->last_sent = 0;
}

void clients_finish(struct monitor *monitor, const uint8_t *tail, size_t tail_size, enum frame_type type,
                    const void *payload, size_t size) {
  struct clients *clients = monitor->clients;
  cleanup_free uint8_t *final = need_memory(FRAME_HEADER + size);
  size_t final_size = frame_build(final, type, payload, size);

  for (struct client *client = clients->first; client != NULL; client = client->next) {
    if (client->gone || client->last != NULL) continue;
    owe(clients, client, tail, tail_size, final, final_size);
    client->flags = 0; /* it types and reads no more: what comes from it is ignored */
    client->typed.size = 0;
    client->behind = false;
    send_last(monitor, client);
    if (!client->gone) client_watch(monitor, client);
  }
  clients->behind = 0;
  clients->chunk = NULL;
  clients->chunk_size = 0;
  sweep(clients);
}

bool clients_present(const struct monitor *monitor) {
  return monitor->clients->first != NULL;
}

void clients_free(struct monitor *monitor) {
  struct clients *clients = monitor->clients;

  if (clients == NULL) return;
  clients_close_door(monitor);
  for (struct client *client = clients->first; client != NULL; client = client->next) {
    client->flags = 0;
    drop(monitor, client);
  }
  sweep(clients);
  free(clients);
  monitor->clients = NULL;
}
