/*
 * feed.c - from the file to frames at a constant rate. Output frame n is the last picture whose time, to the
 * nearest frame, is not after n: pictures are repeated or left out where the film's own rate wavers. That
 * choice depends on time stamps alone, so that a resumed run repeats it.
 *
 * Where pulldown is taken out this makes the frames of 30 a second first, and filters take one of each five: the cycles are
 * counted from the film's first frame, and a run that begins in the middle begins some cycles before.
 */
#include "media/encode/encode_int.h"

enum { CYCLE = 5, CYCLES_BEFORE = 8, TICKS = 4 /* a frame before, so that five are one behind */, SEEK_MARGIN_MS = 1500, FRAMES_MAX_HOURS = 24, ERRORS_MAX = 100000 };

struct feed {
    const struct video_plan *p;
    struct source *s;
    AVCodecContext *dec;
    struct picture_filter *filter;
    AVFrame *cur, *in, *out;
    int64_t next;               /* frame number to be emitted next */
    struct ratio fps;           /* of these frames: the plan's, or what it was before pulldown is taken out */
    int64_t max;                /* of them; 0: all */
    int64_t out_next;           /* behind the filters that take pulldown out */
    int64_t cur_index, cur_length;
    int64_t last_length;        /* frames that the latest decoded picture lasts */
    int64_t last_pts, last_end; /* of that picture, stream time base; AV_NOPTS_VALUE: not known */
    bool brief;                 /* the source has more pictures than the grid */
    int64_t first_index;        /* of the first picture seen; INT64_MAX: none */
    int64_t limit;
    bool sought, full;          /* full: max_frames were emitted */
    int (*emit)(void *arg, AVFrame *f, int64_t n, struct err *reterr);
    void *arg;
    struct feed_stats *stats;
};

static void feed_close(struct feed *f) {
    picture_filter_free(f->filter);
    f->filter = NULL;
    avcodec_free_context(&f->dec);
    source_freep(&f->s);
    av_frame_free(&f->cur);
    av_frame_free(&f->in);
    av_frame_free(&f->out);
}

static int feed_open(struct feed *f, int fd, struct err *reterr) {
    int rc = source_open(fd, 0, 0, &f->s, reterr);
    if (rc < 0)
        return rc;
    if (f->p->stream >= (int)f->s->fmt->nb_streams ||
        f->s->fmt->streams[f->p->stream]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO)
        return err_set(reterr, ERR_INVALID, "the plan's stream %d is not this file's picture",
                       f->p->stream);
    source_want(f->s, f->p->stream);
    f->cur = av_frame_alloc();
    f->in = av_frame_alloc();
    f->out = av_frame_alloc();
    if (!f->cur || !f->in || !f->out)
        return err_set(reterr, ERR_NO_MEMORY, "frames");
    f->cur_index = -1;
    f->first_index = INT64_MAX;
    f->last_length = 1;
    f->last_pts = f->last_end = AV_NOPTS_VALUE;
    return source_decoder(f->s, f->p->stream, 0, &f->dec, reterr);
}

/* Only containers whose index is exact; elsewhere the film is decoded from its beginning. */
static bool source_seeks(const struct source *s) {
    const char *name = s->fmt->iformat->name;
    return s->size >= 0 && (strstr(name, "mp4") || strstr(name, "matroska"));
}

int feed_seeks(int fd, bool *ret, struct err *reterr) {
    struct source *s = NULL;
    int rc = source_open(fd, 0, 0, &s, reterr);
    *ret = rc == 0 && source_seeks(s);
    source_freep(&s);
    return rc;
}

static void feed_seek(struct feed *f, int64_t first) {
    if (first == 0 || !source_seeks(f->s))
        return;
    AVRational tb = f->s->fmt->streams[f->p->stream]->time_base;
    int64_t at = av_rescale_q(first, (AVRational){(int)f->fps.den, (int)f->fps.num}, tb) +
                 f->p->start_pts - av_rescale_q(SEEK_MARGIN_MS, (AVRational){1, 1000}, tb);
    if (at > f->p->start_pts && av_seek_frame(f->s->fmt, f->p->stream, at, AVSEEK_FLAG_BACKWARD) >= 0)
        f->sought = true;
}

static int64_t index_at(const struct feed *f, int64_t pts, AVRational tb) {
    AVRational origin = f->s->fmt->streams[f->p->stream]->time_base;
    int64_t start = av_rescale_q(f->p->start_pts, origin, tb);
    return av_rescale_q_rnd(pts - start, tb, (AVRational){(int)f->fps.den, (int)f->fps.num},
                            AV_ROUND_NEAR_INF);
}

/* What has come out of the filters that take pulldown out, in its place: a cycle of five frames gave four. */
static int film_emit(struct feed *f, AVFrame *pic, AVRational tb, struct err *reterr) {
    int64_t at = av_rescale_q(pic->pts, tb, (AVRational){(int)f->p->fps.den, (int)f->p->fps.num}), end = (f->next * 4 + CYCLE - 1) / CYCLE;
    int rc = 0;
    for (; rc == 0 && f->out_next <= at && f->out_next < end && !f->full; f->out_next++) {
        AVFrame *c = av_frame_clone(pic);
        if (!c)
            return err_set(reterr, ERR_NO_MEMORY, "frame");
        f->stats->repeated += f->out_next < at;
        rc = f->emit(f->arg, c, f->out_next, reterr);
        f->full = f->p->max_frames && f->out_next + 1 == f->p->max_frames;
    }
    return rc;
}

static int film_drain(struct feed *f, struct err *reterr) {
    AVRational tb;
    int rc;
    while ((rc = picture_filter_pull(f->filter, f->out, &tb, reterr)) > 0) {
        rc = film_emit(f, f->out, tb, reterr);
        av_frame_unref(f->out);
        if (rc < 0)
            return rc;
    }
    return rc;
}

static int film_push(struct feed *f, AVFrame *c, int64_t n, struct err *reterr) {
    AVRational tb = {(int)f->fps.den, (int)f->fps.num * TICKS}, rate = {(int)f->fps.num, (int)f->fps.den};
    int rc = 0;
    if (f->filter && !picture_filter_fits(f->filter, c)) {
        rc = picture_filter_push(f->filter, NULL, reterr);
        rc = rc < 0 ? rc : film_drain(f, reterr);
        picture_filter_free(take(f->filter));
    }
    if (rc == 0 && !f->filter)
        rc = picture_filter_new(f->p, picture_first(f->p), c, tb, rate, &f->filter, reterr);
    c->pts = n * TICKS;
    if (rc == 0)
        rc = picture_filter_push(f->filter, c, reterr);
    av_frame_free(&c);
    return rc < 0 ? rc : film_drain(f, reterr);
}

/* Emits the current picture up to, not including, frame number `until`. */
static int current_emit(struct feed *f, int64_t until, struct err *reterr) {
    bool film = *f->p->telecine;
    if (f->max && until >= f->max && !film) {
        until = f->max;
        f->full = true;
    }
    if (until > f->limit)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.too_long",
                          "The film's time stamps jump by more than a day: it is damaged. Export it again.",
                          "time stamp at frame %lld", (long long)until);
    for (bool again = false; f->next < until; f->next++, again = true) {
        AVFrame *c = av_frame_clone(f->cur);
        if (!c)
            return err_set(reterr, ERR_NO_MEMORY, "frame");
        f->stats->repeated += again;
        int rc = film ? film_push(f, c, f->next, reterr) : f->emit(f->arg, c, f->next, reterr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int picture_take(struct feed *f, AVFrame *pic, AVRational tb, struct err *reterr) {
    int64_t i = pic->pts == AV_NOPTS_VALUE ? f->cur_index + MAX(f->cur_length, 1)
                                           : index_at(f, pic->pts, tb);
    if (f->first_index == INT64_MAX)
        f->first_index = i;
    if (f->cur->data[0]) {
        if (i < f->cur_index) { /* a stamp that goes back: shown late it would be wrong, so not at all */
            f->stats->dropped++;
            av_frame_unref(pic);
            return 0;
        }
        f->stats->dropped += i <= f->cur_index || i <= f->next;
        int rc = current_emit(f, i, reterr);
        if (rc < 0)
            return rc;
    }
    av_frame_unref(f->cur);
    av_frame_move_ref(f->cur, pic);
    f->cur_index = i;
    f->cur_length = f->last_length;
    return 0;
}

static int filter_drain(struct feed *f, struct err *reterr) {
    AVRational tb;
    int rc;
    while ((rc = picture_filter_pull(f->filter, f->out, &tb, reterr)) > 0 && !f->full)
        if ((rc = picture_take(f, f->out, tb, reterr)) < 0)
            return rc;
    return rc;
}

static int frame_decoded(struct feed *f, struct err *reterr) {
    AVFrame *in = f->in;
    AVRational tb = f->s->fmt->streams[f->p->stream]->time_base;
    f->stats->decoded++;
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 2, 100)
    int64_t length = in->duration;
#else
    int64_t length = in->pkt_duration;
#endif
    in->pts = in->best_effort_timestamp;
    if (in->pts != AV_NOPTS_VALUE && f->last_pts != AV_NOPTS_VALUE && in->pts > f->last_pts)
        f->brief = av_compare_ts((in->pts - f->last_pts) * 4, tb, 3, (AVRational){(int)f->fps.den, (int)f->fps.num}) < 0;
    f->last_pts = in->pts;
    f->last_end = in->pts == AV_NOPTS_VALUE ? AV_NOPTS_VALUE : in->pts + length;
    f->last_length = length > 0 ? MAX(1, av_rescale_q(length, tb, (AVRational){(int)f->fps.den, (int)f->fps.num}))
                                : 1;
    /* Captions, HDR metadata and the like belong to the source's coding, not to ours. */
    while (in->nb_side_data > 0) /* each call removes all of one type, and there may be several of it */
        av_frame_remove_side_data(in, in->side_data[0]->type);
    int rc = picture_crop(f->p, in, reterr);
    if (rc < 0)
        return rc;
    if (!picture_needs_filter(f->p, picture_first(f->p)) || *f->p->telecine)
        return picture_take(f, in, tb, reterr);
    if (f->filter && !picture_filter_fits(f->filter, in)) {
        rc = picture_filter_push(f->filter, NULL, reterr);
        rc = rc < 0 ? rc : filter_drain(f, reterr);
        picture_filter_free(f->filter);
        f->filter = NULL;
    }
    if (rc == 0 && !f->filter)
        rc = picture_filter_new(f->p, picture_first(f->p), in, tb, (AVRational){0, 1}, &f->filter, reterr);
    if (rc == 0)
        rc = picture_filter_push(f->filter, in, reterr);
    av_frame_unref(in);
    return rc < 0 ? rc : filter_drain(f, reterr);
}

static int packet_decode(struct feed *f, const AVPacket *pkt, struct err *reterr) {
    int rc = avcodec_send_packet(f->dec, pkt);
    if (rc == AVERROR(ENOMEM))
        return err_set(reterr, ERR_NO_MEMORY, "decoding");
    /* One damaged picture does not stop a film. */
    f->stats->failed += rc < 0 && rc != AVERROR_EOF;
    while (!f->full && (rc = avcodec_receive_frame(f->dec, f->in)) >= 0) {
        rc = frame_decoded(f, reterr);
        if (rc < 0)
            return rc;
        if (f->sought && f->first_index >= f->next && f->first_index != INT64_MAX)
            return 0; /* the seek went too far: the caller starts over */
    }
    f->stats->failed += !f->full && rc < 0 && rc != AVERROR(EAGAIN) && rc != AVERROR_EOF;
    return 0;
}

static bool overshot(const struct feed *f) {
    return f->sought && f->first_index >= f->next && f->first_index != INT64_MAX;
}

/* Of pictures that are shorter than a frame the last may share one with the picture before. */
static int64_t film_end(const struct feed *f) {
    AVRational tb = f->s->fmt->streams[f->p->stream]->time_base;
    int64_t end = f->brief && f->last_end != AV_NOPTS_VALUE ? index_at(f, f->last_end, tb) : 0;
    return end > 0 && end >= f->cur_index ? end : f->cur_index + MAX(f->cur_length, 1);
}

static int packets_read(struct feed *f, struct err *reterr) {
    AVPacket *pkt = av_packet_alloc();
    int rc = pkt ? 0 : err_set(reterr, ERR_NO_MEMORY, "packet"), got = 0;
    while (rc == 0 && !f->full && !overshot(f) && (got = source_read(f->s, pkt)) >= 0) {
        rc = packet_decode(f, pkt, reterr);
        av_packet_unref(pkt);
    }
    av_packet_free(&pkt);
    if (rc == 0 && got == AVERROR(EIO))
        return err_set(reterr, ERR_IO, "reading the source failed");
    if (rc < 0 || f->full || overshot(f))
        return rc;
    rc = packet_decode(f, NULL, reterr);
    bool film = *f->p->telecine;
    if (rc == 0 && f->filter && !f->full && !film) {
        rc = picture_filter_push(f->filter, NULL, reterr);
        rc = rc < 0 ? rc : filter_drain(f, reterr);
    }
    if (rc == 0 && f->cur->data[0] && !f->full && !overshot(f))
        rc = current_emit(f, film_end(f), reterr);
    if (rc == 0 && film && f->filter && !f->full) {
        rc = picture_filter_push(f->filter, NULL, reterr);
        rc = rc < 0 ? rc : film_drain(f, reterr);
    }
    return rc;
}

/* Pulldown is taken out in cycles: the first frame wanted is reached from the beginning of an earlier one. */
static void feed_begin(struct feed *f, int64_t first) {
    const struct video_plan *p = f->p;
    f->fps = p->fps, f->max = p->max_frames, f->next = f->out_next = first;
    if (*p->telecine) {
        f->fps = (struct ratio){p->fps.num * CYCLE, p->fps.den * (CYCLE - 1)};
        f->next = MAX(first / (CYCLE - 1) - CYCLES_BEFORE, (int64_t)0) * CYCLE;
    }
    f->limit = f->fps.num * 3600 * FRAMES_MAX_HOURS / f->fps.den;
}

int feed_run(int fd, const struct video_plan *p, int64_t first,
             int (*emit)(void *arg, AVFrame *f, int64_t n, struct err *reterr), void *arg,
             int64_t *ret_total, struct feed_stats *stats, struct err *reterr) {
    for (int attempt = 0; attempt < 2; attempt++) {
        struct feed f = {.p = p, .emit = emit, .arg = arg, .stats = stats};
        feed_begin(&f, first);
        *stats = (struct feed_stats){0};
        int rc = feed_open(&f, fd, reterr);
        if (rc == 0 && attempt == 0)
            feed_seek(&f, f.next);
        if (rc == 0)
            rc = packets_read(&f, reterr);
        bool again = rc == 0 && (overshot(&f) || (f.sought && stats->decoded == 0));
        int64_t total = *p->telecine ? f.out_next : f.next;
        stats->jumps = f.s ? f.s->epoch : 0;
        feed_close(&f);
        if (rc < 0)
            return rc;
        if (again)
            continue;
        if (stats->decoded == 0)
            return err_refuse(reterr, ERR_BAD_MEDIA, "media.picture_undecodable",
                              "No picture can be decoded from this file: it is damaged or was cut. Export or "
                              "copy it again.",
                              "no frame decoded");
        *ret_total = total;
        return 0;
    }
    return err_set(reterr, ERR_INTERNAL, "seeking in the source never ends");
}
