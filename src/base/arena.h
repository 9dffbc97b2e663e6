/* arena.h - memory that lives until one moment: the end of a request, a job, a command. Not
 * thread-safe: one arena belongs to one thread at a time. */
#pragma once
#include "base/base.h"

struct arena_block;
struct arena {
    struct arena_block *head;
    size_t used, max;
    bool failed; /* an allocation was refused; entry points answer ERR_LIMIT */
};

#define ARENA(ceiling) ((struct arena){.max = (ceiling)})

void arena_done(struct arena *a);
void arena_reset(struct arena *a); /* keeps one block for the next use */
/* Zeroed, aligned to 16. NULL and .failed at the ceiling. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t count, size_t size); /* checked product */
void *arena_copy(struct arena *a, const void *p, size_t n);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_news(a, type, count) ((type *)arena_array((a), (count), sizeof(type)))
