/*
 * The monitor's side of bridges: its connection to the net keeper. Joins belong to the connection, so
 * whatever way the monitor ends, its names and addresses are free again.
 */
#ifndef SAMPAN_BRIDGE_CLIENT_H
#define SAMPAN_BRIDGE_CLIENT_H

#include "../common/strbuf.h"
#include "../keep/lease.h"
#include "../spec/spec.h"
#include "ip.h"

struct fail;

enum { REQUEST_MOST = 65536 };

/* Asks the keeper for a connection to the net keeper. A descriptor, or -1 and fail. */
int bridge_connect(const struct lease *lease, struct fail *fail);

/* What a join gave. */
struct joined {
  char name[256], id[65], interface[16], mac[18];
  struct ip ip, ip6, gateway, gateway6;
  unsigned prefix, prefix6;
  char *json; /* the inside of {"joined":…}; owned */
};

/*
 * Joins `wanted`, with `again` for one that was joined before by another connection: the same addresses, as
 * far as it has some. 0, or -1 and fail.
 */
int bridge_join(int connection, const struct sampan_network *network, const struct sampan_membership *wanted,
                const struct joined *again, int netns, struct joined *out, struct fail *fail);
int bridge_leave(int connection, const char *name, int netns, struct fail *fail);
/* Tells it what the container is called and whom it asks for other names: the network's own fields. */
int bridge_rename(int connection, const struct sampan_network *network, struct fail *fail);
void joined_free(struct joined *joined);

#endif
