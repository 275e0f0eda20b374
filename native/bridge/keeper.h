/*
 * The net keeper: the user's bridges. A process forked by the keeper on the first {"want":"network"}, in the
 * user namespace; it has two threads. The first stays in the host's network namespace, where slirp4netns must
 * be started, and does nothing else. The other lives in the network namespace with the bridges and serves
 * everybody. Dies with the keeper; everything it made goes with its namespace.
 */
#ifndef SAMPAN_NET_KEEPER_H
#define SAMPAN_NET_KEEPER_H

struct fail;

/*
 * Runs in the keeper. Returns the control socket: each descriptor sent over it (send_fds, any byte) is a new
 * connection to serve. `userns` is joined by the new process.
 */
int net_keeper_start(int userns, struct fail *fail);

#endif
