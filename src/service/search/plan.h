/*
 * plan.h - what somebody typed, as words, and as expressions for the index: of SQLite's FTS5 (section 3 of its
 * documentation) or PostgreSQL's tsquery. Outside bytes come in here; what goes out holds letters and digits of folded words
 * between quotes of ours, nothing else. No SQL, any thread.
 */
#pragma once
#include "base/buf.h"
#include "service/search/distance.h"
#include "service/search/fold.h"

enum { PLAN_WORDS = 8, PLAN_NEAR = 6, NEAR_LETTERS_MIN = 3, NEAR_LETTERS_MAX = 20 };

enum dialect { DIALECT_FTS5, DIALECT_TSQUERY };
/* In which words the index is asked. */
struct speech {
    enum dialect d;
    struct str space; /* stands before each token of a document: "" titles, SPACE_THINGS people and genres */
};
#define SPACE_THINGS STR("x_")

struct plan_word {
    struct word w;
    struct pattern pattern;
    struct pattern syllables; /* of a Hangul word; n 0: it is none */
    char sound[FOLD_WORD_MAX];
    size_t n_sound; /* 0: it has none */
    struct str number;         /* "2" for "ii"; STR_NULL: it is none */
    struct str near[PLAN_NEAR]; /* other words of the index that it may be meant for, the nearest first */
    size_t n_near;
    bool known;                /* the index has it as it was typed: told with near */
    bool prefix;               /* it may go on: the last one, as it is typed */
};
/* The query in one spelling: its own letters, or Latin ones. */
struct plan_form {
    struct plan_word word[PLAN_WORDS];
    size_t n;
    uint32_t squeezed[PATTERN_MAX]; /* all letters, without blanks */
    size_t n_squeezed;
    bool no_blanks; /* some of it is of a script without blanks */
    struct pattern pattern; /* of squeezed */
    struct str key;         /* squeezed in UTF-8: how names begin */
};
struct plan {
    struct plan_form own, latin; /* latin.n 0: own is Latin */
};
/* q must be UTF-8. In the arena. A query without a letter or digit gives own.n 0. */
int plan_read(struct str q, struct arena *a, struct plan *ret, struct err *reterr);

/* What documents must have; each is appended to out, nothing (false) where the form asks for nothing (a letter alone). */
enum plan_pass {
    PASS_WHOLE, /* every word as it is typed, the last one too */
    PASS_EXACT, /* the last one may go on */
    PASS_NEAR,  /* or one that it may be meant for */
    PASS_UNKNOWN, /* or, where the index does not know it, one that it may be meant for */
};
/* Whether PASS_EXACT asks for more than PASS_WHOLE. */
bool plan_goes_on(const struct plan_form *f);
bool plan_match(const struct plan_form *f, const struct speech *to, enum plan_pass pass, struct buf *out);
/* All words but one, those near that are not known. */
bool plan_match_without(const struct plan_form *f, const struct speech *to, size_t without, struct buf *out);

/* alike.c: names of scripts without blanks, as a whole: what is one slip away from one of these is found by it. */
enum { ALIKE_LONG = 9 /* letters: there may be two slips */ };
bool alike_is(const uint32_t *c, size_t n);
enum alike_part { ALIKE_WHOLE, ALIKE_HEAD, ALIKE_TAIL };
/* Tokens of a name's letters without its blanks, each with a blank before it; false: it has none (other scripts, too short). */
bool alike_tokens(const uint32_t *c, size_t n, enum alike_part part, struct buf *out);
/* Any of them, as an expression; appended, with AND where out holds something already. */
bool plan_alike(const struct plan_form *f, const struct speech *to, enum alike_part part, struct buf *out);
/* out AND (any of the tokens). Tokens are ours: letters, digits, '_'. */
void plan_filter(struct buf *out, enum dialect d, const struct str *tokens, size_t n);

/* By what a word is found that is spelt nearly like it: itself, itself without one of its letters, how it sounds. Two words
 * that are one slip apart have one of these in common. Parted by blanks; nothing for words too short or too long. */
void near_tokens(const struct word *w, struct buf *out);
/* How many slips a word of n letters may have to be taken for another. */
int word_slips(size_t n);
/* Whether a word sounds like it (letters: letters_of the word); whether two Hangul words are but one syllable apart. */
bool sounds_alike(const struct plan_word *pw, const struct word *w, uint64_t letters);
bool syllables_alike(const struct plan_word *pw, const struct word *w);
/* Any of near_tokens(w), as an expression; false: there are none. */
bool near_match(const struct word *w, enum dialect d, struct buf *out);
/* Takes those of the words found that are near enough, the nearest first. Borrowed. */
void plan_near_take(struct plan_word *pw, const struct str *found, size_t n);
/* What documents hold of a word: appended, each with a blank before it. */
void word_tokens(const struct word *w, struct buf *out);
/* "ii" to "2"; STR_NULL for what is no such number. */
struct str word_number(struct str text);
