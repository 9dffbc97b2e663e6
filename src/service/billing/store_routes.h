/* store_routes.h - the handlers behind the table of store_service.c. */
#pragma once
#include "engine/http/http.h"

int apple_webhook_post(struct request *rq, struct err *reterr);
int google_webhook_post(struct request *rq, struct err *reterr);
int roku_webhook_post(struct request *rq, struct err *reterr);
int store_products_get(struct request *rq, struct err *reterr);
int store_products_put(struct request *rq, struct err *reterr);
