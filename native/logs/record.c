#include "record.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The four digits after \u, or -1. */
static int unit(const char *at, const char *end) {
  int value = 0;

  if (end - at < 4) return -1;
  for (int i = 0; i < 4; i++) {
    int digit = hex_value(at[i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

static char *put_character(char *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
    *to++ = (char)(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    *to++ = (char)(0xe0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  } else {
    *to++ = (char)(0xf0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 0x3f));
    *to++ = (char)(0x80 | (code >> 6 & 0x3f));
    *to++ = (char)(0x80 | (code & 0x3f));
  }
  return to;
}

/* Decodes one escape behind the backslash at `at`; both pointers move on. An escape never grows. */
static bool decode_escape(const char **at, const char *end, char **to) {
  static const char named[] = "\"\"\\\\//n\nr\rt\tb\bf\f";

  if (*at >= end) return false;
  if (**at != 'u') {
    for (const char *pair = named; *pair != '\0'; pair += 2)
      if (pair[0] == **at) {
        *(*to)++ = pair[1];
        (*at)++;
        return true;
      }
    return false;
  }
  int code = unit(*at + 1, end);
  if (code < 0) return false;
  *at += 5;
  uint32_t whole = (uint32_t)code;
  if (code >= 0xd800 && code < 0xdc00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
    int low = unit(*at + 2, end);
    if (low >= 0xdc00 && low < 0xe000) {
      whole = 0x10000 + (((uint32_t)code - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
      *at += 6;
    }
  }
  *to = put_character(*to, whole >= 0xd800 && whole < 0xe000 ? 0xfffd : whole);
  return true;
}

/* Decodes the string behind the quote at *at in place. Returns its end, with *at behind the closing quote; or
 * NULL. */
static char *decode_string(char **at, char *end) {
  const char *from = *at;
  char *to = *at;

  while (from < end && *from != '"') {
    const char *stop = from;
    while (stop < end && *stop != '"' && *stop != '\\') stop++;
    memmove(to, from, (size_t)(stop - from));
    to += stop - from;
    from = stop;
    if (from < end && *from == '\\') {
      from++;
      if (!decode_escape(&from, end, &to)) return NULL;
    }
  }
  if (from >= end) return NULL;
  *at = (char *)from + 1;
  return to;
}

static bool skip(char **at, const char *end, char wanted) {
  while (*at < end && (**at == ' ' || **at == '\t')) (*at)++;
  if (*at >= end || **at != wanted) return false;
  (*at)++;
  return true;
}

static bool is_word(const char *from, const char *to, const char *word) {
  return (size_t)(to - from) == strlen(word) && memcmp(from, word, strlen(word)) == 0;
}

/* Steps over a value we do not know (attrs of other writers): strings and brackets are balanced. */
static bool skip_value(char **at, const char *end) {
  int depth = 0;

  for (; *at < end; (*at)++) {
    if (**at == '"') {
      for ((*at)++; *at < end && **at != '"'; (*at)++)
        if (**at == '\\') (*at)++;
    } else if (**at == '{' || **at == '[') {
      depth++;
    } else if (depth == 0 && (**at == ',' || **at == '}')) {
      return true;
    } else if (**at == '}' || **at == ']') {
      depth--;
    }
  }
  return false;
}

/* `TIME STREAM F text` as kubernetes has it; P instead of F: the line goes on in the next record. */
static bool parse_plain(char *line, char *end, struct record *out) {
  char *time_end = memchr(line, ' ', (size_t)(end - line));
  char *stream = time_end == NULL ? end : time_end + 1;

  if (end - stream < 9 || stream[6] != ' ' || stream[8] != ' ') return false;
  out->is_stderr = memcmp(stream, "stderr", 6) == 0;
  if (!out->is_stderr && memcmp(stream, "stdout", 6) != 0) return false;
  out->time = line;
  out->time_size = (size_t)(time_end - line);
  out->text = stream + 9;
  out->size = (size_t)(end - out->text) + (stream[7] == 'F'); /* the newline behind `end` is the text's own */
  return true;
}

/* As our monitor writes them: everything but the text is where it always is. */
static bool parse_own(char *line, char *end, struct record *out) {
  static const char head[] = "{\"log\":\"", middle[] = "\",\"stream\":\"stdout\",\"time\":\"";
  enum {
    HEAD = sizeof head - 1,
    MIDDLE = sizeof middle - 1,
    STREAM = 15 /* of out or err */,
    TIME = 30,
    FOOT = 2
  };

  if (end - line < HEAD + MIDDLE + TIME + FOOT || memcmp(line, head, HEAD) != 0) return false;
  char *time = end - FOOT - TIME, *text_end = time - MIDDLE;
  if (end[-2] != '"' || end[-1] != '}' || time[TIME - 1] != 'Z' || text_end[-1] == '\\' ||
      memcmp(text_end, middle, STREAM) != 0 ||
      memcmp(text_end + STREAM + 3, middle + STREAM + 3, MIDDLE - STREAM - 3) != 0)
    return false;
  out->is_stderr = memcmp(text_end + STREAM, "err", 3) == 0;
  out->time = time;
  out->time_size = TIME;
  out->text = line + HEAD;
  char *to = memchr(out->text, '\\', (size_t)(text_end - out->text));
  const char *from = to;
  if (to == NULL) to = text_end; /* nothing to decode */
  while (from != NULL && from < text_end) {
    from++;
    if (!decode_escape(&from, text_end, &to)) return false;
    const char *next = memchr(from, '\\', (size_t)(text_end - from));
    size_t count = (size_t)((next == NULL ? text_end : next) - from);
    memmove(to, from, count);
    to += count;
    from = next;
  }
  out->size = (size_t)(to - out->text);
  return true;
}

bool record_parse(char *line, char *end, struct record *out) {
  char *at = line;

  *out = (struct record){0};
  if (parse_own(line, end, out)) return true;
  if (at < end && *at >= '0' && *at <= '9') return parse_plain(line, end, out);
  if (!skip(&at, end, '{')) return false;
  do {
    if (!skip(&at, end, '"')) return false;
    char *key = at, *key_end = decode_string(&at, end);
    if (key_end == NULL || !skip(&at, end, ':')) return false;
    char *value = at;
    if (!skip(&value, end, '"')) {
      if (!skip_value(&at, end)) return false;
      continue;
    }
    at = value;
    char *value_end = decode_string(&at, end);
    if (value_end == NULL) return false;
    if (is_word(key, key_end, "log")) {
      out->text = value;
      out->size = (size_t)(value_end - value);
    } else if (is_word(key, key_end, "stream")) {
      out->is_stderr = is_word(value, value_end, "stderr");
    } else if (is_word(key, key_end, "time")) {
      out->time = value;
      out->time_size = (size_t)(value_end - value);
    }
  } while (skip(&at, end, ','));
  return skip(&at, end, '}') && out->text != NULL && out->time != NULL;
}

static bool digits(const char *text, int count, int *value) {
  *value = 0;
  for (int i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    *value = *value * 10 + (text[i] - '0');
  }
  return true;
}

bool record_time(const char *text, size_t size, int64_t *nanoseconds) {
  struct tm tm = {0};
  int64_t fraction = 0, scale = 1000000000;

  if (size < 20 || text[4] != '-' || text[10] != 'T' || !digits(text, 4, &tm.tm_year) ||
      !digits(text + 5, 2, &tm.tm_mon) || !digits(text + 8, 2, &tm.tm_mday) ||
      !digits(text + 11, 2, &tm.tm_hour) || !digits(text + 14, 2, &tm.tm_min) ||
      !digits(text + 17, 2, &tm.tm_sec))
    return false;
  size_t at = 19;
  if (text[at] == '.')
    for (at++; at < size && text[at] >= '0' && text[at] <= '9' && scale > 1; at++) {
      scale /= 10;
      fraction += (text[at] - '0') * scale;
    }
  if (at + 1 != size || text[at] != 'Z') return false;
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  *nanoseconds = (int64_t)timegm(&tm) * 1000000000 + fraction;
  return true;
}
