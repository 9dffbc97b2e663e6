/* public_key.c - see public_key.h. OpenSSL does the arithmetic. */
#include "service/identity/public_key.h"
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

enum { COORDINATE = 32, RSA_LEAST = 2048 / 8, RSA_MOST = 4096 / 8, EXPONENT_MOST = 4 };

struct public_key {
    enum key_alg alg;
    EVP_PKEY *pkey;
};

void public_key_free(struct public_key *k) {
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

enum key_alg public_key_alg(const struct public_key *k) {
    return k->alg;
}

/* Takes pkey, NULL too. Whatever OpenSSL found wrong was the sender's: it must not lie in this thread's
 * queue until somebody else reads it. */
static struct public_key *key_make(enum key_alg alg, EVP_PKEY *pkey) {
    ERR_clear_error();
    if (!pkey)
        return NULL;
    struct public_key *k = calloc(1, sizeof *k);
    if (!k) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    *k = (struct public_key){alg, pkey};
    return k;
}

static EVP_PKEY *pkey_from(const char *type, OSSL_PARAM *params) {
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!c || EVP_PKEY_fromdata_init(c) <= 0 ||
        EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        pkey = NULL;
    EVP_PKEY_CTX_free(c);
    return pkey;
}

static bool is_on_curve(EVP_PKEY *pkey) {
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = c && EVP_PKEY_public_check(c) == 1;
    EVP_PKEY_CTX_free(c);
    return ok;
}

struct public_key *public_key_es256(struct str x, struct str y) {
    uint8_t point[1 + 2 * COORDINATE] = {POINT_CONVERSION_UNCOMPRESSED};
    if (x.n != COORDINATE || y.n != COORDINATE)
        return NULL;
    memcpy(point + 1, x.p, COORDINATE);
    memcpy(point + 1 + COORDINATE, y.p, COORDINATE);
    char curve[] = "P-256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end()};
    EVP_PKEY *pkey = pkey_from("EC", params);
    if (pkey && !is_on_curve(pkey)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return key_make(ALG_ES256, pkey);
}

struct public_key *public_key_ed25519(struct str x) {
    if (x.n != COORDINATE)
        return NULL;
    return key_make(ALG_EDDSA, EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                                           (const unsigned char *)x.p, x.n));
}

static struct str number_trim(struct str s) {
    while (s.n && s.p[0] == 0)
        s = str_slice(s, 1, s.n);
    return s;
}

struct public_key *public_key_rs256(struct str n, struct str e) {
    n = number_trim(n);
    e = number_trim(e);
    if (n.n < RSA_LEAST || n.n > RSA_MOST || !(n.p[0] & 0x80) || !(n.p[n.n - 1] & 1))
        return NULL;
    if (e.n == 0 || e.n > EXPONENT_MOST || !(e.p[e.n - 1] & 1) || (e.n == 1 && e.p[0] == 1))
        return NULL;
    BIGNUM *bn = BN_bin2bn((const unsigned char *)n.p, (int)n.n, NULL);
    BIGNUM *be = BN_bin2bn((const unsigned char *)e.p, (int)e.n, NULL);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    if (bn && be && b && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn) &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, be))
        params = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY *pkey = params ? pkey_from("RSA", params) : NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    BN_free(bn);
    BN_free(be);
    return key_make(ALG_RS256, pkey);
}

bool public_key_verify(const struct public_key *k, struct str message, struct str signature) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    const EVP_MD *md = k->alg == ALG_EDDSA ? NULL : EVP_sha256();
    bool ok = c && EVP_DigestVerifyInit(c, NULL, md, NULL, k->pkey) == 1 &&
              EVP_DigestVerify(c, (const unsigned char *)signature.p, signature.n,
                               (const unsigned char *)message.p, message.n) == 1;
    EVP_MD_CTX_free(c);
    ERR_clear_error();
    return ok;
}

bool public_key_verify_jose(const struct public_key *k, struct str message, struct str signature) {
    if (k->alg != ALG_ES256)
        return public_key_verify(k, message, signature);
    if (signature.n != 2 * COORDINATE)
        return false;
    const unsigned char *at = (const unsigned char *)signature.p;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(at, COORDINATE, NULL), *s = BN_bin2bn(at + COORDINATE, COORDINATE, NULL);
    unsigned char *der = NULL;
    int n = -1;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
        r = s = NULL; /* the signature's */
        n = i2d_ECDSA_SIG(sig, &der);
    }
    bool ok = n > 0 && public_key_verify(k, message, str_make((const char *)der, (size_t)n));
    OPENSSL_free(der);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return ok;
}
