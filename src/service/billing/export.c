/*
 * export.c - what billing holds about a person besides invoices, purchases and subscription: each table with its account's rows, by
 * a row of the list below. Tokens of gateways stay: they are keys, not facts about a person.
 */
#include "service/billing/billing_int.h"
#include "service/json.h"

/* Columns in the order of the statement; what ends in _at is a time, in _minor, _left or "number" a number. */
static const struct {
    const char *name;
    int statement;
    const char *columns[8];
} parts[] = {
    {"billing_account", EXPORT_ACCOUNT, {"country", "currency"}},
    {"payment_methods", EXPORT_METHODS, {"id", "gateway", "label", "created_at"}},
    {"payments", EXPORT_PAYMENTS, {"id", "invoice_id", "gateway", "currency", "amount_minor", "state", "created_at"}},
    {"refunds", EXPORT_REFUNDS, {"id", "payment_id", "currency", "amount_minor", "state", "reason", "created_at"}},
    {"credit_notes", EXPORT_NOTES, {"number", "invoice_id", "currency", "total_minor", "reason", "created_at"}},
    {"coupons", EXPORT_COUPONS, {"code", "periods_left", "created_at"}},
    {"gift_codes", EXPORT_GIFTS, {"currency", "amount_minor", "redeemed_at"}},
    {"ledger", EXPORT_LEDGER, {"book", "kind", "currency", "amount_minor", "posted_at"}},
    {"gateway_customers", EXPORT_CUSTOMERS, {"gateway", "customer", "created_at"}},
    {"method_setups", EXPORT_SETUPS, {"gateway", "state", "created_at"}},
};

static json_t *value_of(const struct rows *r, size_t i, size_t c, const char *name) {
    struct str n = str_of(name);
    if (str_ends(n, STR("_at")))
        return json_of_time(row_i64(r, i, c));
    if (str_ends(n, STR("_minor")) || str_ends(n, STR("_left")) || str_eq(n, STR("number")))
        return json_integer(row_i64(r, i, c));
    return json_of_str(row_str(r, i, c));
}

int billing_export_more(const struct engine *e, struct account_id account, json_t *into, struct err *reterr) {
    for (size_t p = 0; p < ARRAY_LEN(parts); p++) {
        scoped(arena_done) struct arena a = ARENA(16 << 20);
        struct rows r;
        int rc = store_query(e->store, &billing_sql[parts[p].statement], ARGS(A_ID(account)), &a, &r, reterr);
        if (rc < 0)
            return rc;
        json_t *list = json_array();
        for (size_t i = 0; i < r.n; i++) {
            json_t *one = json_object();
            for (size_t c = 0; c < ARRAY_LEN(parts[p].columns) && parts[p].columns[c]; c++)
                json_object_set_new(one, parts[p].columns[c], value_of(&r, i, c, parts[p].columns[c]));
            json_array_append_new(list, one);
        }
        if (json_object_set_new(into, parts[p].name, list))
            return err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
    }
    return 0;
}
