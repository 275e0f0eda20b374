/* Filling in, printing. Runs in every role. */
#include "fail.h"
#include "file.h"
#include "json.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int fill(struct fail *fail, int error, const char *step, const char *on, va_list words) {
  fail->exit_code = EXIT_HELPER;
  fail->error = error;
  fail->hint[0] = 0;
  snprintf(fail->step, sizeof fail->step, "%s", step);
  vsnprintf(fail->on, sizeof fail->on, on, words);
  snprintf(fail->message, sizeof fail->message, "%s%s%s: %s", fail->step, fail->on[0] ? " " : "", fail->on,
           strerror(error));
  return -1;
}

int fail_errno(struct fail *fail, const char *step, const char *on, ...) {
  int error = errno;
  va_list words;
  va_start(words, on);
  fill(fail, error, step, on, words);
  va_end(words);
  return -1;
}

int fail_code(struct fail *fail, int error, const char *step, const char *on, ...) {
  va_list words;
  va_start(words, on);
  fill(fail, error, step, on, words);
  va_end(words);
  return -1;
}

int fail_say(struct fail *fail, int exit_code, const char *step, const char *message, ...) {
  va_list words;
  va_start(words, message);
  fail->exit_code = exit_code;
  fail->error = 0;
  fail->on[0] = fail->hint[0] = 0;
  snprintf(fail->step, sizeof fail->step, "%s", step);
  vsnprintf(fail->message, sizeof fail->message, message, words);
  va_end(words);
  return -1;
}

int fail_hint(struct fail *fail, const char *hint, ...) {
  va_list words;
  va_start(words, hint);
  vsnprintf(fail->hint, sizeof fail->hint, hint, words);
  va_end(words);
  return -1;
}

void fail_event(const struct fail *fail, int fd) {
  cleanup_strbuf struct strbuf line = {0};
  json_open(&line, NULL, '{');
  json_add_text(&line, "event", "failed");
  json_add_text(&line, "step", fail->step);
  json_add_text(&line, "on", fail->on);
  json_add_whole(&line, "errno", fail->error);
  json_add_text(&line, "error", fail->error ? strerror(fail->error) : "");
  json_add_text(&line, "message", fail->message);
  json_add_text(&line, "hint", fail->hint);
  json_add_whole(&line, "exitCode", fail->exit_code);
  json_close(&line, '}');
  strbuf_char(&line, '\n');
  write_all(fd, line.at, line.length);
}

void fail_print(const struct fail *fail, int fd) {
  cleanup_strbuf struct strbuf text = {0};
  strbuf_format(&text, "Error: %s\n", fail->message);
  if (fail->hint[0]) strbuf_format(&text, "%s\n", fail->hint);
  write_all(fd, text.at, text.length);
}
