#include "target.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/pidfd.h"

#include <string.h>

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
  fail_say(fail, 1, "exec", "container %s is not running", bundle->sampan->name);
  return fail_hint(fail, "`start %s` starts it", bundle->sampan->name);
}
