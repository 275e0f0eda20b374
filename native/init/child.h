/* The child of the monitor's clone, up to execve. */
#ifndef SAMPAN_CHILD_H
#define SAMPAN_CHILD_H

struct init;

/* Runs the steps in order; never returns. A failure travels to the monitor by init->control. */
_Noreturn void run_child(struct init *init);

#endif
