/* image.c - the operation "images". */
#include "media/image/formats.h"
#include "media/image/image_int.h"
#include <math.h>

enum { CANDIDATES_MAX = 120, SCORE_WIDTH = 192, SHARP_WIDTH = 640, TILES_MAX = 1000, JPEG_MAX = 32 << 20 };
enum { FD_LOW, FD_TOP, FD_TILES, FD_ART, FD_COUNT };

struct board {
    int tile_w, tile_h, cols, rows;
    int64_t every;               /* timescale */
};

static int progress(struct op_io *io, double share, struct err *reterr) {
    if (op_progress(io, "images", (int)CLAMP(share * 1000, 0.0, 999.0), 0, -1) < 0)
        return err_set(reterr, ERR_CANCELLED, "cancelled");
    return 0;
}

/* ---- storyboard ---- */

static AVFrame *sheet_new(const struct board *b) {
    AVFrame *f = av_frame_alloc();
    if (!f)
        return NULL;
    f->width = b->tile_w * b->cols;
    f->height = b->tile_h * b->rows;
    f->format = AV_PIX_FMT_YUV420P;
    f->color_range = AVCOL_RANGE_JPEG;
    if (av_frame_get_buffer(f, 0) < 0) {
        av_frame_free(&f);
        return NULL;
    }
    return f;
}

static void sheet_clear(AVFrame *f) {
    memset(f->data[0], 0, (size_t)f->linesize[0] * (size_t)f->height);
    for (int c = 1; c < 3; c++)
        memset(f->data[c], 128, (size_t)f->linesize[c] * (size_t)(f->height / 2));
}

static void tile_put(AVFrame *sheet, const AVFrame *tile, int x, int y) {
    for (int c = 0; c < 3; c++) {
        int shift = c > 0;
        for (int row = 0; row < tile->height >> shift; row++)
            memcpy(sheet->data[c] + (ptrdiff_t)((y >> shift) + row) * sheet->linesize[c] + (x >> shift),
                   tile->data[c] + (ptrdiff_t)row * tile->linesize[c], (size_t)(tile->width >> shift));
    }
}

/* Fills sheet with the tiles from number `first` on; answers how many. */
static int sheet_fill(struct keyframes *k, const struct board *b, size_t step, size_t first, size_t total,
                      AVFrame *sheet, struct err *reterr) {
    int n = 0;
    sheet_clear(sheet);
    for (; n < b->cols * b->rows && first + (size_t)n < total; n++) {
        AVFrame *f = NULL, *tile = NULL;
        int rc = keyframes_decode(k, (first + (size_t)n) * step, &f, reterr);
        if (rc == 0)
            rc = picture_scale(f, (struct crop){0, 0, f->width, f->height}, b->tile_w, b->tile_h, &tile,
                               reterr);
        if (rc == 0)
            tile_put(sheet, tile, n % b->cols * b->tile_w, n / b->cols * b->tile_h);
        av_frame_free(&f);
        av_frame_free(&tile);
        if (rc < 0)
            return rc;
    }
    return n;
}

static int sheets_write(struct op_io *io, struct keyframes *k, const struct board *b, size_t step,
                        json_t *sheets, struct err *reterr) {
    struct outfile out;
    AVFrame *sheet = sheet_new(b);
    size_t total = (k->n + step - 1) / step, done = 0;
    int rc = sheet ? outfile_open(io->fds[FD_TILES], &out, reterr)
                   : err_set(reterr, ERR_NO_MEMORY, "storyboard");
    while (rc >= 0 && done < total) {
        scoped(buf_done) struct buf jpeg = BUF(JPEG_MAX);
        int64_t offset = 0, from = (int64_t)done * b->every;
        int n = rc = sheet_fill(k, b, step, done, total, sheet, reterr);
        if (rc >= 0)
            rc = jpeg_encode(sheet, &jpeg, reterr);
        if (rc >= 0)
            rc = outfile_add(&out, &jpeg, &offset, reterr);
        if (rc < 0)
            break;
        done += (size_t)n;
        int64_t to = done == total ? MAX(k->duration, from + 1) : (int64_t)done * b->every;
        json_array_append_new(sheets, json_pack("{s:I,s:I,s:I,s:I,s:i}", "offset", (json_int_t)offset,
                                                "length", (json_int_t)jpeg.n, "time", (json_int_t)from,
                                                "duration", (json_int_t)(to - from), "tiles", n));
        rc = progress(io, 0.7 * (double)done / (double)total, reterr);
    }
    av_frame_free(&sheet);
    return rc;
}

static int storyboard_make(struct op_io *io, json_t *plan, json_t **ret_board, struct err *reterr) {
    json_t *sb = json_object_get(plan, "storyboard"), *video = json_object_get(plan, "video");
    struct board b = {
        .tile_w = (int)json_integer_value(json_object_get(sb, "tile_width")),
        .tile_h = (int)json_integer_value(json_object_get(sb, "tile_height")),
        .cols = (int)json_integer_value(json_object_get(sb, "cols")),
        .rows = (int)json_integer_value(json_object_get(sb, "rows")),
    };
    int64_t gop = json_integer_value(json_object_get(video, "gop")) *
                  json_integer_value(json_object_get(video, "frame_duration"));
    int64_t gops = json_integer_value(json_object_get(sb, "every_gops"));
    if (b.tile_w < 2 || b.tile_h < 2 || b.tile_w > 1024 || b.tile_h > 1024 || b.tile_w % 2 ||
        b.tile_h % 2 || b.cols < 1 || b.rows < 1 || b.cols > 20 || b.rows > 20 || gop <= 0 || gops < 1 ||
        gops > 1000)
        return err_set(reterr, ERR_INVALID, "the plan's storyboard is out of bounds");
    struct keyframes k;
    int rc = keyframes_open(io->fds[FD_LOW], &k, reterr);
    if (rc < 0)
        return rc;
    b.every = gop * gops;
    json_t *sheets = json_array();
    rc = sheets_write(io, &k, &b, (size_t)gops, sheets, reterr);
    *ret_board = json_pack("{s:i,s:i,s:i,s:i,s:I,s:I,s:I,s:o}", "tile_width", b.tile_w, "tile_height",
                           b.tile_h, "cols", b.cols, "rows", b.rows, "every", (json_int_t)b.every,
                           "timescale", (json_int_t)k.format.timescale, "count",
                           (json_int_t)((k.n + (size_t)gops - 1) / (size_t)gops), "sheets", sheets);
    keyframes_done(&k);
    return rc;
}

/* ---- artwork ---- */

/* Looks at pictures all over the film for the bars that they share. */
static int bars_find(struct keyframes *k, struct bars *ret_b, struct err *reterr) {
    struct bars seen[BARS_PICTURES_MAX];
    size_t n = 0, looks = MIN(k->n, ARRAY_LEN(seen));
    for (size_t i = 0; i < looks; i++) {
        AVFrame *f = NULL;
        int rc = keyframes_decode(k, (2 * i + 1) * k->n / (2 * looks), &f, reterr);
        if (rc < 0)
            return rc;
        n += picture_bars(f, &seen[n]);
        av_frame_free(&f);
    }
    *ret_b = bars_agree(seen, n);
    return 0;
}

/* The i-th keyframe without its bars; *ret_f is the caller's. */
static int part_decode(struct keyframes *k, size_t i, const struct bars *b, AVFrame **ret_f,
                       struct err *reterr) {
    AVFrame *whole = NULL;
    int rc = keyframes_decode(k, i, &whole, reterr);
    if (rc < 0)
        return rc;
    *ret_f = picture_part(whole, bars_cut(whole, b));
    av_frame_free(&whole);
    return *ret_f ? 0 : err_set(reterr, ERR_NO_MEMORY, "picture");
}

struct candidate {
    size_t i;
    double score, sharp;
};

static int width_capped(const AVFrame *f, int max, AVFrame **ret_f, struct err *reterr) {
    int w = MIN(max, f->width) & ~1, h = MAX(2, (int)lround((double)f->height * w / f->width / 2) * 2);
    return picture_scale(f, (struct crop){0, 0, f->width, f->height}, w, h, ret_f, reterr);
}

/* Light and colour show in a small picture; whether it is sharp only in a large one. */
static int candidate_look(struct keyframes *k, const struct bars *b, struct candidate *c, struct err *reterr) {
    AVFrame *f = NULL, *large = NULL, *small = NULL;
    int rc = part_decode(k, c->i, b, &f, reterr);
    if (rc == 0)
        rc = width_capped(f, SHARP_WIDTH, &large, reterr);
    if (rc == 0)
        rc = width_capped(large, SCORE_WIDTH, &small, reterr);
    if (rc == 0) {
        c->score = picture_score(small);
        c->sharp = picture_sharpness(large);
    }
    av_frame_free(&f);
    av_frame_free(&large);
    av_frame_free(&small);
    return rc;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is usual in this film, of the pictures that have something to show: words on black are sharper than any. */
static double usual_sharpness(const struct candidate *c, size_t n) {
    double list[CANDIDATES_MAX], best = 0;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        best = fmax(best, c[i].score);
    for (size_t i = 0; i < n; i++)
        if (c[i].score >= best / 2)
            list[k++] = c[i].sharp;
    qsort(list, k, sizeof(*list), by_value);
    return k ? list[k / 2] : 0;
}

/*
 * Lenses, grain and the copy's quality differ from film to film: a picture is blurred when it is less sharp than is
 * usual in its own. The film's beginning is what it invites with; endings nobody wants to know.
 */
static size_t candidates_compare(const struct candidate *c, size_t n, size_t keyframes) {
    double usual = usual_sharpness(c, n), best = -1;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        double place = (double)c[i].i / (double)keyframes;
        double sharp = usual > 0 ? CLAMP((c[i].sharp / usual - 0.7) / 0.2, 0.1, 1.0) : 1;
        double score = c[i].score * sharp * (1 - 0.2 * fmax(0, place - 0.4));
        if (score > best) {
            best = score;
            at = c[i].i;
        }
    }
    return at;
}

/* From the film's middle parts: the head has logos, the tail credits. */
static int best_choose(struct op_io *io, struct keyframes *k, const struct bars *b, size_t *ret_i,
                       struct err *reterr) {
    struct candidate c[CANDIDATES_MAX];
    size_t from = k->n > 8 ? k->n / 20 : 0, to = k->n > 8 ? k->n - k->n / 10 : k->n, n = 0;
    size_t step = MAX((size_t)1, (to - from + CANDIDATES_MAX - 1) / CANDIDATES_MAX);
    for (size_t i = from; i < to && n < ARRAY_LEN(c); i += step) {
        c[n] = (struct candidate){.i = i};
        int rc = candidate_look(k, b, &c[n++], reterr);
        if (rc == 0)
            rc = progress(io, 0.7 + 0.25 * (double)(i - from) / (double)(to - from), reterr);
        if (rc < 0)
            return rc;
    }
    *ret_i = candidates_compare(c, n, k->n);
    return 0;
}

static struct crop crop_to(const AVFrame *f, int num, int den) {
    int w = f->width, h = f->height;
    if ((int64_t)w * den > (int64_t)h * num)
        w = (int)((int64_t)h * num / den);
    else
        h = (int)((int64_t)w * den / num);
    struct crop c = {.w = MAX(2, w & ~1), .h = MAX(2, h & ~1)};
    c.x = num < den ? picture_busiest_x(f, c.w) : ((f->width - c.w) / 2) & ~1;
    c.y = ((f->height - c.h) / (num < den ? 2 : 3)) & ~1; /* heads are in the upper part */
    return c;
}

static int art_write(struct outfile *out, const AVFrame *f, const char *kind, int num, int den,
                     const int *widths, json_t *list, struct err *reterr) {
    struct crop c = crop_to(f, num, den);
    bool any = false;
    for (int i = 0; widths[i]; i++) {
        int w = widths[i];
        /* Not much larger than the film has to show; a small film gets the smallest all the same. */
        if (w * 4 > c.w * 7 && any)
            break;
        int h = (int)lround((double)w * den / num / 2) * 2;
        scoped(buf_done) struct buf jpeg = BUF(JPEG_MAX);
        AVFrame *pic = NULL;
        int64_t offset = 0;
        int rc = picture_scale(f, c, w, h, &pic, reterr);
        if (rc == 0)
            rc = jpeg_encode(pic, &jpeg, reterr);
        if (rc == 0)
            rc = outfile_add(out, &jpeg, &offset, reterr);
        json_t *also = json_array();
        if (rc == 0)
            rc = small_write(out, pic, also, reterr);
        av_frame_free(&pic);
        json_array_append_new(list, json_pack("{s:s,s:i,s:i,s:I,s:I,s:o}", "kind", kind, "width", w, "height",
                                              h, "offset", (json_int_t)offset, "length",
                                              (json_int_t)jpeg.n, "also", also));
        if (rc < 0)
            return rc;
        any = true;
    }
    return 0;
}

/* Of a kind: what its smallest size shows, as a few pixels. */
static int blurs_make(const AVFrame *f, json_t *blurs, struct err *reterr) {
    static const struct {
        const char *kind;
        int num, den, w, h;
    } kinds[] = {{"still", 16, 9, 24, 14}, {"poster", 2, 3, 16, 24}};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(kinds); i++) {
        scoped(buf_done) struct buf url = BUF(16 << 10);
        AVFrame *tiny = NULL, *rgba = NULL;
        rc = picture_scale(f, crop_to(f, kinds[i].num, kinds[i].den), kinds[i].w, kinds[i].h, &tiny, reterr);
        if (rc == 0)
            rc = rgba_from(tiny, &rgba, reterr);
        if (rc == 0)
            rc = blur_write(rgba, &url, reterr);
        if (rc == 0 && url.n)
            json_object_set_new(blurs, kinds[i].kind, json_stringn((const char *)url.p, url.n));
        av_frame_free(&tiny);
        av_frame_free(&rgba);
    }
    return rc;
}

static int artwork_make(struct op_io *io, json_t *list, json_t *blurs, uint32_t *ret_colour, int64_t *ret_time_us,
                        struct err *reterr) {
    static const int still[] = {320, 640, 960, 1280, 1920, 0}, poster[] = {180, 360, 540, 720, 0};
    struct keyframes k;
    struct outfile out;
    struct bars bars = {0};
    size_t best = 0;
    AVFrame *f = NULL;
    int rc = keyframes_open(io->fds[FD_TOP], &k, reterr);
    if (rc < 0)
        return rc;
    rc = outfile_open(io->fds[FD_ART], &out, reterr);
    if (rc == 0)
        rc = bars_find(&k, &bars, reterr);
    if (rc == 0)
        rc = best_choose(io, &k, &bars, &best, reterr);
    if (rc == 0)
        rc = part_decode(&k, best, &bars, &f, reterr);
    if (rc == 0)
        rc = art_write(&out, f, "still", 16, 9, still, list, reterr);
    if (rc == 0)
        rc = art_write(&out, f, "poster", 2, 3, poster, list, reterr);
    if (rc == 0)
        rc = blurs_make(f, blurs, reterr);
    AVFrame *small = NULL;
    if (rc == 0)
        rc = picture_scale(f, (struct crop){0, 0, f->width, f->height}, 32, 18, &small, reterr);
    if (rc == 0) {
        *ret_colour = picture_colour(small);
        *ret_time_us = (int64_t)((double)k.list[best].pts * 1e6 / k.format.timescale);
    }
    av_frame_free(&small);
    av_frame_free(&f);
    keyframes_done(&k);
    return rc;
}

int images_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    json_t *plan = json_object_get(request, "plan"), *board = NULL, *art = json_array(), *blurs = json_object();
    uint32_t colour = 0;
    int64_t time_us = 0;
    av_log_set_level(AV_LOG_QUIET);
    int rc = op_need_fds(io, FD_COUNT, reterr);
    if (rc == 0)
        rc = storyboard_make(io, plan, &board, reterr);
    if (rc == 0)
        rc = artwork_make(io, art, blurs, &colour, &time_us, reterr);
    if (rc == 0) {
        char hex[8];
        snprintf(hex, sizeof(hex), "#%06x", colour & 0xffffff);
        *ret_result = json_pack("{s:O,s:O,s:O,s:s,s:I}", "storyboard", board, "art", art, "blur", blurs, "color", hex,
                                "time_us", (json_int_t)time_us);
        rc = *ret_result ? 0 : err_set(reterr, ERR_NO_MEMORY, "result");
    }
    json_decref(board);
    json_decref(art);
    json_decref(blurs);
    return rc;
}
