/* What --rm removes when the container has ended. */
#pragma once

struct bundle;

/**
 * Removes the container's folder (renamed first: from then on nobody finds it), the reservation of its name
 * and its anonymous volumes. Runs in the user namespace, whose root owns all of it. What cannot be removed
 * stays under the name ID.rm-…, which the next rm or prune finishes.
 */
void remove_container(const struct bundle *bundle);
