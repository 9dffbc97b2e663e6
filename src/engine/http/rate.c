/*
 * rate.c - token buckets by route and asker. The table is of fixed size: sets of eight, and the bucket
 * that was touched longest ago makes room, so a flood of addresses costs a forgotten count and never
 * memory. Buckets hold the time at which they would be full (GCRA), so nothing has to refill them.
 */
#include "engine/http/http_int.h"
#include <stdlib.h>
#include <sys/random.h>

enum { WAYS = 8 };

struct bucket {
    uint64_t key;
    int64_t full_ns; /* when all tokens are back */
};

struct rate_table {
    pthread_mutex_t lock;
    uint64_t seed; /* so that nobody outside can choose whose bucket theirs pushes out */
    size_t n_sets;
    struct bucket b[];
};

struct rate_table *rate_new(size_t slots) {
    size_t n_sets = MAX(slots / WAYS, (size_t)1);
    struct rate_table *t = calloc(1, sizeof *t + n_sets * WAYS * sizeof t->b[0]);
    if (!t)
        return NULL;
    pthread_mutex_init(&t->lock, NULL);
    t->n_sets = n_sets;
    if (getrandom(&t->seed, sizeof t->seed, 0) < 0)
        t->seed = (uint64_t)clock_mono_ns();
    return t;
}

void rate_free(struct rate_table *t) {
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* FNV-1a, then the finaliser of MurmurHash3 (both are in the public domain). */
static uint64_t key_of(uint64_t seed, unsigned route, struct str who) {
    uint64_t h = seed ^ 0xcbf29ce484222325u;
    h = (h ^ route) * 0x100000001b3u;
    for (size_t i = 0; i < who.n; i++)
        h = (h ^ (uint8_t)who.p[i]) * 0x100000001b3u;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    h ^= h >> 33;
    return h ? h : 1;
}

static struct bucket *bucket_find(struct rate_table *t, uint64_t key) {
    struct bucket *set = &t->b[key % t->n_sets * WAYS], *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].full_ns < oldest->full_ns)
            oldest = &set[i];
    }
    *oldest = (struct bucket){.key = key};
    return oldest;
}

struct rate rate_take(struct rate_table *t, unsigned route, struct str who, int per_minute,
                      int64_t now_ns) {
    int64_t one_ns = 60000000000 / per_minute, burst_ns = one_ns * per_minute;
    struct rate r = {.ok = true, .limit = per_minute};
    pthread_mutex_lock(&t->lock);
    struct bucket *b = bucket_find(t, key_of(t->seed, route, who));
    int64_t full = MAX(b->full_ns, now_ns) + one_ns;
    if (full - now_ns > burst_ns) {
        r.ok = false;
        r.retry_s = (int)((full - now_ns - burst_ns + 999999999) / 1000000000);
    } else {
        b->full_ns = full;
        r.remaining = (int)((burst_ns - (full - now_ns)) / one_ns);
    }
    pthread_mutex_unlock(&t->lock);
    return r;
}
