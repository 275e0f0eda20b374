/* See walk.h. */
#include "walk.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Inode numbers of files with several names, by open addressing: 0 is a free place. */
struct inodes {
  uint64_t *at;
  size_t count, room;
};

static size_t place_of(const struct inodes *set, uint64_t inode) {
  size_t place = (size_t)(inode * 0x9E3779B97F4A7C15ULL) & (set->room - 1);
  while (set->at[place] && set->at[place] != inode) place = (place + 1) & (set->room - 1);
  return place;
}

/* 1 when it was new. */
static int add_inode(struct inodes *set, uint64_t inode) {
  if (set->count * 2 >= set->room) {
    struct inodes bigger = {.room = set->room ? set->room * 2 : 256, .count = set->count};
    bigger.at = need_memory(bigger.room * sizeof *bigger.at);
    memset(bigger.at, 0, bigger.room * sizeof *bigger.at);
    for (size_t i = 0; i < set->room; i++)
      if (set->at[i]) bigger.at[place_of(&bigger, set->at[i])] = set->at[i];
    free(set->at);
    *set = bigger;
  }
  size_t place = place_of(set, inode);
  if (set->at[place]) return 0;
  set->at[place] = inode;
  set->count++;
  return 1;
}

struct walk {
  dev_t device;
  struct inodes seen;
  struct walked sum;
  struct fail *fail;
};

/* Takes the descriptor over. */
static int walk_folder(struct walk *walk, int folder);

static int walk_entry(struct walk *walk, int folder, const char *name) {
  struct stat about;
  if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : fail_errno(walk->fail, "walk", "%s", name);
  walk->sum.entries++;
  if (S_ISREG(about.st_mode) && (about.st_nlink == 1 || add_inode(&walk->seen, about.st_ino)))
    walk->sum.bytes += (uint64_t)about.st_size;
  if (!S_ISDIR(about.st_mode) || about.st_dev != walk->device) return 0;
  int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (below < 0) return errno == ENOENT ? 0 : fail_errno(walk->fail, "walk", "%s", name);
  return walk_folder(walk, below);
}

static int walk_folder(struct walk *walk, int folder) {
  cleanup_dir DIR *dir = fdopendir(folder);
  if (!dir) {
    close(folder);
    return fail_errno(walk->fail, "walk", "%s", "");
  }
  for (struct dirent *entry; (entry = readdir(dir));) {
    const char *name = entry->d_name;
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]))) continue;
    if (walk_entry(walk, dirfd(dir), name) < 0) return -1;
  }
  return 0;
}

int walk_path(const char *path, struct walked *out, struct fail *fail) {
  struct walk walk = {.fail = fail};
  struct stat about;
  *out = (struct walked){0};
  cleanup_fd int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  /* A link: what it leads to (the folder of a volume that is one of the host's) is not ours to count. */
  if (folder < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : fail_errno(fail, "walk", "%s", path);
  if (fstat(folder, &about) < 0) return fail_errno(fail, "walk", "%s", path);
  walk.device = about.st_dev;
  int done = walk_folder(&walk, steal_fd(&folder));
  free(walk.seen.at);
  *out = walk.sum;
  return done;
}
