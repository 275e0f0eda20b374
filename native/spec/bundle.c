/* A bundle: config.json and sampan.json, read, checked against each other, printed back. Short-lived. */
#include "../common/args.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../common/json.h"
#include "../common/roles.h"
#include "shapes.h"
#include "spec.h"
#include <fcntl.h>
#include <string.h>

enum { LARGEST = 16 << 20 };

static void *read_json(int folder, const char *path, const struct shape *shape, struct shape_reader *reader) {
  cleanup_free char *text = read_file(folder, reader->file, LARGEST, NULL);
  if (!text) {
    fail_errno(reader->fail, "read bundle", "%s/%s", path, reader->file);
    return NULL;
  }
  cleanup_json yajl_val value = json_parse(text, reader->file, reader->fail);
  return value ? shape_read(reader, shape, value, "") : NULL;
}

/* What one table row cannot say. */
static int check(const struct bundle *bundle, struct fail *fail) {
  const struct config *config = bundle->config;
  const struct sampan *sampan = bundle->sampan;
  if (sampan->version != 1)
    return fail_say(fail, EXIT_HELPER, "read bundle", "sampan.json: version %lld is not the one we read (1)",
                    (long long)sampan->version);
  if (sampan->storage->driver != STORAGE_VFS && (!sampan->storage->links || !sampan->storage->upper ||
                                                 !sampan->storage->work || !sampan->storage->lower.count))
    return fail_say(fail, EXIT_HELPER, "read bundle",
                    "sampan.json: storage: links, lower, upper and work are needed");
  if (sampan->storage->driver == STORAGE_FUSE && !sampan->storage->fuse_overlayfs.count)
    return fail_say(fail, EXIT_HELPER, "read bundle", "sampan.json: storage.fuseOverlayfs is missing");
  if (sampan->runtime) return 0;
  if (strncmp(config->oci_version, "1.", 2) != 0)
    return fail_say(fail, EXIT_HELPER, "read bundle", "config.json: ociVersion %s is not one we read (1.x)",
                    config->oci_version);
  if (!config->process->args.count)
    return fail_say(fail, EXIT_HELPER, "read bundle", "config.json: process.args is empty");
  if (config->process->cwd[0] != '/')
    return fail_say(fail, EXIT_HELPER, "read bundle", "config.json: process.cwd is not an absolute path");
  return 0;
}

int bundle_read(const char *path, struct bundle *out, struct fail *fail) {
  struct shape_reader reader = {.arena = arena_new(), .fail = fail};
  *out = (struct bundle){.fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), .arena = reader.arena};
  if (out->fd < 0) {
    /* Our caller saw it a moment ago: somebody else has removed it since. */
    const char *slash = strrchr(path, '/');
    if (errno == ENOENT)
      fail_say(fail, EXIT_HELPER, "open bundle", "No such container: %.12s", slash ? slash + 1 : path);
    else
      fail_errno(fail, "open bundle", "%s", path);
    bundle_free(out);
    return -1;
  }
  out->path = arena_copy(reader.arena, path);
  reader.file = "sampan.json";
  out->sampan = read_json(out->fd, path, &sampan_shape, &reader);
  reader.file = "config.json";
  /* An OCI runtime reads config.json itself and honours more than we do. */
  reader.lenient = out->sampan && out->sampan->runtime;
  out->config = out->sampan ? read_json(out->fd, path, &config_shape, &reader) : NULL;
  if (out->config && check(out, fail) == 0) return 0;
  bundle_free(out);
  return -1;
}

void bundle_free(struct bundle *bundle) {
  drop_fd(&bundle->fd);
  arena_free(&bundle->arena);
  *bundle = (struct bundle){.fd = -1};
}

struct spec_process *spec_read_process(const char *json, struct arena **arena, struct fail *fail) {
  struct shape_reader reader = {.file = "process", .arena = arena_new(), .fail = fail};
  cleanup_json yajl_val value = json_parse(json, reader.file, fail);
  struct spec_process *process = value ? shape_read(&reader, &process_shape, value, "") : NULL;
  if (process && process->args.count) {
    *arena = reader.arena;
    return process;
  }
  if (process) fail_say(fail, EXIT_HELPER, "read process", "process: args is empty");
  arena_free(&reader.arena);
  return NULL;
}

void bundle_print(const struct bundle *bundle, struct strbuf *out) {
  json_open(out, NULL, '{');
  shape_print(&config_shape, bundle->config, "config", out);
  shape_print(&sampan_shape, bundle->sampan, "sampan", out);
  json_close(out, '}');
}

/* Role check-spec: prints what we understood of a bundle, for tests and for people who write bundles by hand.
 */
int check_spec_main(int argc, char **argv) {
  struct fail fail = {0};
  const char *path = NULL;
  const struct arg rows[] = {{"--bundle", &path, NULL, 1}, {0}};
  struct bundle bundle = {.fd = -1};
  if (read_args(argc, argv, rows, &fail) < 0 || bundle_read(path, &bundle, &fail) < 0) {
    fail_event(&fail, 2);
    return fail.exit_code;
  }
  cleanup_strbuf struct strbuf text = {0};
  bundle_print(&bundle, &text);
  strbuf_char(&text, '\n');
  int done = write_all(1, text.at, text.length);
  bundle_free(&bundle);
  return done < 0 ? EXIT_HELPER : 0;
}
