/* Processes by pidfd: never a signal by number. */
#ifndef SAMPAN_PIDFD_H
#define SAMPAN_PIDFD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fail;

int pidfd_open_process(pid_t pid);       /* -1 and errno */
int pidfd_signal(int pidfd, int signal); /* -1 and errno */
/* 1 when it has ended, 0 when it has not within `milliseconds` (-1: for ever). */
int pidfd_ended(int pidfd, int milliseconds);
/*
 * Whether the first process of a pid namespace would notice the signal: one that it neither handles nor
 * blocks the kernel drops, and waiting for it to end would always take the whole time. True where one cannot
 * know.
 */
bool signal_noticed(pid_t pid, int signal);
/* Reaps our child. The wait status as of waitpid, or -1 and errno. */
int pidfd_reap(int pidfd, int *status);
/* Field 22 of /proc/PID/stat, 0 when there is no such process. */
uint64_t process_start_ticks(pid_t pid);
/* A pidfd for `pid` only if it still is the process that started at `ticks`; ESRCH otherwise. */
int pidfd_open_verified(pid_t pid, uint64_t ticks);

#endif
