/* Changes of a running container's networks and ports, and putting them back when the keeper was killed. */
#pragma once

#include "../common/strbuf.h"

struct monitor;

/** Does what a frame N asks for; `answer` becomes the JSON of the frame that goes back. */
void live_change(struct monitor *monitor, const char *request, struct strbuf *answer);

/** From the start of the network on: watches the net keeper's connection and the keeper's. */
void live_watch(struct monitor *monitor);

/** Before the network is stopped. */
void live_unwatch(struct monitor *monitor);
