/* Unix sockets by folder and name, descriptors along with messages. Runs in keeper, monitor and their
 * clients. */
#include "socket.h"
#include "cleanup.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { MOST_FDS = 4 };

static int address(int dirfd, const char *name, struct sockaddr_un *out) {
  *out = (struct sockaddr_un){.sun_family = AF_UNIX};
  int length = snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/%s", dirfd, name);
  if (length < (int)sizeof out->sun_path) return 0;
  errno = ENAMETOOLONG;
  return -1;
}

int unix_listen(int dirfd, const char *name, int type, int backlog) {
  struct sockaddr_un where;
  if (address(dirfd, name, &where) < 0) return -1;
  cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  unlinkat(dirfd, name, 0);
  if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0 || listen(fd, backlog) < 0) return -1;
  return steal_fd(&fd);
}

int unix_connect(int dirfd, const char *name, int type) {
  struct sockaddr_un where;
  if (address(dirfd, name, &where) < 0) return -1;
  cleanup_fd int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, (struct sockaddr *)&where, sizeof where) < 0) return -1;
  return steal_fd(&fd);
}

union control {
  char room[CMSG_SPACE(MOST_FDS * sizeof(int))];
  struct cmsghdr header; /* for the alignment */
};

int send_fds(int socket, const void *bytes, size_t length, const int *fds, size_t count) {
  union control control = {0};
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > MOST_FDS) {
    errno = EINVAL;
    return -1;
  }
  if (count) {
    message.msg_control = control.room;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    struct cmsghdr *header = &control.header;
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), fds, count * sizeof(int));
  }
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -1 : 0;
}

/* Takes the descriptors out of one control message; those there is no place for are closed. */
static void take_fds(struct cmsghdr *header, int *fds, size_t count) {
  size_t came = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (size_t i = 0; i < came; i++) {
    int fd;
    memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
    if (i < count && fds[i] < 0)
      fds[i] = fd;
    else
      close(fd);
  }
}

ssize_t recv_fds(int socket, void *bytes, size_t room, int *fds, size_t count) {
  union control control = {0};
  struct iovec part = {.iov_base = bytes, .iov_len = room};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
  for (size_t i = 0; i < count; i++) fds[i] = -1;
  ssize_t got;
  do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -1;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) take_fds(header, fds, count);
  return got;
}
