/* What keeper and lease share. */
#ifndef SAMPAN_KEEP_H
#define SAMPAN_KEEP_H

struct fail;

/* Makes (0700) and verifies RUN; returns its descriptor. */
int open_runtime_folder(const char *runtime, struct fail *fail);

#endif
