/*
 * Objects of one size for the forwarding thread, straight from mmap: malloc's lock must not be held while the
 * monitor clones a child (net.h).
 */
#ifndef SAMPAN_SLAB_H
#define SAMPAN_SLAB_H

#include <stddef.h>

struct slab {
  size_t size;
  struct slab_item *free;
  struct slab_chunk *chunks;
};

/* A zeroed object, NULL when there is no memory. */
void *slab_take(struct slab *slab);
void slab_give(struct slab *slab, void *object);
/* Everything at once, taken or not. */
void slab_drop(struct slab *slab);

#endif
