/* Lines out of chunks, records out of lines, files out of records. */
#include "log.h"

#include "json_text.h"
#include "timestamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 16384, /* as Docker's: readers expect longer lines in pieces */
    BATCH = 65536,
    RECORD_FRAME = 96, /* {"log":"…","stream":"stdout","time":"…"}\n without the text */
};

struct line {
    size_t size;
    uint8_t text[LINE_MAX_BYTES]; /* the kernel backs only the pages that were ever written */
};

struct log {
    int fd;
    char *path;
    int64_t max_size;
    int max_files;
    int64_t size;         /* of the file, as far as it holds whole records */
    uint64_t lost;        /* records since the last success */
    int lost_errno;
    size_t used;          /* of batch */
    size_t record;        /* where the record being made begins in batch; 0 once a part of it is in the file */
    bool broken;          /* the rest of this record is dropped */
    uint64_t records;     /* whole records in batch */
    struct line partial[LOG_STREAMS];
    char batch[BATCH];
};

static const char *const STREAM_NAME[LOG_STREAMS] = {"stdout", "stderr"};

static int open_file(const char *path, int64_t *size)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0)
        *size = fstat(fd, &st) == 0 ? st.st_size : 0;
    return fd;
}

struct log *log_open(const char *path, int64_t max_size, int max_files)
{
    struct log *log = calloc(1, sizeof *log);

    if (log == NULL)
        return NULL;
    log->max_size = max_size;
    log->max_files = max_files < 1 ? 1 : max_files;
    log->path = strdup(path);
    log->fd = log->path == NULL ? -1 : open_file(path, &log->size);
    if (log->fd < 0) {
        log_close(log);
        return NULL;
    }
    return log;
}

/* path.N-1 → path.N …, path → path.1: followers know a file by its inode and find its successor by these names. */
static void rotate(struct log *log)
{
    size_t room = strlen(log->path) + 16;
    char *from = malloc(room), *to = malloc(room);
    int64_t size = 0;

    if (from != NULL && to != NULL) {
        for (int i = log->max_files - 1; i >= 1; i--) {
            snprintf(to, room, "%s.%d", log->path, i);
            if (i == 1)
                snprintf(from, room, "%s", log->path);
            else
                snprintf(from, room, "%s.%d", log->path, i - 1);
            rename(from, to);
        }
        if (log->max_files == 1)
            unlink(log->path);
        int fd = open_file(log->path, &size);
        if (fd >= 0) { /* else: go on in the old file, it is better than none */
            close(log->fd);
            log->fd = fd;
            log->size = size;
        }
    }
    free(from);
    free(to);
}

/* Writes the batch. On failure the file is cut back to whole records. */
static bool flush(struct log *log)
{
    size_t done = 0;

    while (done < log->used) {
        ssize_t n = write(log->fd, log->batch + done, log->used - done);
        if (n > 0) {
            done += (size_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        log->lost_errno = n < 0 ? errno : ENOSPC;
        log->lost += log->records;
        log->records = 0;
        log->used = 0;
        if (ftruncate(log->fd, log->size) != 0) { /* then readers skip the damaged line */
        }
        return false;
    }
    log->used = 0;
    log->records = 0;
    return true;
}

/* Makes room for at least `space` bytes in the batch; false when the record is lost. */
static bool make_room(struct log *log, size_t space)
{
    if (log->broken)
        return false;
    if (BATCH - log->used >= space)
        return true;
    if (flush(log))
        return true;
    log->broken = true;
    return false;
}

static void put(struct log *log, const char *text, size_t size)
{
    if (!make_room(log, size))
        return;
    memcpy(log->batch + log->used, text, size);
    log->used += size;
}

static void put_text(struct log *log, const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;

    while (data < end && make_room(log, 4096))
        log->used += json_text_encode(&data, end, log->batch + log->used, BATCH - log->used);
}

/* A finished record that is still in the batch has not been counted into the file: do it when the batch is written. */
static bool write_batch(struct log *log)
{
    size_t bytes = log->used;

    if (bytes == 0)
        return true;
    if (!flush(log))
        return false;
    log->size += (int64_t)bytes;
    return true;
}
