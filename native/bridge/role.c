/*
 * Role network: one live change of a running container's networks or ports, asked of its monitor. Prints the
 * answer's line and ends.
 */
#include "../attach/frame.h"
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/roles.h"
#include "../common/socket.h"
#include "../net/owner.h"
#include "../spec/spec.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { DEADLINE = 30 /* s */ };

static int knock(const char *runtime, const struct bundle *bundle, struct fail *fail) {
  cleanup_free char *path = format_text("%s/c/%s", runtime, bundle->sampan->id);
  cleanup_fd int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  int fd = folder < 0 ? -1 : unix_connect(folder, "attach.sock", SOCK_STREAM);
  if (fd < 0)
    return fail_say(fail, EXIT_HELPER, "change network", "container %s is not running", bundle->sampan->name);
  struct timeval deadline = {.tv_sec = DEADLINE};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  return fd;
}

static int hear(int fd, struct strbuf *answer, struct fail *fail) {
  struct frame_cursor cursor = {0};
  uint8_t bytes[FRAME_CONTROL_MAX];
  int done = -1;
  for (;;) {
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      fail_say(fail, EXIT_HELPER, "change network",
               got == 0 ? "the container has ended" : "the container's monitor does not answer");
      break;
    }
    const uint8_t *at = bytes;
    struct frame_piece piece;
    int next = frame_next(&cursor, &at, bytes + got, &piece);
    if (next == 0) continue;
    if (next > 0 && piece.type == FRAME_NETWORK) {
      strbuf_add(answer, piece.data, piece.size);
      done = 0;
    } else {
      fail_say(fail, EXIT_HELPER, "change network", "the container has ended");
    }
    break;
  }
  frame_cursor_clear(&cursor);
  return done;
}

static int ask(const char *runtime, const struct bundle *bundle, const struct strbuf *request,
               struct strbuf *answer, struct fail *fail) {
  if (request->length > FRAME_CONTROL_MAX)
    return fail_say(fail, EXIT_HELPER, "change network", "too many aliases for one request");
  cleanup_free uint8_t *frame = need_memory(FRAME_HEADER + request->length);
  size_t length = frame_build(frame, FRAME_NETWORK, request->at, request->length);
  cleanup_fd int fd = knock(runtime, bundle, fail);
  if (fd < 0) return -1;
  if (write_all(fd, frame, length) < 0) return fail_errno(fail, "change network", "%s", "");
  return hear(fd, answer, fail);
}

/* Options whose value is JSON, as the request's member. */
static const char *const members[] = {"join", "publish", "unpublish", "names"};

int network_main(int argc, char **argv) {
  struct fail fail = {0}, told;
  const char *path = NULL, *runtime = NULL, *leave = NULL;
  const char *values[sizeof members / sizeof *members] = {0};
  const struct arg rows[] = {{"--bundle", &path, NULL, 1},       {"--runtime", &runtime, NULL, 1},
                             {"--leave", &leave, NULL, 0},       {"--join", &values[0], NULL, 0},
                             {"--publish", &values[1], NULL, 0}, {"--unpublish", &values[2], NULL, 0},
                             {"--names", &values[3], NULL, 0},   {0}};
  struct bundle bundle = {.fd = -1};
  cleanup_strbuf struct strbuf request = {0}, answer = {0};
  int done = read_args(argc, argv, rows, &fail) < 0 ? -1 : bundle_read(path, &bundle, &fail);
  if (done == 0) {
    if (leave) {
      json_open(&request, NULL, '{');
      json_add_text(&request, "leave", leave);
      json_close(&request, '}');
    }
    for (size_t i = 0; !leave && i < sizeof members / sizeof *members; i++)
      if (values[i]) strbuf_format(&request, "{\"%s\":%s}", members[i], values[i]);
    done = ask(runtime, &bundle, &request, &answer, &fail);
    bundle_free(&bundle);
  }
  if (done < 0) {
    fail_event(&fail, 1);
    return fail.exit_code;
  }
  if (fail_read(&told, answer.at) == 0) {
    owner_hint(&told);
    fail_event(&told, 1);
    return told.exit_code;
  }
  strbuf_char(&answer, '\n');
  write_all(1, answer.at, answer.length);
  return 0;
}
