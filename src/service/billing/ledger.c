/*
 * ledger.c - double entry. Debit is positive. The books: cash (what gateways hold for us), revenue
 * and tax (owed to us, to the state), credit (what accounts have in hand), reserved (of that, set
 * aside for an open invoice), promotion (gift codes given away), goodwill (given back
 * beyond what was left of an invoice), suspense (money that came for
 * something that cannot be given, until it is sent back). Nothing is ever changed or deleted here.
 */
#include "service/billing/billing_int.h"

int ledger_post(struct work *w, const char *kind, struct id ref, struct currency c,
                const struct entry *entries, size_t n, struct err *reterr) {
    struct id posting = id_new(w->now_ms);
    int64_t sum = 0, used = 0;
    for (size_t i = 0; i < n; i++) {
        if (!minor_add(sum, entries[i].amount, &sum))
            return err_set(reterr, ERR_INTERNAL, "posting %s overflows", kind);
        used += entries[i].amount != 0;
    }
    if (sum != 0)
        return err_set(reterr, ERR_INTERNAL, "posting %s of " ID_FMT " does not sum to zero", kind,
                       ID_ARG(ref));
    if (!used)
        return 0;
    int rc = tx_exec(w->tx, &billing_sql[POSTING_INSERT],
                     ARGS(A_CSTR(posting.s), A_CSTR(kind), A_CSTR(ref.s), A_CSTR(c.s),
                          A_I64(w->now_ms)),
                     reterr);
    for (size_t i = 0; rc >= 0 && i < n; i++)
        if (entries[i].amount)
            rc = tx_exec(w->tx, &billing_sql[ENTRY_INSERT],
                         ARGS(A_CSTR(posting.s), A_I64((int64_t)i), A_CSTR(entries[i].book),
                              entries[i].of_account ? A_ID(w->account) : A_NULL, A_CSTR(c.s),
                              A_I64(entries[i].amount)),
                         reterr);
    return rc < 0 ? rc : 0;
}

int ledger_credit(struct work *w, struct currency c, int64_t *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_row(w->tx, &billing_sql[CREDIT_OF], ARGS(A_ID(w->account), A_CSTR(c.s)), w->a, &r,
                    reterr);
    if (rc < 0)
        return rc;
    *ret = MAX(-row_i64(&r, 0, 0), 0); /* what we owe is on the credit side */
    return 0;
}
