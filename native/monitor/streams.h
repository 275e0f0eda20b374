/* The container's standard streams, seen from the monitor: pipes, or the master of its pty. */
#pragma once

#include "../common/strbuf.h"
#include "../init/start.h"
#include "log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct monitor;

/** Makes the streams of one run and the descriptors `io` for its program (with a pty: none). */
int streams_open(struct monitor *monitor, struct start_io *io, struct fail *fail);

/** The program runs: closes its ends, takes the pty's master from the container, and begins to read. */
void streams_begin(struct monitor *monitor);

/** Gives typed bytes to the program. Returns how many it took; clients_unblock follows when it takes more. */
size_t streams_type(struct monitor *monitor, const uint8_t *data, size_t size);

/** A client has come to the end of its input. */
void streams_typed_all(struct monitor *monitor);

/** A client that could type is gone. */
void streams_typist_left(struct monitor *monitor);

void streams_resize(struct monitor *monitor, uint16_t rows, uint16_t columns);

/** All clients have taken the last chunk: read on. */
void streams_resume(struct monitor *monitor);

/** The program has ended: logs what is left in the streams and adds it to `tail` as frames. */
void streams_drain(struct monitor *monitor, struct strbuf *tail);

/** Gives memory of a burst back to the kernel. */
void streams_trim(struct monitor *monitor);

/** Closes the streams of this run. */
void streams_close(struct monitor *monitor);
