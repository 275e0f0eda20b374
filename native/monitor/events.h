/*
 * What only the monitor sees: starts, ends, changes of health and of a terminal's size, a removal by --rm;
 * and what only exec and attach see: how the program ended, and who left it by the detach keys. One line each
 * in DATA/events.jsonl, docs/on-disk.md. The file is made by who makes containers; where there is none nobody
 * wants to know.
 */
#ifndef SAMPAN_EVENTS_H
#define SAMPAN_EVENTS_H

struct bundle;

struct event_attribute {
  const char *name, *value;
};

/* `attributes` end with a {0}; NULL for none. Best effort: a full disk must not end a container. */
void event_append(const struct bundle *bundle, const char *action, const struct event_attribute *attributes);

/* Somebody left the container of the folder `bundle` by the detach keys. */
void event_left(const char *bundle);

/* Each of its volumes is used by a run that begins, and no longer by one that has ended. */
void event_volumes_mounted(const struct bundle *bundle);
void event_volumes_unmounted(const struct bundle *bundle);

#endif
