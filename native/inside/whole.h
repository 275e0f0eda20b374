/*
 * A container that does not run, with its root file system and binds mounted as at a start, for one job:
 * `cp`. In a mount namespace of the job's own; rootfs.lock is held, so that nobody else mounts the same upper
 * folder.
 */
#ifndef SAMPAN_WHOLE_H
#define SAMPAN_WHOLE_H

struct fail;
struct lease;

/*
 * Mounts it, runs the program (program.h) with that as its folder and in the container's user namespace,
 * unmounts. Returns the program's exit code (128 + signal), or -1 and fail: the file systems are gone in both
 * cases.
 */
int run_in_whole(const char *bundle, const struct lease *lease, int program, char **argv, struct fail *fail);

#endif
