/*
 * billing.h - who pays, and what that lets them watch. Tables of sql/0040_billing (STORE_MAIN).
 *
 * To the services above there are two questions: may this account watch this title (entitlement.h
 * says how it is decided), and "this rental has been begun". Any thread.
 */
#pragma once
#include "service/billing/entitlement.h"
#include "service/service.h"

/* Gathers the facts and decides. Never an error for a refusal: ret->granted says it. Strings of the
 * decision live in the arena. */
/* country: where the viewer is (request_country); empty: not known, and taken for billing-country. */
int billing_entitlement(const struct engine *e, struct account_id account, struct title_id title,
                        struct str country, struct arena *a, struct entitlement *ret, struct err *reterr);
/* The same in two halves, so that its questions can travel with others': account and title are borrowed until
 * they are answered. allowed: what the licensor allows here (rights_verdict_of); NULL: everything. */
enum { ENTITLEMENT_ASKS = 2 };
void billing_entitlement_ask(const struct account_id *account, const struct title_id *title,
                             struct store_ask asks[ENTITLEMENT_ASKS]);
int billing_entitlement_take(const struct engine *e, struct account_id account, struct str country,
                             const struct rights_verdict *allowed, const struct store_ask answered[ENTITLEMENT_ASKS], struct arena *a,
                             struct entitlement *ret, struct err *reterr);
/* The first Play of a rental starts its time to finish; later ones change nothing. */
int billing_rental_begin(const struct engine *e, struct right_id rental, struct err *reterr);
/* How many streams at a time the account's plan allows; 0: no limit. *ret stays as it is for who has no
 * plan at the moment. */
int billing_stream_limit(const struct engine *e, struct account_id account, int *ret,
                         struct err *reterr);
/* The same for the devices that it plays on. */
int billing_device_limit(const struct engine *e, struct account_id account, int *ret,
                         struct err *reterr);
/* The API's Access. A new reference. */
json_t *entitlement_json(const struct entitlement *d);

/* Everything that the clock owes, once: renewals, retries, pauses, unknown payments, refunds. Cron
 * calls it; so do tests. */
int billing_tick(const struct engine *e, struct err *reterr);

/* Three plans for the whole catalogue, where no plan is yet: matinee demo --shop. */
int billing_demo_make(const struct engine *e, struct err *reterr);

extern const struct service billing_service;
