/* `--pidfile`: where programs outside look for the container's first process. */
#pragma once

#include "../common/fail.h"

#include <sys/types.h>

/** Writes the process id as the host sees it, and a newline. `path` may be NULL: none is wanted. */
int pid_file_write(const char *path, pid_t pid, struct fail *fail);

/** The run has ended: whoever read the file now might signal another process. */
void pid_file_remove(const char *path);
