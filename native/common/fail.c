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

void fail_line(const struct fail *fail, struct strbuf *out) {
  json_open(out, NULL, '{');
  json_add_text(out, "event", "failed");
  json_add_text(out, "step", fail->step);
  json_add_text(out, "on", fail->on);
  json_add_whole(out, "errno", fail->error);
  json_add_text(out, "error", fail->error ? strerror(fail->error) : "");
  json_add_text(out, "message", fail->message);
  json_add_text(out, "hint", fail->hint);
  json_add_whole(out, "exitCode", fail->exit_code);
  json_close(out, '}');
}

void fail_event(const struct fail *fail, int fd) {
  cleanup_strbuf struct strbuf line = {0};
  fail_line(fail, &line);
  strbuf_char(&line, '\n');
  write_all(fd, line.at, line.length);
}

int fail_read(struct fail *fail, const char *line) {
  struct fail ignored;
  cleanup_json yajl_val value = json_parse(line, "answer", &ignored);
  const char *event = json_text(value, "event"), *message = json_text(value, "message");
  if (!event || strcmp(event, "failed") != 0 || !message) return -1;
  const char *step = json_text(value, "step"), *on = json_text(value, "on"), *hint = json_text(value, "hint");
  *fail = (struct fail){.exit_code = (int)json_whole(value, "exitCode", EXIT_HELPER),
                        .error = (int)json_whole(value, "errno", 0)};
  snprintf(fail->step, sizeof fail->step, "%s", step ? step : "");
  snprintf(fail->on, sizeof fail->on, "%s", on ? on : "");
  snprintf(fail->message, sizeof fail->message, "%s", message);
  snprintf(fail->hint, sizeof fail->hint, "%s", hint ? hint : "");
  return 0;
}

void fail_print(const struct fail *fail, int fd) {
  cleanup_strbuf struct strbuf text = {0};
  strbuf_format(&text, "Error: %s\n", fail->message);
  if (fail->hint[0]) strbuf_format(&text, "%s\n", fail->hint);
  write_all(fd, text.at, text.length);
}
