/* A further process in a running container. Used by the exec role and by the monitor's health checks. */
#pragma once

#include "../init/process.h"
#include "../init/start.h"
#include "../keep/lease.h"
#include "../spec/spec.h"

#include <stdbool.h>
#include <sys/types.h>

struct fail;

struct exec_request {
  pid_t container; /* the container's pid 1, on the host */
  int pidfd;       /* of it: the number alone may have passed to somebody else */
  const struct spec_process *process;
  struct process_how how;
  const struct filter *filter;
  struct start_io io; /* ignored with process.terminal: then there is a pty of the container's devpts */
  bool outlive; /* may live longer than the caller (exec -d); else the kernel kills it with its parent */
};

struct exec_started {
  pid_t pid;   /* on the host; our child, leader of a session of its own */
  int pidfd;   /* the caller owns it */
  int console; /* master of the pty or -1; the caller owns it */
};

/**
 * Starts the process. The caller is single-threaded and in the user namespace already; it stays where it is,
 * only the new process enters the container. Returns when the program has been exec'ed: -1 and exit_code 126
 * or 127 where that was what failed.
 */
int exec_start(const struct exec_request *request, struct exec_started *out, struct fail *fail);
