/* Published ports: the sockets that listen on the host, made before the container's program runs. */
#ifndef SAMPAN_PORTS_H
#define SAMPAN_PORTS_H

#include "../spec/spec.h"
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

struct fail;

/* Any socket address: large enough, and without a cast at each use. */
union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static inline socklen_t address_length(const union address *address) {
  return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

/* One listening socket. A port published on every address has two: IPv4 and IPv6. */
struct listener {
  int fd;         /* not blocking */
  int type;       /* SOCK_STREAM or SOCK_DGRAM */
  int family;     /* AF_INET or AF_INET6 */
  size_t port;    /* row of network.ports */
  uint16_t inner; /* container port, host byte order */
  int proxy;      /* enum port_proxy */
};

struct listeners {
  struct listener *at;
  size_t count;
  int64_t *host_ports; /* for each row of network.ports, the real one */
};

/* Binds all, or none. The message is Docker's where a port is taken. */
int ports_bind(const struct sampan_network *network, struct listeners *out, struct fail *fail);
void ports_close(struct listeners *listeners);

/* One row of ports.json: what was asked, and the real host port. */
struct port_row {
  const struct sampan_port *port;
  int64_t host_port;
};

void port_row_print(const struct port_row *row, const char *name, struct strbuf *out);
int ports_record(const struct bundle *bundle, const struct port_row *rows, size_t count, struct fail *fail);

#endif
