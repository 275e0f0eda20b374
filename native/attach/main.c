/* Role attach: a terminal session with a container that runs already. The CLI becomes this process. */
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/roles.h"
#include "../common/socket.h"
#include "session.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct options {
  const char *bundle, *runtime, *detach_keys;
  int no_stdin, no_stdout, no_stderr, no_sig_proxy;
};

/* Only one flag of config.json is needed: the whole bundle is the monitor's business. */
static int read_terminal(const char *bundle, bool *terminal, struct fail *fail) {
  cleanup_free char *path = format_text("%s/config.json", bundle);
  cleanup_free char *text = read_file(AT_FDCWD, path, 16 << 20, NULL);

  if (text == NULL) return fail_errno(fail, "read", "%s", path);
  cleanup_json yajl_val config = json_parse(text, path, fail);
  if (config == NULL) return -1;
  *terminal = YAJL_IS_TRUE(json_get(json_get(config, "process"), "terminal"));
  return 0;
}

static int connect_once(const struct options *options, uint8_t flags, struct fail *fail) {
  const char *id = strrchr(options->bundle, '/');
  cleanup_free char *folder = format_text("%s/c%s", options->runtime, id == NULL ? "" : id);
  cleanup_fd int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  cleanup_fd int connected = fd < 0 ? -1 : unix_connect(fd, "attach.sock", SOCK_STREAM);
  uint8_t hello[FRAME_HEADER + 1];

  if (connected < 0) {
    fail_say(fail, 1, "attach", "You cannot attach to a stopped container, start it first");
    return fail_hint(fail, "`start -ai` starts a container and attaches to it");
  }
  if (write_all(connected, hello, frame_build(hello, FRAME_HELLO, &flags, 1)) < 0)
    return fail_errno(fail, "attach to", "%s", folder);
  return steal_fd(&connected);
}

static int start_session(const struct options *options, struct attach_session *session, struct fail *fail) {
  session->bundle = options->bundle;
  session->sig_proxy = !options->no_sig_proxy;
  session->streams =
      (uint8_t)((options->no_stdin ? 0 : HELLO_STDIN) | (options->no_stdout ? 0 : HELLO_STDOUT) |
                (options->no_stderr ? 0 : HELLO_STDERR));
  if (!keys_parse(options->detach_keys, &session->keys))
    return fail_say(fail, EXIT_HELPER, "read options", "invalid detach keys (%s) provided",
                    options->detach_keys);
  if (read_terminal(options->bundle, &session->terminal, fail) < 0) return -1;
  session->data = connect_once(options, session->streams, fail);
  if (session->data < 0) return -1;
  session->control = connect_once(options, 0, fail);
  return session->control < 0 ? -1 : 0;
}

int attach_main(int argc, char **argv) {
  struct options options = {.detach_keys = DETACH_KEYS_DEFAULT};
  const struct arg rows[] = {
      {.name = "--bundle", .text = &options.bundle, .needed = 1},
      {.name = "--runtime", .text = &options.runtime, .needed = 1},
      {.name = "--no-stdin", .flag = &options.no_stdin},
      {.name = "--no-stdout", .flag = &options.no_stdout},
      {.name = "--no-stderr", .flag = &options.no_stderr},
      {.name = "--detach-keys", .text = &options.detach_keys},
      {.name = "--no-sig-proxy", .flag = &options.no_sig_proxy},
      {0},
  };
  struct fail fail = {0};
  struct attach_session session = {.data = -1, .control = -1};

  if (read_args(argc, argv, rows, &fail) < 0 || start_session(&options, &session, &fail) < 0) {
    fail_print(&fail, STDERR_FILENO);
    return fail.exit_code;
  }
  return attach_run(&session);
}
