/* What is written to the log is what is read from it; lines, rotation, a file that takes no more. */
#include "../monitor/log.h"
#include "../logs/packed.h"
#include "../logs/record.h"
#include "../monitor/json_text.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/sampan-log-test-XXXXXX";
static char path[64];

static const struct {
  const char *bytes, *json;
} TEXTS[] = {
    {"plain", "plain"},
    {"a \"quote\" and \\", "a \\\"quote\\\" and \\\\"},
    {"\n\r\t\b\f", "\\n\\r\\t\\b\\f"},
    {"\x01\x1f\x7f", "\\u0001\\u001f\x7f"},
    {"\xe2\x82\xac \xf0\x9f\x9a\xa4", "\xe2\x82\xac \xf0\x9f\x9a\xa4"},
    {"\xff", "\\ufffd"},
    {"\xc0\x80", "\\ufffd\\ufffd"},            /* overlong */
    {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"}, /* a surrogate */
    {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"cut \xe2\x82", "cut \\ufffd\\ufffd"},
    {"0123456789abcdef\"0123456789abcdef", "0123456789abcdef\\\"0123456789abcdef"},
};

static void encodes(void) {
  for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
    char out[256];
    const uint8_t *in = (const uint8_t *)TEXTS[i].bytes, *end = in + strlen(TEXTS[i].bytes);
    size_t size = json_text_encode(&in, end, out, sizeof out);

    if (in != end || size != strlen(TEXTS[i].json) || memcmp(out, TEXTS[i].json, size) != 0) {
      printf("text %zu became %.*s\n", i, (int)size, out);
      assert(0);
    }
  }
  assert(utf8_whole((const uint8_t *)"ab\xe2\x82", 4) == 2);
  assert(utf8_whole((const uint8_t *)"ab\xe2\x82\xac", 5) == 5);
  assert(utf8_whole((const uint8_t *)"\x82\x82\x82\x82", 4) == 4);
}

static char *slurp(const char *name, size_t *size) {
  struct stat st;
  int fd = open(name, O_RDONLY);
  assert(fd >= 0 && fstat(fd, &st) == 0);
  char *text = malloc((size_t)st.st_size + 1);
  assert(read(fd, text, (size_t)st.st_size) == st.st_size);
  text[st.st_size] = '\0';
  *size = (size_t)st.st_size;
  close(fd);
  return text;
}

/* All texts of the file joined, and how many records there were. */
static char *joined(const char *name, size_t *size, int *records) {
  char *text = slurp(name, size), *at = text, *end = text + *size, *newline;
  char *out = calloc(1, *size + 1);

  *size = 0;
  *records = 0;
  while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    struct record record;
    int64_t when;
    assert(record_parse(at, newline, &record));
    assert(record_time(record.time, record.time_size, &when) && when > 0);
    memcpy(out + *size, record.text, record.size);
    *size += record.size;
    (*records)++;
    at = newline + 1;
  }
  assert(at == end);
  free(text);
  return out;
}

static void keeps_every_byte(size_t step) {
  char *bytes = malloc(300000);
  size_t size, total = 0;
  int records;

  for (int line = 0; total < 150000; line++) {
    total += (size_t)sprintf(bytes + total, "line %d \"", line);
    for (int i = 0; i < line % 40; i++) total += (size_t)sprintf(bytes + total, "\t\xe2\x82\xac");
    bytes[total++] = '\n';
  }
  for (int i = 0; i < 13000;
       i++) { /* longer than a record holds, of three-byte characters, without a newline */
    memcpy(bytes + total, "\xe2\x82\xac", 3);
    total += 3;
  }
  struct log *log = log_open(path, false, 0, 1);
  for (size_t from = 0; from < total; from += step)
    log_write(log, LOG_STDOUT, (uint8_t *)bytes + from, total - from < step ? total - from : step);
  log_finish(log);
  log_trim(log);
  log_close(log);
  char *text = joined(path, &size, &records);
  assert(size == total && memcmp(text, bytes, total) == 0 && records > 100);
  free(text);
  free(bytes);
  unlink(path);
}

static void keeps_a_line_until_its_end(void) {
  size_t size;
  int records;
  struct log *log = log_open(path, false, 0, 1);

  log_write(log, LOG_STDOUT, (const uint8_t *)"hel", 3);
  log_write(log, LOG_STDERR, (const uint8_t *)"oops\n", 5);
  log_write(log, LOG_STDOUT, (const uint8_t *)"lo\nrest", 7);
  char *text = joined(path, &size, &records);
  assert(records == 2 && strcmp(text, "oops\nhello\n") == 0);
  free(text);
  log_finish(log);
  text = joined(path, &size, &records);
  assert(records == 3 && strcmp(text, "oops\nhello\nrest") == 0);
  free(text);
  log_close(log);
  unlink(path);
}

static void rotates(void) {
  char name[80];
  struct stat st;
  struct log *log = log_open(path, false, 1000, 3);

  for (int i = 0; i < 200; i++) log_write(log, LOG_STDOUT, (const uint8_t *)"a line of text\n", 15);
  log_close(log);
  for (int i = 1; i <= 2; i++) {
    snprintf(name, sizeof name, "%s.%d", path, i);
    assert(stat(name, &st) == 0 && st.st_size >= 1000 && st.st_size < 1200);
    unlink(name);
  }
  snprintf(name, sizeof name, "%s.3", path);
  assert(stat(name, &st) != 0);
  assert(stat(path, &st) == 0 && st.st_size < 1200);
  unlink(path);
}

/* A file size limit stands for a full disk: the write fails half-way. */
static void loses_whole_records_only_and_says_so(void) {
  struct rlimit before, limit;
  size_t size;
  int records;
  struct log *log = log_open(path, false, 0, 1);

  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &before);
  limit = before;
  limit.rlim_cur = 1000;
  for (int i = 0; i < 5; i++) log_write(log, LOG_STDOUT, (const uint8_t *)"before\n", 7);
  setrlimit(RLIMIT_FSIZE, &limit);
  for (int i = 0; i < 50; i++) log_write(log, LOG_STDOUT, (const uint8_t *)"during\n", 7);
  setrlimit(RLIMIT_FSIZE, &before);
  log_write(log, LOG_STDOUT, (const uint8_t *)"after\n", 6);
  log_close(log);
  char *text = joined(path, &size, &records);
  assert(strstr(text, "records of this log were lost: File too large]\nafter\n") != NULL);
  assert(records < 5 + 50 + 2);
  free(text);
  unlink(path);
}

static void packs_and_unpacks(void) {
  char packed[80];
  size_t size, again;
  snprintf(packed, sizeof packed, "%s.gz", path);
  int out = open(path, O_RDWR | O_CREAT, 0600), to = open(packed, O_RDWR | O_CREAT, 0600);
  for (int i = 0; i < 50000; i++) dprintf(out, "line %d\n", i);
  lseek(out, 0, SEEK_SET);
  struct stat st, small;
  assert(pack_log(out, to) == 0 && fstat(out, &st) == 0 && fstat(to, &small) == 0);
  assert(small.st_size < st.st_size / 2);
  struct log_identity identity = packed_identity(to);
  assert(identity.inode == st.st_ino && identity.packed != 0 && packed_identity(out).inode == 0);
  int text = unpack_log(to, AT_FDCWD);
  char *before = slurp(path, &size), *after = malloc(size + 1);
  again = (size_t)pread(text, after, size + 1, 0);
  assert(again == size && memcmp(before, after, size) == 0);
  /* Cut off by a crash of the machine: what there is. */
  assert(ftruncate(to, small.st_size / 2) == 0);
  int cut = unpack_log(to, AT_FDCWD);
  ssize_t some = pread(cut, after, size, 0);
  assert(some > 0 && (size_t)some < size && memcmp(before, after, (size_t)some) == 0);
  free(before);
  free(after);
  close(out);
  close(to);
  close(text);
  close(cut);
  unlink(path);
  unlink(packed);
}

static void parses_what_others_write(void) {
  struct record record;
  char docker[] =
      "{\"log\":\"\\u003chi\\u003e \\ud83d\\udea4\\n\",\"stream\":\"stderr\",\"attrs\":{\"a\":\"}\"},"
      "\"time\":\"2026-01-02T03:04:05.5Z\"}";
  char cut[] = "{\"log\":\"hal";
  int64_t when;

  assert(record_parse(docker, docker + strlen(docker), &record));
  assert(record.is_stderr && record.size == 10 && memcmp(record.text, "<hi> \xf0\x9f\x9a\xa4\n", 10) == 0);
  assert(record_time(record.time, record.time_size, &when) && when == 1767323045500000000LL);
  assert(!record_parse(cut, cut + strlen(cut), &record));
}

int main(void) {
  static const size_t steps[] = {1, 7, 4096, 65536, 300000};

  assert(mkdtemp(folder) != NULL);
  snprintf(path, sizeof path, "%s/container.log", folder);
  encodes();
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) keeps_every_byte(steps[i]);
  keeps_a_line_until_its_end();
  rotates();
  loses_whole_records_only_and_says_so();
  packs_and_unpacks();
  parses_what_others_write();
  rmdir(folder);
  return 0;
}
