/* routes_operator.c - what an operator does: plans, prices, offers, taxes, codes, refunds. A plan or an
 * offer is put as a whole; a price that differs retires the one before and never changes it. */
#include "service/billing/routes_int.h"
#include "engine/place/place.h"
#include "base/buf.h"
#include <openssl/rand.h>

static int bad(struct request *rq, const char *field, const char *detail, struct err *reterr) {
    request_field_error(rq, field, detail);
    return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.",
                      "%s: %s", field, detail);
}

static int currency_of(struct request *rq, const json_t *body, struct currency *ret,
                       struct err *reterr) {
    if (currency_parse(json_get_str(body, "currency"), ret))
        return 0;
    return bad(rq, "currency", "Is no ISO 4217 currency; write EUR, USD, JPY.", reterr);
}

static bool country_ok(struct str c) {
    return c.n == 0 || (c.n == 2 && c.p[0] >= 'A' && c.p[0] <= 'Z' && c.p[1] >= 'A' && c.p[1] <= 'Z');
}

static struct str text_or(struct str s, struct str absent) {
    return s.p ? s : absent;
}

static int reply_plan(struct request *rq, struct str slug, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    struct rows plan, prices;
    int rc = store_row(st, &billing_sql[PLAN_BY_SLUG], ARGS(A_STR(slug)), a, &plan, reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[PRICE_ALL], NO_ARGS, a, &prices, reterr);
    if (rc < 0)
        return rc;
    return reply_json(rq, 200, plan_json(&plan, 0, price_list_json(&prices, row_id(&plan, 0, 0), a)));
}

int plan_put(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    struct id id = id_new(request_now_ms(rq));
    struct str slug = request_param(rq, "slug");
    if (slug.n > 60 || !str_eq(str_slug(request_arena(rq), slug, 60), slug))
        return bad(rq, "slug", "Has lower-case letters, digits and single dashes.", reterr);
    int rc = store_exec(request_engine(rq)->store, &billing_sql[PLAN_UPSERT],
                        ARGS(A_CSTR(id.s), A_STR(slug), A_STR(json_get_str(b, "name")),
                             A_I64(json_get_int(b, "level", 0)),
                             A_BOOL(!json_is_false(json_object_get(b, "active"))),
                             A_I64(json_get_int(b, "streams", 0)),
                             A_I64(json_get_int(b, "devices", 0)),
                             A_I64(json_get_int(b, "max_height", 0)),
                             A_I64(json_get_int(b, "downloads", 0)),
                             A_BOOL(json_is_true(json_object_get(b, "ads"))),
                             A_I64(request_now_ms(rq))),
                        reterr);
    return rc < 0 ? rc : reply_plan(rq, slug, reterr);
}

static int price_put_in(struct tx *tx, struct request *rq, struct id plan, struct currency c,
                        struct err *reterr) {
    const json_t *b = request_json(rq);
    struct rows old;
    struct id id = id_new(request_now_ms(rq));
    int64_t months = json_get_int(b, "months", 1), minor = json_get_int(b, "amount_minor", 0);
    int64_t trial = json_get_int(b, "trial_days", 0);
    struct str country = text_or(json_get_str(b, "country"), STR(""));
    int rc = tx_query(tx, &billing_sql[PRICE_SAME],
                      ARGS(A_CSTR(plan.s), A_I64(months), A_CSTR(c.s), A_STR(country)),
                      request_arena(rq), &old, reterr);
    if (rc > 0 && row_i64(&old, 0, 1) == minor && row_i64(&old, 0, 2) == trial &&
        !json_is_false(json_object_get(b, "active")))
        return 0;
    if (rc > 0)
        rc = tx_exec(tx, &billing_sql[PRICE_RETIRE], ARGS(A_STR(row_str(&old, 0, 0))), reterr);
    if (rc >= 0 && !json_is_false(json_object_get(b, "active")))
        rc = tx_exec(tx, &billing_sql[PRICE_INSERT],
                     ARGS(A_CSTR(id.s), A_CSTR(plan.s), A_I64(months), A_CSTR(c.s), A_STR(country),
                          A_I64(minor), A_I64(trial), A_I64(request_now_ms(rq))),
                     reterr);
    return rc < 0 ? rc : 0;
}

int plan_price_put(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct currency c;
    struct rows plan;
    struct str slug = request_param(rq, "slug");
    int64_t months = json_get_int(b, "months", 1);
    int rc = currency_of(rq, b, &c, reterr);
    if (rc == 0 && months != 1 && months != 12)
        rc = bad(rq, "months", "Is 1 or 12.", reterr);
    if (rc == 0 && !country_ok(json_get_str(b, "country")))
        rc = bad(rq, "country", "Is an ISO 3166-1 code like DE, or absent.", reterr);
    if (rc == 0)
        rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_row(tx, &billing_sql[PLAN_BY_SLUG], ARGS(A_STR(slug)), request_arena(rq), &plan,
                    reterr);
    if (rc >= 0)
        rc = price_put_in(tx, rq, row_id(&plan, 0, 0), c, reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_plan(rq, slug, reterr);
}

static int offer_parts(struct tx *tx, struct request *rq, struct id id, struct err *reterr) {
    const json_t *b = request_json(rq), *titles = json_object_get(b, "title_ids"),
                 *prices = json_object_get(b, "prices");
    int rc = tx_exec(tx, &billing_sql[OFFER_TITLES_CLEAR], ARGS(A_CSTR(id.s)), reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(titles); i++)
        rc = tx_exec(tx, &billing_sql[OFFER_TITLE_ADD],
                     ARGS(A_CSTR(id.s), A_CSTR(json_string_value(json_array_get(titles, i)))),
                     reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &billing_sql[OFFER_PRICES_CLEAR], ARGS(A_CSTR(id.s)), reterr);
    for (size_t i = 0; rc >= 0 && i < json_array_size(prices); i++) {
        const json_t *p = json_array_get(prices, i);
        struct currency c;
        struct str country = text_or(json_get_str(p, "country"), STR(""));
        rc = currency_of(rq, p, &c, reterr);
        if (rc == 0 && !country_ok(country))
            rc = bad(rq, "country", "Is an ISO 3166-1 code like DE, or absent.", reterr);
        if (rc == 0)
            rc = tx_exec(tx, &billing_sql[OFFER_PRICE_ADD],
                         ARGS(A_CSTR(id.s), A_CSTR(c.s), A_STR(country),
                              A_I64(json_get_int(p, "amount_minor", 0))),
                         reterr);
    }
    return rc < 0 ? rc : 0;
}

static int offer_check(struct request *rq, const json_t *b, struct err *reterr) {
    struct str kind = json_get_str(b, "kind");
    bool sold = str_eq(kind, STR("rental")) || str_eq(kind, STR("purchase"));
    if (str_eq(kind, STR("plan")) != (json_get_str(b, "plan").n > 0))
        return bad(rq, "plan", "Belongs to offers of the kind plan, and to all of these.", reterr);
    if (sold && json_is_true(json_object_get(b, "all_titles")))
        return bad(rq, "all_titles", "Name the titles of what is rented or bought.", reterr);
    if (str_eq(kind, STR("rental")) && json_get_int(b, "finish_hours", 0) < 1)
        return bad(rq, "finish_hours", "A rental needs hours to finish.", reterr);
    return 0;
}

static int code_order(const void *a, const void *b) {
    return memcmp(((const struct str *)a)->p, ((const struct str *)b)->p, 2);
}

/* "AT DE": in order, each once, as entitlement and the API read them. */
static int countries_of(struct request *rq, const json_t *list, struct str *ret, struct err *reterr) {
    struct str codes[COUNTRIES_MAX];
    struct buf text = BUF(4 * COUNTRIES_MAX);
    size_t n = json_array_size(list);
    for (size_t i = 0; i < n; i++) {
        codes[i] = str_of(json_string_value(json_array_get(list, i)));
        if (!country_is(codes[i]))
            return bad(rq, "countries", "Are ISO 3166-1 codes like DE.", reterr);
    }
    if (n)
        qsort(codes, n, sizeof codes[0], code_order);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !str_eq(codes[i], codes[i - 1]))
            buf_addf(&text, "%s" STR_FMT, text.n ? " " : "", STR_ARG(codes[i]));
    *ret = str_dup(request_arena(rq), buf_str(&text));
    buf_done(&text);
    return ret->p ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an offer");
}

int offer_put(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    const struct engine *e = request_engine(rq);
    struct arena *a = request_arena(rq);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows plan = {0}, offer;
    struct id id;
    struct str slug = json_get_str(b, "plan"), countries = STR("");
    int64_t from = 0, until = 0;
    json_t *out = NULL;
    if (!id_parse(request_param(rq, "id"), &id))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    rfc3339_parse(json_get_str(b, "from_at"), &from);
    rfc3339_parse(json_get_str(b, "until_at"), &until);
    int rc = offer_check(rq, b, reterr);
    if (rc == 0)
        rc = countries_of(rq, json_object_get(b, "countries"), &countries, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0 && slug.n)
        rc = tx_row(tx, &billing_sql[PLAN_BY_SLUG], ARGS(A_STR(slug)), a, &plan, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &billing_sql[OFFER_INSERT],
                     ARGS(A_CSTR(id.s), A_STR(json_get_str(b, "kind")),
                          A_STR(json_get_str(b, "name")), plan.n ? A_STR(row_str(&plan, 0, 0)) : A_NULL,
                          A_BOOL(json_is_true(json_object_get(b, "all_titles"))),
                          A_I64(json_get_int(b, "start_days", 30)),
                          A_I64(json_get_int(b, "finish_hours", 0)),
                          A_BOOL(!json_is_false(json_object_get(b, "active"))), A_I64(from),
                          A_I64(until), A_I64(request_now_ms(rq)), A_STR(countries)),
                     reterr);
    if (rc >= 0)
        rc = offer_parts(tx, rq, id, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &billing_sql[OFFERS_CHANGED], NO_ARGS, reterr);
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    if (rc == 0)
        rc = store_row(e->store, &billing_sql[OFFER_BY_ID], ARGS(A_CSTR(id.s)), a, &offer, reterr);
    if (rc >= 0)
        rc = offer_json(e, &offer, 0, a, &out, reterr);
    return rc < 0 ? rc : reply_json(rq, 200, out);
}

int offers_get(struct request *rq, struct err *reterr) {
    struct rows r;
    json_t *items = json_array();
    int rc = store_query(request_engine(rq)->store, &billing_sql[OFFER_ALL], NO_ARGS,
                         request_arena(rq), &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        json_t *one = NULL;
        rc = offer_json(request_engine(rq), &r, i, request_arena(rq), &one, reterr);
        if (one)
            json_array_append_new(items, one);
    }
    if (rc < 0) {
        json_decref(items);
        return rc;
    }
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

int tax_put(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    struct str country = request_param(rq, "country");
    if (!country.n || !country_ok(country))
        return bad(rq, "country", "Is an ISO 3166-1 code like DE.", reterr);
    int rc = store_exec(request_engine(rq)->store, &billing_sql[TAX_SET],
                        ARGS(A_STR(country), A_STR(json_get_str(b, "name")),
                             A_I64(json_get_int(b, "rate_bp", 0)),
                             A_BOOL(json_is_true(json_object_get(b, "inclusive"))),
                             A_I64(request_now_ms(rq))),
                        reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

int coupon_put(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    struct id id = id_new(request_now_ms(rq));
    struct currency c = {""};
    struct rows plan = {0};
    int64_t percent = json_get_int(b, "percent_bp", 0), amount = json_get_int(b, "amount_minor", 0);
    int64_t expires = 0;
    struct str slug = json_get_str(b, "plan"), code = code_normalise(a, request_param(rq, "code"));
    rfc3339_parse(json_get_str(b, "expires_at"), &expires);
    if ((percent > 0) == (amount > 0))
        return bad(rq, "percent_bp", "A coupon takes off a percentage or an amount.", reterr);
    if (code.n < 3 || code.n > 40)
        return bad(rq, "code", "Has 3 to 40 characters.", reterr);
    int rc = amount ? currency_of(rq, b, &c, reterr) : 0;
    if (rc == 0 && slug.n)
        rc = store_row(st, &billing_sql[PLAN_BY_SLUG], ARGS(A_STR(slug)), a, &plan, reterr);
    if (rc >= 0)
        rc = store_exec(st, &billing_sql[COUPON_UPSERT],
                        ARGS(A_CSTR(id.s), A_STR(code), A_I64(percent), A_I64(amount), A_CSTR(c.s),
                             A_I64(json_get_int(b, "periods", 1)),
                             plan.n ? A_STR(row_str(&plan, 0, 0)) : A_NULL,
                             A_I64(json_get_int(b, "max_redemptions", 0)), A_I64(expires),
                             A_BOOL(!json_is_false(json_object_get(b, "active"))),
                             A_I64(request_now_ms(rq))),
                        reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

/* 16 of 32 characters that no one takes for another: 80 bits. */
static int code_make(struct arena *a, struct str *ret, struct err *reterr) {
    static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    uint8_t bytes[16];
    char text[20];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return err_set(reterr, ERR_INTERNAL, "no random bytes");
    for (int i = 0, n = 0; i < 16; i++) {
        if (i && i % 4 == 0)
            text[n++] = '-';
        text[n++] = alphabet[bytes[i] % 32];
        text[n] = 0;
    }
    *ret = str_dup(a, str_of(text));
    return 0;
}

int gift_codes_post(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    struct arena *a = request_arena(rq);
    struct currency c;
    int64_t expires = 0, now = request_now_ms(rq), count = json_get_int(b, "count", 1);
    scoped(tx_rollback) struct tx *tx = NULL;
    json_t *codes = json_array();
    rfc3339_parse(json_get_str(b, "expires_at"), &expires);
    int rc = currency_of(rq, b, &c, reterr);
    if (rc == 0)
        rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    for (int64_t i = 0; rc >= 0 && i < count; i++) {
        struct str code;
        struct id id = id_new(now);
        rc = code_make(a, &code, reterr);
        if (rc == 0)
            rc = tx_exec(tx, &billing_sql[GIFT_INSERT],
                         ARGS(A_CSTR(id.s), A_STR(gift_hash(a, code)), A_CSTR(c.s),
                              A_I64(json_get_int(b, "amount_minor", 0)), A_I64(expires), A_I64(now)),
                         reterr);
        json_array_append_new(codes, json_of_str(code));
    }
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    if (rc < 0) {
        json_decref(codes);
        return rc;
    }
    return reply_json(rq, 201, json_pack("{s:o}", "codes", codes));
}

int refund_post(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    struct payment_id payment;
    struct idem idem;
    json_t *out = NULL;
    if (!id_parse(request_param(rq, "id"), &payment.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = idem_of(rq, payment.v.s, &idem, reterr);
    if (rc == 0)
        rc = billing_refund(request_engine(rq), payment, json_get_int(b, "amount_minor", 0),
                            json_get_str(b, "reason"),
                            json_is_true(json_object_get(b, "ends_access")),
                            request_principal(rq)->account, &idem, request_arena(rq), &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

int ledger_get(struct request *rq, struct err *reterr) {
    struct rows r, bad_ones;
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    int rc = store_query(st, &billing_sql[LEDGER_BOOKS], NO_ARGS, a, &r, reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[LEDGER_UNBALANCED], NO_ARGS, a, &bad_ones, reterr);
    if (rc < 0)
        return rc;
    json_t *books = json_array();
    for (size_t i = 0; i < r.n; i++)
        json_array_append_new(books, json_pack("{s:o, s:o, s:I}", "book",
                                               json_of_str(row_str(&r, i, 0)), "currency",
                                               json_of_str(row_str(&r, i, 1)), "balance_minor",
                                               (json_int_t)row_i64(&r, i, 2)));
    return reply_json(rq, 200,
                      json_pack("{s:o, s:b}", "books", books, "balanced", bad_ones.n == 0));
}

static json_t *refunds_json(const struct rows *r, struct str payment) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        struct money m = {.minor = row_i64(r, i, 3)};
        currency_parse(row_str(r, i, 2), &m.currency);
        if (str_eq(row_str(r, i, 1), payment))
            json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:s}", "id", json_of_str(row_str(r, i, 0)),
                                                  "payment_id", json_of_str(payment), "amount", money_json(m),
                                                  "status", refund_status(row_str(r, i, 4))));
    }
    return list;
}

int account_payments_get(struct request *rq, struct err *reterr) {
    struct rows r, refunds;
    int rc = store_query(request_engine(rq)->store, &billing_sql[PAYMENT_BY_ACCOUNT],
                         ARGS(A_STR(request_param(rq, "id"))), request_arena(rq), &r, reterr);
    if (rc >= 0)
        rc = store_query(request_engine(rq)->store, &billing_sql[REFUNDS_OF_ACCOUNT],
                         ARGS(A_STR(request_param(rq, "id"))), request_arena(rq), &refunds, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n; i++) {
        struct money m = {.minor = row_i64(&r, i, 4)};
        currency_parse(row_str(&r, i, 3), &m.currency);
        json_array_append_new(
            items, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
                             json_of_str(row_str(&r, i, 0)), "invoice_id",
                             json_of_str(row_str(&r, i, 1)), "gateway",
                             json_of_str(row_str(&r, i, 2)), "amount", money_json(m), "state",
                             json_of_str(row_str(&r, i, 5)), "decline_code",
                             json_of_text(row_str(&r, i, 6)), "created_at",
                             json_of_time(row_i64(&r, i, 7)), "refunds",
                             refunds_json(&refunds, row_str(&r, i, 0))));
    }
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}
