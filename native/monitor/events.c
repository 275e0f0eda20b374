/* See events.h. Runs in the monitor, in exec and in attach. One write(2) with O_APPEND: lines of several
 * writers do not mix. */
#include "events.h"

#include "../common/cleanup.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/strbuf.h"
#include "../spec/spec.h"
#include "timestamp.h"

#include <fcntl.h>
#include <string.h>

static void append(int folder, const char *type, const char *id, const char *action,
                   const struct event_attribute *attributes) {
  char time[TIMESTAMP_SIZE];
  cleanup_strbuf struct strbuf line = {0};
  cleanup_fd int fd = openat(folder, "../../events.jsonl", O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);

  if (fd < 0) return;
  timestamp_now(time);
  json_open(&line, NULL, '{');
  json_add_text(&line, "time", time);
  json_add_text(&line, "type", type);
  json_add_text(&line, "action", action);
  json_add_text(&line, "id", id);
  json_open(&line, "attributes", '{');
  for (; attributes != NULL && attributes->name != NULL; attributes++)
    json_add_text(&line, attributes->name, attributes->value);
  json_close(&line, '}');
  json_close(&line, '}');
  strbuf_char(&line, '\n');
  (void)!write_all(fd, line.at, line.length);
}

void event_append(const struct bundle *bundle, const char *action, const struct event_attribute *attributes) {
  append(bundle->fd, "container", bundle->sampan->id, action, attributes);
}

void event_left(const char *bundle) {
  const char *id = strrchr(bundle, '/');
  cleanup_fd int fd = open(bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0 && id != NULL) append(fd, "container", id + 1, "detach", NULL);
}

void event_volumes_mounted(const struct bundle *bundle) {
  const struct sampan *sampan = bundle->sampan;

  for (size_t i = 0; i < sampan->volumes.count; i++) {
    const struct sampan_volume *volume = &sampan->volumes.at[i];
    append(bundle->fd, "volume", volume->name, "mount",
           (struct event_attribute[]){{"container", sampan->id},
                                      {"destination", volume->destination},
                                      {"driver", "local"},
                                      {"read/write", volume->read_only ? "false" : "true"},
                                      {0}});
  }
}

void event_volumes_unmounted(const struct bundle *bundle) {
  const struct sampan *sampan = bundle->sampan;

  for (size_t i = 0; i < sampan->volumes.count; i++)
    append(bundle->fd, "volume", sampan->volumes.at[i].name, "unmount",
           (struct event_attribute[]){{"container", sampan->id}, {"driver", "local"}, {0}});
}
