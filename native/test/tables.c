/* Small pure parts: mount options, overlay names, id ranges, capabilities, programs, seccomp. */
#include "../common/cleanup.h"
#include "../common/fail.h"
#include "../common/file.h"
#include "../init/capabilities.h"
#include "../init/fuse.h"
#include "../init/options.h"
#include "../init/process.h"
#include "../init/seccomp.h"
#include "../keep/ranges.h"
#include "../net/listening.h"
#include "check.h"
#include <fcntl.h>
#include <sys/mount.h>

static void later_options_win(void) {
  static const struct {
    const char *words[6];
    unsigned attributes, below, propagation;
    const char *data;
  } rows[] = {
      {{"ro", "nosuid"}, ATTR_RDONLY | ATTR_NOSUID, 0, 0, NULL},
      {{"ro", "rw"}, 0, 0, 0, NULL},
      {{"noatime", "strictatime"}, ATTR_STRICTATIME, 0, 0, NULL},
      {{"rro", "rprivate"}, 0, ATTR_RDONLY, MS_PRIVATE, NULL},
      {{"rbind", "rslave", "noexec"}, ATTR_NOEXEC, 0, MS_SLAVE, NULL},
      {{"size=64k", "nodev"}, ATTR_NODEV, 0, 0, "size=64k"},
      {{"relatime", "bogus"}, 0, 0, 0, "bogus"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    texts words = {(const char **)rows[i].words, 0};
    struct options options;
    while (rows[i].words[words.count]) words.count++;
    options_read(&words, &options);
    CHECK(options.attributes == rows[i].attributes && options.below == rows[i].below);
    CHECK(options.propagation == rows[i].propagation);
    CHECK(options.data.count == (rows[i].data ? 1 : 0));
    if (rows[i].data) CHECK_TEXT(options.data.at[0], rows[i].data);
    options_free(&options);
  }
}

static void overlay_names_are_short(void) {
  static const char *lower[] = {"a", "b", NULL};
  static const struct {
    const char *links, *upper, *wanted;
  } rows[] = {
      {"/d/l", "/d/containers/X/upper", "lowerdir=a:b,upperdir=../containers/X/upper,workdir=/w"},
      {"/d/l", "/e/upper", "lowerdir=a:b,upperdir=/e/upper,workdir=/w"},
      {"/d/l", "/d/l/upper", "lowerdir=a:b,upperdir=upper,workdir=/w"},
      {"/a,b:c/l", "/a,b:c/c/upper", "lowerdir=a:b,upperdir=../c/upper,workdir=/w"},
      {"/d/l", "/d/lx/upper", "lowerdir=a:b,upperdir=../lx/upper,workdir=/w"},
      {"/d/l/m", "/d/u", "lowerdir=a:b,upperdir=../../u,workdir=/w"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct sampan_storage storage = {
        .links = rows[i].links, .upper = rows[i].upper, .work = "/w", .lower = {lower, 2}};
    cleanup_strbuf struct strbuf out = {0};
    overlay_options(&storage, &out);
    CHECK_TEXT(out.at, rows[i].wanted);
  }
}

static void ranges_are_ours_by_name_or_number(void) {
  static const char text[] = "other:1:1\nme:100000:65536\n1234:300000:5\n#me:1:1\nme:x:y\nme:7\nmeme:9:9\n"
                             "me:4294967290:100\nme:0:10\nme:200000:1";
  char path[] = "/tmp/sampan-ranges-XXXXXX";
  struct ranges ranges;
  int fd = mkstemp(path);
  CHECK(write_all(fd, text, sizeof text - 1) == 0);
  read_ranges(path, "me", 1234, &ranges);
  CHECK(ranges.count == 3);
  CHECK(ranges.rows[0].start == 100000 && ranges.rows[0].count == 65536);
  CHECK(ranges.rows[1].start == 300000 && ranges.rows[1].count == 5);
  CHECK(ranges.rows[2].start == 200000 && ranges.rows[2].count == 1);
  read_ranges(path, NULL, 1234, &ranges);
  CHECK(ranges.count == 1);
  read_ranges("/no/such/file", "me", 1234, &ranges);
  CHECK(ranges.count == 0);
  close(fd);
  unlink(path);
}

static void capabilities_have_their_numbers(void) {
  CHECK(capability_number("CAP_CHOWN") == 0);
  CHECK(capability_number("CAP_SYS_ADMIN") == 21);
  CHECK(capability_number("CAP_CHECKPOINT_RESTORE") == 40);
  CHECK(capability_number("CAP_NONSENSE") == -1);
}

static void programs_are_found_as_docker_says(void) {
  static const char *const env[] = {"A=b", "PATH=relative::/no/such:/bin", NULL};
  static const struct {
    const char *program;
    int code;
    const char *message;
  } rows[] = {
      {"sh", 0, "/bin/sh"},
      {"/bin/sh", 0, "/bin/sh"},
      {"nonsense", 127, "exec: \"nonsense\": executable file not found in $PATH"},
      {"", 127, "exec: \"\": executable file not found in $PATH"},
      {"/nonsense", 127, "exec: \"/nonsense\": stat /nonsense: no such file or directory"},
      {"/etc", 126, "exec: \"/etc\": is a directory"},
      {"/etc/passwd", 126, "exec: \"/etc/passwd\": permission denied"},
      {"/etc/passwd/x", 127, "exec: \"/etc/passwd/x\": stat /etc/passwd/x: not a directory"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char path[4096];
    struct fail fail = {0};
    int done = process_find(rows[i].program, env, path, &fail);
    CHECK(done == (rows[i].code ? -1 : 0) && fail.exit_code == rows[i].code);
    CHECK_TEXT(rows[i].code ? fail.message : path, rows[i].message);
  }
}

/* Compiles, caches, and takes from the cache only what was compiled for the same profile. */
static void filters_come_from_the_cache(void) {
  const char *names[] = {"mkdir", "no_such_call"}, *more[] = {"mkdir", "rmdir"},
             *arch[] = {"SCMP_ARCH_X86_64"};
  struct spec_syscall rule = {.names = {names, 2}, .action = "SCMP_ACT_ERRNO", .errno_ret = 5};
  struct spec_seccomp profile = {.default_action = "SCMP_ACT_ALLOW",
                                 .default_errno_ret = -1,
                                 .architectures = {arch, 1},
                                 .syscalls = {&rule, 1}};
  struct filter first, again, other;
  struct fail fail = {0};
  char cache[] = "/tmp/sampan-filters-XXXXXX";
  CHECK(mkdtemp(cache));
  CHECK(filter_prepare(&profile, MAPPING_FULL, cache, &first, &fail) == 0 && first.length > 0);
  CHECK(filter_prepare(&profile, MAPPING_FULL, cache, &again, &fail) == 0 && again.length == first.length);
  CHECK(memcmp(first.code, again.code, first.length * 8) == 0);
  rule.names.at = more;
  CHECK(filter_prepare(&profile, MAPPING_FULL, cache, &other, &fail) == 0 && other.length > first.length);
  filter_free(&other);
  CHECK(filter_prepare(NULL, MAPPING_SINGLE, cache, &other, &fail) == 0 && other.length > 0);
  filter_free(&other);
  CHECK(filter_prepare(NULL, MAPPING_FULL, cache, &other, &fail) == 0 && other.length == 0);
  rule.action = "SCMP_ACT_NONSENSE";
  CHECK(filter_prepare(&profile, MAPPING_FULL, cache, &other, &fail) == -1);
  CHECK(strstr(fail.message, "SCMP_ACT_NONSENSE"));
  filter_free(&first);
  filter_free(&again);
  char *remove = format_text("rm -r %s", cache);
  CHECK(system(remove) == 0);
  free(remove);
}

static void a_line_of_the_kernels_list_has_its_own_port(void) {
  static const struct {
    const char *line;
    uint16_t port;
    bool has;
  } rows[] = {
      {"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt", 53, false},
      {"  12: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000", 53, true},
      {"  12: 0100007F:0035 0100007F:0050 01 00000000:00000000 00:00000000", 80, false},
      {" 7: 00000000000000000000000000000000:FFFF 00000000000000000000000000000000:0000 07", 65535, true},
      {"", 0, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    CHECK(line_has_port(rows[i].line, rows[i].port) == rows[i].has);
}

int main(void) {
  a_line_of_the_kernels_list_has_its_own_port();
  later_options_win();
  overlay_names_are_short();
  ranges_are_ours_by_name_or_number();
  capabilities_have_their_numbers();
  programs_are_found_as_docker_says();
  filters_come_from_the_cache();
  return all_checked("tables");
}
