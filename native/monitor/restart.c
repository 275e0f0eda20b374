#include "restart.h"

bool restart_wanted(const struct sampan_restart *policy, int exit_code, int restarts, bool stop_requested) {
  if (stop_requested) return false;
  switch ((enum restart_policy)policy->policy) {
  case RESTART_NO:
    return false;
  case RESTART_ALWAYS:
  case RESTART_UNLESS_STOPPED:
    return true;
  case RESTART_ON_FAILURE:
    return exit_code != 0 && (policy->retries <= 0 || restarts < policy->retries);
  }
  return false;
}

int restart_pause(int last_pause, int64_t ran_ms) {
  if (last_pause == 0 || ran_ms >= RESTART_CALM_MS) return RESTART_FIRST_MS;
  return last_pause * 2 > RESTART_LONGEST_MS ? RESTART_LONGEST_MS : last_pause * 2;
}
