/* Containers started by an OCI runtime (runc, crun) instead of by our own init: --runtime. Runs in the
 * monitor. */
#ifndef SAMPAN_RUNTIME_H
#define SAMPAN_RUNTIME_H

#include "start.h"

/* create: the container's first process exists and waits. It becomes a child of the monitor, a subreaper. */
int start_runtime(const struct bundle *bundle, const struct start_io *io, struct started *out,
                  struct fail *fail);
/* start: it executes the program. */
int go_runtime(struct started *started, struct fail *fail);
/* delete: the runtime forgets it. */
void end_runtime(const struct bundle *bundle, struct started *started);

#endif
