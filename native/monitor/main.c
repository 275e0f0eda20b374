/*
 * Role monitor. The process that is started here only makes the monitor proper and waits: for the one event
 * line
 * (`run -d`), or, with --attach, as the container's first attach client (`run`).
 */
#include "../attach/session.h"
#include "../attach/terminal.h"
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/kernel.h"
#include "../common/report.h"
#include "../common/roles.h"
#include "../net/owner.h"
#include "clients.h"
#include "log.h"
#include "monitor.h"
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct options {
  const char *bundle, *runtime, *detach_keys, *streams;
  const char *pass, *listen, *listen_names;
  int attach, with_stdin, no_stdout, no_stderr, no_sig_proxy;
};

static void become_a_monitor(const struct monitor *monitor) {
  setsid();
  if (fchdir(monitor->bundle.fd) < 0 && chdir("/") < 0) {
    /* then we stay where we were called */
  }
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2 && null >= 0; fd++) dup2(null, fd);
  if (null > 2) close(null);
  signal(SIGPIPE, SIG_IGN); /* a program may close its input */
  signal(SIGXFSZ, SIG_IGN); /* a log may reach the user's limit */
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_DFL);
  prctl(PR_SET_CHILD_SUBREAPER, 1); /* an OCI runtime leaves the container to us */
  prctl(PR_SET_NAME, "sampan-monitor");
  umask(022);
}

static void begin(struct monitor *monitor) {
  become_a_monitor(monitor);
  monitor->epoll = epoll_create1(EPOLL_CLOEXEC); /* monitor_open says if there is none */
  monitor->clients = clients_new();
}

/* The monitor proper: from here on nobody waits for us but by the record, the clients, and once the report.
 */
static int mind_container(struct monitor *monitor) {
  struct fail fail = {0};
  struct strbuf tail = {0};
  const struct fail *failed = NULL;

  if (monitor_open(monitor, &fail) < 0) failed = &fail;
  while (failed == NULL) {
    if (monitor_start(monitor, &fail) < 0) {
      failed = &fail;
      break;
    }
    report_started(&monitor->report, monitor->container.pid);
    strbuf_clear(&tail);
    monitor_mind(monitor, &tail);
    if (!monitor_again(monitor, &tail)) break;
  }
  monitor_close(monitor, &tail, failed);
  strbuf_free(&tail);
  bundle_free(&monitor->bundle);
  return 0;
}

/* The program's first look at its terminal's size must be right: no client could be quicker. */
static void take_terminal_size(struct bundle *bundle) {
  uint16_t rows, columns;

  if (!terminal_size(&rows, &columns)) return;
  bundle->sampan->terminal->rows = rows;
  bundle->sampan->terminal->columns = columns;
}

static int start_failed(const struct options *options, const struct fail *fail) {
  if (options->attach)
    fail_print(fail, STDERR_FILENO);
  else
    fail_event(fail, STDOUT_FILENO);
  return fail->exit_code;
}

static uint8_t wanted_streams(const struct options *options) {
  return (uint8_t)((options->with_stdin ? HELLO_STDIN : 0) | (options->no_stdout ? 0 : HELLO_STDOUT) |
                   (options->no_stderr ? 0 : HELLO_STDERR));
}

static int plan_session(const struct options *options, const struct bundle *bundle,
                        struct attach_session *session, struct fail *fail) {
  *session = (struct attach_session){
      .bundle = options->bundle,
      .streams = wanted_streams(options),
      .terminal = bundle->config->process->terminal,
      .sig_proxy = !options->no_sig_proxy,
  };
  if (!keys_parse(options->detach_keys, &session->keys))
    return fail_say(fail, EXIT_HELPER, "read options", "invalid detach keys (%s) provided",
                    options->detach_keys);
  return 0;
}

static int start_attached(struct monitor *monitor, const struct options *options) {
  int data[2], control[2];
  struct attach_session session;
  struct fail fail = {0};

  if (plan_session(options, &monitor->bundle, &session, &fail) < 0) return start_failed(options, &fail);
  take_terminal_size(&monitor->bundle);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data) < 0 ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0) {
    fail_errno(&fail, "make", "a socket pair");
    return start_failed(options, &fail);
  }
  pid_t pid = fork();
  if (pid < 0) {
    fail_errno(&fail, "fork", "the container's monitor");
    return start_failed(options, &fail);
  }
  if (pid == 0) {
    close(data[0]);
    close(control[0]);
    begin(monitor);
    clients_adopt(monitor, data[1], wanted_streams(options));
    clients_adopt(monitor, control[1], 0);
    exit(mind_container(monitor)); /* not _exit: a leak checker looks at the end */
  }
  close(data[1]);
  close(control[1]);
  for (size_t i = 0; i < monitor->passed.count; i++) close(monitor->passed.fds[i]); /* the program's alone */
  session.data = data[0];
  session.control = control[0];
  return attach_run(&session);
}

static int start_detached(struct monitor *monitor, const struct options *options) {
  int report[2];
  struct fail fail = {0};

  if (report_open(report, &fail) < 0) return start_failed(options, &fail);
  pid_t pid = fork();
  if (pid < 0) {
    fail_errno(&fail, "fork", "the container's monitor");
    return start_failed(options, &fail);
  }
  if (pid == 0) {
    close(report[0]);
    monitor->report = report[1];
    begin(monitor);
    exit(mind_container(monitor)); /* not _exit: a leak checker looks at the end */
  }
  close(report[1]);
  return report_wait(report[0], owner_hint);
}

/* Our own copy of a descriptor of the caller. */
static int take(int fd, int *kept, size_t *count, struct fail *fail) {
  int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (own < 0) return fail_errno(fail, "pass on", "descriptor %d", fd);
  return kept[(*count)++] = own;
}

static int take_passed(const struct options *options, struct passed *passed, int *kept, size_t *count,
                       struct fail *fail) {
  for (const char *at = options->pass; at && *at; at += strspn(at, ",")) {
    char *end;
    int fd = (int)strtol(at, &end, 10);
    if (end == at || passed->count == MOST_PASSED)
      return fail_say(fail, EXIT_HELPER, "read options", "--pass takes %d descriptors at most", MOST_PASSED);
    int own = take(fd, kept, count, fail);
    if (own < 0) return -1;
    passed->fds[passed->count++] = own;
    at = end;
  }
  passed->listening = options->listen ? atoi(options->listen) : 0;
  passed->names = options->listen_names;
  return 0;
}

/*
 * A monitor outlives its caller: a pipe or lock it inherited would stay open as long as the container. But
 * for the three streams from --streams N on, and those of --pass, which the program is to have.
 */
static int keep_descriptors(const struct options *options, struct monitor *monitor, struct fail *fail) {
  int kept[3 + MOST_PASSED];
  size_t count = 0;

  for (int i = 0; options->streams != NULL && i < 3; i++) {
    monitor->through[i] = take(atoi(options->streams) + i, kept, &count, fail);
    if (monitor->through[i] < 0) return -1;
  }
  if (take_passed(options, &monitor->passed, kept, &count, fail) < 0) return -1;
  close_all_but(3, kept, count);
  return 0;
}

int monitor_main(int argc, char **argv) {
  struct options options = {.detach_keys = DETACH_KEYS_DEFAULT};
  const struct arg rows[] = {
      {.name = "--bundle", .text = &options.bundle, .needed = 1},
      {.name = "--runtime", .text = &options.runtime, .needed = 1},
      {.name = "--streams", .text = &options.streams},
      {.name = "--pass", .text = &options.pass},
      {.name = "--listen", .text = &options.listen},
      {.name = "--listen-names", .text = &options.listen_names},
      {.name = "--attach", .flag = &options.attach},
      {.name = "--stdin", .flag = &options.with_stdin},
      {.name = "--no-stdout", .flag = &options.no_stdout},
      {.name = "--no-stderr", .flag = &options.no_stderr},
      {.name = "--detach-keys", .text = &options.detach_keys},
      {.name = "--no-sig-proxy", .flag = &options.no_sig_proxy},
      {0},
  };
  struct fail fail = {0};
  struct monitor monitor = {
      .through = {-1, -1, -1},
      .report = -1,
      .monitor_lock = -1,
      .rootfs_lock = -1,
      .rootfs = ROOTFS_NONE,
      .container = STARTED_NONE,
      .lease = {.connection = -1, .userns = -1},
      .ended.fd = -1,
      .signals.fd = -1,
      .bridges.fd = -1,
      .keeper.fd = -1,
      .state = {.started_at = TIMESTAMP_NEVER, .finished_at = TIMESTAMP_NEVER},
  };

  /* Read before the fork: what is wrong with the bundle is said by the process the person called. */
  if (read_args(argc, argv, rows, &fail) < 0 || keep_descriptors(&options, &monitor, &fail) < 0 ||
      bundle_read(options.bundle, &monitor.bundle, &fail) < 0)
    return start_failed(&options, &fail);
  monitor.runtime = options.runtime;
  int status = options.attach ? start_attached(&monitor, &options) : start_detached(&monitor, &options);
  bundle_free(&monitor.bundle);
  return status;
}
