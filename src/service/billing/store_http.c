/*
 * store_http.c - requests to stores by libcurl, and their settings. Two of the stores want the secret in the address, so an
 * address is never logged, and an error is put together here, never copied from what came.
 */
#include "service/billing/store_int.h"
#include "base/file.h"
#include <curl/curl.h>
#include <pthread.h>

enum { REPLY_MAX = 1 << 20, CONNECT_MS = 4000, SECRET_MAX = 32 << 10 };

const struct config_key stores_config[] = {
    {"store-timeout", CONFIG_DURATION, "8s", 500, 20000, .doc = "How long one request to an app store may take"},
    {"apple-bundle-id", CONFIG_STR, "", .doc = "Bundle id of the app whose subscriptions in the App Store count here; empty: none do"},
    {"apple-issuer-id", CONFIG_STR, "", .doc = "Issuer id of the App Store Connect API key for in-app purchases"},
    {"apple-key-id", CONFIG_STR, "", .doc = "Its key id"},
    {"apple-key-file", CONFIG_PATH, "", .doc = "File of that key (AuthKey_....p8), read at each request"},
    {"apple-root-file", CONFIG_PATH, "",
     .doc = "Apple's root certificate (Apple Root CA - G3, .cer or PEM), which everything that Apple signs must lead to"},
    {"apple-environment", CONFIG_STR, "Production", .doc = "Production or Sandbox: purchases of the other one are refused"},
    {"apple-url", CONFIG_URL, "https://api.storekit.itunes.apple.com",
     .doc = "Address of the App Store Server API; of the sandbox: https://api.storekit-sandbox.itunes.apple.com"},
    {"google-package", CONFIG_STR, "", .doc = "Package of the app whose subscriptions in Google Play count here; empty: none do"},
    {"google-service-account-file", CONFIG_PATH, "", .doc = "Key of a service account (JSON) that may read its orders, read at each use"},
    {"google-test-purchases", CONFIG_BOOL, "false", .doc = "Purchases of licence testers, which cost nothing, count too"},
    {"google-url", CONFIG_URL, "https://androidpublisher.googleapis.com", .doc = "Address of the Google Play Developer API"},
    {"google-token-url", CONFIG_URL, "https://oauth2.googleapis.com/token", .doc = "Where the service account gets its access token"},
    {"google-push-audience", CONFIG_STR, "",
     .doc = "Audience of the Pub/Sub push subscription that tells of changes; empty: none is taken, and the clock alone looks"},
    {"google-push-email", CONFIG_STR, "", .doc = "Service account that the push subscription authenticates as"},
    {"google-keys-url", CONFIG_URL, "https://www.googleapis.com/oauth2/v3/certs", .doc = "Google's public keys, for those pushes"},
    {"roku-api-key", CONFIG_STR, "", .doc = "Roku Pay API key of the developer whose channel's subscriptions count here; empty: none do", .secret = true},
    {"roku-webhook-secret", CONFIG_STR, "",
     .doc = "Last part of the address that push notifications go to, /api/v1/webhooks/roku/SECRET; empty: none are taken", .secret = true},
    {"roku-url", CONFIG_URL, "https://apipub.roku.com/listen/transaction-service.svc", .doc = "Address of the Roku Pay web services"},
    {"amazon-shared-secret", CONFIG_STR, "", .doc = "Shared key of the Amazon developer account whose apps' subscriptions count here; empty: none do", .secret = true},
    {"amazon-test-purchases", CONFIG_BOOL, "false", .doc = "Purchases of App Tester and of beta tests, which cost nothing, count too"},
    {"amazon-url", CONFIG_URL, "https://appstore-sdk.amazon.com",
     .doc = "Address of Amazon's Receipt Verification Service; of its sandbox: https://appstore-sdk.amazon.com/sandbox"},
    {.name = NULL}};


void store_reply_done(struct store_reply *r) {
    json_decref(r->body);
    r->body = NULL;
}

static size_t body_take(char *p, size_t size, size_t n, void *arg) {
    struct buf *b = arg;
    buf_mem(b, p, size * n);
    return b->failed ? 0 : size * n;
}

static void curl_start(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static struct curl_slist *headers_make(const struct store_request *q) {
    scoped(buf_done) struct buf line = BUF(16 << 10);
    struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json"), *more = list;
    if (more && q->bearer) {
        buf_addf(&line, "Authorization: Bearer %s", q->bearer);
        more = buf_cstr(&line) ? curl_slist_append(list, buf_cstr(&line)) : NULL;
        list = more ? more : list;
    }
    if (more && q->post && !q->form) {
        more = curl_slist_append(list, "Content-Type: application/json");
        list = more ? more : list;
    }
    if (more)
        return list;
    curl_slist_free_all(list);
    return NULL;
}

static CURLcode perform(const struct engine *e, const struct store_request *q, struct buf *body, long *ret_status) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, curl_start);
    CURL *c = curl_easy_init();
    struct curl_slist *headers = c ? headers_make(q) : NULL;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    long limit = (long)config_int(e->config, "store-timeout");
    if (headers) {
        curl_easy_setopt(c, CURLOPT_URL, q->url);
        curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, gateway_url_ok(str_of(q->url)) ? "http,https" : "https");
        curl_easy_setopt(c, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
        curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
        curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, MIN((long)CONNECT_MS, limit));
        curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, limit);
        curl_easy_setopt(c, CURLOPT_USERAGENT, "Matinee");
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_take);
        curl_easy_setopt(c, CURLOPT_WRITEDATA, body);
        if (q->post)
            curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->form ? q->form : "{}");
        code = curl_easy_perform(c);
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    return code;
}

int store_call(const struct engine *e, const struct store_request *q, struct store_reply *ret, struct err *reterr) {
    scoped(buf_done) struct buf body = BUF(REPLY_MAX);
    long status = 0;
    CURLcode code = perform(e, q, &body, &status);
    if (code != CURLE_OK)
        return err_set(reterr, code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO, "%s: %s", q->what, curl_easy_strerror(code));
    if (status == 401 || status == 403)
        return err_set(reterr, ERR_PERMISSION, "%s: %ld, what we show is not accepted", q->what, status);
    if (status == 429 || status >= 500 || status < 200)
        return err_set(reterr, ERR_BUSY, "%s: %ld", q->what, status);
    struct str text = buf_str(&body);
    *ret = (struct store_reply){.status = (int)status, .body = text.n ? json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL) : NULL};
    return 0;
}

static void percent_add(struct buf *b, struct str s) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] && strchr(plain, s.p[i]))
            buf_byte(b, (uint8_t)s.p[i]);
        else
            buf_addf(b, "%%%02X", (unsigned char)s.p[i]);
}

void store_url(struct buf *b, const char *base, const char *path, const struct str *parts, size_t n) {
    struct str root = str_of(base);
    while (str_ends(root, STR("/")))
        root = str_slice(root, 0, root.n - 1);
    buf_add(b, root);
    for (const char *p = path; *p; p++) {
        if (p[0] == '%' && p[1] == 's') {
            assert(n > 0);
            percent_add(b, *parts++);
            n--;
            p++;
        } else {
            buf_byte(b, (uint8_t)*p);
        }
    }
}

static int setting_wrong(struct err *reterr, const char *setting, const char *what) {
    char reason[60] = "config.", hint[200];
    size_t n = strlen(reason);
    for (const char *p = setting; *p && n + 1 < sizeof reason; p++)
        reason[n++] = *p == '-' ? '_' : *p;
    reason[n] = 0;
    snprintf(hint, sizeof hint, "Setting %s: %s", setting, what);
    return err_refuse(reterr, ERR_INVALID, reason, hint, "setting %s: %s", setting, what);
}

int store_secret(const struct engine *e, const char *setting, struct arena *a, struct str *ret, struct err *reterr) {
    const char *path = config_str(e->config, setting);
    if (!path[0] || file_read(path, SECRET_MAX, a, ret, NULL))
        return setting_wrong(reterr, setting, "name a file that can be read.");
    *ret = str_trim(*ret);
    return ret->n ? 0 : setting_wrong(reterr, setting, "its file is empty.");
}

int store_needs(const struct engine *e, const char *setting, const char *because, struct err *reterr) {
    char what[120];
    snprintf(what, sizeof what, "must be set, too, because %s is.", because);
    return config_str(e->config, setting)[0] ? 0 : setting_wrong(reterr, setting, what);
}

int store_url_check(const struct engine *e, const char *setting, struct err *reterr) {
    return gateway_url_ok(str_of(config_str(e->config, setting)))
               ? 0
               : setting_wrong(reterr, setting, "write it with https:// (http:// for this machine alone).");
}

int receipt_unknown(struct err *reterr) {
    return err_refuse(reterr, ERR_INVALID, "billing.receipt_unknown", "The store knows no such purchase.", "no such receipt");
}

int receipt_environment(struct err *reterr) {
    return err_refuse(reterr, ERR_INVALID, "billing.receipt_environment",
                      "This purchase was made in a test store or in another app. It does not count here.",
                      "a receipt of another app or environment");
}

bool store_ref_put(char *dst, size_t cap, struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 127)
            return false;
    if (!s.n || s.n >= cap)
        return false;
    memcpy(dst, s.p, s.n);
    dst[s.n] = 0;
    return true;
}

int64_t json_ms(const json_t *o, const char *name) {
    const json_t *v = json_object_get(o, name);
    json_int_t ms = json_is_integer(v) ? json_integer_value(v) : 0;
    return ms > 0 && ms < 253402300800000 ? ms : 0;
}

int stores_start(const struct engine *e, struct err *reterr) {
    int rc = e->config ? apple_start(e, reterr) : 0;
    if (rc == 0 && e->config)
        rc = google_start(e, reterr);
    if (rc == 0 && e->config)
        rc = roku_start(e, reterr);
    if (rc == 0 && e->config)
        rc = amazon_start(e, reterr);
    return rc;
}
