/* A container's bridge networks, in the monitor: joins, what is written of them, and putting them back. */
#ifndef SAMPAN_BRIDGED_H
#define SAMPAN_BRIDGED_H

#include "../keep/lease.h"
#include "../spec/spec.h"
#include "inner.h"

struct fail;
struct bridged; /* opaque */

/* Joins all networks of the bundle. `netns` stays the caller's and must live as long. */
int bridged_open(const struct bundle *bundle, const struct lease *lease, int netns, struct bridged **out,
                 struct fail *fail);
/* Closes the connection, which gives everything back. NULL is fine. */
void bridged_close(struct bridged *bridged);

/* The connection to the net keeper: it becomes readable when that has gone. */
int bridged_connection(const struct bridged *bridged);
/* Then: the same networks, addresses and interfaces again, by a new net keeper. */
int bridged_repair(struct bridged *bridged, const struct lease *lease, struct fail *fail);

/* Live changes. `answer` is the line for who asked. The membership must live as long as `bridged`. */
int bridged_join(struct bridged *bridged, const struct sampan_membership *wanted, struct strbuf *answer,
                 struct fail *fail);
int bridged_leave(struct bridged *bridged, const char *name, struct strbuf *answer, struct fail *fail);

/* After a change of the names in the bundle, or of BUNDLE/hosts. */
int bridged_rename(struct bridged *bridged, struct fail *fail);

/* Where connections of published ports go, as of now. The caller owns it. */
struct inside *bridged_inside(const struct bridged *bridged);

#endif
