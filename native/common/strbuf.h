/* A growing byte buffer. Running out of memory ends the process: no caller could do better. */
#ifndef SAMPAN_STRBUF_H
#define SAMPAN_STRBUF_H

#include <stddef.h>

struct strbuf {
  char *at; /* always terminated by a 0 that `length` does not count; NULL while empty and untouched */
  size_t length;
  size_t room;
};

#define cleanup_strbuf __attribute__((cleanup(strbuf_free)))

void strbuf_free(struct strbuf *buf);
void strbuf_add(struct strbuf *buf, const void *bytes, size_t length);
void strbuf_text(struct strbuf *buf, const char *text);
void strbuf_char(struct strbuf *buf, char c);
void strbuf_format(struct strbuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_clear(struct strbuf *buf);

/* malloc that ends the process instead of returning NULL. */
void *need_memory(size_t size);
/* printf into fresh memory; the caller frees. */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
