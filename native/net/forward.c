/*
 * One thread of the monitor, as long as the container runs. It joins the container's network namespace, so
 * every socket it makes is inside; the listening sockets were made outside. It must not call malloc nor
 * anything that may (net.h).
 */
#include "forward.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/strbuf.h"
#include "datagram.h"
#include "loop.h"
#include "stream.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

enum {
  EVENTS = 64,
  STACK = 256 * 1024,
  RETRY = 100 /* ms */,
  STARVED = 10 /* ms */,
  LAST_BYTES = 500 /* ms */
};

enum errand { ERRAND_STOP, ERRAND_MOVE, ERRAND_PUBLISH, ERRAND_UNPUBLISH };

/* Listeners that are served together, and their watches. */
struct served {
  const struct listeners *listeners;
  struct port_watch *watches;
  struct served *next;
};

struct forwarder {
  pthread_t thread;
  sem_t ready;
  int error; /* errno of the thread's start, 0 when it runs */
  int netns, stop;
  enum errand
      errand; /* what the main thread wants, when `stop` is readable; answered by `ready` and `error` */
  struct served *added;
  const struct listener *removed;
  struct served *served;
  struct net_loop loop;
};

static int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int watch(struct net_loop *loop, int operation, int fd, uint32_t events, struct watch *watch) {
  struct epoll_event event = {.events = events, .data.ptr = watch};
  return epoll_ctl(loop->epoll, operation, fd, &event);
}

static int serve_more(struct forwarder *self, struct served *served) {
  struct net_loop *loop = &self->loop;
  for (size_t i = 0; i < served->listeners->count; i++) {
    const struct listener *listener = &served->listeners->at[i];
    struct port_watch *port = &served->watches[i];
    *port = (struct port_watch){.watch = {.kind = WATCH_LISTENER, .owner = port}, .listener = listener};
    if (listener->type == SOCK_DGRAM && !loop->batch && datagrams_start(loop) < 0) return errno;
    if (inner_add_port(loop->inside, listener->type, listener->inner) < 0) return errno;
    if (watch(loop, EPOLL_CTL_ADD, listener->fd, EPOLLIN, &port->watch) < 0) return errno;
  }
  served->next = self->served;
  self->served = served;
  return 0;
}

/* The rules again: they went with the addresses, or are for others. */
static int move(struct forwarder *self) {
  if (inner_prepare(self->loop.inside) < 0) return errno;
  for (const struct served *at = self->served; at; at = at->next)
    for (size_t i = 0; i < at->listeners->count; i++)
      if (at->listeners->at[i].fd >= 0 &&
          inner_add_port(self->loop.inside, at->listeners->at[i].type, at->listeners->at[i].inner) < 0)
        return errno;
  return 0;
}

static void serve_less(struct forwarder *self, const struct listener *removed) {
  watch(&self->loop, EPOLL_CTL_DEL, removed->fd, 0, NULL);
  for (const struct served *at = self->served; at; at = at->next)
    for (size_t i = 0; i < at->listeners->count; i++) {
      const struct listener *other = &at->listeners->at[i];
      if (other != removed && other->fd >= 0 && other->inner == removed->inner &&
          other->type == removed->type)
        return; /* the container's port is published by another one, too */
    }
  inner_remove_port(self->loop.inside, removed->type, removed->inner);
}

static void run_errand(struct forwarder *self) {
  eventfd_t count;
  eventfd_read(self->stop, &count);
  self->error = 0;
  if (self->errand == ERRAND_STOP) {
    self->loop.stopping = true;
    return;
  }
  if (self->errand == ERRAND_MOVE) self->error = move(self);
  if (self->errand == ERRAND_PUBLISH) self->error = serve_more(self, self->added);
  if (self->errand == ERRAND_UNPUBLISH) serve_less(self, self->removed);
  sem_post(&self->ready);
}

static void dispatch(struct forwarder *self, struct watch *watched, uint32_t events, bool *paused) {
  struct net_loop *loop = &self->loop;
  switch (watched->kind) {
  case WATCH_STOP:
    run_errand(self);
    break;
  case WATCH_LISTENER: {
    struct port_watch *port = watched->owner;
    if (port->listener->type == SOCK_DGRAM) {
      datagrams_in(loop, port->listener);
    } else if (streams_accept(loop, port) < 0) {
      /* Level-triggered, it would wake us all the time. */
      watch(loop, EPOLL_CTL_MOD, port->listener->fd, 0, watched);
      *paused = true;
    }
    break;
  }
  case WATCH_CLIENT:
  case WATCH_INNER:
    stream_event(loop, watched->owner, watched->kind == WATCH_INNER, events);
    break;
  case WATCH_FLOW:
    datagrams_out(loop, watched->owner);
    break;
  }
}

static void accept_again(struct forwarder *self) {
  for (const struct served *at = self->served; at; at = at->next)
    for (size_t i = 0; i < at->listeners->count; i++)
      watch(&self->loop, EPOLL_CTL_MOD, at->listeners->at[i].fd, EPOLLIN, &at->watches[i].watch);
}

/* Waits at most `timeout`, then serves all that is ready. */
static void serve_once(struct forwarder *self, int timeout, bool *paused) {
  struct net_loop *loop = &self->loop;
  struct epoll_event events[EVENTS];
  int count = epoll_wait(loop->epoll, events, EVENTS, timeout);
  loop->now = milliseconds();
  for (int i = 0; i < count; i++) dispatch(self, events[i].data.ptr, events[i].events, paused);
  streams_run(loop);
  streams_bury(loop);
  datagrams_bury(loop);
}

/* How long to wait for events: not at all while a stream could go on by itself. */
static int patience(const struct net_loop *loop, bool paused, int otherwise) {
  if (loop->runnable) return loop->starved ? STARVED : 0;
  return paused ? RETRY : otherwise;
}

static void serve(struct forwarder *self) {
  struct net_loop *loop = &self->loop;
  bool paused = false;
  while (!loop->stopping) {
    bool again = paused;
    int timeout = datagrams_expire(loop);
    serve_once(self, patience(loop, paused, timeout), &paused);
    if (!again) continue;
    accept_again(self);
    paused = false;
  }
  bool ignored = false;
  watch(loop, EPOLL_CTL_DEL, self->stop, 0, NULL);
  for (const struct served *at = self->served; at; at = at->next)
    for (size_t i = 0; i < at->listeners->count; i++)
      watch(loop, EPOLL_CTL_DEL, at->listeners->at[i].fd, 0, NULL);
  for (int64_t until = milliseconds() + LAST_BYTES; streams_finishing(loop) && loop->now < until;)
    serve_once(self, patience(loop, false, RETRY), &ignored);
}

/* Joins the namespace and watches what is there. errno, or 0. */
static int prepare(struct forwarder *self) {
  struct net_loop *loop = &self->loop;
  if (setns(self->netns, CLONE_NEWNET) < 0) return errno;
  if (inner_prepare(loop->inside) < 0) return errno;
  loop->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (loop->epoll < 0) return errno;
  static struct watch stop = {.kind = WATCH_STOP};
  if (watch(loop, EPOLL_CTL_ADD, self->stop, EPOLLIN, &stop) < 0) return errno;
  return serve_more(self, self->added);
}

static void *forward_thread(void *data) {
  struct forwarder *self = data;
  prctl(PR_SET_NAME, "sampan-ports");
  self->error = prepare(self);
  int error = self->error;
  sem_post(&self->ready);
  if (!error) serve(self);
  streams_drop(&self->loop);
  datagrams_drop(&self->loop);
  if (self->loop.epoll >= 0) close(self->loop.epoll);
  return NULL;
}

static void forwarder_free(struct forwarder *self) {
  if (self->netns >= 0) close(self->netns);
  if (self->stop >= 0) close(self->stop);
  sem_destroy(&self->ready);
  if (!self->served) self->served = self->added; /* it failed before it was served */
  for (struct served *at = self->served, *next; at; at = next) {
    next = at->next;
    free(at->watches);
    free(at);
  }
  free(self);
}

/* The thread starts with every signal blocked: those are the monitor's. */
static int create_thread(struct forwarder *self) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK);
  int error = pthread_create(&self->thread, &attributes, forward_thread, self);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

static struct served *served_new(const struct listeners *listeners) {
  struct served *served = need_memory(sizeof *served);
  *served = (struct served){.listeners = listeners,
                            .watches = need_memory((listeners->count + 1) * sizeof *served->watches)};
  return served;
}

/* Has the thread do something, and waits for it. errno, or 0. */
static int send_on_errand(struct forwarder *self, enum errand errand) {
  self->errand = errand;
  eventfd_write(self->stop, 1);
  while (sem_wait(&self->ready) < 0 && errno == EINTR) {
  }
  return self->error;
}

void forward_move(struct forwarder *self, const struct inside *inside) {
  if (!self) return;
  self->loop.inside = inside;
  send_on_errand(self, ERRAND_MOVE);
}

int forward_publish(struct forwarder *self, const struct listeners *listeners, struct fail *fail) {
  self->added = served_new(listeners);
  int error = send_on_errand(self, ERRAND_PUBLISH);
  if (!error) return 0;
  free(self->added->watches);
  free(self->added);
  self->added = NULL;
  return fail_code(fail, error, "publish ports", "%s", "");
}

void forward_unpublish(struct forwarder *self, const struct listener *listener) {
  self->removed = listener;
  send_on_errand(self, ERRAND_UNPUBLISH);
}

int forward_start(const struct listeners *listeners, const struct inside *inside, int netns,
                  struct forwarder **out, struct fail *fail) {
  *out = NULL;
  if (listeners->count == 0) return 0;
  struct forwarder *self = need_memory(sizeof *self);
  *self = (struct forwarder){.added = served_new(listeners), .netns = -1, .stop = -1};
  self->loop = (struct net_loop){.epoll = -1, .inside = inside};
  streams_init(&self->loop);
  datagrams_init(&self->loop);
  sem_init(&self->ready, 0, 0);
  self->netns = fcntl(netns, F_DUPFD_CLOEXEC, 3);
  self->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->netns < 0 || self->stop < 0) {
    fail_errno(fail, "publish ports", "eventfd");
    forwarder_free(self);
    return -1;
  }
  int error = create_thread(self);
  if (!error) {
    while (sem_wait(&self->ready) < 0 && errno == EINTR) {
    }
    error = self->error;
    if (error) pthread_join(self->thread, NULL);
  }
  if (error) {
    forwarder_free(self);
    return fail_code(fail, error, "publish ports", "network namespace");
  }
  *out = self;
  return 0;
}

void forward_stop(struct forwarder *self) {
  if (!self) return;
  self->errand = ERRAND_STOP;
  eventfd_write(self->stop, 1);
  pthread_join(self->thread, NULL);
  forwarder_free(self);
}
