/*
 * Lines of /etc/passwd and /etc/group for a user that the image does not know: the person, of keep-id. Runs
 * in the container's init, as its root, before the root may be read-only.
 */
#include "../common/cleanup.h"
#include "../common/file.h"
#include "../common/kernel.h"
#include "../common/strbuf.h"
#include "init.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST = 16 << 20 };

static bool has_line(const char *text, const char *line) {
  size_t length = strlen(line);
  for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
    if ((at == text || at[-1] == '\n') && (at[length] == '\n' || at[length] == 0)) return true;
  return false;
}

static void add_line(int root, const struct sampan_account *account) {
  struct stat about;
  size_t length = 0;
  cleanup_fd int fd = open_inside(root, account->path, O_RDWR | O_APPEND, 0, RESOLVE_INSIDE);
  if (fd < 0 || fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) return;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  cleanup_free char *text = read_file(AT_FDCWD, path, LARGEST, &length);
  if (!text || has_line(text, account->line)) return;
  cleanup_free char *line =
      format_text("%s%s\n", length > 0 && text[length - 1] != '\n' ? "\n" : "", account->line);
  (void)!write_all(fd, line, strlen(line));
}

/* A name is a comfort: an image without the files, or a disk that is full, is no reason not to start. */
int add_accounts(struct init *init) {
  const struct sampan *sampan = init->bundle->sampan;
  for (size_t i = 0; i < sampan->accounts.count; i++) add_line(init->root, &sampan->accounts.at[i]);
  return 0;
}
