/* service.h - what a service is, and what it is given. src/app/services.c lists them all. */
#pragma once
#include "base/clock.h"
#include "base/config.h"
#include "base/metrics.h"
#include "engine/blob/blob.h"
#include "engine/engine.h"
#include "engine/event/event.h"
#include "engine/http/http.h"
#include "engine/job/job.h"
#include "engine/store/store.h"

struct cron_row {
    const char *name; /* NULL ends a table */
    int64_t every_ms;
    int (*run)(const struct engine *e, struct err *reterr);
    const char *doc;
    bool slow; /* waits for the network: it has a thread beside the others' */
};

struct service {
    const char *name;
    const struct route *routes;
    const struct schema *schemas;
    const struct sql *sql;
    const struct job_kind *jobs;
    const struct event_handler *events;
    const struct cron_row *cron;
    const struct config_key *config;
    struct metric *metrics;
    int (*start)(const struct engine *e, struct err *reterr); /* once a process, before routes and jobs */
    void (*stop)(void);
    int (*health)(const struct engine *e, struct err *reterr);
    /* One person's data: everything this service holds about the account, as one JSON object (a new
     * reference); and all of it gone. Both within what the law calls erasure: money rows are kept by
     * billing, unlinked. */
    int (*export)(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr);
    int (*erase)(const struct engine *e, struct account_id account, struct err *reterr);
};
