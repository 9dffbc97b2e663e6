/*
 * rank.h - how well what was found answers what was typed. A document's names are lines, "t<TAB>own letters<TAB>Latin
 * letters", both folded; the first letter says what the name is of. No SQL, no memory but the caller's, any thread.
 */
#pragma once
#include "service/search/plan.h"

/* letter, how much a name of that kind counts in thousandths, what it is */
#define NAME_KINDS(X)                                                                              \
    X('t', 1000, TITLE)  /* the document's own name */                                             \
    X('a', 990, ALIAS)   /* what else people call it */                                              \
    X('p', 820, PERSON)  /* who is in it, or made it */                                            \
    X('c', 780, COLLECTION)                                                                        \
    X('g', 720, GENRE)                                                                             \
    X('k', 700, TAG)
enum name_kind {
#define X(letter, weight, name) NAME_##name = letter,
    NAME_KINDS(X)
#undef X
};

struct score {
    int points; /* 0 to 1000 */
    bool all;   /* every word of the query is there as it was typed, or goes on from there */
    struct str name; /* the line's text that gave the points; borrowed from names */
    bool latin;      /* it was matched by its Latin letters: name is those */
};
struct score rank_names(const struct plan *p, struct str names);

/* Below LEAST a document answers nothing; FAIR: a slip or two, no need to look for less; GOOD: nobody means something else;
 * ALIKE: of a script without blanks, one sign of three or four is another. */
enum { POINTS_LEAST = 520, POINTS_FAIR = 800, POINTS_GOOD = 900, POINTS_ALIKE = 600 };

/* The query as it was probably meant, its words replaced by those of a name that matched; false: it was meant as it
 * stands. Appended to out. */
bool rank_corrected(const struct plan_form *f, struct str name, struct buf *out);
