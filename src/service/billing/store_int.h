/*
 * store_int.h - what the stores that own subscriptions (Apple, Google Play, Roku, Amazon) share: store_http.c asks them,
 * store_apple.c and its like say what they answered in our words, store_hooks.c hears what they tell by themselves.
 */
#pragma once
#include "base/buf.h"
#include "service/billing/billing_int.h"
#include "service/json.h"

/* One request to a store. Its address may hold a secret, so nothing of it is logged or in an error: `what` says it instead. */
struct store_request {
    const char *what;   /* "apple: subscription statuses" */
    const char *url;
    const char *bearer; /* NULL: none */
    const char *form;   /* body of a POST, x-www-form-urlencoded; NULL with post: empty JSON object */
    bool post;
};
struct store_reply {
    int status;
    json_t *body; /* NULL: none, or no JSON */
};
void store_reply_done(struct store_reply *r); /* for scoped() */
/* At most store-timeout, 1 MiB, no redirects, https (http to this machine alone). ERR_IO, ERR_TIMEOUT: nothing came;
 * ERR_PERMISSION: 401 or 403, what we show is not accepted; ERR_BUSY: 429 or 5xx. 0: *ret, also of another 4xx. */
int store_call(const struct engine *e, const struct store_request *q, struct store_reply *ret, struct err *reterr);
/* "BASE/path": base from the setting, without its last slash; each %s of path is percent-encoded from the list. */
void store_url(struct buf *b, const char *base, const char *path, const struct str *parts, size_t n);

/* The file that a setting names, trimmed, in the arena. ERR_INVALID "config.<setting>" where it cannot be read or is empty. */
int store_secret(const struct engine *e, const char *setting, struct arena *a, struct str *ret, struct err *reterr);
/* A setting that must be there because another is. ERR_INVALID. */
int store_needs(const struct engine *e, const char *setting, const char *because, struct err *reterr);
int store_url_check(const struct engine *e, const char *setting, struct err *reterr);

/* Refusals that all stores share. */
int receipt_unknown(struct err *reterr);     /* ERR_INVALID "billing.receipt_unknown" */
int receipt_environment(struct err *reterr); /* ERR_INVALID "billing.receipt_environment": a test purchase, or another app's */
bool store_ref_put(char *dst, size_t cap, struct str s); /* false: empty, too long or not printable ASCII */
/* A number of ms; 0 where it is none or outside of years 1970 to 9999. */
int64_t json_ms(const json_t *o, const char *name);

extern const struct config_key stores_config[];
/* Checks the settings of each that is set up and puts it in force. */
int stores_start(const struct engine *e, struct err *reterr);
int apple_start(const struct engine *e, struct err *reterr);
int google_start(const struct engine *e, struct err *reterr);
int roku_start(const struct engine *e, struct err *reterr);
int amazon_start(const struct engine *e, struct err *reterr);
extern const struct gateway apple_store, google_store, roku_store, amazon_store;

/* What Apple told: *ret_ref "" where it is about no subscription. ERR_UNAUTHENTICATED, ERR_INVALID. */
struct store_notice {
    char id[100];   /* the store's own, so that a second delivery is nothing */
    char type[60];
    char ref[STORE_REF_MAX];
};
int apple_notice_read(const struct engine *e, struct str body, struct store_notice *ret, struct err *reterr);
/* Pub/Sub's push of Google Play's: the token of its Authorization header, and its body. ERR_UNAUTHENTICATED "billing.webhook_signature". */
int google_push_check(const struct engine *e, struct str authorization, int64_t now_ms, struct err *reterr);
/* ERR_INVALID; ERR_NOT_FOUND: of another package. Pure. */
int google_notice_parse(struct str body, struct str package, struct store_notice *ret, struct err *reterr);
/* Whether the address was told by us to Roku. */
bool roku_secret_ok(const struct engine *e, struct str said);
/* ret_key: what Roku wants back. ERR_INVALID. Pure. */
int roku_notice_parse(struct str body, struct store_notice *ret, char ret_key[100], struct err *reterr);

/* What an answer says; pure. ERR_IO: not what its service describes. */
int roku_transaction_parse(const json_t *t, struct store_subscription *ret, struct err *reterr);
int64_t roku_time(struct str s);
/* tests: purchases that cost nothing count. Also ERR_INVALID as subscription_read. */
int amazon_receipt_parse(const json_t *o, struct str ref, bool tests, int64_t now_ms, struct store_subscription *ret,
                         struct err *reterr);
