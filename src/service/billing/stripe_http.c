/*
 * stripe_http.c - requests to Stripe by libcurl. The secret key is in one header and nowhere else:
 * what is logged or returned as an error is put together here, never copied from what came.
 */
#include "service/billing/stripe_int.h"
#include "base/log.h"
#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

enum { CONNECT_MS = 4000, BODY_MAX = 1 << 20, TRIES = 3, PAUSE_MS = 300, PAUSE_MAX_MS = 3000 };
#define CALL_MS 24000 /* in all: a checkout's route has 30 s */

struct exchange {
    struct buf body;
    int retry_after_s;
    bool replayed;
    int should_retry; /* Stripe-Should-Retry: -1 not said */
    char request_id[64];
};

void stripe_reply_done(struct stripe_reply *r) {
    json_decref(r->body);
    r->body = NULL;
}

static void percent_add(struct buf *b, struct str s) {
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
            c == '_' || c == '.' || c == '~')
            buf_byte(b, c);
        else
            buf_addf(b, "%%%02X", c);
    }
}

void form_add(struct buf *form, const char *name, struct str value) {
    if (form->n)
        buf_byte(form, '&');
    percent_add(form, str_of(name));
    buf_byte(form, '=');
    percent_add(form, value);
}

void form_add_i64(struct buf *form, const char *name, int64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    form_add(form, name, str_of(text));
}

struct str json_text(const json_t *o, const char *name) {
    const json_t *v = json_object_get(o, name);
    return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR("");
}

static size_t body_write(char *p, size_t size, size_t n, void *arg) {
    struct exchange *x = arg;
    buf_mem(&x->body, p, size * n);
    return x->body.failed ? 0 : size * n;
}

static size_t header_read(char *p, size_t size, size_t n, void *arg) {
    struct exchange *x = arg;
    struct str name, value = str_cut(str_make(p, size * n), ':', &name);
    int64_t number;
    value = str_trim(value.p ? value : STR(""));
    if (str_eq_nocase(name, STR("retry-after")) && str_to_i64(value, &number) && number >= 0)
        x->retry_after_s = (int)MIN(number, 3600);
    else if (str_eq_nocase(name, STR("idempotent-replayed")))
        x->replayed = str_eq(value, STR("true"));
    else if (str_eq_nocase(name, STR("stripe-should-retry")))
        x->should_retry = str_eq(value, STR("true"));
    else if (str_eq_nocase(name, STR("request-id")) && value.n < sizeof x->request_id)
        snprintf(x->request_id, sizeof x->request_id, STR_FMT, STR_ARG(value));
    return size * n;
}

static bool slist_add(struct curl_slist **list, const char *text) {
    struct curl_slist *more = curl_slist_append(*list, text);
    if (more)
        *list = more;
    return more != NULL;
}

static struct curl_slist *headers_make(const struct engine *e, struct str key) {
    struct curl_slist *list = NULL;
    scoped(buf_done) struct buf b = BUF(1024);
    buf_addf(&b, "Authorization: Bearer %s", config_str(e->config, "stripe-secret-key"));
    bool ok = buf_cstr(&b) && slist_add(&list, buf_cstr(&b)) &&
              slist_add(&list, "Stripe-Version: " STRIPE_VERSION) && slist_add(&list, "Expect:");
    if (ok && key.n) {
        buf_reset(&b);
        buf_addf(&b, "Idempotency-Key: " STR_FMT, STR_ARG(key));
        ok = buf_cstr(&b) && slist_add(&list, buf_cstr(&b));
    }
    if (!ok) {
        curl_slist_free_all(list);
        return NULL;
    }
    return list;
}

static void curl_start(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int url_make(const struct engine *e, const char *path, const struct buf *query,
                    struct buf *ret) {
    struct str base = str_of(config_str(e->config, "stripe-url"));
    while (str_ends(base, STR("/")))
        base = str_slice(base, 0, base.n - 1);
    buf_addf(ret, STR_FMT "%s", STR_ARG(base), path);
    if (query && query->n)
        buf_addf(ret, "%s" STR_FMT, strchr(path, '?') ? "&" : "?", STR_ARG(buf_str(query)));
    return buf_cstr(ret) ? 0 : ERR_LIMIT;
}

/* One attempt. 0: *ret_status; else libcurl's code as a message. */
static CURLcode attempt(const struct engine *e, const char *method, const char *url,
                        const struct buf *form, struct str key, int64_t left_ms,
                        struct exchange *x, int *ret_status) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, curl_start);
    CURL *c = curl_easy_init();
    struct curl_slist *headers = c ? headers_make(e, key) : NULL;
    CURLcode code = CURLE_OUT_OF_MEMORY;
    long status = 0, limit = (long)MIN(left_ms, config_int(e->config, "stripe-timeout"));
    struct str body = form ? buf_str(form) : STR("");
    if (headers) {
        curl_easy_setopt(c, CURLOPT_URL, url);
        curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(c, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
        curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, MIN((long)CONNECT_MS, limit));
        curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, limit);
        curl_easy_setopt(c, CURLOPT_USERAGENT, "Matinee");
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_write);
        curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
        curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, header_read);
        curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
        if (strcmp(method, "POST") == 0) {
            curl_easy_setopt(c, CURLOPT_POST, 1L);
            curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body.n);
            curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.p ? body.p : "");
        } else if (strcmp(method, "GET") != 0) {
            curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
        }
        code = curl_easy_perform(c);
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    *ret_status = (int)status;
    return code;
}

/* A saved answer comes again and again: only what was not carried out is worth another try. */
static bool worth_again(const struct exchange *x, CURLcode code, int status, const json_t *body) {
    if (code != CURLE_OK)
        return code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_OUT_OF_MEMORY;
    if (x->replayed)
        return false;
    if (x->should_retry >= 0)
        return x->should_retry;
    return status == 429 || status >= 500 ||
           (status == 409 && str_eq(json_text(json_object_get(body, "error"), "code"),
                                    STR("idempotency_key_in_use")));
}

static void wait_ms(int64_t ms) {
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static int64_t pause_of(const struct exchange *x, int n) {
    int64_t ms = MAX((int64_t)PAUSE_MS << n, x->retry_after_s * 1000LL);
    return MIN(ms, PAUSE_MAX_MS) + (int64_t)(clock_mono_ns() / 1000 % PAUSE_MS); /* not all at once */
}

static int failed(const struct exchange *x, const char *method, const char *path, CURLcode code,
                  int status, struct err *reterr) {
    const char *id = x->request_id[0] ? x->request_id : "none";
    if (code != CURLE_OK)
        return err_set(reterr, code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_IO,
                       "stripe %s %s: %s", method, path, curl_easy_strerror(code));
    if (status == 401 || status == 403)
        return err_set(reterr, ERR_PERMISSION,
                       "stripe %s %s: %d, stripe-secret-key is not accepted (request %s)", method,
                       path, status, id);
    return err_set(reterr, ERR_IO, "stripe %s %s: %d (request %s)", method, path, status, id);
}

/* While Stripe is away nobody waits for it one by one: not the clock with its thousand renewals (letters
 * go out on the same thread), nor the people. After OUTAGE_CALLS calls in a row that got no answer the
 * next ones fail at once for OUTAGE_MS, then one tries. What was not sent is sent later with its key. */
enum { OUTAGE_CALLS = 5, OUTAGE_MS = 15000 };
static int calls_lost;
static int64_t away_until_ms;

static bool is_away(void) {
    return clock_mono_ns() / 1000000 < __atomic_load_n(&away_until_ms, __ATOMIC_RELAXED);
}

static void call_ended(bool answered) {
    if (answered)
        __atomic_store_n(&calls_lost, 0, __ATOMIC_RELAXED);
    else if (__atomic_add_fetch(&calls_lost, 1, __ATOMIC_RELAXED) >= OUTAGE_CALLS)
        __atomic_store_n(&away_until_ms, clock_mono_ns() / 1000000 + OUTAGE_MS, __ATOMIC_RELAXED);
}

int stripe_call(const struct engine *e, const char *method, const char *path,
                const struct buf *form, struct str key, struct stripe_reply *ret,
                struct err *reterr) {
    scoped(buf_done) struct buf url = BUF(4096);
    bool post = strcmp(method, "POST") == 0;
    int64_t end_ms = clock_mono_ns() / 1000000 + CALL_MS, left;
    if ((form && form->failed) || url_make(e, path, post ? NULL : form, &url))
        return err_set(reterr, ERR_LIMIT, "a request to Stripe is too long");
    if (is_away())
        return err_set(reterr, ERR_IO, "stripe %s %s: not asked, for it does not answer", method, path);
    for (int n = 0;; n++) {
        struct exchange x = {.body = BUF(BODY_MAX), .should_retry = -1};
        int status = 0, rc;
        left = end_ms - clock_mono_ns() / 1000000;
        CURLcode code = attempt(e, method, buf_cstr(&url), post ? form : NULL, key, left, &x, &status);
        json_t *body = json_loadb((const char *)x.body.p, x.body.n, 0, NULL);
        bool again = worth_again(&x, code, status, body);
        int64_t pause = pause_of(&x, n);
        buf_done(&x.body);
        if (!again && code == CURLE_OK && json_is_object(body) && status >= 200 && status < 500 &&
            status != 401 && status != 403) {
            call_ended(true);
            *ret = (struct stripe_reply){.status = status, .body = body};
            return 0;
        }
        json_decref(body);
        rc = failed(&x, method, path, code, status, reterr);
        left = end_ms - clock_mono_ns() / 1000000 - pause;
        if (!again || n + 1 >= TRIES || left < 1000) {
            call_ended(rc == ERR_PERMISSION);
            return rc;
        }
        log_event(LOG_INFO, "billing.stripe_again", LS("path", path), LI("status", status));
        wait_ms(pause);
    }
}
