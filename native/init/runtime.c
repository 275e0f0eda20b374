/* See runtime.h. The runtime's processes are short: each has a deadline. runc(8), "runc create". */
#include "runtime.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/kernel.h"
#include "../common/pidfd.h"
#include "../common/socket.h"
#include "init.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE = 30000, MOST_WORDS = 16 };

/* One call of the runtime: its words, and its log in memory, which the runtime opens by our /proc. */
struct call {
  const char *words[MOST_WORDS];
  char log_path[64];
  int log;
};

static int open_call(const struct bundle *bundle, struct call *call, const char *verb) {
  const struct sampan_runtime *runtime = bundle->sampan->runtime;
  call->log = memfd_create("runtime-log", MFD_CLOEXEC);
  snprintf(call->log_path, sizeof call->log_path, "/proc/%d/fd/%d", (int)getpid(), call->log);
  const char *words[] = {runtime->path,  "--root", runtime->root, "--log", call->log_path,
                         "--log-format", "json",   verb,          NULL};
  memcpy(call->words, words, sizeof words);
  return call->log;
}

static void add_word(struct call *call, const char *word) {
  size_t count = 0;
  while (call->words[count]) count++;
  call->words[count] = word;
  call->words[count + 1] = NULL;
}

/* The last error in the log: one JSON object a line. */
static void read_complaint(const struct call *call, char out[static 512]) {
  char text[8192];
  struct fail ignored;
  out[0] = 0;
  ssize_t length = pread(call->log, text, sizeof text - 1, 0);
  if (length <= 0) return;
  text[length] = 0;
  for (char *line = text; line && *line;) {
    char *end = strchr(line, '\n');
    if (end) *end = 0;
    cleanup_json yajl_val entry = json_parse(line, "log", &ignored);
    const char *level = json_text(entry, "level"), *message = json_text(entry, "msg");
    if (message && level && strcmp(level, "error") == 0) snprintf(out, 512, "%s", message);
    line = end ? end + 1 : NULL;
  }
}

static int complain(const struct bundle *bundle, const struct call *call, const char *verb,
                    struct fail *fail) {
  char words[512];
  read_complaint(call, words);
  int code = EXIT_HELPER;
  if (strstr(words, "executable file not found") || strstr(words, ": no such file or directory"))
    code = EXIT_NOT_FOUND;
  else if (strstr(words, "exec: ") && (strstr(words, "permission denied") || strstr(words, "is a directory")))
    code = EXIT_NOT_EXECUTABLE;
  return fail_say(fail, code, verb, "%s %s: %s", bundle->sampan->runtime->path, verb,
                  words[0] ? words : "failed without a word");
}

static _Noreturn void become_runtime(const struct call *call, const struct start_io *io) {
  sigset_t none;
  int fds[3] = {io->in, io->out, io->err};
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  for (int i = 0; i < 3; i++) dup2(fds[i], i);
  for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  close_on_exec_from(3);
  execv(call->words[0], (char *const *)call->words);
  dprintf(call->log, "{\"level\":\"error\",\"msg\":\"%s\"}\n", strerror(errno));
  _exit(127);
}

static int run(const struct bundle *bundle, const struct call *call, const struct start_io *io,
               struct fail *fail) {
  cleanup_fd int pidfd = -1;
  int status = -1;
  const char *verb = call->words[7];
  pid_t pid = clone_process(0, &pidfd, -1);
  if (pid < 0) return fail_errno(fail, verb, "%s", call->words[0]);
  if (pid == 0) become_runtime(call, io);
  if (!pidfd_ended(pidfd, DEADLINE)) pidfd_signal(pidfd, SIGKILL);
  if (pidfd_reap(pidfd, &status) == 0 && status == 0) return 0;
  return complain(bundle, call, verb, fail);
}

/* What config.json has no words for and the runtime therefore would not do. */
static int check(const struct bundle *bundle, struct fail *fail) {
  const struct sampan *sampan = bundle->sampan;
  const struct sampan_cgroup *cgroup = sampan->cgroup;
  const char *what = sampan->init ? "--init"
                     : sampan->join->pid || sampan->join->ipc || sampan->join->uts ||
                             sampan->network->mode == NETWORK_CONTAINER
                         ? "joining another container's namespaces"
                     : cgroup->path || cgroup->memory || cgroup->memory_swap || cgroup->cpu_quota ||
                             cgroup->cpu_shares || cgroup->pids ||
                             (cgroup->cpuset_cpus && cgroup->cpuset_cpus[0])
                         ? "a limit"
                         : NULL;
  if (!what) return 0;
  fail_say(fail, EXIT_HELPER, "check bundle", "%s is not supported with --runtime", what);
  return fail_hint(fail, "leave out --runtime: sampan's own does it");
}

/* Volumes are filled by us: the root file system is mounted in our namespace already. */
static int fill(const struct bundle *bundle, struct fail *fail) {
  struct init init = {.bundle = bundle, .shared_memory = -1, .fail = fail};
  init.root = open(bundle->sampan->storage->merged, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (init.root < 0) return fail_errno(fail, "open root", "%s", bundle->sampan->storage->merged);
  int done = fill_volumes(&init);
  close(init.root);
  return done;
}

/* The runtime sends the terminal's master over a socket of ours. */
static int receive_console(const struct bundle *bundle, int listener, struct started *out,
                           struct fail *fail) {
  struct pollfd poller = {.fd = listener, .events = POLLIN};
  char name[4096];
  int master = -1;
  cleanup_fd int connection =
      poll(&poller, 1, DEADLINE) > 0 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
  if (connection >= 0) recv_fds(connection, name, sizeof name, &master, 1);
  out->console = master;
  if (master >= 0) size_terminal(bundle, master);
  return master < 0 ? fail_say(fail, EXIT_HELPER, "create", "the runtime sent no terminal") : 0;
}

static int take_process(int folder, const char *pid_name, struct started *out, struct fail *fail) {
  cleanup_free char *text = read_file(folder, pid_name, 64, NULL);
  unlinkat(folder, pid_name, 0);
  out->pid = text ? (pid_t)atoi(text) : 0;
  out->pidfd = out->pid > 0 ? pidfd_open_process(out->pid) : -1;
  return out->pidfd < 0 ? fail_errno(fail, "create", "open the process of the runtime's pid file") : 0;
}

/*
 * A runtime's container is no child of ours and has no parent-death signal: this process waits for the
 * monitor's end, or the container's, and has nothing else open.
 */
static void outlive_nobody(const struct started *started) {
  struct pollfd set[2] = {{.fd = pidfd_open_process(getpid()), .events = POLLIN},
                          {.fd = started->pidfd, .events = POLLIN}};
  if (set[0].fd < 0) return;
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 2; i++) set[i].fd = dup2(fcntl(set[i].fd, F_DUPFD, 8), i);
    syscall(SYS_close_range, 2, ~0U, 0);
    while (poll(set, 2, -1) < 0 && errno == EINTR) continue;
    if (!set[1].revents) pidfd_signal(set[1].fd, SIGKILL);
    _exit(0);
  }
  close(set[0].fd);
}

static int has_own_network(const struct bundle *bundle) {
  const struct spec_linux *lists = bundle->config->linux_;
  for (size_t i = 0; i < lists->namespaces.count; i++)
    if (strcmp(lists->namespaces.at[i].type, "network") == 0) return !lists->namespaces.at[i].path;
  return 0;
}

/* delete and start have nothing to read, and nothing to say but their log. */
static int quiet(const struct bundle *bundle, struct call *call, struct fail *fail) {
  cleanup_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  struct start_io io = {null, null, null};
  add_word(call, bundle->sampan->id);
  return run(bundle, call, &io, fail);
}

static void delete_runtime(const struct bundle *bundle) {
  struct call call = {.log = -1};
  struct fail ignored;
  cleanup_fd int log = open_call(bundle, &call, "delete");
  add_word(&call, "--force");
  if (log >= 0) quiet(bundle, &call, &ignored);
}

int start_runtime(const struct bundle *bundle, const struct start_io *io, struct started *out,
                  struct fail *fail) {
  const struct sampan *sampan = bundle->sampan;
  struct call call = {.log = -1};
  char pid_name[32], socket_name[32], netns[64];
  out->bundle = bundle;
  if (check(bundle, fail) < 0 || fill(bundle, fail) < 0) return -1;
  if (mkdir(sampan->runtime->root, 0700) < 0 && errno != EEXIST)
    return fail_errno(fail, "make runtime's folder", "%s", sampan->runtime->root);
  cleanup_fd int folder = open(sampan->runtime->root, O_PATH | O_DIRECTORY | O_CLOEXEC), listener = -1;
  snprintf(pid_name, sizeof pid_name, "%.12s.pid", sampan->id);
  snprintf(socket_name, sizeof socket_name, "%.12s.sock", sampan->id);
  cleanup_free char *pid_path = format_text("%s/%s", sampan->runtime->root, pid_name);
  cleanup_free char *socket_path = format_text("/proc/%d/fd/%d/%s", (int)getpid(), folder, socket_name);
  /* Of a run whose monitor was killed. */
  if (faccessat(folder, sampan->id, F_OK, 0) == 0) delete_runtime(bundle);
  cleanup_fd int log = open_call(bundle, &call, "create");
  if (folder < 0 || log < 0) return fail_errno(fail, "create", "%s", sampan->runtime->root);
  add_word(&call, "--bundle");
  add_word(&call, bundle->path);
  add_word(&call, "--pid-file");
  add_word(&call, pid_path);
  if (bundle->config->process->terminal) {
    listener = unix_listen(folder, socket_name, SOCK_STREAM, 1);
    if (listener < 0) return fail_errno(fail, "create", "%s", socket_name);
    add_word(&call, "--console-socket");
    add_word(&call, socket_path);
  }
  add_word(&call, sampan->id);
  int done = run(bundle, &call, io, fail);
  if (done == 0) done = take_process(folder, pid_name, out, fail);
  if (done == 0) outlive_nobody(out);
  if (done == 0 && listener >= 0) done = receive_console(bundle, listener, out, fail);
  if (listener >= 0) unlinkat(folder, socket_name, 0);
  if (done < 0 || !has_own_network(bundle)) return done;
  snprintf(netns, sizeof netns, "/proc/%d/ns/net", (int)out->pid);
  out->netns = open(netns, O_RDONLY | O_CLOEXEC);
  return out->netns < 0 ? fail_errno(fail, "open network namespace", "%s", netns) : 0;
}

int go_runtime(struct started *started, struct fail *fail) {
  struct call call = {.log = -1};
  cleanup_fd int log = open_call(started->bundle, &call, "start");
  if (log < 0) return fail_errno(fail, "start", "memfd");
  if (quiet(started->bundle, &call, fail) == 0) return 0;
  start_abort(started);
  return -1;
}

void end_runtime(const struct bundle *bundle, struct started *started) {
  if (started->pid) delete_runtime(bundle); /* else create failed: there is nothing to delete */
}
