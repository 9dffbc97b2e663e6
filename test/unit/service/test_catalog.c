/* Titles: made, described, published, found, and who may see them. */
#include "world.h"
#include "service/catalog/catalog_int.h"

static struct title_card card(struct world *w, struct title_id id, const char *langs) {
    struct title_card c;
    OK(catalog_card_by_id(w->e.store, id, str_of(langs), true, &w->f.arena, &c, err));
    return c;
}

static struct title_id title_named(struct world *w, const char *name, struct str *ret_slug) {
    struct title_id id;
    struct tx *tx;
    struct title_new n = {.name = str_of(name)};
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_create(tx, &n, &w->f.arena, &id, ret_slug, err));
    OK(tx_commit(&tx, err));
    return id;
}

static void publish(struct world *w, struct title_id id, bool published) {
    struct tx *tx;
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_publish(tx, id, published, err));
    OK(tx_commit(&tx, err));
}

Test(catalog, slugs_are_readable_and_unique) {
    SCOPED_WORLD(w);
    static const char *const cases[][2] = {
        {"Big Buck Bunny", "big-buck-bunny"},
        {"Big  Buck: Bunny!", "big-buck-bunny-2"},
        {"Le Fabuleux Destin d'Amélie", "le-fabuleux-destin-damelie"},
        {"Œdipe à Þingvellir", "oedipe-a-thingvellir"}};
    struct str slug;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        title_named(&w, cases[i][0], &slug);
        cr_expect(str_eq(slug, str_of(cases[i][1])), STR_FMT, STR_ARG(slug));
    }
    title_named(&w, "七人の侍", &slug);
    cr_expect(str_starts(slug, STR("title-")), STR_FMT, STR_ARG(slug));
}

Test(catalog, refuses_bad_text_and_years) {
    SCOPED_WORLD(w);
    struct tx *tx;
    struct title_id id;
    char long_name[CATALOG_NAME_MAX + 2];
    memset(long_name, 'x', sizeof long_name);
    struct title_new bad[] = {{.name = STR("")},
                              {.name = STR("  ")},
                              {.name = STR("a\xff")},
                              {.name = str_make(long_name, sizeof long_name)},
                              {.name = STR("x"), .year = 12}};
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(ERR_INVALID, catalog_title_create(tx, &bad[i], &w.f.arena, &id, NULL, err));
    tx_rollback(&tx);
}

Test(catalog, a_title_without_an_asset_cannot_be_published) {
    SCOPED_WORLD(w);
    struct title_id id = title_named(&w, "Soon", NULL);
    struct tx *tx;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    cr_expect_str_eq(FAILS(ERR_CONFLICT, catalog_title_publish(tx, id, true, err)).reason,
                     "catalog.not_ready");
    tx_rollback(&tx);
}

Test(catalog, only_editors_see_what_is_not_published) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Secret", SCHEME_CLEAR, false);
    struct title_card c, *list;
    struct title_query tq = {0};
    struct str next;
    size_t n;
    FAILS(ERR_NOT_FOUND,
          catalog_card_by_slug(w.e.store, STR("secret"), STR_NULL, false, &w.f.arena, &c, err));
    OK(catalog_list(w.e.store, &tq, STR_NULL, &w.f.arena, &list, &n, &next, err));
    cr_expect_eq(n, 0);
    tq.all = true;
    OK(catalog_list(w.e.store, &tq, STR_NULL, &w.f.arena, &list, &n, &next, err));
    cr_expect_eq(n, 1);
    publish(&w, film.title, true);
    OK(catalog_card_by_slug(w.e.store, STR("secret"), STR_NULL, false, &w.f.arena, &c, err));
    cr_expect(c.published && c.published_ms);
    int64_t first = c.published_ms;
    publish(&w, film.title, false);
    FAILS(ERR_NOT_FOUND,
          catalog_card_by_slug(w.e.store, STR("secret"), STR_NULL, false, &w.f.arena, &c, err));
    clock_shift(&w.f.clock, DAY_MS);
    publish(&w, film.title, true); /* the second time it is not new again */
    cr_expect_eq(card(&w, film.title, "en").published_ms, first);
}

Test(catalog, a_card_tells_what_its_asset_holds) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct title_card c = card(&w, film.title, "en");
    cr_expect_eq(c.runtime_ms, 60000);
    cr_expect_eq(c.max_height, 1080);
    cr_assert_eq(c.n_languages, 2);
    cr_expect(str_eq(c.languages[0], STR("en"))); /* the default first */
    json_t *j = catalog_card_json(&c, NULL);
    json_t *poster = json_object_get(j, "poster");
    cr_expect_str_eq(json_string_value(json_object_get(poster, "src")), "/art/p-960.jpg");
    cr_expect_str_eq(json_string_value(json_object_get(poster, "color")), "#102030");
    cr_expect_eq(json_array_size(json_object_get(poster, "srcset")), 2);
    cr_expect(json_is_null(json_object_get(j, "still")));
    cr_expect(json_is_null(json_object_get(j, "progress")));
    cr_expect_eq(json_integer_value(json_object_get(j, "year")), 2008);
    json_decref(j);
}

Test(catalog, text_follows_the_asker_and_falls_back) {
    SCOPED_WORLD(w);
    struct title_id id = title_named(&w, "The Bunny", NULL);
    struct tx *tx;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_text_set(tx, id, STR("fr"), STR("Le Lapin"), STR(""), err));
    OK(catalog_title_text_set(tx, id, STR("pt-BR"), STR("O Coelho"), STR(""), err));
    OK(tx_commit(&tx, err));
    static const char *const cases[][2] = {{"fr", "Le Lapin"},
                                           {"fr-CA,fr;q=0.8,en;q=0.5", "Le Lapin"},
                                           {"pt", "O Coelho"},
                                           {"de,en;q=0.1", "The Bunny"},
                                           {"de", "The Bunny"},
                                           {"en;q=0.2, fr;q=0.9", "Le Lapin"},
                                           {"fr;q=0, *;q=0.1", "The Bunny"},
                                           {"", "The Bunny"},
                                           {";;,,q=;", "The Bunny"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct title_card c = card(&w, id, cases[i][0]);
        cr_expect(str_eq(c.name, str_of(cases[i][1])), "%s: " STR_FMT, cases[i][0],
                  STR_ARG(c.name));
    }
}

Test(catalog, search_forgives_case_accents_and_like_characters) {
    SCOPED_WORLD(w);
    static const char *const names[] = {"Amélie", "100% Wolf", "Snake_Eyes", "Снегурочка",
                                        "Big Buck Bunny"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        title_named(&w, names[i], NULL);
    static const struct {
        const char *q;
        size_t n;
    } cases[] = {{"AMELIE", 1}, {"amél", 1}, {"%", 1}, {"_", 1},  {"buck b", 1}, {"снегур", 1},
                 {"СНЕГ", 1},   {"zzz", 0},  {"", 5},  {"\\", 0}, {"a", 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct title_query tq = {.q = str_of(cases[i].q), .all = true};
        struct title_card *list;
        struct str next;
        size_t n;
        OK(catalog_list(w.e.store, &tq, STR_NULL, &w.f.arena, &list, &n, &next, err));
        cr_expect_eq(n, cases[i].n, "%s: %zu", cases[i].q, n);
    }
}

Test(catalog, pages_hold_every_title_once_in_order) {
    SCOPED_WORLD(w);
    char name[32];
    for (int i = 0; i < 17; i++) {
        snprintf(name, sizeof name, "film %02d", i);
        title_named(&w, name, NULL);
        if (i % 3 == 0) /* several share a millisecond or not: the order holds either way */
            clock_shift(&w.f.clock, 5);
    }
    struct title_query tq = {.limit = 5, .all = true};
    struct str next;
    struct title_card *list;
    size_t n, total = 0, pages = 0;
    int expect = 16;
    do {
        OK(catalog_list(w.e.store, &tq, STR_NULL, &w.f.arena, &list, &n, &next, err));
        for (size_t i = 0; i < n; i++, expect--) {
            snprintf(name, sizeof name, "film %02d", expect);
            cr_expect(str_eq(list[i].name, str_of(name)), STR_FMT, STR_ARG(list[i].name));
        }
        total += n;
        pages++;
        tq.cursor = next;
    } while (next.p && pages < 10);
    cr_expect_eq(total, 17);
    cr_expect_eq(pages, 4);
    tq.cursor = STR("nonsense!");
    FAILS(ERR_INVALID, catalog_list(w.e.store, &tq, STR_NULL, &w.f.arena, &list, &n, &next, err));
}

Test(catalog, a_title_moves_to_its_new_asset_in_one_step) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct asset_id next;
    struct tx *tx;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_asset_create(tx, film.title, &next, err));
    OK(tx_commit(&tx, err));
    cr_expect_str_eq(card(&w, film.title, "en").asset.v.s, film.asset.v.s);
    struct asset_desc d = world_asset_desc(&w, next, SCHEME_CLEAR);
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    FAILS(ERR_CONFLICT, catalog_asset_discard(tx, film.asset, err));
    OK(catalog_asset_ready(tx, next, &d, STR("{}"), err));
    OK(catalog_asset_ready(tx, next, &d, STR("{}"), err)); /* the job ran twice */
    OK(catalog_asset_discard(tx, film.asset, err));
    OK(tx_commit(&tx, err));
    cr_expect_str_eq(card(&w, film.title, "en").asset.v.s, next.v.s);
    bool exists = true;
    OK(catalog_asset_exists(w.e.store, film.asset, &exists, err));
    cr_expect_not(exists);
}

static int64_t revision(struct world *w, struct title_id id) {
    struct store_ask ask = catalog_brief_ask(&id);
    struct title_brief b;
    OK(store_ask_all(w->e.store, &ask, 1, &w->f.arena, err));
    OK(catalog_brief_take(&ask, &b, err));
    return b.revision;
}

/* What is kept is what the store would give now, and is asked for twice so that it is kept. */
static void kept_is_fresh(struct world *w, struct title_id id, const char *after) {
    for (int i = 0; i < 2; i++) {
        scoped(buf_done) struct buf text = BUF(64 << 10);
        struct title_card c = card(w, id, "fr");
        OK(catalog_card_kept(w->e.store, &id, revision(w, id), STR("fr"), NULL, &text, err));
        json_t *kept = json_loadb((char *)text.p, text.n, 0, NULL), *fresh = catalog_card_json(&c, NULL);
        cr_expect(json_equal(kept, fresh), "after %s: %.*s", after, (int)text.n, (char *)text.p);
        json_decref(kept);
        json_decref(fresh);
    }
}

#define CHANGE(call)                                                                               \
    do {                                                                                           \
        struct tx *tx;                                                                             \
        int64_t before = revision(&w, film.title);                                                 \
        OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));                                   \
        OK(call);                                                                                  \
        OK(tx_commit(&tx, err));                                                                   \
        cr_expect_gt(revision(&w, film.title), before, "%s", #call);                               \
        kept_is_fresh(&w, film.title, #call);                                                      \
    } while (0)

Test(catalog, a_card_that_is_kept_is_never_stale) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CBCS, true);
    struct artwork art = {.name = STR("s-480.jpg"), .width = 480, .height = 270};
    struct asset_id next;
    kept_is_fresh(&w, film.title, "it was made");
    CHANGE(catalog_title_text_set(tx, film.title, STR("fr"), STR("Le Film"), STR(""), err));
    CHANGE(catalog_title_maturity_set(tx, film.title, 7, err));
    CHANGE(catalog_artwork_set(tx, film.title, ART_STILL, &art, 1, err));
    CHANGE(catalog_title_publish(tx, film.title, false, err));
    CHANGE(catalog_title_publish(tx, film.title, true, err));
    struct tx *first;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &first, err));
    OK(catalog_asset_create(first, film.title, &next, err));
    OK(tx_commit(&first, err));
    struct asset_desc d = world_asset_desc(&w, next, SCHEME_CLEAR);
    CHANGE(catalog_asset_ready(tx, next, &d, STR("{}"), err));
}

Test(catalog, a_description_of_another_asset_is_refused) {
    SCOPED_WORLD(w);
    struct film film = world_film(&w, "Film", SCHEME_CLEAR, false);
    struct asset_id next;
    struct tx *tx;
    struct asset_desc d = world_asset_desc(&w, film.asset, SCHEME_CLEAR);
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_asset_create(tx, film.title, &next, err));
    FAILS(ERR_INVALID, catalog_asset_ready(tx, next, &d, STR("{}"), err));
    tx_rollback(&tx);
}

Test(catalog, a_title_never_published_can_be_discarded_whole) {
    SCOPED_WORLD(w);
    struct film gone = world_film(&w, "Cancelled", SCHEME_CBCS, false);
    struct film kept = world_film(&w, "Kept", SCHEME_CBCS, true);
    struct tx *tx;
    struct title_card c;
    bool exists = true;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    FAILS(ERR_CONFLICT, catalog_title_discard(tx, kept.title, err));
    OK(catalog_title_discard(tx, gone.title, err));
    OK(tx_commit(&tx, err));
    FAILS(ERR_NOT_FOUND,
          catalog_card_by_id(w.e.store, gone.title, STR_NULL, true, &w.f.arena, &c, err));
    OK(catalog_asset_exists(w.e.store, gone.asset, &exists, err));
    cr_expect_not(exists);
}

Test(catalog, languages_are_those_of_published_titles) {
    SCOPED_WORLD(w);
    struct catalog_language *langs;
    size_t n;
    world_film(&w, "Hidden", SCHEME_CLEAR, false);
    OK(catalog_languages(w.e.store, &w.f.arena, &langs, &n, err));
    cr_expect_eq(n, 0);
    world_film(&w, "Shown", SCHEME_CLEAR, true);
    OK(catalog_languages(w.e.store, &w.f.arena, &langs, &n, err));
    cr_assert_eq(n, 2);
    cr_expect(str_eq(langs[0].lang, STR("en")) && langs[0].titles == 1);
}
