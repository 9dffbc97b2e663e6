/* cache_int.h - what the files of the cache share: the backend's shape, who listens, the address. */
#pragma once
#include "engine/cache/cache.h"
#include <pthread.h>

/* One function a call of cache.h, whose arguments cache.c has checked. */
struct cache_driver {
    void (*close)(void *self);
    bool (*reachable)(void *self);
    bool (*young)(void *self); /* NULL: never */
    int (*get)(void *self, struct str key, struct arena *a, struct str *ret, struct err *reterr);
    int (*set)(void *self, struct str key, struct str value, int64_t ttl_ms, bool only_new,
               struct err *reterr);
    int (*del)(void *self, struct str key, const struct str *only, struct err *reterr);
    int (*count)(void *self, struct str key, int64_t by, int64_t window_ms, int64_t *ret,
                 struct err *reterr);
    int (*rate)(void *self, struct str key, int64_t one_us, int64_t burst_us, struct cache_rate *ret,
                struct err *reterr);
    int (*slot_acquire)(void *self, struct str key, struct str member, struct str value,
                        int64_t ttl_ms, int64_t limit, struct arena *a, struct cache_slots *ret,
                        struct err *reterr);
    int (*slot_refresh)(void *self, struct str key, struct str member, struct str value,
                        int64_t ttl_ms, struct err *reterr);
    int (*slot_release)(void *self, struct str key, struct str member, struct str value,
                        struct err *reterr);
    int (*slot_list)(void *self, struct str key, struct arena *a, struct cache_slots *ret,
                     struct err *reterr);
    int (*publish)(void *self, struct str channel, struct str message, struct err *reterr);
    /* The first listener of a channel came, or the last went. Called with listeners.lock held. */
    void (*listen)(void *self, struct str channel, bool on);
};

/* listeners.c: who in this process listens to which channel. */
enum { LISTENER_BUCKETS = 1024 };
struct cache_sub {
    struct cache *cache;
    void (*fn)(void *arg, struct str message);
    void *arg;
    struct cache_sub *next; /* of the bucket */
    size_t n;
    char channel[];
};
struct listeners {
    pthread_mutex_t lock;
    struct cache_sub *bucket[LISTENER_BUCKETS];
};
void listeners_tell(struct listeners *l, struct str channel, struct str message);
/* Calls fn once for each channel that has a listener; the lock is held. */
void listeners_missed(struct listeners *l); /* tells all that they may have */
void listeners_channels(struct listeners *l, void (*fn)(void *arg, struct str channel), void *arg);

struct cache {
    const struct cache_driver *driver;
    void *self;
    struct cache *local; /* beside Redis; NULL: this one */
    struct listeners listeners;
};

/* url.c */
struct cache_url {
    char host[256], user[128], password[256];
    int port, db;
};
/* ERR_INVALID "cache.url"; the message never holds what stands before the @. */
int cache_url_parse(struct str url, struct cache_url *ret, struct err *reterr);

extern const struct cache_driver memory_driver, redis_driver;
int memory_open(const struct cache_options *o, struct listeners *l, void **ret, struct err *reterr);
int redis_open(const struct cache_options *o, struct listeners *l, void **ret, struct err *reterr);

uint64_t cache_hash(uint64_t seed, struct str s);
/* Orders by member, so that both backends answer alike. */
void slots_sort(struct cache_slots *s);

enum { M_CALLS, M_ERRORS, M_EVICTED, M_ENTRIES, M_BYTES, M_REACHABLE };
