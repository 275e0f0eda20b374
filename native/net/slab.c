/* See slab.h. Used by one thread. */
#include "slab.h"
#include <string.h>
#include <sys/mman.h>

enum { CHUNK = 32 * 1024 };

struct slab_item {
  struct slab_item *next;
};

struct slab_chunk {
  struct slab_chunk *next;
  _Alignas(16) char objects[];
};

static int grow(struct slab *slab) {
  size_t step = (slab->size + 15) & ~(size_t)15;
  struct slab_chunk *chunk = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (chunk == MAP_FAILED) return -1;
  chunk->next = slab->chunks;
  slab->chunks = chunk;
  for (size_t at = 0; at + step <= CHUNK - sizeof *chunk; at += step) slab_give(slab, chunk->objects + at);
  return 0;
}

void *slab_take(struct slab *slab) {
  if (!slab->free && grow(slab) < 0) return NULL;
  struct slab_item *item = slab->free;
  slab->free = item->next;
  return memset(item, 0, slab->size);
}

void slab_give(struct slab *slab, void *object) {
  struct slab_item *item = object;
  item->next = slab->free;
  slab->free = item;
}

void slab_drop(struct slab *slab) {
  for (struct slab_chunk *chunk = slab->chunks, *next; chunk; chunk = next) {
    next = chunk->next;
    munmap(chunk, CHUNK);
  }
  slab->chunks = NULL;
  slab->free = NULL;
}
