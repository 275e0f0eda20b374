/* See limits.h. Runs in the process that becomes the program, before it changes its user. */
#include "limits.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include <string.h>
#include <sys/resource.h>

static const struct {
  const char *name;
  int resource;
} rows[] = {
    {"RLIMIT_AS", RLIMIT_AS},
    {"RLIMIT_CORE", RLIMIT_CORE},
    {"RLIMIT_CPU", RLIMIT_CPU},
    {"RLIMIT_DATA", RLIMIT_DATA},
    {"RLIMIT_FSIZE", RLIMIT_FSIZE},
    {"RLIMIT_LOCKS", RLIMIT_LOCKS},
    {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    {"RLIMIT_NICE", RLIMIT_NICE},
    {"RLIMIT_NOFILE", RLIMIT_NOFILE},
    {"RLIMIT_NPROC", RLIMIT_NPROC},
    {"RLIMIT_RSS", RLIMIT_RSS},
    {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    {"RLIMIT_RTTIME", RLIMIT_RTTIME},
    {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    {"RLIMIT_STACK", RLIMIT_STACK},
};

static int limit_set(const struct spec_rlimit *one, struct fail *fail) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (strcmp(rows[i].name, one->type) != 0) continue;
    struct rlimit now, limit = {.rlim_cur = one->soft, .rlim_max = one->hard};
    if (setrlimit(rows[i].resource, &limit) == 0) return 0;
    fail_errno(fail, "set limit", "%s to %llu", one->type, (unsigned long long)one->hard);
    if (fail->error == EPERM && getrlimit(rows[i].resource, &now) == 0)
      fail_hint(fail, "without root a limit can only go down; yours is %llu",
                (unsigned long long)now.rlim_max);
    return -1;
  }
  return fail_say(fail, EXIT_HELPER, "set limit", "config.json: unknown limit %s", one->type);
}

int limits_set(const struct spec_process *process, struct fail *fail) {
  for (size_t i = 0; i < process->rlimits.count; i++)
    if (limit_set(&process->rlimits.at[i], fail) < 0) return -1;
  return 0;
}
