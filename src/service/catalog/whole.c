/* whole.c - a title with everything that an editor may change, in all languages. What title_apply takes, this gives. */
#include "service/catalog/apply.h"
#include "service/json.h"

enum { W_SELF, W_TEXTS, W_GENRES, W_PEOPLE, W_TAGS, W_STUDIOS, W_COLLECTIONS, W_RATINGS, W_MARKERS, W_EXTERNALS, W_CUSTOM, W_VERSIONS, W_ALIASES, W_N };
static const int statements[W_N] = {
    [W_SELF] = TITLE_GET,         [W_TEXTS] = TEXT_BY_TITLE,       [W_GENRES] = WHOLE_GENRES,       [W_PEOPLE] = WHOLE_PEOPLE,
    [W_TAGS] = OF_TAGS,           [W_STUDIOS] = OF_STUDIOS,        [W_COLLECTIONS] = WHOLE_COLLECTIONS,
    [W_RATINGS] = OF_RATINGS,     [W_MARKERS] = OF_MARKERS,        [W_EXTERNALS] = WHOLE_EXTERNALS, [W_CUSTOM] = WHOLE_CUSTOM,
    [W_VERSIONS] = OF_VERSIONS,   [W_ALIASES] = WHOLE_ALIASES,
};

/* Rows as objects: a name a column; "" leaves the column out. */
static json_t *objects(const struct rows *r, const char *const *names, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        json_t *o = json_object();
        for (size_t c = 0; c < n; c++)
            if (names[c][0])
                json_object_set_new(o, names[c], json_of_str(row_str(r, i, c)));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *column(const struct rows *r, size_t col) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_of_str(row_str(r, i, col)));
    return list;
}

static json_t *versions(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:b}", "id", json_of_id(row_id(r, i, 0)), "kind",
                                              json_of_str(row_str(r, i, 1)), "label", json_of_text(row_str(r, i, 2)), "lang",
                                              json_of_text(row_str(r, i, 3)), "playable", !row_null(r, i, 4)));
    return list;
}

static json_t *scalars(struct title_id id, const struct rows *r) {
    json_t *o = json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:o, s:o}", "id", json_of_id(id.v), "slug", json_of_str(row_str(r, 0, 0)), "kind",
                          json_of_str(row_str(r, 0, 1)), "parent_id", json_of_id(row_id(r, 0, 2)), "number",
                          (json_int_t)row_i64(r, 0, 3), "lang", json_of_str(row_str(r, 0, 4)), "original_lang",
                          json_of_text(row_str(r, 0, 5)), "released_on", json_of_text(row_str(r, 0, 6)));
    json_object_set_new(o, "year", row_i64(r, 0, 7) ? json_integer(row_i64(r, 0, 7)) : json_null());
    /* By hand, or of the labels: null, so that what was read may be sent back. */
    json_object_set_new(o, "maturity", row_i64(r, 0, 9) ? json_integer(row_i64(r, 0, 8)) : json_null());
    json_object_set_new(o, "age", json_integer(row_i64(r, 0, 8)));
    json_object_set_new(o, "published", json_boolean(row_i64(r, 0, 10)));
    json_object_set_new(o, "shown", json_boolean(row_i64(r, 0, 11) > 0));
    json_object_set_new(o, "published_at", json_of_time(row_i64(r, 0, 12)));
    json_object_set_new(o, "created_at", json_of_time(row_i64(r, 0, 13)));
    json_object_set_new(o, "updated_at", json_of_time(row_i64(r, 0, 14)));
    json_object_set_new(o, "revision", json_integer(row_i64(r, 0, 15)));
    return o;
}

int title_whole(struct tx *tx, struct title_id id, struct arena *a, json_t **ret, struct err *reterr) {
    static const char *const texts[] = {"lang", "name", "synopsis", "tagline", "sort_name"};
    static const char *const people[] = {"", "person", "name", "job", "character"};
    static const char *const externals[] = {"scheme", "value"}, *const custom[] = {"name", "value"};
    struct rows r[W_N];
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < W_N; i++)
        rc = tx_query(tx, &catalog_sql[statements[i]], ARGS(A_ID(id)), a, &r[i], reterr);
    if (rc < 0)
        return rc;
    if (!r[W_SELF].n)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found", "There is no such title.", "no title " ID_FMT,
                          ID_ARG(id.v));
    json_t *o = scalars(id, &r[W_SELF]);
    json_object_set_new(o, "texts", objects(&r[W_TEXTS], texts, ARRAY_LEN(texts)));
    json_object_set_new(o, "genres", column(&r[W_GENRES], 1));
    json_object_set_new(o, "people", objects(&r[W_PEOPLE], people, ARRAY_LEN(people)));
    json_object_set_new(o, "tags", column(&r[W_TAGS], 0));
    json_object_set_new(o, "aliases", column(&r[W_ALIASES], 0));
    json_object_set_new(o, "studios", column(&r[W_STUDIOS], 1));
    json_object_set_new(o, "collections", column(&r[W_COLLECTIONS], 1));
    json_object_set_new(o, "ratings", ratings_json(&r[W_RATINGS]));
    json_object_set_new(o, "markers", markers_json(&r[W_MARKERS]));
    json_object_set_new(o, "external_ids", objects(&r[W_EXTERNALS], externals, ARRAY_LEN(externals)));
    json_object_set_new(o, "custom", objects(&r[W_CUSTOM], custom, ARRAY_LEN(custom)));
    json_object_set_new(o, "versions", versions(&r[W_VERSIONS]));
    *ret = o;
    return 0;
}

int catalog_title_whole(struct store *st, struct title_id id, struct arena *a, json_t **ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_MAIN, TX_READ, &tx, reterr);
    return rc ? rc : title_whole(tx, id, a, ret, reterr);
}
