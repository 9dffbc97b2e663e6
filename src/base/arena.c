#include "base/arena.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *next;
    size_t used, cap;
    _Alignas(16) uint8_t data[];
};

enum { BLOCK = 16 << 10 };

/* A request is served with a handful of blocks, and the next one wants as many: each thread keeps a few, for a block
 * is large enough that malloc would tidy up everything before it gave one out. A request is often freed by another
 * thread than the one that filled it, so what one has too many of others take from a common heap. The sanitizer sees
 * through nothing that is kept, so it gets blocks of malloc. */
#if defined __SANITIZE_ADDRESS__
#define SPARE_KEPT 0
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SPARE_KEPT 0
#endif
#endif
#ifndef SPARE_KEPT
#define SPARE_KEPT 8
#endif
static const size_t spare_max = SPARE_KEPT, common_max = SPARE_KEPT * (size_t)8;

struct spare {
    struct arena_block *first;
    size_t n;
    bool ended; /* the thread is: whatever its other destructors still free is malloc's */
};

static _Thread_local struct spare spare;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t at_thread_end;
static bool ends_told;

static pthread_mutex_t common_lock = PTHREAD_MUTEX_INITIALIZER;
static struct spare common;

static void push(struct spare *s, struct arena_block *b) {
    b->next = s->first;
    s->first = b;
    s->n++;
}

static struct arena_block *pop(struct spare *s) {
    struct arena_block *b = s->first;
    if (b) {
        s->first = b->next;
        s->n--;
    }
    return b;
}

static bool common_keep(struct arena_block *b) {
    pthread_mutex_lock(&common_lock);
    bool fits = common.n < common_max;
    if (fits)
        push(&common, b);
    pthread_mutex_unlock(&common_lock);
    return fits;
}

static struct arena_block *common_take(void) {
    pthread_mutex_lock(&common_lock);
    struct arena_block *b = pop(&common);
    pthread_mutex_unlock(&common_lock);
    return b;
}

static void spare_free(void *arg) {
    struct spare *s = arg;
    while (s->first) {
        struct arena_block *next = s->first->next;
        free(s->first);
        s->first = next;
    }
    s->ended = true;
}

static void key_make(void) { ends_told = pthread_key_create(&at_thread_end, spare_free) == 0; }

static bool spare_keep(struct arena_block *b) {
    if (b->cap != BLOCK || spare.ended)
        return false;
    if (spare.n >= spare_max)
        return common_keep(b);
    if (!spare.first && (pthread_once(&once, key_make) || !ends_told || pthread_setspecific(at_thread_end, &spare)))
        return false;
    push(&spare, b);
    return true;
}

static struct arena_block *block_new(size_t cap) {
    struct arena_block *b = cap == BLOCK ? pop(&spare) : NULL;
    if (!b && cap == BLOCK)
        b = common_take();
    if (!b && (b = malloc(sizeof *b + cap)))
        b->cap = cap;
    return b;
}

static void block_free(struct arena_block *b) {
    if (!spare_keep(b))
        free(b);
}

void arena_done(struct arena *a) {
    while (a->head) {
        struct arena_block *next = a->head->next;
        block_free(a->head);
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
        b = block_new(cap);
        if (!b) {
            a->failed = true;
            return NULL;
        }
        b->used = 0;
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
