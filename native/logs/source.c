#include "source.h"

#include "../common/strbuf.h"

#include <stdlib.h>
#include <string.h>

enum { READ_ROOM = 262144, BUFFER = 2097152 };

void source_begin(struct source *source) {
  source->buffer = need_memory(BUFFER); /* only pages that are used cost anything */
}

static bool fill(struct source *source) {
  size_t left = source->to - source->from;

  if (left == BUFFER) left = 0; /* no writer makes such lines: a damaged file */
  memmove(source->buffer, source->buffer + source->from, left);
  source->from = 0;
  source->to = left;
  size_t room = BUFFER - left < READ_ROOM ? BUFFER - left : READ_ROOM;
  ssize_t n = follow_read(&source->follow, source->buffer + left, room);
  if (n > 0) source->to += (size_t)n;
  return n > 0;
}

bool source_next(struct source *source, bool timed) {
  size_t looked = 0; /* no newline in so much of it */

  while (!source->has_record) {
    char *line = source->buffer + source->from;
    char *newline = memchr(line + looked, '\n', source->to - source->from - looked);
    if (newline == NULL) {
      looked = source->to - source->from;
      if (!fill(source)) return false;
      if (looked > source->to) looked = 0;
      continue;
    }
    looked = 0;
    source->from = (size_t)(newline + 1 - source->buffer);
    struct record *record = &source->record;
    source->has_record = record_parse(line, newline, record) &&
                         (!timed || record_time(record->time, record->time_size, &source->when));
  }
  return true;
}

void source_end(struct source *source) {
  follow_close(&source->follow);
  free(source->buffer);
}
