/* When a container comes back, and after which pause. */
#include "../monitor/restart.h"

#include <assert.h>

static const struct {
  int policy;
  int64_t retries;
  int exit_code, restarts;
  bool stop, wanted;
} CASES[] = {
    {RESTART_NO, 0, 1, 0, false, false},
    {RESTART_ALWAYS, 0, 0, 1000, false, true},
    {RESTART_ALWAYS, 0, 0, 0, true, false},
    {RESTART_UNLESS_STOPPED, 0, 0, 0, false, true},
    {RESTART_UNLESS_STOPPED, 0, 1, 0, true, false},
    {RESTART_ON_FAILURE, 0, 0, 0, false, false},
    {RESTART_ON_FAILURE, 0, 1, 1000, false, true},
    {RESTART_ON_FAILURE, 3, 1, 2, false, true},
    {RESTART_ON_FAILURE, 3, 1, 3, false, false},
    {RESTART_ON_FAILURE, 3, 1, 0, true, false},
};

int main(void) {
  for (unsigned i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    struct sampan_restart policy = {.policy = CASES[i].policy, .retries = CASES[i].retries};
    assert(restart_wanted(&policy, CASES[i].exit_code, CASES[i].restarts, CASES[i].stop) == CASES[i].wanted);
  }
  assert(restart_pause(0, 5) == 100);
  assert(restart_pause(100, 5) == 200);
  assert(restart_pause(40000, 5) == 60000);
  assert(restart_pause(60000, 9999) == 60000);
  assert(restart_pause(60000, 10000) == 100);
  return 0;
}
