/*
 * user_code.c - the code that a person reads off a television. Twenty consonants (RFC 8628 section
 * 6.1): no vowel makes a word of it, no two letters look alike, and a phone's keyboard need not
 * change for a digit. 20^8 is 34 bits: with the limits on guessing (pairing_pace.c) enough for ten
 * minutes.
 */
#include "service/identity/pairing.h"
#include <sodium.h>

static const char alphabet[] = "BCDFGHJKLMNPQRSTVWXZ";

/* What is no letter of ours stands for the one that it looks like. */
static char letter_of(unsigned char c) {
    static const char alike[][2] = {{'0', 'Q'}, {'O', 'Q'}, {'1', 'L'}, {'I', 'L'}, {'2', 'Z'},
                                    {'5', 'S'}, {'6', 'G'}, {'8', 'B'}, {'U', 'V'}};
    if (c >= 'a' && c <= 'z')
        c = (unsigned char)(c - 'a' + 'A');
    for (size_t i = 0; i < ARRAY_LEN(alike); i++)
        if (c == (unsigned char)alike[i][0])
            return alike[i][1];
    return c && strchr(alphabet, c) ? (char)c : 0;
}

/* How many bytes at p are a space or a dash of some kind, which phones make of "-" (U+2010 to U+2015, U+2212). */
static size_t gap_len(struct str s, size_t at) {
    const unsigned char *p = (const unsigned char *)s.p + at;
    if (strchr(" -_.\t", *p) && *p)
        return 1;
    if (s.n - at < 3 || p[0] != 0xE2)
        return 0;
    if (p[1] == 0x80 && p[2] >= 0x90 && p[2] <= 0x95)
        return 3;
    return p[1] == 0x88 && p[2] == 0x92 ? 3 : 0;
}

bool user_code_parse(struct str typed, struct user_code *ret) {
    size_t n = 0;
    *ret = (struct user_code){{0}};
    for (size_t i = 0; i < typed.n;) {
        size_t gap = gap_len(typed, i);
        char c = gap ? 0 : letter_of((unsigned char)typed.p[i]);
        if (!gap && (!c || n == USER_CODE_LEN))
            return false;
        if (!gap)
            ret->s[n++] = c;
        i += gap ? gap : 1;
    }
    return n == USER_CODE_LEN;
}

void user_code_make(struct user_code *ret) {
    for (int i = 0; i < USER_CODE_LEN; i++)
        ret->s[i] = alphabet[randombytes_uniform(sizeof alphabet - 1)];
    ret->s[USER_CODE_LEN] = 0;
}

struct user_code_text user_code_text(const struct user_code *c) {
    struct user_code_text t;
    snprintf(t.s, sizeof t.s, "%.4s-%.4s", c->s, c->s + USER_CODE_LEN / 2);
    return t;
}
