/* yajl's tree for reading; a small writer. Runs in every role. */
#include "json.h"
#include "fail.h"
#include <stdlib.h>
#include <string.h>

yajl_val json_parse(const char *text, const char *name, struct fail *fail) {
  char words[256];
  yajl_val value = yajl_tree_parse(text, words, sizeof words);
  if (value) return value;
  for (char *c = words; *c; c++)
    if (*c == '\n') *c = ' ';
  fail_say(fail, EXIT_HELPER, "read JSON", "%s is not valid JSON: %s", name,
           words[0] ? words : "it is empty");
  return NULL;
}

void json_free(yajl_val *value) {
  if (*value) yajl_tree_free(*value);
  *value = NULL;
}

yajl_val json_get(yajl_val object, const char *name) {
  if (!YAJL_IS_OBJECT(object)) return NULL;
  for (size_t i = 0; i < object->u.object.len; i++)
    if (strcmp(object->u.object.keys[i], name) == 0) return object->u.object.values[i];
  return NULL;
}

const char *json_text(yajl_val object, const char *name) {
  yajl_val value = json_get(object, name);
  return YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : NULL;
}

int64_t json_whole(yajl_val object, const char *name, int64_t otherwise) {
  yajl_val value = json_get(object, name);
  return YAJL_IS_INTEGER(value) ? YAJL_GET_INTEGER(value) : otherwise;
}

/* Everything but the value: a comma unless first in its bracket, the name. */
static void lead(struct strbuf *buf, const char *name) {
  if (buf->length) {
    char last = buf->at[buf->length - 1];
    if (last != '{' && last != '[' && last != '\n') strbuf_char(buf, ',');
  }
  if (!name) return;
  strbuf_char(buf, '"');
  json_escape(buf, name, strlen(name));
  strbuf_text(buf, "\":");
}

void json_open(struct strbuf *buf, const char *name, char bracket) {
  lead(buf, name);
  strbuf_char(buf, bracket);
}

void json_close(struct strbuf *buf, char bracket) {
  strbuf_char(buf, bracket);
}

void json_add_text(struct strbuf *buf, const char *name, const char *text) {
  if (text)
    json_add_bytes(buf, name, text, strlen(text));
  else
    json_add_null(buf, name);
}

void json_add_bytes(struct strbuf *buf, const char *name, const char *bytes, size_t length) {
  lead(buf, name);
  strbuf_char(buf, '"');
  json_escape(buf, bytes, length);
  strbuf_char(buf, '"');
}

void json_add_whole(struct strbuf *buf, const char *name, int64_t number) {
  lead(buf, name);
  strbuf_format(buf, "%lld", (long long)number);
}

void json_add_natural(struct strbuf *buf, const char *name, uint64_t number) {
  lead(buf, name);
  strbuf_format(buf, "%llu", (unsigned long long)number);
}

void json_add_flag(struct strbuf *buf, const char *name, bool flag) {
  lead(buf, name);
  strbuf_text(buf, flag ? "true" : "false");
}

void json_add_null(struct strbuf *buf, const char *name) {
  lead(buf, name);
  strbuf_text(buf, "null");
}

/* Length of the valid UTF-8 sequence at bytes, or 0 (RFC 3629: no overlong forms, no surrogates, up to
 * U+10FFFF). */
static size_t utf8_length(const unsigned char *bytes, size_t length) {
  unsigned char first = bytes[0], low = 0x80, high = 0xBF;
  size_t need;
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF)
    need = 2;
  else if (first >= 0xE0 && first <= 0xEF) {
    need = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    need = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  } else
    return 0;
  if (length < need || bytes[1] < low || bytes[1] > high) return 0;
  for (size_t i = 2; i < need; i++)
    if ((bytes[i] & 0xC0) != 0x80) return 0;
  return need;
}

void json_escape(struct strbuf *buf, const char *bytes, size_t length) {
  static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
  const unsigned char *at = (const unsigned char *)bytes, *end = at + length, *plain = at;
  while (at < end) {
    if (*at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\') {
      at++;
      continue;
    }
    size_t run = *at < 0x20 || *at == '"' || *at == '\\' ? 0 : utf8_length(at, (size_t)(end - at));
    if (run) {
      at += run;
      continue;
    }
    strbuf_add(buf, plain, (size_t)(at - plain));
    const char *row = shorts;
    while (*row && (unsigned char)*row != *at) row += 2;
    if (*row) {
      char pair[2] = {'\\', row[1]};
      strbuf_add(buf, pair, 2);
    } else if (*at < 0x20)
      strbuf_format(buf, "\\u%04x", *at);
    else
      strbuf_add(buf, "\xEF\xBF\xBD", 3);
    plain = ++at;
  }
  strbuf_add(buf, plain, (size_t)(at - plain));
}
