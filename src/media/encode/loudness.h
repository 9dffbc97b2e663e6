/*
 * loudness.h - how loud sound is (ITU-R BS.1770-4: K-weighting, two gates, true peak of four-fold oversampling) and what
 * brings it to a policy's loudness (EBU R 128): one gain, and a limiter where peaks would leave the ceiling.
 *
 * Samples are planar floats in the order of the two layouts we make: left right, or left right centre LFE and two
 * surrounds. Everything is plain arithmetic in one order: the same samples give the same bytes. One thread.
 */
#pragma once
#include "base/err.h"

enum { LOUDNESS_CHANNELS = 6, PEAK_TAPS = 16, PEAK_PHASES = 3 };
#define LOUDNESS_SILENT (-70.0) /* LUFS; the absolute gate: below there is no programme */
/* A codec's own noise moves peaks: so much is kept free below the ceiling, or a decoder would find them above it. */
#define CODEC_ROOM_DB 1.0

/* Sinc by three quarters of a sample; the sample itself is the fourth phase. */
struct peak_filter {
    float tap[PEAK_PHASES][PEAK_TAPS];
    float most; /* no value between samples is above this times the largest sample around it */
};
void peak_filter_init(struct peak_filter *f);
/* The largest magnitude between x[0] and x[1]; reads x[-7] to x[8]. */
float peak_between(const struct peak_filter *f, const float *x);

struct loudness;
int loudness_new(int rate, int channels, struct loudness **ret_l, struct err *reterr); /* 2 or 6 channels */
void loudness_free(struct loudness *l);
int loudness_add(struct loudness *l, const float *const *planes, int n, struct err *reterr);
struct loudness_result {
    double integrated; /* LUFS; LOUDNESS_SILENT when nothing passes the gate */
    double peak;       /* dBTP; -200 of nothing */
    size_t blocks;     /* of 400 ms, one every 100, that passed the gate */
};
enum { LOUDNESS_SURE_BLOCKS = 10 }; /* of fewer a shift by some samples is heard in the figure */
struct loudness_result loudness_result(struct loudness *l);

/* What a policy asks and what follows from it for one mix. */
struct loudness_plan {
    double target, ceiling; /* LUFS, dBTP */
};
struct loudness_gain {
    double db;
    bool limit;  /* peaks would be above the ceiling */
    bool capped; /* the target is out of reach: more gain would show the noise below the sound */
};
struct loudness_gain loudness_gain(const struct loudness_plan *p, const struct loudness_result *m);

/*
 * A peak is turned down from 5 ms before it on, no steeper than that, and back up within some 100 ms. What leaves is
 * limiter_delay() samples late: the caller drops as many at first and pushes as many zeros at the end.
 */
struct limiter;
int limiter_new(int rate, int channels, double ceiling_db, struct limiter **ret_l, struct err *reterr);
void limiter_free(struct limiter *l);
int limiter_delay(const struct limiter *l);
/* In place, n of at most LIMITER_STEP. */
enum { LIMITER_STEP = 8192 };
void limiter_run(struct limiter *l, float *const *planes, int n);
