/* Codec of the attach protocol: pure, used by both ends. */
#include "frame.h"

#include <stdlib.h>
#include <string.h>

void frame_put16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}

void frame_put32(uint8_t *at, uint32_t value) {
  frame_put16(at, (uint16_t)value);
  frame_put16(at + 2, (uint16_t)(value >> 16));
}

uint16_t frame_get16(const uint8_t *at) {
  return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t frame_get32(const uint8_t *at) {
  return frame_get16(at) | (uint32_t)frame_get16(at + 2) << 16;
}

void frame_header(uint8_t *at, enum frame_type type, uint32_t length) {
  at[0] = (uint8_t)type;
  frame_put32(at + 1, length);
}

size_t frame_build(uint8_t *at, enum frame_type type, const void *payload, size_t size) {
  frame_header(at, type, (uint32_t)size);
  if (size > 0) memcpy(at + FRAME_HEADER, payload, size);
  return FRAME_HEADER + size;
}

static bool is_stream(uint8_t type) {
  return type == FRAME_STDIN || type == FRAME_STDOUT || type == FRAME_STDERR;
}

static bool is_known(uint8_t type) {
  return type != 0 && strchr("HIWSNORXF", type) != NULL;
}

/* Moves up to `wanted` bytes of header into the cursor; true when it is complete. */
static bool take_header(struct frame_cursor *cursor, const uint8_t **at, const uint8_t *end) {
  size_t wanted = FRAME_HEADER - cursor->have;
  size_t here = (size_t)(end - *at);
  size_t count = here < wanted ? here : wanted;

  memcpy(cursor->header + cursor->have, *at, count);
  cursor->have += count;
  *at += count;
  return cursor->have == FRAME_HEADER;
}

int frame_next(struct frame_cursor *cursor, const uint8_t **at, const uint8_t *end,
               struct frame_piece *piece) {
  if (cursor->have < FRAME_HEADER) {
    if (*at == end || !take_header(cursor, at, end)) return 0;
    cursor->left = frame_get32(cursor->header + 1);
    cursor->control_size = 0;
    if (!is_known(cursor->header[0])) return -1;
    if (!is_stream(cursor->header[0]) && cursor->left > FRAME_CONTROL_MAX) return -1;
    if (cursor->left == 0) {
      cursor->have = 0;
      *piece = (struct frame_piece){.type = cursor->header[0], .data = *at, .size = 0, .empty = true};
      return 1;
    }
  }
  if (*at == end) return 0;

  size_t here = (size_t)(end - *at);
  size_t count = here < cursor->left ? here : cursor->left;
  const uint8_t *data = *at;
  *at += count;
  cursor->left -= (uint32_t)count;
  if (cursor->left == 0) cursor->have = 0;

  if (is_stream(cursor->header[0])) {
    *piece = (struct frame_piece){.type = cursor->header[0], .data = data, .size = count};
    return 1;
  }
  if (cursor->left == 0 && cursor->control_size == 0) { /* arrived in one chunk, as nearly always */
    *piece = (struct frame_piece){.type = cursor->header[0], .data = data, .size = count};
    return 1;
  }
  if (cursor->control == NULL && (cursor->control = malloc(FRAME_CONTROL_MAX)) == NULL) return -1;
  memcpy(cursor->control + cursor->control_size, data, count);
  cursor->control_size += count;
  if (cursor->left > 0) return 0;
  *piece =
      (struct frame_piece){.type = cursor->header[0], .data = cursor->control, .size = cursor->control_size};
  return 1;
}

void frame_cursor_clear(struct frame_cursor *cursor) {
  free(cursor->control);
  *cursor = (struct frame_cursor){0};
}
