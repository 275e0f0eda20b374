#include "terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static int raw_fd = -1;

void terminal_restore(void) {
  if (raw_fd < 0) return;
  /* From a background process group this would stop us: on the way out nobody could continue us. */
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGTTOU);
  sigprocmask(SIG_BLOCK, &set, &old);
  tcsetattr(raw_fd, TCSANOW, &before);
  sigprocmask(SIG_SETMASK, &old, NULL);
  raw_fd = -1;
}

bool terminal_raw(int fd) {
  static bool registered;
  struct termios raw;

  if (tcgetattr(fd, &before) < 0) return false;
  raw = before;
  cfmakeraw(&raw);
  if (tcsetattr(fd, TCSANOW, &raw) < 0) return false;
  raw_fd = fd;
  if (!registered) atexit(terminal_restore);
  registered = true;
  return true;
}

bool terminal_size(uint16_t *rows, uint16_t *columns) {
  struct winsize size;

  for (int i = 0; i < 3; i++) {
    static const int order[] = {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO};
    if (ioctl(order[i], TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
      *rows = size.ws_row;
      *columns = size.ws_col;
      return true;
    }
  }
  return false;
}
