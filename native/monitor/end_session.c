/*
 * Without a cgroup of its own a group of processes is found by looking: /proc tells session and parent of
 * each. Every process found is stopped first, so that it makes no new ones while we look, and looked at until
 * no more turn up.
 */
#include "end_session.h"

#include "../common/cleanup.h"
#include "../common/file.h"
#include "../common/pidfd.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 256, ROUNDS = 20 };

struct group {
  pid_t leader;
  pid_t pid[MOST];
  int pidfd[MOST];
  int count;
};

static bool holds(const struct group *group, pid_t pid) {
  for (int i = 0; i < group->count; i++)
    if (group->pid[i] == pid) return true;
  return false;
}

/* proc(5): fields 4 and 6 of stat, counted from the bracket that ends the name. */
static bool belongs(const struct group *group, const char *name) {
  char path[64];
  int parent = 0, session = 0;

  snprintf(path, sizeof path, "/proc/%s/stat", name);
  cleanup_free char *text = read_file(AT_FDCWD, path, 4096, NULL);
  const char *at = text == NULL ? NULL : strrchr(text, ')');
  if (at == NULL || sscanf(at + 1, " %*c %d %*d %d", &parent, &session) != 2) return false;
  return session == group->leader || holds(group, parent);
}

static bool look(struct group *group) {
  cleanup_dir DIR *all = opendir("/proc");
  bool found = false;
  const struct dirent *entry;

  while (all != NULL && (entry = readdir(all)) != NULL && group->count < MOST) {
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid <= 0 || holds(group, pid) || !belongs(group, entry->d_name)) continue;
    int fd = pidfd_open_process(pid);
    if (fd < 0) continue;
    if (!belongs(group, entry->d_name)) { /* the number has changed hands between the two looks */
      close(fd);
      continue;
    }
    pidfd_signal(fd, SIGSTOP);
    group->pid[group->count] = pid;
    group->pidfd[group->count++] = fd;
    found = true;
  }
  return found;
}

void end_session(pid_t leader, int pidfd) {
  struct group group = {.leader = leader, .pid = {leader}, .count = 1};

  group.pidfd[0] = pidfd;
  pidfd_signal(pidfd, SIGSTOP);
  for (int round = 0; round < ROUNDS && look(&group); round++)
    ;
  for (int i = group.count - 1; i >= 0; i--) { /* the leader last: its end tells that all is over */
    pidfd_signal(group.pidfd[i], SIGKILL);
    if (i > 0) close(group.pidfd[i]);
  }
}
