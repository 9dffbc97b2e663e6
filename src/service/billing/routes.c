/* routes.c - what a viewer does: plans, checkout, changes, rentals, invoices. Schemas and the table of
 * routes are in schemas.c. */
#include "service/billing/dispute.h"
#include "engine/place/place.h"
#include "service/billing/routes_int.h"
#include "service/billing/routes_viewer.h"
#include "base/buf.h"
#include <openssl/sha.h>

int idem_of(struct request *rq, const char *route, struct idem *ret, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct str key = request_header(rq, "Idempotency-Key");
    uint8_t hash[SHA256_DIGEST_LENGTH];
    if (key.n < 8 || key.n > 100 || !str_is_utf8(key))
        return err_refuse(reterr, ERR_INVALID, "billing.idempotency_key_missing",
                          "Send an Idempotency-Key of 8 to 100 characters, a new one for each thing "
                          "that is asked for.",
                          "no usable Idempotency-Key");
    scoped(mem_free) char *body = json_dumps(request_json(rq), JSON_COMPACT | JSON_SORT_KEYS);
    struct str text = str_printf(a, "%s\n%s", route, body ? body : "");
    SHA256((const uint8_t *)text.p, text.n, hash);
    scoped(buf_done) struct buf hex = BUF(80);
    buf_hex(&hex, hash, sizeof hash);
    json_t *expected = json_object_get(request_json(rq), "expect_minor");
    json_t *credit = json_object_get(request_json(rq), "expect_credit_minor");
    *ret = (struct idem){.key = key,
                         .hash = str_dup(a, buf_str(&hex)),
                         .expects = json_is_integer(expected),
                         .expected = json_integer_value(expected),
                         .expects_credit = json_is_integer(credit),
                         .expected_credit = json_integer_value(credit)};
    return text.p && ret->hash.p ? 0 : err_set(reterr, ERR_LIMIT, "no room for a key");
}

struct id id_of(const json_t *body, const char *name) {
    struct id id;
    return id_parse(json_get_str(body, name), &id) ? id : (struct id){""};
}

json_t *price_list_json(const struct rows *prices, struct id plan, struct arena *a) {
    json_t *list = json_array();
    for (size_t i = 0; i < prices->n; i++) {
        struct price p;
        price_read(prices, i, &p);
        if (str_eq(id_str(&p.plan.v), id_str(&plan)))
            json_array_append_new(list, price_json(&p, a));
    }
    return list;
}

json_t *plan_json(const struct rows *r, size_t i, json_t *prices) {
    return json_pack("{s:o, s:o, s:o, s:I, s:b, s:I, s:I, s:I, s:I, s:b, s:o}", "id",
                     json_of_str(row_str(r, i, 0)), "slug", json_of_str(row_str(r, i, 1)), "name",
                     json_of_str(row_str(r, i, 2)), "level", (json_int_t)row_i64(r, i, 3), "active",
                     (int)row_i64(r, i, 4), "streams", (json_int_t)row_i64(r, i, 5), "devices",
                     (json_int_t)row_i64(r, i, 6), "max_height", (json_int_t)row_i64(r, i, 7),
                     "downloads", (json_int_t)row_i64(r, i, 8), "ads", (int)row_i64(r, i, 9),
                     "prices", prices);
}

/* Where a special price of this country stands, the one for everywhere else is not shown. */
static bool overruled(const struct rows *prices, size_t i, const struct price *p) {
    for (size_t k = 0; k < prices->n && !p->country.n; k++) {
        struct price other;
        price_read(prices, k, &other);
        if (k != i && other.country.n && other.months == p->months &&
            currency_eq(other.amount.currency, p->amount.currency) &&
            str_eq(id_str(&other.plan.v), id_str(&p->plan.v)))
            return true;
    }
    return false;
}

int plans_get(struct request *rq, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    struct str country = request_query(rq, "country");
    struct rows plans, prices;
    if (!country.n)
        country = request_country(rq);
    if (!country.n)
        country = billing_country(request_engine(rq));
    int rc = store_query(st, &billing_sql[PLAN_ALL], NO_ARGS, a, &plans, reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[PRICE_HERE], ARGS(A_STR(country)), a, &prices, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < plans.n; i++) {
        json_t *list = json_array();
        struct str id = row_str(&plans, i, 0);
        for (size_t k = 0; k < prices.n; k++) {
            struct price p;
            price_read(&prices, k, &p);
            if (str_eq(id_str(&p.plan.v), id) && !overruled(&prices, k, &p))
                json_array_append_new(list, price_json(&p, a));
        }
        if (row_i64(&plans, i, 4) && json_array_size(list))
            json_array_append_new(items, plan_json(&plans, i, list));
        else
            json_decref(list);
    }
    json_t *tax = json_null();
    rc = store_query(st, &billing_sql[TAX_OF], ARGS(A_STR(country)), a, &plans, reterr);
    if (rc > 0)
        tax = json_pack("{s:o, s:I, s:b}", "name", json_of_str(row_str(&plans, 0, 0)), "rate_bp",
                        (json_int_t)row_i64(&plans, 0, 1), "inclusive", (int)row_i64(&plans, 0, 2));
    json_t *out =
        json_pack("{s:o, s:o, s:o}", "country", json_of_text(country), "items", items, "tax", tax);
    if (rc < 0) {
        json_decref(out);
        return rc;
    }
    return reply_json(rq, 200, out);
}

static int credits_json(struct request *rq, struct account_id account, json_t **ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &billing_sql[CREDITS_OF],
                         ARGS(A_ID(account)), request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    *ret = json_array();
    for (size_t i = 0; i < r.n; i++) {
        struct money m = {.minor = row_i64(&r, i, 1)};
        if (m.minor > 0 && currency_parse(row_str(&r, i, 0), &m.currency))
            json_array_append_new(*ret, money_json(m));
    }
    return 0;
}

/* The live subscription, else the last one: its end is what a person wants to see. */
static int latest_json(struct request *rq, struct account_id account, json_t **ret, struct err *reterr) {
    struct rows r;
    struct sub s;
    *ret = json_null();
    int rc = store_query(request_engine(rq)->store, &billing_sql[SUB_BY_ACCOUNT],
                         ARGS(A_ID(account)), request_arena(rq), &r, reterr);
    if (rc <= 0)
        return rc;
    sub_read(&r, 0, &s);
    return sub_json(request_engine(rq), &s, request_arena(rq), ret, reterr);
}

/* Whether the last charge of the method in use was declined: it is there still, and will not do. */
static int method_json(struct request *rq, struct account_id account, const struct rows *method, json_t **ret, struct err *reterr) {
    struct rows last;
    *ret = NULL;
    if (!method->n) {
        *ret = json_null();
        return 0;
    }
    int rc = store_query(request_engine(rq)->store, &billing_sql[METHOD_LAST_CHARGE],
                         ARGS(A_ID(account), A_STR(row_str(method, 0, 0))), request_arena(rq), &last, reterr);
    if (rc >= 0)
        *ret = json_pack("{s:o, s:o, s:b}", "gateway", json_of_str(row_str(method, 0, 1)), "label", json_of_str(row_str(method, 0, 3)),
                         "declined", last.n && str_eq(row_str(&last, 0, 0), STR("failed")));
    return MIN(rc, 0);
}

int reply_billing_of(struct request *rq, struct account_id account, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct rows acc, method;
    json_t *sub = NULL, *credits = NULL, *m = NULL;
    int rc = store_query(st, &billing_sql[B_ACCOUNT], ARGS(A_ID(account)), request_arena(rq), &acc,
                         reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[METHOD_IN_USE], ARGS(A_ID(account)), request_arena(rq),
                         &method, reterr);
    if (rc >= 0)
        rc = method_json(rq, account, &method, &m, reterr);
    if (rc >= 0)
        rc = latest_json(rq, account, &sub, reterr);
    if (rc >= 0)
        rc = credits_json(rq, account, &credits, reterr);
    if (rc < 0) {
        json_decref(m);
        json_decref(sub);
        return rc;
    }
    return reply_json(rq, 200,
                      json_pack("{s:o, s:b, s:o, s:o, s:o}", "country",
                                json_of_text(acc.n ? row_str(&acc, 0, 0) : STR("")), "trial_used",
                                acc.n && row_i64(&acc, 0, 2) != 0, "method", m, "credits", credits,
                                "subscription", sub));
}

int reply_billing(struct request *rq, struct err *reterr) {
    return reply_billing_of(rq, request_principal(rq)->account, reterr);
}

static struct pay_with pay_of(struct request *rq) {
    const json_t *body = request_json(rq);
    return (struct pay_with){.gateway = json_get_str(body, "gateway"),
                             .token = json_get_str(body, "token"),
                             .from = request_country(rq)};
}

static bool country_bad(struct request *rq, struct str c) {
    if (!c.n || (c.n == 2 && c.p[0] >= 'A' && c.p[0] <= 'Z' && c.p[1] >= 'A' && c.p[1] <= 'Z'))
        return false;
    request_field_error(rq, "country", "Is an ISO 3166-1 code like DE.");
    return true;
}

static int invalid(struct err *reterr) {
    return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.",
                      "country");
}

int subscription_post(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    json_t *out = NULL;
    struct checkout_ask ask = {.account = request_principal(rq)->account,
                               .price = {id_of(b, "price_id")},
                               .country = json_get_str(b, "country"),
                               .coupon = json_get_str(b, "coupon"),
                               .pay = pay_of(rq)};
    if (country_bad(rq, ask.country))
        return invalid(reterr);
    int rc = idem_of(rq, "subscribe", &ask.idem, reterr);
    if (rc == 0)
        rc = billing_subscribe(request_engine(rq), &ask, request_arena(rq), &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

static enum change_when when_of(const json_t *body) {
    struct str when = json_get_str(body, "when");
    return str_eq(when, STR("now")) ? CHANGE_NOW : str_eq(when, STR("period_end")) ? CHANGE_AT_END : CHANGE_USUAL;
}

int quote_post(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    json_t *out = NULL;
    struct quote_ask ask = {.account = request_principal(rq)->account,
                            .price = {id_of(b, "price_id")},
                            .offer = {id_of(b, "offer_id")},
                            .change = json_is_true(json_object_get(b, "change")),
                            .when = when_of(b),
                            .country = json_get_str(b, "country"),
                            .coupon = json_get_str(b, "coupon"),
                            .from = request_country(rq)};
    if (country_bad(rq, ask.country))
        return invalid(reterr);
    int rc = billing_quote(request_engine(rq), &ask, request_arena(rq), &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

int subscription_change_post(struct request *rq, struct err *reterr) {
    struct idem idem;
    json_t *out = NULL;
    struct change_ask ask = {{id_of(request_json(rq), "price_id")}, when_of(request_json(rq))};
    int rc = idem_of(rq, "change", &idem, reterr);
    if (rc == 0)
        rc = billing_change(request_engine(rq), request_principal(rq)->account, &ask, &idem,
                            request_arena(rq), &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

int subscription_pay_post(struct request *rq, struct err *reterr) {
    struct idem idem;
    json_t *out = NULL;
    struct pay_with pay = pay_of(rq);
    int rc = idem_of(rq, "pay", &idem, reterr);
    if (rc == 0)
        rc = billing_pay_now(request_engine(rq), request_principal(rq)->account, &pay, &idem,
                             request_arena(rq), &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

int subscription_cancel_post(struct request *rq, struct err *reterr) {
    int rc = billing_cancel(request_engine(rq), request_principal(rq)->account, request_arena(rq),
                            reterr);
    return rc ? rc : reply_billing(rq, reterr);
}

int subscription_keep_post(struct request *rq, struct err *reterr) {
    int rc = billing_keep(request_engine(rq), request_principal(rq)->account, request_arena(rq),
                          reterr);
    return rc ? rc : reply_billing(rq, reterr);
}

int subscription_pause_post(struct request *rq, struct err *reterr) {
    int rc = billing_pause(request_engine(rq), request_principal(rq)->account,
                           (int)json_get_int(request_json(rq), "months", 1), request_arena(rq),
                           reterr);
    return rc ? rc : reply_billing(rq, reterr);
}

int payment_method_put(struct request *rq, struct err *reterr) {
    struct pay_with pay = pay_of(rq);
    int rc = billing_method_set(request_engine(rq), request_principal(rq)->account, &pay,
                                request_arena(rq), reterr);
    return rc ? rc : reply_billing(rq, reterr);
}

int purchase_post(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    struct idem idem;
    json_t *out = NULL;
    struct offer_id offer = {id_of(b, "offer_id")};
    struct pay_with pay = pay_of(rq);
    struct str country = json_get_str(b, "country");
    if (country_bad(rq, country))
        return invalid(reterr);
    int rc = idem_of(rq, "buy", &idem, reterr);
    if (rc == 0)
        rc = billing_buy(request_engine(rq), request_principal(rq)->account, offer, country, &pay,
                         &idem, request_arena(rq), &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

int title_access_get(struct request *rq, struct err *reterr) {
    struct entitlement d;
    struct title_id title;
    if (!id_parse(request_param(rq, "id"), &title.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = billing_entitlement(request_engine(rq), request_principal(rq)->account, title,
                                 request_country(rq), request_arena(rq), &d, reterr);
    return rc ? rc : reply_json(rq, 200, entitlement_json(&d));
}

static json_t *countries_json(struct str list) {
    json_t *out = json_array();
    struct str one;
    while (list.n) {
        list = str_cut(list, ' ', &one);
        json_array_append_new(out, json_of_str(one));
    }
    return out;
}

int offer_json(const struct engine *e, const struct rows *o, size_t i, struct arena *a,
               json_t **ret, struct err *reterr) {
    struct rows titles, prices, plan = {0};
    struct str id = row_str(o, i, 0);
    int rc = store_query(e->store, &billing_sql[OFFER_TITLES], ARGS(A_STR(id)), a, &titles, reterr);
    if (rc >= 0)
        rc = store_query(e->store, &billing_sql[OFFER_PRICES], ARGS(A_STR(id)), a, &prices, reterr);
    if (rc >= 0 && !row_null(o, i, 3))
        rc = store_query(e->store, &billing_sql[PLAN_BY_ID], ARGS(A_STR(row_str(o, i, 3))), a, &plan,
                         reterr);
    if (rc < 0)
        return rc;
    json_t *t = json_array(), *p = json_array();
    for (size_t k = 0; k < titles.n; k++)
        json_array_append_new(t, json_of_str(row_str(&titles, k, 0)));
    for (size_t k = 0; k < prices.n; k++) {
        struct money m = {.minor = row_i64(&prices, k, 2)};
        currency_parse(row_str(&prices, k, 0), &m.currency);
        json_array_append_new(p, json_pack("{s:o, s:o}", "country",
                                           json_of_text(row_str(&prices, k, 1)), "price",
                                           money_json(m)));
    }
    *ret = json_pack("{s:o, s:o, s:o, s:o, s:b, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "id",
                     json_of_str(id), "kind", json_of_str(row_str(o, i, 1)), "name",
                     json_of_str(row_str(o, i, 2)), "plan",
                     json_of_str(plan.n ? row_str(&plan, 0, 1) : STR_NULL), "all_titles",
                     (int)row_i64(o, i, 4), "start_days", (json_int_t)row_i64(o, i, 5),
                     "finish_hours", (json_int_t)row_i64(o, i, 6), "active", (int)row_i64(o, i, 7),
                     "from_at", json_of_time(row_i64(o, i, 8)), "until_at",
                     json_of_time(row_i64(o, i, 9)), "countries", countries_json(row_str(o, i, 10)),
                     "title_ids", t, "prices", p);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an offer");
}

/* The offer's business model, where the licensor does not allow it. */
static bool offer_barred(const struct rights_verdict *v, struct str kind) {
    static const struct {
        const char *kind;
        enum rights_model model;
    } of[] = {{"plan", MODEL_SVOD}, {"rental", MODEL_TVOD}, {"purchase", MODEL_EST}, {"avod", MODEL_AVOD}};
    for (size_t i = 0; i < ARRAY_LEN(of); i++)
        if (str_eq(kind, str_of(of[i].kind)))
            return v->barred & 1u << of[i].model;
    return false;
}

/* What is open now to who is here: other windows and countries, what may not be sold here, and the kinds that are no
 * offer to a viewer, are left out. */
int title_offers_get(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct arena *a = request_arena(rq);
    struct rows r, o;
    struct str here = request_country(rq);
    int64_t now = request_now_ms(rq);
    json_t *items = json_array();
    struct title_id title = {{{0}}};
    struct title_brief brief;
    struct rights_verdict allowed = {0};
    if (!here.n)
        here = billing_country(e);
    id_parse(request_param(rq, "id"), &title.v); /* the route checked it */
    struct store_ask ask = catalog_brief_ask(&title);
    int rc = store_ask_all(e->store, &ask, 1, a, reterr);
    if (rc == 0 && catalog_brief_take(&ask, &brief, NULL) == 0)
        rc = rights_verdict_of(e, &brief, here, 0, a, &allowed, reterr);
    if (rc == 0)
        rc = store_query(e->store, &billing_sql[OFFERS_OF_TITLE],
                         ARGS(A_STR(request_param(rq, "id"))), a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        json_t *one = NULL;
        if (row_i64(&r, i, 3) > now || (row_i64(&r, i, 4) && row_i64(&r, i, 4) <= now) ||
            str_eq(row_str(&r, i, 1), STR("holdback")) || offer_barred(&allowed, row_str(&r, i, 1)) ||
            (row_str(&r, i, 8).n && !country_listed(row_str(&r, i, 8), here)))
            continue;
        rc = store_row(e->store, &billing_sql[OFFER_BY_ID], ARGS(A_STR(row_str(&r, i, 0))), a, &o,
                       reterr);
        if (rc >= 0)
            rc = offer_json(e, &o, 0, a, &one, reterr);
        if (one) {
            json_object_del(one, "title_ids"); /* a bundle may hold thousands */
            json_object_set_new(one, "title_ids", json_array());
            json_array_append_new(items, one);
        }
    }
    if (rc < 0) {
        json_decref(items);
        return rc;
    }
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

int payment_confirm_post(struct request *rq, struct err *reterr) {
    struct payment_id id;
    json_t *out = NULL;
    if (!id_parse(request_param(rq, "id"), &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = billing_payment_sync(request_engine(rq), request_principal(rq)->account, id,
                                  request_arena(rq), &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

/* The stand-in for a bank's page. With notify the gateway also tells us by itself, as a webhook does,
 * which may come before the payer does. */
int test_gateway_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const json_t *b = request_json(rq);
    struct payment_id id;
    json_t *out = NULL;
    if (!billing_test_gateway(e) || !id_parse(request_param(rq, "id"), &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "the test gateway is not in force");
    struct rows r;
    struct payment p;
    int rc = store_query(e->store, &billing_sql[PAYMENT_BY_ID], ARGS(A_ID(id)), request_arena(rq), &r, reterr);
    if (rc > 0)
        payment_read(&r, 0, &p);
    /* A bank asks the payer only: another's payment is as good as none. */
    if (rc >= 0 && (rc == 0 || !str_eq(id_str(&p.account.v), id_str(&request_principal(rq)->account.v))))
        return err_set(reterr, ERR_NOT_FOUND, "no such payment of the account");
    if (rc > 0)
        rc = test_gateway_answer(e, id_str(&id.v), json_is_true(json_object_get(b, "accept")), reterr);
    if (rc == 0 && json_is_true(json_object_get(b, "notify"))) {
        rc = billing_payment_sync(e, request_principal(rq)->account, id, request_arena(rq), &out,
                                  reterr);
        json_decref(out);
    }
    return rc ? rc : reply_empty(rq);
}

int gift_redeem_post(struct request *rq, struct err *reterr) {
    struct money m;
    int rc = billing_gift_redeem(request_engine(rq), request_principal(rq)->account,
                                 json_get_str(request_json(rq), "code"), request_arena(rq), &m,
                                 reterr);
    return rc ? rc : reply_billing(rq, reterr);
}

int reply_invoices_of(struct request *rq, struct account_id account, struct err *reterr) {
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &billing_sql[INVOICE_BY_ACCOUNT], ARGS(A_ID(account)), request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n; i++) {
        struct invoice inv;
        invoice_read(&r, i, &inv);
        json_array_append_new(items, invoice_json(&inv));
    }
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

int invoices_get(struct request *rq, struct err *reterr) {
    return reply_invoices_of(rq, request_principal(rq)->account, reterr);
}

/* One's own and paid, or it does not exist. */
static int invoice_mine(struct request *rq, struct invoice *ret, struct err *reterr) {
    struct rows r;
    struct account_id me = request_principal(rq)->account;
    int rc = store_query(request_engine(rq)->store, &billing_sql[INVOICE_BY_ID],
                         ARGS(A_STR(request_param(rq, "id"))), request_arena(rq), &r, reterr);
    if (rc > 0)
        invoice_read(&r, 0, ret);
    if (rc == 0 || (rc > 0 && (!str_eq(id_str(&ret->account.v), id_str(&me.v)) || !ret->number)))
        return err_refuse(reterr, ERR_NOT_FOUND, "billing.invoice_not_found",
                          "There is no such invoice.", "no such invoice of this account");
    return rc < 0 ? rc : 0;
}

int invoice_get(struct request *rq, struct err *reterr) {
    struct invoice inv;
    struct rows r, notes;
    struct store *st = request_engine(rq)->store;
    struct str dispute;
    int rc = invoice_mine(rq, &inv, reterr);
    if (rc == 0)
        rc = dispute_of_invoice(request_engine(rq), inv.id, request_arena(rq), &dispute, reterr);
    if (rc == 0)
        rc = store_query(st, &billing_sql[INVOICE_LINES], ARGS(A_ID(inv.id)), request_arena(rq), &r,
                         reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[NOTES_OF_INVOICE], ARGS(A_ID(inv.id)), request_arena(rq),
                         &notes, reterr);
    if (rc < 0)
        return rc;
    json_t *out = invoice_json(&inv), *lines = json_array(), *list = json_array();
    for (size_t i = 0; i < r.n; i++)
        json_array_append_new(
            lines, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "kind", json_of_str(row_str(&r, i, 0)),
                             "description", json_of_str(row_str(&r, i, 1)), "net",
                             money_json((struct money){row_i64(&r, i, 2), inv.currency}), "tax",
                             money_json((struct money){row_i64(&r, i, 3), inv.currency}),
                             "period_start_at", json_of_time(row_i64(&r, i, 4)), "period_end_at",
                             json_of_time(row_i64(&r, i, 5))));
    for (size_t i = 0; i < notes.n; i++)
        json_array_append_new(
            list, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "number", (json_int_t)row_i64(&notes, i, 0),
                            "total", money_json((struct money){row_i64(&notes, i, 3), inv.currency}),
                            "tax", money_json((struct money){row_i64(&notes, i, 2), inv.currency}),
                            "reason", json_of_text(row_str(&notes, i, 4)), "at",
                            json_of_time(row_i64(&notes, i, 5)), "cancelled_at",
                            json_of_time(row_i64(&notes, i, 6))));
    json_object_set_new(out, "lines", lines);
    json_object_set_new(out, "credit_notes", list);
    json_object_set_new(out, "dispute", json_of_str(dispute));
    return reply_json(rq, 200, out);
}

static int reply_pdf(struct request *rq, const char *name, int64_t number, struct str pdf) {
    char saved[80];
    snprintf(saved, sizeof saved, "inline; filename=\"%s-%lld.pdf\"", name, (long long)number);
    reply_header(rq, "Content-Disposition", saved);
    return reply_text(rq, 200, "application/pdf", pdf);
}

int invoice_pdf_get(struct request *rq, struct err *reterr) {
    struct invoice inv;
    struct str pdf;
    int rc = invoice_mine(rq, &inv, reterr);
    if (rc == 0)
        rc = invoice_pdf(request_engine(rq), &inv, request_arena(rq), &pdf, reterr);
    return rc ? rc : reply_pdf(rq, "invoice", inv.number, pdf);
}

int credit_note_pdf_get(struct request *rq, struct err *reterr) {
    struct invoice inv;
    struct str pdf;
    int64_t number = 0;
    int rc = invoice_mine(rq, &inv, reterr);
    if (rc == 0 && !str_to_i64(request_param(rq, "number"), &number))
        number = 0; /* numbers begin at 1: not found */
    if (rc == 0)
        rc = credit_note_pdf(request_engine(rq), &inv, number, request_arena(rq), &pdf, reterr);
    return rc ? rc : reply_pdf(rq, "credit-note", number, pdf);
}

int invoice_html_get(struct request *rq, struct err *reterr) {
    struct invoice inv;
    struct str page;
    int rc = invoice_mine(rq, &inv, reterr);
    if (rc == 0)
        rc = invoice_html(request_engine(rq), &inv, request_arena(rq), &page, reterr);
    return rc ? rc : reply_text(rq, 200, "text/html; charset=utf-8", page);
}
