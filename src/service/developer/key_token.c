/* key_token.c - see key_token.h. */
#include "service/developer/key_token.h"
#include "engine/http/http.h"
#include <openssl/sha.h>
#include <sodium.h>

enum { BASE = 62, CHECK_LEN = 6 };
static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
_Static_assert(sizeof digits == BASE + 1, "base 62");

/* CRC-32 of ISO 3309 (as zlib's), bit by bit: it is over 44 bytes. */
static uint32_t crc32_of(const char *p, size_t n) {
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static void check_write(const char *s, char dst[CHECK_LEN]) {
    uint32_t crc = crc32_of(s, KEY_LEN - CHECK_LEN);
    for (int i = CHECK_LEN - 1; i >= 0; i--, crc /= BASE)
        dst[i] = digits[crc % BASE];
}

int key_token_make(struct key_token *ret, struct err *reterr) {
    size_t at = strlen(KEY_PREFIX);
    if (sodium_init() < 0)
        return err_set(reterr, ERR_INTERNAL, "libsodium could not be initialised");
    memcpy(ret->s, KEY_PREFIX, at);
    for (; at < KEY_LEN - CHECK_LEN; at++)
        ret->s[at] = digits[randombytes_uniform(BASE)];
    check_write(ret->s, ret->s + at);
    ret->s[KEY_LEN] = 0;
    return 0;
}

bool key_token_ok(struct str token) {
    char check[CHECK_LEN];
    if (token.n != KEY_LEN || !str_starts(token, STR(KEY_PREFIX)))
        return false;
    for (size_t i = strlen(KEY_PREFIX); i < token.n; i++)
        if (!token.p[i] || !strchr(digits, token.p[i]))
            return false;
    check_write(token.p, check);
    return memcmp(check, token.p + KEY_LEN - CHECK_LEN, CHECK_LEN) == 0;
}

void key_token_hash(struct str token, char dst[KEY_HASH_CAP]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256((const uint8_t *)token.p, token.n, hash);
    sodium_bin2hex(dst, KEY_HASH_CAP, hash, sizeof hash);
}
