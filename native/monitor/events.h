/*
 * What only the monitor sees: starts, ends, changes of health, a removal by --rm. One line each in
 * DATA/events.jsonl, docs/on-disk.md. The file is made by who makes containers; where there is none nobody
 * wants to know.
 */
#ifndef SAMPAN_EVENTS_H
#define SAMPAN_EVENTS_H

struct bundle;

/* `name` and `value` are one attribute, or NULL. Best effort: a full disk must not end a container. */
void event_append(const struct bundle *bundle, const char *action, const char *name, const char *value);

#endif
