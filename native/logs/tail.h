/* `--tail`: where the last lines of a log begin, found from its end. */
#pragma once

#include "follow.h"

struct span {
  int64_t since, until; /* nanoseconds since 1970; 0: no limit */
};

/** Goes to where the last `lines` lines begin of those written within `span`. */
void tail_seek(struct follow *follow, int64_t lines, const struct span *span);
