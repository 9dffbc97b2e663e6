/* webhook.h - the tables of webhook.c, for gateway_service.c. */
#pragma once
#include "engine/event/event.h"
#include "engine/http/http.h"
#include "engine/job/job.h"

int stripe_webhook_post(struct request *rq, struct err *reterr);
int webhooks_purge(const struct engine *e, struct err *reterr);
extern const struct event_handler gateway_events[];
extern const struct job_kind gateway_jobs[];
