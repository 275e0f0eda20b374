/*
 * The container's first process, from clone to execve: a table of steps. It is alone in its new namespaces,
 * root of the user namespace, single-threaded, and dies with the monitor. When a step fails, its name is in
 * the error.
 */
#include "child.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/kernel.h"
#include "../common/socket.h"
#include "init.h"
#include "passed.h"
#include "reaper.h"
#include "userns.h"
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int apply_process(struct init *init) {
  const struct process_how how = {
      .mapping = init->lease->mapping, .make_folder = true, .keep_groups = init->bundle->sampan->keep_groups};
  return process_apply(init->bundle->config->process, &how, &init->filter, init->fail);
}

/* In a user namespace of its own, until the monitor has written the maps. */
static int await_maps(struct init *init) {
  char word;
  if (!init->nested) return 0;
  return recv(init->control, &word, 1, 0) == 1 ? 0 : fail_errno(init->fail, "map ids", "%s", "");
}

/*
 * Who becomes another user can no longer be looked into, not even by the monitor, which has to open our
 * network namespace first: its word says that it has.
 */
static int await_opened(struct init *init) {
  char word;
  if (init->nested) return 0;
  return recv(init->control, &word, 1, 0) == 1 ? 0 : fail_errno(init->fail, "await monitor", "%s", "");
}

/* The monitor has filled them where the namespace is our own: there we could not give files to everybody. */
static int fill_own_volumes(struct init *init) {
  return init->nested ? 0 : fill_volumes(init);
}

/*
 * Until here we were the user, who may open what is the user's; from here on what is made belongs to the
 * container's root.
 */
static int become_root(struct init *init) {
  return init->nested ? userns_become_root(init->fail) : 0;
}

static const struct {
  const char *name;
  int (*run)(struct init *init);
} steps[] = {
    {"map ids", await_maps},
    {"join namespaces", join_namespaces},
    {"set host name", set_host_name},
    {"raise loopback", raise_loopback},
    {"set sysctls", write_sysctls},
    {"set oom score", write_oom_score},
    {"prepare seccomp filter", prepare_filter},
    {"open root", open_root},
    {"fill volumes", fill_own_volumes},
    {"open sources", open_sources},
    {"become root", become_root},
    {"mount", mount_all},
    {"make devices", make_devices},
    {"make terminal", make_console},
    {"cover paths", cover_paths},
    {"add accounts", add_accounts},
    {"enter root", enter_root},
    {"take terminal", take_terminal},
    {"await monitor", await_opened},
    {"prepare process", apply_process},
};

static _Noreturn void give_up(const struct init *init) {
  send_fds(init->control, init->fail, sizeof *init->fail, NULL, 0);
  _exit(init->fail->exit_code ? init->fail->exit_code : EXIT_HELPER);
}

/* Tells the monitor that all but execve is done, and waits for its word. It may have died: then so do we. */
static void wait_for_go(const struct init *init) {
  char word;
  if (send_fds(init->control, "r", 1, &init->console_master, init->console_master >= 0 ? 1 : 0) < 0)
    _exit(EXIT_HELPER);
  if (recv(init->control, &word, 1, 0) != 1) _exit(EXIT_HELPER);
}

_Noreturn void run_child(struct init *init) {
  const struct spec_process *process = init->bundle->config->process;
  struct fail fail = {0};
  char path[4096];
  init->fail = &fail;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  umask(0); /* what the steps make has its mode in the call */
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
    if (steps[i].run(init) < 0) give_up(init);
  if (process_find(process->args.at[0], process->env.at, path, &fail) < 0) give_up(init);
  wait_for_go(init);
  if (init->bundle->sampan->init) become_reaper(init);
  struct spec_process own = *process;
  if (pass_descriptors(init->io.passed, &init->control, &own, &fail) < 0) give_up(init);
  process_exec(path, &own, init->io.passed ? init->io.passed->count : 0, &fail);
  give_up(init);
}
