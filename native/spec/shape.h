/*
 * One table a JSON object: the same rows read it, refuse what they do not name, and print back what was
 * understood. A newcomer adds a row.
 */
#ifndef SAMPAN_SHAPE_H
#define SAMPAN_SHAPE_H

#include "../common/json.h"
#include "arena.h"
#include <stddef.h>
#include <stdint.h>

enum kind {
  TEXT,    /* const char *, NULL when absent or null */
  FLAG,    /* bool */
  WHOLE,   /* int64_t; `otherwise` when absent or null */
  NATURAL, /* uint64_t; numbers beyond 64 bits become the greatest one */
  WORD,    /* int: index into `words` */
  TEXTS,   /* texts */
  WHOLES,  /* wholes */
  OBJECT,  /* pointer to a struct of `of`; NULL when absent or null */
  LIST,    /* LIST_OF(struct of `of`) */
  PAIRS,   /* an object of strings: LIST_OF(struct spec_pair) */
  IGNORED, /* anything, without meaning for us */
  EMPTY    /* known and not honoured: may only be null, "", 0, false, {} or [] */
};

struct shape;

struct field {
  const char *name;
  enum kind kind;
  int needed;
  int always; /* OBJECT: made with its defaults when absent */
  size_t offset;
  const struct shape *of;
  const char *const *words; /* ends with NULL */
  int64_t otherwise;
};

struct shape {
  size_t size;
  const struct field *fields; /* ends with a nameless one */
};

struct shape_reader {
  const char *file; /* for messages: "config.json" */
  int lenient;      /* skip unknown fields instead of refusing them */
  struct arena *arena;
  struct fail *fail;
};

/* Reads `value` into a fresh struct of the arena. `where` is the dotted path so far ("" at the top). NULL and
 * fail. */
void *shape_read(const struct shape_reader *reader, const struct shape *shape, yajl_val value,
                 const char *where);

/* Writes the object back; absent texts, objects and numbers are left out, lists are written empty. */
void shape_print(const struct shape *shape, const void *from, const char *name, struct strbuf *out);

#endif
