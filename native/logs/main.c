/*
 * Role logs: prints the logs of containers, of several in the order of their times. The CLI became this
 * process. With
 * --follow it lives until the containers' monitors are gone, or its reader is.
 */
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/roles.h"
#include "../common/strbuf.h"
#include "source.h"
#include "tail.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  FLUSH_AT = 262144,
  LOOK_MS = 1000,     /* the events that wake us say nearly everything */
  LOOK_BLIND_MS = 100 /* without inotify (128 instances a user) */
};

struct output {
  struct strbuf text;
  int fd;
};

struct printer {
  struct output out, err;
  struct span span;
  struct source *sources;
  size_t count;
  int timestamps, follow;
};

/* A reader that has gone away ends us by SIGPIPE, as it does any program. */
static void flush(struct output *output) {
  if (output->text.length > 0 && write_all(output->fd, output->text.at, output->text.length) < 0) _exit(1);
  strbuf_clear(&output->text);
}

static void print(struct printer *printer, struct source *source) {
  const struct record *record = &source->record;
  struct output *output = record->is_stderr ? &printer->err : &printer->out;
  bool *within_line = &source->within_line[record->is_stderr];

  flush(record->is_stderr ? &printer->out : &printer->err); /* keeps their order on a terminal */
  if (!*within_line) {
    strbuf_text(&output->text, source->prefix);
    if (printer->timestamps) {
      strbuf_add(&output->text, record->time, record->time_size);
      strbuf_char(&output->text, ' ');
    }
    strbuf_text(&output->text, source->details);
  }
  strbuf_add(&output->text, record->text, record->size);
  *within_line = !record_ends_line(record);
  if (output->text.length >= FLUSH_AT) flush(output);
}

/* The one whose next record is the oldest; NULL when none has one now. */
static struct source *oldest(struct printer *printer) {
  struct source *first = NULL;
  bool timed = printer->count > 1 || printer->span.since > 0 || printer->span.until > 0;

  for (size_t i = 0; i < printer->count; i++) {
    struct source *source = &printer->sources[i];
    if (source_next(source, timed) && (first == NULL || source->when < first->when)) first = source;
  }
  return first;
}

/* Prints what there is now. */
static void print_all(struct printer *printer) {
  const struct span *span = &printer->span;
  struct source *source;

  while ((source = oldest(printer)) != NULL) {
    source->has_record = false;
    /* The clock may have been set back: what comes next may be wanted again. */
    if ((span->until == 0 || source->when <= span->until) &&
        (span->since == 0 || source->when >= span->since))
      print(printer, source);
  }
  flush(&printer->out);
  flush(&printer->err);
}

static bool is_over(const struct printer *printer) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  if (printer->span.until > 0 && (int64_t)now.tv_sec * 1000000000 + now.tv_nsec > printer->span.until)
    return true;
  for (size_t i = 0; i < printer->count; i++)
    if (!printer->sources[i].follow.over) return false;
  return true;
}

/* Until one of them may have more. False when our own reader is gone. */
static bool wait_for_more(struct printer *printer) {
  struct pollfd *set = need_memory((printer->count + 1) * sizeof *set);
  int milliseconds = LOOK_MS;

  for (size_t i = 0; i < printer->count; i++) {
    const struct follow *follow = &printer->sources[i].follow;
    set[i] = (struct pollfd){.fd = follow->over ? -1 : follow->notify, .events = POLLIN};
    if (!follow->over && follow->notify < 0) milliseconds = LOOK_BLIND_MS;
  }
  set[printer->count] = (struct pollfd){.fd = STDOUT_FILENO};
  poll(set, printer->count + 1, milliseconds);
  for (size_t i = 0; i < printer->count; i++) follow_awake(&printer->sources[i].follow);
  bool read = !(set[printer->count].revents & (POLLERR | POLLHUP | POLLNVAL));
  free(set);
  return read;
}

enum { WORDS = 3 /* BUNDLE PREFIX DETAILS, for each container */ };

static int open_sources(struct printer *printer, char **words, const char *tail, struct fail *fail) {
  printer->sources = need_memory(printer->count * sizeof *printer->sources);
  memset(printer->sources, 0, printer->count * sizeof *printer->sources);
  for (size_t i = 0; i < printer->count; i++) {
    struct source *source = &printer->sources[i];
    if (follow_open(&source->follow, words[WORDS * i], printer->follow) < 0)
      return fail_errno(fail, "read the log of", "%s", words[WORDS * i]);
    source->prefix = words[WORDS * i + 1];
    source->details = words[WORDS * i + 2];
    source_begin(source);
    if (tail != NULL) tail_seek(&source->follow, strtoll(tail, NULL, 10), &printer->span);
  }
  return 0;
}

int logs_main(int argc, char **argv) {
  const char *since = NULL, *until = NULL, *tail = NULL;
  struct printer printer = {.out.fd = STDOUT_FILENO, .err.fd = STDERR_FILENO};
  const struct arg rows[] = {
      {.name = "--tail", .text = &tail},
      {.name = "--since", .text = &since},
      {.name = "--until", .text = &until},
      {.name = "--timestamps", .flag = &printer.timestamps},
      {.name = "--follow", .flag = &printer.follow},
      {0},
  };
  struct fail fail = {0};
  int first = read_args(argc, argv, rows, &fail);

  printer.span.since = since == NULL ? 0 : strtoll(since, NULL, 10);
  printer.span.until = until == NULL ? 0 : strtoll(until, NULL, 10);
  printer.count = first < 0 ? 0 : (size_t)(argc - first) / WORDS;
  if (first < 0 || open_sources(&printer, argv + first, tail, &fail) < 0) {
    fail_print(&fail, STDERR_FILENO);
    return fail.exit_code;
  }
  do print_all(&printer);
  while (!is_over(&printer) && wait_for_more(&printer));
  for (size_t i = 0; i < printer.count; i++) source_end(&printer.sources[i]);
  free(printer.sources);
  strbuf_free(&printer.out.text);
  strbuf_free(&printer.err.text);
  return 0;
}
