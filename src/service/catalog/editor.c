/* editor.c - what editors do with titles over HTTP: the table, one title whole, its lists, made and dropped. */
#include "engine/audit/audit.h"
#include "service/catalog/apply.h"
#include "service/catalog/routes_int.h"
#include "service/catalog/things.h"
#include "service/json.h"

static struct title_id id_of(struct request *rq) {
    struct title_id id = {0};
    id_parse(request_param(rq, "id"), &id.v);
    return id;
}

static int reply_whole(struct request *rq, struct title_id id, int status, struct err *reterr) {
    json_t *o;
    int rc = catalog_title_whole(request_engine(rq)->store, id, request_arena(rq), &o, reterr);
    return rc ? rc : reply_json(rq, status, o);
}

int editor_title_get(struct request *rq, struct err *reterr) { return reply_whole(rq, id_of(rq), 200, reterr); }

/* What the record says it was before: what the change names. */
static void before_note(const json_t *whole, const json_t *change) {
    json_t *before = json_object(), *v, *was;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)change, name, v)
        if ((was = json_object_get(whole, name)) && !json_equal(was, v))
            json_object_set(before, name, was);
    audit_note("before", before);
}

static int change_and_reply(struct request *rq, struct title_id id, const json_t *change, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct arena *a = request_arena(rq);
    json_t *was = NULL;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = title_whole(tx, id, a, &was, reterr);
    if (rc == 0)
        before_note(was, change);
    json_decref(was);
    if (rc == 0)
        rc = title_apply(tx, id, change, a, reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_whole(rq, id, 200, reterr);
}

int editor_title_patch(struct request *rq, struct err *reterr) {
    return change_and_reply(rq, id_of(rq), request_json(rq), reterr);
}

int editor_title_post(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct title_id id;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = title_make(tx, request_json(rq), request_arena(rq), &id, reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_whole(rq, id, 201, reterr);
}

int editor_title_delete(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = title_drop(tx, id_of(rq), reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

/* The last word of the path, as EditorTitleChange has it. */
static int list_put(struct request *rq, const char *name, struct err *reterr) {
    const json_t *body = request_json(rq), *revision = json_object_get(body, "revision");
    json_t *change = json_pack("{s:O}", name, json_object_get(body, "items"));
    if (change && revision)
        json_object_set(change, "revision", (json_t *)(uintptr_t)revision);
    int rc = change ? change_and_reply(rq, id_of(rq), change, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for a change");
    json_decref(change);
    return rc;
}
#define LIST_PUT(list)                                                                             \
    int editor_##list##_put(struct request *rq, struct err *reterr) { return list_put(rq, #list, reterr); }
LIST_PUT(genres) LIST_PUT(people) LIST_PUT(tags) LIST_PUT(studios) LIST_PUT(ratings) LIST_PUT(markers) LIST_PUT(external_ids)
LIST_PUT(custom) LIST_PUT(aliases)

#define THING(name)                                                                                \
    int editor_##name##_list(struct request *rq, struct err *reterr) { return thing_list(rq, &thing_##name, reterr); }      \
    int editor_##name##_get(struct request *rq, struct err *reterr) { return thing_get(rq, &thing_##name, reterr); }        \
    int editor_##name##_post(struct request *rq, struct err *reterr) { return thing_post(rq, &thing_##name, reterr); }      \
    int editor_##name##_put(struct request *rq, struct err *reterr) { return thing_put(rq, &thing_##name, reterr); }        \
    int editor_##name##_delete(struct request *rq, struct err *reterr) { return thing_delete(rq, &thing_##name, reterr); }  \
    int editor_##name##_titles(struct request *rq, struct err *reterr) { return thing_titles(rq, &thing_##name, reterr); }
THING(genre) THING(person) THING(studio) THING(collection) THING(field)
#define ORDER(name)                                                                                \
    int editor_##name##_order(struct request *rq, struct err *reterr) { return thing_order(rq, &thing_##name, reterr); }
ORDER(genre) ORDER(collection) ORDER(field)

int rating_systems_get(struct request *rq, struct err *reterr) {
    json_t *items = json_array();
    for (const struct rating_system *s = rating_systems; s->name; s++) {
        json_t *labels = json_array();
        for (size_t i = 0; i < RATING_LABELS && s->labels[i].label; i++)
            json_array_append_new(labels, json_pack("{s:s, s:i}", "label", s->labels[i].label, "age", s->labels[i].age));
        json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:o}", "system", s->name, "country", s->country, "name", s->doc,
                                               "labels", labels));
    }
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

/* ---- The table ---- */

static int rows_read(struct request *rq, struct tx *tx, enum title_sort sort, int64_t limit, struct rows *ret, struct err *reterr) {
    static const int statements[SORTS] = {
        [SORT_NEW] = EDIT_NEW, [SORT_NAME] = EDIT_NAME, [SORT_YEAR] = EDIT_YEAR, [SORT_UPDATED] = EDIT_UPDATED};
    struct arena *a = request_arena(rq);
    struct str state = request_query(rq, "state"), q = request_query(rq, "q"), genre = request_query(rq, "genre");
    struct str like = q.n ? like_pattern(q, a) : STR("%");
    struct list_place from;
    struct rows g;
    int rc = list_place_read(request_query(rq, "cursor"), sort, a, &from, reterr);
    if (rc == 0 && genre.n) {
        rc = tx_query(tx, &catalog_sql[GENRE_BY_SLUG], ARGS(A_STR(genre)), a, &g, reterr);
        if (rc == 0)
            return err_refuse(reterr, ERR_NOT_FOUND, "catalog.genre_not_found", "There is no such genre.", "no such genre");
        genre = rc > 0 ? row_str(&g, 0, 0) : genre;
    }
#define TEXT(x) A_STR((x).p ? (x) : STR(""))
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[statements[sort]],
                      ARGS(TEXT(request_query(rq, "kind")), A_I64(!state.n ? -1 : str_eq(state, STR("published"))),
                           A_STR(like.p ? like : STR("%")), TEXT(genre), TEXT(request_query(rq, "parent")),
                           TEXT(request_query(rq, "missing")), TEXT(request_query(rq, "lang")), A_I64(limit + 1),
                           sort == SORT_NAME ? A_STR(from.text) : A_I64(from.number),
                           A_STR(from.id.s[0] ? id_str(&from.id) : STR(""))),
                      a, ret, reterr);
#undef TEXT
    return MIN(rc, 0);
}

/* What the table shows beside the card. */
static json_t *row_json(const struct title_card *c, const struct rows *extra, const struct rows *texts, bool closed) {
    struct str id = id_str(&c->id.v);
    size_t from, to = rows_of(texts, id, &from), at;
    json_t *o = catalog_card_json(c, NULL), *langs = json_array(), *missing = json_array();
    bool described = false, pictured = false;
    for (size_t i = from; i < to; i++) {
        json_array_append_new(langs, json_of_str(row_str(texts, i, 1)));
        described |= row_str(texts, i, 3).n > 0;
    }
    for (size_t i = 0; i < c->n_art; i++)
        pictured |= c->art[i].kind == ART_POSTER;
    if (!pictured)
        json_array_append_new(missing, json_string("artwork"));
    if (!described)
        json_array_append_new(missing, json_string("text"));
    if (!id_is_set(c->asset.v) && c->kind != TITLE_SERIES && c->kind != TITLE_SEASON)
        json_array_append_new(missing, json_string("video"));
    rows_of(extra, id, &at);
    if (closed && row_i64(extra, at, 4)) /* where the house is open, nothing said is everywhere */
        json_array_append_new(missing, json_string("rights"));
    json_object_del(o, "progress");
    json_object_set_new(o, "parent_id", json_of_id(c->parent.v));
    json_object_set_new(o, "number", json_integer(c->number));
    json_object_set_new(o, "published", json_boolean(c->published));
    json_object_set_new(o, "shown", json_boolean(c->shown));
    json_object_set_new(o, "created_at", json_of_time(row_i64(extra, at, 1)));
    json_object_set_new(o, "updated_at", json_of_time(row_i64(extra, at, 2)));
    json_object_set_new(o, "revision", json_integer(row_i64(extra, at, 3)));
    json_object_set_new(o, "text_langs", langs);
    json_object_set_new(o, "missing", missing);
    return o;
}

static int table_json(struct request *rq, struct tx *tx, const struct rows *r, size_t n, json_t **ret, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct title_id ids[CATALOG_BATCH];
    struct sql_val v[CATALOG_BATCH];
    struct title_card *cards;
    struct rows extra, texts;
    size_t n_cards;
    for (size_t i = 0; i < CATALOG_BATCH; i++) {
        if (i < n)
            ids[i].v = row_id(r, i, 0);
        v[i] = i < n ? A_ID(ids[i]) : A_NULL;
    }
    struct sql_args args = {v, CATALOG_BATCH};
    int rc = cards_tx(tx, ids, n, request_header(rq, "Accept-Language"), true, a, &cards, &n_cards, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[EDIT_ROWS], args, a, &extra, reterr);
    if (rc >= 0)
        rc = tx_query(tx, &catalog_sql[TEXT_BATCH], ARGS(A_STR(ids_json(ids, n, a))), a, &texts, reterr);
    if (rc < 0)
        return rc;
    const struct config *config = request_engine(rq)->config;
    bool closed = config && str_eq(str_of(config_str(config, "rights-default")), STR("closed"));
    *ret = json_array();
    for (size_t i = 0; i < n_cards; i++)
        json_array_append_new(*ret, row_json(&cards[i], &extra, &texts, closed));
    return 0;
}

int editor_titles_get(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct str order = request_query(rq, "sort");
    enum title_sort sort = str_eq(order, STR("name"))      ? SORT_NAME
                           : str_eq(order, STR("year"))    ? SORT_YEAR
                           : str_eq(order, STR("updated")) ? SORT_UPDATED
                                                           : SORT_NEW;
    int64_t limit = request_query_int(rq, "limit", 24);
    json_t *items;
    struct rows r;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0)
        rc = rows_read(rq, tx, sort, limit, &r, reterr);
    if (rc < 0)
        return rc;
    size_t n = MIN(r.n, (size_t)limit);
    struct str next = r.n > n ? list_cursor(sort, &r, n - 1, request_arena(rq)) : STR_NULL;
    rc = table_json(rq, tx, &r, n, &items, reterr);
    if (rc)
        return rc;
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", json_of_str(next)));
}
