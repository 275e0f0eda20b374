/*
 * The caller forks a joiner; the joiner enters the container's namespaces, makes the process there as a child
 * of the caller (CLONE_PARENT: a pid namespace is entered only by one's next child) and is gone. So neither
 * the caller nor anything it has open is ever inside the container, and the caller can wait for the process.
 */
#include "join.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/pidfd.h"
#include "../common/socket.h"
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the joiner, and after it the process, tells the caller. The end of the stream means: exec'ed. */
struct report {
  pid_t pid; /* 0: fail says what went wrong */
  struct fail fail;
};

static const struct {
  const char *name;
  int flag;
} NAMESPACES[] = {
    {"cgroup", CLONE_NEWCGROUP}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS},   {"net", CLONE_NEWNET},
    {"pid", CLONE_NEWPID},       {"mnt", CLONE_NEWNS},  {"user", CLONE_NEWUSER},
};

/* The namespaces to enter: those the container does not share with us (entering the host's is not permitted).
 */
static int foreign_namespaces(pid_t container, int *flags, struct fail *fail) {
  *flags = 0;
  for (size_t i = 0; i < sizeof NAMESPACES / sizeof *NAMESPACES; i++) {
    char ours[32], theirs[48];
    struct stat a, b;

    snprintf(ours, sizeof ours, "/proc/self/ns/%s", NAMESPACES[i].name);
    snprintf(theirs, sizeof theirs, "/proc/%d/ns/%s", (int)container, NAMESPACES[i].name);
    if (stat(ours, &a) < 0 || stat(theirs, &b) < 0)
      return fail_errno(fail, "look at the container's namespaces", "%s", theirs);
    if (a.st_ino != b.st_ino) *flags |= NAMESPACES[i].flag;
  }
  return 0;
}

static void send_fail(int report, const struct fail *fail) {
  struct report message = {.fail = *fail};

  send_fds(report, &message, sizeof message, NULL, 0);
}

/* In the joiner, inside the container's mount namespace: a new pty there, owned by the process's user. */
static int open_console(const struct spec_process *process, int *master, int *slave, struct fail *fail) {
  int unlock = 0;

  *master = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*master < 0) *master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*master < 0) {
    fail_errno(fail, "open the container's", "/dev/ptmx");
    return fail_hint(fail, "run it without -t: this container has no pseudo terminals");
  }
  if (ioctl(*master, TIOCSPTLCK, &unlock) < 0) return fail_errno(fail, "unlock", "the pseudo terminal");
  *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*slave < 0) return fail_errno(fail, "open the other side of", "the pseudo terminal");
  if (process->user != NULL && process->user->uid > 0 &&
      fchown(*slave, (uid_t)process->user->uid, (gid_t)-1) < 0)
    return fail_errno(fail, "give the pseudo terminal to", "user %lld", (long long)process->user->uid);
  return 0;
}

static int take_streams(const struct exec_request *request, int slave, struct fail *fail) {
  const struct start_io *io = &request->io;
  int from[3] = {io->in, io->out, io->err};

  if (setsid() < 0) return fail_errno(fail, "make a session", "%s", "");
  if (slave >= 0 && ioctl(slave, TIOCSCTTY, 0) < 0)
    return fail_errno(fail, "take the terminal as controlling", "%s", "/dev/pts");
  for (int fd = 0; fd < 3; fd++) {
    int source = slave >= 0 ? slave : from[fd];
    if (source >= 0 &&
        source < 3) /* one of them may be overwritten before it is used: put it out of the way */
      source = fcntl(source, F_DUPFD_CLOEXEC, 3);
    from[fd] = source;
  }
  for (int fd = 0; fd < 3; fd++)
    if (from[fd] < 0 || dup2(from[fd], fd) < 0) return fail_errno(fail, "pass on", "descriptor %d", fd);
  return 0;
}

/* The new process, in the container. Returns only when it could not become the program. */
static void become_the_program(const struct exec_request *request, int slave, struct fail *fail) {
  char path[4096];
  const struct spec_process *process = request->process;

  if (take_streams(request, slave, fail) < 0 ||
      process_apply(process, &request->how, request->filter, fail) < 0)
    return;
  if (request->outlive) prctl(PR_SET_PDEATHSIG, 0);
  if (process_find(process->args.at[0], process->env.at, path, fail) < 0) return;
  process_exec(path, process, 0, fail);
}

/* The joiner: lives for the moment it takes to enter and to make the process. */
static void join(const struct exec_request *request, int flags, int procs, int report) {
  struct fail fail = {0};
  int master = -1, slave = -1;

  cgroup_enter(procs); /* before the namespaces: the kernel looks at the groups as the caller sees them */
  if (flags != 0 && setns(request->pidfd, flags) < 0) {
    fail_errno(&fail, "enter", "the container's namespaces");
    if (errno == ESRCH) fail_hint(&fail, "the container ended just now: start it again");
    send_fail(report, &fail);
    return;
  }
  if (request->process->terminal && open_console(request->process, &master, &slave, &fail) < 0) {
    send_fail(report, &fail);
    return;
  }
  /* Until its execve the child's /proc/PID/exe is our own executable: the container must not get hold of it.
   */
  prctl(PR_SET_DUMPABLE, 0);
  pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
  if (pid == 0) {
    close_scoped_fd(&master);
    become_the_program(request, slave, &fail);
    send_fail(report, &fail);
    _exit(fail.exit_code);
  }
  if (pid < 0) {
    fail_errno(&fail, "make a process in", "the container");
    send_fail(report, &fail);
    return;
  }
  struct report message = {.pid = pid};
  send_fds(report, &message, sizeof message, &master, master >= 0 ? 1 : 0);
}

/* Reads what joiner and process have to say, in either order. */
static int hear(int report, struct exec_started *out, struct fail *fail) {
  struct report message;
  bool failed = false;
  int console;

  for (;;) {
    ssize_t n = recv_fds(report, &message, sizeof message, &console, 1);
    if (n < 0) return fail_errno(fail, "hear of", "the new process");
    if (n == 0) break;
    if (message.pid != 0) {
      out->pid = message.pid;
      out->console = console;
      out->pidfd = pidfd_open_process(message.pid);
    } else {
      *fail = message.fail;
      failed = true;
    }
  }
  if (!failed && out->pid == 0)
    return fail_say(fail, EXIT_HELPER, "enter the container", "the container ended meanwhile");
  return failed ? -1 : 0;
}

int exec_start(const struct exec_request *request, struct exec_started *out, struct fail *fail) {
  int flags, ends[2], status;

  *out = (struct exec_started){.pidfd = -1, .console = -1};
  if (foreign_namespaces(request->container, &flags, fail) < 0) return -1;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return fail_errno(fail, "make", "a socket pair");
  cleanup_fd int ours = ends[0];
  cleanup_fd int theirs = ends[1];
  cleanup_fd int procs = cgroup_open(request->container);
  pid_t joiner = fork();
  if (joiner < 0) return fail_errno(fail, "fork for", "the container");
  if (joiner == 0) {
    close(ours);
    join(request, flags, procs, theirs);
    _exit(0);
  }
  drop_fd(&theirs);
  int result = hear(ours, out, fail);
  while (waitpid(joiner, &status, 0) < 0 && errno == EINTR)
    ;
  if (result < 0) {
    if (out->pid > 0) waitpid(out->pid, &status, 0);
    drop_fd(&out->pidfd);
    drop_fd(&out->console);
  }
  return result;
}
