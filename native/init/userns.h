/*
 * A container's own user namespace (--userns keep-id, auto, nomap, …): a child of the user's shared one,
 * which shows some of its ids under other numbers. Files stay as the image has them: fuse-overlayfs maps
 * their owners by the same rows when it mounts them (fuse.c), so nothing is ever chowned.
 */
#ifndef SAMPAN_USERNS_H
#define SAMPAN_USERNS_H

#include "../spec/spec.h"
#include <sys/types.h>

struct fail;

/* Whether config.json asks for one, new or another container's. */
int userns_wanted(const struct config *config);

/* What the id is in the shared namespace, or -1. */
int64_t userns_outside(const id_mappings *rows, int64_t inside);

/* Writes the maps of a process that has just made its namespace. From the shared one, by its root. */
int userns_map(pid_t pid, const struct spec_linux *linux_, struct fail *fail);

/* In the namespace: be its root, with nothing lost of what could be done and seen before. */
int userns_become_root(struct fail *fail);

/* The rows as an option of fuse-overlayfs: "uidmapping=0:1:1000:…". */
void userns_option(const char *key, const id_mappings *rows, struct strbuf *out);

#endif
