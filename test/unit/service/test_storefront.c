/* The home page, client events, and a person's data out and gone from every service. */
#include "play.h"
#include "world.h"
#include "service/analytics/analytics_int.h"
#include "service/licence/licence.h"
#include "service/playback/playback_int.h"
#include "service/storefront/storefront_int.h"
#include "service/viewing/viewing_int.h"
#include <sys/stat.h>

static json_t *home(struct world *w, struct principal who, const char *langs) {
    json_t *j = NULL;
    OK(storefront_home(&w->e, who.profile, who.maturity, str_of(langs), &w->f.arena, &j, err));
    return j;
}

static const json_t *row(const json_t *page, const char *id) {
    const json_t *rows = json_object_get(page, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(rows, i), "id")), id) == 0)
            return json_array_get(rows, i);
    return NULL;
}

static struct playback_id play(struct world *w, struct principal who, struct film film) {
    struct playback_ask ask = {.who = who,
                               .title = film.title,
                               .device_kind = STR("tv"),
                               .device_name = STR("Living room"),
                               .can = {.clearkey = true}};
    struct playback_id id;
    json_t *j = NULL;
    OK(play_start(&w->e, &ask, &w->f.arena, &j, err));
    cr_assert(id_parse(str_of(json_string_value(json_object_get(j, "id"))), &id.v));
    json_decref(j);
    return id;
}

Test(storefront, an_empty_house_has_an_empty_page) {
    SCOPED_WORLD(w);
    json_t *page = home(&w, world_sign_in(&w, world_account(&w, "ana@example.org", 0)), "en");
    cr_expect(json_is_null(json_object_get(page, "hero")));
    cr_expect_eq(json_array_size(json_object_get(page, "rows")), 0);
    json_decref(page);
}

Test(storefront, the_page_has_a_hero_and_rows_in_order) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct film old = world_film(&w, "Old", SCHEME_CLEAR, true);
    clock_shift(&w.f.clock, 1000);
    world_film(&w, "Newer", SCHEME_CLEAR, true);
    world_film(&w, "Hidden", SCHEME_CLEAR, false);
    OK(playback_heartbeat(&w.e, ana.account, play(&w, ana, old), 20000, STR("paused"), 1, err));
    json_t *page = home(&w, ana, "fr-FR,fr;q=0.9");
    const json_t *hero = json_object_get(page, "hero");
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(hero, "title"), "name")),
                     "Newer");
    cr_expect_str_eq(json_string_value(json_object_get(hero, "synopsis")), "What happens.");
    const json_t *rows = json_object_get(page, "rows");
    static const char *const order[] = {"continue", "new"};
    cr_assert_eq(json_array_size(rows), 2, "everything is in the row of new ones: it is not said twice");
    for (size_t i = 0; i < 2; i++)
        cr_expect_str_eq(json_string_value(json_object_get(json_array_get(rows, i), "id")),
                         order[i]);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(rows, 0), "title")),
                     "Reprendre");
    cr_expect_eq(json_array_size(json_object_get(row(page, "new"), "items")), 2);
    const json_t *seen = json_array_get(json_object_get(row(page, "continue"), "items"), 0);
    cr_expect_eq(
        json_number_value(json_object_get(json_object_get(seen, "progress"), "position_s")), 20);
    json_decref(page);
}

Test(storefront, a_catalogue_too_large_for_one_row_is_shown_whole_below) {
    SCOPED_WORLD(w);
    for (int i = 0; i < 21; i++) {
        char name[16];
        snprintf(name, sizeof name, "Film %d", i);
        world_film(&w, name, SCHEME_CLEAR, true);
        clock_shift(&w.f.clock, 1000);
    }
    json_t *page = home(&w, world_sign_in(&w, world_account(&w, "ana@example.org", 0)), "en");
    cr_expect_eq(json_array_size(json_object_get(row(page, "new"), "items")), 20);
    cr_expect_eq(json_array_size(json_object_get(row(page, "all"), "items")), 21);
    json_decref(page);
}

Test(storefront, what_one_watches_another_does_not_see) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct principal bob = world_sign_in(&w, world_account(&w, "bob@example.org", 0));
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, true);
    OK(playback_heartbeat(&w.e, ana.account, play(&w, ana, film), 20000, STR("paused"), 1, err));
    json_t *page = home(&w, bob, "en");
    cr_expect_null(row(page, "continue"));
    scoped(mem_free) char *text = json_dumps(page, 0);
    cr_expect_null(strstr(text, "position_s"));
    json_decref(page);
}

static int failing(struct row_context *c, struct err *reterr) {
    return err_set(reterr, ERR_INTERNAL, "a recommender that is down");
}
static int adding(struct row_context *c, struct err *reterr) {
    struct title_card *cards;
    struct title_query q = {0};
    struct str next;
    size_t n;
    int rc = catalog_list(c->engine->store, &q, c->langs, c->arena, &cards, &n, &next, reterr);
    return rc ? rc
              : storefront_row_add(c, "for-you", "recommend", STR("For you"), cards, n, reterr);
}
static const struct row_provider later[] = {{"failing", 50, failing}, {"for-you", 150, adding}};

Test(storefront, a_later_service_adds_rows_and_a_failing_one_costs_only_its_own) {
    SCOPED_WORLD(w);
    world_film(&w, "Film", SCHEME_CLEAR, true);
    for (size_t i = 0; i < 2; i++)
        OK(storefront_provider_add(&later[i], err));
    log_init("test", LOG_ERROR + 1);
    json_t *page = home(&w, world_sign_in(&w, world_account(&w, "ana@example.org", 0)), "en");
    const json_t *rows = json_object_get(page, "rows");
    cr_assert_eq(json_array_size(rows), 2);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(rows, 0), "id")), "for-you");
    json_decref(page);
}

Test(storefront, language_rows_are_there_where_they_tell_titles_apart) {
    SCOPED_WORLD(w);
    cr_expect(str_eq(row_language_title(STR("fr"), STR("pt-BR"), &w.f.arena), STR("En Português")));
    cr_expect(str_eq(row_language_title(STR("en"), STR("qaa"), &w.f.arena), STR("In qaa")));
    world_film(&w, "One", SCHEME_CLEAR, true); /* every film speaks both: no row */
    world_film(&w, "Two", SCHEME_CLEAR, true);
    json_t *page = home(&w, world_sign_in(&w, world_account(&w, "ana@example.org", 0)), "en");
    cr_expect_null(row(page, "language-fr"));
    json_decref(page);
}

/* ---- Client events ---- */

static json_t *envelope(const char *id, const char *sent_at, const char *at) {
    return json_pack("{s:i, s:s, s:[{s:s, s:s, s:s, s:{s:s, s:i, s:i, s:s}, s:{s:i}}]}", "version",
                     1, "sent_at", sent_at, "events", "id", id, "at", at, "name", "title.shown",
                     "impression", "row", "new", "row_index", 1, "position", 4, "title_id",
                     "01J00000000000000000000000", "data", "k", 1);
}

static int stored(struct world *w, struct account_id account, struct rows *r) {
    return OK(store_query(w->e.store, &analytics_sql[EVENT_BY_ACCOUNT], ARGS(A_ID(account)),
                          &w->f.arena, r, err));
}

Test(analytics, an_event_sent_twice_counts_once_and_only_for_its_account) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct principal bob = world_sign_in(&w, world_account(&w, "bob@example.org", 0));
    struct rows r;
    char now[RFC3339_LEN + 1];
    rfc3339_write(clock_now_ms(&w.f.clock), now);
    json_t *e = envelope("event-0001", now, now);
    OK(client_events_store(&w.e, &ana, e, err));
    OK(client_events_store(&w.e, &ana, e, err));
    OK(client_events_store(&w.e, &bob, e, err));
    json_decref(e);
    cr_expect_eq(stored(&w, ana.account, &r), 1);
    cr_expect(str_eq(row_str(&r, 0, 9), STR("new")));
    cr_expect_eq(row_i64(&r, 0, 10), 1);
    cr_expect_eq(row_i64(&r, 0, 11), 4);
    cr_expect_eq(stored(&w, bob.account, &r), 1);
}

Test(analytics, a_wrong_clock_is_set_right) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct rows r;
    char sent[RFC3339_LEN + 1], at[RFC3339_LEN + 1];
    int64_t now = clock_now_ms(&w.f.clock);
    rfc3339_write(now + 2 * HOUR_MS, sent); /* two hours fast */
    rfc3339_write(now + 2 * HOUR_MS - 5000, at);
    json_t *e = envelope("event-0001", sent, at);
    OK(client_events_store(&w.e, &ana, e, err));
    json_decref(e);
    stored(&w, ana.account, &r);
    int64_t off = row_i64(&r, 0, 4) - (now - 5000);
    cr_expect(off >= 0 && off < 5000, "%lld ms off", (long long)off);
}

Test(analytics, a_bad_event_stores_nothing_of_its_batch) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct rows r;
    char big[CLIENT_EVENT_DATA_MAX + 1];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    json_t *e = envelope("event-0001", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    json_array_append_new(json_object_get(e, "events"),
                          json_pack("{s:s, s:s, s:s, s:{s:s}}", "id", "event-0002", "at",
                                    "2026-01-01T00:00:00Z", "name", "x", "data", "big", big));
    cr_expect_str_eq(FAILS(ERR_INVALID, client_events_store(&w.e, &ana, e, err)).reason,
                     "analytics.data_too_large");
    cr_expect_eq(stored(&w, ana.account, &r), 0);
    json_object_set_new(e, "version", json_integer(2));
    cr_expect_str_eq(FAILS(ERR_INVALID, client_events_store(&w.e, &ana, e, err)).reason,
                     "analytics.version_unknown");
    json_decref(e);
}

/* ---- Out and gone ---- */

/* How many files of a copy of the store (without freed pages) hold an id of hers, in whatever
 * table. */
static int files_with(struct world *w, const char *name, const struct principal *who,
                      struct playback_id playback) {
    char dir[128], command[400];
    int n = -1;
    snprintf(dir, sizeof dir, "%s/%s", w->f.dir, name);
    cr_assert_eq(mkdir(dir, 0700), 0);
    OK(store_backup(w->e.store, dir, err));
    snprintf(command, sizeof command, "grep -laE '%s|%s|%s' %s/* | wc -l", who->account.v.s,
             who->profile.v.s, playback.v.s, dir);
    FILE *p = popen(command, "r");
    cr_assert_eq(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

Test(person, is_exported_whole_and_erased_from_every_file) {
    SCOPED_WORLD(w);
    static const struct service *const all[] = {
        &analytics_service, &storefront_service, &licence_service,
        &playback_service,  &delivery_service,   &viewing_service,
        &keys_service,      &catalog_service,    &identity_service};
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct principal bob = world_sign_in(&w, world_account(&w, "bob@example.org", 0));
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct playback_id hers = play(&w, ana, film), his = play(&w, bob, film);
    OK(playback_heartbeat(&w.e, ana.account, hers, 20000, STR("paused"), 1, err));
    OK(playback_heartbeat(&w.e, bob.account, his, 30000, STR("paused"), 1, err));
    json_t *events = envelope("event-0001", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    OK(client_events_store(&w.e, &ana, events, err));
    json_decref(events);

    json_t *whole = json_object();
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        json_t *one = NULL;
        OK(all[i]->export(&w.e, ana.account, &one, err));
        json_object_set_new(whole, all[i]->name, one);
    }
    scoped(mem_free) char *text = json_dumps(whole, 0);
    static const char *const holds[] = {"ana@example.org", "Living room", "title.shown",
                                        "\"progress\": [{", "\"playbacks\": [{"};
    for (size_t i = 0; i < ARRAY_LEN(holds); i++)
        cr_expect(strstr(text, holds[i]), "%s", holds[i]);
    cr_expect(strstr(text, hers.v.s));
    cr_expect_null(strstr(text, his.v.s));
    cr_expect_null(strstr(text, bob.account.v.s));
    json_decref(whole);

    cr_expect_eq(files_with(&w, "before", &ana, hers), 2); /* main and viewing */
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        OK(all[i]->erase(&w.e, ana.account, err));
    /* The playback's bare id is known as revoked for as long as its tokens would last, and no longer. */
    struct playback_id none = {id_new(1)}; /* in no file */
    cr_expect_eq(files_with(&w, "after", &ana, none), 0);
    clock_shift(&w.f.clock, DELIVERY_SESSION_MS + HOUR_MS);
    for (const struct cron_row *c = delivery_service.cron; c->name; c++)
        if (strcmp(c->name, "delivery.revoked") == 0)
            OK(c->run(&w.e, err));
    cr_expect_eq(files_with(&w, "later", &ana, hers), 0);
    struct progress seen;
    OK(viewing_progress(&w.e, bob.profile, film.title, &seen, err)); /* his is untouched */
}
