/* See sealed.h. Runs first of all in monitor and exec. */
#include "sealed.h"
#include "cleanup.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

static const char file_variable[] = "SAMPAN_HELPER_FILE";

/* A kernel before 6.3 does not know MFD_EXEC, and makes them executable without being asked. */
static int make_memfd(void) {
  static const char name[] = "sampan-helper";
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  return fd < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING) : fd;
}

static int copy(int from, int to) {
  struct stat about;
  if (fstat(from, &about) < 0) return -1;
  for (off_t left = about.st_size; left > 0;) {
    ssize_t n = sendfile(to, from, NULL, (size_t)left);
    if (n <= 0) return -1;
    left -= n;
  }
  return fcntl(to, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
}

void run_sealed(char **argv) {
  char path[4096];
  cleanup_fd int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (own < 0) return;
  int seals = fcntl(own, F_GET_SEALS); /* -1: a file */
  if (seals >= 0 && (seals & F_SEAL_WRITE)) return;
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) return;
  path[length] = 0;
  cleanup_fd int sealed = make_memfd();
  if (sealed < 0 || copy(own, sealed) < 0 || setenv(file_variable, path, 1) < 0) return;
  syscall(SYS_execveat, sealed, "", argv, environ, AT_EMPTY_PATH);
}

const char *helper_file(void) {
  static char path[4096];
  const char *known = getenv(file_variable);
  if (known) return known;
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  return path;
}
