/* How many watch at a time: limits, ends, stops, two at the same instant, and no cache to ask. */
#include "play.h"
#include "world.h"
#include "engine/cache/cache.h"
#include "service/playback/playback_int.h"
#include "service/viewing/viewing.h"
#include <pthread.h>

static int limit_now = 2;
static int limit_of_plan(const struct engine *e, struct account_id account, int *ret_limit,
                         struct err *reterr) {
    if (limit_now < 0)
        return err_set(reterr, ERR_BUSY, "no plan to be read");
    *ret_limit = limit_now;
    return 0;
}

struct home {
    struct world w;
    struct film film;
    struct account_id account;
};
static void home_init(struct home *h) {
    world_init(&h->w);
    viewing_limit_provider(limit_of_plan);
    h->film = world_film(&h->w, "Film", SCHEME_CLEAR, true);
    h->account = world_account(&h->w, "ana@example.org", 0);
}
static void home_done(struct home *h) {
    viewing_limit_provider(NULL);
    world_done(&h->w);
}
#define SCOPED_HOME(h)                                                                             \
    scoped(home_done) struct home h;                                                               \
    home_init(&h)

/* A device of the account, by its own id; each signed in by itself. */
struct screen {
    struct principal who;
    struct device_id device;
    const char *kind, *name;
    struct playback_id playback;
};
static struct screen screen(struct home *h, const char *kind, const char *name) {
    return (struct screen){.who = world_sign_in(&h->w, h->account),
                           .device = {id_new(clock_now_ms(&h->w.f.clock))},
                           .kind = kind,
                           .name = name};
}

static int play(struct home *h, struct screen *s, struct err *err) {
    struct playback_ask ask = {.who = s->who,
                               .title = h->film.title,
                               .device = s->device,
                               .device_kind = str_of(s->kind),
                               .device_name = str_of(s->name)};
    struct arena a = ARENA(4 << 20);
    json_t *j = NULL;
    int rc = play_start(&h->w.e, &ask, &a, &j, err);
    if (rc == 0)
        cr_assert(id_parse(str_of(json_string_value(json_object_get(j, "id"))), &s->playback.v));
    json_decref(j);
    arena_done(&a);
    return rc;
}

static int beat(struct home *h, const struct screen *s, int64_t position_ms, const char *state,
                struct err *err) {
    return playback_heartbeat(&h->w.e, h->account, s->playback, position_ms, str_of(state),
                              clock_now_ms(&h->w.f.clock), err);
}

Test(streams, one_too_many_is_told_who_watches) {
    SCOPED_HOME(h);
    struct screen tv = screen(&h, "tv", "Living room"), phone = screen(&h, "phone", ""),
                  web = screen(&h, "web", "Laptop");
    json_t *list;
    OK(play(&h, &tv, err));
    OK(play(&h, &phone, err));
    struct err e = FAILS(ERR_CONFLICT, play(&h, &web, err));
    cr_expect_str_eq(e.reason, "playback.too_many_streams");
    cr_expect(strstr(e.hint, "Living room") && strstr(e.hint, " and ") && strstr(e.hint, "a phone"),
              "%s", e.hint);
    OK(playback_streams(&h.w.e, &tv.who, STR("en"), &h.w.f.arena, &list, err));
    cr_assert_eq(json_array_size(list), 2);
    bool seen = false;
    for (size_t i = 0; i < 2; i++) {
        json_t *s = json_array_get(list, i), *d = json_object_get(s, "device");
        cr_expect_str_eq(json_string_value(json_object_get(json_object_get(s, "title"), "name")),
                         "Film");
        if (strcmp(json_string_value(json_object_get(d, "kind")), "tv") == 0) {
            seen = true;
            cr_expect_str_eq(json_string_value(json_object_get(d, "name")), "Living room");
            cr_expect_str_eq(json_string_value(json_object_get(s, "playback_id")), tv.playback.v.s);
        }
    }
    cr_expect(seen);
    json_decref(list);
    /* Another account has slots of its own. */
    h.account = world_account(&h.w, "bo@example.org", 0);
    struct screen other = screen(&h, "web", "Bo");
    OK(play(&h, &other, err));
}

Test(streams, a_crashed_player_frees_its_slot_within_a_minute) {
    SCOPED_HOME(h);
    struct screen tv = screen(&h, "tv", "TV"), phone = screen(&h, "phone", "P"),
                  web = screen(&h, "web", "W");
    struct progress p;
    OK(play(&h, &tv, err));
    OK(play(&h, &phone, err));
    clock_shift(&h.w.f.clock, 30000);
    OK(beat(&h, &phone, 20000, "playing", err)); /* the TV is silent */
    FAILS(ERR_CONFLICT, play(&h, &web, err));
    clock_shift(&h.w.f.clock, 30000);
    OK(play(&h, &web, err));
    /* Back from the dead, while others watch: where it was is kept, and it has to stop. */
    cr_expect_str_eq(FAILS(ERR_CONFLICT, beat(&h, &tv, 33000, "playing", err)).reason,
                     "playback.too_many_streams");
    OK(viewing_progress(&h.w.e, tv.who.profile, h.film.title, &p, err));
    cr_expect_gt(p.position_ms, 0);
    OK(beat(&h, &phone, 40000, "ended", err));
    OK(beat(&h, &tv, 34000, "playing", err)); /* a slot is free again, and it takes it */
    FAILS(ERR_CONFLICT, beat(&h, &phone, 40000, "playing", err));
}

Test(streams, a_device_has_one_stream_and_the_latest_counts) {
    SCOPED_HOME(h);
    struct screen tv = screen(&h, "tv", "TV");
    limit_now = 1;
    OK(play(&h, &tv, err));
    struct screen first = tv;
    OK(play(&h, &tv, err)); /* a reload, another tab: never "too many" with oneself */
    cr_expect_str_eq(FAILS(ERR_CONFLICT, beat(&h, &first, 9000, "playing", err)).reason,
                     "playback.replaced");
    OK(beat(&h, &tv, 9000, "playing", err));
    OK(beat(&h, &first, 9000, "ended", err)); /* its end takes nothing from the other */
    struct screen web = screen(&h, "web", "W");
    FAILS(ERR_CONFLICT, play(&h, &web, err));
}

Test(streams, stopping_one_makes_room_and_tells_it_so) {
    SCOPED_HOME(h);
    struct screen tv = screen(&h, "tv", "TV"), web = screen(&h, "web", "W");
    struct account_id bo = world_account(&h.w, "bo@example.org", 0);
    limit_now = 1;
    OK(play(&h, &tv, err));
    FAILS(ERR_CONFLICT, play(&h, &web, err));
    FAILS(ERR_NOT_FOUND, playback_stop(&h.w.e, bo, tv.playback, err));
    FAILS(ERR_CONFLICT, play(&h, &web, err));
    OK(playback_stop(&h.w.e, h.account, tv.playback, err));
    OK(playback_stop(&h.w.e, h.account, tv.playback, err)); /* twice is as good */
    OK(play(&h, &web, err));
    cr_expect_str_eq(FAILS(ERR_CONFLICT, beat(&h, &tv, 9000, "playing", err)).reason,
                     "playback.stopped");
    OK(beat(&h, &web, 9000, "ended", err));
    FAILS(ERR_CONFLICT, beat(&h, &tv, 9000, "playing", err)); /* stopped is stopped, room or not */
    OK(play(&h, &tv, err));
    FAILS(ERR_NOT_FOUND, playback_stop(&h.w.e, h.account, (struct playback_id){id_new(1)}, err));
}

struct starter {
    struct home *h;
    struct screen s;
    pthread_t thread;
    pthread_barrier_t *together;
    int rc;
};
static void *start(void *arg) {
    struct starter *s = arg;
    pthread_barrier_wait(s->together);
    s->rc = play(s->h, &s->s, NULL);
    return NULL;
}

Test(streams, at_the_same_instant_no_more_than_the_limit_get_in) {
    SCOPED_HOME(h);
    enum { N = 6 };
    struct starter s[N];
    pthread_barrier_t together;
    int in = 0;
    pthread_barrier_init(&together, NULL, N);
    for (int i = 0; i < N; i++) {
        s[i] = (struct starter){.h = &h, .s = screen(&h, "web", "W"), .together = &together};
        cr_assert_eq(pthread_create(&s[i].thread, NULL, start, &s[i]), 0);
    }
    for (int i = 0; i < N; i++) {
        pthread_join(s[i].thread, NULL);
        in += s[i].rc == 0;
        cr_expect(s[i].rc == 0 || s[i].rc == ERR_CONFLICT, "%s", err_name(s[i].rc));
    }
    cr_expect_eq(in, 2);
    pthread_barrier_destroy(&together);
}

Test(streams, without_the_cache_everybody_plays) {
    SCOPED_HOME(h);
    struct screen s[4];
    struct cache *own = h.w.e.cache;
    limit_now = 1;
    log_init("test", LOG_ERROR);
    /* Port 1 refuses. */
    OK(cache_open(&(struct cache_options){.url = "redis://127.0.0.1:1"}, &h.w.e.cache, err));
    for (size_t i = 0; i < ARRAY_LEN(s); i++) {
        s[i] = screen(&h, "web", "W");
        OK(play(&h, &s[i], err));
    }
    for (size_t i = 0; i < ARRAY_LEN(s); i++)
        OK(beat(&h, &s[i], 9000, "playing", err));
    OK(playback_stop(&h.w.e, h.account, s[0].playback, err));
    cr_expect_str_eq(FAILS(ERR_CONFLICT, beat(&h, &s[0], 9000, "playing", err)).reason,
                     "playback.stopped", "the store knows that one");
    cache_close(h.w.e.cache);
    h.w.e.cache = own;
    /* It is back, and empty: the first to be heard of are in. */
    OK(beat(&h, &s[1], 9000, "playing", err));
    FAILS(ERR_CONFLICT, beat(&h, &s[2], 9000, "playing", err));
    OK(beat(&h, &s[1], 9000, "playing", err));
}

Test(streams, a_plan_may_allow_any_number_or_be_unreadable) {
    SCOPED_HOME(h);
    struct screen s[7];
    limit_now = 0;
    for (size_t i = 0; i < ARRAY_LEN(s); i++) {
        s[i] = screen(&h, "web", "W");
        OK(play(&h, &s[i], err));
    }
    limit_now = -1; /* then the setting counts, which is four */
    log_init("test", LOG_ERROR);
    struct screen more = screen(&h, "web", "W");
    FAILS(ERR_CONFLICT, play(&h, &more, err));
}
