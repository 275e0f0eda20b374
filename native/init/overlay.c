/*
 * Overlays besides the root: an image's layers, and folders whose changes are the container's own (volume
 * mode O). By mount(2), since fsconfig(2) takes 255 bytes and lowerdir may have more. Runs in the container's
 * init.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/strbuf.h"
#include "init.h"
#include "options.h"
#include "place.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Only what is at `subpath` of the overlay stays, in its place. A part of a mount cannot be taken before it
 * is attached. */
static int keep_part(struct init *init, const struct spec_mount *one, const struct options *options,
                     int target) {
  cleanup_fd int whole = place_open(init->root, one->destination, PLACE_FOLDER, init->fail);
  if (whole < 0) return -1;
  cleanup_fd int part = open_part(whole, options->subpath, one->destination, init->fail);
  if (part < 0) return -1;
  struct stat about;
  if (fstat(part, &about) < 0 || !S_ISDIR(about.st_mode))
    return fail_code(init->fail, ENOTDIR, "mount", "subpath %s on %s", options->subpath, one->destination);
  cleanup_fd int tree = tree_clone(part, "", 0);
  if (tree < 0)
    return fail_errno(init->fail, "mount", "subpath %s on %s", options->subpath, one->destination);
  cleanup_free char *place = format_text("/proc/self/fd/%d", whole);
  drop_fd(&part);
  if (umount2(place, MNT_DETACH) < 0 || mount_attach(tree, target) < 0)
    return fail_errno(init->fail, "mount", "subpath %s on %s", options->subpath, one->destination);
  return 0;
}

/* Names in the options are relative to the folder of short links. */
int mount_overlay_at(struct init *init, const struct spec_mount *one, const struct options *options) {
  cleanup_strbuf struct strbuf data = {0};
  for (size_t i = 0; i < options->data.count; i++)
    strbuf_format(&data, "%s%s", i ? "," : "", options->data.at[i]);
  cleanup_fd int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  cleanup_fd int target = place_open(init->root, one->destination, PLACE_FOLDER, init->fail);
  if (target < 0) return -1;
  cleanup_free char *place = format_text("/proc/self/fd/%d", target);
  const char *links = init->bundle->sampan->storage->links;
  if (!links || chdir(links) < 0) return fail_errno(init->fail, "open links", "%s", links ? links : "");
  unsigned long flags = (options->attributes & ATTR_RDONLY ? MS_RDONLY : 0) |
                        (options->attributes & ATTR_NOSUID ? MS_NOSUID : 0) |
                        (options->attributes & ATTR_NODEV ? MS_NODEV : 0) |
                        (options->attributes & ATTR_NOEXEC ? MS_NOEXEC : 0);
  int done = mount("overlay", place, "overlay", flags, data.at);
  int error = errno;
  if (before < 0 || fchdir(before) < 0) (void)!chdir("/");
  if (done == 0) return options->subpath ? keep_part(init, one, options, target) : 0;
  fail_code(init->fail, error, "mount overlay", "on %s", one->destination);
  if (error == EPERM || error == EACCES || error == EINVAL)
    fail_hint(init->fail, "this kernel or file system may not do it for a user: copy the files instead");
  return -1;
}
