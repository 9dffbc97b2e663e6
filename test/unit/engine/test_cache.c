/* The cache: one table of cases for both backends, then what only one of them can do. */
#include "engine/cache/cache_int.h"
#include "engine/cache/slab.h"
#include "fixture.h"
#include "redis.h"
#include <hiredis/hiredis.h>
#include "base/log.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define LONG_MS (600 * 1000)
enum { SHORT_MS = 20, THREADS = 8 };

struct bed {
    struct cache *c;
    struct clock clock;
    bool real; /* Redis: time passes by itself */
    struct arena a;
};

static void pass(struct bed *b) {
    if (b->real)
        usleep(5000);
    else
        clock_shift(&b->clock, 5);
}
/* Waits for what must come; the test's own time limit ends it otherwise. */
#define UNTIL(b, cond)                                                                             \
    while (!(cond))                                                                                \
    pass(b)

static bool held_by(struct cache_slots s, const char *members) {
    char text[256] = "";
    for (size_t i = 0; i < s.n; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof text - at, "%s" STR_FMT "=" STR_FMT, i ? " " : "",
                 STR_ARG(s.v[i].member), STR_ARG(s.v[i].value));
    }
    if (strcmp(text, members))
        fprintf(stderr, "held: %s\n", text);
    return strcmp(text, members) == 0;
}

static int get(struct bed *b, const char *key, struct str *ret) {
    return OK(cache_get(b->c, str_of(key), &b->a, ret, err));
}

static void values(struct bed *b) {
    struct str v;
    cr_expect_eq(get(b, "v", &v), 0);
    OK(cache_set(b->c, STR("v"), STR("one"), LONG_MS, err));
    cr_expect_eq(get(b, "v", &v), 1);
    cr_expect(str_eq(v, STR("one")));
    OK(cache_set(b->c, STR("v"), str_make("a\0\r\n\xff", 5), LONG_MS, err));
    cr_expect_eq(get(b, "v", &v), 1);
    cr_expect(str_eq(v, str_make("a\0\r\n\xff", 5)), "bytes of any kind");
    OK(cache_set(b->c, STR("empty"), STR(""), LONG_MS, err));
    cr_expect_eq(get(b, "empty", &v), 1);
    cr_expect(v.p && v.n == 0);
    cr_expect_eq(OK(cache_delete(b->c, STR("v"), err)), 1);
    cr_expect_eq(OK(cache_delete(b->c, STR("v"), err)), 0);
    cr_expect_eq(get(b, "v", &v), 0);
    static char big[CACHE_VALUE_MAX + 1];
    memset(big, 'x', sizeof big);
    OK(cache_set(b->c, STR("big"), str_make(big, CACHE_VALUE_MAX), LONG_MS, err));
    cr_expect_eq(get(b, "big", &v), 1);
    cr_expect_eq(v.n, (size_t)CACHE_VALUE_MAX);
    FAILS(ERR_TOO_LARGE, cache_set(b->c, STR("big"), str_make(big, sizeof big), LONG_MS, err));
    FAILS(ERR_INVALID, cache_set(b->c, STR(""), STR("v"), LONG_MS, err));
    FAILS(ERR_INVALID, cache_set(b->c, str_make(big, CACHE_KEY_MAX + 1), STR("v"), LONG_MS, err));
    FAILS(ERR_INVALID, cache_set(b->c, STR("v"), STR("v"), 0, err));
}

static void values_end(struct bed *b) {
    struct str v;
    OK(cache_set(b->c, STR("e"), STR("one"), SHORT_MS, err));
    UNTIL(b, get(b, "e", &v) == 0);
    OK(cache_set(b->c, STR("e"), STR("one"), SHORT_MS, err));
    OK(cache_set(b->c, STR("e"), STR("two"), LONG_MS, err)); /* a new life */
    for (int i = 0; i < 10; i++)
        pass(b);
    cr_expect_eq(get(b, "e", &v), 1);
}

static void locks(struct bed *b) {
    cr_expect_eq(OK(cache_add(b->c, STR("l"), STR("ana"), LONG_MS, err)), 1);
    cr_expect_eq(OK(cache_add(b->c, STR("l"), STR("bo"), LONG_MS, err)), 0);
    cr_expect_eq(OK(cache_delete_if(b->c, STR("l"), STR("bo"), err)), 0);
    cr_expect_eq(OK(cache_delete_if(b->c, STR("l"), STR("ana"), err)), 1);
    cr_expect_eq(OK(cache_delete_if(b->c, STR("l"), STR("ana"), err)), 0);
    cr_expect_eq(OK(cache_add(b->c, STR("l"), STR("bo"), SHORT_MS, err)), 1);
    UNTIL(b, OK(cache_add(b->c, STR("l"), STR("cy"), LONG_MS, err)) == 1);
}

static int64_t count(struct bed *b, int64_t by, int64_t window_ms) {
    int64_t n = -1;
    OK(cache_count(b->c, STR("n"), by, window_ms, &n, err));
    return n;
}

static void counts(struct bed *b) {
    cr_expect_eq(count(b, 0, LONG_MS), 0);
    cr_expect_eq(count(b, 1, LONG_MS), 1);
    cr_expect_eq(count(b, 41, LONG_MS), 42);
    cr_expect_eq(count(b, -2, LONG_MS), 40);
    cr_expect_eq(count(b, 0, LONG_MS), 40);
    OK(cache_delete(b->c, STR("n"), err));
    cr_expect_eq(count(b, 1, SHORT_MS), 1);
    /* Counting on does not prolong the window that the first began. */
    int64_t last = 1, now;
    while ((now = count(b, 1, SHORT_MS)) > last) {
        last = now;
        pass(b);
    }
    cr_expect_eq(now, 1);
}

static struct cache_rate take_one(struct bed *b, const char *key, int64_t limit,
                                  int64_t window_ms) {
    struct cache_rate r;
    OK(cache_take(b->c, str_of(key), limit, window_ms, &r, err));
    return r;
}

static void rates(struct bed *b) {
    for (int left = 2; left >= 0; left--) {
        struct cache_rate r = take_one(b, "r", 3, LONG_MS);
        cr_expect(r.ok && r.remaining == left, "%d and %d", (int)r.remaining, left);
    }
    struct cache_rate over = take_one(b, "r", 3, LONG_MS);
    cr_expect(!over.ok && over.remaining == 0);
    cr_expect(over.retry_ms > 0 && over.retry_ms <= LONG_MS / 3, "%d", (int)over.retry_ms);
    cr_expect(take_one(b, "other", 3, LONG_MS).ok);
    cr_expect(take_one(b, "short", 1, SHORT_MS).ok);
    UNTIL(b, take_one(b, "short", 1, SHORT_MS).ok);
    FAILS(ERR_INVALID, cache_take(b->c, STR("r"), 0, LONG_MS, &over, err));
}

static int acquire(struct bed *b, const char *who, const char *what, int64_t ttl_ms, int64_t limit,
                   struct cache_slots *others) {
    return OK(cache_slot_acquire(b->c, STR("s"), str_of(who), str_of(what), ttl_ms, limit, &b->a,
                                 others, err));
}

static void slot_sets(struct bed *b) {
    struct cache_slots s;
    cr_expect_eq(acquire(b, "tv", "p1", LONG_MS, 2, &s), SLOT_HELD);
    cr_expect_eq(acquire(b, "web", "p2", LONG_MS, 2, &s), SLOT_HELD);
    cr_expect_eq(acquire(b, "phone", "p3", LONG_MS, 2, &s), SLOT_TAKEN);
    cr_expect(held_by(s, "tv=p1 web=p2"));
    cr_expect_eq(acquire(b, "phone", "p3", LONG_MS, 2, NULL), SLOT_TAKEN);
    cr_expect_eq(acquire(b, "tv", "p4", LONG_MS, 2, &s), SLOT_HELD, "one's own is no other's");
    cr_expect_eq(acquire(b, "tv", "p4", LONG_MS, 1, &s), SLOT_HELD, "who has one keeps it");
    cr_expect_eq(OK(cache_slot_refresh(b->c, STR("s"), STR("tv"), STR("p1"), LONG_MS, err)),
                 SLOT_TAKEN);
    cr_expect_eq(OK(cache_slot_refresh(b->c, STR("s"), STR("tv"), STR("p4"), LONG_MS, err)),
                 SLOT_HELD);
    cr_expect_eq(OK(cache_slot_refresh(b->c, STR("s"), STR("phone"), STR("p3"), LONG_MS, err)),
                 SLOT_ABSENT);
    cr_expect_eq(OK(cache_slot_release(b->c, STR("s"), STR("tv"), STR("p1"), err)), 0,
                 "not with another's value");
    cr_expect_eq(OK(cache_slot_release(b->c, STR("s"), STR("tv"), STR("p4"), err)), 1);
    cr_expect_eq(OK(cache_slot_release(b->c, STR("s"), STR("tv"), STR("p4"), err)), 0);
    cr_expect_eq(acquire(b, "phone", "p3", LONG_MS, 2, &s), SLOT_HELD);
    OK(cache_slot_list(b->c, STR("s"), &b->a, &s, err));
    cr_expect(held_by(s, "phone=p3 web=p2"));
    cr_expect(s.v[0].left_ms > 0 && s.v[0].left_ms <= LONG_MS);
    OK(cache_slot_list(b->c, STR("nothing"), &b->a, &s, err));
    cr_expect_eq(s.n, 0);
    cr_expect_eq(
        OK(cache_slot_acquire(b->c, STR("none"), STR("tv"), STR("p"), LONG_MS, 0, &b->a, &s, err)),
        SLOT_TAKEN, "a limit of none");
}

static void slots_end(struct bed *b) {
    struct cache_slots s;
    cr_expect_eq(acquire(b, "old", "p0", LONG_MS, 2, &s), SLOT_HELD);
    cr_expect_eq(acquire(b, "tv", "p1", SHORT_MS, 2, &s), SLOT_HELD);
    UNTIL(b, acquire(b, "web", "p2", LONG_MS, 2, &s) == SLOT_HELD);
    cr_expect_eq(OK(cache_slot_refresh(b->c, STR("s"), STR("tv"), STR("p1"), LONG_MS, err)),
                 SLOT_ABSENT);
    cr_expect_eq(acquire(b, "tv", "p1", LONG_MS, 2, &s), SLOT_TAKEN);
    cr_expect(held_by(s, "old=p0 web=p2"));
    /* An end can be put off, and be brought nearer: nothing of it is forever. */
    cr_expect_eq(OK(cache_slot_refresh(b->c, STR("s"), STR("old"), STR("p0"), SHORT_MS, err)),
                 SLOT_HELD);
    cr_expect_eq(OK(cache_slot_refresh(b->c, STR("s"), STR("web"), STR("p2"), SHORT_MS, err)),
                 SLOT_HELD);
    do {
        pass(b);
        OK(cache_slot_list(b->c, STR("s"), &b->a, &s, err));
    } while (s.n);
}

static void kinds_are_kept_apart(struct bed *b) {
    struct str v;
    int64_t n;
    struct cache_slots s;
    OK(cache_set(b->c, STR("k"), STR("text"), LONG_MS, err));
    FAILS(ERR_INTERNAL,
          cache_slot_acquire(b->c, STR("k"), STR("m"), STR("v"), LONG_MS, 1, &b->a, &s, err));
    acquire(b, "m", "v", LONG_MS, 1, &s);
    FAILS(ERR_INTERNAL, cache_get(b->c, STR("s"), &b->a, &v, err));
    FAILS(ERR_INTERNAL, cache_count(b->c, STR("s"), 1, LONG_MS, &n, err));
    OK(cache_set(b->c, STR("k"), STR("more"), LONG_MS, err));
    cr_expect_eq(OK(cache_delete(b->c, STR("s"), err)), 1);
}

struct heard {
    atomic_int messages, again;
    char last[32];
};
static void hear(void *arg, struct str message) {
    struct heard *h = arg;
    if (!message.p) {
        atomic_fetch_add(&h->again, 1);
        return;
    }
    snprintf(h->last, sizeof h->last, STR_FMT, STR_ARG(message));
    atomic_fetch_add(&h->messages, 1);
}

static void messages(struct bed *b) {
    struct heard here = {0}, too = {0}, elsewhere = {0};
    struct cache_sub *s[3];
    OK(cache_publish(b->c, STR("c"), STR("nobody listens"), err));
    OK(cache_subscribe(b->c, STR("c"), hear, &here, &s[0], err));
    OK(cache_subscribe(b->c, STR("c"), hear, &too, &s[1], err));
    OK(cache_subscribe(b->c, STR("other"), hear, &elsewhere, &s[2], err));
    if (b->real) /* Redis says when it takes effect */
        UNTIL(b, atomic_load(&here.again) && atomic_load(&elsewhere.again));
    OK(cache_publish(b->c, STR("c"), STR("one"), err));
    OK(cache_publish(b->c, STR("c"), STR(""), err));
    UNTIL(b, atomic_load(&here.messages) == 2 && atomic_load(&too.messages) == 2);
    cr_expect_str_eq(here.last, "");
    cache_unsubscribe(s[0]);
    OK(cache_publish(b->c, STR("c"), STR("three"), err));
    OK(cache_publish(b->c, STR("other"), STR("x"), err));
    UNTIL(b, atomic_load(&too.messages) == 3 && atomic_load(&elsewhere.messages) == 1);
    cr_expect_eq(atomic_load(&here.messages), 2);
    cr_expect_str_eq(too.last, "three");
    cache_unsubscribe(s[1]);
    OK(cache_subscribe(b->c, STR("c"), hear, &here, &s[1],
                       err)); /* the last went, one comes again */
    int before = atomic_load(&here.messages);
    while (atomic_load(&here.messages) == before) {
        OK(cache_publish(b->c, STR("c"), STR("four"), err));
        pass(b);
    }
    cache_unsubscribe(s[1]);
    cache_unsubscribe(s[2]);
    cache_unsubscribe(NULL);
}

struct racer {
    struct bed *b;
    pthread_t thread;
    int number, held;
};
static void *race(void *arg) {
    struct racer *r = arg;
    struct arena a = ARENA(1 << 20);
    char who[16];
    int64_t n;
    snprintf(who, sizeof who, "device %d", r->number);
    r->held = OK(cache_slot_acquire(r->b->c, STR("race"), str_of(who), STR("p"), LONG_MS, 3, &a,
                                    NULL, err)) == SLOT_HELD;
    for (int i = 0; i < 50; i++) {
        struct str v;
        OK(cache_count(r->b->c, STR("all"), 1, LONG_MS, &n, err));
        OK(cache_set(r->b->c, str_of(who), STR("mine"), LONG_MS, err));
        cr_assert_eq(OK(cache_get(r->b->c, str_of(who), &a, &v, err)), 1);
    }
    arena_done(&a);
    return NULL;
}

static void many_at_once(struct bed *b) {
    struct racer r[THREADS];
    int held = 0;
    int64_t n;
    for (int i = 0; i < THREADS; i++) {
        r[i] = (struct racer){.b = b, .number = i};
        cr_assert_eq(pthread_create(&r[i].thread, NULL, race, &r[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(r[i].thread, NULL);
        held += r[i].held;
    }
    cr_expect_eq(held, 3);
    OK(cache_count(b->c, STR("all"), 0, LONG_MS, &n, err));
    cr_expect_eq(n, THREADS * 50);
}

static const struct {
    const char *name;
    void (*run)(struct bed *b);
} cases[] = {
    {"values", values},       {"values end", values_end},
    {"locks", locks},         {"counts", counts},
    {"rates", rates},         {"slots", slot_sets},
    {"slots end", slots_end}, {"kinds", kinds_are_kept_apart},
    {"messages", messages},   {"at once", many_at_once},
};

static void bed_make(struct bed *b, const char *url) {
    *b = (struct bed){.real = url != NULL, .a = ARENA(16 << 20)};
    /* No deadline that a busy machine could miss: what is late is told apart elsewhere. */
    struct cache_options o = {.url = url, .clock = &b->clock, .deadline_ms = 10000};
    OK(cache_open(&o, &b->c, err));
}
static void bed_done(struct bed *b) {
    cache_close(b->c);
    arena_done(&b->a);
}

Test(cache, every_case_in_process, .timeout = 60) {
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        scoped(bed_done) struct bed b;
        bed_make(&b, NULL);
        cr_log_info("%s\n", cases[i].name);
        cases[i].run(&b);
    }
}

static void quiet(void) {
    log_init("test", LOG_ERROR);
}

Test(cache, every_case_on_redis, .timeout = 120, .init = quiet) {
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        scoped(redis_kill) struct redis_server s = {0};
        if (!redis_start(&s))
            cr_skip_test("there is no redis-server here");
        scoped(bed_done) struct bed b;
        bed_make(&b, s.url);
        cr_log_info("%s\n", cases[i].name);
        cases[i].run(&b);
    }
}

/* ---- In process ---- */

Test(cache, memory_is_bounded_and_what_is_used_stays) {
    scoped(bed_done) struct bed b;
    static char big[100 << 10];
    char key[32];
    struct str v;
    memset(&b, 0, sizeof b);
    b.a = ARENA(16 << 20);
    OK(cache_open(&(struct cache_options){.max_bytes = 1}, &b.c, err)); /* the smallest there is */
    int64_t before = metric_get(&cache_metrics[M_BYTES]);
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "film %d", i);
        OK(cache_set(b.c, STR("hot"), STR("used all the time"), LONG_MS, err));
        OK(cache_set(b.c, str_of(key), str_make(big, sizeof big), LONG_MS, err));
        arena_reset(&b.a);
        cr_assert_eq(get(&b, "hot", &v), 1);
        cr_assert_eq(get(&b, key, &v), 1);
    }
    cr_expect_lt(metric_get(&cache_metrics[M_BYTES]) - before, 16 * (CACHE_VALUE_MAX + 8192));
    cr_expect_gt(metric_get(&cache_metrics[M_EVICTED]), 200);
    cr_expect_eq(get(&b, "film 0", &v), 0);
}

Test(cache, a_rate_empties_and_fills_again_evenly) {
    scoped(bed_done) struct bed b;
    bed_make(&b, NULL);
    for (int i = 0; i < 60; i++)
        cr_assert(take_one(&b, "ana", 60, 60000).ok);
    struct cache_rate over = take_one(&b, "ana", 60, 60000);
    cr_expect(!over.ok && over.retry_ms > 0 && over.retry_ms <= 1000);
    clock_shift(&b.clock, 1000);
    cr_expect(take_one(&b, "ana", 60, 60000).ok);
    clock_shift(&b.clock, 3600000);
    cr_expect_eq(take_one(&b, "ana", 60, 60000).remaining, 59);
}

Test(cache, a_flood_of_askers_spares_who_is_limited_and_goes_on) {
    scoped(bed_done) struct bed b;
    char who[32];
    memset(&b, 0, sizeof b);
    OK(cache_open(&(struct cache_options){.clock = &b.clock, .max_bytes = 1}, &b.c, err));
    while (take_one(&b, "busy", 100, LONG_MS).ok)
        ;
    for (int i = 0; i < 100000; i++) {
        snprintf(who, sizeof who, "flood %d", i);
        take_one(&b, who, 100, LONG_MS);
        if (i % 1000 == 0)
            cr_assert(!take_one(&b, "busy", 100, LONG_MS).ok);
    }
    cr_expect_gt(metric_get(&cache_metrics[M_EVICTED]), 0);
}

Test(cache, rates_that_have_ended_make_room_for_new_ones) {
    scoped(bed_done) struct bed b;
    char who[32];
    memset(&b, 0, sizeof b);
    OK(cache_open(&(struct cache_options){.clock = &b.clock}, &b.c, err));
    int64_t before = metric_get(&cache_metrics[M_BYTES]), evicted = metric_get(&cache_metrics[M_EVICTED]);
    for (int i = 0; i < 20000; i++) {
        if (i % 1000 == 0)
            clock_shift(&b.clock, 60001);
        snprintf(who, sizeof who, "asker %d", i);
        cr_assert(take_one(&b, who, 60, 60000).ok);
    }
    cr_expect_lt(metric_get(&cache_metrics[M_BYTES]) - before, 256 << 10);
    cr_expect_eq(metric_get(&cache_metrics[M_EVICTED]), evicted, "nobody who still counts had to go for them");
}

Test(cache, pieces_of_a_slab_are_used_again_and_do_not_touch) {
    enum { N = 5000 };
    struct slab slab = {0};
    static unsigned char *p[N];
    for (size_t i = 0; i < N; i++) {
        size_t n = 1 + i * 7 % (SLAB_PIECE_MAX + 100);
        p[i] = slab_take(&slab, n);
        cr_assert(p[i] && (uintptr_t)p[i] % SLAB_STEP == 0);
        memset(p[i], (int)(i % 251), n);
    }
    for (size_t i = 0; i < N; i++) {
        size_t n = 1 + i * 7 % (SLAB_PIECE_MAX + 100);
        for (size_t b = 0; b < n; b++)
            cr_assert_eq(p[i][b], i % 251);
        if (i % 2)
            slab_give(&slab, p[i], n);
    }
    void *last = slab_take(&slab, 100), *other = slab_take(&slab, 100);
    slab_give(&slab, last, 100);
    cr_expect_eq(slab_take(&slab, 97), last, "the same size in steps, and the last that was given back");
    cr_expect_neq(other, last);
    for (size_t i = 0; i < N; i += 2)
        slab_give(&slab, p[i], 1 + i * 7 % (SLAB_PIECE_MAX + 100)); /* malloc's have to be */
    slab_done(&slab);
}

/* ---- Redis: gone, silent, back, refusing ---- */

static struct cache *redis_cache(const char *url, int deadline_ms) {
    struct cache *c;
    OK(cache_open(&(struct cache_options){.url = url, .deadline_ms = deadline_ms}, &c, err));
    return c;
}

Test(cache, redis_killed_and_started_again_in_the_middle, .timeout = 60, .init = quiet) {
    scoped(redis_kill) struct redis_server s = {0};
    struct heard h = {0};
    struct cache_sub *sub;
    int64_t n;
    if (!redis_start(&s))
        cr_skip_test("there is no redis-server here");
    struct cache *c = redis_cache(s.url, 2000);
    OK(cache_set(c, STR("k"), STR("v"), LONG_MS, err));
    OK(cache_subscribe(c, STR("news"), hear, &h, &sub, err));
    while (!atomic_load(&h.again))
        usleep(5000);
    redis_kill(&s);
    /* The first call may meet the dead connection; from then on it is known. */
    for (int i = 0; i < 50; i++)
        FAILS(ERR_BUSY, cache_set(c, STR("k"), STR("v"), LONG_MS, err));
    cr_expect(!cache_reachable(c));
    FAILS(ERR_BUSY, cache_publish(c, STR("news"), STR("for this process"), err));
    cr_expect_str_eq(h.last, "for this process");
    OK(cache_count(cache_local(c), STR("n"), 1, LONG_MS, &n, err)); /* the process counts alone */
    cr_expect_eq(n, 1);

    redis_start_again(&s);
    while (cache_count(c, STR("n"), 1, LONG_MS, &n, NULL) < 0)
        usleep(5000);
    cr_expect_eq(n, 1, "it came back empty");
    while (atomic_load(&h.again) <
           2) /* those who listen are told that they may have missed something */
        usleep(5000);
    OK(cache_publish(c, STR("news"), STR("heard"), err));
    while (atomic_load(&h.messages) < 2)
        usleep(5000);
    cr_expect_str_eq(h.last, "heard");
    cache_unsubscribe(sub);
    cache_close(c);
}

Test(cache, a_silent_redis_holds_nobody_up, .timeout = 60, .init = quiet) {
    scoped(redis_kill) struct redis_server s = {0};
    if (!redis_start(&s))
        cr_skip_test("there is no redis-server here");
    struct cache *c = redis_cache(s.url, 50);
    while (cache_set(c, STR("k"), STR("v"), LONG_MS, NULL) < 0)
        ;
    kill(s.pid, SIGSTOP);
    /* Two thousand calls that each waited their deadline would outlast the test. */
    for (int i = 0; i < 2000; i++)
        FAILS(ERR_BUSY, cache_set(c, STR("k"), STR("v"), LONG_MS, err));
    cr_expect(!cache_reachable(c));
    kill(s.pid, SIGCONT);
    while (cache_set(c, STR("k"), STR("v"), LONG_MS, NULL) < 0)
        usleep(5000);
    cache_close(c);
}

/* The first who waited in vain is the last. */
Test(cache, one_silence_is_enough, .timeout = 60, .init = quiet) {
    scoped(redis_kill) struct redis_server s = {0};
    if (!redis_start(&s))
        cr_skip_test("there is no redis-server here");
    struct cache *c = redis_cache(s.url, 200);
    while (cache_set(c, STR("k"), STR("v"), LONG_MS, NULL) < 0)
        ;
    kill(s.pid, SIGSTOP);
    FAILS(ERR_BUSY, cache_set(c, STR("k"), STR("v"), LONG_MS, err));
    cr_expect(!cache_reachable(c));
    kill(s.pid, SIGCONT);
    while (!cache_reachable(c))
        usleep(5000);
    cache_close(c);
}

static void tell_redis(const struct redis_server *s, const char *command) {
    redisContext *ctx = redisConnect("127.0.0.1", s->port);
    redisReply *r = redisCommand(ctx, command);
    cr_assert(r && r->type == REDIS_REPLY_STATUS, "%s: %s", command, r ? r->str : ctx->errstr);
    freeReplyObject(r);
    redisFree(ctx);
}

/* Full, or a replica of something: it answers, and is of no use. */
Test(cache, a_redis_that_takes_nothing_is_gone_until_it_does, .timeout = 60, .init = quiet) {
    static const char *const ways[][2] = {{"CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"},
                                          {"REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"}};
    scoped(redis_kill) struct redis_server s = {0};
    if (!redis_start(&s))
        cr_skip_test("there is no redis-server here");
    struct cache *c = redis_cache(s.url, 2000), *other = redis_cache(s.url, 2000);
    struct heard here = {0}, there = {0};
    struct cache_sub *subs[2];
    OK(cache_subscribe(c, STR("news"), hear, &here, &subs[0], err));
    OK(cache_subscribe(other, STR("news"), hear, &there, &subs[1], err));
    while (!atomic_load(&here.again) || !atomic_load(&there.again))
        usleep(5000);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        while (cache_set(c, STR("k"), STR("v"), LONG_MS, NULL) < 0)
            usleep(5000);
        int missed = atomic_load(&there.again), heard = atomic_load(&here.messages);
        tell_redis(&s, ways[i][0]);
        FAILS(ERR_BUSY, cache_set(c, STR("k"), STR("v"), LONG_MS, err));
        cr_expect(!cache_reachable(c));
        for (int k = 0; k < 100; k++)
            FAILS(ERR_BUSY, cache_publish(c, STR("news"), STR("for those who are here"), err));
        cr_expect_eq(atomic_load(&here.messages), heard + 100, "one's own listeners hear all the same");
        tell_redis(&s, ways[i][1]);
        /* The other process, whose connection never broke, hears that it missed something. */
        while (atomic_load(&there.again) == missed)
            usleep(5000);
        cr_expect(cache_reachable(c));
    }
    for (size_t i = 0; i < 2; i++)
        cache_unsubscribe(subs[i]);
    cache_close(other);
    cache_close(c);
}

static void *set_often(void *arg) {
    for (int i = 0; i < 300; i++)
        cache_set(arg, STR("k"), STR("v"), LONG_MS, NULL);
    return NULL;
}

Test(cache, who_knew_redis_before_knows_that_it_came_back_empty, .timeout = 60, .init = quiet) {
    scoped(redis_kill) struct redis_server s = {0};
    if (!redis_start(&s))
        cr_skip_test("there is no redis-server here");
    struct cache *c = redis_cache(s.url, 2000);
    while (cache_set(c, STR("k"), STR("v"), LONG_MS, NULL) < 0)
        ;
    cr_expect(!cache_young(c), "a first start is no loss");
    pthread_t t[8];
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        cr_assert_eq(pthread_create(&t[i], NULL, set_often, c), 0);
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        pthread_join(t[i], NULL);
    cr_expect(!cache_young(c), "nor are more connections to it");
    redis_kill(&s);
    while (cache_set(c, STR("k"), STR("v"), LONG_MS, NULL) == 0)
        ;
    redis_start_again(&s);
    while (!cache_reachable(c))
        usleep(5000);
    cr_expect(cache_young(c));
    struct cache *late = redis_cache(s.url, 2000);
    cr_expect(!cache_young(late) && !cache_young(cache_local(c)));
    cache_close(late);
    cache_close(c);
}

Test(cache, redis_may_come_later, .timeout = 60, .init = quiet) {
    scoped(redis_kill) struct redis_server s = {0};
    struct heard h = {0};
    struct cache_sub *sub;
    if (!redis_start(&s))
        cr_skip_test("there is no redis-server here");
    redis_kill(&s);
    struct cache *c = redis_cache(s.url, 500);
    FAILS(ERR_BUSY, cache_set(c, STR("k"), STR("v"), LONG_MS, err));
    OK(cache_subscribe(c, STR("news"), hear, &h, &sub, err));
    redis_start_again(&s);
    while (cache_set(c, STR("k"), STR("v"), LONG_MS, NULL) < 0)
        usleep(5000);
    while (!atomic_load(&h.again))
        usleep(5000);
    cache_unsubscribe(sub);
    cache_close(c);
}

Test(cache, a_refusal_says_what_to_do_and_not_the_password, .timeout = 60, .init = quiet) {
    scoped(redis_kill) struct redis_server s = {.password = "let me@in:now"};
    char url[160];
    struct cache *c;
    if (!redis_start(&s))
        cr_skip_test("there is no redis-server here");
    FAILS(ERR_PERMISSION, cache_open(&(struct cache_options){.url = s.url}, &c, err));
    snprintf(url, sizeof url, "redis://:guess-work@127.0.0.1:%d", s.port);
    struct err e = FAILS(ERR_PERMISSION, cache_open(&(struct cache_options){.url = url}, &c, err));
    cr_expect_str_eq(e.reason, "cache.refused");
    cr_expect(!strstr(e.msg, "guess") && !strstr(e.hint, "guess"), "%s", e.msg);
    for (int user = 0; user < 2; user++) {
        snprintf(url, sizeof url, "redis://%s:let%%20me@in%%3anow@127.0.0.1:%d/2",
                 user ? "default" : "", s.port);
        c = redis_cache(url, 5000);
        OK(cache_set(c, STR("k"), STR("v"), LONG_MS, err));
        cache_close(c);
    }
}

Test(cache, addresses) {
    static const struct {
        const char *url, *host, *user, *password;
        int port, db;
    } good[] = {{"redis://localhost", "localhost", "", "", 6379, 0},
                {"redis://localhost:7000/", "localhost", "", "", 7000, 0},
                {"redis://ana:a%3Ab@10.0.0.1:7000/12", "10.0.0.1", "ana", "a:b", 7000, 12},
                {"redis://:p@[2001:db8::1]:1/3", "2001:db8::1", "", "p", 1, 3},
                {"redis://[::1]", "::1", "", "", 6379, 0}};
    static const char *const bad[] = {"http://localhost",
                                      "redis:",
                                      "redis://",
                                      "redis://:secret@",
                                      "redis://h:0",
                                      "redis://h:65536",
                                      "redis://h:secret",
                                      "redis://h/secret",
                                      "redis://h/-1",
                                      "redis://[::1",
                                      "redis://[::1]x",
                                      "rediss://:secret@h",
                                      "redis://%zz@h",
                                      "redis://:%00secret@h",
                                      "redis://:secret%2@h",
                                      "localhost:6379"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct cache_url u;
        OK(cache_url_parse(str_of(good[i].url), &u, err));
        cr_expect_str_eq(u.host, good[i].host);
        cr_expect_str_eq(u.user, good[i].user);
        cr_expect_str_eq(u.password, good[i].password);
        cr_expect_eq(u.port, good[i].port);
        cr_expect_eq(u.db, good[i].db);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct cache_url u;
        struct err e = FAILS(ERR_INVALID, cache_url_parse(str_of(bad[i]), &u, err));
        cr_expect_str_eq(e.reason, "cache.url", "%s", bad[i]);
        cr_expect(!strstr(e.msg, "secret"), "%s", e.msg);
    }
}
