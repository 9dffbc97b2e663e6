/*
 * fold.h - text as people search for it. Two spellings that a person takes for the same fold to the same: case, accents,
 * width, points of Hebrew and Arabic, tone marks of Thai, katakana and hiragana, traditional and simplified Chinese. What
 * is left are words of letters and digits, parted by one blank.
 *
 * No SQL in here, and no clock: everything is a function of its arguments. Any thread.
 */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { FOLD_INPUT_MAX = 400 /* bytes; what is behind them is not looked at */, FOLD_WORD_MAX = 32 /* letters; longer ones are cut */ };

struct folded {
    struct str text;  /* "the matrix", "matriks" in its own letters, each script's words by themselves */
    struct str latin; /* the same in Latin letters by ICU's rules; STR_NULL where text is Latin already */
};
/* s must be UTF-8. Both in the arena. ERR_LIMIT: no room there; ERR_INTERNAL: ICU's data is not installed. */
int search_fold(struct str s, struct arena *a, struct folded *ret, struct err *reterr);

/* How a word is cut into what the index holds. */
enum word_kind {
    WORD_ALPHA, /* letters and digits between blanks: the word itself */
    WORD_HAN,   /* no blanks, thousands of letters: each by itself */
    WORD_RUN,   /* no blanks, few letters (kana, Thai, Lao, Khmer, Burmese): each two neighbours */
};
struct word {
    enum word_kind kind;
    struct str text;      /* borrowed from what was cut */
    uint32_t c[FOLD_WORD_MAX];
    size_t n;
};
enum word_kind letter_kind(uint32_t c);
/* The next word of folded text; false: no more. *rest is what is behind it. */
bool word_next(struct str *rest, struct word *ret);
/* Code points of folded text without its blanks, at most max; returns how many. */
size_t letters_squeezed(struct str folded, uint32_t *to, size_t max);
/* UTF-8 of n code points, appended. */
void letters_add(struct buf *b, const uint32_t *c, size_t n);

/* A Hangul word as syllables (it is kept as jamo, so that it can be searched for as it is typed); to needs room for w->n.
 * Returns how many; 0: it has other letters, too. begin (may be NULL) gets at which letter each begins. */
size_t word_syllables(const struct word *w, uint32_t *to, uint8_t *begin);

/* How a Latin word sounds, roughly: what transliterations disagree on (ch and c, y and j, w and v, double letters) is
 * gone. Empty: it is not a Latin word, or too short. to needs room for n bytes; returns how many. */
size_t word_sound(const struct word *w, char *to);
