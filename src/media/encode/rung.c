/*
 * rung.c - one rendition: frames in, samples out. Every chunk has an encoder of its own, which begins with
 * what the chunk before has left in the decoder's buffer (ISO/IEC 14496-10 annex C): the rate's ceiling holds over
 * joints too. A resumed run reads that from the file, so that its bytes are those of an undisturbed one.
 */
#include "base/buf.h"
#include "media/encode/encode_int.h"

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

static int encoder_new(struct rung *r, int64_t first, struct encoder **ret_e, struct err *reterr) {
    const AVCodec *codec = avcodec_find_encoder_by_name(r->codec->encoder);
    if (!codec)
        return err_set(reterr, ERR_INTERNAL, "this libavcodec has no %s: install the distribution's", r->codec->encoder);
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

static int format_write(struct encoder *e, struct err *reterr) {
    const struct rung *r = e->rung;
    const struct video_plan *p = r->job->plan;
    scoped(buf_done) struct buf config = BUF(ES_MAX_EXTRA);
    int rc = r->codec->config(&config, e->c->extradata, (size_t)MAX(e->c->extradata_size, 0), p, r->plan, reterr);
    if (rc < 0)
        return rc;
    struct es_format f = {
        .codec = r->plan->codec, .timescale = (uint32_t)p->timescale, .width = r->plan->width,
        .height = r->plan->height, .fps = p->fps, .extra = config.p, .n_extra = config.n,
    };
    e->wrote_format = true;
    return es_write_format(r->out, &f, reterr);
}

static int packet_write(struct encoder *e, struct err *reterr) {
    struct rung *r = e->rung;
    const struct video_plan *p = r->job->plan;
    bool key = e->pkt->flags & AV_PKT_FLAG_KEY;
    int64_t shown = e->first + e->pkt->pts, order = r->packets, delay = r->codec->reorder;
    if (key != (e->pkt->pts % p->gop == 0) || shown < order - delay)
        return err_set(reterr, ERR_INTERNAL, "%s put %s at frame %lld (packet %lld, GOP %d)", r->codec->name,
                       key ? "a keyframe" : "no keyframe", (long long)shown, (long long)order, p->gop);
    int rc = e->wrote_format ? 0 : format_write(e, reterr);
    if (rc == 0 && !(e->pkt->size = (int)r->codec->strip(e->pkt->data, (size_t)e->pkt->size)))
        rc = err_set(reterr, ERR_INTERNAL, "%s gave a packet that does not parse at frame %lld", r->codec->name, (long long)shown);
    if (rc < 0)
        return rc;
    struct es_packet out = {
        .pts = shown * p->frame_duration, .dts = (order - delay) * p->frame_duration,
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
    const struct rung *r = e->rung;
    int rc;
    while ((rc = avcodec_receive_packet(e->c, e->pkt)) >= 0) {
        rc = packet_write(e, reterr);
        av_packet_unref(e->pkt);
        if (rc < 0)
            return rc;
    }
    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
        return 0;
    return err_set(reterr, ERR_INTERNAL, "%s: %s", r->codec->name, av_err2str(rc));
}

static int encoder_flush(struct encoder *e, struct err *reterr) {
    struct rung *r = e->rung;
    uint64_t size = 0;
    int rc = avcodec_send_frame(e->c, NULL);
    rc = rc < 0 ? err_set(reterr, ERR_INTERNAL, "%s: %s", r->codec->name, av_err2str(rc)) : packets_take(e, reterr);
    if (rc == 0 && e->out != e->in)
        rc = err_set(reterr, ERR_INTERNAL, "%s took %lld frames and gave %lld", r->codec->name, (long long)e->in,
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
        return err_set(reterr, ERR_INTERNAL, "%s: %s", r->codec->name, av_err2str(rc));
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
