/* Removing and measuring trees: deep ones, and ones with links out of them. */
#include "../inside/remove.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include "../inside/walk.h"
#include "check.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char top[] = "/tmp/sampan-remove-XXXXXX";

static void removes_deeper_than_it_has_descriptors(void) {
  enum { DEEP = 3000 };
  struct rlimit few = {.rlim_cur = 128, .rlim_max = 128};
  struct fail fail = {0};
  cleanup_fd int folder = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < DEEP; i++) {
    CHECK(mkdirat(folder, "d", 0755) == 0);
    close(openat(folder, "f", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    int below = openat(folder, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(below >= 0);
    close(folder);
    folder = below;
  }
  setrlimit(RLIMIT_NOFILE, &few);
  cleanup_free char *path = format_text("%s/d", top);
  CHECK(remove_path(path, &fail) == 0);
  CHECK(access(path, F_OK) < 0);
}

static void leaves_what_links_point_to(void) {
  struct fail fail = {0};
  cleanup_free char *kept = format_text("%s/kept", top), *inside = format_text("%s/kept/file", top);
  cleanup_free char *gone = format_text("%s/gone", top), *link = format_text("%s/gone/link", top);
  cleanup_free char *to_gone = format_text("%s/to-kept", top);
  CHECK(mkdir(kept, 0755) == 0 && mkdir(gone, 0755) == 0);
  close(open(inside, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  CHECK(symlink(kept, link) == 0 && symlink(kept, to_gone) == 0);
  CHECK(remove_path(gone, &fail) == 0 && access(gone, F_OK) < 0);
  CHECK(remove_path(to_gone, &fail) == 0 && access(inside, F_OK) == 0);
  CHECK(remove_path("/no/such/path", &fail) == 0);
}

static void refuses_dangerous_paths(void) {
  static const char *const bad[] = {"/", "relative", "", "/tmp/.", "/tmp/.."};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct fail fail = {0};
    CHECK(remove_path(bad[i], &fail) == -1);
  }
}

static void counts_a_hard_link_once(void) {
  struct fail fail = {0};
  struct walked sum;
  cleanup_free char *folder = format_text("%s/count", top), *file = format_text("%s/a", folder);
  cleanup_free char *again = format_text("%s/b", folder), *link = format_text("%s/c", folder);
  CHECK(mkdir(folder, 0755) == 0);
  int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  CHECK(write(fd, "12345", 5) == 5);
  close(fd);
  CHECK(linkat(AT_FDCWD, file, AT_FDCWD, again, 0) == 0 && symlink("/etc", link) == 0);
  CHECK(walk_path(folder, &sum, &fail) == 0);
  CHECK(sum.bytes == 5 && sum.entries == 3);
  CHECK(walk_path("/no/such", &sum, &fail) == 0 && sum.entries == 0);
}

int main(void) {
  struct fail fail;
  CHECK(mkdtemp(top));
  counts_a_hard_link_once();
  leaves_what_links_point_to();
  refuses_dangerous_paths();
  removes_deeper_than_it_has_descriptors();
  CHECK(remove_path(top, &fail) == 0);
  return all_checked("remove");
}
