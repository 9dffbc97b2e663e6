/* metric.c - SSIM and mean squared error over luma. Whole numbers until the last division: every machine gives the same. */
#include "media/ladder/metric.h"
#include <math.h>
#include <string.h>

enum { SCORE_MAX = 150, BLOCK = 4, BLOCKS_MAX = 16384 / BLOCK };

struct sums {
    int32_t a, b, squares, product;
};

static void blocks_row(struct plane a, struct plane b, int y, int n, struct sums *ret) {
    for (int x = 0; x < n; x++) {
        struct sums s = {0, 0, 0, 0};
        for (int j = 0; j < BLOCK; j++) {
            const uint8_t *p = a.p + (y * BLOCK + j) * a.stride + x * BLOCK, *q = b.p + (y * BLOCK + j) * b.stride + x * BLOCK;
            for (int i = 0; i < BLOCK; i++) {
                s.a += p[i];
                s.b += q[i];
                s.squares += p[i] * p[i] + q[i] * q[i];
                s.product += p[i] * q[i];
            }
        }
        ret[x] = s;
    }
}

/* One window of 8x8: 64 samples. C1 and C2 are those of the paper, times 64 and 64 * 63. */
static double window(struct sums s) {
    const double c1 = .01 * .01 * 255 * 255 * 64, c2 = .03 * .03 * 255 * 255 * 64 * 63;
    double a = s.a, b = s.b;
    double variances = (double)s.squares * 64 - a * a - b * b, covariance = (double)s.product * 64 - a * b;
    return (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2));
}

static double ssim_loss(struct plane a, struct plane b, int width, int height) {
    struct sums rows[2][BLOCKS_MAX];
    int w = MIN(width / BLOCK, BLOCKS_MAX), h = height / BLOCK;
    double sum = 0;
    blocks_row(a, b, 0, w, rows[0]);
    for (int y = 1; y < h; y++) {
        struct sums *above = rows[(y - 1) & 1], *here = rows[y & 1];
        blocks_row(a, b, y, w, here);
        for (int x = 0; x + 1 < w; x++)
            sum += window((struct sums){above[x].a + above[x + 1].a + here[x].a + here[x + 1].a,
                                        above[x].b + above[x + 1].b + here[x].b + here[x + 1].b,
                                        above[x].squares + above[x + 1].squares + here[x].squares + here[x + 1].squares,
                                        above[x].product + above[x + 1].product + here[x].product + here[x + 1].product});
    }
    return w > 1 && h > 1 ? fmax(0, 1 - sum / ((double)(w - 1) * (h - 1))) : 0;
}

static double ssim_score(double loss) { return loss <= 0 ? SCORE_MAX : fmin(SCORE_MAX, fmax(0, 4.5 * -10 * log10(loss) + 4)); }

static double psnr_loss(struct plane a, struct plane b, int width, int height) {
    int64_t sum = 0;
    for (int y = 0; y < height; y++) {
        const uint8_t *p = a.p + y * a.stride, *q = b.p + y * b.stride;
        int64_t row = 0;
        for (int x = 0; x < width; x++)
            row += (p[x] - q[x]) * (p[x] - q[x]);
        sum += row;
    }
    return (double)sum / ((double)width * height);
}

static double psnr_score(double loss) {
    return loss <= 0 ? SCORE_MAX : fmin(SCORE_MAX, fmax(0, 4 * (10 * log10(255 * 255 / loss) - 20)));
}

static const struct metric metrics[] = {{"ssim", ssim_loss, ssim_score}, {"psnr", psnr_loss, psnr_score}};

const struct metric *metric_find(const char *name) {
    for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
        if (strcmp(metrics[i].name, name) == 0)
            return &metrics[i];
    return NULL;
}
