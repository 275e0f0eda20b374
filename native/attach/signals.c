#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>

/* Not passed on: answers of the kernel to what we did, and job control, which is between us and the person's
 * shell. */
static const int OURS[] = {SIGCHLD, SIGPIPE, SIGWINCH, SIGURG, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGKILL,
                           SIGSTOP, SIGSEGV, SIGBUS,   SIGFPE, SIGILL,  SIGABRT, SIGTRAP, SIGSYS};

bool session_signal_is_ours(int signal) {
  for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
    if (OURS[i] == signal) return true;
  return false;
}

int session_signals(bool proxy, bool raw) {
  static const int deadly[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGUSR1, SIGUSR2, SIGALRM};
  sigset_t set;

  sigemptyset(&set);
  sigaddset(&set, SIGWINCH);
  for (int signal = 1; proxy && signal < 32; signal++)
    if (!session_signal_is_ours(signal)) sigaddset(&set, signal);
  for (size_t i = 0; raw && i < sizeof deadly / sizeof *deadly; i++) sigaddset(&set, deadly[i]);
  signal(SIGPIPE, SIG_IGN); /* a write tells as much, and then we leave in order */
  signal(SIGTTOU, SIG_IGN);
  sigprocmask(SIG_BLOCK, &set, NULL);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void session_signal_default(int number) {
  sigset_t set, old;

  signal(number, SIG_DFL);
  sigemptyset(&set);
  sigaddset(&set, number);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &set, &old);
  sigprocmask(SIG_SETMASK, &old, NULL);
}
