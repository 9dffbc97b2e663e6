/* routes_int.h - what viewer's and operator's routes share. */
#pragma once
#include "service/billing/billing_int.h"
#include "service/billing/subscription.h"
#include "service/json.h"

/* The Idempotency-Key header with a hash of route and body. ERR_INVALID
 * "billing.idempotency_key_missing". */
int idem_of(struct request *rq, const char *route, struct idem *ret, struct err *reterr);
struct id id_of(const json_t *body, const char *name);
json_t *price_list_json(const struct rows *prices, struct id plan, struct arena *a);
json_t *plan_json(const struct rows *plans, size_t row, json_t *prices);
int offer_json(const struct engine *e, const struct rows *offers, size_t row, struct arena *a,
               json_t **ret, struct err *reterr);

/* routes.c: the API's Billing and InvoiceList of any account; who may ask is the route's business. */
int reply_billing_of(struct request *rq, struct account_id account, struct err *reterr);
int reply_invoices_of(struct request *rq, struct account_id account, struct err *reterr);

/* routes_office.c: what operators look at, and credit given. */
int office_plans_get(struct request *rq, struct err *reterr);
int coupons_get(struct request *rq, struct err *reterr);
int gift_codes_get(struct request *rq, struct err *reterr);
int taxes_get(struct request *rq, struct err *reterr);
int account_billing_get(struct request *rq, struct err *reterr);
int account_invoices_get(struct request *rq, struct err *reterr);
int account_credit_put(struct request *rq, struct err *reterr);

int plan_put(struct request *rq, struct err *reterr);
int plan_price_put(struct request *rq, struct err *reterr);
int offer_put(struct request *rq, struct err *reterr);
int offers_get(struct request *rq, struct err *reterr);
int tax_put(struct request *rq, struct err *reterr);
int coupon_put(struct request *rq, struct err *reterr);
int gift_codes_post(struct request *rq, struct err *reterr);
int refund_post(struct request *rq, struct err *reterr);
int ledger_get(struct request *rq, struct err *reterr);
int account_payments_get(struct request *rq, struct err *reterr);
