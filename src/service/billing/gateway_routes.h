/* gateway_routes.h - the handlers of gateway_routes.c, for the table in gateway_schemas.c. */
#pragma once
#include "engine/http/http.h"

int gateway_get(struct request *rq, struct err *reterr);
int method_setup_post(struct request *rq, struct err *reterr);
int method_setup_confirm_post(struct request *rq, struct err *reterr);
int disputes_get(struct request *rq, struct err *reterr);
int store_post(struct request *rq, struct err *reterr);
int test_store_put(struct request *rq, struct err *reterr);
int test_bank_get(struct request *rq, struct err *reterr);
int test_bank_post(struct request *rq, struct err *reterr);

extern const struct route gateway_routes[];
extern const struct schema gateway_schemas[];
