/*
 * subscribe.c - taking a plan, changing it (change.c says how), paying what is owed. Each is one
 * transaction that claims the Idempotency-Key, then the gateway, then the settlement (payment.c).
 */
#include "service/billing/subscription.h"

int price_check(struct work *w, struct price_id id, struct str country, struct price *ret,
                struct err *reterr) {
    struct rows r;
    int rc = price_load(w->tx, id, w->a, ret, reterr);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !ret->active))
        return err_refuse(reterr, ERR_INVALID, "billing.price_unknown",
                          "This price is not offered any more. Load the plans again.",
                          "no such active price");
    if (rc)
        return rc;
    bool elsewhere = ret->country.n && !str_eq(ret->country, country);
    if (!ret->country.n && country.n) { /* the price for everywhere else, where there is a special one */
        rc = tx_query(w->tx, &billing_sql[PRICE_SAME],
                      ARGS(A_ID(ret->plan), A_I64(ret->months), A_CSTR(ret->amount.currency.s),
                           A_STR(country)),
                      w->a, &r, reterr);
        elsewhere = rc > 0;
    }
    if (rc < 0)
        return rc;
    return elsewhere ? err_refuse(reterr, ERR_INVALID, "billing.price_elsewhere",
                                  "This price is for another country. Load the plans again.",
                                  "price of another country")
                     : 0;
}

int country_find(struct work *w, struct str asked, struct str *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_row(w->tx, &billing_sql[B_ACCOUNT], ARGS(A_ID(w->account)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = asked.n ? asked : row_str(&r, 0, 0).n ? row_str(&r, 0, 0) : billing_country(w->e);
    return 0;
}

int method_due(struct work *w, struct method *ret, struct err *reterr) {
    int rc = method_in_use(w->tx, w->account, w->a, ret, reterr);
    return rc < 0             ? rc
           : rc || w->quote ? 0
                  : err_refuse(reterr, ERR_INVALID, "billing.method_missing",
                               "Say how to pay: send a payment method.", "no payment method");
}

static int nothing_live(struct work *w, struct err *reterr) {
    struct sub s;
    int rc = sub_live(w->tx, w->account, w->a, &s, reterr);
    if (rc <= 0)
        return rc;
    if (w->quote && s.state == SUB_PENDING) /* a checkout would give it up, and the code with it */
        return coupon_release(w, s.redemption, reterr);
    return s.state == SUB_PENDING
               ? err_refuse(reterr, ERR_CONFLICT, "billing.payment_in_progress",
                            "A payment is on its way. Try again in a minute.", "checkout under way")
               : err_refuse(reterr, ERR_CONFLICT, "billing.already_subscribed",
                            "There is a subscription already. Change its plan instead.",
                            "a subscription is live");
}

/* With a trial nothing is charged now; else the first period is. */
static int sub_start(struct work *w, struct sub *s, const struct price *p, bool trial,
                     const struct method *m, struct id ref, struct err *reterr) {
    struct invoice inv;
    struct payment_id payment = {ref};
    int rc;
    if (trial) {
        s->start_ms = w->now_ms;
        s->end_ms = s->anchor_ms = w->now_ms + p->trial_days * BILLING_DAY_MS;
    }
    if (w->quote) {
        *w->quote = (struct quote){.at_ms = s->end_ms,
                                   .trial_days = trial ? p->trial_days : 0,
                                   .redemption = s->redemption};
        return invoice_make_period(w, s, p, trial ? s->end_ms : w->now_ms, 0, &inv, reterr);
    }
    rc = sub_insert(w->tx, s, reterr);
    if (rc == 0 && trial) {
        rc = tx_exec(w->tx, &billing_sql[B_ACCOUNT_TRIAL], ARGS(A_ID(w->account), A_I64(w->now_ms)),
                     reterr);
        return rc < 0 ? rc : subscription_apply(w, s, EV_START_TRIAL, NULL, reterr);
    }
    if (rc == 0)
        rc = invoice_make_period(w, s, p, w->now_ms, 0, &inv, reterr);
    return rc ? rc : payment_make(w, &inv, m, false, &payment, reterr);
}

int subscribe_in(struct work *w, const struct checkout_ask *ask, const struct gateway *g,
                 const struct gateway_method *gm, struct id ref, struct err *reterr) {
    struct price p;
    struct method m;
    struct rows acc;
    struct str country;
    struct sub s = {.id = {id_new(w->now_ms)}, .account = w->account, .state = SUB_PENDING,
                    .created_ms = w->now_ms};
    int rc = nothing_live(w, reterr);
    if (rc == 0)
        rc = country_find(w, ask->country, &country, reterr);
    if (rc == 0)
        rc = price_check(w, ask->price, country, &p, reterr);
    if (rc == 0)
        rc = tx_exec(w->tx, &billing_sql[B_ACCOUNT_PLACE],
                     ARGS(A_ID(w->account), A_STR(country), A_CSTR(p.amount.currency.s)), reterr);
    if (rc >= 0)
        rc = method_put(w, g, gm, reterr);
    if (rc == 0)
        rc = method_due(w, &m, reterr);
    if (rc == 0 && ask->coupon.n)
        rc = coupon_redeem(w, ask->coupon, &p, &s.redemption, reterr);
    if (rc == 0)
        rc = tx_row(w->tx, &billing_sql[B_ACCOUNT], ARGS(A_ID(w->account)), w->a, &acc, reterr);
    if (rc < 0)
        return rc;
    s.plan = p.plan;
    s.price = p.id;
    s.gateway = m.gateway;
    return sub_start(w, &s, &p, p.trial_days > 0 && row_i64(&acc, 0, 2) == 0, &m, ref, reterr);
}

int billing_subscribe(const struct engine *e, const struct checkout_ask *ask, struct arena *a,
                      json_t **ret, struct err *reterr) {
    struct id ref = id_new(clock_now_ms(e->clock));
    const struct gateway *g;
    struct gateway_method gm = {0};
    int rc = idem_replay(e, ask->account, &ask->idem, a, ret, reterr);
    if (rc)
        return rc < 0 ? rc : 0;
    rc = pay_with_setup(e, ask->account, &ask->pay, &g, &gm, reterr);
    if (rc == 0)
        rc = payments_abandon(e, ask->account, reterr);
    if (rc == 0) {
        scoped(work_done) struct work w = {0};
        rc = work_begin(e, ask->account, a, &w, reterr);
        if (rc == 0)
            rc = idem_claim(&w, &ask->idem, ref, reterr);
        if (rc == 0 && w.tx) { /* the same request, at the same instant */
            work_done(&w);
            rc = idem_replay(e, ask->account, &ask->idem, a, ret, reterr);
            return rc < 0 ? rc : 0;
        }
        if (rc > 0)
            rc = subscribe_in(&w, ask, g, &gm, ref, reterr);
        if (rc == 0)
            rc = work_commit(&w, reterr);
    }
    return rc ? rc : idem_finish(e, ask->account, &ask->idem, ref, a, ret, reterr);
}

/* An overdue or paused one: the first unpaid period, asked for while its owner is there. */
int pay_now_in(struct work *w, struct id ref, struct err *reterr) {
    struct sub s;
    struct payment_id payment = {ref};
    int rc = subscription_for_change(w, &s, reterr);
    if (rc == 0 && w->quote)
        w->quote->redemption = s.redemption;
    if (rc == 0 && s.state == SUB_PAUSING)
        return subscription_apply(w, &s, EV_KEEP, NULL, reterr);
    if (rc == 0 && s.state != SUB_PAST_DUE && s.state != SUB_PAUSED)
        rc = err_refuse(reterr, ERR_CONFLICT, "billing.nothing_due", "There is nothing to pay.",
                        "pay now while %s", sub_state_name(s.state));
    return rc ? rc : renewal_make(w, &s, false, &payment, reterr);
}

struct change {
    enum { CHANGE_PRICE, CHANGE_PAY } what;
    struct change_ask ask;
    const struct gateway *g;
    const struct gateway_method *gm;
};

static int change_run(const struct engine *e, struct account_id account, const struct change *c,
                      const struct idem *idem, struct arena *a, json_t **ret, struct err *reterr) {
    struct id ref = id_new(clock_now_ms(e->clock));
    int rc = payments_abandon(e, account, reterr);
    if (rc == 0) {
        scoped(work_done) struct work w = {0};
        rc = work_begin(e, account, a, &w, reterr);
        if (rc == 0)
            rc = idem_claim(&w, idem, ref, reterr);
        if (rc == 0 && w.tx) {
            work_done(&w);
            rc = idem_replay(e, account, idem, a, ret, reterr);
            return rc < 0 ? rc : 0;
        }
        if (rc > 0)
            rc = method_put(&w, c->g, c->gm, reterr);
        if (rc == 0)
            rc = c->what == CHANGE_PRICE ? change_in(&w, &c->ask, ref, reterr)
                                         : pay_now_in(&w, ref, reterr);
        if (rc == 0)
            rc = work_commit(&w, reterr);
    }
    return rc ? rc : idem_finish(e, account, idem, ref, a, ret, reterr);
}

int billing_change(const struct engine *e, struct account_id account, const struct change_ask *ask,
                   const struct idem *idem, struct arena *a, json_t **ret, struct err *reterr) {
    struct change c = {.what = CHANGE_PRICE, .ask = *ask};
    int rc = idem_replay(e, account, idem, a, ret, reterr);
    if (rc)
        return rc < 0 ? rc : 0;
    return change_run(e, account, &c, idem, a, ret, reterr);
}

int billing_pay_now(const struct engine *e, struct account_id account, const struct pay_with *pay,
                    const struct idem *idem, struct arena *a, json_t **ret, struct err *reterr) {
    struct gateway_method gm = {0};
    struct change c = {.what = CHANGE_PAY, .gm = &gm};
    int rc = idem_replay(e, account, idem, a, ret, reterr);
    if (rc)
        return rc < 0 ? rc : 0;
    rc = pay_with_setup(e, account, pay, &c.g, &gm, reterr);
    return rc ? rc : change_run(e, account, &c, idem, a, ret, reterr);
}
