#include "pid_file.h"

#include "../common/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int pid_file_write(const char *path, pid_t pid, struct fail *fail) {
  if (path == NULL) return 0;
  cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  if (fd < 0 || dprintf(fd, "%d\n", (int)pid) < 0) return fail_errno(fail, "write the pid file", "%s", path);
  return 0;
}

void pid_file_remove(const char *path) {
  if (path != NULL) unlink(path);
}
