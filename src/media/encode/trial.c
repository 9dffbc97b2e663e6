/*
 * trial.c - what a size and a CRF cost, and how good the picture is when it is shown at full size: a shot through x264,
 * back through the decoder, enlarged as a player does, compared with the original. In one thread, so that the result
 * depends on nothing but the shot.
 */
#include "base/buf.h"
#include "media/encode/encode_int.h"
#include "media/ladder/metric.h"
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

struct pass {
    struct trial *t;
    AVCodecContext *enc, *dec;
    struct SwsContext *sws; /* NULL: the rung is as large as the original */
    AVPacket *pkt;
    AVFrame *in, *out, *large;
    int shown, compared;    /* pictures that came out of the decoder; of those, compared */
    double sum;
};

static void pass_done(struct pass *p) {
    avcodec_free_context(&p->enc);
    avcodec_free_context(&p->dec);
    sws_freeContext(p->sws);
    av_packet_free(&p->pkt);
    av_frame_free(&p->in);
    av_frame_free(&p->out);
    av_frame_free(&p->large);
}

/* Luma alone: grey to grey. */
static struct SwsContext *enlarger(const struct rung_plan *r, int w, int h) {
    struct SwsContext *c = sws_alloc_context();
    if (!c)
        return NULL;
    av_opt_set_int(c, "srcw", r->width, 0);
    av_opt_set_int(c, "srch", r->height, 0);
    av_opt_set_int(c, "src_format", AV_PIX_FMT_GRAY8, 0);
    av_opt_set_int(c, "dstw", w, 0);
    av_opt_set_int(c, "dsth", h, 0);
    av_opt_set_int(c, "dst_format", AV_PIX_FMT_GRAY8, 0);
    av_opt_set_int(c, "sws_flags", SWS_BICUBIC, 0);
    if (sws_init_context(c, NULL, NULL) >= 0)
        return c;
    sws_freeContext(c);
    return NULL;
}

static int enlarge_open(struct pass *p, struct err *reterr) {
    const AVFrame *like = p->t->originals[0];
    if (like->width == p->t->rung.width && like->height == p->t->rung.height)
        return 0;
    p->large = av_frame_alloc();
    if (!p->large)
        return err_set(reterr, ERR_NO_MEMORY, "frame");
    p->large->width = like->width;
    p->large->height = like->height;
    p->large->format = AV_PIX_FMT_GRAY8;
    p->sws = enlarger(&p->t->rung, like->width, like->height);
    if (av_frame_get_buffer(p->large, 64) < 0 || !p->sws)
        return err_set(reterr, ERR_NO_MEMORY, "enlarging to %dx%d", like->width, like->height);
    return 0;
}

static int decoder_open(struct pass *p, struct err *reterr) {
    scoped(buf_done) struct buf avcc = BUF(ES_MAX_EXTRA);
    int rc = rung_avcc_write(&avcc, p->enc->extradata, (size_t)MAX(p->enc->extradata_size, 0), reterr);
    if (rc < 0)
        return rc;
    p->dec = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
    uint8_t *extra = av_mallocz(avcc.n + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!p->dec || !extra) {
        av_free(extra);
        return err_set(reterr, ERR_NO_MEMORY, "decoder");
    }
    memcpy(extra, avcc.p, avcc.n);
    p->dec->extradata = extra;
    p->dec->extradata_size = (int)avcc.n;
    p->dec->thread_count = 1;
    return avcodec_open2(p->dec, NULL, NULL) < 0 ? err_set(reterr, ERR_INTERNAL, "the decoder of H.264 does not open") : 0;
}

static int pass_open(struct pass *p, struct err *reterr) {
    p->enc = avcodec_alloc_context3(avcodec_find_encoder_by_name("libx264"));
    p->pkt = av_packet_alloc();
    p->in = av_frame_alloc();
    p->out = av_frame_alloc();
    if (!p->enc || !p->pkt || !p->in || !p->out)
        return err_set(reterr, ERR_NO_MEMORY, "trial");
    int rc = rung_encoder_open(p->enc, p->t->plan, &p->t->rung, 0, reterr);
    if (rc == 0)
        rc = decoder_open(p, reterr);
    return rc == 0 ? enlarge_open(p, reterr) : rc;
}

static int picture_compare(struct pass *p, struct err *reterr) {
    struct trial *t = p->t;
    int i = p->shown++;
    if (i >= t->n)
        return err_set(reterr, ERR_INTERNAL, "a trial gave more pictures than it took");
    if (i % t->stride)
        return 0;
    const AVFrame *original = t->originals[i], *shown = p->out;
    if (shown->width != t->rung.width || shown->height != t->rung.height || shown->format != AV_PIX_FMT_YUV420P)
        return err_set(reterr, ERR_INTERNAL, "a trial came back in another shape");
    if (p->sws) {
        sws_scale(p->sws, (const uint8_t *const *)shown->data, shown->linesize, 0, shown->height, p->large->data,
                  p->large->linesize);
        shown = p->large;
    }
    p->sum += t->metric->loss((struct plane){original->data[0], original->linesize[0]},
                              (struct plane){shown->data[0], shown->linesize[0]}, original->width, original->height);
    p->compared++;
    return 0;
}

static int pictures_take(struct pass *p, struct err *reterr) {
    int rc, r = 0;
    while (r == 0 && (rc = avcodec_receive_frame(p->dec, p->out)) >= 0) {
        r = picture_compare(p, reterr);
        av_frame_unref(p->out);
    }
    return r;
}

static int packets_pass(struct pass *p, struct err *reterr) {
    int rc;
    while ((rc = avcodec_receive_packet(p->enc, p->pkt)) >= 0) {
        p->t->bytes += p->pkt->size;
        rc = avcodec_send_packet(p->dec, p->pkt);
        av_packet_unref(p->pkt);
        rc = rc < 0 ? err_set(reterr, ERR_INTERNAL, "a trial does not decode: %s", av_err2str(rc)) : pictures_take(p, reterr);
        if (rc < 0)
            return rc;
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF ? 0 : err_set(reterr, ERR_INTERNAL, "x264: %s", av_err2str(rc));
}

static int shot_encode(struct pass *p, struct err *reterr) {
    for (int i = 0; i <= p->t->n; i++) {
        AVFrame *f = NULL;
        if (i < p->t->n) {
            if (av_frame_ref(p->in, p->t->frames[i]) < 0)
                return err_set(reterr, ERR_NO_MEMORY, "frame");
            f = p->in;
            f->pts = i;
            f->pict_type = i % p->t->plan->gop ? AV_PICTURE_TYPE_NONE : AV_PICTURE_TYPE_I;
        }
        int rc = avcodec_send_frame(p->enc, f);
        av_frame_unref(p->in);
        rc = rc < 0 ? err_set(reterr, ERR_INTERNAL, "x264: %s", av_err2str(rc)) : packets_pass(p, reterr);
        if (rc < 0)
            return rc;
    }
    avcodec_send_packet(p->dec, NULL);
    return pictures_take(p, reterr);
}

int trial_run(struct trial *t, struct err *reterr) {
    struct pass p = {.t = t};
    t->bytes = 0;
    int rc = pass_open(&p, reterr);
    if (rc == 0)
        rc = shot_encode(&p, reterr);
    if (rc == 0 && p.shown != t->n)
        rc = err_set(reterr, ERR_INTERNAL, "a trial of %d pictures gave %d", t->n, p.shown);
    t->loss = p.compared ? p.sum / p.compared : 0;
    pass_done(&p);
    return rc;
}
