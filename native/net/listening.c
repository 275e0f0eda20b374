/* See listening.h. */
#include "listening.h"
#include "../common/cleanup.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool line_has_port(const char *line, uint16_t port) {
  const char *number = strchr(line, ':');
  const char *local = number ? strchr(number + 1, ':') : NULL;
  return local && strtoul(local + 1, NULL, 16) == port;
}

bool udp_listens(const char *path, uint16_t port) {
  cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
  char text[8192];
  size_t have = 0;
  ssize_t got;
  while (fd >= 0 && (got = read(fd, text + have, sizeof text - 1 - have)) > 0) {
    have += (size_t)got;
    text[have] = 0;
    char *line = text;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
      *end = 0;
      if (line_has_port(line, port)) return true;
    }
    have = strlen(line);
    memmove(text, line, have);
  }
  return false;
}
