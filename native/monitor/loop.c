#include "loop.h"

#include "monitor.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

void source_init(struct source *source, int fd, source_ready ready) {
  *source = (struct source){.fd = fd, .ready = ready};
}

void source_watch(struct monitor *monitor, struct source *source, uint32_t events) {
  if (source->fd < 0 || source->wanted == events) return;
  struct epoll_event event = {.events = events, .data.ptr = source};
  int how = source->wanted == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
  epoll_ctl(monitor->epoll, how, source->fd, &event);
  source->wanted = events;
}

void source_close(struct monitor *monitor, struct source *source) {
  if (source->fd < 0) return;
  source_watch(monitor, source, 0);
  close(source->fd);
  source->fd = -1;
}

bool loop_turn(struct monitor *monitor, int milliseconds) {
  /* One event at a time: a handler may close any other source, and an event fetched before that would be
   * stale. */
  struct epoll_event event;
  int count;

  do count = epoll_wait(monitor->epoll, &event, 1, milliseconds);
  while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  struct source *source = event.data.ptr;
  source->ready(monitor, source, event.events);
  return true;
}
