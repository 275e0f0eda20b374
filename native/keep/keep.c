/*
 * Role keep: holds the user's namespaces while somebody leases them, plus five seconds. Started by lease.c,
 * as a session leader with nothing open but a pipe on standard output to say "ready" on. Lives outside the
 * user namespace, never blocks on a client, keeps no files but its socket and lock.
 */
#include "keep.h"
#include "../bridge/keeper.h"
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/json.h"
#include "../common/roles.h"
#include "../common/socket.h"
#include "../common/strbuf.h"
#include "mapping.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { LINGER = 5000 };

struct keeper {
  int folder, listener, userns;
  int networks; /* control socket of the net keeper, or -1 */
  enum mapping mapping;
  char why[256];
  struct pollfd *pollers; /* [0] is the listener, the rest are leases */
  size_t count, room;
};

static void add_lease(struct keeper *keeper, int fd) {
  if (keeper->count == keeper->room) {
    keeper->room *= 2;
    struct pollfd *more = need_memory(keeper->room * sizeof *more);
    memcpy(more, keeper->pollers, keeper->count * sizeof *more);
    free(keeper->pollers);
    keeper->pollers = more;
  }
  keeper->pollers[keeper->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void accept_lease(struct keeper *keeper) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  cleanup_fd int fd = accept4(keeper->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != getuid()) return;
  add_lease(keeper, steal_fd(&fd));
}

/* Hands one end of a new connection to the net keeper; a net keeper that was killed has closed its socket. */
static int connect_networks(struct keeper *keeper, int far, struct fail *fail) {
  if (keeper->networks >= 0 && send_fds(keeper->networks, "c", 1, &far, 1) == 0) return 0;
  drop_fd(&keeper->networks);
  keeper->networks = net_keeper_start(keeper->userns, fail);
  if (keeper->networks < 0) return -1;
  return send_fds(keeper->networks, "c", 1, &far, 1) == 0 ? 0 : fail_errno(fail, "ask net keeper", "%s", "");
}

static int answer_network(struct keeper *keeper, int fd) {
  cleanup_strbuf struct strbuf text = {0};
  cleanup_fd int near = -1, far = -1;
  struct fail fail = {0};
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
  near = pair[0];
  far = pair[1];
  if (connect_networks(keeper, far, &fail) < 0) {
    fail_line(&fail, &text);
    return send_fds(fd, text.at, text.length, NULL, 0);
  }
  json_open(&text, NULL, '{');
  json_add_flag(&text, "network", true);
  json_close(&text, '}');
  return send_fds(fd, text.at, text.length, &near, 1);
}

/* One request, one answer. -1 when the client is gone or talks nonsense. */
static int answer(struct keeper *keeper, int fd) {
  char request[256];
  struct fail ignored;
  ssize_t length = recv(fd, request, sizeof request - 1, MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (length <= 0) return -1;
  request[length] = 0;
  cleanup_json yajl_val value = json_parse(request, "request", &ignored);
  const char *want = json_text(value, "want");
  if (want && strcmp(want, "network") == 0) return answer_network(keeper, fd);
  if (!want || strcmp(want, "user") != 0) return -1;
  cleanup_strbuf struct strbuf text = {0};
  json_open(&text, NULL, '{');
  json_add_text(&text, "mapping", mapping_word(keeper->mapping));
  json_add_whole(&text, "uid", getuid());
  json_add_whole(&text, "gid", getgid());
  json_add_text(&text, "why", keeper->why);
  json_close(&text, '}');
  return send_fds(fd, text.at, text.length, &keeper->userns, 1);
}

static void serve_leases(struct keeper *keeper) {
  for (size_t i = 1; i < keeper->count;) {
    struct pollfd *poller = &keeper->pollers[i];
    if (poller->revents && answer(keeper, poller->fd) < 0) {
      close(poller->fd);
      *poller = keeper->pollers[--keeper->count];
    } else
      i++;
  }
}

/*
 * Nobody has come for five seconds. Go only under the lock, so that nobody is just starting; a client that
 * connects between our last look and the end sees the connection closed and starts a new keeper.
 */
static int may_go(struct keeper *keeper) {
  cleanup_fd int lock =
      openat(keeper->folder, "keeper.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) < 0) return 0;
  if (poll(keeper->pollers, 1, 0) > 0) return 0;
  unlinkat(keeper->folder, "keeper.sock", 0);
  unlinkat(keeper->folder, "keeper.lock", 0);
  return 1;
}

static void keep_until_unused(struct keeper *keeper) {
  for (;;) {
    int ready = poll(keeper->pollers, keeper->count, keeper->count > 1 ? -1 : LINGER);
    if (ready == 0 && keeper->count == 1 && may_go(keeper)) return;
    if (ready <= 0) continue;
    serve_leases(keeper);
    if (keeper->pollers[0].revents) accept_lease(keeper);
  }
}

/* As many leases as the host lets us have descriptors. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* The namespace of a keeper that was killed, handed on by a monitor. */
static int inherit(struct keeper *keeper, const char *word, const char *why) {
  for (enum mapping mapping = MAPPING_FULL; mapping <= MAPPING_IDENTITY; mapping++)
    if (strcmp(word, mapping_word(mapping)) == 0) keeper->mapping = mapping;
  snprintf(keeper->why, sizeof keeper->why, "%s", why ? why : "");
  keeper->userns = INHERITED;
  return fcntl(INHERITED, F_SETFD, FD_CLOEXEC);
}

static int open_for_business(const char *runtime, const char *inherited, const char *why,
                             struct keeper *keeper, struct fail *fail) {
  if (chdir("/") < 0) return fail_errno(fail, "start keeper", "/");
  keeper->folder = open_runtime_folder(runtime, fail);
  if (keeper->folder < 0) return -1;
  if (inherited && inherit(keeper, inherited, why) < 0)
    return fail_errno(fail, "inherit user namespace", "%s", "");
  if (!inherited && make_user_namespace(&keeper->userns, &keeper->mapping, keeper->why, fail) < 0) return -1;
  keeper->listener = unix_listen(keeper->folder, "keeper.sock", SOCK_SEQPACKET | SOCK_NONBLOCK, 512);
  if (keeper->listener < 0) return fail_errno(fail, "listen", "%s/keeper.sock", runtime);
  keeper->room = 8;
  keeper->pollers = need_memory(keeper->room * sizeof *keeper->pollers);
  keeper->pollers[0] = (struct pollfd){.fd = keeper->listener, .events = POLLIN};
  keeper->count = 1;
  return 0;
}

/* The launcher waits for this: exit_code 0 is "ready". Then the pipe gives way to /dev/null. */
static void tell_launcher(const struct fail *fail) {
  (void)!write(1, fail, sizeof *fail);
  cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0) dup2(null, 1);
}

int keep_main(int argc, char **argv) {
  struct fail fail = {0};
  struct keeper keeper = {.folder = -1, .listener = -1, .userns = -1, .networks = -1};
  const char *runtime = NULL, *inherited = NULL, *why = NULL;
  const struct arg rows[] = {
      {"--runtime", &runtime, NULL, 1}, {"--inherited", &inherited, NULL, 0}, {"--why", &why, NULL, 0}, {0}};
  raise_descriptor_limit();
  if (read_args(argc, argv, rows, &fail) >= 0) open_for_business(runtime, inherited, why, &keeper, &fail);
  signal(SIGCHLD, SIG_IGN); /* the net keeper is nobody's zombie; newuidmap was waited for */
  tell_launcher(&fail);
  if (fail.exit_code) return fail.exit_code;
  keep_until_unused(&keeper);
  return 0;
}
