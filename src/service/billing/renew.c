/*
 * renew.c - what the clock does to subscriptions. A period begins where the one before ended, counted
 * in whole months from the same anchor; invoice_period, a unique index, keeps one from being billed
 * twice whatever happens here. After a gap without access (paused, overdue past the grace) the new
 * period and its anchor begin at the payment's moment: nobody pays for time that they could not watch.
 */
#include "service/billing/subscription.h"
#include "base/log.h"

#define STORE_AGAIN_MS (10LL * 60 * 1000)

static int due_price(struct work *w, const struct sub *s, struct price *now, struct price *next,
                     struct err *reterr) {
    int rc = price_load(w->tx, s->price, w->a, now, reterr);
    *next = *now;
    if (rc == 0 && id_is_set(s->next_price.v))
        rc = price_load(w->tx, s->next_price, w->a, next, reterr);
    return rc;
}

static int open_invoice(struct work *w, const struct sub *s, struct invoice *ret,
                        struct err *reterr) {
    struct rows r;
    int rc = tx_query(w->tx, &billing_sql[INVOICE_OPEN_PERIOD], ARGS(A_ID(s->id)), w->a, &r, reterr);
    if (rc > 0)
        invoice_read(&r, 0, ret);
    return rc < 0 ? rc : rc > 0;
}

int renewal_make(struct work *w, struct sub *s, bool off_session, struct payment_id *ret,
                 struct err *reterr) {
    struct price now, next;
    struct invoice inv;
    struct method m = {0};
    int rc = due_price(w, s, &now, &next, reterr);
    if (rc == 0)
        rc = open_invoice(w, s, &inv, reterr);
    bool open = rc > 0;
    bool anew = s->state == SUB_PAUSED || (s->state == SUB_PAST_DUE && w->now_ms >= s->grace_ms);
    if (rc > 0 && anew) {
        rc = invoice_void(w, &inv, reterr);
        open = false;
    }
    if (rc >= 0 && open && w->quote)
        return quote_take_open(w, &inv, reterr);
    if (rc >= 0 && !open)
        rc = invoice_make_period(w, s, &next, anew ? w->now_ms : s->anchor_ms,
                                 anew || sub_in_trial(s) ? 0 : s->anchor_months + now.months, &inv,
                                 reterr);
    if (rc >= 0)
        rc = method_in_use(w->tx, w->account, w->a, &m, reterr);
    return rc < 0 ? rc : payment_make(w, &inv, &m, off_session, ret, reterr);
}

/* The open payment that stands in the way: 1 and its id when it waits for its payer (it is given up),
 * 2 when its outcome is awaited, 0 when there is none. */
static int in_the_way(struct work *w, const struct sub *s, struct err *reterr) {
    struct rows r;
    int rc =
        tx_query(w->tx, &billing_sql[PAYMENT_OPEN_OF_SUB], ARGS(A_ID(s->id)), w->a, &r, reterr);
    if (rc <= 0)
        return rc;
    return str_eq(row_str(&r, 0, 1), STR("action")) ? 1 : 2;
}

static int due_in(struct work *w, struct sub *s, struct payment_id *ret, struct err *reterr) {
    switch (s->state) {
    case SUB_PAUSING:
    case SUB_CANCELLING:
        return subscription_apply(w, s, EV_PERIOD_END, NULL, reterr);
    case SUB_TRIALING:
    case SUB_ACTIVE:
    case SUB_PAST_DUE:
    case SUB_PAUSED:
        return renewal_make(w, s, true, ret, reterr);
    default:
        s->next_ms = 0;
        return sub_save(w->tx, s, reterr);
    }
}

/* A store that does not answer is not asked each minute for each of its subscriptions. */
static int store_due(const struct engine *e, const struct sub *s, struct err *reterr) {
    int rc = store_subscription_sync(e, s->account, s->gateway, s->store_ref, reterr);
    if (rc < 0)
        store_exec(e->store, &billing_sql[SUB_LATER], ARGS(A_ID(s->id), A_I64(clock_now_ms(e->clock) + STORE_AGAIN_MS)), NULL);
    return rc;
}

static int sub_due(const struct engine *e, struct subscription_id id, struct account_id account,
                   struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct payment_id payment = {0};
    struct sub s;
    int blocked = 0, rc;
    {
        scoped(work_done) struct work w = {0};
        rc = work_begin(e, account, &a, &w, reterr);
        if (rc == 0)
            rc = sub_load(w.tx, id, &a, &s, reterr);
        if (rc || !s.next_ms || s.next_ms > w.now_ms)
            return rc; /* somebody else was first */
        blocked = s.store_ref.n ? 3 : in_the_way(&w, &s, reterr);
        if (blocked < 0)
            return blocked;
        if (!blocked)
            rc = due_in(&w, &s, &payment, reterr);
        if (rc == 0 && !blocked)
            rc = work_commit(&w, reterr);
    }
    if (blocked == 3)
        return store_due(e, &s, reterr);
    if (rc == 0 && blocked == 1)
        rc = payments_abandon(e, account, reterr);
    if (rc == 0 && id_is_set(payment.v))
        rc = payment_drive(e, payment, reterr);
    return rc;
}

static int sub_turn(const struct engine *e, const struct rows *r, size_t i, struct err *reterr) {
    return sub_due(e, (struct subscription_id){row_id(r, i, 0)}, (struct account_id){row_id(r, i, 1)}, reterr);
}

int subscriptions_due(const struct engine *e, struct err *reterr) {
    return each_due(e, &billing_sql[SUB_DUE], "billing.renewal", sub_turn, reterr);
}

int each_due(const struct engine *e, const struct sql *due, const char *event,
             int (*turn)(const struct engine *e, const struct rows *r, size_t i, struct err *reterr),
             struct err *reterr) {
    struct id last = {""};
    for (;;) {
        scoped(arena_done) struct arena a = ARENA(256 << 10);
        struct rows r;
        int rc = store_query(e->store, due, ARGS(A_I64(clock_now_ms(e->clock)), A_CSTR(last.s)), &a, &r, reterr);
        if (rc <= 0)
            return rc;
        for (size_t i = 0; i < r.n; i++) {
            struct err why = {0};
            if (!id_is_set(row_id(&r, i, 0))) /* would be the first of every page, for ever */
                return err_set(reterr, ERR_CORRUPT, "%s: a row without an id", event);
            last = row_id(&r, i, 0);
            if (turn(e, &r, i, &why) < 0)
                log_event(LOG_ERROR, event, LS("id", last.s), LS("error", why.msg));
        }
    }
}

int billing_tick(const struct engine *e, struct err *reterr) {
    int rc = payments_due(e, reterr);
    if (rc == 0)
        rc = subscriptions_due(e, reterr);
    return rc ? rc : refunds_due(e, reterr);
}
