/* Binding published ports. Runs in the monitor, in the host's network namespace, before the program starts.
 */
#include "ports.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

enum { BACKLOG = 4096, TRIES = 32, FIRST_FREE_PORT = 1024 };

/* '' is every address of both families, so two rows here. */
static const char *const everywhere[] = {"0.0.0.0", "::"};

static int set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

static int parse_address(const char *text, uint16_t port, union address *out) {
  *out = (union address){0};
  if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(port);
    return 0;
  }
  if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) != 1) return -1;
  out->v6.sin6_family = AF_INET6;
  out->v6.sin6_port = htons(port);
  return 0;
}

/*
 * SO_REUSEADDR only for TCP: there it forgives connections that have just ended, for UDP it would let two
 * containers share a port. IPV6_V6ONLY: the IPv4 side has a socket of its own, or was not asked for. With bbr
 * as the host's default, loopback is several times slower than with reno; accepted sockets inherit both
 * options.
 */
static int listen_on(const union address *where, int type) {
  cleanup_fd int fd = socket(where->any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int v6 = where->any.sa_family == AF_INET6;
  if (v6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0) return -1;
  if (type == SOCK_STREAM) {
    if (set(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0) return -1;
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  } else if (set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1) < 0) {
    return -1; /* which of our addresses a datagram came to: the answer must come from there */
  }
  if (bind(fd, &where->any, address_length(where)) < 0) return -1;
  if (type == SOCK_STREAM && listen(fd, BACKLOG) < 0) return -1;
  return steal_fd(&fd);
}

static uint16_t bound_port(int fd) {
  union address here = {0};
  socklen_t length = sizeof here;
  if (getsockname(fd, &here.any, &length) < 0) return 0;
  return ntohs(here.any.sa_family == AF_INET6 ? here.v6.sin6_port : here.v4.sin_port);
}

static int cannot_bind(const char *host, const struct sampan_port *wanted, int type, int error,
                       struct fail *fail) {
  uint16_t port = (uint16_t)wanted->host_port;
  const char *open = strchr(host, ':') ? "[" : "", *close = strchr(host, ':') ? "]" : "";
  const char *why = error == EADDRINUSE      ? "port is already allocated"
                    : error == EADDRNOTAVAIL ? "no interface of this machine has that address"
                    : error == EACCES        ? "permission denied"
                                             : strerror(error);
  fail_say(fail, EXIT_HELPER, "publish port", "Bind for %s%s%s:%d failed: %s", open, host, close, port, why);
  fail->error = error;
  if (error == EADDRINUSE && wanted->host_port_last)
    return fail_hint(fail,
                     "So are all others up to %d: choose a larger range, or leave it out for a free one",
                     (int)wanted->host_port_last);
  snprintf(fail->on, sizeof fail->on, "%d/%s", port, type == SOCK_STREAM ? "tcp" : "udp"); /* owner.c */
  if (error == EADDRINUSE)
    return fail_hint(fail, "Find who has it: ss -lntup 'sport = :%d', or choose another host port", port);
  if (error == EACCES && port < FIRST_FREE_PORT)
    return fail_hint(
        fail, "Ports below 1024 are root's until: sudo sysctl net.ipv4.ip_unprivileged_port_start=%d", port);
  return -1;
}

/* One socket for each of `hosts`, all on the same port. Returns how many; -1 and errno, *failed says for
 * which. */
static int bind_together(const char *const *hosts, size_t count, uint16_t wanted, int type, int *fds,
                         size_t *failed) {
  uint16_t port = wanted;
  size_t made = 0;
  for (size_t i = 0; i < count; i++) {
    union address where;
    *failed = i;
    if (parse_address(hosts[i], port, &where) < 0) {
      errno = EINVAL;
      break;
    }
    fds[made] = listen_on(&where, type);
    if (fds[made] >= 0) {
      port = bound_port(fds[made++]);
    } else if (i == 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)) {
      break; /* a machine without IPv6 publishes on IPv4 alone */
    }
    if (i + 1 == count) return (int)made;
  }
  int error = errno;
  while (made > 0) close(fds[--made]);
  errno = error;
  return -1;
}

/* A random port must be free in both families: tried again a few times. One of a range: the first that is. */
static int bind_any(const struct sampan_port *port, const char *const *hosts, size_t count, int type,
                    int *fds, size_t *failed) {
  int64_t last = port->host_port_last ? port->host_port_last : port->host_port ? port->host_port : TRIES;
  for (int64_t at = port->host_port; at <= last; at++) {
    int made = bind_together(hosts, count, (uint16_t)(port->host_port ? at : 0), type, fds, failed);
    if (made >= 0 || errno != EADDRINUSE) return made;
  }
  errno = EADDRINUSE;
  return -1;
}

/* Binds row `row`. */
static int bind_row(const struct sampan_port *port, size_t row, struct listeners *out, struct fail *fail) {
  int type = strcmp(port->protocol, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM;
  int all = port->host_ip == NULL || *port->host_ip == '\0';
  const char *const *hosts = all ? everywhere : &port->host_ip;
  size_t count = all ? 2 : 1, failed = 0;
  int fds[2] = {-1, -1}, made = bind_any(port, hosts, count, type, fds, &failed);
  if (made < 0) return cannot_bind(hosts[failed], port, type, errno, fail);
  out->host_ports[row] = bound_port(fds[0]);
  for (int i = 0; i < made; i++) {
    union address here = {0};
    socklen_t length = sizeof here;
    getsockname(fds[i], &here.any, &length);
    out->at[out->count++] = (struct listener){.fd = fds[i],
                                              .type = type,
                                              .family = here.any.sa_family,
                                              .port = row,
                                              .inner = (uint16_t)port->container_port,
                                              .proxy = port->proxy};
  }
  return 0;
}

int ports_bind(const struct sampan_network *network, struct listeners *out, struct fail *fail) {
  size_t rows = network->ports.count;
  *out = (struct listeners){0};
  if (rows == 0) return 0;
  out->at = need_memory(2 * rows * sizeof *out->at);
  out->host_ports = need_memory(rows * sizeof *out->host_ports);
  for (size_t row = 0; row < rows; row++) {
    if (bind_row(&network->ports.at[row], row, out, fail) == 0) continue;
    ports_close(out);
    return -1;
  }
  return 0;
}

void ports_close(struct listeners *listeners) {
  for (size_t i = 0; i < listeners->count; i++) close(listeners->at[i].fd);
  free(listeners->at);
  free(listeners->host_ports);
  *listeners = (struct listeners){0};
}

void port_row_print(const struct port_row *row, const char *name, struct strbuf *out) {
  json_open(out, name, '{');
  json_add_text(out, "hostIp", row->port->host_ip ? row->port->host_ip : "");
  json_add_whole(out, "hostPort", row->host_port);
  json_add_whole(out, "containerPort", row->port->container_port);
  json_add_text(out, "protocol", row->port->protocol);
  if (row->port->proxy == PROXY_V2) json_add_text(out, "proxy", "v2");
  json_close(out, '}');
}

int ports_record(const struct bundle *bundle, const struct port_row *rows, size_t count, struct fail *fail) {
  cleanup_strbuf struct strbuf text = {0};
  json_open(&text, NULL, '{');
  json_add_whole(&text, "version", 1);
  json_open(&text, "ports", '[');
  for (size_t row = 0; row < count; row++) port_row_print(&rows[row], NULL, &text);
  json_close(&text, ']');
  json_close(&text, '}');
  strbuf_char(&text, '\n');
  if (write_file_atomic(bundle->fd, "ports.json", text.at, text.length, 0600, 0) == 0) return 0;
  return fail_errno(fail, "write", "%s/ports.json", bundle->path);
}
