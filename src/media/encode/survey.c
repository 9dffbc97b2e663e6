/*
 * survey.c - the operation "survey": what can't be told from a film's first pictures. Looks at places all over it: whether all its pictures
 * have black bars in common, whether it is film with 3:2 pulldown in it, whether only some of its pictures have two fields.
 * Says what it saw; what follows from that is the plan's (ladder/picture.c).
 */
#include "media/encode/cadence.h"
#include "media/encode/encode.h"
#include "media/encode/scale.h"
#include "media/image/bars.h"
#include "media/probe/source.h"
#include <limits.h>

enum { WALL_MS = 90000, PLACES = 24, PLACE_FRAMES = 40, BLIND_STEP = 100, PACKETS_MAX = 4000 };

struct survey {
    struct source *s;
    AVCodecContext *dec;
    AVFrame *in, *plain, *before;
    struct SwsContext *sws;
    int width, height, format;
    int stream;
    bool full_range, cadence;   /* cadence: stretches are looked at, not single pictures */
    int64_t frames, interlaced, pictures;
    struct bars least;          /* what all pictures have in common */
    int kinds[CADENCE_REPEAT + 1];
    int soft;                   /* stretches with pulldown by flags: every second picture lasts a field longer */
};

/* The picture as 4:2:0 of 8 bits and video range, lines as they are. */
static int plain_make(struct survey *v, struct err *reterr) {
    AVFrame *f = v->in, *p = v->plain;
    if (!v->sws || f->width != v->width || f->height != v->height || f->format != v->format) {
        sws_freeContext(v->sws);
        v->sws = scale_context(f->width, f->height, f->format, v->full_range, f->width, f->height, AV_PIX_FMT_YUV420P, false, SWS_POINT);
        if (!v->sws)
            return err_set(reterr, ERR_BAD_MEDIA, "no scaler from format %d", f->format);
        v->width = f->width, v->height = f->height, v->format = f->format;
    }
    av_frame_unref(p);
    p->width = f->width, p->height = f->height, p->format = AV_PIX_FMT_YUV420P;
    if (av_frame_get_buffer(p, 0) < 0)
        return err_set(reterr, ERR_NO_MEMORY, "picture");
    sws_scale(v->sws, (const uint8_t *const *)f->data, f->linesize, 0, f->height, p->data, p->linesize);
    return 0;
}

static bool is_interlaced(const AVFrame *f) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    return f->flags & AV_FRAME_FLAG_INTERLACED;
#else
    return f->interlaced_frame;
#endif
}

static void bars_note(struct survey *v) {
    struct bars b;
    if (!picture_bars(v->plain, &b))
        return;
    for (int s = 0; s < BAR_SIDES; s++)
        v->least.side[s] = v->pictures ? MIN(v->least.side[s], b.side[s]) : b.side[s];
    v->pictures++;
}

/* The nth picture of a place. */
static int picture_look(struct survey *v, int n, struct cadence *c, struct err *reterr) {
    v->frames++;
    v->interlaced += is_interlaced(v->in);
    if (n > 0 && !v->cadence)
        return 0;
    int rc = plain_make(v, reterr);
    if (rc < 0)
        return rc;
    if (n == 0)
        bars_note(v);
    else if (v->before->width == v->plain->width && v->before->height == v->plain->height)
        cadence_add(c, v->before, v->plain);
    av_frame_unref(v->before);
    av_frame_move_ref(v->before, v->plain);
    return 0;
}

/* Reads `want` pictures from here on; *ret_n: how many there were. What is damaged is passed over. */
static int place_look(struct survey *v, int want, int *ret_n, struct err *reterr) {
    AVPacket *pkt = av_packet_alloc();
    struct cadence c = {0};
    int n = 0, longer = 0, rc = pkt ? 0 : err_set(reterr, ERR_NO_MEMORY, "packet"), got = 0;
    for (int i = 0; rc == 0 && n < want && i < PACKETS_MAX && got >= 0; i++) {
        got = av_read_frame(v->s->fmt, pkt);
        if (got >= 0 && pkt->stream_index != v->stream) {
            av_packet_unref(pkt);
            continue;
        }
        if (avcodec_send_packet(v->dec, got < 0 ? NULL : pkt) == AVERROR(ENOMEM))
            rc = err_set(reterr, ERR_NO_MEMORY, "decoding");
        av_packet_unref(pkt);
        while (rc == 0 && n < want && avcodec_receive_frame(v->dec, v->in) >= 0) {
            longer += v->in->repeat_pict == 1;
            rc = picture_look(v, n++, &c, reterr);
            av_frame_unref(v->in);
        }
    }
    av_packet_free(&pkt);
    bool soft = v->cadence && longer * 5 > n * 2;
    v->soft += soft;
    v->kinds[cadence_judge(&c)] += v->cadence && n > 0 && !soft;
    *ret_n = n;
    return rc;
}

static bool seek(struct survey *v, int64_t at_us) {
    AVRational tb = v->s->fmt->streams[v->stream]->time_base;
    bool ok = av_seek_frame(v->s->fmt, v->stream, av_rescale_q(at_us, AV_TIME_BASE_Q, tb), AVSEEK_FLAG_BACKWARD) >= 0;
    avcodec_flush_buffers(v->dec);
    return ok;
}

/* Where the length is not known or nothing can be sought: the film's first minutes, here and there. */
static int beginning_look(struct survey *v, struct err *reterr) {
    int rc = 0, n = 1;
    for (int i = 0; rc == 0 && n > 0 && i < PLACES && !source_spent(v->s); i++) {
        bool cadence = v->cadence;
        rc = place_look(v, cadence ? PLACE_FRAMES : 1, &n, reterr);
        v->cadence = false; /* on to the next */
        if (rc == 0 && n > 0)
            rc = place_look(v, BLIND_STEP - PLACE_FRAMES, &n, reterr);
        v->cadence = cadence;
    }
    return rc;
}

/* A picture at each place; every second one is the beginning of a stretch where cadence is asked for. */
static int places_look(struct survey *v, int64_t start_us, int64_t duration_us, struct err *reterr) {
    int rc = 0, n = 0, seen = 0;
    for (int i = 0; rc == 0 && i < PLACES && !source_spent(v->s); i++, seen += n > 0) {
        n = 0;
        if (seek(v, start_us + duration_us * (2 * i + 1) / (2 * PLACES)))
            rc = place_look(v, i % 2 || !v->cadence ? 1 : PLACE_FRAMES, &n, reterr);
    }
    /* A short film may have no keyframe but its first. */
    return rc == 0 && seen < PLACES / 2 && seek(v, start_us) ? beginning_look(v, reterr) : rc;
}

static json_t *result_json(const struct survey *v) {
    const int *b = v->least.side, *k = v->kinds;
    return json_pack("{s:I, s:I, s:I, s:{s:i, s:i, s:i, s:i}, s:{s:i, s:i, s:i, s:i, s:i}}", "frames", (json_int_t)v->frames, "interlaced",
                     (json_int_t)v->interlaced, "pictures", (json_int_t)v->pictures, "bars", "top", b[BAR_TOP], "bottom",
                     b[BAR_BOTTOM], "left", b[BAR_LEFT], "right", b[BAR_RIGHT], "cadence", "none", k[CADENCE_NONE], "tff",
                     k[CADENCE_TFF], "bff", k[CADENCE_BFF], "repeat", k[CADENCE_REPEAT], "soft", v->soft);
}

static int survey_open(struct survey *v, int fd, struct err *reterr) {
    int rc = source_open(fd, WALL_MS, 0, &v->s, reterr);
    if (rc == 0 && (v->stream < 0 || v->stream >= (int)v->s->fmt->nb_streams ||
                    v->s->fmt->streams[v->stream]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO))
        rc = err_set(reterr, ERR_INVALID, "stream %d is no picture", v->stream);
    if (rc == 0)
        rc = source_decoder(v->s, v->stream, 0, &v->dec, reterr);
    v->in = av_frame_alloc(), v->plain = av_frame_alloc(), v->before = av_frame_alloc();
    return rc == 0 && !(v->in && v->plain && v->before) ? err_set(reterr, ERR_NO_MEMORY, "frames") : rc;
}

int survey_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    json_t *video = json_object_get(request, "video"), *cut = json_object_get(request, "max_duration_s");
    struct survey v = {.stream = (int)json_integer_value(json_object_get(video, "index")),
                       .cadence = json_is_true(json_object_get(request, "cadence")),
                       .full_range = json_string_value(json_object_get(video, "range")) &&
                                     strcmp(json_string_value(json_object_get(video, "range")), "pc") == 0};
    int64_t duration = json_integer_value(json_object_get(request, "duration_us"));
    if (json_number_value(cut) > 0 && json_number_value(cut) < 1e6)
        duration = MIN(duration, (int64_t)(json_number_value(cut) * 1e6));
    int rc = op_need_fds(io, 1, reterr);
    if (rc == 0)
        rc = survey_open(&v, io->fds[0], reterr);
    if (rc == 0)
        rc = duration > 0 && v.s->size >= 0 ? places_look(&v, json_integer_value(json_object_get(video, "start_us")), duration, reterr)
                                            : beginning_look(&v, reterr);
    if (rc == 0 && !(*ret_result = result_json(&v)))
        rc = err_set(reterr, ERR_NO_MEMORY, "result");
    sws_freeContext(v.sws);
    av_frame_free(&v.in);
    av_frame_free(&v.plain);
    av_frame_free(&v.before);
    avcodec_free_context(&v.dec);
    source_free(v.s);
    return rc;
}
