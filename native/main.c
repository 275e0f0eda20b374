/* sampan-helper ROLE [OPTIONS]: the first word chooses the role. See docs/helper-protocol.md. */
#include "common/fail.h"
#include "common/roles.h"
#include "common/sealed.h"
#include "common/title.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
  const char *word;
  int (*run)(int argc, char **argv);
  bool enters; /* its children become processes of a container */
} roles[] = {
    {"keep", keep_main, false},   {"monitor", monitor_main, true},  {"attach", attach_main, false},
    {"exec", exec_main, true},    {"logs", logs_main, false},       {"inside", inside_main, false},
    {"probe", probe_main, false}, {"network", network_main, false}, {"check-spec", check_spec_main, false},
    {"flush", flush_main, false},
};

/*
 * Whoever started us may have closed some of 0, 1 and 2 (cron, `>&-`). What we open first would take their
 * place, and be written to as output, or replaced by /dev/null.
 */
static void fill_standard_streams(void) {
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) _exit(EXIT_HELPER);
}

int main(int argc, char **argv) {
  fill_standard_streams();
  title_remember(argc, argv);
  for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++)
    if (strcmp(argv[1], roles[i].word) == 0) {
      if (roles[i].enters) run_sealed(argv);
      return roles[i].run(argc - 1, argv + 1);
    }
  fprintf(stderr, "Error: sampan-helper is started by sampan; it has no role \"%s\"\n",
          argc > 1 ? argv[1] : "");
  return EXIT_HELPER;
}
