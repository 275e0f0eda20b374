/*
 * Giving folders to the container's user: volume mode U. By the root of the shared user namespace, before the
 * container's own is entered. Runs in the container's init, or in the monitor.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "init.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct owning {
  uid_t uid;
  gid_t gid;
  dev_t device;
  struct fail *fail;
};

static int own_contents(const struct owning *owning, int folder);

/* chown clears setuid bits: put back what was there. */
static int give(const struct owning *owning, int folder, const char *name, const struct stat *about) {
  if (about->st_uid == owning->uid && about->st_gid == owning->gid) return 0;
  if (fchownat(folder, name, owning->uid, owning->gid, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) < 0) return -1;
  if (!(about->st_mode & 06000) || S_ISLNK(about->st_mode) || !name[0]) return 0;
  return fchmodat(folder, name, about->st_mode & 07777, 0);
}

static int own_entry(const struct owning *owning, int folder, const char *name) {
  struct stat about;
  if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : fail_errno(owning->fail, "change owner", "%s", name);
  if (S_ISDIR(about.st_mode) && about.st_dev == owning->device) {
    cleanup_fd int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0) return fail_errno(owning->fail, "change owner", "%s", name);
    if (own_contents(owning, below) < 0) return -1;
  }
  if (give(owning, folder, name, &about) == 0 || errno == ENOENT) return 0;
  fail_errno(owning->fail, "change owner", "%s", name);
  return fail_hint(owning->fail,
                   "U needs files that are yours, or of your subordinate ids, on a file system that may "
                   "be written");
}

static int own_contents(const struct owning *owning, int folder) {
  int again = dup(folder);
  cleanup_dir DIR *dir = again < 0 ? NULL : fdopendir(again);
  if (!dir) return fail_errno(owning->fail, "change owner", "%s", "");
  for (struct dirent *entry; (entry = readdir(dir));) {
    const char *name = entry->d_name;
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]))) continue;
    if (own_entry(owning, folder, name) < 0) return -1;
  }
  return 0;
}

/* The folder itself last: where it is right already, so is what is below, unless it was not finished. */
int own_folder(const char *path, int64_t uid, int64_t gid, struct fail *fail) {
  struct stat about;
  cleanup_fd int folder = open(path, O_RDONLY | O_CLOEXEC);
  if (folder < 0 || fstat(folder, &about) < 0) return fail_errno(fail, "change owner", "%s", path);
  struct owning owning = {.uid = (uid_t)uid, .gid = (gid_t)gid, .device = about.st_dev, .fail = fail};
  if (S_ISDIR(about.st_mode) && own_contents(&owning, folder) < 0) return -1;
  return give(&owning, folder, "", &about) < 0 ? fail_errno(fail, "change owner", "%s", path) : 0;
}
