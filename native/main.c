/* sampan-helper ROLE [OPTIONS]: the first word chooses the role. See docs/helper-protocol.md. */
#include "common/roles.h"
#include "common/title.h"
#include <stdio.h>
#include <string.h>

static const struct {
  const char *word;
  int (*run)(int argc, char **argv);
} roles[] = {
    {"keep", keep_main}, {"monitor", monitor_main}, {"attach", attach_main}, {"exec", exec_main},
    {"logs", logs_main}, {"inside", inside_main},   {"probe", probe_main},   {"check-spec", check_spec_main},
};

int main(int argc, char **argv) {
  title_remember(argc, argv);
  for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++)
    if (strcmp(argv[1], roles[i].word) == 0) return roles[i].run(argc - 1, argv + 1);
  fprintf(stderr, "Error: sampan-helper is started by sampan; it has no role \"%s\"\n",
          argc > 1 ? argv[1] : "");
  return 125;
}
