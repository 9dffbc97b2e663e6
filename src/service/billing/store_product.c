/* store_product.c - which plan a product of an app store is: told by an operator, plan by plan. */
#include "service/billing/store_product.h"
#include "service/billing/store_routes.h"
#include "service/json.h"

const struct sql store_sql[] = {STORE_SQL(SQL_ROW) SQL_END};

int store_product_plan(struct work *w, const char *store, const char *product, struct plan_id *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_query(w->tx, &store_sql[STORE_PRODUCT_PLAN], ARGS(A_CSTR(store), A_CSTR(product)), w->a, &r, reterr);
    if (rc == 0)
        rc = tx_query(w->tx, &billing_sql[PLAN_BY_SLUG], ARGS(A_CSTR(product)), w->a, &r, reterr);
    if (rc > 0)
        ret->v = row_id(&r, 0, 0);
    return rc;
}

static int plan_of(struct request *rq, struct tx *tx, struct id *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &billing_sql[PLAN_BY_SLUG], ARGS(A_STR(request_param(rq, "slug"))), request_arena(rq), &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "billing.plan_not_found", "There is no such plan.", "no such plan");
    if (rc > 0)
        *ret = row_id(&r, 0, 0);
    return rc < 0 ? rc : 0;
}

static int reply_products(struct request *rq, struct tx *tx, struct id plan, struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &store_sql[STORE_PRODUCTS_OF], ARGS(A_CSTR(plan.s)), request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n; i++)
        json_array_append_new(items, json_pack("{s:o, s:o}", "store", json_of_str(row_str(&r, i, 0)), "product",
                                               json_of_str(row_str(&r, i, 1))));
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

int store_products_get(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct id plan;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0)
        rc = plan_of(rq, tx, &plan, reterr);
    return rc ? rc : reply_products(rq, tx, plan, reterr);
}

/* All of the plan's. A product that another plan has stays there, and that is said. */
int store_products_put(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    const struct engine *e = request_engine(rq);
    const json_t *item;
    struct id plan;
    size_t i;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = plan_of(rq, tx, &plan, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &store_sql[STORE_PRODUCTS_CLEAR], ARGS(A_CSTR(plan.s)), reterr);
    json_array_foreach(json_object_get(request_json(rq), "items"), i, item) {
        if (rc >= 0)
            rc = tx_exec(tx, &store_sql[STORE_PRODUCT_PUT],
                         ARGS(A_STR(json_get_str(item, "store")), A_STR(json_get_str(item, "product")), A_CSTR(plan.s),
                              A_I64(clock_now_ms(e->clock))), reterr);
        if (rc == 0)
            rc = err_refuse(reterr, ERR_CONFLICT, "billing.product_taken",
                            "A product stands twice, or belongs to another plan: take it from there first.",
                            "a product of a store has a plan");
    }
    if (rc >= 0)
        rc = reply_products(rq, tx, plan, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}
