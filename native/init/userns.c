/* See userns.h; user_namespaces(7). Runs in the monitor, in the container's init, in jobs on its files. */
#include "userns.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/strbuf.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

int userns_wanted(const struct config *config) {
  for (size_t i = 0; i < config->linux_->namespaces.count; i++)
    if (strcmp(config->linux_->namespaces.at[i].type, "user") == 0) return 1;
  return 0;
}

int64_t userns_outside(const id_mappings *rows, int64_t inside) {
  for (size_t i = 0; i < rows->count; i++) {
    const struct spec_id_mapping *row = &rows->at[i];
    if (inside >= row->container_id && inside < row->container_id + row->size)
      return row->host_id + inside - row->container_id;
  }
  return -1;
}

static int write_map(pid_t pid, const char *file, const id_mappings *rows, struct fail *fail) {
  cleanup_free char *path = format_text("/proc/%d/%s", (int)pid, file);
  cleanup_strbuf struct strbuf text = {0};
  for (size_t i = 0; i < rows->count; i++)
    strbuf_format(&text, "%lld %lld %lld\n", (long long)rows->at[i].container_id,
                  (long long)rows->at[i].host_id, (long long)rows->at[i].size);
  if (text.length && write_existing(AT_FDCWD, path, text.at) == 0) return 0;
  fail_errno(fail, "map ids", "%s", file);
  return fail_hint(fail, "a row names an id twice, or one that you do not have: /etc/subuid, /etc/subgid");
}

int userns_map(pid_t pid, const struct spec_linux *linux_, struct fail *fail) {
  if (write_map(pid, "gid_map", &linux_->gid_mappings, fail) < 0) return -1;
  return write_map(pid, "uid_map", &linux_->uid_mappings, fail);
}

int userns_become_root(struct fail *fail) {
  if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0)
    return fail_errno(fail, "become root of the container", "%s", "");
  /* Both were cleared by the change. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 1);
  return 0;
}

void userns_option(const char *key, const id_mappings *rows, struct strbuf *out) {
  strbuf_format(out, ",%s=", key);
  for (size_t i = 0; i < rows->count; i++)
    strbuf_format(out, "%s%lld:%lld:%lld", i ? ":" : "", (long long)rows->at[i].container_id,
                  (long long)rows->at[i].host_id, (long long)rows->at[i].size);
}
