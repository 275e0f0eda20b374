/*
 * /dev: a user namespace may not mknod devices, so the host's nodes are bound onto empty files. Runs in the
 * container's init, after the mounts. A /dev that config.json binds from elsewhere is left alone.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/strbuf.h"
#include "init.h"
#include "options.h"
#include "place.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const char *const standard[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                       "/dev/random", "/dev/urandom", "/dev/tty"};

static const struct {
  const char *name, *target;
} links[] = {{"fd", "/proc/self/fd"},
             {"stdin", "/proc/self/fd/0"},
             {"stdout", "/proc/self/fd/1"},
             {"stderr", "/proc/self/fd/2"},
             {"ptmx", "pts/ptmx"}};

static int bind_node(struct init *init, const char *source, const char *path) {
  cleanup_fd int tree = tree_clone(AT_FDCWD, source, 0);
  if (tree < 0) return fail_errno(init->fail, "bind device", "%s", source);
  cleanup_fd int target = place_open(init->root, path, PLACE_FILE, init->fail);
  if (target < 0) return -1;
  if (attach_bind(tree, target, 0, 0, MS_PRIVATE, 0) < 0)
    return fail_errno(init->fail, "bind device", "%s", path);
  return 0;
}

static int is_node(const char *path, const struct spec_device *device) {
  struct stat about;
  mode_t type = device->type[0] == 'b' ? S_IFBLK : S_IFCHR;
  return stat(path, &about) == 0 && (about.st_mode & S_IFMT) == type &&
         about.st_rdev == makedev((unsigned)device->major, (unsigned)device->minor);
}

/* Looks for the numbers among the entries of `folder`, and `depth` levels below it. */
static int search(const char *folder, const struct spec_device *device, int depth, char out[static 512]) {
  cleanup_dir DIR *dir = opendir(folder);
  for (struct dirent *entry; dir && (entry = readdir(dir));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(out, 512, "%s/%s", folder, entry->d_name);
    if (is_node(out, device)) return 1;
    cleanup_free char *below = entry->d_type == DT_DIR && depth ? strdup(out) : NULL;
    if (below && search(below, device, depth - 1, out)) return 1;
  }
  return 0;
}

/* The host's node for these numbers: by the same name, as udev links it, or by looking through /dev. */
static int find_node(const struct spec_device *device, char out[static 512]) {
  snprintf(out, 512, "%s", device->path);
  if (is_node(out, device)) return 1;
  snprintf(out, 512, "/dev/%s/%lld:%lld", device->type[0] == 'b' ? "block" : "char", (long long)device->major,
           (long long)device->minor);
  return is_node(out, device) || search("/dev", device, 2, out);
}

static int make_fifo(struct init *init, const struct spec_device *device) {
  cleanup_free char *folder = strdup(device->path);
  char *slash = folder ? strrchr(folder, '/') : NULL;
  if (!slash)
    return fail_say(init->fail, EXIT_HELPER, "make device", "config.json: device %s has no absolute path",
                    device->path);
  *slash = 0;
  cleanup_fd int place = place_open(init->root, folder, PLACE_FOLDER, init->fail);
  if (place < 0) return -1;
  mode_t mode = device->file_mode >= 0 ? (mode_t)device->file_mode & 07777 : 0666;
  if (mknodat(place, slash + 1, S_IFIFO | mode, 0) < 0 && errno != EEXIST)
    return fail_errno(init->fail, "make device", "%s", device->path);
  uid_t uid = device->uid >= 0 ? (uid_t)device->uid : (uid_t)-1;
  gid_t gid = device->gid >= 0 ? (gid_t)device->gid : (gid_t)-1;
  if (fchownat(place, slash + 1, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
    return fail_errno(init->fail, "make device", "%s", device->path);
  return 0;
}

static int make_device(struct init *init, const struct spec_device *device) {
  char source[512];
  for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
    if (strcmp(standard[i], device->path) == 0) return 0;
  if (device->type[0] == 'p') return make_fifo(init, device);
  if (find_node(device, source)) return bind_node(init, source, device->path);
  fail_say(init->fail, EXIT_HELPER, "make device", "there is no device %lld:%lld on this host for %s",
           (long long)device->major, (long long)device->minor, device->path);
  return fail_hint(
      init->fail, "a container without root gets the host's own device nodes: the host must have it in /dev");
}

static int make_links(struct init *init, int dev) {
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    if (strcmp(links[i].name, "ptmx") == 0)
      unlinkat(dev, "ptmx", 0); /* the container's own, whatever the image has */
    if (symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST)
      return fail_errno(init->fail, "make link", "/dev/%s", links[i].name);
  }
  return 0;
}

static int dev_is_bound(const struct config *config) {
  for (size_t i = 0; i < config->mounts.count; i++) {
    const struct spec_mount *one = &config->mounts.at[i];
    if (strcmp(one->destination, "/dev") != 0 && strcmp(one->destination, "/dev/") != 0) continue;
    struct options options;
    options_read(&one->options, &options);
    int bound = options.bind || (one->type && strcmp(one->type, "bind") == 0);
    options_free(&options);
    if (bound) return 1;
  }
  return 0;
}

int make_devices(struct init *init) {
  const struct config *config = init->bundle->config;
  if (dev_is_bound(config)) return 0;
  for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
    if (bind_node(init, standard[i], standard[i]) < 0) return -1;
  for (size_t i = 0; i < config->linux_->devices.count; i++)
    if (make_device(init, &config->linux_->devices.at[i]) < 0) return -1;
  cleanup_fd int dev = place_open(init->root, "/dev", PLACE_FOLDER, init->fail);
  return dev < 0 ? -1 : make_links(init, dev);
}
