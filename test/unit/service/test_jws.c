/* What Apple signs, against who would like to have signed it; tokens that we sign; what Google pushes. Certificates are made here. */
#include "base/buf.h"
#include "service/billing/jws.h"
#include "service/billing/store_int.h"
#include "service/identity/public_key.h"
#include <criterion/criterion.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#define NOW_MS 1800000000000LL
#define LEAF_MARK "1.2.840.113635.100.6.11.1"
#define BETWEEN_MARK "1.2.840.113635.100.6.2.1"
enum { YEAR_S = 365 * 86400 };

struct issued {
    EVP_PKEY *key;
    X509 *cert;
};
struct how {
    const char *mark, *curve;
    bool ca;
    int from_s, until_s; /* from now */
};

static void extend(X509 *cert, X509 *issuer, int nid, const char *value) {
    X509V3_CTX c;
    X509V3_set_ctx(&c, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &c, nid, value);
    cr_assert(e && X509_add_ext(cert, e, -1));
    X509_EXTENSION_free(e);
}

static struct issued issue(const char *name, const struct issued *by, struct how h) {
    struct issued o = {EVP_EC_gen(h.curve ? h.curve : "P-256"), X509_new()};
    static long serial;
    X509_set_version(o.cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(o.cert), ++serial);
    ASN1_TIME_set(X509_getm_notBefore(o.cert), NOW_MS / 1000 + h.from_s);
    ASN1_TIME_set(X509_getm_notAfter(o.cert), NOW_MS / 1000 + h.until_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(o.cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509 *issuer = by ? by->cert : o.cert;
    X509_set_issuer_name(o.cert, X509_get_subject_name(issuer));
    X509_set_pubkey(o.cert, o.key);
    extend(o.cert, issuer, NID_basic_constraints, h.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(o.cert, issuer, NID_key_usage, h.ca ? "critical,keyCertSign" : "critical,digitalSignature");
    extend(o.cert, issuer, NID_subject_key_identifier, "hash");
    extend(o.cert, issuer, NID_authority_key_identifier, "keyid");
    if (h.mark) {
        ASN1_OBJECT *oid = OBJ_txt2obj(h.mark, 1);
        ASN1_OCTET_STRING *null = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(null, (const unsigned char *)"\x05\x00", 2);
        X509_EXTENSION *e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, null);
        X509_add_ext(o.cert, e, -1);
        X509_EXTENSION_free(e);
        ASN1_OCTET_STRING_free(null);
        ASN1_OBJECT_free(oid);
    }
    cr_assert(X509_sign(o.cert, by ? by->key : o.key, EVP_sha256()));
    return o;
}

static void issued_free(struct issued *o) {
    EVP_PKEY_free(o->key);
    X509_free(o->cert);
}

static struct str pem_of(struct buf *b, X509 *cert, EVP_PKEY *key) {
    BIO *out = BIO_new(BIO_s_mem());
    char *p;
    if (cert)
        PEM_write_bio_X509(out, cert);
    else
        PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL);
    long n = BIO_get_mem_data(out, &p);
    buf_mem(b, p, (size_t)n);
    BIO_free(out);
    return buf_str(b);
}

struct chain {
    struct issued root, between, leaf;
    struct buf pem;
};

static void chain_make(struct chain *c, struct how between, struct how leaf) {
    *c = (struct chain){.pem = BUF(8 << 10)};
    c->root = issue("root", NULL, (struct how){.ca = true, .from_s = -YEAR_S, .until_s = YEAR_S});
    c->between = issue("between", &c->root, between);
    c->leaf = issue("leaf", &c->between, leaf);
    pem_of(&c->pem, c->root.cert, NULL);
}

static void chain_free(struct chain *c) {
    issued_free(&c->root);
    issued_free(&c->between);
    issued_free(&c->leaf);
    buf_done(&c->pem);
}

static const struct how between_ok = {.mark = BETWEEN_MARK, .ca = true, .from_s = -YEAR_S, .until_s = YEAR_S};
static const struct how leaf_ok = {.mark = LEAF_MARK, .from_s = -YEAR_S, .until_s = YEAR_S};

/* A JWS by the leaf's key with n certificates in its header. */
static void sign(const struct chain *c, size_t n, struct buf *out) {
    const X509 *certs[] = {c->leaf.cert, c->between.cert, c->root.cert, c->root.cert};
    scoped(buf_done) struct buf key = BUF(8 << 10);
    json_t *x5c = json_array(), *claims = json_pack("{s:s}", "bundleId", "tv.example");
    for (size_t i = 0; i < n; i++) {
        scoped(buf_done) struct buf b64 = BUF(16 << 10);
        unsigned char *der = NULL;
        int len = i2d_X509(certs[i], &der);
        buf_base64(&b64, der, (size_t)len);
        OPENSSL_free(der);
        json_array_append_new(x5c, json_string(buf_cstr(&b64)));
    }
    json_t *header = json_pack("{s:o}", "x5c", x5c);
    struct err err;
    cr_assert_eq(jws_sign(JWS_ES256, pem_of(&key, NULL, c->leaf.key), header, claims, out, &err), 0);
    json_decref(header);
    json_decref(claims);
}

static int verify(const struct chain *c, struct str token, struct err *reterr) {
    json_t *claims = NULL;
    int rc = jws_apple_verify(token, buf_str(&c->pem), NOW_MS, &claims, reterr);
    cr_expect_eq(rc == 0, claims != NULL);
    if (rc == 0)
        cr_expect_str_eq(json_string_value(json_object_get(claims, "bundleId")), "tv.example");
    json_decref(claims);
    return rc;
}

#define FORGED(chain, text, what)                                                                  \
    do {                                                                                           \
        struct err why_ = {0};                                                                     \
        cr_expect_eq(verify(chain, text, &why_), ERR_UNAUTHENTICATED, "%s", what);                 \
        cr_expect_str_eq(why_.reason, "billing.receipt_forged", "%s", what);                       \
    } while (0)

Test(jws, apple_signs_and_nobody_else) {
    struct chain c, other;
    struct err err = {0};
    scoped(buf_done) struct buf good = BUF(JWS_MAX), theirs = BUF(JWS_MAX), few = BUF(JWS_MAX), many = BUF(JWS_MAX);
    chain_make(&c, between_ok, leaf_ok);
    chain_make(&other, between_ok, leaf_ok);
    sign(&c, 3, &good);
    cr_assert_eq(verify(&c, buf_str(&good), &err), 0, "%s", err.msg);
    sign(&other, 3, &theirs);
    FORGED(&c, buf_str(&theirs), "another root of the same name");
    sign(&c, 2, &few);
    FORGED(&c, buf_str(&few), "two certificates");
    sign(&c, 4, &many);
    FORGED(&c, buf_str(&many), "four certificates");
    for (size_t n = 0; n < good.n; n += 7) /* truncated wherever it may be */
        FORGED(&c, str_make((const char *)good.p, n), "truncated");
    good.p[good.n - 5] ^= 1;
    FORGED(&c, buf_str(&good), "another signature");
    json_t *none = NULL;
    cr_expect_eq(jws_apple_verify(STR("a.b.c"), STR("no certificate"), NOW_MS, &none, &err), ERR_INVALID);
    chain_free(&c);
    chain_free(&other);
}

Test(jws, a_chain_is_of_app_store_signing_and_of_today) {
    static const struct {
        const char *what;
        struct how between, leaf;
    } bad[] = {
        {"a leaf that has expired", {BETWEEN_MARK, NULL, true, -YEAR_S, YEAR_S}, {LEAF_MARK, NULL, false, -YEAR_S, -1}},
        {"a leaf of tomorrow", {BETWEEN_MARK, NULL, true, -YEAR_S, YEAR_S}, {LEAF_MARK, NULL, false, 60, YEAR_S}},
        {"an intermediate that has expired", {BETWEEN_MARK, NULL, true, -YEAR_S, -1}, {LEAF_MARK, NULL, false, -YEAR_S, YEAR_S}},
        {"a leaf for something else", {BETWEEN_MARK, NULL, true, -YEAR_S, YEAR_S}, {NULL, NULL, false, -YEAR_S, YEAR_S}},
        {"an intermediate for something else", {NULL, NULL, true, -YEAR_S, YEAR_S}, {LEAF_MARK, NULL, false, -YEAR_S, YEAR_S}},
        {"an intermediate that is no authority", {BETWEEN_MARK, NULL, false, -YEAR_S, YEAR_S}, {LEAF_MARK, NULL, false, -YEAR_S, YEAR_S}},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct chain c;
        scoped(buf_done) struct buf token = BUF(JWS_MAX);
        chain_make(&c, bad[i].between, bad[i].leaf);
        sign(&c, 3, &token);
        FORGED(&c, buf_str(&token), bad[i].what);
        chain_free(&c);
    }
}

static struct str with_header(struct buf *b, const char *header, struct str rest) {
    buf_reset(b);
    buf_base64url(b, header, strlen(header));
    buf_add(b, rest);
    return buf_str(b);
}

Test(jws, a_header_chooses_nothing) {
    struct chain c;
    scoped(buf_done) struct buf good = BUF(JWS_MAX), bad = BUF(JWS_MAX);
    chain_make(&c, between_ok, leaf_ok);
    sign(&c, 3, &good);
    struct str rest = str_slice(buf_str(&good), (size_t)str_index(buf_str(&good), '.'), good.n);
    static const char *const headers[] = {"{\"alg\":\"none\"}", "{\"alg\":\"HS256\",\"x5c\":[]}", "{\"alg\":\"ES256\"}",
                                          "{\"alg\":\"ES256\",\"x5c\":[\"\",\"\",\"\"]}", "{\"alg\":\"ES256\",\"x5c\":[1,2,3]}",
                                          "{\"alg\":\"ES256\",\"x5c\":[\"AAAA\",\"AAAA\",\"AAAA\"]}", "[]", "{", ""};
    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        FORGED(&c, with_header(&bad, headers[i], rest), headers[i]);
    static const char *const texts[] = {"", ".", "..", "...", "a.b.c.d", "{}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        FORGED(&c, str_of(texts[i]), texts[i]);
    chain_free(&c);
}

Test(jws, we_sign_with_the_right_kind_of_key_alone) {
    EVP_PKEY *p384 = EVP_EC_gen("P-384"), *rsa = EVP_RSA_gen(2048), *small = EVP_RSA_gen(1024);
    scoped(buf_done) struct buf a = BUF(8 << 10), b = BUF(8 << 10), s = BUF(8 << 10), out = BUF(8 << 10);
    json_t *o = json_object();
    struct err err = {0};
    pem_of(&a, NULL, p384);
    pem_of(&b, NULL, rsa);
    pem_of(&s, NULL, small);
    cr_expect_eq(jws_sign(JWS_ES256, buf_str(&a), o, o, &out, &err), ERR_INVALID, "P-384");
    cr_expect_eq(jws_sign(JWS_ES256, buf_str(&b), o, o, &out, &err), ERR_INVALID, "RSA for ES256");
    cr_expect_eq(jws_sign(JWS_RS256, buf_str(&a), o, o, &out, &err), ERR_INVALID, "EC for RS256");
    cr_expect_eq(jws_sign(JWS_RS256, buf_str(&s), o, o, &out, &err), ERR_INVALID, "1024 bits");
    cr_expect_eq(jws_sign(JWS_RS256, STR("nonsense"), o, o, &out, &err), ERR_INVALID);
    buf_reset(&out);
    cr_expect_eq(jws_sign(JWS_RS256, buf_str(&b), o, o, &out, &err), 0, "%s", err.msg);
    BIGNUM *n = NULL, *e = NULL;
    unsigned char nb[256], eb[8];
    EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &n);
    EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_E, &e);
    int nn = BN_bn2bin(n, nb), en = BN_bn2bin(e, eb);
    scoped(public_key_freep) struct public_key *k = public_key_rs256(str_make((char *)nb, (size_t)nn), str_make((char *)eb, (size_t)en));
    struct str all = buf_str(&out);
    size_t dot = all.n;
    while (all.p[dot - 1] != '.')
        dot--;
    scoped(buf_done) struct buf sig = BUF(1024);
    cr_assert(buf_unbase64url(&sig, str_slice(all, dot, all.n)));
    cr_expect(public_key_verify_jose(k, str_slice(all, 0, dot - 1), buf_str(&sig)));
    BN_free(n);
    BN_free(e);
    json_decref(o);
    EVP_PKEY_free(p384);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(small);
}

static int push(const char *notice, const char *id, struct store_notice *ret) {
    scoped(buf_done) struct buf b = BUF(8 << 10);
    buf_addc(&b, "{\"message\":{\"data\":\"");
    buf_base64(&b, notice, strlen(notice));
    buf_addf(&b, "\",\"messageId\":\"%s\"}}", id);
    return google_notice_parse(buf_str(&b), STR("tv.example"), ret, NULL);
}

Test(jws, a_push_of_google_says_which_purchase) {
    struct store_notice n;
    cr_assert_eq(push("{\"packageName\":\"tv.example\",\"subscriptionNotification\":{\"notificationType\":2,\"purchaseToken\":\"t\"}}", "1", &n), 0);
    cr_expect_str_eq(n.ref, "t");
    cr_expect_str_eq(n.id, "1");
    cr_assert_eq(push("{\"packageName\":\"tv.example\",\"voidedPurchaseNotification\":{\"purchaseToken\":\"v\"}}", "2", &n), 0);
    cr_expect_str_eq(n.ref, "v");
    cr_assert_eq(push("{\"packageName\":\"tv.example\",\"testNotification\":{\"version\":\"1.0\"}}", "3", &n), 0);
    cr_expect_str_eq(n.ref, "");
    cr_expect_eq(push("{\"packageName\":\"com.other\",\"subscriptionNotification\":{\"purchaseToken\":\"t\"}}", "1", &n), ERR_NOT_FOUND);
    cr_expect_eq(push("{\"packageName\":\"tv.example\",\"subscriptionNotification\":{}}", "1", &n), ERR_INVALID);
    cr_expect_eq(push("{\"packageName\":\"tv.example\",\"subscriptionNotification\":{\"purchaseToken\":\"a\\nb\"}}", "1", &n), ERR_INVALID);
    cr_expect_eq(push("[]", "1", &n), ERR_INVALID);
    cr_expect_eq(push("{}", "", &n), ERR_INVALID);
}
