/*
 * copy.c - the operation `copy`: H.264 and AAC of a finished MP4 into track files as they are,
 * nothing encoded. Keyframes are the film's own, so segments are as long as those allow.
 *
 * Time: libavformat has applied the film's edit lists, so a track may begin before 0 (priming,
 * pictures cut off); such a track moves up and its edit list skips the difference. Durations are
 * differences of decode times: those of the container may not add up.
 */
#include "media/cmaf/package.h"
#include "media/probe/source.h"
#include <string.h>

struct copy_track {
    struct track_desc desc;
    int stream, out, idx;
    AVStream *st;
    AVPacket *held; /* its duration is known when the next one comes */
    struct cmaf_writer *w;
    int64_t up; /* added to its times */
    uint32_t last_duration;
};
struct copy {
    struct op_io *io;
    struct arena arena;
    struct package_keys keys;
    struct str id;
    struct source *source;
    struct copy_track *tracks;
    size_t n;
};

static int refuse(struct err *reterr, const char *what) {
    return err_refuse(
        reterr, ERR_BAD_MEDIA, "media.not_copyable",
        "This film cannot be packaged as it is. Leave --copy out to let it be encoded.", "%s",
        what);
}

static int stream_check(const AVStream *st, enum track_kind kind, struct err *reterr) {
    const AVCodecParameters *c = st->codecpar;
    if (kind == TRACK_VIDEO &&
        (c->codec_id != AV_CODEC_ID_H264 || c->extradata_size < 7 || c->extradata[0] != 1))
        return refuse(reterr, "the pictures are not H.264 as MP4 holds it");
    if (kind == TRACK_AUDIO && (c->codec_id != AV_CODEC_ID_AAC || c->extradata_size < 2))
        return refuse(reterr, "the sound is not AAC as MP4 holds it");
    if (st->time_base.num != 1 || st->time_base.den <= 0)
        return refuse(reterr, "a time base of odd fractions");
    return 0;
}

static int track_parse(struct copy *c, json_t *o, size_t i, struct err *reterr) {
    struct copy_track *t = &c->tracks[i];
    const char *name = json_string_value(json_object_get(o, "name")),
               *lang = json_string_value(json_object_get(o, "lang"));
    const char *role = json_string_value(json_object_get(o, "role"));
    int kind = name_index(track_kind_names, 2, json_string_value(json_object_get(o, "kind")));
    t->stream = (int)json_integer_value(json_object_get(o, "stream"));
    if (!name || !*name || strlen(name) > 40 || strchr(name, '/') || kind < 0)
        return err_set(reterr, ERR_INVALID, "copy: track %zu needs a name and a kind", i);
    if (t->stream < 0 || t->stream >= (int)c->source->fmt->nb_streams)
        return err_set(reterr, ERR_INVALID, "copy: the film has no stream %d", t->stream);
    t->desc = (struct track_desc){
        .name = str_dup(&c->arena, str_of(name)),
        .kind = (enum track_kind)kind,
        .lang = str_dup(&c->arena, str_of(lang && *lang ? lang : "und")),
        .role = str_dup(&c->arena, str_of(role && *role ? role : "main")),
        .label = str_dup(&c->arena, str_of(json_string_value(json_object_get(o, "label")))),
        .is_default = json_is_true(json_object_get(o, "default"))};
    t->st = c->source->fmt->streams[t->stream];
    t->out = c->io->fds[1 + i];
    t->idx = c->io->fds[1 + c->n + i];
    t->held = av_packet_alloc();
    int r = stream_check(t->st, t->desc.kind, reterr);
    c->keys.used[key_class_of(t->desc.kind, t->st->codecpar->width, t->st->codecpar->height)] =
        true;
    return r < 0 ? r : t->held ? 0 : err_set(reterr, ERR_NO_MEMORY, "packet");
}

static int writer_open(struct copy *c, size_t i, const AVPacket *first, struct err *reterr) {
    struct copy_track *t = &c->tracks[i];
    const AVCodecParameters *p = t->st->codecpar;
    struct cenc_params protect;
    bool on, video = t->desc.kind == TRACK_VIDEO;
    enum key_class class = key_class_of(t->desc.kind, p->width, p->height);
    int r = package_protect(&c->keys, class, c->id, (uint32_t)i, &protect, &on, reterr);
    if (r < 0)
        return r;
    t->desc.key_class = on ? class : KEY_NONE;
    t->up = MAX(-first->pts, 0);
    AVRational sar = p->sample_aspect_ratio;
    struct cmaf_format f = {.codec = video ? CMAF_H264 : CMAF_AAC,
                            .timescale = (uint32_t)t->st->time_base.den,
                            .width = p->width,
                            .height = p->height,
                            .sar = {sar.num, sar.num > 0 ? sar.den : 0},
                            .fps = {t->st->avg_frame_rate.num, MAX(t->st->avg_frame_rate.den, 1)},
                            .channels = p->ch_layout.nb_channels,
                            .sample_rate = p->sample_rate,
                            .edit_start = t->up,
                            .extra = p->extradata,
                            .n_extra = (size_t)p->extradata_size,
                            .lang = t->desc.lang,
                            .protect = on ? &protect : NULL,
                            .expect_duration = MAX(t->st->duration, 0)};
    char object[64];
    snprintf(object, sizeof object, STR_FMT ".cmaf", STR_ARG(t->desc.name));
    return cmaf_writer_new(&f, object, t->out, t->idx, &t->w, reterr);
}

/* Writes the held packet, which lasts until next_dts. */
static int held_write(struct copy_track *t, int64_t next_dts, struct err *reterr) {
    AVPacket *p = t->held;
    int64_t duration = next_dts - p->dts;
    if (duration <= 0 || duration > INT32_MAX)
        return refuse(reterr, "decode times do not rise");
    t->last_duration = (uint32_t)duration;
    struct cmaf_sample s = {
        p->pts + t->up, p->dts + t->up, (uint32_t)duration, p->flags & AV_PKT_FLAG_KEY,
        p->data,        (size_t)p->size};
    int r = cmaf_write(t->w, &s, reterr);
    av_packet_unref(p);
    return r;
}

static int packet_take(struct copy *c, size_t i, AVPacket *p, struct err *reterr) {
    struct copy_track *t = &c->tracks[i];
    if (p->dts == AV_NOPTS_VALUE)
        return refuse(reterr, "packets without times");
    if (p->pts == AV_NOPTS_VALUE)
        p->pts = p->dts;
    int r = 0;
    if (!t->w && t->desc.kind == TRACK_VIDEO && !(p->flags & AV_PKT_FLAG_KEY))
        return 0; /* nothing can be decoded before the first keyframe */
    if (!t->w)
        r = writer_open(c, i, p, reterr);
    else if (t->held->data)
        r = held_write(t, p->dts, reterr);
    if (r >= 0)
        av_packet_move_ref(t->held, p);
    return r;
}

static int packets_copy(struct copy *c, struct err *reterr) {
    AVPacket *p = av_packet_alloc();
    int r = p ? 0 : err_set(reterr, ERR_NO_MEMORY, "packet"), av = 0;
    for (int64_t k = 0; r >= 0 && (av = av_read_frame(c->source->fmt, p)) >= 0; k++) {
        for (size_t i = 0; i < c->n && r >= 0; i++)
            if (c->tracks[i].stream == p->stream_index && p->size > 0) {
                r = packet_take(c, i, p, reterr);
                break;
            }
        av_packet_unref(p);
        if (r >= 0 && k % 256 == 0 && c->source->size > 0)
            r = op_progress(c->io, "package", (int)(c->source->pos * 1000 / c->source->size), 0,
                            -1);
    }
    av_packet_free(&p);
    if (r >= 0 && av != AVERROR_EOF)
        r = err_av(reterr, av, "reading the film");
    return r;
}

static int track_end(struct copy *c, struct copy_track *t, struct err *reterr) {
    if (!t->w)
        return refuse(reterr, "a track without anything in it");
    int64_t last = t->held->duration > 0 ? t->held->duration : MAX(t->last_duration, 1);
    int r = t->held->data ? held_write(t, t->held->dts + last, reterr) : 0;
    return r < 0 ? r : cmaf_writer_end(t->w, 0, &c->arena, &t->desc, reterr);
}

static int copy_run(struct copy *c, json_t *request, json_t **ret_result, struct err *reterr) {
    json_t *list = json_object_get(request, "tracks");
    c->n = json_array_size(list);
    c->id = str_of(json_string_value(json_object_get(request, "id")));
    if (c->n == 0 || c->n > 200)
        return err_set(reterr, ERR_INVALID, "copy: %zu tracks; 1 to 200 are possible", c->n);
    int r = package_keys_parse(request, &c->keys, reterr);
    if (r < 0 || (r = op_need_fds(c->io, 1 + 2 * c->n, reterr)) < 0 ||
        (r = source_open(c->io->fds[0], 0, 0, &c->source, reterr)) < 0)
        return r;
    struct asset_desc d = {.id = c->id,
                           .scheme = c->keys.scheme,
                           .n_tracks = c->n,
                           .revision = json_integer_value(json_object_get(request, "revision"))};
    c->tracks = arena_news(&c->arena, struct copy_track, c->n);
    d.tracks = arena_news(&c->arena, struct track_desc, c->n);
    if (!c->tracks || !d.tracks)
        return err_set(reterr, ERR_NO_MEMORY, "tracks");
    for (size_t i = 0; i < c->n && r >= 0; i++)
        r = track_parse(c, json_array_get(list, i), i, reterr);
    if (r >= 0)
        r = packets_copy(c, reterr);
    for (size_t i = 0; i < c->n && r >= 0; i++) {
        r = track_end(c, &c->tracks[i], reterr);
        d.tracks[i] = c->tracks[i].desc;
        if (r >= 0)
            d.duration_ms = MAX(d.duration_ms, d.tracks[i].duration * 1000 / d.tracks[i].timescale);
    }
    if (r < 0)
        return r;
    *ret_result = json_pack("{s:o}", "asset", asset_to_json(&d));
    return *ret_result ? 0 : err_set(reterr, ERR_NO_MEMORY, "asset description");
}

int op_copy(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    struct copy c = {.io = io, .arena = ARENA(64 << 20)};
    int r = copy_run(&c, request, ret_result, reterr);
    for (size_t i = 0; c.tracks && i < c.n; i++) {
        cmaf_writer_free(c.tracks[i].w);
        av_packet_free(&c.tracks[i].held);
    }
    source_free(c.source);
    arena_done(&c.arena);
    return MIN(r, 0);
}
