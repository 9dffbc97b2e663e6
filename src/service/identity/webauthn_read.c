/*
 * webauthn_read.c - the three binary forms of WebAuthn, over the bounded CBOR reader of engine/cat: authenticator data,
 * attestation objects, COSE keys. Whatever is not exactly one of them is refused: trailing bytes, a name twice.
 */
#include "engine/cat/cbor.h"
#include "service/identity/webauthn.h"
#include <string.h>

enum { RP_HASH = 32, HEAD = RP_HASH + 1 + 4, AAGUID = 16 };

static struct cbor cbor_of(struct str s) {
    return (struct cbor){(const uint8_t *)s.p, (const uint8_t *)s.p + s.n};
}

static struct str item_str(const struct cbor_item *i) {
    return str_make((const char *)i->at, i->n);
}

static uint32_t be32(const char *p) {
    const uint8_t *b = (const uint8_t *)p;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* One whole item, and what is behind it. */
static bool item_cut(struct str in, struct str *ret_item, struct str *ret_rest) {
    struct cbor c = cbor_of(in);
    if (!cbor_skip(&c))
        return false;
    size_t n = in.n - (size_t)(c.end - c.p);
    *ret_item = str_slice(in, 0, n);
    *ret_rest = str_slice(in, n, in.n);
    return true;
}

static bool attested_parse(struct str *rest, struct auth_data *ret) {
    if (rest->n < AAGUID + 2)
        return false;
    size_t n = (size_t)(uint8_t)rest->p[AAGUID] << 8 | (uint8_t)rest->p[AAGUID + 1];
    ret->aaguid = str_slice(*rest, 0, AAGUID);
    *rest = str_slice(*rest, AAGUID + 2, rest->n);
    if (n == 0 || n > CREDENTIAL_ID_MAX || n >= rest->n)
        return false;
    ret->credential_id = str_slice(*rest, 0, n);
    return item_cut(str_slice(*rest, n, rest->n), &ret->key, rest) && ret->key.n <= COSE_KEY_MAX;
}

bool auth_data_parse(struct str in, struct auth_data *ret) {
    *ret = (struct auth_data){0};
    if (in.n < HEAD)
        return false;
    ret->rp_id_hash = str_slice(in, 0, RP_HASH);
    ret->flags = (uint8_t)in.p[RP_HASH];
    ret->sign_count = be32(in.p + RP_HASH + 1);
    struct str rest = str_slice(in, HEAD, in.n), extensions;
    if ((ret->flags & AUTH_AT) && !attested_parse(&rest, ret))
        return false;
    if (ret->flags & AUTH_ED) {
        struct cbor c = cbor_of(rest);
        struct cbor_item map;
        if (!cbor_expect(&c, CBOR_MAP, &map) || !item_cut(rest, &extensions, &rest))
            return false;
    }
    /* Section 6.1.3: what is not backup eligible cannot be backed up. */
    return rest.n == 0 && !((ret->flags & AUTH_BS) && !(ret->flags & AUTH_BE));
}

static bool statement_parse(struct cbor *c, struct attestation *ret) {
    struct cbor_item map, name, value;
    unsigned seen = 0;
    if (!cbor_expect(c, CBOR_MAP, &map) || map.n > 16)
        return false;
    ret->bare = map.n == 0;
    for (uint64_t i = 0; i < map.n; i++) {
        if (!cbor_expect(c, CBOR_TEXT, &name))
            return false;
        struct str key = item_str(&name);
        struct cbor at = *c;
        unsigned bit = str_eq(key, STR("alg")) ? 1 : str_eq(key, STR("sig")) ? 2 : str_eq(key, STR("x5c")) ? 4 : 0;
        if ((seen & bit) || !cbor_skip(c) || !cbor_next(&at, &value))
            return false;
        seen |= bit;
        if (bit == 1 && !cbor_int(&value, &ret->alg))
            return false;
        if (bit == 2 && value.major != CBOR_BYTES)
            return false;
        if (bit == 2)
            ret->sig = item_str(&value);
    }
    ret->has_x5c = seen & 4;
    return true;
}

bool attestation_parse(struct str in, struct attestation *ret) {
    struct cbor c = cbor_of(in);
    struct cbor_item map, name, value;
    unsigned seen = 0;
    *ret = (struct attestation){0};
    if (!cbor_expect(&c, CBOR_MAP, &map) || map.n != 3)
        return false;
    for (int i = 0; i < 3; i++) {
        if (!cbor_expect(&c, CBOR_TEXT, &name))
            return false;
        struct str key = item_str(&name);
        unsigned bit = str_eq(key, STR("fmt")) ? 1 : str_eq(key, STR("attStmt")) ? 2 : str_eq(key, STR("authData")) ? 4 : 0;
        if (!bit || (seen & bit))
            return false;
        seen |= bit;
        if (bit == 2) {
            if (!statement_parse(&c, ret))
                return false;
            continue;
        }
        if (!cbor_expect(&c, bit == 1 ? CBOR_TEXT : CBOR_BYTES, &value))
            return false;
        *(bit == 1 ? &ret->format : &ret->auth_data) = item_str(&value);
    }
    return cbor_done(&c);
}

/* RFC 9053 section 7: what the labels mean depends on the key's type, so the bytes are kept by label. */
enum { KTY_OKP = 1, KTY_EC2 = 2, KTY_RSA = 3, CRV_P256 = 1, CRV_ED25519 = 6 };
struct cose {
    int64_t kty, alg, crv;
    struct str minus1, minus2, minus3;
    unsigned seen;
};

static bool cose_member(struct cose *k, int64_t label, const struct cbor_item *v) {
    unsigned bit = label == 1 ? 1 : label == 3 ? 2 : label <= -1 && label >= -3 ? 4u << (-label - 1) : 0;
    if (!bit)
        return true;
    if (k->seen & bit)
        return false;
    k->seen |= bit;
    if (label == 1)
        return cbor_int(v, &k->kty);
    if (label == 3)
        return cbor_int(v, &k->alg);
    if (label == -1 && v->major != CBOR_BYTES)
        return cbor_int(v, &k->crv);
    if (v->major != CBOR_BYTES)
        return false;
    *(label == -1 ? &k->minus1 : label == -2 ? &k->minus2 : &k->minus3) = item_str(v);
    return true;
}

struct public_key *cose_key_parse(struct str in) {
    struct cbor c = cbor_of(in);
    struct cbor_item map, label, value;
    struct cose k = {0};
    int64_t number;
    if (!cbor_expect(&c, CBOR_MAP, &map) || map.n > 16)
        return NULL;
    for (uint64_t i = 0; i < map.n; i++) {
        if (!cbor_next(&c, &label) || !cbor_int(&label, &number))
            return NULL;
        struct cbor at = c;
        if (!cbor_skip(&c) || !cbor_next(&at, &value) || !cose_member(&k, number, &value))
            return NULL;
    }
    if (!cbor_done(&c))
        return NULL;
    if (k.kty == KTY_EC2 && k.alg == ALG_ES256 && k.crv == CRV_P256)
        return public_key_es256(k.minus2, k.minus3);
    if (k.kty == KTY_OKP && k.alg == ALG_EDDSA && k.crv == CRV_ED25519)
        return public_key_ed25519(k.minus2);
    if (k.kty == KTY_RSA && k.alg == ALG_RS256)
        return public_key_rs256(k.minus1, k.minus2);
    return NULL;
}
