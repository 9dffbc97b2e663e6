/*
 * change.c - from one price to another: a plan of a higher or lower level, another interval, or both.
 *
 * From the period's end on, a change costs nothing now. At once it is worked out to the millisecond:
 *   unused  what the running period costs (rate) x time left / its length
 *   charge  the same of the new rate; or, where the interval is another, its whole price, for a period
 *           that begins now
 * each rounded once (money_part: nearest, a half away from zero). The invoice has a line that takes
 * the unused time off, never more than the charge, and one that charges: an upgrade costs the
 * difference. What of the unused time is more than the charge becomes credit of the account, which the
 * next invoices use up first, with a credit note on the invoices of the running period; never more than
 * is left of those (note.c). Where credit is given nothing is due, so invoice, notes and the change
 * itself are one transaction.
 */
#include "service/billing/letters.h"
#include "service/billing/subscription.h"

static int scheduled(struct work *w, struct sub *s, const struct price *now, const struct price *to, struct err *reterr) {
    struct invoice inv;
    if (w->quote) {
        w->quote->at_ms = s->end_ms;
        return invoice_make_period(w, s, to, s->anchor_ms, sub_in_trial(s) ? 0 : s->anchor_months + now->months, &inv,
                                   reterr);
    }
    bool back = str_eq(id_str(&now->id.v), id_str(&to->id.v)); /* takes a scheduled change back */
    s->next_price = back ? (struct price_id){0} : to->id;
    return subscription_changed(w, s, "change_scheduled", reterr);
}

/* Nothing is paid yet: the other plan for the rest of the trial. */
static int trial_changed(struct work *w, struct sub *s, const struct price *now, const struct price *to,
                         struct err *reterr) {
    if (w->quote)
        return scheduled(w, s, now, to, reterr);
    s->plan = to->plan;
    s->price = to->id;
    s->next_price = (struct price_id){0};
    return subscription_changed(w, s, "changed", reterr);
}

struct at_once {
    struct sub *s;
    const struct price *now, *to;
    int64_t off, rate; /* the coupon's discount of a whole period, and what is left */
    struct str code;
    bool upgrade;
};

/* What is unused and exceeds the charge; the invoice's total is 0 then. */
static int credit(struct work *w, const struct at_once *c, int64_t listed, struct err *reterr) {
    int64_t credited = 0;
    struct str reason = str_printf(w->a, "Unused time of " STR_FMT ", to your credit", STR_ARG(c->now->plan_name));
    int rc = listed > 0 ? notes_to_credit(w, c->s, listed, reason, &credited, reterr) : 0;
    if (rc == 0 && w->quote)
        w->quote->credited = credited;
    else if (rc == 0 && w->expects_credit && credited != w->expected_credit)
        rc = err_refuse(reterr, ERR_CONFLICT, "billing.amount_changed",
                        "The amount has changed. Look at it again, then confirm.", "another credit than was shown");
    if (rc || w->quote || credited == 0)
        return rc;
    return billing_letter(w, BILLING_CREDITED,
                          &(struct letter_facts){.amount = {credited, c->now->amount.currency}, .what = c->now->plan_name}, reterr);
}

static void invoice_begin(const struct work *w, const struct at_once *c, struct str country, struct invoice *inv) {
    const struct sub *s = c->s;
    bool same = c->to->months == c->now->months;
    *inv = (struct invoice){.subscription = s->id,
                            .kind = c->upgrade ? STR("upgrade") : same ? STR("change") : STR("interval"),
                            .currency = c->to->amount.currency,
                            .country = country,
                            .price = c->to->id,
                            .rate = c->rate,
                            .anchor_ms = same ? s->anchor_ms : w->now_ms,
                            .anchor_months = same ? s->anchor_months : 0,
                            .start_ms = w->now_ms,
                            .end_ms = same ? s->end_ms : months_after(w->now_ms, c->to->months)};
    if (!same && c->off) /* a period like any other: the coupon is used once more */
        inv->redemption = s->redemption;
}

static int at_once(struct work *w, const struct at_once *c, struct str country, struct id ref, struct err *reterr) {
    struct sub *s = c->s;
    struct invoice inv;
    struct method m = {0};
    struct payment_id payment = {ref};
    int64_t unused, charge = c->rate;
    struct line lines[2];
    size_t n = 0;
    invoice_begin(w, c, country, &inv);
    bool same = c->to->months == c->now->months;
    if (!prorate(s->rate, w->now_ms, s->start_ms, s->end_ms, &unused) ||
        (same && !prorate(c->rate, w->now_ms, s->start_ms, s->end_ms, &charge)))
        return err_set(reterr, ERR_INVALID, "a prorated amount does not fit");
    int64_t taken = MIN(unused, charge);
    if (taken)
        lines[n++] = (struct line){"unused", STR("Unused time of the plan until now"), -taken, w->now_ms, s->end_ms};
    /* One line, discount and all: two lines of one amount cancel each other with their taxes, three need not. */
    struct str plan = c->off ? str_printf(w->a, STR_FMT " (coupon " STR_FMT ")", STR_ARG(c->to->plan_name), STR_ARG(c->code))
                             : c->to->plan_name;
    lines[n++] = (struct line){"plan", plan, charge, inv.start_ms, inv.end_ms};
    int rc = invoice_make(w, &inv, lines, n, reterr);
    if (rc == 0)
        rc = credit(w, c, unused - taken, reterr);
    if (rc || w->quote)
        return rc;
    if (inv.total == 0)
        return payment_make_free(w, &inv, payment, reterr);
    if (inv.due > 0)
        rc = method_due(w, &m, reterr);
    return rc ? rc : payment_make(w, &inv, &m, false, &payment, reterr);
}

static int state_check(const struct sub *s, struct err *reterr) {
    static const char *const hints[] = {
        [SUB_PAST_DUE] = "The last payment failed. Pay what is due first, then change the plan.",
        [SUB_PAUSING] = "A pause is planned. Take it back first, then change the plan.",
        [SUB_PAUSED] = "The subscription is paused. Resume it first, then change the plan.",
        [SUB_CANCELLING] = "The subscription is cancelled. Take that back first, then change the plan.",
        [SUB_ENDED] = NULL};
    const char *hint = hints[s->state];
    if (s->state == SUB_ACTIVE || s->state == SUB_TRIALING)
        return 0;
    return err_refuse(reterr, ERR_CONFLICT, "billing.not_now",
                      hint ? hint : "The plan can be changed while the subscription is active.", "change while %s",
                      sub_state_name(s->state));
}

/* The price to change to: offered here, in the same currency. The present one may have been retired: it is theirs. */
static int target(struct work *w, struct price_id id, const struct price *now, struct str country, struct price *ret,
                  struct err *reterr) {
    if (str_eq(id_str(&id.v), id_str(&now->id.v))) {
        *ret = *now;
        return 0;
    }
    int rc = price_check(w, id, country, ret, reterr);
    if (rc == 0 && !currency_eq(ret->amount.currency, now->amount.currency))
        rc = err_refuse(reterr, ERR_INVALID, "billing.price_elsewhere",
                        "This price is in another currency. Load the plans again.", "another currency");
    return rc;
}

int change_in(struct work *w, const struct change_ask *ask, struct id ref, struct err *reterr) {
    struct sub s;
    struct price now, to;
    struct at_once c = {.s = &s, .now = &now, .to = &to};
    struct str country;
    int rc = subscription_for_change(w, &s, reterr);
    if (rc == 0)
        rc = state_check(&s, reterr);
    if (rc == 0)
        rc = price_load(w->tx, s.price, w->a, &now, reterr);
    if (rc == 0)
        rc = country_find(w, STR_NULL, &country, reterr);
    if (rc == 0)
        rc = target(w, ask->price, &now, country, &to, reterr);
    if (rc == 0)
        rc = discount_of(w, s.redemption, &to, &c.off, &c.code, reterr);
    if (rc)
        return rc;
    c.rate = to.amount.minor - c.off;
    bool trial = s.state == SUB_TRIALING, back = str_eq(id_str(&now.id.v), id_str(&to.id.v));
    c.upgrade = !trial && to.level > now.level && to.months == now.months && c.rate >= s.rate;
    bool at_end = ask->when == CHANGE_AT_END || (ask->when == CHANGE_USUAL && !c.upgrade && !trial) ||
                  w->now_ms >= s.end_ms; /* the period that begins this minute is the new one */
    if (w->quote) {
        w->quote->redemption = s.redemption;
        w->quote->when = at_end || (back && !trial) ? CHANGE_AT_END : CHANGE_NOW;
    }
    if (trial && !at_end)
        return trial_changed(w, &s, &now, &to, reterr);
    return at_end || back ? scheduled(w, &s, &now, &to, reterr) : at_once(w, &c, country, ref, reterr);
}
