/*
 * setup.c - a payment method that its owner sets up on the gateway's own page. The setup is written
 * down before the gateway is asked. Its end is always read from the gateway, never taken from an
 * address or a webhook's body, and happens once: who comes second (the webhook after the visitor, or
 * the other way round) finds it settled.
 */
#include "service/billing/billing_int.h"
#include "service/billing/gateway_sql.h"

struct str return_url(const struct engine *e, const char *what, struct id id, char buffer[400]) {
    snprintf(buffer, 400, "%s/billing/return?%s=%s", e->public_url ? e->public_url : "", what, id.s);
    return str_of(buffer);
}

int setup_begin(const struct engine *e, struct account_id account, const struct gateway *g,
                struct str next, struct arena *a, struct setup_id *ret, struct str *ret_url,
                struct err *reterr) {
    int64_t now = clock_now_ms(e->clock);
    struct setup_id id = {id_new(now)};
    struct gateway_setup *s = arena_new(a, struct gateway_setup);
    char back[400];
    if (!s)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a setup");
    struct str url = return_url(e, "setup", id.v, back);
    struct gateway_setup_ask ask = {
        .key = id_str(&id.v), .account = account, .return_url = url, .cancel_url = url};
    int rc = store_exec(e->store, &gateway_sql[SETUP_INSERT],
                        ARGS(A_ID(id), A_ID(account), A_CSTR(g->name), A_STR(next), A_I64(now)),
                        reterr);
    if (rc >= 0)
        rc = g->setup_begin(e, &ask, s, reterr);
    if (rc >= 0)
        rc = store_exec(e->store, &gateway_sql[SETUP_REF], ARGS(A_ID(id), A_CSTR(s->ref)), reterr);
    if (rc < 0)
        return rc;
    *ret = id;
    *ret_url = str_of(s->url);
    return 0;
}

int setup_of_account(const struct engine *e, struct account_id account, struct setup_id id,
                     struct arena *a, struct setup *ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &gateway_sql[SETUP_GET], ARGS(A_ID(id)), a, &r, reterr);
    if (rc < 0)
        return rc;
    if (rc > 0)
        *ret = (struct setup){.id = id,
                              .account = {row_id(&r, 0, 1)},
                              .gateway = row_str(&r, 0, 2),
                              .ref = row_str(&r, 0, 3),
                              .state = row_str(&r, 0, 4),
                              .next = row_str(&r, 0, 5)};
    if (rc == 0 ||
        (id_is_set(account.v) && !str_eq(id_str(&ret->account.v), id_str(&account.v))))
        return err_refuse(reterr, ERR_NOT_FOUND, "billing.setup_not_found",
                          "This is not known here any more. Add the payment method again.",
                          "no such setup of this account");
    return 0;
}

static int setup_end(const struct engine *e, const struct setup *s, const struct gateway *g,
                     const struct gateway_setup *now, struct arena *a, struct err *reterr) {
    scoped(work_done) struct work w = {0};
    bool ok = now->state == SETUP_SUCCEEDED;
    int rc = work_begin(e, s->account, a, &w, reterr);
    if (rc == 0)
        rc = tx_exec(w.tx, &gateway_sql[SETUP_END],
                     ARGS(A_ID(s->id), A_CSTR(ok ? "succeeded" : "failed"), A_I64(w.now_ms)),
                     reterr);
    if (rc <= 0)
        return rc; /* somebody else was first, or it was erased */
    rc = ok ? method_adopt(&w, g, &now->method, reterr) : 0;
    return rc ? rc : work_commit(&w, reterr);
}

int setup_sync(const struct engine *e, struct setup *s, struct arena *a, struct err *reterr) {
    const struct gateway *g;
    struct gateway_setup *now = arena_new(a, struct gateway_setup);
    if (!now)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a setup");
    if (!str_eq(s->state, STR("open")) || !s->ref.n)
        return 0;
    int rc = gateway_find(e, s->gateway, &g, reterr);
    if (rc == 0)
        rc = g->setup_read(e, s->account, s->ref, now, reterr);
    if (rc || now->state == SETUP_OPEN)
        return rc;
    rc = setup_end(e, s, g, now, a, reterr);
    if (rc == 0)
        rc = setup_of_account(e, (struct account_id){0}, s->id, a, s, reterr);
    return rc;
}

int setups_purge(const struct engine *e, struct err *reterr) {
    int rc = store_exec(e->store, &gateway_sql[SETUPS_PURGE],
                        ARGS(A_I64(clock_now_ms(e->clock) - 30 * BILLING_DAY_MS)), reterr);
    return rc < 0 ? rc : 0;
}
