/* service.c - ingest as a service. */
#include "service/ingest/upload.h"

static const struct cron_row cron[] = {
    {"ingest.sweep", 60000, ingest_sweep, "Removes what ended imports no longer need"},
    {"ingest.drop", 2000, drop_look, "Looks into the drop folder"},
    {.name = NULL},
};

const struct service ingest_service = {
    .name = "ingest",
    .routes = ingest_routes,
    .schemas = ingest_schemas,
    .sql = ingest_sql,
    .jobs = ingest_jobs,
    .cron = cron,
    .config = drop_config,
    .stop = ingest_events_stop,
};

const struct service upload_service = {
    .name = "upload",
    .routes = upload_routes,
    .export = upload_export,
    .erase = upload_erase,
};
