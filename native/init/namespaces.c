/* Which namespaces to make and which to join: config.json names types and paths, sampan.json other
 * containers. */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/kernel.h"
#include "../common/pidfd.h"
#include "init.h"
#include "userns.h"
#include <fcntl.h>
#include <sched.h>
#include <string.h>

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

static const struct {
  const char *type;
  int flag;
} kinds[] = {{"mount", CLONE_NEWNS},    {"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC},
             {"network", CLONE_NEWNET}, {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP},
             {"user", CLONE_NEWUSER}};

static int flag_of(const char *type) {
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (strcmp(kinds[i].type, type) == 0) return kinds[i].flag;
  return 0;
}

static int add_join(struct init *init, int fd, int flag, const char *name, struct fail *fail) {
  if (init->join_count == MOST_JOINS) {
    close(fd);
    return fail_say(fail, EXIT_HELPER, "plan namespaces", "config.json: too many namespaces with a path");
  }
  init->joins[init->join_count++] = (struct join){.fd = fd, .flag = flag, .name = name};
  init->new_namespaces &= ~(uint64_t)flag;
  return 0;
}

/* A pidfd of the process whose namespaces the container in that bundle has. */
static int open_container(const char *bundle, struct fail *fail) {
  const char *slash = strrchr(bundle, '/');
  const char *id = slash ? slash + 1 : bundle;
  cleanup_fd int folder = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
  cleanup_free char *text = folder < 0 ? NULL : read_file(folder, "state.json", 1 << 20, NULL);
  cleanup_json yajl_val state = text ? json_parse(text, "state.json", fail) : NULL;
  const char *status = json_text(state, "status");
  int running = status && (strcmp(status, "running") == 0 || strcmp(status, "paused") == 0);
  cleanup_fd int pidfd = running ? pidfd_open_verified((pid_t)json_whole(state, "pid", 0),
                                                       (uint64_t)json_whole(state, "startTicks", 0))
                                 : -1;
  if (pidfd < 0) {
    fail_say(fail, EXIT_HELPER, "join namespaces",
             "cannot join a namespace of container %.12s: it is not running", id);
    return fail_hint(fail, "start it first: sampan start %.12s", id);
  }
  return steal_fd(&pidfd);
}

static int join_container(struct init *init, const char *bundle, int flag, const char *name,
                          struct fail *fail) {
  if (!bundle) return 0;
  int pidfd = open_container(bundle, fail);
  return pidfd < 0 ? -1 : add_join(init, pidfd, flag, name, fail);
}

int plan_namespaces(const struct bundle *bundle, struct init *init, struct fail *fail) {
  const struct spec_linux *lists = bundle->config->linux_;
  const struct sampan *sampan = bundle->sampan;
  init->new_namespaces = CLONE_NEWNS;
  init->nested = userns_wanted(bundle->config);
  for (size_t i = 0; i < lists->namespaces.count; i++) {
    const struct spec_namespace *one = &lists->namespaces.at[i];
    int flag = flag_of(one->type);
    if (!flag)
      return fail_say(fail, EXIT_HELPER, "plan namespaces",
                      "config.json: a %s namespace is not honoured by sampan", one->type);
    init->new_namespaces |= (uint64_t)flag;
    if (!one->path || !one->path[0]) continue;
    int fd = open(one->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(fail, "open namespace", "%s", one->path);
    if (add_join(init, fd, flag, one->path, fail) < 0) return -1;
  }
  const char *network = sampan->network->mode == NETWORK_CONTAINER ? sampan->network->container : NULL;
  if (join_container(init, network, CLONE_NEWNET, "network", fail) < 0 ||
      join_container(init, sampan->join->ipc, CLONE_NEWIPC, "ipc", fail) < 0 ||
      join_container(init, sampan->join->uts, CLONE_NEWUTS, "uts", fail) < 0 ||
      join_container(init, sampan->join->cgroup, CLONE_NEWCGROUP, "cgroup", fail) < 0 ||
      join_container(init, sampan->join->user, CLONE_NEWUSER, "user", fail) < 0)
    return -1;
  return join_container(init, sampan->join->pid, CLONE_NEWPID, "pid", fail);
}

void drop_joins(struct init *init) {
  for (int i = 0; i < init->join_count; i++) drop_fd(&init->joins[i].fd);
  init->join_count = 0;
}

/*
 * An ipc namespace has queues, semaphores and old shared memory; that of POSIX is files in /dev/shm: the
 * other container's, looked for where it is mounted. One with --ipc none has none, and then we make our own.
 */
static int take_shared_memory(struct init *init, int pidfd) {
  cleanup_fd int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (own < 0 || setns(pidfd, CLONE_NEWNS) < 0)
    return fail_errno(init->fail, "join namespace", "%s", "mount, for /dev/shm");
  init->shared_memory = tree_clone(AT_FDCWD, "/dev/shm", 0);
  if (setns(own, CLONE_NEWNS) < 0) return fail_errno(init->fail, "leave namespace", "%s", "mount");
  return 0;
}

/* All but the pid and the user namespace: those had to be joined before clone (start.c). */
int join_namespaces(struct init *init) {
  for (int i = 0; i < init->join_count; i++) {
    const struct join *join = &init->joins[i];
    if (join->flag != CLONE_NEWPID && join->flag != CLONE_NEWUSER && setns(join->fd, join->flag) < 0)
      return fail_errno(init->fail, "join namespace", "%s", join->name);
    if (join->flag == CLONE_NEWIPC && init->bundle->sampan->join->ipc &&
        take_shared_memory(init, join->fd) < 0)
      return -1;
  }
  return 0;
}
