/*
 * hull.h - from what trial encodes of a film have shown to the rungs that are worth making: pure functions over points
 * of (size, CRF) with the rate they cost and the score they reach.
 *
 * Scores are on a perceptual scale (metric.h: 0 poor, 100 like the original) on which LADDER_JND is what a viewer just notices. Rates are
 * bits a second, averages of what was tried.
 */
#pragma once
#include "base/base.h"

enum { LADDER_SIZES_MAX = 8, LADDER_CRFS_MAX = 6, LADDER_STEPS = 64, LADDER_RUNGS_MAX = 8 };
enum { LADDER_POINTS_MAX = LADDER_SIZES_MAX * LADDER_STEPS };
#define LADDER_JND 6.0
#define LADDER_FULL 100.0 /* what is above is measured, but not seen */

struct ladder_point {
    int width, height;
    double crf, rate, score;
};

/* The points between those measured of one size, a half of CRF apart (logarithm of the rate and score run straight between
 * two neighbours), of all sizes. `measured`: each size's by rising CRF, one size after the other. Returns how many. */
size_t ladder_fill(const struct ladder_point *measured, size_t n, struct ladder_point *ret, size_t cap);

/* The upper convex hull of score over rate, by rising rate: no other point, nor a mixture of two, gives more for
 * as little. `ret` has room for n. */
size_t ladder_hull(const struct ladder_point *p, size_t n, struct ladder_point *ret);

struct ladder_want {
    double crf;          /* of the highest size: what it reaches is the ceiling */
    double floor_rate;   /* the lowest rung costs about that, or as little as there is */
    int max_rungs;       /* at most LADDER_RUNGS_MAX */
    int64_t max_area;    /* sum of the rungs' pixels: what encoding them may cost */
    int sd_height;       /* one rung at least is no higher (its shorter side); 0: any */
};
struct ladder_choice {
    struct ladder_point rungs[LADDER_RUNGS_MAX]; /* lowest first */
    size_t n;
    double floor, ceiling, step; /* scores; step: that makes a rung worth it, never below LADDER_JND */
    bool sd_added;               /* rungs[0] lies below the hull, for devices that get no more than SD */
};
/* Steps along the hull, or within a third of what a viewer notices below it. Points that cost more than their size's ceiling are left out by the caller. n 0: there was nothing to choose from. */
void ladder_choose(const struct ladder_point *p, size_t n, const struct ladder_want *w, struct ladder_choice *ret);
