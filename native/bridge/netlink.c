/* See netlink.h. */
#include "netlink.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { DEADLINE = 10 /* s: a netlink lock held by others is a matter of milliseconds */ };

int netlink_open(int protocol) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), on = 1;
  if (fd < 0) return -1;
  struct timeval deadline = {.tv_sec = DEADLINE};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  return fd;
}

static struct nlmsghdr *message_of(struct request *request) {
  return (struct nlmsghdr *)(request->bytes + request->message);
}

static void *take(struct request *request, size_t length) {
  size_t room = NLMSG_ALIGN(length);
  if (request->length + room > sizeof request->bytes) return NULL; /* netlink_send refuses it */
  void *at = request->bytes + request->length;
  memset(at, 0, room);
  request->length += room;
  message_of(request)->nlmsg_len = (uint32_t)(request->length - request->message);
  return at;
}

void request_begin(struct request *request, int type, int flags, const void *family, size_t size) {
  request->message = request->length;
  if (!take(request, sizeof(struct nlmsghdr))) return;
  struct nlmsghdr *header = message_of(request);
  header->nlmsg_type = (uint16_t)type;
  header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
  void *at = take(request, size);
  if (at) memcpy(at, family, size);
}

void request_add(struct request *request, int type, const void *bytes, size_t length) {
  struct nlattr *attribute = take(request, NLA_HDRLEN + length);
  if (!attribute) return;
  attribute->nla_type = (uint16_t)type;
  attribute->nla_len = (uint16_t)(NLA_HDRLEN + length);
  if (length) memcpy((char *)attribute + NLA_HDRLEN, bytes, length);
}

void request_text(struct request *request, int type, const char *text) {
  request_add(request, type, text, strlen(text) + 1);
}

void request_number(struct request *request, int type, uint32_t number) {
  request_add(request, type, &number, sizeof number);
}

void request_network(struct request *request, int type, uint32_t number) {
  request_number(request, type, __builtin_bswap32(number));
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "request_network swaps");

size_t request_open(struct request *request, int type) {
  size_t nest = request->length;
  request_add(request, type | NLA_F_NESTED, NULL, 0);
  return nest;
}

void request_close(struct request *request, size_t nest) {
  struct nlattr *attribute = (struct nlattr *)(request->bytes + nest);
  attribute->nla_len = (uint16_t)(request->length - nest);
}

int netlink_send(int socket, struct request *request, int acknowledgements) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  char answer[8192] __attribute__((aligned(8)));
  int error = 0;
  if (request->length + 512 > sizeof request->bytes) {
    errno = E2BIG;
    return -1;
  }
  if (sendto(socket, request->bytes, request->length, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
    return -1;
  while (acknowledgements > 0) {
    ssize_t got = recv(socket, answer, sizeof answer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    struct nlmsghdr *at = (struct nlmsghdr *)answer;
    for (size_t left = (size_t)got; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_type != NLMSG_ERROR) continue;
      const struct nlmsgerr *told = NLMSG_DATA(at);
      if (told->error && !error) error = -told->error;
      acknowledgements--;
      if (told->error && request->message) acknowledgements = 0; /* a batch ends with its first error */
    }
  }
  if (!error) return 0;
  while (recv(socket, answer, sizeof answer, MSG_DONTWAIT) > 0) continue;
  errno = error;
  return -1;
}
