/*
 * store_google.c - subscriptions of Google Play. An app brings a purchase token, which says nothing by itself: all of it is
 * read from the Google Play Developer API (purchases.subscriptionsv2.get). An upgrade makes a new token that names the old one.
 * A purchase that is not acknowledged within three days is given back by Google, so that is done as soon as it is ours.
 */
#include "service/billing/jws.h"
#include "service/billing/store_int.h"
#include "base/file.h"
#include "base/log.h"
#include <pthread.h>
#include <string.h>

enum { TOKEN_CAP = 4096, ASSERTION_S = 3600, EARLY_S = 120 };
#define SCOPE "https://www.googleapis.com/auth/androidpublisher"

/* The access token stays in this process: a cache that others read is no place for it. */
static struct {
    pthread_mutex_t lock;
    char token[TOKEN_CAP];
    int64_t until_ms; /* of clock_mono_ns, in ms */
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t mono_ms(void) {
    return clock_mono_ns() / 1000000;
}

/* developers.google.com/identity/protocols/oauth2/service-account */
static int assertion_make(const struct engine *e, struct buf *out, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(96 << 10);
    struct str file;
    int64_t now_s = clock_now_ms(e->clock) / 1000;
    int rc = store_secret(e, "google-service-account-file", &a, &file, reterr);
    if (rc)
        return rc;
    json_t *account = json_loadb(file.p, file.n, JSON_REJECT_DUPLICATES, NULL);
    struct str email = json_get_str(account, "client_email"), key = json_get_str(account, "private_key"),
               kid = json_get_str(account, "private_key_id");
    json_t *header = kid.n ? json_pack("{s:o}", "kid", json_of_str(kid)) : json_object();
    json_t *claims = json_pack("{s:o, s:s, s:s, s:I, s:I}", "iss", json_of_str(email), "scope", SCOPE, "aud",
                               config_str(e->config, "google-token-url"), "iat", (json_int_t)now_s, "exp",
                               (json_int_t)(now_s + ASSERTION_S));
    rc = email.n && key.n ? jws_sign(JWS_RS256, key, header, claims, out, reterr)
                          : err_refuse(reterr, ERR_INVALID, "config.google_service_account_file",
                                       "Setting google-service-account-file: name the JSON key file of a service account.",
                                       "no client_email or no private_key in it");
    json_decref(header);
    json_decref(claims);
    json_decref(account);
    return rc;
}

static int token_ask(const struct engine *e, struct err *reterr) {
    scoped(buf_done) struct buf jwt = BUF(16 << 10), form = BUF(32 << 10);
    scoped(store_reply_done) struct store_reply r = {0};
    int rc = assertion_make(e, &jwt, reterr);
    buf_addc(&form, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
    buf_add(&form, buf_str(&jwt));
    struct store_request q = {.what = "google: access token", .url = config_str(e->config, "google-token-url"), .post = true,
                              .form = buf_cstr(&form)};
    if (rc == 0)
        rc = store_call(e, &q, &r, reterr);
    if (rc)
        return rc;
    struct str token = json_get_str(r.body, "access_token");
    if (r.status != 200 || !store_ref_put(kept.token, sizeof kept.token, token))
        return err_set(reterr, ERR_PERMISSION, "google: access token: %d, google-service-account-file is not accepted", r.status);
    int64_t s = json_get_int(r.body, "expires_in", 0);
    kept.until_ms = mono_ms() + 1000 * (CLAMP(s, 0, ASSERTION_S) - EARLY_S);
    return 0;
}

/* refused: one that Google does not take any more. */
static int token_get(const struct engine *e, const char *refused, char ret[TOKEN_CAP], struct err *reterr) {
    pthread_mutex_lock(&kept.lock);
    int rc = kept.token[0] && mono_ms() < kept.until_ms && (!refused || strcmp(kept.token, refused) != 0) ? 0 : token_ask(e, reterr);
    memcpy(ret, kept.token, TOKEN_CAP);
    pthread_mutex_unlock(&kept.lock);
    return rc;
}

/* A token may be withdrawn before its time: once more with a new one. */
static int google_call(const struct engine *e, const char *what, const struct buf *url, bool post, struct store_reply *ret,
                       struct err *reterr) {
    char token[TOKEN_CAP];
    struct store_request q = {.what = what, .url = (const char *)url->p, .bearer = token, .post = post};
    int rc = token_get(e, NULL, token, reterr);
    if (rc == 0 && (rc = store_call(e, &q, ret, reterr)) == ERR_PERMISSION) {
        char old[TOKEN_CAP];
        memcpy(old, token, sizeof old);
        err_clear(reterr);
        rc = token_get(e, old, token, reterr);
        if (rc == 0)
            rc = store_call(e, &q, ret, reterr);
    }
    return rc;
}

static int google_receipt_ref(const struct engine *e, const struct store_receipt *r, char ret[STORE_REF_MAX],
                              struct err *reterr) {
    return store_ref_put(ret, STORE_REF_MAX, r->receipt) ? 0 : receipt_unknown(reterr);
}

/* developers.google.com/android-publisher/api-ref/rest/v3/purchases.subscriptionsv2#SubscriptionState. ACTIVE and CANCELED
 * differ in whether it renews. */
static bool state_of(struct str s, enum store_sub_state *ret) {
    static const struct {
        const char *google;
        enum store_sub_state ours;
    } table[] = {{"SUBSCRIPTION_STATE_ACTIVE", STORE_SUB_ACTIVE},
                 {"SUBSCRIPTION_STATE_CANCELED", STORE_SUB_ACTIVE},
                 {"SUBSCRIPTION_STATE_IN_GRACE_PERIOD", STORE_SUB_GRACE},
                 {"SUBSCRIPTION_STATE_ON_HOLD", STORE_SUB_HOLD},
                 {"SUBSCRIPTION_STATE_PAUSED", STORE_SUB_PAUSED},
                 {"SUBSCRIPTION_STATE_EXPIRED", STORE_SUB_ENDED},
                 {"SUBSCRIPTION_STATE_PENDING_PURCHASE_CANCELED", STORE_SUB_ENDED}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (str_eq(s, str_of(table[i].google))) {
            *ret = table[i].ours;
            return true;
        }
    return false;
}

static int64_t time_of(const json_t *o, const char *name) {
    int64_t ms = 0;
    return rfc3339_parse(json_get_str(o, name), &ms) ? ms : 0;
}

/* The item that lasts longest is what counts now. */
static const json_t *item_of(const json_t *purchase, int64_t *ret_end_ms) {
    const json_t *item, *best = NULL;
    size_t i;
    json_array_foreach(json_object_get(purchase, "lineItems"), i, item) {
        int64_t end = time_of(item, "expiryTime");
        if (!best || end > *ret_end_ms) {
            best = item;
            *ret_end_ms = end;
        }
    }
    return best;
}

static int purchase_read(const struct engine *e, struct str ref, const json_t *p, struct store_subscription *ret,
                         struct err *reterr) {
    struct store_subscription st = {.renews = false};
    struct str state = json_get_str(p, "subscriptionState"), linked = json_get_str(p, "linkedPurchaseToken");
    const json_t *item = item_of(p, &st.period_end_ms), *ids = json_object_get(p, "externalAccountIdentifiers");
    struct str account = json_get_str(ids, "obfuscatedExternalAccountId");
    struct id id;
    if (json_object_get(p, "testPurchase") && !config_bool(e->config, "google-test-purchases"))
        return receipt_environment(reterr);
    if (str_eq(state, STR("SUBSCRIPTION_STATE_PENDING")))
        return err_refuse(reterr, ERR_CONFLICT, "billing.receipt_pending",
                          "The store is still waiting for this payment. It counts as soon as it is paid.", "a pending purchase");
    if (!state_of(state, &st.state) || !item || !store_ref_put(st.ref, sizeof st.ref, ref) ||
        !store_ref_put(st.product, sizeof st.product, json_get_str(item, "productId")) ||
        (linked.n && !store_ref_put(st.replaces, sizeof st.replaces, linked)))
        return err_set(reterr, ERR_IO, "google: a subscription without what belongs to it");
    if (id_parse(account, &id))
        memcpy(st.account, id.s, sizeof st.account);
    st.renews = json_is_true(json_object_get(json_object_get(item, "autoRenewingPlan"), "autoRenewEnabled")) &&
                !str_eq(state, STR("SUBSCRIPTION_STATE_CANCELED"));
    st.period_start_ms = time_of(p, "startTime");
    st.grace_until_ms = st.state == STORE_SUB_GRACE ? st.period_end_ms : 0; /* Google moves expiryTime to the grace's end */
    st.unacknowledged = str_eq(json_get_str(p, "acknowledgementState"), STR("ACKNOWLEDGEMENT_STATE_PENDING"));
    *ret = st;
    return 0;
}

static int google_read(const struct engine *e, struct str ref, struct store_subscription *ret, struct err *reterr) {
    scoped(buf_done) struct buf url = BUF(8 << 10);
    scoped(store_reply_done) struct store_reply r = {0};
    const struct str parts[] = {str_of(config_str(e->config, "google-package")), ref};
    store_url(&url, config_str(e->config, "google-url"), "/androidpublisher/v3/applications/%s/purchases/subscriptionsv2/tokens/%s",
              parts, ARRAY_LEN(parts));
    if (!buf_cstr(&url))
        return receipt_unknown(reterr);
    int rc = google_call(e, "google: subscription", &url, false, &r, reterr);
    if (rc)
        return rc;
    if (r.status == 410) { /* over for more than sixty days */
        *ret = (struct store_subscription){.state = STORE_SUB_ENDED};
        return store_ref_put(ret->ref, sizeof ret->ref, ref) ? 0 : receipt_unknown(reterr);
    }
    if (r.status == 404 || r.status == 400)
        return receipt_unknown(reterr);
    return r.status == 200 ? purchase_read(e, ref, r.body, ret, reterr)
                           : err_set(reterr, ERR_IO, "google: subscription: %d", r.status);
}

static int google_acknowledge(const struct engine *e, const struct store_subscription *st, struct err *reterr) {
    scoped(buf_done) struct buf url = BUF(8 << 10);
    scoped(store_reply_done) struct store_reply r = {0};
    const struct str parts[] = {str_of(config_str(e->config, "google-package")), str_of(st->product), str_of(st->ref)};
    store_url(&url, config_str(e->config, "google-url"),
              "/androidpublisher/v3/applications/%s/purchases/subscriptions/%s/tokens/%s:acknowledge", parts, ARRAY_LEN(parts));
    if (!buf_cstr(&url))
        return err_set(reterr, ERR_LIMIT, "google: a token is too long");
    int rc = google_call(e, "google: acknowledge", &url, true, &r, reterr);
    return rc || (r.status >= 200 && r.status < 300) ? rc : err_set(reterr, ERR_IO, "google: acknowledge: %d", r.status);
}

const struct gateway google_store = {
    .name = "google",
    .title = "Google Play",
    .manage_url = "https://play.google.com/store/account/subscriptions",
    .owned_by_store = true,
    .receipt_ref = google_receipt_ref,
    .subscription_read = google_read,
    .subscription_acknowledge = google_acknowledge,
};

int google_start(const struct engine *e, struct err *reterr) {
    static const char *const urls[] = {"google-url", "google-token-url", "google-keys-url"};
    scoped(buf_done) struct buf jwt = BUF(16 << 10);
    if (!config_str(e->config, "google-package")[0])
        return 0;
    int rc = store_needs(e, "google-service-account-file", "google-package", reterr);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(urls); i++)
        rc = store_url_check(e, urls[i], reterr);
    if (rc == 0 && config_str(e->config, "google-push-audience")[0])
        rc = store_needs(e, "google-push-email", "google-push-audience", reterr);
    if (rc == 0)
        rc = assertion_make(e, &jwt, reterr);
    if (rc == 0)
        gateway_add(&google_store);
    return rc;
}
