/*
 * The root file system, mounted by the monitor in its own mount namespace before clone and unmounted after
 * the end. overlay: one mount(2) from the links folder. fuse-overlayfs: a child of the monitor that serves
 * until unmount. vfs: the folder is complete already.
 */
#ifndef SAMPAN_MOUNT_H
#define SAMPAN_MOUNT_H

#include "../spec/spec.h"

struct fail;

struct rootfs {
  int driver; /* enum storage_driver */
  int mounted;
  int server; /* pidfd of fuse-overlayfs, or -1 */
  char *merged;
};

#define ROOTFS_NONE ((struct rootfs){.server = -1})

/* A private mount namespace: what we mount is seen by nobody else, what the host mounts later still arrives.
 */
int own_mount_namespace(struct fail *fail);

int mount_rootfs(const struct bundle *bundle, struct rootfs *out, struct fail *fail);
/* Takes as long as the kernel needs to write the upper folder's file system back (not with volatile). */
int unmount_rootfs(struct rootfs *rootfs, struct fail *fail);

#endif
