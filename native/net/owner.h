/* Who has the port that a container was to publish. */
#ifndef SAMPAN_OWNER_H
#define SAMPAN_OWNER_H

struct fail;

/*
 * Completes the hint of a failed "publish port" whose port is in use. For the process that the person called:
 * it is in the host's user namespace, so it may look at the descriptors of the user's other programs; the
 * monitor may not.
 */
void owner_hint(struct fail *fail);

#endif
