/*
 * loudness.c - ITU-R BS.1770-4: loudness in blocks of 400 ms, three quarters overlapping, gated at -70 LUFS and at 10 LU
 * below what passes that; true peak by interpolation. Our own, because the limiter needs the same interpolation, and
 * libavfilter's ebur128, which judges it in the tests, costs seven times as much (decision 38).
 */
#include "media/encode/loudness.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 4 }; /* of 100 ms in a block */
#define GAIN_MOST_DB 20.0

struct biquad {
    double b0, b1, b2, a1, a2;
};
struct channel {
    double z[2][2]; /* of both filters */
    float past[PEAK_TAPS];
    int hot; /* so many more samples have a large one near */
};

struct loudness {
    int channels, step, filled; /* samples of 100 ms; of the one under way */
    struct biquad k[2];
    struct channel channel[LOUDNESS_CHANNELS];
    double sum;         /* weighted square of the step under way */
    double *steps;      /* of each 100 ms */
    size_t n, cap;
    struct peak_filter filter;
    float peak;
    float *line;        /* the past and the piece given, for the peak */
    int line_cap;
};

/* Kaiser would do no better with so few taps; Hann falls to nothing at both ends. */
void peak_filter_init(struct peak_filter *f) {
    f->most = 1;
    for (int p = 0; p < PEAK_PHASES; p++) {
        double sum = 0, bound = 0, tap[PEAK_TAPS];
        for (int t = 0; t < PEAK_TAPS; t++) {
            double d = t - (PEAK_TAPS / 2 - 1) - (p + 1) / 4.0, w = cos(M_PI * d / PEAK_TAPS);
            tap[t] = sin(M_PI * d) / (M_PI * d) * w * w;
            sum += tap[t];
        }
        for (int t = 0; t < PEAK_TAPS; t++) {
            f->tap[p][t] = (float)(tap[t] / sum);
            bound += fabs(tap[t] / sum);
        }
        f->most = fmaxf(f->most, (float)bound * 1.0001f);
    }
}

float peak_between(const struct peak_filter *f, const float *x) {
    float most = 0;
    x -= PEAK_TAPS / 2 - 1;
    for (int p = 0; p < PEAK_PHASES; p++) {
        float v = 0;
        for (int t = 0; t < PEAK_TAPS; t++)
            v += f->tap[p][t] * x[t];
        most = fmaxf(most, fabsf(v));
    }
    return most;
}

/* The two filters of BS.1770 for any rate: its table is for 48 kHz, and these are the analogue ones that it came from. */
static void k_weighting(struct biquad k[2], int rate) {
    double w = tan(M_PI * 1681.974450955533 / rate), q = 0.7071752369554196;
    double vh = pow(10, 3.999843853973347 / 20), vb = pow(vh, 0.4996667741545416), a0 = 1 + w / q + w * w;
    k[0] = (struct biquad){(vh + vb * w / q + w * w) / a0, 2 * (w * w - vh) / a0, (vh - vb * w / q + w * w) / a0,
                           2 * (w * w - 1) / a0, (1 - w / q + w * w) / a0};
    w = tan(M_PI * 38.13547087602444 / rate), q = 0.5003270373238773, a0 = 1 + w / q + w * w;
    k[1] = (struct biquad){1, -2, 1, 2 * (w * w - 1) / a0, (1 - w / q + w * w) / a0};
}

int loudness_new(int rate, int channels, struct loudness **ret_l, struct err *reterr) {
    if ((channels != 2 && channels != 6) || rate < 8000 || rate > 192000)
        return err_set(reterr, ERR_INVALID, "loudness of %d channels at %d Hz", channels, rate);
    struct loudness *l = calloc(1, sizeof *l);
    if (!l)
        return err_set(reterr, ERR_NO_MEMORY, "loudness");
    l->channels = channels;
    l->step = rate / 10;
    k_weighting(l->k, rate);
    peak_filter_init(&l->filter);
    *ret_l = l;
    return 0;
}

void loudness_free(struct loudness *l) {
    if (!l)
        return;
    free(l->steps);
    free(l->line);
    free(l);
}

static double filtered(const struct biquad *k, double z[2], double x) {
    double y = k->b0 * x + z[0];
    z[0] = k->b1 * x - k->a1 * y + z[1];
    z[1] = k->b2 * x - k->a2 * y;
    return y;
}

/* LFE does not count, what comes from the sides counts more. */
static double weight(int channels, int c) { return channels == 2 || c < 3 ? 1 : c == 3 ? 0 : 1.41; }

/* Weighted square of samples [at, at + n). */
static double energy(struct loudness *l, const float *const *planes, int at, int n) {
    double all = 0;
    for (int c = 0; c < l->channels; c++) {
        double sum = 0;
        struct channel *ch = &l->channel[c];
        if (weight(l->channels, c) <= 0)
            continue;
        for (int i = at; i < at + n; i++) {
            double y = filtered(&l->k[1], ch->z[1], filtered(&l->k[0], ch->z[0], planes[c][i]));
            sum += y * y;
        }
        for (int f = 0; f < 2; f++) /* after sound silence would be computed with numbers that are slow */
            for (int k = 0; k < 2; k++)
                ch->z[f][k] = fabs(ch->z[f][k]) < 1e-30 ? 0 : ch->z[f][k];
        all += weight(l->channels, c) * sum;
    }
    return all;
}

/* Between samples only where it could be above what was found so far: almost nowhere. */
static void peak_find(struct loudness *l, struct channel *ch, const float *in, int n) {
    float *line = l->line;
    memcpy(line, ch->past, sizeof ch->past);
    memcpy(line + PEAK_TAPS, in, (size_t)n * sizeof *in);
    for (int i = 0; i < n; i++) {
        float x = fabsf(in[i]);
        l->peak = fmaxf(l->peak, x);
        if (x * l->filter.most > l->peak)
            ch->hot = PEAK_TAPS;
        /* The newest sample is the last that the interpolation reads. */
        if (ch->hot > 0 && ch->hot--)
            l->peak = fmaxf(l->peak, peak_between(&l->filter, line + PEAK_TAPS + i - PEAK_TAPS / 2));
    }
    memcpy(ch->past, line + n, sizeof ch->past);
}

static int step_end(struct loudness *l, struct err *reterr) {
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 1024;
        double *more = realloc(l->steps, cap * sizeof *more);
        if (!more)
            return err_set(reterr, ERR_NO_MEMORY, "loudness");
        l->steps = more;
        l->cap = cap;
    }
    l->steps[l->n++] = l->sum / l->step;
    l->sum = 0;
    l->filled = 0;
    return 0;
}

int loudness_add(struct loudness *l, const float *const *planes, int n, struct err *reterr) {
    if (n > l->line_cap) {
        float *line = realloc(l->line, sizeof(float) * (size_t)(n + PEAK_TAPS));
        if (!line)
            return err_set(reterr, ERR_NO_MEMORY, "loudness");
        l->line = line;
        l->line_cap = n;
    }
    for (int c = 0; c < l->channels && n > 0; c++)
        peak_find(l, &l->channel[c], planes[c], n);
    for (int at = 0; at < n;) {
        int k = MIN(n - at, l->step - l->filled);
        l->sum += energy(l, planes, at, k);
        l->filled += k;
        at += k;
        int rc = l->filled == l->step ? step_end(l, reterr) : 0;
        if (rc < 0)
            return rc;
    }
    return 0;
}

static double lufs(double power) { return power > 0 ? -0.691 + 10 * log10(power) : -200; }

/* Mean power of the blocks above a gate; -1: none is. What is shorter than a block is one of its own. */
static double gated(const struct loudness *l, double gate_lufs, size_t *ret_blocks) {
    double sum = 0;
    size_t n = 0, span = MIN((size_t)STEPS, l->n);
    for (size_t i = 0; span > 0 && i + span <= l->n; i++) {
        double power = 0;
        for (size_t k = 0; k < span; k++)
            power += l->steps[i + k];
        power /= (double)span;
        if (lufs(power) > gate_lufs) {
            sum += power;
            n++;
        }
    }
    *ret_blocks = n;
    return n ? sum / (double)n : -1;
}

struct loudness_result loudness_result(struct loudness *l) {
    struct loudness_result r = {.integrated = LOUDNESS_SILENT, .peak = l->peak > 0 ? 20 * log10(l->peak) : -200};
    double power = gated(l, LOUDNESS_SILENT, &r.blocks);
    if (power > 0)
        power = gated(l, fmax(lufs(power) - 10, LOUDNESS_SILENT), &r.blocks);
    if (power > 0)
        r.integrated = lufs(power);
    return r;
}

struct loudness_gain loudness_gain(const struct loudness_plan *p, const struct loudness_result *m) {
    struct loudness_gain g = {0};
    if (m->integrated > LOUDNESS_SILENT)
        g.db = p->target - m->integrated;
    g.capped = g.db > GAIN_MOST_DB;
    g.db = fmin(g.db, GAIN_MOST_DB);
    g.limit = m->peak + g.db > p->ceiling - CODEC_ROOM_DB;
    return g;
}
