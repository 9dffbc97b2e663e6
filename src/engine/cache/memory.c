/*
 * memory.c - the cache in process: shards, each a lock, a chained hash and a list by use. What has
 * ended is found when it is asked for, or falls off the list's end; the memory of a shard never
 * passes its share, and an entry of the largest size always fits.
 * Rates are no entries: there is one for each who asks, most end within a second. Each is 16 bytes in a table of small sets, found by
 * its key's hash alone (of 64 bits, seeded): a request touches a line or two of the processor's cache, and malloc not at all.
 */
#include "engine/cache/cache_int.h"
#include "engine/cache/slab.h"
#include <stdalign.h>
#include <stdlib.h>
#include <sys/random.h>

enum { SHARDS = 16, DEFAULT_BYTES = 64 << 20, SHARD_BYTES_MIN = CACHE_VALUE_MAX + 4096 };

enum { RATE_WAYS = 8, RATE_SETS_MIN = 8, RATES_SHARE = 8 }; /* an eighth of the memory, at most */

enum kind { K_VALUE, K_COUNT, K_SLOTS };
struct member {
    char *name; /* "member" and "value", one after the other */
    size_t name_n, value_n;
    int64_t until_us;
};
struct entry {
    struct entry *chain, *newer, *older;
    uint64_t hash;
    int64_t until_us;
    size_t bytes;
    enum kind kind;
    int64_t number; /* K_COUNT */
    char *value;    /* K_VALUE */
    size_t value_n;
    struct member *members; /* K_SLOTS */
    size_t n_members, members_room;
    size_t key_n;
    char key[];
};
struct rate {
    uint64_t who;    /* its key's hash */
    int64_t full_us; /* when all of it is back: with that it has ended */
};
struct rate_set {
    alignas(64) struct rate way[RATE_WAYS];
};
struct shard {
    pthread_mutex_t lock;
    struct entry **table; /* of size slots, a power of two */
    size_t slots, n, bytes;
    struct entry *newest, *oldest;
    struct slab slab; /* entries, values, members */
    struct rate_set *rates; /* of rate_sets, a power of two */
    size_t rate_sets;
};
struct memory {
    const struct clock *clock;
    uint64_t seed; /* so that nobody outside can choose what collides */
    size_t shard_max, rate_sets_max; /* of a shard */
    struct listeners *listeners;
    struct shard shard[SHARDS];
};

/* Never goes back, as the system's clock may; a test's shift is added. */
static int64_t now_us(const struct memory *m) {
    int64_t shift = m->clock ? __atomic_load_n(&m->clock->offset_ms, __ATOMIC_RELAXED) : 0;
    return clock_mono_ns() / 1000 + shift * 1000;
}

static int64_t until(int64_t now, int64_t ttl_ms) {
    return ttl_ms > (INT64_MAX - now) / 1000 ? INT64_MAX : now + ttl_ms * 1000;
}

int memory_open(const struct cache_options *o, struct listeners *l, void **ret,
                struct err *reterr) {
    struct memory *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(reterr, ERR_NO_MEMORY, "cache");
    m->clock = o->clock;
    m->listeners = l;
    size_t share = (o->max_bytes ? o->max_bytes : DEFAULT_BYTES) / SHARDS;
    m->rate_sets_max = RATE_SETS_MIN;
    while (m->rate_sets_max * 2 * sizeof(struct rate_set) <= share / RATES_SHARE)
        m->rate_sets_max *= 2;
    m->shard_max = MAX(share - share / RATES_SHARE, (size_t)SHARD_BYTES_MIN);
    if (getrandom(&m->seed, sizeof m->seed, 0) != sizeof m->seed)
        m->seed = (uint64_t)clock_mono_ns();
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&m->shard[i].lock, NULL);
    *ret = m;
    return 0;
}

static void name_free(struct shard *s, const struct member *m) {
    slab_give(&s->slab, m->name, m->name_n + m->value_n);
}

static void members_free(struct shard *s, struct entry *e) {
    for (size_t i = 0; i < e->n_members; i++)
        name_free(s, &e->members[i]);
    slab_give(&s->slab, e->members, e->members_room * sizeof *e->members);
    e->members = NULL;
    e->n_members = e->members_room = 0;
}

static void list_remove(struct shard *s, struct entry *e) {
    *(e->newer ? &e->newer->older : &s->newest) = e->older;
    *(e->older ? &e->older->newer : &s->oldest) = e->newer;
    e->newer = e->older = NULL;
}

static void list_push(struct shard *s, struct entry *e) {
    e->older = s->newest;
    *(s->newest ? &s->newest->newer : &s->oldest) = e;
    s->newest = e;
}

static void entry_remove(struct shard *s, struct entry *e) {
    struct entry **at = &s->table[e->hash & (s->slots - 1)];
    while (*at != e)
        at = &(*at)->chain;
    *at = e->chain;
    list_remove(s, e);
    s->n--;
    s->bytes -= e->bytes;
    metric_add(&cache_metrics[M_ENTRIES], -1);
    metric_add(&cache_metrics[M_BYTES], -(int64_t)e->bytes);
    members_free(s, e);
    slab_give(&s->slab, e->value, e->value_n);
    slab_give(&s->slab, e, sizeof *e + e->key_n);
}

static void memory_close(void *self) {
    struct memory *m = self;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &m->shard[i];
        while (s->oldest)
            entry_remove(s, s->oldest);
        metric_add(&cache_metrics[M_BYTES], -(int64_t)(s->rate_sets * sizeof *s->rates));
        free(s->rates);
        free(s->table);
        slab_done(&s->slab);
        pthread_mutex_destroy(&s->lock);
    }
    free(m);
}

static bool always_reachable(void *self) {
    return true;
}

/* What was added to an entry; the longest unused make room for it, never itself. */
static void entry_grew(struct memory *m, struct shard *s, struct entry *e, size_t bytes) {
    metric_add(&cache_metrics[M_BYTES], (int64_t)bytes - (int64_t)e->bytes);
    s->bytes += bytes - e->bytes;
    e->bytes = bytes;
    while (s->bytes > m->shard_max && s->oldest != e) {
        metric_add(&cache_metrics[M_EVICTED], 1);
        entry_remove(s, s->oldest);
    }
}

static bool table_grow(struct shard *s) {
    size_t slots = s->slots ? s->slots * 2 : 64;
    struct entry **table = calloc(slots, sizeof(struct entry *));
    if (!table)
        return s->slots > 0; /* longer chains will do */
    for (struct entry *e = s->newest; e; e = e->older) {
        struct entry **at = &table[e->hash & (slots - 1)];
        e->chain = *at;
        *at = e;
    }
    free(s->table);
    s->table = table;
    s->slots = slots;
    return true;
}

static struct entry *entry_add(struct memory *m, struct shard *s, struct str key, uint64_t hash,
                               enum kind kind) {
    if (s->n >= s->slots && !table_grow(s))
        return NULL;
    struct entry *e = slab_take(&s->slab, sizeof *e + key.n);
    if (!e)
        return NULL;
    *e = (struct entry){.hash = hash, .kind = kind, .key_n = key.n};
    memcpy(e->key, key.p, key.n);
    struct entry **at = &s->table[hash & (s->slots - 1)];
    e->chain = *at;
    *at = e;
    list_push(s, e);
    s->n++;
    metric_add(&cache_metrics[M_ENTRIES], 1);
    entry_grew(m, s, e, sizeof *e + key.n);
    return e;
}

/* A key's place while its shard is locked. */
struct place {
    struct memory *m;
    struct shard *s;
    struct str key;
    uint64_t hash;
    int64_t now;
    struct entry *e; /* NULL: not there, or ended */
};

static void place_close(struct place *p) {
    if (p->s)
        pthread_mutex_unlock(&p->s->lock);
}

static struct shard *shard_of(struct memory *m, uint64_t hash) {
    static_assert(SHARDS == 16, "the four highest bits choose the shard");
    return &m->shard[hash >> 60];
}

static void place_open(struct place *p, void *self, struct str key) {
    struct memory *m = self;
    uint64_t hash = cache_hash(m->seed, key);
    *p = (struct place){.m = m, .s = shard_of(m, hash), .key = key, .hash = hash, .now = now_us(m)};
    pthread_mutex_lock(&p->s->lock);
    struct entry *e = p->s->slots ? p->s->table[hash & (p->s->slots - 1)] : NULL;
    while (e && !(e->hash == hash && e->key_n == key.n && memcmp(e->key, key.p, key.n) == 0))
        e = e->chain;
    if (e && e->until_us <= p->now) {
        entry_remove(p->s, e);
        e = NULL;
    }
    if (e) {
        list_remove(p->s, e);
        list_push(p->s, e);
    }
    p->e = e;
}

/* Makes the entry when it is not there. */
static int place_need(struct place *p, enum kind kind, struct err *reterr) {
    if (p->e && p->e->kind != kind)
        return err_set(reterr, ERR_INTERNAL, "cache: a key is used in two ways");
    if (!p->e)
        p->e = entry_add(p->m, p->s, p->key, p->hash, kind);
    return p->e ? 0 : err_set(reterr, ERR_NO_MEMORY, "cache");
}

static int memory_get(void *self, struct str key, struct arena *a, struct str *ret,
                      struct err *reterr) {
    scoped(place_close) struct place p = {0};
    place_open(&p, self, key);
    if (!p.e)
        return 0;
    if (p.e->kind != K_VALUE)
        return err_set(reterr, ERR_INTERNAL, "cache: a key is used in two ways");
    *ret = str_dup(a, str_make(p.e->value ? p.e->value : "", p.e->value_n));
    return ret->p ? 1 : err_set(reterr, ERR_LIMIT, "no room for a cached value");
}

static int memory_set(void *self, struct str key, struct str value, int64_t ttl_ms, bool only_new,
                      struct err *reterr) {
    scoped(place_close) struct place p = {0};
    place_open(&p, self, key);
    if (only_new && p.e)
        return 0;
    char *copy = value.n ? slab_take(&p.s->slab, value.n) : NULL;
    int rc = value.n && !copy ? err_set(reterr, ERR_NO_MEMORY, "cache") : place_need(&p, K_VALUE, reterr);
    if (rc) {
        slab_give(&p.s->slab, copy, value.n);
        return rc;
    }
    if (value.n)
        memcpy(copy, value.p, value.n);
    slab_give(&p.s->slab, p.e->value, p.e->value_n);
    p.e->value = copy;
    p.e->value_n = value.n;
    p.e->until_us = until(p.now, ttl_ms);
    entry_grew(p.m, p.s, p.e, sizeof *p.e + key.n + value.n);
    return 1;
}

static int memory_del(void *self, struct str key, const struct str *only, struct err *reterr) {
    scoped(place_close) struct place p = {0};
    place_open(&p, self, key);
    if (!p.e || (only && (p.e->kind != K_VALUE ||
                          !str_eq(*only, str_make(p.e->value ? p.e->value : "", p.e->value_n)))))
        return 0;
    entry_remove(p.s, p.e);
    return 1;
}

static int memory_count(void *self, struct str key, int64_t by, int64_t window_ms, int64_t *ret,
                        struct err *reterr) {
    scoped(place_close) struct place p = {0};
    place_open(&p, self, key);
    bool fresh = !p.e;
    if (fresh && by == 0) {
        *ret = 0;
        return 0;
    }
    int rc = place_need(&p, K_COUNT, reterr);
    if (rc)
        return rc;
    if (fresh)
        p.e->until_us = until(p.now, window_ms);
    if (__builtin_add_overflow(p.e->number, by, &p.e->number))
        return err_set(reterr, ERR_LIMIT, "cache: a count past 64 bits");
    *ret = p.e->number;
    return 0;
}

/* ---- Rates ---- */

/* Its own, or else the one of its set that ends first, or has. */
static struct rate *rate_in(struct rate_set *set, uint64_t who) {
    struct rate *first = &set->way[0];
    for (int i = 0; i < RATE_WAYS; i++) {
        if (set->way[i].who == who)
            return &set->way[i];
        if (set->way[i].full_us < first->full_us)
            first = &set->way[i];
    }
    return first;
}

static bool rates_grow(struct memory *m, struct shard *s, int64_t now) {
    size_t sets = s->rate_sets ? s->rate_sets * 2 : RATE_SETS_MIN, bytes = sets * sizeof *s->rates;
    struct rate_set *rates = sets <= m->rate_sets_max ? aligned_alloc(alignof(struct rate_set), bytes) : NULL;
    if (!rates)
        return false;
    memset(rates, 0, bytes);
    for (size_t i = 0; i < s->rate_sets; i++)
        for (int w = 0; w < RATE_WAYS; w++) {
            const struct rate *r = &s->rates[i].way[w];
            if (r->full_us > now) /* two sets of what was one: always room */
                *rate_in(&rates[r->who & (sets - 1)], r->who) = *r;
        }
    metric_add(&cache_metrics[M_BYTES], (int64_t)(bytes - s->rate_sets * sizeof *s->rates));
    free(s->rates);
    s->rates = rates;
    s->rate_sets = sets;
    return true;
}

/* A table that cannot grow forgets who is nearest to having all back. NULL: no memory for any. */
static struct rate *rate_of(struct memory *m, struct shard *s, uint64_t who, int64_t now) {
    struct rate *r = NULL;
    do {
        if (s->rate_sets)
            r = rate_in(&s->rates[who & (s->rate_sets - 1)], who);
    } while ((!r || (r->who != who && r->full_us > now)) && rates_grow(m, s, now));
    if (r && r->who != who) {
        if (r->full_us > now)
            metric_add(&cache_metrics[M_EVICTED], 1);
        *r = (struct rate){.who = who};
    }
    return r;
}

static int memory_take(void *self, struct str key, int64_t one_us, int64_t burst_us,
                       struct cache_rate *ret, struct err *reterr) {
    struct memory *m = self;
    uint64_t who = cache_hash(m->seed, key);
    struct shard *s = shard_of(m, who);
    int64_t now = now_us(m);
    pthread_mutex_lock(&s->lock);
    struct rate *r = rate_of(m, s, who, now);
    int64_t full = MAX(r ? r->full_us : 0, now) + one_us;
    bool ok = full - now <= burst_us;
    if (r && ok)
        r->full_us = full;
    pthread_mutex_unlock(&s->lock);
    if (!r)
        return err_set(reterr, ERR_NO_MEMORY, "cache");
    *ret = ok ? (struct cache_rate){.ok = true, .remaining = (burst_us - (full - now)) / one_us}
              : (struct cache_rate){.retry_ms = (full - now - burst_us + 999) / 1000};
    return 0;
}

/* ---- Slots ---- */

static struct member *member_find(struct entry *e, struct str name) {
    for (size_t i = 0; i < e->n_members; i++)
        if (str_eq(str_make(e->members[i].name, e->members[i].name_n), name))
            return &e->members[i];
    return NULL;
}

static struct str member_value(const struct member *m) {
    return str_make(m->name + m->name_n, m->value_n);
}

static void member_remove(struct shard *s, struct entry *e, struct member *m) {
    name_free(s, m);
    *m = e->members[--e->n_members];
}

static bool members_grow(struct shard *s, struct entry *e) {
    size_t room = MAX(e->members_room * 2, (size_t)1); /* hardly anybody has more than one */
    struct member *more = slab_take(&s->slab, room * sizeof *more);
    if (!more)
        return false;
    if (e->n_members)
        memcpy(more, e->members, e->n_members * sizeof *more);
    slab_give(&s->slab, e->members, e->members_room * sizeof *more);
    e->members = more;
    e->members_room = room;
    return true;
}

/* Only those that have not ended are left, and a set without any is no entry. */
static void slots_trim(struct place *p) {
    for (size_t i = 0; p->e && i < p->e->n_members;)
        if (p->e->members[i].until_us <= p->now)
            member_remove(p->s, p->e, &p->e->members[i]);
        else
            i++;
    if (p->e && p->e->kind == K_SLOTS && !p->e->n_members) {
        entry_remove(p->s, p->e);
        p->e = NULL;
    }
}

static void slots_settle(struct place *p) {
    size_t bytes = sizeof *p->e + p->key.n;
    p->e->until_us = 0;
    for (size_t i = 0; i < p->e->n_members; i++) {
        const struct member *m = &p->e->members[i];
        bytes += sizeof *m + m->name_n + m->value_n;
        p->e->until_us = MAX(p->e->until_us, m->until_us);
    }
    entry_grew(p->m, p->s, p->e, bytes);
}

static int slots_copy(const struct place *p, struct str but, struct arena *a,
                      struct cache_slots *ret, struct err *reterr) {
    struct cache_slots out = {.v = arena_news(a, struct cache_slot, p->e->n_members + 1)};
    for (size_t i = 0; out.v && i < p->e->n_members; i++) {
        const struct member *m = &p->e->members[i];
        struct cache_slot s = {.member = str_dup(a, str_make(m->name, m->name_n)),
                               .value = str_dup(a, member_value(m)),
                               .left_ms = (m->until_us - p->now + 999) / 1000};
        if (!str_eq(s.member, but))
            out.v[out.n++] = s;
    }
    if (!out.v || a->failed)
        return err_set(reterr, ERR_LIMIT, "no room for a list of slots");
    slots_sort(&out);
    *ret = out;
    return 0;
}

static int slots_open(struct place *p, void *self, struct str key, struct err *reterr) {
    place_open(p, self, key);
    if (p->e && p->e->kind != K_SLOTS)
        return err_set(reterr, ERR_INTERNAL, "cache: a key is used in two ways");
    slots_trim(p);
    return 0;
}

static int member_put(struct place *p, struct str member, struct str value, int64_t ttl_ms,
                      struct err *reterr) {
    struct member *m = p->e ? member_find(p->e, member) : NULL;
    if (m && m->value_n == value.n) { /* as mostly; its memory may be the coldest that is touched here */
        if (value.n)
            memcpy(m->name + m->name_n, value.p, value.n);
        m->until_us = until(p->now, ttl_ms);
        slots_settle(p);
        return SLOT_HELD;
    }
    int rc = place_need(p, K_SLOTS, reterr);
    if (rc)
        return rc;
    char *name = slab_take(&p->s->slab, member.n + value.n);
    if (!name || (!m && p->e->n_members == p->e->members_room && !members_grow(p->s, p->e))) {
        slab_give(&p->s->slab, name, member.n + value.n);
        slots_trim(p); /* no entry without any */
        return err_set(reterr, ERR_NO_MEMORY, "cache");
    }
    if (m)
        name_free(p->s, m);
    else
        m = &p->e->members[p->e->n_members++];
    memcpy(name, member.p, member.n);
    if (value.n)
        memcpy(name + member.n, value.p, value.n);
    *m = (struct member){name, member.n, value.n, until(p->now, ttl_ms)};
    slots_settle(p);
    return SLOT_HELD;
}

static int memory_slot_acquire(void *self, struct str key, struct str member, struct str value,
                               int64_t ttl_ms, int64_t limit, struct arena *a,
                               struct cache_slots *ret, struct err *reterr) {
    scoped(place_close) struct place p = {0};
    int rc = slots_open(&p, self, key, reterr);
    if (rc)
        return rc;
    if (p.e ? member_find(p.e, member) || p.e->n_members < (size_t)limit : limit > 0)
        return member_put(&p, member, value, ttl_ms, reterr);
    rc = p.e ? slots_copy(&p, member, a, ret, reterr) : 0;
    return rc ? rc : SLOT_TAKEN;
}

static int memory_slot_refresh(void *self, struct str key, struct str member, struct str value,
                               int64_t ttl_ms, struct err *reterr) {
    scoped(place_close) struct place p = {0};
    int rc = slots_open(&p, self, key, reterr);
    struct member *m = rc == 0 && p.e ? member_find(p.e, member) : NULL;
    if (rc || !m)
        return rc ? rc : SLOT_ABSENT;
    if (!str_eq(member_value(m), value))
        return SLOT_TAKEN;
    m->until_us = until(p.now, ttl_ms);
    slots_settle(&p);
    return SLOT_HELD;
}

static int memory_slot_release(void *self, struct str key, struct str member, struct str value,
                               struct err *reterr) {
    scoped(place_close) struct place p = {0};
    int rc = slots_open(&p, self, key, reterr);
    struct member *m = rc == 0 && p.e ? member_find(p.e, member) : NULL;
    if (rc || !m || !str_eq(member_value(m), value))
        return rc;
    member_remove(p.s, p.e, m);
    slots_settle(&p);
    slots_trim(&p);
    return 1;
}

static int memory_slot_list(void *self, struct str key, struct arena *a, struct cache_slots *ret,
                            struct err *reterr) {
    scoped(place_close) struct place p = {0};
    int rc = slots_open(&p, self, key, reterr);
    return rc || !p.e ? rc : slots_copy(&p, STR_NULL, a, ret, reterr);
}

static int memory_publish(void *self, struct str channel, struct str message, struct err *reterr) {
    struct memory *m = self;
    listeners_tell(m->listeners, channel, message.p ? message : STR(""));
    return 0;
}

const struct cache_driver memory_driver = {
    .close = memory_close,
    .reachable = always_reachable,
    .get = memory_get,
    .set = memory_set,
    .del = memory_del,
    .count = memory_count,
    .rate = memory_take,
    .slot_acquire = memory_slot_acquire,
    .slot_refresh = memory_slot_refresh,
    .slot_release = memory_slot_release,
    .slot_list = memory_slot_list,
    .publish = memory_publish,
};
