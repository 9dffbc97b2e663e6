/*
 * slab.h - small pieces of memory that stay for seconds or hours, from chunks of their own. Between the short-lived pieces of
 * requests they would leave a hole each, and malloc hands holes out oldest first: every request would run in memory that has
 * left the processor's caches.
 *
 * What was given back is handed out again, last first; chunks go with slab_done. Pieces of more than SLAB_PIECE_MAX are
 * malloc's. No lock: the caller has one.
 */
#pragma once
#include <stddef.h>

enum { SLAB_STEP = 16, SLAB_PIECE_MAX = 512, SLAB_CLASSES = SLAB_PIECE_MAX / SLAB_STEP };

struct slab_chunk;
struct slab_piece;
struct slab {
    struct slab_piece *free[SLAB_CLASSES];
    struct slab_chunk *chunks;
    size_t left; /* of the newest */
};

/* n bytes, n > 0, aligned to 16, not cleared; NULL: no memory. */
void *slab_take(struct slab *s, size_t n);
/* n as it was asked for; p may be NULL. */
void slab_give(struct slab *s, void *p, size_t n);
/* Everything that was taken is gone, but for what malloc gave. */
void slab_done(struct slab *s);
