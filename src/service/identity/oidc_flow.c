/*
 * oidc_flow.c - the code flow: a browser sent away with state, nonce and challenge, and what it brings back made into a person.
 * The state lies in the cache under its SHA-256, names the browser by the hash of its cookie, and is spent by the first answer.
 */
#include "base/buf.h"
#include "engine/cache/cache.h"
#include "service/identity/oidc_int.h"
#include "service/json.h"
#include <openssl/sha.h>
#include <sodium.h>

struct random_text {
    char s[44]; /* base64url of 32 bytes, and NUL */
};

static void random_make(struct random_text *t) {
    uint8_t random[32];
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(t->s, sizeof t->s, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

struct str oidc_key(const char *kind, struct str secret, struct arena *a) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    scoped(buf_done) struct buf b = BUF(CACHE_KEY_MAX);
    SHA256((const uint8_t *)secret.p, secret.n, hash);
    buf_addf(&b, "oidc:%s:", kind);
    buf_hex(&b, hash, sizeof hash);
    return str_dup(a, buf_str(&b));
}

int oidc_put(const struct engine *e, struct str key, json_t *o, struct err *reterr) {
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a sign-in");
    int rc = cache_set(e->cache, key, str_of(text), OIDC_FLOW_MS, NULL);
    if (rc)
        rc = cache_set(cache_local(e->cache), key, str_of(text), OIDC_FLOW_MS, reterr);
    free(text);
    return rc;
}

json_t *oidc_take(const struct engine *e, struct str key, struct arena *a) {
    struct cache *const both[] = {e->cache, cache_local(e->cache)};
    struct str text;
    for (size_t i = 0; i < ARRAY_LEN(both); i++)
        if (cache_get(both[i], key, a, &text, NULL) == 1 && cache_delete(both[i], key, NULL) == 1)
            return json_loadb(text.p, text.n, 0, NULL);
    return NULL;
}

static const char *text_of(const json_t *o, const char *name) {
    return json_string_value(json_object_get(o, name));
}

/* The provider's document, which must speak of the issuer that was asked (Discovery section 4.3). */
static int document_get(const struct engine *e, const struct oidc_provider *p, struct arena *a, json_t **ret, struct err *reterr) {
    struct str issuer = str_of(p->issuer), base = str_ends(issuer, STR("/")) ? str_slice(issuer, 0, issuer.n - 1) : issuer;
    struct str url = str_printf(a, STR_FMT "/.well-known/openid-configuration", STR_ARG(base));
    int rc = oidc_fetch_kept(e, "doc", p, url.p, false, ret, reterr);
    if (rc)
        return rc;
    if (str_eq(json_get_str(*ret, "issuer"), issuer) && text_of(*ret, "authorization_endpoint") && text_of(*ret, "token_endpoint") &&
        text_of(*ret, "jwks_uri"))
        return 0;
    json_decref(*ret);
    *ret = NULL;
    return err_refuse(reterr, ERR_BUSY, "oidc.unreachable", "That service is not set up rightly. Sign in another way.",
                      "the document of %s is another issuer's, or lacks an endpoint", p->issuer);
}

static void query_add(struct buf *b, const char *name, struct str value) {
    buf_addf(b, "%s%s=", b->n ? "&" : "", name);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("-._~", c))
            buf_byte(b, c);
        else
            buf_addf(b, "%%%02X", c);
    }
}

static struct str redirect_uri(const struct engine *e, int number, struct arena *a) {
    return str_printf(a, "%s/sign-in/oidc/%d", e->public_url ? e->public_url : "http://localhost:8080", number);
}

static struct str challenge_of(const char *verifier, struct arena *a) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    scoped(buf_done) struct buf b = BUF(80);
    SHA256((const uint8_t *)verifier, strlen(verifier), hash);
    buf_base64url(&b, hash, sizeof hash);
    return str_dup(a, buf_str(&b));
}

int oidc_begin(const struct engine *e, const struct oidc_begin *b, struct arena *a, struct str *ret, struct err *reterr) {
    struct oidc_provider p;
    struct random_text state, nonce, verifier;
    json_t *doc = NULL;
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    int rc = oidc_provider(e, b->provider, &p, reterr);
    if (rc == 0)
        rc = document_get(e, &p, a, &doc, reterr);
    if (rc)
        return rc;
    random_make(&state);
    random_make(&nonce);
    random_make(&verifier);
    rc = oidc_put(e, oidc_key("state", str_of(state.s), a),
                  json_pack("{s:i, s:s, s:s, s:s, s:o}", "provider", b->provider, "nonce", nonce.s, "verifier", verifier.s, "browser",
                            str_cstr(a, oidc_key("browser", b->browser, a)), "session",
                            b->link ? json_of_id(b->link->session.v) : json_null()),
                  reterr);
    scoped(buf_done) struct buf q = BUF(8 << 10);
    query_add(&q, "response_type", STR("code"));
    query_add(&q, "client_id", str_of(p.client_id));
    query_add(&q, "redirect_uri", redirect_uri(e, b->provider, a));
    query_add(&q, "scope", STR("openid email profile"));
    query_add(&q, "state", str_of(state.s));
    query_add(&q, "nonce", str_of(nonce.s));
    query_add(&q, "code_challenge", challenge_of(verifier.s, a));
    query_add(&q, "code_challenge_method", STR("S256"));
    const char *to = text_of(doc, "authorization_endpoint");
    if (rc == 0 && strncmp(to, "https://", 8) != 0 && strncmp(p.issuer, "http://", 7) != 0)
        rc = err_refuse(reterr, ERR_BUSY, "oidc.unreachable", "That service is not set up rightly. Sign in another way.",
                        "its authorization endpoint is not https");
    if (rc == 0)
        *ret = str_printf(a, "%s%s" STR_FMT, to, strchr(to, '?') ? "&" : "?", STR_ARG(buf_str(&q)));
    json_decref(doc);
    if (rc == 0 && (q.failed || !ret->p))
        rc = err_set(reterr, ERR_LIMIT, "the provider's address is too long");
    return rc;
}

static int state_refuse(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_INVALID, "oidc.state", "That sign-in was begun elsewhere, or took too long. Begin again.", "state: %s", why);
}

static int denied(struct err *reterr, struct str error) {
    return err_refuse(reterr, ERR_FORBIDDEN, "oidc.denied", "The sign-in there was not completed. Try again, or sign in another way.",
                      "the provider answered with an error of %zu bytes", error.n);
}

/* RFC 9207 section 2.4: whose answer it is; a provider that announces to say so has to. */
static int issuer_check(const json_t *doc, const struct oidc_answer *w, const struct oidc_provider *p, struct err *reterr) {
    bool announced = json_is_true(json_object_get(doc, "authorization_response_iss_parameter_supported"));
    if (w->issuer.n ? !str_eq(w->issuer, str_of(p->issuer)) : announced)
        return state_refuse(reterr, "the answer is of another issuer");
    return 0;
}

static bool method_is_post(const json_t *doc) {
    const json_t *list = json_object_get(doc, "token_endpoint_auth_methods_supported"), *m;
    bool basic = !json_is_array(list), post = false;
    size_t i;
    json_array_foreach(list, i, m) {
        basic |= json_is_string(m) && strcmp(json_string_value(m), "client_secret_basic") == 0;
        post |= json_is_string(m) && strcmp(json_string_value(m), "client_secret_post") == 0;
    }
    return post && !basic;
}

/* RFC 6749 section 2.3.1: both are form-encoded before they become Basic. */
static const char *encoded(struct str s, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(16 << 10);
    query_add(&b, "", s);
    return str_cstr(a, str_slice(buf_str(&b), 1, b.n));
}

static int code_redeem(const struct engine *e, const struct oidc_provider *p, const json_t *doc, struct str code, const char *verifier,
                       struct arena *a, json_t **ret, struct err *reterr) {
    scoped(buf_done) struct buf form = BUF(16 << 10);
    struct str secret;
    int status = 0, rc = oidc_secret(e, p, a, &secret, reterr);
    if (rc)
        return rc;
    bool post = secret.n == 0 || method_is_post(doc);
    query_add(&form, "grant_type", STR("authorization_code"));
    query_add(&form, "code", code);
    query_add(&form, "redirect_uri", redirect_uri(e, p->number, a));
    query_add(&form, "code_verifier", str_of(verifier));
    if (post)
        query_add(&form, "client_id", str_of(p->client_id));
    if (post && secret.n)
        query_add(&form, "client_secret", secret);
    struct oidc_request q = {.url = text_of(doc, "token_endpoint"), .form = buf_cstr(&form), .issuer = p->issuer,
                             .user = post ? NULL : encoded(str_of(p->client_id), a), .password = post ? NULL : encoded(secret, a)};
    if (!q.form)
        return err_set(reterr, ERR_LIMIT, "the code is too long");
    rc = oidc_fetch(&q, &status, ret, reterr);
    sodium_memzero(form.p, form.n);
    if (rc == 0 && status != 200) {
        struct str why = json_get_str(*ret, "error");
        rc = denied(reterr, why);
        json_decref(*ret);
        *ret = NULL;
    }
    return rc;
}

/* A key that is not known yet may be a new one: the keys are asked for once more. */
static int token_check(const struct engine *e, const struct oidc_provider *p, const json_t *doc, const json_t *tokens, const char *nonce,
                       struct arena *a, struct oidc_person *ret, struct err *reterr) {
    struct oidc_expected x = {str_of(p->issuer), str_of(p->client_id), str_of(nonce), json_get_str(tokens, "access_token"),
                              clock_now_ms(e->clock) / 1000};
    int rc = ERR_NOT_FOUND;
    for (int again = 0; again < 2 && rc == ERR_NOT_FOUND; again++) {
        json_t *keys = NULL;
        rc = oidc_fetch_kept(e, "keys", p, text_of(doc, "jwks_uri"), again, &keys, reterr);
        if (rc == 0)
            rc = id_token_verify(json_get_str(tokens, "id_token"), keys, &x, a, ret, reterr);
        json_decref(keys);
    }
    if (rc != ERR_NOT_FOUND)
        return rc;
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "oidc.token_invalid",
                      "What that service said could not be verified. Try again, or sign in another way.",
                      "ID token: no published key of its kid");
}

static bool is_header_safe(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    return s.n > 0;
}

/* With the code flow a provider may tell the address at its userinfo endpoint only. Its subject must be the token's
 * (Core section 5.3.2); without an answer there is no address, which is the caller's to say. */
static void userinfo_read(const struct oidc_provider *p, const json_t *doc, const json_t *tokens, struct arena *a, struct oidc_person *who) {
    struct str token = json_get_str(tokens, "access_token");
    struct oidc_request q = {.url = text_of(doc, "userinfo_endpoint"), .issuer = p->issuer};
    json_t *claims = NULL;
    int status = 0;
    if (who->email.n || !q.url || !is_header_safe(token) || !(q.bearer = str_cstr(a, token)))
        return;
    if (oidc_fetch(&q, &status, &claims, NULL) == 0 && status == 200 && str_eq(json_get_str(claims, "sub"), who->subject))
        oidc_person_read(claims, a, who);
    json_decref(claims);
}

int oidc_finish(const struct engine *e, const struct oidc_answer *w, const struct principal *link, struct arena *a,
                struct oidc_provider *ret_p, struct oidc_person *ret, struct err *reterr) {
    json_t *state = oidc_take(e, oidc_key("state", w->state, a), a), *doc = NULL, *tokens = NULL;
    struct str session = json_get_str(state, "session"), now = link ? id_str(&link->session.v) : STR("");
    int rc = 0;
    if (!state)
        rc = state_refuse(reterr, "unknown, used or too old");
    else if (!w->browser.n || !str_eq(json_get_str(state, "browser"), oidc_key("browser", w->browser, a)))
        rc = state_refuse(reterr, "another browser's");
    else if (json_get_int(state, "provider", 0) != w->provider)
        rc = state_refuse(reterr, "another provider's");
    else if (!str_eq(session.p ? session : STR(""), now))
        rc = state_refuse(reterr, "begun for something else, or by another session");
    if (rc == 0)
        rc = oidc_provider(e, w->provider, ret_p, reterr);
    if (rc == 0)
        rc = document_get(e, ret_p, a, &doc, reterr);
    if (rc == 0)
        rc = issuer_check(doc, w, ret_p, reterr);
    if (rc == 0 && (w->error.n || !w->code.n))
        rc = denied(reterr, w->error);
    if (rc == 0)
        rc = code_redeem(e, ret_p, doc, w->code, text_of(state, "verifier"), a, &tokens, reterr);
    if (rc == 0)
        rc = token_check(e, ret_p, doc, tokens, text_of(state, "nonce"), a, ret, reterr);
    if (rc == 0)
        userinfo_read(ret_p, doc, tokens, a, ret);
    json_decref(state);
    json_decref(doc);
    json_decref(tokens);
    return rc;
}
