#include "tail.h"

#include "../common/cleanup.h"
#include "../common/strbuf.h"
#include "record.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 262144, ROOM = 2097152 /* no writer makes longer lines: a damaged file */ };

/* A file read from its end: `text` has the bytes from `at` on that were not handed out yet. */
struct backwards {
  int fd;
  int64_t at;
  char *text;
  size_t length;
};

static bool prepend(struct backwards *file) {
  size_t count = file->at < BLOCK ? (size_t)file->at : BLOCK;

  if (file->length + count > ROOM) file->length = 0;
  memmove(file->text + count, file->text, file->length);
  if (pread(file->fd, file->text, count, file->at - (int64_t)count) != (ssize_t)count) return false;
  file->at -= (int64_t)count;
  file->length += count;
  return true;
}

/* The line before; its newline is at line[size - 1]. NULL at the beginning. */
static char *line_before(struct backwards *file, size_t *size) {
  for (;;) {
    char *newline = file->length < 2 ? NULL : memrchr(file->text, '\n', file->length - 1);
    if (newline != NULL || (file->at == 0 && file->length > 0)) {
      char *line = newline == NULL ? file->text : newline + 1;
      *size = (size_t)(file->text + file->length - line);
      file->length = (size_t)(line - file->text);
      return line;
    }
    if (file->at == 0 || !prepend(file)) return NULL;
  }
}

struct count {
  int64_t lines, wanted;
  const struct span *span;
  bool any, full;
};

/* False: there are enough lines without this one. Those outside the span are left out when it is printed. */
static bool takes(struct count *count, const struct record *record) {
  const struct span *span = count->span;
  int64_t when = 0;

  if ((span->since > 0 || span->until > 0) &&
      (!record_time(record->time, record->time_size, &when) || (span->until > 0 && when > span->until) ||
       (span->since > 0 && when < span->since)))
    return true;
  /* Parts of a line count once; what was written last may still be without its end. */
  if (!count->any || record_ends_line(record)) count->full = ++count->lines > count->wanted;
  count->any = true;
  return !count->full;
}

/* The offset where the lines begin that are wanted of this file. `end` is set to where its whole lines end.
 */
static int64_t first_wanted(int fd, struct count *count, int64_t *end) {
  struct stat st;
  struct backwards file = {.fd = fd, .text = need_memory(ROOM)};
  char *line;
  size_t size;

  file.at = fstat(fd, &st) < 0 ? 0 : st.st_size;
  if (prepend(&file))
    while (file.length > 0 && file.text[file.length - 1] != '\n') file.length--;
  *end = file.at + (int64_t)file.length;
  int64_t first = *end;
  while (!count->full && (line = line_before(&file, &size)) != NULL) {
    struct record record;
    int64_t offset = file.at + (int64_t)file.length;
    if (record_parse(line, line + size - 1, &record) && !takes(count, &record)) break;
    first = offset;
  }
  free(file.text);
  return first;
}

void tail_seek(struct follow *follow, int64_t lines, const struct span *span) {
  struct count count = {.wanted = lines, .span = span, .full = lines == 0};
  int last = follow_oldest(follow);

  for (int number = 0; number <= last; number++) {
    cleanup_fd int fd = follow_file(follow, number);
    int64_t end;
    if (fd < 0) continue;
    int64_t first = first_wanted(fd, &count, &end);
    if (!count.full && number < last) continue;
    /* Everything of this file was too much: what is wanted begins with the next. */
    if (first == end && number > 0)
      follow_go(follow, number - 1, 0);
    else
      follow_go(follow, number, first);
    return;
  }
}
