/* One container's log as a row of records, and who says them. */
#pragma once

#include "follow.h"
#include "record.h"

struct source {
  struct follow follow;
  const char *prefix;  /* before each line; "" for one container by itself */
  const char *details; /* behind the time; "" for none */
  char *buffer;
  size_t from, to; /* what was read and not taken apart yet */
  bool has_record;
  struct record record; /* points into the buffer */
  int64_t when;         /* of the record, where it was asked for */
  bool within_line[2];  /* of stdout and stderr: the last record had no newline */
};

/** Allocates the buffer; `follow` is open. */
void source_begin(struct source *source);

/** Has the next record ready in `record`, if there is one now. `timed`: `when` is wanted too. */
bool source_next(struct source *source, bool timed);

void source_end(struct source *source);
