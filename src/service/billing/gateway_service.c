/* gateway_service.c - the half of billing that talks with gateways, as a service of its own tables. */
#include "service/billing/gateway_routes.h"
#include "service/billing/billing_int.h"
#include "service/billing/gateway_sql.h"

const struct sql gateway_sql[] = {GATEWAY_SQL(SQL_ROW) SQL_END};

static const struct cron_row gateway_cron[] = {
    {"gateway.purge", 24LL * 3600 * 1000, setups_purge, "Forgets setups of payment methods after 30 days"},
    {NULL}};

static int gateway_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    static const int gone[] = {CUSTOMERS_ERASE, SETUPS_ERASE};
    int rc = 0;
    for (size_t i = 0; rc >= 0 && i < ARRAY_LEN(gone); i++)
        rc = store_exec(e->store, &gateway_sql[gone[i]], ARGS(A_ID(account)), reterr);
    return rc < 0 ? rc : 0;
}

const struct service gateway_service = {
    .name = "gateway",
    .routes = gateway_routes,
    .schemas = gateway_schemas,
    .sql = gateway_sql,
    .cron = gateway_cron,
    .erase = gateway_erase,
};
