/* What titles are part of, who made them and what they are about: shown, listed, described. */
#include "world.h"
#include "service/catalog/apply.h"
#include "service/catalog/things.h"

#define TX(w, call)                                                                                \
    do {                                                                                           \
        struct tx *tx;                                                                             \
        OK(tx_begin((w)->e.store, STORE_MAIN, TX_WRITE, &tx, err));                                \
        OK(call);                                                                                  \
        OK(tx_commit(&tx, err));                                                                   \
    } while (0)
#define REFUSED(w, code, reason_, call)                                                            \
    do {                                                                                           \
        struct tx *tx;                                                                             \
        OK(tx_begin((w)->e.store, STORE_MAIN, TX_WRITE, &tx, err));                                \
        cr_expect_str_eq(FAILS(code, call).reason, reason_);                                       \
        tx_rollback(&tx);                                                                          \
    } while (0)

static json_t *json_of(const char *text) {
    json_error_t why;
    json_t *o = json_loads(text, 0, &why);
    cr_assert(o, "%s: %s", text, why.text);
    return o;
}

static void change(struct world *w, struct title_id id, const char *text) {
    json_t *o = json_of(text);
    TX(w, title_apply(tx, id, o, &w->f.arena, err));
    json_decref(o);
}

static void change_refused(struct world *w, struct title_id id, int code, const char *reason, const char *text) {
    json_t *o = json_of(text);
    REFUSED(w, code, reason, title_apply(tx, id, o, &w->f.arena, err));
    json_decref(o);
}

static struct title_id make(struct world *w, enum title_kind kind, struct title_id parent, int number, const char *name) {
    struct title_id id;
    struct title_new n = {.name = str_of(name), .kind = kind, .parent = parent, .number = number};
    TX(w, catalog_title_create(tx, &n, &w->f.arena, &id, NULL, err));
    return id;
}

/* A film that is made an episode: it has something to play. */
static struct title_id episode(struct world *w, struct title_id season, int number, const char *name) {
    struct title_id id = make(w, TITLE_EPISODE, season, number, name);
    struct asset_id asset;
    TX(w, catalog_asset_create(tx, id, &asset, err));
    struct asset_desc d = world_asset_desc(w, asset, SCHEME_CLEAR);
    TX(w, catalog_asset_ready(tx, asset, &d, STR("{}"), err));
    return id;
}

static void publish(struct world *w, struct title_id id, bool on) { TX(w, catalog_title_publish(tx, id, on, err)); }

struct serial {
    struct title_id series, season[2], episode[3]; /* two in the first season, one in the second */
};

static struct serial serial_make(struct world *w) {
    struct serial s = {.series = make(w, TITLE_SERIES, (struct title_id){{{0}}}, 0, "The Harbour")};
    s.season[0] = make(w, TITLE_SEASON, s.series, 1, "Season 1");
    s.season[1] = make(w, TITLE_SEASON, s.series, 2, "Season 2");
    s.episode[0] = episode(w, s.season[0], 1, "Ebb");
    s.episode[1] = episode(w, s.season[0], 2, "Flow");
    s.episode[2] = episode(w, s.season[1], 1, "Storm");
    return s;
}

static void publish_all(struct world *w, const struct serial *s) {
    publish(w, s->series, true);
    for (int i = 0; i < 2; i++)
        publish(w, s->season[i], true);
    for (int i = 0; i < 3; i++)
        publish(w, s->episode[i], true);
}

static bool is_shown(struct world *w, struct title_id id) {
    struct title_card c;
    return catalog_card_by_id(w->e.store, id, STR_NULL, false, &w->f.arena, &c, NULL) == 0;
}

static size_t listed(struct world *w, struct title_query q, struct title_card **ret) {
    struct title_card *cards;
    struct str next;
    size_t n;
    OK(catalog_list(w->e.store, &q, STR("en"), &w->f.arena, ret ? ret : &cards, &n, &next, err));
    return n;
}

Test(series, an_episode_is_seen_when_all_above_it_is_published) {
    SCOPED_WORLD(w);
    struct serial s = serial_make(&w);
    struct title_id e = s.episode[0];
    publish(&w, e, true);
    cr_expect_not(is_shown(&w, e));
    publish(&w, s.season[0], true);
    cr_expect_not(is_shown(&w, e));
    publish(&w, s.series, true);
    cr_expect(is_shown(&w, e) && is_shown(&w, s.season[0]) && is_shown(&w, s.series));
    cr_expect_not(is_shown(&w, s.episode[1]), "which is not published itself");
    publish(&w, s.season[0], false);
    cr_expect_not(is_shown(&w, e));
    cr_expect(is_shown(&w, s.series));
    publish(&w, s.season[0], true);
    cr_expect(is_shown(&w, e));
    struct title_brief b;
    struct store_ask ask = catalog_brief_ask(&e);
    publish(&w, s.series, false);
    OK(store_ask_all(w.e.store, &ask, 1, &w.f.arena, err));
    OK(catalog_brief_take(&ask, &b, err));
    cr_expect_not(b.published, "Play knows it, too");
}

Test(series, moved_to_another_season_it_is_seen_as_that_is) {
    SCOPED_WORLD(w);
    struct serial s = serial_make(&w);
    publish_all(&w, &s);
    publish(&w, s.season[1], false);
    char text[80];
    snprintf(text, sizeof text, "{\"parent_id\": \"%s\", \"number\": 9}", s.season[1].v.s);
    change(&w, s.episode[0], text);
    cr_expect_not(is_shown(&w, s.episode[0]));
    publish(&w, s.season[1], true);
    cr_expect(is_shown(&w, s.episode[0]));
}

Test(series, lists_hold_films_and_series_unless_asked) {
    SCOPED_WORLD(w);
    struct serial s = serial_make(&w);
    struct title_card *cards;
    publish_all(&w, &s);
    world_film(&w, "Film", SCHEME_CLEAR, true);
    cr_expect_eq(listed(&w, (struct title_query){0}, NULL), 2);
    cr_expect_eq(listed(&w, (struct title_query){.all = true}, NULL), 2);
    cr_expect_eq(listed(&w, (struct title_query){.kind = STR("season")}, NULL), 2);
    cr_expect_eq(listed(&w, (struct title_query){.kind = STR("series")}, NULL), 1);
    cr_assert_eq(listed(&w, (struct title_query){.kind = STR("episode")}, &cards), 3);
    publish(&w, s.series, false);
    cr_expect_eq(listed(&w, (struct title_query){.kind = STR("episode")}, NULL), 0);
    cr_expect_eq(listed(&w, (struct title_query){.kind = STR("episode"), .all = true}, NULL), 3);
    struct str next;
    size_t n;
    struct title_query q = {.kind = STR("episode"), .sort = SORT_NAME};
    FAILS(ERR_INVALID, catalog_list(w.e.store, &q, STR_NULL, &w.f.arena, &cards, &n, &next, err));
}

Test(series, only_what_belongs_together_is_put_together) {
    SCOPED_WORLD(w);
    struct serial s = serial_make(&w);
    static const enum title_kind lonely[] = {TITLE_SEASON, TITLE_EPISODE, TITLE_TRAILER, TITLE_EXTRA};
    struct title_id id;
    for (size_t i = 0; i < ARRAY_LEN(lonely); i++) {
        struct title_new n = {.name = STR("x"), .kind = lonely[i]};
        REFUSED(&w, ERR_INVALID, "catalog.parent", catalog_title_create(tx, &n, &w.f.arena, &id, NULL, err));
    }
    struct title_new film_in = {.name = STR("x"), .parent = s.series};
    REFUSED(&w, ERR_INVALID, "catalog.parent", catalog_title_create(tx, &film_in, &w.f.arena, &id, NULL, err));
    struct title_new episode_in = {.name = STR("x"), .kind = TITLE_EPISODE, .parent = s.series};
    REFUSED(&w, ERR_INVALID, "catalog.parent", catalog_title_create(tx, &episode_in, &w.f.arena, &id, NULL, err));
    make(&w, TITLE_TRAILER, s.season[0], 1, "Soon");
    REFUSED(&w, ERR_CONFLICT, "catalog.has_parts", title_drop(tx, s.season[0], err));
}

static json_t *page(struct world *w, struct title_id id, const char *langs) {
    struct title_card c;
    struct principal who = {.maturity = MATURITY_ALL};
    struct catalog_here here;
    json_t *o;
    OK(catalog_card_by_id(w->e.store, id, str_of(langs), true, &w->f.arena, &c, err));
    OK(catalog_here_find(&w->e, STR("DE"), &w->f.arena, &here, err));
    OK(title_page_json(&w->e, &who, &c, str_of(langs), &here, &w->f.arena, &o, err));
    return o;
}

static const char *text_at(const json_t *o, const char *list, size_t i, const char *name) {
    const char *s = json_string_value(json_object_get(json_array_get(json_object_get(o, list), i), name));
    return s ? s : "(none)";
}

Test(series, a_page_has_seasons_in_order_and_what_comes_next) {
    SCOPED_WORLD(w);
    struct serial s = serial_make(&w);
    publish_all(&w, &s);
    struct title_id trailer = make(&w, TITLE_TRAILER, s.series, 1, "Soon");
    json_t *o = page(&w, s.series, "en");
    cr_expect_eq(json_array_size(json_object_get(o, "seasons")), 2);
    cr_expect_str_eq(text_at(json_array_get(json_object_get(o, "seasons"), 0), "episodes", 1, "name"), "Flow");
    cr_expect_str_eq(text_at(json_array_get(json_object_get(o, "seasons"), 1), "episodes", 0, "name"), "Storm");
    cr_expect_eq(json_array_size(json_object_get(o, "extras")), 0, "not published");
    json_decref(o);
    /* From the last of a season to the first of the next; behind the last is nothing. */
    static const struct {
        int of;
        const char *next;
    } cases[] = {{0, "flow"}, {1, "storm"}, {2, NULL}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        o = page(&w, s.episode[cases[i].of], "en");
        const char *next = json_string_value(json_object_get(json_object_get(o, "next"), "slug"));
        cr_expect(next ? cases[i].next && !strcmp(next, cases[i].next) : !cases[i].next, "%zu: %s", i, next ? next : "none");
        cr_expect_str_eq(json_string_value(json_object_get(json_object_get(o, "parent"), "kind")), "season");
        json_decref(o);
    }
    publish(&w, s.episode[1], false); /* what is not to be seen is passed over */
    o = page(&w, s.episode[0], "en");
    cr_expect_str_eq(json_string_value(json_object_get(json_object_get(o, "next"), "slug")), "storm");
    json_decref(o);
    o = page(&w, s.season[0], "en");
    cr_expect_eq(json_array_size(json_object_get(o, "seasons")), 1);
    cr_expect_str_eq(text_at(json_array_get(json_object_get(o, "seasons"), 0), "episodes", 0, "slug"), "ebb");
    json_decref(o);
    cr_expect_not(is_shown(&w, trailer));
}

Test(series, an_episodes_card_names_its_series_and_stays_fresh) {
    SCOPED_WORLD(w);
    struct serial s = serial_make(&w);
    publish_all(&w, &s);
    change(&w, s.series, "{\"texts\": [{\"lang\": \"en\", \"name\": \"The Harbour\"}, {\"lang\": \"de\", \"name\": \"Der Hafen\"}]}");
    struct title_card c;
    OK(catalog_card_by_id(w.e.store, s.episode[2], STR("de"), false, &w.f.arena, &c, err));
    cr_expect(str_eq(c.series.name, STR("Der Hafen")) && c.series.season == 2 && c.series.episode == 1);
    struct store_ask ask = catalog_brief_ask(&s.episode[2]);
    struct title_brief before, after;
    OK(store_ask_all(w.e.store, &ask, 1, &w.f.arena, err));
    OK(catalog_brief_take(&ask, &before, err));
    static const char *const changes[] = {"{\"texts\": [{\"lang\": \"en\", \"name\": \"The Port\"}]}", "{\"slug\": \"the-port\"}"};
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        change(&w, s.series, changes[i]);
        OK(store_ask_all(w.e.store, &ask, 1, &w.f.arena, err));
        OK(catalog_brief_take(&ask, &after, err));
        cr_expect_gt(after.revision, before.revision, "%s", changes[i]);
        before = after;
    }
}

/* ---- Lists ---- */

Test(lists, each_order_pages_through_everything_once) {
    SCOPED_WORLD(w);
    static const struct {
        const char *name;
        int year;
    } films[] = {{"Zulu", 1964}, {"alien", 1979}, {"Été", 0}, {"Brazil", 1985}, {"Cube", 1979}, {"Älg", 1985}, {"Dune", 2021}};
    static const char *const by_name[] = {"Älg", "alien", "Brazil", "Cube", "Dune", "Été", "Zulu"};
    static const int by_year[] = {2021, 1985, 1985, 1979, 1979, 1964, 0};
    for (size_t i = 0; i < ARRAY_LEN(films); i++) {
        struct film f = world_film(&w, films[i].name, SCHEME_CLEAR, true);
        char text[40];
        snprintf(text, sizeof text, films[i].year ? "{\"year\": %d}" : "{\"year\": null}", films[i].year);
        change(&w, f.title, text);
    }
    for (enum title_sort sort = SORT_NEW; sort <= SORT_YEAR; sort++) {
        struct title_query q = {.limit = 2, .sort = sort};
        struct title_card *cards;
        struct str next;
        size_t n, seen = 0;
        do {
            OK(catalog_list(w.e.store, &q, STR_NULL, &w.f.arena, &cards, &n, &next, err));
            for (size_t i = 0; i < n && seen < ARRAY_LEN(films); i++, seen++) {
                if (sort == SORT_NAME)
                    cr_expect(str_eq(cards[i].name, str_of(by_name[seen])), "%zu: " STR_FMT, seen, STR_ARG(cards[i].name));
                if (sort == SORT_YEAR)
                    cr_expect_eq(cards[i].year, by_year[seen]);
            }
            q.cursor = next;
        } while (next.p);
        cr_expect_eq(seen, ARRAY_LEN(films));
    }
    cr_expect_eq(listed(&w, (struct title_query){.year_from = 1979, .year_to = 1985}, NULL), 4);
    cr_expect_eq(listed(&w, (struct title_query){.year_to = 1979}, NULL), 3, "one of no year is of none");
}

static struct id thing(struct world *w, const struct thing *t, const char *text) {
    struct id id = id_new(store_now_ms(w->e.store));
    json_t *o = json_of(text);
    TX(w, thing_write(tx, t, id, o, true, &w->f.arena, err));
    json_decref(o);
    return id;
}

Test(lists, genres_tags_people_and_collections_narrow) {
    SCOPED_WORLD(w);
    struct film one = world_film(&w, "One", SCHEME_CLEAR, true), two = world_film(&w, "Two", SCHEME_CLEAR, false);
    struct genre_id sea = {thing(&w, &thing_genre, "{\"texts\": [{\"lang\": \"en\", \"name\": \"Sea\"}]}")};
    change(&w, one.title, "{\"genres\": [\"sea\"], \"tags\": [\"Calm\"], \"people\": [{\"name\": \"Ana\", \"job\": \"director\"}]}");
    change(&w, two.title, "{\"genres\": [\"sea\"], \"tags\": [\"calm\"], \"people\": [{\"person\": \"ana\", \"job\": \"actor\"}]}");
    struct rows r;
    OK(store_row(w.e.store, &catalog_sql[PERSON_BY_SLUG], ARGS(A_CSTR("ana")), &w.f.arena, &r, err));
    struct person_id ana = {row_id(&r, 0, 0)};
    char text[200];
    snprintf(text, sizeof text, "{\"published\": true, \"texts\": [{\"lang\": \"en\", \"name\": \"Best\"}], \"titles\": [\"%s\", \"%s\"]}",
             two.title.v.s, one.title.v.s);
    struct collection_id best = {thing(&w, &thing_collection, text)};
    for (size_t n = 1; n <= 2; n++) {
        cr_expect_eq(listed(&w, (struct title_query){.genre = sea}, NULL), n);
        cr_expect_eq(listed(&w, (struct title_query){.genre = sea, .sort = SORT_NAME}, NULL), n);
        cr_expect_eq(listed(&w, (struct title_query){.tag = STR("calm")}, NULL), n);
        cr_expect_eq(listed(&w, (struct title_query){.person = ana}, NULL), n);
        cr_expect_eq(listed(&w, (struct title_query){.collection = best, .sort = SORT_YEAR}, NULL), n);
        cr_expect_eq(listed(&w, (struct title_query){.genre = sea, .kind = STR("series")}, NULL), 0);
        if (n == 1)
            publish(&w, two.title, true);
    }
    /* Published later it is newer, in its genre too. */
    struct title_card *cards;
    listed(&w, (struct title_query){.genre = sea}, &cards);
    cr_expect_str_eq(cards[0].id.v.s, two.title.v.s);
}

/* A page costs the same whatever the catalogue's size: an index gives its order, and nothing is sorted. */
Test(lists, pages_walk_an_index) {
    SCOPED_WORLD(w);
    static const int walks[] = {SHELF_NEW, SHELF_NAME, SHELF_YEAR, KIND_NEW, GENRE_NEW, TAG_NEW};
    for (size_t i = 0; i < ARRAY_LEN(walks); i++) {
        const struct sql *q = &catalog_sql[walks[i]];
        struct rows r = world_plan(&w, q);
        for (size_t row = 0; row < r.n; row++) {
            struct str step = row_str(&r, row, 3);
            cr_expect(str_find(step, STR("TEMP B-TREE")) < 0 && !str_starts(step, STR("SCAN")), "%s: " STR_FMT, q->name, STR_ARG(step));
        }
        cr_expect(str_find(row_str(&r, 0, 3), STR("USING")) >= 0, "%s: " STR_FMT, q->name, STR_ARG(row_str(&r, 0, 3)));
    }
}

/* ---- What editors write ---- */

static json_t *whole(struct world *w, struct title_id id) {
    json_t *o;
    OK(catalog_title_whole(w->e.store, id, &w->f.arena, &o, err));
    return o;
}

Test(editing, what_is_read_can_be_sent_back) {
    SCOPED_WORLD(w);
    struct film f = world_film(&w, "Film", SCHEME_CLEAR, false);
    thing(&w, &thing_genre, "{\"texts\": [{\"lang\": \"en\", \"name\": \"Sea\"}]}");
    thing(&w, &thing_studio, "{\"name\": \"Wave\"}");
    thing(&w, &thing_field, "{\"name\": \"shelf\", \"type\": \"choice\", \"label\": \"Shelf\", \"options\": [\"a\", \"b\"]}");
    change(&w, f.title,
           "{\"texts\": [{\"lang\": \"en\", \"name\": \"Film\", \"synopsis\": \"S\", \"tagline\": \"T\", \"sort_name\": \"Film, The\"},"
           " {\"lang\": \"fr\", \"name\": \"Le Film\"}], \"lang\": \"fr\", \"original_lang\": \"fr\", \"released_on\": \"2008-02-29\","
           " \"year\": 2008, \"genres\": [\"sea\"], \"studios\": [\"wave\"], \"tags\": [\"Calm \"],"
           " \"people\": [{\"name\": \"Ana\", \"job\": \"actor\", \"character\": \"Self\"}, {\"name\": \"Bo\", \"job\": \"director\"}],"
           " \"ratings\": [{\"system\": \"FSK\", \"label\": \"12\"}, {\"system\": \"MPA\", \"label\": \"PG\"}],"
           " \"markers\": [{\"kind\": \"intro\", \"from_s\": 1.5, \"to_s\": 9}], \"external_ids\": [{\"scheme\": \"imdb\", \"value\": \"tt0133093\"}],"
           " \"custom\": [{\"name\": \"shelf\", \"value\": \"b\"}]}");
    json_t *one = whole(&w, f.title);
    cr_expect_eq(json_integer_value(json_object_get(one, "age")), 12, "the strictest");
    cr_expect_str_eq(text_at(one, "people", 0, "character"), "Self");
    char *text = json_dumps(one, 0);
    change(&w, f.title, text);
    json_t *two = whole(&w, f.title);
    static const char *const moves[] = {"revision", "updated_at"};
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        json_object_del(one, moves[i]);
        json_object_del(two, moves[i]);
    }
    cr_expect(json_equal(one, two), "%s", text);
    free(text);
    json_decref(one);
    json_decref(two);
    json_t *o = page(&w, f.title, "de");
    cr_expect_str_eq(json_string_value(json_object_get(o, "name")), "Le Film");
    cr_expect_str_eq(text_at(o, "genres", 0, "name"), "Sea");
    cr_expect_str_eq(text_at(o, "people", 1, "job"), "director");
    cr_expect_str_eq(text_at(o, "markers", 0, "kind"), "intro");
    json_decref(o);
}

Test(editing, an_age_by_hand_outranks_labels_until_it_is_taken_back) {
    SCOPED_WORLD(w);
    struct film f = world_film(&w, "Film", SCHEME_CLEAR, true);
    static const struct {
        const char *change;
        int age;
    } steps[] = {{"{\"maturity\": null}", 18},
                 {"{\"ratings\": [{\"system\": \"FSK\", \"label\": \"6\"}]}", 6},
                 {"{\"maturity\": 16}", 16},
                 {"{\"ratings\": [{\"system\": \"FSK\", \"label\": \"12\"}]}", 16},
                 {"{\"maturity\": null}", 12},
                 {"{\"ratings\": []}", 18}};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct title_card c;
        change(&w, f.title, steps[i].change);
        OK(catalog_card_by_id(w.e.store, f.title, STR_NULL, true, &w.f.arena, &c, err));
        cr_expect_eq(c.maturity, steps[i].age, "%zu: %d", i, c.maturity);
    }
}

Test(editing, what_is_wrong_is_refused_by_name) {
    SCOPED_WORLD(w);
    struct film f = world_film(&w, "Film", SCHEME_CLEAR, false), other = world_film(&w, "Other", SCHEME_CLEAR, false);
    thing(&w, &thing_field, "{\"name\": \"pages\", \"type\": \"number\", \"label\": \"Pages\", \"required\": true}");
    change(&w, other.title, "{\"external_ids\": [{\"scheme\": \"imdb\", \"value\": \"tt0000001\"}]}");
    static const struct {
        int code;
        const char *reason, *change;
    } cases[] = {
        {ERR_CONFLICT, "catalog.changed", "{\"revision\": 0, \"year\": 2000}"},
        {ERR_CONFLICT, "catalog.slug_taken", "{\"slug\": \"other\"}"},
        {ERR_INVALID, "catalog.slug_invalid", "{\"slug\": \"Not A Slug\"}"},
        {ERR_INVALID, "catalog.unknown_reference", "{\"genres\": [\"none\"]}"},
        {ERR_INVALID, "catalog.unknown_reference", "{\"people\": [{\"person\": \"nobody\", \"job\": \"actor\"}]}"},
        {ERR_INVALID, "catalog.rating_unknown", "{\"ratings\": [{\"system\": \"FSK\", \"label\": \"13\"}]}"},
        {ERR_INVALID, "catalog.marker_invalid", "{\"markers\": [{\"kind\": \"intro\", \"from_s\": 5, \"to_s\": 5}]}"},
        {ERR_INVALID, "catalog.external_id_invalid", "{\"external_ids\": [{\"scheme\": \"imdb\", \"value\": \"0133093\"}]}"},
        {ERR_INVALID, "catalog.external_id_invalid", "{\"external_ids\": [{\"scheme\": \"wikidata\", \"value\": \"Q\"}]}"},
        {ERR_INVALID, "catalog.external_id_invalid",
         "{\"external_ids\": [{\"scheme\": \"eidr\", \"value\": \"10.5240/7791-8534-2C23-9030-8601-5\"}]}"},
        {ERR_CONFLICT, "catalog.external_id_taken", "{\"external_ids\": [{\"scheme\": \"imdb\", \"value\": \"tt0000001\"}]}"},
        {ERR_INVALID, "catalog.custom_invalid", "{\"custom\": [{\"name\": \"pages\", \"value\": \"many\"}]}"},
        {ERR_CONFLICT, "catalog.custom_wanted", "{\"published\": true}"},
        {ERR_INVALID, "catalog.date_invalid", "{\"released_on\": \"2023-02-29\"}"},
        {ERR_INVALID, "catalog.parent", "{\"parent_id\": \"01ARZ3NDEKTSV4RRFFQ69G5FAV\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        change_refused(&w, f.title, cases[i].code, cases[i].reason, cases[i].change);
    change(&w, f.title, "{\"external_ids\": [{\"scheme\": \"eidr\", \"value\": \"10.5240/7791-8534-2C23-9030-8610-5\"}]}");
}

Test(editing, what_titles_name_stays_until_they_let_go) {
    SCOPED_WORLD(w);
    struct film f = world_film(&w, "Film", SCHEME_CLEAR, false);
    thing(&w, &thing_genre, "{\"texts\": [{\"lang\": \"en\", \"name\": \"Sea\"}]}");
    struct id second = thing(&w, &thing_genre, "{\"texts\": [{\"lang\": \"en\", \"name\": \"Sea\"}]}");
    change(&w, f.title, "{\"genres\": [\"sea-2\"]}");
    json_t *o = json_of("{\"slug\": \"sea\", \"texts\": [{\"lang\": \"en\", \"name\": \"Sea\"}]}");
    REFUSED(&w, ERR_CONFLICT, "catalog.slug_taken", thing_write(tx, &thing_genre, second, o, false, &w.f.arena, err));
    json_decref(o);
    o = json_of("{\"texts\": [{\"lang\": \"en\", \"name\": \"Ocean\"}, {\"lang\": \"de\", \"name\": \"Meer\"}]}");
    TX(&w, thing_write(tx, &thing_genre, second, o, false, &w.f.arena, err));
    json_decref(o);
    o = page(&w, f.title, "de");
    cr_expect_str_eq(text_at(o, "genres", 0, "name"), "Meer");
    cr_expect_str_eq(text_at(o, "genres", 0, "slug"), "sea-2", "an address stays");
    json_decref(o);
}

Test(editing, every_label_of_every_system_has_an_age) {
    for (const struct rating_system *s = rating_systems; s->name; s++)
        for (size_t i = 0; i < RATING_LABELS && s->labels[i].label; i++) {
            int age = rating_age(str_of(s->name), str_of(s->labels[i].label));
            cr_expect(age >= 0 && age <= MATURITY_ALL && age == s->labels[i].age, "%s %s: %d", s->name, s->labels[i].label, age);
        }
    cr_expect_eq(rating_age(STR("MPA"), STR("PG")), 10);
    cr_expect_eq(rating_age(STR("MPA"), STR("pg")), -1);
    cr_expect_eq(rating_age(STR("XYZ"), STR("PG")), -1);
}
