/*
 * metric.h - how good a picture looks beside its original: one interface, so that the ladder does not know which measure
 * is behind it. A metric gives each picture a loss (0: equal); the mean of losses over pictures and shots becomes a score.
 *
 * The scale of scores is ours: 0 to 100, on which about 6 is just noticeable (LADDER_JND), near what VMAF calls its own steps. At 100 a
 * viewer sees no difference. Flat pictures go beyond, up to 150: there the number only orders what is measured.
 *   ssim  loss 1 - SSIM (Wang et al. 2004; luma, windows of 8x8 at every fourth pixel); score 4.5 a decibel of
 *         -10 log10(loss), plus 4: 0.90 is 49, 0.95 63, 0.98 80, 0.99 94, 0.993 100
 *   psnr  loss mean squared error of luma; score 4 a decibel above 20 dB: 30 dB is 40, 40 dB 80, 45 dB 100
 */
#pragma once
#include "base/base.h"

struct plane {
    const uint8_t *p;
    ptrdiff_t stride;
};
struct metric {
    const char *name;
    double (*loss)(struct plane a, struct plane b, int width, int height); /* 8 bits a sample, 8x8 at least */
    double (*score)(double mean_loss);
};
const struct metric *metric_find(const char *name); /* NULL: unknown */
