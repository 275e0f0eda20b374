/*
 * The child is slirp4netns or pasta from the executable's own packs. It lives as long as the container runs:
 * the monitor kills it at the end, the kernel (parent-death signal) when the monitor is killed. Everything
 * waits with a deadline: a pasta that may not open its tap device hangs for ever.
 */
#include "outside.h"
#include "../bridge/links.h"
#include "../bridge/netlink.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/pidfd.h"
#include "../common/strbuf.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE = 10000 /* ms; both need 1–30 */, MOST_WORDS = 64 };

/* Where the child finds its descriptors. */
enum { CHILD_NETNS = 3, CHILD_READY = 4 };

/* Options after the argv prefix of sampan.json. %s is the MTU. */
static const char *const slirp_options[] = {"--configure",      "--mtu=%s",         "--ready-fd=4",
                                            "--enable-sandbox", "--enable-seccomp", "--netns-type=path",
                                            "/proc/self/fd/3",  OUTSIDE_LINK,       NULL};
static const char *const slirp_ipv6[] = {"--enable-ipv6", NULL};
static const char *const slirp_closed[] = {"--disable-host-loopback", NULL};

/*
 * --runas 0: we are root of a user namespace only, there is no nobody to become. --pid: written when the
 * namespace is ready, so a pipe there tells us. No ports: those are the monitor's.
 */
static const char *const pasta_options[] = {"--foreground",
                                            "--quiet",
                                            "--config-net",
                                            "--ns-ifname",
                                            OUTSIDE_LINK,
                                            "--mtu",
                                            "%s",
                                            "--address",
                                            CONTAINER_ADDRESS,
                                            "--netmask",
                                            CONTAINER_PREFIX,
                                            "--gateway",
                                            HOST_ADDRESS,
                                            "--dns-forward",
                                            DNS_ADDRESS,
                                            "--no-dhcp",
                                            "--no-dhcpv6",
                                            "--no-ra",
                                            "-t",
                                            "none",
                                            "-u",
                                            "none",
                                            "-T",
                                            "none",
                                            "-U",
                                            "none",
                                            "--runas",
                                            "0",
                                            "--pid",
                                            "/proc/self/fd/4",
                                            "--netns",
                                            "/proc/self/fd/3",
                                            NULL};
static const char *const pasta_ipv4[] = {"--ipv4-only", "--no-ndp", NULL};
static const char *const pasta_ipv6[] = {"--address", CONTAINER_ADDRESS6, "--gateway", HOST_ADDRESS6, NULL};
static const char *const pasta_closed[] = {"--no-map-gw", NULL};

/* Both programs open it; what they say when they cannot is no help. */
static int check_tun(struct fail *fail) {
  cleanup_fd int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd >= 0) return 0;
  int error = errno;
  fail_errno(fail, "open", "/dev/net/tun");
  if (error == EACCES || error == EPERM) return fail_hint(fail, "sudo chmod 0666 /dev/net/tun");
  return fail_hint(fail, "sudo modprobe tun, or run with --network none or --network host");
}

/* The argv of the child. `mtu` must live as long as it is used. */
static int make_argv(const struct sampan_network *network, char *mtu, const char **argv, struct fail *fail) {
  size_t count = 0;
  for (size_t i = 0; i < network->command.count && count < MOST_WORDS / 2; i++)
    argv[count++] = network->command.at[i];
  if (count == 0) return fail_say(fail, EXIT_HELPER, "read sampan.json", "network.command is empty");
  static const char *const none[] = {NULL};
  bool pasta = network->mode == NETWORK_PASTA;
  const char *const *const lists[] = {
      pasta ? pasta_options : slirp_options,
      pasta ? (network->ipv6 ? pasta_ipv6 : pasta_ipv4) : (network->ipv6 ? slirp_ipv6 : none),
      !network->no_host_loopback ? none
      : pasta                    ? pasta_closed
                                 : slirp_closed,
  };
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    for (const char *const *at = lists[i]; *at && count < MOST_WORDS - 1; at++)
      argv[count++] = strstr(*at, "%s") ? mtu : *at;
  argv[count] = NULL;
  return 0;
}

/* Runs in the child. Everything of ours is close-on-exec but what is put into place here. */
static _Noreturn void become(const char *const *argv, pid_t parent, int netns, int ready, int words) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(EXIT_HELPER); /* it died before the line above */
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  /* Out of the way first: the numbers wanted may be taken by the other one. */
  int high_netns = fcntl(netns, F_DUPFD_CLOEXEC, 10), high_ready = fcntl(ready, F_DUPFD_CLOEXEC, 10);
  int high_words = fcntl(words, F_DUPFD_CLOEXEC, 10), null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (dup2(null, 0) < 0 || dup2(high_words, 1) < 0 || dup2(high_words, 2) < 0 ||
      dup2(high_netns, CHILD_NETNS) < 0 || dup2(high_ready, CHILD_READY) < 0)
    _exit(EXIT_HELPER);
  execv(argv[0], (char *const *)argv);
  dprintf(2, "execve %s: %s\n", argv[0], strerror(errno));
  _exit(EXIT_NOT_FOUND);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 1 when the child wrote to `ready`, 0 when it ended or the deadline passed. */
static int wait_until_ready(int ready, int pidfd) {
  int64_t until = now_ms() + DEADLINE;
  for (;;) {
    struct pollfd watched[] = {{.fd = ready, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
    int64_t left = until - now_ms();
    int count = poll(watched, 2, left > 0 ? (int)left : 0);
    if (count < 0 && errno == EINTR) continue;
    char byte;
    if (count > 0 && watched[0].revents & POLLIN && read(ready, &byte, 1) == 1) return 1;
    /* POLLHUP alone says that the child closed its end: its end follows. */
    if (count <= 0 || watched[1].revents) return 0;
    if (watched[0].revents) {
      struct pollfd ending = {.fd = pidfd, .events = POLLIN};
      poll(&ending, 1, left > 0 ? (int)left : 0);
      return 0;
    }
  }
}

/*
 * slirp4netns gives the interface its IPv4 address only and leaves the rest to router advertisements, which a
 * namespace that forwards does not listen to and which take a second. In a child, since nobody comes back
 * from the namespace to the host's. 0, or an errno.
 */
static int add_ipv6(int netns) {
  struct ip own, gateway;
  ip_parse(CONTAINER_ADDRESS6, &own);
  ip_parse(HOST_ADDRESS6, &gateway);
  if (setns(netns, CLONE_NEWNET) < 0) return errno;
  cleanup_fd int route = netlink_open(NETLINK_ROUTE);
  if (route < 0) return errno;
  write_existing(AT_FDCWD, "/proc/sys/net/ipv6/conf/" OUTSIDE_LINK "/accept_ra", "0");
  if (address_add(route, OUTSIDE_LINK, &own, CONTAINER_PREFIX6) < 0 ||
      route_add(route, OUTSIDE_LINK, NULL, &gateway, 0) < 0)
    return errno;
  return 0;
}

static int configure_ipv6(int netns, struct fail *fail) {
  int status = 0;
  pid_t pid = fork();
  if (pid < 0) return fail_errno(fail, "fork", "%s", "");
  if (pid == 0) _exit(add_ipv6(netns));
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  if (status == 0) return 0;
  return fail_code(fail, WIFEXITED(status) ? WEXITSTATUS(status) : EINTR, "set address", "%s on %s",
                   CONTAINER_ADDRESS6, OUTSIDE_LINK);
}

/* The last line the child wrote, as the reason; then it is gone. */
static int give_up(const char *name, int pidfd, int words, struct fail *fail) {
  int ended = pidfd_ended(pidfd, 0) == 1, status;
  pidfd_signal(pidfd, SIGKILL);
  pidfd_reap(pidfd, &status);
  close(pidfd);
  char text[2048];
  ssize_t length = read(words, text, sizeof text - 1);
  text[length > 0 ? length : 0] = '\0';
  while (length > 0 && text[length - 1] == '\n') text[--length] = '\0';
  char *line = strrchr(text, '\n');
  line = line ? line + 1 : text;
  if (!ended)
    return fail_say(fail, EXIT_HELPER, "start network", "%s was not ready after %d seconds%s%s", name,
                    DEADLINE / 1000, *line ? ": " : "", line);
  return fail_say(fail, EXIT_HELPER, "start network", "%s failed: %s", name,
                  *line ? line : "it said nothing");
}

int outside_start(const struct sampan_network *network, int netns, struct fail *fail) {
  const char *name = network->mode == NETWORK_PASTA ? "pasta" : "slirp4netns";
  const char *argv[MOST_WORDS];
  char mtu[32];
  snprintf(mtu, sizeof mtu, network->mode == NETWORK_PASTA ? "%d" : "--mtu=%d", (int)network->mtu);
  if (check_tun(fail) < 0 || make_argv(network, mtu, argv, fail) < 0) return -1;

  int ends[2], words_ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return fail_errno(fail, "make a pipe", "%s", name);
  cleanup_fd int ready = ends[0], ready_child = ends[1];
  /* Never blocks the child: nobody reads what it says once it runs. */
  if (pipe2(words_ends, O_CLOEXEC | O_NONBLOCK) < 0) return fail_errno(fail, "make a pipe", "%s", name);
  cleanup_fd int words = words_ends[0], words_child = words_ends[1];

  pid_t parent = getpid(), pid = fork();
  if (pid < 0) return fail_errno(fail, "fork", "%s", name);
  if (pid == 0) become(argv, parent, netns, ready_child, words_child);
  drop_fd(&ready_child);
  drop_fd(&words_child);
  cleanup_fd int pidfd = pidfd_open_process(pid);
  if (pidfd < 0) return fail_errno(fail, "pidfd_open", "%s", name);
  if (wait_until_ready(ready, pidfd)) {
    if (!network->ipv6 || network->mode == NETWORK_PASTA || configure_ipv6(netns, fail) == 0)
      return steal_fd(&pidfd);
    outside_stop(steal_fd(&pidfd));
    return -1;
  }
  return give_up(name, steal_fd(&pidfd), words, fail);
}

/*
 * Closing a tap device takes the kernel 10–30 ms, inside the exit of the process that had it. Nobody has to
 * wait for that: the child is killed now and reaped by the next call, or by whoever reaps the monitor's
 * children after it.
 */
static void reap_later(int pidfd) {
  static int dying[8];
  static size_t count;
  for (size_t i = 0; i < count;) {
    int status;
    if (pidfd_ended(dying[i], 0) != 1) {
      i++;
      continue;
    }
    pidfd_reap(dying[i], &status);
    close(dying[i]);
    dying[i] = dying[--count];
  }
  int status;
  if (count == sizeof dying / sizeof *dying) {
    pidfd_reap(pidfd, &status);
    close(pidfd);
  } else {
    dying[count++] = pidfd;
  }
}

void outside_stop(int pidfd) {
  if (pidfd < 0) return;
  pidfd_signal(pidfd, SIGKILL);
  reap_later(pidfd);
}
