/* From the person's streams to the new process and back, until it has ended. */
#pragma once

#include "../attach/keys.h"
#include "join.h"

struct relay {
  struct exec_started process;
  int in; /* where typed bytes go: a pipe, or the pty's master; -1: nowhere */
  int out,
      err; /* what the process says: pipes, or out is the pty's master; -1: it writes to our streams itself */
  bool terminal;
  struct detach_keys keys;
  bool left; /* by the detach keys: the process goes on */
};

/**
 * Returns the exit status of the process (128 + N after signal N), or 0 after the detach keys: then somebody
 * else holds the terminal for it. Closes all descriptors of the relay.
 */
int relay_run(struct relay *relay);
