/*
 * settle.c - what a payment's end does to what it was for. A success that cannot be given any more
 * (the account was erased, the subscription ended meanwhile) goes into suspense and back to the
 * payer; money is never kept for nothing.
 */
#include "service/billing/letters.h"
#include "service/billing/subscription.h"
#include "base/log.h"

static int money_back(struct work *w, const struct payment *p, const struct invoice *inv,
                      struct err *reterr) {
    const struct entry entries[] = {{"cash", false, p->amount.minor},
                                    {"suspense", false, -p->amount.minor}};
    struct refund_id refund = {0}; /* a new one */
    int rc = invoice_void(w, inv, reterr);
    if (rc >= 0)
        rc = ledger_post(w, "stray", p->id.v, p->amount.currency, entries, 2, reterr);
    if (rc == 0 && p->amount.minor > 0)
        rc = refund_make(w, p, p->amount.minor, STR("It could not be given any more."), false,
                         &refund, reterr);
    return rc < 0 ? rc : 0;
}

static int period_paid(struct work *w, const struct payment *p, struct invoice *inv,
                       struct err *reterr) {
    struct sub s;
    struct price price;
    int rc = sub_load(w->tx, inv->subscription, w->a, &s, reterr);
    if (rc == 0)
        rc = price_load(w->tx, inv->price, w->a, &price, reterr);
    if (rc)
        return rc;
    struct paid_period paid = {.plan = price.plan,
                               .price = price.id,
                               .rate = inv->rate,
                               .anchor_ms = inv->anchor_ms,
                               .anchor_months = inv->anchor_months,
                               .start_ms = inv->start_ms,
                               .end_ms = inv->end_ms};
    struct sub tried = s;
    if (sub_move(&tried, EV_PAID, &paid, w->now_ms, NULL) < 0)
        return money_back(w, p, inv, reterr);
    rc = invoice_pay(w, inv, reterr);
    if (rc == 0)
        rc = subscription_apply(w, &s, EV_PAID, &paid, reterr);
    if (rc == 0 && id_is_set(inv->redemption.v))
        rc = tx_exec(w->tx, &billing_sql[REDEMPTION_USE], ARGS(A_ID(inv->redemption)), reterr);
    return rc < 0 ? rc : 0;
}

/* Asked for in a period that is over by now, or of one that ended meanwhile: it cannot be given. */
static bool change_late(const struct sub *s, const struct invoice *inv) {
    return s->state != SUB_ACTIVE || inv->created_ms < s->start_ms || inv->created_ms >= s->end_ms;
}

static int change_paid(struct work *w, const struct payment *p, struct invoice *inv,
                       struct err *reterr) {
    struct sub s;
    struct price price;
    int rc = sub_load(w->tx, inv->subscription, w->a, &s, reterr);
    if (rc == 0)
        rc = price_load(w->tx, inv->price, w->a, &price, reterr);
    if (rc)
        return rc;
    if (change_late(&s, inv))
        return money_back(w, p, inv, reterr);
    if (str_eq(inv->kind, STR("interval"))) /* a period of its own begins */
        return period_paid(w, p, inv, reterr);
    rc = invoice_pay(w, inv, reterr);
    s.plan = price.plan;
    s.price = price.id;
    s.rate = inv->rate;
    s.next_price = (struct price_id){0};
    const char *event = str_eq(inv->kind, STR("upgrade")) ? "upgraded" : "changed";
    return rc ? rc : subscription_changed(w, &s, event, reterr);
}

static int right_paid(struct work *w, const struct payment *p, struct invoice *inv,
                      struct err *reterr) {
    struct right r;
    struct rows o;
    int rc = right_load(w->tx, inv->right, w->a, &r, reterr);
    if (rc == 0 && !str_eq(r.state, STR("pending")))
        return money_back(w, p, inv, reterr);
    if (rc == 0)
        rc = tx_row(w->tx, &billing_sql[OFFER_BY_ID], ARGS(A_ID(r.offer)), w->a, &o, reterr);
    if (rc < 0)
        return rc;
    int64_t days = row_i64(&o, 0, 5);
    bool rental = str_eq(r.kind, STR("rental"));
    rc = invoice_pay(w, inv, reterr);
    if (rc == 0)
        rc = tx_exec(w->tx, &billing_sql[RIGHT_SAVE],
                     ARGS(A_ID(r.id), A_CSTR("active"),
                          A_I64(rental && days ? w->now_ms + days * BILLING_DAY_MS : 0), A_I64(0),
                          A_I64(0)),
                     reterr);
    return rc < 0 ? rc : 0;
}

int settle_success(struct work *w, const struct payment *p, struct invoice *inv,
                   struct err *reterr) {
    if (!str_eq(inv->state, STR("open")))
        return money_back(w, p, inv, reterr);
    if (str_eq(inv->kind, STR("period")))
        return period_paid(w, p, inv, reterr);
    return id_is_set(inv->right.v) ? right_paid(w, p, inv, reterr) : change_paid(w, p, inv, reterr);
}

/* The next attempt, or the end of them. */
static int retry_plan(struct work *w, struct sub *s, const struct invoice *inv,
                      struct err *reterr) {
    struct dunning d;
    billing_dunning(w->e, &d);
    if (s->attempts == 1)
        s->grace_ms = s->end_ms + d.grace_ms;
    if (s->attempts > d.n) {
        struct letter_facts f = {.amount = {inv->total, inv->currency}};
        int rc = subscription_apply(w, s, EV_EXHAUSTED, NULL, reterr);
        if (rc == 0)
            rc = invoice_void(w, inv, reterr);
        return rc < 0 ? rc : billing_letter_of_price(w, BILLING_STOPPED, inv->price, &f, reterr);
    }
    s->next_ms = w->now_ms + d.after_ms[s->attempts - 1] -
                 (s->attempts > 1 ? d.after_ms[s->attempts - 2] : 0);
    struct letter_facts f = {.amount = {inv->total, inv->currency}, .date_ms = s->next_ms, .until_ms = s->grace_ms};
    int rc = sub_save(w->tx, s, reterr);
    return rc ? rc : billing_letter_of_price(w, w->now_ms < s->grace_ms ? BILLING_FAILED : BILLING_OVERDUE, inv->price, &f, reterr);
}

static int period_failed(struct work *w, const struct payment *p, struct invoice *inv,
                         struct err *reterr) {
    struct sub s;
    int rc = sub_load(w->tx, inv->subscription, w->a, &s, reterr);
    if (rc)
        return rc;
    if (s.state == SUB_ENDED || s.state == SUB_CANCELLING || s.state == SUB_PAUSING)
        return invoice_void(w, inv, reterr);
    if (s.state == SUB_PAST_DUE && !p->off_session)
        return 0; /* its owner tries a card: the schedule goes on as it was, and nobody is ended by trying */
    bool first = s.state == SUB_PENDING, paused = s.state == SUB_PAUSED;
    rc = subscription_apply(w, &s, EV_DECLINED, NULL, reterr);
    if (rc == 0 && s.state == SUB_PAST_DUE)
        return retry_plan(w, &s, inv, reterr);
    if (rc == 0 && first)
        rc = coupon_release(w, s.redemption, reterr);
    if (rc == 0 && (first || paused))
        rc = invoice_void(w, inv, reterr);
    struct letter_facts f = {.amount = {inv->total, inv->currency}};
    if (rc >= 0 && paused && p->off_session)
        rc = billing_letter_of_price(w, BILLING_RESUME_FAILED, inv->price, &f, reterr);
    return rc < 0 ? rc : 0;
}

int settle_failure(struct work *w, const struct payment *p, struct invoice *inv,
                   struct err *reterr) {
    if (str_eq(inv->kind, STR("period")))
        return period_failed(w, p, inv, reterr);
    int rc = invoice_void(w, inv, reterr);
    if (rc >= 0 && id_is_set(inv->right.v))
        rc = tx_exec(w->tx, &billing_sql[RIGHT_SAVE],
                     ARGS(A_ID(inv->right), A_CSTR("failed"), A_I64(0), A_I64(0), A_I64(0)),
                     reterr);
    return rc < 0 ? rc : 0;
}
