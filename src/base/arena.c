#include "base/arena.h"
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t used, cap;
    _Alignas(16) uint8_t data[];
};

enum { BLOCK = 16 << 10 };

void arena_done(struct arena *a) {
    while (a->head) {
        struct arena_block *next = a->head->next;
        free(a->head);
        a->head = next;
    }
    a->used = 0;
}

void arena_reset(struct arena *a) {
    struct arena_block *keep = a->head;
    if (keep) {
        a->head = keep->next;
        arena_done(a);
        if (keep->cap == BLOCK) {
            keep->next = NULL;
            keep->used = 0;
            a->head = keep;
        } else {
            free(keep);
            a->head = NULL;
        }
    }
    a->used = 0;
    a->failed = false;
}

void *arena_alloc(struct arena *a, size_t n) {
    if (n > SIZE_MAX - 16 - sizeof(struct arena_block)) {
        a->failed = true;
        return NULL;
    }
    n = (n + 15) & ~(size_t)15;
    if (a->used > a->max || n > a->max - a->used) {
        a->failed = true;
        return NULL;
    }
    struct arena_block *b = a->head;
    if (!b || b->cap - b->used < n) {
        size_t cap = MAX(n, (size_t)BLOCK);
        b = malloc(sizeof *b + cap);
        if (!b) {
            a->failed = true;
            return NULL;
        }
        b->used = 0;
        b->cap = cap;
        b->next = a->head;
        a->head = b;
    }
    void *p = b->data + b->used;
    b->used += n;
    a->used += n;
    return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t count, size_t size) {
    size_t n;
    if (__builtin_mul_overflow(count, size, &n)) {
        a->failed = true;
        return NULL;
    }
    return arena_alloc(a, n);
}

void *arena_copy(struct arena *a, const void *p, size_t n) {
    void *to = arena_alloc(a, n);
    if (to && n)
        memcpy(to, p, n);
    return to;
}
