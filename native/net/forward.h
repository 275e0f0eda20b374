/* The thread that carries published ports into the container's network namespace. */
#ifndef SAMPAN_FORWARD_H
#define SAMPAN_FORWARD_H

#include "inner.h"
#include "ports.h"

struct fail;
struct forwarder;

/* `listeners` stay the caller's and must live until forward_stop. With none nothing is started and *out stays
 * NULL. */
int forward_start(const struct listeners *listeners, const struct inside *inside, int netns,
                  struct forwarder **out, struct fail *fail);

/* The container's addresses have changed. */
void forward_move(struct forwarder *forwarder, const struct inside *inside);

/* More ports, while it runs; `listeners` as for forward_start. */
int forward_publish(struct forwarder *forwarder, const struct listeners *listeners, struct fail *fail);
/* No new connections by this one any more; the caller closes its socket afterwards. */
void forward_unpublish(struct forwarder *forwarder, const struct listener *listener);

/* What the container has sent still reaches its clients, for half a second at most. Joins the thread. NULL is
 * fine. */
void forward_stop(struct forwarder *forwarder);

#endif
