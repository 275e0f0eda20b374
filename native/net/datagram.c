/*
 * Many datagrams a system call (recvmmsg, sendmmsg). A datagram that cannot be passed on at once is lost, as
 * on any network. Answers leave from the address the client had written to (IP_PKTINFO), on machines with
 * several.
 */
#include "datagram.h"
#include "../common/cleanup.h"
#include "inner.h"
#include "listening.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  BATCH = 32,
  DATAGRAM = 65536,
  QUIET = 120 * 1000, /* ms; a NAT's usual patience with UDP is 30 to 180 s */
  SWEEP = 10 * 1000,
  LOOK_AGAIN = 200,
  MOST_FLOWS = 4096 /* the one used longest ago makes room */
};

/* Where a datagram came to, in the form sendmsg takes it back. */
union local {
  struct cmsghdr header;
  char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct batch {
  struct mmsghdr heads[BATCH];
  struct iovec parts[BATCH];
  union address names[BATCH];
  union local controls[BATCH];
  char bytes[BATCH][DATAGRAM]; /* touched as far as it is used */
};

struct flow {
  struct watch watch;
  const struct listener *listener;
  union address client;
  union local local;
  size_t local_length;
  int inner;
  bool other; /* by the other protocol than the client's, which nobody listens by */
  bool heard; /* there was an answer */
  bool dead;
  int64_t used, looked;
  struct flow *next_in_bucket;
  struct flow *newer, *older;
};

void datagrams_init(struct net_loop *loop) {
  loop->flow_slab.size = sizeof(struct flow);
}

int datagrams_start(struct net_loop *loop) {
  loop->batch = mmap(NULL, sizeof *loop->batch, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (loop->batch != MAP_FAILED) return 0;
  loop->batch = NULL;
  return -1;
}

static bool same_address(const union address *a, const union address *b) {
  if (a->any.sa_family != b->any.sa_family) return false;
  if (a->any.sa_family == AF_INET)
    return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
  return a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
         memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) == 0;
}

static struct flow **bucket_of(struct net_loop *loop, const union address *client) {
  uint32_t hash = client->v4.sin_port; /* the same place in both families */
  if (client->any.sa_family == AF_INET) {
    hash ^= client->v4.sin_addr.s_addr;
  } else {
    for (size_t i = 0; i < sizeof client->v6.sin6_addr; i++)
      hash = hash * 31 + client->v6.sin6_addr.s6_addr[i];
  }
  return &loop->buckets[(hash * 2654435761u) >> 24];
}
_Static_assert(FLOW_BUCKETS == 256, "bucket_of keeps eight bits");

static void unlink_from_age(struct net_loop *loop, struct flow *flow) {
  *(flow->newer ? &flow->newer->older : &loop->newest) = flow->older;
  *(flow->older ? &flow->older->newer : &loop->oldest) = flow->newer;
}

static void make_newest(struct net_loop *loop, struct flow *flow) {
  flow->newer = NULL;
  flow->older = loop->newest;
  *(loop->newest ? &loop->newest->newer : &loop->oldest) = flow;
  loop->newest = flow;
}

static void forget(struct net_loop *loop, struct flow *flow) {
  struct flow **at = bucket_of(loop, &flow->client);
  while (*at != flow) at = &(*at)->next_in_bucket;
  *at = flow->next_in_bucket;
  unlink_from_age(loop, flow);
  drop_fd(&flow->inner);
  flow->dead = true;
  flow->next_in_bucket = loop->ended_flows;
  loop->ended_flows = flow;
  loop->flow_count--;
}

static struct flow *find(struct net_loop *loop, const struct listener *listener,
                         const union address *client) {
  struct flow *flow = *bucket_of(loop, client);
  while (flow && (flow->listener != listener || !same_address(&flow->client, client)))
    flow = flow->next_in_bucket;
  return flow;
}

/* -1: no socket is open. */
static int connect_flow(struct net_loop *loop, struct flow *flow) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &flow->watch};
  flow->inner = inner_socket(SOCK_DGRAM);
  if (flow->inner >= 0 &&
      inner_connect(loop->inside, &flow->inner, SOCK_DGRAM, flow->listener->inner, &flow->client,
                    flow->other) == 0 &&
      epoll_ctl(loop->epoll, EPOLL_CTL_ADD, flow->inner, &event) == 0)
    return 0;
  drop_fd(&flow->inner);
  return -1;
}

static struct flow *make(struct net_loop *loop, const struct listener *listener,
                         const union address *client) {
  if (loop->flow_count >= MOST_FLOWS) forget(loop, loop->oldest);
  struct flow *flow = slab_take(&loop->flow_slab);
  if (!flow) return NULL;
  flow->watch = (struct watch){.kind = WATCH_FLOW, .owner = flow};
  flow->listener = listener;
  flow->client = *client;
  if (connect_flow(loop, flow) < 0) {
    slab_give(&loop->flow_slab, flow);
    return NULL;
  }
  struct flow **bucket = bucket_of(loop, client);
  flow->next_in_bucket = *bucket;
  *bucket = flow;
  make_newest(loop, flow);
  loop->flow_count++;
  return flow;
}

static void use(struct net_loop *loop, struct flow *flow) {
  flow->used = loop->now;
  unlink_from_age(loop, flow);
  make_newest(loop, flow);
}

/* Keeps the address the datagram came to, as the source of the answers. */
static void remember_local(struct flow *flow, struct msghdr *message) {
  struct cmsghdr *header = CMSG_FIRSTHDR(message);
  flow->local = (union local){0};
  flow->local_length = 0;
  if (!header) return;
  flow->local.header.cmsg_level = header->cmsg_level;
  flow->local.header.cmsg_type = header->cmsg_type;
  if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(header), sizeof info);
    info.ipi_ifindex = 0; /* the way back is routing's business */
    memcpy(CMSG_DATA(&flow->local.header), &info, sizeof info);
    flow->local.header.cmsg_len = CMSG_LEN(sizeof info);
    flow->local_length = CMSG_SPACE(sizeof info);
  } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
    struct in6_pktinfo info;
    memcpy(&info, CMSG_DATA(header), sizeof info);
    if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
    memcpy(CMSG_DATA(&flow->local.header), &info, sizeof info);
    flow->local.header.cmsg_len = CMSG_LEN(sizeof info);
    flow->local_length = CMSG_SPACE(sizeof info);
  }
}

static int receive(struct batch *batch, int fd) {
  for (int i = 0; i < BATCH; i++) {
    batch->parts[i] = (struct iovec){.iov_base = batch->bytes[i], .iov_len = DATAGRAM};
    batch->heads[i].msg_hdr = (struct msghdr){.msg_name = &batch->names[i],
                                              .msg_namelen = sizeof batch->names[i],
                                              .msg_iov = &batch->parts[i],
                                              .msg_iovlen = 1,
                                              .msg_control = &batch->controls[i],
                                              .msg_controllen = sizeof batch->controls[i]};
  }
  return recvmmsg(fd, batch->heads, BATCH, MSG_DONTWAIT, NULL);
}

/* Sends [first, end). An error of an earlier datagram (nobody listens inside) is reported by the next call:
 * once more. */
static void send_run(int fd, struct batch *batch, int first, int end) {
  for (int failures = 0; first < end && failures < 2;) {
    int sent = sendmmsg(fd, batch->heads + first, (unsigned)(end - first), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0)
      first += sent;
    else
      failures++;
  }
}

/*
 * Many programs listen by IPv4 only. Who is refused is told by ICMP, which goes to the client's address and
 * so never comes back to us: the kernel's list of sockets says who listens. Looked at again as long as nobody
 * has answered, now and then.
 */
static void choose_protocol(struct net_loop *loop, struct flow *flow) {
  bool late = loop->now - flow->looked > LOOK_AGAIN;
  if (flow->heard || !late || flow->client.any.sa_family != AF_INET6 || !inner_has_other(loop->inside))
    return;
  flow->looked = loop->now;
  uint16_t port = flow->listener->inner;
  bool other =
      !udp_listens("/proc/thread-self/net/udp6", port) && udp_listens("/proc/thread-self/net/udp", port);
  if (other == flow->other) return;
  flow->other = other;
  drop_fd(&flow->inner);
  connect_flow(loop, flow);
}

void datagrams_in(struct net_loop *loop, const struct listener *listener) {
  struct batch *batch = loop->batch;
  int count = receive(batch, listener->fd);
  for (int first = 0, end; first < count; first = end) {
    for (end = first + 1; end < count && same_address(&batch->names[first], &batch->names[end]);) end++;
    struct flow *flow = find(loop, listener, &batch->names[first]);
    if (!flow) flow = make(loop, listener, &batch->names[first]);
    if (!flow) continue;
    use(loop, flow);
    choose_protocol(loop, flow);
    remember_local(flow, &batch->heads[first].msg_hdr);
    for (int i = first; i < end; i++) {
      batch->parts[i].iov_len = batch->heads[i].msg_len;
      batch->heads[i].msg_hdr = (struct msghdr){.msg_iov = &batch->parts[i], .msg_iovlen = 1};
    }
    send_run(flow->inner, batch, first, end);
  }
}

void datagrams_out(struct net_loop *loop, struct flow *flow) {
  if (flow->dead) return;
  struct batch *batch = loop->batch;
  int count = receive(batch, flow->inner);
  if (count <= 0) return; /* ECONNREFUSED: nobody listens inside (yet) */
  use(loop, flow);
  flow->heard = true;
  for (int i = 0; i < count; i++) {
    batch->parts[i].iov_len = batch->heads[i].msg_len;
    batch->heads[i].msg_hdr = (struct msghdr){.msg_name = &flow->client,
                                              .msg_namelen = address_length(&flow->client),
                                              .msg_iov = &batch->parts[i],
                                              .msg_iovlen = 1,
                                              .msg_control = flow->local_length ? &flow->local : NULL,
                                              .msg_controllen = flow->local_length};
  }
  send_run(flow->listener->fd, batch, 0, count);
}

int datagrams_expire(struct net_loop *loop) {
  if (!loop->oldest) return -1;
  while (loop->oldest && loop->now - loop->oldest->used > QUIET) forget(loop, loop->oldest);
  if (loop->oldest) return SWEEP;
  /* All quiet: the pages of the buffers go back. */
  madvise(loop->batch, sizeof *loop->batch, MADV_DONTNEED);
  return -1;
}

void datagrams_bury(struct net_loop *loop) {
  for (struct flow *flow = loop->ended_flows, *next; flow; flow = next) {
    next = flow->next_in_bucket;
    slab_give(&loop->flow_slab, flow);
  }
  loop->ended_flows = NULL;
}

void datagrams_drop(struct net_loop *loop) {
  while (loop->oldest) forget(loop, loop->oldest);
  slab_drop(&loop->flow_slab);
  if (loop->batch) munmap(loop->batch, sizeof *loop->batch);
}
