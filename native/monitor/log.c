/* Lines out of chunks, records out of lines, a file out of batches of whole records. */
#include "log.h"

#include "../common/cleanup.h"
#include "../common/pidfd.h"
#include "../common/strbuf.h"
#include "compress.h"
#include "journal.h"
#include "json_text.h"
#include "timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  LINE_LIMIT = 16384, /* as Docker's: readers expect longer lines in pieces */
  RECORD_LIMIT = LINE_LIMIT * JSON_TEXT_GROWTH + 128 + LOG_ATTRIBUTES_MAX,
  BATCH = 2 * RECORD_LIMIT,
  TRIM_ABOVE = 8192,
};

struct line {
  size_t size;
  uint8_t text[LINE_LIMIT];
};

/* Large, but the kernel backs only the pages that were ever written, and log_trim gives those back. */
struct log {
  bool plain; /* k8s-file */
  struct journal *journal;
  const char *attributes; /* of each record, as JSON; NULL: none */
  bool packs;
  int packer; /* pidfd of the child that packs what was rotated, or -1 */
  int fd;
  char *path;
  int64_t max_size;
  int max_files;
  int64_t size; /* of the file: whole records only */
  uint64_t lost;
  int lost_errno;
  uint64_t records; /* in the batch */
  size_t used;
  size_t touched;
  struct line partial[LOG_STREAMS];
  char batch[BATCH];
};

static int open_file(const char *path, int64_t *size) {
  struct stat st;
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd >= 0) *size = fstat(fd, &st) == 0 ? st.st_size : 0;
  return fd;
}

struct log *log_open(const char *path, bool plain, int64_t max_size, int max_files) {
  struct log *log = mmap(NULL, sizeof *log, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (log == MAP_FAILED) return NULL;
  log->packer = -1;
  log->plain = plain;
  log->max_size = max_size;
  log->max_files = max_files < 1 ? 1 : max_files;
  log->path = strdup(path);
  log->fd = log->path == NULL ? -1 : open_file(path, &log->size);
  if (log->fd < 0) {
    log_close(log);
    return NULL;
  }
  return log;
}

void log_pack(struct log *log) {
  log->packs = true;
}

void log_attributes(struct log *log, const char *json) {
  log->attributes = json;
}

void log_also(struct log *log, struct journal *journal) {
  log->journal = journal;
}

/* What was number `from` is number `to`; 0 is the log itself. `ending` is ".gz" for the packed ones. */
static void renumber(const struct log *log, int from, int to, const char *ending) {
  cleanup_free char *old = from == 0 ? strdup(log->path) : format_text("%s.%d%s", log->path, from, ending);
  cleanup_free char *new = format_text("%s.%d%s", log->path, to, ending);

  if (rename(old, new) < 0 && errno == ENOENT) unlink(new); /* the one of the other kind takes its place */
}

/* path.N-1 → path.N …, path → path.1: followers know a file by its inode and find its successor by these
 * names. */
static void rotate(struct log *log) {
  bool packed = compress_end(&log->packer, 0); /* what is slower than the log is being written packs every
                                                  other time */
  int64_t size = 0;

  for (int i = log->max_files - 1; i >= 1; i--) {
    renumber(log, i - 1, i, "");
    if (log->packs && i > 1) renumber(log, i - 1, i, ".gz");
  }
  if (log->max_files == 1) unlink(log->path);
  int fd = open_file(log->path, &size);
  if (fd < 0) return; /* go on in the old file: better than none */
  close(log->fd);
  log->fd = fd;
  log->size = size;
  if (log->packs && packed) log->packer = compress_begin(log->path, log->max_files);
}

/* Writes the batch out. What fails is dropped and the file cut back to whole records. */
static void flush(struct log *log) {
  size_t done = 0;

  while (done < log->used) {
    ssize_t n = write(log->fd, log->batch + done, log->used - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      log->lost_errno = n < 0 ? errno : ENOSPC;
      log->lost += log->records;
      if (done > 0 && ftruncate(log->fd, log->size) != 0)
        log->size += (int64_t)done; /* then readers skip the damaged line */
      done = log->used;
      break;
    }
    done += (size_t)n;
    if (done == log->used) {
      log->size += (int64_t)done;
      log->lost = 0;
    }
  }
  if (log->used > log->touched) log->touched = log->used;
  log->used = 0;
  log->records = 0;
}

static void put(struct log *log, const char *text) {
  size_t size = strlen(text);

  memcpy(log->batch + log->used, text, size);
  log->used += size;
}

/* kubernetes' shape: bytes as they are; F for a line that ends, P for one that goes on. */
static void add_plain(struct log *log, enum log_stream stream, const char *time, const uint8_t *text,
                      size_t size) {
  static const char *const words[LOG_STREAMS] = {" stdout ", " stderr "};
  bool ends = size > 0 && text[size - 1] == '\n';

  put(log, time);
  put(log, words[stream]);
  put(log, ends ? "F " : "P ");
  memcpy(log->batch + log->used, text, size);
  log->used += size;
  if (!ends) put(log, "\n");
}

static void add_json(struct log *log, enum log_stream stream, const char *time, const uint8_t *text,
                     size_t size) {
  static const char *const words[LOG_STREAMS] = {"\",\"stream\":\"stdout\"", "\",\"stream\":\"stderr\""};

  put(log, "{\"log\":\"");
  log->used += json_text_encode(&text, text + size, log->batch + log->used, BATCH - log->used);
  put(log, words[stream]);
  if (log->attributes != NULL) {
    put(log, ",\"attrs\":");
    put(log, log->attributes);
  }
  put(log, ",\"time\":\"");
  put(log, time);
  put(log, "\"}\n");
}

/* Adds one record to the batch; `text` is at most LINE_LIMIT bytes, so that the record fits. */
static void add_record(struct log *log, enum log_stream stream, const char *time, const uint8_t *text,
                       size_t size) {
  (log->plain ? add_plain : add_json)(log, stream, time, text, size);
  log->records++;
}

static void write_record(struct log *log, enum log_stream stream, const char *time, const uint8_t *text,
                         size_t size) {
  if (log->max_size > 0 && log->size + (int64_t)log->used >= log->max_size) {
    flush(log);
    if (log->size >= log->max_size) rotate(log);
  }
  if (BATCH - log->used < RECORD_LIMIT) flush(log);
  if (log->lost > 0 && log->records == 0) {
    char notice[160];
    int length = snprintf(notice, sizeof notice, "[sampan: %llu records of this log were lost: %s]\n",
                          (unsigned long long)log->lost, strerror(log->lost_errno));
    add_record(log, LOG_STDERR, time, (const uint8_t *)notice, (size_t)length);
    log->records = 0; /* the notice itself is no loss */
  }
  add_record(log, stream, time, text, size);
  journal_write(log->journal, stream == LOG_STDERR, text, size);
}

/* The line has grown to the limit: what does not cut a character in two goes out. */
static void write_full_line(struct log *log, enum log_stream stream, const char *time, struct line *line) {
  size_t whole = utf8_whole(line->text, line->size);

  if (whole == 0) whole = line->size;
  write_record(log, stream, time, line->text, whole);
  memmove(line->text, line->text + whole, line->size - whole);
  line->size -= whole;
}

static void keep_partial(struct log *log, enum log_stream stream, const char *time, const uint8_t *data,
                         size_t size) {
  struct line *line = &log->partial[stream];

  while (size > 0) {
    size_t room = LINE_LIMIT - line->size;
    size_t count = size < room ? size : room;

    memcpy(line->text + line->size, data, count);
    line->size += count;
    data += count;
    size -= count;
    if (line->size == LINE_LIMIT) write_full_line(log, stream, time, line);
  }
}

void log_write(struct log *log, enum log_stream stream, const uint8_t *data, size_t size) {
  if (log == NULL || size == 0) return;
  char time[TIMESTAMP_SIZE];
  const uint8_t *end = data + size;
  struct line *line = &log->partial[stream];

  timestamp_now(time);
  while (data < end) {
    const uint8_t *newline = memchr(data, '\n', (size_t)(end - data));
    const uint8_t *next = newline == NULL ? end : newline + 1;

    if (newline != NULL && line->size == 0 && next - data <= LINE_LIMIT) {
      write_record(log, stream, time, data, (size_t)(next - data));
    } else {
      keep_partial(log, stream, time, data, (size_t)(next - data));
      if (newline != NULL && line->size > 0) {
        write_record(log, stream, time, line->text, line->size);
        line->size = 0;
      }
    }
    data = next;
  }
  flush(log);
}

void log_finish(struct log *log) {
  char time[TIMESTAMP_SIZE];

  if (log == NULL) return;
  timestamp_now(time);
  for (int i = 0; i < LOG_STREAMS; i++) {
    struct line *line = &log->partial[i];
    if (line->size > 0) write_record(log, (enum log_stream)i, time, line->text, line->size);
    line->size = 0;
  }
  flush(log);
}

void log_trim(struct log *log) {
  if (log == NULL) return;
  if (log->packer >= 0 && pidfd_ended(log->packer, 0)) compress_end(&log->packer, 0);
  if (log->touched < TRIM_ABOVE) return;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t from = ((uintptr_t)log->batch + page - 1) & ~(page - 1);
  uintptr_t to = ((uintptr_t)log->batch + BATCH) & ~(page - 1);
  madvise((void *)from, to - from, MADV_DONTNEED);
  log->touched = 0;
}

void log_close(struct log *log) {
  if (log == NULL) return;
  compress_end(&log->packer, 0);
  if (log->fd >= 0) close(log->fd);
  journal_close(log->journal);
  free(log->path);
  munmap(log, sizeof *log);
}
