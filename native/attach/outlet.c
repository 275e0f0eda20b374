#include "outlet.h"

#include <errno.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
  ALWAYS_FITS = 4096
}; /* pipe(7): a pipe that polls writable takes PIPE_BUF bytes; so does a terminal */

void outlet_init(struct outlet *outlet, int fd) {
  struct stat st;

  outlet->fd = fd;
  outlet->kind = OUTLET_ANY;
  if (fstat(fd, &st) < 0) return;
  if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || (S_ISCHR(st.st_mode) && !isatty(fd)))
    outlet->kind = OUTLET_FILE;
  else if (S_ISSOCK(st.st_mode))
    outlet->kind = OUTLET_SOCKET;
  else if (S_ISCHR(st.st_mode))
    outlet->kind = OUTLET_SLOW;
}

static ssize_t write_a_little(const struct outlet *outlet, const uint8_t *data, size_t size) {
  struct pollfd poller = {.fd = outlet->fd, .events = POLLOUT};

  if (poll(&poller, 1, 0) == 0) return 0;
  return write(outlet->fd, data, size < ALWAYS_FITS ? size : ALWAYS_FITS);
}

/* preadv2(2): RWF_NOWAIT works on pipes from Linux 6.4 on. */
static ssize_t write_nowait(struct outlet *outlet, const uint8_t *data, size_t size) {
  struct iovec part = {(void *)data, size};
  /* Offset -1 (in two halves): the stream has none. */
  ssize_t n = syscall(SYS_pwritev2, outlet->fd, &part, 1UL, -1L, -1L, RWF_NOWAIT);

  if (n < 0 && (errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS)) {
    outlet->kind = OUTLET_SLOW;
    return write_a_little(outlet, data, size);
  }
  return n;
}

ssize_t outlet_write(struct outlet *outlet, const uint8_t *data, size_t size) {
  ssize_t n = -1;

  if (size == 0) return 0;
  do switch (outlet->kind) {
    case OUTLET_FILE:
      n = write(outlet->fd, data, size);
      break;
    case OUTLET_SOCKET:
      n = send(outlet->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
      break;
    case OUTLET_SLOW:
      n = write_a_little(outlet, data, size);
      break;
    case OUTLET_ANY:
      n = write_nowait(outlet, data, size);
      break;
    }
  while (n < 0 && errno == EINTR);
  return n < 0 && errno == EAGAIN ? 0 : n;
}
