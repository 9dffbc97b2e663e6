/*
 * score.c - which picture shows a film best. No taste, but black, white and logos on a flat ground are told
 * from the rest by their light, contrast, detail and colour, blurred pictures by what blurring takes away.
 */
#include "media/image/image_int.h"
#include <math.h>

enum { BINS = 64, BLOCKS = 48 };

struct light {
    double mean, deviation, detail, entropy, flat;
};

static struct light light_of(const AVFrame *f) {
    int64_t bins[BINS] = {0}, n = 0;
    double sum = 0, squares = 0, lap = 0, lap_sum = 0;
    for (int y = 1; y + 1 < f->height; y++) {
        const uint8_t *p = f->data[0] + (ptrdiff_t)y * f->linesize[0];
        for (int x = 1; x + 1 < f->width; x++) {
            int v = p[x], up = p[x - f->linesize[0]], down = p[x + f->linesize[0]];
            double l = 4 * v - p[x - 1] - p[x + 1] - up - down;
            bins[v * BINS / 256]++;
            sum += v;
            squares += (double)v * v;
            lap += l * l;
            lap_sum += l;
            n++;
        }
    }
    struct light o = {0};
    if (!n)
        return o;
    double laps = (double)n;
    o.mean = sum / laps;
    o.deviation = sqrt(fmax(0, squares / laps - o.mean * o.mean));
    o.detail = lap / laps - (lap_sum / laps) * (lap_sum / laps);
    for (int i = 0; i < BINS; i++) {
        double share = (double)bins[i] / laps;
        if (share > 0)
            o.entropy -= share * log2(share);
        double three = share + (i ? (double)bins[i - 1] / laps : 0) +
                       (i + 1 < BINS ? (double)bins[i + 1] / laps : 0);
        o.flat = fmax(o.flat, three);
    }
    return o;
}

static double colourfulness(const AVFrame *f) {
    double sum = 0;
    int w = f->width / 2, h = f->height / 2;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            int u = f->data[1][(ptrdiff_t)y * f->linesize[1] + x] - 128;
            int v = f->data[2][(ptrdiff_t)y * f->linesize[2] + x] - 128;
            sum += sqrt((double)u * u + (double)v * v);
        }
    return w && h ? sum / ((double)w * h) : 0;
}

/*
 * How much of a line of a block falls away when it is blurred (after Crete and others, "The blur effect"): an edge
 * of one or two pixels loses most of its steps, one that was blurred already next to nothing.
 */
struct edges {
    int steps, lost;
};

static void line_edges(const uint8_t *p, ptrdiff_t step, int n, struct edges *e) {
    enum { REACH = 4 };
    for (int i = 0; i < n; i++) {
        const uint8_t *q = p + i * step;
        int own = abs(q[step] - q[0]);
        /* Neighbours in the blurred line differ by what enters the window and what leaves it. */
        int blurred = abs(q[(REACH + 1) * step] - q[-REACH * step]) / (2 * REACH + 1);
        e->steps += own;
        e->lost += MAX(0, own - blurred);
    }
}

enum { SHARP_BLOCK = 16, SHARP_MARGIN = 8, SHARP_BINS = 64, SHARP_PERCENT = 40 };

/* 0..1, or negative for a block with too little in it to say. */
static double block_sharpness(const AVFrame *f, int x, int y) {
    enum { LINES_MIN = SHARP_BLOCK * SHARP_BLOCK };
    struct edges across = {0}, down = {0};
    const uint8_t *p = f->data[0] + (ptrdiff_t)y * f->linesize[0] + x;
    for (int i = 0; i < SHARP_BLOCK; i++) {
        line_edges(p + (ptrdiff_t)i * f->linesize[0], 1, SHARP_BLOCK, &across);
        line_edges(p + i, f->linesize[0], SHARP_BLOCK, &down);
    }
    if (across.steps + down.steps < 5 * LINES_MIN)
        return -1;
    /* A moving camera blurs one direction only: the worse one counts. */
    double a = across.steps > LINES_MIN ? (double)across.lost / across.steps : 1;
    double d = down.steps > LINES_MIN ? (double)down.lost / down.steps : 1;
    return fmin(a, d);
}

double picture_sharpness(const AVFrame *f) {
    int bins[SHARP_BINS] = {0}, n = 0;
    for (int y = SHARP_MARGIN; y + SHARP_BLOCK + SHARP_MARGIN <= f->height; y += SHARP_BLOCK)
        for (int x = SHARP_MARGIN; x + SHARP_BLOCK + SHARP_MARGIN <= f->width; x += SHARP_BLOCK) {
            double s = block_sharpness(f, x, y);
            if (s < 0)
                continue;
            bins[MIN((int)(s * SHARP_BINS), SHARP_BINS - 1)]++;
            n++;
        }
    /* The sharpest part: a face before a blurred ground is a sharp picture. */
    double sum = 0;
    int taken = 0, want = MAX(1, n * SHARP_PERCENT / 100);
    for (int i = SHARP_BINS - 1; i >= 0 && taken < want; i--) {
        int k = MIN(bins[i], want - taken);
        sum += k * (i + 0.5) / SHARP_BINS;
        taken += k;
    }
    return taken ? sum / taken : 0;
}

double picture_score(const AVFrame *f) {
    struct light l = light_of(f);
    double off = (l.mean - 115) / 115;
    double bright = fmax(0, 1 - off * off);
    double contrast = fmin(1, l.deviation / 55), detail = fmin(1, log1p(l.detail) / log1p(1500));
    double shades = l.entropy / 6, colour = fmin(1, colourfulness(f) / 25);
    /* A picture whose greater part is one shade is a title card or a logo. */
    double varied = l.flat < 0.3 ? 1 : fmax(0, 1 - (l.flat - 0.3) / 0.6);
    return bright * (0.25 * contrast + 0.3 * detail + 0.3 * shades + 0.15 * colour) * varied * varied;
}

/* Mean light of a block: grass and leaves average out, people and things against a ground do not. */
static double block_mean(const AVFrame *f, int x0, int y0, int size) {
    int64_t sum = 0;
    for (int y = y0; y < y0 + size; y += 2)
        for (int x = x0; x < x0 + size; x += 2)
            sum += f->data[0][(ptrdiff_t)y * f->linesize[0] + x];
    return (double)sum * 4 / ((double)size * size);
}

/* Contrast between neighbouring blocks, a column of blocks an element. */
static double *columns_contrast(const AVFrame *f, int size, int cols, int rows) {
    double *column = calloc((size_t)cols, sizeof(*column));
    for (int by = 0; column && by < rows; by++)
        for (int bx = 1; bx < cols; bx++) {
            double v = block_mean(f, bx * size, by * size, size);
            column[bx] += fabs(v - block_mean(f, (bx - 1) * size, by * size, size));
            if (by)
                column[bx] += fabs(v - block_mean(f, bx * size, (by - 1) * size, size));
        }
    return column;
}

int picture_busiest_x(const AVFrame *f, int w) {
    int size = MAX(2, f->width / BLOCKS & ~1), cols = f->width / size, rows = f->height / size;
    double *column = w < f->width ? columns_contrast(f, size, cols, rows) : NULL;
    if (!column)
        return MAX(0, f->width - w) / 4 * 2;
    double total = 0, best = -1;
    int at = 0;
    for (int i = 0; i < cols; i++)
        total += column[i];
    for (int left = 0; left * size + w <= f->width; left++) {
        double score = 0;
        for (int i = left; i < left + w / size; i++)
            score += column[i];
        /* What matters is seldom at the edge. */
        score -= total * 0.4 * fabs(left * size - (f->width - w) / 2.0) / f->width;
        if (score > best) {
            best = score;
            at = left * size;
        }
    }
    free(column);
    return at & ~1;
}

uint32_t picture_colour(const AVFrame *f) {
    double sum[3] = {0};
    for (int c = 0; c < 3; c++) {
        int w = c ? f->width / 2 : f->width, h = c ? f->height / 2 : f->height;
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                sum[c] += f->data[c][(ptrdiff_t)y * f->linesize[c] + x];
        sum[c] /= w && h ? (double)w * h : 1;
    }
    double u = sum[1] - 128, v = sum[2] - 128;
    double rgb[3] = {sum[0] + 1.402 * v, sum[0] - 0.344136 * u - 0.714136 * v, sum[0] + 1.772 * u};
    uint32_t out = 0;
    for (int c = 0; c < 3; c++)
        out = out << 8 | (uint32_t)lround(CLAMP(rgb[c], 0.0, 255.0));
    return out;
}
