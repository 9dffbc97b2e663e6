/*
 * quality.c - the operation "quality". One pass over the packets; every stream has its lane of detectors. At the
 * end what they saw becomes findings: ranges of time with a sentence that an editor understands.
 */
#include "media/quality/quality_int.h"
#include "base/clock.h"
#include <math.h>
#include <stdlib.h>

struct look {
    struct op_io *io;
    struct source *s;
    struct lane lanes[LANES_MAX];
    size_t n;
    struct lane *video; /* NULL: none */
    int64_t duration_ms, end_ms, told_ns;
    int64_t until_ms; /* where the film is cut on purpose; INT64_MAX: nowhere */
    json_t *findings;
};

static void finding(struct look *k, const char *kind, const char *severity, int64_t from_ms, int64_t to_ms, int stream,
                    const char *fmt, ...) PRINTF_LIKE(7, 8);
static void finding(struct look *k, const char *kind, const char *severity, int64_t from_ms, int64_t to_ms, int stream,
                    const char *fmt, ...) {
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    json_array_append_new(k->findings, json_pack("{s:s, s:s, s:I, s:I, s:i, s:s}", "kind", kind, "severity", severity,
                                                 "from_ms", (json_int_t)from_ms, "to_ms", (json_int_t)to_ms, "stream",
                                                 stream, "text", text));
}

/* ---- reading ---- */

static int lanes_open(struct look *k, struct err *reterr) {
    AVFormatContext *fmt = k->s->fmt;
    int best = av_find_best_stream(fmt, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    AVProgram *own = best >= 0 ? av_find_program_from_stream(fmt, NULL, best) : NULL;
    int64_t origin = best >= 0 && fmt->streams[best]->start_time != AV_NOPTS_VALUE
                         ? av_rescale_q(fmt->streams[best]->start_time, fmt->streams[best]->time_base, AV_TIME_BASE_Q)
                         : 0;
    for (unsigned i = 0; i < fmt->nb_streams; i++) {
        AVStream *st = fmt->streams[i];
        bool ours = !own || av_find_program_from_stream(fmt, NULL, (int)i) == own;
        bool wanted = (int)i == best || (st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO && ours);
        struct err e = {0};
        st->discard = AVDISCARD_ALL;
        if (!wanted || k->n == LANES_MAX)
            continue;
        int rc = lane_open(&k->lanes[k->n], k->s, (int)i, origin, &e);
        if (rc < 0) {
            lane_done(&k->lanes[k->n]);
            if (rc != ERR_BAD_MEDIA) {
                if (reterr)
                    *reterr = e;
                return rc;
            }
            continue;
        }
        st->discard = AVDISCARD_DEFAULT;
        if ((int)i == best)
            k->video = &k->lanes[k->n];
        k->n++;
    }
    return 0;
}

static struct lane *lane_of(struct look *k, int stream) {
    for (size_t i = 0; i < k->n; i++)
        if (k->lanes[i].stream == stream)
            return &k->lanes[i];
    return NULL;
}

static int progress_tell(struct look *k, int64_t began_ns) {
    int64_t now = clock_mono_ns(), at = 0;
    if (now - k->told_ns < 200 * 1000000)
        return 0;
    k->told_ns = now;
    for (size_t i = 0; i < k->n; i++)
        at = MAX(at, k->lanes[i].last_ms);
    double spent = (double)(now - began_ns) / 1e6;
    int permille = k->duration_ms > 0 ? (int)MIN(at * 1000 / k->duration_ms, (int64_t)999) : 0;
    int64_t eta = at > 0 && k->duration_ms > at ? (int64_t)(spent * (double)(k->duration_ms - at) / (double)at) : -1;
    return op_progress(k->io, "quality", permille, spent > 0 ? (double)at / spent : 0, eta);
}

/* The picture leads; a film without one is led by its first sound. */
static bool past_the_cut(const struct look *k) {
    const struct lane *leads = k->video ? k->video : &k->lanes[0];
    return leads->last_ms >= k->until_ms;
}

static int packets_look(struct look *k, struct err *reterr) {
    AVPacket *pkt = av_packet_alloc();
    int64_t began = clock_mono_ns();
    int rc = pkt ? 0 : err_set(reterr, ERR_NO_MEMORY, "packet"), got = 0;
    while (rc == 0 && !past_the_cut(k) && (got = source_read(k->s, pkt)) >= 0) {
        struct lane *l = lane_of(k, pkt->stream_index);
        if (l)
            rc = lane_packet(l, pkt, reterr);
        av_packet_unref(pkt);
        if (rc == 0 && (rc = progress_tell(k, began)) < 0)
            err_set(reterr, rc, "stopped");
    }
    av_packet_free(&pkt);
    if (rc == 0 && got == AVERROR(EIO))
        rc = err_set(reterr, ERR_IO, "reading the source failed");
    for (size_t i = 0; i < k->n && rc == 0; i++)
        rc = lane_packet(&k->lanes[i], NULL, reterr);
    return rc;
}

/* ---- judging ---- */

static void spans_tell(struct look *k, const struct spans *s, const char *severity, int stream, const char *what) {
    for (size_t i = 0; i < s->n; i++)
        finding(k, s->kind, severity, s->list[i].from_ms, s->list[i].to_ms, stream, "%s for %.1f s.", what,
                (double)(s->list[i].to_ms - s->list[i].from_ms) / 1000);
    if (s->more)
        finding(k, s->kind, severity, -1, -1, stream, "%s %zu times more.", what, s->more);
}

/* Fine patterns that move look like lines of two moments here and there. What the film says of itself counts too:
 * one that was coded in fields is believed from a tenth on, another from the half. */
static void interlace_judge(struct look *k, struct lane *v) {
    enum AVFieldOrder order = k->s->fmt->streams[v->stream]->codecpar->field_order;
    bool fields = order != AV_FIELD_PROGRESSIVE && order != AV_FIELD_UNKNOWN;
    if (v->idet_judged < 25 || v->idet_interlaced * (fields ? 10 : 2) < v->idet_judged)
        return;
    if (v->idet_interlaced * 10 > v->idet_judged * 9)
        finding(k, "interlaced", "warning", 0, k->end_ms, v->stream,
                "The picture is interlaced: it is made progressive, which costs sharpness. A progressive master is better.");
    else
        spans_tell(k, &v->interlaced, "warning", v->stream, "The picture is interlaced");
}

static void aspect_judge(struct look *k, struct lane *v, json_t **ret) {
    static const double usual[] = {4.0 / 3, 16.0 / 9, 1.85, 2.0, 2.2, 2.35, 2.39, 2.40, 1.0, 9.0 / 16, 4.0 / 5, 3.0 / 2, 1.66, 1.37};
    AVStream *st = k->s->fmt->streams[v->stream];
    AVRational sar = av_guess_sample_aspect_ratio(k->s->fmt, st, NULL);
    bool flip;
    int turn = source_rotation(st, &flip);
    double aspect = st->codecpar->height > 0 ? (double)st->codecpar->width / st->codecpar->height : 0;
    if (sar.num > 0 && sar.den > 0)
        aspect *= av_q2d(sar);
    if ((turn == 90 || turn == 270) && aspect > 0)
        aspect = 1 / aspect;
    bool known = aspect <= 0;
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        known |= fabs(aspect / usual[i] - 1) < 0.02;
    if (!known)
        finding(k, "aspect", "info", -1, -1, v->stream,
                "The picture's shape is unusual (%.2f:1). Was it exported with the right pixels?", aspect);
    *ret = json_pack("{s:i, s:i, s:i, s:f, s:f}", "stream", v->stream, "width", st->codecpar->width, "height",
                     st->codecpar->height, "display_aspect", aspect, "interlaced",
                     v->idet_judged ? (double)v->idet_interlaced / (double)v->idet_judged : 0.0);
}

static const char *lang_of(const AVStream *st) {
    AVDictionaryEntry *e = av_dict_get(st->metadata, "language", NULL, 0);
    return e && *e->value && strlen(e->value) <= 35 && str_is_utf8(str_of(e->value)) ? e->value : "und";
}

static json_t *level(double v) { return isfinite(v) ? json_real(v) : json_null(); }

static void loudness_judge(struct look *k, struct lane *a) {
    double peak = a->peak > 0 ? 20 * log10(a->peak) : -INFINITY;
    if (a->silence.total_ms + 1000 > k->end_ms && k->end_ms > 3000)
        finding(k, "silence", "error", 0, k->end_ms, a->stream, "This soundtrack is silent from beginning to end.");
    else
        spans_tell(k, &a->silence, "info", a->stream, "Silence");
    if (isfinite(a->integrated) && a->integrated > -70 && (a->integrated > -14 || a->integrated < -34))
        finding(k, "loudness", "info", -1, -1, a->stream,
                "The sound is %s (%.1f LUFS); it is brought to the usual loudness.",
                a->integrated > -14 ? "very loud" : "very quiet", a->integrated);
    if (peak > -0.1)
        finding(k, "peak", "info", -1, -1, a->stream, "The sound reaches full scale (%.1f dBFS): it may be clipped.", peak);
}

static json_t *audio_judge(struct look *k, struct lane *a) {
    AVStream *st = k->s->fmt->streams[a->stream];
    const char *lang = lang_of(st);
    double peak = a->peak > 0 ? 20 * log10(a->peak) : -INFINITY;
    loudness_judge(k, a);
    if (strcmp(lang, "und") == 0)
        finding(k, "language", "warning", -1, -1, a->stream,
                "The file does not say which language this soundtrack is in. Set it, or viewers cannot choose.");
    if (k->video && a->frames && llabs(a->last_ms - k->video->last_ms) > 2000)
        finding(k, "sync", "warning", MIN(a->last_ms, k->video->last_ms), MAX(a->last_ms, k->video->last_ms), a->stream,
                a->last_ms < k->video->last_ms ? "The sound ends before the picture does." :
                                                 "The sound goes on after the picture has ended.");
    return json_pack("{s:i, s:s, s:i, s:o, s:o, s:o, s:I}", "stream", a->stream, "lang", lang, "channels",
                     st->codecpar->ch_layout.nb_channels, "integrated_lufs", level(a->integrated), "range_lu",
                     level(a->range), "peak_dbfs", level(peak), "silent_ms", (json_int_t)a->silence.total_ms);
}

static bool ends_at(const struct spans *s, int64_t end_ms) {
    return s->n && s->list[s->n - 1].to_ms >= end_ms - 100;
}

/* A film ends in black, in silence, or at least fades; one that was cut off does neither. */
static void end_judge(struct look *k) {
    if (damage_missing(k->s->fd, k->s->size) > 0) {
        finding(k, "cut_off", "error", MAX(k->end_ms - 1000, (int64_t)0), k->end_ms, -1,
                "The file is shorter than it says itself: its end is missing. Copy it again.");
        return;
    }
    bool loud = false;
    if (past_the_cut(k))
        return;
    for (size_t i = 0; i < k->n; i++)
        loud |= !k->lanes[i].is_video && isfinite(k->lanes[i].momentary) && k->lanes[i].momentary > -35 &&
                !ends_at(&k->lanes[i].silence, k->end_ms);
    if (loud && k->video && !ends_at(&k->video->black, k->end_ms) && k->end_ms > 5000)
        finding(k, "cut_off", "info", MAX(k->end_ms - 1000, (int64_t)0), k->end_ms, -1,
                "The film stops in the middle of picture and sound. Is its end there?");
}

static int by_time(const void *a, const void *b) {
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    json_int_t f = json_integer_value(json_object_get(x, "from_ms")), t = json_integer_value(json_object_get(y, "from_ms"));
    return (f > t) - (f < t);
}

static int findings_sort(struct look *k) {
    size_t n = json_array_size(k->findings);
    json_t **all = calloc(n + 1, sizeof(json_t *)), *sorted = json_array();
    if (!all || !sorted) {
        free(all);
        json_decref(sorted);
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++)
        all[i] = json_array_get(k->findings, i);
    qsort(all, n, sizeof(json_t *), by_time);
    for (size_t i = 0; i < n; i++)
        json_array_append(sorted, all[i]);
    free(all);
    json_decref(k->findings);
    k->findings = sorted;
    return 0;
}

static int judge(struct look *k, json_t **ret_result, struct err *reterr) {
    json_t *video = NULL, *audio = json_array();
    for (size_t i = 0; i < k->n; i++)
        k->end_ms = MAX(k->end_ms, k->lanes[i].last_ms);
    for (size_t i = 0; i < k->n; i++)
        lane_end(&k->lanes[i], k->lanes[i].is_video ? k->lanes[i].last_ms : 0);
    for (size_t i = 0; i < k->n; i++)
        if (!k->lanes[i].is_video)
            json_array_append_new(audio, audio_judge(k, &k->lanes[i]));
    if (k->video) {
        spans_tell(k, &k->video->black, "info", k->video->stream, "The picture is black");
        spans_tell(k, &k->video->freeze, "warning", k->video->stream, "The picture stands still");
        interlace_judge(k, k->video);
        aspect_judge(k, k->video, &video);
    }
    if (json_array_size(audio) == 0)
        finding(k, "no_sound", "warning", -1, -1, -1, "The film has no soundtrack.");
    end_judge(k);
    int rc = findings_sort(k);
    if (rc < 0)
        return err_set(reterr, rc, "no memory for a report");
    *ret_result = json_pack("{s:I, s:O, s:o, s:o}", "duration_ms", (json_int_t)k->end_ms, "findings", k->findings,
                            "video", video ? video : json_null(), "audio", audio);
    return *ret_result ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a report");
}

int quality_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    struct look *k = calloc(1, sizeof *k);
    int rc = k ? op_need_fds(io, 1, reterr) : err_set(reterr, ERR_NO_MEMORY, "quality");
    if (rc == 0)
        k->io = io, k->findings = json_array();
    if (rc == 0)
        rc = source_open(io->fds[0], 0, 0, &k->s, reterr);
    if (rc == 0) {
        double cut_s = json_number_value(json_object_get(request, "max_duration_s"));
        k->until_ms = cut_s > 0 && cut_s < 1e9 ? (int64_t)(cut_s * 1000) : INT64_MAX;
        k->duration_ms = k->s->fmt->duration > 0 ? k->s->fmt->duration / 1000 : 0;
        k->duration_ms = MIN(k->duration_ms, k->until_ms);
        rc = lanes_open(k, reterr);
    }
    if (rc == 0 && k->n == 0)
        rc = err_refuse(reterr, ERR_BAD_MEDIA, "media.unreadable", "Nothing in the file can be decoded.", "no lanes");
    if (rc == 0)
        rc = packets_look(k, reterr);
    if (rc == 0)
        rc = judge(k, ret_result, reterr);
    if (k) {
        for (size_t i = 0; i < k->n; i++)
            lane_done(&k->lanes[i]);
        source_free(k->s);
        json_decref(k->findings);
        free(k);
    }
    return rc;
}
