/* See program.h. */
#include "program.h"
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int program_open(const char *name) {
  return strchr(name, '/') ? open(name, O_PATH | O_CLOEXEC) : -1;
}

void program_exec(int program, char **argv) {
  if (program >= 0)
    syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
  else
    execvp(argv[0], argv);
}
