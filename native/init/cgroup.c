/* See cgroup.h. Runs in the monitor, before clone and after the end. */
#include "cgroup.h"
#include "../common/cgroup.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/strbuf.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#define MOUNT_POINT "/sys/fs/cgroup"

enum { CGROUP2_MAGIC = 0x63677270, MOST_WRITES = 8 };

/* One file to write: which controller it needs, what goes into it. */
struct limit {
  const char *controller, *file;
  char value[128];
};

static size_t plan_limits(const struct sampan_cgroup *asked, struct limit out[static MOST_WRITES]) {
  size_t count = 0;
  if (asked->memory) {
    out[count] = (struct limit){"memory", "memory.max", ""};
    snprintf(out[count++].value, sizeof out->value, "%lld", (long long)asked->memory);
  }
  if (asked->memory_swap) {
    /* Docker counts memory and swap together, cgroup v2 swap alone. */
    out[count] = (struct limit){"memory", "memory.swap.max", "max"};
    if (asked->memory_swap > 0)
      snprintf(out[count].value, sizeof out->value, "%lld", (long long)(asked->memory_swap - asked->memory));
    count++;
  }
  if (asked->memory_reservation) {
    out[count] = (struct limit){"memory", "memory.low", ""};
    snprintf(out[count++].value, sizeof out->value, "%lld", (long long)asked->memory_reservation);
  }
  if (asked->cpu_quota) {
    out[count] = (struct limit){"cpu", "cpu.max", ""};
    snprintf(out[count++].value, sizeof out->value, "%lld %lld", (long long)asked->cpu_quota,
             (long long)(asked->cpu_period ? asked->cpu_period : 100000));
  }
  if (asked->cpu_shares) {
    /* 2…262144 to 1…10000, as the kernel's documentation and other runtimes map them. */
    out[count] = (struct limit){"cpu", "cpu.weight", ""};
    snprintf(out[count++].value, sizeof out->value, "%lld",
             1 + (long long)(asked->cpu_shares - 2) * 9999 / 262142);
  }
  if (asked->cpuset_cpus && asked->cpuset_cpus[0]) {
    out[count] = (struct limit){"cpuset", "cpuset.cpus", ""};
    snprintf(out[count++].value, sizeof out->value, "%s", asked->cpuset_cpus);
  }
  if (asked->cpuset_mems && asked->cpuset_mems[0]) {
    out[count] = (struct limit){"cpuset", "cpuset.mems", ""};
    snprintf(out[count++].value, sizeof out->value, "%s", asked->cpuset_mems);
  }
  if (asked->pids) {
    out[count] = (struct limit){"pids", "pids.max", "max"};
    if (asked->pids > 0) snprintf(out[count].value, sizeof out->value, "%lld", (long long)asked->pids);
    count++;
  }
  return count;
}

static int has_word(const char *text, const char *word) {
  size_t length = strlen(word);
  for (const char *at = text; at && (at = strstr(at, word)); at += length)
    if ((at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\n' || !at[length])) return 1;
  return 0;
}

/* Our own group below the mount point; NULL when cgroup v2 is not what /sys/fs/cgroup
 * has. */
static char *own_group(void) {
  struct statfs about;
  if (statfs(MOUNT_POINT, &about) < 0 || about.f_type != CGROUP2_MAGIC) return NULL;
  return cgroup_of("self");
}

/*
 * In a scope that systemd made for this container (src/platform/host/scope.ts) nobody lives but the monitor
 * and its caller: they move into a leaf, so that the scope can have the container's group as a child. Leaves
 * other groups alone. The caller may be gone by now: what cannot be moved is not there.
 */
static int leave_scope(const char *own) {
  const char *name = strrchr(own, '/') + 1, *end = strstr(name, ".scope");
  if (strncmp(name, "sampan-", 7) != 0 || !end || end[6]) return 0;
  cleanup_free char *whole = format_text(MOUNT_POINT "%s", own);
  cleanup_fd int scope = open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (scope < 0 || (mkdirat(scope, "monitor", 0755) < 0 && errno != EEXIST)) return -1;
  cleanup_free char *pids = read_file(scope, "cgroup.procs", 65536, NULL);
  for (char *rest = pids, *pid; (pid = strtok_r(rest, "\n", &rest));)
    if (write_existing(scope, "monitor/cgroup.procs", pid) < 0 && errno != ESRCH) return -1;
  return 1;
}

/* Does this group give `controller` to its children, or can it be made to? */
static int gives(int group, const char *controller) {
  char enable[32];
  cleanup_free char *given = read_file(group, "cgroup.subtree_control", 4096, NULL);
  if (given && has_word(given, controller)) return 1;
  snprintf(enable, sizeof enable, "+%s", controller);
  return write_existing(group, "cgroup.subtree_control", enable) == 0;
}

/*
 * The nearest group from ours up that we may make children in and that gives them what is needed. Our own has
 * processes in it, so it is usually the one above (the kernel wants processes in leaves).
 */
static int find_parent(char *path, const struct limit *limits, size_t count, const char **missing) {
  *missing = count ? limits[0].controller : "memory";
  for (;;) {
    cleanup_free char *whole = format_text(MOUNT_POINT "%s", path);
    cleanup_fd int group = open(whole, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (group >= 0 && faccessat(group, "cgroup.procs", W_OK, 0) == 0 && faccessat(group, ".", W_OK, 0) == 0) {
      size_t given = 0;
      while (given < count && gives(group, limits[given].controller)) given++;
      if (given == count) return steal_fd(&group);
      *missing = limits[given].controller;
    }
    char *slash = strrchr(path, '/');
    if (!slash || slash == path) return -1;
    *slash = 0;
  }
}

static int refuse(const char *controller, struct fail *fail) {
  fail_say(fail, EXIT_HELPER, "make cgroup",
           "limits need the cgroup v2 controller \"%s\", which is not delegated to you here", controller);
  return fail_hint(
      fail, "under systemd: systemd-run --user --scope -p Delegate=yes COMMAND; else run without the limit");
}

static int write_limits(int group, const struct limit *limits, size_t count, struct fail *fail) {
  for (size_t i = 0; i < count; i++)
    if (write_existing(group, limits[i].file, limits[i].value) < 0) {
      /* A kernel without swap accounting has no such file: then there is nothing to limit. */
      if (errno == ENOENT && strcmp(limits[i].file, "memory.swap.max") == 0) continue;
      return fail_errno(fail, "set limit", "%s to %s", limits[i].file, limits[i].value);
    }
  return 0;
}

static int make_group(int parent, const char *name, struct started *out, struct fail *fail) {
  if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST) return fail_errno(fail, "make cgroup", "%s", name);
  out->cgroup = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return out->cgroup < 0 ? fail_errno(fail, "open cgroup", "%s", name) : 0;
}

int cgroup_make(const struct bundle *bundle, struct started *out, struct fail *fail) {
  const struct sampan_cgroup *asked = bundle->sampan->cgroup;
  struct limit limits[MOST_WRITES];
  const char *missing;
  char name[64];
  size_t count = plan_limits(asked, limits);
  if (!count && !asked->path) return 0;
  cleanup_free char *own = asked->path ? strdup(asked->path) : own_group();
  if (!own) return refuse(count ? limits[0].controller : "pids", fail);
  int left = asked->path ? 0 : leave_scope(own);
  if (left < 0) return fail_errno(fail, "leave scope", "%s", own);
  if (left > 0) {
    free(own);
    own = own_group();
    if (!own) return refuse(count ? limits[0].controller : "pids", fail);
  }
  cleanup_fd int parent = find_parent(own, limits, count, &missing);
  if (parent < 0) return refuse(missing, fail);
  snprintf(name, sizeof name, "sampan-%.12s", bundle->sampan->id);
  if (make_group(parent, name, out, fail) < 0) return -1;
  out->cgroup_path = format_text("%s/%s", own, name);
  if (write_limits(out->cgroup, limits, count, fail) == 0) return 0;
  cgroup_remove(out);
  return -1;
}

void cgroup_remove(struct started *started) {
  struct timespec pause = {.tv_nsec = 1000000};
  if (started->cgroup_path) {
    cleanup_free char *whole = format_text(MOUNT_POINT "%s", started->cgroup_path);
    /* The last zombies leave the group a moment after they were reaped. */
    for (int tries = 0; rmdir(whole) < 0 && errno == EBUSY && tries < 100; tries++) nanosleep(&pause, NULL);
  }
  drop_fd(&started->cgroup);
  free(started->cgroup_path);
  started->cgroup_path = NULL;
}
