/*
 * Role inside: one job in the user namespace. Either becomes PROGRAM (its lease stays open across execve, so
 * the keeper lives as long as the job), or removes or measures paths itself. Started by pull, load, rm, ps
 * -s.
 */
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/roles.h"
#include "../exec/target.h"
#include "../init/mount.h"
#include "../keep/lease.h"
#include "program.h"
#include "remove.h"
#include "walk.h"
#include "whole.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* A job goes with the command that asked for it: half a layer that nobody waits for is no use. After the
 * join, which takes the setting away. */
static int run_program(const struct lease *lease, int program, char **argv, struct fail *fail) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  fcntl(lease->connection, F_SETFD, 0);
  program_exec(program, argv);
  fail_errno(fail, "exec", "%s", argv[0]);
  fail->exit_code = fail->error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
  return -1;
}

/* All are tried; the first that fails is reported. */
static int remove_paths(char **paths, struct fail *fail) {
  int done = 0;
  for (; *paths; paths++) {
    struct fail later;
    if (remove_path(*paths, done < 0 ? &later : fail) < 0) done = -1;
  }
  return done;
}

static int walk_paths(char **paths, struct fail *fail) {
  cleanup_strbuf struct strbuf lines = {0};
  for (; *paths; paths++) {
    struct walked sum;
    if (walk_path(*paths, &sum, fail) < 0) return -1;
    json_open(&lines, NULL, '{');
    json_add_text(&lines, "path", *paths);
    json_add_whole(&lines, "bytes", (int64_t)sum.bytes);
    json_add_whole(&lines, "entries", (int64_t)sum.entries);
    json_close(&lines, '}');
    strbuf_char(&lines, '\n');
  }
  return write_all(1, lines.at, lines.length) < 0 ? fail_errno(fail, "write", "standard output") : 0;
}

/* A descriptor a level of folders: take what the host lets us have. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* That of a running container, which need not be the one all share. */
static int take_userns(const char *path, struct lease *lease, struct fail *fail) {
  struct bundle bundle;
  struct target target;
  if (bundle_read(path, &bundle, fail) < 0) return -1;
  int done = target_find(&bundle, &target, fail) < 0 ? -1 : target_userns(&target, lease, fail);
  drop_fd(&target.pidfd);
  bundle_free(&bundle);
  return done;
}

static int job(int argc, char **argv, struct fail *fail) {
  const char *runtime = NULL, *bundle = NULL, *user = NULL;
  int mounts = 0, removes = 0, walks = 0;
  const struct arg rows[] = {{"--runtime", &runtime, NULL, 1},
                             {"--mounts", NULL, &mounts, 0},
                             {"--bundle", &bundle, NULL, 0},
                             {"--remove", NULL, &removes, 0},
                             {"--walk", NULL, &walks, 0},
                             {"--user", &user, NULL, 0},
                             {0}};
  int first = read_args(argc, argv, rows, fail);
  if (first < 0) return -1;
  if (first == argc) return fail_say(fail, EXIT_HELPER, "read options", "inside: nothing to do");
  struct lease lease;
  if (keeper_lease(runtime, &lease, fail) < 0 || (user && take_userns(user, &lease, fail) < 0)) return -1;
  cleanup_fd int program = removes || walks ? -1 : program_open(argv[first]);
  if (lease_join(&lease, fail) < 0 || ((mounts || bundle) && own_mount_namespace(fail) < 0)) return -1;
  if (removes || walks) raise_descriptor_limit();
  if (removes) return remove_paths(argv + first, fail);
  if (walks) return walk_paths(argv + first, fail);
  if (bundle) return run_in_whole(bundle, &lease, program, argv + first, fail);
  return run_program(&lease, program, argv + first, fail);
}

int inside_main(int argc, char **argv) {
  struct fail fail = {0};
  int code = job(argc, argv, &fail);
  if (code >= 0) return code;
  fail_event(&fail, 2);
  return fail.exit_code;
}
