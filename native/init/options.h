/* Mount options of config.json, by table. mount(8), OCI runtime specification "Mounts". */
#ifndef SAMPAN_OPTIONS_H
#define SAMPAN_OPTIONS_H

#include "../common/strbuf.h"
#include "../spec/spec.h"

struct options {
  unsigned attributes;  /* MOUNT_ATTR_* of this mount */
  unsigned below;       /* MOUNT_ATTR_* of this mount and all below it (rro, rnosuid …) */
  unsigned propagation; /* MS_PRIVATE …, 0: not said */
  int propagation_below;
  int bind, bind_below;
  int copy_up;         /* tmpcopyup: fill a tmpfs from what it covers */
  const char *subpath; /* our own word "subpath=": what to bind is there, below the source; NULL: all of it */
  texts data;          /* the file system's own options */
};

enum {
  ATTR_RDONLY = 0x01,
  ATTR_NOSUID = 0x02,
  ATTR_NODEV = 0x04,
  ATTR_NOEXEC = 0x08,
  ATTR_NOATIME = 0x10,
  ATTR_STRICTATIME = 0x20,
  ATTR_ATIME = 0x70, /* the group the two above belong to; 0 in it is relatime */
  ATTR_NODIRATIME = 0x80,
  ATTR_NOSYMFOLLOW = 0x200000,
};

/* Later words win over earlier ones. out->data points into a list that options_free frees. */
void options_read(const texts *words, struct options *out);
void options_free(struct options *options);

#endif
