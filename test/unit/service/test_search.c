/* Finding titles: how texts fold, how far words are from each other, what is found and what is not. */
#include "service/search/search_int.h"
#include "world.h"

static struct str folded(struct world *w, const char *s, struct str *ret_latin) {
    struct folded f;
    OK(search_fold(str_of(s), &w->f.arena, &f, err));
    if (ret_latin)
        *ret_latin = f.latin;
    return f.text;
}

static const struct {
    const char *a, *b;
} same[] = {
    {"Amélie", "AMELIE"},           {"Straße", "strasse"},      {"Ærø", "aero"},           {"Łódź", "lodz"},
    {"ТРЁХ", "трех"},               {"Ελλάδα", "ελλαδα"},       {"Οδυσσεύς", "οδυσσευσ"},  {"שָׁלוֹם", "שלום"},
    {"أَحْمَد", "احمد"},             {"カメラ", "かめら"},        {"ｶﾞﾝﾀﾞﾑ", "がんだむ"},      {"東京", "东京"},
    {"Spider-Man", "spider man"},   {"don't", "dont"},          {"L'Amour", "l amour"},    {"１２３", "123"},
    {"ﬁlm", "film"},                {"İstanbul", "istanbul"},   {"เดอะ แม่", "เดอะ แม"},
};

Test(search, spellings_that_people_take_for_the_same_fold_to_the_same) {
    SCOPED_WORLD(w);
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        struct str a = folded(&w, same[i].a, NULL), b = folded(&w, same[i].b, NULL);
        cr_expect(str_eq(a, b), "%s: \"" STR_FMT "\", %s: \"" STR_FMT "\"", same[i].a, STR_ARG(a), same[i].b, STR_ARG(b));
    }
    cr_expect(!str_eq(folded(&w, "かき", NULL), folded(&w, "がぎ", NULL)), "a kana's voice is another letter");
    cr_expect_eq(folded(&w, "?!… —", NULL).n, 0);
    cr_expect(str_eq(folded(&w, "東京ものがたり2", NULL), STR("东京 ものかたり 2")) || str_eq(folded(&w, "東京ものがたり2", NULL), STR("东京 ものがたり 2")));
}

static const struct {
    const char *a, *latin;
} in_latin[] = {{"Матрица", "matrica"}, {"Αθήνα", "athena"}, {"東京", "dong jing"}, {"さくら", "sakura"}, {"서울", "seoul"}};

Test(search, other_scripts_have_latin_letters_too) {
    SCOPED_WORLD(w);
    for (size_t i = 0; i < ARRAY_LEN(in_latin); i++) {
        struct str latin;
        folded(&w, in_latin[i].a, &latin);
        cr_expect(str_eq(latin, str_of(in_latin[i].latin)), "%s: " STR_FMT, in_latin[i].a, STR_ARG(latin));
    }
    struct str none;
    folded(&w, "Matrix", &none);
    cr_expect_null(none.p);
}

/* The textbook's table, for the machine word's sake. */
static int plainly(const char *a, const char *b) {
    int d[40][40], n = (int)strlen(a), m = (int)strlen(b);
    for (int i = 0; i <= n; i++)
        for (int j = 0; j <= m; j++) {
            if (!i || !j) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = MIN(MIN(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[n][m];
}

static size_t wide(const char *s, uint32_t *to) {
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)s[i];
    return n;
}

Test(search, distances_are_those_of_the_table) {
    uint64_t seed = 42;
    for (int round = 0; round < 20000; round++) {
        char word[2][16];
        for (int k = 0; k < 2; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            size_t n = (seed >> 33) % 12;
            for (size_t i = 0; i < n; i++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                word[k][i] = (char)('a' + (seed >> 33) % 4);
            }
            word[k][n] = 0;
        }
        uint32_t a[16], b[16];
        struct pattern p;
        size_t n = wide(word[0], a), m = wide(word[1], b);
        pattern_init(&p, a, n);
        struct distance d = pattern_distance(&p, b, m);
        cr_assert_eq(d.whole, plainly(word[0], word[1]), "%s %s: %d, not %d", word[0], word[1], d.whole, plainly(word[0], word[1]));
        int prefix = (int)n, within = (int)n;
        for (size_t to = 0; to <= m; to++)
            for (size_t from = 0; from <= to; from++) {
                char part[16] = "";
                memcpy(part, word[1] + from, to - from);
                part[to - from] = 0;
                int far = plainly(word[0], part);
                within = MIN(within, far);
                prefix = from ? prefix : MIN(prefix, far);
            }
        cr_assert_eq(d.prefix, prefix, "%s begins %s", word[1], word[0]);
        cr_assert_eq(pattern_within(&p, b, m), within, "%s within %s: %d, not %d", word[0], word[1], pattern_within(&p, b, m), within);
    }
}

/* ---- With an index ---- */

static void index_make(struct world *w) {
    struct err e = {0};
    int64_t n = search_rebuild(&w->e, NULL, NULL, &e);
    cr_assert_geq(n, 0, "%s", e.msg);
}

static void name_add(struct world *w, struct film f, const char *lang, const char *name) {
    scoped(tx_rollback) struct tx *tx = NULL;
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_text_set(tx, f.title, str_of(lang), str_of(name), STR("What happens."), err));
    OK(tx_commit(&tx, err));
}

static struct search_found find(struct world *w, struct search_ask ask) {
    struct search_found found;
    ask.maturity = ask.maturity ? ask.maturity : MATURITY_ALL;
    OK(search_find(w->e.store, &ask, &w->f.arena, &found, err));
    return found;
}

static bool first_is(struct world *w, const char *q, struct film f) {
    struct search_found found = find(w, (struct search_ask){.q = str_of(q)});
    bool ok = found.n && str_eq(id_str(&found.hit[0].ref), id_str(&f.title.v));
    if (!ok)
        cr_log_warn("%s: %zu found, the first with %d points (" STR_FMT ")", q, found.n, found.n ? found.hit[0].score.points : 0,
                    STR_ARG(found.n ? found.hit[0].score.name : STR("")));
    return ok;
}

static void hear(struct world *w) {
    const struct event_handler *const handlers[] = {search_events, NULL};
    OK(event_dispatch_once(&w->e, handlers, err));
}

Test(search, a_title_is_found_by_what_people_type) {
    SCOPED_WORLD(w);
    struct film matrix = world_film(&w, "The Matrix", SCHEME_CLEAR, true), spider = world_film(&w, "Spider-Man: Homecoming", SCHEME_CLEAR, true),
                rocky = world_film(&w, "Rocky II", SCHEME_CLEAR, true), amelie = world_film(&w, "Le Fabuleux Destin d'Amélie Poulain", SCHEME_CLEAR, true),
                swan = world_film(&w, "Tchaikovsky", SCHEME_CLEAR, true), tokyo = world_film(&w, "Tokyo Story", SCHEME_CLEAR, true),
                parasite = world_film(&w, "Parasite", SCHEME_CLEAR, true);
    name_add(&w, matrix, "ru", "Матрица");
    name_add(&w, matrix, "th", "เดอะ เมทริกซ์");
    name_add(&w, matrix, "he", "מטריקס");
    name_add(&w, matrix, "hi", "द मैट्रिक्स");
    name_add(&w, swan, "ru", "Чайковский");
    name_add(&w, tokyo, "ja", "東京物語");
    name_add(&w, parasite, "ko", "기생충");
    name_add(&w, parasite, "ar", "الطفيلي");
    index_make(&w);
    const struct {
        const char *q;
        struct film f;
    } asked[] = {
        {"the matrix", matrix}, {"mat", matrix},          {"matirx", matrix},     {"th matrxi", matrix},    {"Матрица", matrix},   {"матрца", matrix},
        {"matritsa", matrix},   {"מטריקס", matrix},       {"מטרקס", matrix},      {"द मैट्रिक्स", matrix},      {"เมทริกซ์", matrix},   {"เมตริกซ์", matrix},
        {"spiderman", spider},  {"spider man hom", spider}, {"homecomming", spider}, {"rocky 2", rocky},      {"rocky ii", rocky},   {"ROCKI 2", rocky},
        {"amelie", amelie},     {"fabuleux destin", amelie}, {"amélie pulain", amelie}, {"чайковский", swan}, {"chaikovsky", swan},  {"東京物語", tokyo},
        {"东京物语", tokyo},      {"東京物浯", tokyo},         {"dongjing", tokyo},    {"기생충", parasite},      {"기샹충", parasite}, {"기생벌", parasite}, {"생기충", parasite},   {"الطفيلى", parasite},
        {"t", tokyo},
    };
    for (size_t i = 0; i < ARRAY_LEN(asked); i++)
        cr_expect(asked[i].q[1] == 0 ? find(&w, (struct search_ask){.q = str_of(asked[i].q)}).n > 0 : first_is(&w, asked[i].q, asked[i].f), "%s",
                  asked[i].q);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("zzzyx")}).n, 0);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("\" OR 1 --")}).n, 0);
    cr_expect(str_eq(find(&w, (struct search_ask){.q = STR("the matirx")}).corrected, STR("the matrix")));
    cr_expect_null(find(&w, (struct search_ask){.q = STR("the matrix")}).corrected.p);
}

/* Names of scripts without blanks among very many that share their beginnings: what is one slip away is proposed, not the first hundred. */
Test(search, a_slip_in_a_script_without_blanks_is_found_among_many) {
    SCOPED_WORLD(w);
    static const char *const ends[] = {"นารี", "มาลี", "สีดา", "คงคา", "ทองดี", "ปูนา", "ราชา", "ดอกไม"};
    struct film f[ARRAY_LEN(ends)];
    char name[120];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(name, sizeof name, "Film %zu", i);
        f[i] = world_film(&w, name, SCHEME_CLEAR, true);
        snprintf(name, sizeof name, "ตำนานรัก%s", ends[i]);
        name_add(&w, f[i], "th", name);
        snprintf(name, sizeof name, "%s%s", "かきつばた", i % 2 ? "物語" : "の家");
        if (i < 2)
            name_add(&w, f[i], "ja", name);
    }
    index_make(&w);
    cr_expect(first_is(&w, "ตำนานรักมาบี", f[1]), "another letter in its end");
    cr_expect(first_is(&w, "ตำานรักราชา", f[6]), "one left out of its beginning");
    cr_expect(first_is(&w, "ตำานรักทอดงี", f[4]), "one in either");
    cr_expect(first_is(&w, "かきつた物語", f[1]), "kana and Han are one name");
    cr_expect(first_is(&w, "かきつばの家た", f[0]));
}

/* A word is looked for in each piece that writing leaves of the index. */
Test(search, an_index_made_anew_is_one_piece) {
    static const struct sql pieces[] = {{"PIECES", STORE_MAIN, "SELECT (SELECT count(DISTINCT segid) FROM fts_search_doc_idx), (SELECT count(DISTINCT segid) FROM fts_search_word_idx)"},
                                        SQL_END};
    SCOPED_WORLD(w);
    struct rows r;
    char name[120];
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "Number %c Of Six", 'a' + i);
        world_film(&w, name, SCHEME_CLEAR, true);
        hear(&w);
    }
    OK(store_row(w.e.store, pieces, NO_ARGS, &w.f.arena, &r, err) < 0);
    cr_expect_gt(row_i64(&r, 0, 0), 1, "written one by one");
    index_make(&w);
    OK(store_row(w.e.store, pieces, NO_ARGS, &w.f.arena, &r, err) < 0);
    cr_expect_eq(row_i64(&r, 0, 0), 1);
    cr_expect_eq(row_i64(&r, 0, 1), 1);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("number c")}).n > 0, true);
}

static struct str thing_named(struct world *w, const char *q, enum catalog_thing what, int maturity, const struct catalog_here *here) {
    struct search_found found = find(w, (struct search_ask){.q = str_of(q), .things = true});
    struct thing_card *cards;
    size_t n = 0;
    if (found.n_things)
        OK(catalog_thing_cards(w->e.store, what, &found.thing[0].ref, 1, STR("en"), maturity, here, &w->f.arena, &cards, &n, err));
    return n ? cards[0].name : STR("");
}

Test(search, people_and_genres_are_found_beside_titles_and_take_no_place_from_them) {
    SCOPED_WORLD(w);
    struct film f = world_film(&w, "Solaris", SCHEME_CLEAR, true);
    scoped(tx_rollback) struct tx *tx = NULL;
    json_t *row = json_pack("{s:[{s:s, s:s}], s:[s]}", "people", "name", "Donatas Banionis", "job", "actor", "genres", "Zukunft");
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_describe(tx, f.title, row, &w.f.arena, err));
    OK(tx_commit(&tx, err));
    json_decref(row);
    hear(&w);
    struct catalog_here here;
    OK(catalog_here_find(&w.e, STR("DE"), &w.f.arena, &here, err));
    for (int made = 0; made < 2; made++) { /* of what was heard, and made anew */
        for (size_t i = 0; i < 3; i++) {
            static const char *const typed[] = {"Donatas", "donatas banoinis", "banionsi"};
            cr_expect(str_eq(thing_named(&w, typed[i], THING_PERSON, MATURITY_ALL, &here), STR("Donatas Banionis")), "%s", typed[i]);
        }
        cr_expect(str_eq(thing_named(&w, "zukumft", THING_GENRE, MATURITY_ALL, &here), STR("Zukunft")));
        cr_expect(first_is(&w, "donatas banionis", f), "the title is found by who is in it");
        index_make(&w);
    }
    cr_expect_eq(thing_named(&w, "donatas", THING_PERSON, 0, &here).n, 0, "who is in nothing for that age is not shown");
    cr_expect_gt(thing_named(&w, "donatas", THING_PERSON, 0, NULL).n, 0, "but to editors");
    struct search_found found = find(&w, (struct search_ask){.q = STR("donatas")});
    cr_expect_eq(found.n, 1);
    cr_expect_eq(found.n_things, 0, "who does not ask for people gets none");
}

static void genre_rename(struct world *w, const char *slug, const char *name) {
    scoped(tx_rollback) struct tx *tx = NULL;
    static const struct sql set = {"TEST_GENRE_NAME", STORE_MAIN,
                                   "UPDATE genre_text SET name = $2 WHERE genre_id = (SELECT id FROM genre WHERE slug = $1)"},
                            get = {"TEST_GENRE_ID", STORE_MAIN, "SELECT id FROM genre WHERE slug = $1"};
    struct rows r;
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    cr_assert_eq(tx_exec(tx, &set, ARGS(A_CSTR(slug), A_CSTR(name)), NULL), 1);
    cr_assert_eq(tx_query(tx, &get, ARGS(A_CSTR(slug)), &w->f.arena, &r, NULL), 1);
    OK(event_publish(tx, "genre.changed", 1, row_str(&r, 0, 0), STR("{}"), err));
    OK(tx_commit(&tx, err));
}

static bool found_of_year(struct world *w, const char *q, int year) {
    return find(w, (struct search_ask){.q = str_of(q), .year_from = year, .year_to = year}).n == 1;
}

/* More than are done at once: the first of them follow the event, the others the job that it leaves. */
Test(search, titles_of_a_genre_follow_its_new_name_however_many_they_are) {
    enum { MANY = 230, FIRST = 1900, LAST = FIRST + MANY - 1 };
    static const struct sql queued = {"TEST_QUEUED", STORE_JOBS, "SELECT payload FROM job WHERE kind = 'search.renamed' ORDER BY id DESC"};
    SCOPED_WORLD(w);
    scoped(tx_rollback) struct tx *tx = NULL;
    json_t *row = json_pack("{s:[s]}", "genres", "Heimatfilm");
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    for (int year = FIRST; year <= LAST; year++) {
        struct title_new n = {.name = STR("Tides"), .year = year, .kind = TITLE_SERIES};
        struct title_id title;
        struct str slug;
        OK(catalog_title_create(tx, &n, &w.f.arena, &title, &slug, err));
        OK(catalog_title_describe(tx, title, row, &w.f.arena, err));
        OK(catalog_title_publish(tx, title, true, err));
    }
    OK(tx_commit(&tx, err));
    json_decref(row);
    hear(&w);
    cr_expect(found_of_year(&w, "heimatfilm", FIRST) && found_of_year(&w, "heimatfilm", LAST));
    genre_rename(&w, "heimatfilm", "Kostuemdrama");
    hear(&w);
    struct rows r;
    cr_expect(found_of_year(&w, "kostuemdrama", FIRST), "one of the first");
    cr_expect(!found_of_year(&w, "kostuemdrama", LAST), "the last waits");
    cr_assert_gt(store_query(w.e.store, &queued, NO_ARGS, &w.f.arena, &r, NULL), 0);
    cr_expect_eq(search_renamed(w.e.store, row_str(&r, 0, 0), NULL, NULL, NULL), MANY - 200);
    cr_expect(found_of_year(&w, "kostuemdrama", LAST), "the job comes to it");
    cr_expect(!found_of_year(&w, "heimatfilm", LAST));
    cr_expect_eq(search_renamed(w.e.store, STR("{}"), NULL, NULL, NULL), ERR_INVALID);
}

Test(search, what_else_people_call_a_title_finds_it) {
    SCOPED_WORLD(w);
    struct film f = world_film(&w, "Dr. Strangelove", SCHEME_CLEAR, true);
    scoped(tx_rollback) struct tx *tx = NULL;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_alias_add(tx, f.title, STR(" How I Learned "), &w.f.arena, err));
    cr_expect_eq(catalog_title_alias_add(tx, f.title, STR("  "), &w.f.arena, NULL), ERR_INVALID);
    OK(tx_commit(&tx, err));
    index_make(&w);
    cr_expect(first_is(&w, "how i lerned", f));
}

Test(search, who_is_younger_and_who_narrows_sees_less) {
    SCOPED_WORLD(w);
    struct film all = world_film(&w, "Bear Story", SCHEME_CLEAR, true), old = world_film(&w, "Bear Hunt", SCHEME_CLEAR, true);
    scoped(tx_rollback) struct tx *tx = NULL;
    OK(tx_begin(w.e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_maturity_set(tx, all.title, 6, err));
    OK(catalog_title_maturity_set(tx, old.title, 18, err));
    OK(tx_commit(&tx, err));
    index_make(&w);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("bear")}).n, 2);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("bear"), .maturity = 12}).n, 1);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("bear"), .maturity = 5}).n, 0);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("bear"), .lang = STR("fr")}).n, 2);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("bear"), .lang = STR("de")}).n, 0);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("bear"), .kind = STR("series")}).n, 0);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("bear"), .year_from = 1990, .year_to = 1999}).n, 0);
}

static void publish(struct world *w, struct film f, bool published) {
    scoped(tx_rollback) struct tx *tx = NULL;
    OK(tx_begin(w->e.store, STORE_MAIN, TX_WRITE, &tx, err));
    OK(catalog_title_publish(tx, f.title, published, err));
    OK(tx_commit(&tx, err));
    hear(w);
}

Test(search, the_index_hears_of_titles_that_come_and_go) {
    SCOPED_WORLD(w);
    struct film f = world_film(&w, "Solaris", SCHEME_CLEAR, false);
    index_make(&w);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("solaris")}).n, 0);
    publish(&w, f, true);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("solaris")}).n, 1);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("solairs")}).n, 1);
    name_add(&w, f, "ru", "Солярис");
    hear(&w);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("соляриз")}).n, 1, "a name that it got later");
    publish(&w, f, false);
    cr_expect_eq(find(&w, (struct search_ask){.q = STR("solaris")}).n, 0);
    index_make(&w); /* its words have gone, too */
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct rows r;
    cr_expect_eq(store_query(w.e.store, &search_sql[FIND_WORDS], ARGS(A_CSTR("\"solaris\""), A_I64(9)), &a, &r, NULL), 0);
}

/* ---- What was not found ---- */

static size_t misses(struct world *w, struct rows *r) {
    struct err e = {0};
    int n = store_query(w->e.store, &search_sql[MISS_LIST], ARGS(A_I64(INT64_MAX), A_CSTR(""), A_I64(50)), &w->f.arena, r, &e);
    cr_assert_geq(n, 0, "%s", e.msg);
    return (size_t)n;
}

Test(search, what_was_not_found_is_kept_once_and_without_who_asked) {
    SCOPED_WORLD(w);
    struct rows r;
    static const char *const typed[] = {"xy", "xyl", "xylo", "xylophone"};
    for (size_t i = 0; i < ARRAY_LEN(typed); i++)
        OK(miss_record(w.e.store, str_of(typed[i]), str_of(typed[i]), err));
    cr_assert_eq(misses(&w, &r), 1, "what was typed on the way is no wish");
    cr_expect(str_eq(row_str(&r, 0, 0), STR("xylophone")));
    OK(miss_record(w.e.store, STR("Xylophone"), STR("xylophone"), err));
    OK(miss_record(w.e.store, STR("ana@example.org"), STR("anaexampleorg"), err));
    OK(miss_record(w.e.store, STR("4111 1111 1111 1111"), STR("4111111111111111"), err));
    OK(miss_record(w.e.store, STR("yak"), STR("yak"), err));
    cr_assert_eq(misses(&w, &r), 2);
    cr_expect(str_eq(row_str(&r, 0, 0), STR("Xylophone")));
    cr_expect_eq(row_i64(&r, 0, 1), 2);
    cr_expect_eq(miss_settle(w.e.store, STR("YAK"), NULL), 1);
    cr_expect_eq(miss_settle(w.e.store, STR("yak"), NULL), 0);
    cr_assert_eq(misses(&w, &r), 1, "what was answered is no wish any more");
    clock_shift(&w.f.clock, 200 * DAY_MS);
    OK(miss_prune(&w.e, err));
    cr_expect_eq(misses(&w, &r), 0);
}
