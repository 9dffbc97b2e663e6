/*
 * routes_office.c - what the console shows to operators: plans with all their prices, coupons, gift codes, taxes, what an account has;
 * and credit that an operator gives (book "goodwill").
 */
#include "service/billing/routes_int.h"
#include "service/identity/identity.h"

static json_t *amount_json(struct str currency, int64_t minor) {
    struct money m = {.minor = minor};
    return currency_parse(currency, &m.currency) ? money_json(m) : json_null();
}

int office_plans_get(struct request *rq, struct err *reterr) {
    struct store *st = request_engine(rq)->store;
    struct arena *a = request_arena(rq);
    struct rows plans, prices;
    int rc = store_query(st, &billing_sql[PLAN_ALL], NO_ARGS, a, &plans, reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[PRICE_ALL], NO_ARGS, a, &prices, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < plans.n; i++)
        json_array_append_new(items, plan_json(&plans, i, price_list_json(&prices, row_id(&plans, i, 0), a)));
    return reply_json(rq, 200, json_pack("{s:n, s:o, s:n}", "country", "items", items, "tax"));
}

static json_t *coupon_json(const struct rows *r, size_t i) {
    return json_pack("{s:o, s:o, s:I, s:o, s:I, s:o, s:I, s:I, s:o, s:b, s:o}", "id", json_of_str(row_str(r, i, 0)), "code",
                     json_of_str(row_str(r, i, 1)), "percent_bp", (json_int_t)row_i64(r, i, 2), "amount",
                     row_i64(r, i, 3) ? amount_json(row_str(r, i, 4), row_i64(r, i, 3)) : json_null(), "periods",
                     (json_int_t)row_i64(r, i, 5), "plan", json_of_text(row_str(r, i, 6)), "max_redemptions", (json_int_t)row_i64(r, i, 7),
                     "redeemed", (json_int_t)row_i64(r, i, 8), "expires_at", json_of_time(row_i64(r, i, 9)), "active", (int)row_i64(r, i, 10),
                     "created_at", json_of_time(row_i64(r, i, 11)));
}

static json_t *gift_json(const struct rows *r, size_t i) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "id", json_of_str(row_str(r, i, 0)), "amount", amount_json(row_str(r, i, 1), row_i64(r, i, 2)),
                     "expires_at", json_of_time(row_i64(r, i, 3)), "redeemed_at", json_of_time(row_i64(r, i, 4)), "created_at",
                     json_of_time(row_i64(r, i, 5)));
}

/* A statement with $1 the last page's last id and $2 how many; its first column is the id. */
static int page_reply(struct request *rq, const struct sql *statement, json_t *(*one)(const struct rows *, size_t), struct err *reterr) {
    struct str cursor = request_query(rq, "cursor");
    int64_t limit = request_query_int(rq, "limit", 50);
    struct rows r;
    int rc = store_query(request_engine(rq)->store, statement, ARGS(A_STR(cursor.p ? cursor : STR("")), A_I64(limit + 1)), request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n && (int64_t)i < limit; i++)
        json_array_append_new(items, one(&r, i));
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                (int64_t)r.n > limit ? json_of_str(row_str(&r, (size_t)limit - 1, 0)) : json_null()));
}

int coupons_get(struct request *rq, struct err *reterr) {
    return page_reply(rq, &billing_sql[COUPON_LIST], coupon_json, reterr);
}

int gift_codes_get(struct request *rq, struct err *reterr) {
    return page_reply(rq, &billing_sql[GIFT_LIST], gift_json, reterr);
}

int taxes_get(struct request *rq, struct err *reterr) {
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &billing_sql[TAX_ALL], NO_ARGS, request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    json_t *items = json_array();
    for (size_t i = 0; i < r.n; i++)
        json_array_append_new(items, json_pack("{s:o, s:o, s:I, s:b}", "country", json_of_str(row_str(&r, i, 0)), "name",
                                               json_of_str(row_str(&r, i, 1)), "rate_bp", (json_int_t)row_i64(&r, i, 2), "inclusive",
                                               (int)row_i64(&r, i, 3)));
    return reply_json(rq, 200, json_pack("{s:o}", "items", items));
}

static int account_param(struct request *rq, struct account_id *ret, struct err *reterr) {
    struct account acc;
    if (!id_parse(request_param(rq, "id"), &ret->v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = account_get(request_engine(rq), *ret, request_arena(rq), &acc, reterr);
    return rc == ERR_NOT_FOUND ? err_refuse(reterr, rc, "account.not_found", "There is no such account, or not any more.", "no such account") : rc;
}

int account_billing_get(struct request *rq, struct err *reterr) {
    struct account_id account;
    int rc = account_param(rq, &account, reterr);
    return rc ? rc : reply_billing_of(rq, account, reterr);
}

int account_invoices_get(struct request *rq, struct err *reterr) {
    struct account_id account;
    int rc = account_param(rq, &account, reterr);
    return rc ? rc : reply_invoices_of(rq, account, reterr);
}

/* 0: what was given under this id is the same. */
static int credit_same(struct request *rq, struct account_id account, struct id credit, struct currency c, int64_t minor,
                       struct err *reterr) {
    struct rows r;
    int rc = store_row(request_engine(rq)->store, &billing_sql[CREDIT_GIVEN], ARGS(A_CSTR(credit.s)), request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    if (str_eq(row_str(&r, 0, 0), id_str(&account.v)) && str_eq(row_str(&r, 0, 1), str_of(c.s)) && row_i64(&r, 0, 2) == -minor)
        return 0;
    return err_refuse(reterr, ERR_CONFLICT, "billing.credit_taken",
                      "Under this id another credit was given. Choose a new id for a new one.", "another credit under the id");
}

/* Kind and id of a posting are unique: sent twice it counts once. */
int account_credit_put(struct request *rq, struct err *reterr) {
    const json_t *b = request_json(rq);
    scoped(work_done) struct work w = {0};
    struct account_id account;
    struct currency c;
    struct id credit;
    int64_t minor = json_get_int(b, "amount_minor", 0);
    if (!id_parse(request_param(rq, "credit"), &credit))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    if (!currency_parse(json_get_str(b, "currency"), &c)) {
        request_field_error(rq, "currency", "Is no ISO 4217 currency; write EUR, USD, JPY.");
        return err_refuse(reterr, ERR_INVALID, "", "Some of what was sent is not right: see errors.", "currency");
    }
    int rc = account_param(rq, &account, reterr);
    if (rc == 0)
        rc = work_begin(request_engine(rq), account, request_arena(rq), &w, reterr);
    const struct entry entries[] = {{"goodwill", false, minor}, {"credit", true, -minor}};
    if (rc == 0)
        rc = ledger_post(&w, "goodwill", credit, c, entries, ARRAY_LEN(entries), reterr);
    if (rc == 0)
        rc = work_commit(&w, reterr);
    if (rc == ERR_CONFLICT) { /* it was given already */
        work_done(&w);
        err_clear(reterr);
        rc = credit_same(rq, account, credit, c, minor, reterr);
    }
    return rc ? rc : reply_billing_of(rq, account, reterr);
}
