/*
 * audio.c - the operation "audio": one sound track in, all its renditions out. Samples are placed by their
 * time stamps on the picture's time line: what is missing or damaged becomes silence, what lies before the
 * first picture is cut, and the end is where the picture ends.
 *
 * Where the policy wants a loudness the track is decoded twice: the first time its mixes are only measured, and what
 * each layout needs is one gain for all of its outputs, from the first sample to the last. Where the limiter then has to
 * work it takes loudness away with the peaks: such sound is measured behind it once or twice more.
 */
#include "base/clock.h"
#include "media/encode/audio_int.h"
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <math.h>

/*
 * Where the sound's clock goes slower or faster than its stamps say, as much is squeezed or stretched in a second as 0.5 % of it: no ear
 * notices, and the sound stays within 10 ms of the picture.
 */
enum { LATE_US = 2500, STRETCH_PERMILLE = 5, REPORT_PACKETS = 256, GAP_MS = 60, SILENCE_STEP = 4096, MEASURE_PERMILLE = 300, READINGS_MAX = 3 };

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
    double late;              /* samples that are missing before now, over a second's mean; negative: too many */
    int64_t stretched_to;     /* sample up to which a stretch lasts */
    bool stretches;           /* canon resamples */
    struct audio_out *outs;
    size_t n_outs;
    bool measures;            /* this time */
    int from_permille, to_permille; /* of the whole that this time is */
    struct loudness_plan loudness;
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
        int rc = t->outs[i].swr ? audio_out_write(&t->outs[i], f, skip, n, reterr) : 0;
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
        av_channel_layout_compare(&in->ch_layout, &t->layout) == 0 && !t->stretches)
        return 0;
    if (rc >= 0)
        rc = swr_alloc_set_opts2(&t->canon, &t->layout, AV_SAMPLE_FMT_FLTP, t->rate, &t->canon_layout,
                                 in->format, in->sample_rate, 0, NULL);
    if (rc >= 0 && t->stretches)
        rc = av_opt_set_int(t->canon, "flags", SWR_FLAG_RESAMPLE, 0);
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

/* Whose measure is the measure of output i: of each layout the first. */
static size_t measured_by(const struct track *t, size_t i) {
    size_t k = 0;
    while (t->outs[k].channels != t->outs[i].channels)
        k++;
    return k;
}

static int first_frame(struct track *t, const AVFrame *in, int64_t duration_us, struct err *reterr) {
    t->rate = in->sample_rate;
    int rc = av_channel_layout_copy(&t->layout, &in->ch_layout);
    if (rc < 0)
        return err_av(reterr, rc, "channel layout");
    t->end = duration_us >= 0 ? av_rescale(duration_us, t->rate, 1000000) : -1;
    for (size_t i = 0; i < t->n_outs; i++) {
        if (t->measures && measured_by(t, i) != i)
            continue;
        rc = audio_out_open(&t->outs[i], &t->layout, t->rate, t->measures, reterr);
        if (rc < 0)
            return rc;
    }
    t->canon_format = -1;
    return 0;
}

/* off: samples that the stamps say are missing before this frame; of a frame's stamp alone little follows. */
static int drift_follow(struct track *t, const AVFrame *in, int64_t off, struct err *reterr) {
    t->late += ((double)off - t->late) * MIN(1.0, (double)in->nb_samples / in->sample_rate);
    if (t->pos < t->stretched_to || fabs(t->late) * 1e6 < (double)LATE_US * t->rate)
        return 0;
    if (!t->stretches) {
        t->stretches = true;
        t->canon_format = -1; /* anew, with a resampler */
        return 0;
    }
    int most = t->rate * STRETCH_PERMILLE / 1000, by = (int)CLAMP(t->late, -(double)most, (double)most);
    int rc = t->canon ? swr_set_compensation(t->canon, by, t->rate) : 0;
    t->stretched_to = t->pos + t->rate;
    return rc < 0 ? err_av(reterr, rc, "following the sound's clock") : 0;
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
    int64_t off = at - t->pos, tolerance = (int64_t)t->rate * GAP_MS / 1000;
    /* Sample 0 is placed exactly, and the first after a jump of the clock, which is heard anyway; otherwise
     * only what the ear would notice is corrected. */
    int epoch = t->s->clocks[t->stream].epoch;
    if (t->pos == 0 || epoch != t->epoch)
        tolerance = 0;
    t->epoch = epoch;
    if (rc == 0 && llabs(off) <= tolerance)
        rc = drift_follow(t, in, off, reterr);
    else
        t->late = 0;
    if (rc == 0)
        rc = flatten(t, in, &f, reterr);
    if (rc < 0)
        return rc;
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
    int span = t->to_permille - t->from_permille;
    int permille = t->from_permille + (t->end > 0 ? (int)MIN(span - 1, t->pos * span / t->end) : 0);
    if (op_progress(t->io, "audio", permille, speed, t->measures ? -1 : eta_ms) < 0)
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
        rc = t->outs[i].swr ? audio_out_finish(&t->outs[i], duration_us, reterr) : 0;
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
    for (size_t i = 0; i < t->n_outs; i++)
        if (t->outs[i].gain.capped && measured_by(t, i) == i) {
            snprintf(w, sizeof(w), "The sound is very quiet (%.1f LUFS); it is made %.0f dB louder, and no more, because "
                     "its noise would be heard.", t->outs[i].measured.integrated, t->outs[i].gain.db);
            json_array_append_new(warnings, json_string(w));
            break;
        }
    return json_pack("{s:o,s:o}", "outputs", outs, "warnings", warnings);
}

/* What belongs to one reading of the source; the outputs stay. */
static void reading_done(struct track *t) {
    swr_free(&t->canon);
    av_channel_layout_uninit(&t->layout);
    av_channel_layout_uninit(&t->canon_layout);
    avcodec_free_context(&t->dec);
    source_freep(&t->s);
    t->pos = t->frames = t->failed = t->silence = t->cut = t->stretched_to = 0;
    t->late = 0;
    t->stretches = false;
    t->epoch = 0;
    t->end = -1;
}

static void track_done(struct track *t) {
    for (size_t i = 0; t->outs && i < t->n_outs; i++)
        audio_out_done(&t->outs[i]);
    free(t->outs);
    reading_done(t);
    av_frame_free(&t->frame);
    av_frame_free(&t->flat);
}

static int loudness_read(struct track *t, json_t *entry, struct err *reterr) {
    json_t *l = json_object_get(entry, "loudness");
    if (!json_is_object(l))
        return 0;
    t->loudness = (struct loudness_plan){json_number_value(json_object_get(l, "target")),
                                         json_number_value(json_object_get(l, "true_peak"))};
    if (!(t->loudness.target >= -60 && t->loudness.target <= 0 && t->loudness.ceiling >= -20 && t->loudness.ceiling <= 0))
        return err_set(reterr, ERR_INVALID, "loudness is out of bounds");
    for (size_t i = 0; i < t->n_outs; i++)
        t->outs[i].plan = &t->loudness;
    t->measures = true;
    return 0;
}

static int track_open(struct track *t, json_t *entry, struct err *reterr) {
    json_t *list = json_object_get(entry, "outputs");
    size_t n = json_array_size(list);
    if (!n || n > 8)
        return err_set(reterr, ERR_INVALID, "the audio entry names no outputs");
    t->outs = calloc(n, sizeof(*t->outs));
    t->frame = av_frame_alloc();
    t->flat = av_frame_alloc();
    if (!t->outs || !t->frame || !t->flat)
        return err_set(reterr, ERR_NO_MEMORY, "sound");
    t->n_outs = n;
    int rc = op_need_fds(t->io, 1 + n, reterr);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = audio_out_init(&t->outs[i], json_array_get(list, i), t->io->fds[1 + i], reterr);
    return rc < 0 ? rc : loudness_read(t, entry, reterr);
}

static int source_begin(struct track *t, bool external, int64_t video_start_us, struct err *reterr) {
    int rc = source_open(t->io->fds[0], 0, 0, &t->s, reterr);
    if (rc < 0)
        return rc;
    if (t->stream < 0 || t->stream >= (int)t->s->fmt->nb_streams ||
        t->s->fmt->streams[t->stream]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO)
        return err_set(reterr, ERR_INVALID, "stream %d is not sound", t->stream);
    source_want(t->s, t->stream);
    const AVStream *st = t->s->fmt->streams[t->stream];
    /* A file of its own begins with the picture, whatever its first time stamp. */
    t->origin_us = !external                          ? video_start_us
                   : st->start_time == AV_NOPTS_VALUE ? 0
                                                      : av_rescale_q(st->start_time, st->time_base, AV_TIME_BASE_Q);
    return source_decoder(t->s, t->stream, 1, &t->dec, reterr);
}

/* All of the source once: measured, or encoded. */
static int reading(struct track *t, json_t *request, int64_t duration_us, struct err *reterr) {
    json_t *video = json_object_get(request, "video");
    int rc = source_begin(t, json_is_true(json_object_get(request, "external")),
                          json_integer_value(json_object_get(video, "start_us")), reterr);
    if (rc == 0)
        rc = packets_read(t, duration_us, reterr);
    return rc < 0 ? rc : track_finish(t, duration_us, reterr);
}

/* True: some layout wants to be measured once more. */
static bool gains_choose(struct track *t) {
    bool again = false;
    for (size_t i = 0; i < t->n_outs; i++) {
        struct audio_out *o = &t->outs[i], *first = &t->outs[measured_by(t, i)];
        if (o == first)
            again |= audio_out_measured(o);
        o->measured = first->measured;
        o->gain = first->gain;
        o->output_lufs = first->output_lufs;
    }
    return again;
}

static int measure(struct track *t, json_t *request, int64_t duration_us, struct err *reterr) {
    bool again = true;
    for (int i = 0; i < READINGS_MAX && again; i++) {
        t->from_permille = i * MEASURE_PERMILLE / READINGS_MAX;
        t->to_permille = (i + 1) * MEASURE_PERMILLE / READINGS_MAX;
        int rc = reading(t, request, duration_us, reterr);
        if (rc < 0)
            return rc;
        again = gains_choose(t);
        reading_done(t);
    }
    t->measures = false;
    t->from_permille = MEASURE_PERMILLE;
    t->to_permille = 1000;
    t->started_ns = clock_mono_ns();
    return 0;
}

int audio_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    json_t *entry = json_object_get(request, "audio"), *video = json_object_get(request, "video");
    json_t *d = json_object_get(video, "duration_us");
    int64_t duration_us = json_is_integer(d) ? json_integer_value(d) : -1;
    struct track t = {.io = io, .end = -1, .started_ns = clock_mono_ns(), .to_permille = 1000,
                      .stream = (int)json_integer_value(json_object_get(entry, "stream"))};
    int rc = track_open(&t, entry, reterr);
    if (rc == 0 && t.measures)
        rc = measure(&t, request, duration_us, reterr);
    if (rc == 0)
        rc = reading(&t, request, duration_us, reterr);
    if (rc == 0 && !(*ret_result = result_json(&t)))
        rc = err_set(reterr, ERR_NO_MEMORY, "result");
    track_done(&t);
    return rc;
}
