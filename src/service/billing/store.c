/* store.c - subscriptions that a store owns (Apple, Google, Roku, Amazon): their state is read and
 * made ours, and nothing is ever charged here. The clock reads again at the period's end, and daily. */
#include "service/billing/subscription.h"
#include "service/billing/store_product.h"
#include "base/log.h"

/* What a store says, as an event of ours. On hold is a grace that is over: not paid, and not watched. */
static enum sub_event event_of(const struct store_subscription *st) {
    static const enum sub_event events[] = {
        [STORE_SUB_ACTIVE] = EV_STORE_ACTIVE, [STORE_SUB_GRACE] = EV_STORE_GRACE, [STORE_SUB_HOLD] = EV_STORE_GRACE,
        [STORE_SUB_PAUSED] = EV_STORE_PAUSED, [STORE_SUB_ENDED] = EV_STORE_ENDED, [STORE_SUB_REVOKED] = EV_STORE_ENDED};
    return st->state == STORE_SUB_ACTIVE && !st->renews ? EV_STORE_CANCELLING : events[st->state];
}

static bool is_over(const struct store_subscription *st) {
    return st->state == STORE_SUB_ENDED || st->state == STORE_SUB_REVOKED;
}

static int taken(struct err *reterr) {
    return err_refuse(reterr, ERR_CONFLICT, "billing.receipt_taken",
                      "This purchase belongs to another account. Sign in with the account that it was made for.",
                      "the store's subscription is another account's");
}

/* 1: found, and this account's. */
static int sub_by_ref(struct work *w, const struct gateway *g, const char *ref, struct sub *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_query(w->tx, &billing_sql[SUB_BY_STORE], ARGS(A_CSTR(g->name), A_CSTR(ref)), w->a, &r, reterr);
    if (rc <= 0)
        return rc;
    sub_read(&r, 0, ret);
    return str_eq(id_str(&ret->account.v), id_str(&w->account.v)) ? 1 : taken(reterr);
}

/* An upgrade in the store may have made another reference of it: the row goes on under that. */
static int sub_of_store(struct work *w, const struct gateway *g, const struct store_subscription *st,
                        struct sub *ret, struct err *reterr) {
    struct sub live;
    if (st->account[0] && !str_eq(str_of(st->account), id_str(&w->account.v)))
        return taken(reterr);
    int rc = sub_by_ref(w, g, st->ref, ret, reterr);
    if (rc == 0 && st->replaces[0] && (rc = sub_by_ref(w, g, st->replaces, ret, reterr)) > 0) {
        ret->store_ref = str_of(st->ref);
        rc = tx_exec(w->tx, &billing_sql[SUB_STORE_REF], ARGS(A_ID(ret->id), A_CSTR(st->ref)), reterr);
    }
    if (rc)
        return rc < 0 ? rc : 0;
    rc = sub_live(w->tx, w->account, w->a, &live, reterr);
    if (rc > 0)
        return err_refuse(reterr, ERR_CONFLICT, "billing.already_subscribed",
                          "There is a subscription already.", "a subscription is live");
    *ret = (struct sub){.id = {id_new(w->now_ms)}, .account = w->account, .state = SUB_PENDING,
                        .gateway = str_of(g->name), .store_ref = str_of(st->ref), .created_ms = w->now_ms};
    return rc < 0 ? rc : 1;
}

static int fresh_check(const struct store_subscription *st, struct err *reterr) {
    return !is_over(st) ? 0
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
    if (is_over(st))
        return 1;
    int rc = sub_live(w->tx, w->account, w->a, &live, reterr);
    if (rc == 0)
        s->ended_ms = 0;
    return rc;
}

/* Where the store says nothing of the product any more, it was what it is. */
static int plan_set(struct work *w, const struct gateway *g, const struct store_subscription *st, struct sub *s,
                    struct err *reterr) {
    if (!st->product[0] && id_is_set(s->plan.v))
        return 0;
    int rc = store_product_plan(w, g->name, st->product, &s->plan, reterr);
    return rc ? rc < 0 ? rc : 0
              : err_refuse(reterr, ERR_INVALID, "billing.product_unknown",
                           "The store's product belongs to no plan here.", "product '%s' of %s is no plan", st->product, g->name);
}

static int store_apply(struct work *w, const struct gateway *g, const struct store_subscription *st,
                       struct err *reterr) {
    struct sub s;
    int fresh = sub_of_store(w, g, st, &s, reterr);
    if (fresh < 0)
        return fresh;
    int rc = fresh ? fresh_check(st, reterr) : over_check(w, &s, st, reterr);
    if (rc == 0)
        rc = plan_set(w, g, st, &s, reterr);
    if (rc)
        return rc < 0 ? rc : 0;
    if (st->period_end_ms) {
        s.start_ms = st->period_start_ms;
        s.end_ms = st->period_end_ms;
    }
    s.grace_ms = st->state == STORE_SUB_HOLD ? MIN(s.end_ms, w->now_ms) : st->grace_until_ms;
    s.next_ms = CLAMP(s.end_ms, w->now_ms + PAYMENT_ACTION_MS, w->now_ms + BILLING_DAY_MS);
    rc = fresh ? sub_insert(w->tx, &s, reterr) : 0;
    return rc ? rc : subscription_apply(w, &s, event_of(st), NULL, reterr);
}

/* Tells the store that it was taken. One that cannot be told now is told at the next reading, tomorrow at the latest. */
static void acknowledge(const struct engine *e, const struct gateway *g, const struct store_subscription *st) {
    struct err why = {0};
    if (st->unacknowledged && !is_over(st) && g->subscription_acknowledge && g->subscription_acknowledge(e, st, &why))
        log_event(LOG_ERROR, "billing.store_acknowledge", LS("store", g->name), LS("error", why.msg));
}

static int sync(const struct engine *e, struct account_id account, const struct gateway *g, struct str ref,
                struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    struct store_subscription st = {.ref = ""};
    int rc = g->subscription_read(e, ref, &st, reterr);
    if (rc == 0)
        rc = work_begin(e, account, &a, &w, reterr);
    if (rc == 0)
        rc = store_apply(&w, g, &st, reterr);
    if (rc == 0)
        rc = work_commit(&w, reterr);
    if (rc == 0)
        acknowledge(e, g, &st);
    return rc;
}

static int store_find(const struct engine *e, struct str name, const struct gateway **ret, struct err *reterr) {
    int rc = gateway_find(e, name, ret, reterr);
    return rc || (*ret)->owned_by_store ? rc
                                        : err_refuse(reterr, ERR_INVALID, "billing.gateway_unknown", "That is not a store.",
                                                     "the gateway owns no subscriptions");
}

int store_receipt_take(const struct engine *e, struct account_id account, struct str store,
                       const struct store_receipt *receipt, struct err *reterr) {
    const struct gateway *g;
    char ref[STORE_REF_MAX];
    int rc = store_find(e, store, &g, reterr);
    if (rc == 0)
        rc = g->receipt_ref(e, receipt, ref, reterr);
    if (rc == 0)
        STORE_RETRY(rc, reterr, sync(e, account, g, str_of(ref), reterr));
    return rc;
}

int store_subscription_sync(const struct engine *e, struct account_id account, struct str store,
                            struct str ref, struct err *reterr) {
    const struct gateway *g;
    int rc = store_find(e, store, &g, reterr);
    return rc ? rc : sync(e, account, g, ref, reterr);
}

int store_owns(const struct engine *e, const struct sub *s, struct err *reterr) {
    const struct gateway *g;
    char hint[300] = "This subscription was made in a store. Change it there.";
    if (gateway_find(e, s->gateway, &g, NULL) == 0 && g->title && g->manage_url)
        snprintf(hint, sizeof hint, "This subscription was made in %s. Change it there: %s .", g->title,
                 g->manage_url);
    return err_refuse(reterr, ERR_CONFLICT, "billing.owned_by_store", hint, "owned by a store");
}

static int account_of_ref(const struct engine *e, const struct gateway *g, struct str ref, struct account_id *ret,
                          struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    struct sub s;
    int rc = store_query(e->store, &billing_sql[SUB_BY_STORE], ARGS(A_CSTR(g->name), A_STR(ref)), &a, &r, reterr);
    if (rc > 0) {
        sub_read(&r, 0, &s);
        *ret = s.account;
    }
    return rc;
}

int store_notified(const struct engine *e, const struct gateway *g, struct str ref, struct err *reterr) {
    struct store_subscription st = {.ref = ""};
    struct account_id account;
    struct err why = {0};
    int rc = account_of_ref(e, g, ref, &account, reterr);
    if (rc == 0 && !g->subscription_acknowledge)
        return 0;
    if (rc == 0) { /* an upgrade, before the app brought its new reference? What cannot be read is nobody's here */
        rc = g->subscription_read(e, ref, &st, &why);
        if (rc == ERR_BUSY || rc == ERR_IO || rc == ERR_TIMEOUT || rc == ERR_PERMISSION) {
            if (reterr)
                *reterr = why;
            return rc;
        }
        rc = rc || !st.replaces[0] ? 0 : account_of_ref(e, g, str_of(st.replaces), &account, reterr);
    }
    return rc > 0 ? sync(e, account, g, ref, reterr) : rc;
}
