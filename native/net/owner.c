/* See owner.h: /proc/net says which socket has the port, /proc/PID/fd who has the socket. */
#include "owner.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LISTENING = 0x0a, LARGEST = 1 << 22, MOST_WORDS = 16 };

struct taken {
  unsigned port;
  bool tcp;
  unsigned long long inode;
  unsigned uid;
  char protocol[8];
};

/* Rows of proc(5)'s /proc/net/tcp: the local address ends with the port, in hexadecimal. */
static bool find_socket(const char *path, struct taken *taken) {
  cleanup_free char *text = read_file(AT_FDCWD, path, LARGEST, NULL);
  for (char *line = text; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
    unsigned port, state, uid;
    unsigned long long inode;
    if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %u %*d %llu", &port, &state,
               &uid, &inode) != 4)
      continue;
    if (port != taken->port || (taken->tcp && state != LISTENING)) continue;
    taken->uid = uid;
    taken->inode = inode;
    return true;
  }
  return false;
}

static bool has_socket(const char *pid, unsigned long long inode) {
  char path[64], wanted[64], link[64];
  snprintf(path, sizeof path, "/proc/%s/fd", pid);
  snprintf(wanted, sizeof wanted, "socket:[%llu]", inode);
  DIR *folder = opendir(path);
  bool found = false;
  for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
    ssize_t length = readlinkat(dirfd(folder), entry->d_name, link, sizeof link - 1);
    found = length > 0 && (size_t)length == strlen(wanted) && memcmp(link, wanted, (size_t)length) == 0;
  }
  if (folder) closedir(folder);
  return found;
}

/* The pid as text; empty when nobody whose descriptors we may see has it. */
static void find_process(const struct taken *taken, char *pid, size_t room) {
  DIR *processes = opendir("/proc");
  *pid = 0;
  for (struct dirent *entry; processes && !*pid && (entry = readdir(processes));)
    if (isdigit((unsigned char)entry->d_name[0]) && has_socket(entry->d_name, taken->inode))
      snprintf(pid, room, "%s", entry->d_name);
  if (processes) closedir(processes);
}

/* Is the process a monitor of ours? Its command line names the bundle, container.json the container. */
static char *container_of(const char *pid) {
  char path[64];
  size_t length = 0, count = 0;
  const char *words[MOST_WORDS];
  snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
  cleanup_free char *line = read_file(AT_FDCWD, path, LARGEST, &length);
  for (char *at = line; at && at < line + length && count < MOST_WORDS; at += strlen(at) + 1)
    words[count++] = at;
  for (size_t i = 2; i + 1 < count && strcmp(words[1], "monitor") == 0; i++) {
    if (strcmp(words[i], "--bundle") != 0) continue;
    struct fail ignored;
    cleanup_free char *file = format_text("%s/container.json", words[i + 1]);
    cleanup_free char *text = read_file(AT_FDCWD, file, LARGEST, NULL);
    cleanup_json yajl_val record = text ? json_parse(text, file, &ignored) : NULL;
    const char *name = json_text(record, "name");
    return name ? format_text("%s", name) : NULL;
  }
  return NULL;
}

static void name_process(const struct taken *taken, struct fail *fail) {
  char pid[24], path[64], name[64] = "";
  find_process(taken, pid, sizeof pid);
  if (!*pid) {
    const struct passwd *user = getpwuid(taken->uid);
    fail_hint(fail,
              "A program of user %s has it (sudo ss -lnp 'sport = :%u' names it): choose another host port",
              user ? user->pw_name : "another", taken->port);
    return;
  }
  cleanup_free char *container = container_of(pid);
  if (container) {
    fail_hint(fail, "Container %s has it: stop it, choose another host port, or leave it out for a free one",
              container);
    return;
  }
  snprintf(path, sizeof path, "/proc/%s/comm", pid);
  cleanup_free char *comm = read_file(AT_FDCWD, path, sizeof name - 1, NULL);
  if (comm) snprintf(name, sizeof name, "%.*s", (int)strcspn(comm, "\n"), comm);
  fail_hint(fail, "%s (process %s) has it: choose another host port, or leave it out for a free one", name,
            pid);
}

void owner_hint(struct fail *fail) {
  struct taken taken = {0};
  if (fail->error != EADDRINUSE || strcmp(fail->step, "publish port") != 0) return;
  if (sscanf(fail->on, "%u/%7s", &taken.port, taken.protocol) != 2) return;
  taken.tcp = strcmp(taken.protocol, "tcp") == 0;
  if (find_socket(taken.tcp ? "/proc/net/tcp" : "/proc/net/udp", &taken) ||
      find_socket(taken.tcp ? "/proc/net/tcp6" : "/proc/net/udp6", &taken))
    name_process(&taken, fail);
}
