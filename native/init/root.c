/* The root itself: opening it, covering what must not be seen, making it "/". Runs in the container's init.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "init.h"
#include "options.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/*
 * The monitor's overlay is in our copy of its mount namespace. A plain folder (vfs) becomes a mount here, and
 * so does one that the kernel has locked where it is, because our user namespace is not the monitor's.
 */
int open_root(struct init *init) {
  const struct sampan_storage *storage = init->bundle->sampan->storage;
  init->root = open(storage->merged, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (init->root < 0) return fail_errno(init->fail, "open root", "%s", storage->merged);
  if (storage->driver != STORAGE_VFS && !init->nested) return 0;
  cleanup_fd int tree = tree_clone(init->root, "", 0);
  if (tree < 0 || mount_attach(tree, init->root) < 0)
    return fail_errno(init->fail, "bind root", "%s", storage->merged);
  close(init->root);
  init->root = steal_fd(&tree);
  return 0;
}

/*
 * One empty read-only tmpfs serves all masked folders. The first takes the mount itself: kernels before 6.15
 * clone only mounts that are attached (EINVAL), and from then on it is.
 */
static int empty_folder(struct init *init) {
  if (init->empty >= 0) return tree_clone(init->empty, "", 0);
  cleanup_fd int fs = fs_open("tmpfs");
  if (fs < 0 || fs_set_text(fs, "size", "0") < 0 || fs_set_text(fs, "nr_inodes", "2") < 0) return -1;
  init->empty = fs_mount(fs, ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC);
  return init->empty < 0 ? -1 : fcntl(init->empty, F_DUPFD_CLOEXEC, 3);
}

static int mask_path(struct init *init, const char *path) {
  struct stat about;
  cleanup_fd int target = open_inside(init->root, path, O_PATH, 0, RESOLVE_INSIDE);
  if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : fail_errno(init->fail, "mask", "%s", path);
  if (fstat(target, &about) < 0) return fail_errno(init->fail, "mask", "%s", path);
  cleanup_fd int cover = S_ISDIR(about.st_mode) ? empty_folder(init) : tree_clone(AT_FDCWD, "/dev/null", 0);
  if (cover < 0 || attach_bind(cover, target, 0, 0, MS_PRIVATE, 0) < 0)
    return fail_errno(init->fail, "mask", "%s", path);
  return 0;
}

static int protect_path(struct init *init, const char *path) {
  cleanup_fd int target = open_inside(init->root, path, O_PATH, 0, RESOLVE_INSIDE);
  if (target < 0)
    return errno == ENOENT || errno == ENOTDIR ? 0 : fail_errno(init->fail, "make read-only", "%s", path);
  cleanup_fd int tree = tree_clone(target, "", 1);
  if (tree < 0 || attach_bind(tree, target, 0, ATTR_RDONLY, MS_PRIVATE, 1) < 0)
    return fail_errno(init->fail, "make read-only", "%s", path);
  return 0;
}

int cover_paths(struct init *init) {
  const struct spec_linux *lists = init->bundle->config->linux_;
  for (size_t i = 0; i < lists->masked_paths.count; i++)
    if (mask_path(init, lists->masked_paths.at[i]) < 0) return -1;
  for (size_t i = 0; i < lists->readonly_paths.count; i++)
    if (protect_path(init, lists->readonly_paths.at[i]) < 0) return -1;
  return 0;
}

static const struct {
  const char *word;
  unsigned long flags;
} propagations[] = {{"private", MS_PRIVATE},       {"rprivate", MS_PRIVATE | MS_REC},
                    {"slave", MS_SLAVE},           {"rslave", MS_SLAVE | MS_REC},
                    {"shared", MS_SHARED},         {"rshared", MS_SHARED | MS_REC},
                    {"unbindable", MS_UNBINDABLE}, {"runbindable", MS_UNBINDABLE | MS_REC}};

static int set_propagation(struct init *init) {
  const char *word = init->bundle->config->linux_->rootfs_propagation;
  if (!word || !word[0]) return 0;
  for (size_t i = 0; i < sizeof propagations / sizeof *propagations; i++)
    if (strcmp(propagations[i].word, word) == 0) {
      if (mount(NULL, "/", NULL, propagations[i].flags, NULL) == 0) return 0;
      return fail_errno(init->fail, "set root propagation", "%s", word);
    }
  return fail_say(init->fail, EXIT_HELPER, "set root propagation",
                  "config.json: rootfsPropagation %s is unknown", word);
}

/*
 * pivot_root(".", ".") stacks the old root on the new one, from where it is detached at once: no folder for
 * it is needed in the image. Read-only comes last, all mount points are made by now.
 */
int enter_root(struct init *init) {
  if (fchdir(init->root) < 0) return fail_errno(init->fail, "enter root", "%s", "");
  if (syscall(SYS_pivot_root, ".", ".") < 0) return fail_errno(init->fail, "pivot root", "%s", "");
  if (umount2(".", MNT_DETACH) < 0) return fail_errno(init->fail, "detach old root", "%s", "");
  if (chdir("/") < 0) return fail_errno(init->fail, "enter root", "/");
  if (set_propagation(init) < 0) return -1;
  if (init->bundle->config->root->readonly && make_read_only(init->root) < 0)
    return fail_errno(init->fail, "make root read-only", "/");
  return 0;
}
