/* udp-echo PORT: sends every datagram back to whoever sent it. Static, so that it runs in any container. */
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0)};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0) return 1;
  for (;;) {
    char data[65536];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t got = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &size);
    if (got < 0 || sendto(fd, data, (size_t)got, 0, (struct sockaddr *)&from, size) < 0) return 1;
  }
}
