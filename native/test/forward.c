/*
 * Published ports carry every byte to the end. The "container" is a child in a network namespace of its own
 * that has the address slirp4netns would give it and runs an echo server; clients are children too, so that
 * running out of descriptors hits the forwarder alone.
 */
#include "../net/forward.h"
#include "../common/fail.h"
#include "../net/outside.h"
#include "../net/ports.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ECHO = 7, LAST_WORDS = 8, NOBODY = 9, LARGE = 3000000, LAST_SIZE = 200000 };

/* What a sanitizer finds in a child must not be lost. */
static void wait_for(pid_t pid) {
  int status;
  assert(waitpid(pid, &status, 0) == pid);
  assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void bring_up(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq request = {0};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  assert(ioctl(fd, SIOCSIFFLAGS, &request) == 0);
  union address address = {.v4 = {.sin_family = AF_INET}};
  inet_pton(AF_INET, CONTAINER_ADDRESS, &address.v4.sin_addr);
  strcpy(request.ifr_name, "lo:1");
  memcpy(&request.ifr_addr, &address.v4, sizeof address.v4);
  assert(ioctl(fd, SIOCSIFADDR, &request) == 0);
  close(fd);
}

static int open_server(int type, uint16_t port) {
  int fd = socket(AF_INET, type, 0), on = 1;
  union address here = {.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  assert(bind(fd, &here.any, sizeof here.v4) == 0);
  assert(type == SOCK_DGRAM || listen(fd, 128) == 0);
  return fd;
}

static void put(int fd, const char *bytes, size_t size) {
  while (size > 0) {
    ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes += sent;
    size -= (size_t)sent;
  }
}

static void answer(int client, int port) {
  static char bytes[65536];
  if (port == LAST_WORDS) {
    char *last = calloc(1, LAST_SIZE);
    put(client, last, LAST_SIZE);
    free(last);
  }
  for (ssize_t came; port == ECHO && (came = read(client, bytes, sizeof bytes)) > 0;)
    put(client, bytes, (size_t)came);
  shutdown(client, SHUT_WR);
  close(client);
}

static _Noreturn void serve(int ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGCHLD, SIG_IGN);
  assert(unshare(CLONE_NEWNET) == 0);
  bring_up();
  struct pollfd servers[] = {{.fd = open_server(SOCK_STREAM, ECHO), .events = POLLIN},
                             {.fd = open_server(SOCK_STREAM, LAST_WORDS), .events = POLLIN},
                             {.fd = open_server(SOCK_DGRAM, ECHO), .events = POLLIN}};
  assert(write(ready, "!", 1) == 1);
  for (;;) {
    assert(poll(servers, 3, -1) > 0 || errno == EINTR);
    for (int i = 0; i < 2; i++) {
      if (!servers[i].revents) continue;
      int client = accept(servers[i].fd, NULL, NULL);
      if (client >= 0 && fork() == 0) {
        answer(client, i == 0 ? ECHO : LAST_WORDS);
        _exit(0);
      }
      close(client);
    }
    if (servers[2].revents) {
      char bytes[2000];
      union address from;
      socklen_t length = sizeof from;
      ssize_t came = recvfrom(servers[2].fd, bytes, sizeof bytes, 0, &from.any, &length);
      if (came >= 0) sendto(servers[2].fd, bytes, (size_t)came, 0, &from.any, length);
    }
  }
}

static int reach(int type, int64_t port) {
  int fd = socket(AF_INET, type, 0);
  union address to = {.v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)}};
  inet_pton(AF_INET, "127.0.0.1", &to.v4.sin_addr);
  assert(connect(fd, &to.any, sizeof to.v4) == 0);
  return fd;
}

/* Writes and reads at the same time, as a client with more bytes than any buffer has to. */
static void echoes(int64_t port, size_t size) {
  int fd = reach(SOCK_STREAM, port);
  char *sent = malloc(size + 1);
  for (size_t i = 0; i < size; i++) sent[i] = (char)(i * 2654435761u >> 13);
  pid_t writer = fork();
  if (writer == 0) {
    put(fd, sent, size);
    shutdown(fd, SHUT_WR);
    _exit(0);
  }
  size_t came = 0;
  static char bytes[65536];
  for (ssize_t count; (count = read(fd, bytes, sizeof bytes)) != 0; came += (size_t)count)
    assert(count > 0 && came + (size_t)count <= size && memcmp(bytes, sent + came, (size_t)count) == 0);
  assert(came == size);
  wait_for(writer);
  free(sent);
  close(fd);
}

static void many_at_once(int64_t port, int clients) {
  static const size_t sizes[] = {0, 1, 5000, 70000, LARGE};
  pid_t children[64];
  for (int i = 0; i < clients; i++) {
    if ((children[i] = fork()) != 0) continue;
    echoes(port, sizes[i % 5]);
    _exit(0);
  }
  for (int i = 0; i < clients; i++) wait_for(children[i]);
}

static void goes_without_a_word(int64_t port) {
  struct linger now = {.l_onoff = 1};
  for (int i = 0; i < 50; i++) {
    int fd = reach(SOCK_STREAM, port);
    put(fd, "half a request", 14);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
  }
}

static void is_reset_where_nobody_listens(int64_t port) {
  int fd = reach(SOCK_STREAM, port);
  char byte;
  assert(read(fd, &byte, 1) == -1 && errno == ECONNRESET);
  close(fd);
}

static void answers_datagrams(int64_t port) {
  for (int client = 0; client < 20; client++) {
    int fd = reach(SOCK_DGRAM, port);
    struct timeval patience = {.tv_sec = 5};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char question[16], reply[16];
    int length = snprintf(question, sizeof question, "question %d", client);
    assert(send(fd, question, (size_t)length, 0) == length);
    assert(recv(fd, reply, sizeof reply, 0) == length && memcmp(question, reply, (size_t)length) == 0);
    close(fd);
  }
}

/* Connections wait while there are no descriptors, and are served when there are some again. */
static void survives_a_lack_of_descriptors(int64_t port) {
  struct rlimit before, few;
  getrlimit(RLIMIT_NOFILE, &before);
  int next = dup(0);
  close(next);
  few = (struct rlimit){.rlim_cur = (rlim_t)next + 1, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  pid_t client = fork();
  if (client == 0) {
    setrlimit(RLIMIT_NOFILE, &before);
    many_at_once(port, 10);
    _exit(0);
  }
  usleep(300000);
  setrlimit(RLIMIT_NOFILE, &before);
  wait_for(client);
}

static void all_that_was_sent_arrives(struct forwarder *forwarder, int64_t port, pid_t container) {
  int fd = reach(SOCK_STREAM, port);
  usleep(100000);
  kill(container, SIGKILL);
  int status;
  waitpid(container, &status, 0);
  pid_t reader = fork();
  if (reader == 0) {
    static char bytes[65536];
    size_t came = 0;
    for (ssize_t count; (count = read(fd, bytes, sizeof bytes)) > 0;) came += (size_t)count;
    _exit(came == LAST_SIZE ? 0 : 1);
  }
  forward_stop(forwarder);
  wait_for(reader);
  close(fd);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  alarm(120);
  if (geteuid() != 0) assert(unshare(CLONE_NEWUSER) == 0);
  int ready[2];
  char byte;
  assert(pipe(ready) == 0);
  pid_t container = fork();
  if (container == 0) serve(ready[1]);
  assert(read(ready[0], &byte, 1) == 1);
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/net", container);
  int netns = open(path, O_RDONLY | O_CLOEXEC);

  struct sampan_port rows[] = {{.host_ip = "", .protocol = "tcp", .container_port = ECHO},
                               {.host_ip = "127.0.0.1", .protocol = "udp", .container_port = ECHO},
                               {.host_ip = "127.0.0.1", .protocol = "tcp", .container_port = LAST_WORDS},
                               {.host_ip = "127.0.0.1", .protocol = "tcp", .container_port = NOBODY}};
  struct sampan_network network = {.mode = NETWORK_SLIRP, .ports = {.at = rows, .count = 4}};
  struct listeners listeners, second;
  struct forwarder *forwarder;
  struct fail fail = {0};
  struct inside inside = {0};
  ip_parse("10.0.2.100", &inside.own[0]);
  assert(ports_bind(&network, &listeners, &fail) == 0);
  assert(forward_start(&listeners, &inside, netns, &forwarder, &fail) == 0);
  close(netns);

  rows[0].host_port = listeners.host_ports[0];
  assert(ports_bind(&network, &second, &fail) == -1);
  assert(strstr(fail.message, "failed: port is already allocated"));

  many_at_once(listeners.host_ports[0], 25);
  goes_without_a_word(listeners.host_ports[0]);
  is_reset_where_nobody_listens(listeners.host_ports[3]);
  answers_datagrams(listeners.host_ports[1]);
  survives_a_lack_of_descriptors(listeners.host_ports[0]);
  all_that_was_sent_arrives(forwarder, listeners.host_ports[2], container);
  ports_close(&listeners);
  return 0;
}
