/* See packed.h. Packing is a short-lived child of the monitor, unpacking role logs. */
#include "packed.h"

#include "../common/cleanup.h"
#include "../common/file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum {
  CHUNK = 65536,
  GZIP_BITS = 15 + 16, /* the largest window, and gzip's own header and trailer */
  LEVEL = 6,
  IN_MEMORY = 32 << 20, /* larger texts are unpacked to the disk they are on */
};

/* What stands in the header: one subfield, RFC 1952 2.3.1.1. */
struct mark {
  uint8_t name[2];
  uint16_t size;
  uint64_t inode, packed;
} __attribute__((packed));

struct header {
  uint8_t magic[2], method, flags, time[4], extra_flags, system;
  uint16_t extra_size;
  struct mark mark;
} __attribute__((packed));

static const uint8_t NAME[2] = {'S', 'p'};
enum { HAS_EXTRA = 4, DEFLATE = 8 };

static struct mark mark_of(const struct stat *st) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  return (struct mark){.name = {NAME[0], NAME[1]},
                       .size = htole16(sizeof(struct mark) - 4),
                       .inode = htole64(st->st_ino),
                       .packed = htole64((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec)};
}

/* Moves everything `step` makes of the input to `to`. */
static int drive(z_stream *stream, int (*step)(z_stream *, int), int from, int to) {
  static uint8_t in[CHUNK], out[CHUNK];
  int done = Z_OK;

  for (;;) {
    ssize_t n = 1;
    if (stream->avail_in == 0) {
      do n = read(from, in, sizeof in);
      while (n < 0 && errno == EINTR);
      if (n < 0) return -1;
      stream->next_in = in;
      stream->avail_in = (uInt)n;
    }
    do {
      stream->next_out = out;
      stream->avail_out = sizeof out;
      done = step(stream, n == 0 ? Z_FINISH : Z_NO_FLUSH);
      if (done != Z_OK && done != Z_STREAM_END && done != Z_BUF_ERROR) {
        errno = EILSEQ;
        return -1;
      }
      if (write_all(to, out, sizeof out - stream->avail_out) < 0) return -1;
    } while (stream->avail_out == 0);
    if (done == Z_STREAM_END) return 0;
    if (n == 0) { /* it was cut off */
      errno = EILSEQ;
      return -1;
    }
  }
}

int pack_log(int from, int to) {
  z_stream stream = {0};
  struct stat st;

  if (fstat(from, &st) < 0) return -1;
  struct mark mark = mark_of(&st);
  gz_header header = {
      .time = (uLong)st.st_mtime, .os = 3 /* Unix */, .extra = (Bytef *)&mark, .extra_len = sizeof mark};
  if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    errno = ENOMEM;
    return -1;
  }
  deflateSetHeader(&stream, &header);
  int done = drive(&stream, deflate, from, to);
  deflateEnd(&stream);
  return done;
}

struct log_identity packed_identity(int fd) {
  struct header header;

  if (pread(fd, &header, sizeof header, 0) != sizeof header || header.magic[0] != 0x1f ||
      header.magic[1] != 0x8b || header.method != DEFLATE || !(header.flags & HAS_EXTRA) ||
      le16toh(header.extra_size) != sizeof header.mark || memcmp(header.mark.name, NAME, sizeof NAME) != 0)
    return (struct log_identity){0};
  return (struct log_identity){le64toh(header.mark.inode), le64toh(header.mark.packed)};
}

/* The last four bytes tell the size of the text. */
static int64_t text_size(int fd) {
  struct stat st;
  uint32_t size = 0;

  if (fstat(fd, &st) < 0 || pread(fd, &size, sizeof size, st.st_size - 4) != sizeof size) return 0;
  return le32toh(size);
}

int unpack_log(int fd, int folder) {
  z_stream stream = {0};
  cleanup_fd int text = text_size(fd) <= IN_MEMORY
                            ? memfd_create("log", MFD_CLOEXEC)
                            : openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (text < 0 || lseek(fd, 0, SEEK_SET) < 0 || inflateInit2(&stream, GZIP_BITS) != Z_OK) return -1;
  (void)drive(&stream, inflate, fd, text); /* of one that is damaged what there is */
  inflateEnd(&stream);
  return steal_fd(&text);
}
