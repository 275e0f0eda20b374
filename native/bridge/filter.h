/* nftables by nfnetlink, without the nft program. */
#ifndef SAMPAN_FILTER_H
#define SAMPAN_FILTER_H

/*
 * In the calling thread's network namespace: what leaves by `outside` gets its address (masquerade), and
 * nothing is forwarded from one bridge to another. -1 and errno.
 */
int filter_install(const char *outside);

#endif
