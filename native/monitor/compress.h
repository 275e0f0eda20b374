/*
 * Rotated logs are packed by a child of the monitor that lives for one piece of work and dies with it: its
 * memory is gone afterwards, and who writes to the log never waits for it.
 */
#pragma once

#include <stdbool.h>

/** Packs path.1 … path.(max_files - 1), those that are not yet. Returns the child's pidfd, or -1. */
int compress_begin(const char *path, int max_files);

/**
 * Waits that long for the child (milliseconds), then kills it: nobody else may rename the files meanwhile.
 * What it had not done stays as it was. Sets *pidfd to -1; -1 is fine. Returns whether it had ended by
 * itself.
 */
bool compress_end(int *pidfd, int milliseconds);
