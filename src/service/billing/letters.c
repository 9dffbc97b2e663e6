/* letters.c - billing's letters: to whom, with which facts. Their words: service/words_*.c; nothing that a person typed stands
 * in a subject. Letters to staff have no button: what they ask for is done at the payment provider. */
#include "service/billing/letters.h"
#include "base/log.h"
#include "service/billing/subscription.h"
#include "service/identity/identity.h"
#include <inttypes.h>

static int letter_send(struct work *w, struct account_id to, enum letter which, const struct letter_facts *f,
                       struct err *reterr) {
    struct account account;
    struct err why = {0};
    int rc = account_get(w->e, to, w->a, &account, &why);
    if (rc == ERR_NOT_FOUND)
        return 0;
    if (rc < 0) {
        if (reterr)
            *reterr = why;
        return rc;
    }
    const struct language *l = account_language(w->e, to);
    struct letter_post p = {
        .which = which,
        .account = to,
        .to = account.email,
        .link = str_printf(w->a, "%s/account/membership", w->e->public_url ? w->e->public_url : "http://localhost:8080"),
        .facts = FACTS({"amount", f->amount.currency.s[0] ? words_amount(w->a, l, f->amount) : STR("")}, {"what", f->what},
                       {"date", words_date(w->a, l, f->date_ms)}, {"until", words_date(w->a, l, f->until_ms)},
                       {"number", str_printf(w->a, "%" PRId64, f->number)}, {"ref", f->ref})};
    rc = letter_post(w->tx, l, &p, &why);
    if (rc == ERR_INVALID || rc == ERR_LIMIT) { /* said before the store was asked */
        log_event(LOG_ERROR, "billing.letter", LS("error", why.msg));
        return 0;
    }
    if (rc < 0 && reterr)
        *reterr = why;
    return rc;
}

int billing_letter(struct work *w, enum letter which, const struct letter_facts *f, struct err *reterr) {
    return letter_send(w, w->account, which, f, reterr);
}

int staff_letter(struct work *w, enum letter which, const struct letter_facts *f, struct err *reterr) {
    struct account_id *staff;
    int n = accounts_of_role(w->e, ROLE_OPERATOR, w->a, &staff, reterr), rc = 0;
    for (int i = 0; rc >= 0 && i < n; i++)
        rc = letter_send(w, staff[i], which, f, reterr);
    return n < 0 ? n : rc;
}

int billing_letter_of_price(struct work *w, enum letter which, struct price_id price,
                            struct letter_facts *f, struct err *reterr) {
    struct price p;
    int rc = price_load(w->tx, price, w->a, &p, reterr);
    if (rc)
        return rc;
    f->what = p.plan_name;
    return billing_letter(w, which, f, reterr);
}

/* What will be paid: with the tax that comes on top of the price list's amount. */
static int with_tax(struct work *w, int64_t *amount, struct err *reterr) {
    struct rows account, tax;
    int64_t on_top;
    int rc = tx_row(w->tx, &billing_sql[B_ACCOUNT], ARGS(A_ID(w->account)), w->a, &account, reterr);
    if (rc >= 0)
        rc = tx_query(w->tx, &billing_sql[TAX_OF], ARGS(A_STR(row_str(&account, 0, 0))), w->a, &tax, reterr);
    if (rc <= 0 || row_i64(&tax, 0, 2))
        return rc < 0 ? rc : 0;
    if (!tax_of(*amount, row_i64(&tax, 0, 1), false, &on_top) || !minor_add(*amount, on_top, amount))
        return err_set(reterr, ERR_INTERNAL, "a price and its tax do not fit");
    return 0;
}

/* What the next period will cost: a discount is taken off, tax put on. */
static int reminder_in(struct work *w, const struct sub *s, struct err *reterr) {
    struct price p;
    struct str code;
    int64_t off = 0;
    int rc = price_load(w->tx, id_is_set(s->next_price.v) ? s->next_price : s->price, w->a, &p, reterr);
    if (rc == 0)
        rc = discount_of(w, s->redemption, &p, &off, &code, reterr);
    if (rc)
        return rc;
    struct letter_facts f = {.amount = {p.amount.minor - off, p.amount.currency}, .what = p.plan_name, .date_ms = s->end_ms};
    rc = with_tax(w, &f.amount.minor, reterr);
    if (rc)
        return rc;
    rc = tx_exec(w->tx, &billing_sql[REMINDER_INSERT], ARGS(A_ID(s->id), A_I64(s->end_ms), A_I64(w->now_ms)), reterr);
    if (rc <= 0) /* told already */
        return rc;
    return billing_letter(w, sub_in_trial(s) ? BILLING_TRIAL_ENDS : BILLING_YEAR_ENDS, &f, reterr);
}

static int reminder_turn(const struct engine *e, const struct rows *r, size_t i, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    scoped(work_done) struct work w = {0};
    struct account_id account = {row_id(r, i, 1)};
    struct sub s;
    int rc = work_begin(e, account, &a, &w, reterr);
    if (rc == 0)
        rc = sub_load(w.tx, (struct subscription_id){row_id(r, i, 0)}, &a, &s, reterr);
    if (rc || (s.state != SUB_TRIALING && s.state != SUB_ACTIVE) || s.end_ms <= w.now_ms || s.end_ms != row_i64(r, i, 2))
        return rc; /* it is another story by now */
    rc = reminder_in(&w, &s, reterr);
    return rc ? rc : work_commit(&w, reterr);
}

int billing_reminders(const struct engine *e, struct err *reterr) {
    return each_due(e, &billing_sql[REMINDER_DUE], "billing.reminder", reminder_turn, reterr);
}
