/*
 * alike.c - names of scripts without blanks, as a whole. Such a name is one long word that no two share: what is one slip
 * away from it is found as it is for words (near_tokens), by what both have in common when a letter of either is left out.
 * Where a slip is no more than one, that is the whole name; where there are two, its beginning or its end. Unlike pairs
 * of letters, of which a script has some hundreds, these are found in a handful of names however many there are.
 */
#include "service/search/plan.h"

enum { WHOLE_MIN = 3, WHOLE_MAX = 24, WINDOW = 6, DIGITS = 7 /* 35 bits: what shares them by chance is judged by its name */ };

bool alike_is(const uint32_t *c, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (letter_kind(c[i]) != WORD_ALPHA)
            return true;
    return false;
}

/* One token: which part it is of, and a hash of the letters but the one at without. */
static void token_put(char part, const uint32_t *c, size_t n, size_t without, struct buf *out) {
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < n; i++)
        if (i != without)
            h = (h ^ c[i]) * 1099511628211u;
    h ^= h >> 32;
    buf_addc(out, " _");
    buf_byte(out, (uint8_t)part);
    for (size_t i = 0; i < DIGITS; i++, h >>= 5)
        buf_byte(out, (uint8_t)digits[h & 31]);
}

static void part_put(char part, const uint32_t *c, size_t n, struct buf *out) {
    token_put(part, c, n, SIZE_MAX, out);
    for (size_t i = 0; i < n; i++)
        if (!i || c[i] != c[i - 1]) /* of a pair either gives the same */
            token_put(part, c, n, i, out);
}

bool alike_tokens(const uint32_t *c, size_t n, enum alike_part part, struct buf *out) {
    if (n < WHOLE_MIN || !alike_is(c, n) || (part == ALIKE_WHOLE ? n > WHOLE_MAX : n < WINDOW))
        return false;
    switch (part) {
    case ALIKE_WHOLE: part_put('w', c, n, out); break;
    case ALIKE_HEAD: part_put('h', c, WINDOW, out); break;
    case ALIKE_TAIL: part_put('t', c + n - WINDOW, WINDOW, out); break;
    }
    return true;
}
