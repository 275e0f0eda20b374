/*
 * What only the monitor sees: starts, ends, changes of health, a removal by --rm; and what only exec sees:
 * how the program ended. One line each in DATA/events.jsonl, docs/on-disk.md. The file is made by who makes
 * containers; where there is none nobody wants to know.
 */
#ifndef SAMPAN_EVENTS_H
#define SAMPAN_EVENTS_H

struct bundle;

struct event_attribute {
  const char *name, *value;
};

/* `attributes` end with a {0}; NULL for none. Best effort: a full disk must not end a container. */
void event_append(const struct bundle *bundle, const char *action, const struct event_attribute *attributes);

#endif
