/* Processes by pidfd: never a signal by number. */
#ifndef SAMPAN_PIDFD_H
#define SAMPAN_PIDFD_H

#include <stdint.h>
#include <sys/types.h>

struct fail;

int pidfd_open_process(pid_t pid);       /* -1 and errno */
int pidfd_signal(int pidfd, int signal); /* -1 and errno */
/* 1 when it has ended, 0 when it has not within `milliseconds` (-1: for ever). */
int pidfd_ended(int pidfd, int milliseconds);
/* Reaps our child. The wait status as of waitpid, or -1 and errno. */
int pidfd_reap(int pidfd, int *status);
/* Field 22 of /proc/PID/stat, 0 when there is no such process. */
uint64_t process_start_ticks(pid_t pid);
/* A pidfd for `pid` only if it still is the process that started at `ticks`; ESRCH otherwise. */
int pidfd_open_verified(pid_t pid, uint64_t ticks);

#endif
