/* subscription.c - changes of a stored subscription that move no money: its moves along the table,
 * cancel, keep, pause. See states.c for the table. */
#include "service/billing/subscription.h"
#include "service/billing/letters.h"
#include "engine/event/event.h"

static int moved(struct work *w, const struct sub *s, const char *event, enum sub_state from,
                 struct err *reterr) {
    struct id id = id_new(w->now_ms);
    struct str body = str_printf(w->a,
                                 "{\"subscription_id\":\"" ID_FMT "\",\"account_id\":\"" ID_FMT
                                 "\",\"event\":\"%s\",\"from\":\"%s\",\"state\":\"%s\"}",
                                 ID_ARG(s->id.v), ID_ARG(s->account.v), event,
                                 sub_state_name(from), sub_state_name(s->state));
    int rc = tx_exec(w->tx, &billing_sql[SUB_MOVED],
                     ARGS(A_CSTR(id.s), A_ID(s->id), A_CSTR(event), A_CSTR(sub_state_name(from)),
                          A_CSTR(sub_state_name(s->state)), A_I64(w->now_ms)),
                     reterr);
    if (rc >= 0)
        rc = event_publish(w->tx, "subscription.changed", 1, id_str(&s->id.v), body, reterr);
    return rc < 0 ? rc : 0;
}

int subscription_apply(struct work *w, struct sub *s, enum sub_event ev,
                       const struct paid_period *paid, struct err *reterr) {
    enum sub_state from = s->state;
    int rc = sub_move(s, ev, paid, w->now_ms, reterr);
    if (rc == 0)
        rc = sub_save(w->tx, s, reterr);
    return rc ? rc : moved(w, s, sub_event_name(ev), from, reterr);
}

int subscription_changed(struct work *w, struct sub *s, const char *what, struct err *reterr) {
    int rc = sub_save(w->tx, s, reterr);
    return rc ? rc : moved(w, s, what, s->state, reterr);
}

int subscription_for_change(struct work *w, struct sub *ret, struct err *reterr) {
    struct rows r;
    int rc = sub_live(w->tx, w->account, w->a, ret, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_CONFLICT, "billing.no_subscription",
                          "There is no subscription. Choose a plan first.", "no live subscription");
    if (rc < 0)
        return rc;
    if (ret->store_ref.n)
        return store_owns(w->e, ret, reterr);
    if (w->quote)
        return 0;
    rc = tx_query(w->tx, &billing_sql[PAYMENT_OPEN_OF_SUB], ARGS(A_ID(ret->id)), w->a, &r, reterr);
    if (rc > 0)
        return err_refuse(reterr, ERR_CONFLICT, "billing.payment_in_progress",
                          "A payment is on its way. Try again in a minute.",
                          "the subscription has an open payment");
    return rc;
}

int subscription_void_open(struct work *w, const struct sub *s, struct err *reterr) {
    struct rows r;
    struct invoice inv;
    int rc =
        tx_query(w->tx, &billing_sql[PAYMENT_OPEN_OF_SUB], ARGS(A_ID(s->id)), w->a, &r, reterr);
    if (rc != 0)
        return rc < 0 ? rc : 0; /* its settlement voids it or sends the money back */
    rc = tx_query(w->tx, &billing_sql[INVOICE_OPEN_PERIOD], ARGS(A_ID(s->id)), w->a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        invoice_read(&r, i, &inv);
        rc = invoice_void(w, &inv, reterr);
    }
    return rc < 0 ? rc : 0;
}

static int change(const struct engine *e, struct account_id account, enum sub_event ev, int months,
                  struct arena *a, struct err *reterr) {
    scoped(work_done) struct work w = {0};
    struct sub s;
    int rc = payments_abandon(e, account, reterr);
    if (rc == 0)
        rc = work_begin(e, account, a, &w, reterr);
    if (rc == 0)
        rc = subscription_for_change(&w, &s, reterr);
    if (rc)
        return rc;
    if (ev == EV_PAUSE) {
        s.resume_ms = months_after(s.end_ms, months);
        s.next_price = (struct price_id){0};
    }
    rc = subscription_apply(&w, &s, ev, NULL, reterr);
    if (rc == 0 && s.state == SUB_ENDED)
        rc = subscription_void_open(&w, &s, reterr);
    struct letter_facts f = {.date_ms = s.end_ms};
    if (rc == 0 && ev == EV_CANCEL)
        rc = billing_letter_of_price(&w, s.state == SUB_ENDED ? BILLING_ENDED : BILLING_CANCELLED, s.price, &f, reterr);
    return rc ? rc : work_commit(&w, reterr);
}

int billing_cancel(const struct engine *e, struct account_id account, struct arena *a,
                   struct err *reterr) {
    return change(e, account, EV_CANCEL, 0, a, reterr);
}

int billing_keep(const struct engine *e, struct account_id account, struct arena *a,
                 struct err *reterr) {
    return change(e, account, EV_KEEP, 0, a, reterr);
}

int billing_pause(const struct engine *e, struct account_id account, int months, struct arena *a,
                  struct err *reterr) {
    return change(e, account, EV_PAUSE, months, a, reterr);
}
