/*
 * The attach protocol: what travels between a monitor and its attach clients (docs/helper-protocol.md).
 * A frame is one byte of type, four bytes of length (little endian) and the payload. No I/O happens here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum frame_type {
  FRAME_HELLO = 'H',   /* client: what it wants, enum hello_flag */
  FRAME_STDIN = 'I',   /* client: bytes typed; no bytes at all is the end of its input */
  FRAME_WINDOW = 'W',  /* client: u16 rows, u16 columns */
  FRAME_SIGNAL = 'S',  /* client: u32 signal number for the container's pid 1 */
  FRAME_NETWORK = 'N', /* client: a live change, JSON; monitor: how it went */
  FRAME_STDOUT = 'O',  /* monitor: standard output, or everything from the pty */
  FRAME_STDERR = 'R',  /* monitor: standard error */
  FRAME_EXIT = 'X',    /* monitor: i32 exit code; the last frame */
  FRAME_FAILED = 'F',  /* monitor: the `failed` JSON line of a container that did not start; the last frame */
};

enum hello_flag { HELLO_STDIN = 1, HELLO_STDOUT = 2, HELLO_STDERR = 4 };

enum {
  FRAME_HEADER = 5,
  FRAME_CONTROL_MAX = 8192, /* longest payload of a frame that is not a stream of bytes */
};

/** Writes the header of a frame with `length` bytes of payload to `at` (FRAME_HEADER bytes). */
void frame_header(uint8_t *at, enum frame_type type, uint32_t length);

/** Builds a whole control frame in `at` (room for FRAME_HEADER + size); returns its length. */
size_t frame_build(uint8_t *at, enum frame_type type, const void *payload, size_t size);

/** One piece of a frame: for streams (I, O, R) as much as has arrived, for the others the whole payload. */
struct frame_piece {
  uint8_t type;
  const uint8_t *data;
  size_t size;
  bool empty; /* the frame has no payload at all */
};

/** Where a reader is in a stream of frames that arrives in arbitrary chunks. Zero it before the first use. */
struct frame_cursor {
  uint8_t header[FRAME_HEADER];
  size_t have; /* bytes of header */
  uint32_t left;
  uint8_t *control; /* payload of a control frame on its way, allocated on demand */
  size_t control_size;
};

/**
 * Takes the next piece from [*at, end) and moves *at behind it.
 * Returns 1 with a piece (it points into the input or into the cursor, valid until the next call), 0 when the
 * input is used up, -1 when the peer does not speak this protocol.
 */
int frame_next(struct frame_cursor *cursor, const uint8_t **at, const uint8_t *end,
               struct frame_piece *piece);

/** Frees what the cursor holds. */
void frame_cursor_clear(struct frame_cursor *cursor);

uint16_t frame_get16(const uint8_t *at);
uint32_t frame_get32(const uint8_t *at);
void frame_put16(uint8_t *at, uint16_t value);
void frame_put32(uint8_t *at, uint32_t value);
