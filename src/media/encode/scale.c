/*
 * scale.c - the cascade: each rung's picture is made from the smallest one at least three times as wide, or
 * from the film's own picture, which passes through untouched when it fits. (Every pass softens a little: made
 * from the next larger one each time, the lowest rung lost 0.002 of SSIM; from three times as much, nothing.)
 */
#include "media/encode/encode_int.h"
#include "media/encode/scale.h"
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

enum { ALIGN = 64, SLACK = 512, CASCADE = 3 };

struct step {
    struct SwsContext *sws;
    int in_w, in_h, in_format;
    AVBufferPool *pool;
    size_t bytes;
    AVFrame *last;             /* the result for the picture before, given again for a repeated one */
};

struct scaler {
    const struct video_plan *plan;
    struct step steps[RUNGS_MAX];
    size_t order[RUNGS_MAX];   /* in which rungs are made */
    struct picture_filter *tone; /* where HDR is kept for some: what makes standard range of it for the others */
    AVFrame *tone_in, *toned;
    AVFrame *last_in;          /* held, so that its memory can't come back as another picture */
};

/* H.264's from the highest down, then the other codecs' likewise: most of theirs are pictures that are there already. */
static void order_make(struct scaler *s) {
    const struct rung_plan *r = s->plan->rungs;
    size_t n = s->plan->n_rungs, made = 0;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && r[to].codec == r[from].codec;)
            to++;
        for (size_t i = to; i-- > from;)
            s->order[made++] = i;
    }
}

int scaler_new(const struct video_plan *p, struct scaler **ret_s, struct err *reterr) {
    struct scaler *s = calloc(1, sizeof(*s));
    if (!s)
        return err_set(reterr, ERR_NO_MEMORY, "scaler");
    s->plan = p;
    order_make(s);
    if (p->keeps_hdr && (!(s->tone_in = av_frame_alloc()) || !(s->toned = av_frame_alloc()))) {
        scaler_free(s);
        return err_set(reterr, ERR_NO_MEMORY, "scaler");
    }
    for (size_t i = 0; i < p->n_rungs; i++) {
        struct step *t = &s->steps[i];
        int n = av_image_get_buffer_size(rung_format(&p->rungs[i]), FFALIGN(p->rungs[i].width, ALIGN * 2),
                                         p->rungs[i].height, 1);
        t->bytes = n > 0 ? (size_t)n + SLACK : 0;
        t->pool = t->bytes ? av_buffer_pool_init(t->bytes, NULL) : NULL;
        if (!t->pool) {
            scaler_free(s);
            return err_set(reterr, ERR_NO_MEMORY, "scaler of %dx%d", p->rungs[i].width,
                           p->rungs[i].height);
        }
    }
    *ret_s = s;
    return 0;
}

void scaler_free(struct scaler *s) {
    if (!s)
        return;
    for (size_t i = 0; i < RUNGS_MAX; i++) {
        sws_freeContext(s->steps[i].sws);
        av_frame_free(&s->steps[i].last);
        av_buffer_pool_uninit(&s->steps[i].pool);
    }
    av_frame_free(&s->last_in);
    av_frame_free(&s->tone_in);
    av_frame_free(&s->toned);
    picture_filter_free(s->tone);
    free(s);
}

/* The deprecated full-range formats are their plain twins; the range is told apart. */
static enum AVPixelFormat plain(enum AVPixelFormat f) {
    switch (f) {
    case AV_PIX_FMT_YUVJ420P: return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P: return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P: return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P: return AV_PIX_FMT_YUV440P;
    default: return f;
    }
}

/* The ranges must be known when the context is made: for equal sizes it settles for copying otherwise. */
struct SwsContext *scale_context(int in_w, int in_h, enum AVPixelFormat format, bool in_full, int w, int h,
                                 enum AVPixelFormat out_format, bool out_full, int flags) {
    struct SwsContext *c = sws_alloc_context();
    if (!c)
        return NULL;
    av_opt_set_int(c, "srcw", in_w, 0);
    av_opt_set_int(c, "srch", in_h, 0);
    av_opt_set_int(c, "src_format", format, 0);
    av_opt_set_int(c, "src_range", in_full, 0);
    av_opt_set_int(c, "dstw", w, 0);
    av_opt_set_int(c, "dsth", h, 0);
    av_opt_set_int(c, "dst_format", out_format, 0);
    av_opt_set_int(c, "dst_range", out_full, 0);
    av_opt_set_int(c, "sws_flags", flags, 0);
    /* Colour lies on the left column and between two lines, in 256ths of a pixel; swscale would have it in the middle. */
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(format);
    if (d && d->log2_chroma_w == 1)
        av_opt_set_int(c, "src_h_chr_pos", 0, 0);
    if (!out_full) /* JPEG has it in the middle */
        av_opt_set_int(c, "dst_h_chr_pos", 0, 0);
    if (sws_init_context(c, NULL, NULL) >= 0)
        return c;
    sws_freeContext(c);
    return NULL;
}

static int context_get(struct step *t, const AVFrame *in, bool full, enum AVColorSpace matrix,
                       const struct rung_plan *r, struct err *reterr) {
    if (t->sws && t->in_w == in->width && t->in_h == in->height && t->in_format == in->format)
        return 0;
    sws_freeContext(t->sws);
    t->sws = scale_context(in->width, in->height, plain(in->format), full, r->width, r->height, rung_format(r), false,
                           SWS_BICUBIC);
    if (!t->sws)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.pixel_format",
                          "The picture's format can't be converted. Export it as H.264 with 4:2:0 colour.",
                          "no scaler from %dx%d format %d", in->width, in->height, in->format);
    const int *coefs = sws_getCoefficients(matrix == AVCOL_SPC_BT709       ? SWS_CS_ITU709
                                           : matrix == AVCOL_SPC_BT2020_NCL ? SWS_CS_BT2020
                                                                            : SWS_CS_ITU601);
    sws_setColorspaceDetails(t->sws, coefs, full, coefs, 0, 0, 1 << 16, 1 << 16);
    t->in_w = in->width;
    t->in_h = in->height;
    t->in_format = in->format;
    return 0;
}

static AVFrame *frame_get(struct step *t, const struct rung_plan *r) {
    AVFrame *f = av_frame_alloc();
    if (!f)
        return NULL;
    f->width = r->width;
    f->height = r->height;
    f->format = rung_format(r);
    f->buf[0] = av_buffer_pool_get(t->pool);
    uintptr_t base = f->buf[0] ? FFALIGN((uintptr_t)f->buf[0]->data, ALIGN) : 0;
    if (!base ||
        av_image_fill_linesizes(f->linesize, f->format, FFALIGN(r->width, ALIGN * 2)) < 0 ||
        av_image_fill_pointers(f->data, f->format, r->height, (uint8_t *)base, f->linesize) < 0)
        av_frame_free(&f);
    return f;
}

/* in_full: range of `in`; only the film's own picture may be full range. */
static int step_run(struct scaler *s, size_t i, const AVFrame *in, bool in_full, AVFrame **ret_f,
                    struct err *reterr) {
    const struct rung_plan *r = &s->plan->rungs[i];
    enum AVColorSpace matrix = r->hdr ? s->plan->src_matrix : s->plan->matrix;
    struct step *t = &s->steps[i];
    if (in->width == r->width && in->height == r->height && in->format == rung_format(r) && !in_full) {
        *ret_f = av_frame_clone(in);
        return *ret_f ? 0 : err_set(reterr, ERR_NO_MEMORY, "frame");
    }
    int rc = context_get(t, in, in_full, matrix, r, reterr);
    if (rc < 0)
        return rc;
    AVFrame *f = frame_get(t, r);
    if (!f)
        return err_set(reterr, ERR_NO_MEMORY, "frame of %dx%d", r->width, r->height);
    sws_scale(t->sws, (const uint8_t *const *)in->data, in->linesize, 0, in->height, f->data, f->linesize);
    *ret_f = f;
    return 0;
}

/* What rung i is made from: the same picture of another codec's rung, the smallest that is large enough of those made already, or the
 * film's. made: how many of the order are there. */
static const AVFrame *cascade_source(const struct scaler *s, size_t i, size_t made, const AVFrame *in) {
    const struct rung_plan *rungs = s->plan->rungs, *r = &rungs[i];
    const AVFrame *best = NULL;
    for (size_t k = 0; k < made; k++) {
        const struct rung_plan *c = &rungs[s->order[k]];
        const AVFrame *f = s->steps[s->order[k]].last;
        if (c->hdr != r->hdr)
            continue;
        if (c->codec != r->codec && c->width == r->width && c->height == r->height)
            return f;
        if (c->width >= CASCADE * r->width && (!best || c->width <= best->width))
            best = f;
    }
    return best ? best : in;
}

/* One picture in, one out: nothing in this graph looks at its neighbours. */
static int tone_map(struct scaler *s, const AVFrame *in, struct err *reterr) {
    AVRational tb;
    int rc = 0;
    av_frame_unref(s->toned);
    if (s->tone && !picture_filter_fits(s->tone, in)) {
        picture_filter_free(s->tone);
        s->tone = NULL;
    }
    if (!s->tone)
        rc = picture_filter_new(s->plan, PICTURE_COLOUR, in, (AVRational){1, 1}, (AVRational){0, 1}, &s->tone, reterr);
    if (rc == 0 && av_frame_ref(s->tone_in, in) < 0)
        rc = err_set(reterr, ERR_NO_MEMORY, "frame");
    if (rc == 0)
        rc = picture_filter_push(s->tone, s->tone_in, reterr);
    av_frame_unref(s->tone_in);
    if (rc == 0)
        rc = picture_filter_pull(s->tone, s->toned, &tb, reterr);
    return rc == 1 ? 0 : rc < 0 ? rc : err_set(reterr, ERR_INTERNAL, "tone mapping gave no picture");
}

static int rungs_make(struct scaler *s, const AVFrame *in, struct err *reterr) {
    const struct video_plan *p = s->plan;
    /* Filters of colour have brought their results to video range. */
    bool filtered = picture_needs_filter(p, picture_first(p)) && in->color_range == AVCOL_RANGE_MPEG;
    bool tone = p->keeps_hdr && picture_needs_filter(p, PICTURE_COLOUR);
    int rc = tone ? tone_map(s, in, reterr) : 0;
    for (size_t k = 0; k < p->n_rungs && rc == 0; k++) {
        size_t i = s->order[k];
        struct step *t = &s->steps[i];
        const AVFrame *base = tone && !p->rungs[i].hdr ? s->toned : in, *from = cascade_source(s, i, k, base);
        av_frame_free(&t->last);
        bool full = from == in && p->full_range && !filtered;
        rc = step_run(s, i, from, full, &t->last, reterr);
    }
    return rc;
}

int scaler_run(struct scaler *s, const AVFrame *in, AVFrame **outs, struct err *reterr) {
    size_t n = s->plan->n_rungs;
    bool repeated = s->last_in && in->data[0] == s->last_in->data[0];
    int rc = repeated ? 0 : rungs_make(s, in, reterr);
    for (size_t i = 0; i < n && rc == 0; i++)
        if (!(outs[i] = av_frame_clone(s->steps[i].last)))
            rc = err_set(reterr, ERR_NO_MEMORY, "frame");
    if (!repeated) {
        av_frame_free(&s->last_in);
        s->last_in = rc == 0 ? av_frame_clone(in) : NULL;
    }
    if (rc < 0)
        for (size_t i = 0; i < n; i++)
            av_frame_free(&outs[i]);
    return rc;
}
