/*
 * distance.h - how far two words are from each other: letters that are missing, too many, wrong, or two neighbours that
 * have changed places count one each (optimal string alignment). A pattern is prepared once and compared with many
 * texts, a few machine instructions a letter of the text (H. Hyyro, A bit-vector algorithm for computing Levenshtein and
 * Damerau edit distances, 2003). No memory, any thread.
 */
#pragma once
#include "base/base.h"

enum { PATTERN_MAX = 64, PATTERN_SLOTS = 128 };
struct pattern {
    uint32_t key[PATTERN_SLOTS]; /* 0: free */
    uint64_t at[PATTERN_SLOTS];  /* where in the pattern the letter stands */
    uint64_t letters;            /* a bit for each letter that it has, as letters_of says */
    size_t n;
};
/* c: at most PATTERN_MAX letters, the rest is not looked at; none of them 0. */
void pattern_init(struct pattern *p, const uint32_t *c, size_t n);
uint64_t letters_of(const uint32_t *c, size_t n);

struct distance {
    int whole;  /* to all of the text */
    int prefix; /* to the beginning of the text that is nearest */
};
struct distance pattern_distance(const struct pattern *p, const uint32_t *text, size_t n);
/* To the piece of the text that is nearest. */
int pattern_within(const struct pattern *p, const uint32_t *text, size_t n);
