/*
 * The mounts of config.json. Each is made detached (fsmount, open_tree), given its flags, and then attached
 * to a place resolved below the new root: nothing is ever mounted by a path that the image could bend. Runs
 * in the container's init.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "init.h"
#include "options.h"
#include "place.h"
#include "userns.h"
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

struct mount_change {
  uint64_t set, clear, propagation, userns;
};

enum { BELOW = 0x8000 /* AT_RECURSIVE */ };

/* mount_setattr(2), 5.12. */
static int change_mount(int tree, unsigned set, unsigned propagation, int below) {
  struct mount_change change = {.set = set, .propagation = propagation};
  if (set & ATTR_ATIME) change.clear = ATTR_ATIME;
  return (int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | (below ? BELOW : 0), &change,
                      sizeof change);
}

/* What an attribute is called in mount(2) and in statvfs(3), for kernels before 5.12. */
static const struct {
  unsigned attribute, flag, status;
} old_flags[] = {
    {ATTR_RDONLY, MS_RDONLY, ST_RDONLY},    {ATTR_NOSUID, MS_NOSUID, ST_NOSUID},
    {ATTR_NODEV, MS_NODEV, ST_NODEV},       {ATTR_NOEXEC, MS_NOEXEC, ST_NOEXEC},
    {ATTR_NOATIME, MS_NOATIME, ST_NOATIME}, {ATTR_NODIRATIME, MS_NODIRATIME, ST_NODIRATIME},
};

/* The same by remounting what is attached: flags it has already must be repeated, they may be locked. */
static int change_attached(int tree, unsigned set, unsigned propagation, int propagation_below) {
  char path[32];
  struct statvfs about;
  snprintf(path, sizeof path, "/proc/self/fd/%d", tree);
  if (propagation && mount(NULL, path, NULL, propagation | (propagation_below ? MS_REC : 0), NULL) < 0)
    return -1;
  if (!set) return 0;
  if (fstatvfs(tree, &about) < 0) return -1;
  unsigned long flags = MS_REMOUNT | MS_BIND;
  for (size_t i = 0; i < sizeof old_flags / sizeof *old_flags; i++)
    if ((set & old_flags[i].attribute) || (about.f_flag & old_flags[i].status)) flags |= old_flags[i].flag;
  if (!(flags & MS_NOATIME)) flags |= set & ATTR_STRICTATIME ? MS_STRICTATIME : MS_RELATIME;
  return mount(NULL, path, NULL, flags, NULL);
}

int make_read_only(int tree) {
  int changed = change_mount(tree, ATTR_RDONLY, 0, 0);
  return changed < 0 && errno == ENOSYS ? change_attached(tree, ATTR_RDONLY, 0, 0) : changed;
}

int attach_bind(int tree, int target, unsigned attributes, unsigned below, unsigned propagation,
                int propagation_below) {
  int changed = 0;
  if (below) changed = change_mount(tree, below, 0, 1);
  if (changed == 0 && propagation) changed = change_mount(tree, 0, propagation, propagation_below);
  if (changed == 0 && attributes) changed = change_mount(tree, attributes, 0, 0);
  if (changed < 0 && errno != ENOSYS) return -1;
  if (mount_attach(tree, target) < 0) return -1;
  return changed < 0 ? change_attached(tree, attributes | below, propagation, propagation_below) : 0;
}

int open_part(int whole, const char *subpath, const char *destination, struct fail *fail) {
  int part = open_inside(whole, subpath, O_PATH, 0, RESOLVE_BELOW);
  if (part >= 0) return part;
  fail_errno(fail, "mount", "subpath %s on %s", subpath, destination);
  if (fail->error == EXDEV)
    return fail_say(fail, EXIT_HELPER, "mount", "subpath %s on %s leads out of what is mounted by a link",
                    subpath, destination);
  return -1;
}

/* A detached copy of what is to be bound: one that open_sources has, or a new one. */
static int open_source(struct init *init, const struct spec_mount *one, const char *source,
                       const struct options *options) {
  if (init->sources && source == one->source)
    return steal_fd(&init->sources[one - init->bundle->config->mounts.at]);
  cleanup_fd int from = openat(init->bundle->fd, source, O_PATH | O_CLOEXEC);
  if (from >= 0 && options->subpath) {
    int part = open_part(from, options->subpath, one->destination, init->fail);
    if (part < 0) return -1;
    close(from);
    from = part;
  }
  int tree = from < 0 ? -1 : tree_clone(from, "", options->bind_below);
  if (tree >= 0) return tree;
  fail_errno(init->fail, "bind mount", "%s", source);
  if (from >= 0 && init->fail->error == EINVAL && !options->bind_below)
    fail_hint(init->fail,
              "there are other file systems mounted in it: a user can bind it with all of them only "
              "(bind-recursive, rbind)");
  return -1;
}

static int bind_one(struct init *init, const struct spec_mount *one, const char *source,
                    const struct options *options) {
  struct stat about;
  cleanup_fd int tree = open_source(init, one, source, options);
  if (tree < 0) return -1;
  if (fstat(tree, &about) < 0) return fail_errno(init->fail, "bind mount", "%s", source);
  cleanup_fd int target = place_open(init->root, one->destination,
                                     S_ISDIR(about.st_mode) ? PLACE_FOLDER : PLACE_FILE, init->fail);
  if (target < 0) return -1;
  unsigned propagation = options->propagation ? options->propagation : MS_PRIVATE;
  int propagation_below = options->propagation ? options->propagation_below : 1;
  if (attach_bind(tree, target, options->attributes, options->below, propagation, propagation_below) == 0)
    return 0;
  int error = errno;
  struct stat place;
  /* The kernel's "invalid argument" for this is not helpful. */
  if (fstat(target, &place) == 0 && S_ISDIR(place.st_mode) != S_ISDIR(about.st_mode)) error = ENOTDIR;
  fail_code(init->fail, error, "bind mount", "%s on %s", source, one->destination);
  if (error == ENOTDIR) fail_hint(init->fail, "one of the two is a folder and the other is not");
  return -1;
}

/* Ids that the mapping does not have: files then belong to root. */
static int unmapped_id(const struct init *init, const char *word) {
  const struct spec_linux *linux_ = init->bundle->config->linux_;
  int group = strncmp(word, "gid=", 4) == 0;
  if (!group && strncmp(word, "uid=", 4) != 0) return 0;
  int64_t id = strtol(word + 4, NULL, 10);
  if (init->nested) return userns_outside(group ? &linux_->gid_mappings : &linux_->uid_mappings, id) < 0;
  return init->lease->mapping == MAPPING_SINGLE && id != 0;
}

static int set_option(int fs, const char *word) {
  const char *equals = strchr(word, '=');
  char key[64];
  if (!equals) return fs_set_flag(fs, word);
  snprintf(key, sizeof key, "%.*s", (int)(equals - word), word);
  return fs_set_text(fs, key, equals + 1);
}

/* The detached mount, or -1 and errno; `word` is the option it did not like, or NULL. */
static int make_file_system(struct init *init, const struct spec_mount *one, const char *type,
                            const struct options *options, const char **word) {
  *word = NULL;
  if (init->shared_memory >= 0 && strcmp(one->destination, "/dev/shm") == 0)
    return steal_fd(&init->shared_memory);
  cleanup_fd int fs = fs_open(type);
  if (fs < 0) return -1;
  if (fs_set_text(fs, "source", one->source && one->source[0] ? one->source : type) < 0) return -1;
  for (size_t i = 0; i < options->data.count; i++) {
    *word = options->data.at[i];
    if (!unmapped_id(init, *word) && set_option(fs, *word) < 0) return -1;
  }
  *word = NULL;
  return fs_mount(fs, options->attributes | options->below);
}

/*
 * What to show instead where the kernel does not let us mount the real thing: proc of a pid namespace, sysfs
 * of a network namespace, message queues of an ipc namespace and cgroups that are not ours. The host's is
 * shown; sysfs and cgroups read-only.
 */
static int bind_instead(struct init *init, const struct spec_mount *one, const char *type,
                        struct options *options) {
  static const struct {
    const char *type, *source;
    int readonly;
  } rows[] = {{"proc", "/proc", 0},
              {"sysfs", "/sys", 1},
              {"cgroup2", "/sys/fs/cgroup", 1},
              {"mqueue", "/dev/mqueue", 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].type, type) == 0) {
      if (access(rows[i].source, F_OK) < 0) return 0; /* the host has none to share */
      options->bind_below = 1;
      if (rows[i].readonly) options->below |= ATTR_RDONLY;
      return bind_one(init, one, rows[i].source, options);
    }
  return -1;
}

/* tmpcopyup: what the tmpfs is going to cover is copied into it first. */
static int fill_tmpfs(struct init *init, int tree, int target, const struct options *options) {
  int own_mode = 0;
  for (size_t i = 0; i < options->data.count; i++) own_mode |= strncmp(options->data.at[i], "mode=", 5) == 0;
  cleanup_fd int from = openat(target, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  cleanup_fd int to = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (from < 0 || to < 0) return fail_errno(init->fail, "fill tmpfs", "%s", "");
  return copy_folder(from, to, own_mode, init->fail);
}

static int mount_file_system(struct init *init, const struct spec_mount *one, struct options *options) {
  const char *type = strcmp(one->type, "cgroup") == 0 ? "cgroup2" : one->type, *word;
  cleanup_fd int tree = make_file_system(init, one, type, options, &word);
  if (tree < 0 && !word && (errno == EPERM || errno == EBUSY || errno == EACCES) &&
      bind_instead(init, one, type, options) == 0)
    return 0;
  if (tree < 0 && word)
    return fail_errno(init->fail, "mount", "%s on %s: option %s", one->type, one->destination, word);
  if (tree < 0) return fail_errno(init->fail, "mount", "%s on %s", one->type, one->destination);
  cleanup_fd int target = place_open(init->root, one->destination, PLACE_FOLDER, init->fail);
  if (target < 0 || (options->copy_up && fill_tmpfs(init, tree, target, options) < 0)) return -1;
  if (attach_bind(tree, target, 0, 0, options->propagation, options->propagation_below) < 0)
    return fail_errno(init->fail, "mount", "%s on %s", one->type, one->destination);
  return 0;
}

static int is_bind(const struct spec_mount *one, struct options *options) {
  options_read(&one->options, options);
  return options->bind || (one->type && strcmp(one->type, "bind") == 0);
}

static int mount_one(struct init *init, const struct spec_mount *one) {
  struct options options;
  int done;
  if (is_bind(one, &options))
    done = one->source ? bind_one(init, one, one->source, &options)
                       : fail_say(init->fail, EXIT_HELPER, "bind mount",
                                  "config.json: the mount on %s has no source", one->destination);
  else if (!one->type)
    done = fail_say(init->fail, EXIT_HELPER, "mount", "config.json: the mount on %s has no type",
                    one->destination);
  else if (strcmp(one->type, "overlay") == 0)
    done = mount_overlay_at(init, one, &options);
  else
    done = mount_file_system(init, one, &options);
  options_free(&options);
  return done;
}

/* The container's root in a user namespace of its own is nobody on the host: what is the user's is opened
 * before. */
int open_sources(struct init *init) {
  const struct config *config = init->bundle->config;
  if (!init->nested) return 0;
  int *sources = need_memory((config->mounts.count + 1) * sizeof *sources);
  for (size_t i = 0; i < config->mounts.count; i++) {
    const struct spec_mount *one = &config->mounts.at[i];
    struct options options;
    int wanted = is_bind(one, &options) && one->source;
    sources[i] = wanted ? open_source(init, one, one->source, &options) : -1;
    options_free(&options);
    if (wanted && sources[i] < 0) return -1;
  }
  init->sources = sources;
  return 0;
}

int mount_all(struct init *init) {
  const struct config *config = init->bundle->config;
  for (size_t i = 0; i < config->mounts.count; i++)
    if (mount_one(init, &config->mounts.at[i]) < 0) return -1;
  return 0;
}

/* A source that has gone is left out: what is copied is what is there. */
int bind_all(struct init *init) {
  const struct config *config = init->bundle->config;
  for (size_t i = 0; i < config->mounts.count; i++) {
    const struct spec_mount *one = &config->mounts.at[i];
    struct options options;
    int bind = is_bind(one, &options);
    options_free(&options);
    if (!bind || !one->source || faccessat(init->bundle->fd, one->source, F_OK, 0) < 0) continue;
    if (mount_one(init, one) < 0) return -1;
  }
  return 0;
}
