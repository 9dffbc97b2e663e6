/* Rights: the decision over a table of cases, the text in a title's row, the clock that opens and closes, the warnings. */
#include "play.h"
#include "world.h"
#include "service/billing/entitlement.h"
#include "service/json.h"
#include "service/rights/rights_int.h"

#define ANY_P PLATFORMS_ALL
#define ANY_M MODELS_ALL
enum { SVOD = 1 << MODEL_SVOD, TVOD = 1 << MODEL_TVOD, EST = 1 << MODEL_EST, AVOD = 1 << MODEL_AVOD };
enum { WEB = 1 << PLATFORM_WEB, TV = 1 << PLATFORM_TV, PHONE = 1 << PLATFORM_PHONE };
#define W(in, but, p, m, from, to) {.territories = STR(in), .except = STR(but), .platforms = p, .models = m, .starts_ms = from, .ends_ms = to}
#define H(in, p, m, from, to) {.territories = STR(in), .except = STR(""), .platforms = p, .models = m, .starts_ms = from, .ends_ms = to, .holdback = true}

Test(rights, what_is_allowed_where_when_on_what_and_how_sold) {
    static const struct rights_window german[] = {W("AT DE", "", ANY_P, ANY_M, 100, 200)};
    static const struct rights_window not_france[] = {W("", "FR", ANY_P, ANY_M, 0, 0)};
    static const struct rights_window twice[] = {W("DE", "", ANY_P, ANY_M, 100, 200), W("DE", "", ANY_P, ANY_M, 300, 0)};
    static const struct rights_window on_tv[] = {W("", "", TV, ANY_M, 0, 0), W("US", "", ANY_P, ANY_M, 0, 0)};
    static const struct rights_window plan_only[] = {W("", "", ANY_P, SVOD, 0, 0)};
    static const struct rights_window held[] = {W("", "", ANY_P, ANY_M, 0, 0), H("FR", ANY_P, SVOD, 100, 200)};
    static const struct rights_window held_only[] = {H("FR", ANY_P, ANY_M, 100, 200)};
    static const struct rights_window held_tv[] = {W("", "", ANY_P, ANY_M, 0, 0), H("", TV, ANY_M, 0, 0)};
    static const struct {
        const char *what;
        const struct rights_window *v;
        size_t n;
        int64_t now;
        const char *country;
        unsigned on;
        bool closed;
        enum rights_refusal refusal;
        unsigned barred, bought; /* bought: barred for who bought */
        int64_t from;
    } cases[] = {
        {"nothing is said", NULL, 0, 1, "DE", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"nothing is said, and nobody knows where", NULL, 0, 1, "", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"nothing is said, closed", NULL, 0, 1, "DE", WEB, true, RIGHTS_NOT_HERE, ANY_M, ANY_M, 0},
        {"before it opens", german, 1, 99, "DE", WEB, false, RIGHTS_NOT_YET, ANY_M, ANY_M, 100},
        {"the moment it opens", german, 1, 100, "DE", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"the last moment", german, 1, 199, "AT", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"the moment it ends; what was bought stays", german, 1, 200, "DE", WEB, false, RIGHTS_OVER, ANY_M, 0, 0},
        {"in another country", german, 1, 150, "FR", WEB, false, RIGHTS_NOT_HERE, ANY_M, ANY_M, 0},
        {"in another country, over", german, 1, 250, "FR", WEB, false, RIGHTS_NOT_HERE, ANY_M, ANY_M, 0},
        {"nobody knows where", german, 1, 150, "", WEB, false, RIGHTS_NOT_HERE, ANY_M, ANY_M, 0},
        {"a window while all else is closed", german, 1, 150, "DE", WEB, true, RIGHTS_OK, 0, 0, 0},
        {"everywhere but", not_france, 1, 1, "US", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"the exception", not_france, 1, 1, "FR", WEB, false, RIGHTS_NOT_HERE, ANY_M, ANY_M, 0},
        {"the exception may be here", not_france, 1, 1, "", WEB, false, RIGHTS_NOT_HERE, ANY_M, ANY_M, 0},
        {"between two windows", twice, 2, 250, "DE", WEB, false, RIGHTS_NOT_YET, ANY_M, 0, 300},
        {"in the second", twice, 2, 300, "DE", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"not on this device", on_tv, 2, 1, "DE", WEB, false, RIGHTS_PLATFORM, ANY_M, ANY_M, 0},
        {"on that one", on_tv, 2, 1, "DE", TV, false, RIGHTS_OK, 0, 0, 0},
        {"on any", on_tv, 2, 1, "DE", 0, false, RIGHTS_OK, 0, 0, 0},
        {"there on all", on_tv, 2, 1, "US", PHONE, false, RIGHTS_OK, 0, 0, 0},
        {"in a plan only", plan_only, 1, 1, "DE", WEB, false, RIGHTS_OK, TVOD | EST | AVOD, TVOD | EST | AVOD, 0},
        {"a holdback of one model", held, 2, 150, "FR", WEB, false, RIGHTS_OK, SVOD, SVOD, 0},
        {"a holdback elsewhere", held, 2, 150, "DE", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"a holdback over", held, 2, 200, "FR", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"a holdback, and nobody knows where", held, 2, 150, "", WEB, false, RIGHTS_OK, SVOD, SVOD, 0},
        {"nothing but a holdback", held_only, 1, 150, "FR", WEB, false, RIGHTS_NOT_YET, ANY_M, ANY_M, 200},
        {"nothing but a holdback, elsewhere", held_only, 1, 150, "DE", WEB, false, RIGHTS_OK, 0, 0, 0},
        {"nothing but a holdback, closed", held_only, 1, 150, "DE", WEB, true, RIGHTS_NOT_HERE, ANY_M, ANY_M, 0},
        {"held on television", held_tv, 2, 1, "DE", TV, false, RIGHTS_PLATFORM, ANY_M, ANY_M, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rights_facts f = {.now_ms = cases[i].now, .country = str_of(cases[i].country), .platforms = cases[i].on,
                                 .closed = cases[i].closed, .levels = {{cases[i].v, cases[i].n}}};
        struct rights_verdict v;
        struct err err = {0};
        rights_allow(&f, &v);
        cr_expect_eq(v.refusal, cases[i].refusal, "%s: %s", cases[i].what, rights_refusal_code(v.refusal));
        cr_expect_eq(v.barred, cases[i].barred, "%s: barred %x", cases[i].what, v.barred);
        cr_expect_eq(v.barred_bought, cases[i].bought, "%s: for who bought, barred %x", cases[i].what, v.barred_bought);
        if (cases[i].refusal == RIGHTS_NOT_YET)
            cr_expect_eq(v.from_ms, cases[i].from, "%s: from %lld", cases[i].what, (long long)v.from_ms);
        int rc = rights_refuse(&v, &err);
        cr_expect_eq(rc, cases[i].refusal ? ERR_FORBIDDEN : 0, "%s", cases[i].what);
        cr_expect_str_eq(err.reason, rights_refusal_code(cases[i].refusal), "%s", cases[i].what);
    }
}

Test(rights, an_episode_obeys_its_season_and_its_series) {
    static const struct rights_window series[] = {W("DE FR", "", ANY_P, ANY_M, 0, 0)}, season[] = {H("FR", ANY_P, ANY_M, 0, 300)},
                                      episode[] = {W("", "", ANY_P, ANY_M, 100, 200)};
    static const struct {
        const char *country;
        int64_t now;
        enum rights_refusal refusal;
    } cases[] = {{"DE", 50, RIGHTS_NOT_YET}, {"DE", 100, RIGHTS_OK}, {"DE", 200, RIGHTS_OVER}, {"US", 150, RIGHTS_NOT_HERE}, {"FR", 150, RIGHTS_NOT_HERE}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rights_facts f = {.now_ms = cases[i].now, .country = str_of(cases[i].country), .platforms = WEB,
                                 .levels = {{episode, 1}, {season, 1}, {series, 1}}};
        struct rights_verdict v;
        rights_allow(&f, &v);
        cr_expect_eq(v.refusal, cases[i].refusal, "%s at %lld: %s", cases[i].country, (long long)cases[i].now, rights_refusal_code(v.refusal));
    }
}

Test(rights, a_right_ends_when_the_last_window_does) {
    static const struct rights_window v[] = {W("DE", "", ANY_P, SVOD, 0, 200), W("DE", "", ANY_P, SVOD, 150, 400), W("", "", ANY_P, AVOD, 0, 0),
                                             H("DE", ANY_P, AVOD, 500, 0)};
    struct rights_facts f = {.now_ms = 100, .country = STR("DE"), .platforms = WEB, .levels = {{v, 4}}};
    cr_expect_eq(rights_until(&f, SVOD), 400);
    cr_expect_eq(rights_until(&f, AVOD), 500);
    cr_expect_eq(rights_until(&f, ANY_M), 500);
    f.country = STR("US");
    cr_expect_eq(rights_until(&f, AVOD), 0);
}

Test(rights, the_text_in_a_titles_row_says_the_same_and_damage_shows) {
    SCOPED_WORLD(w);
    static const struct rights_window v[] = {W("DE FR", "", WEB | TV, SVOD, 100, 200), H("", PHONE, EST | TVOD, 0, 0), W("", "US", ANY_P, ANY_M, 0, 7)};
    struct rights_level back;
    struct str text = rights_text(v, ARRAY_LEN(v), &w.f.arena);
    OK(rights_text_read(text, &w.f.arena, &back, err));
    cr_assert_eq(back.n, ARRAY_LEN(v));
    for (size_t i = 0; i < back.n; i++) {
        cr_expect(str_eq(back.v[i].territories, v[i].territories) && str_eq(back.v[i].except, v[i].except));
        cr_expect(back.v[i].platforms == v[i].platforms && back.v[i].models == v[i].models);
        cr_expect(back.v[i].starts_ms == v[i].starts_ms && back.v[i].ends_ms == v[i].ends_ms && back.v[i].holdback == v[i].holdback);
    }
    static const char *const damaged[] = {"G", "G\tDE\t\t15\t15\t0\n", "X\tDE\t\t15\t15\t0\t0\n", "G\tDE\t\t15\tx\t0\t0\n", "G\tDE\t\t15\t15\t0\t0\t1\n", "\n", "G\tDE\t\t15\t15\t0\t0"};
    for (size_t i = 0; i < ARRAY_LEN(damaged); i++)
        FAILS(ERR_CORRUPT, rights_text_read(str_of(damaged[i]), &w.f.arena, &back, err));
}

Test(rights, places_of_the_same_countries_have_the_same_name) {
    SCOPED_WORLD(w);
    static const struct rights_window all[] = {W("", "", ANY_P, ANY_M, 0, 0)}, two[] = {W("FR", "", TV, SVOD, 0, 0), W("DE", "", ANY_P, EST, 0, 0)},
                                      but[] = {W("", "FR US", ANY_P, ANY_M, 0, 0)}, over[] = {W("DE", "", ANY_P, ANY_M, 0, 10)},
                                      held[] = {W("DE FR", "", ANY_P, ANY_M, 0, 0), H("FR", ANY_P, ANY_M, 0, 0)},
                                      tv_held[] = {W("DE", "", ANY_P, ANY_M, 0, 0), H("DE", TV, ANY_M, 0, 0)};
    static const struct {
        const struct rights_window *v;
        size_t n;
        const char *name;
        bool unknown;
    } cases[] = {{all, 1, "*", true}, {two, 2, "DE FR", false}, {but, 1, "!FR US", false}, {over, 1, "-", false}, {held, 2, "DE", false}, {tv_held, 2, "DE", false}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct title_places p;
        OK(rights_places(&(struct rights_level){cases[i].v, cases[i].n}, 100, &w.f.arena, &p, err));
        cr_expect(str_eq(p.name, str_of(cases[i].name)), "case %zu: " STR_FMT, i, STR_ARG(p.name));
        cr_expect_eq(str_find(p.countries, STR("--")) >= 0, cases[i].unknown, "case %zu", i);
        cr_expect_eq(str_find(p.countries, STR("FR")) >= 0, i <= 1, "case %zu", i);
    }
}

/* ---- In the store ---- */

#define MINUTE 60000LL

static int set(struct world *w, struct title_id title, struct rights_plan plan, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = rights_set(tx, &w->e, title, &plan, &w->f.arena, reterr);
    return rc ? rc : tx_commit(&tx, reterr);
}

static void put(struct world *w, struct title_id title, struct rights_window *v, size_t n) {
    OK(set(w, title, (struct rights_plan){.v = v, .n = n, .revision = -1}, err));
}

/* Names of rights' and titles' events of it so far, parted by blanks. */
static struct str told(struct world *w, struct title_id title) {
    static const struct sql q = {"TOLD", STORE_MAIN, "SELECT name FROM event_outbox_main WHERE subject = $1 AND name NOT IN ('asset.ready', 'title.changed') ORDER BY seq"};
    struct rows r;
    struct str out = STR("");
    OK(store_query(w->e.store, &q, ARGS(A_ID(title)), &w->f.arena, &r, err));
    for (size_t i = 0; i < r.n; i++)
        out = str_printf(&w->f.arena, "%s" STR_FMT "%s", i ? out.p : "", STR_ARG(row_str(&r, i, 0)), i + 1 < r.n ? " " : "");
    return out;
}
#define TOLD(w, t, text)                                                                           \
    do {                                                                                           \
        struct str told_ = told(w, t);                                                             \
        cr_expect(str_eq(told_, STR(text)), "told: " STR_FMT, STR_ARG(told_));                     \
    } while (0)

Test(rights, a_window_opens_and_closes_at_its_minute_and_is_told_once) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, false);
    int64_t now = clock_now_ms(&w.f.clock);
    clock_stop(&w.f.clock, now);
    struct rights_window v[] = {W("DE", "", ANY_P, ANY_M, now + MINUTE, now + 3 * MINUTE), H("DE", TV, ANY_M, now + 2 * MINUTE, now + 3 * MINUTE)};
    put(&w, film.title, v, 2);
    OK(rights_tick(&w.e, err));
    TOLD(&w, film.title, "");
    clock_stop(&w.f.clock, now + MINUTE - 1);
    OK(rights_tick(&w.e, err));
    TOLD(&w, film.title, "");
    clock_stop(&w.f.clock, now + MINUTE);
    OK(rights_tick(&w.e, err));
    OK(rights_tick(&w.e, err));
    TOLD(&w, film.title, "rights.opened");
    clock_stop(&w.f.clock, now + 2 * MINUTE);
    OK(rights_tick(&w.e, err));
    TOLD(&w, film.title, "rights.opened rights.held");
    clock_stop(&w.f.clock, now + 9 * MINUTE); /* late */
    OK(rights_tick(&w.e, err));
    OK(rights_tick(&w.e, err));
    TOLD(&w, film.title, "rights.opened rights.held rights.closed rights.released");
}

Test(rights, who_was_killed_before_the_commit_has_told_nothing_and_the_next_tells_once) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, false);
    int64_t now = clock_now_ms(&w.f.clock);
    clock_stop(&w.f.clock, now);
    struct rights_window v[] = {W("DE", "", ANY_P, ANY_M, now + MINUTE, 0)};
    OK(set(&w, film.title, (struct rights_plan){.v = v, .n = 1, .publish_ms = now + MINUTE, .unpublish_ms = now + 2 * MINUTE, .revision = -1}, err));
    clock_stop(&w.f.clock, now + MINUTE);
    for (int i = 0; i < 2; i++) {
        scoped(tx_rollback) struct tx *tx = NULL;
        struct schedule s;
        OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
        OK(schedule_load(tx, film.title, &w.f.arena, &s, err));
        OK(rights_settle(tx, film.title, &s, now + MINUTE, &w.f.arena, err));
    } /* killed here, twice */
    TOLD(&w, film.title, "");
    OK(rights_tick(&w.e, err));
    TOLD(&w, film.title, "rights.opened title.published");
    clock_stop(&w.f.clock, now + 2 * MINUTE);
    OK(rights_tick(&w.e, err));
    OK(rights_tick(&w.e, err));
    TOLD(&w, film.title, "rights.opened title.published title.unpublished");
}

Test(rights, after_a_day_down_all_of_it_is_told_in_its_order) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, false);
    int64_t now = clock_now_ms(&w.f.clock);
    struct rights_window v[] = {W("DE", "", ANY_P, ANY_M, now + MINUTE, now + 2 * MINUTE), W("FR", "", ANY_P, ANY_M, now - DAY_MS, now - MINUTE)};
    put(&w, film.title, v, 2);
    clock_shift(&w.f.clock, DAY_MS);
    OK(rights_tick(&w.e, err));
    TOLD(&w, film.title, "rights.opened rights.closed"); /* and nothing of what was history when it was written down */
}

Test(rights, a_title_with_nothing_to_play_is_published_once_it_has) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, false);
    struct tx *tx;
    struct title_id title;
    int64_t now = clock_now_ms(&w.f.clock);
    clock_stop(&w.f.clock, now);
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_create(tx, &(struct title_new){.name = STR("Later")}, &w.f.arena, &title, NULL, err));
    OK(tx_commit(&tx, err));
    OK(set(&w, title, (struct rights_plan){.publish_ms = now + MINUTE, .revision = -1}, err));
    OK(set(&w, film.title, (struct rights_plan){.publish_ms = now + MINUTE, .revision = -1}, err));
    clock_stop(&w.f.clock, now + MINUTE);
    OK(rights_tick(&w.e, err));
    TOLD(&w, title, "");
    TOLD(&w, film.title, "title.published"); /* the one does not hold up the other */
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    struct asset_id asset;
    OK(catalog_asset_create(tx, title, &asset, err));
    struct asset_desc d = world_asset_desc(&w, asset, SCHEME_CLEAR);
    OK(catalog_asset_ready(tx, asset, &d, STR("{}"), err));
    OK(tx_commit(&tx, err));
    clock_stop(&w.f.clock, now + 3 * MINUTE);
    OK(rights_tick(&w.e, err));
    TOLD(&w, title, "title.published");
}

Test(rights, what_an_editor_may_not_say_is_refused_and_changes_nothing) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, true);
    struct rights_window good[] = {W(" fr DE  fr", "", 0, 0, 0, 0)};
    struct rights_window bad_country[] = {W("Germany", "", 0, 0, 0, 0)}, not_one[] = {W("XX", "", 0, 0, 0, 0)}, empty[] = {W("", "", 0, 0, 20, 20)},
                         reversed[] = {W("", "", 0, 0, 20, 10)}, before[] = {W("", "", 0, 0, -1, 10)};
    static struct rights_window many[RIGHTS_WINDOWS_MAX + 1];
    put(&w, film.title, good, 1);
    cr_expect(str_eq(good[0].territories, STR("DE FR")), STR_FMT, STR_ARG(good[0].territories));
    struct rights_window unknown[] = {W("", "", 0, 0, 0, 0)}, twice[] = {good[0], good[0]};
    unknown[0].id.v = id_new(5);
#define REFUSED(code, plan_, why) cr_expect_str_eq(FAILS(code, set(&w, film.title, (struct rights_plan)plan_, err)).reason, why)
#define PLAN(...) {__VA_ARGS__}
    REFUSED(ERR_INVALID, PLAN(bad_country, 1, 0, 0, -1), "rights.country_invalid");
    REFUSED(ERR_INVALID, PLAN(not_one, 1, 0, 0, -1), "rights.country_invalid");
    REFUSED(ERR_INVALID, PLAN(empty, 1, 0, 0, -1), "rights.window_empty");
    REFUSED(ERR_INVALID, PLAN(reversed, 1, 0, 0, -1), "rights.window_empty");
    REFUSED(ERR_INVALID, PLAN(before, 1, 0, 0, -1), "rights.time_invalid");
    REFUSED(ERR_INVALID, PLAN(many, ARRAY_LEN(many), 0, 0, -1), "rights.too_many");
    REFUSED(ERR_INVALID, PLAN(twice, 2, 0, 0, -1), "rights.window_twice");
    REFUSED(ERR_INVALID, PLAN(NULL, 0, 20, 10, -1), "rights.schedule_invalid");
    REFUSED(ERR_CONFLICT, PLAN(unknown, 1, 0, 0, -1), "rights.changed");
    REFUSED(ERR_CONFLICT, PLAN(good, 1, 0, 0, 0), "rights.changed"); /* another editor was here */
    FAILS(ERR_NOT_FOUND, set(&w, (struct title_id){id_new(7)}, (struct rights_plan){.revision = -1}, err));
    scoped(tx_rollback) struct tx *tx = NULL;
    struct window_row *rows;
    size_t n;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_READ, &tx, err));
    OK(windows_load(tx, film.title, &w.f.arena, &rows, &n, err));
    cr_assert_eq(n, 1);
    cr_expect(str_eq(id_str(&rows[0].w.id.v), id_str(&good[0].id.v)));
    cr_expect(rows[0].w.platforms == ANY_P && rows[0].w.models == ANY_M);
}

Test(rights, taking_a_window_away_closes_it) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, false);
    struct rights_window v[] = {W("DE", "", ANY_P, ANY_M, 0, 0), W("FR", "", ANY_P, ANY_M, 0, 0)};
    put(&w, film.title, v, 2);
    TOLD(&w, film.title, "rights.opened rights.opened");
    put(&w, film.title, v, 1); /* the same one, by its id */
    TOLD(&w, film.title, "rights.opened rights.opened rights.closed");
}

/* ---- At Play ---- */

static const char *play_in(struct world *w, struct principal who, struct film film, const char *country, const char *device) {
    static struct err err;
    struct playback_ask ask = {.who = who, .title = film.title, .device_kind = str_of(device), .device_name = STR("Test"), .country = str_of(country),
                               .can = {.clearkey = true}};
    json_t *j = NULL;
    err = (struct err){0};
    play_start(&w->e, &ask, &w->f.arena, &j, &err);
    json_decref(j);
    return err.reason;
}

Test(rights, play_obeys_the_windows_at_the_very_moment) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, true);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0)), editor = world_sign_in(&w, world_account(&w, "ed@example.org", ROLE_EDITOR));
    int64_t now = clock_now_ms(&w.f.clock);
    clock_stop(&w.f.clock, now);
    cr_expect_str_eq(play_in(&w, ana, film, "FR", "web"), "");
    struct rights_window v[] = {W("DE", "", ANY_P, ANY_M, now + MINUTE, now + 2 * MINUTE), W("US", "", TV, ANY_M, 0, 0)};
    put(&w, film.title, v, 2);
    cr_expect_str_eq(play_in(&w, ana, film, "FR", "web"), "playback.rights_not_here");
    cr_expect_str_eq(play_in(&w, ana, film, "DE", "web"), "playback.rights_not_yet");
    cr_expect_str_eq(play_in(&w, ana, film, "US", "phone"), "playback.rights_platform");
    cr_expect_str_eq(play_in(&w, ana, film, "US", "tv"), "");
    cr_expect_str_eq(play_in(&w, editor, film, "FR", "web"), "");
    clock_stop(&w.f.clock, now + MINUTE); /* nobody ticked: Play does not wait for the clock */
    cr_expect_str_eq(play_in(&w, ana, film, "DE", "web"), "");
    clock_stop(&w.f.clock, now + 2 * MINUTE);
    cr_expect_str_eq(play_in(&w, ana, film, "DE", "web"), "playback.rights_over");
}

Test(rights, a_way_to_watch_counts_only_in_a_model_that_is_allowed) {
    struct id plan = id_new(1), offer = id_new(2);
    struct offer_fact o[] = {{.id = {offer}, .kind = OFFER_PLAN, .plan = {plan}, .name = STR("Plan"), .price = {999, {"EUR"}}},
                             {.id = {offer}, .kind = OFFER_RENTAL, .name = STR("Rent"), .price = {499, {"EUR"}}}};
    struct right_fact bought[] = {{.rental = false}};
    struct entitlement_facts f = {.now_ms = 10, .country = STR("DE"), .offers = o, .n_offers = 2, .subscribed = true};
    struct entitlement d;
    f.sub = (struct sub){.state = SUB_ACTIVE, .end_ms = 100, .plan = {plan}};
    entitlement_decide(&f, &d);
    cr_expect_eq(d.via, VIA_PLAN);
    f.allowed = (struct rights_verdict){.barred = SVOD, .barred_bought = SVOD};
    entitlement_decide(&f, &d);
    cr_expect_not(d.granted);
    cr_expect_str_eq(access_refusal_code(&d), "playback.rental_required");
    cr_expect(d.has_way && d.way.kind == OFFER_RENTAL);
    f.rights = bought, f.n_rights = 1;
    f.allowed = (struct rights_verdict){.refusal = RIGHTS_OVER, .barred = ANY_M, .barred_bought = 0};
    entitlement_decide(&f, &d);
    cr_expect_eq(d.via, VIA_PURCHASE, "what was bought outlives the window");
    f.allowed = (struct rights_verdict){.refusal = RIGHTS_NOT_HERE, .barred = ANY_M, .barred_bought = ANY_M};
    entitlement_decide(&f, &d);
    cr_expect_str_eq(access_refusal_code(&d), "playback.rights_not_here");
    cr_expect_eq(entitlement_refuse(&d, NULL), ERR_FORBIDDEN);
}

/* ---- In lists ---- */

/* The names of what a list shows in a country, newest first. */
static struct str shown_in(struct world *w, const char *country, const char *kind) {
    struct arena *a = &w->f.arena;
    struct catalog_here here;
    struct title_card *cards;
    struct str next, out = STR("");
    size_t n;
    OK(catalog_here_find(&w->e, str_of(country), a, &here, err));
    OK(catalog_list(w->e.store, &(struct title_query){.here = &here, .kind = str_of(kind)}, STR_NULL, a, &cards, &n, &next, err));
    for (size_t i = 0; i < n; i++)
        out = str_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(out), i ? " " : "", STR_ARG(cards[i].slug));
    return out;
}
#define SHOWN(country, kind, text)                                                                 \
    do {                                                                                           \
        struct str shown_ = shown_in(&w, country, kind);                                           \
        cr_expect(str_eq(shown_, STR(text)), "%s %s: " STR_FMT, country, kind ? kind : "", STR_ARG(shown_)); \
    } while (0)

Test(rights, a_list_shows_what_can_be_seen_there_now) {
    SCOPED_WORLD(w);
    struct film one = world_film(&w, "One", SCHEME_CLEAR, true), two = world_film(&w, "Two", SCHEME_CLEAR, true);
    world_film(&w, "Three", SCHEME_CLEAR, true);
    int64_t now = clock_now_ms(&w.f.clock);
    clock_stop(&w.f.clock, now);
    SHOWN("DE", NULL, "three two one");
    struct rights_window german[] = {W("DE", "", TV, SVOD, now + MINUTE, now + 2 * MINUTE)}, held[] = {H("FR", ANY_P, ANY_M, 0, 0)};
    put(&w, one.title, german, 1);
    put(&w, two.title, held, 1);
    SHOWN("DE", NULL, "three two");
    SHOWN("FR", NULL, "three");
    SHOWN("", NULL, "three"); /* nowhere that is known */
    clock_stop(&w.f.clock, now + MINUTE);
    SHOWN("DE", NULL, "three two"); /* lists wait for the clock */
    OK(rights_tick(&w.e, err));
    SHOWN("DE", NULL, "three two one");
    SHOWN("US", NULL, "three two");
    clock_stop(&w.f.clock, now + 2 * MINUTE);
    OK(rights_tick(&w.e, err));
    SHOWN("DE", NULL, "three two");
    german[0] = (struct rights_window)W("", "", 0, 0, 0, 0);
    put(&w, one.title, german, 1);
    SHOWN("DE", NULL, "three two one");
    SHOWN("", NULL, "three one");
    put(&w, two.title, NULL, 0);
    SHOWN("", NULL, "three two one");
    OK(catalog_scopes_prune(&w.e, err)); /* of the three sets of countries one is left */
    static const struct sql scopes = {"SCOPES", STORE_MAIN, "SELECT count(*) FROM scope"};
    struct rows r;
    OK(store_row(w.e.store, &scopes, NO_ARGS, &w.f.arena, &r, err));
    cr_expect_eq(row_i64(&r, 0, 0), 1);
    SHOWN("FR", NULL, "three two one");
}

Test(rights, a_page_is_full_however_many_titles_are_hidden) {
    SCOPED_WORLD(w);
    struct catalog_here here;
    struct title_card *cards;
    struct str next = STR_NULL;
    size_t n, seen = 0;
    for (int i = 0; i < 12; i++) {
        struct film f = world_film(&w, "Film", SCHEME_CLEAR, true);
        struct rights_window v[] = {W("DE", "", ANY_P, ANY_M, 0, 0)};
        if (i % 4)
            put(&w, f.title, v, 1);
    }
    OK(catalog_here_find(&w.e, STR("US"), &w.f.arena, &here, err));
    for (int page = 0; page < 2; page++, seen += n)
        OK(catalog_list(w.e.store, &(struct title_query){.here = &here, .limit = 2, .cursor = next}, STR_NULL, &w.f.arena, &cards, &n, &next, err));
    cr_expect_eq(seen, 3);
    cr_expect(!next.n);
}

static struct title_id part(struct world *w, enum title_kind kind, struct title_id parent, const char *name) {
    struct title_id id;
    struct tx *tx;
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_create(tx, &(struct title_new){.name = str_of(name), .kind = kind, .parent = parent, .number = 1}, &w->f.arena, &id, NULL, err));
    if (kind == TITLE_EPISODE || kind == TITLE_TRAILER) {
        struct asset_id asset;
        OK(catalog_asset_create(tx, id, &asset, err));
        struct asset_desc d = world_asset_desc(w, asset, SCHEME_CLEAR);
        OK(catalog_asset_ready(tx, asset, &d, STR("{}"), err));
    }
    OK(catalog_title_publish(tx, id, true, err));
    OK(tx_commit(&tx, err));
    return id;
}

static enum rights_refusal verdict_in(struct world *w, struct title_id id, const char *country) {
    struct store_ask ask = catalog_brief_ask(&id);
    struct title_brief brief;
    struct rights_verdict v;
    OK(store_ask_all(w->e.store, &ask, 1, &w->f.arena, err));
    OK(catalog_brief_take(&ask, &brief, err));
    OK(rights_verdict_of(&w->e, &brief, str_of(country), WEB, &w->f.arena, &v, err));
    return v.refusal;
}

Test(rights, a_series_is_licensed_once_for_all_its_episodes) {
    SCOPED_WORLD(w);
    struct title_id none = {{{0}}}, series = part(&w, TITLE_SERIES, none, "Show"), season = part(&w, TITLE_SEASON, series, "S1"),
                    episode = part(&w, TITLE_EPISODE, season, "E1"), trailer = part(&w, TITLE_TRAILER, series, "Soon");
    int64_t now = clock_now_ms(&w.f.clock);
    struct rights_window both[] = {W("DE FR", "", ANY_P, ANY_M, 0, 0)}, held[] = {H("FR", ANY_P, ANY_M, 0, now + DAY_MS)};
    put(&w, series, both, 1);
    put(&w, season, held, 1);
    static const struct {
        const char *country;
        enum rights_refusal refusal;
        const char *series, *episodes;
    } cases[] = {{"DE", RIGHTS_OK, "show", "e1"}, {"FR", RIGHTS_NOT_YET, "show", ""}, {"US", RIGHTS_NOT_HERE, "", ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cr_expect_eq(verdict_in(&w, episode, cases[i].country), cases[i].refusal, "%s", cases[i].country);
        cr_expect_eq(verdict_in(&w, trailer, cases[i].country), RIGHTS_OK, "%s: a trailer comes before", cases[i].country);
        struct str s = shown_in(&w, cases[i].country, NULL), ep = shown_in(&w, cases[i].country, "episode");
        cr_expect(str_eq(s, str_of(cases[i].series)), "%s: " STR_FMT, cases[i].country, STR_ARG(s));
        cr_expect(str_eq(ep, str_of(cases[i].episodes)), "%s: " STR_FMT, cases[i].country, STR_ARG(ep));
    }
}

/* ---- Warnings ---- */

static int offers_stub(const struct engine *e, struct title_id title, struct arena *a, struct rights_offer **ret, size_t *ret_n, struct err *reterr) {
    static struct rights_offer o[] = {{STR("Rent it"), TVOD, STR("DE FR"), 0, 0}, {STR("The plan"), SVOD, STR(""), 0, 0}, {STR("Last year"), EST, STR("US"), 0, 1000}};
    *ret = o;
    *ret_n = ARRAY_LEN(o);
    return 0;
}

static const char *warnings(struct world *w, struct title_id title) {
    static char out[300];
    json_t *list = json_array();
    size_t n = 0;
    OK(rights_warn(&w->e, title, clock_now_ms(&w->f.clock), 10 * DAY_MS, &w->f.arena, list, err));
    out[0] = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s(%s)", i ? " " : "", json_string_value(json_object_get(json_array_get(list, i), "kind")),
                              json_string_value(json_object_get(json_array_get(list, i), "what")));
    json_decref(list);
    return out;
}

Test(rights, what_ends_and_what_contradicts_is_warned_of) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, true);
    int64_t now = clock_now_ms(&w.f.clock), soon = now + 5 * DAY_MS;
#define BY(window, who) ({ struct rights_window w_ = window; w_.licensor = STR(who); w_.exclusive = true; w_; })
#define WARNED(text, ...)                                                                          \
    do {                                                                                           \
        struct rights_window v_[] = {__VA_ARGS__};                                                 \
        put(&w, film.title, v_, ARRAY_LEN(v_));                                                    \
        cr_expect_str_eq(warnings(&w, film.title), text);                                          \
    } while (0)
    typedef struct rights_window window;
    rights_offers_provider(NULL);
    WARNED("ends_soon()", W("DE", "", ANY_P, ANY_M, 0, soon));
    WARNED("", W("DE", "", ANY_P, ANY_M, 0, now + 20 * DAY_MS));
    WARNED("", W("DE", "", ANY_P, ANY_M, 0, now - DAY_MS));
    WARNED("", W("DE", "", ANY_P, ANY_M, 0, soon), W("DE FR", "", ANY_P, ANY_M, soon, 0)); /* it goes on */
    WARNED("ends_soon()", W("DE", "", ANY_P, ANY_M, 0, soon), W("DE", "", WEB, ANY_M, soon, 0));
    WARNED("holdback_over_window()", W("DE", "", ANY_P, ANY_M, 0, 0), H("DE FR", TV, ANY_M, soon, 0));
    WARNED("", W("DE", "", ANY_P, SVOD, 0, 0), H("DE", ANY_P, EST, 0, 0));
    WARNED("", W("DE", "", ANY_P, SVOD, 0, 0), H("FR", ANY_P, ANY_M, 0, 0));
    WARNED("", W("DE", "", ANY_P, SVOD, now, 0), H("DE", ANY_P, ANY_M, 0, now - DAY_MS)); /* that was */
    WARNED("two_exclusive(B)", BY(((window)W("DE", "", ANY_P, ANY_M, 0, 0)), "A"), BY(((window)W("", "FR", ANY_P, SVOD, now, 0)), "B"));
    WARNED("", BY(((window)W("DE", "", ANY_P, ANY_M, 0, 0)), "A"), BY(((window)W("", "DE", ANY_P, SVOD, now, 0)), "B"));
    WARNED("", BY(((window)W("DE", "", ANY_P, ANY_M, 0, 0)), "A"), BY(((window)W("", "", ANY_P, SVOD, now, 0)), "A"));
    rights_offers_provider(offers_stub);
    WARNED("offer_without_right(Rent it: FR)", W("DE", "", ANY_P, ANY_M, 0, 0));
    WARNED("offer_without_right(Rent it: DE FR) offer_without_right(The plan: everywhere)", W("DE", "", ANY_P, EST, 0, 0));
    WARNED("", W("DE FR", "", ANY_P, ANY_M, now + DAY_MS, 0)); /* not yet, but it will */
    rights_offers_provider(NULL);
}

/* Two windows contradict each other where country, device, way of selling and time meet, all four; one apart is peace. */
Test(rights, windows_of_different_kinds_contradict_only_where_all_of_them_meet) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, true);
    typedef struct rights_window window;
    int64_t now = clock_now_ms(&w.f.clock), end = now + 100 * DAY_MS;
    const window ours = BY(((window)W("AT DE", "", WEB | TV, SVOD | AVOD, now, end)), "A");
    rights_offers_provider(NULL);
    static const char *const clash = "two_exclusive(B)";
    const struct {
        const char *what, *warned;
        window theirs;
    } pairs[] = {
        {"a country, a device, a way and days in common", clash, BY(((window)W("AT FR", "", TV | PHONE, AVOD | TVOD, now + 50 * DAY_MS, 0)), "B")},
        {"all but one country is still the others", clash, BY(((window)W("", "DE", TV, AVOD, now + DAY_MS, 0)), "B")},
        {"all but both countries", "", BY(((window)W("", "AT DE", TV, AVOD, 0, 0)), "B")},
        {"other countries", "", BY(((window)W("CH FR", "", ANY_P, ANY_M, 0, 0)), "B")},
        {"other devices", "", BY(((window)W("AT DE", "", PHONE, ANY_M, 0, 0)), "B")},
        {"other ways of selling", "", BY(((window)W("AT DE", "", ANY_P, TVOD | EST, 0, 0)), "B")},
        {"begins as ours ends", "", BY(((window)W("AT DE", "", ANY_P, ANY_M, end, 0)), "B")},
        {"begins a moment before", clash, BY(((window)W("AT DE", "", ANY_P, ANY_M, end - 1, 0)), "B")},
        {"theirs is not exclusive", "", W("AT DE", "", ANY_P, ANY_M, 0, 0)},
        {"a holdback in part of it", "holdback_over_window()", H("DE", WEB, SVOD, 0, 0)},
        {"a holdback of what ours does not sell", "", H("AT DE", ANY_P, EST, 0, 0)},
        {"a holdback elsewhere on the same device", "", H("FR", WEB, SVOD, 0, 0)},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        window v[] = {ours, pairs[i].theirs}, turned[] = {pairs[i].theirs, ours};
        put(&w, film.title, v, 2);
        cr_expect_str_eq(warnings(&w, film.title), pairs[i].warned, "%s", pairs[i].what);
        if (pairs[i].theirs.holdback || !*pairs[i].warned) { /* of two exclusive ones the second is named */
            put(&w, film.title, turned, 2);
            cr_expect_str_eq(warnings(&w, film.title), pairs[i].warned, "%s, said the other way round", pairs[i].what);
        }
    }
    WARNED("two_exclusive(B) holdback_over_window() holdback_over_window()", ours, pairs[0].theirs, H("AT", TV, AVOD, end - DAY_MS, 0));
    WARNED("two_exclusive(B) holdback_over_window()", ours, pairs[0].theirs, H("AT", TV, AVOD, end, 0)); /* only theirs runs then */
}
