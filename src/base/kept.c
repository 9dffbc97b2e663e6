/* kept.c - shards, each a table of chains and a list by use under a lock of its own. */
#include "base/kept.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SHARDS = 16, SHARD_BUCKETS = 1 << 11, SHARD_ITEMS = KEPT_MAX / SHARDS };

struct item {
    struct item *next;          /* of its bucket */
    struct item *newer, *older; /* by use */
    uint32_t hash;
    int64_t revision;
    size_t key_n, text_n;
    char bytes[]; /* key, text */
};

struct kept_shard {
    pthread_mutex_t lock;
    struct item *buckets[SHARD_BUCKETS];
    struct item *newest, *oldest;
    size_t n;
};

static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;

static struct kept_shard *shards_of(struct kept *k) {
    struct kept_shard *s = __atomic_load_n(&k->shards, __ATOMIC_ACQUIRE);
    if (s)
        return s;
    pthread_mutex_lock(&making);
    if (!k->shards && (s = calloc(SHARDS, sizeof *s)) != NULL) {
        for (size_t i = 0; i < SHARDS; i++)
            pthread_mutex_init(&s[i].lock, NULL);
        __atomic_store_n(&k->shards, s, __ATOMIC_RELEASE);
    }
    s = k->shards;
    pthread_mutex_unlock(&making);
    return s;
}

static uint32_t hash_of(struct str key) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < key.n; i++)
        h = (h ^ (uint8_t)key.p[i]) * 16777619u;
    return h;
}

static struct item **bucket_of(struct kept_shard *s, uint32_t hash) {
    return &s->buckets[hash / SHARDS % SHARD_BUCKETS];
}

static void use_remove(struct kept_shard *s, struct item *t) {
    *(t->newer ? &t->newer->older : &s->newest) = t->older;
    *(t->older ? &t->older->newer : &s->oldest) = t->newer;
}

static void use_add(struct kept_shard *s, struct item *t) {
    t->newer = NULL;
    t->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = t;
    s->newest = t;
}

static struct item *find_locked(struct kept_shard *s, uint32_t hash, struct str key) {
    for (struct item *t = *bucket_of(s, hash); t; t = t->next)
        if (t->hash == hash && str_eq(str_make(t->bytes, t->key_n), key))
            return t;
    return NULL;
}

static void drop_locked(struct kept_shard *s, struct item *t) {
    struct item **at = bucket_of(s, t->hash);
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    use_remove(s, t);
    s->n--;
    free(t);
}

void kept_put(struct kept *k, struct str key, int64_t revision, struct str text) {
    uint32_t hash = hash_of(key);
    struct kept_shard *s = key.n <= KEPT_KEY_MAX ? shards_of(k) : NULL;
    struct item *t = s ? malloc(sizeof *t + key.n + text.n) : NULL;
    if (!t)
        return;
    *t = (struct item){.hash = hash, .revision = revision, .key_n = key.n, .text_n = text.n};
    if (key.n)
        memcpy(t->bytes, key.p, key.n);
    if (text.n)
        memcpy(t->bytes + key.n, text.p, text.n);
    s = &s[hash % SHARDS];
    pthread_mutex_lock(&s->lock);
    struct item *old = find_locked(s, hash, key);
    if (old)
        drop_locked(s, old);
    struct item **at = bucket_of(s, hash);
    t->next = *at;
    *at = t;
    use_add(s, t);
    if (++s->n > SHARD_ITEMS)
        drop_locked(s, s->oldest);
    pthread_mutex_unlock(&s->lock);
}

bool kept_get(struct kept *k, struct str key, int64_t revision, struct buf *into) {
    uint32_t hash = hash_of(key);
    struct kept_shard *s = shards_of(k);
    if (!s)
        return false;
    s = &s[hash % SHARDS];
    pthread_mutex_lock(&s->lock);
    struct item *t = find_locked(s, hash, key);
    bool good = t && t->revision == revision;
    if (good) {
        buf_mem(into, t->bytes + t->key_n, t->text_n);
        use_remove(s, t);
        use_add(s, t);
    }
    pthread_mutex_unlock(&s->lock);
    return good;
}

void kept_clear(struct kept *k) {
    for (size_t i = 0; k->shards && i < SHARDS; i++) {
        while (k->shards[i].oldest)
            drop_locked(&k->shards[i], k->shards[i].oldest);
        pthread_mutex_destroy(&k->shards[i].lock);
    }
    free(k->shards);
    k->shards = NULL;
}
