/* Files of titles: read in whatever way they were saved, reported row by row, written, taken back. */
#include "world.h"
#include "service/catalog/bulk_run.h"
#include "service/json.h"

static json_t *run_as(struct world *w, const char *format, struct str body, bool dry) {
    struct bulk_order o = {.body = body, .format = str_of(format), .dry_run = dry};
    json_t *report = NULL;
    OK(bulk_run(w->e.store, &o, &report, err));
    return report;
}

static int count(const json_t *report, const char *name) { return (int)json_integer_value(json_object_get(report, name)); }

/* created, updated, unchanged, wrong */
static void counts_are(const json_t *r, int created, int updated, int unchanged, int wrong) {
    char *text = json_dumps(json_object_get(r, "rows"), 0);
    cr_expect(count(r, "created") == created && count(r, "updated") == updated && count(r, "unchanged") == unchanged &&
                  count(r, "wrong") == wrong,
              "%d %d %d %d: %.2000s", count(r, "created"), count(r, "updated"), count(r, "unchanged"), count(r, "wrong"), text);
    free(text);
}

static const char *fault(const json_t *r, size_t row) {
    const json_t *e = json_array_get(json_object_get(json_array_get(json_object_get(r, "rows"), row), "errors"), 0);
    const char *s = json_string_value(json_object_get(e, "field"));
    return s ? s : "(none)";
}

static json_t *whole(struct world *w, const char *slug) {
    struct title_card c;
    json_t *o;
    OK(catalog_card_by_slug(w->e.store, str_of(slug), STR_NULL, true, &w->f.arena, &c, err));
    OK(catalog_title_whole(w->e.store, c.id, &w->f.arena, &o, err));
    return o;
}

static int64_t titles(struct world *w) {
    int64_t n;
    OK(catalog_count(w->e.store, &n, err));
    return n;
}

#define SERIAL                                                                                     \
    "kind,series,season,episode,title,title.de,synopsis,genres,actors,ratings,own_id\r\n"          \
    "episode,The Harbour,1,1,Ebb,Ebbe,\"Water, and \"\"less\"\" of it.\",Drama|Sea,Ana Ortiz (Mara)|Bo,FSK 12,h1\r\n"          \
    "episode,The Harbour,1,2,Flow,Flut,,Drama;Sea,Ana Ortiz (Mara),FSK:12,h2\r\n"                  \
    "episode,The Harbour,2,1,,,,,,,h3\r\n"

Test(bulk, a_sheet_of_episodes_makes_their_series_and_is_taken_back) {
    SCOPED_WORLD(w);
    json_t *dry = run_as(&w, "csv", STR(SERIAL), true);
    counts_are(dry, 3, 0, 0, 0);
    cr_expect_eq(titles(&w), 0, "a dry run writes nothing");
    json_decref(dry);
    json_t *r = run_as(&w, "csv", STR(SERIAL), false);
    counts_are(r, 3, 0, 0, 0);
    cr_expect_eq(titles(&w), 6, "three episodes, two seasons, a series");
    json_t *ebb = whole(&w, "ebb");
    cr_expect_eq(json_integer_value(json_object_get(ebb, "age")), 12);
    cr_expect_eq(json_array_size(json_object_get(ebb, "genres")), 2);
    cr_expect_eq(json_array_size(json_object_get(ebb, "texts")), 2);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(ebb, "people"), 0), "character")), "Mara");
    json_decref(ebb);
    json_decref(whole(&w, "episode-1"));
    /* The same file again changes nothing; another synopsis one title. */
    json_t *again = run_as(&w, "csv", STR(SERIAL), false);
    counts_are(again, 0, 0, 3, 0);
    json_decref(again);
    json_t *more = run_as(&w, "csv", STR("own_id;synopsis;tags\nh2;It comes back.;calm | sea\nh1;-;\n"), false);
    counts_are(more, 0, 2, 0, 0);
    json_decref(more);
    struct bulk_id id;
    cr_assert(id_parse(json_get_str(r, "id"), &id.v));
    json_t *undone;
    /* Two of them were changed since, so what they are in stays, too. */
    OK(bulk_undo(w.e.store, id, false, &undone, err));
    cr_expect_eq(count(undone, "undone"), 2, "%d", count(undone, "undone"));
    cr_expect_eq(json_array_size(json_object_get(undone, "kept")), 4);
    json_decref(undone);
    OK(bulk_undo(w.e.store, id, true, &undone, err));
    cr_expect_eq(json_array_size(json_object_get(undone, "kept")), 0);
    json_decref(undone);
    cr_expect_eq(titles(&w), 0);
    FAILS(ERR_CONFLICT, bulk_undo(w.e.store, id, true, &undone, err));
    json_decref(r);
}

Test(bulk, what_was_changed_is_as_it_was_after_undo) {
    SCOPED_WORLD(w);
    world_film(&w, "Film", SCHEME_CLEAR, true);
    json_t *was = whole(&w, "film");
    json_t *r = run_as(&w, "csv", STR("slug,title,title.fr,year,genres,studios,actors,imdb,maturity\n"
                                      "film,Movie,Le Film,1999,Sea,Wave,Ana,tt0000007,6\n"), false);
    counts_are(r, 0, 1, 0, 0);
    struct bulk_id id;
    json_t *undone, *now = whole(&w, "film");
    cr_expect_eq(json_integer_value(json_object_get(now, "year")), 1999);
    cr_expect_eq(json_integer_value(json_object_get(now, "age")), 6);
    json_decref(now);
    id_parse(json_get_str(r, "id"), &id.v);
    OK(bulk_undo(w.e.store, id, false, &undone, err));
    now = whole(&w, "film");
    static const char *const moves[] = {"revision", "updated_at"};
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        json_object_del(was, moves[i]);
        json_object_del(now, moves[i]);
    }
    char *text = json_dumps(now, 0);
    cr_expect(json_equal(was, now), "%s", text);
    free(text);
    json_decref(undone);
    json_decref(now);
    json_decref(was);
    json_decref(r);
}

Test(bulk, any_encoding_becomes_the_same_names) {
    SCOPED_WORLD(w);
    static const struct {
        const char *bytes;
        size_t n;
        const char *encoding;
    } files[] = {
#define F(s, e) {s, sizeof(s) - 1, e}
        F("title\nÉté à Łódź\n", "UTF-8"),
        F("\xEF\xBB\xBFtitle\nÉté à Łódź\n", "UTF-8"),
        F("\xFF\xFEt\0i\0t\0l\0e\0\n\0\xC9\0t\0\xE9\0\n\0", "UTF-16LE"),
        F("title,synopsis\n\xC9t\xE9,Les vacances commencent \xE0 la fin de l'ann\xE9""e scolaire, et tout le monde est l\xE0.\n", "ISO-8859-1"),
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        json_t *r = run_as(&w, "csv", str_make(files[i].bytes, files[i].n), true);
        const char *name = json_string_value(json_object_get(json_array_get(json_object_get(r, "rows"), 0), "name"));
        cr_expect(name && !strncmp(name, "Été", strlen("Été")), "%zu: %s", i, name ? name : "none");
        cr_expect_str_eq(json_string_value(json_object_get(r, "encoding")), files[i].encoding);
        json_decref(r);
    }
    struct bulk_order named = {.body = str_make("title\n\xC0\xEB\xE8\xF1\xE0\n", 12), .format = STR("csv"), .encoding = STR("windows-1251"), .dry_run = true};
    json_t *r;
    OK(bulk_run(w.e.store, &named, &r, err));
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(r, "rows"), 0), "name")), "Алиса");
    json_decref(r);
    named.encoding = STR("no-such-thing");
    cr_expect_str_eq(FAILS(ERR_INVALID, bulk_run(w.e.store, &named, &r, err)).reason, "catalog.bulk_encoding");
}

Test(bulk, each_wrong_row_is_named_and_nothing_is_written) {
    SCOPED_WORLD(w);
    static const struct {
        const char *row, *field;
    } cases[] = {{",,,,,,,", "name"},           {"film,x,19x,,,,,", "year"},         {"film,x,12,,,,,", "year"},
                 {"movie,x,,,,,,", "kind"},     {"film,x,,FSK 13,,,,", "ratings"},   {"film,x,,FSK,,,,", "ratings"},
                 {"film,x,,,0133093,,,", "external_ids"}, {"film,x,,,,yes,,", "published"}, {"film,x,,,,maybe,,", "published"},
                 {"episode,x,,,,,none,", "parent"}, {"film,x,,,,,,2023-02-30", "released_on"}, {"film,x,,,,,,,,more", ""}};
    scoped(buf_done) struct buf file = BUF(64 << 10);
    buf_addc(&file, "kind,title,year,ratings,imdb,published,parent,released_on,tags\n");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        buf_addf(&file, "%s\n", i ? cases[i].row : ",,1999,,,,,");
    json_t *r = run_as(&w, "csv", buf_str(&file), false);
    counts_are(r, 0, 0, 0, ARRAY_LEN(cases));
    cr_expect_str_eq(json_string_value(json_object_get(r, "state")), "refused");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect_str_eq(fault(r, i), cases[i].field, "%s: %s", cases[i].row, fault(r, i));
    cr_expect_eq(titles(&w), 0);
    json_decref(r);
    struct bulk_order o = {.body = STR("title,year\nGood,1999\nBad,19\n"), .format = STR("csv"), .skip_errors = true};
    OK(bulk_run(w.e.store, &o, &r, err));
    counts_are(r, 1, 0, 0, 1);
    cr_expect_eq(titles(&w), 1);
    json_decref(r);
}

Test(bulk, files_that_are_none_are_refused_with_a_reason) {
    SCOPED_WORLD(w);
    static const struct {
        const char *format, *reason, *text;
    } cases[] = {{"csv", "catalog.bulk_csv", ""},
                 {"csv", "catalog.bulk_csv", "title\n\"never closed\n"},
                 {"csv", "catalog.bulk_csv", "title\n\"a\" b\n"},
                 {"csv", "catalog.bulk_column", "title,whatever\nx,y\n"},
                 {"json", "catalog.bulk_json", "{\"titles\": 7}"},
                 {"json", "catalog.bulk_json", "[{]"},
                 {"mrss", "catalog.bulk_mrss", "<rss><channel/></rss>"},
                 {"mrss", "catalog.bulk_mrss", "<rss><item>"},
                 {"mrss", "catalog.bulk_mrss", "<!DOCTYPE rss [<!ENTITY a \"b\">]><rss><item><title>&a;</title></item></rss>"},
                 {"mrss", "catalog.bulk_mrss", "<!DOCTYPE r SYSTEM \"file:///etc/passwd\"><rss><item/></rss>"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct bulk_order o = {.body = str_of(cases[i].text), .format = str_of(cases[i].format)};
        json_t *r;
        cr_expect_str_eq(FAILS(ERR_INVALID, bulk_run(w.e.store, &o, &r, err)).reason, cases[i].reason, "%s", cases[i].text);
    }
    struct bulk_order nul = {.body = str_make("title\nx\0y\n", 10), .format = STR("csv"), .encoding = STR("UTF-8")};
    json_t *r;
    FAILS(ERR_INVALID, bulk_run(w.e.store, &nul, &r, err));
}

Test(bulk, an_mrss_feed_brings_what_it_says) {
    SCOPED_WORLD(w);
    json_t *r = run_as(&w, "mrss", STR("<?xml version='1.0' encoding='ISO-8859-1'?><rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'><channel>"
                                       "<title>Feed</title><item><title>plain</title><guid>abc-1</guid><pubDate>Thu, 29 Feb 2024 10:00:00 GMT</pubDate>"
                                       "<media:group><media:content url='http://x/y.mp4'><media:title>\xC9t\xE9</media:title></media:content></media:group>"
                                       "<media:description> A &amp; B </media:description><media:keywords>calm, sea</media:keywords>"
                                       "<media:category>Drama</media:category><media:credit role='Director'>Ana</media:credit>"
                                       "<media:rating scheme='urn:mpaa'>pg</media:rating></item></channel></rss>"), false);
    counts_are(r, 1, 0, 0, 0);
    json_t *o = whole(&w, "ete");
    cr_expect_str_eq(json_string_value(json_object_get(o, "released_on")), "2024-02-29");
    cr_expect_eq(json_integer_value(json_object_get(o, "age")), 10);
    cr_expect_eq(json_array_size(json_object_get(o, "tags")), 2);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(o, "texts"), 0), "synopsis")), "A & B");
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(json_object_get(o, "external_ids"), 0), "value")), "abc-1");
    json_decref(o);
    json_decref(r);
}

Test(bulk, json_takes_what_the_api_shows) {
    SCOPED_WORLD(w);
    json_t *r = run_as(&w, "json", STR("{\"titles\": [{\"name\": \"One\", \"markers\": [{\"kind\": \"intro\", \"from_s\": 0, \"to_s\": 4}], \"tags\": [\"b\", \"a\"]},"
                                       " {\"kind\": \"trailer\", \"name\": \"Soon\", \"parent\": \"one\"}, {\"nmae\": \"x\"}, 7]}"), true);
    counts_are(r, 1, 0, 0, 3); /* in a dry run nothing stands before its parts yet: the trailer's parent is not there */
    cr_expect_str_eq(fault(r, 1), "parent");
    cr_expect_str_eq(fault(r, 2), "nmae");
    json_decref(r);
}

Test(bulk, ten_thousand_wrong_rows_are_told_each) {
    SCOPED_WORLD(w);
    scoped(buf_done) struct buf file = BUF(1 << 20);
    buf_addc(&file, "title,year\n");
    for (int i = 0; i < BULK_ROWS_MAX; i++)
        buf_addf(&file, "Film %d,%d\n", i, i % 100);
    json_t *r = run_as(&w, "csv", buf_str(&file), true);
    counts_are(r, 0, 0, 0, BULK_ROWS_MAX);
    json_decref(r);
    buf_addc(&file, "one more,\n");
    struct bulk_order o = {.body = buf_str(&file), .format = STR("csv")};
    FAILS(ERR_INVALID, bulk_run(w.e.store, &o, &r, err));
}

Test(bulk, one_title_is_described_as_a_row_would) {
    SCOPED_WORLD(w);
    struct film f = world_film(&w, "Film", SCHEME_CLEAR, true);
    json_t *row = json_pack("{s:[s], s:[{s:s, s:s}], s:i}", "genres", "Sea", "people", "name", "Ana", "job", "actor", "year", 1999);
    struct tx *tx;
    for (int i = 0; i < 2; i++) { /* again it changes nothing */
        OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
        OK(catalog_title_describe(tx, f.title, row, &w.f.arena, err));
        OK(tx_commit(&tx, err));
    }
    json_t *o = whole(&w, "film");
    cr_expect_eq(json_integer_value(json_object_get(o, "year")), 1999);
    cr_expect_eq(json_array_size(json_object_get(o, "people")), 1);
    json_decref(o);
    json_object_set_new(row, "year", json_string("x"));
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    cr_expect_str_eq(FAILS(ERR_INVALID, catalog_title_describe(tx, f.title, row, &w.f.arena, err)).reason, "catalog.row");
    tx_rollback(&tx);
    json_decref(row);
}
