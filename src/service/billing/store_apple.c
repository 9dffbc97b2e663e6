/*
 * store_apple.c - subscriptions of the App Store. An app brings the signed transaction (JWS) that StoreKit gave it: that it was
 * bought, and which one it is, is believed because Apple signed it. What it is now is asked of the App Store Server API (Get All
 * Subscription Statuses), whose answers are signed as well, and verified as well.
 */
#include "service/billing/jws.h"
#include "service/billing/store_int.h"
#include <string.h>

enum { CERTS_MAX = 64 << 10, BEARER_S = 300 };

static int verify(const struct engine *e, struct str token, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(CERTS_MAX + 4096);
    struct str roots;
    int rc = store_secret(e, "apple-root-file", &a, &roots, reterr);
    return rc ? rc : jws_apple_verify(token, roots, clock_now_ms(e->clock), ret, reterr);
}

/* Of a transaction, or of a notification's data. */
static bool is_ours(const struct engine *e, const json_t *o) {
    return str_eq(json_get_str(o, "bundleId"), str_of(config_str(e->config, "apple-bundle-id"))) &&
           str_eq(json_get_str(o, "environment"), str_of(config_str(e->config, "apple-environment")));
}

static bool is_id(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0 && s.n <= 40;
}

static int apple_receipt_ref(const struct engine *e, const struct store_receipt *r, char ret[STORE_REF_MAX],
                             struct err *reterr) {
    json_t *t = NULL;
    int rc = verify(e, r->receipt, &t, reterr);
    if (rc)
        return rc;
    struct str id = json_get_str(t, "originalTransactionId");
    if (!is_ours(e, t))
        rc = receipt_environment(reterr);
    else if (!str_eq(json_get_str(t, "type"), STR("Auto-Renewable Subscription")) || !is_id(id) || !store_ref_put(ret, STORE_REF_MAX, id))
        rc = receipt_unknown(reterr);
    json_decref(t);
    return rc;
}

/* developer.apple.com/documentation/appstoreserverapi/generating-json-web-tokens-for-api-requests */
static int bearer_make(const struct engine *e, struct buf *out, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct str key;
    int64_t now_s = clock_now_ms(e->clock) / 1000;
    int rc = store_secret(e, "apple-key-file", &a, &key, reterr);
    if (rc)
        return rc;
    json_t *header = json_pack("{s:s}", "kid", config_str(e->config, "apple-key-id"));
    json_t *claims = json_pack("{s:s, s:I, s:I, s:s, s:s}", "iss", config_str(e->config, "apple-issuer-id"), "iat",
                               (json_int_t)now_s, "exp", (json_int_t)(now_s + BEARER_S), "aud", "appstoreconnect-v1", "bid",
                               config_str(e->config, "apple-bundle-id"));
    rc = jws_sign(JWS_ES256, key, header, claims, out, reterr);
    json_decref(header);
    json_decref(claims);
    return rc ? err_wrap(reterr, "apple-key-file") : 0;
}

/* developer.apple.com/documentation/appstoreserverapi/status */
static bool state_of(int64_t status, enum store_sub_state *ret) {
    static const enum store_sub_state table[] = {[1] = STORE_SUB_ACTIVE, [2] = STORE_SUB_ENDED, [3] = STORE_SUB_HOLD,
                                                 [4] = STORE_SUB_GRACE,  [5] = STORE_SUB_REVOKED};
    if (status < 1 || status >= (int64_t)ARRAY_LEN(table))
        return false;
    *ret = table[status];
    return true;
}

static int item_read(const struct engine *e, struct str ref, const json_t *item, struct store_subscription *ret,
                     struct err *reterr) {
    struct store_subscription st = {.renews = true};
    json_t *t = NULL, *r = NULL;
    struct str renewal = json_get_str(item, "signedRenewalInfo");
    int rc = verify(e, json_get_str(item, "signedTransactionInfo"), &t, reterr);
    if (rc == 0 && renewal.n)
        rc = verify(e, renewal, &r, reterr);
    if (rc == 0 && (!is_ours(e, t) || !str_eq(json_get_str(t, "originalTransactionId"), ref)))
        rc = receipt_environment(reterr);
    if (rc == 0 && (!state_of(json_get_int(item, "status", 0), &st.state) || !store_ref_put(st.ref, sizeof st.ref, ref) ||
                    !store_ref_put(st.product, sizeof st.product, json_get_str(t, "productId"))))
        rc = err_set(reterr, ERR_IO, "apple: a subscription's status without what belongs to it");
    if (rc == 0) {
        struct id account; /* developer.apple.com/documentation/appstoreserverapi/appaccounttoken */
        if (id_of_uuid(json_get_str(t, "appAccountToken"), &account))
            memcpy(st.account, account.s, sizeof st.account);
        st.renews = json_get_int(r, "autoRenewStatus", 1) != 0;
        st.period_start_ms = json_ms(t, "purchaseDate");
        st.period_end_ms = json_ms(t, "expiresDate");
        st.grace_until_ms = json_ms(r, "gracePeriodExpiresDate");
        if (json_ms(t, "revocationDate"))
            st.state = STORE_SUB_REVOKED;
        *ret = st;
    }
    json_decref(t);
    json_decref(r);
    return rc;
}

static const json_t *item_find(const json_t *body, struct str ref) {
    const json_t *group, *item;
    size_t i, j;
    json_array_foreach(json_object_get(body, "data"), i, group)
        json_array_foreach(json_object_get(group, "lastTransactions"), j, item)
            if (str_eq(json_get_str(item, "originalTransactionId"), ref))
                return item;
    return NULL;
}

static int apple_read(const struct engine *e, struct str ref, struct store_subscription *ret, struct err *reterr) {
    scoped(buf_done) struct buf bearer = BUF(8 << 10), url = BUF(4 << 10);
    scoped(store_reply_done) struct store_reply r = {0};
    if (!is_id(ref))
        return receipt_unknown(reterr);
    int rc = bearer_make(e, &bearer, reterr);
    store_url(&url, config_str(e->config, "apple-url"), "/inApps/v1/subscriptions/%s", &ref, 1);
    struct store_request q = {.what = "apple: subscription statuses", .url = buf_cstr(&url), .bearer = buf_cstr(&bearer)};
    if (rc == 0)
        rc = store_call(e, &q, &r, reterr);
    if (rc)
        return rc;
    if (r.status == 404 || r.status == 400)
        return receipt_unknown(reterr);
    if (r.status != 200)
        return err_set(reterr, ERR_IO, "apple: subscription statuses: %d", r.status);
    if (!is_ours(e, r.body))
        return receipt_environment(reterr);
    const json_t *item = item_find(r.body, ref);
    return item ? item_read(e, ref, item, ret, reterr) : receipt_unknown(reterr);
}

int apple_notice_read(const struct engine *e, struct str body, struct store_notice *ret, struct err *reterr) {
    json_t *envelope = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, NULL), *notice = NULL, *t = NULL;
    struct str payload = json_get_str(envelope, "signedPayload"), transaction = STR_NULL;
    struct store_notice n = {.ref = ""};
    int rc = payload.n ? verify(e, payload, &notice, reterr)
                       : err_refuse(reterr, ERR_INVALID, "billing.webhook_malformed",
                                    "Send a notification of version 2 as Apple describes it.", "no signedPayload");
    const json_t *data = json_object_get(notice, "data");
    if (rc == 0 && (!store_ref_put(n.id, sizeof n.id, json_get_str(notice, "notificationUUID")) ||
                    !store_ref_put(n.type, sizeof n.type, json_get_str(notice, "notificationType"))))
        rc = err_refuse(reterr, ERR_INVALID, "billing.webhook_malformed",
                        "Send a notification of version 2 as Apple describes it.", "no notificationUUID or notificationType");
    if (rc == 0 && data && !is_ours(e, data))
        rc = receipt_environment(reterr);
    if (rc == 0)
        transaction = json_get_str(data, "signedTransactionInfo");
    if (rc == 0 && transaction.n)
        rc = verify(e, transaction, &t, reterr);
    if (rc == 0 && is_id(json_get_str(t, "originalTransactionId")))
        store_ref_put(n.ref, sizeof n.ref, json_get_str(t, "originalTransactionId"));
    json_decref(t);
    json_decref(notice);
    json_decref(envelope);
    if (rc == 0)
        *ret = n;
    return rc;
}

const struct gateway apple_store = {
    .name = "apple",
    .title = "the App Store",
    .manage_url = "https://apps.apple.com/account/subscriptions",
    .owned_by_store = true,
    .receipt_ref = apple_receipt_ref,
    .subscription_read = apple_read,
};

/* A key that signs and a root that can be read, before anybody pays. */
int apple_start(const struct engine *e, struct err *reterr) {
    static const char *const needs[] = {"apple-issuer-id", "apple-key-id", "apple-key-file", "apple-root-file"};
    scoped(buf_done) struct buf bearer = BUF(8 << 10);
    json_t *none = NULL;
    if (!config_str(e->config, "apple-bundle-id")[0])
        return 0;
    int rc = store_url_check(e, "apple-url", reterr);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(needs); i++)
        rc = store_needs(e, needs[i], "apple-bundle-id", reterr);
    if (rc == 0)
        rc = bearer_make(e, &bearer, reterr);
    if (rc == 0 && (rc = verify(e, STR("a.b.c"), &none, reterr)) == ERR_UNAUTHENTICATED) {
        err_clear(reterr); /* the roots were read, and that is no JWS */
        rc = 0;
    }
    if (rc == 0)
        gateway_add(&apple_store);
    return rc;
}
