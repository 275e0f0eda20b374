/*
 * seccomp filters: compiled once (12 ms), cached as BPF, loaded in 0.3 ms. A cache file holds the profile's
 * own text before the code and is used only when the text is the same byte for byte, so its name need not be
 * a strong hash.
 */
#include "seccomp.h"
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../spec/shapes.h"
#include "init.h"
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

enum { MAGIC = 0x31464253, LARGEST = 4 << 20 };

struct cache_head {
  uint32_t magic, text_length, count, log;
};

/* Everything the compiled code depends on: profile, mapping, kernel, library. */
static void describe(const struct spec_seccomp *seccomp, int single, struct strbuf *out) {
  struct utsname about = {0};
  const struct scmp_version *version = seccomp_version();
  uname(&about);
  strbuf_format(out, "%s %s libseccomp %u.%u.%u single %d\n", about.release, about.machine, version->major,
                version->minor, version->micro, single);
  if (seccomp) shape_print(&seccomp_shape, seccomp, NULL, out);
}

/* FNV-1a. */
static uint64_t hash(const struct strbuf *text) {
  uint64_t sum = 0xcbf29ce484222325ULL;
  for (size_t i = 0; i < text->length; i++) sum = (sum ^ (unsigned char)text->at[i]) * 0x100000001b3ULL;
  return sum;
}

static int read_cached(int folder, const char *name, const struct strbuf *text, struct filter *out) {
  size_t length;
  struct cache_head head;
  cleanup_free char *file = read_file(folder, name, LARGEST, &length);
  if (!file || length < sizeof head) return -1;
  memcpy(&head, file, sizeof head);
  size_t code = (size_t)head.count * sizeof(struct sock_filter);
  if (head.magic != MAGIC || head.text_length != text->length || !head.count || head.count > BPF_MAXINSNS ||
      length != sizeof head + head.text_length + code ||
      memcmp(file + sizeof head, text->at, text->length) != 0)
    return -1;
  out->code = need_memory(code);
  memcpy(out->code, file + sizeof head + head.text_length, code);
  out->length = (unsigned short)head.count;
  out->log = head.log;
  return 0;
}

/* A cache that cannot be written costs time, nothing else. */
static void write_cached(int folder, const char *name, const struct strbuf *text,
                         const struct filter *filter) {
  cleanup_strbuf struct strbuf file = {0};
  struct cache_head head = {MAGIC, (uint32_t)text->length, filter->length, filter->log};
  strbuf_add(&file, &head, sizeof head);
  strbuf_add(&file, text->at, text->length);
  strbuf_add(&file, filter->code, filter->length * sizeof(struct sock_filter));
  (void)!write_file_atomic(folder, name, file.at, file.length, 0600, 0);
}

static int open_cache(const char *path) {
  if (!path || path[0] != '/') return -1;
  int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 || errno != ENOENT) return fd;
  cleanup_free char *part = strdup(path);
  for (char *slash = part; part && (slash = strchr(slash + 1, '/'));) {
    *slash = 0;
    mkdir(part, 0700);
    *slash = '/';
  }
  mkdir(path, 0700);
  return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int filter_prepare(const struct spec_seccomp *seccomp, enum mapping mapping, const char *cache,
                   struct filter *out, struct fail *fail) {
  int single = mapping == MAPPING_SINGLE;
  *out = (struct filter){0};
  if (!seccomp && !single) return 0;
  cleanup_strbuf struct strbuf text = {0};
  char name[32];
  describe(seccomp, single, &text);
  snprintf(name, sizeof name, "%016llx.bpf", (unsigned long long)hash(&text));
  cleanup_fd int folder = open_cache(cache);
  if (folder >= 0 && read_cached(folder, name, &text, out) == 0) return 0;
  if (filter_compile(seccomp, single, out, fail) < 0) return -1;
  if (folder >= 0) write_cached(folder, name, &text, out);
  return 0;
}

void filter_free(struct filter *filter) {
  free(filter->code);
  *filter = (struct filter){0};
}

int filter_load(const struct filter *filter, struct fail *fail) {
  if (!filter->length) return 0;
  struct sock_fprog program = {.len = filter->length, .filter = filter->code};
  unsigned flags = filter->log ? SECCOMP_FILTER_FLAG_LOG : 0;
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0) return 0;
  fail_errno(fail, "load seccomp filter", "%s", "");
  return fail_hint(
      fail, "a kernel with CONFIG_SECCOMP_FILTER is needed; --security-opt seccomp=unconfined does without");
}

int prepare_filter(struct init *init) {
  const struct bundle *bundle = init->bundle;
  return filter_prepare(bundle->config->linux_->seccomp, init->lease->mapping, bundle->sampan->seccomp_cache,
                        &init->filter, init->fail);
}
