/* See process.h. Runs in the process that becomes the program: the container's, or one of exec. */
#include "process.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/strbuf.h"
#include "capabilities.h"
#include "limits.h"
#include "seccomp.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* `make` where it is missing: as root, like WORKDIR. */
static int enter_folder(const char *path, bool make, struct fail *fail) {
  if (chdir(path) == 0) return 0;
  if (errno == ENOENT && make) {
    cleanup_free char *part = strdup(path);
    for (char *slash = part; part && (slash = strchr(slash + 1, '/'));) {
      *slash = 0;
      mkdir(part, 0755);
      *slash = '/';
    }
    mkdir(path, 0755);
    if (chdir(path) == 0) return 0;
  }
  fail_errno(fail, "enter working folder", "%s", path);
  fail->exit_code = EXIT_NOT_EXECUTABLE;
  return -1;
}

static int set_groups(const struct spec_user *user, struct fail *fail) {
  size_t count = user->additional_gids.count;
  cleanup_free gid_t *groups = need_memory(count * sizeof *groups);
  for (size_t i = 0; i < count; i++) groups[i] = (gid_t)user->additional_gids.at[i];
  /* The system calls themselves: the C library's wrappers would look for threads of the monitor we were
   * cloned from. */
  if (syscall(SYS_setgroups, count, groups) == 0) return 0;
  fail_errno(fail, "set groups", "%s", "");
  if (fail->error == EINVAL) fail_hint(fail, "one of the group ids is beyond your range in /etc/subgid");
  return -1;
}

/* Keeps the capabilities over the change: the final sets come after it. */
static int become_user(const struct spec_user *user, const struct process_how *how, struct fail *fail) {
  /* With one id there is nobody else to become; the CLI has said so. */
  if (how->mapping == MAPPING_SINGLE) return 0;
  if (!how->keep_groups && set_groups(user, fail) < 0) return -1;
  if (prctl(PR_SET_KEEPCAPS, 1) < 0) return fail_errno(fail, "keep capabilities", "%s", "");
  gid_t gid = (gid_t)user->gid;
  uid_t uid = (uid_t)user->uid;
  if (syscall(SYS_setresgid, gid, gid, gid) < 0 || syscall(SYS_setresuid, uid, uid, uid) < 0) {
    fail_errno(fail, "become user", "%u:%u", uid, gid);
    if (fail->error == EINVAL) fail_hint(fail, "the id is beyond your range in /etc/subuid or /etc/subgid");
    return -1;
  }
  return capabilities_regain(fail);
}

int process_apply(const struct spec_process *process, const struct process_how *how,
                  const struct filter *filter, struct fail *fail) {
  struct capability_sets sets;
  if (capabilities_read(process->capabilities, &sets, fail) < 0) return -1;
  if (limits_set(process, fail) < 0 || enter_folder(process->cwd, how->make_folder, fail) < 0) return -1;
  if (capabilities_bound(&sets, fail) < 0 || become_user(process->user, how, fail) < 0) return -1;
  /* Without no_new_privs a filter needs CAP_SYS_ADMIN, which the final sets rarely have; with it, later is
   * better. */
  if (!process->no_new_privileges && filter_load(filter, fail) < 0) return -1;
  if (capabilities_set(&sets, fail) < 0) return -1;
  if (process->no_new_privileges) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail_errno(fail, "set no_new_privs", "%s", "");
    if (filter_load(filter, fail) < 0) return -1;
  }
  umask(process->user->umask < 0 ? 0022 : (mode_t)process->user->umask & 0777);
  /* Last: changing the user clears it. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return fail_errno(fail, "set parent-death signal", "%s", "");
  return 0;
}

static int not_found(const char *program, struct fail *fail) {
  return fail_say(fail, EXIT_NOT_FOUND, "find program", "exec: \"%s\": executable file not found in $PATH",
                  program);
}

/* 0 when execve may try it; else the reason, as docker words it. */
static int check_program(const char *path, const char *program, struct fail *fail) {
  struct stat about;
  if (stat(path, &about) < 0) {
    int code = errno == ENOENT || errno == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    return fail_say(fail, code, "find program", "exec: \"%s\": stat %s: %s", program, path,
                    errno == ENOENT    ? "no such file or directory"
                    : errno == ENOTDIR ? "not a directory"
                    : errno == EACCES  ? "permission denied"
                                       : strerror(errno));
  }
  if (S_ISDIR(about.st_mode))
    return fail_say(fail, EXIT_NOT_EXECUTABLE, "find program", "exec: \"%s\": is a directory", program);
  if (access(path, X_OK) < 0)
    return fail_say(fail, EXIT_NOT_EXECUTABLE, "find program", "exec: \"%s\": permission denied", program);
  return 0;
}

static const char *search_path(const char *const *env) {
  for (; *env; env++)
    if (strncmp(*env, "PATH=", 5) == 0) return *env + 5;
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

int process_find(const char *program, const char *const *env, char path[static 4096], struct fail *fail) {
  struct fail first = {0}, ignored;
  if (!program[0]) return not_found(program, fail);
  if (strchr(program, '/')) {
    snprintf(path, 4096, "%s", program);
    return check_program(path, program, fail);
  }
  for (const char *at = search_path(env); *at;) {
    size_t length = strcspn(at, ":");
    if (at[0] == '/') { /* relative ones would depend on the working folder */
      snprintf(path, 4096, "%.*s/%s", (int)length, at, program);
      struct fail *where = first.exit_code ? &ignored : &first;
      *where = (struct fail){0};
      if (check_program(path, program, where) == 0) return 0;
      if (where == &first && first.exit_code == EXIT_NOT_FOUND) first.exit_code = 0;
    }
    at += length + (at[length] == ':');
  }
  if (!first.exit_code || strstr(first.message, "is a directory")) return not_found(program, fail);
  *fail = first; /* there is one, but not for us */
  return -1;
}

int process_exec(const char *path, const struct spec_process *process, size_t passed, struct fail *fail) {
  sigset_t none;
  close_on_exec_from(3 + (int)passed);
  for (int number = 1; number < 65; number++) signal(number, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(path, (char *const *)process->args.at, (char *const *)process->env.at);
  int error = errno;
  const char *program = process->args.at[0];
  if (error == ENOENT) { /* the file is there: what is missing is what should run it */
    fail_say(fail, EXIT_NOT_FOUND, "exec", "exec: \"%s\": no such file or directory", program);
    return fail_hint(fail,
                     "the file exists; the interpreter in its first line or its dynamic loader does not");
  }
  fail_say(fail, EXIT_NOT_EXECUTABLE, "exec", "exec: \"%s\": %s", program,
           error == ENOEXEC  ? "exec format error"
           : error == EACCES ? "permission denied"
                             : strerror(error));
  if (error == ENOEXEC) fail_hint(fail, "it is made for another architecture, or a script without a #! line");
  return -1;
}
