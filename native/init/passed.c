/* See passed.h. */
#include "passed.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FIRST = 3 };

/* Those of our own environment were never the container's; an image may have some. */
static void tell(const struct passed *passed, struct spec_process *process) {
  const char **env = need_memory((process->env.count + 4) * sizeof *env);
  size_t count = 0;
  for (size_t i = 0; i < process->env.count; i++)
    if (strncmp(process->env.at[i], "LISTEN_", 7) != 0) env[count++] = process->env.at[i];
  env[count++] = format_text("LISTEN_PID=%d", (int)getpid());
  env[count++] = format_text("LISTEN_FDS=%d", passed->listening);
  if (passed->names) env[count++] = format_text("LISTEN_FDNAMES=%s", passed->names);
  env[count] = NULL;
  process->env = (texts){.at = env, .count = count};
}

int pass_descriptors(const struct passed *passed, int *control, struct spec_process *process,
                     struct fail *fail) {
  if (!passed || passed->count == 0) return 0;
  int above = FIRST + (int)passed->count, high[MOST_PASSED];
  int moved = fcntl(*control, F_DUPFD_CLOEXEC, above);
  if (moved < 0) return fail_errno(fail, "pass descriptors", "%s", "");
  close(*control);
  *control = moved;
  for (size_t i = 0; i < passed->count; i++) {
    high[i] = fcntl(passed->fds[i], F_DUPFD_CLOEXEC, above);
    if (high[i] < 0) return fail_errno(fail, "pass descriptors", "%d", FIRST + (int)i);
  }
  for (size_t i = 0; i < passed->count; i++)
    if (dup2(high[i], FIRST + (int)i) < 0) return fail_errno(fail, "pass descriptors", "%d", FIRST + (int)i);
  if (passed->listening) tell(passed, process);
  return 0;
}
