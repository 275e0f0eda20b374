/*
 * Debian's static libseccomp and yajl were compiled against glibc with fortification: these are the few names
 * they expect beyond ISO C, when we link them to musl.
 */
#ifndef __GLIBC__
#include <stdarg.h>
#include <stdio.h>

int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
int __snprintf_chk(char *out, size_t size, int flag, size_t room, const char *format, ...);
int __sprintf_chk(char *out, int flag, size_t room, const char *format, ...);

int __fprintf_chk(FILE *stream, int flag, const char *format, ...) {
  (void)flag;
  va_list words;
  va_start(words, format);
  int done = vfprintf(stream, format, words);
  va_end(words);
  return done;
}

int __snprintf_chk(char *out, size_t size, int flag, size_t room, const char *format, ...) {
  (void)flag, (void)room;
  va_list words;
  va_start(words, format);
  int done = vsnprintf(out, size, format, words);
  va_end(words);
  return done;
}

int __sprintf_chk(char *out, int flag, size_t room, const char *format, ...) {
  (void)flag;
  va_list words;
  va_start(words, format);
  int done = vsnprintf(out, room, format, words);
  va_end(words);
  return done;
}
#else
typedef int not_empty;
#endif
