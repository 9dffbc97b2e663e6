/*
 * oidc_token.c - ID tokens verified (OpenID Connect Core section 3.1.3.7): RS256 and ES256 by the provider's published keys, then
 * issuer, audience, time and nonce. "none" and whatever else a header may ask for is no algorithm here.
 */
#include "base/buf.h"
#include "service/identity/jwt.h"
#include "service/identity/oidc.h"
#include "service/json.h"
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

enum { SKEW_S = 60, SUBJECT_MAX = 255, TOKEN_MAX = 16 << 10 };

static int refuse(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "oidc.token_invalid",
                      "What that service said could not be verified. Try again, or sign in another way.", "ID token: %s", why);
}

static json_t *segment_json(struct str text) {
    scoped(buf_done) struct buf b = BUF(TOKEN_MAX);
    if (!text.n || !buf_unbase64url(&b, text) || b.failed)
        return NULL;
    json_t *o = json_loadb((const char *)b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(o)) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static void decode(struct buf *b, const json_t *o, const char *name) {
    struct str text = json_get_str(o, name);
    if (!buf_unbase64url(b, text))
        buf_reset(b);
}

static struct public_key *jwk_key(const json_t *k, const char *alg) {
    scoped(buf_done) struct buf one = BUF(2048);
    scoped(buf_done) struct buf two = BUF(2048);
    struct str kty = json_get_str(k, "kty"), use = json_get_str(k, "use"), its = json_get_str(k, "alg");
    if ((use.p && !str_eq(use, STR("sig"))) || (its.p && !str_eq(its, str_of(alg))))
        return NULL;
    if (strcmp(alg, "RS256") == 0 && str_eq(kty, STR("RSA"))) {
        decode(&one, k, "n");
        decode(&two, k, "e");
        return public_key_rs256(buf_str(&one), buf_str(&two));
    }
    if (strcmp(alg, "ES256") == 0 && str_eq(kty, STR("EC")) && str_eq(json_get_str(k, "crv"), STR("P-256"))) {
        decode(&one, k, "x");
        decode(&two, k, "y");
        return public_key_es256(buf_str(&one), buf_str(&two));
    }
    return NULL;
}

/* By its kid; a token without one is of the only key that fits. */
static struct public_key *key_find(const json_t *jwks, struct str kid, const char *alg) {
    const json_t *keys = json_object_get(jwks, "keys"), *k;
    struct public_key *found = NULL;
    size_t i;
    json_array_foreach(keys, i, k) {
        if (i >= 50 || (kid.p && !str_eq(json_get_str(k, "kid"), kid)))
            continue;
        struct public_key *key = jwk_key(k, alg);
        if (key && found) { /* which of two? */
            public_key_free(key);
            public_key_free(found);
            return NULL;
        }
        if (key)
            found = key;
    }
    return found;
}

static bool audience_ok(const json_t *claims, struct str client_id) {
    const json_t *aud = json_object_get(claims, "aud"), *item;
    struct str azp = json_get_str(claims, "azp");
    size_t i, n = json_array_size(aud);
    bool ours = str_eq(json_get_str(claims, "aud"), client_id);
    json_array_foreach(aud, i, item)
        ours |= json_is_string(item) && str_eq(str_of(json_string_value(item)), client_id);
    if (azp.p ? !str_eq(azp, client_id) : n > 1 || json_object_get(claims, "azp") != NULL)
        return false;
    return ours;
}

static const char *time_wrong(const json_t *claims, int64_t now_s) {
    const json_t *exp = json_object_get(claims, "exp"), *iat = json_object_get(claims, "iat"), *nbf = json_object_get(claims, "nbf");
    if (!json_is_number(exp) || json_number_value(exp) + SKEW_S <= (double)now_s)
        return "it has expired";
    if (!json_is_number(iat) || json_number_value(iat) > (double)(now_s + SKEW_S))
        return "it is of the future";
    if (nbf && (!json_is_number(nbf) || json_number_value(nbf) > (double)(now_s + SKEW_S)))
        return "it is not valid yet";
    return NULL;
}

/* Section 3.1.3.8: the left half of the access token's hash, where the provider says it. */
static bool access_token_ok(const json_t *claims, struct str token) {
    struct str said = json_get_str(claims, "at_hash");
    uint8_t hash[SHA256_DIGEST_LENGTH];
    scoped(buf_done) struct buf b = BUF(80);
    if (!said.p)
        return json_object_get(claims, "at_hash") == NULL;
    SHA256((const uint8_t *)token.p, token.n, hash);
    buf_base64url(&b, hash, sizeof hash / 2);
    return str_eq(said, buf_str(&b));
}

static const char *claims_wrong(const json_t *claims, const struct oidc_expected *x) {
    struct str nonce = json_get_str(claims, "nonce"), sub = json_get_str(claims, "sub");
    if (!str_eq(json_get_str(claims, "iss"), x->issuer))
        return "another issuer";
    if (!audience_ok(claims, x->client_id))
        return "for another client";
    if (nonce.n != x->nonce.n || !nonce.n || CRYPTO_memcmp(nonce.p, x->nonce.p, nonce.n) != 0)
        return "another nonce";
    if (!sub.n || sub.n > SUBJECT_MAX)
        return "no subject";
    if (!access_token_ok(claims, x->access_token))
        return "another access token's";
    return time_wrong(claims, x->now_s);
}

void oidc_person_read(const json_t *claims, struct arena *a, struct oidc_person *p) {
    const json_t *verified = json_object_get(claims, "email_verified");
    p->email = str_dup(a, json_get_str(claims, "email"));
    p->name = str_dup(a, json_get_str(claims, "name"));
    p->email_verified = p->email.n && json_is_true(verified); /* "true" as text is no answer */
}

static int signature_check(struct str token, const json_t *jwks, struct err *reterr) {
    struct str head, payload, signature, rest = str_cut(token, '.', &head);
    signature = str_cut(rest, '.', &payload);
    json_t *header = segment_json(head);
    struct str alg = json_get_str(header, "alg"), kid = json_get_str(header, "kid");
    const char *ours = str_eq(alg, STR("RS256")) ? "RS256" : str_eq(alg, STR("ES256")) ? "ES256" : NULL;
    int rc = 0;
    struct public_key *key = NULL;
    scoped(buf_done) struct buf sig = BUF(1024);
    if (!header || !ours || json_object_get(header, "crit"))
        rc = refuse(reterr, "its header");
    else if (!(key = key_find(jwks, kid, ours)))
        rc = err_refuse(reterr, ERR_NOT_FOUND, "oidc.token_invalid",
                        "What that service said could not be verified. Try again, or sign in another way.",
                        "ID token: no published key of its kid");
    else if (!buf_unbase64url(&sig, signature) ||
             !public_key_verify_jose(key, str_make(token.p, head.n + 1 + payload.n), buf_str(&sig)))
        rc = refuse(reterr, "its signature");
    public_key_free(key);
    json_decref(header);
    return rc;
}

int jwt_verify(struct str token, const json_t *jwks, json_t **ret, struct err *reterr) {
    struct str head, payload;
    if (token.n > TOKEN_MAX)
        return refuse(reterr, "it is too long");
    int rc = signature_check(token, jwks, reterr);
    if (rc)
        return rc;
    str_cut(str_cut(token, '.', &head), '.', &payload);
    *ret = segment_json(payload);
    return *ret ? 0 : refuse(reterr, "it is no JSON");
}

int id_token_verify(struct str token, const json_t *jwks, const struct oidc_expected *x, struct arena *a,
                    struct oidc_person *ret, struct err *reterr) {
    json_t *claims = NULL;
    int rc = jwt_verify(token, jwks, &claims, reterr);
    if (rc)
        return rc;
    const char *wrong = claims_wrong(claims, x);
    if (!wrong) {
        ret->subject = str_dup(a, json_get_str(claims, "sub"));
        oidc_person_read(claims, a, ret);
    }
    json_decref(claims);
    return wrong ? refuse(reterr, wrong) : 0;
}
