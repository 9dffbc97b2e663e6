/*
 * cenc.c - AES of samples through OpenSSL's EVP, which uses the processor's instructions. Setting a
 * key costs far more than an IV, so one context lives as long as the track and only the IV is set
 * again.
 */
#include "media/cenc/cenc.h"
#include <openssl/evp.h>
#include <string.h>

enum { BLOCK = 16, BATCH = 1 << 16 };

struct cenc {
    struct cenc_params p;
    EVP_CIPHER_CTX *ctx;
    bool decrypt;
    uint8_t batch[BATCH]; /* cbcs pattern: the protected blocks side by side */
};

int cenc_params_make(enum scheme scheme, const struct cenc_key *key, struct str asset,
                     uint32_t ordinal, bool video, struct cenc_params *ret, struct err *reterr) {
    *ret = (struct cenc_params){.scheme = scheme, .key = *key};
    if (scheme == SCHEME_CBCS && video)
        ret->crypt = 1, ret->skip = 9;
    if (scheme == SCHEME_CENC && ordinal > 255)
        return err_set(reterr, ERR_INVALID, "more than 256 tracks under one key");
    uint8_t digest[EVP_MAX_MD_SIZE],
        number[4] = {(uint8_t)(ordinal >> 24), (uint8_t)(ordinal >> 16), (uint8_t)(ordinal >> 8),
                     (uint8_t)ordinal};
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok =
        md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
        EVP_DigestUpdate(md, "matinee iv", 10) == 1 &&
        EVP_DigestUpdate(md, key, sizeof *key) == 1 &&
        EVP_DigestUpdate(md, asset.p ? asset.p : "", asset.n) == 1 &&
        /* Under cenc the ordinal has a byte of its own; the digest must be the same for all. */
        EVP_DigestUpdate(md, number, scheme == SCHEME_CBCS ? 4 : 0) == 1 &&
        EVP_DigestFinal_ex(md, digest, NULL) == 1;
    EVP_MD_CTX_free(md);
    if (!ok)
        return err_set(reterr, ERR_NO_MEMORY, "digest of an IV");
    memcpy(ret->iv, digest, BLOCK);
    if (scheme == SCHEME_CENC) {
        ret->iv[4] = (uint8_t)ordinal;
        memset(ret->iv + 5, 0, BLOCK - 5);
    }
    return 0;
}

int cenc_new(const struct cenc_params *p, bool decrypt, struct cenc **ret, struct err *reterr) {
    struct cenc *c = calloc(1, sizeof *c);
    if (!c)
        return err_set(reterr, ERR_NO_MEMORY, "encryption context");
    c->p = *p;
    c->decrypt = decrypt;
    c->ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = p->scheme == SCHEME_CBCS ? EVP_aes_128_cbc() : EVP_aes_128_ctr();
    uint8_t zero[BLOCK] = {0};
    if (!c->ctx ||
        EVP_CipherInit_ex(c->ctx, cipher, NULL, p->key.key, zero, decrypt ? 0 : 1) != 1) {
        cenc_free(c);
        return err_set(reterr, ERR_NO_MEMORY, "AES context");
    }
    EVP_CIPHER_CTX_set_padding(c->ctx, 0);
    *ret = c;
    return 0;
}

void cenc_free(struct cenc *c) {
    if (!c)
        return;
    EVP_CIPHER_CTX_free(c->ctx);
    free(c);
}

void cenc_freep(struct cenc **c) {
    cenc_free(*c);
    *c = NULL;
}

void cenc_iv(const struct cenc_params *p, uint64_t k, uint8_t ret[8]) {
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | p->iv[i];
    v += k;
    for (int i = 7; i >= 0; i--, v >>= 8)
        ret[i] = (uint8_t)v;
}

static bool iv_set(struct cenc *c, const uint8_t iv[BLOCK]) {
    return EVP_CipherInit_ex(c->ctx, NULL, NULL, NULL, iv, -1) == 1;
}

static bool update(struct cenc *c, uint8_t *p, size_t n) {
    while (n > 0) {
        int out, in = (int)MIN(n, (size_t)1 << 30);
        if (EVP_CipherUpdate(c->ctx, p, &out, p, in) != 1 || out != in)
            return false;
        p += in, n -= (size_t)in;
    }
    return true;
}

/* crypt blocks, then skip blocks, and so on; a block not whole stays clear (ISO/IEC 23001-7 9.6.1).
 * The blocks are gathered, because EVP is called once for thousands of them. */
static bool pattern(struct cenc *c, uint8_t *p, size_t n) {
    size_t run = (size_t)c->p.crypt * BLOCK, stride = run + (size_t)c->p.skip * BLOCK;
    while (n >= BLOCK) {
        size_t batched = 0, at = 0;
        for (; at + BLOCK <= n && batched + run <= BATCH; at += stride) {
            size_t take = MIN(run, (n - at) / BLOCK * BLOCK);
            memcpy(c->batch + batched, p + at, take);
            batched += take;
        }
        if (!update(c, c->batch, batched))
            return false;
        for (size_t from = 0, to = 0; from < batched; to += stride) {
            size_t put = MIN(run, batched - from);
            memcpy(p + to, c->batch + from, put);
            from += put;
        }
        at = MIN(at, n);
        p += at, n -= at;
    }
    return true;
}

/* cbcs: the IV starts anew with every subsample (9.5.1 of the constant IV). */
static bool cbcs_range(struct cenc *c, uint8_t *p, size_t n, const uint8_t iv[BLOCK]) {
    if (n < BLOCK)
        return true;
    if (!iv_set(c, iv))
        return false;
    if (c->p.crypt && c->p.skip)
        return pattern(c, p, n);
    return update(c, p, n / BLOCK * BLOCK);
}

int cenc_sample(struct cenc *c, uint8_t *data, size_t n, const struct cenc_range *ranges,
                size_t n_ranges, const uint8_t *iv, size_t iv_n, struct err *reterr) {
    uint8_t full[BLOCK] = {0};
    if (iv && iv_n <= BLOCK)
        memcpy(full, iv, iv_n);
    else
        memcpy(full, c->p.iv, BLOCK);
    bool cbcs = c->p.scheme == SCHEME_CBCS;
    struct cenc_range whole = {.prot = (uint32_t)n};
    if (n_ranges == 0)
        ranges = &whole, n_ranges = 1;
    size_t sum = 0;
    for (size_t i = 0; i < n_ranges; i++)
        sum += (size_t)ranges[i].clear + ranges[i].prot;
    if (sum != n)
        return err_set(reterr, ERR_BAD_MEDIA, "subsamples cover %zu of %zu bytes", sum, n);
    bool ok = cbcs || iv_set(c, full);
    for (size_t i = 0; i < n_ranges && ok; i++) {
        data += ranges[i].clear;
        ok = cbcs ? cbcs_range(c, data, ranges[i].prot, full) : update(c, data, ranges[i].prot);
        data += ranges[i].prot;
    }
    return ok ? 0 : err_set(reterr, ERR_INTERNAL, "AES failed");
}
