/*
 * store_google_push.c - Real-time developer notifications of Google Play, as Cloud Pub/Sub pushes them: an OpenID token in the
 * Authorization header says that it is Pub/Sub, for us; the body says of which purchase something changed, and no more is
 * believed of it.
 */
#include "service/billing/store_int.h"
#include "engine/cache/cache.h"
#include "service/identity/jwt.h"
#include <stdlib.h>
#include <string.h>

enum { SKEW_S = 60, KEYS_MS = 3600000, FRESH_A_MINUTE = 6 };
#define KEYS_KEY "billing:google-keys"

static int keys_ask(const struct engine *e, json_t **ret, struct err *reterr) {
    scoped(store_reply_done) struct store_reply r = {0};
    struct store_request q = {.what = "google: public keys", .url = config_str(e->config, "google-keys-url")};
    int rc = store_call(e, &q, &r, reterr);
    if (rc)
        return rc;
    if (r.status != 200 || !json_is_array(json_object_get(r.body, "keys")))
        return err_set(reterr, ERR_BUSY, "google: public keys: %d", r.status);
    char *text = json_dumps(r.body, JSON_COMPACT);
    if (text) /* what cannot be kept is asked for again */
        cache_set(e->cache, STR(KEYS_KEY), str_of(text), KEYS_MS, NULL);
    free(text);
    *ret = json_incref(r.body);
    return 0;
}

/* again: there may be newer ones; asked for so often at most that nobody makes us ask by sending nonsense. */
static int keys_get(const struct engine *e, bool again, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct cache_rate rate = {.ok = true};
    struct str text;
    if (again)
        cache_take(e->cache, STR(KEYS_KEY ":again"), FRESH_A_MINUTE, 60000, &rate, NULL);
    if ((!again || !rate.ok) && cache_get(e->cache, STR(KEYS_KEY), &a, &text, NULL) == 1 &&
        (*ret = json_loadb(text.p, text.n, 0, NULL)))
        return 0;
    return keys_ask(e, ret, reterr);
}

static int forged(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "billing.webhook_signature",
                      "The token is not right: compare google-push-audience and google-push-email with the push subscription.",
                      "a push's token: %s", why);
}

/* cloud.google.com/pubsub/docs/authenticate-push-subscriptions */
static const char *claims_wrong(const struct engine *e, const json_t *c, int64_t now_s) {
    struct str iss = json_get_str(c, "iss");
    if (!str_eq(iss, STR("https://accounts.google.com")) && !str_eq(iss, STR("accounts.google.com")))
        return "another issuer";
    if (!str_eq(json_get_str(c, "aud"), str_of(config_str(e->config, "google-push-audience"))))
        return "another audience";
    if (!str_eq(json_get_str(c, "email"), str_of(config_str(e->config, "google-push-email"))) ||
        !json_is_true(json_object_get(c, "email_verified")))
        return "another service account";
    if (json_get_int(c, "exp", 0) + SKEW_S <= now_s)
        return "it has expired";
    return json_get_int(c, "iat", INT64_MAX) > now_s + SKEW_S ? "it is of the future" : NULL;
}

int google_push_check(const struct engine *e, struct str authorization, int64_t now_ms, struct err *reterr) {
    json_t *keys = NULL, *claims = NULL;
    struct err why = {0};
    struct str kind, token = str_cut(authorization.p ? authorization : STR(""), ' ', &kind);
    if (!str_eq_nocase(kind, STR("Bearer")) || !token.n)
        return forged(reterr, "there is none");
    int rc = keys_get(e, false, &keys, reterr);
    if (rc)
        return rc;
    rc = jwt_verify(token, keys, &claims, &why);
    if (rc == ERR_NOT_FOUND) {
        json_decref(keys);
        keys = NULL;
        if ((rc = keys_get(e, true, &keys, reterr)))
            return rc;
        rc = jwt_verify(token, keys, &claims, &why);
    }
    const char *wrong = rc ? why.msg : claims_wrong(e, claims, now_ms / 1000);
    json_decref(keys);
    json_decref(claims);
    return wrong ? forged(reterr, wrong) : 0;
}

static int malformed(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_INVALID, "billing.webhook_malformed", "Send a push as Cloud Pub/Sub describes it.", "a push: %s", why);
}

/* developer.android.com/google/play/billing/rtdn-reference. A voided purchase names a token, too. */
static int notice_parse(const json_t *n, struct str package, struct store_notice *ret, struct err *reterr) {
    static const char *const kinds[] = {"subscriptionNotification", "voidedPurchaseNotification"};
    if (!str_eq(json_get_str(n, "packageName"), package))
        return err_set(reterr, ERR_NOT_FOUND, "a push of another package");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const json_t *one = json_object_get(n, kinds[i]);
        if (!one)
            continue;
        snprintf(ret->type, sizeof ret->type, "%s %lld", kinds[i], (long long)json_get_int(one, "notificationType", 0));
        if (!store_ref_put(ret->ref, sizeof ret->ref, json_get_str(one, "purchaseToken")))
            return malformed(reterr, "a notification without a token");
        return 0;
    }
    snprintf(ret->type, sizeof ret->type, "other"); /* a test, a one-time product: nothing of ours */
    return 0;
}

int google_notice_parse(struct str body, struct str package, struct store_notice *ret, struct err *reterr) {
    scoped(buf_done) struct buf data = BUF(64 << 10);
    struct store_notice n = {.ref = ""};
    json_t *envelope = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, NULL), *notice = NULL;
    const json_t *message = json_object_get(envelope, "message");
    struct str text = json_get_str(message, "data");
    int rc = 0;
    if (!store_ref_put(n.id, sizeof n.id, json_get_str(message, "messageId")))
        rc = malformed(reterr, "no messageId");
    else if (text.n && buf_unbase64url(&data, text) && !data.failed)
        notice = json_loadb((const char *)data.p, data.n, JSON_REJECT_DUPLICATES, NULL);
    if (rc == 0 && !json_is_object(notice))
        rc = malformed(reterr, "its data is no JSON object in base64");
    if (rc == 0)
        rc = notice_parse(notice, package, &n, reterr);
    json_decref(notice);
    json_decref(envelope);
    if (rc == 0)
        *ret = n;
    return rc;
}
