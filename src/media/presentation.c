/*
 * presentation.c - asset descriptions as JSON (asset.json) and the ids of views. What is written is
 * read back to the same bytes: an asset description is compared, cached and hashed as text.
 */
#include "media/presentation.h"
#include "base/buf.h"
#include "media/drm/drm.h"
#include <errno.h>
#include <string.h>

const char *const key_class_names[KEY_CLASSES] = {"", "audio", "sd", "hd", "uhd"};
const char *const track_kind_names[TRACK_KINDS] = {"video", "audio", "text", "image", "trick"};
const char *const scheme_names[3] = {"clear", "cenc", "cbcs"};

int name_index(const char *const *names, int n, const char *name) {
    for (int i = 0; name && i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int picture_lines(int width, int height) {
    int small = MIN(width, height), large = MAX(width, height);
    return MAX(small, (large * 9 + 8) / 16);
}

enum dynamic_range track_range(const struct track_desc *t) {
    return t->transfer == 16 ? RANGE_PQ : t->transfer == 18 ? RANGE_HLG : RANGE_SDR;
}

bool track_switches(const struct track_desc *a, const struct track_desc *b) {
    return codec_same_family(a->codec, b->codec) && track_range(a) == track_range(b);
}

enum key_class key_class_of(enum track_kind kind, int width, int height) {
    if (kind != TRACK_VIDEO && kind != TRACK_TRICK)
        return kind == TRACK_AUDIO ? KEY_AUDIO : KEY_NONE;
    int shorter = MIN(width, height), longer = MAX(width, height);
    if (shorter > 1080 || longer > 1920)
        return KEY_UHD;
    return shorter >= 720 || longer >= 1280 ? KEY_HD : KEY_SD;
}

static json_t *jstr(struct str s) {
    return json_stringn(s.p ? s.p : "", s.n);
}

static json_t *jhex(const uint8_t *p, size_t n) {
    scoped(buf_done) struct buf b = BUF(256);
    buf_hex(&b, p, n);
    return b.failed ? NULL : json_stringn((char *)b.p, b.n);
}

static int set(json_t *o, const char *key, json_t *v) {
    return json_object_set_new(o, key, v);
}

static int picture_to_json(json_t *o, const struct track_desc *t) {
    int bad = set(o, "width", json_integer(t->width)) | set(o, "height", json_integer(t->height));
    if (t->transfer)
        bad |= set(o, "colour", json_pack("[i,i,i]", t->primaries, t->transfer, t->matrix));
    return bad | set(o, "fps", json_pack("[I,I]", (json_int_t)t->fps.num, (json_int_t)t->fps.den));
}

static int tiles_to_json(json_t *o, const struct track_desc *t) {
    int bad = set(o, "tile_cols", json_integer(t->tile_cols)) |
              set(o, "tile_rows", json_integer(t->tile_rows));
    bad |= set(o, "tile_width", json_integer(t->tile_width));
    bad |= set(o, "tile_height", json_integer(t->tile_height));
    return bad | set(o, "tile_every", json_integer(t->tile_every));
}

static int later_kids_to_json(json_t *o, const struct track_desc *t) {
    json_t *list = json_array();
    int bad = 0;
    for (size_t i = 0; i < t->n_later_kids; i++)
        bad |= json_array_append_new(list, jhex(t->later_kids[i], 16));
    return bad | set(o, "later_kids", list);
}

const uint8_t *track_kid(const struct track_desc *t, uint32_t period) {
    return period == 0 || t->n_later_kids == 0 ? t->kid : t->later_kids[MIN(period, t->n_later_kids) - 1];
}

json_t *track_to_json(const struct track_desc *t) {
    json_t *o = json_object();
    int bad =
        set(o, "name", jstr(t->name)) | set(o, "kind", json_string(track_kind_names[t->kind]));
    bad |= set(o, "codec", jstr(t->codec)) | set(o, "lang", jstr(t->lang)) |
           set(o, "role", jstr(t->role));
    bad |= set(o, "label", jstr(t->label)) | set(o, "default", json_boolean(t->is_default));
    bad |= set(o, "bandwidth", json_integer(t->bandwidth));
    bad |= set(o, "peak_bandwidth", json_integer(t->peak_bandwidth));
    bad |= set(o, "timescale", json_integer(t->timescale)) |
           set(o, "duration", json_integer(t->duration));
    if (t->kind == TRACK_VIDEO || t->kind == TRACK_TRICK)
        bad |= picture_to_json(o, t);
    if (t->kind == TRACK_AUDIO) {
        bad |= set(o, "channels", json_integer(t->channels));
        bad |= set(o, "sample_rate", json_integer(t->sample_rate));
    }
    if (t->kind == TRACK_IMAGE)
        bad |= tiles_to_json(o, t);
    if (t->imsc_bandwidth)
        bad |= set(o, "imsc_bandwidth", json_integer(t->imsc_bandwidth));
    if (t->edit_start)
        bad |= set(o, "edit_start", json_integer(t->edit_start));
    if (t->key_class != KEY_NONE) {
        bad |= set(o, "key_class", json_string(key_class_names[t->key_class]));
        bad |= set(o, "kid", jhex(t->kid, 16));
    }
    if (t->n_later_kids)
        bad |= later_kids_to_json(o, t);
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}

json_t *asset_to_json(const struct asset_desc *d) {
    json_t *o = json_object(), *tracks = json_array();
    int bad = set(o, "id", jstr(d->id)) | set(o, "revision", json_integer(d->revision));
    bad |= set(o, "scheme", json_string(scheme_names[d->scheme]));
    bad |= set(o, "duration_ms", json_integer(d->duration_ms));
    if (d->key_period_ms)
        bad |= set(o, "key_period_ms", json_integer(d->key_period_ms));
    for (size_t i = 0; i < d->n_tracks; i++)
        bad |= json_array_append_new(tracks, track_to_json(&d->tracks[i]));
    bad |= set(o, "tracks", tracks);
    if (asset_drm_is(&d->drm))
        bad |= set(o, "drm", asset_drm_to_json(&d->drm));
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* A reader of one object: the first field that is missing or of another type sticks. */
struct fields {
    json_t *o;
    struct arena *a;
    const char *wrong;
};

static int64_t get_int(struct fields *f, const char *key, int64_t lo, int64_t hi, bool needed) {
    json_t *v = json_object_get(f->o, key);
    if (!v && !needed)
        return 0;
    int64_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < lo || n > hi)
        f->wrong = f->wrong ? f->wrong : key;
    return n;
}

static struct str get_str(struct fields *f, const char *key, bool needed) {
    json_t *v = json_object_get(f->o, key);
    if (!json_is_string(v)) {
        if (needed || v)
            f->wrong = f->wrong ? f->wrong : key;
        return STR("");
    }
    return str_dup(f->a, str_make(json_string_value(v), json_string_length(v)));
}

static int get_name(struct fields *f, const char *key, const char *const *names, int n) {
    int i = name_index(names, n, json_string_value(json_object_get(f->o, key)));
    if (i < 0)
        f->wrong = f->wrong ? f->wrong : key;
    return MAX(i, 0);
}

static void get_colour(struct fields *f, struct track_desc *t) {
    json_t *list = json_object_get(f->o, "colour");
    uint8_t *const to[] = {&t->primaries, &t->transfer, &t->matrix};
    for (size_t i = 0; list && i < ARRAY_LEN(to); i++) {
        json_int_t n = json_integer_value(json_array_get(list, i));
        if (json_array_size(list) != ARRAY_LEN(to) || n < 0 || n > 255 || (i == 1 && n == 0))
            f->wrong = f->wrong ? f->wrong : "colour";
        *to[i] = (uint8_t)n;
    }
}

static void get_kid(struct fields *f, json_t *v, uint8_t ret[16]) {
    if (!str_unhex(str_make(json_string_value(v), json_string_length(v)), ret, 16))
        f->wrong = f->wrong ? f->wrong : "kid";
}

static void get_later_kids(struct fields *f, struct track_desc *t) {
    json_t *list = json_object_get(f->o, "later_kids");
    size_t n = json_array_size(list);
    uint8_t(*kids)[16] = n > 0 && n < KEY_PERIODS_MAX ? arena_alloc(f->a, n * sizeof *kids) : NULL;
    if (list && !kids)
        f->wrong = f->wrong ? f->wrong : "later_kids";
    for (size_t i = 0; kids && i < n; i++)
        get_kid(f, json_array_get(list, i), kids[i]);
    t->later_kids = (const uint8_t(*)[16])kids;
    t->n_later_kids = kids ? n : 0;
}

int track_from_json(json_t *j, struct arena *a, struct track_desc *ret_t, struct err *reterr) {
    struct fields f = {j, a, NULL};
    struct track_desc t = {0};
    t.name = get_str(&f, "name", true);
    t.kind = (enum track_kind)get_name(&f, "kind", track_kind_names, TRACK_KINDS);
    t.codec = get_str(&f, "codec", false);
    t.lang = get_str(&f, "lang", true);
    t.role = get_str(&f, "role", false);
    t.label = get_str(&f, "label", false);
    t.is_default = json_is_true(json_object_get(j, "default"));
    t.bandwidth = get_int(&f, "bandwidth", 0, INT64_MAX, false);
    t.peak_bandwidth = get_int(&f, "peak_bandwidth", 0, INT64_MAX, false);
    t.timescale = (uint32_t)get_int(&f, "timescale", 1, INT32_MAX, true);
    t.duration = get_int(&f, "duration", 0, INT64_MAX, true);
    t.imsc_bandwidth = get_int(&f, "imsc_bandwidth", 0, INT64_MAX, false);
    t.edit_start = get_int(&f, "edit_start", 0, INT64_MAX, false);
    bool video = t.kind == TRACK_VIDEO || t.kind == TRACK_TRICK, tiles = t.kind == TRACK_IMAGE;
    t.width = (int)get_int(&f, "width", 1, 65535, video);
    t.height = (int)get_int(&f, "height", 1, 65535, video);
    json_int_t num = 0, den = 1;
    if (video &&
        (json_unpack(json_object_get(j, "fps"), "[I,I]", &num, &den) < 0 || den < 1 || num < 0))
        f.wrong = f.wrong ? f.wrong : "fps";
    t.fps = (struct ratio){num, den};
    if (video)
        get_colour(&f, &t);
    t.channels = (int)get_int(&f, "channels", 1, 255, t.kind == TRACK_AUDIO);
    t.sample_rate = (int)get_int(&f, "sample_rate", 1, INT32_MAX, t.kind == TRACK_AUDIO);
    t.tile_cols = (int)get_int(&f, "tile_cols", 1, 1000, tiles);
    t.tile_rows = (int)get_int(&f, "tile_rows", 1, 1000, tiles);
    t.tile_width = (int)get_int(&f, "tile_width", 1, 65535, tiles);
    t.tile_height = (int)get_int(&f, "tile_height", 1, 65535, tiles);
    t.tile_every = get_int(&f, "tile_every", 1, INT64_MAX, tiles);
    if (json_object_get(j, "key_class")) {
        t.key_class = (enum key_class)get_name(&f, "key_class", key_class_names, KEY_CLASSES);
        get_kid(&f, json_object_get(j, "kid"), t.kid);
        get_later_kids(&f, &t);
    }
    if (f.wrong)
        return err_set(reterr, ERR_CORRUPT, "description of a track: field \"%s\"", f.wrong);
    if (a->failed)
        return err_set(reterr, ERR_LIMIT, "description of a track does not fit");
    *ret_t = t;
    return 0;
}

int asset_from_json(json_t *j, struct arena *a, struct asset_desc *ret_d, struct err *reterr) {
    struct fields f = {j, a, NULL};
    struct asset_desc d = {0};
    d.id = get_str(&f, "id", true);
    d.revision = get_int(&f, "revision", 0, INT64_MAX, false);
    d.scheme = (enum scheme)get_name(&f, "scheme", scheme_names, 3);
    d.duration_ms = get_int(&f, "duration_ms", 0, INT64_MAX, true);
    d.key_period_ms = get_int(&f, "key_period_ms", 0, INT64_MAX, false);
    json_t *tracks = json_object_get(j, "tracks"), *drm = json_object_get(j, "drm");
    if (!json_is_array(tracks))
        f.wrong = f.wrong ? f.wrong : "tracks";
    if (drm && !asset_drm_from_json(drm, a, &d.drm))
        f.wrong = f.wrong ? f.wrong : "drm";
    if (f.wrong)
        return err_set(reterr, ERR_CORRUPT, "description of an asset: field \"%s\"", f.wrong);
    d.n_tracks = json_array_size(tracks);
    d.tracks = arena_news(a, struct track_desc, MAX(d.n_tracks, 1));
    if (!d.tracks)
        return err_set(reterr, ERR_LIMIT, "description of an asset does not fit");
    for (size_t i = 0; i < d.n_tracks; i++) {
        int r = track_from_json(json_array_get(tracks, i), a, &d.tracks[i], reterr);
        if (r < 0)
            return r;
    }
    *ret_d = d;
    return 0;
}

int asset_scheme_replace(struct asset_desc *d, json_t *list, struct arena *a, struct err *reterr) {
    json_t *tracks = json_object_get(list, "tracks");
    int scheme = name_index(scheme_names, 3, json_string_value(json_object_get(list, "scheme")));
    size_t n = json_array_size(tracks), kept = 0;
    struct track_desc *t = arena_news(a, struct track_desc, MAX(d->n_tracks + n, 1u));
    if (!json_is_array(tracks) || scheme <= SCHEME_CLEAR)
        return err_set(reterr, ERR_CORRUPT, "a list of tracks in another scheme");
    if (!t)
        return err_set(reterr, ERR_LIMIT, "description of an asset does not fit");
    for (size_t i = 0; i < n; i++) {
        int r = track_from_json(json_array_get(tracks, i), a, &t[kept++], reterr);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < d->n_tracks; i++)
        if (d->tracks[i].key_class == KEY_NONE)
            t[kept++] = d->tracks[i];
    d->tracks = t;
    d->n_tracks = kept;
    d->scheme = (enum scheme)scheme;
    return 0;
}

int asset_text_replace(struct asset_desc *d, json_t *list, struct arena *a, struct err *reterr) {
    json_t *texts = json_object_get(list, "tracks");
    size_t n = json_array_size(texts), kept = 0;
    struct track_desc *t = arena_news(a, struct track_desc, MAX(d->n_tracks + n, 1));
    if (!json_is_array(texts))
        return err_set(reterr, ERR_CORRUPT, "a list of subtitles without tracks");
    if (!t)
        return err_set(reterr, ERR_LIMIT, "description of an asset does not fit");
    for (size_t i = 0; i < d->n_tracks; i++)
        if (d->tracks[i].kind != TRACK_TEXT)
            t[kept++] = d->tracks[i];
    for (size_t i = 0; i < n; i++) {
        int r = track_from_json(json_array_get(texts, i), a, &t[kept], reterr);
        if (r < 0)
            return r;
        if (t[kept++].kind != TRACK_TEXT)
            return err_set(reterr, ERR_CORRUPT, "a list of subtitles with another track");
    }
    d->tracks = t;
    d->n_tracks = kept;
    return 0;
}

int track_load_index(struct track_desc *t, int fd, struct arena *a, struct err *reterr) {
    struct index_header h;
    if (index_read_header(fd, &h) < 0)
        return err_set(reterr, ERR_CORRUPT, "index of track " STR_FMT ": %s", STR_ARG(t->name),
                       strerror(errno));
    struct index_extent *e = arena_news(a, struct index_extent, MAX(h.count, 1));
    if (!e)
        return err_set(reterr, ERR_LIMIT, "index of track " STR_FMT " does not fit",
                       STR_ARG(t->name));
    if (index_read_extents(fd, &h, e) < 0)
        return err_set(reterr, ERR_CORRUPT, "index of track " STR_FMT ": %s", STR_ARG(t->name),
                       strerror(errno));
    t->extents = e;
    t->n_extents = h.count;
    t->init_offset = h.init_offset;
    t->init_length = h.init_length;
    return 0;
}
