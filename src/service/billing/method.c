/* method.c - how an account pays: a gateway's token, kept to charge again. */
#include "service/billing/subscription.h"

int pay_with_setup(const struct engine *e, struct account_id account, const struct pay_with *pay,
                   const struct gateway **ret_g, struct gateway_method *ret, struct err *reterr) {
    *ret_g = NULL;
    if (!pay->token.n)
        return 0;
    int rc = gateway_find(e, pay->gateway, ret_g, reterr);
    if (rc == 0 && (*ret_g)->owned_by_store)
        rc = err_refuse(reterr, ERR_INVALID, "billing.gateway_unknown",
                        "A store's purchases are paid in the store.", "the gateway charges nothing");
    return rc ? rc : (*ret_g)->method_setup(e, account, pay->token, ret, reterr);
}

int method_put(struct work *w, const struct gateway *g, const struct gateway_method *m,
               struct err *reterr) {
    struct method_id id = {id_new(w->now_ms)};
    if (!g)
        return 0;
    int rc = tx_exec(w->tx, &billing_sql[METHOD_INSERT],
                     ARGS(A_ID(id), A_ID(w->account), A_CSTR(g->name), A_CSTR(m->token),
                          A_CSTR(m->label), A_I64(w->now_ms)),
                     reterr);
    if (rc >= 0)
        rc = tx_exec(w->tx, &billing_sql[B_ACCOUNT_METHOD], ARGS(A_ID(w->account), A_ID(id)),
                     reterr);
    return rc < 0 ? rc : 0;
}

int method_adopt(struct work *w, const struct gateway *g, const struct gateway_method *m,
                 struct err *reterr) {
    struct sub s;
    int rc = method_put(w, g, m, reterr);
    if (rc == 0)
        rc = sub_live(w->tx, w->account, w->a, &s, reterr);
    if (rc > 0 && s.state == SUB_PAST_DUE && !s.store_ref.n) {
        s.next_ms = w->now_ms; /* what is owed is asked for again within the minute */
        rc = sub_save(w->tx, &s, reterr);
    }
    return rc < 0 ? rc : 0;
}

int billing_method_set(const struct engine *e, struct account_id account,
                       const struct pay_with *pay, struct arena *a, struct err *reterr) {
    scoped(work_done) struct work w = {0};
    const struct gateway *g;
    struct gateway_method m = {0};
    int rc = pay_with_setup(e, account, pay, &g, &m, reterr);
    if (rc == 0)
        rc = work_begin(e, account, a, &w, reterr);
    if (rc == 0)
        rc = method_adopt(&w, g, &m, reterr);
    return rc ? rc : work_commit(&w, reterr);
}
