#include "target.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/pidfd.h"
#include "../common/strbuf.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static int not_running(const struct bundle *bundle, struct fail *fail) {
  fail_say(fail, 1, "exec", "container %s is not running", bundle->sampan->name);
  return fail_hint(fail, "`start %s` starts it", bundle->sampan->name);
}

int target_find(const struct bundle *bundle, struct target *out, struct fail *fail) {
  struct fail ignored = {0};
  cleanup_free char *text = read_file(bundle->fd, "state.json", 1 << 20, NULL);
  cleanup_json yajl_val state = text == NULL ? NULL : json_parse(text, "state.json", &ignored);
  const char *status = json_text(state, "status");

  *out = (struct target){.pidfd = -1};
  if (status != NULL && (strcmp(status, "running") == 0 || strcmp(status, "paused") == 0)) {
    out->pid = (pid_t)json_whole(state, "pid", 0);
    out->pidfd = pidfd_open_verified(out->pid, (uint64_t)json_whole(state, "startTicks", 0));
  }
  if (out->pidfd >= 0 && !pidfd_ended(out->pidfd, 0)) return 0;
  close_scoped_fd(&out->pidfd);
  return not_running(bundle, fail);
}

int target_failed(const struct bundle *bundle, const struct target *target, struct fail *fail) {
  /* A process lets its namespaces go a moment before its pidfd tells that it has ended. */
  if (fail->exit_code == EXIT_HELPER && pidfd_ended(target->pidfd, 100)) return not_running(bundle, fail);
  return -1;
}

int target_userns(const struct target *target, struct lease *lease, struct fail *fail) {
  struct stat ours, theirs;
  cleanup_free char *path = format_text("/proc/%d/ns/user", (int)target->pid);
  cleanup_fd int userns = open(path, O_RDONLY | O_CLOEXEC);

  if (userns < 0 || fstat(userns, &theirs) < 0 || fstat(lease->userns, &ours) < 0)
    return fail_errno(fail, "open the container's user namespace", "%s", path);
  if (ours.st_ino == theirs.st_ino) return 0;
  close(lease->userns);
  lease->userns = steal_fd(&userns);
  return 0;
}
