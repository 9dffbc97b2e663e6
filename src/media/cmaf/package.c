/*
 * package.c - the operation `package`: every track from its elementary file into its track file,
 * tracks side by side. Nothing is kept between two runs: it is fast enough to begin again.
 */
#include "media/cmaf/package.h"
#include "media/es.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

/* Segments of keyframes are longer: a few of them are little, and fast forward is soon through them. */
enum { TRICK_SEGMENT = 4, HELD_MAX = 64 << 20 };

struct package_keys {
    enum scheme scheme;
    bool has[KEY_CLASSES];
    bool used[KEY_CLASSES]; /* by some track: set before package_protect(), whose pssh lists these */
    struct cenc_key key[KEY_CLASSES];
};
struct package_track {
    struct track_desc desc;
    bool trick; /* keyframes only */
    struct cenc_key *own; /* one a key period; n_own 0: its class's alone */
    size_t n_own;
    int in, out, idx;
    int64_t size; /* of the elementary file */
    struct arena arena;
    struct err err;
};
struct package {
    struct op_io *io;
    struct arena arena;
    struct package_keys keys;
    struct str id;
    int64_t revision;
    struct ratio segment;
    int64_t gop; /* ticks of the pictures; 0: not known */
    int64_t key_period_ms;
    uint8_t (*kids)[16]; /* of all tracks and periods: one licence request serves them all */
    size_t n_kids;
    struct package_track *tracks;
    size_t n_tracks;
    atomic_llong done; /* bytes read */
    int64_t total;
    atomic_bool cancelled;
};

static bool hex16(json_t *o, const char *key, uint8_t ret[16]) {
    json_t *v = json_object_get(o, key);
    return str_unhex(str_make(json_string_value(v), json_string_length(v)), ret, 16);
}

/* {scheme, keys} of a request. ERR_INVALID names what is wrong; nothing of a key is in the message. */
static int package_keys_parse(json_t *request, struct package_keys *ret, struct err *reterr) {
    struct package_keys k = {0};
    const char *scheme = json_string_value(json_object_get(request, "scheme"));
    int s = name_index(scheme_names, 3, scheme ? scheme : "clear");
    if (s < 0)
        return err_set(reterr, ERR_INVALID, "scheme \"%s\": it is clear, cenc or cbcs", scheme);
    k.scheme = (enum scheme)s;
    json_t *keys = json_object_get(request, "keys");
    for (int c = KEY_AUDIO; c < KEY_CLASSES && s != SCHEME_CLEAR; c++) {
        json_t *v = json_object_get(keys, key_class_names[c]);
        if (!v)
            continue;
        if (!hex16(v, "kid", k.key[c].kid) || !hex16(v, "key", k.key[c].key))
            return err_set(reterr, ERR_INVALID,
                           "key of class \"%s\": kid and key are 32 hex digits each",
                           key_class_names[c]);
        k.has[c] = true;
    }
    *ret = k;
    return 0;
}

int cenc_keys_parse(json_t *list, struct arena *a, struct cenc_key **ret, size_t *ret_n, struct err *reterr) {
    size_t n = json_array_size(list);
    struct cenc_key *keys = arena_news(a, struct cenc_key, MAX(n, 1u));
    if (!keys || n > KEY_PERIODS_MAX)
        return err_set(reterr, ERR_INVALID, "%zu keys of one track; %d are possible", n, KEY_PERIODS_MAX);
    for (size_t i = 0; i < n; i++)
        if (!hex16(json_array_get(list, i), "kid", keys[i].kid) || !hex16(json_array_get(list, i), "key", keys[i].key))
            return err_set(reterr, ERR_INVALID, "key %zu of a track: kid and key are 32 hex digits each", i);
    *ret = keys;
    *ret_n = n;
    return 0;
}

int cenc_periods_make(enum scheme scheme, const struct cenc_key *keys, size_t n_keys, struct str asset, uint32_t ordinal, bool video,
                      const uint8_t (*kids)[16], size_t n_kids, struct arena *a, struct cenc_params **ret, struct err *reterr) {
    struct cenc_params *p = arena_news(a, struct cenc_params, n_keys);
    int r = p ? 0 : err_set(reterr, ERR_NO_MEMORY, "keys of a track");
    for (size_t i = 0; i < n_keys && r == 0; i++) {
        r = cenc_params_make(scheme, &keys[i], asset, ordinal, video, &p[i], reterr);
        p[i].kids = kids;
        p[i].n_kids = (uint32_t)n_kids;
    }
    *ret = p;
    return r;
}

/* The keys of a track: its own, else its class's. *ret_n 0: it stays clear. */
static int track_keys(struct package *p, size_t i, enum key_class c, const struct cenc_key **ret, size_t *ret_n, struct err *reterr) {
    const struct package_keys *k = &p->keys;
    *ret_n = 0;
    if (k->scheme == SCHEME_CLEAR || c == KEY_NONE)
        return 0;
    *ret = p->tracks[i].own, *ret_n = p->tracks[i].n_own;
    if (*ret_n > 0)
        return 0;
    if (!k->has[c])
        return err_set(reterr, ERR_INVALID, "no key of class \"%s\" was given", key_class_names[c]);
    *ret = &k->key[c], *ret_n = 1;
    return 0;
}

static void kid_add(struct package *p, const uint8_t kid[16]) {
    for (size_t i = 0; i < p->n_kids; i++)
        if (memcmp(p->kids[i], kid, 16) == 0)
            return;
    memcpy(p->kids[p->n_kids++], kid, 16);
}

static int kids_gather(struct package *p, struct err *reterr) {
    size_t most = KEY_CLASSES;
    for (size_t i = 0; i < p->n_tracks; i++)
        most += p->tracks[i].n_own;
    p->kids = arena_alloc(&p->arena, most * sizeof *p->kids);
    if (!p->kids)
        return err_set(reterr, ERR_NO_MEMORY, "key ids");
    for (int c = KEY_AUDIO; c < KEY_CLASSES; c++)
        if (p->keys.has[c] && p->keys.used[c])
            kid_add(p, p->keys.key[c].kid);
    for (size_t i = 0; i < p->n_tracks; i++)
        for (size_t k = 0; k < p->tracks[i].n_own; k++)
            kid_add(p, p->tracks[i].own[k].kid);
    if (p->n_kids > KIDS_MAX)
        return err_set(reterr, ERR_INVALID, "%zu keys in one asset; %d are possible", p->n_kids, KIDS_MAX);
    return 0;
}

/* What asset.json says of the periods behind the first. */
static int kids_note(struct track_desc *t, const struct cenc_key *keys, size_t n, struct arena *a, struct err *reterr) {
    uint8_t(*kids)[16] = n > 1 ? arena_alloc(a, (n - 1) * sizeof *kids) : NULL;
    if (n > 1 && !kids)
        return err_set(reterr, ERR_NO_MEMORY, "key ids");
    for (size_t i = 1; i < n; i++)
        memcpy(kids[i - 1], keys[i].kid, 16);
    t->later_kids = (const uint8_t(*)[16])kids;
    t->n_later_kids = n > 1 ? n - 1 : 0;
    return 0;
}

static int request_tracks(struct package *p, json_t *request, struct err *reterr) {
    json_t *list = json_object_get(request, "tracks");
    p->n_tracks = json_array_size(list);
    if (p->n_tracks == 0 || p->n_tracks > OP_TRACKS_MAX)
        return err_set(reterr, ERR_INVALID, "package: %zu tracks; 1 to %d are possible", p->n_tracks, OP_TRACKS_MAX);
    int r = op_need_fds(p->io, 3 * p->n_tracks, reterr);
    if (r < 0)
        return r;
    p->tracks = arena_news(&p->arena, struct package_track, p->n_tracks);
    if (!p->tracks)
        return err_set(reterr, ERR_NO_MEMORY, "tracks");
    for (size_t i = 0; i < p->n_tracks; i++) {
        json_t *o = json_array_get(list, i);
        struct package_track *t = &p->tracks[i];
        const char *name = json_string_value(json_object_get(o, "name"));
        int kind = name_index(track_kind_names, TRACK_KINDS, json_string_value(json_object_get(o, "kind")));
        if (!name || !*name || strlen(name) > 40 || strchr(name, '/') ||
            (kind != TRACK_VIDEO && kind != TRACK_AUDIO && kind != TRACK_TRICK))
            return err_set(reterr, ERR_INVALID, "package: track %zu needs a name and a kind", i);
        const char *lang = json_string_value(json_object_get(o, "lang"));
        const char *role = json_string_value(json_object_get(o, "role"));
        t->desc = (struct track_desc){
            .name = str_dup(&p->arena, str_of(name)),
            .kind = (enum track_kind)kind,
            .lang = str_dup(&p->arena, str_of(lang && *lang ? lang : "und")),
            .role = str_dup(&p->arena, str_of(role && *role ? role : "main")),
            .label = str_dup(&p->arena, str_of(json_string_value(json_object_get(o, "label")))),
            .is_default = json_is_true(json_object_get(o, "default")),
        };
        t->trick = kind == TRACK_TRICK;
        t->in = p->io->fds[i];
        t->out = p->io->fds[p->n_tracks + i];
        t->idx = p->io->fds[2 * p->n_tracks + i];
        t->arena = ARENA(64 << 20);
        if ((r = cenc_keys_parse(json_object_get(o, "keys"), &p->arena, &t->own, &t->n_own, reterr)) < 0)
            return r;
        struct stat st;
        t->size = fstat(t->in, &st) == 0 ? (int64_t)st.st_size : 0;
        p->total += t->size;
    }
    return p->arena.failed ? err_set(reterr, ERR_NO_MEMORY, "tracks") : 0;
}

/* The first record of a track: which key class it belongs to. */
static int format_peek(struct package *p, size_t i, struct err *reterr) {
    scoped(es_reader_freep) struct es_reader *r = NULL;
    struct es_record rec;
    int e = es_reader_new(p->tracks[i].in, &r, reterr);
    if (e < 0 || (e = es_read(r, false, &rec, reterr)) < 0)
        return err_wrap(reterr, "track " STR_FMT, STR_ARG(p->tracks[i].desc.name));
    if (rec.kind == ES_FORMAT && p->tracks[i].n_own == 0)
        p->keys.used[key_class_of(p->tracks[i].desc.kind, rec.format.width, rec.format.height)] =
            true;
    return 0;
}

/* How long segments are: as many whole GOPs of the pictures as come nearest to 4 s. */
static int segment_measure(struct package *p, struct err *reterr) {
    size_t i = 0;
    while (i < p->n_tracks && p->tracks[i].desc.kind != TRACK_VIDEO)
        i++;
    if (i == p->n_tracks)
        return 0;
    scoped(es_reader_freep) struct es_reader *r = NULL;
    int e = es_reader_new(p->tracks[i].in, &r, reterr);
    uint32_t timescale = 0;
    int64_t gop = 0;
    struct es_record rec;
    while (e >= 0 && gop <= 0 && (e = es_read(r, false, &rec, reterr)) >= 0 && rec.kind != ES_END) {
        if (rec.kind == ES_FORMAT)
            timescale = rec.format.timescale;
        else if (rec.packet.flags & ES_KEY)
            gop = rec.packet.pts;
    }
    if (e < 0 || gop <= 0 || timescale == 0)
        return MIN(e, 0);
    p->gop = gop;
    if (gop > 6 * (int64_t)timescale)
        return 0; /* not our encoder's: sound keeps to 4 s */
    int64_t n = MAX((4 * (int64_t)timescale + gop / 2) / gop, 1);
    p->segment = (struct ratio){n * gop, timescale};
    return 0;
}

/* The presentation's length stands at the end; worth a pass where packets are small. */
static int64_t sound_duration(int fd) {
    scoped(es_reader_freep) struct es_reader *r = NULL;
    struct es_record rec = {.kind = ES_FORMAT};
    if (es_reader_new(fd, &r, NULL) < 0)
        return 0;
    while (es_read(r, false, &rec, NULL) >= 0)
        if (rec.kind == ES_END)
            return rec.play_duration;
    return 0;
}

static enum cmaf_codec cmaf_codec_of(enum es_codec c) {
    static const enum cmaf_codec of[] = {[ES_H264] = CMAF_H264, [ES_HEVC] = CMAF_HEVC, [ES_AV1] = CMAF_AV1,
                                         [ES_AAC] = CMAF_AAC,   [ES_OPUS] = CMAF_OPUS, [ES_EAC3] = CMAF_EAC3};
    return of[c];
}

static int writer_open(struct package *p, size_t i, const struct es_format *e,
                       struct cmaf_writer **ret, struct err *reterr) {
    struct package_track *t = &p->tracks[i];
    bool video = t->desc.kind != TRACK_AUDIO;
    if (es_is_picture(e->codec) != video)
        return err_set(reterr, ERR_INVALID, "track " STR_FMT " is of another kind",
                       STR_ARG(t->desc.name));
    struct cenc_params *protect = NULL;
    const struct cenc_key *keys = NULL;
    size_t n_keys = 0;
    enum key_class c = key_class_of(t->desc.kind, e->width, e->height);
    int r = track_keys(p, i, c, &keys, &n_keys, reterr);
    if (r >= 0 && n_keys > 0)
        r = cenc_periods_make(p->keys.scheme, keys, n_keys, p->id, (uint32_t)i, c != KEY_AUDIO, (const uint8_t(*)[16])p->kids, p->n_kids,
                              &t->arena, &protect, reterr);
    if (r < 0 || (r = kids_note(&t->desc, keys, n_keys, &t->arena, reterr)) < 0)
        return r;
    t->desc.key_class = n_keys > 0 ? c : KEY_NONE;
    struct cmaf_format f = {
        .codec = cmaf_codec_of(e->codec),
        .timescale = e->timescale,
        .width = e->width,
        .height = e->height,
        .fps = e->fps,
        .channels = e->channels,
        .sample_rate = e->sample_rate,
        .edit_start = e->edit_start,
        .extra = e->extra,
        .n_extra = e->n_extra,
        .lang = t->desc.lang,
        .protect = protect,
        .n_periods = n_keys,
        .key_period = p->key_period_ms * e->timescale / 1000,
        .segment = p->segment,
        .expect_duration = video ? 0 : sound_duration(t->in),
    };
    if (t->trick && p->gop)
        f.fps = (struct ratio){e->timescale, p->gop}, f.segment.num *= TRICK_SEGMENT;
    char object[64];
    snprintf(object, sizeof object, STR_FMT ".cmaf", STR_ARG(t->desc.name));
    return cmaf_writer_new(&f, object, t->out, t->idx, ret, reterr);
}

/* Chunks of one encode repeat the format; it must be the same one. */
static int format_same(const struct es_format *e, const uint8_t *extra, size_t n,
                       struct err *reterr) {
    if (e->n_extra != n || memcmp(e->extra, extra, n) != 0)
        return err_set(reterr, ERR_INVALID, "codec parameters change within a track");
    return 0;
}

/* A keyframe waits until the next one says how long it is shown. */
struct held {
    struct buf data;
    int64_t pts;
    bool any;
};

static void held_done(struct held *h) { buf_done(&h->data); }

static int held_write(struct cmaf_writer *w, struct held *h, int64_t until, struct err *reterr) {
    struct cmaf_sample s = {h->pts, h->pts, (uint32_t)MAX(until - h->pts, 1), true, h->data.p, h->data.n};
    int r = h->any ? cmaf_write(w, &s, reterr) : 0;
    buf_reset(&h->data);
    h->any = false;
    return r;
}

static int packet_take(const struct package_track *t, struct cmaf_writer *w, struct held *h, const struct es_packet *k, struct err *reterr) {
    struct cmaf_sample s = {k->pts, k->dts, k->duration, k->flags & ES_KEY, k->data, k->size};
    if (!t->trick)
        return cmaf_write(w, &s, reterr);
    if (!(k->flags & ES_KEY))
        return 0;
    int r = held_write(w, h, k->pts, reterr);
    h->pts = k->pts;
    h->any = true;
    buf_mem(&h->data, k->data, k->size);
    return r < 0 ? r : h->data.failed ? err_set(reterr, ERR_NO_MEMORY, "a keyframe of %zu bytes", k->size) : 0;
}

static int track_run(struct package *p, size_t i, struct err *reterr) {
    struct package_track *t = &p->tracks[i];
    scoped(es_reader_freep) struct es_reader *in = NULL;
    scoped(cmaf_writer_freep) struct cmaf_writer *w = NULL;
    scoped(mem_free) uint8_t *extra = NULL;
    scoped(held_done) struct held held = {.data = BUF(HELD_MAX)};
    size_t n_extra = 0;
    struct es_record rec;
    int r = es_reader_new(t->in, &in, reterr);
    while (r >= 0 && (r = es_read(in, true, &rec, reterr)) >= 0 && rec.kind != ES_END) {
        if (rec.kind == ES_FORMAT && w) {
            r = format_same(&rec.format, extra, n_extra, reterr);
        } else if (rec.kind == ES_FORMAT) {
            extra = malloc(rec.format.n_extra + 1);
            if (!extra)
                return err_set(reterr, ERR_NO_MEMORY, "codec parameters");
            n_extra = rec.format.n_extra;
            memcpy(extra, rec.format.extra, n_extra);
            rec.format.extra = extra;
            r = writer_open(p, i, &rec.format, &w, reterr);
        } else {
            r = w ? packet_take(t, w, &held, &rec.packet, reterr) : err_set(reterr, ERR_CORRUPT, "packet before its format");
            atomic_fetch_add_explicit(&p->done, (long long)rec.packet.size, memory_order_relaxed);
        }
        if (atomic_load_explicit(&p->cancelled, memory_order_relaxed))
            r = err_set(reterr, ERR_CANCELLED, "packaging was cancelled");
    }
    if (r >= 0 && !w)
        r = err_set(reterr, ERR_CORRUPT, "an elementary file without a format");
    if (r >= 0 && t->trick)
        r = held_write(w, &held, rec.play_duration, reterr);
    r = r < 0 ? r : cmaf_writer_end(w, rec.play_duration, &t->arena, &t->desc, reterr);
    if (r >= 0 && t->trick)
        t->desc.kind = TRACK_TRICK;
    return r;
}

static int track_task(void *arg, size_t i) {
    struct package *p = arg;
    int r = track_run(p, i, &p->tracks[i].err);
    if (r < 0)
        err_wrap(&p->tracks[i].err, "track " STR_FMT, STR_ARG(p->tracks[i].desc.name));
    return r;
}

static int tick(void *arg) {
    struct package *p = arg;
    int64_t done = (int64_t)atomic_load(&p->done);
    int r = op_progress(p->io, "package", (int)(p->total > 0 ? done * 1000 / p->total : 0), 0, -1);
    if (r < 0)
        atomic_store(&p->cancelled, true);
    return r;
}

static int result_make(struct package *p, json_t **ret_result, struct err *reterr) {
    struct asset_desc d = {
        .id = p->id, .revision = p->revision, .scheme = p->keys.scheme, .key_period_ms = p->key_period_ms, .n_tracks = p->n_tracks};
    d.tracks = arena_news(&p->arena, struct track_desc, p->n_tracks);
    if (!d.tracks)
        return err_set(reterr, ERR_NO_MEMORY, "asset description");
    for (size_t i = 0; i < p->n_tracks; i++) {
        d.tracks[i] = p->tracks[i].desc;
        int64_t ms = d.tracks[i].duration * 1000 / d.tracks[i].timescale;
        d.duration_ms = MAX(d.duration_ms, ms);
    }
    *ret_result = json_pack("{s:o}", "asset", asset_to_json(&d));
    return *ret_result ? 0 : err_set(reterr, ERR_NO_MEMORY, "asset description");
}

static int package_run(struct package *p, json_t *request, json_t **ret_result,
                       struct err *reterr) {
    const char *id = json_string_value(json_object_get(request, "id"));
    p->id = str_of(id ? id : "");
    p->revision = json_integer_value(json_object_get(request, "revision"));
    p->key_period_ms = CLAMP(json_integer_value(json_object_get(request, "key_period_ms")), 0, INT32_MAX);
    int r = package_keys_parse(request, &p->keys, reterr);
    if (r < 0 || (r = request_tracks(p, request, reterr)) < 0)
        return r;
    for (size_t i = 0; i < p->n_tracks; i++)
        if ((r = format_peek(p, i, reterr)) < 0)
            return r;
    if ((r = kids_gather(p, reterr)) < 0)
        return r;
    json_int_t num, den;
    p->segment = (struct ratio){4, 1};
    json_t *segment = json_object_get(request, "segment");
    if (segment && json_unpack(segment, "[I,I]", &num, &den) == 0 && num > 0 && den > 0)
        p->segment = (struct ratio){num, den};
    else if ((r = segment_measure(p, reterr)) < 0)
        return r;
    r = parallel_run(p->n_tracks, track_task, tick, p, reterr);
    for (size_t i = 0; i < p->n_tracks && r < 0; i++) {
        if (p->tracks[i].err.code == r) {
            if (reterr)
                *reterr = p->tracks[i].err;
            break;
        }
    }
    return r < 0 ? r : result_make(p, ret_result, reterr);
}

int op_package(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr) {
    struct package p = {.io = io, .arena = ARENA(16 << 20)};
    int r = package_run(&p, request, ret_result, reterr);
    for (size_t i = 0; p.tracks && i < p.n_tracks; i++)
        arena_done(&p.tracks[i].arena);
    arena_done(&p.arena);
    return r;
}
