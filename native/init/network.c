/* The small per-namespace settings: names, loopback, sysctls, oom score. Runs in the container's init. */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/strbuf.h"
#include "init.h"
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int set_host_name(struct init *init) {
  const struct config *config = init->bundle->config;
  if (!(init->new_namespaces & CLONE_NEWUTS)) return 0;
  if (config->hostname && sethostname(config->hostname, strlen(config->hostname)) < 0)
    return fail_errno(init->fail, "set host name", "%s", config->hostname);
  if (config->domainname && setdomainname(config->domainname, strlen(config->domainname)) < 0)
    return fail_errno(init->fail, "set domain name", "%s", config->domainname);
  return 0;
}

/* A new network namespace has its loopback down. */
int raise_loopback(struct init *init) {
  if (!(init->new_namespaces & CLONE_NEWNET)) return 0;
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  cleanup_fd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0) return fail_errno(init->fail, "raise loopback", "lo");
  return 0;
}

/* The sysctls that belong to a namespace; all others are the host's, also when root runs the container. */
static const struct {
  const char *name; /* with a final dot: all below it */
  int flag;
} namespaced[] = {
    {"net.", CLONE_NEWNET},
    {"fs.mqueue.", CLONE_NEWIPC},
    {"kernel.msgmax", CLONE_NEWIPC},
    {"kernel.msgmnb", CLONE_NEWIPC},
    {"kernel.msgmni", CLONE_NEWIPC},
    {"kernel.sem", CLONE_NEWIPC},
    {"kernel.shmall", CLONE_NEWIPC},
    {"kernel.shmmax", CLONE_NEWIPC},
    {"kernel.shmmni", CLONE_NEWIPC},
    {"kernel.shm_rmid_forced", CLONE_NEWIPC},
    {"kernel.domainname", CLONE_NEWUTS},
};

static int has_namespace(const struct init *init, int flag) {
  if (init->new_namespaces & (uint64_t)flag) return 1;
  for (int i = 0; i < init->join_count; i++)
    if (init->joins[i].flag == flag) return 1;
  return 0;
}

static int may_set(const struct init *init, const char *name) {
  if (strstr(name, "//")) return 0; /* it would become a ".." */
  for (size_t i = 0; i < sizeof namespaced / sizeof *namespaced; i++) {
    size_t length = strlen(namespaced[i].name);
    int below = namespaced[i].name[length - 1] == '.';
    if (strncmp(namespaced[i].name, name, length) == 0 && (below || !name[length]))
      return has_namespace(init, namespaced[i].flag);
  }
  return 0;
}

/* net.ipv4.ip_forward → /proc/sys/net/ipv4/ip_forward; a slash stands for a dot within a name, as in
 * sysctl(8). */
static int write_sysctl(const char *name, const char *value) {
  cleanup_free char *path = format_text("/proc/sys/%s", name);
  for (char *c = path + strlen("/proc/sys/"); *c; c++)
    if (*c == '.' || *c == '/') *c = *c == '.' ? '/' : '.';
  return write_existing(AT_FDCWD, path, value);
}

int write_sysctls(struct init *init) {
  const struct spec_linux *lists = init->bundle->config->linux_;
  for (size_t i = 0; i < lists->sysctl.count; i++) {
    const struct spec_pair *pair = &lists->sysctl.at[i];
    if (!may_set(init, pair->key)) {
      fail_say(init->fail, EXIT_HELPER, "set sysctl",
               "set sysctl %s: it is not a namespace's of the container", pair->key);
      return fail_hint(
          init->fail, "a container may set net.*, fs.mqueue.*, kernel.msg*, kernel.sem and kernel.shm*, each "
                      "where it does not share the host's network or ipc");
    }
    if (write_sysctl(pair->key, pair->value) < 0)
      return fail_errno(init->fail, "set sysctl", "%s", pair->key);
  }
  return 0;
}

int write_oom_score(struct init *init) {
  int64_t score = init->bundle->config->process->oom_score_adj;
  char text[24];
  if (score == INT64_MIN) return 0;
  snprintf(text, sizeof text, "%lld", (long long)score);
  if (write_existing(AT_FDCWD, "/proc/self/oom_score_adj", text) == 0) return 0;
  fail_errno(init->fail, "set oom score", "%s", text);
  return fail_hint(init->fail, "only root may lower it: take 0 or more");
}
