/* store.c - subscriptions that a store owns (Apple, Google, Roku, Amazon): their state is read and
 * made ours, and nothing is ever charged here. The clock reads again at the period's end, and daily. */
#include "service/billing/subscription.h"

static enum sub_event event_of(const struct store_subscription *st) {
    switch (st->state) {
    case STORE_SUB_ACTIVE:
        return st->renews ? EV_STORE_ACTIVE : EV_STORE_CANCELLING;
    case STORE_SUB_GRACE:
        return EV_STORE_GRACE;
    case STORE_SUB_PAUSED:
        return EV_STORE_PAUSED;
    default:
        return EV_STORE_ENDED;
    }
}

static int sub_of_store(struct work *w, const struct gateway *g, const struct store_subscription *st,
                        struct sub *ret, struct err *reterr) {
    struct rows r;
    struct sub live;
    struct str ref = str_of(st->ref);
    int rc = tx_query(w->tx, &billing_sql[SUB_BY_STORE], ARGS(A_CSTR(g->name), A_STR(ref)), w->a, &r,
                      reterr);
    if (rc < 0)
        return rc;
    if (rc > 0) {
        sub_read(&r, 0, ret);
        if (!str_eq(id_str(&ret->account.v), id_str(&w->account.v)))
            return err_refuse(reterr, ERR_CONFLICT, "billing.receipt_taken",
                              "This purchase belongs to another account.",
                              "the store's subscription is another account's");
        return 0;
    }
    rc = sub_live(w->tx, w->account, w->a, &live, reterr);
    if (rc > 0)
        return err_refuse(reterr, ERR_CONFLICT, "billing.already_subscribed",
                          "There is a subscription already.", "a subscription is live");
    *ret = (struct sub){.id = {id_new(w->now_ms)}, .account = w->account, .state = SUB_PENDING,
                        .gateway = str_of(g->name), .store_ref = ref, .created_ms = w->now_ms};
    return rc < 0 ? rc : 1;
}

static int fresh_check(const struct store_subscription *st, struct err *reterr) {
    return st->state != STORE_SUB_ENDED ? 0
                                        : err_refuse(reterr, ERR_INVALID, "billing.receipt_ended",
                                                     "This purchase has ended in the store. Make a new one there.",
                                                     "the store's subscription is over");
}

/* 1: nothing to do, it is over on both sides. One that was over and was bought again keeps its
 * reference in most stores, and goes on here, unless another has taken its place. */
static int over_check(struct work *w, struct sub *s, const struct store_subscription *st,
                      struct err *reterr) {
    struct sub live;
    if (s->state != SUB_ENDED)
        return 0;
    if (st->state == STORE_SUB_ENDED)
        return 1;
    int rc = sub_live(w->tx, w->account, w->a, &live, reterr);
    if (rc == 0)
        s->ended_ms = 0;
    return rc;
}

static int store_apply(struct work *w, const struct gateway *g, const struct store_subscription *st,
                       struct err *reterr) {
    struct sub s;
    struct rows plan;
    int fresh = sub_of_store(w, g, st, &s, reterr);
    if (fresh < 0)
        return fresh;
    int rc = tx_query(w->tx, &billing_sql[PLAN_BY_SLUG], ARGS(A_CSTR(st->product)), w->a, &plan,
                      reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_INVALID, "billing.product_unknown",
                          "The store's product belongs to no plan here.", "product '%s' is no plan",
                          st->product);
    if (rc > 0)
        rc = fresh ? fresh_check(st, reterr) : over_check(w, &s, st, reterr);
    if (rc)
        return rc < 0 ? rc : 0;
    s.plan.v = row_id(&plan, 0, 0);
    s.start_ms = st->period_start_ms;
    s.end_ms = st->period_end_ms;
    s.grace_ms = st->grace_until_ms;
    s.next_ms = CLAMP(s.end_ms, w->now_ms + PAYMENT_ACTION_MS, w->now_ms + BILLING_DAY_MS);
    rc = fresh ? sub_insert(w->tx, &s, reterr) : 0;
    return rc ? rc : subscription_apply(w, &s, event_of(st), NULL, reterr);
}

int store_subscription_sync(const struct engine *e, struct account_id account, struct str gateway,
                            struct str ref, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    const struct gateway *g;
    struct store_subscription st = {0};
    int rc = gateway_find(e, gateway, &g, reterr);
    if (rc == 0 && !g->owned_by_store)
        rc = err_refuse(reterr, ERR_INVALID, "billing.gateway_unknown", "That is not a store.",
                        "the gateway owns no subscriptions");
    if (rc == 0)
        rc = g->subscription_read(e, ref, &st, reterr);
    if (rc == 0)
        rc = work_begin(e, account, &a, &w, reterr);
    if (rc == 0)
        rc = store_apply(&w, g, &st, reterr);
    return rc ? rc : work_commit(&w, reterr);
}

int store_owns(const struct engine *e, const struct sub *s, struct err *reterr) {
    const struct gateway *g;
    char hint[300] = "This subscription was made in a store. Change it there.";
    if (gateway_find(e, s->gateway, &g, NULL) == 0 && g->title && g->manage_url)
        snprintf(hint, sizeof hint, "This subscription was made in %s. Change it there: %s .", g->title,
                 g->manage_url);
    return err_refuse(reterr, ERR_CONFLICT, "billing.owned_by_store", hint, "owned by a store");
}

int store_notified(const struct engine *e, const struct gateway *g, struct str ref,
                   struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    struct sub s;
    int rc = store_query(e->store, &billing_sql[SUB_BY_STORE], ARGS(A_CSTR(g->name), A_STR(ref)), &a, &r,
                         reterr);
    if (rc <= 0)
        return rc;
    sub_read(&r, 0, &s);
    return store_subscription_sync(e, s.account, s.gateway, ref, reterr);
}
