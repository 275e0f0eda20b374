/*
 * pid 1 of a container with --init. Lives as long as the container, has the program's user, capabilities and
 * seccomp filter, no open files, and does three things: pass signals on, reap, end as the program ended.
 *
 * The container may read /proc/1/exe, our own executable. It cannot write to it: the monitor runs from a
 * sealed copy (common/sealed.h), and so do we.
 */
#include "reaper.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/pidfd.h"
#include "../common/socket.h"
#include "../common/title.h"
#include "init.h"
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Signals the kernel sends us for our own mistakes, and those nobody can catch, are not the program's. */
static int is_ours(int number) {
  static const int ours[] = {SIGCHLD, SIGKILL, SIGSTOP, SIGFPE, SIGILL,  SIGSEGV,
                             SIGBUS,  SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (ours[i] == number) return 1;
  return 0;
}

/* Reaps whoever has ended; does not return when the program has. */
static void reap(pid_t program) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    if (pid == program) _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static _Noreturn void stay(pid_t program, int pidfd, const sigset_t *all) {
  for (;;) {
    int number = sigwaitinfo(all, NULL);
    if (number == SIGCHLD) reap(program);
    if (number > 0 && !is_ours(number)) pidfd_signal(pidfd, number);
  }
}

void become_reaper(struct init *init) {
  sigset_t all;
  int pidfd;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  /* fork and not clone3: the container's own filter is in force by now, and it answers ENOSYS to clone3. */
  pid_t program = fork();
  pidfd = program > 0 ? pidfd_open_process(program) : -1;
  if (program < 0 || (program > 0 && pidfd < 0)) {
    fail_errno(init->fail, "start init", "clone");
    send_fds(init->control, init->fail, sizeof *init->fail, NULL, 0);
    _exit(EXIT_HELPER);
  }
  if (program == 0) {
    /* A session of its own, with the terminal when there is one: ctrl-c is for the program, not for pid 1. */
    setsid();
    if (init->bundle->config->process->terminal) ioctl(0, TIOCSCTTY, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return;
  }
  dup2(pidfd, 0);
  close_all_from(1);
  title_set("sampan-init");
  /* Changing the user made us undumpable, and then `exec` could not join our namespaces. */
  prctl(PR_SET_DUMPABLE, 1);
  stay(program, 0, &all);
}
