/*
 * memory.c - the cache in process: shards, each a lock, a chained hash and two lists by use. What has
 * ended is found when it is asked for, or falls off its list's end; the memory of a shard never
 * passes its share, and an entry of the largest size always fits.
 * Rates have a list of their own: there is one for each who asks, most end within a second, and each new one clears away some
 * that have ended. They stay few, in memory that was just used.
 */
#include "engine/cache/cache_int.h"
#include <stdlib.h>
#include <sys/random.h>

enum { SHARDS = 16, DEFAULT_BYTES = 64 << 20, SHARD_BYTES_MIN = CACHE_VALUE_MAX + 4096 };

enum kind { K_VALUE, K_COUNT, K_RATE, K_SLOTS };
struct member {
    char *name; /* "member\0value" of one allocation */
    size_t name_n, value_n;
    int64_t until_us;
};
struct entry {
    struct entry *chain, *newer, *older;
    uint64_t hash;
    int64_t until_us, used_us;
    size_t bytes;
    enum kind kind;
    int64_t number; /* K_COUNT: so many; K_RATE: when all of it is back, us */
    char *value;    /* K_VALUE */
    size_t value_n;
    struct member *members; /* K_SLOTS */
    size_t n_members;
    size_t key_n;
    char key[];
};
struct uses {
    struct entry *newest, *oldest;
};
enum { U_RATES, U_REST, USES, RATES_CLEARED = 2 };
struct shard {
    pthread_mutex_t lock;
    struct entry **table; /* of size slots, a power of two */
    size_t slots, n, bytes;
    struct uses uses[USES];
};
struct memory {
    const struct clock *clock;
    uint64_t seed; /* so that nobody outside can choose what collides */
    size_t shard_max;
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
    m->shard_max =
        MAX((o->max_bytes ? o->max_bytes : DEFAULT_BYTES) / SHARDS, (size_t)SHARD_BYTES_MIN);
    if (getrandom(&m->seed, sizeof m->seed, 0) != sizeof m->seed)
        m->seed = (uint64_t)clock_mono_ns();
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&m->shard[i].lock, NULL);
    *ret = m;
    return 0;
}

static void members_free(struct entry *e) {
    for (size_t i = 0; i < e->n_members; i++)
        free(e->members[i].name);
    free(e->members);
    e->members = NULL;
    e->n_members = 0;
}

static struct uses *uses_of(struct shard *s, const struct entry *e) {
    return &s->uses[e->kind == K_RATE ? U_RATES : U_REST];
}

static void list_remove(struct shard *s, struct entry *e) {
    struct uses *u = uses_of(s, e);
    *(e->newer ? &e->newer->older : &u->newest) = e->older;
    *(e->older ? &e->older->newer : &u->oldest) = e->newer;
    e->newer = e->older = NULL;
}

static void list_push(struct shard *s, struct entry *e, int64_t now) {
    struct uses *u = uses_of(s, e);
    e->used_us = now;
    e->older = u->newest;
    *(u->newest ? &u->newest->newer : &u->oldest) = e;
    u->newest = e;
}

/* The longest unused; NULL: there is none. */
static struct entry *oldest_of(const struct shard *s) {
    struct entry *a = s->uses[U_RATES].oldest, *b = s->uses[U_REST].oldest;
    return !a || (b && b->used_us < a->used_us) ? b : a;
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
    members_free(e);
    free(e->value);
    free(e);
}

static void memory_close(void *self) {
    struct memory *m = self;
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *s = &m->shard[i];
        for (struct entry *e; (e = oldest_of(s));)
            entry_remove(s, e);
        free(s->table);
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
    for (struct entry *oldest; s->bytes > m->shard_max && (oldest = oldest_of(s)) != e;) {
        metric_add(&cache_metrics[M_EVICTED], 1);
        entry_remove(s, oldest);
    }
}

static void rates_clear(struct shard *s, int64_t now) {
    struct uses *u = &s->uses[U_RATES];
    for (int i = 0; i < RATES_CLEARED && u->oldest && u->oldest->until_us <= now; i++)
        entry_remove(s, u->oldest);
}

static bool table_grow(struct shard *s) {
    size_t slots = s->slots ? s->slots * 2 : 64;
    struct entry **table = calloc(slots, sizeof(struct entry *));
    if (!table)
        return s->slots > 0; /* longer chains will do */
    for (int i = 0; i < USES; i++)
        for (struct entry *e = s->uses[i].newest; e; e = e->older) {
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
                               enum kind kind, int64_t now) {
    if (kind == K_RATE)
        rates_clear(s, now);
    if (s->n >= s->slots && !table_grow(s))
        return NULL;
    struct entry *e = calloc(1, sizeof *e + key.n);
    if (!e)
        return NULL;
    e->hash = hash;
    e->kind = kind;
    e->key_n = key.n;
    memcpy(e->key, key.p, key.n);
    struct entry **at = &s->table[hash & (s->slots - 1)];
    e->chain = *at;
    *at = e;
    list_push(s, e, now);
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

static void place_open(struct place *p, void *self, struct str key) {
    struct memory *m = self;
    uint64_t hash = cache_hash(m->seed, key);
    *p = (struct place){
        .m = m, .s = &m->shard[hash >> 60], .key = key, .hash = hash, .now = now_us(m)};
    static_assert(SHARDS == 16, "the four highest bits choose the shard");
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
        list_push(p->s, e, p->now);
    }
    p->e = e;
}

/* Makes the entry when it is not there. */
static int place_need(struct place *p, enum kind kind, struct err *reterr) {
    if (p->e && p->e->kind != kind)
        return err_set(reterr, ERR_INTERNAL, "cache: a key is used in two ways");
    if (!p->e)
        p->e = entry_add(p->m, p->s, p->key, p->hash, kind, p->now);
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
    char *copy = value.n ? malloc(value.n) : NULL;
    if (value.n && !copy)
        return err_set(reterr, ERR_NO_MEMORY, "cache");
    if (value.n)
        memcpy(copy, value.p, value.n);
    place_open(&p, self, key);
    int rc = only_new && p.e ? 1 : place_need(&p, K_VALUE, reterr);
    if (rc) {
        free(copy);
        return MIN(rc, 0);
    }
    free(p.e->value);
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

static int memory_take(void *self, struct str key, int64_t one_us, int64_t burst_us,
                       struct cache_rate *ret, struct err *reterr) {
    scoped(place_close) struct place p = {0};
    place_open(&p, self, key);
    int rc = place_need(&p, K_RATE, reterr);
    if (rc)
        return rc;
    int64_t full = MAX(p.e->number, p.now) + one_us;
    if (full - p.now > burst_us) {
        *ret = (struct cache_rate){.retry_ms = (full - p.now - burst_us + 999) / 1000};
        return 0;
    }
    p.e->number = p.e->until_us = full;
    *ret = (struct cache_rate){.ok = true, .remaining = (burst_us - (full - p.now)) / one_us};
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

static void member_remove(struct entry *e, struct member *m) {
    free(m->name);
    *m = e->members[--e->n_members];
}

/* Only those that have not ended are left, and a set without any is no entry. */
static void slots_trim(struct place *p) {
    for (size_t i = 0; p->e && i < p->e->n_members;)
        if (p->e->members[i].until_us <= p->now)
            member_remove(p->e, &p->e->members[i]);
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
    char *name = malloc(member.n + value.n + 1);
    int rc = name ? place_need(p, K_SLOTS, reterr) : err_set(reterr, ERR_NO_MEMORY, "cache");
    if (rc) {
        free(name);
        return rc;
    }
    if (!m) {
        struct member *more = realloc(p->e->members, (p->e->n_members + 1) * sizeof *more);
        if (!more) {
            free(name);
            return err_set(reterr, ERR_NO_MEMORY, "cache");
        }
        p->e->members = more;
        m = &more[p->e->n_members++];
        *m = (struct member){0};
    }
    free(m->name);
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
    member_remove(p.e, m);
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
