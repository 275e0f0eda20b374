/* See keeper.h: the process, its two threads, and what one does for the other. */
#include "keeper.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/kernel.h"
#include "../common/pidfd.h"
#include "../common/socket.h"
#include "../common/title.h"
#include "../net/outside.h"
#include "filter.h"
#include "links.h"
#include "netlink.h"
#include "world.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

enum { STACK = 512 * 1024, AGAIN = 200 /* ms before slirp4netns is started once more */ };

/* What the second thread asks of the first, one thing at a time. */
struct errand {
  int asked; /* eventfd */
  sem_t done;
  struct sampan_network network; /* what is asked for, copied */
  struct fail fail;
  int pidfd; /* of slirp4netns or pasta: the first thread's */
  _Atomic int running;
};

struct net_keeper {
  struct world world; /* the second thread's */
  struct errand errand;
  sem_t ready;
  struct fail fail; /* of the second thread's beginning */
  struct handler control;
};

static struct net_keeper self;

int64_t world_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int world_watch(struct world *world, struct handler *handler, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = handler};
  if (epoll_ctl(world->epoll, EPOLL_CTL_MOD, handler->fd, &event) == 0) return 0;
  return epoll_ctl(world->epoll, EPOLL_CTL_ADD, handler->fd, &event);
}

static void copy_way(const struct sampan_network *way) {
  const texts *command = &way->command;
  struct sampan_network *network = &self.errand.network;
  for (size_t i = 0; i < network->command.count; i++) free((char *)network->command.at[i]);
  free(network->command.at);
  *network = (struct sampan_network){.mode = way->mode, .mtu = way->mtu, .ipv6 = way->ipv6};
  network->command.at = need_memory((command->count + 1) * sizeof *network->command.at);
  for (size_t i = 0; i < command->count; i++) network->command.at[i] = format_text("%s", command->at[i]);
  network->command.at[command->count] = NULL;
  network->command.count = command->count;
}

/* Second thread. Waits: who joins first wants to have a way out when its program begins. */
static int need_outside(struct world *world, const struct sampan_network *way, struct fail *fail) {
  (void)world;
  if (self.errand.running) return 0;
  copy_way(way);
  eventfd_write(self.errand.asked, 1);
  while (sem_wait(&self.errand.done) < 0 && errno == EINTR) continue;
  if (self.errand.running) return 0;
  *fail = self.errand.fail;
  return -1;
}

/* First thread. */
static void start_outside(void) {
  struct errand *errand = &self.errand;
  errand->fail = (struct fail){0};
  errand->pidfd = outside_start(&errand->network, self.world.netns, &errand->fail);
  errand->running = errand->pidfd >= 0;
}

/* slirp4netns was killed: everybody's way out is put back, once; then the next join tries. */
static void restart_outside(void) {
  struct timespec pause = {.tv_nsec = AGAIN * 1000000};
  int status;
  pidfd_reap(self.errand.pidfd, &status);
  drop_fd(&self.errand.pidfd);
  for (int tries = 0; tries < 5 && self.errand.pidfd < 0; tries++) {
    if (tries) nanosleep(&pause, NULL);
    start_outside();
  }
}

static void mind_outside(void) {
  for (;;) {
    struct pollfd watched[] = {{.fd = self.errand.asked, .events = POLLIN},
                               {.fd = self.errand.pidfd, .events = POLLIN}};
    if (poll(watched, 2, -1) < 0) continue;
    if (watched[1].revents) restart_outside();
    if (!watched[0].revents) continue;
    eventfd_t count;
    eventfd_read(self.errand.asked, &count);
    if (!self.errand.running) start_outside();
    sem_post(&self.errand.done);
  }
}

static void control_ready(struct world *world, struct handler *handler, uint32_t events) {
  char byte;
  int fds[1];
  (void)events;
  ssize_t length = recv_fds(handler->fd, &byte, 1, fds, 1);
  if (length <= 0) _exit(0); /* the keeper has gone */
  if (fds[0] >= 0) serve_connection(world, fds[0]);
}

/* A new network namespace, ready to forward. Where a setting does not exist there is nothing to set. */
static int make_world(struct world *world, struct fail *fail) {
  if (unshare(CLONE_NEWNET) < 0) return fail_errno(fail, "make network namespace", "%s", "");
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/ns/net", (int)gettid());
  world->netns = open(path, O_RDONLY | O_CLOEXEC);
  if (world->netns < 0) return fail_errno(fail, "open", "%s", path);
  world->epoll = epoll_create1(EPOLL_CLOEXEC);
  world->route = netlink_open(NETLINK_ROUTE);
  if (world->epoll < 0 || world->route < 0) return fail_errno(fail, "open", "netlink socket");
  if (link_raise(world->route, "lo") < 0) return fail_errno(fail, "raise loopback", "lo");
  if (write_existing(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", "1") < 0)
    return fail_errno(fail, "set", "net.ipv4.ip_forward");
  write_existing(AT_FDCWD, "/proc/sys/net/ipv6/conf/all/forwarding", "1");
  write_existing(AT_FDCWD, "/proc/sys/net/bridge/bridge-nf-call-iptables", "0");
  write_existing(AT_FDCWD, "/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
  if (filter_install(OUTSIDE_LINK) < 0) {
    fail_errno(fail, "set nftables rules", "masquerade");
    return fail_hint(fail, "the kernel needs nf_tables and nft_masq (modprobe nft_masq), or run with "
                           "--network slirp");
  }
  world->need_outside = need_outside;
  return 0;
}

static void *serve(void *nothing) {
  struct world *world = &self.world;
  prctl(PR_SET_NAME, "sampan-bridges");
  int made = make_world(world, &self.fail);
  if (made == 0) made = world_watch(world, &self.control, EPOLLIN);
  sem_post(&self.ready);
  while (made == 0) {
    /* One at a time: a handler may close another one. */
    struct epoll_event event;
    int count = epoll_wait(world->epoll, &event, 1, resolve_expire(world));
    if (count < 1) continue;
    struct handler *handler = event.data.ptr;
    handler->ready(world, handler, event.events);
  }
  return nothing;
}

static int begin(struct fail *fail) {
  pthread_t thread;
  pthread_attr_t attributes;
  self.errand.asked = eventfd(0, EFD_CLOEXEC);
  self.errand.pidfd = -1;
  sem_init(&self.errand.done, 0, 0);
  sem_init(&self.ready, 0, 0);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK);
  int error = pthread_create(&thread, &attributes, serve, NULL);
  if (error) return fail_code(fail, error, "start net keeper", "thread");
  while (sem_wait(&self.ready) < 0 && errno == EINTR) continue;
  *fail = self.fail;
  return fail->exit_code ? -1 : 0;
}

static int enter_user_namespace(int userns, pid_t parent, struct fail *fail) {
  struct stat wanted, own;
  if (fstat(userns, &wanted) < 0 || stat("/proc/self/ns/user", &own) < 0)
    return fail_errno(fail, "join user namespace", "%s", "");
  /* A keeper that inherited the namespace is in it already. */
  if (wanted.st_ino != own.st_ino && setns(userns, CLONE_NEWUSER) < 0)
    return fail_errno(fail, "join user namespace", "%s", "");
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return fail_errno(fail, "become its root", "%s", "");
  prctl(PR_SET_DUMPABLE, 1);
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* gaining capabilities would have cleared it */
  return getppid() == parent ? 0 : fail_say(fail, EXIT_HELPER, "start net keeper", "the keeper has gone");
}

/* In the new process. */
static _Noreturn void become_net_keeper(int userns, int control, pid_t parent) {
  struct fail fail = {0};
  enum { USERNS = 3, CONTROL = 4 };
  int high_userns = fcntl(userns, F_DUPFD_CLOEXEC, 10), high_control = fcntl(control, F_DUPFD_CLOEXEC, 10);
  dup3(high_userns, USERNS, O_CLOEXEC);
  dup3(high_control, CONTROL, O_CLOEXEC);
  close_all_from(CONTROL + 1);
  title_set("sampan-helper net-keeper");
  prctl(PR_SET_NAME, "sampan-net");
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
  self.control = (struct handler){.fd = CONTROL, .ready = control_ready};
  int done = enter_user_namespace(USERNS, parent, &fail);
  close(USERNS);
  if (done == 0) done = begin(&fail);
  if (send_fds(CONTROL, &fail, sizeof fail, NULL, 0) < 0 || done < 0) _exit(EXIT_HELPER);
  mind_outside();
  _exit(0);
}

int net_keeper_start(int userns, struct fail *fail) {
  cleanup_fd int near = -1, far = -1;
  struct fail told = {0};
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return fail_errno(fail, "start net keeper", "socketpair");
  near = pair[0];
  far = pair[1];
  pid_t parent = getpid(), pid = fork();
  if (pid < 0) return fail_errno(fail, "start net keeper", "fork");
  if (pid == 0) become_net_keeper(userns, far, parent);
  drop_fd(&far);
  if (recv_fds(near, &told, sizeof told, NULL, 0) != sizeof told)
    return fail_say(fail, EXIT_HELPER, "start net keeper", "the net keeper ended before it was ready");
  if (!told.exit_code) return steal_fd(&near);
  *fail = told;
  return -1;
}
