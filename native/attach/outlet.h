/*
 * One of our standard output streams, written without ever blocking and without O_NONBLOCK, which would
 * change the stream for everybody who shares it (the person's shell, for one).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct outlet {
  int fd;
  enum { OUTLET_ANY, OUTLET_FILE, OUTLET_SOCKET, OUTLET_SLOW } kind;
};

/** Finds out what `fd` is. */
void outlet_init(struct outlet *outlet, int fd);

/**
 * Writes as much as goes. Returns the number of bytes, 0 when nothing goes now (poll for POLLOUT), -1 with
 * errno when nothing ever will (EPIPE: the reader has gone).
 */
ssize_t outlet_write(struct outlet *outlet, const uint8_t *data, size_t size);
