/* Reading and printing by table. Runs in every role that reads a bundle; single use, no state. */
#include "shape.h"
#include "../common/fail.h"
#include "spec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every LIST_OF has this layout. */
struct any_list {
  void *at;
  size_t count;
};

static int wrong(const struct shape_reader *reader, const char *where, const char *expected) {
  return fail_say(reader->fail, EXIT_HELPER, "read bundle", "%s: %s is not %s", reader->file, where,
                  expected);
}

static bool is_empty(yajl_val value) {
  if (YAJL_IS_STRING(value)) return !YAJL_GET_STRING(value)[0];
  if (YAJL_IS_ARRAY(value)) return value->u.array.len == 0;
  if (YAJL_IS_OBJECT(value)) return value->u.object.len == 0;
  if (YAJL_IS_NUMBER(value)) return strcmp(YAJL_GET_NUMBER(value), "0") == 0;
  return YAJL_IS_NULL(value) || YAJL_IS_FALSE(value);
}

/* A whole number, also when JavaScript wrote it as 1e+21 or it does not fit: the nearest that does. */
static int read_natural(yajl_val value, uint64_t *out) {
  if (!YAJL_IS_NUMBER(value)) return -1;
  const char *text = YAJL_GET_NUMBER(value);
  if (text[0] == '-') return -1;
  if (strpbrk(text, ".eE")) {
    double number = strtod(text, NULL);
    if (number != number || number < 0) return -1;
    *out = number >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)number;
    return 0;
  }
  *out = strtoull(text, NULL, 10); /* ULLONG_MAX when it is too large */
  return 0;
}

static int read_texts(const struct shape_reader *reader, yajl_val value, const char *where, texts *out) {
  if (!YAJL_IS_ARRAY(value)) return wrong(reader, where, "a list of strings");
  out->count = value->u.array.len;
  out->at = arena_take(reader->arena, (out->count + 1) * sizeof *out->at);
  for (size_t i = 0; i < out->count; i++) {
    if (!YAJL_IS_STRING(value->u.array.values[i])) return wrong(reader, where, "a list of strings");
    out->at[i] = arena_copy(reader->arena, YAJL_GET_STRING(value->u.array.values[i]));
  }
  return 0;
}

static int read_wholes(const struct shape_reader *reader, yajl_val value, const char *where, wholes *out) {
  if (!YAJL_IS_ARRAY(value)) return wrong(reader, where, "a list of numbers");
  out->count = value->u.array.len;
  out->at = arena_take(reader->arena, out->count * sizeof *out->at);
  for (size_t i = 0; i < out->count; i++) {
    if (!YAJL_IS_INTEGER(value->u.array.values[i])) return wrong(reader, where, "a list of whole numbers");
    out->at[i] = YAJL_GET_INTEGER(value->u.array.values[i]);
  }
  return 0;
}

static int read_pairs(const struct shape_reader *reader, yajl_val value, const char *where,
                      struct any_list *out) {
  if (!YAJL_IS_OBJECT(value)) return wrong(reader, where, "an object");
  struct spec_pair *pairs = arena_take(reader->arena, value->u.object.len * sizeof *pairs);
  for (size_t i = 0; i < value->u.object.len; i++) {
    if (!YAJL_IS_STRING(value->u.object.values[i])) return wrong(reader, where, "an object of strings");
    pairs[i].key = arena_copy(reader->arena, value->u.object.keys[i]);
    pairs[i].value = arena_copy(reader->arena, YAJL_GET_STRING(value->u.object.values[i]));
  }
  *out = (struct any_list){.at = pairs, .count = value->u.object.len};
  return 0;
}

static int read_word(const struct shape_reader *reader, const struct field *field, yajl_val value,
                     const char *where, int *out) {
  const char *word = YAJL_GET_STRING(value);
  if (!word) return wrong(reader, where, "a string");
  for (int i = 0; field->words[i]; i++)
    if (strcmp(field->words[i], word) == 0) {
      *out = i;
      return 0;
    }
  return fail_say(reader->fail, EXIT_HELPER, "read bundle", "%s: %s: \"%s\" is not one of the known values",
                  reader->file, where, word);
}

static int read_into(const struct shape_reader *reader, const struct shape *shape, yajl_val value,
                     const char *where, void *out);

static int read_list(const struct shape_reader *reader, const struct field *field, yajl_val value,
                     const char *where, struct any_list *out) {
  if (!YAJL_IS_ARRAY(value)) return wrong(reader, where, "a list");
  size_t size = field->of->size;
  char *items = arena_take(reader->arena, value->u.array.len * size);
  for (size_t i = 0; i < value->u.array.len; i++) {
    char item[256];
    snprintf(item, sizeof item, "%s[%zu]", where, i);
    if (read_into(reader, field->of, value->u.array.values[i], item, items + i * size) < 0) return -1;
  }
  *out = (struct any_list){.at = items, .count = value->u.array.len};
  return 0;
}

static int read_field(const struct shape_reader *reader, const struct field *field, yajl_val value,
                      const char *where, void *out) {
  switch (field->kind) {
  case TEXT:
    if (!YAJL_IS_STRING(value)) return wrong(reader, where, "a string");
    *(const char **)out = arena_copy(reader->arena, YAJL_GET_STRING(value));
    return 0;
  case FLAG:
    if (!YAJL_IS_TRUE(value) && !YAJL_IS_FALSE(value)) return wrong(reader, where, "true or false");
    *(bool *)out = YAJL_IS_TRUE(value);
    return 0;
  case WHOLE:
    if (!YAJL_IS_INTEGER(value)) return wrong(reader, where, "a whole number");
    *(int64_t *)out = YAJL_GET_INTEGER(value);
    return 0;
  case NATURAL:
    if (read_natural(value, out) < 0) return wrong(reader, where, "a number of 0 or more");
    return 0;
  case WORD:
    return read_word(reader, field, value, where, out);
  case TEXTS:
    return read_texts(reader, value, where, out);
  case WHOLES:
    return read_wholes(reader, value, where, out);
  case PAIRS:
    return read_pairs(reader, value, where, out);
  case LIST:
    return read_list(reader, field, value, where, out);
  case OBJECT:
    *(void **)out = shape_read(reader, field->of, value, where);
    return *(void **)out ? 0 : -1;
  case EMPTY:
    if (reader->lenient || is_empty(value)) return 0;
    fail_say(reader->fail, EXIT_HELPER, "read bundle", "%s: %s is not honoured by sampan", reader->file,
             where);
    return fail_hint(reader->fail, "leave it out, or run the container with --runtime runc or crun");
  case IGNORED:
    return 0;
  }
  return 0;
}

/* The last words of a path, so that long ones stay readable: "process.user.uid". */
static void join_path(char *out, size_t room, const char *where, const char *name) {
  snprintf(out, room, "%s%s%s", where, *where ? "." : "", name);
}

static const struct field *find_field(const struct shape *shape, const char *name) {
  for (const struct field *field = shape->fields; field->name; field++)
    if (strcmp(field->name, name) == 0) return field;
  return NULL;
}

static int set_defaults(const struct shape_reader *reader, const struct shape *shape, char *out) {
  for (const struct field *field = shape->fields; field->name; field++) {
    if (field->kind == WHOLE) *(int64_t *)(out + field->offset) = field->otherwise;
    if (field->kind == NATURAL) *(uint64_t *)(out + field->offset) = (uint64_t)field->otherwise;
    if (field->kind == TEXTS) /* an empty list that execve would take */
      ((texts *)(out + field->offset))->at = arena_take(reader->arena, sizeof(char *));
    if (field->kind == OBJECT && field->always) {
      void *made = arena_take(reader->arena, field->of->size);
      if (set_defaults(reader, field->of, made) < 0) return -1;
      *(void **)(out + field->offset) = made;
    }
  }
  return 0;
}

static int read_into(const struct shape_reader *reader, const struct shape *shape, yajl_val value,
                     const char *where, void *out) {
  char path[256];
  if (!YAJL_IS_OBJECT(value)) return wrong(reader, *where ? where : "the file", "a JSON object");
  set_defaults(reader, shape, out);
  for (size_t i = 0; i < value->u.object.len; i++) {
    const char *name = value->u.object.keys[i];
    const struct field *field = find_field(shape, name);
    join_path(path, sizeof path, where, name);
    if (!field && reader->lenient) continue;
    if (!field) {
      fail_say(reader->fail, EXIT_HELPER, "read bundle", "%s: unknown field %s", reader->file, path);
      return fail_hint(reader->fail, "sampan refuses what it would not honour");
    }
    if (YAJL_IS_NULL(value->u.object.values[i])) continue; /* null is the same as absent */
    if (read_field(reader, field, value->u.object.values[i], path, (char *)out + field->offset) < 0)
      return -1;
  }
  for (const struct field *field = shape->fields; field->name; field++)
    if (field->needed && !json_get(value, field->name)) {
      join_path(path, sizeof path, where, field->name);
      return fail_say(reader->fail, EXIT_HELPER, "read bundle", "%s: %s is missing", reader->file, path);
    }
  return 0;
}

void *shape_read(const struct shape_reader *reader, const struct shape *shape, yajl_val value,
                 const char *where) {
  void *out = arena_take(reader->arena, shape->size);
  return read_into(reader, shape, value, where, out) < 0 ? NULL : out;
}

static void print_field(const struct field *field, const void *from, struct strbuf *out) {
  const struct any_list *list = from;
  switch (field->kind) {
  case TEXT:
    if (*(const char *const *)from) json_add_text(out, field->name, *(const char *const *)from);
    break;
  case FLAG:
    json_add_flag(out, field->name, *(const bool *)from);
    break;
  case WHOLE:
    if (*(const int64_t *)from != field->otherwise ||
        field->otherwise >= 0) /* a negative one says "not given" */
      json_add_whole(out, field->name, *(const int64_t *)from);
    break;
  case NATURAL:
    if (field->needed || *(const uint64_t *)from) json_add_natural(out, field->name, *(const uint64_t *)from);
    break;
  case WORD:
    json_add_text(out, field->name, field->words[*(const int *)from]);
    break;
  case TEXTS:
    json_open(out, field->name, '[');
    for (size_t i = 0; i < list->count; i++) json_add_text(out, NULL, ((const char *const *)list->at)[i]);
    json_close(out, ']');
    break;
  case WHOLES:
    json_open(out, field->name, '[');
    for (size_t i = 0; i < list->count; i++) json_add_whole(out, NULL, ((const int64_t *)list->at)[i]);
    json_close(out, ']');
    break;
  case PAIRS:
    json_open(out, field->name, '{');
    for (size_t i = 0; i < list->count; i++) {
      const struct spec_pair *pair = (const struct spec_pair *)list->at + i;
      json_add_text(out, pair->key, pair->value);
    }
    json_close(out, '}');
    break;
  case LIST:
    json_open(out, field->name, '[');
    for (size_t i = 0; i < list->count; i++)
      shape_print(field->of, (const char *)list->at + i * field->of->size, NULL, out);
    json_close(out, ']');
    break;
  case OBJECT:
    if (*(void *const *)from) shape_print(field->of, *(void *const *)from, field->name, out);
    break;
  case IGNORED:
  case EMPTY:
    break;
  }
}

void shape_print(const struct shape *shape, const void *from, const char *name, struct strbuf *out) {
  json_open(out, name, '{');
  for (const struct field *field = shape->fields; field->name; field++)
    print_field(field, (const char *)from + field->offset, out);
  json_close(out, '}');
}
