/* fuse-overlayfs as the rootfs's server: a child of the monitor (or of the probe) until unmount. */
#ifndef SAMPAN_FUSE_H
#define SAMPAN_FUSE_H

#include "../spec/spec.h"

struct fail;

/* lowerdir=…,upperdir=…,workdir=… with names relative to storage->links. */
void overlay_options(const struct sampan_storage *storage, struct strbuf *out);

/*
 * The caller is in the links folder. *server is the pidfd once merged answers; else the server is gone.
 * Owners are shown as the rows of `linux_` say, if there are any.
 */
int mount_fuse(const struct sampan_storage *storage, const struct spec_linux *linux_, int *server,
               struct fail *fail);

#endif
