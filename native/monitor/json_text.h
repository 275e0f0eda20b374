/* Bytes of a container as the inside of a JSON string: escaped, and valid UTF-8 whatever they were. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { JSON_TEXT_GROWTH = 6 }; /* one byte becomes at most \u00XX */

/**
 * Encodes from [*in, end) to `out` (room for `space` bytes) as far as the room goes, moves *in behind what
 * was encoded, and returns the number of bytes written. A character cut off by `end` counts as not being
 * UTF-8.
 */
size_t json_text_encode(const uint8_t **in, const uint8_t *end, char *out, size_t space);

/** Bytes of the UTF-8 character at `at`: 1–4, or 0 where there is none before `end`. */
size_t utf8_length(const uint8_t *at, const uint8_t *end);

/** The number of bytes of [data, data + size) that do not end inside a UTF-8 character; `size` if it is not
 * UTF-8. */
size_t utf8_whole(const uint8_t *data, size_t size);
