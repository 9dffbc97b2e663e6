/* json.c - billing's rows as the API shows them. */
#include "service/billing/billing_int.h"
#include "service/json.h"

json_t *money_json(struct money m) {
    if (!m.currency.s[0])
        return json_null();
    return json_pack("{s:I, s:s, s:i}", "minor", (json_int_t)m.minor, "currency", m.currency.s,
                     "exponent", currency_exponent(m.currency));
}

json_t *price_json(const struct price *p, struct arena *a) {
    return json_pack("{s:s, s:i, s:o, s:o, s:i}", "id", p->id.v.s, "months", p->months, "price",
                     money_json(p->amount), "country", json_of_text(p->country), "trial_days",
                     p->trial_days);
}

static int priced_plan_json(struct tx *tx, struct price_id id, struct arena *a, json_t **ret,
                            struct err *reterr) {
    struct price p;
    *ret = json_null();
    if (!id_is_set(id.v))
        return 0;
    int rc = price_load(tx, id, a, &p, reterr);
    if (rc)
        return rc;
    *ret = json_pack("{s:s, s:o, s:o, s:i, s:o}", "price_id", p.id.v.s, "plan",
                     json_of_str(p.plan_slug), "name", json_of_str(p.plan_name), "months", p.months,
                     "price", money_json(p.amount));
    return 0;
}

int sub_json(const struct engine *e, const struct sub *s, struct arena *a, json_t **ret,
             struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    json_t *now = NULL, *next = NULL;
    int64_t until = 0;
    bool entitles = sub_entitles(s, clock_now_ms(e->clock), &until);
    int rc = tx_begin(e->store, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0)
        rc = priced_plan_json(tx, s->price, a, &now, reterr);
    if (rc == 0)
        rc = priced_plan_json(tx, s->next_price, a, &next, reterr);
    if (rc) {
        json_decref(now);
        return rc;
    }
    struct rows plan;
    rc = tx_query(tx, &billing_sql[PLAN_BY_ID], ARGS(A_ID(s->plan)), a, &plan, reterr);
    if (rc < 0) {
        json_decref(now);
        json_decref(next);
        return rc;
    }
    const struct gateway *g = NULL;
    if (s->store_ref.n && gateway_find(e, s->gateway, &g, NULL))
        g = NULL;
    *ret = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "id", s->id.v.s,
                     "state", sub_state_name(s->state), "entitled", entitles, "current", now,
                     "next", next, "period_start_at", json_of_time(s->start_ms), "period_end_at",
                     json_of_time(s->end_ms), "grace_until_at", json_of_time(s->grace_ms),
                     "resume_at", json_of_time(s->resume_ms), "ended_at", json_of_time(s->ended_ms),
                     "owner", s->store_ref.n ? "store" : "us", "manage_url",
                     json_of_str(g ? str_of(g->manage_url) : STR_NULL), "plan_name",
                     json_of_str(plan.n ? row_str(&plan, 0, 2) : STR_NULL));
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a subscription");
}

static const char *status_of(const struct payment *p) {
    if (str_eq(p->state, STR("action")))
        return "action_required";
    if (str_eq(p->state, STR("failed")))
        return "declined";
    return str_eq(p->state, STR("succeeded")) ? "succeeded" : "processing";
}

static const char *detail_of(const struct payment *p) {
    if (str_eq(p->state, STR("action")))
        return "Your bank wants you to confirm this payment.";
    if (str_eq(p->state, STR("pending")))
        return "The payment is on its way. This page will know in a minute.";
    if (!str_eq(p->state, STR("failed")))
        return "";
    if (str_starts(p->decline_code, STR("authentication")))
        return "The payment was not confirmed with your bank. Try again.";
    return "The payment was declined. Try another payment method.";
}

static int checkout_sub(const struct engine *e, struct account_id account, struct arena *a,
                        json_t **ret, struct err *reterr) {
    struct rows r;
    struct sub s;
    *ret = json_null();
    int rc = store_query(e->store, &billing_sql[SUB_LIVE], ARGS(A_ID(account)), a, &r, reterr);
    if (rc <= 0)
        return rc;
    sub_read(&r, 0, &s);
    return sub_json(e, &s, a, ret, reterr);
}

int checkout_json(const struct engine *e, struct account_id account, struct id payment,
                  struct arena *a, json_t **ret, struct err *reterr) {
    struct rows r;
    struct payment p = {.state = STR("succeeded"), .decline_code = STR("")};
    json_t *sub = NULL;
    int rc = store_query(e->store, &billing_sql[PAYMENT_BY_ID], ARGS(A_CSTR(payment.s)), a, &r,
                         reterr);
    if (rc > 0)
        payment_read(&r, 0, &p);
    if (rc >= 0)
        rc = checkout_sub(e, account, a, &sub, reterr);
    if (rc < 0)
        return rc;
    *ret = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "status", status_of(&p), "detail",
                     detail_of(&p), "payment_id", json_of_id(p.id.v), "invoice_id",
                     json_of_id(p.invoice.v), "charged", money_json(p.amount), "action_url",
                     json_of_text(str_eq(p.state, STR("action")) ? p.action_url : STR("")),
                     "decline_code", json_of_text(p.decline_code), "subscription", sub);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a checkout");
}

json_t *invoice_json(const struct invoice *i) {
    struct currency c = i->currency;
    return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b}", "id",
                     i->id.v.s, "number", (json_int_t)i->number, "kind", json_of_str(i->kind),
                     "paid_at", json_of_time(i->paid_ms), "country", json_of_text(i->country),
                     "net", money_json((struct money){i->net, c}), "tax",
                     money_json((struct money){i->tax, c}), "total",
                     money_json((struct money){i->total, c}), "credit",
                     money_json((struct money){i->credit, c}), "tax_name",
                     json_of_text(i->tax_name), "buyer", json_of_text(i->buyer), "tax_bp",
                     (int)i->tax_bp, "tax_inclusive", i->tax_inclusive);
}
