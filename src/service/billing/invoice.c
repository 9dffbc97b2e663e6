/*
 * invoice.c - lines, tax, totals, numbers.
 *
 * An invoice is open until it is paid or void, and gets its number in the transaction in which it is
 * paid: numbers have no gap and no invoice is about money that never came. Tax is rounded a line and
 * totals are sums of lines, so an invoice equals its lines by construction.
 */
#include "service/billing/letters.h"
#include "service/identity/identity.h"

int counter_next(struct work *w, const char *name, int64_t *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_row(w->tx, &billing_sql[COUNTER_NEXT], ARGS(A_CSTR(name)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = row_i64(&r, 0, 0);
    return 0;
}

static int tax_find(struct work *w, struct invoice *inv, struct err *reterr) {
    struct rows r;
    int rc = tx_query(w->tx, &billing_sql[TAX_OF], ARGS(A_STR(inv->country)), w->a, &r, reterr);
    inv->tax_name = STR("");
    inv->tax_inclusive = true;
    if (rc > 0) {
        inv->tax_name = row_str(&r, 0, 0);
        inv->tax_bp = row_i64(&r, 0, 1);
        inv->tax_inclusive = row_i64(&r, 0, 2) != 0;
    }
    return rc < 0 ? rc : 0;
}

static int overflow(struct err *reterr) {
    return err_set(reterr, ERR_INVALID, "an invoice's sums do not fit");
}

static int lines_tax(struct invoice *inv, const struct line *lines, size_t n, struct taxed *out,
                     struct err *reterr) {
    for (size_t i = 0; i < n; i++) {
        struct taxed *t = &out[i];
        if (!tax_of(lines[i].amount, inv->tax_bp, inv->tax_inclusive, &t->tax))
            return overflow(reterr);
        t->net = inv->tax_inclusive ? lines[i].amount - t->tax : lines[i].amount;
        if (!minor_add(inv->net, t->net, &inv->net) || !minor_add(inv->tax, t->tax, &inv->tax))
            return overflow(reterr);
    }
    return minor_add(inv->net, inv->tax, &inv->total) ? 0 : overflow(reterr);
}

static int invoice_insert(struct work *w, const struct invoice *i, struct err *reterr) {
    int rc = tx_exec(
        w->tx, &billing_sql[INVOICE_INSERT],
        ARGS(A_ID(i->id), A_ID(i->account), A_REF(i->subscription), A_REF(i->right), A_STR(i->kind),
             A_CSTR(i->currency.s), A_STR(i->country), A_I64(i->net), A_I64(i->tax),
             A_I64(i->total), A_I64(i->credit), A_I64(i->due), A_STR(i->tax_name),
             A_I64(i->tax_bp), A_BOOL(i->tax_inclusive), A_REF(i->price), A_I64(i->rate),
             A_I64(i->anchor_ms), A_I64(i->anchor_months), A_I64(i->start_ms), A_I64(i->end_ms),
             A_REF(i->redemption), A_STR(i->buyer), A_I64(i->created_ms)),
        reterr);
    return rc < 0 ? rc : 0;
}

static int credit_reserve(struct work *w, struct invoice *inv, struct err *reterr) {
    int64_t in_hand;
    int rc = ledger_credit(w, inv->currency, &in_hand, reterr);
    if (rc)
        return rc;
    inv->credit = MIN(in_hand, inv->total);
    inv->due = inv->total - inv->credit;
    const struct entry entries[] = {{"credit", true, inv->credit}, {"reserved", true, -inv->credit}};
    return ledger_post(w, "reserve", inv->id.v, inv->currency, entries, ARRAY_LEN(entries), reterr);
}

/* The address that a person could be written to; who has none any more has an empty one. */
static struct str buyer_of(struct work *w) {
    struct account account;
    return account_get(w->e, w->account, w->a, &account, NULL) == 0 ? account.email : STR("");
}

int invoice_make(struct work *w, struct invoice *inv, const struct line *lines, size_t n,
                 struct err *reterr) {
    struct taxed taxed[LINES_MAX];
    assert(n > 0 && n <= LINES_MAX);
    inv->id.v = id_new(w->now_ms);
    inv->account = w->account;
    inv->state = STR("open");
    inv->created_ms = w->now_ms;
    inv->net = inv->tax = 0;
    inv->buyer = buyer_of(w);
    int rc = tax_find(w, inv, reterr);
    if (rc == 0)
        rc = lines_tax(inv, lines, n, taxed, reterr);
    if (rc == 0 && inv->total < 0)
        rc = err_set(reterr, ERR_INTERNAL, "an invoice below zero");
    if (rc == 0 && w->quote)
        return quote_take(w, inv, lines, taxed, n, reterr);
    if (rc == 0)
        rc = credit_reserve(w, inv, reterr);
    if (rc == 0)
        rc = invoice_insert(w, inv, reterr);
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = tx_exec(w->tx, &billing_sql[INVOICE_LINE],
                     ARGS(A_ID(inv->id), A_I64((int64_t)i), A_CSTR(lines[i].kind),
                          A_STR(lines[i].text), A_I64(taxed[i].net), A_I64(taxed[i].tax),
                          A_I64(lines[i].start_ms), A_I64(lines[i].end_ms)),
                     reterr);
    return rc < 0 ? rc : 0;
}

int invoice_void(struct work *w, const struct invoice *inv, struct err *reterr) {
    const struct entry entries[] = {{"reserved", true, inv->credit}, {"credit", true, -inv->credit}};
    int rc = tx_exec(w->tx, &billing_sql[INVOICE_VOID], ARGS(A_ID(inv->id)), reterr);
    if (rc <= 0) /* void already */
        return rc;
    return ledger_post(w, "release", inv->id.v, inv->currency, entries, ARRAY_LEN(entries), reterr);
}

int invoice_subject(struct work *w, const struct invoice *inv, struct str *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_query(w->tx, &billing_sql[INVOICE_LINES], ARGS(A_ID(inv->id)), w->a, &r, reterr);
    *ret = STR("");
    for (size_t i = 0; rc >= 0 && i < r.n; i++)
        if (str_eq(row_str(&r, i, 0), STR("plan")) || str_eq(row_str(&r, i, 0), STR("title")))
            *ret = row_str(&r, i, 1);
    return rc < 0 ? rc : 0;
}

static int receipt(struct work *w, const struct invoice *inv, struct err *reterr) {
    struct letter_facts f = {.amount = {inv->total, inv->currency}, .number = inv->number};
    int rc = invoice_subject(w, inv, &f.what, reterr);
    return rc ? rc : billing_letter(w, BILLING_RECEIPT, &f, reterr);
}

int invoice_pay(struct work *w, struct invoice *inv, struct err *reterr) {
    const struct entry entries[] = {{"cash", false, inv->due},
                                    {"reserved", true, inv->credit},
                                    {"revenue", false, -inv->net},
                                    {"tax", false, -inv->tax}};
    int64_t number;
    int rc = counter_next(w, "invoice", &number, reterr);
    if (rc == 0)
        rc = tx_exec(w->tx, &billing_sql[INVOICE_PAID],
                     ARGS(A_ID(inv->id), A_I64(number), A_I64(w->now_ms)), reterr);
    if (rc == 0)
        return err_set(reterr, ERR_INTERNAL, "invoice " ID_FMT " is not open", ID_ARG(inv->id.v));
    if (rc < 0)
        return rc;
    inv->number = number;
    inv->paid_ms = w->now_ms;
    inv->state = STR("paid");
    rc = ledger_post(w, "payment", inv->id.v, inv->currency, entries, ARRAY_LEN(entries), reterr);
    return rc || !inv->total ? rc : receipt(w, inv, reterr);
}

int invoice_make_period(struct work *w, const struct sub *s, const struct price *p,
                        int64_t anchor_ms, int64_t anchor_months, struct invoice *ret,
                        struct err *reterr) {
    struct rows r;
    struct str code;
    int64_t off;
    int rc = tx_row(w->tx, &billing_sql[B_ACCOUNT], ARGS(A_ID(s->account)), w->a, &r, reterr);
    if (rc >= 0)
        rc = discount_of(w, s->redemption, p, &off, &code, reterr);
    if (rc < 0)
        return rc;
    struct invoice inv = {.subscription = s->id,
                          .kind = STR("period"),
                          .currency = p->amount.currency,
                          .country = row_str(&r, 0, 0),
                          .price = p->id,
                          .rate = p->amount.minor - off,
                          .anchor_ms = anchor_ms,
                          .anchor_months = anchor_months,
                          .start_ms = months_after(anchor_ms, anchor_months),
                          .end_ms = months_after(anchor_ms, anchor_months + p->months)};
    struct line lines[] = {
        {"plan", p->plan_name, p->amount.minor, inv.start_ms, inv.end_ms},
        {"discount", str_printf(w->a, "Coupon " STR_FMT, STR_ARG(code)), -off, inv.start_ms,
         inv.end_ms}};
    if (off)
        inv.redemption = s->redemption;
    rc = invoice_make(w, &inv, lines, off ? 2 : 1, reterr);
    if (rc == 0)
        *ret = inv;
    return rc;
}
