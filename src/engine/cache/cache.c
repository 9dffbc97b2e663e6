/* cache.c - checks what is asked and hands it to the backend; settings and metrics of the room. */
#include "engine/cache/cache_int.h"
#include <stdlib.h>

const struct config_key cache_config[] = {
    {"cache-url", CONFIG_STR, "",
     .doc =
         "Where counters, stream slots and messages are shared: redis://user:password@host:6379/0 "
         "(Redis or Valkey); empty: in this process",
     .secret = true},
    {"cache-memory", CONFIG_SIZE, "64M", 1 << 20, 64LL << 30,
     .doc = "Memory of the cache in process; what was not used for longest goes first"},
    {"cache-deadline", CONFIG_DURATION, "100ms", 5, 10000,
     .doc = "How long one call to Redis may take before the request goes on without it"},
    {.name = NULL},
};

struct metric cache_metrics[] = {
    [M_CALLS] = {"matinee_cache_calls_total", METRIC_COUNTER, "Calls to the cache.", NULL},
    [M_ERRORS] = {"matinee_cache_errors_total", METRIC_COUNTER,
                  "Calls to the cache that failed: Redis was gone, slow or full.", NULL},
    [M_EVICTED] = {"matinee_cache_evicted_total", METRIC_COUNTER,
                   "Entries of the cache in process that made room before their time.", NULL},
    [M_ENTRIES] = {"matinee_cache_entries", METRIC_GAUGE, "Entries of the cache in process.", NULL},
    [M_BYTES] = {"matinee_cache_bytes", METRIC_GAUGE, "Memory of the cache in process.", NULL},
    [M_REACHABLE] = {"matinee_cache_redis_reachable", METRIC_GAUGE,
                     "1 while Redis answers; 0 while it does not, or without Redis.", NULL},
    {0},
};

void cache_options_from_config(const struct config *c, struct cache_options *o) {
    o->url = config_str(c, "cache-url");
    o->max_bytes = (size_t)config_int(c, "cache-memory");
    o->deadline_ms = (int)config_int(c, "cache-deadline");
}

static int memory_make(const struct cache_options *o, struct cache **ret, struct err *reterr) {
    struct cache *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(reterr, ERR_NO_MEMORY, "cache");
    c->driver = &memory_driver;
    pthread_mutex_init(&c->listeners.lock, NULL);
    int rc = memory_open(o, &c->listeners, &c->self, reterr);
    if (rc < 0) {
        cache_close(c);
        return rc;
    }
    *ret = c;
    return 0;
}

int cache_open(const struct cache_options *o, struct cache **ret_c, struct err *reterr) {
    struct cache *local = NULL, *c;
    int rc = memory_make(o, &local, reterr);
    if (rc < 0 || !o->url || !*o->url) {
        if (rc == 0)
            *ret_c = local;
        return rc;
    }
    c = calloc(1, sizeof *c);
    if (!c) {
        cache_close(local);
        return err_set(reterr, ERR_NO_MEMORY, "cache");
    }
    c->driver = &redis_driver;
    c->local = local;
    pthread_mutex_init(&c->listeners.lock, NULL);
    rc = redis_open(o, &c->listeners, &c->self, reterr);
    if (rc < 0) {
        cache_close(c);
        return rc;
    }
    *ret_c = c;
    return 0;
}

void cache_close(struct cache *c) {
    if (!c)
        return;
    if (c->self)
        c->driver->close(c->self);
    cache_close(c->local);
    pthread_mutex_destroy(&c->listeners.lock);
    free(c);
}

struct cache *cache_local(struct cache *c) {
    return c->local ? c->local : c;
}

bool cache_reachable(struct cache *c) {
    return c->driver->reachable(c->self);
}

bool cache_young(struct cache *c) {
    return c->driver->young && c->driver->young(c->self);
}

/* FNV-1a, then the finaliser of MurmurHash3 (both are in the public domain). */
uint64_t cache_hash(uint64_t seed, struct str s) {
    uint64_t h = seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.p[i]) * 0x100000001b3u;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

static int slot_order(const void *a, const void *b) {
    return str_cmp(((const struct cache_slot *)a)->member, ((const struct cache_slot *)b)->member);
}

void slots_sort(struct cache_slots *s) {
    if (s->n)
        qsort(s->v, s->n, sizeof *s->v, slot_order);
}

/* ---- The calls: what is handed on was checked here ---- */

static int key_check(struct str key, struct err *reterr) {
    if (key.n >= 1 && key.n <= CACHE_KEY_MAX)
        return 0;
    return err_set(reterr, ERR_INVALID, "cache: a key of %zu bytes (1 to %d)", key.n,
                   CACHE_KEY_MAX);
}

static int value_check(struct str value, int64_t ttl_ms, struct err *reterr) {
    if (value.n > CACHE_VALUE_MAX)
        return err_set(reterr, ERR_TOO_LARGE, "cache: a value of %zu bytes (at most %d)", value.n,
                       CACHE_VALUE_MAX);
    return ttl_ms > 0 ? 0
                      : err_set(reterr, ERR_INVALID, "cache: a life of %lld ms", (long long)ttl_ms);
}

static int told(int rc) {
    metric_add(&cache_metrics[M_CALLS], 1);
    if (rc < 0)
        metric_add(&cache_metrics[M_ERRORS], 1);
    return rc;
}

int cache_get(struct cache *c, struct str key, struct arena *a, struct str *ret_value,
              struct err *reterr) {
    int rc = key_check(key, reterr);
    return rc ? rc : told(c->driver->get(c->self, key, a, ret_value, reterr));
}

static int value_set(struct cache *c, struct str key, struct str value, int64_t ttl_ms,
                     bool only_new, struct err *reterr) {
    int rc = key_check(key, reterr);
    if (rc == 0)
        rc = value_check(value, ttl_ms, reterr);
    return rc ? rc : told(c->driver->set(c->self, key, value, ttl_ms, only_new, reterr));
}

int cache_set(struct cache *c, struct str key, struct str value, int64_t ttl_ms,
              struct err *reterr) {
    int rc = value_set(c, key, value, ttl_ms, false, reterr);
    return MIN(rc, 0);
}

int cache_add(struct cache *c, struct str key, struct str value, int64_t ttl_ms,
              struct err *reterr) {
    return value_set(c, key, value, ttl_ms, true, reterr);
}

int cache_delete(struct cache *c, struct str key, struct err *reterr) {
    int rc = key_check(key, reterr);
    return rc ? rc : told(c->driver->del(c->self, key, NULL, reterr));
}

int cache_delete_if(struct cache *c, struct str key, struct str value, struct err *reterr) {
    int rc = key_check(key, reterr);
    return rc ? rc : told(c->driver->del(c->self, key, &value, reterr));
}

int cache_count(struct cache *c, struct str key, int64_t by, int64_t window_ms, int64_t *ret_count,
                struct err *reterr) {
    int rc = key_check(key, reterr);
    if (rc == 0)
        rc = value_check(STR_NULL, window_ms, reterr);
    return rc ? rc : told(c->driver->count(c->self, key, by, window_ms, ret_count, reterr));
}

int cache_take(struct cache *c, struct str key, int64_t limit, int64_t window_ms,
               struct cache_rate *ret_rate, struct err *reterr) {
    int rc = key_check(key, reterr);
    if (rc == 0)
        rc = value_check(STR_NULL, window_ms, reterr);
    if (rc == 0 && (limit < 1 || limit > window_ms * 1000))
        rc = err_set(reterr, ERR_INVALID, "cache: a rate of %lld", (long long)limit);
    if (rc)
        return rc;
    int64_t one_us = window_ms * 1000 / limit;
    return told(c->driver->rate(c->self, key, one_us, one_us * limit, ret_rate, reterr));
}

static int slot_check(struct str key, struct str member, struct str value, int64_t ttl_ms,
                      struct err *reterr) {
    int rc = key_check(key, reterr);
    if (rc == 0)
        rc = key_check(member, reterr);
    if (rc == 0 && value.n > CACHE_KEY_MAX)
        rc = err_set(reterr, ERR_TOO_LARGE, "cache: a slot's value of %zu bytes", value.n);
    return rc ? rc : value_check(STR_NULL, ttl_ms, reterr);
}

int cache_slot_acquire(struct cache *c, struct str key, struct str member, struct str value,
                       int64_t ttl_ms, int64_t limit, struct arena *a,
                       struct cache_slots *ret_others, struct err *reterr) {
    struct cache_slots others = {0};
    int rc = slot_check(key, member, value, ttl_ms, reterr);
    if (rc == 0)
        rc = told(c->driver->slot_acquire(c->self, key, member, value, ttl_ms,
                                          CLAMP(limit, 0, CACHE_SLOTS_MAX), a, &others, reterr));
    if (ret_others)
        *ret_others = others;
    return rc;
}

int cache_slot_refresh(struct cache *c, struct str key, struct str member, struct str value,
                       int64_t ttl_ms, struct err *reterr) {
    int rc = slot_check(key, member, value, ttl_ms, reterr);
    return rc ? rc : told(c->driver->slot_refresh(c->self, key, member, value, ttl_ms, reterr));
}

int cache_slot_release(struct cache *c, struct str key, struct str member, struct str value,
                       struct err *reterr) {
    int rc = slot_check(key, member, value, 1, reterr);
    return rc ? rc : told(c->driver->slot_release(c->self, key, member, value, reterr));
}

int cache_slot_list(struct cache *c, struct str key, struct arena *a, struct cache_slots *ret_slots,
                    struct err *reterr) {
    *ret_slots = (struct cache_slots){0};
    int rc = key_check(key, reterr);
    return rc ? rc : told(c->driver->slot_list(c->self, key, a, ret_slots, reterr));
}

int cache_publish(struct cache *c, struct str channel, struct str message, struct err *reterr) {
    int rc = key_check(channel, reterr);
    if (rc == 0)
        rc = value_check(message, 1, reterr);
    if (rc)
        return rc;
    rc = told(c->driver->publish(c->self, channel, message, reterr));
    if (rc < 0) /* those of this process need no Redis to hear of it */
        listeners_tell(&c->listeners, channel, message);
    return rc;
}
