/*
 * One terminal session: from the person's standard streams to a monitor and back. The process lives as long
 * as the session and has nothing else to do.
 */
#pragma once

#include "frame.h"
#include "keys.h"

#include <stdbool.h>

struct attach_session {
  const char *bundle; /* where state.json tells how it ended, should the monitor not have */
  int data, control;  /* connected to the monitor; signals and sizes never wait behind typed bytes */
  uint8_t streams;    /* enum hello_flag: what is forwarded */
  bool terminal;      /* the container has a pty */
  bool sig_proxy;     /* pass signals on (never with a pty: there the keys do) */
  struct detach_keys keys;
};

/**
 * Runs the session to its end and closes the sockets. Returns the exit status: the container's, 0 after the
 * detach keys, 125–127 with a message on stderr when it did not start.
 */
int attach_run(struct attach_session *session);
