/* browse.c - where viewers look around: genres, a person's page, collections. */
#include "service/catalog/catalog_int.h"
#include "service/catalog/routes_int.h"
#include "service/json.h"

int genres_get(struct request *rq, struct err *reterr) {
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &catalog_sql[GENRES], ARGS(A_I64(0)), request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200, json_pack("{s:o}", "items", named_json(&r, request_header(rq, "Accept-Language"))));
}

/* A card for each title, with all that the person did there. */
static json_t *credits_json(const struct rows *r, const struct title_card *cards, size_t n, json_t *json) {
    json_t *list = json_array();
    for (size_t c = 0; c < n; c++) {
        json_t *jobs = json_array();
        for (size_t i = 0; i < r->n; i++)
            if (str_eq(row_str(r, i, 0), id_str(&cards[c].id.v)))
                json_array_append_new(jobs, json_pack("{s:o, s:o}", "job", json_of_str(row_str(r, i, 1)), "character",
                                                      json_of_text(row_str(r, i, 2))));
        json_array_append_new(list, json_pack("{s:O, s:o}", "title", json_array_get(json, c), "jobs", jobs));
    }
    return list;
}

static int person_credits(struct request *rq, struct id person, json_t **ret, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct title_id ids[PERSON_TITLES];
    struct title_card *cards;
    struct catalog_here here;
    struct rows r;
    json_t *json = NULL;
    size_t n = 0;
    int rc = store_query(e->store, &catalog_sql[PERSON_CREDITS],
                         ARGS(A_CSTR(person.s), A_I64(may_edit(rq) && !who->kids ? MATURITY_ALL : who->maturity)), request_arena(rq),
                         &r, reterr);
    for (size_t i = 0; rc > 0 && i < r.n && n < PERSON_TITLES; i++) /* those of a title stand together */
        if (!n || !str_eq(id_str(&ids[n - 1].v), row_str(&r, i, 0)))
            ids[n++].v = row_id(&r, i, 0);
    if (rc >= 0)
        rc = catalog_cards(e->store, ids, n, request_header(rq, "Accept-Language"), false, request_arena(rq), &cards, &n, reterr);
    if (rc == 0)
        rc = catalog_here_find(e, request_country(rq), request_arena(rq), &here, reterr);
    if (rc == 0)
        n = catalog_cards_here(cards, n, &here);
    if (rc == 0)
        rc = catalog_cards_json(e, who->profile, cards, n, &json, reterr);
    if (rc)
        return rc;
    *ret = credits_json(&r, cards, n, json);
    json_decref(json);
    return 0;
}

int person_get(struct request *rq, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    struct rows r, names;
    json_t *credits;
    int rc = store_query(st, &catalog_sql[PERSON_BY_SLUG], ARGS(A_STR(request_param(rq, "slug"))), a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.person_not_found", "There is no such person.", "no such person");
    if (rc > 0)
        rc = store_query(st, &catalog_sql[PERSON_NAMES], ARGS(A_STR(row_str(&r, 0, 0))), a, &names, reterr);
    if (rc >= 0)
        rc = person_credits(rq, row_id(&r, 0, 0), &credits, reterr);
    if (rc < 0)
        return rc;
    size_t best = row_best(&names, 0, names.n, 0, request_header(rq, "Accept-Language"), STR(""), false);
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o, s:o, s:o}", "slug", json_of_str(request_param(rq, "slug")), "name",
                                json_of_str(best == SIZE_MAX ? row_str(&r, 0, 1) : row_str(&names, best, 1)), "bio",
                                json_of_str(row_str(&r, 0, 2)), "credits", credits));
}

int collections_get(struct request *rq, struct err *reterr) {
    struct str langs = request_header(rq, "Accept-Language");
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &catalog_sql[COLLECTIONS], NO_ARGS, request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t from = 0, to; from < r.n; from = to) {
        for (to = from; to < r.n && str_eq(row_str(&r, to, 0), row_str(&r, from, 0));)
            to++;
        size_t best = row_best(&r, from, to, 2, langs, STR("en"), true);
        json_array_append_new(list, json_pack("{s:o, s:o, s:o}", "slug", json_of_str(row_str(&r, best, 1)), "name",
                                              json_of_str(row_str(&r, best, 3)), "synopsis", json_of_str(row_str(&r, best, 4))));
    }
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200, json_pack("{s:o}", "items", list));
}

/* "<position>.<id>" of the last one shown. */
static int place_read(struct str cursor, int64_t *ret_position, struct id *ret_id, struct err *reterr) {
    struct str position, id = str_cut(cursor, '.', &position);
    *ret_position = INT64_MIN;
    *ret_id = (struct id){0};
    if (!cursor.n || (str_to_i64(position, ret_position) && id_parse(id, ret_id)))
        return 0;
    return err_refuse(reterr, ERR_INVALID, "catalog.cursor_invalid",
                      "The cursor is not one that a list gave. Start again without it.", "bad cursor");
}

static int collection_titles(struct request *rq, struct str id, json_t **ret, struct str *ret_next, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct title_id ids[CATALOG_BATCH];
    struct title_card *cards;
    struct catalog_here here;
    struct id after;
    struct rows r;
    int64_t position, limit = request_query_int(rq, "limit", 24);
    int rc = place_read(request_query(rq, "cursor"), &position, &after, reterr);
    if (rc == 0)
        rc = store_query(e->store, &catalog_sql[COLLECTION_TITLES],
                         ARGS(A_STR(id), A_I64(may_edit(rq) && !who->kids ? MATURITY_ALL : who->maturity), A_I64(position),
                              A_STR(id_is_set(after) ? id_str(&after) : STR("")), A_I64(limit + 1)),
                         request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    size_t n = MIN(r.n, (size_t)limit);
    for (size_t i = 0; i < n; i++)
        ids[i].v = row_id(&r, i, 1);
    *ret_next = r.n > n ? str_printf(request_arena(rq), "%lld." ID_FMT, (long long)row_i64(&r, n - 1, 0), ID_ARG(ids[n - 1].v))
                        : STR_NULL;
    rc = catalog_cards(e->store, ids, n, request_header(rq, "Accept-Language"), false, request_arena(rq), &cards, &n, reterr);
    if (rc == 0)
        rc = catalog_here_find(e, request_country(rq), request_arena(rq), &here, reterr);
    if (rc == 0)
        n = catalog_cards_here(cards, n, &here);
    return rc ? rc : catalog_cards_json(e, who->profile, cards, n, ret, reterr);
}

int collection_get(struct request *rq, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    struct str next;
    struct rows r, texts;
    json_t *items;
    int rc = store_query(st, &catalog_sql[COLLECTION_BY_SLUG], ARGS(A_STR(request_param(rq, "slug"))), a, &r, reterr);
    if (rc == 0 || (rc > 0 && !row_i64(&r, 0, 1) && !may_edit(rq)))
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.collection_not_found", "There is no such collection.",
                          "no such collection");
    if (rc > 0)
        rc = store_query(st, &catalog_sql[COLLECTION_TEXTS], ARGS(A_STR(row_str(&r, 0, 0))), a, &texts, reterr);
    if (rc >= 0)
        rc = collection_titles(rq, row_str(&r, 0, 0), &items, &next, reterr);
    if (rc < 0)
        return rc;
    size_t best = row_best(&texts, 0, texts.n, 0, request_header(rq, "Accept-Language"), STR("en"), true);
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o, s:o, s:o, s:o}", "slug", json_of_str(request_param(rq, "slug")), "name",
                                best == SIZE_MAX ? json_string("") : json_of_str(row_str(&texts, best, 1)), "synopsis",
                                best == SIZE_MAX ? json_string("") : json_of_str(row_str(&texts, best, 2)), "items", items,
                                "next_cursor", json_of_str(next)));
}
