/* slab.c - a list of free pieces a size, and a chunk that is being cut up. */
#include "engine/cache/slab.h"
#include <stdalign.h>
#include <stdlib.h>

/* Pieces that nobody has are poisoned, as free() would do. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SLAB_ASAN
#endif
#elif defined __SANITIZE_ADDRESS__
#define SLAB_ASAN
#endif
#ifdef SLAB_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { CHUNK_BYTES = 64 << 10 };

struct slab_piece {
    struct slab_piece *next;
};
struct slab_chunk {
    struct slab_chunk *next;
    alignas(16) char bytes[];
};

static size_t size_of(size_t n) {
    return (n + SLAB_STEP - 1) / SLAB_STEP * SLAB_STEP;
}

static void *piece_cut(struct slab *s, size_t size) {
    if (s->left < size) { /* what is left of the last is lost: half a piece in a hundred */
        struct slab_chunk *chunk = malloc(CHUNK_BYTES);
        if (!chunk)
            return NULL;
        chunk->next = s->chunks;
        s->chunks = chunk;
        s->left = CHUNK_BYTES - sizeof *chunk;
        ASAN_POISON_MEMORY_REGION(chunk->bytes, s->left);
    }
    char *p = s->chunks->bytes + (CHUNK_BYTES - sizeof *s->chunks - s->left);
    s->left -= size;
    return p;
}

void *slab_take(struct slab *s, size_t n) {
    size_t size = size_of(n);
    if (size > SLAB_PIECE_MAX)
        return malloc(n);
    struct slab_piece **list = &s->free[size / SLAB_STEP - 1], *p = *list;
    if (!p)
        p = piece_cut(s, size);
    if (!p)
        return NULL;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    if (p == *list)
        *list = p->next;
    ASAN_POISON_MEMORY_REGION((char *)p + n, size - n);
    return p;
}

void slab_give(struct slab *s, void *p, size_t n) {
    size_t size = size_of(n);
    if (!p)
        return;
    if (size > SLAB_PIECE_MAX) {
        free(p);
        return;
    }
    struct slab_piece **list = &s->free[size / SLAB_STEP - 1], *piece = p;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    piece->next = *list;
    *list = piece;
    ASAN_POISON_MEMORY_REGION(p, size);
}

void slab_done(struct slab *s) {
    for (struct slab_chunk *c = s->chunks, *next; c; c = next) {
        next = c->next;
        ASAN_UNPOISON_MEMORY_REGION(c->bytes, CHUNK_BYTES - sizeof *c);
        free(c);
    }
    *s = (struct slab){0};
}
