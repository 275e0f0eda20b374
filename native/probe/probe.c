/*
 * Role probe: what can this machine do for us? Found out by trying, in the user namespace, in a folder of the
 * data directory that is gone afterwards. Started by `info` and before the first start on a new kernel.
 */
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/roles.h"
#include "../init/fuse.h"
#include "../init/mount.h"
#include "../inside/remove.h"
#include "../keep/lease.h"
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* One lower folder with a folder and a file in it, and what a mount needs. */
static int make_folders(int top, struct fail *fail) {
  static const char *const folders[] = {"lower", "lower/folder", "upper", "work", "merged"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    if (mkdirat(top, folders[i], 0755) < 0) return fail_errno(fail, "make folder", "%s", folders[i]);
  cleanup_fd int fd = openat(top, "lower/folder/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  return fd < 0 ? fail_errno(fail, "make file", "lower/folder/file") : 0;
}

/* A mount that cannot remove what a lower layer has is of no use: try just that. */
static int use_mount(int top, struct fail *fail) {
  cleanup_fd int merged = openat(top, "merged", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (merged < 0 || unlinkat(merged, "folder/file", 0) < 0 || unlinkat(merged, "folder", AT_REMOVEDIR) < 0 ||
      mkdirat(merged, "folder", 0755) < 0)
    return fail_errno(fail, "use the mount", "%s", "");
  return 0;
}

static int try_driver(const char *data, enum storage_driver driver, const texts *server, struct fail *fail) {
  cleanup_free char *top = format_text("%s/probe-%d", data, (int)getpid());
  cleanup_free char *upper = format_text("%s/upper", top), *work = format_text("%s/work", top);
  cleanup_free char *merged = format_text("%s/merged", top);
  const char *lower[] = {"lower", NULL};
  struct sampan_storage storage = {.driver = (int)driver,
                                   .links = top,
                                   .lower = {lower, 1},
                                   .upper = upper,
                                   .work = work,
                                   .merged = merged,
                                   .fuse_overlayfs = *server};
  struct sampan sampan = {.storage = &storage};
  struct bundle bundle = {.fd = -1, .sampan = &sampan};
  struct rootfs rootfs;
  struct fail ignored;
  if (mkdir(top, 0700) < 0) return fail_errno(fail, "make folder", "%s", top);
  cleanup_fd int folder = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int done = folder < 0 ? fail_errno(fail, "open folder", "%s", top) : make_folders(folder, fail);
  if (done == 0) {
    done = mount_rootfs(&bundle, &rootfs, fail);
    if (done == 0) done = use_mount(folder, fail);
    unmount_rootfs(&rootfs, &ignored);
  }
  remove_path(top, &ignored);
  return done;
}

/* A tap device in a network namespace of our own, as slirp4netns and pasta make one. Last: it changes our
 * namespace. */
static int try_tun(struct fail *fail) {
  struct ifreq request = {.ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI};
  if (unshare(CLONE_NEWNET) < 0) return fail_errno(fail, "make network namespace", "%s", "");
  cleanup_fd int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0) return fail_errno(fail, "open", "/dev/net/tun");
  if (ioctl(fd, TUNSETIFF, &request) < 0) return fail_errno(fail, "make tap device", "%s", "");
  return 0;
}

static void add_answer(struct strbuf *out, const char *name, const char *can, int done,
                       const struct fail *fail) {
  json_open(out, name, '{');
  json_add_flag(out, can, done == 0);
  json_add_text(out, "error", done == 0 ? "" : fail->message);
  json_close(out, '}');
}

static int answer(int argc, char **argv, struct fail *fail) {
  const char *runtime = NULL, *data = NULL, *server = NULL;
  struct arg_list server_args = {0};
  const struct arg rows[] = {{"--runtime", &runtime, NULL, 1},
                             {"--data", &data, NULL, 1},
                             {"--fuse-overlayfs", &server, NULL, 0},
                             {"--fuse-arg", NULL, NULL, 0, &server_args},
                             {0}};
  struct lease lease;
  if (read_args(argc, argv, rows, fail) < 0 || keeper_lease(runtime, &lease, fail) < 0 ||
      lease_join(&lease, fail) < 0 || own_mount_namespace(fail) < 0)
    return -1;
  const char *words[sizeof server_args.at / sizeof *server_args.at + 2] = {server};
  memcpy(words + 1, server_args.at, server_args.count * sizeof *words);
  texts command = {words, server_args.count + 1};
  struct fail why = {0};
  cleanup_strbuf struct strbuf out = {0};
  json_open(&out, NULL, '{');
  json_add_flag(&out, "userNamespace", true);
  json_add_text(&out, "mapping", mapping_word(lease.mapping));
  json_add_text(&out, "mappingError", lease.why);
  int done = try_driver(data, STORAGE_OVERLAY, &command, &why);
  add_answer(&out, "overlay", "native", done, &why);
  done = server ? try_driver(data, STORAGE_FUSE, &command, &why)
                : fail_say(&why, EXIT_HELPER, "mount", "no fuse-overlayfs was given to try");
  add_answer(&out, "fuse", "usable", done, &why);
  done = try_tun(&why);
  add_answer(&out, "tun", "usable", done, &why);
  json_close(&out, '}');
  strbuf_char(&out, '\n');
  lease_release(&lease);
  return write_all(1, out.at, out.length) < 0 ? fail_errno(fail, "write", "standard output") : 0;
}

int probe_main(int argc, char **argv) {
  struct fail fail = {0};
  if (answer(argc, argv, &fail) == 0) return 0;
  fail_event(&fail, 2);
  return fail.exit_code;
}
