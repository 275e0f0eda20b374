/*
 * Unix sockets by folder and name: the length of the folder's path does not matter (sun_path has 108 bytes),
 * since the address goes through /proc/self/fd. All descriptors are close-on-exec.
 */
#ifndef SAMPAN_SOCKET_H
#define SAMPAN_SOCKET_H

#include <stddef.h>
#include <sys/types.h>

/* type: SOCK_STREAM, SOCK_SEQPACKET, or-ed with SOCK_NONBLOCK if wished. A stale NAME is replaced. -1 and
 * errno. */
int unix_listen(int dirfd, const char *name, int type, int backlog);
int unix_connect(int dirfd, const char *name, int type);

/* One message of at least a byte with up to 4 descriptors. */
int send_fds(int socket, const void *bytes, size_t length, const int *fds, size_t count);
/*
 * Receives one message. Returns its length (0: the other side is gone), -1 and errno. `fds` is filled with
 * what came, the rest with -1; the caller owns them.
 */
ssize_t recv_fds(int socket, void *bytes, size_t room, int *fds, size_t count);

#endif
