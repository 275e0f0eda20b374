#include "strbuf.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void) {
  static const char words[] = "Error: out of memory\n";
  (void)!write(2, words, sizeof words - 1);
  _exit(125);
}

void *need_memory(size_t size) {
  void *memory = malloc(size ? size : 1);
  if (!memory) out_of_memory();
  return memory;
}

void strbuf_free(struct strbuf *buf) {
  free(buf->at);
  *buf = (struct strbuf){0};
}

/* Room for `more` bytes and the final 0. */
static void grow(struct strbuf *buf, size_t more) {
  size_t wanted = buf->length + more + 1;
  if (wanted <= buf->room) return;
  size_t room = buf->room ? buf->room : 64;
  while (room < wanted) room *= 2;
  char *at = realloc(buf->at, room);
  if (!at) out_of_memory();
  buf->at = at;
  buf->room = room;
}

void strbuf_add(struct strbuf *buf, const void *bytes, size_t length) {
  grow(buf, length);
  if (length) memcpy(buf->at + buf->length, bytes, length);
  buf->length += length;
  buf->at[buf->length] = 0;
}

void strbuf_text(struct strbuf *buf, const char *text) {
  strbuf_add(buf, text, strlen(text));
}

void strbuf_char(struct strbuf *buf, char c) {
  strbuf_add(buf, &c, 1);
}

void strbuf_format(struct strbuf *buf, const char *format, ...) {
  va_list words, again;
  va_start(words, format);
  va_copy(again, words);
  int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  if (length > 0) {
    grow(buf, (size_t)length);
    vsnprintf(buf->at + buf->length, (size_t)length + 1, format, words);
    buf->length += (size_t)length;
  }
  va_end(words);
}

void strbuf_clear(struct strbuf *buf) {
  buf->length = 0;
  if (buf->at) buf->at[0] = 0;
}

char *format_text(const char *format, ...) {
  va_list words, again;
  va_start(words, format);
  va_copy(again, words);
  int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  if (length < 0) length = 0;
  char *text = need_memory((size_t)length + 1);
  text[0] = 0;
  vsnprintf(text, (size_t)length + 1, format, words);
  va_end(words);
  return text;
}
