/* Processes by pidfd. Runs in the monitor and in short-lived roles. */
#include "pidfd.h"
#include "cleanup.h"
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int pidfd_open_process(pid_t pid) {
  return (int)syscall(SYS_pidfd_open, pid, 0);
}

int pidfd_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int pidfd_ended(int pidfd, int milliseconds) {
  struct pollfd poller = {.fd = pidfd, .events = POLLIN};
  int ready;
  do ready = poll(&poller, 1, milliseconds);
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

int pidfd_reap(int pidfd, int *status) {
  siginfo_t info = {0};
  int done;
  do done = waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED);
  while (done < 0 && errno == EINTR);
  if (done < 0) return -1;
  /* waitid splits what waitpid packs: pack it again, so that WIFEXITED and friends work. */
  if (info.si_code == CLD_EXITED)
    *status = (info.si_status & 0xff) << 8;
  else
    *status = (info.si_status & 0x7f) | (info.si_code == CLD_DUMPED ? 0x80 : 0);
  return 0;
}

uint64_t process_start_ticks(pid_t pid) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  cleanup_free char *text = read_file(AT_FDCWD, path, 4096, NULL);
  if (!text) return 0;
  /* The name in field 2 may hold spaces and brackets: count from the last bracket, which ends it. */
  const char *at = strrchr(text, ')');
  for (int field = 2; at && field < 22; field++) {
    at = strchr(at + 1, ' ');
  }
  return at ? strtoull(at + 1, NULL, 10) : 0;
}

int pidfd_open_verified(pid_t pid, uint64_t ticks) {
  cleanup_fd int fd = pidfd_open_process(pid);
  if (fd < 0) return -1;
  /* Open first, compare afterwards: while the pidfd is open and the ticks agree the number means this
   * process. */
  if (process_start_ticks(pid) != ticks) {
    errno = ESRCH;
    return -1;
  }
  return steal_fd(&fd);
}

/* proc(5): masks are hexadecimal, the lowest bit is signal 1. */
static bool in_mask(const char *status, const char *row, int signal) {
  const char *at = strstr(status, row);

  return at == NULL || (strtoull(at + strlen(row), NULL, 16) >> (signal - 1) & 1) != 0;
}

bool signal_noticed(pid_t pid, int signal) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  cleanup_free char *status = read_file(AT_FDCWD, path, 8192, NULL);
  return signal == SIGKILL || status == NULL || in_mask(status, "\nSigBlk:\t", signal) ||
         in_mask(status, "\nSigCgt:\t", signal);
}
