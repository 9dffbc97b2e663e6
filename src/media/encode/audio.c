/*
 * audio.c - the operation "audio": one sound track in, all its renditions out. Samples are placed by their
 * time stamps on the picture's time line: what is missing or damaged becomes silence, what lies before the
 * first picture is cut, and the end is where the picture ends.
 */
#include "base/clock.h"
#include "media/encode/audio_int.h"
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>

enum { REPORT_PACKETS = 256, GAP_MS = 60, SILENCE_STEP = 4096 };

struct track {
    struct op_io *io;
    struct source *s;
    AVCodecContext *dec;
    SwrContext *canon;        /* to planar float at the first frame's rate and layout; NULL: not needed */
    AVFrame *frame, *flat;
    int canon_format, canon_rate;
    AVChannelLayout canon_layout;
    int rate;                 /* of the time line below: the first decoded frame's */
    AVChannelLayout layout;
    int64_t pos;              /* samples placed so far */
    int64_t origin_us;        /* source time of sample 0 */
    int64_t end;              /* samples wanted; -1: as many as there are */
    int64_t started_ns;       /* clock_mono_ns() */
    int stream, epoch;        /* which of the source, and how often its clock had jumped */
    int64_t frames, failed, silence, cut;
    struct audio_out *outs;
    size_t n_outs;
};

static int fill_silence(AVFrame *f, const struct track *t, int n, struct err *reterr) {
    av_frame_unref(f);
    f->format = AV_SAMPLE_FMT_FLTP;
    f->sample_rate = t->rate;
    f->nb_samples = n;
    if (av_channel_layout_copy(&f->ch_layout, &t->layout) < 0 || av_frame_get_buffer(f, 0) < 0)
        return err_set(reterr, ERR_NO_MEMORY, "silence");
    av_samples_set_silence(f->extended_data, 0, n, t->layout.nb_channels, AV_SAMPLE_FMT_FLTP);
    return 0;
}

/* Hands n samples from `skip` on to every output. */
static int outs_write(struct track *t, const AVFrame *f, int skip, int n, struct err *reterr) {
    if (t->end >= 0)
        n = (int)MIN(n, t->end - t->pos);
    if (n <= 0)
        return 0;
    for (size_t i = 0; i < t->n_outs; i++) {
        int rc = audio_out_write(&t->outs[i], f, skip, n, reterr);
        if (rc < 0)
            return rc;
    }
    t->pos += n;
    return 0;
}

static int silence_write(struct track *t, int64_t n, struct err *reterr) {
    AVFrame *f = av_frame_alloc();
    int rc = f ? 0 : err_set(reterr, ERR_NO_MEMORY, "silence");
    while (rc == 0 && n > 0 && (t->end < 0 || t->pos < t->end)) {
        int k = (int)MIN(n, SILENCE_STEP);
        rc = fill_silence(f, t, k, reterr);
        if (rc == 0)
            rc = outs_write(t, f, 0, k, reterr);
        n -= k;
    }
    av_frame_free(&f);
    return rc;
}

/* Everything downstream sees one format, even where a broadcast changes it in the middle. */
static int canon_open(struct track *t, const AVFrame *in, struct err *reterr) {
    swr_free(&t->canon);
    t->canon_format = in->format;
    t->canon_rate = in->sample_rate;
    av_channel_layout_uninit(&t->canon_layout);
    int rc = av_channel_layout_copy(&t->canon_layout, &in->ch_layout);
    if (rc >= 0 && in->format == AV_SAMPLE_FMT_FLTP && in->sample_rate == t->rate &&
        av_channel_layout_compare(&in->ch_layout, &t->layout) == 0)
        return 0;
    if (rc >= 0)
        rc = swr_alloc_set_opts2(&t->canon, &t->layout, AV_SAMPLE_FMT_FLTP, t->rate, &t->canon_layout,
                                 in->format, in->sample_rate, 0, NULL);
    if (rc >= 0)
        rc = swr_init(t->canon);
    return rc < 0 ? err_av(reterr, rc, "sound format") : 0;
}

/* A layout without positions ("6 channels") gets the usual one for its count. */
static void layout_settle(AVFrame *f) {
    if (f->ch_layout.order != AV_CHANNEL_ORDER_UNSPEC)
        return;
    int n = f->ch_layout.nb_channels;
    av_channel_layout_uninit(&f->ch_layout);
    av_channel_layout_default(&f->ch_layout, n);
}

static int first_frame(struct track *t, const AVFrame *in, int64_t duration_us, struct err *reterr) {
    t->rate = in->sample_rate;
    int rc = av_channel_layout_copy(&t->layout, &in->ch_layout);
    if (rc < 0)
        return err_av(reterr, rc, "channel layout");
    t->end = duration_us >= 0 ? av_rescale(duration_us, t->rate, 1000000) : -1;
    for (size_t i = 0; i < t->n_outs; i++) {
        rc = audio_out_open(&t->outs[i], &t->layout, t->rate, reterr);
        if (rc < 0)
            return rc;
    }
    t->canon_format = -1;
    return 0;
}

static int flatten(struct track *t, AVFrame *in, AVFrame **ret_f, struct err *reterr) {
    if (in->format != t->canon_format || in->sample_rate != t->canon_rate ||
        av_channel_layout_compare(&in->ch_layout, &t->canon_layout) != 0) {
        int rc = canon_open(t, in, reterr);
        if (rc < 0)
            return rc;
    }
    *ret_f = in;
    if (!t->canon)
        return 0;
    av_frame_unref(t->flat);
    t->flat->format = AV_SAMPLE_FMT_FLTP;
    t->flat->sample_rate = t->rate;
    if (av_channel_layout_copy(&t->flat->ch_layout, &t->layout) < 0)
        return err_set(reterr, ERR_NO_MEMORY, "sound");
    int rc = swr_convert_frame(t->canon, t->flat, in);
    *ret_f = t->flat;
    return rc < 0 ? err_av(reterr, rc, "sound format") : 0;
}

static int frame_place(struct track *t, AVFrame *in, int64_t duration_us, struct err *reterr) {
    AVRational tb = t->dec->pkt_timebase;
    layout_settle(in);
    int rc = t->frames++ == 0 ? first_frame(t, in, duration_us, reterr) : 0;
    int64_t at = t->pos;
    if (in->best_effort_timestamp != AV_NOPTS_VALUE)
        at = av_rescale_q(in->best_effort_timestamp, tb, (AVRational){1, t->rate}) -
             av_rescale(t->origin_us, t->rate, 1000000);
    AVFrame *f = NULL;
    if (rc == 0)
        rc = flatten(t, in, &f, reterr);
    if (rc < 0)
        return rc;
    int64_t off = at - t->pos, tolerance = (int64_t)t->rate * GAP_MS / 1000;
    /* Sample 0 is placed exactly, and the first after a jump of the clock, which is heard anyway; otherwise
     * only what the ear would notice is corrected. */
    int epoch = t->s->clocks[t->stream].epoch;
    if (t->pos == 0 || epoch != t->epoch)
        tolerance = 0;
    t->epoch = epoch;
    int skip = 0;
    if (off > tolerance) {
        t->silence += off;
        rc = silence_write(t, off, reterr);
    } else if (off < -tolerance) {
        skip = (int)MIN(-off, f->nb_samples);
        t->cut += skip;
    }
    return rc < 0 ? rc : outs_write(t, f, skip, f->nb_samples - skip, reterr);
}

static bool track_full(const struct track *t) { return t->end >= 0 && t->frames && t->pos >= t->end; }

static int packet_decode(struct track *t, const AVPacket *pkt, int64_t duration_us, struct err *reterr) {
    int rc = avcodec_send_packet(t->dec, pkt);
    if (rc == AVERROR(ENOMEM))
        return err_set(reterr, ERR_NO_MEMORY, "decoding sound");
    t->failed += rc < 0 && rc != AVERROR_EOF;
    while ((rc = avcodec_receive_frame(t->dec, t->frame)) >= 0) {
        rc = frame_place(t, t->frame, duration_us, reterr);
        av_frame_unref(t->frame);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int progress_report(const struct track *t, struct err *reterr) {
    double wall_s = (double)(clock_mono_ns() - t->started_ns) / 1e9;
    double speed = wall_s > 0 && t->rate ? (double)t->pos / t->rate / wall_s : 0;
    int64_t eta_ms =
        t->end > 0 && t->pos > 0 ? (int64_t)((double)(t->end - t->pos) / (double)t->pos * wall_s * 1000) : -1;
    int permille = t->end > 0 ? (int)MIN(999, t->pos * 1000 / t->end) : 0;
    if (op_progress(t->io, "audio", permille, speed, eta_ms) < 0)
        return err_set(reterr, ERR_CANCELLED, "cancelled");
    return 0;
}

static int packets_read(struct track *t, int64_t duration_us, struct err *reterr) {
    AVPacket *pkt = av_packet_alloc();
    int rc = pkt ? 0 : err_set(reterr, ERR_NO_MEMORY, "packet"), got = 0;
    for (int64_t i = 0; rc == 0 && !track_full(t) && (got = source_read(t->s, pkt)) >= 0;) {
        rc = packet_decode(t, pkt, duration_us, reterr);
        if (rc == 0 && ++i % REPORT_PACKETS == 0)
            rc = progress_report(t, reterr);
        av_packet_unref(pkt);
    }
    av_packet_free(&pkt);
    if (rc == 0 && got == AVERROR(EIO))
        return err_set(reterr, ERR_IO, "reading the source failed");
    return rc < 0 || track_full(t) ? rc : packet_decode(t, NULL, duration_us, reterr);
}

static int track_finish(struct track *t, int64_t duration_us, struct err *reterr) {
    if (t->frames == 0 || t->failed > 4 * t->frames)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.audio_undecodable",
                          "This sound track can't be decoded: it is damaged. It is left out; export the film "
                          "again to have it.",
                          "%lld frames decoded, %lld packets refused", (long long)t->frames,
                          (long long)t->failed);
    int rc = t->end >= 0 && t->pos < t->end ? silence_write(t, t->end - t->pos, reterr) : 0;
    for (size_t i = 0; rc == 0 && i < t->n_outs; i++)
        rc = audio_out_finish(&t->outs[i], duration_us, reterr);
    return rc;
}

static json_t *result_json(const struct track *t) {
    json_t *outs = json_array(), *warnings = json_array();
    for (size_t i = 0; i < t->n_outs; i++)
        json_array_append_new(outs, audio_out_json(&t->outs[i]));
    char w[200];
    if (t->failed) {
        snprintf(w, sizeof(w), "%lld pieces of the sound are damaged; silence is in their place.",
                 (long long)t->failed);
        json_array_append_new(warnings, json_string(w));
    } else if (t->rate && t->silence > t->rate) {
        snprintf(w, sizeof(w), "The sound has gaps of %.1f seconds in all, filled with silence.",
                 (double)t->silence / t->rate);
        json_array_append_new(warnings, json_string(w));
    }
    return json_pack("{s:o,s:o}", "outputs", outs, "warnings", warnings);
}

static void track_done(struct track *t) {
    for (size_t i = 0; i < t->n_outs; i++)
        audio_out_done(&t->outs[i]);
    free(t->outs);
    swr_free(&t->canon);
    av_channel_layout_uninit(&t->layout);
    av_channel_layout_uninit(&t->canon_layout);
    av_frame_free(&t->frame);
    av_frame_free(&t->flat);
    avcodec_free_context(&t->dec);
    source_freep(&t->s);
}

static int track_open(struct track *t, json_t *entry, int stream, struct err *reterr) {
    json_t *list = json_object_get(entry, "outputs");
    t->n_outs = json_array_size(list);
    if (!t->n_outs || t->n_outs > 8)
        return err_set(reterr, ERR_INVALID, "the audio entry names no outputs");
    t->outs = calloc(t->n_outs, sizeof(*t->outs));
    t->frame = av_frame_alloc();
    t->flat = av_frame_alloc();
    if (!t->outs || !t->frame || !t->flat)
        return err_set(reterr, ERR_NO_MEMORY, "sound");
    int rc = op_need_fds(t->io, 1 + t->n_outs, reterr);
    for (size_t i = 0; rc == 0 && i < t->n_outs; i++)
        rc = audio_out_init(&t->outs[i], json_array_get(list, i), t->io->fds[1 + i], reterr);
    if (rc == 0)
        rc = source_open(t->io->fds[0], 0, 0, &t->s, reterr);
    if (rc < 0)
        return rc;
    if (stream < 0 || stream >= (int)t->s->fmt->nb_streams ||
        t->s->fmt->streams[stream]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
        return err_set(reterr, ERR_INVALID, "stream %d is not sound", stream);
    source_want(t->s, stream);
    t->stream = stream;
    return source_decoder(t->s, stream, 1, &t->dec, reterr);
}

int audio_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    json_t *entry = json_object_get(request, "audio"), *video = json_object_get(request, "video");
    json_t *d = json_object_get(video, "duration_us");
    int64_t duration_us = json_is_integer(d) ? json_integer_value(d) : -1;
    int stream = (int)json_integer_value(json_object_get(entry, "stream"));
    struct track t = {.io = io, .end = -1, .started_ns = clock_mono_ns()};
    int rc = track_open(&t, entry, stream, reterr);
    if (rc == 0) {
        const AVStream *st = t.s->fmt->streams[stream];
        bool external = json_is_true(json_object_get(request, "external"));
        /* A file of its own begins with the picture, whatever its first time stamp. */
        t.origin_us = !external ? json_integer_value(json_object_get(video, "start_us"))
                      : st->start_time == AV_NOPTS_VALUE
                          ? 0
                          : av_rescale_q(st->start_time, st->time_base, AV_TIME_BASE_Q);
        rc = packets_read(&t, duration_us, reterr);
    }
    if (rc == 0)
        rc = track_finish(&t, duration_us, reterr);
    if (rc == 0 && !(*ret_result = result_json(&t)))
        rc = err_set(reterr, ERR_NO_MEMORY, "result");
    track_done(&t);
    return rc;
}
