/*
 * Copying a folder with owners, modes, links, extended attributes and times: new volumes start as what the
 * image has at their place. Every name is used relative to an open folder and never followed. Runs in the
 * container's init, before the mounts.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/strbuf.h"
#include "../inside/remove.h"
#include "init.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* Where the first name of an inode with several was copied to, below the top. */
struct twin {
  ino_t inode;
  char *path;
  struct twin *next;
};

struct copy {
  int top; /* the folder copied to */
  struct twin *twins;
  struct fail *fail;
};

static int wrong(struct copy *copy, const char *path) {
  return fail_errno(copy->fail, "copy to volume", "%s", path);
}

/* Best effort: security.* may be refused, file systems may have none. */
static void copy_xattrs(int from, int to) {
  char names[4096], value[4096];
  ssize_t length = flistxattr(from, names, sizeof names);
  for (char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
    ssize_t size = fgetxattr(from, name, value, sizeof value);
    if (size >= 0) (void)!fsetxattr(to, name, value, (size_t)size, 0);
  }
}

/* Owner before mode (chown clears setuid), times last. A single mapping has one owner only. */
static int copy_attributes(int to, const struct stat *about) {
  struct timespec times[2] = {about->st_atim, about->st_mtim};
  if (fchown(to, about->st_uid, about->st_gid) < 0 && errno != EPERM && errno != EINVAL) return -1;
  if (fchmod(to, about->st_mode & 07777) < 0) return -1;
  return futimens(to, times);
}

static int copy_bytes(int from, int to, off_t size) {
  while (size > 0) {
    ssize_t count = sendfile(to, from, NULL, (size_t)(size < (1 << 30) ? size : (1 << 30)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    size -= count;
  }
  return 0;
}

static int copy_file(int from_folder, int to_folder, const char *name, const struct stat *about) {
  cleanup_fd int from = openat(from_folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  cleanup_fd int to = openat(to_folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (from < 0 || to < 0 || copy_bytes(from, to, about->st_size) < 0) return -1;
  copy_xattrs(from, to);
  return copy_attributes(to, about);
}

static int copy_link(int from_folder, int to_folder, const char *name, const struct stat *about) {
  char target[4096];
  ssize_t length = readlinkat(from_folder, name, target, sizeof target - 1);
  if (length < 0) return -1;
  target[length] = 0;
  return symlinkat(target, to_folder, name) < 0 ||
                 (fchownat(to_folder, name, about->st_uid, about->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
                  errno != EPERM && errno != EINVAL)
             ? -1
             : 0;
}

/* Pipes and sockets; devices cannot be made by a user and are left out. */
static int copy_special(int to_folder, const char *name, const struct stat *about) {
  if (S_ISCHR(about->st_mode) || S_ISBLK(about->st_mode)) return 0;
  if (mknodat(to_folder, name, about->st_mode & (S_IFMT | 07777), 0) < 0) return -1;
  if (fchownat(to_folder, name, about->st_uid, about->st_gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != EPERM)
    return -1;
  return 0;
}

static int copy_entries(struct copy *copy, int from, int to, const char *path);

static int copy_subfolder(struct copy *copy, int from, int to, const char *name, const struct stat *about,
                          const char *path) {
  if (mkdirat(to, name, 0700) < 0) return -1;
  cleanup_fd int below_from = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  cleanup_fd int below_to = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (below_from < 0 || below_to < 0) return -1;
  if (copy_entries(copy, below_from, below_to, path) < 0) return -2; /* told already */
  copy_xattrs(below_from, below_to);
  return copy_attributes(below_to, about);
}

/* 1 when this inode was copied under another name and is linked now, 0 when it is the first. */
static int copy_hard_link(struct copy *copy, int to, const char *name, const struct stat *about,
                          const char *path) {
  for (struct twin *twin = copy->twins; twin; twin = twin->next)
    if (twin->inode == about->st_ino) return linkat(copy->top, twin->path, to, name, 0) < 0 ? -1 : 1;
  struct twin *fresh = need_memory(sizeof *fresh);
  *fresh = (struct twin){.inode = about->st_ino, .path = format_text("%s", path), .next = copy->twins};
  copy->twins = fresh;
  return 0;
}

static int copy_entry(struct copy *copy, int from, int to, const char *name, const char *path) {
  struct stat about;
  if (fstatat(from, name, &about, AT_SYMLINK_NOFOLLOW) < 0) return -1;
  if (S_ISDIR(about.st_mode)) return copy_subfolder(copy, from, to, name, &about, path);
  if (about.st_nlink > 1) {
    int linked = copy_hard_link(copy, to, name, &about, path);
    if (linked) return linked < 0 ? -1 : 0;
  }
  if (S_ISREG(about.st_mode)) return copy_file(from, to, name, &about);
  if (S_ISLNK(about.st_mode)) return copy_link(from, to, name, &about);
  return copy_special(to, name, &about);
}

static int copy_entries(struct copy *copy, int from, int to, const char *path) {
  int again = dup(from);
  cleanup_dir DIR *dir = again < 0 ? NULL : fdopendir(again);
  if (!dir) return wrong(copy, path);
  for (struct dirent *entry; (entry = readdir(dir));) {
    const char *name = entry->d_name;
    if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]))) continue;
    cleanup_free char *below = format_text("%s%s%s", path, *path ? "/" : "", name);
    int done = copy_entry(copy, from, to, name, below);
    if (done < 0) return done == -2 ? -1 : wrong(copy, below);
  }
  return 0;
}

static void forget_twins(struct copy *copy) {
  for (struct twin *twin = copy->twins; twin;) {
    struct twin *next = twin->next;
    free(twin->path);
    free(twin);
    twin = next;
  }
}

int copy_folder(int from, int to, int keep_own, struct fail *fail) {
  struct copy copy = {.top = to, .fail = fail};
  struct stat about;
  int done = copy_entries(&copy, from, to, "");
  forget_twins(&copy);
  if (done < 0 || keep_own) return done;
  return fstat(from, &about) < 0 || copy_attributes(to, &about) < 0 ? wrong(&copy, "/") : 0;
}

static int is_empty(int folder) {
  int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), entries = 0;
  cleanup_dir DIR *dir = again < 0 ? NULL : fdopendir(again);
  if (!dir) return 0;
  while (entries < 3 && readdir(dir)) entries++;
  return entries < 3;
}

/* Beside the volume while it is being filled: one whose filling was cut short is emptied and filled again. */
#define MARK "../filling"

/* 1 when it is to be filled, 0 when there is something in it already. */
static int wants_filling(int volume, struct fail *fail) {
  if (faccessat(volume, MARK, F_OK, 0) == 0 && remove_contents(volume, fail) < 0) return -1;
  return is_empty(volume);
}

/* Locked, since two containers may start on one new volume; the second finds it filled. */
static int fill_volume(struct init *init, const struct sampan_copy_up *one) {
  cleanup_fd int from = open_inside(init->root, one->path, O_RDONLY | O_DIRECTORY, 0, RESOLVE_INSIDE);
  if (from < 0)
    return errno == ENOENT || errno == ENOTDIR ? 0 : fail_errno(init->fail, "read image", "%s", one->path);
  cleanup_fd int to = open(one->volume, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (to < 0 || flock(to, LOCK_EX) < 0) return fail_errno(init->fail, "open volume", "%s", one->volume);
  int wanted = wants_filling(to, init->fail);
  if (wanted <= 0) return wanted;
  cleanup_fd int mark = openat(to, MARK, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (mark < 0) return fail_errno(init->fail, "mark volume", "%s", one->volume);
  if (copy_folder(from, to, 0, init->fail) < 0) return -1;
  return unlinkat(to, MARK, 0) < 0 ? fail_errno(init->fail, "unmark volume", "%s", one->volume) : 0;
}

int fill_volumes(struct init *init) {
  const struct sampan *sampan = init->bundle->sampan;
  for (size_t i = 0; i < sampan->copy_up.count; i++)
    if (fill_volume(init, &sampan->copy_up.at[i]) < 0) return -1;
  for (size_t i = 0; i < sampan->own.count; i++) {
    const struct sampan_own *one = &sampan->own.at[i];
    if (own_folder(one->path, one->uid, one->gid, init->fail) < 0) return -1;
  }
  return 0;
}
