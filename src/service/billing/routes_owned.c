/* routes_owned.c - what an account rented and bought, with the names of it. */
#include "service/billing/routes_int.h"
#include "service/billing/routes_viewer.h"
#include "service/catalog/catalog.h"

enum { OWNED_TITLES = 20 }; /* that are named; a right to more says their ids */

/* The titles that can be looked at, in the asker's language. */
static int owned_titles(struct request *rq, const struct rows *t, json_t *into, struct err *reterr) {
    struct title_id ids[OWNED_TITLES];
    struct title_card *cards;
    size_t n = MIN(t->n, (size_t)OWNED_TITLES), n_cards;
    for (size_t i = 0; i < n; i++)
        ids[i].v = row_id(t, i, 0);
    int rc = catalog_cards(request_engine(rq)->store, ids, n, request_header(rq, "Accept-Language"), false, request_arena(rq),
                           &cards, &n_cards, reterr);
    for (size_t i = 0; rc >= 0 && i < n_cards; i++)
        json_array_append_new(into, json_pack("{s:o, s:o, s:o}", "id", json_of_id(cards[i].id.v), "slug", json_of_str(cards[i].slug),
                                              "name", json_of_str(cards[i].name)));
    return MIN(rc, 0);
}

static int right_json(struct request *rq, const struct right *r, json_t *into, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct rows t, name;
    json_t *ids = json_array(), *titles = json_array();
    int rc = store_query(st, &billing_sql[RIGHT_TITLES], ARGS(A_ID(r->id)), request_arena(rq), &t, reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[RIGHT_NAME], ARGS(A_ID(r->id)), request_arena(rq), &name, reterr);
    if (rc >= 0)
        rc = owned_titles(rq, &t, titles, reterr);
    if (rc < 0) {
        json_decref(ids);
        json_decref(titles);
        return rc;
    }
    for (size_t i = 0; i < t.n; i++)
        json_array_append_new(ids, json_of_str(row_str(&t, i, 0)));
    json_array_append_new(
        into, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", r->id.v.s, "kind",
                        json_of_str(r->kind), "name", json_of_str(name.n ? row_str(&name, 0, 0) : STR("")), "state",
                        json_of_str(r->state), "bought_at", json_of_time(r->created_ms), "start_by_at",
                        json_of_time(r->start_by_ms), "ends_at", json_of_time(r->ends_ms), "title_ids", ids, "titles", titles));
    return 0;
}

int purchases_get(struct request *rq, struct err *reterr) {
    struct rows r;
    json_t *items = json_array();
    int rc = store_query(request_engine(rq)->store, &billing_sql[RIGHT_BY_ACCOUNT],
                         ARGS(A_ID(request_principal(rq)->account)), request_arena(rq), &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        struct right right;
        right_read(&r, i, &right);
        rc = right_json(rq, &right, items, reterr);
    }
    if (rc < 0) {
        json_decref(items);
        return rc;
    }
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}
