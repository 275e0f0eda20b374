/* See events.h. Runs in the monitor. One write(2) with O_APPEND: lines of several writers do not mix. */
#include "events.h"

#include "../common/cleanup.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/strbuf.h"
#include "../spec/spec.h"
#include "timestamp.h"

#include <fcntl.h>

void event_append(const struct bundle *bundle, const char *action, const struct event_attribute *attributes) {
  char time[TIMESTAMP_SIZE];
  cleanup_strbuf struct strbuf line = {0};
  cleanup_fd int fd = openat(bundle->fd, "../../events.jsonl", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

  if (fd < 0) return;
  timestamp_now(time);
  json_open(&line, NULL, '{');
  json_add_text(&line, "time", time);
  json_add_text(&line, "type", "container");
  json_add_text(&line, "action", action);
  json_add_text(&line, "id", bundle->sampan->id);
  json_open(&line, "attributes", '{');
  for (; attributes != NULL && attributes->name != NULL; attributes++)
    json_add_text(&line, attributes->name, attributes->value);
  json_close(&line, '}');
  json_close(&line, '}');
  strbuf_char(&line, '\n');
  (void)!write_all(fd, line.at, line.length);
}
