/* verify.c - an outside look at what was packaged. Keys come in the request and are never printed. */
#include "media/encode/verify.h"
#include "media/encode/loudness.h"
#include "media/cmaf/package.h"
#include "media/probe/source.h"
#include <math.h>
#include <stdatomic.h>

/* A codec leaves out what it takes for inaudible; a gain that was not applied or a channel that is gone is more. */
#define LOUDNESS_OFF_LU 3.0
/* Softer sound is mostly below the gates, and measures by chance. */
#define LOUDNESS_LEAST (-50.0)

struct track {
    const char *name, *key;   /* borrowed from the request */
    bool video, trick;        /* trick: a picture's keyframes alone */
    int fd;
    int64_t frames, keyframes, samples;
    int64_t first_us, end_us;
    double output_lufs;       /* wanted; NAN: nothing said */
    struct loudness *meter;
    struct loudness_result heard;
    uint64_t key_times;       /* a digest of all keyframes' numbers */
};

struct verify {
    struct op_io *io;
    struct track tracks[OP_TRACKS_MAX];
    struct err errors[OP_TRACKS_MAX];
    size_t n;
    atomic_llong done_frames;
    int64_t frames, timescale, frame_duration, duration_us;
};

static int fail(const struct track *t, struct err *reterr, const char *fmt, ...) PRINTF_LIKE(3, 4);
static int fail(const struct track *t, struct err *reterr, const char *fmt, ...) {
    char what[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    return err_refuse(reterr, ERR_CORRUPT, "media.verify_failed",
                      "What was made of the film does not pass its check. Import it again; if it fails again, "
                      "send the log to support.",
                      "track %s: %s", t->name, what);
}

/* What lies before the presentation is the encoder's priming. */
static int frame_hear(struct track *t, const AVFrame *f, int64_t at, struct err *reterr) {
    const float *planes[LOUDNESS_CHANNELS];
    int n = f->ch_layout.nb_channels, skip = at < 0 ? (int)MIN(-at, f->nb_samples) : 0;
    if (f->format != AV_SAMPLE_FMT_FLTP || (n != 2 && n != 6))
        return 0; /* no sound of ours, which the comparison of codecs finds */
    int rc = t->meter ? 0 : loudness_new(f->sample_rate, n, &t->meter, reterr);
    for (int c = 0; c < n; c++)
        planes[c] = (const float *)f->extended_data[c] + skip;
    return rc < 0 ? rc : loudness_add(t->meter, planes, f->nb_samples - skip, reterr);
}

static int frame_check(struct verify *v, struct track *t, const AVFrame *f, AVRational tb,
                       struct err *reterr) {
    int64_t n = t->frames++, pts = f->best_effort_timestamp;
    if (t->trick && pts != AV_NOPTS_VALUE)
        n = av_rescale_q(pts, tb, (AVRational){(int)v->frame_duration, (int)v->timescale});
    if (t->video)
        atomic_fetch_add(&v->done_frames, 1);
    if (pts == AV_NOPTS_VALUE)
        return fail(t, reterr, "frame %lld has no time", (long long)n);
    if (!t->video) {
        if (n == 0)
            t->first_us = av_rescale_q(pts, tb, AV_TIME_BASE_Q);
        t->samples += f->nb_samples;
        return frame_hear(t, f, av_rescale_q(pts, tb, (AVRational){1, f->sample_rate}), reterr);
    }
    /* Exact: both sides are whole frames. */
    AVRational frame = {(int)v->frame_duration, (int)v->timescale};
    if (av_compare_ts(pts, tb, n, frame) != 0)
        return fail(t, reterr, "frame %lld is shown at %lld/%d s", (long long)n,
                    (long long)(pts * tb.num), tb.den);
    if (f->flags & AV_FRAME_FLAG_CORRUPT || f->decode_error_flags)
        return fail(t, reterr, "frame %lld is damaged", (long long)n);
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    bool key = f->flags & AV_FRAME_FLAG_KEY;
#else
    bool key = f->key_frame;
#endif
    if (key) {
        t->keyframes++;
        t->key_times = (t->key_times ^ (uint64_t)n) * UINT64_C(0x100000001b3) + 1;
    }
    return 0;
}

static int packet_check(struct verify *v, struct track *t, AVCodecContext *dec, const AVPacket *pkt,
                        AVFrame *f, struct err *reterr) {
    int rc = avcodec_send_packet(dec, pkt);
    if (rc < 0 && rc != AVERROR_EOF)
        return fail(t, reterr, "packet after frame %lld: %s", (long long)t->frames, av_err2str(rc));
    while ((rc = avcodec_receive_frame(dec, f)) >= 0) {
        rc = frame_check(v, t, f, dec->pkt_timebase, reterr);
        av_frame_unref(f);
        if (rc < 0)
            return rc;
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF
               ? 0
               : fail(t, reterr, "after frame %lld: %s", (long long)t->frames, av_err2str(rc));
}

static int packets_check(struct verify *v, struct track *t, struct source *s, AVCodecContext *dec,
                         struct err *reterr) {
    AVPacket *pkt = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    int rc = pkt && f ? 0 : err_set(reterr, ERR_NO_MEMORY, "verify"), got = 0;
    int64_t last = INT64_MIN;
    while (rc == 0 && (got = av_read_frame(s->fmt, pkt)) >= 0) {
        if (pkt->dts == AV_NOPTS_VALUE || pkt->dts <= last)
            rc = fail(t, reterr, "decode times do not rise at %lld", (long long)pkt->dts);
        last = pkt->dts;
        if (rc == 0)
            rc = packet_check(v, t, dec, pkt, f, reterr);
        av_packet_unref(pkt);
    }
    if (rc == 0 && got != AVERROR_EOF)
        rc = fail(t, reterr, "reading: %s", av_err2str(got));
    if (rc == 0)
        rc = packet_check(v, t, dec, NULL, f, reterr);
    av_packet_free(&pkt);
    av_frame_free(&f);
    return rc;
}

static int length_check(struct verify *v, struct track *t, const AVStream *st, struct err *reterr) {
    int64_t end_us = st->duration == AV_NOPTS_VALUE
                         ? -1
                         : av_rescale_q(st->duration, st->time_base, AV_TIME_BASE_Q);
    t->end_us = end_us;
    if (t->trick && t->frames != t->keyframes)
        return fail(t, reterr, "%lld pictures, of which %lld are keyframes", (long long)t->frames, (long long)t->keyframes);
    if (t->video && !t->trick && v->frames >= 0 && t->frames != v->frames)
        return fail(t, reterr, "%lld frames instead of %lld", (long long)t->frames,
                    (long long)v->frames);
    if (!t->video && v->duration_us > 0) {
        int64_t have = av_rescale(t->samples, 1000000, st->codecpar->sample_rate);
        int64_t frame = av_rescale(2048, 1000000, st->codecpar->sample_rate);
        if (have < v->duration_us - frame || have > v->duration_us + 2 * frame)
            return fail(t, reterr, "%.3f s of sound for %.3f s of picture", (double)have / 1e6,
                        (double)v->duration_us / 1e6);
    }
    return 0;
}

static int loudness_check(struct track *t, struct err *reterr) {
    if (!t->meter)
        return 0;
    t->heard = loudness_result(t->meter);
    loudness_free(t->meter);
    t->meter = NULL;
    double off = t->heard.integrated - t->output_lufs;
    if (isnan(t->output_lufs) || t->output_lufs < LOUDNESS_LEAST || fabs(off) <= LOUDNESS_OFF_LU)
        return 0;
    return fail(t, reterr, "%.1f LUFS instead of %.1f", t->heard.integrated, t->output_lufs);
}

/* Tasks are taken from the end of the list: the highest rung must not be begun last. */
static int track_check(void *arg, size_t task) {
    struct verify *v = arg;
    size_t i = v->n - 1 - task;
    struct track *t = &v->tracks[i];
    struct err *err = &v->errors[i];
    scoped(source_freep) struct source *s = NULL;
    AVCodecContext *dec = NULL;
    int rc = source_open_protected(t->fd, t->key, &s, err);
    if (rc == 0 && s->fmt->nb_streams != 1)
        rc = fail(t, err, "%u streams in one track", s->fmt->nb_streams);
    if (rc == 0)
        rc = source_decoder(s, 0, 1, &dec, err);
    if (rc == 0) {
        dec->err_recognition |= AV_EF_EXPLODE;
        rc = packets_check(v, t, s, dec, err);
    }
    if (rc == 0)
        rc = length_check(v, t, s->fmt->streams[0], err);
    if (rc == 0)
        rc = loudness_check(t, err);
    loudness_free(t->meter);
    t->meter = NULL;
    avcodec_free_context(&dec);
    return rc;
}

static int tick(void *arg) {
    struct verify *v = arg;
    int64_t all = 0, done = atomic_load(&v->done_frames);
    for (size_t i = 0; i < v->n; i++)
        all += v->tracks[i].video ? MAX(v->frames, 1) : 0;
    return op_progress(v->io, "verify", all ? (int)MIN(999, done * 1000 / all) : 0, 0, -1);
}

static int tracks_read(struct verify *v, json_t *request, struct err *reterr) {
    json_t *list = json_object_get(request, "tracks"), *video = json_object_get(request, "video");
    v->n = json_array_size(list);
    if (v->n == 0 || v->n > OP_TRACKS_MAX)
        return err_set(reterr, ERR_INVALID, "verify needs 1 to %d tracks", OP_TRACKS_MAX);
    for (size_t i = 0; i < v->n; i++) {
        json_t *j = json_array_get(list, i);
        const char *kind = json_string_value(json_object_get(j, "kind"));
        const char *name = json_string_value(json_object_get(j, "name"));
        json_t *lufs = json_object_get(j, "output_lufs");
        v->tracks[i] = (struct track){
            .name = name ? name : "?", .key = json_string_value(json_object_get(j, "key")),
            .output_lufs = json_is_number(lufs) ? json_number_value(lufs) : NAN,
            .trick = kind && strcmp(kind, "trick") == 0,
            .video = kind && (strcmp(kind, "video") == 0 || strcmp(kind, "trick") == 0), .fd = v->io->fds[i],
        };
        if (v->tracks[i].key && strlen(v->tracks[i].key) != 32 && !strchr(v->tracks[i].key, ':'))
            return err_set(reterr, ERR_INVALID, "the key of track %s is neither 32 hex digits nor a list",
                           v->tracks[i].name);
    }
    v->frames = json_integer_value(json_object_get(video, "frames"));
    v->timescale = json_integer_value(json_object_get(video, "timescale"));
    v->frame_duration = json_integer_value(json_object_get(video, "frame_duration"));
    v->duration_us = json_integer_value(json_object_get(video, "duration_us"));
    if (v->frames <= 0 || v->timescale <= 0 || v->timescale > 1 << 30 || v->frame_duration <= 0 ||
        v->frame_duration > 1 << 30)
        return err_set(reterr, ERR_INVALID, "verify needs encode's result");
    return 0;
}

static int rungs_compare(const struct verify *v, struct err *reterr) {
    const struct track *first = NULL;
    for (size_t i = 0; i < v->n; i++) {
        const struct track *t = &v->tracks[i];
        if (!t->video)
            continue;
        if (!first)
            first = t;
        if (t->keyframes != first->keyframes || t->key_times != first->key_times)
            return fail(t, reterr, "its keyframes are not where those of %s are", first->name);
    }
    return 0;
}

static json_t *track_json(const struct track *t) {
    json_t *j = json_pack("{s:s,s:I,s:I,s:I,s:I}", "name", t->name, "frames", (json_int_t)t->frames, "keyframes",
                          (json_int_t)t->keyframes, "start_us", (json_int_t)t->first_us, "duration_us",
                          (json_int_t)t->end_us);
    if (j && t->heard.peak != 0) {
        json_object_set_new(j, "integrated_lufs", json_real(round(t->heard.integrated * 100) / 100));
        json_object_set_new(j, "peak_dbtp", json_real(round(t->heard.peak * 100) / 100));
    }
    return j;
}

int verify_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    struct verify *v = calloc(1, sizeof(*v));
    if (!v)
        return err_set(reterr, ERR_NO_MEMORY, "verify");
    v->io = io;
    int rc = op_need_fds(io, json_array_size(json_object_get(request, "tracks")), reterr);
    if (rc == 0)
        rc = tracks_read(v, request, reterr);
    if (rc == 0)
        rc = parallel_run(v->n, track_check, tick, v, reterr);
    for (size_t i = 0; rc < 0 && i < v->n; i++)
        if (v->errors[i].code && reterr) {
            *reterr = v->errors[i];
            rc = reterr->code;
            break;
        }
    if (rc == 0)
        rc = rungs_compare(v, reterr);
    if (rc == 0) {
        json_t *list = json_array();
        for (size_t i = 0; i < v->n; i++)
            json_array_append_new(list, track_json(&v->tracks[i]));
        *ret_result = json_pack("{s:o}", "tracks", list);
        rc = *ret_result ? 0 : err_set(reterr, ERR_NO_MEMORY, "result");
    }
    free(v);
    return rc;
}
