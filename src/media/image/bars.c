/*
 * bars.c - black bars that are part of the picture: a wide film in a 16:9 file, an upright one between two
 * pillars. One picture cannot tell a bar from a night sky; several can. Bars are what three quarters of the
 * lit pictures have in common, so that subtitles written into a bar now and then do not hide it, and of the
 * picture at hand nothing is cut that it shows. For artwork; the film itself keeps its shape unless an
 * editor wants it cut (encode/survey.c).
 */
#include "media/image/image_int.h"

/* Video range: black is 16, and an encoder adds a little noise to it. */
enum { BLACK = 16, DARK = BLACK + 14, LINE_MEAN = BLACK + 6, LIT_MEAN = BLACK + 12, SOFT_EDGE = 2 };

struct line {
    const uint8_t *p;
    ptrdiff_t step;
    int n;
};

/* A line of a bar is black all along, but for a fiftieth that may be noise. */
static bool line_is_black(struct line l) {
    int64_t sum = 0;
    int light = 0;
    for (int i = 0; i < l.n; i++) {
        int v = l.p[i * l.step];
        sum += v;
        light += v > DARK;
    }
    return sum <= (int64_t)LINE_MEAN * l.n && light * 50 <= l.n;
}

static struct line row(const AVFrame *f, int y) {
    return (struct line){f->data[0] + (ptrdiff_t)y * f->linesize[0], 1, f->width};
}

static struct line column(const AVFrame *f, int x) {
    return (struct line){f->data[0] + x, f->linesize[0], f->height};
}

/* Black lines from one side inwards; all of them when there is nothing else. */
static int black_lines(const AVFrame *f, struct line (*line)(const AVFrame *, int), int from, int by, int n) {
    int i = 0;
    while (i < n && line_is_black(line(f, from + i * by)))
        i++;
    return i;
}

static bool picture_is_lit(const AVFrame *f) {
    int64_t sum = 0;
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++)
            sum += f->data[0][(ptrdiff_t)y * f->linesize[0] + x];
    return sum > (int64_t)LIT_MEAN * f->width * f->height;
}

bool picture_bars(const AVFrame *f, struct bars *ret_b) {
    if (!picture_is_lit(f))
        return false;
    *ret_b = (struct bars){
        .side = {[BAR_TOP] = black_lines(f, row, 0, 1, f->height),
                 [BAR_BOTTOM] = black_lines(f, row, f->height - 1, -1, f->height),
                 [BAR_LEFT] = black_lines(f, column, 0, 1, f->width),
                 [BAR_RIGHT] = black_lines(f, column, f->width - 1, -1, f->width)}};
    return true;
}

static int int_compare(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

struct bars bars_agree(const struct bars *list, size_t n) {
    struct bars out = {0};
    int values[BARS_PICTURES_MAX];
    n = MIN(n, ARRAY_LEN(values));
    if (n < BARS_PICTURES_MIN)
        return out;
    for (int s = 0; s < BAR_SIDES; s++) {
        for (size_t i = 0; i < n; i++)
            values[i] = list[i].side[s];
        qsort(values, n, sizeof(*values), int_compare);
        out.side[s] = values[n / 4];
    }
    return out;
}

/* Two bars facing each other; what would leave too little is no bar but a title on black. */
static void pair_cut(const struct bars *b, int low, int high, int size, int *ret_at, int *ret_size) {
    int a = b->side[low], z = b->side[high], most = size * BAR_MAX_PERCENT / 100;
    a = a > most ? 0 : a;
    z = z > most ? 0 : z;
    a = (a + 1) & ~1; /* chroma wants even numbers */
    z = (z + 1) & ~1;
    *ret_at = a;
    *ret_size = MAX(2, (size - a - z) & ~1);
}

struct crop bars_cut(const AVFrame *f, const struct bars *agreed) {
    struct bars b = {0}, own;
    struct crop c;
    if (picture_bars(f, &own))
        for (int s = 0; s < BAR_SIDES; s++) {
            /* The picture's first lines are half black where it was scaled. */
            int edge = agreed->side[s] && own.side[s] >= agreed->side[s] ? SOFT_EDGE : 0;
            b.side[s] = MIN(agreed->side[s], own.side[s]) + edge;
        }
    pair_cut(&b, BAR_LEFT, BAR_RIGHT, f->width, &c.x, &c.w);
    pair_cut(&b, BAR_TOP, BAR_BOTTOM, f->height, &c.y, &c.h);
    return c;
}

AVFrame *picture_part(const AVFrame *f, struct crop c) {
    AVFrame *part = av_frame_clone(f);
    if (!part)
        return NULL;
    part->data[0] += (ptrdiff_t)c.y * f->linesize[0] + c.x;
    for (int p = 1; p < 3; p++)
        part->data[p] += (ptrdiff_t)(c.y / 2) * f->linesize[p] + c.x / 2;
    part->width = c.w;
    part->height = c.h;
    return part;
}
