/* services.h - the table of contents of the program: every service, and what they bring along, as
 * NULL-terminated lists of tables (the engine's own tables included). All are constant after the
 * first call. Any thread. */
#pragma once
#include "service/service.h"

const struct service *const *services(void); /* in the order of DESIGN section 1: lower first */

const struct sql *const *services_sql(void);
const struct route *const *services_routes(void);
const struct schema *const *services_schemas(void);
const struct job_kind *const *services_jobs(void);
const struct event_handler *const *services_events(void);
const struct cron_row *const *services_cron(void);
const struct config_key *const *services_config(void); /* the program's own settings first */
struct metric *const *services_metrics(void);

/* Starts them lower first. On an error those that were started are stopped again. */
int services_start(const struct engine *e, struct err *reterr);
void services_stop(void);

/* Everything about one person out of every service, as {"identity": {...}, ...} (a new reference),
 * and everything of them gone, higher services first. */
int services_export(const struct engine *e, struct account_id account, json_t **ret,
                    struct err *reterr);
int services_erase(const struct engine *e, struct account_id account, struct err *reterr);
