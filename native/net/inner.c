/*
 * To the container's own address and not to its 127.0.0.1: many programs trust whoever comes from there
 * (databases let them in without a password), and a service that listens on 127.0.0.1 alone does not want to
 * be reached from outside. The program sees its own address as the peer. Keeping the client's address instead
 * (IP_TRANSPARENT, bind to `client`, and a rule for the way back) belongs here and nowhere else.
 */
#include "inner.h"
#include "outside.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>

int inner_socket(int type) {
  int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
  if (fd < 0 || type != SOCK_STREAM) return fd;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
  return fd;
}

int inner_connect(int fd, uint16_t port, const union address *client) {
  (void)client;
  union address to = {.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
  inet_pton(AF_INET, CONTAINER_ADDRESS, &to.v4.sin_addr);
  return connect(fd, &to.any, sizeof to.v4) == 0 || errno == EINPROGRESS ? 0 : -1;
}
