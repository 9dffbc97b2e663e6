/* gateway_service.c - the half of billing that talks with gateways, as a service of its own tables. */
#include "service/billing/dispute.h"
#include "service/billing/gateway_routes.h"
#include "service/billing/billing_int.h"
#include "service/billing/gateway_sql.h"
#include "service/billing/stripe_int.h"
#include "service/billing/webhook.h"

const struct sql gateway_sql[] = {GATEWAY_SQL(SQL_ROW) SQL_END};

static const struct cron_row gateway_cron[] = {
    {"gateway.purge", 24LL * 3600 * 1000, setups_purge, "Forgets setups of payment methods after 30 days"},
    {"gateway.webhooks", 24LL * 3600 * 1000, webhooks_purge, "Forgets deliveries of webhooks after 90 days"},
    {"gateway.disputes", 3600000, disputes_remind, "Letters to staff before the time for evidence ends"},
    {NULL}};

static int gateway_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    static const int gone[] = {CUSTOMERS_ERASE, SETUPS_ERASE};
    scoped(tx_rollback) struct tx *tx = NULL;
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_query(tx, &gateway_sql[CUSTOMERS_OF], ARGS(A_ID(account)), &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++)
        rc = event_publish(tx, "gateway.customer_left", 1, row_str(&r, i, 1),
                           str_printf(&a, "{\"gateway\":\"" STR_FMT "\"}", STR_ARG(row_str(&r, i, 0))),
                           reterr);
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(gone); i++)
        rc = tx_exec(tx, &gateway_sql[gone[i]], ARGS(A_ID(account)), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

const struct service gateway_service = {
    .name = "gateway",
    .routes = gateway_routes,
    .schemas = gateway_schemas,
    .sql = gateway_sql,
    .jobs = gateway_jobs,
    .events = gateway_events,
    .cron = gateway_cron,
    .config = stripe_config,
    .start = stripe_start,
    .erase = gateway_erase,
};
