/*
 * refund.c - money back, whole or in part, with a credit note (note.c). What went to the account's
 * credit instead, with a change of plan, cannot go back a second time. A refund that the gateway reports
 * as failed after it succeeded is undone by a counter entry, and its note is cancelled: nothing of the
 * first is changed.
 */
#include "service/billing/dispute.h"
#include "service/billing/gateway_sql.h"
#include "service/billing/subscription.h"
#include "service/billing/letters.h"
#include "base/log.h"
#include "engine/audit/audit.h"

struct refund {
    struct refund_id id;
    struct payment_id payment;
    struct account_id account;
    struct money amount;
    struct str state, reason;
    bool ends_access;
};

static void refund_read(const struct rows *r, struct refund *ret) {
    *ret = (struct refund){.id = {row_id(r, 0, 0)},
                           .payment = {row_id(r, 0, 1)},
                           .account = {row_id(r, 0, 2)},
                           .amount = {.minor = row_i64(r, 0, 4)},
                           .state = row_str(r, 0, 5),
                           .reason = row_str(r, 0, 6),
                           .ends_access = row_i64(r, 0, 7) != 0};
    currency_parse(row_str(r, 0, 3), &ret->amount.currency);
}

/* Within a transaction: ERR_NOT_FOUND. */
static int refund_load(struct tx *tx, struct refund_id id, struct arena *a, struct refund *ret,
                       struct err *reterr) {
    struct rows r;
    int rc = tx_row(tx, &billing_sql[REFUND_BY_ID], ARGS(A_ID(id)), a, &r, reterr);
    if (rc < 0)
        return rc;
    refund_read(&r, ret);
    return 0;
}

static int refunded_sum(struct work *w, struct payment_id p, int64_t *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_row(w->tx, &billing_sql[REFUND_SUM], ARGS(A_ID(p)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = row_i64(&r, 0, 0);
    return 0;
}

/* What can go back of a payment; of one that came for nothing, all. */
static int refundable(struct work *w, const struct payment *p, int64_t *ret, struct err *reterr) {
    int64_t before, left;
    struct invoice inv;
    int rc = refunded_sum(w, p->id, &before, reterr);
    if (rc == 0)
        rc = invoice_load(w->tx, p->invoice, w->a, &inv, reterr);
    if (rc)
        return rc;
    *ret = p->amount.minor - before;
    if (!str_eq(inv.state, STR("paid")))
        return 0;
    rc = invoice_left(w, &inv, &left, reterr);
    *ret = MIN(*ret, left);
    return rc;
}

/* most: of the payment; no foreign refund asks us what is left of the invoice. */
static int refund_put(struct work *w, const struct payment *p, int64_t amount, int64_t most, struct str reason,
                      bool ends_access, struct refund_id *ret, struct err *reterr) {
    struct refund_id id = *ret;
    int rc;
    if (amount <= 0 || amount > most)
        return err_refuse(reterr, ERR_INVALID, "billing.refund_too_large",
                          "That is more than is left of this payment.",
                          "refund beyond what was paid");
    if (!id_is_set(id.v))
        id.v = id_new(w->now_ms);
    rc = tx_exec(w->tx, &billing_sql[REFUND_INSERT],
                 ARGS(A_ID(id), A_ID(p->id), A_ID(p->account), A_CSTR(p->amount.currency.s),
                      A_I64(amount), A_STR(reason), A_BOOL(ends_access),
                      A_I64(w->now_ms + PAYMENT_RETRY_MS), A_I64(w->now_ms)),
                 reterr);
    if (rc < 0)
        return rc;
    *ret = id;
    return 0;
}

int refund_make(struct work *w, const struct payment *p, int64_t amount, struct str reason,
                bool ends_access, struct refund_id *ret, struct err *reterr) {
    int64_t most;
    int rc = refundable(w, p, &most, reterr);
    return rc ? rc : refund_put(w, p, amount, most, reason, ends_access, ret, reterr);
}

/* What was given back whole is not owned any more; a subscription ends when the operator said so. */
static int access_end(struct work *w, const struct refund *f, const struct payment *p,
                      const struct invoice *inv, struct err *reterr) {
    int64_t sum;
    struct sub s;
    struct right right;
    int rc = refunded_sum(w, p->id, &sum, reterr);
    if (rc == 0 && id_is_set(inv->right.v) && (f->ends_access || sum == p->amount.minor)) {
        rc = right_load(w->tx, inv->right, w->a, &right, reterr);
        if (rc == 0)
            rc = tx_exec(w->tx, &billing_sql[RIGHT_SAVE],
                         ARGS(A_ID(right.id), A_CSTR("revoked"), A_I64(right.start_by_ms),
                              A_I64(right.started_ms), A_I64(right.ends_ms)),
                         reterr);
    }
    if (rc < 0 || !f->ends_access || !id_is_set(inv->subscription.v))
        return rc < 0 ? rc : 0;
    rc = sub_load(w->tx, inv->subscription, w->a, &s, reterr);
    if (rc == 0 && s.state != SUB_ENDED) {
        rc = subscription_apply(w, &s, EV_REVOKE, NULL, reterr);
        if (rc == 0)
            rc = subscription_void_open(w, &s, reterr);
    }
    return rc;
}

static int refund_tell(struct work *w, const struct refund *f, struct err *reterr) {
    json_t *body = json_pack("{s:s, s:s, s:s, s:o}", "refund_id", f->id.v.s, "payment_id", f->payment.v.s, "account_id", w->account.v.s,
                             "amount", money_json(f->amount));
    return billing_tell(w, "payment.refunded", f->id.v, body, reterr);
}

static int refund_done(struct work *w, const struct refund *f, struct err *reterr) {
    struct payment p;
    struct invoice inv;
    const struct entry stray[] = {{"suspense", false, f->amount.minor},
                                  {"cash", false, -f->amount.minor}};
    int rc = payment_load(w->tx, f->payment, w->a, &p, reterr);
    if (rc == 0)
        rc = invoice_load(w->tx, p.invoice, w->a, &inv, reterr);
    if (rc == 0)
        rc = refund_tell(w, f, reterr);
    if (rc)
        return rc;
    if (!str_eq(inv.state, STR("paid"))) /* came for nothing, goes back: no invoice, no note */
        return ledger_post(w, "refund", f->id.v, f->amount.currency, stray, 2, reterr);
    struct letter_facts told = {.amount = f->amount};
    rc = note_of_refund(w, f->id, &inv, f->amount.minor, f->reason, reterr);
    if (rc == 0)
        rc = access_end(w, f, &p, &inv, reterr);
    if (rc == 0)
        rc = invoice_subject(w, &inv, &told.what, reterr);
    return rc ? rc : billing_letter(w, BILLING_REFUNDED, &told, reterr);
}

static int refund_settle(const struct engine *e, const struct refund *f, bool ok,
                         struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    int rc = work_begin(e, f->account, &a, &w, reterr);
    if (rc == 0)
        rc = tx_exec(w.tx, &billing_sql[REFUND_SETTLE],
                     ARGS(A_ID(f->id), A_CSTR(ok ? "succeeded" : "failed"), A_I64(w.now_ms)),
                     reterr);
    if (rc <= 0) /* settled already */
        return rc;
    rc = ok ? refund_done(&w, f, reterr) : 0;
    if (rc == 0)
        rc = work_commit(&w, reterr);
    if (rc == 0 && ok)
        metric_add(&billing_metrics[M_REFUNDED], 1);
    return rc;
}

/* All in one transaction: a pending row would be sent to the gateway by the clock. */
static int foreign_apply(struct work *w, const struct gateway *g, struct str ref,
                         const struct payment *p, int64_t amount, struct err *reterr) {
    struct rows r;
    int64_t before;
    struct refund_id id = {id_new(w->now_ms)};
    struct str reason = STR("Given back at the payment provider.");
    int rc = tx_query(w->tx, &gateway_sql[CALL_GET], ARGS(A_STR(ref)), w->a, &r, reterr);
    if (rc) /* known already */
        return rc < 0 ? rc : 0;
    struct refund f = {.id = id, .payment = p->id, .account = p->account,
                       .amount = {amount, p->amount.currency}, .reason = reason};
    rc = tx_query(w->tx, &gateway_sql[CALL_PUT],
                  ARGS(A_STR(ref), A_CSTR(g->name), A_STR(STR("")), A_I64(w->now_ms)), w->a, &r, reterr);
    if (rc >= 0) /* by what it is found again when it fails later */
        rc = tx_exec(w->tx, &gateway_sql[CALL_REF], ARGS(A_STR(ref), A_ID(id)), reterr);
    if (rc >= 0)
        rc = refunded_sum(w, p->id, &before, reterr);
    if (rc == 0)
        rc = refund_put(w, p, amount, p->amount.minor - before, reason, false, &id, reterr);
    if (rc == 0)
        rc = tx_exec(w->tx, &billing_sql[REFUND_SETTLE],
                     ARGS(A_ID(id), A_CSTR("succeeded"), A_I64(w->now_ms)), reterr);
    return rc < 0 ? rc : refund_done(w, &f, reterr);
}

static int refund_get(const struct engine *e, struct refund_id id, struct arena *a,
                      struct refund *ret, struct payment *ret_p, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(e->store, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0)
        rc = refund_load(tx, id, a, ret, reterr);
    return rc < 0 ? rc : payment_load(tx, ret->payment, a, ret_p, reterr);
}

int refund_drive(const struct engine *e, struct refund_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct refund f;
    struct payment p;
    const struct gateway *g;
    struct gateway_result r = {0};
    int rc = refund_get(e, id, &a, &f, &p, reterr);
    if (rc || !str_eq(f.state, STR("pending")))
        return rc;
    rc = gateway_find(e, p.gateway, &g, reterr);
    if (rc)
        return rc;
    struct gateway_refund ask = {.key = id_str(&f.id.v),
                                 .charge_key = id_str(&p.id.v),
                                 .charge_ref = p.ref,
                                 .amount = f.amount};
    rc = g->refund(e, &ask, &r, reterr);
    if (rc < 0 || (r.outcome != GATEWAY_SUCCEEDED && r.outcome != GATEWAY_DECLINED))
        return rc < 0 ? rc : 0; /* not known: the clock asks again with the same key */
    return refund_settle(e, &f, r.outcome == GATEWAY_SUCCEEDED, reterr);
}

/* The counter entry of what the refund posted, and its credit note cancelled. Access that the refund has ended stays
 * ended: whether the money goes another way is for staff to decide. */
static int reverse_post(struct work *w, const struct refund *f, struct err *reterr) {
    struct rows r;
    struct entry entries[8];
    int rc = tx_query(w->tx, &billing_sql[REFUND_ENTRIES], ARGS(A_ID(f->id)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    if (r.n == 0 || r.n > ARRAY_LEN(entries))
        return err_set(reterr, ERR_CORRUPT, "the posting of refund " ID_FMT " has %zu entries", ID_ARG(f->id.v), r.n);
    for (size_t i = 0; i < r.n; i++)
        entries[i] = (struct entry){str_cstr(w->a, row_str(&r, i, 0)), false, -row_i64(&r, i, 1)};
    rc = tx_exec(w->tx, &billing_sql[NOTE_CANCEL], ARGS(A_ID(f->id), A_I64(w->now_ms)), reterr);
    return rc < 0 ? rc : ledger_post(w, "refund_reversed", f->id.v, f->amount.currency, entries, r.n, reterr);
}

/* 1: reversed; 0: it was already, or never succeeded. */
static int reverse_in(const struct engine *e, struct refund_id id, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    struct refund f;
    struct payment p;
    struct invoice inv;
    int rc = work_begin(e, account, &a, &w, reterr);
    if (rc == 0)
        rc = refund_load(w.tx, id, &a, &f, reterr);
    if (rc == 0)
        rc = tx_exec(w.tx, &billing_sql[REFUND_REVERSE], ARGS(A_ID(id)), reterr);
    if (rc <= 0)
        return rc;
    w.account = f.account; /* erased meanwhile: another number */
    rc = payment_load(w.tx, f.payment, &a, &p, reterr);
    if (rc == 0)
        rc = invoice_load(w.tx, p.invoice, &a, &inv, reterr);
    if (rc == 0)
        rc = reverse_post(&w, &f, reterr);
    struct letter_facts told = {.amount = f.amount, .ref = id_str(&p.id.v)};
    if (rc == 0)
        rc = invoice_subject(&w, &inv, &told.what, reterr);
    if (rc == 0)
        rc = staff_letter(&w, STAFF_REFUND_FAILED, &told, reterr);
    if (rc == 0)
        rc = work_commit(&w, reterr);
    return rc < 0 ? rc : 1;
}

/* Nobody of staff did it, so the record says who: the gateway. */
static int refund_reverse(const struct engine *e, struct refund_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct refund f;
    struct payment p;
    int rc = refund_get(e, id, &a, &f, &p, reterr);
    if (rc || !str_eq(f.state, STR("succeeded")))
        return rc;
    struct audit_entry row = {.role = STR("gateway"), .action = STR("refund failed"), .target = id_str(&id.v),
                              .detail = json_pack("{s:s, s:I, s:s}", "payment_id", p.id.v.s, "amount_minor",
                                                  (json_int_t)f.amount.minor, "currency", f.amount.currency.s)};
    audit_open(&row, e->store);
    STORE_RETRY(rc, reterr, reverse_in(e, id, f.account, reterr));
    int closed = audit_close(&row, rc > 0, reterr);
    if (rc > 0)
        log_event(LOG_WARN, "billing.refund_reversed", LS("refund", id.v.s), LS("payment", p.id.v.s));
    return rc < 0 ? rc : closed;
}

static int foreign_done(const struct engine *e, const struct gateway *g, struct str ref,
                        const struct gateway_refund_seen *now, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    struct payment p;
    int rc = work_begin_charge(e, str_of(now->charge_key), &a, &w, &p, reterr);
    if (rc <= 0)
        return rc;
    if (!str_eq(p.state, STR("succeeded")))
        return err_set(reterr, ERR_BUSY, "given back before it was settled here");
    if (!currency_eq(p.amount.currency, now->amount.currency))
        return err_set(reterr, ERR_INVALID, "a refund in another currency");
    rc = foreign_apply(&w, g, ref, &p, now->amount.minor, reterr);
    return rc ? rc : work_commit(&w, reterr);
}

int refund_sync(const struct engine *e, const struct gateway *g, struct str ref, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct gateway_refund_seen now = {0};
    struct rows r;
    struct refund_id id;
    int rc = g->refund_read ? g->refund_read(e, ref, &now, reterr) : 0;
    if (rc)
        return rc;
    if (id_parse(str_of(now.own_key), &id.v)) {
        rc = refund_drive(e, id, reterr);
        if (rc == ERR_NOT_FOUND) { /* the account serves another shop, too */
            err_clear(reterr);
            return 0;
        }
        return rc || !now.failed ? rc : refund_reverse(e, id, reterr);
    }
    if (now.succeeded)
        return foreign_done(e, g, ref, &now, reterr);
    rc = now.failed ? store_query(e->store, &gateway_sql[CALL_GET], ARGS(A_STR(ref)), &a, &r, reterr) : 0;
    if (rc <= 0 || !id_parse(row_str(&r, 0, 1), &id.v))
        return rc < 0 ? rc : 0; /* failed before it was ours: nothing to undo */
    return refund_reverse(e, id, reterr);
}

static int refund_turn(const struct engine *e, const struct rows *r, size_t i, struct err *reterr) {
    return refund_drive(e, (struct refund_id){row_id(r, i, 0)}, reterr);
}

int refunds_due(const struct engine *e, struct err *reterr) {
    return each_due(e, &billing_sql[REFUND_DUE], "billing.refund", refund_turn, reterr);
}

const char *refund_status(struct str state) {
    return str_eq(state, STR("pending"))     ? "processing"
           : str_eq(state, STR("succeeded")) ? "succeeded"
           : str_eq(state, STR("reversed"))  ? "reversed"
                                             : "declined";
}

static int refund_json(const struct engine *e, struct refund_id id, struct arena *a, json_t **ret,
                       struct err *reterr) {
    struct refund f;
    struct payment p;
    int rc = refund_get(e, id, a, &f, &p, reterr);
    if (rc)
        return rc;
    *ret = json_pack("{s:s, s:s, s:o, s:s}", "id", f.id.v.s, "payment_id", f.payment.v.s, "amount",
                     money_json(f.amount), "status",
                     refund_status(f.state));
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a refund");
}

static int refund_claim(const struct engine *e, const struct payment *p, int64_t amount,
                        struct str reason, bool ends_access, struct account_id operator_,
                        const struct idem *idem, struct refund_id id, struct arena *a,
                        struct err *reterr) {
    scoped(work_done) struct work w = {0};
    int rc = work_begin(e, p->account, a, &w, reterr);
    if (rc)
        return rc;
    w.account = operator_; /* the key is the operator's, the lock the payer's */
    rc = idem_claim(&w, idem, id.v, reterr);
    w.account = p->account;
    if (rc <= 0)
        return rc;
    if (!str_eq(p->state, STR("succeeded")))
        return err_refuse(reterr, ERR_CONFLICT, "billing.not_now",
                          "Only a payment that succeeded can be given back.", "payment not succeeded");
    if ((rc = dispute_blocks(&w, p->id, reterr)))
        return rc;
    rc = amount ? 0 : refundable(&w, p, &amount, reterr);
    if (rc == 0)
        rc = refund_make(&w, p, amount, reason, ends_access, &id, reterr);
    if (rc == 0)
        rc = work_commit(&w, reterr);
    return rc < 0 ? rc : 1;
}

int billing_refund(const struct engine *e, struct payment_id payment, int64_t amount,
                   struct str reason, bool ends_access, struct account_id operator_,
                   const struct idem *idem, struct arena *a, json_t **ret, struct err *reterr) {
    struct refund_id id = {id_new(clock_now_ms(e->clock))};
    struct idem_row row;
    struct rows r;
    struct payment p;
    json_t *answer = NULL;
    int rc = idem_find(e, operator_, idem, a, &row, reterr);
    if (rc == 0) {
        rc = store_query(e->store, &billing_sql[PAYMENT_BY_ID], ARGS(A_ID(payment)), a, &r, reterr);
        if (rc == 0)
            return err_refuse(reterr, ERR_NOT_FOUND, "billing.payment_not_found",
                              "There is no such payment.", "no such payment");
        if (rc > 0) {
            payment_read(&r, 0, &p);
            rc = refund_claim(e, &p, amount, reason, ends_access, operator_, idem, id, a, reterr);
        }
        row = (struct idem_row){.ref = id.v};
        if (rc == 0)
            rc = idem_find(e, operator_, idem, a, &row, reterr);
    }
    if (rc < 0)
        return rc;
    id.v = row.ref;
    rc = refund_drive(e, id, reterr);
    if (rc == 0)
        rc = refund_json(e, id, a, &answer, reterr);
    return rc ? rc : idem_answer(e, operator_, idem, answer, a, ret, reterr);
}
