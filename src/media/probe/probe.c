/*
 * probe.c - the operation "probe". Reads packets until every stream has shown a few frames, or a limit is
 * reached, and then decides whether the film can be used.
 */
#include "media/probe/probe_int.h"
#include "media/text/captions.h"
#include <libavutil/pixdesc.h>

enum { WALL_MS = 40000, READ_BYTES = 192 << 20, PACKETS_MAX = 12000, AUDIO_FRAMES = 4, REORDER_MAX = 17 };

struct probe {
    struct source *s;
    struct look *looks;      /* one a stream */
    unsigned n;
    int video;               /* the stream to encode; -1: none */
    bool *chosen;            /* streams of the chosen programme */
    struct captions_kinds captions; /* in the picture's packets */
    json_t *warnings;
};

static void probe_done(struct probe *p) {
    for (unsigned i = 0; i < p->n && p->looks; i++)
        avcodec_free_context(&p->looks[i].dec);
    free(p->looks);
    free(p->chosen);
    source_freep(&p->s);
    json_decref(p->warnings);
}

static void warn(struct probe *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void warn(struct probe *p, const char *fmt, ...) {
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    json_array_append_new(p->warnings, json_string(text));
}

static bool is_picture(const AVStream *st) {
    return st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           !(st->disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) &&
           st->codecpar->codec_id != AV_CODEC_ID_NONE;
}

/* The largest picture, the default one among equals. */
static int video_choose(const AVFormatContext *fmt) {
    int best = -1;
    int64_t best_score = -1;
    for (unsigned i = 0; i < fmt->nb_streams; i++) {
        const AVStream *st = fmt->streams[i];
        if (!is_picture(st))
            continue;
        int64_t score = (int64_t)st->codecpar->width * st->codecpar->height * 2 +
                        !!(st->disposition & AV_DISPOSITION_DEFAULT);
        if (avcodec_find_decoder(st->codecpar->codec_id) && score > best_score) {
            best = (int)i;
            best_score = score;
        }
    }
    return best;
}

/* A broadcast carries several programmes: only what belongs to the chosen picture's counts. */
static void programme_choose(struct probe *p) {
    AVFormatContext *fmt = p->s->fmt;
    AVProgram *own = p->video >= 0 ? av_find_program_from_stream(fmt, NULL, p->video) : NULL;
    for (unsigned i = 0; i < p->n; i++)
        p->chosen[i] = !own || fmt->nb_programs < 2;
    for (unsigned i = 0; own && i < own->nb_stream_indexes; i++)
        if (own->stream_index[i] < p->n)
            p->chosen[own->stream_index[i]] = true;
    if (own && fmt->nb_programs > 1)
        warn(p, "The file holds %u programmes; number %d is used.", fmt->nb_programs, own->id);
}

static void decoders_open(struct probe *p) {
    for (unsigned i = 0; i < p->n; i++) {
        AVStream *st = p->s->fmt->streams[i];
        struct look *l = &p->looks[i];
        l->first_pts = AV_NOPTS_VALUE;
        l->width = st->codecpar->width;
        l->height = st->codecpar->height;
        l->format = st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO ? st->codecpar->format : AV_PIX_FMT_NONE;
        l->primaries = st->codecpar->color_primaries;
        l->transfer = st->codecpar->color_trc;
        l->matrix = st->codecpar->color_space;
        l->range = st->codecpar->color_range;
        l->siting = st->codecpar->chroma_location;
        light_of_stream(&l->hdr, st);
        bool video = (int)i == p->video, audio = st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
        if (!p->chosen[i] || (!video && !audio)) {
            st->discard = AVDISCARD_ALL;
            continue;
        }
        l->wanted = video ? LOOK_FRAMES : AUDIO_FRAMES;
        if (source_decoder(p->s, (int)i, 1, &l->dec, &l->err) < 0)
            l->wanted = 0;
    }
}

static void frame_seen(struct look *l, const AVFrame *f, bool video) {
    if (l->frames == 0 && f->best_effort_timestamp != AV_NOPTS_VALUE)
        l->first_pts = f->best_effort_timestamp;
    l->frames++;
    l->wanted -= l->wanted > 0;
    if (!video)
        return;
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    bool interlaced = f->flags & AV_FRAME_FLAG_INTERLACED, top = f->flags & AV_FRAME_FLAG_TOP_FIELD_FIRST;
#else
    bool interlaced = f->interlaced_frame, top = f->top_field_first;
#endif
    l->interlaced += interlaced;
    l->top_first += interlaced && top;
    if (l->seen_frame)
        return;
    /* The first picture is nearer to the truth than the container. */
    l->seen_frame = true;
    l->width = f->width;
    l->height = f->height;
    l->format = f->format;
    if (f->color_primaries != AVCOL_PRI_UNSPECIFIED)
        l->primaries = f->color_primaries;
    if (f->color_trc != AVCOL_TRC_UNSPECIFIED)
        l->transfer = f->color_trc;
    if (f->colorspace != AVCOL_SPC_UNSPECIFIED)
        l->matrix = f->colorspace;
    if (f->color_range != AVCOL_RANGE_UNSPECIFIED)
        l->range = f->color_range;
    if (f->chroma_location != AVCHROMA_LOC_UNSPECIFIED)
        l->siting = f->chroma_location;
    light_of_frame(&l->hdr, f);
}

static void decode(struct look *l, const AVPacket *pkt, AVFrame *f, bool video) {
    if (!l->dec || (pkt && l->wanted <= 0))
        return;
    int rc = avcodec_send_packet(l->dec, pkt);
    if (rc < 0 && rc != AVERROR_EOF && rc != AVERROR(EAGAIN))
        l->failed++;
    while (avcodec_receive_frame(l->dec, f) >= 0) {
        frame_seen(l, f, video);
        av_frame_unref(f);
    }
}

static bool satisfied(const struct probe *p) {
    for (unsigned i = 0; i < p->n; i++)
        if (p->looks[i].wanted > 0 && p->looks[i].failed < 200)
            return false;
    return p->video < 0 || p->looks[p->video].n_pts >= LOOK_PTS;
}

static int by_time(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void stamps_take(struct look *l, const AVPacket *pkt) {
    if (pkt->pts == AV_NOPTS_VALUE)
        l->pts_missing = true;
    else if (l->n_pts < LOOK_PTS)
        l->pts[l->n_pts++] = pkt->pts;
    if (pkt->dts != AV_NOPTS_VALUE && l->n_dts < LOOK_PTS)
        l->dts[l->n_dts++] = pkt->dts;
}

/* For the frame rate. A hole in the list would look like a picture that lasts twice as long. */
static void stamps_settle(struct look *l) {
    if (l->pts_missing && l->n_dts >= l->n_pts) {
        memcpy(l->pts, l->dts, l->n_dts * sizeof(*l->pts));
        l->n_pts = l->n_dts;
    }
    qsort(l->pts, l->n_pts, sizeof(*l->pts), by_time);
    /* Where reading stopped, pictures shown earlier were still to come. */
    if (l->n_pts == LOOK_PTS)
        l->n_pts -= REORDER_MAX;
}

static void captions_look(struct probe *p, const AVPacket *pkt) {
    uint8_t bytes[CAPTIONS_BYTES_MAX];
    if (pkt->size > 0 && captions_in(p->s->fmt->streams[p->video]->codecpar))
        captions_note(&p->captions, bytes, captions_take(pkt->data, (size_t)pkt->size, bytes));
}

static int streams_look(struct probe *p, struct err *reterr) {
    AVPacket *pkt = av_packet_alloc();
    AVFrame *f = av_frame_alloc();
    int rc = pkt && f ? 0 : err_set(reterr, ERR_NO_MEMORY, "probe");
    for (int i = 0; rc == 0 && i < PACKETS_MAX && !satisfied(p); i++) {
        if (source_read(p->s, pkt) < 0)
            break;
        unsigned k = (unsigned)pkt->stream_index;
        if (k < p->n && p->chosen[k]) {
            struct look *l = &p->looks[k];
            l->encrypted |= av_packet_get_side_data(pkt, AV_PKT_DATA_ENCRYPTION_INFO, NULL) != NULL;
            if ((int)k == p->video && !(pkt->flags & AV_PKT_FLAG_DISCARD))
                stamps_take(l, pkt), captions_look(p, pkt);
            decode(l, pkt, f, (int)k == p->video);
        }
        av_packet_unref(pkt);
    }
    for (unsigned i = 0; rc == 0 && i < p->n; i++)
        if (p->looks[i].wanted > 0)
            decode(&p->looks[i], NULL, f, (int)i == p->video);
    av_packet_free(&pkt);
    av_frame_free(&f);
    return rc;
}

static bool has_sound(const struct probe *p) {
    for (unsigned i = 0; i < p->s->fmt->nb_streams; i++)
        if (p->s->fmt->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
            return true;
    return false;
}

/* libavformat reads single pictures of any kind by demuxers of such names. */
static bool is_still(const AVFormatContext *fmt) {
    const char *name = fmt->iformat->name;
    size_t n = strlen(name);
    return strcmp(name, "image2") == 0 || (n > 5 && strcmp(name + n - 5, "_pipe") == 0);
}

static int picture_check(struct probe *p, struct err *reterr) {
    if (p->video < 0 && has_sound(p))
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.no_picture",
                          "This file has sound and no picture. Choose a film, and add this soundtrack to it "
                          "(--audio LANG:FILE).",
                          "no video stream");
    if (p->video < 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.no_picture",
                          "This file has no picture and no sound, only other data. Choose the film itself; if this "
                          "should be it, export it again.",
                          "no video stream");
    struct look *l = &p->looks[p->video];
    const AVStream *st = p->s->fmt->streams[p->video];
    if (is_still(p->s->fmt))
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.still_picture",
                          "This is a single picture, not a film. Choose the film itself.", "%s",
                          p->s->fmt->iformat->name);
    if (l->encrypted)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.encrypted",
                          "The film is encrypted (DRM). Ask for a copy without protection.",
                          "encrypted samples");
    if (l->width > SOURCE_MAX_SIDE || l->height > SOURCE_MAX_SIDE ||
        (int64_t)l->width * l->height > SOURCE_MAX_AREA)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.too_large_picture",
                          "The picture is larger than 8192 by 8192 pixels. Export it at 4K or smaller.",
                          "picture of %dx%d", l->width, l->height);
    if (!l->frames && l->err.code)
        return *reterr = l->err, l->err.code;
    if (!l->frames)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.picture_undecodable",
                          "No picture can be decoded from this file: it is damaged or was cut. Export or copy "
                          "it again.",
                          "%d packets of %s refused", l->failed, avcodec_get_name(st->codecpar->codec_id));
    if (l->width < 16 || l->height < 16)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.too_small_picture",
                          "The picture is smaller than 16 by 16 pixels. Choose another file.",
                          "picture of %dx%d", l->width, l->height);
    stamps_settle(l);
    return 0;
}

static void warnings_add(struct probe *p, json_t *video) {
    const struct look *l = &p->looks[p->video];
    AVStream *st = p->s->fmt->streams[p->video];
    if (av_q2d(st->r_frame_rate) > 240)
        warn(p, "It declares %d/%d frames a second, which no camera has; %lld/%lld is used.",
             st->r_frame_rate.num, st->r_frame_rate.den,
             (long long)json_integer_value(json_array_get(json_object_get(video, "fps"), 0)),
             (long long)json_integer_value(json_array_get(json_object_get(video, "fps"), 1)));
    else if (json_is_true(json_object_get(video, "slow")))
        warn(p, "It has few pictures a second; they are repeated.");
    else if (json_is_true(json_object_get(video, "vfr")))
        warn(p, "Its frame rate varies; it is made constant.");
    if (l->failed)
        warn(p, "%d of the first pictures are damaged.", l->failed);
    if (p->s->fmt->duration == AV_NOPTS_VALUE)
        warn(p, "The file does not say how long it is.");
}

static int truncation_check(struct probe *p, struct err *reterr) {
    int64_t missing = damage_missing(p->s->fd, p->s->size);
    if (missing > 64 << 10 && missing > p->s->size / 200)
        return damage_explain(p->s->fd, p->s->size, AVERROR_INVALIDDATA, reterr);
    if (missing > 0)
        warn(p, "The last %lld bytes of the file are missing.", (long long)missing);
    return 0;
}

/* -1: unknown. What Matroska calls its duration is the time at which it ends, wherever it begins. */
static int64_t film_duration(const AVFormatContext *fmt) {
    if (fmt->duration == AV_NOPTS_VALUE)
        return -1;
    bool late = strstr(fmt->iformat->name, "matroska") && fmt->start_time > 0 &&
                fmt->start_time < fmt->duration;
    return late ? fmt->duration - fmt->start_time : fmt->duration;
}

static void captions_report(struct probe *p, json_t *audio, json_t *text) {
    const char *lang = json_string_value(json_object_get(json_array_get(audio, 0), "lang"));
    if (p->captions.cea608)
        json_array_append_new(text, describe_captions(p->s, p->video, lang ? lang : "und"));
    else if (p->captions.cea708)
        warn(p, "The picture carries closed captions of CEA-708 without those of CEA-608; they are left out. Give them as SRT or WebVTT.");
}

static json_t *report(struct probe *p) {
    AVFormatContext *fmt = p->s->fmt;
    json_t *video = json_array(), *audio = json_array(), *text = json_array();
    if (p->video >= 0) {
        json_t *v = describe_video(p->s, p->video, &p->looks[p->video]);
        json_array_append_new(video, v);
        warnings_add(p, v);
    }
    for (unsigned i = 0; i < p->n; i++) {
        enum AVMediaType type = fmt->streams[i]->codecpar->codec_type;
        if (!p->chosen[i])
            continue;
        if (type == AVMEDIA_TYPE_AUDIO) {
            json_array_append_new(audio, describe_audio(p->s, (int)i, &p->looks[i]));
            if (!p->looks[i].frames)
                warn(p, "Sound track %u can't be decoded (%s); it is left out.", i,
                     avcodec_get_name(fmt->streams[i]->codecpar->codec_id));
        } else if (type == AVMEDIA_TYPE_SUBTITLE || text_is_stpp(fmt->streams[i]->codecpar)) {
            json_array_append_new(text, describe_text(p->s, (int)i));
        }
    }
    if (p->video >= 0)
        captions_report(p, audio, text);
    return json_pack("{s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:O}", "container", fmt->iformat->name, "duration_us",
                     (json_int_t)film_duration(fmt), "size",
                     (json_int_t)p->s->size, "start_us",
                     (json_int_t)(fmt->start_time == AV_NOPTS_VALUE ? 0 : fmt->start_time), "video",
                     video, "audio", audio, "text", text, "warnings", p->warnings);
}

static int audio_check(const struct probe *p, struct err *reterr) {
    for (unsigned i = 0; i < p->n; i++)
        if (p->s->fmt->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO && p->looks[i].frames)
            return 0;
    return err_refuse(reterr, ERR_BAD_MEDIA, "media.no_sound",
                      "There is no sound in this file that can be decoded. Choose another soundtrack.",
                      "no decodable audio stream");
}

int probe_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    int rc = op_need_fds(io, 1, reterr);
    if (rc < 0)
        return rc;
    const char *want = json_string_value(json_object_get(request, "want"));
    bool film = !want || strcmp(want, "audio") != 0;
    scoped(probe_done) struct probe p = {.video = -1};
    rc = source_open(io->fds[0], WALL_MS, READ_BYTES, &p.s, reterr);
    if (rc < 0)
        return rc;
    p.n = p.s->fmt->nb_streams;
    p.looks = calloc(p.n + 1, sizeof(*p.looks));
    p.chosen = calloc(p.n + 1, sizeof(*p.chosen));
    p.warnings = json_array();
    if (!p.looks || !p.chosen || !p.warnings)
        return err_set(reterr, ERR_NO_MEMORY, "probe of %u streams", p.n);
    p.video = film ? video_choose(p.s->fmt) : -1;
    programme_choose(&p);
    decoders_open(&p);
    rc = streams_look(&p, reterr);
    if (rc >= 0)
        rc = film ? picture_check(&p, reterr) : audio_check(&p, reterr);
    if (rc >= 0)
        rc = truncation_check(&p, reterr);
    if (rc < 0)
        return rc;
    json_t *j = report(&p);
    if (!j)
        return err_set(reterr, ERR_INTERNAL, "the probe's report could not be made");
    *ret_result = j;
    return 0;
}
