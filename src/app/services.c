/*
 * services.c - which services the program is made of. A new service is one line in SERVICES.
 * The order is the may-use rule: a service is started after those below it and erased before them.
 */
#include "app/services.h"
#include "app/settings.h"
#include "app/audit_routes.h"
#include "engine/audit/audit.h"
#include "engine/cache/cache.h"
#include "engine/mail/mail.h"
#include <pthread.h>

#define SERVICES(X)                                                                                \
    X(identity) X(passkey) X(oidc) X(factor) X(staff)                                                                         \
    X(catalog) X(editor) X(keys) X(ingest) X(upload) X(job) X(quality) X(ladder) X(cost) X(again) X(protect) X(subtitles) X(rights) X(billing) X(gateway) X(stores) X(viewing) X(delivery) X(playback) X(licence) X(search) X(storefront)       \
        X(analytics) X(api_key) X(webhook) X(webhook_event) X(app)

/* What the engine brings besides the services. */
#define ENGINE_SQL job_sql, event_sql, mail_sql, audit_sql
#define ENGINE_ROUTES http_routes, audit_routes
#define ENGINE_CONFIG http_config, cache_config, mail_config
#define ENGINE_METRICS job_metrics, event_metrics, http_metrics, cache_metrics, mail_metrics

#define X(name) extern const struct service name##_service;
SERVICES(X)
#undef X

static const struct service *const all[] = {
#define X(name) &name##_service,
    SERVICES(X)
#undef X
        NULL,
};

enum { LISTS_MAX = 64 };
static_assert(ARRAY_LEN(all) + 8 < LISTS_MAX, "a longer list of tables is due");

static struct {
    const struct sql *sql[LISTS_MAX];
    const struct route *routes[LISTS_MAX];
    const struct schema *schemas[LISTS_MAX];
    const struct job_kind *jobs[LISTS_MAX];
    const struct event_handler *events[LISTS_MAX];
    const struct cron_row *cron[LISTS_MAX];
    const struct config_key *config[LISTS_MAX];
    struct metric *metrics[LISTS_MAX];
} lists = {
    .sql = {ENGINE_SQL},
    .routes = {ENGINE_ROUTES},
    .schemas = {audit_schemas},
    .config = {app_settings, ENGINE_CONFIG},
    .metrics = {ENGINE_METRICS},
};

#define LIST_ADD(list, table)                                                                      \
    do {                                                                                           \
        size_t at_ = 0;                                                                            \
        while ((list)[at_])                                                                        \
            at_++;                                                                                 \
        (list)[at_] = (table); /* NULL changes nothing */                                          \
    } while (0)

static void lists_fill(void) {
    for (const struct service *const *s = all; *s; s++) {
        LIST_ADD(lists.sql, (*s)->sql);
        LIST_ADD(lists.routes, (*s)->routes);
        LIST_ADD(lists.schemas, (*s)->schemas);
        LIST_ADD(lists.jobs, (*s)->jobs);
        LIST_ADD(lists.events, (*s)->events);
        LIST_ADD(lists.cron, (*s)->cron);
        LIST_ADD(lists.config, (*s)->config);
        LIST_ADD(lists.metrics, (*s)->metrics);
    }
}

static void lists_ready(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, lists_fill);
}

#define LIST_GETTER(type, name)                                                                    \
    type *const *services_##name(void) {                                                           \
        lists_ready();                                                                             \
        return lists.name;                                                                         \
    }
LIST_GETTER(const struct sql, sql)
LIST_GETTER(const struct route, routes)
LIST_GETTER(const struct schema, schemas)
LIST_GETTER(const struct job_kind, jobs)
LIST_GETTER(const struct event_handler, events)
LIST_GETTER(const struct cron_row, cron)
LIST_GETTER(const struct config_key, config)
LIST_GETTER(struct metric, metrics)

const struct service *const *services(void) {
    return all;
}

static void stop_below(size_t n) {
    while (n-- > 0)
        if (all[n]->stop)
            all[n]->stop();
}

int services_start(const struct engine *e, struct err *reterr) {
    for (size_t i = 0; all[i]; i++) {
        int r = all[i]->start ? all[i]->start(e, reterr) : 0;
        if (r < 0) {
            err_wrap(reterr, "%s", all[i]->name);
            stop_below(i);
            return r;
        }
    }
    return 0;
}

void services_stop(void) {
    stop_below(ARRAY_LEN(all) - 1);
}

int services_export(const struct engine *e, struct account_id account, json_t **ret,
                    struct err *reterr) {
    json_t *j = json_object();
    for (size_t i = 0; all[i]; i++) {
        json_t *part = NULL;
        int r = all[i]->export ? all[i]->export(e, account, &part, reterr) : 0;
        if (r < 0) {
            json_decref(j);
            return r;
        }
        if (part)
            json_object_set_new(j, all[i]->name, part);
    }
    *ret = j;
    return 0;
}

int services_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    for (size_t n = ARRAY_LEN(all) - 1; n-- > 0;) {
        int r = all[n]->erase ? all[n]->erase(e, account, reterr) : 0;
        if (r < 0)
            return err_wrap(reterr, "%s", all[n]->name);
    }
    return 0;
}
