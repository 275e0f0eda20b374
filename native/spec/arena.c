#include "arena.h"
#include "../common/strbuf.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096 - 64, ALIGN = 16 };

struct block {
  struct block *next;
  size_t used, room;
  _Alignas(ALIGN) char bytes[];
};

struct arena {
  struct block *blocks;
};

struct arena *arena_new(void) {
  struct arena *arena = need_memory(sizeof *arena);
  arena->blocks = NULL;
  return arena;
}

void *arena_take(struct arena *arena, size_t size) {
  size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
  struct block *block = arena->blocks;
  if (!block || block->room - block->used < size) {
    size_t room = size > BLOCK ? size : BLOCK;
    block = need_memory(sizeof *block + room);
    *block = (struct block){.next = arena->blocks, .room = room};
    arena->blocks = block;
  }
  void *taken = block->bytes + block->used;
  block->used += size;
  return memset(taken, 0, size);
}

char *arena_copy(struct arena *arena, const char *text) {
  size_t size = strlen(text) + 1;
  return memcpy(arena_take(arena, size), text, size);
}

void arena_free(struct arena **arena) {
  if (!*arena) return;
  for (struct block *block = (*arena)->blocks; block;) {
    struct block *next = block->next;
    free(block);
    block = next;
  }
  free(*arena);
  *arena = NULL;
}
