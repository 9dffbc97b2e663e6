/* hash_state.c - OpenSSL's EVP keeps a running hash to itself; its older interface shows it, and is as quick. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "engine/blob/hash_state.h"
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

static SHA256_CTX context_of(const struct hash_state *s) {
    SHA256_CTX c;
    SHA256_Init(&c);
    for (size_t i = 0; i < ARRAY_LEN(s->h); i++)
        c.h[i] = s->h[i];
    uint64_t bits = s->n << 3;
    c.Nl = (SHA_LONG)bits;
    c.Nh = (SHA_LONG)(bits >> 32);
    c.num = (unsigned)(s->n % sizeof s->tail);
    memcpy(c.data, s->tail, c.num);
    return c;
}

void hash_state_init(struct hash_state *s) {
    SHA256_CTX c;
    *s = (struct hash_state){0};
    SHA256_Init(&c);
    for (size_t i = 0; i < ARRAY_LEN(s->h); i++)
        s->h[i] = c.h[i];
}

void hash_state_update(struct hash_state *s, const void *p, size_t n) {
    SHA256_CTX c = context_of(s);
    SHA256_Update(&c, p, n);
    for (size_t i = 0; i < ARRAY_LEN(s->h); i++)
        s->h[i] = c.h[i];
    s->n += n;
    memcpy(s->tail, c.data, s->n % sizeof s->tail);
}

void hash_state_hex(const struct hash_state *s, char dst[65]) {
    unsigned char raw[SHA256_DIGEST_LENGTH];
    SHA256_CTX c = context_of(s);
    SHA256_Final(raw, &c);
    for (size_t i = 0; i < sizeof raw; i++)
        snprintf(dst + i * 2, 3, "%02x", raw[i]);
}

void hash_state_write(const struct hash_state *s, char dst[HASH_STATE_TEXT]) {
    int n = snprintf(dst, HASH_STATE_TEXT, "1:%llu:", (unsigned long long)s->n);
    for (size_t i = 0; i < ARRAY_LEN(s->h); i++)
        n += snprintf(dst + n, (size_t)(HASH_STATE_TEXT - n), "%08x", s->h[i]);
    dst[n++] = ':';
    dst[n] = 0;
    for (size_t i = 0; i < s->n % sizeof s->tail; i++)
        n += snprintf(dst + n, (size_t)(HASH_STATE_TEXT - n), "%02x", s->tail[i]);
}

bool hash_state_read(struct str text, struct hash_state *ret) {
    struct hash_state s = {0};
    struct str form, count, chain, tail = str_cut(text, ':', &form);
    uint8_t raw[32];
    tail = str_cut(tail, ':', &count);
    tail = str_cut(tail, ':', &chain);
    if (!str_eq(form, STR("1")) || !str_to_u64(count, &s.n) || !str_unhex(chain, raw, sizeof raw) ||
        !tail.p || !str_unhex(tail, s.tail, s.n % sizeof s.tail))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(s.h); i++)
        s.h[i] = (uint32_t)raw[i * 4] << 24 | (uint32_t)raw[i * 4 + 1] << 16 |
                 (uint32_t)raw[i * 4 + 2] << 8 | raw[i * 4 + 3];
    *ret = s;
    return true;
}
