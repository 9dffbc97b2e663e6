/*
 * rate.c - the constant frame rate of a film. Declarations lie (57600/1 in a screen recording, 90000/2999
 * from a telephone, milliseconds in Matroska), so the time stamps themselves are looked at first.
 */
#include "media/probe/probe.h"
#include <math.h>

static const struct ratio standard[] = {
    {24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {48, 1}, {50, 1}, {60000, 1001}, {60, 1},
    /* Slow ones are kept when a film really has them. */
    {10, 1}, {12, 1}, {12500, 1000}, {15000, 1001}, {15, 1}, {20, 1},
    {100, 1}, {120000, 1001}, {120, 1},
};
enum { STANDARD_USUAL = 9 };

static double value(struct ratio r) { return r.den > 0 ? (double)r.num / (double)r.den : 0; }

static struct ratio nearest(double fps, size_t n, double *ret_off) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(log(value(standard[i]) / fps)) < fabs(log(value(standard[best]) / fps)))
            best = i;
    *ret_off = fabs(value(standard[best]) / fps - 1);
    struct ratio r = standard[best];
    return r.num == 12500 ? (struct ratio){25, 2} : r;
}

/* How far, in frames, the time stamps leave the grid of fps, at worst. */
static double grid_error(const struct rate_facts *f, double fps) {
    double scale = value(f->time_base) * fps, worst = 0;
    for (size_t i = 1; i < f->n_pts; i++) {
        double at = (double)(f->pts[i] - f->pts[0]) * scale;
        worst = fmax(worst, fabs(at - (double)i));
    }
    return worst;
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double median_rate(const struct rate_facts *f) {
    if (f->n_pts < 3)
        return 0;
    size_t n = f->n_pts - 1;
    int64_t *d = malloc(n * sizeof(*d));
    if (!d)
        return 0;
    for (size_t i = 0; i < n; i++)
        d[i] = f->pts[i + 1] - f->pts[i];
    qsort(d, n, sizeof(*d), by_size);
    double s = (double)d[n / 2] * value(f->time_base);
    free(d);
    return s > 0 ? 1 / s : 0;
}

static bool exact_enough(struct ratio r) {
    return r.den > 0 && r.num > 0 && (r.den == 1 || r.den == 1001 || (r.den == 2 && r.num < 120)) &&
           value(r) >= 5 && value(r) <= 120;
}

struct rate rate_choose(const struct rate_facts *f) {
    double declared = value(f->average), real = value(f->real), off;
    double mean = 0;
    if (f->n_pts > 1 && f->pts[f->n_pts - 1] > f->pts[0])
        mean = (double)(f->n_pts - 1) / ((double)(f->pts[f->n_pts - 1] - f->pts[0]) * value(f->time_base));
    /* Constant: every stamp lies within half a frame of the grid, which rounding to milliseconds does. */
    double candidates[] = {declared, real, mean};
    for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
        double fps = candidates[i];
        if (fps < 5 || fps > 121 || (f->n_pts > 2 && grid_error(f, fps) > 0.6))
            continue;
        struct ratio r = nearest(fps, ARRAY_LEN(standard), &off);
        /* 29.97 and 30 are 0.1% apart: closer than half of that is the same rate, differently rounded. */
        if (off < 0.0005 && (f->n_pts <= 2 || grid_error(f, value(r)) < 0.9))
            return (struct rate){r, false, false};
        struct ratio own = i == 0 ? f->average : f->real;
        if (i < 2 && exact_enough(own))
            return (struct rate){own, false, false};
        if (off < 0.02)
            return (struct rate){r, false, false};
    }
    double usual = median_rate(f);
    if (usual < 1)
        usual = declared >= 1 && declared <= 240 ? declared : 30;
    /* Players and people's patience want more than a picture a second: each is repeated, all equally long. */
    bool steady = f->n_pts > 2 && grid_error(f, mean) < 0.6;
    if (usual < 18)
        return (struct rate){{30, 1}, !steady, steady};
    return (struct rate){nearest(fmin(usual, 60), STANDARD_USUAL, &off), true, false};
}
