/*
 * cat.h - Common Access Tokens (CTA-5007-B): a CWT (RFC 8392) in COSE_Mac0 (RFC 9052) with
 * HMAC-SHA-256, base64url without padding in the path /m/<token>/...
 *
 * Minted by service/delivery, verified by the delivery module; this pair of files uses nothing but
 * OpenSSL and base/str, so that the nginx module compiles it as it is. No allocation in cat_verify.
 *
 * Claims: exp 4, nbf 5, iat 6, cti 7 (the playback's id, 16 bytes or text), catv 310 (must be 1),
 * catu 312 (the path component (3): prefix match (1) on the path after /m/<token>).
 * An unknown claim whose meaning could narrow the right (any other CAT claim 308 to 327) makes the
 * token unacceptable; unknown others are ignored (CTA-5007-B section 4).
 */
#pragma once
#include "base/str.h"

enum { CAT_KEY_MAX = 64, CAT_KID_MAX = 32, CAT_CTI_MAX = 64, CAT_TOKEN_MAX = 2048 };

struct cat_key {
    uint8_t kid[CAT_KID_MAX];
    size_t kid_len;
    uint8_t secret[CAT_KEY_MAX];
    size_t secret_len; /* at least 32 */
};

enum cat_result {
    CAT_OK,
    CAT_MALFORMED, /* not base64url, not CBOR, not COSE_Mac0, a wrong type or a doubled claim */
    CAT_ALGORITHM, /* not HMAC 256/256 (alg 5) */
    CAT_KEY,       /* no such kid */
    CAT_FORGED,    /* the tag does not match */
    CAT_EXPIRED,
    CAT_EARLY,   /* nbf in the future */
    CAT_VERSION, /* catv absent or not 1 */
    CAT_PATH,    /* catu does not match */
    CAT_CLAIM,   /* a restriction that we do not implement */
};

struct cat_claims {
    int64_t exp_s, nbf_s, iat_s; /* Unix seconds; nbf, iat 0: absent */
    uint8_t cti[CAT_CTI_MAX];
    size_t cti_len;
    char path_prefix[256]; /* NUL-terminated */
};

/* Writes the token, NUL-terminated; returns its length or 0 when it does not fit. */
size_t cat_mint(const struct cat_key *key, const struct cat_claims *claims, char *dst, size_t cap);

struct cat_verifier; /* keeps keyed HMAC contexts; one a thread or worker */
struct cat_verifier *cat_verifier_new(const struct cat_key *keys, size_t n);
void cat_verifier_free(struct cat_verifier *v);
/* token: the path part, path: what follows it ("/<asset>/<view>/v1/3.m4s"). ret_claims may be NULL.
 */
enum cat_result cat_verify(struct cat_verifier *v, struct str token, struct str path, int64_t now_s,
                           struct cat_claims *ret_claims);
/* The second half of it: the claims of a payload whose tag was found right. On its own for the
 * fuzzer, which can't make a tag. */
enum cat_result cat_verify_payload(struct str payload, struct str path, int64_t now_s,
                                   struct cat_claims *ret_claims);
/* What is left to check of a token that was CAT_OK before: its time and this path. */
enum cat_result cat_claims_check(const struct cat_claims *c, struct str path, int64_t now_s);
const char *cat_result_name(enum cat_result r); /* "expired": the X-Matinee-Reason header */

/* The key file that both sides read, mode 0600, newest first; a line a key: "kid-hex secret-hex".
 * Returns the number read, or -1 (malformed; errno for the file itself). */
int cat_keys_parse(struct str text, struct cat_key *keys, size_t max);
