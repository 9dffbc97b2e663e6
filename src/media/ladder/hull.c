/* hull.c - the convex hull of score over rate, and steps along it that a viewer notices. */
#include "media/ladder/hull.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CRF_STEP 0.5
#define CEILING_SLACK 0.5 /* of a score: what nobody sees is not paid for */
#define NEAR_HULL (LADDER_JND / 3)
#define LINE_GAP 2.5 /* between the rates of two rungs, where steps leave room for more */
#define FLOOR_GAP 2.0

static bool same_size(const struct ladder_point *a, const struct ladder_point *b) {
    return a->width == b->width && a->height == b->height;
}

static int64_t area(const struct ladder_point *p) { return (int64_t)p->width * p->height; }

static struct ladder_point between(const struct ladder_point *a, const struct ladder_point *b, double crf) {
    double t = (crf - a->crf) / (b->crf - a->crf);
    return (struct ladder_point){a->width, a->height, crf, a->rate * pow(b->rate / a->rate, t),
                                 a->score + (b->score - a->score) * t};
}

size_t ladder_fill(const struct ladder_point *m, size_t n, struct ladder_point *ret, size_t cap) {
    size_t made = 0;
    for (size_t i = 0; i < n && made < cap; i++) {
        ret[made++] = m[i];
        if (i + 1 == n || !same_size(&m[i], &m[i + 1]))
            continue;
        for (double crf = m[i].crf + CRF_STEP; crf < m[i + 1].crf - CRF_STEP / 2 && made < cap; crf += CRF_STEP)
            ret[made++] = between(&m[i], &m[i + 1], crf);
    }
    return made;
}

/* By rate; of equal ones the best first, then the smallest, so that the order never depends on qsort(). */
static int by_rate(const void *a, const void *b) {
    const struct ladder_point *x = a, *y = b;
    if (x->rate != y->rate)
        return x->rate < y->rate ? -1 : 1;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (area(x) > area(y)) - (area(x) < area(y));
}

/* Whether b lies on or below the line from a to c. */
static bool is_below(const struct ladder_point *a, const struct ladder_point *b, const struct ladder_point *c) {
    return (b->score - a->score) * (c->rate - a->rate) <= (c->score - a->score) * (b->rate - a->rate);
}

/* By rising rate and score: more rate for no more score is never worth it. */
static size_t frontier(const struct ladder_point *p, size_t n, struct ladder_point *ret) {
    size_t m = 0;
    memcpy(ret, p, n * sizeof *p);
    qsort(ret, n, sizeof *ret, by_rate);
    for (size_t i = 0; i < n; i++)
        if (m == 0 || ret[i].score > ret[m - 1].score)
            ret[m++] = ret[i];
    return m;
}

size_t ladder_hull(const struct ladder_point *p, size_t n, struct ladder_point *ret) {
    size_t k = 0, m = frontier(p, n, ret);
    for (size_t i = 0; i < m; i++) {
        struct ladder_point next = ret[i];
        while (k >= 2 && is_below(&ret[k - 2], &ret[k - 1], &next))
            k--;
        ret[k++] = next;
    }
    return k;
}

/*
 * Where the hull has a long straight piece, from one size to the next, a rung may be wanted in between: the points of the frontier
 * that lie so little below it that nobody sees the difference. Both by rising rate.
 */
static size_t near_hull(const struct ladder_point *p, size_t n, struct ladder_point *ret) {
    struct ladder_point hull[LADDER_POINTS_MAX];
    size_t k = ladder_hull(p, n, hull), m = frontier(p, n, ret), kept = 0, h = 0;
    for (size_t i = 0; i < m; i++) {
        while (h + 1 < k && hull[h + 1].rate <= ret[i].rate)
            h++;
        double at = hull[h].score;
        if (h + 1 < k)
            at += (hull[h + 1].score - at) * (ret[i].rate - hull[h].rate) / (hull[h + 1].rate - hull[h].rate);
        if (at - ret[i].score <= NEAR_HULL)
            ret[kept++] = ret[i];
    }
    return kept;
}

/* What the highest size reaches at the wished CRF; where that costs too much, the best there is. */
static double ceiling_of(const struct ladder_point *p, size_t n, const struct ladder_point *hull, size_t k, double crf) {
    const struct ladder_point *best = NULL;
    for (size_t i = 0; i < n; i++) {
        bool higher = !best || area(&p[i]) > area(best);
        bool nearer = best && area(&p[i]) == area(best) && fabs(p[i].crf - crf) < fabs(best->crf - crf);
        if (higher || nearer)
            best = &p[i];
    }
    return best && best->crf < crf + CRF_STEP ? fmin(best->score, hull[k - 1].score) : hull[k - 1].score;
}

/* What is seen of a step up to `above`: beyond LADDER_FULL nothing is. */
static double seen(const struct ladder_point *above, const struct ladder_point *p) { return fmin(above->score, LADDER_FULL) - p->score; }

/*
 * From the top down, none larger than the one above. Highest first. A rung is due where a step is seen, and where the line would have
 * to be `gap` times as fast for the one above: hard films have steep hulls, and a viewer who cannot play it sees nothing at all. The
 * floor is due when it costs half.
 */
static size_t walk(const struct ladder_point *hull, size_t top, size_t bottom, double step, double gap, struct ladder_point *ret) {
    size_t n = 0;
    ret[n++] = hull[top];
    for (size_t i = top; i-- > bottom && n < LADDER_RUNGS_MAX;) {
        const struct ladder_point *above = &ret[n - 1], *p = &hull[i];
        bool noticed = seen(above, p) >= (i == bottom ? LADDER_JND : step);
        bool reaches = p->score < LADDER_FULL && p->rate * gap <= above->rate;
        bool floor_ = i == bottom && p->rate * FLOOR_GAP <= above->rate;
        if ((noticed || reaches || floor_) && area(p) <= area(above))
            ret[n++] = *p;
    }
    return n;
}

static int64_t area_sum(const struct ladder_point *p, size_t n) {
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += area(&p[i]);
    return sum;
}

/* A licence may allow a device no more than SD: something must be left for it. */
static void sd_add(const struct ladder_point *p, size_t n, const struct ladder_want *w, struct ladder_choice *c) {
    const struct ladder_point *best = NULL;
    for (size_t i = 0; i < c->n; i++)
        if (MIN(c->rungs[i].width, c->rungs[i].height) <= w->sd_height)
            return;
    for (size_t i = 0; i < n; i++) {
        if (MIN(p[i].width, p[i].height) > w->sd_height)
            continue;
        bool cheap = p[i].rate <= c->rungs[0].rate, was = best && best->rate <= c->rungs[0].rate;
        bool better = best && (p[i].score > best->score || (p[i].score == best->score && p[i].rate > best->rate));
        if (!best || (cheap && (!was || better)) || (!cheap && !was && p[i].rate < best->rate))
            best = &p[i];
    }
    size_t most = (size_t)CLAMP(w->max_rungs, 1, LADDER_RUNGS_MAX);
    if (!best || most == 1)
        return;
    if (c->n == most) /* the lowest gives way */
        memmove(&c->rungs[0], &c->rungs[1], --c->n * sizeof c->rungs[0]);
    memmove(&c->rungs[1], &c->rungs[0], c->n++ * sizeof c->rungs[0]);
    c->rungs[0] = *best;
    c->sd_added = true;
}

void ladder_choose(const struct ladder_point *p, size_t n, const struct ladder_want *w, struct ladder_choice *ret) {
    struct ladder_point hull[LADDER_POINTS_MAX], down[LADDER_RUNGS_MAX];
    *ret = (struct ladder_choice){.n = 0};
    n = MIN(n, (size_t)LADDER_POINTS_MAX);
    size_t k = near_hull(p, n, hull), top = 0, bottom = 0, m = 0;
    if (k == 0)
        return;
    ret->ceiling = ceiling_of(p, n, hull, k, w->crf);
    while (top + 1 < k && hull[top].score < ret->ceiling - CEILING_SLACK)
        top++;
    while (bottom < top && hull[bottom + 1].rate <= w->floor_rate)
        bottom++;
    ret->floor = hull[bottom].score;
    double range = fmax(0, seen(&hull[top], &hull[bottom])), fold = hull[top].rate / hull[bottom].rate;
    int most = CLAMP(w->max_rungs, 1, LADDER_RUNGS_MAX);
    int wish = (int)fmin(most, fmax(floor(range / LADDER_JND), ceil(log(fold) / log(LINE_GAP))) + 1);
    down[m++] = hull[top];
    for (; wish > 1; wish--) {
        ret->step = fmax(LADDER_JND, range / (wish - 1) - CEILING_SLACK);
        m = walk(hull, top, bottom, ret->step, fmax(LINE_GAP, pow(fold, 1.0 / (wish - 1))), down);
        if (m <= (size_t)most && area_sum(down, m) <= w->max_area)
            break;
    }
    if (m > (size_t)most) { /* the ends matter most */
        down[most - 1] = down[m - 1];
        m = (size_t)most;
    }
    for (size_t i = 0; i < m; i++)
        ret->rungs[m - 1 - i] = down[i];
    ret->n = m;
    if (w->sd_height > 0)
        sd_add(p, n, w, ret);
}
