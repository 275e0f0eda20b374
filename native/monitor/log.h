/*
 * The container's log, one record a line, in Docker's json-file shape or in kubernetes':
 *   {"log":"text\n","stream":"stdout","time":"2026-11-22T10:00:00.123456789Z"}
 *   2026-11-22T10:00:00.123456789Z stdout F text
 * Text without a newline is kept until its newline comes, 16 kB are together, or the stream ends; such a
 * record has no
 * "\n" (P instead of F). In JSON, bytes that are not UTF-8 become U+FFFD. A log that cannot be written (full
 * disk, RLIMIT_FSIZE) loses whole records, never half ones, says how many once it can write again, and never
 * disturbs the container.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_stream { LOG_STDOUT, LOG_STDERR, LOG_STREAMS };

struct log; /* one for a monitor */

/**
 * Opens (creates, continues) the log at `path`, `plain` in kubernetes' shape. It is rotated to path.1 …
 * path.(max_files - 1) when it has reached max_size bytes; max_size <= 0 never rotates. Returns NULL with
 * errno set.
 */
struct log *log_open(const char *path, bool plain, int64_t max_size, int max_files);

/** From now on what was rotated is packed: path.1.gz … A child does it, see compress.h. */
void log_pack(struct log *log);

enum { LOG_ATTRIBUTES_MAX = 1024 };

/** Each record of json-file has these from now on: an object's JSON of at most that many bytes, borrowed. */
void log_attributes(struct log *log, const char *json);

struct journal;

/** From now on each record goes to the journal, too. The log closes it. */
void log_also(struct log *log, struct journal *journal);

/** Takes bytes as the container wrote them. A NULL log takes and forgets them. */
void log_write(struct log *log, enum log_stream stream, const uint8_t *data, size_t size);

/** Writes out text that still waits for its newline: the container's streams have ended. */
void log_finish(struct log *log);

/** Gives memory of a burst back to the kernel; called when the container has been quiet for a while. */
void log_trim(struct log *log);

/** Closes the log, NULL is fine. */
void log_close(struct log *log);
