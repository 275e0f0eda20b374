/*
 * Role flush: writes a whole file system to the disk. Started by pull, load, import and commit when layers
 * are complete: syncfs blocks its thread, and theirs has the next layer to take care of. Lives as long as
 * that.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/roles.h"
#include <fcntl.h>
#include <unistd.h>

static int flush(const char *folder, struct fail *fail) {
  cleanup_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno(fail, "open", "%s", folder);
  return syncfs(fd) < 0 ? fail_errno(fail, "write to disk", "%s", folder) : 0;
}

int flush_main(int argc, char **argv) {
  struct fail fail = {0};
  int done = argc == 2 ? flush(argv[1], &fail)
                       : fail_say(&fail, EXIT_HELPER, "read options", "flush: one folder is needed");
  if (done == 0) return 0;
  fail_event(&fail, 2);
  return fail.exit_code;
}
