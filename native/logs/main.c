/*
 * Role logs: the part of `logs -f` that waits. The CLI printed what there was and became this process, which
 * lives until the container's monitor is gone, or its reader is.
 */
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/roles.h"
#include "../common/strbuf.h"
#include "follow.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { READ_ROOM = 65536, LINE_LIMIT = 1 << 20 };

struct options {
  const char *bundle, *offset, *inode, *until;
  int timestamps;
};

struct output {
  struct strbuf text;
  int fd;
  bool within_line; /* the last record had no newline: the next one goes on in the same line */
};

struct printer {
  struct output out, err;
  int64_t until; /* nanoseconds; 0: no limit */
  bool timestamps, finished;
};

/* A reader that has gone away ends us by SIGPIPE, as it does any program. */
static void flush(struct output *output) {
  if (output->text.length > 0 && write_all(output->fd, output->text.at, output->text.length) < 0) _exit(1);
  strbuf_clear(&output->text);
}

static void print(struct printer *printer, char *line, char *end) {
  struct record record;
  int64_t when;

  if (!record_parse(line, end, &record)) return;
  if (printer->until > 0 && record_time(record.time, record.time_size, &when) && when > printer->until) {
    printer->finished = true;
    return;
  }
  struct output *output = record.is_stderr ? &printer->err : &printer->out;
  flush(record.is_stderr ? &printer->out : &printer->err); /* keeps their order on a terminal */
  if (printer->timestamps && !output->within_line) {
    strbuf_add(&output->text, record.time, record.time_size);
    strbuf_char(&output->text, ' ');
  }
  strbuf_add(&output->text, record.text, record.size);
  output->within_line = record.size > 0 && record.text[record.size - 1] != '\n';
}

/* Prints the whole lines at the beginning of `pending` and removes them from it. */
static void print_lines(struct printer *printer, struct strbuf *pending) {
  char *at = pending->at, *end = pending->at + pending->length;
  char *newline;

  while (!printer->finished && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    print(printer, at, newline);
    at = newline + 1;
  }
  flush(&printer->out);
  flush(&printer->err);
  pending->length = (size_t)(end - at);
  memmove(pending->at, at, pending->length);
  if (pending->length > LINE_LIMIT) /* no writer makes such lines: a damaged file */
    strbuf_clear(pending);
}

static int follow_log(const struct options *options, struct fail *fail) {
  cleanup_fd int folder = open(options->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
  cleanup_strbuf struct strbuf pending = {0};
  struct printer printer = {
      .out.fd = STDOUT_FILENO,
      .err.fd = STDERR_FILENO,
      .until = options->until == NULL ? 0 : strtoll(options->until, NULL, 10),
      .timestamps = options->timestamps,
  };
  struct follow follow;
  static char buffer[READ_ROOM];

  if (folder < 0 || follow_open(&follow, folder, strtoll(options->offset, NULL, 10),
                                options->inode == NULL ? 0 : strtoull(options->inode, NULL, 10)) < 0)
    return fail_errno(fail, "follow the log of", "%s", options->bundle);
  follow.until = printer.until;
  while (!printer.finished) {
    ssize_t n = follow_read(&follow, buffer, sizeof buffer);
    if (n <= 0) break;
    strbuf_add(&pending, buffer, (size_t)n);
    print_lines(&printer, &pending);
  }
  follow_close(&follow);
  strbuf_free(&printer.out.text);
  strbuf_free(&printer.err.text);
  return 0;
}

int logs_main(int argc, char **argv) {
  struct options options = {0};
  const struct arg rows[] = {
      {.name = "--bundle", .text = &options.bundle, .needed = 1},
      {.name = "--offset", .text = &options.offset, .needed = 1},
      {.name = "--inode", .text = &options.inode},
      {.name = "--until", .text = &options.until},
      {.name = "--timestamps", .flag = &options.timestamps},
      {0},
  };
  struct fail fail = {0};

  if (read_args(argc, argv, rows, &fail) < 0 || follow_log(&options, &fail) < 0) {
    fail_print(&fail, STDERR_FILENO);
    return fail.exit_code;
  }
  return 0;
}
