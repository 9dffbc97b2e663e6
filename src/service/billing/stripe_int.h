/*
 * stripe_int.h - Stripe's API as far as we use it (docs.stripe.com/api, version STRIPE_VERSION):
 * stripe_http.c speaks it, gateway_stripe.c says it in our words, stripe_event.c reads its webhooks.
 */
#pragma once
#include "base/buf.h"
#include "service/billing/billing_int.h"
#include <jansson.h>

/* What fields mean is dated by Stripe: without the header it would be whatever the account is set to. */
#define STRIPE_VERSION "2024-06-20"
struct stripe_reply {
    int status;   /* HTTP: 200 to 499, never 401 or 403 */
    json_t *body; /* an object */
};
void stripe_reply_done(struct stripe_reply *r); /* for scoped() */

/* name=value, both percent-encoded (application/x-www-form-urlencoded), "&" between them. */
void form_add(struct buf *form, const char *name, struct str value);
void form_add_i64(struct buf *form, const char *name, int64_t value);

/* One request, repeated with back-off where Stripe says that it may be or nothing came (409 of a key in
 * use, 429, 5xx, network), at most CALL_S seconds in all. form: the body of a POST, or the query; may be
 * NULL. key: Idempotency-Key of a POST, or STR_NULL. 0: *ret is an answer, also of a 4xx, and has to be
 * freed. ERR_TIMEOUT, ERR_IO: not known what happened. ERR_PERMISSION: our key is not accepted.
 * Messages hold neither the key nor what Stripe echoes. */
int stripe_call(const struct engine *e, const char *method, const char *path,
                const struct buf *form, struct str key, struct stripe_reply *ret,
                struct err *reterr);

bool stripe_configured(const struct engine *e);
/* Settings that would send the key in the open, or hold none: ERR_INVALID. Adds the gateway. */
int stripe_start(const struct engine *e, struct err *reterr);
extern const struct config_key stripe_config[];
extern const struct gateway stripe_gateway;

/* stripe_setup.c: what gateway.h says of them. */
int stripe_setup_begin(const struct engine *e, const struct gateway_setup_ask *ask,
                       struct gateway_setup *ret, struct err *reterr);
int stripe_setup_read(const struct engine *e, struct account_id account, struct str ref,
                      struct gateway_setup *ret, struct err *reterr);
int stripe_dispute_read(const struct engine *e, struct str ref, struct gateway_dispute *ret,
                        struct err *reterr);
int stripe_refund_read(const struct engine *e, struct str ref, struct gateway_refund_seen *ret,
                       struct err *reterr);
int stripe_customer_forget(const struct engine *e, struct str ref, struct err *reterr);

struct str json_text(const json_t *o, const char *name); /* "" when it is no text */

/* Webhooks. The header is "t=1492774577,v1=5257a869...,v1=...,v0=..."; right when one v1 is the
 * HMAC-SHA256 of "t.body" under secret and t within tolerance_ms of now_ms, before or after. */
bool stripe_signature_ok(struct str header, struct str body, struct str secret, int64_t now_ms,
                         int64_t tolerance_ms);
struct stripe_event {
    char id[100], type[100];     /* "evt_...", "payment_intent.succeeded" */
    char object[40], ref[100];   /* what it is about: "payment_intent", "pi_..." */
    char subject[ID_LEN + 1];    /* our id in its metadata: payment_id, setup_id or refund_id; "" */
};
/* ERR_INVALID: not an event. Borrows nothing. */
int stripe_event_parse(struct str body, struct stripe_event *ret, struct err *reterr);
