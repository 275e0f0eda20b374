/*
 * Entries in systemd's journal, one a line of output: https://systemd.io/JOURNAL_NATIVE_PROTOCOL. Best
 * effort: a journal that does not take them in time loses them, and the log's own file has them.
 */
#pragma once

#include "../spec/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;

/** `fields` are in each entry, and stay the caller's. */
struct journal *journal_open(const texts *fields);

/** One record of output; a newline at its end is left out. NULL takes and forgets it. */
void journal_write(struct journal *journal, bool is_error, const uint8_t *text, size_t size);

void journal_close(struct journal *journal);
