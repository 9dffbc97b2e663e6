/*
 * oidc_fetch.c - requests to OpenID providers. The issuer is the operator's word, the other addresses are the provider's: those may
 * not lead into our own network, whatever a document or a name server says.
 */
#include "base/buf.h"
#include "engine/cache/cache.h"
#include "engine/http/outgoing.h"
#include "service/identity/oidc_int.h"
#include <curl/curl.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { REPLY_MAX = 256 << 10, CONNECT_MS = 3000, WHOLE_MS = 6000, AT_ONCE = 4, KEPT_MS = 3600000 };
static atomic_int running;

/* "https://host:port" in lower case is not needed: both come as they were written, and a difference refuses. */
static struct str host_of(const char *url) {
    struct str host = STR_NULL, rest = str_of(url);
    ptrdiff_t at = str_find(rest, STR("://"));
    if (at < 0)
        return STR_NULL;
    str_cut(str_slice(rest, (size_t)at + 3, rest.n), '/', &host);
    return host;
}

static curl_socket_t socket_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
    const bool *anywhere = arg;
    if (!*anywhere && !address_is_public(&address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t reply_take(char *p, size_t size, size_t n, void *arg) {
    struct buf *b = arg;
    buf_mem(b, p, size * n);
    return b->failed ? 0 : size * n;
}

static void curl_start(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static struct curl_slist *headers_make(const struct oidc_request *q) {
    scoped(buf_done) struct buf line = BUF(16 << 10);
    struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json"), *more;
    if (q->bearer) {
        buf_addf(&line, "Authorization: Bearer %s", q->bearer);
        more = list && buf_cstr(&line) ? curl_slist_append(list, buf_cstr(&line)) : NULL;
        if (!more)
            curl_slist_free_all(list);
        list = more;
    }
    return list;
}

static CURLcode perform(CURL *c, const struct oidc_request *q, struct curl_slist *headers, struct buf *reply) {
    bool own = str_eq(host_of(q->url), host_of(q->issuer));
    const char *allowed = strncmp(q->issuer, "http://", 7) == 0 && own ? "http,https" : "https";
    curl_easy_setopt(c, CURLOPT_URL, q->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, allowed);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)WHOLE_MS);
    curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)REPLY_MAX);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, socket_open);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, &own);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, reply_take);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, reply);
    if (q->form)
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->form);
    if (q->user) {
        curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(c, CURLOPT_USERNAME, q->user);
        curl_easy_setopt(c, CURLOPT_PASSWORD, q->password);
    }
    return curl_easy_perform(c);
}

static int unreachable(struct err *reterr, const char *url, const char *why) {
    return err_refuse(reterr, ERR_BUSY, "oidc.unreachable", "That service does not answer at the moment. Try again, or sign in another way.",
                      STR_FMT ": %s", STR_ARG(host_of(url)), why);
}

static int fetch(const struct oidc_request *q, int *ret_status, json_t **ret, struct err *reterr) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    scoped(buf_done) struct buf reply = BUF(REPLY_MAX);
    pthread_once(&once, curl_start);
    CURL *c = curl_easy_init();
    struct curl_slist *headers = headers_make(q);
    long status = 0;
    CURLcode rc = c && headers ? perform(c, q, headers, &reply) : CURLE_OUT_OF_MEMORY;
    if (rc == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    if (rc != CURLE_OK)
        return unreachable(reterr, q->url, curl_easy_strerror(rc));
    struct str text = buf_str(&reply);
    *ret = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);
    *ret_status = (int)status;
    if (json_is_object(*ret))
        return 0;
    json_decref(*ret);
    *ret = NULL;
    return unreachable(reterr, q->url, "the answer is not a JSON object");
}

/* A provider that hangs must not take the pool's threads from everybody else. */
int oidc_fetch(const struct oidc_request *q, int *ret_status, json_t **ret, struct err *reterr) {
    int rc = ERR_BUSY;
    if (atomic_fetch_add(&running, 1) < AT_ONCE)
        rc = fetch(q, ret_status, ret, reterr);
    else
        unreachable(reterr, q->url, "too many requests to providers at once");
    atomic_fetch_sub(&running, 1);
    return rc;
}

int oidc_fetch_kept(const struct engine *e, const char *what, const struct oidc_provider *p, const char *url, bool again,
                    json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(512 << 10);
    scoped(buf_done) struct buf key = BUF(CACHE_KEY_MAX);
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct cache_rate rate = {.ok = true};
    struct str text;
    int status = 0;
    SHA256((const uint8_t *)p->issuer, strlen(p->issuer), hash);
    buf_addf(&key, "oidc:%s:", what);
    buf_hex(&key, hash, 16);
    if (again) {
        scoped(buf_done) struct buf name = BUF(CACHE_KEY_MAX);
        buf_addc(&name, "oidc:again:");
        buf_hex(&name, hash, 16);
        cache_take(e->cache, buf_str(&name), 6, 60000, &rate, NULL);
    }
    if (!again || !rate.ok)
        if (cache_get(e->cache, buf_str(&key), &a, &text, NULL) == 1 && (*ret = json_loadb(text.p, text.n, 0, NULL)))
            return 0;
    struct oidc_request q = {.url = url, .issuer = p->issuer};
    int rc = oidc_fetch(&q, &status, ret, reterr);
    if (rc)
        return rc;
    if (status != 200) {
        json_decref(*ret);
        *ret = NULL;
        return unreachable(reterr, url, "not answered with 200");
    }
    char *kept = json_dumps(*ret, JSON_COMPACT);
    if (kept) /* what cannot be kept is fetched again */
        cache_set(e->cache, buf_str(&key), str_of(kept), KEPT_MS, NULL);
    free(kept);
    return 0;
}
