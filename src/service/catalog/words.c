/* words.c - what titles are found by, for whoever keeps an index of them. */
#include "service/catalog/catalog_int.h"

/* Rows of one title stand together, in the order of the ids. */
static size_t rows_of(const struct rows *r, struct str id, size_t *ret_from) {
    size_t from = 0, to;
    while (from < r->n && !str_eq(row_str(r, from, 0), id))
        from++;
    for (to = from; to < r->n && str_eq(row_str(r, to, 0), id);)
        to++;
    *ret_from = from;
    return to;
}

static bool strs_take(const struct rows *r, struct str id, size_t col, struct arena *a, struct str **ret, size_t *ret_n) {
    size_t from, to = rows_of(r, id, &from);
    struct str *v = arena_news(a, struct str, MAX(to - from, 1u));
    for (size_t i = from; v && i < to; i++)
        v[i - from] = row_str(r, i, col);
    *ret = v;
    *ret_n = to - from;
    return v;
}

static bool names_take(const struct rows *texts, struct str id, struct arena *a, struct title_words *w) {
    size_t from, to = rows_of(texts, id, &from);
    w->names = arena_news(a, struct title_name, MAX(to - from, 1u));
    for (size_t i = from; w->names && i < to; i++)
        w->names[w->n_names++] = (struct title_name){'t', row_str(texts, i, 2)};
    return w->names;
}

int catalog_words(struct tx *tx, const struct title_id *ids, size_t n, struct arena *a, struct title_words **ret,
                  size_t *ret_n, struct err *reterr) {
    struct sql_val v[CATALOG_BATCH];
    struct sql_args args = {v, CATALOG_BATCH};
    struct rows titles, texts, langs;
    assert(n <= CATALOG_BATCH);
    for (size_t i = 0; i < CATALOG_BATCH; i++)
        v[i] = i < n ? A_ID(ids[i]) : A_NULL;
    int rc = tx_query(tx, &catalog_sql[TITLE_CARDS], args, a, &titles, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[TEXT_BATCH], args, a, &texts, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[LANG_BATCH], args, a, &langs, reterr);
    if (rc < 0)
        return rc;
    struct title_words *list = arena_news(a, struct title_words, MAX(titles.n, 1u));
    bool ok = list;
    *ret_n = 0;
    for (size_t i = 0; ok && i < titles.n; i++) {
        if (!row_i64(&titles, i, 4))
            continue;
        struct title_words *w = &list[(*ret_n)++];
        *w = (struct title_words){.id = {row_id(&titles, i, 0)},
                                  .kind = STR("film"),
                                  .year = (int)row_i64(&titles, i, 3),
                                  .maturity = (int)row_i64(&titles, i, 9)};
        ok = names_take(&texts, row_str(&titles, i, 0), a, w) &&
             strs_take(&langs, row_str(&titles, i, 0), 1, a, &w->languages, &w->n_languages);
    }
    *ret = list;
    return ok ? 0 : err_set(reterr, ERR_LIMIT, "no room for the names of %zu titles", n);
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
