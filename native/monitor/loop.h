/* The monitor's event loop: descriptors and what to do when they are ready. One thread, epoll. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct monitor;
struct source;

typedef void (*source_ready)(struct monitor *monitor, struct source *source, uint32_t events);

/* Embedded as the first member of whatever owns the descriptor. Zero it, then source_init. */
struct source {
  int fd; /* -1: closed */
  uint32_t wanted;
  source_ready ready;
};

/** Says whose descriptor this is; it is not watched until source_watch. */
void source_init(struct source *source, int fd, source_ready ready);

/** Watches for EPOLLIN and EPOLLOUT in `events`; 0 stops watching altogether (a hang-up would not stop
 * otherwise). */
void source_watch(struct monitor *monitor, struct source *source, uint32_t events);

/** Stops watching and closes. */
void source_close(struct monitor *monitor, struct source *source);

/** Waits for events up to `milliseconds` (-1: for ever) and calls their sources. False when the time was up.
 */
bool loop_turn(struct monitor *monitor, int milliseconds);
