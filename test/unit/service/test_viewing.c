/* Who has the position of a title: the rule by itself, then two devices, a day offline, wrong
 * clocks. */
#include "play.h"
#include "world.h"
#include "engine/cache/cache.h"
#include "service/playback/playback_int.h"
#include "service/viewing/viewing_int.h"
#include <pthread.h>
#include <stdatomic.h>

#define MINUTE_MS 60000LL

Test(viewing_rule, when_it_was_watched_needs_no_right_clock) {
    const int64_t now = 1000 * DAY_MS;
    static const struct {
        int64_t at, sent, begun_ago, ago;
    } cases[] = {
        {0, 0, HOUR_MS, 0},          /* nothing said: now */
        {5 * DAY_MS, 0, HOUR_MS, 0}, /* half of it says nothing */
        {0, 5 * DAY_MS, HOUR_MS, 0},
        {100, 100 + HOUR_MS, DAY_MS, HOUR_MS},                     /* a clock that begins in 1970 */
        {9000 * DAY_MS, 9000 * DAY_MS + HOUR_MS, DAY_MS, HOUR_MS}, /* one that is years ahead */
        {HOUR_MS, 0 + 1, DAY_MS, 0},                      /* put back between: not in the future */
        {1, 1 + 5 * HOUR_MS, 2 * HOUR_MS, 2 * HOUR_MS},   /* never before the playback began */
        {1, 1 + 500 * DAY_MS, 400 * DAY_MS, 30 * DAY_MS}, /* nothing is older than a month */
        {INT64_MIN / 4, INT64_MAX / 4, HOUR_MS, HOUR_MS},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect_eq(now -
                         viewing_instant(now, cases[i].at, cases[i].sent, now - cases[i].begun_ago),
                     cases[i].ago, "case %zu", i);
    cr_expect_eq(viewing_instant(now, 0, 0, now + HOUR_MS), now, "a beginning in the future");
}

static struct playback_id playback(int n) {
    struct playback_id id = {{"01J0000000000000000000000A"}};
    id.v.s[ID_LEN - 1] = (char)('A' + n);
    return id;
}

Test(viewing_rule, who_wins) {
    /* Playback A began before B. */
    static const struct {
        int row, report;   /* playbacks */
        const char *state; /* of the row */
        int64_t later_ms;  /* the report was watched so much after the row */
        int64_t row_seq, seq, row_at, at;
        bool still, wins;
        const char *what;
    } cases[] = {
        {0, 0, "playing", 0, 1, 2, 0, 0, false, true, "the next number"},
        {0, 0, "playing", 9999, 5, 4, 0, 9, false, false,
         "a number before, whatever the clocks say"},
        {0, 0, "playing", 9999, 5, 5, 0, 0, false, false, "the same number again"},
        {0, 0, "playing", 0, 5, 6, 900, 100, false, true, "the clock was put back"},
        {0, 0, "playing", 0, 0, 0, 100, 100, false, true, "without numbers the player's clock"},
        {0, 0, "playing", 5000, 0, 0, 100, 99, false, false, "an earlier one, late"},
        {0, 0, "playing", 61000, 0, 0, 900000, 99, false, true,
         "so late that its clock was put back"},
        {0, 0, "paused", 5000, 1, 2, 0, 0, true, true, "one's own pause is one's own"},
        {0, 1, "playing", 0, 9, 1, 900, 1, false, true, "the later begun has it"},
        {0, 1, "playing", -1, 9, 1, 0, 0, false, false, "but not with what was watched before"},
        {1, 0, "playing", 10000, 0, 0, 0, 0, false, false,
         "while both play the earlier begun has not"},
        {1, 0, "buffering", 30000, 0, 0, 0, 0, false, false, "for half a minute"},
        {1, 0, "playing", 30001, 0, 0, 0, 0, false, true, "the other one is silent: it goes on"},
        {1, 0, "paused", 1000, 0, 0, 0, 0, false, true, "the other one rests"},
        {1, 0, "ended", 1000, 0, 0, 0, 0, false, true, "the other one has ended"},
        {1, 0, "paused", -1, 0, 0, 0, 0, false, false, "rests since later than this"},
        {1, 0, "ended", -24 * 3600000, 0, 0, 0, 0, false, false, "a day offline"},
        {1, 0, "paused", 3600000, 0, 0, 0, 0, true, false,
         "a forgotten tab says that it is paused"},
        {0, 1, "paused", 3600000, 0, 0, 0, 0, true, false, "only opened"},
        {2, 0, "removed", -1, 0, 0, 0, 0, false, false, "taken out since"},
        {2, 0, "removed", 1, 0, 0, 0, 0, false, true, "watched again"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct viewing_row row = {.playback = playback(cases[i].row),
                                  .state = str_of(cases[i].state),
                                  .viewed_ms = 100 * DAY_MS,
                                  .client_at_ms = cases[i].row_at,
                                  .seq = cases[i].row_seq};
        struct progress_report r = {.playback = playback(cases[i].report),
                                    .viewed_ms = 100 * DAY_MS + cases[i].later_ms,
                                    .client_at_ms = cases[i].at,
                                    .seq = cases[i].seq,
                                    .still = cases[i].still};
        cr_expect_eq(viewing_wins(&row, &r), cases[i].wins, "%s", cases[i].what);
    }
}

/* ---- On the real services ---- */

struct den {
    struct world w;
    struct film film;
    struct account_id account;
    struct principal who;
};
static void den_init(struct den *d) {
    world_init(&d->w);
    d->film = world_film(&d->w, "Film", SCHEME_CLEAR, true); /* 60 s */
    d->account = world_account(&d->w, "ana@example.org", 0);
    d->who = world_sign_in(&d->w, d->account);
}
static void den_done(struct den *d) {
    world_done(&d->w);
}
#define SCOPED_DEN(d)                                                                              \
    scoped(den_done) struct den d;                                                                 \
    den_init(&d)

struct player {
    struct den *d;
    struct playback_id id;
    int64_t clock_ms; /* how wrong its clock is */
    int64_t seq;
};
static struct player player(struct den *d, int64_t wrong_ms) {
    struct playback_ask ask = {.who = d->who, .title = d->film.title, .device_kind = STR("web")};
    struct player p = {.d = d, .clock_ms = wrong_ms};
    struct err err_ = {0};
    json_t *j = NULL;
    ask.device.v = id_new(clock_now_ms(&d->w.f.clock));
    cr_assert_eq(play_start(&d->w.e, &ask, &d->w.f.arena, &j, &err_), 0, "%s", err_.msg);
    cr_assert(id_parse(str_of(json_string_value(json_object_get(j, "id"))), &p.id.v));
    json_decref(j);
    return p;
}
/* A report of where it was so long ago, told now. */
static void told(struct player *p, int64_t position_s, const char *state, int64_t ago_ms) {
    int64_t clock = clock_now_ms(&p->d->w.f.clock) + p->clock_ms;
    struct playback_beat b = {.playback = p->id,
                              .position_ms = position_s * 1000,
                              .state = str_of(state),
                              .at_ms = clock - ago_ms,
                              .sent_ms = clock,
                              .seq = ++p->seq};
    OK(playback_report(&p->d->w.e, p->d->account, &b, err));
}
static int64_t position_s(struct den *d) {
    struct progress p;
    OK(viewing_progress(&d->w.e, d->who.profile, d->film.title, &p, err));
    return p.position_ms / 1000;
}
static void later(struct den *d, int64_t ms) {
    clock_shift(&d->w.f.clock, ms);
}

Test(viewing, a_day_offline_with_a_wrong_clock_turns_nothing_back) {
    SCOPED_DEN(d);
    struct player phone = player(&d, 40LL * 365 * DAY_MS); /* forty years ahead */
    told(&phone, 8, "playing", 0);
    later(&d, HOUR_MS); /* the phone goes on watching, unheard */
    struct player tv = player(&d, -3 * HOUR_MS);
    told(&tv, 10, "playing", 0);
    later(&d, 20000);
    told(&tv, 30, "playing", 0);
    later(&d, DAY_MS);
    told(&phone, 50, "playing", DAY_MS + 40 * MINUTE_MS); /* watched before the TV was */
    cr_expect_eq(position_s(&d), 30);
    told(&phone, 20, "playing", 23 * HOUR_MS); /* and this after: the later real viewing */
    cr_expect_eq(position_s(&d), 20);
    /* So late that the playback is over long since; then only its position is taken. */
    later(&d, 3 * DAY_MS);
    told(&phone, 55, "playing", 3 * DAY_MS + 22 * HOUR_MS);
    cr_expect_eq(position_s(&d), 55);
    struct playback_beat now = {.playback = phone.id, .position_ms = 1000, .state = STR("playing")};
    FAILS(ERR_NOT_FOUND, playback_report(&d.w.e, d.account, &now, err));
}

Test(viewing, two_screens_at_once_do_not_flip_and_who_goes_on_has_it) {
    SCOPED_DEN(d);
    struct player tv = player(&d, 0);
    told(&tv, 6, "playing", 0);
    later(&d, 10000);
    struct player phone = player(&d, 0);
    told(&phone, 7, "playing", 0);
    for (int i = 1; i <= 3; i++) {
        later(&d, 10000);
        told(&tv, 30 + i, "playing", 0);
        cr_expect_eq(position_s(&d), 6 + i);
        told(&phone, 7 + i, "playing", 0);
        cr_expect_eq(position_s(&d), 7 + i);
    }
    for (int i = 0; i < 4; i++) { /* the phone crashes; the TV goes on */
        later(&d, 10000);
        told(&tv, 40 + i, "playing", 0);
    }
    cr_expect_eq(position_s(&d), 43);
    told(&phone, 10, "paused", 0); /* it closes at last: ten seconds where it was */
    told(&phone, 10, "paused", 0);
    cr_expect_eq(position_s(&d), 43);
}

Test(viewing, reports_out_of_order_and_twice) {
    SCOPED_DEN(d);
    struct player p = player(&d, 0);
    told(&p, 10, "playing", 0);
    told(&p, 20, "playing", 0);
    p.seq = 0;
    told(&p, 10, "playing", 0); /* the first one again */
    cr_expect_eq(position_s(&d), 20);
    p.seq = 2;
    p.clock_ms = -DAY_MS; /* somebody sets the clock right */
    told(&p, 15, "playing", 0);
    cr_expect_eq(position_s(&d), 15, "a seek back is a viewing");
}

Test(viewing, watched_removed_and_back) {
    SCOPED_DEN(d);
    struct progress p;
    struct progress *list;
    size_t n;
    struct player tv = player(&d, 0);
    told(&tv, 59, "playing", 0);
    OK(viewing_progress(&d.w.e, d.who.profile, d.film.title, &p, err));
    cr_expect(p.watched_ms > 0 && p.resume_ms == 0);
    told(&tv, 20, "playing", 0); /* watched once stays watched */
    OK(viewing_progress(&d.w.e, d.who.profile, d.film.title, &p, err));
    cr_expect(p.watched_ms > 0 && p.resume_ms == 20000);
    later(&d, MINUTE_MS);
    OK(viewing_mark(&d.w.e, &d.who, d.film.title, 60000, false, clock_now_ms(&d.w.f.clock), err));
    OK(viewing_continue(&d.w.e, d.who.profile, 10, &d.w.f.arena, &list, &n, err));
    cr_expect_eq(n, 0);
    later(&d, MINUTE_MS);
    told(&tv, 30, "playing", 90000); /* watched before it was taken out */
    OK(viewing_progress(&d.w.e, d.who.profile, d.film.title, &p, err));
    cr_expect(p.watched_ms == 0 && p.resume_ms == 0 && p.viewed_ms == 0);
    told(&tv, 31, "playing", 0);
    OK(viewing_continue(&d.w.e, d.who.profile, 10, &d.w.f.arena, &list, &n, err));
    cr_expect_eq(n, 1);
}

struct writer {
    struct player p;
    pthread_t thread;
};
static void *write_many(void *arg) {
    struct writer *w = arg;
    for (int i = 1; i <= 20; i++) {
        struct playback_beat b = {
            .playback = w->p.id, .position_ms = i * 1000, .state = STR("playing"), .seq = i};
        int rc = playback_report(&w->p.d->w.e, w->p.d->account, &b, NULL);
        cr_assert(rc == 0 || rc == ERR_BUSY, "%s", err_name(rc));
    }
    return NULL;
}

Test(viewing, many_writers_at_once_end_with_the_later_begun) {
    SCOPED_DEN(d);
    struct writer w[4];
    for (int i = 0; i < 4; i++)
        w[i].p = player(&d, 0);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&w[i].thread, NULL, write_many, &w[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(w[i].thread, NULL);
    struct rows r;
    OK(store_row(d.w.e.store, &viewing_sql[PROGRESS_GET],
                 ARGS(A_ID(d.who.profile), A_ID(d.film.title)), &d.w.f.arena, &r, err));
    cr_expect(str_eq(row_str(&r, 0, 6), id_str(&w[3].p.id.v)), "another playback has it");
    cr_expect_eq(row_i64(&r, 0, 1), 20000);
}

static atomic_int heard;
static void hear(void *arg, struct str message) {
    if (message.p)
        atomic_fetch_add(&heard, str_find(message, str_of(arg)) >= 0);
}

Test(viewing, every_change_is_told_and_only_to_the_profile) {
    SCOPED_DEN(d);
    struct cache_sub *sub, *other;
    char channel[64];
    struct player tv = player(&d, 0);
    snprintf(channel, sizeof channel, "viewing:" ID_FMT, ID_ARG(d.who.profile.v));
    OK(cache_subscribe(d.w.e.cache, str_of(channel), hear, (void *)"progress", &sub, err));
    OK(cache_subscribe(d.w.e.cache, STR("viewing:somebody"), hear, (void *)"", &other, err));
    told(&tv, 10, "playing", 0);
    cr_expect_eq(atomic_load(&heard), 1);
    tv.seq = 0;
    told(&tv, 11, "playing", 0); /* dropped: nothing to tell */
    cr_expect_eq(atomic_load(&heard), 1);
    cache_unsubscribe(sub);
    OK(cache_subscribe(d.w.e.cache, str_of(channel), hear, (void *)"stopped", &sub, err));
    OK(playback_stop(&d.w.e, d.account, tv.id, err));
    cr_expect_eq(atomic_load(&heard), 2);
    cache_unsubscribe(sub);
    cache_unsubscribe(other);
}

Test(viewing, erasing_and_deleting_a_profile_leave_nothing) {
    SCOPED_DEN(d);
    struct player tv = player(&d, 0);
    struct title_id title = d.film.title;
    json_t *j;
    for (int round = 0; round < 2; round++) {
        told(&tv, 10, "playing", 0);
        OK(store_exec(
            d.w.e.store, &viewing_sql[LIST_PUT],
            ARGS(A_ID(d.who.profile), A_ID(title), A_ID(d.account), A_BOOL(true), A_I64(1)), err));
        OK(store_exec(
            d.w.e.store, &viewing_sql[RATING_PUT],
            ARGS(A_ID(d.who.profile), A_ID(title), A_ID(d.account), A_I64(1), A_I64(5), A_I64(1)),
            err));
        OK(viewing_service.export(&d.w.e, d.account, &j, err));
        static const char *const parts[] = {"progress", "my_list", "ratings"};
        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
            cr_expect_eq(json_array_size(json_object_get(j, parts[i])), 1, "%s", parts[i]);
        json_decref(j);
        if (round == 0) {
            OK(viewing_service.erase(&d.w.e, d.account, err));
        } else {
            const struct event ev = {.name = STR("profile.deleted"),
                                     .subject = id_str(&d.who.profile.v)};
            OK(viewing_service.events[0].handle(&d.w.e, &ev, &d.w.f.arena, err));
        }
        OK(viewing_service.export(&d.w.e, d.account, &j, err));
        for (size_t i = 0; i < ARRAY_LEN(parts); i++)
            cr_expect_eq(json_array_size(json_object_get(j, parts[i])), 0, "%s", parts[i]);
        json_decref(j);
    }
}
