/* One line of a log in json-file's or k8s-file's shape, taken apart. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record {
  char *text; /* decoded in place */
  size_t size;
  const char *time; /* as it stands, not terminated */
  size_t time_size;
  bool is_stderr;
};

/**
 * Takes the line [line, end) apart, decoding in place; *end is its newline. False when it is not a record:
 * readers skip it.
 */
bool record_parse(char *line, char *end, struct record *out);

/** Is that the end of a line of the program's? Else its next record goes on with it. */
static inline bool record_ends_line(const struct record *record) {
  return record->size > 0 && record->text[record->size - 1] == '\n';
}

/** Nanoseconds since 1970 of an RFC 3339 time in UTC; false when it is none. */
bool record_time(const char *text, size_t size, int64_t *nanoseconds);
