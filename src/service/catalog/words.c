/* words.c - what titles are found by, for whoever keeps an index of them. */
#include "service/catalog/catalog_int.h"

static bool strs_take(const struct rows *r, struct str id, size_t col, struct arena *a, struct str **ret, size_t *ret_n) {
    size_t from, to = rows_of(r, id, &from);
    struct str *v = arena_news(a, struct str, MAX(to - from, 1u));
    for (size_t i = from; v && i < to; i++)
        v[i - from] = row_str(r, i, col);
    *ret = v;
    *ret_n = to - from;
    return v;
}

/* By what a title is found: rows of title and text, and which kind of name they are. */
static const struct {
    int statement;
    char kind;
} namings[] = {{WORDS_TEXTS, 't'}, {WORDS_ALIASES, 'a'}, {WORDS_PEOPLE, 'p'}, {WORDS_COLLECTIONS, 'c'}, {WORDS_GENRES, 'g'}, {WORDS_TAGS, 'k'}};
enum { NAMINGS = ARRAY_LEN(namings) };

static bool names_take(const struct rows named[NAMINGS], struct str id, struct arena *a, struct title_words *w) {
    size_t from[NAMINGS], to[NAMINGS], n = 0;
    for (size_t k = 0; k < NAMINGS; k++) {
        to[k] = rows_of(&named[k], id, &from[k]);
        n += to[k] - from[k];
    }
    w->names = arena_news(a, struct title_name, MAX(n, 1u));
    for (size_t k = 0; w->names && k < NAMINGS; k++)
        for (size_t i = from[k]; i < to[k]; i++)
            w->names[w->n_names++] = (struct title_name){namings[k].kind, row_str(&named[k], i, 1)};
    return w->names;
}

int catalog_words(struct tx *tx, const struct title_id *ids, size_t n, struct arena *a, struct title_words **ret,
                  size_t *ret_n, struct err *reterr) {
    struct sql_val v[CATALOG_BATCH];
    struct sql_args args = {v, CATALOG_BATCH};
    struct rows titles, genres, langs, named[NAMINGS];
    assert(n <= CATALOG_BATCH);
    for (size_t i = 0; i < CATALOG_BATCH; i++)
        v[i] = i < n ? A_ID(ids[i]) : A_NULL;
    struct str list_of = ids_json(ids, n, a);
    int rc = tx_query(tx, &catalog_sql[TITLE_CARDS], ARGS(A_STR(list_of)), a, &titles, reterr);
    for (size_t k = 0; rc >= 0 && k < NAMINGS; k++)
        rc = tx_query(tx, &catalog_sql[namings[k].statement], args, a, &named[k], reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[WORDS_GENRE_IDS], args, a, &genres, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[LANG_BATCH], ARGS(A_STR(list_of)), a, &langs, reterr);
    if (rc < 0)
        return rc;
    struct title_words *list = arena_news(a, struct title_words, MAX(titles.n, 1u));
    bool ok = list;
    *ret_n = 0;
    for (size_t i = 0; ok && i < titles.n; i++) {
        struct str id = row_str(&titles, i, 0);
        if (row_i64(&titles, i, 13) == 0) /* not to be seen */
            continue;
        struct title_words *w = &list[(*ret_n)++];
        *w = (struct title_words){.id = row_id(&titles, i, 0),
                                  .kind = row_str(&titles, i, 10),
                                  .year = (int)row_i64(&titles, i, 3),
                                  .maturity = (int)row_i64(&titles, i, 9)};
        ok = names_take(named, id, a, w) && strs_take(&genres, id, 1, a, &w->genres, &w->n_genres) &&
             strs_take(&langs, id, 1, a, &w->languages, &w->n_languages);
    }
    *ret = list;
    return ok ? 0 : err_set(reterr, ERR_LIMIT, "no room for the names of %zu titles", n);
}

/* ---- People and genres ---- */

static const struct {
    const char *kind;
    int words, walk, cards, titles;
} things[CATALOG_THINGS] = {
    [THING_PERSON] = {"person", THING_PEOPLE_WORDS, THING_PEOPLE_WALK, THING_PEOPLE_CARDS, THING_PEOPLE_TITLES},
    [THING_GENRE] = {"genre", THING_GENRES_WORDS, THING_GENRES_WALK, THING_GENRES_CARDS, THING_GENRES_TITLES}};

int catalog_thing_words(struct tx *tx, enum catalog_thing what, const struct id *ids, size_t n, struct arena *a,
                        struct title_words **ret, size_t *ret_n, struct err *reterr) {
    struct sql_val v[CATALOG_BATCH];
    struct rows r;
    assert(n <= CATALOG_BATCH);
    for (size_t i = 0; i < CATALOG_BATCH; i++)
        v[i] = i < n ? A_CSTR(ids[i].s) : A_NULL;
    int rc = tx_query(tx, &catalog_sql[things[what].words], (struct sql_args){v, CATALOG_BATCH}, a, &r, reterr);
    struct title_words *list = arena_news(a, struct title_words, MAX(n, 1u));
    struct title_name *names = arena_news(a, struct title_name, MAX(r.n, 1u));
    *ret_n = 0;
    if (rc < 0)
        return rc;
    if (!list || !names)
        return err_set(reterr, ERR_LIMIT, "no room for the names of %zu", n);
    for (size_t i = 0; i < r.n; i++) {
        if (!i || !str_eq(row_str(&r, i, 0), row_str(&r, i - 1, 0)))
            list[(*ret_n)++] = (struct title_words){.id = row_id(&r, i, 0), .kind = str_of(things[what].kind), .names = &names[i]};
        names[i] = (struct title_name){'t', row_str(&r, i, 1)};
        list[*ret_n - 1].n_names++;
    }
    *ret = list;
    return 0;
}

static int ids_read(int rc, const struct rows *r, struct id *ids, size_t max) {
    for (size_t i = 0; rc > 0 && i < r->n && i < max; i++)
        ids[i] = row_id(r, i, 0);
    return rc < 0 ? rc : (int)MIN(r->n, max);
}

int catalog_thing_walk(struct tx *tx, enum catalog_thing what, struct id after, struct id ids[], struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r = {0};
    int rc = tx_query(tx, &catalog_sql[things[what].walk], ARGS(A_STR(id_is_set(after) ? id_str(&after) : STR("")), A_I64(CATALOG_WALK)),
                      &a, &r, reterr);
    return ids_read(rc, &r, ids, CATALOG_WALK);
}

int catalog_thing_titles(struct store *st, enum catalog_thing what, struct id id, struct title_id after, struct title_id *ids, size_t max,
                         struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct rows r = {0};
    int rc = store_query(st, &catalog_sql[things[what].titles],
                         ARGS(A_CSTR(id.s), A_STR(id_is_set(after.v) ? id_str(&after.v) : STR("")), A_I64((int64_t)max)), &a, &r, reterr);
    for (size_t i = 0; rc > 0 && i < r.n; i++)
        ids[i].v = row_id(&r, i, 0);
    return rc < 0 ? rc : (int)r.n;
}

int catalog_thing_cards(struct store *st, enum catalog_thing what, const struct id *ids, size_t n, struct str langs, int maturity,
                        const struct catalog_here *here, struct arena *a, struct thing_card **ret, size_t *ret_n,
                        struct err *reterr) {
    struct sql_val v[CATALOG_BATCH + 4];
    struct rows r = {0};
    bool closed = here && here->closed;
    assert(n <= CATALOG_BATCH);
    for (size_t i = 0; i < CATALOG_BATCH; i++)
        v[i] = i < n ? A_CSTR(ids[i].s) : A_NULL;
    v[CATALOG_BATCH] = A_I64(maturity);
    v[CATALOG_BATCH + 1] = A_STR(here && here->limited ? here->country : STR(""));
    v[CATALOG_BATCH + 2] = A_I64(closed ? -1 : 0); /* the scope that every country sees */
    v[CATALOG_BATCH + 3] = A_I64(here ? 0 : 1);
    int rc = n ? store_query(st, &catalog_sql[things[what].cards], (struct sql_args){v, CATALOG_BATCH + 4}, a, &r, reterr) : 0;
    struct thing_card *list = arena_news(a, struct thing_card, MAX(n, 1u));
    *ret_n = 0;
    if (rc < 0)
        return rc;
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for %zu names", n);
    for (size_t i = 0; i < n; i++) {
        size_t from, to = rows_of(&r, id_str(&ids[i]), &from);
        if (from == to)
            continue;
        struct str own = row_str(&r, from, 4); /* a person's name in no language; a genre has none */
        size_t best = row_best(&r, from, to, 2, langs, STR("en"), !own.n);
        list[(*ret_n)++] = (struct thing_card){ids[i], row_str(&r, from, 1), best == SIZE_MAX || !row_str(&r, best, 3).n ? own : row_str(&r, best, 3)};
    }
    *ret = list;
    return 0;
}

int catalog_walk(struct tx *tx, struct title_id after, struct title_id ids[CATALOG_WALK], struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[TITLE_WALK],
                      ARGS(A_STR(id_is_set(after.v) ? id_str(&after.v) : STR("")), A_I64(CATALOG_WALK)), &a, &r, reterr);
    for (size_t i = 0; rc > 0 && i < r.n; i++)
        ids[i].v = row_id(&r, i, 0);
    return rc < 0 ? rc : (int)r.n;
}

int catalog_count(struct store *st, int64_t *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = store_row(st, &catalog_sql[TITLE_COUNT], NO_ARGS, &a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = row_i64(&r, 0, 0);
    return 0;
}
