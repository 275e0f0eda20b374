/* See compress.h. */
#include "compress.h"

#include "../common/cleanup.h"
#include "../common/pidfd.h"
#include "../common/strbuf.h"
#include "../logs/packed.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { POLITE = 10 };

/*
 * path.N → path.N.gz. The packed file gets its name when it is whole and on the disk; killed between the two
 * names there are both, which readers take for one, and the next child finishes it.
 */
static void pack(const char *path, int number) {
  cleanup_free char *plain = format_text("%s.%d", path, number);
  cleanup_free char *packed = format_text("%s.%d.gz", path, number);
  cleanup_free char *unfinished = format_text("%s.gz", path);
  cleanup_fd int from = open(plain, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (from < 0) return;
  cleanup_fd int to = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (to < 0) return;
  if (pack_log(from, to) < 0 || fdatasync(to) < 0) /* a full disk: it stays as it is */
    unlink(unfinished);
  else if (rename(unfinished, packed) == 0)
    unlink(plain);
}

/* The child. It holds nothing of the monitor's: no lock, no client, no end of the container's streams. */
static _Noreturn void work(const char *path, int max_files, pid_t monitor) {
  sigset_t none;

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != monitor) _exit(1);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  syscall(SYS_close_range, 0, ~0U, 0);
  setpriority(PRIO_PROCESS, 0, POLITE);
  for (int number = max_files - 1; number >= 1; number--) pack(path, number);
  _exit(0);
}

int compress_begin(const char *path, int max_files) {
  pid_t monitor = getpid(), pid = fork();

  if (pid == 0) work(path, max_files, monitor);
  return pid < 0 ? -1 : pidfd_open_process(pid);
}

bool compress_end(int *pidfd, int milliseconds) {
  int status;

  if (*pidfd < 0) return true;
  bool ended = pidfd_ended(*pidfd, milliseconds);
  if (!ended) pidfd_signal(*pidfd, SIGKILL);
  pidfd_reap(*pidfd, &status); /* or whoever adopts orphans has */
  drop_fd(pidfd);
  return ended;
}
