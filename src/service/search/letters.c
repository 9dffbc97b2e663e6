/* letters.c - folded text as words and code points. */
#include "base/buf.h"
#include "service/search/fold.h"

static uint32_t code_next(const uint8_t **p, const uint8_t *end) {
    uint32_t c = *(*p)++;
    if (c < 0x80)
        return c;
    int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    c &= 0x3Fu >> more;
    while (more-- && *p < end)
        c = c << 6 | (*(*p)++ & 0x3Fu);
    return c;
}

void letters_add(struct buf *b, const uint32_t *c, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t v = c[i];
        if (v < 0x80) {
            buf_byte(b, (uint8_t)v);
        } else if (v < 0x800) {
            buf_byte(b, (uint8_t)(0xC0 | v >> 6));
            buf_byte(b, (uint8_t)(0x80 | (v & 0x3F)));
        } else if (v < 0x10000) {
            buf_byte(b, (uint8_t)(0xE0 | v >> 12));
            buf_byte(b, (uint8_t)(0x80 | (v >> 6 & 0x3F)));
            buf_byte(b, (uint8_t)(0x80 | (v & 0x3F)));
        } else {
            buf_byte(b, (uint8_t)(0xF0 | v >> 18));
            buf_byte(b, (uint8_t)(0x80 | (v >> 12 & 0x3F)));
            buf_byte(b, (uint8_t)(0x80 | (v >> 6 & 0x3F)));
            buf_byte(b, (uint8_t)(0x80 | (v & 0x3F)));
        }
    }
}

size_t letters_squeezed(struct str folded, uint32_t *to, size_t max) {
    const uint8_t *p = (const uint8_t *)folded.p, *end = p + folded.n;
    size_t n = 0;
    while (p < end && n < max) {
        uint32_t c = code_next(&p, end);
        if (c != ' ')
            to[n++] = c;
    }
    return n;
}

enum word_kind letter_kind(uint32_t c) {
    if (c < 0x0E00)
        return WORD_ALPHA;
    if (c <= 0x0EFF || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) || (c >= 0x3041 && c <= 0x30FF))
        return WORD_RUN;
    bool han = c == 0x3005 || c == 0x3007 || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
               (c >= 0x20000 && c <= 0x3FFFF);
    return han ? WORD_HAN : WORD_ALPHA;
}

bool word_next(struct str *rest, struct word *ret) {
    struct str text = STR_NULL;
    while (rest->n && !text.n)
        *rest = str_cut(*rest, ' ', &text);
    if (!text.n)
        return false;
    ret->text = text;
    ret->n = letters_squeezed(text, ret->c, FOLD_WORD_MAX);
    ret->kind = letter_kind(ret->c[0]); /* the fold parts kinds by blanks */
    return true;
}

/* Unicode 3.12: LV or LVT, as one number each. */
size_t word_syllables(const struct word *w, uint32_t *to, uint8_t *begin) {
    size_t n = 0;
    for (size_t i = 0; i < w->n;) {
        if (i + 1 >= w->n || w->c[i] < 0x1100 || w->c[i] > 0x1112 || w->c[i + 1] < 0x1161 || w->c[i + 1] > 0x1175)
            return 0;
        if (begin)
            begin[n] = (uint8_t)i;
        to[n] = 0xAC00 + ((w->c[i] - 0x1100) * 21 + (w->c[i + 1] - 0x1161)) * 28;
        i += 2;
        if (i < w->n && w->c[i] > 0x11A7 && w->c[i] <= 0x11C2)
            to[n] += w->c[i++] - 0x11A7;
        n++;
    }
    return n;
}

/* ---- How it sounds ---- */

struct sound {
    char from[4], to[3];
};
#define SOUNDS(letter, ...) [letter - 'a'] = (const struct sound[]){__VA_ARGS__, {"", ""}}
/* By their first letters, the longer before the shorter. */
static const struct sound *const sounds[26] = {
    SOUNDS('c', {"ch", "c"}, {"cz", "c"}, {"ck", "k"}),
    SOUNDS('d', {"dzh", "j"}, {"dj", "j"}),
    SOUNDS('e', {"ee", "i"}),
    SOUNDS('i', {"ia", "a"}, {"iu", "u"}),
    SOUNDS('j', {"ja", "a"}, {"ju", "u"}, {"jo", "o"}, {"j", "i"}),
    SOUNDS('k', {"kh", "h"}),
    SOUNDS('o', {"ou", "u"}, {"oo", "u"}),
    SOUNDS('p', {"ph", "f"}),
    SOUNDS('q', {"qu", "k"}, {"q", "k"}),
    SOUNDS('s', {"sch", "s"}, {"sh", "s"}, {"sz", "s"}),
    SOUNDS('t', {"tch", "c"}, {"th", "t"}, {"ts", "c"}, {"tz", "c"}),
    SOUNDS('w', {"w", "v"}),
    SOUNDS('x', {"x", "ks"}),
    SOUNDS('y', {"ya", "a"}, {"yu", "u"}, {"yo", "o"}, {"y", "i"}),
    SOUNDS('z', {"zh", "z"}),
};

static size_t sound_at(const char *s, size_t left, const char **ret_to) {
    for (const struct sound *r = sounds[*s - 'a']; r && *r->from; r++) {
        size_t n = 1;
        while (r->from[n] && n < left && s[n] == r->from[n])
            n++;
        if (!r->from[n]) {
            *ret_to = r->to;
            return n;
        }
    }
    return 0;
}

size_t word_sound(const struct word *w, char *to) {
    char s[FOLD_WORD_MAX];
    size_t n = 0, out = 0;
    for (; n < w->n; n++) {
        if (w->c[n] < 'a' || w->c[n] > 'z')
            return 0;
        s[n] = (char)w->c[n];
    }
    for (size_t i = 0; i < n && out < w->n;) {
        const char *as = NULL;
        size_t took = sound_at(s + i, n - i, &as);
        char one[2] = {s[i], 0};
        for (const char *p = took ? as : one; *p && out < w->n; p++)
            if (!out || to[out - 1] != *p)
                to[out++] = *p;
        i += took ? took : 1;
    }
    return out >= 3 ? out : 0;
}
