/* See remove.h. Runs in role inside and at the end of a monitor with --rm. */
#include "remove.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A hostile tree may be deeper than we have descriptors: what lies deeper is moved up next to the top and
 * done later. */
enum { DEEPEST = 64 };

struct removal {
  int top; /* the folder being removed */
  unsigned moved;
  struct fail *fail;
};

static int is_dots(const char *name) {
  return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

static int empty_folder(struct removal *removal, DIR *dir, int depth);

static DIR *open_folder(int parent, const char *name) {
  cleanup_fd int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *dir = fd < 0 ? NULL : fdopendir(fd);
  if (dir) steal_fd(&fd); /* the stream owns it now: one descriptor a level */
  return dir;
}

static int remove_entry(struct removal *removal, int folder, const char *name, int depth) {
  if (unlinkat(folder, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return fail_errno(removal->fail, "remove", "%s", name);
  if (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  if (errno != ENOTEMPTY && errno != EEXIST) return fail_errno(removal->fail, "remove", "%s", name);
  if (depth == DEEPEST) {
    char up[32];
    snprintf(up, sizeof up, ".sampan-deep-%u", removal->moved++);
    if (renameat(folder, name, removal->top, up) == 0 || errno == ENOENT) return 0;
    return fail_errno(removal->fail, "remove", "%s", name);
  }
  cleanup_dir DIR *below = open_folder(folder, name);
  if (!below) return errno == ENOENT ? 0 : fail_errno(removal->fail, "remove", "%s", name);
  if (empty_folder(removal, below, depth + 1) < 0) return -1;
  if (unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  return fail_errno(removal->fail, "remove", "%s", name);
}

/* Reads from the start again until nothing is left: entries may appear (moved up) while we read. */
static int empty_folder(struct removal *removal, DIR *dir, int depth) {
  for (;;) {
    int found = 0;
    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
      if (is_dots(entry->d_name)) continue;
      found = 1;
      if (remove_entry(removal, dirfd(dir), entry->d_name, depth) < 0) return -1;
    }
    if (!found) return 0;
  }
}

int remove_tree(int parent, const char *name, struct fail *fail) {
  if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) return 0;
  if (errno != EISDIR && errno != EPERM) return fail_errno(fail, "remove", "%s", name);
  struct removal removal = {.fail = fail};
  cleanup_dir DIR *top = open_folder(parent, name);
  if (!top) return errno == ENOENT ? 0 : fail_errno(fail, "remove", "%s", name);
  removal.top = dirfd(top);
  if (empty_folder(&removal, top, 0) < 0) return -1;
  if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
  return fail_errno(fail, "remove", "%s", name);
}

int remove_contents(int folder, struct fail *fail) {
  cleanup_dir DIR *dir = open_folder(folder, ".");
  if (!dir) return fail_errno(fail, "remove", "%s", "");
  struct removal removal = {.top = dirfd(dir), .fail = fail};
  return empty_folder(&removal, dir, 0);
}

int remove_path(const char *path, struct fail *fail) {
  cleanup_free char *for_parent = strdup(path), *for_name = strdup(path);
  const char *parent = for_parent ? dirname(for_parent) : "/", *name = for_name ? basename(for_name) : "/";
  if (path[0] != '/' || name[0] == '/' || is_dots(name))
    return fail_say(fail, EXIT_HELPER, "remove", "will not remove %s: not an absolute path of a file", path);
  cleanup_fd int folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return errno == ENOENT ? 0 : fail_errno(fail, "remove", "%s", path);
  return remove_tree(folder, name, fail);
}
