/* See ranges.h. Runs in the keeper, once. */
#include "ranges.h"
#include "../common/cleanup.h"
#include "../common/file.h"
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

/* One line NAME:START:COUNT; NAME may be a number. 1 when it is ours and makes sense. */
static int parse_row(const char *line, const char *name, unsigned id, unsigned long *start,
                     unsigned long *count) {
  char number[16], *end;
  const char *colon = strchr(line, ':');
  if (!colon || line[0] == '#') return 0;
  size_t length = (size_t)(colon - line);
  snprintf(number, sizeof number, "%u", id);
  int ours = (name && strlen(name) == length && strncmp(name, line, length) == 0) ||
             (strlen(number) == length && strncmp(number, line, length) == 0);
  if (!ours) return 0;
  *start = strtoul(colon + 1, &end, 10);
  if (*end != ':') return 0;
  *count = strtoul(end + 1, NULL, 10);
  return *count > 0 && *start > 0 && *start <= 0xFFFFFFFEUL - *count;
}

void read_ranges(const char *path, const char *name, unsigned id, struct ranges *out) {
  out->count = 0;
  cleanup_free char *text = read_file(AT_FDCWD, path, 4 << 20, NULL);
  for (char *line = text; line && *line && out->count < MOST_RANGES;) {
    char *end = strchr(line, '\n');
    if (end) *end = 0;
    unsigned long start, count;
    if (parse_row(line, name, id, &start, &count)) {
      out->rows[out->count].start = start;
      out->rows[out->count++].count = count;
    }
    line = end ? end + 1 : NULL;
  }
}

/* Looked for where packages put it first, so that a PATH of one's own does not matter; then in PATH. */
static int find_program(const char *name, char out[static 256]) {
  static const char *const places[] = {"/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin",
                                       "/run/wrappers/bin"};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    snprintf(out, 256, "%s/%s", places[i], name);
    if (access(out, X_OK) == 0) return 1;
  }
  for (const char *at = getenv("PATH"); at && *at;) {
    size_t length = strcspn(at, ":");
    snprintf(out, 256, "%.*s/%s", (int)length, at, name);
    if (out[0] == '/' && access(out, X_OK) == 0) return 1;
    at += length + (at[length] == ':');
  }
  return 0;
}

int find_id_maps(struct id_maps *out, char why[static 256]) {
  struct passwd *self = getpwuid(getuid());
  const char *name = self ? self->pw_name : NULL;
  read_ranges("/etc/subuid", name, getuid(), &out->uids);
  read_ranges("/etc/subgid", name, getuid(), &out->gids);
  if (!out->uids.count || !out->gids.count)
    snprintf(why, 256,
             "there is no range for you in %s; once, as root: usermod --add-subuids 100000-165535 "
             "--add-subgids 100000-165535 %s",
             out->uids.count ? "/etc/subgid" : "/etc/subuid", name ? name : "NAME");
  else if (!find_program("newuidmap", out->newuidmap) || !find_program("newgidmap", out->newgidmap))
    snprintf(why, 256, "newuidmap is not installed; once, as root: apt-get install uidmap");
  else {
    why[0] = 0;
    return 1;
  }
  return 0;
}
