/* webhook.h - the tables of webhook.c, for gateway_service.c. */
#pragma once
#include "engine/event/event.h"
#include "engine/http/http.h"
#include "engine/job/job.h"

/* A delivery, as far as it is believed. */
struct webhook {
    const char *gateway, *id, *type;
    const char *object, *ref, *subject; /* what it is about, the gateway's id of that, ours */
};
/* Written down once, and looked at by a job: 1; 0: it was delivered before. */
int webhook_keep(const struct engine *e, const struct webhook *ev, struct err *reterr);
int stripe_webhook_post(struct request *rq, struct err *reterr);
int webhooks_purge(const struct engine *e, struct err *reterr);
extern const struct event_handler gateway_events[];
extern const struct job_kind gateway_jobs[];
