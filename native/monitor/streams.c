#include "streams.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "clients.h"
#include "events.h"
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  CHUNK = 262144,
  PIPE_USUAL = 65536,
  TAIL_LIMIT = 4 * CHUNK,
  DRAIN_PAUSE_MS = 50, /* somebody outside the container may hold the other end open for ever */
  END_OF_FILE_KEY = 4, /* ctrl-d: what a terminal says instead of closing */
};

struct output {
  struct source source;
  enum log_stream stream;
  enum frame_type frame;
  bool widened;
};

struct streams {
  struct output out, err;
  struct source in;
  bool terminal;
  int theirs[3];
  uint8_t *chunk; /* CHUNK bytes of address space */
};

static struct streams *streams_of(struct monitor *monitor) {
  return monitor->streams;
}

/*
 * A pipe for one stream. The program's user owns it, or a program that opens /dev/stdout again (nginx, say)
 * could not when it is not root.
 */
static int make_pipe(const struct monitor *monitor, int ends[2]) {
  const struct spec_user *user = monitor->bundle.config->process->user;

  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  if (user != NULL && (user->uid != 0 || user->gid != 0) &&
      fchown(ends[0], (uid_t)user->uid, (gid_t)user->gid) < 0) {
    /* an id that is not mapped: start_container says so in better words */
  }
  return 0;
}

/* The program has the caller's own stream: we neither read nor keep what it says. */
static int pass_through(int stream, int *theirs, struct fail *fail) {
  *theirs = fcntl(stream, F_DUPFD_CLOEXEC, 3);
  return *theirs < 0 ? fail_errno(fail, "pass on", "a stream") : 0;
}

static int make_output(struct monitor *monitor, struct output *output, int *theirs, struct fail *fail) {
  int ends[2], through = monitor->through[output->stream == LOG_STDOUT ? 1 : 2];

  if (through >= 0) return pass_through(through, theirs, fail);
  if (make_pipe(monitor, ends) < 0) return fail_errno(fail, "make a pipe", "the container's output");
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  output->source.fd = ends[0];
  *theirs = ends[1];
  return 0;
}

static int make_input(struct monitor *monitor, struct streams *streams, struct fail *fail) {
  int ends[2];

  if (!monitor->bundle.sampan->stdin_) {
    streams->theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return streams->theirs[0] < 0 ? fail_errno(fail, "open", "/dev/null") : 0;
  }
  if (monitor->through[0] >= 0) return pass_through(monitor->through[0], &streams->theirs[0], fail);
  if (make_pipe(monitor, ends) < 0) return fail_errno(fail, "make a pipe", "the container's input");
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  streams->theirs[0] = ends[0];
  streams->in.fd = ends[1];
  return 0;
}

static void input_ready(struct monitor *monitor, struct source *source, uint32_t events) {
  (void)events;
  source_watch(monitor, source, 0);
  clients_unblock(monitor);
}

/* Reads one chunk: to the log, to the clients. False at the end of the stream. */
static bool pass_on(struct monitor *monitor, struct output *output) {
  struct streams *streams = streams_of(monitor);
  ssize_t n = read(output->source.fd, streams->chunk, CHUNK);

  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (n <= 0) /* EIO: the last process has closed the terminal */
    return false;
  monitor->busy = true;
  log_write(monitor->log, output->stream, streams->chunk, (size_t)n);
  clients_send(monitor, output->frame, streams->chunk, (size_t)n);
  if (n == PIPE_USUAL && !output->widened && !streams->terminal) {
    output->widened =
        true; /* somebody has much to say: fewer, larger chunks (refused when the user has many) */
    fcntl(output->source.fd, F_SETPIPE_SZ, CHUNK);
  }
  return true;
}

static void output_ready(struct monitor *monitor, struct source *source, uint32_t events) {
  (void)events;
  struct streams *streams = streams_of(monitor);

  if (!pass_on(monitor, (struct output *)source)) source_close(monitor, source);
  if (clients_behind(monitor)) {
    source_watch(monitor, &streams->out.source, 0);
    source_watch(monitor, &streams->err.source, 0);
  }
}

int streams_open(struct monitor *monitor, struct start_io *io, struct fail *fail) {
  struct streams *streams = need_memory(sizeof *streams);

  *streams = (struct streams){
      .out = {.stream = LOG_STDOUT, .frame = FRAME_STDOUT},
      .err = {.stream = LOG_STDERR, .frame = FRAME_STDERR},
      .theirs = {-1, -1, -1},
      .terminal = monitor->bundle.config->process->terminal,
  };
  source_init(&streams->out.source, -1, output_ready);
  source_init(&streams->err.source, -1, output_ready);
  source_init(&streams->in, -1, input_ready);
  monitor->streams = streams;
  streams->chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (streams->chunk == MAP_FAILED) {
    streams->chunk = NULL;
    return fail_errno(fail, "reserve memory", "the container's output");
  }
  if (!streams->terminal && (make_input(monitor, streams, fail) < 0 ||
                             make_output(monitor, &streams->out, &streams->theirs[1], fail) < 0 ||
                             make_output(monitor, &streams->err, &streams->theirs[2], fail) < 0))
    return -1;
  *io = (struct start_io){.in = streams->theirs[0], .out = streams->theirs[1], .err = streams->theirs[2]};
  return 0;
}

void streams_begin(struct monitor *monitor) {
  struct streams *streams = streams_of(monitor);

  for (int i = 0; i < 3; i++) drop_fd(&streams->theirs[i]);
  if (streams->terminal) {
    streams->out.source.fd = steal_fd(&monitor->container.console);
    fcntl(streams->out.source.fd, F_SETFL, O_NONBLOCK);
    if (monitor->bundle.sampan->stdin_) streams->in.fd = fcntl(streams->out.source.fd, F_DUPFD_CLOEXEC, 3);
  }
  streams_resume(monitor);
}

size_t streams_type(struct monitor *monitor, const uint8_t *data, size_t size) {
  struct streams *streams = streams_of(monitor);
  size_t taken = 0;

  while (streams != NULL && streams->in.fd >= 0 && taken < size) {
    ssize_t n = write(streams->in.fd, data + taken, size - taken);
    if (n >= 0) {
      taken += (size_t)n;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      source_watch(monitor, &streams->in, EPOLLOUT);
      return taken;
    }
    source_close(monitor, &streams->in); /* nobody reads it any more */
  }
  return size;
}

void streams_typed_all(struct monitor *monitor) {
  struct streams *streams = streams_of(monitor);
  static const uint8_t key = END_OF_FILE_KEY;

  if (streams == NULL || streams->in.fd < 0 || !monitor->bundle.sampan->stdin_once) return;
  if (streams->terminal)
    streams_type(monitor, &key, 1);
  else
    source_close(monitor, &streams->in);
}

void streams_typist_left(struct monitor *monitor) {
  struct streams *streams = streams_of(monitor);

  if (streams != NULL && !streams->terminal && monitor->bundle.sampan->stdin_once)
    source_close(monitor, &streams->in);
}

void streams_resize(struct monitor *monitor, uint16_t rows, uint16_t columns) {
  struct streams *streams = streams_of(monitor);
  struct winsize size = {.ws_row = rows, .ws_col = columns}, before = {0};
  char height[8], width[8];

  if (streams == NULL || !streams->terminal || streams->out.source.fd < 0) return;
  ioctl(streams->out.source.fd, TIOCGWINSZ, &before);
  if (before.ws_row == rows && before.ws_col == columns) return;
  ioctl(streams->out.source.fd, TIOCSWINSZ, &size);
  snprintf(height, sizeof height, "%u", rows);
  snprintf(width, sizeof width, "%u", columns);
  event_append(&monitor->bundle, "resize",
               (struct event_attribute[]){{"height", height}, {"width", width}, {0}});
}

void streams_resume(struct monitor *monitor) {
  struct streams *streams = streams_of(monitor);

  if (streams == NULL || clients_behind(monitor)) return;
  source_watch(monitor, &streams->out.source, EPOLLIN);
  source_watch(monitor, &streams->err.source, EPOLLIN);
}

/* What the pipe still holds; the writers are dead, so its end comes at once (unless somebody else has it
 * open). */
static void drain(struct monitor *monitor, struct output *output, struct strbuf *tail) {
  cleanup_free uint8_t *buffer = NULL;
  size_t room = PIPE_USUAL;

  if (output->source.fd < 0) return;
  buffer = need_memory(room);
  for (size_t total = 0; total < TAIL_LIMIT;) {
    ssize_t n = read(output->source.fd, buffer, room);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      struct pollfd poller = {.fd = output->source.fd, .events = POLLIN};
      if (poll(&poller, 1, DRAIN_PAUSE_MS) > 0) continue;
    }
    if (n <= 0) break;
    uint8_t header[FRAME_HEADER];
    total += (size_t)n;
    log_write(monitor->log, output->stream, buffer, (size_t)n);
    if (!clients_present(monitor)) continue;
    frame_header(header, output->frame, (uint32_t)n);
    strbuf_add(tail, header, sizeof header);
    strbuf_add(tail, buffer, (size_t)n);
  }
}

void streams_drain(struct monitor *monitor, struct strbuf *tail) {
  struct streams *streams = streams_of(monitor);

  if (streams == NULL) return;
  drain(monitor, &streams->out, tail);
  drain(monitor, &streams->err, tail);
  log_finish(monitor->log);
}

void streams_trim(struct monitor *monitor) {
  struct streams *streams = streams_of(monitor);

  if (streams != NULL && !clients_behind(monitor)) madvise(streams->chunk, CHUNK, MADV_DONTNEED);
  log_trim(monitor->log);
}

void streams_close(struct monitor *monitor) {
  struct streams *streams = streams_of(monitor);

  if (streams == NULL) return;
  source_close(monitor, &streams->out.source);
  source_close(monitor, &streams->err.source);
  source_close(monitor, &streams->in);
  for (int i = 0; i < 3; i++) drop_fd(&streams->theirs[i]);
  if (streams->chunk != NULL) munmap(streams->chunk, CHUNK);
  free(streams);
  monitor->streams = NULL;
}
