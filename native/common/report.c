/* One struct through a pipe: smaller than PIPE_BUF, so it arrives whole or not at all. */
#include "report.h"
#include "cleanup.h"
#include "fail.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct report {
  int failed;
  pid_t pid;
  struct fail fail;
};

_Static_assert(sizeof(struct report) <= 4096, "a report must go through a pipe in one piece");

int report_open(int ends[2], struct fail *fail) {
  if (pipe2(ends, O_CLOEXEC) < 0) return fail_errno(fail, "make", "a pipe");
  return 0;
}

static void answer(int *to, const struct report *report) {
  if (*to < 0) return;
  write_all(*to, report, sizeof *report);
  drop_fd(to);
}

void report_started(int *to, pid_t pid) {
  struct report report = {.pid = pid};

  answer(to, &report);
}

void report_failed(int *to, const struct fail *fail) {
  struct report report = {.failed = 1, .fail = *fail};

  answer(to, &report);
}

int report_wait(int from, void (*complete)(struct fail *fail)) {
  struct report report;
  ssize_t n;

  do n = read(from, &report, sizeof report);
  while (n < 0 && errno == EINTR);
  if (n != sizeof report) {
    report.failed = 1;
    fail_say(&report.fail, EXIT_HELPER, "start", "the process that was to start it was killed");
  }
  if (report.failed) {
    if (complete) complete(&report.fail);
    fail_event(&report.fail, STDOUT_FILENO);
    return report.fail.exit_code;
  }
  printf("{\"event\":\"started\",\"pid\":%d}\n", (int)report.pid);
  fflush(stdout);
  return 0;
}
