/* Times as the records have them: RFC 3339 in UTC with nine digits of fraction. */
#pragma once

#include <stdint.h>
#include <time.h>

enum { TIMESTAMP_SIZE = 31 }; /* "2026-11-22T10:00:00.123456789Z" and its end */

#define TIMESTAMP_NEVER "0001-01-01T00:00:00Z"

/** Writes the wall-clock time of now to `out` (TIMESTAMP_SIZE bytes). */
void timestamp_now(char *out);

/** Writes `when` to `out` (TIMESTAMP_SIZE bytes). */
void timestamp_format(const struct timespec *when, char *out);

/** Milliseconds on the clock that does not jump, for deadlines. */
int64_t clock_ms(void);
