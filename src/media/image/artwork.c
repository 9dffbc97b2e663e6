/*
 * artwork.c - the operation "artwork": a picture that somebody sent, or one of the film at a time, cut to the shape of its
 * kind and written in the sizes and formats that a page chooses from. Nothing of the file but its pixels gets out.
 */
#include "media/image/formats.h"
#include "media/image/head.h"
#include "media/image/image_int.h"
#include "media/probe/source.h"
#include <errno.h>
#include <math.h>
#include <unistd.h>

enum { FD_SOURCE, FD_OUT, FD_COUNT_ART, SIZES_MAX = 6, OUT_MAX = 32 << 20, BLUR_MAX = 700 };

static const struct art_kind {
    const char *name;
    int num, den; /* the shape; 0: as it is */
    int widths[SIZES_MAX];
    bool alpha;
    const char *shape; /* for an editor */
} kinds[] = {
    {"poster", 2, 3, {180, 360, 540, 720, 1080}, false, "A poster is upright, 2 to 3, such as 1000 by 1500 pixels."},
    {"still", 16, 9, {320, 640, 960, 1280, 1920}, false, "A still is wide, 16 to 9, such as 1920 by 1080 pixels."},
    {"backdrop", 16, 9, {640, 960, 1280, 1920, 2560}, false, "A backdrop is wide, 16 to 9, such as 1920 by 1080 pixels."},
    {"logo", 0, 0, {200, 400, 800}, true, "A logo is at least 100 pixels wide and no more than ten times as wide as high."},
};

static const struct art_kind *kind_find(const char *name) {
    for (size_t i = 0; name && i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* ---- A file that was sent ---- */

static int file_read(int fd, struct buf *b, struct err *reterr) {
    off_t n = lseek(fd, 0, SEEK_END);
    if (n < 0)
        return err_errno(reterr, errno, "the picture");
    if (n == 0 || n > PICTURE_BYTES_MAX)
        return err_refuse(reterr, ERR_BAD_MEDIA, n ? "artwork.too_large" : "artwork.damaged",
                          n ? "A picture file may have 32 MB. Export it smaller." : "The file is empty. Choose another.",
                          "%lld bytes", (long long)n);
    /* Decoders read a little past the end. */
    if (!buf_reserve(b, (size_t)n + AV_INPUT_BUFFER_PADDING_SIZE))
        return err_set(reterr, ERR_NO_MEMORY, "the picture");
    while (b->n < (size_t)n) {
        ssize_t got = pread(fd, b->p + b->n, (size_t)n - b->n, (off_t)b->n);
        if (got <= 0)
            return err_errno(reterr, got ? errno : EIO, "the picture");
        b->n += (size_t)got;
    }
    memset(b->p + b->n, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    return 0;
}

static int decode(const struct buf *b, const struct picture_head *h, AVFrame **ret_f, struct err *reterr) {
    static const enum AVCodecID ids[] = {
        [PICTURE_JPEG] = AV_CODEC_ID_MJPEG, [PICTURE_PNG] = AV_CODEC_ID_PNG, [PICTURE_WEBP] = AV_CODEC_ID_WEBP};
    AVCodecContext *c = avcodec_alloc_context3(avcodec_find_decoder(ids[h->type]));
    AVPacket *pkt = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    int rc = c && pkt && f ? 0 : AVERROR(ENOMEM);
    if (rc >= 0) {
        c->max_pixels = PICTURE_AREA_MAX; /* whatever the head said */
        c->thread_count = 1;
        c->err_recognition = AV_EF_CRCCHECK | AV_EF_EXPLODE;
        pkt->data = b->p;
        pkt->size = (int)b->n;
        rc = avcodec_open2(c, NULL, NULL);
    }
    if (rc >= 0)
        rc = avcodec_send_packet(c, pkt);
    if (rc >= 0)
        rc = avcodec_send_packet(c, NULL);
    if (rc >= 0)
        rc = avcodec_receive_frame(c, f);
    if (pkt)
        pkt->data = NULL;
    av_packet_free(&pkt);
    avcodec_free_context(&c);
    if (rc >= 0) {
        *ret_f = f;
        return 0;
    }
    av_frame_free(&f);
    if (rc == AVERROR(ENOMEM))
        return err_set(reterr, ERR_NO_MEMORY, "a picture of %dx%d", h->width, h->height);
    return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.damaged", "The picture is damaged or cut off. Export it again.",
                      "the decoder says %d", rc);
}

static int orientation_of(const AVFrame *f) {
    const AVDictionaryEntry *e = av_dict_get(f->metadata, "Orientation", NULL, 0);
    int64_t n = 1;
    if (e)
        str_to_i64(str_trim(str_of(e->value)), &n);
    return (int)CLAMP(n, 1, 8);
}

static int from_file(int fd, AVFrame **ret_rgba, struct err *reterr) {
    scoped(buf_done) struct buf file = BUF((size_t)PICTURE_BYTES_MAX + 4096);
    struct picture_head h;
    AVFrame *f = NULL;
    int rc = file_read(fd, &file, reterr);
    if (rc == 0)
        rc = picture_head(buf_str(&file), &h, reterr);
    if (rc == 0)
        rc = decode(&file, &h, &f, reterr);
    if (rc == 0)
        rc = rgba_from(f, ret_rgba, reterr);
    if (rc == 0 && h.type == PICTURE_JPEG)
        rc = rgba_upright(ret_rgba, orientation_of(f), reterr);
    av_frame_free(&f);
    return rc;
}

/* ---- A picture of the film: of a track as it was packaged, so upright and in common colours already ---- */

/* From where the demuxer stands: the first picture at this time or after; the last one there is, where the film ends before.
 * ret_late: already the first that was read is behind that time. */
static int frame_read(struct source *s, AVCodecContext *c, int stream, int64_t at, AVFrame *f, bool *ret_late, struct err *reterr) {
    AVPacket *pkt = av_packet_alloc();
    AVFrame *next = av_frame_alloc();
    bool found = false, end = false;
    *ret_late = false;
    while (pkt && next && !found && !end) {
        end = av_read_frame(s->fmt, pkt) < 0;
        if (end || pkt->stream_index == stream)
            avcodec_send_packet(c, end ? NULL : pkt);
        av_packet_unref(pkt);
        while (!found && avcodec_receive_frame(c, next) >= 0) {
            *ret_late = !f->width && next->best_effort_timestamp > at;
            av_frame_unref(f);
            av_frame_move_ref(f, next);
            found = f->best_effort_timestamp == AV_NOPTS_VALUE || f->best_effort_timestamp >= at;
        }
    }
    bool memory = pkt && next;
    av_packet_free(&pkt);
    av_frame_free(&next);
    if (!memory)
        return err_set(reterr, ERR_NO_MEMORY, "picture");
    if (f->width)
        return 0;
    return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.no_picture", "There is no picture at this time. Choose another.",
                      "no frame at %lld", (long long)at);
}

/* What libav read of a track to open it (some fragments of two seconds) is lost to it once it seeks: near the beginning it reads on. Behind
 * that it seeks, and where it lands on a later fragment than it was asked for, further back. */
enum { READ_ON_S = 30, BACK_S = 8 };
static int frame_at(struct source *s, AVCodecContext *c, int stream, int64_t at, AVFrame *f, struct err *reterr) {
    const AVStream *st = s->fmt->streams[stream];
    const int64_t second = av_rescale_q(AV_TIME_BASE, AV_TIME_BASE_Q, st->time_base);
    const int64_t near = (st->start_time == AV_NOPTS_VALUE ? 0 : st->start_time) + READ_ON_S * second;
    bool late = at > near;
    int rc = late ? 0 : frame_read(s, c, stream, at, f, &late, reterr);
    for (int64_t back = 0; rc == 0 && late; back = back ? back * 4 : BACK_S * second) {
        av_frame_unref(f);
        avcodec_flush_buffers(c);
        av_seek_frame(s->fmt, stream, MAX(at - back, 0), AVSEEK_FLAG_BACKWARD); /* where it cannot, it reads from where it is */
        rc = frame_read(s, c, stream, at, f, &late, reterr);
        late &= at > back;
    }
    return rc;
}

static int from_track(int fd, json_t *request, AVFrame **ret_rgba, struct err *reterr) {
    scoped(source_freep) struct source *s = NULL;
    AVCodecContext *c = NULL;
    int64_t at_us = json_integer_value(json_object_get(request, "at_us"));
    int rc = source_open_protected(fd, json_string_value(json_object_get(request, "key")), &s, reterr);
    if (rc)
        return rc;
    int stream = av_find_best_stream(s->fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (stream < 0)
        return err_set(reterr, ERR_BAD_MEDIA, "a track without pictures");
    rc = source_decoder(s, stream, 2, &c, reterr);
    if (rc)
        return rc;
    const AVStream *st = s->fmt->streams[stream];
    int64_t at = av_rescale_q(at_us, AV_TIME_BASE_Q, st->time_base) + (st->start_time == AV_NOPTS_VALUE ? 0 : st->start_time);
    AVFrame *f = av_frame_alloc();
    rc = f ? 0 : err_set(reterr, ERR_NO_MEMORY, "picture");
    if (rc == 0)
        rc = frame_at(s, c, stream, at, f, reterr);
    if (rc == 0)
        rc = rgba_from(f, ret_rgba, reterr);
    av_frame_free(&f);
    avcodec_free_context(&c);
    return rc;
}

/* ---- Cutting ---- */

/* As much of what was sent as makes *n at least so many pixels, on both sides. */
static void widen(int *at, int *n, int least, int whole) {
    int to = MIN(least, whole);
    if (*n >= to)
        return;
    *at = CLAMP(*at - (to - *n) / 2, 0, whole - to);
    *n = to;
}

/* A logo's letters begin where it begins, whatever clear room was sent around them; some of that stays where they alone have no shape
   that is taken. All of it, where nothing can be seen. */
static struct crop seen_of(const AVFrame *rgba) {
    enum { FAINT = 8 };
    int left = rgba->width, right = -1, top = rgba->height, bottom = -1;
    for (int y = 0; y < rgba->height; y++) {
        const uint8_t *alpha = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0] + 3;
        for (int x = 0; x < rgba->width; x++) {
            if (alpha[4 * x] < FAINT)
                continue;
            left = MIN(left, x);
            right = MAX(right, x);
            top = MIN(top, y);
            bottom = y;
        }
    }
    if (right < 0)
        return (struct crop){0, 0, rgba->width, rgba->height};
    struct crop c = {left, top, right - left + 1, bottom - top + 1};
    widen(&c.x, &c.w, 100, rgba->width);
    widen(&c.y, &c.h, (c.w + 9) / 10, rgba->height);
    return c;
}

static int crop_of(const struct art_kind *k, const AVFrame *f, struct crop *ret, struct err *reterr) {
    const struct crop whole = k->alpha ? seen_of(f) : (struct crop){0, 0, f->width, f->height};
    struct crop c = whole;
    bool fits = c.w >= 100 && c.h >= (k->num ? 100 : 10);
    if (k->num && (int64_t)c.w * k->den > (int64_t)c.h * k->num)
        c.w = (int)((int64_t)c.h * k->num / k->den);
    else if (k->num)
        c.h = (int)((int64_t)c.w * k->den / k->num);
    else
        fits = fits && c.w <= c.h * 10;
    c.x += (whole.w - c.w) / 2;
    c.y += (whole.h - c.h) / (k->num < k->den ? 2 : 3); /* heads are in the upper part */
    /* Up to a third is cut off; more is another picture than was meant. */
    fits = fits && (int64_t)c.w * c.h * 3 >= (int64_t)whole.w * whole.h * 2;
    *ret = c;
    if (fits)
        return 0;
    char hint[240];
    snprintf(hint, sizeof hint, "%s This picture has %d by %d.", k->shape, whole.w, whole.h);
    return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.shape", hint, "%dx%d for a %s", whole.w, whole.h, k->name);
}

static int height_of(const struct crop *c, int w) {
    return MAX(2, (int)lround((double)c->h * w / c->w / 2) * 2);
}

/* ---- Writing ---- */

static int put(struct outfile *out, const char *type, const struct buf *b, json_t *files, struct err *reterr) {
    int64_t offset = 0;
    if (!b->n)
        return 0;
    int rc = outfile_add(out, b, &offset, reterr);
    if (rc == 0)
        json_array_append_new(files, json_pack("{s:s, s:I, s:I}", "type", type, "offset", (json_int_t)offset, "length",
                                               (json_int_t)b->n));
    return rc;
}

int small_write(struct outfile *out, const AVFrame *yuv, json_t *files, struct err *reterr) {
    scoped(buf_done) struct buf webp = BUF(OUT_MAX), avif = BUF(OUT_MAX);
    AVFrame *rgba = NULL;
    int rc = rgba_from(yuv, &rgba, reterr);
    if (rc == 0)
        rc = webp_encode(rgba, 82, &webp, reterr);
    if (rc == 0)
        rc = avif_encode(yuv, &avif, reterr);
    av_frame_free(&rgba);
    if (rc == 0)
        rc = put(out, "webp", &webp, files, reterr);
    return rc ? rc : put(out, "avif", &avif, files, reterr);
}

static int opaque_write(struct outfile *out, const AVFrame *rgba, json_t *files, struct err *reterr) {
    scoped(buf_done) struct buf jpeg = BUF(OUT_MAX);
    AVFrame *yuv = NULL;
    int rc = yuv_from(rgba, &yuv, reterr);
    if (rc == 0)
        rc = jpeg_encode(yuv, &jpeg, reterr);
    if (rc == 0)
        rc = put(out, "jpg", &jpeg, files, reterr);
    if (rc == 0)
        rc = small_write(out, yuv, files, reterr);
    av_frame_free(&yuv);
    return rc;
}

/* With what shines through: PNG, which everything reads, and WebP. */
static int clear_write(struct outfile *out, const AVFrame *rgba, json_t *files, struct err *reterr) {
    scoped(buf_done) struct buf png = BUF(OUT_MAX), webp = BUF(OUT_MAX);
    int rc = png_encode(rgba, &png, reterr);
    if (rc == 0)
        rc = webp_encode(rgba, 90, &webp, reterr);
    if (rc == 0)
        rc = put(out, "png", &png, files, reterr);
    return rc ? rc : put(out, "webp", &webp, files, reterr);
}

static int size_write(struct outfile *out, const AVFrame *f, const struct crop *c, int w, bool alpha,
                      json_t *sizes, struct err *reterr) {
    AVFrame *pic = NULL;
    json_t *files = json_array();
    int h = height_of(c, w), rc = rgba_scale(f, c->x, c->y, c->w, c->h, w, h, &pic, reterr);
    if (rc == 0)
        rc = (alpha ? clear_write : opaque_write)(out, pic, files, reterr);
    av_frame_free(&pic);
    json_array_append_new(sizes, json_pack("{s:i, s:i, s:o}", "width", w, "height", h, "files", files));
    return rc;
}

static int sizes_write(struct op_io *io, const struct art_kind *k, const AVFrame *f, const struct crop *c,
                       json_t *sizes, struct err *reterr) {
    struct outfile out;
    int rc = outfile_open(io->fds[FD_OUT], &out, reterr);
    for (int i = 0; rc == 0 && i < SIZES_MAX && k->widths[i]; i++) {
        /* Never larger than it is, but for the smallest. */
        int w = i && k->widths[i] > c->w ? 0 : k->widths[i];
        if (!w && k->widths[i - 1] * 5 / 4 < c->w)
            w = c->w & ~1; /* what lies between two sizes is a size of its own, once */
        if (!w)
            break;
        rc = size_write(&out, f, c, w, k->alpha, sizes, reterr);
        if (rc == 0 && op_progress(io, "artwork", (i + 1) * 1000 / SIZES_MAX, 0, -1) < 0)
            rc = err_set(reterr, ERR_CANCELLED, "cancelled");
        if (k->widths[i] > c->w)
            break;
    }
    return rc;
}

int blur_write(const AVFrame *tiny, struct buf *url, struct err *reterr) {
    scoped(buf_done) struct buf webp = BUF(64 << 10);
    int rc = webp_encode(tiny, 15, &webp, reterr);
    if (rc)
        return rc;
    buf_addc(url, "data:image/webp;base64,");
    buf_base64(url, webp.p, webp.n);
    if (url->n > BLUR_MAX)
        buf_reset(url);
    return 0;
}

static int blur_make(const AVFrame *f, const struct crop *c, struct buf *url, uint32_t *ret_colour, struct err *reterr) {
    AVFrame *tiny = NULL, *yuv = NULL;
    int w = c->w >= c->h ? 24 : 16, rc = rgba_scale(f, c->x, c->y, c->w, c->h, w, height_of(c, w), &tiny, reterr);
    if (rc == 0) {
        rgba_flatten(tiny);
        rc = yuv_from(tiny, &yuv, reterr);
    }
    if (rc == 0) {
        *ret_colour = picture_colour(yuv);
        rc = blur_write(tiny, url, reterr);
    }
    av_frame_free(&tiny);
    av_frame_free(&yuv);
    return rc;
}

static int made(struct op_io *io, const struct art_kind *k, AVFrame *f, json_t **ret_result, struct err *reterr) {
    scoped(buf_done) struct buf url = BUF(16 << 10);
    struct crop c;
    uint32_t colour = 0;
    json_t *sizes = json_array();
    if (!k->alpha)
        rgba_flatten(f);
    int rc = crop_of(k, f, &c, reterr);
    if (rc == 0)
        rc = blur_make(f, &c, &url, &colour, reterr);
    if (rc == 0)
        rc = sizes_write(io, k, f, &c, sizes, reterr);
    if (rc == 0) {
        char hex[8];
        snprintf(hex, sizeof hex, "#%06x", (unsigned)(colour & 0xFFFFFF));
        /* Of a logo nothing shines through that is not there yet. */
        *ret_result = json_pack("{s:i, s:i, s:O, s:s, s:s}", "width", f->width, "height", f->height, "sizes", sizes,
                                "color", hex, "blur", k->alpha || !url.n ? "" : buf_cstr(&url));
        rc = *ret_result ? 0 : err_set(reterr, ERR_NO_MEMORY, "result");
    }
    json_decref(sizes);
    return rc;
}

int artwork_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    const struct art_kind *k = kind_find(json_string_value(json_object_get(request, "kind")));
    AVFrame *f = NULL;
    av_log_set_level(AV_LOG_QUIET);
    int rc = op_need_fds(io, FD_COUNT_ART, reterr);
    if (rc == 0 && !k)
        rc = err_set(reterr, ERR_INVALID, "an unknown kind of artwork");
    if (rc == 0)
        rc = json_object_get(request, "at_us") ? from_track(io->fds[FD_SOURCE], request, &f, reterr)
                                               : from_file(io->fds[FD_SOURCE], &f, reterr);
    if (rc == 0)
        rc = made(io, k, f, ret_result, reterr);
    av_frame_free(&f);
    return rc;
}
