/* See place.h. Runs in the container's init, before pivot_root. */
#include "place.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/strbuf.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_LINKS = 40 };

/* Makes NAME in the folder `prefix`. 0, or 1 when a dangling link is in the way: then `link` has its target.
 */
static int make_one(int root, const char *prefix, const char *name, enum place kind, char link[static 4096]) {
  cleanup_fd int parent = open_inside(root, prefix, O_PATH | O_DIRECTORY, 0, RESOLVE_INSIDE);
  if (parent < 0) return -1;
  if (kind == PLACE_FOLDER) {
    if (mkdirat(parent, name, 0755) == 0) return 0;
  } else {
    cleanup_fd int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd >= 0) return 0;
  }
  if (errno != EEXIST) return -1;
  ssize_t length = readlinkat(parent, name, link, 4095);
  if (length < 0) return errno == EINVAL ? 0 : -1; /* somebody else made it meanwhile */
  link[length] = 0;
  return 1;
}

/*
 * Goes along `path` and makes the first thing that is missing. A dangling link is replaced by its target in
 * `path`. 0 when something was made or replaced: try again; -1 and errno.
 */
static int make_first_missing(int root, struct strbuf *path, enum place kind) {
  cleanup_free char *text = strdup(path->at);
  char link[4096];
  for (char *at = text; at && *at;) {
    char *start = at + strspn(at, "/");
    char *end = start + strcspn(start, "/");
    int last = !end[strspn(end, "/")];
    char kept = *end;
    *end = 0;
    cleanup_fd int there = open_inside(root, text, O_PATH, 0, RESOLVE_INSIDE);
    if (there < 0 && errno != ENOENT) return -1;
    if (there < 0) {
      cleanup_free char *prefix = format_text("/%.*s", (int)(start - text), text);
      int made = make_one(root, prefix, start, last ? kind : PLACE_FOLDER, link);
      *end = kept;
      if (made <= 0) return made;
      cleanup_strbuf struct strbuf fresh = {0};
      strbuf_format(&fresh, "%s/%s%s", link[0] == '/' ? "" : prefix, link, end);
      strbuf_clear(path);
      strbuf_text(path, fresh.at);
      return 0;
    }
    *end = kept;
    at = end;
  }
  return 0;
}

int place_open(int root, const char *path, enum place kind, struct fail *fail) {
  cleanup_strbuf struct strbuf now = {0};
  int links = 0;
  strbuf_format(&now, "/%s", path);
  /* Each round makes one folder, so deep paths need as many rounds as they have parts. */
  for (size_t rounds = 0; rounds < 2048; rounds++) {
    int fd = open_inside(root, now.at, O_PATH, 0, RESOLVE_INSIDE);
    if (fd >= 0) return fd;
    if (errno != ENOENT) break;
    size_t before = now.length;
    if (make_first_missing(root, &now, kind) < 0) break;
    if (now.length != before && ++links > MOST_LINKS) {
      errno = ELOOP;
      break;
    }
  }
  fail_errno(fail, "make mount point", "%s", path);
  if (fail->error == EROFS)
    fail_hint(fail, "what it lies in is read-only and does not have it: make it there first");
  return -1;
}
