/* totp.c - one-time passwords by time (RFC 6238) over HMAC-SHA-1 (RFC 4226), as every authenticator app makes them. */
#include "service/identity/factor.h"
#include <openssl/hmac.h>

int totp_code(const uint8_t secret[TOTP_SECRET_LEN], int64_t step) {
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    for (int i = 7; i >= 0; i--, step >>= 8)
        counter[i] = (uint8_t)step;
    HMAC(EVP_sha1(), secret, TOTP_SECRET_LEN, counter, sizeof counter, mac, &n);
    const uint8_t *p = mac + (mac[19] & 15); /* RFC 4226 section 5.4: dynamic truncation */
    return (int)((((uint32_t)p[0] & 0x7f) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]) % 1000000);
}

int64_t totp_match(const uint8_t secret[TOTP_SECRET_LEN], struct str code, int64_t now_ms, int64_t last) {
    int given = 0, digits = 0;
    for (size_t i = 0; i < code.n; i++) {
        if (code.p[i] == ' ')
            continue;
        if (code.p[i] < '0' || code.p[i] > '9' || ++digits > 6)
            return -1;
        given = given * 10 + (code.p[i] - '0');
    }
    if (digits != 6)
        return -1;
    int64_t now = now_ms / TOTP_STEP_MS, found = -1;
    for (int64_t step = now - 1; step <= now + 1; step++) /* RFC 6238 section 5.2: one step of delay either way */
        if (step > last && totp_code(secret, step) == given)
            found = step;
    return found;
}

void base32_write(const uint8_t *bytes, size_t n, char *dst) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 5; held -= 5)
            *dst++ = digits[bits >> (held - 5) & 31];
    }
    if (held)
        *dst++ = digits[bits << (5 - held) & 31];
    *dst = 0;
}
