/*
 * fold.c - names as people type them into a search box: "Amélie", "AMELIE" and "amelie" are one. A
 * small fold for Latin, Greek and Cyrillic; scripts without case pass as they are. The same fold
 * makes slugs.
 */
#include "service/catalog/catalog_int.h"
#include "base/buf.h"

/* U+00C0 to U+017F, a letter or two each; '?' stays as it is. */
static const char *const latin[] = {
    "a", "a", "a",  "a",  "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",  "i",  /* 00C0 */
    "d", "n", "o",  "o",  "o", "o", "o",  "x", "o", "u", "u", "u", "u", "y", "th", "ss", /* 00D0 */
    "a", "a", "a",  "a",  "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",  "i",  /* 00E0 */
    "d", "n", "o",  "o",  "o", "o", "o",  "-", "o", "u", "u", "u", "u", "y", "th", "y",  /* 00F0 */
    "a", "a", "a",  "a",  "a", "a", "c",  "c", "c", "c", "c", "c", "c", "c", "d",  "d",  /* 0100 */
    "d", "d", "e",  "e",  "e", "e", "e",  "e", "e", "e", "e", "e", "g", "g", "g",  "g",  /* 0110 */
    "g", "g", "g",  "g",  "h", "h", "h",  "h", "i", "i", "i", "i", "i", "i", "i",  "i",  /* 0120 */
    "i", "i", "ij", "ij", "j", "j", "k",  "k", "k", "l", "l", "l", "l", "l", "l",  "l",  /* 0130 */
    "l", "l", "l",  "n",  "n", "n", "n",  "n", "n", "n", "n", "n", "o", "o", "o",  "o",  /* 0140 */
    "o", "o", "oe", "oe", "r", "r", "r",  "r", "r", "r", "s", "s", "s", "s", "s",  "s",  /* 0150 */
    "s", "s", "t",  "t",  "t", "t", "t",  "t", "u", "u", "u", "u", "u", "u", "u",  "u",  /* 0160 */
    "u", "u", "u",  "u",  "w", "w", "y",  "y", "y", "z", "z", "z", "z", "z", "z",  "s",  /* 0170 */
};
_Static_assert(sizeof latin / sizeof *latin == 0x180 - 0xC0, "one entry a letter");

static uint32_t next_code(const unsigned char **p) {
    uint32_t c = *(*p)++;
    if (c < 0x80)
        return c;
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    c &= 0x3Fu >> more;
    while (more--)
        c = c << 6 | (*(*p)++ & 0x3F);
    return c;
}

static void put_code(struct buf *b, uint32_t c) {
    if (c < 0x80) {
        buf_byte(b, (uint8_t)c);
    } else if (c < 0x800) {
        buf_byte(b, (uint8_t)(0xC0 | c >> 6));
        buf_byte(b, (uint8_t)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        buf_byte(b, (uint8_t)(0xE0 | c >> 12));
        buf_byte(b, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        buf_byte(b, (uint8_t)(0x80 | (c & 0x3F)));
    } else {
        buf_byte(b, (uint8_t)(0xF0 | c >> 18));
        buf_byte(b, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        buf_byte(b, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        buf_byte(b, (uint8_t)(0x80 | (c & 0x3F)));
    }
}

static uint32_t fold_greek_cyrillic(uint32_t c) {
    static const struct {
        uint32_t from, to;
    } accents[] = {{0x386, 0x3B1}, {0x388, 0x3B5}, {0x389, 0x3B7}, {0x38A, 0x3B9}, {0x38C, 0x3BF},
                   {0x38E, 0x3C5}, {0x38F, 0x3C9}, {0x3AC, 0x3B1}, {0x3AD, 0x3B5}, {0x3AE, 0x3B7},
                   {0x3AF, 0x3B9}, {0x3CC, 0x3BF}, {0x3CD, 0x3C5}, {0x3CE, 0x3C9}, {0x3C2, 0x3C3},
                   {0x401, 0x435}, {0x451, 0x435}};
    for (size_t i = 0; i < ARRAY_LEN(accents); i++)
        if (accents[i].from == c)
            return accents[i].to;
    if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) /* Greek capitals; 3A2 is none */
        return c + 0x20;
    if (c >= 0x410 && c <= 0x42F) /* Cyrillic capitals */
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40F)
        return c + 0x50;
    return c;
}

struct str text_fold(struct arena *a, struct str s) {
    scoped(buf_done) struct buf b = BUF(s.n * 2 + 16);
    if (!s.n) /* and perhaps no address to count from */
        return STR("");
    const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
    while (p < end) {
        uint32_t c = next_code(&p);
        if (c >= 'A' && c <= 'Z')
            buf_byte(&b, (uint8_t)(c + 0x20));
        else if (c < 0xC0)
            put_code(&b, c);
        else if (c < 0x180)
            buf_addc(&b, latin[c - 0xC0]);
        else if (c >= 0x300 && c <= 0x36F) /* a combining accent */
            continue;
        else
            put_code(&b, fold_greek_cyrillic(c));
    }
    return b.failed ? STR_NULL : b.n ? str_dup(a, buf_str(&b)) : STR("");
}
