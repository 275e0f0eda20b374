/* What keeper and lease share. */
#ifndef SAMPAN_KEEP_H
#define SAMPAN_KEEP_H

struct fail;

enum { INHERITED = 3 }; /* where a keeper finds the user namespace of the one before it */

/* Makes (0700) and verifies RUN; returns its descriptor. */
int open_runtime_folder(const char *runtime, struct fail *fail);

#endif
