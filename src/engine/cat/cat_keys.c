#include "engine/cat/cat.h"
#include <string.h>

static int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool unhex(struct str s, uint8_t *dst, size_t cap, size_t *ret_n) {
    if (s.n % 2 || s.n / 2 > cap)
        return false;
    for (size_t i = 0; i < s.n; i += 2) {
        int hi = digit(s.p[i]), lo = digit(s.p[i + 1]);
        if (hi < 0 || lo < 0)
            return false;
        dst[i / 2] = (uint8_t)(hi << 4 | lo);
    }
    *ret_n = s.n / 2;
    return true;
}

int cat_keys_parse(struct str text, struct cat_key *keys, size_t max) {
    size_t n = 0;
    while (text.n) {
        struct str line, kid;
        text = str_cut(text, '\n', &line);
        line = str_trim(line);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        struct str secret = str_trim(str_cut(line, ' ', &kid));
        if (n == max)
            return -1;
        struct cat_key *k = &keys[n];
        *k = (struct cat_key){.kid_len = 0};
        if (!unhex(kid, k->kid, sizeof k->kid, &k->kid_len) || k->kid_len == 0 ||
            !unhex(secret, k->secret, sizeof k->secret, &k->secret_len) || k->secret_len < 32)
            return -1;
        n++;
    }
    return (int)n;
}
