/* Written by the monitor only, under monitor.lock. No fsync: the record is about processes, which a power cut
 * ends. */
#include "state.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"

#include <fcntl.h>
#include <string.h>

static const char *const STATUS_WORD[] = {"created", "running", "restarting", "exited"};
static const char *const HEALTH_WORD[] = {"starting", "healthy", "unhealthy"};

/* Tells readers that the machine has been rebooted since. */
static const char *boot_id(void) {
  static char id[37];

  if (id[0] == '\0') {
    size_t length = 0;
    cleanup_free char *text = read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &length);
    if (text != NULL && length >= 36) memcpy(id, text, 36);
  }
  return id;
}

static void add_health(struct strbuf *out, const struct health_record *health) {
  if (health == NULL) {
    json_add_null(out, "health");
    return;
  }
  json_open(out, "health", '{');
  json_add_text(out, "status", HEALTH_WORD[health->status]);
  json_add_whole(out, "failingStreak", health->failing_streak);
  json_open(out, "log", '[');
  for (int i = 0; i < health->count; i++) {
    const struct health_result *result = &health->results[i];
    json_open(out, NULL, '{');
    json_add_text(out, "start", result->start);
    json_add_text(out, "end", result->end);
    json_add_whole(out, "exitCode", result->exit_code);
    json_add_bytes(out, "output", result->output == NULL ? "" : result->output, result->size);
    json_close(out, '}');
  }
  json_close(out, ']');
  json_close(out, '}');
}

static void copy_time(yajl_val record, const char *name, char *out) {
  const char *time = json_text(record, name);

  if (time != NULL && strlen(time) < TIMESTAMP_SIZE) strcpy(out, time);
}

void state_read_times(int bundle, struct state *state) {
  struct fail ignored = {0};
  cleanup_free char *text = read_file(bundle, "state.json", 1 << 20, NULL);
  cleanup_json yajl_val record = text == NULL ? NULL : json_parse(text, "state.json", &ignored);

  copy_time(record, "startedAt", state->started_at);
  copy_time(record, "finishedAt", state->finished_at);
}

/* On a full disk the old record's own block still takes the new one: how the container ended is not lost. */
static int overwrite(int bundle, const struct strbuf *out) {
  cleanup_fd int fd = openat(bundle, "state.json", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);

  if (fd < 0 || write_all(fd, out->at, out->length) < 0) return -1;
  return ftruncate(fd, (off_t)out->length);
}

int state_write(int bundle, const struct state *state) {
  cleanup_strbuf struct strbuf out = {0};

  json_open(&out, NULL, '{');
  json_add_whole(&out, "version", 1);
  json_add_text(&out, "status", STATUS_WORD[state->status]);
  json_add_whole(&out, "pid", state->pid);
  json_add_whole(&out, "startTicks", (int64_t)state->start_ticks);
  json_add_whole(&out, "monitorPid", getpid());
  json_add_text(&out, "bootId", boot_id());
  json_add_text(&out, "startedAt", state->started_at);
  json_add_text(&out, "finishedAt", state->finished_at);
  json_add_whole(&out, "exitCode", state->exit_code);
  json_add_whole(&out, "signal", state->signal);
  json_add_flag(&out, "oomKilled", state->oom_killed);
  json_add_text(&out, "error", state->error);
  json_add_whole(&out, "restartCount", state->restart_count);
  add_health(&out, state->health);
  json_close(&out, '}');
  strbuf_char(&out, '\n');
  if (write_file_atomic(bundle, "state.json", out.at, out.length, 0600, 0) == 0) return 0;
  return overwrite(bundle, &out);
}
