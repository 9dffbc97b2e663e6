/*
 * quote.c - what something would cost, to the minor unit, before anybody agrees to it. It is worked out
 * by the functions that ask for the money themselves, in a transaction that is rolled back, so a quote
 * and its invoice cannot differ. Nothing is stored and no gateway is asked. What passes between quote
 * and payment (a price, a tax) is met by expect_minor: another amount is not charged.
 */
#include "service/billing/subscription.h"
#include "service/json.h"

int quote_take(struct work *w, const struct invoice *inv, const struct line *lines,
               const struct taxed *taxed, size_t n, struct err *reterr) {
    struct quote *q = w->quote;
    int64_t in_hand;
    int rc = ledger_credit(w, inv->currency, &in_hand, reterr);
    if (rc)
        return rc;
    q->inv = *inv;
    q->inv.credit = MIN(in_hand, inv->total);
    q->inv.due = inv->total - q->inv.credit;
    q->n = n;
    for (size_t i = 0; i < n; i++) {
        q->lines[i] = lines[i];
        q->taxed[i] = taxed[i];
    }
    return 0;
}

int quote_take_open(struct work *w, const struct invoice *inv, struct err *reterr) {
    struct quote *q = w->quote;
    struct rows r;
    int rc = tx_query(w->tx, &billing_sql[INVOICE_LINES], ARGS(A_ID(inv->id)), w->a, &r, reterr);
    if (rc < 0)
        return rc;
    q->inv = *inv;
    q->n = MIN(r.n, (size_t)LINES_MAX);
    for (size_t i = 0; i < q->n; i++) {
        struct str kind = row_str(&r, i, 0);
        q->lines[i] = (struct line){.kind = str_printf(w->a, STR_FMT, STR_ARG(kind)).p,
                                    .text = row_str(&r, i, 1),
                                    .start_ms = row_i64(&r, i, 4),
                                    .end_ms = row_i64(&r, i, 5)};
        q->taxed[i] = (struct taxed){row_i64(&r, i, 2), row_i64(&r, i, 3)};
    }
    return 0;
}

/* What a period costs after the quoted one: the discount may be used up by then. */
static int renewal_of(struct work *w, const struct quote *q, struct money *ret, struct err *reterr) {
    struct quote next = {0};
    struct price p;
    struct rows r;
    struct sub s = {.account = w->account, .redemption = q->redemption};
    int rc = price_load(w->tx, q->inv.price, w->a, &p, reterr);
    if (rc == 0 && id_is_set(q->inv.redemption.v)) {
        rc = tx_query(w->tx, &billing_sql[REDEMPTION_TERMS], ARGS(A_ID(q->inv.redemption)), w->a, &r,
                      reterr);
        if (rc > 0 && row_i64(&r, 0, 0) == 1)
            s.redemption = (struct redemption_id){0};
    }
    if (rc < 0)
        return rc;
    w->quote = &next;
    rc = invoice_make_period(w, &s, &p, q->inv.end_ms, 0, &next.inv, reterr);
    if (rc == 0)
        *ret = (struct money){next.inv.total, next.inv.currency};
    return rc;
}

static json_t *lines_json(const struct quote *q) {
    json_t *list = json_array();
    struct currency c = q->inv.currency;
    for (size_t i = 0; i < q->n; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "kind", q->lines[i].kind,
                            "description", json_of_str(q->lines[i].text), "net",
                            money_json((struct money){q->taxed[i].net, c}), "tax",
                            money_json((struct money){q->taxed[i].tax, c}), "period_start_at",
                            json_of_time(q->lines[i].start_ms), "period_end_at",
                            json_of_time(q->lines[i].end_ms)));
    return list;
}

static json_t *quote_json(const struct quote *q, struct money renewal) {
    const struct invoice *i = &q->inv;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:o, s:i, s:o, s:o, s:o, s:o}", "lines",
        lines_json(q), "net", money_json((struct money){i->net, i->currency}), "tax",
        money_json((struct money){i->tax, i->currency}), "total",
        money_json((struct money){i->total, i->currency}), "credit",
        money_json((struct money){i->credit, i->currency}), "due",
        money_json((struct money){i->due, i->currency}), "country", json_of_text(i->country),
        "tax_name", json_of_text(i->tax_name), "tax_bp", (int)i->tax_bp, "tax_inclusive",
        i->tax_inclusive, "charge_at", json_of_time(q->at_ms), "trial_days", (int)q->trial_days,
        "renewal", money_json(renewal), "renews_at", json_of_time(renewal.currency.s[0] ? i->end_ms : 0),
        "when", json_of_text(str_of(q->when == CHANGE_NOW ? "now" : q->when == CHANGE_AT_END ? "period_end" : "")),
        "credited", money_json((struct money){q->credited, q->credited ? i->currency : (struct currency){""}}));
}

static int quote_run(struct work *w, const struct quote_ask *ask, struct err *reterr) {
    struct checkout_ask checkout = {.account = ask->account,
                                    .price = ask->price,
                                    .country = ask->country,
                                    .coupon = ask->coupon};
    struct gateway_method none = {0};
    struct id no_payment = {""};
    if (id_is_set(ask->offer.v))
        return buy_in(w, ask->offer, ask->country, no_payment, reterr);
    if (!id_is_set(ask->price.v))
        return pay_now_in(w, no_payment, reterr);
    struct change_ask change = {ask->price, ask->when};
    return ask->change ? change_in(w, &change, no_payment, reterr)
                       : subscribe_in(w, &checkout, NULL, &none, no_payment, reterr);
}

int billing_quote(const struct engine *e, const struct quote_ask *ask, struct arena *a, json_t **ret,
                  struct err *reterr) {
    scoped(work_done) struct work w = {0};
    struct quote q = {0};
    struct money renewal = {0};
    int rc = work_begin(e, ask->account, a, &w, reterr);
    w.quote = &q;
    w.from = ask->from;
    if (rc == 0)
        rc = quote_run(&w, ask, reterr);
    if (rc == 0 && !q.n)
        rc = err_refuse(reterr, ERR_CONFLICT, "billing.nothing_due", "There is nothing to pay.",
                        "a quote of nothing");
    if (rc == 0 && id_is_set(q.inv.price.v))
        rc = renewal_of(&w, &q, &renewal, reterr);
    if (rc)
        return rc;
    *ret = quote_json(&q, renewal);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a quote");
}
