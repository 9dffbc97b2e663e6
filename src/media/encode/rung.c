/*
 * rung.c - one rendition: frames in, H.264 samples out. Every chunk has an encoder of its own, which begins with
 * what the chunk before has left in the decoder's buffer (ISO/IEC 14496-10 annex C): the rate's ceiling holds over
 * joints too. A resumed run reads that from the file, so that its bytes are those of an undisturbed one.
 */
#include "base/buf.h"
#include "media/encode/encode_int.h"
#include <libavutil/opt.h>

struct encoder {
    struct rung *rung;
    AVCodecContext *c;
    AVPacket *pkt;
    int chunk;
    int64_t first;               /* frame number of the chunk's first */
    int64_t in, out;             /* frames and packets of this chunk */
    bool wrote_format;
};

static void encoder_free(struct encoder *e) {
    if (!e)
        return;
    avcodec_free_context(&e->c);
    av_packet_free(&e->pkt);
    free(e);
}

int64_t rung_buffer_begin(const struct rung_plan *r) { return r->bufsize / 10 * 9; }

int64_t rung_buffer_pass(const struct rung_plan *r, struct ratio fps, int64_t level, size_t packet_bytes) {
    level -= (int64_t)packet_bytes * 8 * fps.num;
    return MIN(MAX(level, 0) + r->maxrate * fps.den, r->bufsize * fps.num);
}

static void buffer_pass(struct rung *r, size_t size) {
    r->buffer = rung_buffer_pass(r->plan, r->job->plan->fps, r->buffer, size);
}

/* What the packets before a resumed run's first have left. */
static int buffer_resume(struct rung *r, struct err *reterr) {
    scoped(es_reader_freep) struct es_reader *es = NULL;
    struct es_record rec;
    int64_t n = r->job->file_frame;
    r->buffer = r->begin;
    int rc = r->packets > n ? es_reader_new(r->fd, &es, reterr) : 0;
    while (rc == 0 && n < r->packets) {
        rc = es_read(es, false, &rec, reterr);
        if (rc == 0 && rec.kind == ES_END)
            rc = err_set(reterr, ERR_CORRUPT, "a rendition ends before its checkpoint");
        if (rc == 0 && rec.kind == ES_PACKET) {
            buffer_pass(r, rec.packet.size);
            n++;
        }
    }
    return rc;
}

int rung_encoder_open(AVCodecContext *c, const struct video_plan *p, const struct rung_plan *r, int64_t buffer,
                      struct err *reterr) {
    AVDictionary *o = NULL;
    c->width = r->width;
    c->height = r->height;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->time_base = (AVRational){(int)p->fps.den, (int)p->fps.num};
    c->framerate = (AVRational){(int)p->fps.num, (int)p->fps.den};
    c->sample_aspect_ratio = (AVRational){1, 1};
    c->color_primaries = p->primaries;
    c->color_trc = p->transfer;
    c->colorspace = p->matrix;
    c->color_range = AVCOL_RANGE_MPEG;
    c->chroma_sample_location = AVCHROMA_LOC_LEFT;
    c->gop_size = c->keyint_min = p->gop;
    if (r->maxrate) {
        c->rc_max_rate = r->maxrate;
        c->rc_buffer_size = (int)r->bufsize;
        c->rc_initial_buffer_occupancy = (int)MAX(buffer, 1); /* 0 would be the default */
    }
    c->thread_count = r->threads;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP;
    av_dict_set(&o, "preset", p->preset, 0);
    av_dict_set(&o, "profile", *r->profile ? r->profile : "high", 0);
    char crf[32];
    snprintf(crf, sizeof(crf), "%g", r->crf);
    av_dict_set(&o, "crf", crf, 0);
    av_dict_set(&o, "sc_threshold", "0", 0);
    av_dict_set(&o, "forced-idr", "1", 0);
    av_dict_set(&o, "a53cc", "0", 0);
    /* NAL units with lengths, as ISO/IEC 14496-15 stores them; headers that do not depend on the content. */
    av_dict_set(&o, "x264-params", "annexb=0:stitchable=1", 0);
    int rc = avcodec_open2(c, NULL, &o);
    av_dict_free(&o);
    return rc < 0 ? err_set(reterr, rc == AVERROR(ENOMEM) ? ERR_NO_MEMORY : ERR_INTERNAL,
                            "x264 for %dx%d: %s", r->width, r->height, av_err2str(rc))
                  : 0;
}

static int encoder_new(struct rung *r, int64_t first, struct encoder **ret_e, struct err *reterr) {
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    if (!codec)
        return err_set(reterr, ERR_INTERNAL, "this libavcodec has no libx264: install the distribution's");
    struct encoder *e = calloc(1, sizeof(*e));
    if (!e)
        return err_set(reterr, ERR_NO_MEMORY, "encoder");
    *e = (struct encoder){.rung = r, .first = first, .chunk = (int)(first / r->job->plan->chunk_frames)};
    e->c = avcodec_alloc_context3(codec);
    e->pkt = av_packet_alloc();
    int rc = e->c && e->pkt ? rung_encoder_open(e->c, r->job->plan, r->plan, r->buffer / r->job->plan->fps.num, reterr)
                            : err_set(reterr, ERR_NO_MEMORY, "encoder");
    if (rc < 0) {
        encoder_free(e);
        return rc;
    }
    *ret_e = e;
    return 0;
}

/* AVCDecoderConfigurationRecord (ISO/IEC 14496-15 clause 5.3.3.1) from parameter sets with 4-byte lengths. */
int rung_avcc_write(struct buf *b, const uint8_t *p, size_t n, struct err *reterr) {
    const uint8_t *set[2] = {NULL, NULL};
    size_t len[2] = {0, 0};
    while (n > 4) {
        size_t k = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (k == 0 || k > n - 4)
            break;
        int which = (p[4] & 31) == 7 ? 0 : (p[4] & 31) == 8 ? 1 : -1;
        if (which >= 0) {
            set[which] = p + 4;
            len[which] = k;
        }
        p += 4 + k;
        n -= 4 + k;
    }
    if (len[0] < 4 || !len[1] || len[0] > 0xffff || len[1] > 0xffff)
        return err_set(reterr, ERR_INTERNAL, "x264 gave no parameter sets");
    buf_byte(b, 1);
    buf_mem(b, set[0] + 1, 3); /* profile, constraints, level */
    buf_byte(b, 0xff);         /* lengths of 4 bytes */
    buf_byte(b, 0xe1);
    buf_be16(b, (uint16_t)len[0]);
    buf_mem(b, set[0], len[0]);
    buf_byte(b, 1);
    buf_be16(b, (uint16_t)len[1]);
    buf_mem(b, set[1], len[1]);
    if (set[0][1] >= 100)
        buf_mem(b, "\xfd\xf8\xf8\0", 4); /* 4:2:0, 8 bits */
    return 0;
}

static int format_write(struct encoder *e, struct err *reterr) {
    const struct video_plan *p = e->rung->job->plan;
    scoped(buf_done) struct buf avcc = BUF(ES_MAX_EXTRA);
    int rc = rung_avcc_write(&avcc, e->c->extradata, (size_t)MAX(e->c->extradata_size, 0), reterr);
    if (rc < 0)
        return rc;
    struct es_format f = {
        .codec = ES_H264, .timescale = (uint32_t)p->timescale, .width = e->rung->plan->width,
        .height = e->rung->plan->height, .fps = p->fps, .extra = avcc.p, .n_extra = avcc.n,
    };
    e->wrote_format = true;
    return es_write_format(e->rung->out, &f, reterr);
}

static int packet_write(struct encoder *e, struct err *reterr) {
    struct rung *r = e->rung;
    const struct video_plan *p = r->job->plan;
    bool key = e->pkt->flags & AV_PKT_FLAG_KEY;
    int64_t shown = e->first + e->pkt->pts, order = r->packets;
    if (key != (e->pkt->pts % p->gop == 0) || shown < order - REORDER_DELAY)
        return err_set(reterr, ERR_INTERNAL, "x264 put %s at frame %lld (packet %lld, GOP %d)",
                       key ? "a keyframe" : "no keyframe", (long long)shown, (long long)order, p->gop);
    int rc = e->wrote_format ? 0 : format_write(e, reterr);
    if (rc < 0)
        return rc;
    struct es_packet out = {
        .pts = shown * p->frame_duration, .dts = (order - REORDER_DELAY) * p->frame_duration,
        .duration = (uint32_t)p->frame_duration, .flags = key ? ES_KEY : 0, .data = e->pkt->data,
        .size = (size_t)e->pkt->size,
    };
    rc = es_write_packet(r->out, &out, reterr);
    buffer_pass(r, out.size);
    r->packets++;
    e->out++;
    if (r->i == p->n_rungs - 1)
        atomic_fetch_add(&r->job->frames_out, 1);
    return rc;
}

static int packets_take(struct encoder *e, struct err *reterr) {
    int rc;
    while ((rc = avcodec_receive_packet(e->c, e->pkt)) >= 0) {
        rc = packet_write(e, reterr);
        av_packet_unref(e->pkt);
        if (rc < 0)
            return rc;
    }
    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
        return 0;
    return err_set(reterr, ERR_INTERNAL, "x264: %s", av_err2str(rc));
}

static int encoder_flush(struct encoder *e, struct err *reterr) {
    struct rung *r = e->rung;
    uint64_t size = 0;
    int rc = avcodec_send_frame(e->c, NULL);
    rc = rc < 0 ? err_set(reterr, ERR_INTERNAL, "x264: %s", av_err2str(rc)) : packets_take(e, reterr);
    if (rc == 0 && e->out != e->in)
        rc = err_set(reterr, ERR_INTERNAL, "x264 took %lld frames and gave %lld", (long long)e->in,
                     (long long)e->out);
    if (rc == 0)
        rc = es_writer_flush(r->out, r->job->sync, &size, reterr);
    /* The film's last chunk is seldom whole; a resumed run could not tell where it ends, so it is made again. */
    if (rc < 0 || e->in < r->job->plan->chunk_frames)
        return rc;
    return job_chunk_done(r->job, r->i, e->chunk, size, reterr);
}

static int chunk_end(struct encoder **e, struct err *reterr) {
    int rc = *e ? encoder_flush(*e, reterr) : 0;
    encoder_free(take(*e));
    return rc;
}

static int frame_encode(struct rung *r, struct encoder **e, AVFrame *f, int64_t n, struct err *reterr) {
    int rc = *e ? 0 : encoder_new(r, n, e, reterr);
    if (rc < 0)
        return rc;
    f->pts = n - (*e)->first; /* from 0 in every chunk: the encoder can't tell where it is in the film */
    f->pict_type = f->pts % r->job->plan->gop ? AV_PICTURE_TYPE_NONE : AV_PICTURE_TYPE_I;
    rc = avcodec_send_frame((*e)->c, f);
    if (rc < 0)
        return err_set(reterr, ERR_INTERNAL, "x264: %s", av_err2str(rc));
    (*e)->in++;
    rc = packets_take(*e, reterr);
    if (rc == 0 && (n + 1) % r->job->plan->chunk_frames == 0)
        rc = chunk_end(e, reterr);
    return rc;
}

static int rung_finish(struct rung *r, struct encoder **e, struct err *reterr) {
    int rc = chunk_end(e, reterr);
    if (rc < 0 || atomic_load(&r->job->failed))
        return rc;
    rc = es_write_end(r->out, r->packets * r->job->plan->frame_duration, reterr);
    return rc < 0 ? rc : es_writer_flush(r->out, r->job->sync, NULL, reterr);
}

void *rung_main(void *arg) {
    struct rung *r = arg;
    struct encoder *e = NULL;
    struct queue_item it;
    struct err err = {0};
    int rc = buffer_resume(r, &err);
    while (rc == 0 && queue_pop(&r->in, &it)) {
        if (!it.frame) {
            rc = rung_finish(r, &e, &err);
            break;
        }
        rc = frame_encode(r, &e, it.frame, it.n, &err);
        av_frame_free(&it.frame);
    }
    encoder_free(e);
    if (rc < 0)
        job_fail(r->job, &err);
    pthread_mutex_lock(&r->job->lock);
    r->job->rungs_ended++;
    pthread_cond_broadcast(&r->job->changed);
    pthread_mutex_unlock(&r->job->lock);
    return NULL;
}
