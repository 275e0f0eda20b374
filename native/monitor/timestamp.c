#include "timestamp.h"

#include <string.h>

static void put_digits(char *out, long value, int digits) {
  for (int i = digits - 1; i >= 0; i--) {
    out[i] = (char)('0' + value % 10);
    value /= 10;
  }
}

void timestamp_format(const struct timespec *when, char *out) {
  static time_t cached = -1; /* the date part changes once a second and costs the most */
  static char date[TIMESTAMP_SIZE] = "0000-00-00T00:00:00.000000000Z";

  if (when->tv_sec != cached) {
    struct tm tm;
    cached = when->tv_sec;
    gmtime_r(&cached, &tm);
    put_digits(date, tm.tm_year + 1900, 4);
    put_digits(date + 5, tm.tm_mon + 1, 2);
    put_digits(date + 8, tm.tm_mday, 2);
    put_digits(date + 11, tm.tm_hour, 2);
    put_digits(date + 14, tm.tm_min, 2);
    put_digits(date + 17, tm.tm_sec, 2);
  }
  memcpy(out, date, TIMESTAMP_SIZE);
  put_digits(out + 20, when->tv_nsec, 9);
}

void timestamp_now(char *out) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  timestamp_format(&now, out);
}

int64_t clock_ms(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
