/*
 * developer.h - what machines of others get of the house: API keys with scopes, by which they ask, and webhooks, by which they
 * are told. Tables api_key (STORE_MAIN), hook... (STORE_JOBS). Included by nobody but app: it learns of the world through events.
 * Any thread.
 */
#pragma once
#include "service/service.h"

/* Who asks, where a request carries an API key (request_key): the account that made the key with its roles of now, less
 * ROLE_VIEWER. ERR_UNAUTHENTICATED "key.invalid", "key.expired", "key.revoked"; ERR_FORBIDDEN "key.address". */
int key_authenticate(struct request *rq, struct principal *ret_who, struct err *reterr);

extern const struct api_event webhook_events[];
extern const struct service api_key_service, webhook_service, webhook_event_service;
