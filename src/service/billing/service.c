/* service.c - billing as a service: settings, the clock, what it holds about a person and what of
 * that the law lets go. */
#include "service/billing/letters.h"
#include "service/billing/routes_int.h"

const struct config_key billing_config[] = {
    {"billing-country", CONFIG_STR, "",
     .doc = "Country (ISO 3166-1) whose prices are shown to who has not said one"},
    {"billing-seller", CONFIG_STR, "", .doc = "Name and address of the seller, on invoices"},
    {"billing-unoffered", CONFIG_STR, "free",
     .doc = "Titles that stand in no offer: free to who is signed in, or closed"},
    {"billing-retry-days", CONFIG_STR, "1,3,5,7",
     .doc = "Days after a failed renewal at which it is tried again; then the subscription ends"},
    {"billing-grace-days", CONFIG_INT, "3", 0, 60,
     .doc = "Days after a failed renewal in which can still be watched"},
    {"billing-test-gateway", CONFIG_BOOL, "false",
     .doc = "The built-in gateway that moves no money: whoever names its tokens pays nothing"},
    {"billing-dispute-ends", CONFIG_STR, "opened",
     .doc = "When a disputed payment ends what it paid for: opened (at once) or lost"},
    {.name = NULL}};

bool billing_unoffered_free(const struct engine *e) {
    return !e->config || !str_eq(str_of(config_str(e->config, "billing-unoffered")), STR("closed"));
}

struct str billing_country(const struct engine *e) {
    return e->config ? str_of(config_str(e->config, "billing-country")) : STR("");
}

bool billing_test_gateway(const struct engine *e) {
    return !e->config || config_bool(e->config, "billing-test-gateway");
}

void billing_dunning(const struct engine *e, struct dunning *ret) {
    struct str days = e->config ? str_of(config_str(e->config, "billing-retry-days")) : STR("1,3,5,7");
    int64_t grace = e->config ? config_int(e->config, "billing-grace-days") : 3;
    if (!dunning_parse(days, grace * BILLING_DAY_MS, ret))
        assert(!"checked at start");
}

static int billing_start(const struct engine *e, struct err *reterr) {
    struct dunning d;
    struct str unoffered;
    rights_offers_provider(billing_offers_of);
    if (!e->config)
        return 0;
    if (!dunning_parse(str_of(config_str(e->config, "billing-retry-days")), 0, &d))
        return err_refuse(reterr, ERR_INVALID, "config.billing_retry_days",
                          "Write billing-retry-days as ascending days of 1 to 60, at most ten: 1,3,5,7.",
                          "billing-retry-days is not a list of days");
    unoffered = str_of(config_str(e->config, "billing-unoffered"));
    if (!str_eq(unoffered, STR("free")) && !str_eq(unoffered, STR("closed")))
        return err_refuse(reterr, ERR_INVALID, "config.billing_unoffered",
                          "Write billing-unoffered as free or closed.",
                          "billing-unoffered is neither free nor closed");
    struct str ends = str_of(config_str(e->config, "billing-dispute-ends"));
    if (!str_eq(ends, STR("opened")) && !str_eq(ends, STR("lost")))
        return err_refuse(reterr, ERR_INVALID, "config.billing_dispute_ends",
                          "Write billing-dispute-ends as opened or lost.",
                          "billing-dispute-ends is neither opened nor lost");
    return 0;
}

static int keys_purge(const struct engine *e, struct err *reterr) {
    int rc = store_exec(e->store, &billing_sql[IDEM_PURGE],
                        ARGS(A_I64(clock_now_ms(e->clock) - 30 * BILLING_DAY_MS)), reterr);
    return rc < 0 ? rc : 0;
}

static const struct cron_row billing_cron[] = {
    {"billing.tick", 60000, billing_tick, "Renewals, retries, pauses, unknown payments, refunds", .slow = true},
    {"billing.reminders", 3600000, billing_reminders, "Letters before a trial or a year ends"},
    {"billing.purge", 24LL * 3600 * 1000, keys_purge, "Forgets idempotency keys after 30 days"},
    {NULL}};

static json_t *invoices_of(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        struct invoice inv;
        invoice_read(r, i, &inv);
        json_array_append_new(list, invoice_json(&inv));
    }
    return list;
}

static json_t *moves_of(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "subscription_id",
                                              json_of_str(row_str(r, i, 0)), "event",
                                              json_of_str(row_str(r, i, 1)), "state",
                                              json_of_str(row_str(r, i, 3)), "at",
                                              json_of_time(row_i64(r, i, 4))));
    return list;
}

static json_t *rights_of(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        struct right right;
        right_read(r, i, &right);
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "id", json_of_id(right.id.v),
                                              "kind", json_of_str(right.kind), "state",
                                              json_of_str(right.state), "bought_at",
                                              json_of_time(right.created_ms)));
    }
    return list;
}

/* Tokens of gateways stay: they are keys, not facts about a person; the label is told. */
static int billing_export(const struct engine *e, struct account_id account, json_t **ret,
                          struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(32 << 20);
    struct rows inv, moves, rights, method;
    struct store *st = e->store;
    struct sql_args who = ARGS(A_ID(account));
    int rc = store_query(st, &billing_sql[INVOICE_BY_ACCOUNT], who, &a, &inv, reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[SUB_MOVES], who, &a, &moves, reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[RIGHT_BY_ACCOUNT], who, &a, &rights, reterr);
    if (rc >= 0)
        rc = store_query(st, &billing_sql[METHOD_IN_USE], who, &a, &method, reterr);
    if (rc < 0)
        return rc;
    *ret = json_pack("{s:o, s:o, s:o, s:o}", "invoices", invoices_of(&inv), "subscription_moves",
                     moves_of(&moves), "purchases", rights_of(&rights), "payment_method",
                     json_of_str(method.n ? row_str(&method, 0, 3) : STR_NULL));
    if (!*ret)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
    rc = billing_export_more(e, account, *ret, reterr);
    if (rc < 0)
        json_decref(*ret);
    return rc;
}

/* Ends what would be charged again. */
static int subscription_end(struct work *w, struct err *reterr) {
    struct sub s;
    int rc = sub_live(w->tx, w->account, w->a, &s, reterr);
    if (rc <= 0)
        return rc;
    rc = subscription_apply(w, &s, EV_REVOKE, NULL, reterr);
    return rc ? rc : subscription_void_open(w, &s, reterr);
}

/*
 * Tax and commercial law want invoices, credit notes, payments and the ledger kept for years. They
 * stay, under a new random number that is written nowhere else, without the buyer's address and
 * without reasons that somebody typed; what else there is goes.
 */
static int billing_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    static const int gone[] = {ERASE_METHODS, ERASE_IDEM, ERASE_RIGHT_TITLES};
    static const int kept[] = {ERASE_ACCOUNT,  ERASE_SUBS,  ERASE_RIGHTS,      ERASE_INVOICES,
                               ERASE_PAYMENTS, ERASE_REFUNDS, ERASE_NOTES,     ERASE_REDEMPTIONS,
                               ERASE_GIFTS,    ERASE_LEDGER};
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    scoped(work_done) struct work w = {0};
    struct account_id nobody;
    int rc = payments_abandon(e, account, reterr);
    if (rc == 0)
        rc = work_begin(e, account, &a, &w, reterr);
    if (rc)
        return rc;
    nobody.v = id_new(w.now_ms);
    rc = subscription_end(&w, reterr);
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(gone); i++)
        rc = tx_exec(w.tx, &billing_sql[gone[i]], ARGS(A_ID(account)), reterr);
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(kept); i++)
        rc = tx_exec(w.tx, &billing_sql[kept[i]], ARGS(A_ID(account), A_ID(nobody)), reterr);
    return rc < 0 ? rc : work_commit(&w, reterr);
}

const struct service billing_service = {
    .name = "billing",
    .routes = billing_routes,
    .schemas = billing_schemas,
    .sql = billing_sql,
    .cron = billing_cron,
    .config = billing_config,
    .metrics = billing_metrics,
    .start = billing_start,
    .stop = billing_offers_forget,
    .export = billing_export,
    .erase = billing_erase,
};
