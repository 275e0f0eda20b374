/* See fuse.h. Runs in the monitor; the child lives as long as the mount. */
#include "fuse.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/pidfd.h"
#include "../common/strbuf.h"
#include "userns.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

enum { READY_DEADLINE = 10000, FUSE_MAGIC = 0x65735546 };

static int is_fuse(const char *path) {
  struct statfs about;
  return statfs(path, &about) == 0 && about.f_type == FUSE_MAGIC;
}

/* In the child: become the server. What it says goes to `words`. */
static void serve(const struct sampan_storage *storage, const char *options, int words) {
  size_t count = storage->fuse_overlayfs.count;
  const char **arguments = need_memory((count + 5) * sizeof *arguments);
  memcpy(arguments, storage->fuse_overlayfs.at, count * sizeof *arguments);
  arguments[count] = "-f"; /* stay in the foreground: our child, not init's */
  arguments[count + 1] = "-o";
  arguments[count + 2] = options;
  arguments[count + 3] = storage->merged;
  arguments[count + 4] = NULL;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(null, 0);
  dup2(words, 1);
  dup2(words, 2);
  signal(SIGPIPE, SIG_IGN); /* nobody reads its words once it is up */
  setsid();                 /* a ctrl-c of the terminal is not for it */
  close_on_exec_from(3);
  execv(arguments[0], (char *const *)arguments);
  dprintf(2, "%s: %s", arguments[0], strerror(errno));
  _exit(127);
}

static int not_ready(int pidfd, int words, const char *merged, struct fail *fail) {
  char said[384] = "";
  int status;
  int ended = pidfd_ended(pidfd, 0);
  pidfd_signal(pidfd, SIGKILL);
  pidfd_reap(pidfd, &status);
  ssize_t count = read(words, said, sizeof said - 1);
  for (ssize_t i = 0; i < count; i++)
    if (said[i] == '\n') said[i] = ' ';
  fail_say(fail, EXIT_HELPER, "mount fuse-overlayfs", "mount fuse-overlayfs %s: %s", merged,
           count > 0 ? said
           : ended   ? "it ended without a word"
                     : "it did not answer within 10 s");
  if (access("/dev/fuse", R_OK | W_OK) < 0)
    return fail_hint(fail, "/dev/fuse is not usable; once, as root: modprobe fuse; chmod 666 /dev/fuse "
                           "(or use --storage-driver vfs)");
  return -1;
}

int mount_fuse(const struct sampan_storage *storage, const struct spec_linux *linux_, int *server,
               struct fail *fail) {
  cleanup_strbuf struct strbuf options = {0};
  cleanup_fd int words_read = -1, words_write = -1, pidfd = -1;
  int words[2];
  /* It takes the path of its upper layer, resolved, apart at colons. */
  if (strchr(storage->upper, ':')) {
    fail_say(fail, EXIT_HELPER, "mount fuse-overlayfs", "fuse-overlayfs cannot use a path with a colon: %s",
             storage->upper);
    return fail_hint(fail, "choose a data folder without one (--root), or --storage-driver vfs");
  }
  overlay_options(storage, &options);
  if (storage->volatile_) strbuf_text(&options, ",volatile");
  if (linux_ && linux_->uid_mappings.count) userns_option("uidmapping", &linux_->uid_mappings, &options);
  if (linux_ && linux_->gid_mappings.count) userns_option("gidmapping", &linux_->gid_mappings, &options);
  if (pipe2(words, O_CLOEXEC | O_NONBLOCK) < 0) return fail_errno(fail, "mount fuse-overlayfs", "pipe");
  words_read = words[0];
  words_write = words[1];
  pid_t pid = clone_process(0, &pidfd, -1);
  if (pid < 0) return fail_errno(fail, "mount fuse-overlayfs", "clone");
  if (pid == 0) serve(storage, options.at, words_write);
  drop_fd(&words_write);
  for (int waited = 0; waited < READY_DEADLINE; waited++) {
    if (is_fuse(storage->merged)) {
      *server = steal_fd(&pidfd);
      return 0;
    }
    if (pidfd_ended(pidfd, 1)) break;
  }
  return not_ready(pidfd, words_read, storage->merged, fail);
}
