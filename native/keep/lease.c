/*
 * The client's side: connect, or start the keeper under its lock and connect. Runs in monitor, exec, inside,
 * probe, before they join anything.
 */
#include "lease.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/kernel.h"
#include "../common/sealed.h"
#include "../common/socket.h"
#include "keep.h"
#include "mapping.h"
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { ANSWER_DEADLINE = 10000, LOCK_DEADLINE = 20000 };
enum { LOOKS = 25, LOOK = 20000000 /* ns */ };

/* RUN, made and verified: nobody else may have prepared it for us. Returns its descriptor. */
int open_runtime_folder(const char *runtime, struct fail *fail) {
  if (mkdir(runtime, 0700) < 0 && errno != EEXIST) {
    fail_errno(fail, "make runtime folder", "%s", runtime);
    return fail_hint(fail, "set XDG_RUNTIME_DIR to a folder of your own");
  }
  cleanup_fd int fd = open(runtime, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return fail_errno(fail, "open runtime folder", "%s", runtime);
  struct stat about;
  if (fstat(fd, &about) < 0) return fail_errno(fail, "open runtime folder", "%s", runtime);
  if (about.st_uid != geteuid() || (about.st_mode & 022)) {
    fail_say(fail, EXIT_HELPER, "open runtime folder",
             "the runtime folder %s is not safe: it belongs to uid %u with mode %03o", runtime,
             (unsigned)about.st_uid, (unsigned)about.st_mode & 0777);
    return fail_hint(fail, "remove it, or set XDG_RUNTIME_DIR to a folder of your own");
  }
  return steal_fd(&fd);
}

/* Asks a keeper that answers. 0, or 1 when there is none (any more): start one. */
static int ask(int folder, struct lease *out) {
  static const char request[] = "{\"want\":\"user\"}";
  cleanup_fd int connection = unix_connect(folder, "keeper.sock", SOCK_SEQPACKET);
  if (connection < 0) return 1;
  char answer[1024];
  int fds[1] = {-1};
  struct pollfd poller = {.fd = connection, .events = POLLIN};
  if (send_fds(connection, request, sizeof request - 1, NULL, 0) < 0) return 1;
  if (poll(&poller, 1, ANSWER_DEADLINE) <= 0) return 1;
  ssize_t length = recv_fds(connection, answer, sizeof answer - 1, fds, 1);
  cleanup_fd int userns = fds[0];
  if (length <= 0 || userns < 0) return 1;
  answer[length] = 0;
  struct fail ignored;
  cleanup_json yajl_val value = json_parse(answer, "the keeper's answer", &ignored);
  const char *word = json_text(value, "mapping"), *why = json_text(value, "why");
  if (!word) return 1;
  out->mapping = MAPPING_FULL;
  for (enum mapping mapping = MAPPING_FULL; mapping <= MAPPING_IDENTITY; mapping++)
    if (strcmp(word, mapping_word(mapping)) == 0) out->mapping = mapping;
  snprintf(out->why, sizeof out->why, "%s", why ? why : "");
  out->uid = getuid();
  out->gid = getgid();
  out->connection = steal_fd(&connection);
  out->userns = steal_fd(&userns);
  return 0;
}

/* What the next keeper inherits from a lease of the last one; NULL: nothing, it is the first. */
struct legacy {
  const struct lease *lease;
  const char *mount;
};

/* The starter's mount namespace may be a container's: what is mounted there must not live as long as we. */
static void leave_mount(const char *mount_point) {
  if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
    umount2(mount_point, MNT_DETACH);
}

/*
 * In the child: become the keeper. It has nothing of ours but the pipe to say "ready" on (as its standard
 * output), and no environment, so that a small process stays small.
 */
static void become_keeper(const char *runtime, int ready, const struct legacy *legacy) {
  char *arguments[] = {"sampan-helper", "keep", "--runtime", (char *)runtime, NULL, NULL, NULL, NULL, NULL};
  char path[4096];
  const char *search = getenv("PATH");
  snprintf(path, sizeof path, "PATH=%s", search ? search : "/usr/local/bin:/usr/bin:/bin");
  char *environment[] = {path, NULL};
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  setsid();
  if (legacy) {
    leave_mount(legacy->mount);
    int high = fcntl(ready, F_DUPFD_CLOEXEC, INHERITED + 1),
        userns = fcntl(legacy->lease->userns, F_DUPFD_CLOEXEC, INHERITED + 1);
    ready = high;
    dup2(userns, INHERITED);
    arguments[4] = "--inherited";
    arguments[5] = (char *)mapping_word(legacy->lease->mapping);
    arguments[6] = "--why";
    arguments[7] = (char *)legacy->lease->why;
  }
  dup2(null, 0);
  dup2(ready, 1);
  dup2(null, 2);
  close_on_exec_from(legacy ? INHERITED + 1 : INHERITED); /* a file that a job was given, say */
  execve(helper_file(), arguments, environment);
  if (errno == ENOENT) execve("/proc/self/exe", arguments, environment); /* it was removed meanwhile */
  struct fail fail = {0};
  fail_errno(&fail, "start keeper", "%s", helper_file());
  (void)!write(1, &fail, sizeof fail);
  _exit(EXIT_HELPER);
}

/* Waits until the keeper listens (or tells why it cannot). Two forks: the keeper is nobody's zombie. */
static int start_keeper(const char *runtime, const struct legacy *legacy, struct fail *fail) {
  cleanup_fd int ready_read = -1, ready_write = -1;
  int ready[2], status;
  if (pipe2(ready, O_CLOEXEC) < 0) return fail_errno(fail, "start keeper", "pipe");
  ready_read = ready[0];
  ready_write = ready[1];
  pid_t pid = fork();
  if (pid < 0) return fail_errno(fail, "start keeper", "fork");
  if (pid == 0) {
    if (fork() == 0) become_keeper(runtime, ready_write, legacy);
    _exit(0);
  }
  drop_fd(&ready_write);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  struct pollfd poller = {.fd = ready_read, .events = POLLIN};
  if (poll(&poller, 1, LOCK_DEADLINE) <= 0)
    return fail_say(fail, EXIT_HELPER, "start keeper", "the keeper did not start within %d s",
                    LOCK_DEADLINE / 1000);
  struct fail told = {0};
  if (read(ready_read, &told, sizeof told) != sizeof told)
    return fail_say(fail, EXIT_HELPER, "start keeper", "the keeper ended before it was ready");
  if (!told.exit_code) return 0;
  *fail = told;
  return -1;
}

/* The lock file goes with the keeper: one that was removed while we waited for it is not the lock any more.
 */
static int take_keeper_lock(int folder, struct fail *fail) {
  for (;;) {
    cleanup_fd int lock = openat(folder, "keeper.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat about;
    if (lock < 0 || lock_file(lock, LOCK_EX, LOCK_DEADLINE) < 0 || fstat(lock, &about) < 0)
      return fail_errno(fail, "lock keeper", "keeper.lock");
    if (about.st_nlink) return steal_fd(&lock);
  }
}

/*
 * A socket nobody answers on: the keeper was killed. The monitors have its namespace, which the next keeper
 * must inherit, or their containers were cut off from it: they come first. 0: one has.
 */
static int let_monitors_begin(int folder, struct lease *out) {
  for (int looks = 0; looks < LOOKS; looks++) {
    if (faccessat(folder, "keeper.sock", F_OK, 0) < 0) return 1;
    nanosleep(&(struct timespec){.tv_nsec = LOOK}, NULL);
    if (ask(folder, out) == 0) return 0;
  }
  return 1;
}

static int lease_from(const char *runtime, const struct legacy *legacy, struct lease *out,
                      struct fail *fail) {
  cleanup_fd int folder = open_runtime_folder(runtime, fail);
  if (folder < 0) return -1;
  if (ask(folder, out) == 0 || (!legacy && let_monitors_begin(folder, out) == 0)) return 0;
  for (int tries = 0; tries < 3; tries++) {
    cleanup_fd int lock = take_keeper_lock(folder, fail);
    if (lock < 0) return -1;
    if (ask(folder, out) == 0) return 0; /* another start was quicker */
    if (start_keeper(runtime, legacy, fail) < 0) return -1;
    if (ask(folder, out) == 0) return 0;
  }
  return fail_say(fail, EXIT_HELPER, "lease user namespace", "the keeper does not answer on %s/keeper.sock",
                  runtime);
}

int keeper_lease(const char *runtime, struct lease *out, struct fail *fail) {
  *out = LEASE_NONE;
  return lease_from(runtime, NULL, out, fail);
}

int keeper_lease_again(const char *runtime, struct lease *lease, const char *mount_point, struct fail *fail) {
  struct lease next = LEASE_NONE;
  struct legacy legacy = {.lease = lease, .mount = mount_point};
  drop_fd(&lease->connection);
  if (lease_from(runtime, &legacy, &next, fail) < 0) return -1;
  lease->connection = next.connection; /* the namespace we are in stays the one we hold */
  drop_fd(&next.userns);
  return 0;
}

int lease_join(const struct lease *lease, struct fail *fail) {
  if (setns(lease->userns, CLONE_NEWUSER) < 0) return fail_errno(fail, "join user namespace", "%s", "");
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return fail_errno(fail, "become its root", "%s", "");
  /* Gaining capabilities made us undumpable; without this nobody here could open our children's /proc/PID/ns.
   */
  prctl(PR_SET_DUMPABLE, 1);
  return 0;
}

void lease_release(struct lease *lease) {
  drop_fd(&lease->connection);
  drop_fd(&lease->userns);
}
