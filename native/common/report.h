/*
 * The answer of a process that goes on in the background to the one that started it and waits: how the start
 * went. Used by monitor and by exec --detach; the text is the event line of docs/helper-protocol.md.
 */
#ifndef SAMPAN_REPORT_H
#define SAMPAN_REPORT_H

#include <sys/types.h>

struct fail;

/* Makes the pipe: ends[0] for report_wait, ends[1] for the process in the background. */
int report_open(int ends[2], struct fail *fail);

/* It runs, with this pid. Closes the descriptor; one that is -1 already is fine, so is a caller that has
 * gone. */
void report_started(int *report, pid_t pid);

/* It does not. */
void report_failed(int *report, const struct fail *fail);

/*
 * Waits for the answer, prints it on standard output and returns the exit status that goes with it.
 * `complete`, if any, may add to a failure.
 */
int report_wait(int report, void (*complete)(struct fail *fail));

#endif
