/*
 * dispute.c - what a dispute does here. The money: what the gateway took stands in the book
 * "disputed" until the bank has decided; lost, it becomes "chargeback", a loss of its own (the
 * invoice stays as it was: whether its tax can be claimed back is the country's law); won, it comes
 * back. Access: by billing-dispute-ends the first moment of a real dispute ends what the payment was
 * for (who tells the bank that it was not them does not go on watching, nor is charged again), or
 * only a lost one. What was bought or rented returns with a dispute that is won; a subscription can
 * be taken anew. An inquiry does neither.
 */
#include "service/billing/dispute.h"
#include "base/log.h"
#include "engine/event/event.h"
#include "service/billing/gateway_sql.h"
#include "service/billing/letters.h"
#include "service/billing/subscription.h"

struct dispute {
    struct id id;
    struct str state;
    bool withdrawn, fresh;
    int64_t moves;
};
static const char *const state_names[] = {[DISPUTE_INQUIRY] = "inquiry",
                                          [DISPUTE_OPEN] = "open",
                                          [DISPUTE_WON] = "won",
                                          [DISPUTE_LOST] = "lost"};

static const enum letter letters_of[] = {[DISPUTE_INQUIRY] = STAFF_INQUIRY,
                                                 [DISPUTE_OPEN] = STAFF_DISPUTE_OPENED,
                                                 [DISPUTE_WON] = STAFF_DISPUTE_WON,
                                                 [DISPUTE_LOST] = STAFF_DISPUTE_LOST};

static int dispute_load(struct work *w, const struct gateway *g, struct str ref,
                        const struct payment *p, const struct gateway_dispute *d,
                        struct dispute *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_query(w->tx, &gateway_sql[DISPUTE_GET], ARGS(A_CSTR(g->name), A_STR(ref)), w->a, &r,
                      reterr);
    if (rc < 0)
        return rc;
    if (rc > 0) {
        *ret = (struct dispute){.id = row_id(&r, 0, 0),
                                .state = row_str(&r, 0, 2),
                                .withdrawn = row_i64(&r, 0, 3) != 0,
                                .moves = row_i64(&r, 0, 4)};
        return 0;
    }
    *ret = (struct dispute){.id = id_new(w->now_ms), .state = STR(""), .fresh = true};
    rc = tx_exec(w->tx, &gateway_sql[DISPUTE_INSERT],
                 ARGS(A_CSTR(ret->id.s), A_CSTR(g->name), A_STR(ref), A_ID(p->id),
                      A_CSTR(state_names[d->state]), A_CSTR(d->amount.currency.s),
                      A_I64(d->amount.minor), A_CSTR(d->reason), A_I64(d->due_ms), A_I64(w->now_ms)),
                 reterr);
    return rc < 0 ? rc : 0;
}

/* kind and the count of moves make each posting the only one of its name. */
static int book_move(struct work *w, struct dispute *had, const char *from, const char *to,
                     struct money m, struct err *reterr) {
    char kind[40];
    const struct entry entries[] = {{to, false, m.minor}, {from, false, -m.minor}};
    snprintf(kind, sizeof kind, "dispute_%s_%d", to, (int)++had->moves);
    return ledger_post(w, kind, had->id, m.currency, entries, 2, reterr);
}

/* From where the money of the dispute was to where it is. */
static int money_move(struct work *w, struct dispute *had, const struct gateway_dispute *now,
                      struct err *reterr) {
    bool lost_before = had->withdrawn && str_eq(had->state, STR("lost"));
    bool lost_now = now->withdrawn && now->state == DISPUTE_LOST;
    const char *was = !had->withdrawn ? "cash" : lost_before ? "chargeback" : "disputed";
    const char *is = !now->withdrawn ? "cash" : lost_now ? "chargeback" : "disputed";
    return strcmp(was, is) == 0 ? 0 : book_move(w, had, was, is, now->amount, reterr);
}

static int right_set(struct work *w, const struct right *r, const char *state, struct err *reterr) {
    int rc = tx_exec(w->tx, &billing_sql[RIGHT_SAVE],
                     ARGS(A_ID(r->id), A_CSTR(state), A_I64(r->start_by_ms), A_I64(r->started_ms),
                          A_I64(r->ends_ms)),
                     reterr);
    return rc < 0 ? rc : 0;
}

static int access_end(struct work *w, const struct invoice *inv, struct err *reterr) {
    struct right right;
    struct sub s;
    int rc = 0;
    if (id_is_set(inv->right.v)) {
        rc = right_load(w->tx, inv->right, w->a, &right, reterr);
        if (rc == 0 && str_eq(right.state, STR("active")))
            rc = right_set(w, &right, "revoked", reterr);
    }
    if (rc == 0 && id_is_set(inv->subscription.v)) {
        rc = sub_load(w->tx, inv->subscription, w->a, &s, reterr);
        if (rc == 0 && s.state != SUB_ENDED) {
            rc = subscription_apply(w, &s, EV_REVOKE, NULL, reterr);
            if (rc == 0)
                rc = subscription_void_open(w, &s, reterr);
        }
    }
    return rc;
}

static int access_return(struct work *w, const struct invoice *inv, const struct payment *p,
                         struct err *reterr) {
    struct right right;
    struct rows r;
    if (!id_is_set(inv->right.v))
        return 0;
    int rc = tx_row(w->tx, &billing_sql[REFUND_SUM], ARGS(A_ID(p->id)), w->a, &r, reterr);
    if (rc < 0 || row_i64(&r, 0, 0) >= p->amount.minor) /* given back by us: stays away */
        return rc < 0 ? rc : 0;
    rc = right_load(w->tx, inv->right, w->a, &right, reterr);
    return rc == 0 && str_eq(right.state, STR("revoked")) ? right_set(w, &right, "active", reterr) : rc;
}

static bool ends_access(const struct engine *e, unsigned state) {
    bool at_once = !e->config || !str_eq(str_of(config_str(e->config, "billing-dispute-ends")), STR("lost"));
    return state == DISPUTE_LOST || (state == DISPUTE_OPEN && at_once);
}

static int staff_tell(struct work *w, const struct payment *p, const struct invoice *inv, enum letter which,
                      struct money amount, int64_t due_ms, struct err *reterr) {
    struct letter_facts told = {.amount = amount, .date_ms = due_ms, .ref = id_str(&p->id.v)};
    int rc = invoice_subject(w, inv, &told.what, reterr);
    return rc ? rc : staff_letter(w, which, &told, reterr);
}

static int consequence(struct work *w, const struct payment *p, const struct dispute *had,
                       const struct gateway_dispute *now, struct err *reterr) {
    struct invoice inv;
    struct str name = str_of(state_names[now->state]);
    if (str_eq(had->state, name) && !had->fresh)
        return 0;
    int rc = invoice_load(w->tx, p->invoice, w->a, &inv, reterr);
    if (rc == 0 && ends_access(w->e, now->state))
        rc = access_end(w, &inv, reterr);
    else if (rc == 0 && now->state == DISPUTE_WON && !had->fresh)
        rc = access_return(w, &inv, p, reterr);
    if (rc == 0)
        rc = staff_tell(w, p, &inv, letters_of[now->state], now->amount, now->due_ms ? now->due_ms : w->now_ms, reterr);
    if (rc)
        return rc;
    struct str body = str_printf(w->a,
                                 "{\"dispute_id\":\"%s\",\"payment_id\":\"" ID_FMT "\",\"state\":\"" STR_FMT "\"}",
                                 had->id.s, ID_ARG(p->id.v), STR_ARG(name));
    return event_publish(w->tx, "dispute.changed", 1, id_str(&had->id), body, reterr);
}

static int dispute_apply(struct work *w, const struct gateway *g, struct str ref,
                         const struct payment *p, const struct gateway_dispute *now,
                         struct err *reterr) {
    struct dispute had;
    bool closed = now->state == DISPUTE_WON || now->state == DISPUTE_LOST;
    int rc = dispute_load(w, g, ref, p, now, &had, reterr);
    if (rc == 0)
        rc = money_move(w, &had, now, reterr);
    if (rc == 0)
        rc = consequence(w, p, &had, now, reterr);
    if (rc == 0)
        rc = tx_exec(w->tx, &gateway_sql[DISPUTE_SAVE],
                     ARGS(A_CSTR(had.id.s), A_CSTR(state_names[now->state]), A_BOOL(now->withdrawn),
                          A_I64(had.moves), A_CSTR(now->reason), A_I64(now->due_ms),
                          A_I64(closed ? w->now_ms : 0)),
                     reterr);
    return rc < 0 ? rc : 0;
}

int dispute_sync(const struct engine *e, const struct gateway *g, struct str ref,
                 struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    struct gateway_dispute now = {0};
    struct payment p;
    int rc = g->dispute_read ? g->dispute_read(e, ref, &now, reterr) : 0;
    if (rc == 0)
        rc = work_begin_charge(e, str_of(now.charge_key), &a, &w, &p, reterr);
    if (rc <= 0)
        return rc;
    rc = dispute_apply(&w, g, ref, &p, &now, reterr);
    if (rc == 0)
        rc = work_commit(&w, reterr);
    if (rc == 0)
        log_event(LOG_WARN, "billing.dispute", LS("payment", p.id.v.s), LS("state", state_names[now.state]));
    return rc;
}

/* Three days before evidence is taken no more, once, while nothing was answered: Stripe names no date after that. */
static int reminder_turn(const struct engine *e, const struct rows *r, size_t i, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    struct payment p;
    struct invoice inv;
    struct money amount = {.minor = row_i64(r, i, 3)};
    currency_parse(row_str(r, i, 2), &amount.currency);
    int rc = work_begin(e, (struct account_id){row_id(r, i, 5)}, &a, &w, reterr);
    if (rc == 0)
        rc = tx_exec(w.tx, &gateway_sql[DISPUTE_REMINDED], ARGS(A_STR(row_str(r, i, 0)), A_I64(w.now_ms)), reterr);
    if (rc <= 0) /* told already, or another story by now */
        return rc;
    rc = payment_load(w.tx, (struct payment_id){row_id(r, i, 1)}, &a, &p, reterr);
    if (rc == 0)
        rc = invoice_load(w.tx, p.invoice, &a, &inv, reterr);
    if (rc == 0)
        rc = staff_tell(&w, &p, &inv, STAFF_DISPUTE_DUE, amount, row_i64(r, i, 4), reterr);
    return rc ? rc : work_commit(&w, reterr);
}

int disputes_remind(const struct engine *e, struct err *reterr) {
    return each_due(e, &gateway_sql[DISPUTES_DUE], "billing.dispute_reminder", reminder_turn, reterr);
}

int dispute_blocks(struct work *w, struct payment_id payment, struct err *reterr) {
    struct rows r;
    int rc = tx_query(w->tx, &gateway_sql[DISPUTES_OF_PAYMENT], ARGS(A_ID(payment)), w->a, &r, reterr);
    return rc <= 0 ? rc
                   : err_refuse(reterr, ERR_CONFLICT, "billing.disputed",
                                "The payer's bank has taken this payment back, or decides about it: "
                                "answer the dispute at the gateway.",
                                "the payment is disputed");
}

int dispute_of_invoice(const struct engine *e, struct invoice_id invoice, struct arena *a,
                       struct str *ret, struct err *reterr) {
    struct rows r;
    *ret = STR_NULL;
    int rc = store_query(e->store, &gateway_sql[DISPUTE_OF_INVOICE], ARGS(A_ID(invoice)), a, &r, reterr);
    if (rc > 0)
        *ret = row_str(&r, 0, 0);
    return rc < 0 ? rc : 0;
}
