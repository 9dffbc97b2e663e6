/* demo.c - what the demonstration sells: three plans for the whole catalogue, and a tax. */
#include "service/billing/billing_int.h"

static const struct demo_plan {
    const char *slug, *name;
    int64_t level, streams, devices, max_height, downloads;
    bool ads;
    int64_t month, year, trial_days;
} plans[] = {
    /* downloads: the viewer has none yet */
    {"basic", "Basic", 1, 1, 2, 720, 0, true, 599, 5990, 0},
    {"standard", "Standard", 2, 2, 5, 1080, 0, false, 999, 9990, 7},
    {"premium", "Premium", 3, 4, 10, 0, 0, false, 1499, 14990, 7},
};

static int price_add(struct tx *tx, const char *plan, int64_t months, int64_t minor, int64_t trial,
                     int64_t now, struct err *reterr) {
    struct id id = id_new(now);
    return tx_exec(tx, &billing_sql[PRICE_INSERT],
                   ARGS(A_CSTR(id.s), A_CSTR(plan), A_I64(months), A_CSTR("EUR"), A_CSTR(""),
                        A_I64(minor), A_I64(trial), A_I64(now)),
                   reterr);
}

static int plan_add(struct tx *tx, const struct demo_plan *p, int64_t now, struct err *reterr) {
    struct id plan = id_new(now), offer = id_new(now);
    int rc = tx_exec(tx, &billing_sql[PLAN_UPSERT],
                     ARGS(A_CSTR(plan.s), A_CSTR(p->slug), A_CSTR(p->name), A_I64(p->level),
                          A_BOOL(true), A_I64(p->streams), A_I64(p->devices), A_I64(p->max_height),
                          A_I64(p->downloads), A_BOOL(p->ads), A_I64(now)),
                     reterr);
    if (rc >= 0)
        rc = price_add(tx, plan.s, 1, p->month, p->trial_days, now, reterr);
    if (rc >= 0)
        rc = price_add(tx, plan.s, 12, p->year, p->trial_days, now, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &billing_sql[OFFER_INSERT],
                     ARGS(A_CSTR(offer.s), A_CSTR("plan"), A_CSTR("Catalogue"), A_CSTR(plan.s),
                          A_BOOL(true), A_I64(0), A_I64(0), A_BOOL(true), A_I64(0), A_I64(0),
                          A_I64(now), A_CSTR("")),
                     reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &billing_sql[OFFERS_CHANGED], NO_ARGS, reterr);
    return rc;
}

int billing_demo_make(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows there;
    int64_t now = clock_now_ms(e->clock);
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &billing_sql[PLAN_ALL], NO_ARGS, &a, &there, reterr);
    if (rc > 0)
        return 0; /* somebody sells something already */
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(plans); i++)
        rc = plan_add(tx, &plans[i], now, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &billing_sql[TAX_SET],
                     ARGS(A_CSTR("DE"), A_CSTR("VAT"), A_I64(1900), A_BOOL(true), A_I64(now)),
                     reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}
