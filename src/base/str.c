#include "base/str.h"
#include "base/arena.h"
#include "base/format.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str str_of(const char *cstr) {
    return cstr ? (struct str){cstr, strlen(cstr)} : STR_NULL;
}

struct str str_make(const char *p, size_t n) { return (struct str){p, n}; }

bool str_eq(struct str a, struct str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool str_eq_nocase(struct str a, struct str b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

bool str_starts(struct str s, struct str prefix) {
    return s.n >= prefix.n && str_eq(str_make(s.p, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix) {
    return s.n >= suffix.n && str_eq(str_make(s.p + s.n - suffix.n, suffix.n), suffix);
}

int str_cmp(struct str a, struct str b) {
    size_t n = MIN(a.n, b.n);
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

ptrdiff_t str_index(struct str s, char c) {
    const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
    return at ? at - s.p : -1;
}

ptrdiff_t str_find(struct str s, struct str what) {
    if (what.n == 0)
        return 0;
    const char *at = s.n ? memmem(s.p, s.n, what.p, what.n) : NULL;
    return at ? at - s.p : -1;
}

struct str str_slice(struct str s, size_t from, size_t to) {
    to = MIN(to, s.n);
    from = MIN(from, to);
    return s.p ? str_make(s.p + from, to - from) : STR_NULL;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct str str_trim(struct str s) {
    while (s.n && is_space(s.p[0]))
        s = str_make(s.p + 1, s.n - 1);
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str str_cut(struct str s, char sep, struct str *ret_head) {
    ptrdiff_t at = str_index(s, sep);
    if (at < 0) {
        *ret_head = s;
        return STR_NULL;
    }
    *ret_head = str_make(s.p, (size_t)at);
    return str_make(s.p + at + 1, s.n - (size_t)at - 1);
}

bool str_to_u64(struct str s, uint64_t *ret) {
    uint64_t v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    *ret = v;
    return true;
}

bool str_to_i64(struct str s, int64_t *ret) {
    bool negative = s.n && s.p[0] == '-';
    uint64_t v;
    if (!str_to_u64(negative ? str_slice(s, 1, s.n) : s, &v))
        return false;
    if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool str_to_f64(struct str s, double *ret) {
    static locale_t c_locale;
    char tmp[64], *end;
    if (s.n == 0 || s.n >= sizeof tmp || is_space(s.p[0]))
        return false;
    if (!c_locale)
        c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    memcpy(tmp, s.p, s.n);
    tmp[s.n] = 0;
    double v = strtod_l(tmp, &end, c_locale);
    if (end != tmp + s.n || !isfinite(v))
        return false;
    *ret = v;
    return true;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

bool str_unhex(struct str s, uint8_t *dst, size_t n) {
    if (s.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(s.p[2 * i]), low = hex_digit(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        dst[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool str_is_utf8(struct str s) {
    if (!s.n)
        return true;
    const uint8_t *p = (const uint8_t *)s.p, *end = p + s.n;
    while (p < end) {
        uint8_t c = *p++;
        int more;
        uint32_t cp, least;
        if (c < 0x80)
            continue;
        if (c >= 0xC2 && c <= 0xDF)
            more = 1, cp = c & 0x1F, least = 0x80;
        else if ((c & 0xF0) == 0xE0)
            more = 2, cp = c & 0x0F, least = 0x800;
        else if (c >= 0xF0 && c <= 0xF4)
            more = 3, cp = c & 0x07, least = 0x10000;
        else
            return false;
        if (end - p < more)
            return false;
        for (; more; more--, p++) {
            if ((*p & 0xC0) != 0x80)
                return false;
            cp = cp << 6 | (*p & 0x3F);
        }
        if (cp < least || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
            return false;
    }
    return true;
}

char *str_cstr(struct arena *a, struct str s) {
    char *p = arena_alloc(a, s.n + 1);
    if (p && s.n)
        memcpy(p, s.p, s.n);
    return p;
}

struct str str_dup(struct arena *a, struct str s) {
    char *p = str_cstr(a, s);
    return p ? str_make(p, s.n) : STR_NULL;
}

struct str str_lower(struct arena *a, struct str s) {
    char *p = str_cstr(a, s);
    if (!p)
        return STR_NULL;
    for (size_t i = 0; i < s.n; i++)
        p[i] = lower(p[i]);
    return str_make(p, s.n);
}

struct str str_printf(struct arena *a, const char *fmt, ...) {
    char text[256], *p;
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = text_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof text)
        p = str_cstr(a, str_make(text, (size_t)n));
    else if ((p = n >= 0 ? arena_alloc(a, (size_t)n + 1) : NULL))
        text_vformat(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p ? str_make(p, (size_t)n) : STR_NULL;
}

struct str str_slug(struct arena *a, struct str s, size_t max) {
    char *p = arena_alloc(a, MIN(s.n, max) + 1);
    size_t n = 0;
    bool gap = false;
    if (!p)
        return STR_NULL;
    for (size_t i = 0; i < s.n && n < max; i++) {
        char c = lower(s.p[i]);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (gap && n) {
                if (n + 1 >= max)
                    break;
                p[n++] = '-';
            }
            p[n++] = c;
            gap = false;
        } else if (c != '\'') {
            gap = true;
        }
    }
    return str_make(p, n);
}
