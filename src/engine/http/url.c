/*
 * url.c - RFC 3986 section 2.1 decoding and query strings. Strict on purpose: what two parsers could
 * read in two ways (an encoded slash, NUL, a bad escape) is refused, never guessed at.
 */
#include "engine/http/http_int.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool url_decode(struct arena *a, struct str s, bool plus_is_space, bool slash_ok, struct str *ret) {
    char *to = arena_alloc(a, s.n + 1);
    if (!to)
        return false;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        if (c == '%') {
            int hi = i + 2 < s.n ? hex_value(s.p[i + 1]) : -1;
            int lo = hi >= 0 ? hex_value(s.p[i + 2]) : -1;
            if (lo < 0)
                return false;
            c = (uint8_t)(hi << 4 | lo);
            i += 2;
            if (c == '/' && !slash_ok)
                return false;
        } else if (c == '+' && plus_is_space)
            c = ' ';
        if (c < 0x20 || c == 0x7F)
            return false;
        to[n++] = (char)c;
    }
    struct str out = str_make(to, n);
    if (!str_is_utf8(out))
        return false;
    *ret = out;
    return true;
}

int query_parse(struct arena *a, struct str query, struct pair *pairs, size_t max, size_t *ret_n,
                struct str *ret_bad) {
    size_t n = 0;
    while (query.n) {
        struct str one, name, value;
        query = str_cut(query, '&', &one);
        if (one.n == 0)
            continue;
        value = str_cut(one, '=', &name);
        *ret_bad = name;
        if (n == max)
            return ERR_TOO_LARGE;
        struct pair *p = &pairs[n];
        if (!url_decode(a, name, true, true, &p->name) ||
            !url_decode(a, value, true, true, &p->value))
            return ERR_INVALID;
        *ret_bad = p->name;
        for (size_t i = 0; i < n; i++)
            if (str_eq(pairs[i].name, p->name))
                return ERR_CONFLICT;
        n++;
    }
    *ret_n = n;
    return 0;
}
