/*
 * Slots at the same instant, in the program's own cache and in Redis: two that take the last one, one that takes while
 * another lets go, a heartbeat at the moment of its end, a heartbeat against a stop. The slot has one holder or none,
 * and whoever was told that it is theirs has it.
 */
#include "world.h"
#include "play.h"
#include "../engine/redis.h"
#include "base/log.h"
#include "engine/cache/cache.h"
#include "service/viewing/viewing.h"
#include <pthread.h>
#include <unistd.h>

enum { ROUNDS = 60, SHORT_MS = 15, LONG_MS = 600000 };

struct home {
    struct world w;
    struct cache *own;
    struct account_id account;
    struct film film;
};
struct act {
    struct home *h;
    int (*run)(struct act *);
    pthread_barrier_t *together;
    struct stream s;
    const char *member;
    int result;
};

static void *act_run(void *arg) {
    struct act *a = arg;
    pthread_barrier_wait(a->together);
    a->result = a->run(a);
    return NULL;
}

static void meet(struct act *a, struct act *b) {
    pthread_t t;
    pthread_barrier_t together;
    pthread_barrier_init(&together, NULL, 2);
    a->together = b->together = &together;
    cr_assert_eq(pthread_create(&t, NULL, act_run, a), 0);
    act_run(b);
    pthread_join(t, NULL);
    pthread_barrier_destroy(&together);
}

static int slot_take(struct act *a) {
    return (int)stream_start(&a->h->w.e, a->h->account, a->s, 1);
}
static int leave(struct act *a) {
    stream_end(&a->h->w.e, a->h->account, a->s);
    return 0;
}
static int beat(struct act *a) {
    return playback_heartbeat(&a->h->w.e, a->h->account, a->s.playback, 1000, STR("playing"), clock_now_ms(&a->h->w.f.clock), NULL);
}
static int stop(struct act *a) {
    return playback_stop(&a->h->w.e, a->h->account, a->s.playback, NULL);
}

static struct stream stream_new(void) {
    return (struct stream){{id_new(1)}, {id_new(1)}};
}
static struct streams held(struct home *h) {
    struct streams on;
    OK(stream_list(&h->w.e, h->account, &h->w.f.arena, &on, err));
    return on;
}
static bool holds(struct home *h, struct stream s) {
    struct streams on = held(h);
    return on.n == 1 && str_eq(id_str(&on.v[0].playback.v), id_str(&s.playback.v));
}

static void take_take(struct home *h) {
    for (int i = 0; i < ROUNDS; i++) {
        struct act a = {h, slot_take, .s = stream_new()}, b = {h, slot_take, .s = stream_new()};
        meet(&a, &b);
        cr_assert_eq((a.result == STREAM_MINE) + (b.result == STREAM_MINE), 1, "round %d: one of two", i);
        struct stream winner = a.result == STREAM_MINE ? a.s : b.s;
        cr_assert(holds(h, winner));
        stream_end(&h->w.e, h->account, winner);
    }
}

static void take_release(struct home *h) {
    for (int i = 0; i < ROUNDS; i++) {
        struct act a = {h, leave, .s = stream_new()}, b = {h, slot_take, .s = stream_new()};
        cr_assert_eq(stream_start(&h->w.e, h->account, a.s, 1), STREAM_MINE);
        meet(&a, &b);
        cr_assert(b.result == STREAM_MINE ? holds(h, b.s) : held(h).n == 0, "round %d", i);
        cr_assert_eq(stream_start(&h->w.e, h->account, b.s, 1), STREAM_MINE);
        stream_end(&h->w.e, h->account, b.s);
    }
}

#define EDGE STR("edge")
static int edge_refresh(struct act *a) {
    return cache_slot_refresh(a->h->w.e.cache, EDGE, str_of(a->member), STR("first"), LONG_MS, NULL);
}
static int edge_take(struct act *a) {
    return cache_slot_acquire(a->h->w.e.cache, EDGE, str_of(a->member), STR("second"), LONG_MS, 1, &a->h->w.f.arena, NULL, NULL);
}

/* Prolonged at the very moment at which it ends, while another wants it. */
static void beat_expiry(struct home *h) {
    for (int i = 0; i < ROUNDS; i++) {
        struct act a = {h, edge_refresh, .member = "a"}, b = {h, edge_take, .member = "b"};
        OK(cache_slot_acquire(h->w.e.cache, EDGE, STR("a"), STR("first"), SHORT_MS, 1, &h->w.f.arena, NULL, err));
        usleep((SHORT_MS - 1) * 1000 + i * 40);
        clock_shift(&h->w.f.clock, i % 2); /* the cache in the program goes by the clock alone */
        meet(&a, &b);
        /* Neither is fair: one came a moment before the end, the other one after. */
        cr_assert(a.result != SLOT_HELD || b.result != SLOT_HELD, "round %d: both hold it", i);
        cache_slot_release(h->w.e.cache, EDGE, STR("a"), STR("first"), NULL);
        cache_slot_release(h->w.e.cache, EDGE, STR("b"), STR("second"), NULL);
    }
}

static void stop_beat(struct home *h) {
    struct principal who = world_sign_in(&h->w, h->account);
    struct device_id device = {id_new(1)};
    for (int i = 0; i < ROUNDS; i++) {
        struct playback_ask ask = {.who = who, .title = h->film.title, .device = device, .device_kind = STR("web"), .device_name = STR("W")};
        struct arena arena = ARENA(4 << 20);
        json_t *j = NULL;
        struct act a = {h, stop, .s = {.device = device}}, b = {h, beat, .s = {.device = device}};
        OK(play_start(&h->w.e, &ask, &arena, &j, err));
        cr_assert(id_parse(str_of(json_string_value(json_object_get(j, "id"))), &a.s.playback.v));
        b.s = a.s;
        json_decref(j);
        arena_done(&arena);
        meet(&a, &b);
        cr_assert_eq(a.result, 0);
        cr_assert(b.result == 0 || b.result == ERR_CONFLICT, "%s", err_name(b.result));
        cr_assert_eq(held(h).n, 0, "round %d: what was stopped holds a slot", i);
        cr_assert_eq(beat(&b), ERR_CONFLICT);
        cr_assert_eq(held(h).n, 0);
    }
}

static void home_races(const char *url) {
    struct home h;
    world_init(&h.w);
    h.own = h.w.e.cache;
    if (url)
        OK(cache_open(&(struct cache_options){.url = url, .clock = &h.w.f.clock, .deadline_ms = 10000}, &h.w.e.cache, err));
    h.film = world_film(&h.w, "Film", SCHEME_CLEAR, true);
    h.account = world_account(&h.w, "ana@example.org", 0);
    take_take(&h);
    take_release(&h);
    beat_expiry(&h);
    stop_beat(&h);
    if (url) {
        cache_close(h.w.e.cache);
        h.w.e.cache = h.own;
    }
    world_done(&h.w);
}

Test(stream_races, in_the_program) {
    home_races(NULL);
}

Test(stream_races, in_redis) {
    struct redis_server s = {.password = NULL};
    if (!redis_start(&s))
        cr_skip_test("no redis-server here");
    home_races(s.url);
    redis_kill(&s);
}
