/* cadence.c - the judgement of one stretch. A cut or a flash spoils one place of the cycle for a moment only, hence sums over several cycles. */
#include "media/encode/cadence.h"

/* A repeated field is the same picture coded twice: noise, where the other places of the cycle have motion. */
static const double STILL = 0.35, REPEATED = 0.5;

static double field_difference(const AVFrame *a, const AVFrame *b, int parity) {
    int64_t sum = 0, n = 0;
    for (int y = parity; y < b->height; y += 2) {
        const uint8_t *p = a->data[0] + (ptrdiff_t)y * a->linesize[0], *q = b->data[0] + (ptrdiff_t)y * b->linesize[0];
        for (int x = 0; x < b->width; x++)
            sum += abs(p[x] - q[x]);
        n += b->width;
    }
    return n ? (double)sum / (double)n : 0;
}

void cadence_add(struct cadence *c, const AVFrame *before, const AVFrame *f) {
    int place = c->frames++ % CADENCE_CYCLE;
    for (int parity = 0; parity < 2; parity++)
        c->sum[parity][place] += field_difference(before, f, parity);
    c->n[place]++;
}

/* The place where a field hardly changes; -1: there is none. *ret_motion: mean change of the others. */
static int repeated_place(const double *sum, const int *n, double *ret_motion) {
    double mean[CADENCE_CYCLE], others = 0;
    int least = 0;
    for (int i = 0; i < CADENCE_CYCLE; i++) {
        mean[i] = n[i] ? sum[i] / n[i] : 0;
        others += mean[i];
        least = mean[i] < mean[least] ? i : least;
    }
    others = (others - mean[least]) / (CADENCE_CYCLE - 1);
    *ret_motion = others;
    return mean[least] < REPEATED * others ? least : -1;
}

enum cadence_kind cadence_judge(const struct cadence *c) {
    double motion[2];
    if (c->frames < CADENCE_FRAMES_MIN)
        return CADENCE_UNKNOWN;
    int top = repeated_place(c->sum[0], c->n, &motion[0]), bottom = repeated_place(c->sum[1], c->n, &motion[1]);
    if (motion[0] < STILL || motion[1] < STILL)
        return CADENCE_UNKNOWN;
    if (top < 0 || bottom < 0)
        return CADENCE_NONE;
    /* The field that comes first in time is the one whose repeat opens the pair of mixed frames. */
    switch ((bottom - top + CADENCE_CYCLE) % CADENCE_CYCLE) {
    case 0: return CADENCE_REPEAT;
    case 2: return CADENCE_TFF;
    case 3: return CADENCE_BFF;
    default: return CADENCE_NONE;
    }
}
