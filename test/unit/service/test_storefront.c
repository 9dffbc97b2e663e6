/* The home page, client events, and a person's data out and gone from every service. */
#include "play.h"
#include "world.h"
#include "service/developer/developer.h"
#include "service/analytics/analytics_int.h"
#include "service/licence/licence.h"
#include "service/playback/playback_int.h"
#include "service/rights/rights.h"
#include "service/storefront/storefront_int.h"
#include "service/storefront/theme.h"
#include "service/viewing/viewing_int.h"
#include <sys/stat.h>

static json_t *home(struct world *w, struct principal who, const char *langs) {
    json_t *j = NULL;
    struct storefront_viewer v = {.profile = who.profile,
                                  .maturity = who.maturity,
                                  .kids = who.kids,
                                  .langs = str_of(langs),
                                  .platform = STR("web"),
                                  .at_ms = clock_now_ms(&w->f.clock)};
    OK(storefront_home(&w->e, &v, &w->f.arena, &j, err));
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

/* ---- What an editor arranges ---- */

static const char *text(const json_t *o, const char *name) {
    return json_string_value(json_object_get(o, name));
}

static void arrange(struct world *w, int64_t revision, json_t *doc) {
    OK(layout_check(NULL, doc, err));
    OK(layout_save(&w->e, doc, revision, err));
    json_decref(doc);
}

static json_t *page_as(struct world *w, struct storefront_viewer v) {
    json_t *j = NULL;
    OK(storefront_home(&w->e, &v, &w->f.arena, &j, err));
    return j;
}

/* The ids of the rows, "a b c". */
static const char *rows_text(struct world *w, const json_t *page) {
    scoped(buf_done) struct buf b = BUF(4096);
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(page, "rows"), i, one)
        buf_addf(&b, "%s%s", i ? " " : "", text(one, "id"));
    return str_cstr(&w->f.arena, buf_str(&b));
}

Test(storefront, an_editor_arranges_rows_for_places_times_and_people) {
    SCOPED_WORLD(w);
    struct film a = world_film(&w, "A", SCHEME_CLEAR, true), b = world_film(&w, "B", SCHEME_CLEAR, true);
    struct film hidden = world_film(&w, "Hidden", SCHEME_CLEAR, false);
    json_t *ids = json_pack("[s, s, s, s]", b.title.v.s, hidden.title.v.s, a.title.v.s, "01J00000000000000000000000");
    arrange(&w, 0,
            json_pack("{s:[{s:s, s:s, s:{s:s, s:s}, s:O}, {s:s, s:s, s:[s]}, {s:s, s:s, s:s, s:s},"
                      " {s:s, s:s, s:s, s:s, s:{s:s}, s:O}, {s:s, s:s, s:b}, {s:s, s:s, s:[s], s:[s]}], s:[]}",
                      "rows", "id", "picks", "kind", "curated", "titles", "en", "Our picks", "de", "Unsere Auswahl", "items", ids,
                      "id", "here", "kind", "new", "countries", "DE",
                      "id", "kids", "kind", "new", "profiles", "kids", "shape", "still",
                      "id", "later", "kind", "curated", "starts_at", "2030-01-01T00:00:00Z", "ends_at", "2031-01-01T00:00:00Z",
                      "titles", "en", "Later", "items", ids,
                      "id", "off", "kind", "new", "enabled", 0,
                      "id", "tv", "kind", "new", "platforms", "tv", "except", "FR", "billboards"));
    json_decref(ids);
    struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("de-AT"), .platform = STR("web"), .at_ms = 1};
    json_t *page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "picks");
    const json_t *picks = row(page, "picks"), *items = json_object_get(picks, "items");
    cr_expect_str_eq(text(picks, "title"), "Unsere Auswahl");
    cr_assert_eq(json_array_size(items), 2, "what is unpublished or gone is left out");
    cr_expect_str_eq(text(json_array_get(items, 0), "name"), "B", "in the editor's order");
    json_decref(page);
    v.country = STR("DE");
    page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "picks here");
    json_decref(page);
    v.platform = STR("tv");
    v.kids = true;
    rfc3339_parse(STR("2030-06-01T00:00:00Z"), &v.at_ms);
    page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "picks here kids later tv");
    cr_expect_str_eq(text(row(page, "kids"), "shape"), "still");
    json_decref(page);
    v.country = STR("FR");
    rfc3339_parse(STR("2031-01-01T00:00:00Z"), &v.at_ms); /* an end is when it is over */
    page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "picks kids");
    json_decref(page);
    v.maturity = 6; /* nobody rated them: they are for adults */
    page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "");
    cr_expect(json_is_null(json_object_get(page, "hero")));
    json_decref(page);
}

Test(storefront, billboards_stand_above_and_the_newest_where_there_is_none) {
    SCOPED_WORLD(w);
    struct film a = world_film(&w, "A", SCHEME_CLEAR, true);
    clock_shift(&w.f.clock, 1000);
    world_film(&w, "Newest", SCHEME_CLEAR, true);
    arrange(&w, 0, json_pack("{s:[], s:[{s:s, s:{s:s}, s:[s]}]}", "rows", "billboards", "title_id", a.title.v.s, "headline",
                             "en", "This week", "countries", "AT"));
    struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("en"), .platform = STR("web"), .country = STR("AT")};
    json_t *page = page_as(&w, v), *hero = json_object_get(page, "hero");
    cr_expect_str_eq(text(json_object_get(hero, "title"), "name"), "A");
    cr_expect_str_eq(text(hero, "headline"), "This week");
    cr_expect_eq(json_array_size(json_object_get(page, "heroes")), 1);
    json_decref(page);
    v.country = STR("DE");
    page = page_as(&w, v);
    cr_expect_str_eq(text(json_object_get(json_object_get(page, "hero"), "title"), "name"), "Newest");
    json_decref(page);
}

Test(storefront, a_save_does_not_undo_another_and_counts_at_once) {
    SCOPED_WORLD(w);
    world_film(&w, "Film", SCHEME_CLEAR, true);
    struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("en"), .platform = STR("web")};
    json_t *page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "new");
    json_decref(page);
    arrange(&w, 0, json_pack("{s:[{s:s, s:s}], s:[]}", "rows", "id", "first", "kind", "new", "billboards"));
    page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "first");
    json_decref(page);
    json_t *doc = layout_default();
    struct err why = FAILS(ERR_CONFLICT, layout_save(&w.e, doc, 0, err));
    cr_expect_str_eq(why.reason, "storefront.changed");
    OK(layout_save(&w.e, doc, 1, err));
    json_decref(doc);
    page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "new");
    json_decref(page);
}

Test(storefront, what_cannot_stand_on_the_page_is_refused) {
    static const char *const bad[] = {
        "{\"kind\":\"curated\",\"titles\":{\"en\":\"x\"}}",                    /* no titles in it */
        "{\"kind\":\"curated\",\"items\":[\"01J00000000000000000000000\"]}",       /* no name */
        "{\"kind\":\"rule\",\"titles\":{\"en\":\"x\"}}",                       /* no rule */
        "{\"kind\":\"service\"}",
        "{\"kind\":\"new\",\"countries\":[\"de\"]}",
        "{\"kind\":\"new\",\"except\":[\"XX\"]}",
        "{\"kind\":\"new\",\"titles\":{\"e\":\"x\"}}",
        "{\"kind\":\"new\",\"titles\":{\"en\":\"two\\nlines\"}}",
        "{\"kind\":\"new\",\"titles\":{\"en\":\"  \"}}",
        "{\"kind\":\"new\",\"id\":\"Capital\"}",
        "{\"kind\":\"new\",\"id\":\"language-en\"}",
        "{\"kind\":\"new\",\"id\":\"taken\"}",
        "{\"kind\":\"new\",\"starts_at\":\"2030-01-02T00:00:00Z\",\"ends_at\":\"2030-01-02T00:00:00Z\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        json_t *one = json_loads(bad[i], 0, NULL);
        cr_assert(one, "%s", bad[i]);
        json_t *doc = json_pack("{s:[{s:s, s:s}, o], s:[]}", "rows", "id", "taken", "kind", "all", one, "billboards");
        struct err why = FAILS(ERR_INVALID, layout_check(NULL, doc, err));
        cr_expect_str_eq(why.reason, "storefront.invalid", "%s", bad[i]);
        json_decref(doc);
    }
}

Test(storefront, services_stand_where_an_editor_puts_them) {
    SCOPED_WORLD(w);
    world_film(&w, "Film", SCHEME_CLEAR, true);
    OK(storefront_provider_add(&later[1], err));
    struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("en"), .platform = STR("web")};
    arrange(&w, 0, json_pack("{s:[{s:s, s:s}, {s:s, s:s, s:s}], s:[]}", "rows", "id", "new", "kind", "new", "id", "theirs",
                             "kind", "service", "service", "for-you", "billboards"));
    json_t *page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "new for-you");
    json_decref(page);
    arrange(&w, 1, json_pack("{s:[{s:s, s:s, s:s, s:b}, {s:s, s:s}], s:[]}", "rows", "id", "theirs", "kind", "service",
                             "service", "for-you", "enabled", 0, "id", "new", "kind", "new", "billboards"));
    page = page_as(&w, v);
    cr_expect_str_eq(rows_text(&w, page), "new", "switched off is not the same as not placed");
    json_decref(page);
}

/* ---- Another moment ---- */

#define MINUTE 60000LL

static void plan(struct world *w, struct title_id title, const char *places, int64_t from, int64_t to, int64_t publish, int64_t unpublish) {
    struct rights_window v = {.territories = str_of(places), .platforms = PLATFORMS_ALL, .models = MODELS_ALL, .starts_ms = from, .ends_ms = to};
    struct rights_plan p = {.v = &v, .n = places ? 1 : 0, .publish_ms = publish, .unpublish_ms = unpublish, .revision = -1};
    struct tx *tx;
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(rights_set(tx, &w->e, title, &p, &w->f.arena, err));
    OK(tx_commit(&tx, err));
}

static struct title_id series_new(struct world *w, const char *name) {
    struct title_id id;
    struct tx *tx;
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_create(tx, &(struct title_new){.name = str_of(name), .kind = TITLE_SERIES}, &w->f.arena, &id, NULL, err));
    OK(tx_commit(&tx, err));
    return id;
}

/* "row: A B" for each row, with the hero before. */
static const char *page_text(struct world *w, const json_t *page) {
    scoped(buf_done) struct buf b = BUF(8192);
    json_t *one, *item;
    size_t i, k;
    const char *hero = text(json_object_get(json_object_get(page, "hero"), "title"), "name");
    buf_addf(&b, "hero: %s\n", hero ? hero : "none");
    json_array_foreach(json_object_get(page, "rows"), i, one) {
        buf_addf(&b, "%s:", text(one, "id"));
        json_array_foreach(json_object_get(one, "items"), k, item)
            buf_addf(&b, " %s", text(item, "name"));
        buf_byte(&b, '\n');
    }
    return str_cstr(&w->f.arena, buf_str(&b));
}

Test(storefront, a_look_ahead_shows_what_then_is_there) {
    SCOPED_WORLD(w);
    int64_t now = clock_now_ms(&w.f.clock);
    struct film f[7];
    static const char *const names[] = {"Always", "Comes", "Goes", "Elsewhere", "Published", "TakenBack", "Draft"};
    static const char *const countries[] = {"DE", "US", ""};
    for (size_t i = 0; i < ARRAY_LEN(f); i++) {
        clock_stop(&w.f.clock, now + (int64_t)i);
        f[i] = world_film(&w, names[i], SCHEME_CLEAR, i != 4 && i != 6);
    }
    clock_stop(&w.f.clock, now += 1000);
    struct title_id series = series_new(&w, "Series");
    plan(&w, f[1].title, "DE", now + 2 * MINUTE, 0, 0, 0);
    plan(&w, f[2].title, "DE US", now - MINUTE, now + 3 * MINUTE, 0, 0);
    plan(&w, f[3].title, "US", 0, now + 40 * DAY_MS, 0, 0);
    plan(&w, f[4].title, NULL, 0, 0, now + 2 * MINUTE, now + 5 * MINUTE);
    plan(&w, f[5].title, NULL, 0, 0, 0, now + 2 * MINUTE);
    plan(&w, series, "DE", now + 3 * MINUTE, 0, now + MINUTE, 0);
    json_t *ids = json_array();
    for (size_t i = 0; i < ARRAY_LEN(f); i++)
        json_array_append_new(ids, json_string(f[i].title.v.s));
    arrange(&w, 0,
            json_pack("{s:[{s:s, s:s}, {s:s, s:s, s:{s:s}, s:O}, {s:s, s:s, s:{s:s}, s:{s:s}}, {s:s, s:s}], s:[{s:s}, {s:s}]}", "rows",
                      "id", "new", "kind", "new", "id", "picks", "kind", "curated", "titles", "en", "Picks", "items", ids,
                      "id", "series", "kind", "rule", "titles", "en", "Series", "rule", "kind", "series", "id", "leaving", "kind",
                      "leaving", "billboards", "title_id", f[1].title.v.s, "title_id", f[5].title.v.s));
    json_decref(ids);
    /* Each moment as it is seen from the beginning, then as it is. */
    enum { MOMENTS = 7 };
    const char *ahead[MOMENTS][ARRAY_LEN(countries)];
    int differ = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int m = 0; m < MOMENTS; m++) {
            int64_t at = now + m * MINUTE;
            if (pass) {
                clock_stop(&w.f.clock, at);
                OK(rights_tick(&w.e, err));
            }
            for (size_t c = 0; c < ARRAY_LEN(countries); c++) {
                struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("en"), .country = str_of(countries[c]),
                                              .platform = STR("web"), .at_ms = at, .then = !pass};
                json_t *page = page_as(&w, v);
                const char *as = page_text(&w, page);
                json_decref(page);
                if (pass)
                    cr_expect_str_eq(ahead[m][c], as, "minute %d in \"%s\"", m, countries[c]);
                else
                    ahead[m][c] = as;
                differ += !pass && m && strcmp(as, ahead[m - 1][c]) != 0;
            }
        }
    cr_expect_geq(differ, 6, "the moments differ, or nothing was looked at");
    cr_expect(strstr(ahead[3][0], "series: Series\n") && strstr(ahead[0][1], "Elsewhere") && !strstr(ahead[6][0], "Draft"));
}

/* ---- The most watched ---- */

Test(storefront, the_most_watched_are_counted_by_day_and_country_without_persons) {
    SCOPED_WORLD(w);
    static const struct event_handler *const tables[] = {storefront_events, NULL};
    struct film a = world_film(&w, "A", SCHEME_CLEAR, true), b = world_film(&w, "B", SCHEME_CLEAR, true);
    struct progress_report r = {.position_ms = 30000, .duration_ms = 60000, .state = STR("playing"), .country = STR("DE"),
                                .client_at_ms = 1};
    struct principal who[3];
    for (size_t i = 0; i < 3; i++) {
        char email[32];
        snprintf(email, sizeof email, "p%zu@example.org", i);
        who[i] = world_sign_in(&w, world_account(&w, email, 0));
        r.account = who[i].account;
        r.profile = who[i].profile;
        r.title = b.title;
        r.viewed_ms = clock_now_ms(&w.f.clock);
        r.position_ms = 1000; /* only looked in */
        OK(viewing_report(&w.e, &r, err));
        r.position_ms = 30000;
        r.seq = ++r.client_at_ms;
        OK(viewing_report(&w.e, &r, err));
        r.seq = ++r.client_at_ms; /* the same viewing goes on */
        OK(viewing_report(&w.e, &r, err));
    }
    r.title = a.title;
    r.country = STR("");
    OK(viewing_report(&w.e, &r, err));
    OK(event_dispatch_once(&w.e, tables, err));
    struct pool_item top[4];
    size_t n;
    OK(views_top(&w.e, "", 4, top, &n, err));
    cr_assert_eq(n, 2);
    cr_expect_str_eq(top[0].id.s, b.title.v.s);
    cr_expect_eq(top[0].n, 3, "%lld", (long long)top[0].n);
    cr_expect_eq(top[1].n, 1);
    OK(views_top(&w.e, "DE", 4, top, &n, err));
    cr_expect_eq(n, 1);
    arrange(&w, 0, json_pack("{s:[{s:s, s:s}], s:[]}", "rows", "id", "top", "kind", "top10", "billboards"));
    json_t *page = home(&w, who[0], "de");
    cr_expect_str_eq(text(json_array_get(json_object_get(row(page, "top"), "items"), 0), "name"), "B");
    json_decref(page);
    clock_shift(&w.f.clock, 7 * DAY_MS);
    OK(views_top(&w.e, "", 4, top, &n, err));
    cr_expect_eq(n, 0, "of the last seven days");
    clock_shift(&w.f.clock, 40 * DAY_MS);
    OK(views_prune(&w.e, err));
    struct rows left;
    OK(store_query(w.e.store, &storefront_sql[VIEW_TOP_ANYWHERE], ARGS(A_I64(0), A_I64(9)), &w.f.arena, &left, err));
    cr_expect_eq(left.n, 0);
}

Test(storefront, my_list_is_a_row) {
    SCOPED_WORLD(w);
    struct principal ana = world_sign_in(&w, world_account(&w, "ana@example.org", 0));
    struct film a = world_film(&w, "A", SCHEME_CLEAR, true);
    OK(store_exec(w.e.store, &viewing_sql[LIST_PUT],
                  ARGS(A_ID(ana.profile), A_ID(a.title), A_ID(ana.account), A_I64(1), A_I64(5)), err));
    arrange(&w, 0, json_pack("{s:[{s:s, s:s}], s:[]}", "rows", "id", "mine", "kind", "my_list", "billboards"));
    json_t *page = home(&w, ana, "fr");
    cr_expect_str_eq(text(row(page, "mine"), "title"), "Ma liste");
    json_decref(page);
}

/* ---- A large catalogue ---- */

Test(storefront, of_a_large_catalogue_answers_are_kept_and_what_was_taken_back_is_not_shown) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, true);
    struct tx *tx;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    for (int i = 0; i < 1001; i++) {
        struct title_new n = {.name = STR("Draft")};
        struct title_id id;
        OK(catalog_title_create(tx, &n, &w.f.arena, &id, NULL, err));
    }
    OK(tx_commit(&tx, err));
    struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("en"), .platform = STR("web")};
    json_t *page = page_as(&w, v);
    cr_expect_eq(json_array_size(json_object_get(row(page, "new"), "items")), 1);
    json_decref(page);
    world_film(&w, "Second", SCHEME_CLEAR, true);
    page = page_as(&w, v);
    cr_expect_eq(json_array_size(json_object_get(row(page, "new"), "items")), 1, "kept for a while");
    json_decref(page);
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_publish(tx, film.title, false, err));
    OK(tx_commit(&tx, err));
    page = page_as(&w, v);
    cr_expect_null(row(page, "new"), "what was taken back is gone at once");
    json_decref(page);
}

Test(storefront, what_cannot_be_seen_from_a_country_is_on_no_row_there) {
    SCOPED_WORLD(w);
    struct film here = world_film(&w, "Everywhere", SCHEME_CLEAR, true), only = world_film(&w, "In Austria", SCHEME_CLEAR, true);
    struct tx *tx;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_rights_set(tx, only.title, STR("x"), &(struct title_places){STR("AT"), STR("AT")}, &w.f.arena, err));
    OK(tx_commit(&tx, err));
    arrange(&w, 0, json_pack("{s:[{s:s, s:s}, {s:s, s:s, s:{s:s}, s:[s, s]}, {s:s, s:s, s:{s:s}, s:{s:i}}], s:[{s:s}]}", "rows",
                             "id", "new", "kind", "new", "id", "picks", "kind", "curated", "titles", "en", "Picks", "items",
                             only.title.v.s, here.title.v.s, "id", "of-2008", "kind", "rule", "titles", "en", "Of 2008", "rule",
                             "year_from", 2008, "billboards", "title_id", only.title.v.s));
    static const char *const rows[] = {"new", "picks", "of-2008"};
    struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("en"), .platform = STR("web"), .country = STR("AT")};
    json_t *page = page_as(&w, v);
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(json_array_size(json_object_get(row(page, rows[i]), "items")), 2, "%s", rows[i]);
    cr_expect_str_eq(text(json_object_get(json_object_get(page, "hero"), "title"), "name"), "In Austria");
    json_decref(page);
    v.country = STR("DE");
    page = page_as(&w, v);
    for (size_t i = 0; i < 3; i++)
        cr_expect_eq(json_array_size(json_object_get(row(page, rows[i]), "items")), 1, "%s", rows[i]);
    cr_expect_str_eq(text(json_object_get(json_object_get(page, "hero"), "title"), "name"), "Everywhere");
    json_decref(page);
}

Test(storefront, what_is_leaving_a_country_stands_there_in_its_order) {
    SCOPED_WORLD(w);
    struct film soon = world_film(&w, "Soon", SCHEME_CLEAR, true), then = world_film(&w, "Later", SCHEME_CLEAR, true),
                stays = world_film(&w, "Stays", SCHEME_CLEAR, true);
    const struct {
        struct film f;
        int64_t days;
        struct str where;
    } windows[] = {{then, 20, STR("")}, {soon, 5, STR("AT")}, {stays, 90, STR("")}};
    for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
        struct rights_window v = {.territories = windows[i].where, .except = STR(""), .platforms = PLATFORMS_ALL, .models = MODELS_ALL,
                                  .ends_ms = clock_now_ms(&w.f.clock) + windows[i].days * DAY_MS, .licensor = STR("L"), .note = STR("")};
        struct rights_plan plan = {.v = &v, .n = 1, .revision = -1};
        struct tx *tx;
        OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
        OK(rights_set(tx, &w.e, windows[i].f.title, &plan, &w.f.arena, err));
        OK(tx_commit(&tx, err));
    }
    arrange(&w, 0, json_pack("{s:[{s:s, s:s}], s:[]}", "rows", "id", "last", "kind", "leaving", "billboards"));
    struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("de"), .platform = STR("web"), .country = STR("AT")};
    json_t *page = page_as(&w, v), *items = json_object_get(row(page, "last"), "items");
    cr_assert_eq(json_array_size(items), 2);
    cr_expect_str_eq(text(json_array_get(items, 0), "name"), "Soon");
    cr_expect_str_eq(text(row(page, "last"), "title"), "Nur noch kurz");
    json_decref(page);
    v.country = STR("DE");
    page = page_as(&w, v);
    cr_expect_eq(json_array_size(json_object_get(row(page, "last"), "items")), 1);
    json_decref(page);
}

Test(storefront, a_rule_finds_by_genre_kind_tag_and_year) {
    SCOPED_WORLD(w);
    struct film a = world_film(&w, "A", SCHEME_CLEAR, true);
    world_film(&w, "B", SCHEME_CLEAR, true);
    OK(store_exec(w.e.store, &(const struct sql){"G", STORE_MAIN, "INSERT INTO genre (id, slug, position) VALUES ($1, 'noir', 0)"},
                  ARGS(A_CSTR("01J0000000000000000000GENR")), err));
    OK(store_exec(w.e.store,
                  &(const struct sql){"TG", STORE_MAIN, "INSERT INTO title_genre (title_id, genre_id, position, listed_at)"
                                      " SELECT id, $2, 0, listed_at FROM title WHERE id = $1"},
                  ARGS(A_ID(a.title), A_CSTR("01J0000000000000000000GENR")), err));
    static const struct {
        const char *rule;
        size_t n;
    } rules[] = {{"{\"genre\":\"01J0000000000000000000GENR\"}", 1}, {"{\"kind\":\"film\"}", 2}, {"{\"kind\":\"series\"}", 0},
                 {"{\"tag\":\"none\"}", 0},                       {"{\"year_to\":2007}", 0},     {"{\"year_from\":2008}", 2}};
    struct storefront_viewer v = {.maturity = MATURITY_ALL, .langs = STR("en"), .platform = STR("web")};
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        arrange(&w, (int64_t)i, json_pack("{s:[{s:s, s:s, s:{s:s}, s:o}], s:[]}", "rows", "id", "r", "kind", "rule", "titles", "en", "R",
                                          "rule", json_loads(rules[i].rule, 0, NULL), "billboards"));
        json_t *page = page_as(&w, v);
        cr_expect_eq(json_array_size(json_object_get(row(page, "r"), "items")), rules[i].n, "%s", rules[i].rule);
        json_decref(page);
    }
}

/* ---- The look ---- */

Test(storefront, a_theme_that_cannot_be_read_is_refused_with_the_figure) {
    struct theme t = {.revision = 1, .name = STR("Kino \"Eins\""), .ground = 0x0b0c10, .text = 0xf2f3f5, .accent = 0xf5b342,
                      .font = "serif", .corners = "round"};
    const char *field = "";
    char words[200];
    cr_expect(colour_contrast(0x000000, 0xffffff) > 20.9 && colour_contrast(0x777777, 0x777777) == 1);
    cr_expect_null(theme_fault(&t, &field, words, sizeof words), "the house's own look: %s", words);
    t.accent = 0x3a2a10;
    cr_assert(theme_fault(&t, &field, words, sizeof words));
    cr_expect_str_eq(field, "accent");
    cr_expect(strstr(words, " to 1") != NULL, "%s", words);
    t.accent = 0xf5b342;
    t.text = 0x808080;
    cr_assert(theme_fault(&t, &field, words, sizeof words));
    cr_expect_str_eq(field, "text");
    t.text = 0x101010;
    t.ground = 0xffffff;
    cr_assert(theme_fault(&t, &field, words, sizeof words));
    cr_expect_str_eq(field, "ground");
}

Test(storefront, a_theme_becomes_a_sheet_that_no_name_breaks_out_of) {
    scoped(buf_done) struct buf css = BUF(4096);
    struct theme t = {.revision = 1, .name = STR("a\"}</style>\\"), .ground = 0x102030, .text = 0xffffff, .accent = 0xffffff,
                      .font = "serif", .corners = "square"};
    theme_css(&t, &css);
    const char *s = buf_cstr(&css);
    cr_expect(strstr(s, "--brand-name:\"a\\\"}</style>\\\\\";") != NULL, "%s", s);
    cr_expect(strstr(s, "--ground:#102030;") && strstr(s, "--accent-ink:#000000;") && strstr(s, "--radius:0;"), "%s", s);
    buf_reset(&css);
    t.revision = 0;
    theme_css(&t, &css);
    cr_expect_null(strstr(buf_cstr(&css), "--"), "the house's own look is the application's own sheet");
    uint32_t c = 1;
    cr_expect(colour_parse(STR("#0aF09b"), &c) && c == 0x0af09b);
    cr_expect(!colour_parse(STR("0aF09b"), &c) && !colour_parse(STR("#0aF09"), &c) && !colour_parse(STR("#0aF09g"), &c));
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
    const struct event_handler *const told[] = {webhook_event_service.events, NULL};
    OK(event_dispatch_once(&w.e, told, err)); /* others are told who is gone, and then nobody knows */
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
