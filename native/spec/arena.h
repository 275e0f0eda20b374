/* Memory that goes all at once: everything a bundle points to. */
#ifndef SAMPAN_ARENA_H
#define SAMPAN_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
/* Zeroed, aligned for anything. */
void *arena_take(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text);
void arena_free(struct arena **arena);

#endif
