/*
 * Role exec: one more process in a running container. The CLI becomes this process (or starts it for `exec
 * -d`); it stays outside the container and lives as long as the session.
 */
#include "../attach/keys.h"
#include "../attach/terminal.h"
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/pidfd.h"
#include "../common/report.h"
#include "../common/roles.h"
#include "../common/strbuf.h"
#include "../monitor/events.h"
#include "join.h"
#include "relay.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
  const char *bundle, *runtime, *process, *detach_keys, *id;
  int with_stdin, detach;
};

/* Everything a process needs; the caller's memory until it exits. */
struct job {
  struct bundle bundle;
  struct spec_process *process;
  struct arena *arena;
  struct lease lease;
  struct filter filter;
  struct target target;
  struct relay relay;
  int theirs[3]; /* the process's ends of pipes made for it, or -1 */
};

static int read_process(const struct options *options, struct job *job, struct fail *fail) {
  char path[64];
  int fd = (int)strtol(options->process, NULL, 10);

  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  cleanup_free char *text = read_file(AT_FDCWD, path, 16 << 20, NULL);
  if (text == NULL) return fail_errno(fail, "read the process from descriptor", "%s", options->process);
  job->process = spec_read_process(text, &job->arena, fail);
  if (job->process == NULL) return -1;
  if (job->process->args.count == 0)
    return fail_say(fail, EXIT_HELPER, "read the process", "no program to run was given");
  syscall(SYS_close_range, 3, ~0U, 0); /* nothing of the caller's is for the container */
  return 0;
}

/* A pipe or a file of the caller goes to the process as it is; a terminal never does: it could be typed into.
 */
static bool can_be_passed_on(int fd) {
  struct stat st;

  return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode));
}

static int open_pipe(int *ours, int *theirs, bool typing, const struct job *job, struct fail *fail) {
  int ends[2];
  const struct spec_user *user = job->process->user;

  if (pipe2(ends, O_CLOEXEC) < 0) return fail_errno(fail, "make", "a pipe");
  if (user != NULL && user->uid > 0 && fchown(ends[0], (uid_t)user->uid, (gid_t)user->gid) < 0) {
    /* an id that is not mapped: process_apply says so in better words */
  }
  *ours = typing ? ends[1] : ends[0];
  *theirs = typing ? ends[0] : ends[1];
  return 0;
}

static int choose_streams(const struct options *options, struct job *job, struct start_io *io,
                          struct fail *fail) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0) return fail_errno(fail, "open", "/dev/null");
  *io = (struct start_io){null, null, null};
  if (options->detach || job->process->terminal) return 0;
  if (options->with_stdin && can_be_passed_on(STDIN_FILENO)) {
    io->in = STDIN_FILENO;
  } else if (options->with_stdin) {
    if (open_pipe(&job->relay.in, &job->theirs[0], true, job, fail) < 0) return -1;
    io->in = job->theirs[0];
  }
  for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
    int *ours = fd == STDOUT_FILENO ? &job->relay.out : &job->relay.err;
    int *goes = fd == STDOUT_FILENO ? &io->out : &io->err;
    *goes = fd;
    if (can_be_passed_on(fd)) continue;
    if (open_pipe(ours, &job->theirs[fd], false, job, fail) < 0) return -1;
    *goes = job->theirs[fd];
  }
  return 0;
}

static int prepare(const struct options *options, struct job *job, struct fail *fail) {
  if (read_process(options, job, fail) < 0 || bundle_read(options->bundle, &job->bundle, fail) < 0) return -1;
  if (!keys_parse(options->detach_keys, &job->relay.keys))
    return fail_say(fail, EXIT_HELPER, "read options", "invalid detach keys (%s) provided",
                    options->detach_keys);
  if (target_find(&job->bundle, &job->target, fail) < 0 ||
      keeper_lease(options->runtime, &job->lease, fail) < 0)
    return -1;
  if (target_userns(&job->target, &job->lease, fail) < 0 || lease_join(&job->lease, fail) < 0)
    return target_failed(&job->bundle, &job->target, fail);
  const struct spec_linux *linux_ = job->bundle.config->linux_;
  return filter_prepare(linux_ == NULL ? NULL : linux_->seccomp, job->lease.mapping,
                        job->bundle.sampan->seccomp_cache, &job->filter, fail);
}

static int start(const struct options *options, struct job *job, struct fail *fail) {
  struct exec_request request = {
      .container = job->target.pid,
      .pidfd = job->target.pidfd,
      .process = job->process,
      .how = {.mapping = job->lease.mapping, .keep_groups = job->bundle.sampan->keep_groups},
      .filter = &job->filter,
      .outlive = options->detach || job->process->terminal, /* a terminal can be left by keys */
  };

  if (choose_streams(options, job, &request.io, fail) < 0) return -1;
  if (exec_start(&request, &job->relay.process, fail) < 0)
    return target_failed(&job->bundle, &job->target, fail);
  for (int i = 0; i < 3; i++) drop_fd(&job->theirs[i]);
  filter_free(&job->filter);
  lease_release(&job->lease);
  job->relay.terminal = job->process->terminal;
  if (job->process->terminal) {
    job->relay.out = job->relay.process.console;
    job->relay.in = options->with_stdin ? job->relay.out : -1;
  }
  return 0;
}

/* The event of the session's end, and the end of the bundle. */
static void tell_end(const char *id, struct job *job, int status) {
  char code[12];

  snprintf(code, sizeof code, "%d", status);
  if (id != NULL && job->relay.left)
    event_append(&job->bundle, "exec_detach", (struct event_attribute[]){{"execID", id}, {0}});
  else if (id != NULL)
    event_append(&job->bundle, "exec_die",
                 (struct event_attribute[]){{"execID", id}, {"exitCode", code}, {0}});
  bundle_free(&job->bundle);
}

/*
 * exec --detach: the process's parent and, with a terminal, the holder of its other end, until it has ended.
 * A child of ours is reaped at once; one of a host's pid 1 that is slow to reap would keep the whole
 * container from ending.
 */
static int hold(const char *id, struct job *job, int report) {
  struct relay *relay = &job->relay;
  char buffer[4096];
  int status;

  setsid();
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
  report_started(&report, relay->process.pid);
  arena_free(&job->arena);
  while (relay->out >= 0 && read(relay->out, buffer, sizeof buffer) > 0)
    ;
  pidfd_reap(relay->process.pidfd, &status);
  tell_end(id, job, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
  return 0;
}

static int exec_detached(const struct options *options, struct job *job, struct fail *fail) {
  int report[2];

  if (report_open(report, fail) < 0) return -1;
  pid_t pid = fork();
  if (pid < 0) return fail_errno(fail, "fork", "for exec");
  if (pid > 0) {
    close(report[1]);
    return report_wait(report[0], NULL);
  }
  close(report[0]);
  if (start(options, job, fail) < 0) {
    report_failed(&report[1], fail);
    _exit(fail->exit_code);
  }
  _exit(hold(options->id, job, report[1]));
}

static int exec_attached(const struct options *options, struct job *job, struct fail *fail) {
  if (start(options, job, fail) < 0) return -1;
  int status = relay_run(&job->relay);
  tell_end(options->id, job, status);
  arena_free(&job->arena);
  return status;
}

int exec_main(int argc, char **argv) {
  struct options options = {.detach_keys = DETACH_KEYS_DEFAULT};
  const struct arg rows[] = {
      {.name = "--bundle", .text = &options.bundle, .needed = 1},
      {.name = "--runtime", .text = &options.runtime, .needed = 1},
      {.name = "--process", .text = &options.process, .needed = 1},
      {.name = "--id", .text = &options.id},
      {.name = "--stdin", .flag = &options.with_stdin},
      {.name = "--detach", .flag = &options.detach},
      {.name = "--detach-keys", .text = &options.detach_keys},
      {0},
  };
  struct fail fail = {0};
  static struct job job = {
      .lease = {.connection = -1, .userns = -1},
      .relay = {.in = -1, .out = -1, .err = -1},
      .theirs = {-1, -1, -1},
  };
  int status = -1;

  if (read_args(argc, argv, rows, &fail) >= 0 && prepare(&options, &job, &fail) == 0)
    status = options.detach ? exec_detached(&options, &job, &fail) : exec_attached(&options, &job, &fail);
  if (status >= 0) return status;
  if (options.detach)
    fail_event(&fail, STDOUT_FILENO);
  else
    fail_print(&fail, STDERR_FILENO);
  return fail.exit_code;
}
