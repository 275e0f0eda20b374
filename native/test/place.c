/* Mount points: whatever links a root file system has, they end up inside it. */
#include "../init/place.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include "../inside/remove.h"
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>

static int root;
static char top[] = "/tmp/sampan-place-XXXXXX";

/* Where the descriptor points, without the root's own path. */
static const char *below_root(int fd) {
  static char path[4096];
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return NULL;
  path[length] = 0;
  char *prefix = strstr(path, "/root");
  return prefix ? prefix + strlen("/root") : NULL;
}

static const struct {
  const char *path;
  enum place kind;
  const char *wanted;
} places[] = {
    {"/new/deep/folder", PLACE_FOLDER, "/new/deep/folder"},
    {"/new/deep/file", PLACE_FILE, "/new/deep/file"},
    {"relative", PLACE_FOLDER, "/relative"},
    {"/a//b///c/", PLACE_FOLDER, "/a/b/c"},
    {"/there", PLACE_FOLDER, "/there"},
    {"/up/../../../../escape", PLACE_FOLDER, "/escape"},
    {"/absolute/x", PLACE_FOLDER, "/there/x"},     /* a link to /there */
    {"/dangling/x", PLACE_FOLDER, "/run/later/x"}, /* a link to /run/later, which is not there */
    {"/dangling-file", PLACE_FILE, "/made/by/link"},
    {"/outside/x", PLACE_FOLDER, "/tmp/x"}, /* a link to ../../../../tmp */
    {"/chain/x", PLACE_FOLDER, "/run/later/x"},
};

static void stays_inside(void) {
  struct fail fail = {0};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    cleanup_fd int fd = place_open(root, places[i].path, places[i].kind, &fail);
    struct stat about;
    if (fd < 0) fprintf(stderr, "%s: %s\n", places[i].path, fail.message);
    CHECK(fd >= 0);
    CHECK_TEXT(below_root(fd), places[i].wanted);
    CHECK(fstat(fd, &about) == 0);
    CHECK(S_ISDIR(about.st_mode) == (places[i].kind == PLACE_FOLDER));
  }
}

static void refuses_what_cannot_be(void) {
  static const char *const bad[] = {"/loop/x", "/file/x"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct fail fail = {0};
    CHECK(place_open(root, bad[i], PLACE_FOLDER, &fail) == -1);
    CHECK(fail.exit_code == 125 && strstr(fail.message, bad[i]));
  }
}

int main(void) {
  struct fail fail;
  CHECK(mkdtemp(top));
  cleanup_free char *path = format_text("%s/root", top);
  CHECK(mkdir(path, 0700) == 0);
  root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(root >= 0);
  CHECK(mkdirat(root, "there", 0755) == 0 && mkdirat(root, "up", 0755) == 0);
  CHECK(symlinkat("/there", root, "absolute") == 0 && symlinkat("/run/later", root, "dangling") == 0);
  CHECK(symlinkat("../../../../tmp", root, "outside") == 0 && symlinkat("dangling", root, "chain") == 0);
  CHECK(symlinkat("made/by/link", root, "dangling-file") == 0 && symlinkat("loop", root, "loop") == 0);
  close(openat(root, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  stays_inside();
  refuses_what_cannot_be();
  close(root);
  CHECK(remove_path(top, &fail) == 0);
  CHECK(access(top, F_OK) < 0);
  return all_checked("place");
}
