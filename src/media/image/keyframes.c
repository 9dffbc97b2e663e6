/* keyframes.c - decodes single keyframes of an elementary file. */
#include "media/image/image_int.h"
#include <errno.h>
#include <unistd.h>

enum { KEYFRAMES_MAX = 1 << 20 };

static int decoder_open(struct keyframes *k, const struct es_format *f, struct err *reterr) {
    if (k->dec)
        return 0; /* every chunk repeats the same parameters */
    if (f->codec != ES_H264)
        return err_set(reterr, ERR_INVALID, "pictures are asked of a sound track");
    k->dec = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
    uint8_t *extra = av_mallocz(f->n_extra + AV_INPUT_BUFFER_PADDING_SIZE);
    if (!k->dec || !extra) {
        av_free(extra);
        return err_set(reterr, ERR_NO_MEMORY, "decoder");
    }
    k->dec->extradata = memcpy(extra, f->extra, f->n_extra);
    k->dec->extradata_size = (int)f->n_extra;
    k->dec->thread_count = 1;
    k->format = *f;
    k->format.extra = NULL;
    int rc = avcodec_open2(k->dec, NULL, NULL);
    return rc < 0 ? err_set(reterr, ERR_INTERNAL, "H.264 decoder: %s", av_err2str(rc)) : 0;
}

static int keyframe_add(struct keyframes *k, const struct es_packet *p, struct err *reterr) {
    if (k->n >= KEYFRAMES_MAX)
        return err_set(reterr, ERR_LIMIT, "too many keyframes");
    if ((k->n & (k->n - 1)) == 0) {
        struct keyframe *l = realloc(k->list, MAX(k->n * 2, 16) * sizeof(*l));
        if (!l)
            return err_set(reterr, ERR_NO_MEMORY, "keyframes");
        k->list = l;
    }
    k->list[k->n++] = (struct keyframe){p->pts, p->offset, p->size};
    return 0;
}

int keyframes_open(int fd, struct keyframes *ret_k, struct err *reterr) {
    struct keyframes k = {.fd = fd};
    struct es_record r = {.kind = ES_FORMAT};
    int rc = es_reader_new(fd, &k.reader, reterr);
    while (rc == 0) {
        rc = es_read(k.reader, false, &r, reterr);
        if (rc < 0 || r.kind == ES_END)
            break;
        if (r.kind == ES_FORMAT)
            rc = decoder_open(&k, &r.format, reterr);
        else if (r.packet.flags & ES_KEY)
            rc = keyframe_add(&k, &r.packet, reterr);
    }
    if (rc == 0 && !k.n)
        rc = err_set(reterr, ERR_CORRUPT, "no keyframe in the elementary file");
    k.duration = r.kind == ES_END ? r.play_duration : 0;
    if (rc < 0)
        keyframes_done(&k);
    else
        *ret_k = k;
    return rc;
}

void keyframes_done(struct keyframes *k) {
    es_reader_freep(&k->reader);
    avcodec_free_context(&k->dec);
    free(k->list);
    k->list = NULL;
}

static int packet_read(const struct keyframes *k, const struct keyframe *at, AVPacket *pkt,
                       struct err *reterr) {
    if (av_new_packet(pkt, (int)at->size) < 0)
        return err_set(reterr, ERR_NO_MEMORY, "packet");
    ssize_t n = pread(k->fd, pkt->data, at->size, (off_t)at->offset);
    pkt->flags |= AV_PKT_FLAG_KEY;
    pkt->pts = at->pts;
    if (n < 0)
        return err_errno(reterr, errno, "reading a keyframe");
    return (size_t)n == at->size ? 0 : err_set(reterr, ERR_CORRUPT, "a keyframe is cut off");
}

int keyframes_decode(struct keyframes *k, size_t i, AVFrame **ret_f, struct err *reterr) {
    AVPacket *pkt = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    int rc = pkt && f ? packet_read(k, &k->list[i], pkt, reterr)
                      : err_set(reterr, ERR_NO_MEMORY, "keyframe");
    if (rc == 0) {
        int got = avcodec_send_packet(k->dec, pkt);
        if (got >= 0)
            got = avcodec_send_packet(k->dec, NULL);
        if (got >= 0)
            got = avcodec_receive_frame(k->dec, f);
        if (got < 0)
            rc = err_set(reterr, ERR_CORRUPT, "keyframe %zu does not decode: %s", i, av_err2str(got));
        avcodec_flush_buffers(k->dec);
    }
    av_packet_free(&pkt);
    if (rc < 0)
        av_frame_free(&f);
    else
        *ret_f = f;
    return rc;
}
