/* JSON: reading through yajl's tree, writing into a strbuf. */
#ifndef SAMPAN_JSON_H
#define SAMPAN_JSON_H

#include "strbuf.h"
#include <stdbool.h>
#include <stdint.h>
#include <yajl/yajl_tree.h>

struct fail;

#define cleanup_json __attribute__((cleanup(json_free)))

/* Parses text; `name` is for the message. NULL and a filled fail when it is not JSON. */
yajl_val json_parse(const char *text, const char *name, struct fail *fail);
void json_free(yajl_val *value);
/* A member of an object, or NULL. */
yajl_val json_get(yajl_val object, const char *name);
/* A string member, or NULL where it is missing or something else. */
const char *json_text(yajl_val object, const char *name);
/* An integer member, or `otherwise`. */
int64_t json_whole(yajl_val object, const char *name, int64_t otherwise);

/*
 * Writing: commas are put where needed. `name` is NULL inside an array or at the top.
 *   json_open(&b, NULL, '{'); json_add_text(&b, "event", "started"); json_add_whole(&b, "pid", 5);
 * json_close(&b, '}');
 */
void json_open(struct strbuf *buf, const char *name, char bracket);
void json_close(struct strbuf *buf, char bracket);
void json_add_text(struct strbuf *buf, const char *name, const char *text); /* NULL becomes null */
void json_add_bytes(struct strbuf *buf, const char *name, const char *bytes, size_t length);
void json_add_whole(struct strbuf *buf, const char *name, int64_t number);
void json_add_natural(struct strbuf *buf, const char *name, uint64_t number);
void json_add_flag(struct strbuf *buf, const char *name, bool flag);
void json_add_null(struct strbuf *buf, const char *name);

/* The inside of a JSON string (no quotes): escapes, and U+FFFD for every byte that is not valid UTF-8. */
void json_escape(struct strbuf *buf, const char *bytes, size_t length);

#endif
