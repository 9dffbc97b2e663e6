/*
 * lane.c - one stream on its way through the detectors. Their findings are metadata of the frames that come out:
 * a start on one frame, an end on a later one, or never, where it lasts to the film's end.
 */
#include "media/quality/quality_int.h"
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/channel_layout.h>
#include <math.h>
#include <stdlib.h>

/* idet needs the lines as they are; the others are as sure on a small picture, at a fraction of the cost. */
static const char video_chain[] = "idet,scale=w='min(320,iw)':h=-2:flags=fast_bilinear,format=yuv420p,"
                                  "blackdetect=d=0.04:pic_th=0.98:pix_th=0.10,freezedetect=n=0.001:d=2";
static const char audio_chain[] = "silencedetect=n=-60dB:d=2,ebur128=metadata=1";

enum { GRAPHS_MAX = 50, FAR_MS = 24 * 3600 * 1000 };

void spans_open(struct spans *s, int64_t at_ms) {
    if (s->open_ms == INT64_MIN)
        s->open_ms = MAX(at_ms, (int64_t)0);
}

void spans_close(struct spans *s, int64_t at_ms) {
    int64_t from = s->open_ms;
    s->open_ms = INT64_MIN;
    if (from == INT64_MIN || at_ms - from < s->least_ms)
        return;
    s->total_ms += at_ms - from;
    if (s->n == RANGES_MAX) {
        s->more++;
        return;
    }
    s->list[s->n].from_ms = from;
    s->list[s->n++].to_ms = at_ms;
}

static void spans_init(struct spans *s, const char *kind, int64_t least_ms) {
    *s = (struct spans){.kind = kind, .open_ms = INT64_MIN, .least_ms = least_ms};
}

int lane_open(struct lane *l, struct source *s, int stream, int64_t origin_us, struct err *reterr) {
    AVStream *st = s->fmt->streams[stream];
    *l = (struct lane){.stream = stream,
                       .is_video = st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO,
                       .in_tb = st->time_base,
                       .origin_us = origin_us,
                       .from_ms = INT64_MIN,
                       .integrated = NAN,
                       .range = NAN,
                       .momentary = NAN};
    spans_init(&l->black, "black", 500);
    spans_init(&l->freeze, "freeze", 2000);
    spans_init(&l->silence, "silence", 2000);
    spans_init(&l->interlaced, "interlaced", 500);
    l->in = av_frame_alloc();
    l->out = av_frame_alloc();
    if (!l->in || !l->out)
        return err_set(reterr, ERR_NO_MEMORY, "frames");
    return source_decoder(s, stream, l->is_video ? 0 : 1, &l->dec, reterr);
}

void lane_done(struct lane *l) {
    avfilter_graph_free(&l->graph);
    avcodec_free_context(&l->dec);
    av_frame_free(&l->in);
    av_frame_free(&l->out);
}

/* ---- the graph ---- */

static void source_args(const struct lane *l, const AVFrame *f, char *dst, size_t cap) {
    char layout[64] = "stereo";
    if (l->is_video) {
        snprintf(dst, cap, "video_size=%dx%d:pix_fmt=%d:time_base=%d/%d:pixel_aspect=1/1", f->width, f->height,
                 f->format, l->in_tb.num, l->in_tb.den);
        return;
    }
    if (f->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
        AVChannelLayout usual;
        av_channel_layout_default(&usual, f->ch_layout.nb_channels);
        av_channel_layout_describe(&usual, layout, sizeof layout);
        av_channel_layout_uninit(&usual);
    } else {
        av_channel_layout_describe(&f->ch_layout, layout, sizeof layout);
    }
    snprintf(dst, cap, "time_base=%d/%d:sample_rate=%d:sample_fmt=%d:channel_layout=%s", l->in_tb.num, l->in_tb.den,
             f->sample_rate, f->format, layout);
}

static int graph_make(struct lane *l, const AVFrame *f, struct err *reterr) {
    char args[300];
    source_args(l, f, args, sizeof args);
    l->width = f->width;
    l->height = f->height;
    l->format = f->format;
    l->rate = f->sample_rate;
    l->channels = f->ch_layout.nb_channels;
    l->graph = avfilter_graph_alloc();
    AVFilterInOut *outs = avfilter_inout_alloc(), *ins = avfilter_inout_alloc();
    int rc = l->graph && outs && ins ? 0 : AVERROR(ENOMEM);
    if (l->graph)
        l->graph->nb_threads = 1;
    if (rc >= 0)
        rc = avfilter_graph_create_filter(&l->src, avfilter_get_by_name(l->is_video ? "buffer" : "abuffer"), "in", args,
                                          NULL, l->graph);
    if (rc >= 0)
        rc = avfilter_graph_create_filter(&l->sink, avfilter_get_by_name(l->is_video ? "buffersink" : "abuffersink"),
                                          "out", NULL, NULL, l->graph);
    if (rc >= 0) {
        *outs = (AVFilterInOut){av_strdup("in"), l->src, 0, NULL};
        *ins = (AVFilterInOut){av_strdup("out"), l->sink, 0, NULL};
        rc = avfilter_graph_parse_ptr(l->graph, l->is_video ? video_chain : audio_chain, &ins, &outs, NULL);
    }
    avfilter_inout_free(&outs);
    avfilter_inout_free(&ins);
    if (rc >= 0)
        rc = avfilter_graph_config(l->graph, NULL);
    return rc < 0 ? err_av(reterr, rc, "the detectors of stream %d", l->stream) : 0;
}

static bool graph_fits(const struct lane *l, const AVFrame *f) {
    return l->format == f->format &&
           (l->is_video ? l->width == f->width && l->height == f->height
                        : l->rate == f->sample_rate && l->channels == f->ch_layout.nb_channels);
}

/* ---- what comes out ---- */

static bool number(const AVFrame *f, const char *key, double *ret) {
    AVDictionaryEntry *e = av_dict_get(f->metadata, key, NULL, 0);
    char *end;
    double v = e ? strtod(e->value, &end) : 0;
    if (!e || end == e->value || !isfinite(v))
        return false;
    *ret = v;
    return true;
}

static int64_t film_ms(const struct lane *l, double seconds) {
    double ms = seconds * 1000 - (double)l->origin_us / 1000;
    return ms > -FAR_MS && ms < 10.0 * FAR_MS ? llround(ms) : 0;
}

static void marks_read(struct lane *l, struct spans *s, const AVFrame *f, const char *start, const char *end) {
    double at;
    if (number(f, end, &at))
        spans_close(s, film_ms(l, at));
    if (number(f, start, &at))
        spans_open(s, film_ms(l, at));
}

/* idet's judgement over several frames. One that is not sure says nothing either way. */
static void idet_read(struct lane *l, const AVFrame *f, int64_t at_ms) {
    AVDictionaryEntry *e = av_dict_get(f->metadata, "lavfi.idet.multiple.current_frame", NULL, 0);
    if (!e || strcmp(e->value, "undetermined") == 0)
        return;
    bool is = strcmp(e->value, "tff") == 0 || strcmp(e->value, "bff") == 0;
    l->idet_judged++;
    l->idet_interlaced += is;
    if (is)
        spans_open(&l->interlaced, at_ms);
    else
        spans_close(&l->interlaced, at_ms);
}

static void peak_read(struct lane *l, const AVFrame *f) {
    if (f->format != AV_SAMPLE_FMT_DBL) /* what ebur128 gives */
        return;
    const double *v = (const double *)f->data[0];
    for (int64_t i = 0; i < (int64_t)f->nb_samples * f->ch_layout.nb_channels; i++)
        l->peak = MAX(l->peak, fabs(v[i]));
}

static void frame_read(struct lane *l, const AVFrame *f) {
    AVRational tb = av_buffersink_get_time_base(l->sink);
    if (f->pts != AV_NOPTS_VALUE) {
        int64_t at = film_ms(l, (double)f->pts * av_q2d(tb));
        if (l->from_ms == INT64_MIN)
            l->from_ms = at;
        int64_t length = !l->is_video && f->sample_rate > 0 ? (int64_t)f->nb_samples * 1000 / f->sample_rate : 0;
        l->last_ms = MAX(l->last_ms, at + length);
        if (l->is_video)
            idet_read(l, f, at);
    }
    if (l->is_video) {
        marks_read(l, &l->black, f, "lavfi.black_start", "lavfi.black_end");
        marks_read(l, &l->freeze, f, "lavfi.freezedetect.freeze_start", "lavfi.freezedetect.freeze_end");
        return;
    }
    marks_read(l, &l->silence, f, "lavfi.silence_start", "lavfi.silence_end");
    number(f, "lavfi.r128.I", &l->integrated);
    number(f, "lavfi.r128.LRA", &l->range);
    number(f, "lavfi.r128.M", &l->momentary);
    peak_read(l, f);
}

static int graph_drain(struct lane *l, struct err *reterr) {
    int rc;
    while ((rc = av_buffersink_get_frame(l->sink, l->out)) >= 0) {
        frame_read(l, l->out);
        av_frame_unref(l->out);
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF ? 0 : err_av(reterr, rc, "looking at stream %d", l->stream);
}

static int graph_push(struct lane *l, AVFrame *f, struct err *reterr) {
    int rc = av_buffersrc_add_frame_flags(l->src, f, AV_BUFFERSRC_FLAG_PUSH);
    return rc < 0 && rc != AVERROR_EOF ? err_av(reterr, rc, "looking at stream %d", l->stream) : graph_drain(l, reterr);
}

static int frame_look(struct lane *l, struct err *reterr) {
    AVFrame *f = l->in;
    f->pts = f->best_effort_timestamp;
    f->sample_aspect_ratio = (AVRational){1, 1};
    l->frames++;
    int rc = 0;
    if (l->graph && !graph_fits(l, f)) {
        rc = graph_push(l, NULL, reterr);
        avfilter_graph_free(&l->graph);
        spans_close(&l->black, l->last_ms); /* the new detectors know nothing of what the old ones began */
        spans_close(&l->freeze, l->last_ms);
        spans_close(&l->silence, l->last_ms);
        if (rc == 0 && ++l->failed > GRAPHS_MAX)
            return err_set(reterr, ERR_BAD_MEDIA, "the format changes too often");
    }
    if (rc == 0 && !l->graph)
        rc = graph_make(l, f, reterr);
    if (rc == 0)
        rc = graph_push(l, f, reterr);
    av_frame_unref(f);
    return rc;
}

int lane_packet(struct lane *l, const AVPacket *pkt, struct err *reterr) {
    int rc = avcodec_send_packet(l->dec, pkt);
    if (rc == AVERROR(ENOMEM))
        return err_set(reterr, ERR_NO_MEMORY, "decoding");
    while ((rc = avcodec_receive_frame(l->dec, l->in)) >= 0) {
        int r = frame_look(l, reterr);
        if (r < 0)
            return r;
    }
    return pkt || !l->graph ? 0 : graph_push(l, NULL, reterr);
}

void lane_end(struct lane *l, int64_t end_ms) {
    struct spans *all[] = {&l->black, &l->freeze, &l->silence, &l->interlaced};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        spans_close(all[i], MAX(end_ms, l->last_ms));
}
