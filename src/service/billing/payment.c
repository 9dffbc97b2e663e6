/*
 * payment.c - the two phases of a charge. First the payment is written down, with the invoice it is
 * for (payment_make); then, outside of any transaction, the gateway is asked, the payment's id being
 * the idempotency key; then the outcome is settled, once, under the account's lock. Whoever comes
 * later (a retry, a webhook, the payer's return, the clock after a crash) repeats the last two and
 * finds the same charge and a payment that is settled already.
 */
#include "service/billing/billing_int.h"
#include "base/log.h"
#include "service/json.h"

struct metric billing_metrics[] = {
    [M_PAID] = {"matinee_payments_succeeded_total", METRIC_COUNTER, "Payments that succeeded"},
    [M_DECLINED] = {"matinee_payments_failed_total", METRIC_COUNTER, "Payments that failed"},
    [M_REFUNDED] = {"matinee_refunds_total", METRIC_COUNTER, "Refunds that succeeded"},
    [M_UNKNOWN] = {"matinee_payments_unknown_total", METRIC_COUNTER,
                   "Answers of gateways that did not come; asked for again"},
    {.name = NULL},
};

int payment_make(struct work *w, const struct invoice *inv, const struct method *m,
                 bool off_session, struct payment_id *ret, struct err *reterr) {
    struct payment_id id = *ret;
    if (w->quote)
        return 0;
    if (w->expects && inv->due != w->expected)
        return err_refuse(reterr, ERR_CONFLICT, "billing.amount_changed",
                          "The amount has changed. Look at it again, then confirm.",
                          "another amount is due than was shown");
    if (!id_is_set(id.v))
        id.v = id_new(w->now_ms);
    int rc = tx_exec(w->tx, &billing_sql[PAYMENT_INSERT],
                     ARGS(A_ID(id), A_ID(w->account), A_ID(inv->id), A_REF(m->id),
                          A_STR(m->gateway.p ? m->gateway : STR("")),
                          A_STR(m->token.p ? m->token : STR("")), A_CSTR(inv->currency.s),
                          A_I64(inv->due), A_BOOL(off_session),
                          A_I64(w->now_ms + PAYMENT_RETRY_MS), A_I64(w->now_ms)),
                     reterr);
    if (rc == ERR_CONFLICT)
        return err_refuse(reterr, ERR_CONFLICT, "billing.payment_in_progress",
                          "A payment is on its way. Try again in a minute.",
                          "the invoice has an open payment");
    if (rc < 0)
        return rc;
    *ret = id;
    return 0;
}

static int payment_save(struct work *w, const struct payment *p, const char *state,
                        const struct gateway_result *r, int64_t next_ms, int64_t settled_ms,
                        struct err *reterr) {
    int rc = tx_exec(w->tx, &billing_sql[PAYMENT_SAVE],
                     ARGS(A_ID(p->id), A_CSTR(state), A_CSTR(r->code), A_CSTR(r->action_url),
                          A_CSTR(r->ref), A_I64(next_ms), A_I64(settled_ms)),
                     reterr);
    return rc < 0 ? rc : 0;
}

/* Told in the transaction of the change, with ids and the amount alone. code: why it failed; NULL: it succeeded. */
static int payment_tell(struct work *w, const struct payment *p, const char *code, struct err *reterr) {
    if (p->amount.minor == 0)
        return 0; /* no money came, and none failed to */
    json_t *body = json_pack("{s:s, s:s, s:s, s:o}", "payment_id", p->id.v.s, "invoice_id", p->invoice.v.s, "account_id", w->account.v.s,
                             "amount", money_json(p->amount));
    if (code)
        json_object_set_new(body, "code", json_of_str(str_of(code)));
    return billing_tell(w, code ? "payment.failed" : "payment.succeeded", p->id.v, body, reterr);
}

int payment_make_free(struct work *w, struct invoice *inv, struct payment_id id, struct err *reterr) {
    struct gateway_result none = {0};
    struct method m = {0};
    struct payment p;
    assert(inv->due == 0);
    int rc = payment_make(w, inv, &m, false, &id, reterr);
    if (rc == 0)
        rc = payment_load(w->tx, id, w->a, &p, reterr);
    if (rc == 0)
        rc = payment_save(w, &p, "succeeded", &none, 0, w->now_ms, reterr);
    return rc ? rc : settle_success(w, &p, inv, reterr);
}

static int payment_get(const struct engine *e, struct payment_id id, struct arena *a,
                       struct payment *ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(e->store, STORE_MAIN, TX_READ, &tx, reterr);
    return rc < 0 ? rc : payment_load(tx, id, a, ret, reterr);
}

static void declined(struct gateway_result *r, const char *code) {
    r->outcome = GATEWAY_DECLINED;
    snprintf(r->code, sizeof r->code, "%s", code);
}

/* Whoever is not there cannot answer a bank: such a charge is given up and counts as declined. */
static void action_refuse(const struct engine *e, const struct gateway *g, const struct payment *p,
                          struct gateway_result *r) {
    struct gateway_result last = {0};
    if (g->cancel(e, id_str(&p->id.v), &last, NULL) < 0)
        last.outcome = GATEWAY_UNKNOWN;
    if (last.outcome == GATEWAY_DECLINED)
        declined(&last, "authentication_required");
    *r = last;
}

static void payment_charge(const struct engine *e, const struct payment *p,
                           struct gateway_result *r) {
    const struct gateway *g = NULL;
    struct err why = {0};
    char back[400];
    struct gateway_charge c = {.key = id_str(&p->id.v),
                               .token = p->token,
                               .amount = p->amount,
                               .off_session = p->off_session};
    if (!p->off_session)
        c.return_url = return_url(e, "payment", p->id.v, back);
    *r = (struct gateway_result){.outcome = GATEWAY_UNKNOWN};
    if (p->amount.minor == 0) {
        r->outcome = GATEWAY_SUCCEEDED;
    } else if (!p->token.n) {
        declined(r, "no_payment_method");
    } else if (gateway_find(e, p->gateway, &g, &why) < 0 || g->owned_by_store) {
        declined(r, "gateway_not_in_force");
    } else if (g->charge(e, &c, r, &why) < 0) {
        log_event(LOG_WARN, "billing.gateway", LS("gateway", g->name), LS("error", why.msg));
        r->outcome = GATEWAY_UNKNOWN;
    } else if (r->outcome == GATEWAY_ACTION && p->off_session) {
        action_refuse(e, g, p, r);
    }
}

int payment_drive(const struct engine *e, struct payment_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct payment p;
    struct gateway_result r;
    int rc = payment_get(e, id, &a, &p, reterr);
    if (rc || !str_eq(p.state, STR("pending")))
        return rc;
    payment_charge(e, &p, &r);
    return payment_settle(e, &p, &r, reterr);
}

static int settle_one(struct work *w, const struct payment *p, const struct gateway_result *r,
                      struct err *reterr) {
    struct invoice inv;
    int64_t age = MAX(w->now_ms - p->created_ms, 0);
    int rc = invoice_load(w->tx, p->invoice, w->a, &inv, reterr);
    if (rc)
        return rc;
    switch (r->outcome) {
    case GATEWAY_SUCCEEDED:
        rc = payment_save(w, p, "succeeded", r, 0, w->now_ms, reterr);
        if (rc == 0)
            rc = payment_tell(w, p, NULL, reterr);
        return rc ? rc : settle_success(w, p, &inv, reterr);
    case GATEWAY_DECLINED:
        rc = payment_save(w, p, "failed", r, 0, w->now_ms, reterr);
        if (rc == 0)
            rc = payment_tell(w, p, r->code[0] ? r->code : "declined", reterr);
        return rc ? rc : settle_failure(w, p, &inv, reterr);
    case GATEWAY_ACTION:
        return payment_save(w, p, "action", r, p->created_ms + PAYMENT_ACTION_MS, 0, reterr);
    case GATEWAY_ABSENT: /* it never arrived: it is sent again, with the same key */
    case GATEWAY_UNKNOWN:
        break;
    }
    /* Older ones are asked for less often, but for ever: money may have moved. */
    return payment_save(w, p, "pending", r,
                        w->now_ms + CLAMP(age / 2, PAYMENT_RETRY_MS, PAYMENT_ACTION_MS), 0, reterr);
}

int payment_settle(const struct engine *e, const struct payment *p, const struct gateway_result *r,
                   struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    struct payment now;
    int rc = work_begin(e, p->account, &a, &w, reterr);
    if (rc == 0)
        rc = payment_load(w.tx, p->id, &a, &now, reterr);
    if (rc)
        return rc;
    if (!str_eq(now.state, STR("pending")) && !str_eq(now.state, STR("action")))
        return 0; /* somebody else was first; the outcome is the same */
    w.account = now.account; /* erased meanwhile: another number */
    rc = settle_one(&w, &now, r, reterr);
    if (rc == 0)
        rc = work_commit(&w, reterr);
    if (rc == 0)
        metric_add(&billing_metrics[r->outcome == GATEWAY_SUCCEEDED  ? M_PAID
                                    : r->outcome == GATEWAY_DECLINED ? M_DECLINED
                                                                     : M_UNKNOWN],
                   r->outcome != GATEWAY_ACTION);
    return rc;
}

/* Asks what became of a charge that waits for its payer; gives it up when it has waited too long, or
 * at once. */
static int action_look(const struct engine *e, const struct payment *p, bool give_up,
                       struct err *reterr) {
    const struct gateway *g;
    struct gateway_result r = {0};
    int rc = gateway_find(e, p->gateway, &g, reterr);
    if (rc == 0)
        rc = give_up ? g->cancel(e, id_str(&p->id.v), &r, reterr)
                     : g->status(e, id_str(&p->id.v), &r, reterr);
    if (rc < 0)
        return rc;
    if (give_up && r.outcome == GATEWAY_DECLINED && !r.code[0])
        declined(&r, "authentication_abandoned");
    if (r.outcome == GATEWAY_UNKNOWN || r.outcome == GATEWAY_ABSENT)
        return 0; /* waits on */
    return payment_settle(e, p, &r, reterr);
}

int payments_abandon(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = store_query(e->store, &billing_sql[PAYMENT_ACTIONS], ARGS(A_ID(account)), &a, &r,
                         reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        struct payment p;
        rc = payment_get(e, (struct payment_id){row_id(&r, i, 0)}, &a, &p, reterr);
        if (rc == 0)
            rc = action_look(e, &p, true, reterr);
    }
    return rc < 0 ? rc : 0;
}

int billing_payment_sync(const struct engine *e, struct account_id account, struct payment_id id,
                         struct arena *a, json_t **ret, struct err *reterr) {
    struct payment p;
    int rc = payment_get(e, id, a, &p, reterr);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(id_str(&p.account.v), id_str(&account.v))))
        return err_refuse(reterr, ERR_NOT_FOUND, "billing.payment_not_found",
                          "There is no such payment.", "no such payment of this account");
    if (rc == 0 && str_eq(p.state, STR("action")))
        rc = action_look(e, &p, false, reterr);
    else if (rc == 0)
        rc = payment_drive(e, id, reterr);
    return rc ? rc : checkout_json(e, account, id.v, a, ret, reterr);
}

static int payment_due(const struct engine *e, struct payment_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct payment p;
    int rc = payment_get(e, id, &a, &p, reterr);
    if (rc)
        return rc;
    if (str_eq(p.state, STR("action")))
        return action_look(e, &p, clock_now_ms(e->clock) >= p.created_ms + PAYMENT_ACTION_MS,
                           reterr);
    return payment_drive(e, id, reterr);
}

int payment_sync(const struct engine *e, struct payment_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct payment p;
    int rc = payment_get(e, id, &a, &p, reterr);
    if (rc)
        return rc;
    return str_eq(p.state, STR("action")) ? action_look(e, &p, false, reterr)
                                          : payment_drive(e, id, reterr);
}

static int payment_turn(const struct engine *e, const struct rows *r, size_t i, struct err *reterr) {
    return payment_due(e, (struct payment_id){row_id(r, i, 0)}, reterr);
}

int payments_due(const struct engine *e, struct err *reterr) {
    return each_due(e, &billing_sql[PAYMENT_DUE], "billing.payment", payment_turn, reterr);
}
