/*
 * pool.c - answers whose making costs more the larger the catalogue is: the newest of a rule, the languages there
 * are, the most watched. A small catalogue is asked each time. Of a large one an answer is kept: it is given at once
 * while it is made anew behind the page, so that the page costs the same whatever the catalogue's size. What was
 * taken back meanwhile is not shown all the same, because cards are looked up by their ids each time.
 */
#include "base/log.h"
#include "service/rights/rights.h"
#include "service/storefront/storefront_int.h"
#include <pthread.h>
#include <stdlib.h>

enum { LARGE = 1000, POOLS_MAX = 512 };
#define FRESH_MIN_NS 2000000000LL   /* an answer that was cheap to make */
#define FRESH_MAX_NS 600000000000LL /* one that was not: a percent of a core at most goes into it */
#define FRESH_COSTS 100
#define STALE_NS 300000000000LL     /* nobody asked for so long: what is there is no answer any more */

struct pool {
    struct pool *next;
    struct pool_key key;
    struct pool_item items[POOL_ITEMS_MAX];
    size_t n;
    int64_t made_ns, cost_ns, used_ns;
    bool wanted; /* is to be made anew */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    const struct engine *engine;
    struct pool *first;
    size_t n;
    bool running, stop, large;
} pools = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

/* ---- Making one ---- */

struct title_query pool_query(const struct pool_key *k) {
    struct title_query q = {.limit = POOL_PAGE,
                            .lang = k->lang[0] ? str_of(k->lang) : STR_NULL,
                            .kind = k->kind[0] ? str_of(k->kind) : STR_NULL,
                            .tag = k->tag[0] ? str_of(k->tag) : STR_NULL,
                            .year_from = k->year_from,
                            .year_to = k->year_to,
                            .limited = true,
                            .maturity = k->maturity};
    if (k->genre[0])
        id_parse(str_of(k->genre), &q.genre.v);
    return q;
}

/* Pages until there are enough that can be seen there; of so many at most. */
static int titles_make(const struct engine *e, const struct pool_key *k, struct pool_item *items,
                       size_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(32 << 20);
    struct title_query q = pool_query(k);
    struct catalog_here here;
    size_t limit = (size_t)MIN(k->limit, POOL_ITEMS_MAX), made = 0;
    int rc = catalog_here_find(e, str_of(k->country), &a, &here, reterr);
    for (int page = 0; rc == 0 && made < limit && page < POOL_PAGES_MAX; page++) {
        struct title_card *cards;
        size_t n;
        rc = catalog_list(e->store, &q, STR_NULL, &a, &cards, &n, &q.cursor, reterr);
        for (size_t i = 0; rc == 0 && i < n && made < limit; i++)
            if (catalog_seen_here(&here, &cards[i]))
                items[made++] = (struct pool_item){.id = cards[i].id.v};
        if (!q.cursor.n)
            break;
    }
    *ret_n = made;
    return rc;
}

static int languages_make(const struct engine *e, struct pool_item *items, size_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct catalog_language *list;
    size_t n;
    int rc = catalog_languages(e->store, &a, &list, &n, reterr);
    if (rc)
        return rc;
    *ret_n = MIN(n, (size_t)POOL_ITEMS_MAX);
    for (size_t i = 0; i < *ret_n; i++) {
        items[i] = (struct pool_item){.n = list[i].titles, .of = list[i].of};
        snprintf(items[i].text, sizeof items[i].text, STR_FMT, STR_ARG(list[i].lang));
    }
    return 0;
}

static int leaving_make(const struct engine *e, const struct pool_key *k, struct pool_item *items, size_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    struct rights_leave list[POOL_ITEMS_MAX];
    int rc = rights_leaving(e, str_of(k->country), clock_now_ms(e->clock), LEAVING_MS, MIN(k->limit, POOL_ITEMS_MAX), &a, list, ret_n, reterr);
    for (size_t i = 0; rc == 0 && i < *ret_n; i++)
        items[i] = (struct pool_item){.id = list[i].title.v, .n = list[i].until_ms};
    return rc;
}

static int make(const struct engine *e, const struct pool_key *k, struct pool_item *items,
                size_t *ret_n, struct err *reterr) {
    switch (k->what) {
    case POOL_LANGUAGES: return languages_make(e, items, ret_n, reterr);
    case POOL_TOP: return views_top(e, k->country, MIN(k->limit, POOL_ITEMS_MAX), items, ret_n, reterr);
    case POOL_LEAVING: return leaving_make(e, k, items, ret_n, reterr);
    case POOL_TITLES: break;
    }
    return titles_make(e, k, items, ret_n, reterr);
}

/* ---- Keeping them ---- */

static struct pool *find_locked(const struct pool_key *k) {
    struct pool *p = pools.first;
    while (p && memcmp(&p->key, k, sizeof *k) != 0)
        p = p->next;
    return p;
}

static void oldest_drop_locked(void) {
    struct pool **oldest = &pools.first;
    for (struct pool **at = &pools.first; *at; at = &(*at)->next)
        if ((*at)->used_ns < (*oldest)->used_ns)
            oldest = at;
    struct pool *gone = *oldest;
    *oldest = gone->next;
    pools.n--;
    free(gone);
}

/* NULL: no memory. */
static struct pool *entry_locked(const struct pool_key *k, int64_t now) {
    struct pool *p = find_locked(k);
    if (!p && pools.n >= POOLS_MAX)
        oldest_drop_locked();
    if (!p && (p = calloc(1, sizeof *p))) {
        p->key = *k;
        p->used_ns = p->made_ns = now;
        p->next = pools.first;
        pools.first = p;
        pools.n++;
    }
    return p;
}

static void keep(const struct pool_key *k, const struct pool_item *items, size_t n, int64_t began_ns) {
    int64_t now = clock_mono_ns();
    pthread_mutex_lock(&pools.lock);
    struct pool *p = entry_locked(k, now);
    if (p) {
        memcpy(p->items, items, n * sizeof *items);
        p->n = n;
        p->made_ns = now;
        p->cost_ns = now - began_ns;
        p->wanted = false;
    }
    pthread_mutex_unlock(&pools.lock);
}

static bool wanted_next(struct pool_key *ret) {
    for (struct pool *p = pools.first; p; p = p->next)
        if (p->wanted) {
            p->wanted = false;
            p->made_ns = clock_mono_ns(); /* while it is being made it is not asked for again */
            *ret = p->key;
            return true;
        }
    return false;
}

static void *maker_main(void *arg) {
    struct pool_key k;
    pthread_mutex_lock(&pools.lock);
    while (!pools.stop) {
        if (!wanted_next(&k)) {
            pthread_cond_wait(&pools.wake, &pools.lock);
            continue;
        }
        pthread_mutex_unlock(&pools.lock);
        struct pool_item items[POOL_ITEMS_MAX];
        struct err why = {0};
        size_t n = 0;
        int64_t began = clock_mono_ns();
        if (make(pools.engine, &k, items, &n, &why) == 0)
            keep(&k, items, n, began);
        else /* the old answer stands */
            log_event(LOG_WARN, "storefront.pool", LS("err", why.msg));
        pthread_mutex_lock(&pools.lock);
    }
    pthread_mutex_unlock(&pools.lock);
    return NULL;
}

static void maker_wake_locked(const struct engine *e) {
    if (!pools.running) {
        pools.engine = e;
        pools.stop = false;
        pools.running = pthread_create(&pools.thread, NULL, maker_main, NULL) == 0;
    }
    pthread_cond_signal(&pools.wake);
}

/* What reads the whole catalogue is never waited for: until it is there the page goes without. */
static bool is_slow(const struct pool_key *k) {
    return k->what == POOL_LANGUAGES || (k->what == POOL_TITLES && k->lang[0]);
}

static void want(const struct engine *e, const struct pool_key *k) {
    pthread_mutex_lock(&pools.lock);
    struct pool *p = entry_locked(k, clock_mono_ns());
    if (p) {
        p->wanted = true;
        maker_wake_locked(e);
    }
    pthread_mutex_unlock(&pools.lock);
}

static bool kept(const struct engine *e, const struct pool_key *k, struct pool_item *items, size_t *ret_n) {
    int64_t now = clock_mono_ns();
    pthread_mutex_lock(&pools.lock);
    struct pool *p = find_locked(k);
    bool good = p && now - p->used_ns < STALE_NS;
    if (good) {
        p->used_ns = now;
        memcpy(items, p->items, p->n * sizeof *items);
        *ret_n = p->n;
        if (now - p->made_ns > CLAMP(p->cost_ns * FRESH_COSTS, FRESH_MIN_NS, FRESH_MAX_NS) && !p->wanted) {
            p->wanted = true;
            maker_wake_locked(e);
        }
    }
    pthread_mutex_unlock(&pools.lock);
    return good;
}

/* A catalogue that was large stays so until the program ends. */
static int is_large(const struct engine *e, bool *ret, struct err *reterr) {
    *ret = __atomic_load_n(&pools.large, __ATOMIC_RELAXED);
    if (*ret)
        return 0;
    int rc = catalog_titles_over(e->store, LARGE, ret, reterr);
    if (rc == 0 && *ret)
        __atomic_store_n(&pools.large, true, __ATOMIC_RELAXED);
    return rc;
}

int pools_get(const struct engine *e, const struct pool_key *key, struct arena *a,
             struct pool_item **ret, size_t *ret_n, struct err *reterr) {
    struct pool_item *items = arena_news(a, struct pool_item, POOL_ITEMS_MAX);
    bool large;
    if (!items)
        return err_set(reterr, ERR_LIMIT, "no room for a pool");
    int rc = is_large(e, &large, reterr);
    if (rc)
        return rc;
    *ret = items;
    if (large && kept(e, key, items, ret_n))
        return 0;
    if (large && is_slow(key)) {
        want(e, key);
        *ret_n = 0;
        return 0;
    }
    int64_t began = clock_mono_ns();
    rc = make(e, key, items, ret_n, reterr);
    if (rc == 0 && large)
        keep(key, items, *ret_n, began);
    return rc;
}

void pools_stop(void) {
    pthread_mutex_lock(&pools.lock);
    bool running = pools.running;
    pools.stop = true;
    pthread_cond_broadcast(&pools.wake);
    pthread_mutex_unlock(&pools.lock);
    if (running)
        pthread_join(pools.thread, NULL);
    for (struct pool *p = pools.first, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    pools.first = NULL;
    pools.n = 0;
    pools.running = pools.large = false;
}
