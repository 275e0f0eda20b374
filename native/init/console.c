/*
 * The terminal: a pty of the container's own devpts, so that its name (/dev/pts/0) means something inside.
 * The master travels to the monitor with the "ready" message. Runs in the container's init.
 */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "init.h"
#include "place.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

enum { PIPEFS_MAGIC_NUMBER = 0x50495045 };

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

void size_terminal(const struct bundle *bundle, int terminal) {
  const struct spec_size *size = bundle->config->process->console_size;
  const struct sampan_terminal *start = bundle->sampan->terminal;
  struct winsize window = {.ws_row = (unsigned short)(size ? size->height : start->rows),
                           .ws_col = (unsigned short)(size ? size->width : start->columns)};
  if (window.ws_row && window.ws_col) ioctl(terminal, TIOCSWINSZ, &window);
}

/* /dev/console is the same terminal. */
static int bind_console(struct init *init, unsigned number) {
  char path[32];
  snprintf(path, sizeof path, "/dev/pts/%u", number);
  cleanup_fd int node = open_inside(init->root, path, O_PATH, 0, RESOLVE_INSIDE);
  cleanup_fd int tree = node < 0 ? -1 : tree_clone(node, "", 0);
  if (tree < 0) return fail_errno(init->fail, "make console", "%s", path);
  cleanup_fd int target = place_open(init->root, "/dev/console", PLACE_FILE, init->fail);
  if (target < 0) return -1;
  if (attach_bind(tree, target, 0, 0, MS_PRIVATE, 0) < 0)
    return fail_errno(init->fail, "make console", "/dev/console");
  return 0;
}

int make_console(struct init *init) {
  if (!init->bundle->config->process->terminal) return 0;
  const char *step = "make terminal";
  int unlocked = 0;
  unsigned number;
  init->console_master = open_inside(init->root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY, 0, RESOLVE_INSIDE);
  if (init->console_master < 0) return fail_errno(init->fail, step, "/dev/pts/ptmx");
  if (ioctl(init->console_master, TIOCSPTLCK, &unlocked) < 0 ||
      ioctl(init->console_master, TIOCGPTN, &number) < 0)
    return fail_errno(init->fail, step, "/dev/pts/ptmx");
  init->console_slave = ioctl(init->console_master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (init->console_slave < 0) return fail_errno(init->fail, step, "/dev/pts/%u", number);
  size_terminal(init->bundle, init->console_slave);
  return bind_console(init, number);
}

/* The program's user must be able to open /dev/stdout again. Only pipes of ours: never somebody's file or
 * real tty. */
void give_pipe(int fd, int64_t uid) {
  struct statfs about;
  if (fstatfs(fd, &about) == 0 && about.f_type == PIPEFS_MAGIC_NUMBER)
    (void)!fchown(fd, (uid_t)uid, (gid_t)-1);
}

/* A session of our own; standard descriptors; with a terminal, the controlling one. */
int take_terminal(struct init *init) {
  int fds[3] = {init->io.in, init->io.out, init->io.err};
  int terminal = init->bundle->config->process->terminal;
  if (setsid() < 0) return fail_errno(init->fail, "make session", "%s", "");
  if (terminal && init->lease->mapping != MAPPING_SINGLE)
    (void)!fchown(init->console_slave, (uid_t)init->bundle->config->process->user->uid, (gid_t)-1);
  for (int i = 0; i < 3; i++) {
    if (!terminal && !init->nested) give_pipe(fds[i], init->bundle->config->process->user->uid);
    if (dup2(terminal ? init->console_slave : fds[i], i) < 0)
      return fail_errno(init->fail, "set standard descriptors", "%d", i);
  }
  /* With --init it is the program's session that gets the terminal, not pid 1's. */
  if (terminal && !init->bundle->sampan->init && ioctl(0, TIOCSCTTY, 0) < 0)
    return fail_errno(init->fail, "take terminal", "%s", "");
  return 0;
}
