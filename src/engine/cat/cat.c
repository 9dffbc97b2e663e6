/*
 * cat.c - mints and verifies. Nothing of a token's claims is looked at before its tag is right, and
 * the tag is computed over the received bytes, so that two spellings of one meaning are two tokens.
 */
#include "engine/cat/cat.h"
#include "engine/cat/cbor.h"
#include "engine/cat/mac.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_LEN = MAC_LEN, TAG_MAC0 = 17, TAG_CWT = 61, ALG_HMAC_256_256 = 5 };
enum { HEADER_ALG = 1, HEADER_CRIT = 2, HEADER_KID = 4 };
enum { CLAIM_AUD = 3, CLAIM_EXP, CLAIM_NBF, CLAIM_IAT, CLAIM_CTI, CLAIM_CNF };
enum {
    CLAIM_GEOHASH = 282,
    CLAIM_CAT_FIRST = 308,
    CLAIM_CATV = 310,
    CLAIM_CATU = 312,
    CLAIM_CAT_LAST = 327
};
enum { CATU_PATH = 3, MATCH_PREFIX = 1 };
enum { BYTES_MAX = CAT_TOKEN_MAX / 4 * 3, MAP_MAX = 32 };

struct cat_verifier {
    size_t n;
    struct {
        uint8_t kid[CAT_KID_MAX];
        size_t kid_len;
        EVP_MAC_CTX *mac;
    } keys[];
};

/* RFC 9052 section 6.3: the tag is over MAC_structure = ["MAC0", protected, external_aad, payload].
 */
static bool mac_structure(struct str protected, struct str payload, struct cbor_out *o) {
    cbor_put_head(o, CBOR_ARRAY, 4);
    cbor_put_bytes(o, CBOR_TEXT, "MAC0", 4);
    cbor_put_bytes(o, CBOR_BYTES, protected.p, protected.n);
    cbor_put_bytes(o, CBOR_BYTES, NULL, 0);
    cbor_put_bytes(o, CBOR_BYTES, payload.p, payload.n);
    return o->n <= o->cap;
}

static bool mac_tag(EVP_MAC_CTX *ctx, struct str protected, struct str payload,
                    uint8_t tag[TAG_LEN]) {
    uint8_t bytes[BYTES_MAX + 32];
    struct cbor_out o = {bytes, 0, sizeof bytes};
    size_t n;
    return mac_structure(protected, payload, &o) && EVP_MAC_init(ctx, NULL, 0, NULL) &&
           EVP_MAC_update(ctx, bytes, o.n) && EVP_MAC_final(ctx, tag, &n, TAG_LEN) && n == TAG_LEN;
}

static struct str out_str(const struct cbor_out *o) {
    return str_make((const char *)o->p, o->n);
}

static bool mac_sign(const struct cat_key *key, struct str protected, struct str payload,
                     uint8_t tag[TAG_LEN]) {
    uint8_t bytes[BYTES_MAX + 32];
    struct cbor_out o = {bytes, 0, sizeof bytes};
    return mac_structure(protected, payload, &o) &&
           mac_sha256(key->secret, key->secret_len, out_str(&o), tag);
}

static size_t base64url_put(struct str in, char *dst, size_t cap) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t n = 0, need = (in.n * 4 + 2) / 3;
    uint32_t v = 0;
    int bits = 0;
    if (need >= cap)
        return 0;
    for (size_t i = 0; i < in.n; i++) {
        v = v << 8 | (uint8_t)in.p[i];
        for (bits += 8; bits >= 6; bits -= 6)
            dst[n++] = digits[v >> (bits - 6) & 63];
    }
    if (bits)
        dst[n++] = digits[v << (6 - bits) & 63];
    dst[n] = 0;
    return n;
}

/* Strict: no padding, no white space, left-over bits zero. -1: not base64url or over cap. */
static ptrdiff_t base64url_get(struct str in, uint8_t *dst, size_t cap) {
    uint32_t v = 0;
    int bits = 0;
    size_t n = 0;
    if (in.n % 4 == 1 || in.n / 4 * 3 + 2 > cap)
        return -1;
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        int d = c >= 'A' && c <= 'Z'   ? c - 'A'
                : c >= 'a' && c <= 'z' ? c - 'a' + 26
                : c >= '0' && c <= '9' ? c - '0' + 52
                : c == '-'             ? 62
                : c == '_'             ? 63
                                       : -1;
        if (d < 0)
            return -1;
        v = v << 6 | (uint32_t)d;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            dst[n++] = (uint8_t)(v >> bits);
            v &= (1u << bits) - 1;
        }
    }
    return v ? -1 : (ptrdiff_t)n;
}

static void claims_put(struct cbor_out *o, const struct cat_claims *c) {
    cbor_put_head(o, CBOR_MAP, (uint64_t)(4 + (c->nbf_s > 0) + (c->iat_s > 0)));
    cbor_put_head(o, CBOR_UINT, CLAIM_EXP);
    cbor_put_head(o, CBOR_UINT, (uint64_t)c->exp_s);
    if (c->nbf_s > 0) {
        cbor_put_head(o, CBOR_UINT, CLAIM_NBF);
        cbor_put_head(o, CBOR_UINT, (uint64_t)c->nbf_s);
    }
    if (c->iat_s > 0) {
        cbor_put_head(o, CBOR_UINT, CLAIM_IAT);
        cbor_put_head(o, CBOR_UINT, (uint64_t)c->iat_s);
    }
    cbor_put_head(o, CBOR_UINT, CLAIM_CTI);
    cbor_put_bytes(o, CBOR_BYTES, c->cti, c->cti_len);
    cbor_put_head(o, CBOR_UINT, CLAIM_CATV);
    cbor_put_head(o, CBOR_UINT, 1);
    cbor_put_head(o, CBOR_UINT, CLAIM_CATU);
    cbor_put_head(o, CBOR_MAP, 1);
    cbor_put_head(o, CBOR_UINT, CATU_PATH);
    cbor_put_head(o, CBOR_MAP, 1);
    cbor_put_head(o, CBOR_UINT, MATCH_PREFIX);
    cbor_put_bytes(o, CBOR_TEXT, c->path_prefix, strlen(c->path_prefix));
}

size_t cat_mint(const struct cat_key *key, const struct cat_claims *claims, char *dst, size_t cap) {
    uint8_t head[CAT_KID_MAX + 16], body[512], all[BYTES_MAX], tag[TAG_LEN];
    struct cbor_out h = {head, 0, sizeof head}, b = {body, 0, sizeof body},
                    o = {all, 0, sizeof all};
    assert(key->secret_len >= 32 && key->kid_len >= 1 && claims->exp_s > 0);
    assert(memchr(claims->path_prefix, 0, sizeof claims->path_prefix));
    if (claims->cti_len > CAT_CTI_MAX)
        return 0;
    cbor_put_head(&h, CBOR_MAP, 2);
    cbor_put_head(&h, CBOR_UINT, HEADER_ALG);
    cbor_put_head(&h, CBOR_UINT, ALG_HMAC_256_256);
    cbor_put_head(&h, CBOR_UINT, HEADER_KID);
    cbor_put_bytes(&h, CBOR_BYTES, key->kid, key->kid_len);
    claims_put(&b, claims);

    if (h.n > h.cap || b.n > b.cap || !mac_sign(key, out_str(&h), out_str(&b), tag))
        return 0;
    cbor_put_head(&o, CBOR_TAG, TAG_CWT);
    cbor_put_head(&o, CBOR_TAG, TAG_MAC0);
    cbor_put_head(&o, CBOR_ARRAY, 4);
    cbor_put_bytes(&o, CBOR_BYTES, h.p, h.n);
    cbor_put_head(&o, CBOR_MAP, 0);
    cbor_put_bytes(&o, CBOR_BYTES, b.p, b.n);
    cbor_put_bytes(&o, CBOR_BYTES, tag, sizeof tag);
    return o.n <= o.cap ? base64url_put(out_str(&o), dst, cap) : 0;
}

struct cat_verifier *cat_verifier_new(const struct cat_key *keys, size_t n) {
    struct cat_verifier *v = calloc(1, sizeof *v + n * sizeof v->keys[0]);
    if (!v)
        return NULL;
    for (v->n = 0; v->n < n; v->n++) {
        const struct cat_key *k = &keys[v->n];
        assert(k->secret_len >= 32 && k->secret_len <= CAT_KEY_MAX && k->kid_len <= CAT_KID_MAX);
        memcpy(v->keys[v->n].kid, k->kid, k->kid_len);
        v->keys[v->n].kid_len = k->kid_len;
        v->keys[v->n].mac = mac_context(k->secret, k->secret_len);
        if (!v->keys[v->n].mac) {
            cat_verifier_free(v);
            return NULL;
        }
    }
    return v;
}

void cat_verifier_free(struct cat_verifier *v) {
    if (!v)
        return;
    for (size_t i = 0; i < v->n; i++)
        EVP_MAC_CTX_free(v->keys[i].mac);
    free(v);
}

/* A map's keys so far: RFC 8949 section 5.6 makes a map with a doubled key invalid. */
struct keys_seen {
    struct cbor_item k[MAP_MAX];
    size_t n;
};

static bool key_next(struct cbor *c, struct keys_seen *seen, struct cbor_item *ret) {
    if (seen->n == MAP_MAX || !cbor_next(c, ret) ||
        (ret->major != CBOR_UINT && ret->major != CBOR_NEGATIVE && ret->major != CBOR_TEXT))
        return false;
    for (size_t i = 0; i < seen->n; i++) {
        const struct cbor_item *k = &seen->k[i];
        if (k->major == ret->major && k->n == ret->n &&
            (k->major != CBOR_TEXT || memcmp(k->at, ret->at, k->n) == 0))
            return false;
    }
    seen->k[seen->n++] = *ret;
    return true;
}

struct cose_header {
    int64_t alg; /* 0: absent */
    struct cbor_item kid;
    bool has_kid, has_crit;
};

static bool header_read(struct cbor *c, struct cose_header *h) {
    struct keys_seen seen = {.n = 0};
    struct cbor_item map, key, v;
    if (!cbor_expect(c, CBOR_MAP, &map))
        return false;
    for (uint64_t i = 0; i < map.n; i++) {
        if (!key_next(c, &seen, &key))
            return false;
        if (key.major == CBOR_UINT && key.n == HEADER_ALG) {
            if (!cbor_next(c, &v) || !cbor_int(&v, &h->alg))
                return false;
        } else if (key.major == CBOR_UINT && key.n == HEADER_KID) {
            /* RFC 9052 section 3.1 wants bytes; text is met in the wild. */
            if (!cbor_next(c, &v) || (v.major != CBOR_BYTES && v.major != CBOR_TEXT))
                return false;
            h->kid = v;
            h->has_kid = true;
        } else {
            h->has_crit |= key.major == CBOR_UINT && key.n == HEADER_CRIT;
            if (!cbor_skip(c))
                return false;
        }
    }
    return true;
}

struct mac0 {
    struct cose_header signed_head, plain_head;
    struct cbor_item protected, payload, tag;
};

static bool mac0_read(struct cbor c, struct mac0 *m) {
    struct cbor_item i;
    if (!cbor_next(&c, &i))
        return false;
    if (i.major == CBOR_TAG && i.n == TAG_CWT && !cbor_next(&c, &i))
        return false;
    if (i.major == CBOR_TAG && i.n == TAG_MAC0 && !cbor_next(&c, &i))
        return false;
    if (i.major != CBOR_ARRAY || i.n != 4 || !cbor_expect(&c, CBOR_BYTES, &m->protected))
        return false;
    struct cbor head = {m->protected.at, m->protected.at + m->protected.n};
    if (m->protected.n && (!header_read(&head, &m->signed_head) || !cbor_done(&head)))
        return false;
    return header_read(&c, &m->plain_head) && cbor_expect(&c, CBOR_BYTES, &m->payload) &&
           cbor_expect(&c, CBOR_BYTES, &m->tag) && cbor_done(&c);
}

static bool item_eq(const struct cbor_item *a, const uint8_t *p, size_t n) {
    return a->n == n && memcmp(a->at, p, n) == 0;
}

/* Several keys may share a kid while one replaces the other: any of them may have made the tag. */
static enum cat_result tag_check(struct cat_verifier *v, const struct mac0 *m) {
    const struct cose_header *s = &m->signed_head, *u = &m->plain_head;
    const struct cbor_item *kid = s->has_kid ? &s->kid : &u->kid;
    enum cat_result result = CAT_KEY;
    if (s->has_crit || u->has_crit)
        return CAT_CLAIM; /* section 3.1: what is critical and not understood is an error */
    if (s->alg != ALG_HMAC_256_256)
        return CAT_ALGORITHM; /* only the protected one can be trusted */
    if (s->has_kid && u->has_kid && !item_eq(&s->kid, u->kid.at, u->kid.n))
        return CAT_MALFORMED;
    if (!s->has_kid && !u->has_kid)
        return CAT_KEY;
    for (size_t i = 0; i < v->n && result != CAT_OK; i++) {
        uint8_t tag[TAG_LEN];
        if (!item_eq(kid, v->keys[i].kid, v->keys[i].kid_len))
            continue;
        result = CAT_FORGED;
        if (m->tag.n == TAG_LEN &&
            mac_tag(v->keys[i].mac, str_make((const char *)m->protected.at, m->protected.n),
                    str_make((const char *)m->payload.at, m->payload.n), tag) &&
            CRYPTO_memcmp(tag, m->tag.at, TAG_LEN) == 0)
            result = CAT_OK;
    }
    return result;
}

struct seen_claims {
    bool exp, catv, catu, unmet;
};

/* Only { path: { prefix: text } }; every other component or match narrows in a way we can't check.
 */
static bool catu_read(struct cbor *c, struct cat_claims *ret, struct seen_claims *seen) {
    struct cbor_item map, part, match, how, text;
    struct cbor ahead = *c;
    if (!cbor_expect(c, CBOR_MAP, &map))
        return false;
    if (map.n != 1 || !cbor_expect(c, CBOR_UINT, &part) || part.n != CATU_PATH ||
        !cbor_expect(c, CBOR_MAP, &match) || match.n != 1 || !cbor_expect(c, CBOR_UINT, &how) ||
        how.n != MATCH_PREFIX) {
        seen->unmet = true;
        *c = ahead;
        return cbor_skip(c);
    }
    if (!cbor_expect(c, CBOR_TEXT, &text) || text.n >= sizeof ret->path_prefix ||
        memchr(text.at, 0, text.n))
        return false;
    memcpy(ret->path_prefix, text.at, text.n);
    ret->path_prefix[text.n] = 0;
    return seen->catu = true;
}

static bool claim_read(struct cbor *c, uint64_t key, struct cat_claims *ret,
                       struct seen_claims *seen) {
    struct cbor_item v;
    switch (key) {
    case CLAIM_EXP:
        seen->exp = true;
        return cbor_next(c, &v) && cbor_date(&v, &ret->exp_s);
    case CLAIM_NBF:
        return cbor_next(c, &v) && cbor_date(&v, &ret->nbf_s);
    case CLAIM_IAT:
        return cbor_next(c, &v) && cbor_date(&v, &ret->iat_s);
    case CLAIM_CTI:
        if (!cbor_next(c, &v) || (v.major != CBOR_BYTES && v.major != CBOR_TEXT) ||
            v.n > CAT_CTI_MAX)
            return false;
        memcpy(ret->cti, v.at, v.n);
        ret->cti_len = v.n;
        return true;
    case CLAIM_CATV:
        if (!cbor_expect(c, CBOR_UINT, &v))
            return false;
        seen->catv = v.n == 1;
        return true;
    case CLAIM_CATU:
        return catu_read(c, ret, seen);
    default:
        /* Audience and proof of possession narrow as well, and nothing here answers to them. */
        if (key == CLAIM_AUD || key == CLAIM_CNF || key == CLAIM_GEOHASH ||
            (key >= CLAIM_CAT_FIRST && key <= CLAIM_CAT_LAST))
            seen->unmet = true;
        return cbor_skip(c);
    }
}

static bool claims_read(struct cbor c, struct cat_claims *ret, struct seen_claims *seen) {
    struct keys_seen keys = {.n = 0};
    struct cbor_item map, key;
    if (!cbor_expect(&c, CBOR_MAP, &map))
        return false;
    for (uint64_t i = 0; i < map.n; i++) {
        if (!key_next(&c, &keys, &key) ||
            !(key.major == CBOR_UINT ? claim_read(&c, key.n, ret, seen) : cbor_skip(&c)))
            return false;
    }
    return cbor_done(&c);
}

enum cat_result cat_verify(struct cat_verifier *v, struct str token, struct str path, int64_t now_s,
                           struct cat_claims *ret_claims) {
    uint8_t bytes[BYTES_MAX + 2];
    struct mac0 m = {0};
    ptrdiff_t n = base64url_get(token, bytes, sizeof bytes);
    if (n <= 0 || !mac0_read((struct cbor){bytes, bytes + n}, &m))
        return CAT_MALFORMED;
    enum cat_result result = tag_check(v, &m);
    if (result != CAT_OK)
        return result;
    return cat_verify_payload(str_make((const char *)m.payload.at, m.payload.n), path, now_s,
                              ret_claims);
}

enum cat_result cat_claims_check(const struct cat_claims *c, struct str path, int64_t now_s) {
    if (now_s >= c->exp_s)
        return CAT_EXPIRED;
    if (now_s < c->nbf_s)
        return CAT_EARLY;
    return str_starts(path, str_of(c->path_prefix)) ? CAT_OK : CAT_PATH;
}

enum cat_result cat_verify_payload(struct str payload, struct str path, int64_t now_s,
                                   struct cat_claims *ret_claims) {
    const uint8_t *p = (const uint8_t *)payload.p;
    struct cat_claims claims = {0};
    struct seen_claims seen = {0};
    if (!claims_read((struct cbor){p, p + payload.n}, &claims, &seen) || !seen.exp)
        return CAT_MALFORMED;
    if (ret_claims)
        *ret_claims = claims;
    if (!seen.catv)
        return CAT_VERSION;
    if (seen.unmet)
        return CAT_CLAIM;
    /* A token without catu would open every asset: nothing here mints one. */
    return seen.catu ? cat_claims_check(&claims, path, now_s) : CAT_PATH;
}

const char *cat_result_name(enum cat_result r) {
    static const char *const names[] = {
        [CAT_OK] = "ok",       [CAT_MALFORMED] = "malformed", [CAT_ALGORITHM] = "algorithm",
        [CAT_KEY] = "key",     [CAT_FORGED] = "forged",       [CAT_EXPIRED] = "expired",
        [CAT_EARLY] = "early", [CAT_VERSION] = "version",     [CAT_PATH] = "path",
        [CAT_CLAIM] = "claim",
    };
    return (size_t)r < ARRAY_LEN(names) ? names[r] : "unknown";
}
