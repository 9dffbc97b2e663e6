/* jpeg.c - pictures as JPEG through libavcodec. */
#include "media/encode/scale.h"
#include "media/image/image_int.h"
#include <errno.h>
#include <unistd.h>

enum { QSCALE = 3 }; /* about quality 85 of the common scale */

int picture_scale(const AVFrame *in, struct crop c, int w, int h, AVFrame **ret_f, struct err *reterr) {
    AVFrame *f = av_frame_alloc();
    if (!f)
        return err_set(reterr, ERR_NO_MEMORY, "picture");
    f->width = w;
    f->height = h;
    f->format = AV_PIX_FMT_YUV420P;
    f->color_range = AVCOL_RANGE_JPEG;
    int shrink = c.w > w * 3 / 2 ? SWS_AREA : SWS_BICUBIC;
    struct SwsContext *sws = scale_context(c.w, c.h, AV_PIX_FMT_YUV420P, false, w, h, AV_PIX_FMT_YUV420P, true, shrink);
    if (!sws || av_frame_get_buffer(f, 0) < 0) {
        sws_freeContext(sws);
        av_frame_free(&f);
        return err_set(reterr, ERR_NO_MEMORY, "picture of %dx%d", w, h);
    }
    /* JPEG means BT.601 at full range (JFIF 1.02); films are BT.709 or 601 at video range. */
    const int *from = sws_getCoefficients(in->colorspace == AVCOL_SPC_BT709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
    sws_setColorspaceDetails(sws, from, 0, sws_getCoefficients(SWS_CS_ITU601), 1, 0, 1 << 16, 1 << 16);
    const uint8_t *src[4] = {in->data[0] + (ptrdiff_t)c.y * in->linesize[0] + c.x,
                             in->data[1] + (ptrdiff_t)(c.y / 2) * in->linesize[1] + c.x / 2,
                             in->data[2] + (ptrdiff_t)(c.y / 2) * in->linesize[2] + c.x / 2, NULL};
    sws_scale(sws, src, in->linesize, 0, c.h, f->data, f->linesize);
    sws_freeContext(sws);
    *ret_f = f;
    return 0;
}

int jpeg_encode(const AVFrame *f, struct buf *out, struct err *reterr) {
    AVCodecContext *c = avcodec_alloc_context3(avcodec_find_encoder(AV_CODEC_ID_MJPEG));
    AVPacket *pkt = av_packet_alloc();
    AVFrame *copy = av_frame_clone(f);
    int rc = c && pkt && copy ? 0 : AVERROR(ENOMEM);
    if (rc >= 0) {
        c->width = f->width;
        c->height = f->height;
        c->pix_fmt = copy->format = AV_PIX_FMT_YUVJ420P;
        c->color_range = AVCOL_RANGE_JPEG;
        c->time_base = (AVRational){1, 25};
        c->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
        c->global_quality = copy->quality = QSCALE * FF_QP2LAMBDA;
        c->thread_count = 1;
        copy->pts = 0;
        copy->pict_type = AV_PICTURE_TYPE_NONE;
        rc = avcodec_open2(c, NULL, NULL);
    }
    if (rc >= 0)
        rc = avcodec_send_frame(c, copy);
    if (rc >= 0)
        rc = avcodec_receive_packet(c, pkt);
    if (rc >= 0)
        buf_mem(out, pkt->data, (size_t)pkt->size);
    avcodec_free_context(&c);
    av_packet_free(&pkt);
    av_frame_free(&copy);
    if (rc >= 0 && !out->failed)
        return 0;
    return err_set(reterr, rc == AVERROR(ENOMEM) || out->failed ? ERR_NO_MEMORY : ERR_INTERNAL,
                   "JPEG of %dx%d", f->width, f->height);
}

int outfile_open(int fd, struct outfile *ret_o, struct err *reterr) {
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return err_errno(reterr, errno, "picture file");
    *ret_o = (struct outfile){fd, end};
    return 0;
}

int outfile_add(struct outfile *o, const struct buf *b, int64_t *ret_offset, struct err *reterr) {
    for (size_t done = 0; done < b->n;) {
        ssize_t n = pwrite(o->fd, b->p + done, b->n - done, (off_t)(o->size + (int64_t)done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(reterr, n ? errno : ENOSPC, "writing a picture");
        done += (size_t)n;
    }
    *ret_offset = o->size;
    o->size += (int64_t)b->n;
    return 0;
}
