/* See mapping.h; user_namespaces(7), newuidmap(1), subuid(5). */
#include "mapping.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/kernel.h"
#include "../common/pidfd.h"
#include "../common/sealed.h"
#include "ranges.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { MAP_DEADLINE = 10000 };

const char *mapping_word(enum mapping mapping) {
  static const char *const words[] = {"full", "single", "identity"};
  return words[mapping];
}

static int sysctl_says(const char *path, char value) {
  cleanup_free char *text = read_file(AT_FDCWD, path, 64, NULL);
  return text && text[0] == value && (text[1] == '\n' || !text[1]);
}

int hint_user_namespace(struct fail *fail) {
  if (sysctl_says("/proc/sys/kernel/unprivileged_userns_clone", '0'))
    return fail_hint(fail, "this host forbids user namespaces; once, as root: sysctl -w "
                           "kernel.unprivileged_userns_clone=1 (and in /etc/sysctl.d to keep it)");
  if (sysctl_says("/proc/sys/user/max_user_namespaces", '0'))
    return fail_hint(fail, "this host allows no user namespaces; once, as root: sysctl -w "
                           "user.max_user_namespaces=15000 (and in /etc/sysctl.d to keep it)");
  if (sysctl_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
    return fail_hint(
        fail,
        "AppArmor keeps user namespaces from programs without a profile; once, as root: printf 'abi "
        "<abi/4.0>,\\nprofile sampan \"%s\" flags=(unconfined) {\\n  userns,\\n}\\n' > "
        "/etc/apparmor.d/sampan && apparmor_parser -r /etc/apparmor.d/sampan",
        helper_file());
  /* The seccomp filter of a container around us: ENOSYS for clone3, so that one tries clone, which gets
   * EPERM. */
  if ((fail->error == ENOSYS || fail->error == EPERM) &&
      (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0))
    return fail_hint(
        fail, "this is a container that may not have containers of its own: start it with --privileged, "
              "or with --security-opt seccomp=unconfined --device /dev/fuse --device /dev/net/tun");
  if (fail->error == ENOSPC)
    return fail_hint(fail, "there are too many user namespaces already; as root: sysctl -w "
                           "user.max_user_namespaces=15000");
  return -1;
}

/*
 * A process that does nothing in a new user namespace until we have its maps written and its /proc entry
 * open. It leaves when `hold` closes.
 */
static int start_holder(int hold[2], int *pidfd, struct fail *fail) {
  cleanup_fd int ready_read = -1, ready_write = -1;
  int ready[2], error = 0;
  if (pipe2(ready, O_CLOEXEC) < 0) return fail_errno(fail, "make user namespace", "pipe");
  ready_read = ready[0];
  ready_write = ready[1];
  pid_t pid = clone_process(0, pidfd, -1);
  if (pid < 0) {
    fail_errno(fail, "make user namespace", "clone");
    hint_user_namespace(fail);
    return -1;
  }
  if (pid == 0) {
    char byte;
    error = unshare(CLONE_NEWUSER) < 0 ? errno : 0;
    close(hold[1]);
    if (write(ready_write, &error, sizeof error) == sizeof error) (void)!read(hold[0], &byte, 1);
    _exit(0);
  }
  drop_fd(&ready_write);
  if (read(ready_read, &error, sizeof error) != sizeof error) error = ECHILD;
  if (error) {
    fail_code(fail, error, "make user namespace", "%s", "");
    hint_user_namespace(fail);
    return -1;
  }
  return (int)pid;
}

static int write_map(pid_t pid, const char *file, const char *rows, struct fail *fail) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
  if (write_existing(AT_FDCWD, path, rows) == 0) return 0;
  fail_errno(fail, "map ids", "%s", file);
  hint_user_namespace(fail);
  return -1;
}

/* Starts newuidmap or newgidmap; its complaints go to `words`. */
static int start_mapper(const char *program, pid_t pid, const struct ranges *ranges, unsigned own, int words,
                        int *pidfd) {
  char numbers[3 * (MOST_RANGES + 1) + 1][24];
  char *arguments[3 * (MOST_RANGES + 1) + 3];
  int at = 0, first = 1;
  snprintf(numbers[at++], sizeof *numbers, "%d", (int)pid);
  snprintf(numbers[at++], sizeof *numbers, "0");
  snprintf(numbers[at++], sizeof *numbers, "%u", own);
  snprintf(numbers[at++], sizeof *numbers, "1");
  unsigned long inside = (unsigned long)first;
  for (size_t i = 0; i < ranges->count; i++) {
    snprintf(numbers[at++], sizeof *numbers, "%lu", inside);
    snprintf(numbers[at++], sizeof *numbers, "%lu", ranges->rows[i].start);
    snprintf(numbers[at++], sizeof *numbers, "%lu", ranges->rows[i].count);
    inside += ranges->rows[i].count;
  }
  arguments[0] = (char *)program;
  for (int i = 0; i < at; i++) arguments[i + 1] = numbers[i];
  arguments[at + 1] = NULL;
  pid_t child = clone_process(0, pidfd, -1);
  if (child) return (int)child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(words, 1);
  dup2(words, 2);
  execv(program, arguments);
  dprintf(2, "%s: %s", program, strerror(errno));
  _exit(127);
}

static int finish_mapper(const char *program, int pidfd, int words, struct fail *fail) {
  char said[256] = "";
  int status = -1;
  if (!pidfd_ended(pidfd, MAP_DEADLINE)) pidfd_signal(pidfd, SIGKILL);
  if (pidfd_reap(pidfd, &status) == 0 && status == 0) return 0;
  ssize_t count = read(words, said, sizeof said - 1);
  for (ssize_t i = 0; i < count; i++)
    if (said[i] == '\n') said[i] = ' ';
  fail_say(fail, EXIT_HELPER, "map ids", "%s failed: %s", program, count > 0 ? said : "no answer in 10 s");
  if (hint_user_namespace(fail) < 0 && !fail->hint[0])
    fail_hint(fail,
              "%s must be installed setuid root (Debian: apt-get install --reinstall uidmap), and the ranges "
              "in /etc/subuid and /etc/subgid must not be used by another user",
              program);
  return -1;
}

/* Both side by side: each is a setuid program that takes 2 ms. */
static int map_ranges(pid_t pid, const struct id_maps *maps, struct fail *fail) {
  cleanup_fd int uid_fd = -1, gid_fd = -1, out_read = -1, out_write = -1;
  int out[2];
  if (pipe2(out, O_CLOEXEC | O_NONBLOCK) < 0) return fail_errno(fail, "map ids", "pipe");
  out_read = out[0];
  out_write = out[1];
  if (start_mapper(maps->newuidmap, pid, &maps->uids, getuid(), out_write, &uid_fd) < 0 ||
      start_mapper(maps->newgidmap, pid, &maps->gids, getgid(), out_write, &gid_fd) < 0)
    return fail_errno(fail, "map ids", "clone");
  int first = finish_mapper(maps->newuidmap, uid_fd, out_read, fail);
  struct fail second_fail;
  int second = finish_mapper(maps->newgidmap, gid_fd, out_read, first < 0 ? &second_fail : fail);
  return first < 0 || second < 0 ? -1 : 0;
}

static int map_single(pid_t pid, struct fail *fail) {
  char row[64];
  if (write_map(pid, "setgroups", "deny", fail) < 0) return -1;
  snprintf(row, sizeof row, "0 %u 1", getgid());
  if (write_map(pid, "gid_map", row, fail) < 0) return -1;
  snprintf(row, sizeof row, "0 %u 1", getuid());
  return write_map(pid, "uid_map", row, fail);
}

/* Every id that exists here, to itself: what exists here says our own map (we may be in a container
 * ourselves). */
static int map_identity(pid_t pid, const char *file, unsigned long *total, struct fail *fail) {
  char own[64], rows[4096];
  size_t length = 0;
  unsigned long inside, outside, count;
  snprintf(own, sizeof own, "/proc/self/%s", file);
  cleanup_free char *text = read_file(AT_FDCWD, own, sizeof rows - 1, NULL);
  if (!text) return fail_errno(fail, "map ids", "%s", own);
  rows[0] = 0;
  *total = 0;
  for (const char *line = text; line && sscanf(line, "%lu %lu %lu", &inside, &outside, &count) == 3;) {
    length += (size_t)snprintf(rows + length, sizeof rows - length, "%lu %lu %lu\n", inside, inside, count);
    if (length >= sizeof rows) break;
    *total += count;
    line = strchr(line, '\n');
    if (line) line++;
  }
  return write_map(pid, file, rows, fail);
}

static int write_maps(pid_t pid, enum mapping *mapping, char why[static 256], struct fail *fail) {
  why[0] = 0;
  if (getuid() == 0) {
    unsigned long uids, gids;
    if (map_identity(pid, "gid_map", &gids, fail) < 0 || map_identity(pid, "uid_map", &uids, fail) < 0)
      return -1;
    *mapping = MAPPING_IDENTITY;
    return 0;
  }
  struct id_maps maps;
  if (find_id_maps(&maps, why)) {
    *mapping = MAPPING_FULL;
    return map_ranges(pid, &maps, fail);
  }
  *mapping = MAPPING_SINGLE;
  return map_single(pid, fail);
}

int make_user_namespace(int *userns, enum mapping *mapping, char why[static 256], struct fail *fail) {
  cleanup_fd int hold_read = -1, hold_write = -1, pidfd = -1;
  int hold[2], status;
  char path[64];
  if (pipe2(hold, O_CLOEXEC) < 0) return fail_errno(fail, "make user namespace", "pipe");
  hold_read = hold[0];
  hold_write = hold[1];
  pid_t pid = start_holder(hold, &pidfd, fail);
  int done = pid < 0 ? -1 : write_maps(pid, mapping, why, fail);
  if (done == 0) {
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    *userns = open(path, O_RDONLY | O_CLOEXEC);
    if (*userns < 0) done = fail_errno(fail, "open user namespace", "%s", path);
  }
  drop_fd(&hold_write); /* the holder leaves; our descriptor keeps the namespace */
  if (pidfd >= 0) pidfd_reap(pidfd, &status);
  return done;
}
