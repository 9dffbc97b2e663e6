/* test_cat.c - tokens: golden ones made by others, every claim at its edges, and every way to
 * damage one. */
#include "engine/cat/cat.h"
#include <criterion/criterion.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define SECRET_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define SECRET_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define ASSET "/01ARZ3NDEKTSV4RRFFQ69G5FAV/"
#define PATH STR(ASSET "all/v1/3.m4s")
enum { EXP = 2000000000, NBF = 1700000000, NOW = 1800000000 };

/* Made with Python's hmac from the RFCs alone: kid h'11' protected, tags 61 and 17. */
#define GOLDEN_RFC                                                                                 \
    "2D3RhEaiAQUEQRGgWE6mBBp3NZQABRplU_EABhplU_"                                                   \
    "EBB1ABAgMEBQYHCAkKCwwNDg8QGQE2ARkBOKEDoQF4HC8wMUFSWj"                                         \
    "NOREVLVFNWNFJSRkZRNjlHNUZBVi9YIIR9UtIZQ23Ek7n7oFli1Q400qqKs1tv5n_0Q2XIlGD8"
/* Made by npm @eyevinn/cat 0.16.4: kid "k1" unprotected, an iss beside the rest. */
#define GOLDEN_EYEVINN                                                                             \
    "2D3RhEOhAQWhBEJrMVhXpwFnbWF0aW5lZQQadzWUAAUaZVPxAAYaZVPxAAdQAQIDBAUGBwgJCgsMDQ4PEBkBOKEDoQF4" \
    "HC8w"                                                                                         \
    "MUFSWjNOREVLVFNWNFJSRkZRNjlHNUZBVi8ZATYBWCCyd62PDiaMduB51EWdNJ_ZBF7F55TRAg6Dxqf21ElEaA"

static struct cat_key key_make(const char *kid_hex, const char *secret_hex) {
    char line[256];
    struct cat_key k[1];
    snprintf(line, sizeof line, "%s %s\n", kid_hex, secret_hex);
    cr_assert_eq(cat_keys_parse(str_of(line), k, 1), 1);
    return k[0];
}

static struct cat_claims claims_make(void) {
    struct cat_claims c = {.exp_s = EXP, .nbf_s = NBF, .iat_s = NBF + 1, .cti_len = 16};
    for (int i = 0; i < 16; i++)
        c.cti[i] = (uint8_t)(i + 1);
    snprintf(c.path_prefix, sizeof c.path_prefix, "%s", ASSET);
    return c;
}

static void expect(enum cat_result got, enum cat_result want, const char *what) {
    cr_assert_eq(got, want, "%s: %s, expected %s", what, cat_result_name(got),
                 cat_result_name(want));
}

static enum cat_result verify_with(const struct cat_key *keys, size_t n, const char *token,
                                   struct str path, int64_t now, struct cat_claims *ret) {
    struct cat_verifier *v = cat_verifier_new(keys, n);
    cr_assert_not_null(v);
    enum cat_result r = cat_verify(v, str_of(token), path, now, ret);
    cat_verifier_free(v);
    return r;
}

/* A COSE_Mac0 of any bytes, signed with SECRET_A: the way a test says what a mint would never
 * write. */
struct raw {
    uint8_t p[1024];
    size_t n;
};

static void raw_hex(struct raw *r, const char *hex) {
    for (; hex[0] && hex[1]; hex += 2) {
        unsigned v;
        if (hex[0] == ' ') {
            hex--;
            continue;
        }
        cr_assert_eq(sscanf(hex, "%2x", &v), 1);
        r->p[r->n++] = (uint8_t)v;
    }
}

/* shortest: RFC 8949 section 4.2.1, which the structure under the tag always has, whatever the
 * token. */
static void raw_bytes(struct raw *r, const struct raw *content, bool shortest) {
    cr_assert_lt(content->n, 256u);
    if (shortest && content->n < 24) {
        r->p[r->n++] = (uint8_t)(0x40 | content->n);
    } else {
        r->p[r->n++] = 0x58;
        r->p[r->n++] = (uint8_t)content->n;
    }
    memcpy(r->p + r->n, content->p, content->n);
    r->n += content->n;
}

static void raw_base64(const struct raw *r, char *dst) {
    static const char d[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t n = 0;
    for (size_t bit = 0; bit < r->n * 8; bit += 6) {
        unsigned v = (unsigned)r->p[bit / 8] << 8 | (bit / 8 + 1 < r->n ? r->p[bit / 8 + 1] : 0);
        dst[n++] = d[v >> (10 - bit % 8) & 63];
    }
    dst[n] = 0;
}

static void raw_token(const char *protected_hex, const char *unprotected_hex,
                      const char *payload_hex, char *dst) {
    struct raw head = {.n = 0}, body = {.n = 0}, mac = {.n = 0}, tag = {.n = 32}, all = {.n = 0},
               key = {.n = 0};
    unsigned n;
    raw_hex(&head, protected_hex);
    raw_hex(&body, payload_hex);
    raw_hex(&key, SECRET_A);
    raw_hex(&mac, "84644d414330");
    raw_bytes(&mac, &head, true);
    raw_hex(&mac, "40");
    raw_bytes(&mac, &body, true);
    HMAC(EVP_sha256(), key.p, 32, mac.p, mac.n, tag.p, &n);
    raw_hex(&all, "d184");
    raw_bytes(&all, &head, false);
    raw_hex(&all, unprotected_hex);
    raw_bytes(&all, &body, false);
    raw_bytes(&all, &tag, false);
    raw_base64(&all, dst);
}

#define HEAD "a2010504 4111"         /* {1: 5, 4: h'11'} */
#define EXP_OK "041a77359400"        /* 4: 2000000000 */
#define CATV_OK "19013601"           /* 310: 1 */
#define CATU_OK "190138a103a101612f" /* 312: {3: {1: "/"}} */

static enum cat_result verify_raw(const char *head, const char *plain, const char *payload) {
    char token[2048];
    struct cat_key k = key_make("11", SECRET_A);
    raw_token(head, plain, payload, token);
    return verify_with(&k, 1, token, PATH, NOW, NULL);
}

static enum cat_result verify_payload(const char *payload) {
    return verify_raw(HEAD, "a0", payload);
}

Test(cat, mint_writes_the_golden_token) {
    char token[CAT_TOKEN_MAX];
    struct cat_key k = key_make("11", SECRET_A);
    struct cat_claims c = claims_make();
    size_t n = cat_mint(&k, &c, token, sizeof token);
    cr_assert_str_eq(token, GOLDEN_RFC);
    cr_assert_eq(n, strlen(GOLDEN_RFC));
}

Test(cat, mint_says_when_it_does_not_fit) {
    char token[sizeof GOLDEN_RFC];
    struct cat_key k = key_make("11", SECRET_A);
    struct cat_claims c = claims_make();
    cr_assert_eq(cat_mint(&k, &c, token, sizeof token), sizeof token - 1);
    cr_assert_eq(cat_mint(&k, &c, token, sizeof token - 1), 0u);
    c.cti_len = CAT_CTI_MAX + 1;
    cr_assert_eq(cat_mint(&k, &c, token, sizeof token), 0u);
}

Test(cat, golden_tokens_are_accepted_with_their_claims) {
    struct cat_key keys[] = {key_make("11", SECRET_A), key_make("6b31", SECRET_A)};
    const char *const tokens[] = {GOLDEN_RFC, GOLDEN_EYEVINN};
    struct cat_claims want = claims_make();
    for (size_t i = 0; i < 2; i++) {
        struct cat_claims got;
        expect(verify_with(keys, 2, tokens[i], PATH, NOW, &got), CAT_OK, tokens[i]);
        cr_assert_eq(got.exp_s, EXP);
        cr_assert_eq(got.nbf_s, NBF);
        cr_assert_eq(got.cti_len, 16u);
        cr_assert_arr_eq(got.cti, want.cti, 16);
        cr_assert_str_eq(got.path_prefix, ASSET);
    }
}

Test(cat, a_verifier_is_used_again_and_again) {
    struct cat_key k = key_make("11", SECRET_A);
    struct cat_verifier *v = cat_verifier_new(&k, 1);
    char wrong[] = GOLDEN_RFC;
    wrong[sizeof wrong - 5] ^= 1;
    for (int i = 0; i < 5; i++) {
        expect(cat_verify(v, STR(GOLDEN_RFC), PATH, NOW, NULL), CAT_OK, "right");
        expect(cat_verify(v, str_of(wrong), PATH, NOW, NULL), CAT_FORGED, "wrong");
    }
    cat_verifier_free(v);
}

Test(cat, time_has_exact_edges) {
    struct cat_key k = key_make("11", SECRET_A);
    expect(verify_with(&k, 1, GOLDEN_RFC, PATH, EXP - 1, NULL), CAT_OK, "the last second");
    expect(verify_with(&k, 1, GOLDEN_RFC, PATH, EXP, NULL), CAT_EXPIRED, "exp itself");
    expect(verify_with(&k, 1, GOLDEN_RFC, PATH, NBF, NULL), CAT_OK, "nbf itself");
    expect(verify_with(&k, 1, GOLDEN_RFC, PATH, NBF - 1, NULL), CAT_EARLY, "a second early");
}

Test(cat, the_path_is_matched_as_a_prefix) {
    struct cat_key k = key_make("11", SECRET_A);
    expect(verify_with(&k, 1, GOLDEN_RFC, STR(ASSET), NOW, NULL), CAT_OK, "the prefix itself");
    expect(verify_with(&k, 1, GOLDEN_RFC, STR("/01ARZ3NDEKTSV4RRFFQ69G5FAV"), NOW, NULL), CAT_PATH,
           "shorter");
    expect(
        verify_with(&k, 1, GOLDEN_RFC, STR("/01ARZ3NDEKTSV4RRFFQ69G5FAW/all/v1/3.m4s"), NOW, NULL),
        CAT_PATH, "another asset");
    expect(verify_with(&k, 1, GOLDEN_RFC, STR(""), NOW, NULL), CAT_PATH, "nothing");
}

Test(cat, two_keys_are_valid_at_once_and_one_that_went_is_not) {
    struct cat_key a = key_make("11", SECRET_A), b = key_make("22", SECRET_B), both[] = {b, a};
    struct cat_key same_kid[] = {key_make("11", SECRET_B), a};
    char token_b[CAT_TOKEN_MAX];
    struct cat_claims c = claims_make();
    cat_mint(&b, &c, token_b, sizeof token_b);
    expect(verify_with(both, 2, GOLDEN_RFC, PATH, NOW, NULL), CAT_OK, "the old key");
    expect(verify_with(both, 2, token_b, PATH, NOW, NULL), CAT_OK, "the new key");
    expect(verify_with(&b, 1, GOLDEN_RFC, PATH, NOW, NULL), CAT_KEY, "the old key after it went");
    expect(verify_with(NULL, 0, GOLDEN_RFC, PATH, NOW, NULL), CAT_KEY, "no keys at all");
    expect(verify_with(same_kid, 1, GOLDEN_RFC, PATH, NOW, NULL), CAT_FORGED,
           "the right kid, another secret");
    expect(verify_with(same_kid, 2, GOLDEN_RFC, PATH, NOW, NULL), CAT_OK,
           "two secrets under one kid");
}

Test(cat, headers) {
    const char *body = "a4" EXP_OK CATV_OK CATU_OK "61616161"; /* with "a": "a" */
    expect(verify_raw(HEAD, "a0", body), CAT_OK, "kid protected");
    expect(verify_raw("a10105", "a1044111", body), CAT_OK, "kid unprotected");
    expect(verify_raw("a10105", "a104 6111", body), CAT_OK, "kid as text");
    expect(verify_raw(HEAD, "a1044111", body), CAT_OK, "the same kid in both");
    expect(verify_raw(HEAD, "a1044122", body), CAT_MALFORMED, "another kid in the other");
    expect(verify_raw("a10105", "a0", body), CAT_KEY, "no kid");
    expect(verify_raw("a10105", "a1044112", body), CAT_KEY, "an unknown kid");
    expect(verify_raw("a201040441 11", "a0", body), CAT_ALGORITHM, "HMAC 256/64");
    expect(verify_raw("a1044111", "a10105", body), CAT_ALGORITHM, "alg where anyone can write it");
    expect(verify_raw("a30105044111 028104", "a0", body), CAT_CLAIM, "a critical header");
    expect(verify_raw("a30105044111 0105", "a0", body), CAT_MALFORMED, "alg twice");
    expect(verify_raw("a2010504411100", "a0", body), CAT_MALFORMED, "bytes after the header");
}

Test(cat, claims) {
    expect(verify_payload("a3" EXP_OK CATV_OK CATU_OK), CAT_OK, "the least");
    expect(verify_payload("b90003" EXP_OK CATV_OK CATU_OK), CAT_OK,
           "a long count, as cbor-x writes");
    expect(verify_payload("a2" CATV_OK CATU_OK), CAT_MALFORMED, "no exp");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK), CAT_MALFORMED, "an entry missing");
    expect(verify_payload("a3"
                          "04"
                          "fb41ddcd6500000000" CATV_OK CATU_OK),
           CAT_OK, "exp as a float");
    expect(verify_payload("a3"
                          "04"
                          "fb7ff8000000000000" CATV_OK CATU_OK),
           CAT_MALFORMED, "exp not a number");
    expect(verify_payload("a3"
                          "04"
                          "fb7ff0000000000000" CATV_OK CATU_OK),
           CAT_MALFORMED, "exp infinite");
    expect(verify_payload("a3"
                          "0420" CATV_OK CATU_OK),
           CAT_MALFORMED, "exp negative");
    expect(verify_payload("a3"
                          "041bffffffffffffffff" CATV_OK CATU_OK),
           CAT_MALFORMED, "exp past int64");
    expect(verify_payload("a4" EXP_OK EXP_OK CATV_OK CATU_OK), CAT_MALFORMED, "exp twice");
    expect(verify_payload("a4" EXP_OK "180400" CATV_OK CATU_OK), CAT_MALFORMED,
           "exp twice, spelt longer");
    expect(verify_payload("a2" EXP_OK CATU_OK), CAT_VERSION, "no catv");
    expect(verify_payload("a3" EXP_OK "19013602" CATU_OK), CAT_VERSION, "catv 2");
    expect(verify_payload("a2" EXP_OK CATV_OK), CAT_PATH, "no catu");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK "016161"), CAT_OK, "iss is ignored");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK "1903e8f6"), CAT_OK, "1000 is nobody's");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK "036161"), CAT_CLAIM, "aud");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK "08a0"), CAT_CLAIM, "cnf");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK "19011a6161"), CAT_CLAIM, "geohash");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK "07626161"), CAT_OK, "cti as text");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK "0701"), CAT_MALFORMED, "cti as a number");
    expect(verify_payload("a4" EXP_OK CATV_OK CATU_OK "6161818181818181818100"), CAT_MALFORMED,
           "too deep");
    expect(verify_payload("a3" EXP_OK CATV_OK CATU_OK "00"), CAT_MALFORMED,
           "bytes after the claims");
    expect(verify_payload("bf" EXP_OK CATV_OK CATU_OK "ff"), CAT_MALFORMED, "an indefinite map");
}

Test(cat, every_other_claim_of_the_standard_is_a_restriction) {
    for (int claim = 308; claim <= 327; claim++) {
        char payload[256];
        if (claim == 310 || claim == 312)
            continue;
        snprintf(payload, sizeof payload, "a4" EXP_OK CATV_OK CATU_OK "19%04xa0", (unsigned)claim);
        expect(verify_payload(payload), CAT_CLAIM, payload);
    }
}

Test(cat, catu_has_one_form) {
#define BEFORE "a3" EXP_OK CATV_OK "190138"
    expect(verify_payload(BEFORE "a103a10166"
                                 "2f30314152 5a"),
           CAT_OK, "a prefix");
    expect(verify_payload(BEFORE "a103a10160"), CAT_OK, "an empty prefix");
    expect(verify_payload(BEFORE "a103a10066"
                                 "2f303141525a"),
           CAT_CLAIM, "an exact match");
    expect(verify_payload(BEFORE "a103a1046162"), CAT_CLAIM, "a regular expression");
    expect(verify_payload(BEFORE "a103a2016160026162"), CAT_CLAIM, "two matches");
    expect(verify_payload(BEFORE "a101a101656c6f63616c"), CAT_CLAIM, "the host");
    expect(verify_payload(BEFORE "a203a101612f01a101616c"), CAT_CLAIM, "path and host");
    expect(verify_payload(BEFORE "a0"), CAT_CLAIM, "an empty map");
    expect(verify_payload(BEFORE "6f 2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f"), CAT_MALFORMED, "text");
    expect(verify_payload(BEFORE "a103a101622f00"), CAT_MALFORMED, "a NUL");
#undef BEFORE
}

/* Flips and cuts are made in the bytes, so that base64url's own strictness doesn't hide anything.
 */
static void golden_bytes(struct raw *r) {
    static const char d[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned v = 0, bits = 0;
    r->n = 0;
    for (const char *c = GOLDEN_RFC; *c; c++) {
        v = v << 6 | (unsigned)(strchr(d, *c) - d);
        bits += 6;
        if (bits >= 8)
            r->p[r->n++] = (uint8_t)(v >> (bits -= 8));
    }
}

Test(cat, no_bit_can_be_flipped) {
    struct cat_key k = key_make("11", SECRET_A);
    struct cat_verifier *v = cat_verifier_new(&k, 1);
    struct raw r;
    char token[2048];
    golden_bytes(&r);
    raw_base64(&r, token);
    expect(cat_verify(v, str_of(token), PATH, NOW, NULL), CAT_OK, "as it was");
    for (size_t bit = 0; bit < r.n * 8; bit++) {
        r.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        raw_base64(&r, token);
        cr_assert_neq(cat_verify(v, str_of(token), PATH, NOW, NULL), CAT_OK, "bit %zu", bit);
        r.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    cat_verifier_free(v);
}

Test(cat, no_byte_can_be_cut_or_added) {
    struct cat_key k = key_make("11", SECRET_A);
    struct cat_verifier *v = cat_verifier_new(&k, 1);
    struct raw r;
    char token[2048];
    for (size_t n = 0; n < strlen(GOLDEN_RFC); n++)
        cr_assert_neq(cat_verify(v, str_make(GOLDEN_RFC, n), PATH, NOW, NULL), CAT_OK,
                      "%zu characters", n);
    golden_bytes(&r);
    for (r.n--; r.n; r.n--) {
        raw_base64(&r, token);
        cr_assert_neq(cat_verify(v, str_of(token), PATH, NOW, NULL), CAT_OK, "%zu bytes", r.n);
    }
    golden_bytes(&r);
    r.p[r.n++] = 0;
    raw_base64(&r, token);
    expect(cat_verify(v, str_of(token), PATH, NOW, NULL), CAT_MALFORMED, "a byte more");
    cat_verifier_free(v);
}

Test(cat, the_alphabet_is_strict) {
    struct cat_key k = key_make("11", SECRET_A);
    char long_token[CAT_TOKEN_MAX + 200];
    memset(long_token, 'A', sizeof long_token);
    long_token[sizeof long_token - 1] = 0;
    expect(verify_with(&k, 1, GOLDEN_RFC "=", PATH, NOW, NULL), CAT_MALFORMED, "padding");
    expect(verify_with(&k, 1, GOLDEN_RFC "+", PATH, NOW, NULL), CAT_MALFORMED, "plus");
    expect(verify_with(&k, 1, " " GOLDEN_RFC, PATH, NOW, NULL), CAT_MALFORMED, "a space");
    expect(verify_with(&k, 1, long_token, PATH, NOW, NULL), CAT_MALFORMED, "too long");
    expect(verify_with(&k, 1, "", PATH, NOW, NULL), CAT_MALFORMED, "nothing");
}

Test(cat, key_files) {
    struct cat_key k[2];
    cr_assert_eq(cat_keys_parse(STR("# newest first\n22 " SECRET_B "\n\n11 " SECRET_A), k, 2), 2);
    cr_assert_eq(k[0].kid[0], 0x22);
    cr_assert_eq(k[1].secret_len, 32u);
    cr_assert_eq(k[1].secret[1], 0x11);
    cr_assert_eq(cat_keys_parse(STR(""), k, 2), 0);
    cr_assert_eq(cat_keys_parse(STR("11 " SECRET_A "\n22 " SECRET_B "\n33 " SECRET_A "\n"), k, 2),
                 -1, "too many");
    cr_assert_eq(cat_keys_parse(STR("11 00112233\n"), k, 2), -1, "a short secret");
    cr_assert_eq(cat_keys_parse(STR("11\n"), k, 2), -1, "no secret");
    cr_assert_eq(cat_keys_parse(STR("1x " SECRET_A "\n"), k, 2), -1, "not hex");
    cr_assert_eq(cat_keys_parse(STR("111 " SECRET_A "\n"), k, 2), -1, "half a byte");
}

Test(cat, every_result_has_a_name_of_its_own) {
    for (int a = CAT_OK; a <= CAT_CLAIM; a++)
        for (int b = a + 1; b <= CAT_CLAIM; b++)
            cr_assert_str_neq(cat_result_name((enum cat_result)a),
                              cat_result_name((enum cat_result)b));
    cr_assert_str_eq(cat_result_name(CAT_EXPIRED), "expired");
}
