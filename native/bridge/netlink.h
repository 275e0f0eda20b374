/*
 * One netlink request at a time, with its acknowledgement: rtnetlink(7) and nfnetlink. No allocation, so that
 * the forwarding thread may use it too.
 */
#ifndef SAMPAN_NETLINK_H
#define SAMPAN_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

/* One datagram of requests. Attributes go to the last message begun. */
struct request {
  union {
    struct nlmsghdr header; /* for the alignment */
    char bytes[4096];
  };
  size_t length;
  size_t message; /* where the last one begins */
};

/* A socket of the calling thread's network namespace (NETLINK_ROUTE, NETLINK_NETFILTER). -1 and errno. */
int netlink_open(int protocol);

/* Begins a message with its family header of `size` bytes (copied). */
void request_begin(struct request *request, int type, int flags, const void *family, size_t size);
void request_add(struct request *request, int type, const void *bytes, size_t length);
void request_text(struct request *request, int type, const char *text);
void request_number(struct request *request, int type, uint32_t number);  /* host order */
void request_network(struct request *request, int type, uint32_t number); /* network order */
/* A nested attribute: open returns what close wants. */
size_t request_open(struct request *request, int type);
void request_close(struct request *request, size_t nest);

/* Sends, waits for the acknowledgement of each message that asked for one. 0, or -1 and errno of the first
 * refusal. */
int netlink_send(int socket, struct request *request, int acknowledgements);

#endif
