/* See mount.h. Runs in the monitor, before clone and after the end. */
#include "mount.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/pidfd.h"
#include "../common/strbuf.h"
#include "../keep/mapping.h"
#include "fuse.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* mount(2) copies one page of options. */
enum { MOST_OPTIONS = 4095, SERVER_DEADLINE = 10000 };

int own_mount_namespace(struct fail *fail) {
  if (unshare(CLONE_NEWNS) < 0) {
    fail_errno(fail, "make mount namespace", "%s", "");
    hint_user_namespace(fail);
    return -1;
  }
  if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
    return fail_errno(fail, "make mounts private", "/");
  return 0;
}

/*
 * `path` as seen from `folder`, both absolute: short where they are neighbours, so that neither the length of
 * the data folder's path nor a comma or colon in it matters to mount(2).
 */
static void add_relative(struct strbuf *out, const char *folder, const char *path) {
  size_t common = 0, at = 0;
  for (; folder[at] && folder[at] == path[at]; at++)
    if (folder[at] == '/') common = at;
  if (!folder[at] && (path[at] == '/' || !path[at])) common = at;
  if (!common) {
    strbuf_text(out, path);
    return;
  }
  for (const char *rest = folder + common; *rest; rest++)
    if (*rest == '/' && rest[1]) strbuf_text(out, "../");
  for (path += common; *path == '/'; path++) {
  }
  strbuf_text(out, *path ? path : ".");
}

void overlay_options(const struct sampan_storage *storage, struct strbuf *out) {
  strbuf_text(out, "lowerdir=");
  for (size_t i = 0; i < storage->lower.count; i++)
    strbuf_format(out, "%s%s", i ? ":" : "", storage->lower.at[i]);
  strbuf_text(out, ",upperdir=");
  add_relative(out, storage->links, storage->upper);
  strbuf_text(out, ",workdir=");
  add_relative(out, storage->links, storage->work);
}

/* A volatile mount leaves this mark, and the next mount is refused while it is there. */
static void forget_volatile(const char *work) {
  cleanup_fd int fd = open(work, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  unlinkat(fd, "work/incompat/volatile/dirty", 0);
  unlinkat(fd, "work/incompat/volatile", AT_REMOVEDIR);
  unlinkat(fd, "work/incompat", AT_REMOVEDIR);
}

static int mount_overlay(const struct sampan_storage *storage, struct fail *fail) {
  cleanup_strbuf struct strbuf options = {0};
  overlay_options(storage, &options);
  /* Without userxattr a mount of ours could not remove folders of lower layers. */
  strbuf_text(&options, ",userxattr");
  if (storage->volatile_) strbuf_text(&options, ",volatile");
  if (options.length > MOST_OPTIONS)
    return fail_say(fail, EXIT_HELPER, "mount overlay", "the image has too many layers for one mount (%zu)",
                    storage->lower.count);
  forget_volatile(storage->work);
  if (mount("overlay", storage->merged, "overlay", 0, options.at) == 0) return 0;
  fail_errno(fail, "mount overlay", "%s", storage->merged);
  if (fail->error == ENOENT && access(storage->upper, F_OK) < 0)
    return fail_say(fail, EXIT_HELPER, "mount overlay",
                    "the container's writable layer is gone: it was removed just now");
  if (fail->error == EPERM || fail->error == EACCES || fail->error == EINVAL)
    fail_hint(fail,
              "this kernel or file system may not do it for a user: try --storage-driver fuse-overlayfs");
  return -1;
}

int mount_rootfs(const struct bundle *bundle, struct rootfs *out, struct fail *fail) {
  const struct sampan_storage *storage = bundle->sampan->storage;
  *out = ROOTFS_NONE;
  out->driver = storage->driver;
  out->merged = strdup(storage->merged);
  if (storage->driver == STORAGE_VFS) return 0;
  /* Names in links/ are relative to it; the monitor's own folder is kept. */
  cleanup_fd int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (chdir(storage->links) < 0) return fail_errno(fail, "open links", "%s", storage->links);
  int done = storage->driver == STORAGE_FUSE
                 ? mount_fuse(storage, bundle->config ? bundle->config->linux_ : NULL, &out->server, fail)
                 : mount_overlay(storage, fail);
  if (before < 0 || fchdir(before) < 0) (void)!chdir("/");
  out->mounted = done == 0;
  return done;
}

int unmount_rootfs(struct rootfs *rootfs, struct fail *fail) {
  int done = 0;
  if (rootfs->mounted && umount2(rootfs->merged, 0) < 0 &&
      (errno != EBUSY || umount2(rootfs->merged, MNT_DETACH) < 0))
    done = fail_errno(fail, "unmount", "%s", rootfs->merged);
  if (rootfs->server >= 0) {
    int status;
    /* It leaves by itself when its mount is gone; one that does not is ended. */
    if (!pidfd_ended(rootfs->server, SERVER_DEADLINE)) pidfd_signal(rootfs->server, SIGKILL);
    pidfd_reap(rootfs->server, &status);
    drop_fd(&rootfs->server);
  }
  free(rootfs->merged);
  *rootfs = ROOTFS_NONE;
  return done;
}
