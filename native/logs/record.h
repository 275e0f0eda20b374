/* One line of a json-file log, taken apart. Pure. */
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

/** Takes the line [line, end) apart, decoding in place. False when it is not a record: readers skip it. */
bool record_parse(char *line, char *end, struct record *out);

/** Nanoseconds since 1970 of an RFC 3339 time in UTC; false when it is none. */
bool record_time(const char *text, size_t size, int64_t *nanoseconds);
