/* See options.h. Pure. */
#include "options.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

static const char SUBPATH[] = "subpath=";

static const struct {
  const char *word;
  unsigned set, clear;
} attributes[] = {
    {"ro", ATTR_RDONLY, 0},
    {"rw", 0, ATTR_RDONLY},
    {"nosuid", ATTR_NOSUID, 0},
    {"suid", 0, ATTR_NOSUID},
    {"nodev", ATTR_NODEV, 0},
    {"dev", 0, ATTR_NODEV},
    {"noexec", ATTR_NOEXEC, 0},
    {"exec", 0, ATTR_NOEXEC},
    {"noatime", ATTR_NOATIME, ATTR_ATIME},
    {"atime", 0, ATTR_ATIME},
    {"relatime", 0, ATTR_ATIME},
    {"norelatime", 0, ATTR_ATIME},
    {"strictatime", ATTR_STRICTATIME, ATTR_ATIME},
    {"nostrictatime", 0, ATTR_ATIME},
    {"nodiratime", ATTR_NODIRATIME, 0},
    {"diratime", 0, ATTR_NODIRATIME},
    {"nosymfollow", ATTR_NOSYMFOLLOW, 0},
    {"symfollow", 0, ATTR_NOSYMFOLLOW},
    {"defaults", 0, 0},
    {NULL, 0, 0},
};

static const struct {
  const char *word;
  unsigned how;
  int below;
} propagations[] = {
    {"private", MS_PRIVATE, 0},       {"rprivate", MS_PRIVATE, 1},       {"slave", MS_SLAVE, 0},
    {"rslave", MS_SLAVE, 1},          {"shared", MS_SHARED, 0},          {"rshared", MS_SHARED, 1},
    {"unbindable", MS_UNBINDABLE, 0}, {"runbindable", MS_UNBINDABLE, 1}, {NULL, 0, 0},
};

/* "ro", and "rro" for the mount and all below it. 1 when the word was one of ours. */
static int read_attribute(const char *word, struct options *out) {
  for (int below = 0; below < 2; below++) {
    if (below && word[0] != 'r') return 0;
    for (size_t i = 0; attributes[i].word; i++)
      if (strcmp(attributes[i].word, word + below) == 0) {
        unsigned *where = below ? &out->below : &out->attributes;
        *where = (*where & ~attributes[i].clear) | attributes[i].set;
        return 1;
      }
  }
  return 0;
}

static int read_propagation(const char *word, struct options *out) {
  for (size_t i = 0; propagations[i].word; i++)
    if (strcmp(propagations[i].word, word) == 0) {
      out->propagation = propagations[i].how;
      out->propagation_below = propagations[i].below;
      return 1;
    }
  return 0;
}

static int read_bind(const char *word, struct options *out) {
  if (strcmp(word, "bind") == 0)
    out->bind = 1;
  else if (strcmp(word, "rbind") == 0)
    out->bind = out->bind_below = 1;
  else if (strcmp(word, "tmpcopyup") == 0)
    out->copy_up = 1;
  else if (strncmp(word, SUBPATH, strlen(SUBPATH)) == 0)
    out->subpath = word + strlen(SUBPATH);
  else
    return 0;
  return 1;
}

void options_read(const texts *words, struct options *out) {
  *out = (struct options){0};
  out->data.at = need_memory((words->count + 1) * sizeof *out->data.at);
  for (size_t i = 0; i < words->count; i++) {
    const char *word = words->at[i];
    if (!read_bind(word, out) && !read_propagation(word, out) && !read_attribute(word, out))
      out->data.at[out->data.count++] = word;
  }
  out->data.at[out->data.count] = NULL;
}

void options_free(struct options *options) {
  free(options->data.at);
  options->data = (texts){0};
}
