/* One loop: typing → monitor, monitor → our output, signals and sizes → monitor. Nothing in it may block but
 * poll. */
#include "session.h"

#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../monitor/events.h"
#include "../monitor/timestamp.h"
#include "../net/owner.h"
#include "outlet.h"
#include "signals.h"
#include "terminal.h"
#include "typing.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RECEIVE_ROOM = 262144, GOING_ON = -1 };

enum { ON_STDIN, ON_DATA, ON_SIGNALS, ON_OUTPUT, ON_COUNT };

struct session {
  struct attach_session *asked;
  int signals;
  bool raw;
  int status; /* GOING_ON until the end is known */
  struct typing typing;
  uint8_t header[FRAME_HEADER]; /* of the frame of typed bytes being sent */
  size_t header_left;
  bool in_frame; /* begun, not all sent: its length is promised */
  bool said_eof;

  struct outlet out, err;
  struct outlet *busy; /* the one that takes no more now */
  struct frame_cursor cursor;
  struct frame_piece piece; /* what it has not taken */
  const uint8_t *at, *end;  /* received, not looked at */
  uint8_t received[RECEIVE_ROOM];
};

/* Small frames on their own connection: it is empty nearly always, so this does not block. */
static void send_control(const struct session *session, enum frame_type type, const void *payload,
                         size_t size) {
  uint8_t frame[FRAME_HEADER + 8];
  size_t length = frame_build(frame, type, payload, size);

  if (session->asked->control >= 0) send(session->asked->control, frame, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void send_size(const struct session *session) {
  uint16_t rows, columns;
  uint8_t payload[4];

  if (!session->asked->terminal || !terminal_size(&rows, &columns)) return;
  frame_put16(payload, rows);
  frame_put16(payload + 2, columns);
  send_control(session, FRAME_WINDOW, payload, sizeof payload);
}

static void send_signal(const struct session *session, int number) {
  uint8_t payload[4];

  frame_put32(payload, (uint32_t)number);
  send_control(session, FRAME_SIGNAL, payload, sizeof payload);
}

static bool has_typed(const struct session *session) {
  return session->in_frame || session->typing.size > 0 || (!session->typing.open && !session->said_eof);
}

static void stop_typing(struct session *session) {
  session->typing.open = session->in_frame = false;
  session->typing.size = session->header_left = 0;
  session->said_eof = true;
}

/* One frame is all that is in the buffer; an empty one after the last says that no more comes. */
static void begin_frame(struct session *session) {
  frame_header(session->header, FRAME_STDIN, (uint32_t)session->typing.size);
  session->header_left = FRAME_HEADER;
  session->in_frame = true;
  if (session->typing.size == 0) session->said_eof = true;
}

/* Sends typed bytes as far as the monitor takes them. */
static void send_typed(struct session *session) {
  struct typing *typing = &session->typing;

  while (has_typed(session)) {
    if (!session->in_frame) begin_frame(session);
    struct iovec parts[2] = {{session->header + FRAME_HEADER - session->header_left, session->header_left},
                             {(void *)typing->at, typing->size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n = sendmsg(session->asked->data, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) { /* the monitor is gone: its last words are still read */
      stop_typing(session);
      return;
    }
    size_t from_header = (size_t)n < session->header_left ? (size_t)n : session->header_left;
    session->header_left -= from_header;
    typing->at += (size_t)n - from_header;
    typing->size -= (size_t)n - from_header;
    session->in_frame = session->header_left > 0 || typing->size > 0;
  }
}

/* Our reader has gone: leave as any program in a pipeline would. The container goes on. */
static void output_lost(struct session *session) {
  int why = errno;

  terminal_restore();
  if (why == EPIPE) session_signal_default(SIGPIPE);
  fprintf(stderr, "Error: write the container's output: %s\n", strerror(why));
  session->status = EXIT_HELPER;
}

/* Gives the piece to its stream as far as that takes it. */
static void write_piece(struct session *session) {
  struct outlet *outlet = session->piece.type == FRAME_STDERR ? &session->err : &session->out;

  session->busy = NULL;
  while (session->piece.size > 0) {
    ssize_t n = outlet_write(outlet, session->piece.data, session->piece.size);
    if (n < 0) {
      session->piece.size = 0;
      output_lost(session);
      return;
    }
    if (n == 0) {
      session->busy = outlet;
      return;
    }
    session->piece.data += n;
    session->piece.size -= (size_t)n;
  }
}

/* The `failed` line for a person. */
static int print_failed(const struct frame_piece *piece) {
  struct fail fail;
  cleanup_free char *line = strndup((const char *)piece->data, piece->size);

  if (line == NULL || fail_read(&fail, line) < 0)
    fail_say(&fail, EXIT_HELPER, "start", "the container did not start");
  owner_hint(&fail);
  terminal_restore();
  fail_print(&fail, STDERR_FILENO);
  return fail.exit_code;
}

/* The monitor left without a word: killed, or gone between our connecting and its looking. The record may
 * know. */
static int status_from_record(const char *bundle) {
  struct fail fail = {0};
  cleanup_free char *path = format_text("%s/state.json", bundle);
  cleanup_free char *text = read_file(AT_FDCWD, path, 1 << 20, NULL);
  cleanup_json yajl_val state = text == NULL ? NULL : json_parse(text, path, &fail);
  const char *status = json_text(state, "status");

  if (status != NULL && strcmp(status, "exited") == 0) return (int)json_whole(state, "exitCode", 255);
  terminal_restore();
  fail_say(&fail, 255, "attach", "the container's monitor was killed, and the container with it");
  fail_hint(&fail, "`start` starts it again");
  fail_print(&fail, STDERR_FILENO);
  return 255;
}

static void obey(struct session *session) {
  const struct frame_piece *piece = &session->piece;

  if (piece->type == FRAME_STDOUT || piece->type == FRAME_STDERR) {
    write_piece(session);
    return;
  }
  if (piece->type == FRAME_EXIT && piece->size == 4)
    session->status = (int)frame_get32(piece->data);
  else if (piece->type == FRAME_FAILED)
    session->status = print_failed(piece);
  session->piece.size = 0;
}

/* Works through what has been received until an output takes no more. */
static void work(struct session *session) {
  if (session->piece.size > 0) write_piece(session);
  while (session->busy == NULL && session->status == GOING_ON) {
    int got = frame_next(&session->cursor, &session->at, session->end, &session->piece);
    if (got < 0) {
      terminal_restore();
      fprintf(stderr,
              "Error: the container's monitor speaks another protocol: it was started by another version\n");
      session->status = EXIT_HELPER;
    }
    if (got <= 0) return;
    obey(session);
  }
}

static void receive(struct session *session) {
  ssize_t n = recv(session->asked->data, session->received, sizeof session->received, MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    session->status = status_from_record(session->asked->bundle);
    return;
  }
  session->at = session->received;
  session->end = session->received + n;
  work(session);
}

/* Ctrl-z from outside: the shell gets its terminal back as it was, and we ours when we go on. */
static void suspend(struct session *session) {
  terminal_restore();
  session_signal_default(SIGTSTP);
  session->raw = terminal_raw(STDIN_FILENO);
  send_size(session);
}

static void take_signals(struct session *session) {
  struct signalfd_siginfo info;

  while (read(session->signals, &info, sizeof info) == sizeof info) {
    int number = (int)info.ssi_signo;
    if (number == SIGWINCH) {
      send_size(session);
    } else if (number == SIGTSTP) {
      suspend(session);
    } else if (session->raw) {
      terminal_restore();
      session_signal_default(number);
    } else {
      send_signal(session, number);
    }
  }
}

static int pause_until_keys(const struct session *session) {
  if (session->typing.release_at == 0) return -1;
  int64_t left = session->typing.release_at - clock_ms();
  return left < 0 ? 0 : (int)left;
}

static void turn(struct session *session) {
  struct typing *typing = &session->typing;
  bool can_type = typing->open && typing->size == 0 && !session->in_frame;
  short data = (short)((session->busy == NULL ? POLLIN : 0) | (has_typed(session) ? POLLOUT : 0));
  struct pollfd set[ON_COUNT] = {
      [ON_STDIN] = {.fd = can_type ? STDIN_FILENO : -1, .events = POLLIN},
      [ON_DATA] = {.fd = data != 0 ? session->asked->data : -1, .events = data},
      [ON_SIGNALS] = {.fd = session->signals, .events = POLLIN},
      [ON_OUTPUT] = {.fd = session->busy != NULL ? session->busy->fd : -1, .events = POLLOUT},
  };

  if (poll(set, ON_COUNT, pause_until_keys(session)) < 0 && errno != EINTR) {
    session->status = EXIT_HELPER;
    return;
  }
  if (set[ON_SIGNALS].revents != 0) take_signals(session);
  if (set[ON_OUTPUT].revents != 0) work(session);
  if (set[ON_STDIN].revents != 0)
    typing_read(typing, clock_ms());
  else if (typing->release_at != 0 && clock_ms() >= typing->release_at)
    typing_release(typing);
  if (has_typed(session)) send_typed(session);
  if (session->busy == NULL && session->status == GOING_ON &&
      set[ON_DATA].revents & (POLLIN | POLLHUP | POLLERR))
    receive(session);
  if (typing->detached && !has_typed(session) && session->status == GOING_ON) {
    terminal_restore();
    fputs("read escape sequence\n", stderr);
    event_left(session->asked->bundle);
    session->status = 0;
  }
}

int attach_run(struct attach_session *asked) {
  static struct session session; /* one for a process; assigned as a whole all its pages would become ours */

  session.asked = asked;
  session.status = GOING_ON;
  outlet_init(&session.out, STDOUT_FILENO);
  outlet_init(&session.err, STDERR_FILENO);
  session.typing.keys = asked->keys;
  session.typing.open = asked->streams & HELLO_STDIN;
  session.typing.watch_keys = asked->terminal && asked->keys.length > 0;
  session.said_eof = !session.typing.open;
  session.raw = asked->terminal && session.typing.open && terminal_raw(STDIN_FILENO);
  session.signals = session_signals(asked->sig_proxy && !asked->terminal, session.raw);
  send_size(&session);
  while (session.status == GOING_ON) turn(&session);
  terminal_restore();
  frame_cursor_clear(&session.cursor);
  close(asked->data);
  close_scoped_fd(&asked->control);
  close(session.signals);
  return session.status;
}
