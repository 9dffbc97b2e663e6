/* formats.c - through libavcodec's encoders (libwebp, libaom, png) and libavformat's AVIF muxer. */
#include "media/image/formats.h"
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

static int none(struct err *reterr, const AVFrame *f) {
    return err_set(reterr, ERR_NO_MEMORY, "no memory for a picture of %dx%d", f ? f->width : 0, f ? f->height : 0);
}

static AVFrame *frame_new(int w, int h, enum AVPixelFormat format) {
    AVFrame *f = av_frame_alloc();
    if (!f)
        return NULL;
    f->width = w;
    f->height = h;
    f->format = format;
    if (av_frame_get_buffer(f, 0) < 0)
        av_frame_free(&f);
    return f;
}

/* The deprecated full-range formats are their plain twins; the range is told apart. */
static enum AVPixelFormat plain(const AVFrame *f, bool *ret_full) {
    *ret_full = true;
    switch (f->format) {
    case AV_PIX_FMT_YUVJ420P: return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P: return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P: return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P: return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P: return AV_PIX_FMT_YUV411P;
    default: break;
    }
    *ret_full = f->color_range == AVCOL_RANGE_JPEG;
    return f->format;
}

static struct SwsContext *context(int in_w, int in_h, enum AVPixelFormat in, bool in_full, int w, int h,
                                  enum AVPixelFormat out, int flags) {
    struct SwsContext *c = sws_alloc_context();
    if (!c)
        return NULL;
    av_opt_set_int(c, "srcw", in_w, 0);
    av_opt_set_int(c, "srch", in_h, 0);
    av_opt_set_int(c, "src_format", in, 0);
    av_opt_set_int(c, "src_range", in_full, 0);
    av_opt_set_int(c, "dstw", w, 0);
    av_opt_set_int(c, "dsth", h, 0);
    av_opt_set_int(c, "dst_format", out, 0);
    av_opt_set_int(c, "dst_range", 1, 0);
    av_opt_set_int(c, "sws_flags", flags | SWS_ACCURATE_RND, 0);
    if (sws_init_context(c, NULL, NULL) >= 0)
        return c;
    sws_freeContext(c);
    return NULL;
}

int rgba_from(const AVFrame *in, AVFrame **ret_f, struct err *reterr) {
    bool full;
    enum AVPixelFormat format = plain(in, &full);
    AVFrame *f = frame_new(in->width, in->height, AV_PIX_FMT_RGBA);
    struct SwsContext *c = context(in->width, in->height, format, full, in->width, in->height, AV_PIX_FMT_RGBA,
                                   SWS_BICUBIC | SWS_FULL_CHR_H_INT);
    if (!f || !c) {
        sws_freeContext(c);
        av_frame_free(&f);
        return err_refuse(reterr, ERR_BAD_MEDIA, "artwork.colours",
                          "The picture's colours are of a kind that cannot be read. Export it as 8-bit RGB.",
                          "no way from pixel format %d", in->format);
    }
    /* Pictures are BT.601 (JFIF, WebP), frames of films what they say. */
    const int *from = sws_getCoefficients(in->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    sws_setColorspaceDetails(c, from, full, sws_getCoefficients(SWS_CS_ITU601), 1, 0, 1 << 16, 1 << 16);
    sws_scale(c, (const uint8_t *const *)in->data, in->linesize, 0, in->height, f->data, f->linesize);
    sws_freeContext(c);
    *ret_f = f;
    return 0;
}

int rgba_scale(const AVFrame *rgba, int x, int y, int in_w, int in_h, int w, int h, AVFrame **ret_f, struct err *reterr) {
    AVFrame *f = frame_new(w, h, AV_PIX_FMT_RGBA);
    struct SwsContext *c = context(in_w, in_h, AV_PIX_FMT_RGBA, true, w, h, AV_PIX_FMT_RGBA,
                                   in_w > w * 3 / 2 ? SWS_AREA : SWS_LANCZOS);
    if (!f || !c) {
        sws_freeContext(c);
        av_frame_free(&f);
        return none(reterr, rgba);
    }
    const uint8_t *src[4] = {rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0] + (ptrdiff_t)x * 4, NULL, NULL, NULL};
    sws_scale(c, src, rgba->linesize, 0, in_h, f->data, f->linesize);
    sws_freeContext(c);
    *ret_f = f;
    return 0;
}

void rgba_flatten(AVFrame *f) {
    for (int y = 0; y < f->height; y++) {
        uint8_t *p = f->data[0] + (ptrdiff_t)y * f->linesize[0];
        for (int x = 0; x < f->width; x++, p += 4) {
            if (p[3] == 255)
                continue;
            for (int c = 0; c < 3; c++)
                p[c] = (uint8_t)(p[c] * p[3] / 255);
            p[3] = 255;
        }
    }
}

bool rgba_is_opaque(const AVFrame *f) {
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++)
            if (f->data[0][(ptrdiff_t)y * f->linesize[0] + (ptrdiff_t)x * 4 + 3] != 255)
                return false;
    return true;
}

int rgba_upright(AVFrame **io, int orientation, struct err *reterr) {
    AVFrame *in = *io;
    bool turned = orientation >= 5;
    if (orientation < 2 || orientation > 8)
        return 0;
    AVFrame *f = frame_new(turned ? in->height : in->width, turned ? in->width : in->height, AV_PIX_FMT_RGBA);
    if (!f)
        return none(reterr, in);
    bool mirror_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool mirror_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            int u = turned ? y : x, v = turned ? x : y; /* of the stored picture */
            u = mirror_x ? in->width - 1 - u : u;
            v = mirror_y ? in->height - 1 - v : v;
            memcpy(f->data[0] + (ptrdiff_t)y * f->linesize[0] + (ptrdiff_t)x * 4,
                   in->data[0] + (ptrdiff_t)v * in->linesize[0] + (ptrdiff_t)u * 4, 4);
        }
    av_frame_free(io);
    *io = f;
    return 0;
}

int yuv_from(const AVFrame *rgba, AVFrame **ret_f, struct err *reterr) {
    AVFrame *f = frame_new(rgba->width, rgba->height, AV_PIX_FMT_YUV420P);
    struct SwsContext *c = context(rgba->width, rgba->height, AV_PIX_FMT_RGBA, true, rgba->width, rgba->height,
                                   AV_PIX_FMT_YUV420P, SWS_BICUBIC);
    if (!f || !c) {
        sws_freeContext(c);
        av_frame_free(&f);
        return none(reterr, rgba);
    }
    const int *bt601 = sws_getCoefficients(SWS_CS_ITU601);
    sws_setColorspaceDetails(c, bt601, 1, bt601, 1, 0, 1 << 16, 1 << 16);
    sws_scale(c, (const uint8_t *const *)rgba->data, rgba->linesize, 0, rgba->height, f->data, f->linesize);
    sws_freeContext(c);
    f->color_range = AVCOL_RANGE_JPEG;
    *ret_f = f;
    return 0;
}

/* ---- Encoders ---- */

struct coder {
    AVCodecContext *c;
    AVPacket *pkt;
    AVDictionary *options;
};

static void coder_done(struct coder *k) {
    avcodec_free_context(&k->c);
    av_packet_free(&k->pkt);
    av_dict_free(&k->options);
}

static int coder_new(struct coder *k, const AVCodec *codec, const AVFrame *f, enum AVPixelFormat format) {
    k->c = codec ? avcodec_alloc_context3(codec) : NULL;
    k->pkt = av_packet_alloc();
    if (!k->c || !k->pkt)
        return AVERROR(ENOMEM);
    k->c->width = f->width;
    k->c->height = f->height;
    k->c->pix_fmt = format;
    k->c->time_base = (AVRational){1, 25};
    k->c->flags |= AV_CODEC_FLAG_BITEXACT;
    k->c->thread_count = 2;
    return 0;
}

/* One picture in, one packet out. */
static int coder_run(struct coder *k, const AVFrame *f) {
    AVFrame *copy = av_frame_clone(f);
    if (!copy)
        return AVERROR(ENOMEM);
    copy->pts = 0;
    copy->pict_type = AV_PICTURE_TYPE_NONE;
    int rc = avcodec_open2(k->c, k->c->codec, &k->options);
    if (rc >= 0)
        rc = avcodec_send_frame(k->c, copy);
    if (rc >= 0)
        rc = avcodec_send_frame(k->c, NULL);
    if (rc >= 0)
        rc = avcodec_receive_packet(k->c, k->pkt);
    av_frame_free(&copy);
    return rc;
}

static int ended(int rc, const struct buf *out, const AVFrame *f, const char *what, struct err *reterr) {
    if (rc >= 0 && !out->failed)
        return 0;
    return err_set(reterr, rc == AVERROR(ENOMEM) || out->failed ? ERR_NO_MEMORY : ERR_INTERNAL, "%s of %dx%d: %d", what,
                   f->width, f->height, rc);
}

int png_encode(const AVFrame *rgba, struct buf *out, struct err *reterr) {
    scoped(coder_done) struct coder k = {0};
    int rc = coder_new(&k, avcodec_find_encoder(AV_CODEC_ID_PNG), rgba, AV_PIX_FMT_RGBA);
    if (rc >= 0)
        rc = coder_run(&k, rgba);
    if (rc >= 0)
        buf_mem(out, k.pkt->data, (size_t)k.pkt->size);
    return ended(rc, out, rgba, "PNG", reterr);
}

/* libwebp takes its RGB the other way round. */
static AVFrame *bgra_of(const AVFrame *rgba) {
    AVFrame *f = frame_new(rgba->width, rgba->height, AV_PIX_FMT_RGB32);
    for (int y = 0; f && y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            const uint8_t *p = rgba->data[0] + (ptrdiff_t)y * rgba->linesize[0] + (ptrdiff_t)x * 4;
            uint32_t v = (uint32_t)p[3] << 24 | (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
            memcpy(f->data[0] + (ptrdiff_t)y * f->linesize[0] + (ptrdiff_t)x * 4, &v, 4);
        }
    return f;
}

int webp_encode(const AVFrame *rgba, int quality, struct buf *out, struct err *reterr) {
    scoped(coder_done) struct coder k = {0};
    AVFrame *f = bgra_of(rgba);
    int rc = f ? coder_new(&k, avcodec_find_encoder_by_name("libwebp"), f, AV_PIX_FMT_RGB32) : AVERROR(ENOMEM);
    if (rc >= 0) {
        k.c->flags |= AV_CODEC_FLAG_QSCALE;
        k.c->global_quality = quality * FF_QP2LAMBDA;
        av_dict_set_int(&k.options, "quality", quality, 0);
        av_dict_set_int(&k.options, "compression_level", 4, 0);
        rc = coder_run(&k, f);
    }
    if (rc >= 0)
        buf_mem(out, k.pkt->data, (size_t)k.pkt->size);
    av_frame_free(&f);
    return ended(rc, out, rgba, "WebP", reterr);
}

static int avif_mux(const struct coder *k, struct buf *out) {
    AVFormatContext *m = NULL;
    uint8_t *bytes = NULL;
    int rc = avformat_alloc_output_context2(&m, NULL, "avif", NULL);
    AVStream *st = rc >= 0 ? avformat_new_stream(m, NULL) : NULL;
    if (!st || avio_open_dyn_buf(&m->pb) < 0) {
        avformat_free_context(m);
        return AVERROR(ENOMEM);
    }
    st->time_base = k->c->time_base;
    m->flags |= AVFMT_FLAG_BITEXACT;
    rc = avcodec_parameters_from_context(st->codecpar, k->c);
    if (rc >= 0)
        rc = avformat_write_header(m, NULL);
    if (rc >= 0)
        rc = av_write_frame(m, k->pkt);
    if (rc >= 0)
        rc = av_write_trailer(m);
    int n = avio_close_dyn_buf(m->pb, &bytes);
    m->pb = NULL;
    if (rc >= 0 && n > 0)
        buf_mem(out, bytes, (size_t)n);
    av_free(bytes);
    avformat_free_context(m);
    return rc;
}

int avif_encode(const AVFrame *yuv, struct buf *out, struct err *reterr) {
    const AVCodec *codec = avcodec_find_encoder_by_name("libaom-av1");
    scoped(coder_done) struct coder k = {0};
    if (!codec || !av_guess_format("avif", NULL, NULL))
        return 0;
    int rc = coder_new(&k, codec, yuv, AV_PIX_FMT_YUV420P);
    if (rc >= 0) {
        k.c->color_range = AVCOL_RANGE_JPEG;
        k.c->colorspace = AVCOL_SPC_SMPTE170M;
        k.c->color_primaries = AVCOL_PRI_BT709;
        k.c->color_trc = AVCOL_TRC_IEC61966_2_1;
        k.c->gop_size = 0;
        k.c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER; /* the box av1C is made of it; browsers refuse a file whose one is empty */
        av_dict_set_int(&k.options, "still-picture", 1, 0);
        av_dict_set(&k.options, "usage", "allintra", 0);
        av_dict_set_int(&k.options, "cpu-used", 8, 0);
        av_dict_set_int(&k.options, "crf", 28, 0);
        av_dict_set_int(&k.options, "row-mt", 1, 0);
        rc = coder_run(&k, yuv);
    }
    if (rc >= 0)
        rc = avif_mux(&k, out);
    return ended(rc, out, yuv, "AVIF", reterr);
}
