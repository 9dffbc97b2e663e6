/* app_routes.c - the routes that belong to no service because they are about all of them: health,
 * metrics, the generated API description, and one person's data out of every service and gone. */
#include "app/housekeep.h"
#include "app/services.h"
#include "app/settings_routes.h"
#include "base/buf.h"
#include "engine/audit/audit.h"
#include "engine/cache/cache.h"
#include "engine/store/store.h"
#include "service/identity/identity.h"

enum { STORE_PING_MS = 3000 };

/* Of the database and the shared cache, which all services stand on. Without the cache requests are still served, only
 * what is shared is not: limits of streams, news to other devices. */
static bool engines_well(const struct engine *e, json_t *parts, bool *ret_degraded) {
    struct err why = {0};
    bool well = store_ping(e->store, STORE_PING_MS, &why) >= 0, cache = cache_reachable(e->cache);
    json_object_set_new(parts, "store", json_string(well ? "ok" : err_reason(&why)));
    json_object_set_new(parts, "cache", json_string(cache ? "ok" : "cache.unreachable"));
    *ret_degraded = !cache;
    return well;
}

static int healthz_get(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    json_t *parts = json_object();
    bool degraded, well = engines_well(e, parts, &degraded);
    for (const struct service *const *s = services(); *s; s++) {
        struct err why = {0};
        if (!(*s)->health)
            continue;
        bool ok = (*s)->health(e, &why) >= 0;
        json_object_set_new(parts, (*s)->name, json_string(ok ? "ok" : err_reason(&why)));
        well = well && ok;
    }
    reply_header(rq, "Cache-Control", "no-store");
    json_t *body = json_pack("{s:s, s:o}", "status", !well ? "failing" : degraded ? "degraded" : "ok", "services", parts);
    if (request_principal(rq)->roles & (ROLE_EDITOR | ROLE_OPERATOR)) /* what to look up is nobody else's to know */
        json_object_set_new(body, "version", json_string(MATINEE_VERSION));
    if (!well)
        reply_header(rq, "Retry-After", "2");
    return reply_json(rq, well ? 200 : 503, body);
}

static int metrics_get(struct request *rq, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(4 << 20);
    metrics_print(services_metrics(), &b);
    struct str text = str_dup(request_arena(rq), buf_str(&b));
    if (b.failed || !text.p)
        return err_set(reterr, ERR_LIMIT, "the metrics do not fit");
    return reply_text(rq, 200, "text/plain; version=0.0.4", text);
}

static int export_get(struct request *rq, struct err *reterr) {
    json_t *j = NULL;
    int r = services_export(request_engine(rq), request_principal(rq)->account, &j, reterr);
    if (r < 0)
        return r;
    reply_header(rq, "Content-Disposition", "attachment; filename=\"matinee-export.json\"");
    return reply_json(rq, 200, j);
}

static int audit_forget_now(const struct engine *e, struct account_id who, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int r = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = audit_forget(tx, who, reterr);
    return r < 0 ? r : tx_commit(&tx, reterr);
}

static int me_delete(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct account_id who = request_principal(rq)->account;
    struct str password = str_of(json_string_value(json_object_get(request_json(rq), "password")));
    int r = account_check_owner(e, request_principal(rq), password, reterr);
    if (r < 0 || (r = services_erase(e, who, reterr)) < 0)
        return r;
    if ((r = audit_forget_now(e, who, reterr)) < 0) /* the row of this very request is of before identity's turn */
        return r;
    reply_cookie(rq, SESSION_COOKIE, "", 0);
    return reply_empty(rq);
}

static const struct field health_fields[] = {
    {"status", F_STR, FIELD_REQUIRED, .values = "ok|degraded|failing",
     .doc = "degraded: it serves, but the shared cache is away; failing: 503"},
    {"version", F_STR, 0, .doc = "Of the program; for staff who is signed in"},
    {"services", F_STR, FIELD_REQUIRED | FIELD_MAP, .doc = "Of the store, the cache and each service: ok, or a reason code"},
    {.type = F_END},
};
static const struct field export_fields[] = {
    {"services", F_ANY, FIELD_MAP,
     .doc = "By the name of a service, all it holds about the account"},
    {.type = F_END},
};
static const struct field erase_fields[] = {
    {"password", F_SECRET, 0, 1, 1000, .doc = "The account's password, once more; where it has none, sign in just before"},
    {.type = F_END},
};
static const struct schema app_schemas[] = {
    {"Health", health_fields, "Whether this machine can serve"},
    {"Export", export_fields, "One person's data"},
    {"Erase", erase_fields, "Confirms that an account is to be erased"},
    {"Setting", setting_fields, "A setting that is in force"},
    {"SettingList", setting_list_fields, "Every setting, by room"},
    {.name = NULL},
};

static const struct route app_routes[] = {
    {GET, "/healthz", healthz_get, ROLE_NONE, .per_minute = 6000, .priority = PRIO_PLAY,
     .reply = "Health", .doc = "Whether this machine can serve"},
    {GET, "/metrics", metrics_get, ROLE_NONE, .per_minute = 600, .priority = PRIO_REST,
     .flags = ROUTE_INTERNAL,
     .doc = "Metrics in the Prometheus text format; the front allows it from this machine only"},
    {GET, "/api/v1/me/export", export_get, ROLE_VIEWER, .per_minute = 10, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .priority = PRIO_REST,
     .deadline_ms = 60000, .reply = "Export", .doc = "Everything held about the one who asks"},
    {DELETE, "/api/v1/me", me_delete, ROLE_VIEWER, .per_minute = 5, .flags = ROUTE_ADULT | ROUTE_OWNER | ROUTE_AUDIT, .priority = PRIO_REST,
     .deadline_ms = 60000, .pool = POOL_PASSWORD, .body = "Erase",
     .doc = "Erases the account and everything held about it"},
    {GET, "/api/v1/operator/settings", settings_get, ROLE_OPERATOR, .scope = SCOPE_AUDIT_READ, .per_minute = 120, .priority = PRIO_REST, .flags = ROUTE_AUDIT,
     .reply = "SettingList", .op = "settingsList", .doc = "What is in force on this machine and where it comes from; secrets only as (set)"},
    {.path = NULL},
};

extern const struct service app_service;
const struct service app_service = {
    .name = "app", .routes = app_routes, .schemas = app_schemas, .cron = app_cron};
