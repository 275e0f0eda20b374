/* The attach codec takes frames apart however they are cut. */
#include "../attach/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char PAYLOAD[] = "forty-two bytes of something that was typed";

static size_t build_stream(uint8_t *at) {
  size_t size = 0;
  uint8_t window[4], hello = HELLO_STDIN | HELLO_STDOUT;

  size += frame_build(at + size, FRAME_HELLO, &hello, 1);
  frame_put16(window, 24);
  frame_put16(window + 2, 80);
  size += frame_build(at + size, FRAME_WINDOW, window, 4);
  size += frame_build(at + size, FRAME_STDIN, PAYLOAD, sizeof PAYLOAD);
  size += frame_build(at + size, FRAME_STDIN, NULL, 0);
  return size;
}

/* Feeds the stream in chunks of `step` bytes, each in memory of its own so that the sanitizer sees any
 * overrun. */
static void reads_what_was_built(size_t step) {
  uint8_t stream[256];
  size_t size = build_stream(stream), typed = 0;
  struct frame_cursor cursor = {0};
  int hellos = 0, windows = 0, ends = 0;

  for (size_t from = 0; from < size; from += step) {
    size_t count = size - from < step ? size - from : step;
    uint8_t *chunk = malloc(count);
    const uint8_t *at = chunk;
    struct frame_piece piece;

    memcpy(chunk, stream + from, count);
    while (frame_next(&cursor, &at, chunk + count, &piece) == 1) {
      if (piece.type == FRAME_HELLO) {
        assert(piece.size == 1 && piece.data[0] == (HELLO_STDIN | HELLO_STDOUT));
        hellos++;
      } else if (piece.type == FRAME_WINDOW) {
        assert(piece.size == 4 && frame_get16(piece.data) == 24 && frame_get16(piece.data + 2) == 80);
        windows++;
      } else if (piece.empty) {
        assert(typed == sizeof PAYLOAD);
        ends++;
      } else {
        assert(piece.type == FRAME_STDIN && memcmp(piece.data, PAYLOAD + typed, piece.size) == 0);
        typed += piece.size;
      }
    }
    assert(at == chunk + count);
    free(chunk);
  }
  assert(hellos == 1 && windows == 1 && ends == 1);
  frame_cursor_clear(&cursor);
}

static void refuses(const uint8_t *bytes, size_t size) {
  struct frame_cursor cursor = {0};
  struct frame_piece piece;
  const uint8_t *at = bytes;

  assert(frame_next(&cursor, &at, bytes + size, &piece) == -1);
  frame_cursor_clear(&cursor);
}

int main(void) {
  for (size_t step = 1; step < 80; step++) reads_what_was_built(step);
  refuses((const uint8_t *)"GET / HTTP/1.1", 14);
  refuses((const uint8_t *)"\0\0\0\0\0", 5);
  refuses((const uint8_t *)"W\xff\xff\xff\xff", 5); /* a control frame of 4 GB */
  return 0;
}
