/* The hot loop of logging: most text needs no escape at all and is copied eight bytes at a time. */
#include "json_text.h"

#include <stdbool.h>
#include <string.h>

#define ONES  0x0101010101010101ULL
#define HIGHS 0x8080808080808080ULL

/* True when none of the eight bytes is a control character, a quote, a backslash or above 0x7f. */
static bool all_plain(uint64_t word) {
  uint64_t quote = word ^ (ONES * '"');
  uint64_t backslash = word ^ (ONES * '\\');
  uint64_t below_space = (word - ONES * 0x20) & ~word;
  uint64_t hits = below_space | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | word;

  return (hits & HIGHS) == 0;
}

static bool is_plain(uint8_t byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Unicode 15, table 3-7: well-formed UTF-8 byte sequences. */
size_t utf8_length(const uint8_t *at, const uint8_t *end) {
  size_t here = (size_t)(end - at);
  uint8_t first = at[0], low = 0x80, high = 0xbf;
  size_t length;

  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf)
    length = 2;
  else if (first >= 0xe0 && first <= 0xef)
    length = 3;
  else if (first >= 0xf0 && first <= 0xf4)
    length = 4;
  else
    return 0;
  if (here < length) return 0;
  if (first == 0xe0)
    low = 0xa0;
  else if (first == 0xed)
    high = 0x9f;
  else if (first == 0xf0)
    low = 0x90;
  else if (first == 0xf4)
    high = 0x8f;
  if (at[1] < low || at[1] > high) return 0;
  for (size_t i = 2; i < length; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  return length;
}

size_t utf8_whole(const uint8_t *data, size_t size) {
  for (size_t back = 1; back <= 3 && back <= size; back++) {
    uint8_t byte = data[size - back];

    if ((byte & 0xc0) == 0x80) continue;
    size_t wants = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return wants > back ? size - back : size;
  }
  return size;
}

static size_t escape(uint8_t byte, char *out) {
  static const char hex[] = "0123456789abcdef";
  static const char named[] = "\"\"\\\\\nn\rr\tt\bb\ff";

  for (const char *pair = named; *pair != '\0'; pair += 2)
    if ((char)byte == pair[0]) {
      out[0] = '\\';
      out[1] = pair[1];
      return 2;
    }
  memcpy(out, "\\u00", 4);
  out[4] = hex[byte >> 4];
  out[5] = hex[byte & 15];
  return 6;
}

size_t json_text_encode(const uint8_t **in, const uint8_t *end, char *out, size_t space) {
  const uint8_t *at = *in;
  char *to = out;
  char *limit = out + space;

  while (at < end) {
    uint64_t word;
    while (end - at >= 8 && limit - to >= 8 && (memcpy(&word, at, 8), all_plain(word))) {
      memcpy(to, &word, 8);
      at += 8;
      to += 8;
    }
    if (at == end || limit - to < JSON_TEXT_GROWTH) break;
    if (is_plain(*at)) {
      *to++ = (char)*at++;
    } else if (*at < 0x80) {
      to += escape(*at++, to);
    } else {
      size_t length = utf8_length(at, end);
      if (length == 0) {
        memcpy(to, "\\ufffd", 6);
        to += 6;
        at++;
      } else {
        memcpy(to, at, length);
        to += length;
        at += length;
      }
    }
  }
  *in = at;
  return (size_t)(to - out);
}
