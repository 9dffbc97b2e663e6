#include "base/buf.h"
#include "base/format.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_done(struct buf *b) {
    free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
}

void buf_reset(struct buf *b) {
    b->n = 0;
    b->failed = b->no_memory = false;
}

bool buf_reserve(struct buf *b, size_t more) {
    size_t need;
    if (b->failed)
        return false;
    /* One byte is kept for the NUL of buf_cstr. */
    if (__builtin_add_overflow(b->n, more, &need) || need > b->max || need == SIZE_MAX)
        return !(b->failed = true);
    need++;
    if (need <= b->cap)
        return true;
    size_t cap = MAX(need, b->cap < SIZE_MAX / 2 ? b->cap * 2 : need);
    cap = MAX(cap, (size_t)64);
    uint8_t *p = realloc(b->p, cap);
    if (!p)
        return !(b->failed = b->no_memory = true);
    b->p = p;
    b->cap = cap;
    return true;
}

void buf_mem(struct buf *b, const void *p, size_t n) {
    if (!buf_reserve(b, n) || n == 0)
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_add(struct buf *b, struct str s) { buf_mem(b, s.p, s.n); }
void buf_addc(struct buf *b, const char *cstr) { buf_mem(b, cstr, strlen(cstr)); }
void buf_byte(struct buf *b, uint8_t v) { buf_mem(b, &v, 1); }

void buf_zero(struct buf *b, size_t n) {
    if (!buf_reserve(b, n) || n == 0)
        return;
    memset(b->p + b->n, 0, n);
    b->n += n;
}

void buf_be16(struct buf *b, uint16_t v) {
    buf_mem(b, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

void buf_be24(struct buf *b, uint32_t v) {
    buf_mem(b, (uint8_t[]){(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}, 3);
}

void buf_be32(struct buf *b, uint32_t v) {
    v = __builtin_bswap32(v);
    buf_mem(b, &v, 4);
}

void buf_be64(struct buf *b, uint64_t v) {
    v = __builtin_bswap64(v);
    buf_mem(b, &v, 8);
}

void buf_set_be32(struct buf *b, size_t at, uint32_t v) {
    if (b->failed)
        return;
    assert(at + 4 <= b->n);
    v = __builtin_bswap32(v);
    memcpy(b->p + at, &v, 4);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list ap) {
    enum { GUESS = 64 };
    va_list again;
    va_copy(again, ap);
    /* Most are short: the first try is the last. What is over the ceiling fails at the second. */
    if (!b->failed && b->max - b->n >= GUESS)
        buf_reserve(b, GUESS);
    size_t room = b->failed || !b->cap ? 0 : MIN(b->cap - b->n - 1, b->max - b->n) + 1;
    int n = text_vformat(room ? (char *)b->p + b->n : NULL, room, fmt, ap);
    if (n < 0)
        b->failed = true;
    else if ((size_t)n < room)
        b->n += (size_t)n;
    else if (buf_reserve(b, (size_t)n)) {
        text_vformat((char *)b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_addf(struct buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(b, fmt, ap);
    va_end(ap);
}

/* Length of the well-formed UTF-8 sequence at p, or 0. */
static size_t utf8_len(const char *p, size_t n) {
    uint8_t c = (uint8_t)p[0];
    size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    return len <= n && str_is_utf8(str_make(p, len)) ? len : 0;
}

/* How much at the front of s stands in a JSON string as it is, and is ASCII. */
static size_t json_plain(struct str s) {
    size_t n = 0;
    while (n < s.n && (uint8_t)s.p[n] >= 0x20 && (uint8_t)s.p[n] < 0x80 && s.p[n] != '"' && s.p[n] != '\\')
        n++;
    return n;
}

static size_t json_odd(struct buf *b, struct str s) {
    uint8_t c = (uint8_t)s.p[0];
    if (c == '"' || c == '\\') {
        buf_byte(b, '\\');
        buf_byte(b, c);
        return 1;
    }
    if (c < 0x20) {
        buf_addf(b, "\\u%04x", c);
        return 1;
    }
    size_t len = utf8_len(s.p, s.n);
    if (len)
        buf_mem(b, s.p, len);
    else
        buf_addc(b, "\xEF\xBF\xBD");
    return len ? len : 1;
}

void buf_json_str(struct buf *b, struct str s) {
    buf_byte(b, '"');
    while (s.n) {
        size_t n = json_plain(s);
        if (n)
            buf_mem(b, s.p, n);
        else
            n = json_odd(b, s);
        s = str_make(s.p + n, s.n - n);
    }
    buf_byte(b, '"');
}

void buf_xml(struct buf *b, struct str s) {
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        switch (c) {
        case '&': buf_addc(b, "&amp;"); break;
        case '<': buf_addc(b, "&lt;"); break;
        case '>': buf_addc(b, "&gt;"); break;
        case '"': buf_addc(b, "&quot;"); break;
        case '\'': buf_addc(b, "&#39;"); break;
        default:
            /* XML 1.0 section 2.2 has no other control characters. */
            if (c >= 0x20 || c == '\t' || c == '\n' || c == '\r')
                buf_byte(b, c);
        }
    }
}

void buf_hex(struct buf *b, const void *p, size_t n) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = p;
    for (size_t i = 0; i < n; i++) {
        buf_byte(b, (uint8_t)digits[in[i] >> 4]);
        buf_byte(b, (uint8_t)digits[in[i] & 15]);
    }
}

static void base64(struct buf *b, const uint8_t *p, size_t n, const char *alphabet, bool pad) {
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                     (left > 2 ? p[i + 2] : 0);
        buf_byte(b, (uint8_t)alphabet[v >> 18]);
        buf_byte(b, (uint8_t)alphabet[v >> 12 & 63]);
        if (left > 1)
            buf_byte(b, (uint8_t)alphabet[v >> 6 & 63]);
        else if (pad)
            buf_byte(b, '=');
        if (left > 2)
            buf_byte(b, (uint8_t)alphabet[v & 63]);
        else if (pad)
            buf_byte(b, '=');
    }
}

void buf_base64(struct buf *b, const void *p, size_t n) {
    base64(b, p, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void buf_base64url(struct buf *b, const void *p, size_t n) {
    base64(b, p, n, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

struct str buf_str(const struct buf *b) { return str_make((const char *)b->p, b->n); }

char *buf_cstr(struct buf *b) {
    if (!buf_reserve(b, 0))
        return NULL;
    b->p[b->n] = 0;
    return (char *)b->p;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool buf_unhex(struct buf *b, struct str hex) {
    if (hex.n % 2)
        return false;
    for (size_t i = 0; i < hex.n; i += 2) {
        int hi = hex_digit(hex.p[i]), lo = hex_digit(hex.p[i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        buf_byte(b, (uint8_t)(hi << 4 | lo));
    }
    return !b->failed;
}

static int base64_digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' || c == '+' ? 62 : c == '_' || c == '/' ? 63 : -1;
}

bool buf_unbase64url(struct buf *b, struct str s) {
    for (int pad = 0; pad < 2 && s.n && s.p[s.n - 1] == '='; pad++)
        s.n--;
    if (s.n % 4 == 1)
        return false;
    uint32_t v = 0;
    int bits = 0;
    for (size_t i = 0; i < s.n; i++) {
        int d = base64_digit(s.p[i]);
        if (d < 0)
            return false;
        v = v << 6 | (uint32_t)d;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            buf_byte(b, (uint8_t)(v >> bits));
            v &= (1u << bits) - 1;
        }
    }
    /* Bits left over must be zero, so that one value has one spelling. */
    return v == 0 && !b->failed;
}
