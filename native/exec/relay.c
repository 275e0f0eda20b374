/*
 * Runs in the process the person called, outside the container. One loop; nothing in it blocks but poll.
 */
#include "relay.h"

#include "../attach/outlet.h"
#include "../attach/signals.h"
#include "../attach/terminal.h"
#include "../attach/typing.h"
#include "../common/cleanup.h"
#include "../common/pidfd.h"
#include "../monitor/timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LANE_ROOM = 65536, GOING_ON = -1, END_OF_FILE_KEY = 4 };

enum { ON_STDIN, ON_IN, ON_OUT, ON_ERR, ON_SIGNALS, ON_PROCESS, ON_COUNT };

/* One stream of output on its way to ours. */
struct lane {
  int from; /* -1: ended */
  struct outlet to;
  const uint8_t *at;
  size_t size;
  uint8_t bytes[LANE_ROOM];
};

struct session {
  struct relay *asked;
  struct lane out, err;
  struct typing typing;
  int signals;
  bool raw;
  int status;
};

static void resize(const struct session *session) {
  uint16_t rows, columns;

  if (!session->asked->terminal || !terminal_size(&rows, &columns)) return;
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  ioctl(session->asked->out, TIOCSWINSZ, &size);
}

/* Our reader is gone: so are we, and with us (parent-death signal, hang-up) the process. */
static void output_lost(int why) {
  terminal_restore();
  if (why == EPIPE) session_signal_default(SIGPIPE);
  fprintf(stderr, "Error: write the output: %s\n", strerror(why));
  exit(125);
}

static void lane_write(struct lane *lane) {
  while (lane->size > 0) {
    ssize_t n = outlet_write(&lane->to, lane->at, lane->size);
    if (n < 0) output_lost(errno);
    if (n <= 0) return;
    lane->at += n;
    lane->size -= (size_t)n;
  }
}

/* Returns false when nothing came. */
static bool lane_read(struct lane *lane) {
  if (lane->from < 0 || lane->size > 0) return false;
  ssize_t n = read(lane->from, lane->bytes, sizeof lane->bytes);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (n <= 0) {
    lane->from = -1;
    return false;
  }
  lane->at = lane->bytes;
  lane->size = (size_t)n;
  lane_write(lane);
  return true;
}

/* The process has ended: all it wrote is in the pipes, and is waited for only as long as our reader needs. */
static void lane_drain(struct lane *lane) {
  do
    while (lane->size > 0) {
      struct pollfd poller = {.fd = lane->to.fd, .events = POLLOUT};
      poll(&poller, 1, -1);
      lane_write(lane);
    }
  while (lane_read(lane) || lane->size > 0);
}

static void type(struct session *session) {
  struct typing *typing = &session->typing;
  struct relay *asked = session->asked;

  while (typing->size > 0 && asked->in >= 0) {
    ssize_t n = write(asked->in, typing->at, typing->size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) { /* the process reads no more */
      typing->open = false;
      typing->size = 0;
      break;
    }
    typing->at += n;
    typing->size -= (size_t)n;
  }
  if (typing->size > 0 || typing->open || typing->detached || asked->in < 0) return;
  if (asked->terminal) {
    static const uint8_t key = END_OF_FILE_KEY;
    if (write(asked->in, &key, 1) < 0) {
      /* nobody reads it */
    }
  } else {
    close(asked->in);
  }
  asked->in = -1;
}

static void take_signals(struct session *session) {
  struct signalfd_siginfo info;

  while (read(session->signals, &info, sizeof info) == sizeof info) {
    int number = (int)info.ssi_signo;
    if (number == SIGWINCH) {
      resize(session);
    } else if (number == SIGTSTP) {
      terminal_restore();
      session_signal_default(SIGTSTP);
      session->raw = terminal_raw(STDIN_FILENO);
      resize(session);
    } else if (session->raw) {
      terminal_restore();
      session_signal_default(number);
    } else {
      pidfd_signal(session->asked->process.pidfd, number);
    }
  }
}

static void process_ended(struct session *session) {
  int status = 0;

  pidfd_reap(session->asked->process.pidfd, &status);
  lane_drain(&session->out);
  lane_drain(&session->err);
  session->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The person leaves and the process stays: somebody must keep its terminal open and empty, or it would hang.
 */
static void leave(struct session *session) {
  terminal_restore();
  fputs("read escape sequence\n", stderr);
  session->status = 0;
  session->asked->left = true;
  if (fork() != 0) return;
  setsid();
  signal(SIGHUP, SIG_IGN);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
  fcntl(session->asked->out, F_SETFL, 0);
  while (read(session->asked->out, session->out.bytes, LANE_ROOM) > 0)
    ;
  _exit(0);
}

static struct pollfd lane_poll(const struct lane *lane) {
  if (lane->size > 0) return (struct pollfd){.fd = lane->to.fd, .events = POLLOUT};
  return (struct pollfd){.fd = lane->from, .events = POLLIN};
}

static void lane_turn(struct lane *lane, short ready) {
  if (ready == 0) return;
  if (lane->size > 0)
    lane_write(lane);
  else
    lane_read(lane);
}

static void turn(struct session *session) {
  struct typing *typing = &session->typing;
  struct relay *asked = session->asked;
  int64_t left = typing->release_at == 0 ? -1 : typing->release_at - clock_ms();
  struct pollfd set[ON_COUNT] = {
      [ON_STDIN] = {.fd = typing->open && typing->size == 0 ? STDIN_FILENO : -1, .events = POLLIN},
      [ON_IN] = {.fd = typing->size > 0 ? asked->in : -1, .events = POLLOUT},
      [ON_OUT] = lane_poll(&session->out),
      [ON_ERR] = lane_poll(&session->err),
      [ON_SIGNALS] = {.fd = session->signals, .events = POLLIN},
      [ON_PROCESS] = {.fd = asked->process.pidfd, .events = POLLIN},
  };

  if (poll(set, ON_COUNT, typing->release_at == 0 ? -1 : left < 0 ? 0 : (int)left) < 0 && errno != EINTR)
    return;
  if (set[ON_SIGNALS].revents != 0) take_signals(session);
  if (set[ON_STDIN].revents != 0)
    typing_read(typing, clock_ms());
  else if (typing->release_at != 0 && clock_ms() >= typing->release_at)
    typing_release(typing);
  type(session);
  lane_turn(&session->out, set[ON_OUT].revents);
  lane_turn(&session->err, set[ON_ERR].revents);
  if (set[ON_PROCESS].revents != 0)
    process_ended(session);
  else if (typing->detached && typing->size == 0)
    leave(session);
}

static void nonblocking(int fd) {
  if (fd >= 0) fcntl(fd, F_SETFL, O_NONBLOCK);
}

int relay_run(struct relay *asked) {
  static struct session session; /* one for a process; assigned as a whole all its pages would become ours */

  session.asked = asked;
  session.status = GOING_ON;
  session.out.from = asked->out;
  session.err.from = asked->err;
  outlet_init(&session.out.to, STDOUT_FILENO);
  outlet_init(&session.err.to, STDERR_FILENO);
  nonblocking(asked->in);
  nonblocking(asked->out);
  nonblocking(asked->err);
  session.typing.keys = asked->keys;
  session.typing.open = asked->in >= 0;
  session.typing.watch_keys = asked->terminal && asked->keys.length > 0;
  session.raw = asked->terminal && session.typing.open && terminal_raw(STDIN_FILENO);
  session.signals = session_signals(!asked->terminal, session.raw);
  resize(&session);
  while (session.status == GOING_ON) turn(&session);
  terminal_restore();
  if (asked->in != asked->out) close_scoped_fd(&asked->in);
  close_scoped_fd(&asked->out);
  close_scoped_fd(&asked->err);
  close_scoped_fd(&asked->process.pidfd);
  close(session.signals);
  return session.status;
}
