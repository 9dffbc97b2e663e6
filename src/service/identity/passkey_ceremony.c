/* passkey_ceremony.c - whom passkeys are for, and the challenges that were given out. */
#include "base/buf.h"
#include "engine/cache/cache.h"
#include "service/identity/passkey.h"
#include "service/json.h"
#include <openssl/sha.h>
#include <sodium.h>

int passkey_site(const struct engine *e, struct arena *a, struct webauthn_site *ret, struct err *reterr) {
    struct str url = str_of(e->public_url ? e->public_url : "http://localhost:8080");
    bool tls = str_starts(url, STR("https://"));
    struct str authority, host, standard = tls ? STR(":443") : STR(":80");
    if (!tls && !str_starts(url, STR("http://")))
        return err_refuse(reterr, ERR_INVALID, "config.public-url", "The setting public-url must begin with https://.",
                          "public-url is no address");
    str_cut(str_slice(url, tls ? 8 : 7, url.n), '/', &authority);
    authority = str_lower(a, authority);
    /* A browser leaves the scheme's own port out of an origin. */
    if (str_ends(authority, standard))
        authority = str_slice(authority, 0, authority.n - standard.n);
    str_cut(authority, ':', &host);
    ret->rp_id = host;
    ret->origin = str_printf(a, "%s://" STR_FMT, tls ? "https" : "http", STR_ARG(authority));
    return host.n && ret->origin.p ? 0 : err_set(reterr, ERR_INVALID, "public-url names no host");
}

static const char *const purposes[] = {
    [CEREMONY_SIGN_IN] = "sign-in", [CEREMONY_ADD] = "add", [CEREMONY_SIGN_UP] = "sign-up"};

static struct str challenge_key(struct str challenge, char dst[80]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char hex[2 * sizeof hash + 1];
    SHA256((const uint8_t *)challenge.p, challenge.n, hash);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    int n = snprintf(dst, 80, "passkey:%s", hex);
    return str_make(dst, (size_t)n);
}

/* Without Redis this process alone knows its challenges: signing in goes on where there is one process. */
static int state_put(const struct engine *e, struct str key, struct str value, struct err *reterr) {
    if (cache_set(e->cache, key, value, CEREMONY_MS, NULL) == 0)
        return 0;
    return cache_set(cache_local(e->cache), key, value, CEREMONY_MS, reterr);
}

/* 1: it was there, and is ours alone now; 0: it was not, or somebody was quicker. */
static int state_take_from(struct cache *c, struct str key, struct arena *a, struct str *ret) {
    return cache_get(c, key, a, ret, NULL) == 1 && cache_delete(c, key, NULL) == 1;
}

int ceremony_begin(const struct engine *e, const struct ceremony_state *s, struct challenge *ret, struct err *reterr) {
    uint8_t random[32];
    char key[80];
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    randombytes_buf(random, sizeof random);
    sodium_bin2base64(ret->s, sizeof ret->s, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    json_t *o = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "purpose", purposes[s->purpose], "account",
                          json_of_id(s->account.v), "session", json_of_id(s->session.v), "email", json_of_str(s->email),
                          "name", json_of_str(s->name), "lang", json_of_str(s->lang));
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a challenge");
    int rc = state_put(e, challenge_key(str_of(ret->s), key), str_of(text), reterr);
    free(text);
    return rc;
}

static int challenge_refuse(struct err *reterr) {
    return err_refuse(reterr, ERR_INVALID, "passkey.challenge", "That took too long, or was answered already. Try again.",
                      "the challenge is unknown, spent, or for another purpose");
}

int ceremony_end(const struct engine *e, enum ceremony purpose, struct str client_json, struct arena *a,
                 struct ceremony_state *ret, struct err *reterr) {
    struct webauthn_client client;
    struct str text;
    char key[80];
    int rc = webauthn_client_read(client_json, a, &client, reterr);
    if (rc)
        return rc;
    struct str name = challenge_key(client.challenge, key);
    if (!state_take_from(e->cache, name, a, &text) && !state_take_from(cache_local(e->cache), name, a, &text))
        return challenge_refuse(reterr);
    json_t *o = json_loadb(text.p, text.n, 0, NULL);
    *ret = (struct ceremony_state){.purpose = purpose,
                                   .email = str_dup(a, json_get_str(o, "email")),
                                   .name = str_dup(a, json_get_str(o, "name")),
                                   .lang = str_dup(a, json_get_str(o, "lang"))};
    id_parse(json_get_str(o, "account"), &ret->account.v);
    id_parse(json_get_str(o, "session"), &ret->session.v);
    bool right = str_eq(json_get_str(o, "purpose"), str_of(purposes[purpose]));
    json_decref(o);
    return right ? 0 : challenge_refuse(reterr);
}
