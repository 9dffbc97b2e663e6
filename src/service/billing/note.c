/*
 * note.c - credit notes: what of an invoice is taken back, to the payer's bank (refund.c) or to the
 * account's credit (a change of plan). All notes of an invoice together never hold more than its total.
 * A note's tax is the share of the invoice's tax that all of them should hold by then, less what they
 * hold already: however an invoice is taken back, the last cent comes out right.
 */
#include "service/billing/billing_int.h"

int invoice_left(struct work *w, const struct invoice *inv, int64_t *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_row(w->tx, &billing_sql[INVOICE_GIVEN], ARGS(A_ID(inv->id), A_ID(inv->account)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = row_i64(&r, 0, 2) ? 0 : inv->total - row_i64(&r, 0, 0) - row_i64(&r, 0, 1);
    return 0;
}

/* The note alone; ret_tax is of its amount. */
static int note_put(struct work *w, struct id id, struct refund_id refund, const struct invoice *inv, int64_t amount,
                    struct str reason, int64_t *ret_tax, struct err *reterr) {
    struct rows r;
    int64_t total, tax, number;
    int rc = tx_row(w->tx, &billing_sql[NOTE_SUMS], ARGS(A_ID(inv->id)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    total = row_i64(&r, 0, 0) + amount;
    if (!money_part(inv->tax, total, inv->total, &tax))
        return err_set(reterr, ERR_INTERNAL, "the tax of a credit note does not fit");
    tax -= row_i64(&r, 0, 1);
    rc = counter_next(w, "credit_note", &number, reterr);
    if (rc == 0)
        rc = tx_exec(w->tx, &billing_sql[NOTE_INSERT],
                     ARGS(A_CSTR(id.s), A_I64(number), A_ID(inv->id), A_REF(refund), A_ID(w->account),
                          A_CSTR(inv->currency.s), A_I64(amount - tax), A_I64(tax), A_I64(amount), A_STR(reason),
                          A_I64(w->now_ms)),
                     reterr);
    if (rc < 0)
        return rc;
    *ret_tax = tax;
    return 0;
}

int note_of_refund(struct work *w, struct refund_id refund, const struct invoice *inv, int64_t amount,
                   struct str reason, struct err *reterr) {
    struct rows r;
    int64_t noted, tax = 0;
    int rc = tx_row(w->tx, &billing_sql[INVOICE_GIVEN], ARGS(A_ID(inv->id), A_ID(inv->account)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    noted = MIN(amount, inv->total - row_i64(&r, 0, 0));
    if (noted > 0)
        rc = note_put(w, id_new(w->now_ms), refund, inv, noted, reason, &tax, reterr);
    if (rc < 0)
        return rc;
    const struct entry entries[] = {{"revenue", false, noted - tax},
                                    {"tax", false, tax},
                                    {"goodwill", false, amount - noted},
                                    {"cash", false, -amount}};
    return ledger_post(w, "refund", refund.v, inv->currency, entries, ARRAY_LEN(entries), reterr);
}

static int note_to_credit(struct work *w, const struct invoice *inv, int64_t amount, struct str reason,
                          struct err *reterr) {
    struct id id = id_new(w->now_ms);
    struct refund_id none = {0};
    int64_t tax;
    int rc = note_put(w, id, none, inv, amount, reason, &tax, reterr);
    if (rc)
        return rc;
    const struct entry entries[] = {{"revenue", false, amount - tax}, {"tax", false, tax}, {"credit", true, -amount}};
    return ledger_post(w, "unused", id, inv->currency, entries, ARRAY_LEN(entries), reterr);
}

int notes_to_credit(struct work *w, const struct sub *s, int64_t listed, struct str reason, int64_t *ret,
                    struct err *reterr) {
    struct rows r;
    int64_t rest = listed, tax;
    int rc = tx_query(w->tx, &billing_sql[INVOICES_OF_PERIOD], ARGS(A_ID(w->account), A_ID(s->id), A_I64(s->end_ms)),
                      w->a, &r, reterr);
    *ret = 0;
    for (size_t i = 0; rc >= 0 && i < r.n && rest > 0; i++) {
        struct invoice inv;
        int64_t left;
        invoice_read(&r, i, &inv);
        /* The latest one's tax holds for all of the time that is left: it gave back what was taxed before. */
        if (i == 0 && !inv.tax_inclusive && (!tax_of(rest, inv.tax_bp, false, &tax) || !minor_add(rest, tax, &rest)))
            return err_set(reterr, ERR_INVALID, "a credit and its tax do not fit");
        rc = invoice_left(w, &inv, &left, reterr);
        int64_t part = MIN(left, rest);
        if (rc == 0 && part > 0) {
            rc = w->quote ? 0 : note_to_credit(w, &inv, part, reason, reterr);
            rest -= part;
            *ret += part;
        }
    }
    return rc < 0 ? rc : 0;
}
