/* hook_service.c - webhooks as a service. Nothing here is a person's but ids in messages, which go after 30 days. */
#include "service/developer/hook_int.h"

#define HOUR_MS (3600LL * 1000)

static int start(const struct engine *e, struct err *reterr) {
    struct hook_retries r;
    if (!e->config || hook_retries_parse(str_of(config_str(e->config, "webhook-retries")), &r))
        return 0;
    return err_refuse(reterr, ERR_INVALID, "config.webhook_retries", "Write webhook-retries as seconds of 1 to 604800, at most twenty: 5,60,300.",
                      "webhook-retries is not a list of seconds");
}

static int purge(const struct engine *e, struct err *reterr) {
    int64_t now = clock_now_ms(e->clock);
    int rc = store_exec(e->store, &hook_sql[MESSAGE_PURGE], ARGS(A_I64(now - HOOK_KEPT_MS)), reterr);
    if (rc >= 0)
        rc = store_exec(e->store, &hook_sql[SECRET_PURGE], ARGS(A_I64(now)), reterr);
    return MIN(rc, 0);
}

static const struct cron_row cron[] = {
    {"webhook.sweep", 5 * 60 * 1000, hook_sweep, "Takes deliveries up again whose job is gone"},
    {"webhook.purge", HOUR_MS, purge, "Forgets deliveries after 30 days, and secrets that were replaced"},
    {NULL}};

const struct service webhook_service = {.name = "webhook",
                                        .routes = hook_routes,
                                        .schemas = hook_schemas,
                                        .sql = hook_sql,
                                        .jobs = hook_jobs,
                                        .cron = cron,
                                        .config = hook_config,
                                        .metrics = hook_metrics,
                                        .start = start};
/* What is heard in the house, and the shapes of what is told of it. */
const struct service webhook_event_service = {.name = "webhook_event", .schemas = hook_event_schemas, .events = hook_handlers};
