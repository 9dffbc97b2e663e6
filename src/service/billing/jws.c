/* jws.c - see jws.h. OpenSSL verifies the chain and does the arithmetic. */
#include "service/billing/jws.h"
#include "service/identity/public_key.h"
#include "service/json.h"
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN = 3, CERT_MAX = 8 << 10, POINT = 65, COORDINATE = 32 };

static int forged(struct err *reterr, const char *why) {
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "billing.receipt_forged",
                      "What the store said of this purchase could not be verified. Restore the purchase in the app and try again.",
                      "a signed object: %s", why);
}

static json_t *segment_json(struct str text) {
    scoped(buf_done) struct buf b = BUF(JWS_MAX);
    if (!text.n || !buf_unbase64url(&b, text) || b.failed)
        return NULL;
    json_t *o = json_loadb((const char *)b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(o))
        return o;
    json_decref(o);
    return NULL;
}

static X509 *cert_read(const json_t *text) {
    scoped(buf_done) struct buf b = BUF(CERT_MAX);
    if (!json_is_string(text) || !buf_unbase64url(&b, str_of(json_string_value(text))) || b.failed || !b.n)
        return NULL;
    const unsigned char *p = b.p;
    X509 *cert = d2i_X509(NULL, &p, (long)b.n);
    if (cert && p != b.p + b.n) { /* something after it */
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

static bool has_mark(X509 *cert, const char *oid) {
    ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
    bool found = o && X509_get_ext_by_OBJ(cert, o, -1) >= 0;
    ASN1_OBJECT_free(o);
    return found;
}

static X509_STORE *roots_read(struct str roots) {
    X509_STORE *store = X509_STORE_new();
    const unsigned char *der = (const unsigned char *)roots.p;
    BIO *in = BIO_new_mem_buf(roots.p, (int)MIN(roots.n, (size_t)INT32_MAX));
    int n = 0;
    for (X509 *c; store && in && (c = PEM_read_bio_X509(in, NULL, NULL, NULL)); X509_free(c))
        n += X509_STORE_add_cert(store, c);
    X509 *one = n == 0 && store && roots.n ? d2i_X509(NULL, &der, (long)roots.n) : NULL;
    if (one)
        n += X509_STORE_add_cert(store, one);
    X509_free(one);
    BIO_free(in);
    if (n)
        return store;
    X509_STORE_free(store);
    return NULL;
}

/* NULL, or what is wrong. */
static const char *chain_wrong(X509_STORE *roots, X509 *certs[CHAIN], int64_t now_ms) {
    X509_STORE_CTX *c = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    const char *wrong = "no memory";
    if (c && between && sk_X509_push(between, certs[1]) && X509_STORE_CTX_init(c, roots, certs[0], between)) {
        X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(c);
        X509_VERIFY_PARAM_set_time(p, (time_t)(now_ms / 1000));
        X509_VERIFY_PARAM_set_depth(p, 1); /* one between leaf and root */
        X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT);
        if (X509_verify_cert(c) == 1)
            wrong = X509_cmp(sk_X509_value(X509_STORE_CTX_get0_chain(c), sk_X509_num(X509_STORE_CTX_get0_chain(c)) - 1),
                             certs[2]) == 0 ? NULL : "its root is another";
        else
            wrong = X509_verify_cert_error_string(X509_STORE_CTX_get_error(c));
    }
    sk_X509_free(between);
    X509_STORE_CTX_free(c);
    if (wrong)
        return wrong;
    return has_mark(certs[0], "1.2.840.113635.100.6.11.1") && has_mark(certs[1], "1.2.840.113635.100.6.2.1")
               ? NULL
               : "its certificates are not those of App Store signing";
}

static struct public_key *leaf_key(X509 *leaf) {
    unsigned char point[POINT];
    size_t n = 0;
    EVP_PKEY *k = X509_get0_pubkey(leaf);
    if (!k || !EVP_PKEY_is_a(k, "EC") ||
        !EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &n) || n != POINT || point[0] != 4)
        return NULL;
    const char *x = (const char *)point + 1;
    return public_key_es256(str_make(x, COORDINATE), str_make(x + COORDINATE, COORDINATE));
}

static int signature_check(struct str signed_text, struct str signature, X509 *leaf, struct err *reterr) {
    scoped(buf_done) struct buf sig = BUF(256);
    scoped(public_key_freep) struct public_key *key = leaf_key(leaf);
    if (!key)
        return forged(reterr, "the leaf's key is not on P-256");
    if (!buf_unbase64url(&sig, signature) || sig.failed || !public_key_verify_jose(key, signed_text, buf_str(&sig)))
        return forged(reterr, "its signature");
    return 0;
}

static int header_check(const json_t *header, X509_STORE *roots, int64_t now_ms, X509 *certs[CHAIN], struct err *reterr) {
    const json_t *x5c = json_object_get(header, "x5c");
    if (!str_eq(json_get_str(header, "alg"), STR("ES256")) || json_object_get(header, "crit"))
        return forged(reterr, "its algorithm is not ES256");
    if (json_array_size(x5c) != CHAIN)
        return forged(reterr, "it has not three certificates");
    for (size_t i = 0; i < CHAIN; i++)
        if (!(certs[i] = cert_read(json_array_get(x5c, i))))
            return forged(reterr, "a certificate cannot be read");
    const char *wrong = chain_wrong(roots, certs, now_ms);
    return wrong ? forged(reterr, wrong) : 0;
}

int jws_apple_verify(struct str token, struct str roots, int64_t now_ms, json_t **ret, struct err *reterr) {
    struct str head, payload, signature, rest = str_cut(token, '.', &head);
    X509 *certs[CHAIN] = {NULL};
    signature = str_cut(rest.p ? rest : STR(""), '.', &payload);
    if (token.n > JWS_MAX || !signature.p || str_index(signature, '.') >= 0)
        return forged(reterr, "it has not three parts");
    X509_STORE *store = roots_read(roots);
    if (!store) {
        ERR_clear_error();
        return err_set(reterr, ERR_INVALID, "the file of root certificates holds none");
    }
    json_t *header = segment_json(head), *claims = NULL;
    int rc = header ? header_check(header, store, now_ms, certs, reterr) : forged(reterr, "its header");
    if (rc == 0)
        rc = signature_check(str_make(token.p, head.n + 1 + payload.n), signature, certs[0], reterr);
    if (rc == 0 && !(claims = segment_json(payload)))
        rc = forged(reterr, "its payload is no object");
    for (size_t i = 0; i < CHAIN; i++)
        X509_free(certs[i]);
    X509_STORE_free(store);
    json_decref(header);
    ERR_clear_error(); /* what was wrong was the sender's: nobody else's to read */
    if (rc == 0)
        *ret = claims;
    return rc;
}

static bool part_add(struct buf *out, const json_t *o) {
    char *text = json_dumps(o, JSON_COMPACT);
    if (text)
        buf_base64url(out, text, strlen(text));
    free(text);
    return text != NULL;
}

static EVP_PKEY *key_read(enum jws_alg alg, struct str pem) {
    BIO *in = BIO_new_mem_buf(pem.p, (int)MIN(pem.n, (size_t)INT32_MAX));
    EVP_PKEY *k = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, "") : NULL; /* "": asks nobody for a password */
    char curve[40] = "";
    size_t n = 0;
    BIO_free(in);
    bool ok = k && (alg == JWS_RS256 ? EVP_PKEY_is_a(k, "RSA") && EVP_PKEY_get_bits(k) >= 2048
                                     : EVP_PKEY_is_a(k, "EC") && EVP_PKEY_get_group_name(k, curve, sizeof curve, &n) &&
                                           strcmp(curve, "prime256v1") == 0);
    if (ok)
        return k;
    EVP_PKEY_free(k);
    return NULL;
}

/* JOSE's form of an ECDSA signature: r and s, 32 bytes each (RFC 7518 section 3.4). */
static bool ecdsa_flat(const unsigned char *der, size_t n, unsigned char flat[2 * COORDINATE]) {
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), flat, COORDINATE) == COORDINATE &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), flat + COORDINATE, COORDINATE) == COORDINATE;
    ECDSA_SIG_free(sig);
    return ok;
}

static bool signature_add(EVP_PKEY *key, enum jws_alg alg, struct buf *out) {
    unsigned char sig[1024], flat[2 * COORDINATE];
    size_t n = sizeof sig;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) == 1 && EVP_DigestSign(c, sig, &n, out->p, out->n) == 1;
    EVP_MD_CTX_free(c);
    if (ok && alg == JWS_ES256)
        ok = ecdsa_flat(sig, n, flat);
    buf_byte(out, '.');
    buf_base64url(out, alg == JWS_ES256 ? flat : sig, alg == JWS_ES256 ? sizeof flat : n);
    return ok;
}

int jws_sign(enum jws_alg alg, struct str key, const json_t *header, const json_t *claims, struct buf *out,
             struct err *reterr) {
    json_t *head = json_pack("{s:s, s:s}", "alg", alg == JWS_ES256 ? "ES256" : "RS256", "typ", "JWT");
    EVP_PKEY *k = key_read(alg, key);
    bool ok = head && k && json_object_update((json_t *)head, (json_t *)header) == 0 && part_add(out, head);
    buf_byte(out, '.');
    ok = ok && part_add(out, claims) && !out->failed && signature_add(k, alg, out) && !out->failed;
    json_decref(head);
    EVP_PKEY_free(k);
    ERR_clear_error();
    return ok ? 0
              : err_set(reterr, ERR_INVALID, alg == JWS_ES256 ? "the key is no private key on P-256 (PEM)"
                                                             : "the key is no private RSA key of 2048 bits or more (PEM)");
}
