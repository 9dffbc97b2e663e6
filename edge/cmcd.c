#include "cmcd.h"

enum { VALUE_MAX = 64 };

static const struct str known_keys[] = {
    {"br", 2}, {"bl", 2},  {"bs", 2}, {"cid", 3}, {"d", 1},  {"dl", 2}, {"mtp", 3}, {"ot", 2},
    {"pr", 2}, {"rtp", 3}, {"sf", 2}, {"sid", 3}, {"st", 2}, {"su", 2}, {"tb", 2},  {"v", 1},
};

static bool is_fit(struct str s) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool fit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                   c == '.' || c == '-' || c == '_';
        if (!fit)
            return false;
    }
    return s.n >= 1 && s.n <= VALUE_MAX;
}

bool cmcd_next(struct str *rest, struct str *ret_key, struct str *ret_value) {
    while (rest->n) {
        struct str pair, key;
        *rest = str_cut(*rest, ',', &pair);
        struct str value = str_cut(pair, '=', &key);
        bool bare = value.p == NULL;
        key = str_trim(key);
        value = str_trim(value);
        if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
            value = str_slice(value, 1, value.n - 1);
        for (size_t i = 0; i < ARRAY_LEN(known_keys); i++)
            if (str_eq(key, known_keys[i]) && (bare || is_fit(value))) {
                *ret_key = known_keys[i];
                *ret_value = bare ? STR("true") : value;
                return true;
            }
    }
    return false;
}

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str unescape(struct str s, char *dst) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int hi = i + 2 < s.n ? digit(s.p[i + 1]) : -1, lo = i + 2 < s.n ? digit(s.p[i + 2]) : -1;
        if (s.p[i] == '%' && hi >= 0 && lo >= 0) {
            dst[n++] = (char)(hi << 4 | lo);
            i += 2;
        } else {
            dst[n++] = s.p[i];
        }
    }
    return str_make(dst, n);
}

struct str cmcd_of_query(struct str query, char dst[CMCD_MAX]) {
    while (query.n) {
        struct str arg, key;
        query = str_cut(query, '&', &arg);
        struct str value = str_cut(arg, '=', &key);
        if (str_eq(key, STR("CMCD")) && value.n <= CMCD_MAX)
            return unescape(value, dst);
    }
    return STR_NULL;
}
