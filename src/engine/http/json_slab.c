/*
 * json_slab.c - see json_slab.h. malloc's pieces begin at a multiple of 16; a slab's begin 8 behind one, and that is how free tells
 * them apart. What Jansson keeps in them needs 8. A slab begins at a multiple of its size, so a piece finds it.
 */
#include "engine/http/json_slab.h"
#include "base/base.h"
#include <jansson.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { SLAB_BYTES = 8 << 10, STEP = 16, PIECE_AT = 8 };

struct json_slab {
    _Atomic(unsigned) live; /* pieces, and one for the thread whose slab it is */
    unsigned used;          /* bytes, this head with them; of that thread alone */
};

static_assert(sizeof(struct json_slab) <= PIECE_AT, "the head lies before the first piece");
static_assert(alignof(max_align_t) == STEP, "malloc's pieces can be told from a slab's");

static _Thread_local struct json_slab *own;
static _Thread_local bool parsing;
static pthread_key_t own_ends;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void slab_drop(struct json_slab *s) {
    if (atomic_fetch_sub(&s->live, 1) == 1)
        free(s);
}

static void thread_ends(void *slab) {
    own = NULL;
    slab_drop(slab);
}

static void key_make(void) {
    if (pthread_key_create(&own_ends, thread_ends) != 0)
        abort(); /* at the program's start */
}

/* Whose pieces all went is begun anew. One of which something is still kept is left to that. */
static struct json_slab *slab_own(void) {
    if (own && atomic_load(&own->live) == 1) {
        own->used = PIECE_AT;
        return own;
    }
    pthread_once(&once, key_make);
    struct json_slab *fresh = aligned_alloc(SLAB_BYTES, SLAB_BYTES), *old = own;
    if (!fresh)
        return NULL;
    if (pthread_setspecific(own_ends, fresh) != 0) {
        free(fresh);
        return NULL;
    }
    atomic_init(&fresh->live, 1);
    fresh->used = PIECE_AT;
    own = fresh;
    if (old)
        slab_drop(old);
    return own;
}

void json_slab_begin(void) { parsing = slab_own() != NULL; }

void json_slab_end(void) { parsing = false; }

void *json_slab_malloc(size_t n) {
    if (!parsing || n > SLAB_BYTES)
        return malloc(n);
    unsigned size = (unsigned)((n + STEP - 1) / STEP * STEP);
    if (own->used + size > SLAB_BYTES)
        return malloc(n);
    char *p = (char *)own + own->used;
    own->used += size;
    atomic_fetch_add_explicit(&own->live, 1, memory_order_relaxed);
    return p;
}

void json_slab_free(void *p) {
    uintptr_t at = (uintptr_t)p;
    if (at % STEP != PIECE_AT)
        free(p);
    else
        slab_drop((struct json_slab *)((char *)p - at % SLAB_BYTES));
}

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define JSON_ASAN
#endif
#elif defined __SANITIZE_ADDRESS__
#define JSON_ASAN
#endif

void json_slab_install(void) {
#ifndef JSON_ASAN
    json_malloc_t takes;
    json_free_t gives;
    json_get_alloc_funcs(&takes, &gives);
    if (takes == malloc)
        json_set_alloc_funcs(json_slab_malloc, json_slab_free);
#endif
}
