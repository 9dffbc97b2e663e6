/*
 * limiter.c - nothing above the ceiling, between samples either. What each sample needs, the least of that over the
 * length of the look-ahead, back up slowly, the mean over the same length: so the full reduction is reached exactly when
 * the peak comes, on a straight ramp, and channels stay where they are in the room because all get the same.
 */
#include "media/encode/loudness.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HALF = PEAK_TAPS / 2 };
#define LOOK_S 0.005
#define RELEASE_S 0.1

struct limiter {
    int channels, look, delay;
    float ceiling;
    double release;
    struct peak_filter filter;
    float *x[LOUDNESS_CHANNELS]; /* delay samples of the past, then those of the call */
    int hot;                     /* so many more samples have a large one near */
    float before;                /* peak between the sample and the one before it */
    /* The least of the last `look` needs: a queue of rising values with the times they came. */
    float *least;
    int64_t *when;
    int head, n;
    int64_t now;
    float gain;                  /* after the release */
    float *mean;                 /* the last `look` of them */
    int at, ones;                /* ones: how many of the newest are 1 */
    double sum;
};

int limiter_new(int rate, int channels, double ceiling_db, struct limiter **ret_l, struct err *reterr) {
    struct limiter *l = calloc(1, sizeof *l);
    if (!l || channels < 1 || channels > LOUDNESS_CHANNELS) {
        free(l);
        return err_set(reterr, ERR_INVALID, "a limiter of %d channels", channels);
    }
    l->channels = channels;
    l->look = MAX((int)(rate * LOOK_S), 2);
    l->delay = l->look - 1 + HALF;
    l->ceiling = (float)pow(10, (ceiling_db - CODEC_ROOM_DB) / 20);
    l->release = 1 - exp(-1 / (rate * RELEASE_S));
    l->gain = 1;
    l->ones = l->look;
    l->sum = l->look;
    peak_filter_init(&l->filter);
    l->least = calloc((size_t)l->look + 1, sizeof *l->least);
    l->when = calloc((size_t)l->look + 1, sizeof *l->when);
    l->mean = calloc((size_t)l->look, sizeof *l->mean);
    bool ok = l->least && l->when && l->mean;
    /* HALF before the past: the interpolation of the oldest sample reads them. */
    for (int c = 0; c < channels && ok; c++)
        ok = (l->x[c] = calloc((size_t)(HALF + l->delay + LIMITER_STEP), sizeof(float))) != NULL;
    for (int i = 0; i < l->look && ok; i++)
        l->mean[i] = 1;
    if (!ok) {
        limiter_free(l);
        return err_set(reterr, ERR_NO_MEMORY, "limiter");
    }
    *ret_l = l;
    return 0;
}

void limiter_free(struct limiter *l) {
    if (!l)
        return;
    for (int c = 0; c < LOUDNESS_CHANNELS; c++)
        free(l->x[c]);
    free(l->least);
    free(l->when);
    free(l->mean);
    free(l);
}

int limiter_delay(const struct limiter *l) { return l->delay; }

/* What sample j may be multiplied with at most; j's right neighbours up to HALF are there. */
static float need(struct limiter *l, int j) {
    float peak = 0, between = 0, newest = 0;
    for (int c = 0; c < l->channels; c++) {
        peak = fmaxf(peak, fabsf(l->x[c][j]));
        newest = fmaxf(newest, fabsf(l->x[c][j + HALF]));
    }
    if (newest * l->filter.most > l->ceiling)
        l->hot = 2 * PEAK_TAPS;
    for (int c = 0; c < l->channels && l->hot > 0; c++)
        between = fmaxf(between, peak_between(&l->filter, l->x[c] + j));
    l->hot -= l->hot > 0;
    peak = fmaxf(peak, fmaxf(between, l->before));
    l->before = between;
    return peak > l->ceiling ? l->ceiling / peak : 1;
}

static float least(struct limiter *l, float v) {
    int cap = l->look + 1;
    while (l->n > 0 && l->least[(l->head + l->n - 1) % cap] >= v)
        l->n--;
    int tail = (l->head + l->n++) % cap;
    l->least[tail] = v;
    l->when[tail] = l->now;
    if (l->when[l->head] <= l->now - l->look) {
        l->head = (l->head + 1) % cap;
        l->n--;
    }
    l->now++;
    return l->least[l->head];
}

static float smooth(struct limiter *l, float v) {
    l->gain = v < l->gain ? v : l->gain + (float)((v - l->gain) * l->release);
    if (l->gain > 0.99999f && v >= 1)
        l->gain = 1;
    l->sum += l->gain - l->mean[l->at];
    l->mean[l->at] = l->gain;
    l->at = (l->at + 1) % l->look;
    l->ones = l->gain < 1 ? 0 : MIN(l->ones + 1, l->look);
    if (l->ones == l->look)
        l->sum = l->look; /* and what rounding added is forgotten */
    return (float)(l->sum / l->look);
}

void limiter_run(struct limiter *l, float *const *planes, int n) {
    int past = HALF + l->delay;
    for (int c = 0; c < l->channels; c++)
        memcpy(l->x[c] + past, planes[c], (size_t)n * sizeof(float));
    for (int i = 0; i < n; i++) {
        float g = smooth(l, least(l, need(l, past + i - HALF)));
        for (int c = 0; c < l->channels; c++)
            planes[c][i] = l->x[c][past + i - l->delay] * g;
    }
    for (int c = 0; c < l->channels; c++)
        memmove(l->x[c], l->x[c] + n, (size_t)past * sizeof(float));
}
