/*
 * pipeline_pack.c - from elementary files to the objects of the asset: pictures, packaging, the
 * description. Blobs are written under their final names, whole or not at all; a step that is
 * repeated writes the same bytes again.
 */
#include "base/buf.h"
#include "media/cmaf/index.h"
#include "media/ops.h"
#include "service/ingest/ingest.h"
#include "service/ingest/pipeline_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int blob_begin(struct pipeline *p, const char *track, const char *suffix,
                      struct blob_writer **ret, struct err *reterr) {
    char name[96];
    snprintf(name, sizeof name, "asset/" STR_FMT "/%s%s", STR_ARG(p->spec.asset_id), track, suffix);
    return blob_create(p->spec.blob, name, ret, reterr);
}

static int blobs_commit(struct blob_writer **w, size_t n, struct err *reterr) {
    int r = 0;
    for (size_t i = 0; i < n && r >= 0; i++)
        r = blob_commit(&w[i], NULL, NULL, NULL, reterr);
    return r;
}

static void blobs_abort(struct blob_writer **w, size_t n) {
    for (size_t i = 0; i < n; i++)
        blob_abort(&w[i]);
}

/* ---- poster, stills, storyboard ---- */

/* Pictures lie end to end in one file of the work folder; each becomes art/<asset>-<kind>-<width>.<type>. */
static int art_file(struct pipeline *p, int fd, json_t *art, json_t *file, const char *type, struct err *reterr) {
    int64_t length = json_integer_value(json_object_get(file, "length"));
    int64_t offset = json_integer_value(json_object_get(file, "offset"));
    char name[128];
    snprintf(name, sizeof name, "art/" STR_FMT "-%s-%d.%s", STR_ARG(p->spec.asset_id),
             json_string_value(json_object_get(art, "kind")),
             (int)json_integer_value(json_object_get(art, "width")), type);
    if (length <= 0 || length > 32 << 20)
        return err_set(reterr, ERR_CRASHED, "a picture of %lld bytes", (long long)length);
    scoped(mem_free) char *bytes = malloc((size_t)length);
    if (!bytes)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    if (pread(fd, bytes, (size_t)length, offset) != length)
        return err_set(reterr, ERR_CRASHED, "the pictures are shorter than said");
    if (art == file)
        json_object_set_new(art, "name", json_string(name + sizeof "art/" - 1));
    return blob_put(p->spec.blob, name, str_make(bytes, (size_t)length), reterr);
}

/* Only endings that we know become part of a name. */
static int art_cut(struct pipeline *p, int fd, json_t *art, struct err *reterr) {
    json_t *also;
    size_t i;
    int r = art_file(p, fd, art, art, "jpg", reterr);
    json_array_foreach(json_object_get(art, "also"), i, also) {
        const char *type = json_string_value(json_object_get(also, "type"));
        bool known = type && (strcmp(type, "webp") == 0 || strcmp(type, "avif") == 0);
        if (r >= 0)
            r = known ? art_file(p, fd, art, also, type, reterr)
                      : err_set(reterr, ERR_CRASHED, "a picture of an unknown kind");
    }
    return r;
}

static int storyboard_index(json_t *sb, int fd, struct err *reterr) {
    json_t *sheets = json_object_get(sb, "sheets"), *s;
    struct index_object object = {.name = "i1.tiles"};
    struct index_writer w;
    size_t i;
    int failed = index_start(&w, fd, &object, 1);
    w.h.kind = TRACK_IMAGE; /* index_start() sets all of the header */
    w.h.content_type = 3;
    w.h.timescale = (uint32_t)json_integer_value(json_object_get(sb, "timescale"));
    json_array_foreach(sheets, i, s) {
        struct index_extent x = {
            .offset = (uint64_t)json_integer_value(json_object_get(s, "offset")),
            .length = (uint32_t)json_integer_value(json_object_get(s, "length")),
            .time = (uint64_t)json_integer_value(json_object_get(s, "time")),
            .duration = (uint32_t)json_integer_value(json_object_get(s, "duration")),
            .flags = EXTENT_INDEPENDENT};
        w.h.duration = x.time + x.duration;
        failed = failed || index_append(&w, &x, 1);
    }
    return failed || index_publish(&w) ? err_errno(reterr, errno, "i1.idx") : 0;
}

static json_t *storyboard_track(json_t *sb) {
    int64_t bytes = 0, peak = 0, duration = 0,
            timescale = json_integer_value(json_object_get(sb, "timescale"));
    json_t *s;
    size_t i;
    json_array_foreach(json_object_get(sb, "sheets"), i, s) {
        int64_t n = json_integer_value(json_object_get(s, "length"));
        int64_t d = json_integer_value(json_object_get(s, "duration"));
        bytes += n;
        duration = json_integer_value(json_object_get(s, "time")) + d;
        peak = MAX(peak, d > 0 ? n * 8 * timescale / d : 0);
    }
    struct track_desc t = {.name = STR("i1"),
                           .kind = TRACK_IMAGE,
                           .codec = STR(""),
                           .lang = STR("und"),
                           .role = STR("main"),
                           .label = STR(""),
                           .timescale = (uint32_t)timescale,
                           .duration = duration,
                           .fps = {0, 1},
                           .bandwidth = duration > 0 ? bytes * 8 * timescale / duration : 0,
                           .peak_bandwidth = peak,
                           .tile_cols = (int)json_integer_value(json_object_get(sb, "cols")),
                           .tile_rows = (int)json_integer_value(json_object_get(sb, "rows")),
                           .tile_width = (int)json_integer_value(json_object_get(sb, "tile_width")),
                           .tile_height =
                               (int)json_integer_value(json_object_get(sb, "tile_height")),
                           .tile_every = json_integer_value(json_object_get(sb, "every"))};
    t.width = t.tile_width * t.tile_cols;
    t.height = t.tile_height * t.tile_rows;
    return track_to_json(&t);
}

static int images_store(struct pipeline *p, json_t *result, int art_fd, struct blob_writer **w,
                        struct err *reterr) {
    json_t *art, *sb = json_object_get(result, "storyboard");
    size_t i;
    int r = storyboard_index(sb, blob_writer_fd(w[1]), reterr);
    if (r >= 0)
        r = blobs_commit(w, 2, reterr);
    json_array_foreach(json_object_get(result, "art"), i, art) {
        if (r < 0)
            return r;
        r = art_cut(p, art_fd, art, reterr);
    }
    json_object_set_new(result, "track", storyboard_track(sb));
    return r;
}

int step_images(struct pipeline *p, json_t **ret_note, struct err *reterr) {
    json_t *plan = note_need(p, PIPELINE_PLAN, reterr);
    json_t *video = plan ? note_need(p, PIPELINE_ENCODE, reterr) : NULL;
    if (!video)
        return ERR_PRECONDITION;
    json_t *rungs = json_object_get(json_object_get(plan, "video"), "rungs");
    const char *low = json_string_value(json_object_get(json_array_get(rungs, 0), "name"));
    size_t n = json_array_size(rungs);
    while (n > 1 && json_object_get(json_array_get(rungs, n - 1), "codec")) /* pictures are taken from H.264 */
        n--;
    const char *top = json_string_value(json_object_get(json_array_get(rungs, n - 1), "name"));
    struct blob_writer *w[2] = {NULL, NULL};
    int fds[4] = {-1, -1, -1, -1}, r;
    if ((r = fds[0] = es_open(p, low, reterr)) >= 0 &&
        (r = fds[1] = es_open(p, top, reterr)) >= 0 &&
        (r = fds[3] = work_open(p, "art.jpegs", true, reterr)) >= 0 &&
        (r = blob_begin(p, "i1", ".tiles", &w[0], reterr)) >= 0 &&
        (r = blob_begin(p, "i1", ".idx", &w[1], reterr)) >= 0) {
        const int given[] = {fds[0], fds[1], blob_writer_fd(w[0]), fds[3]};
        json_t *rq = json_pack("{s:O, s:O}", "plan", plan, "video", video);
        r = pipeline_child(
            p, &(struct pipeline_child){.op = "images", .request = rq, .fds = given, .n_fds = 4},
            ret_note, reterr);
        if (r >= 0)
            r = images_store(p, *ret_note, fds[3], w, reterr);
    }
    blobs_abort(w, 2);
    descriptors_close(fds, 4);
    return r;
}

/* ---- packaging ---- */

/* What people read in the player's menu: the track's own title, else the language in itself. */
static void label_make(json_t *entry, int channels, char *dst, size_t cap) {
    const char *title = json_string_value(json_object_get(entry, "title"));
    const char *lang = json_string_value(json_object_get(entry, "lang"));
    snprintf(dst, cap, "%s%s", title && *title ? title : language_autonym(str_of(lang)),
             channels == 6   ? " (5.1)"
             : channels == 8 ? " (7.1)"
             : channels > 2  ? " (surround)"
                             : "");
}

static json_t *tracks_video(json_t *plan) {
    json_t *list = json_array(), *rung;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(plan, "video"), "rungs"), i, rung)
        json_array_append_new(list,
                              json_pack("{s:O, s:s, s:s, s:s, s:s, s:b}", "name",
                                        json_object_get(rung, "name"), "kind", "video", "lang",
                                        "und", "role", "main", "label", "", "default", i == 0));
    return list;
}

static void tracks_audio(json_t *list, json_t *plan, json_t *audio) {
    json_t *made, *o;
    size_t i, k;
    bool any_default = false;
    json_array_foreach(json_object_get(audio, "tracks"), i, made) {
        json_t *entry = json_array_get(json_object_get(plan, "audio"),
                                       (size_t)json_integer_value(json_object_get(made, "entry")));
        any_default = any_default || json_is_true(json_object_get(entry, "is_default"));
    }
    json_array_foreach(json_object_get(audio, "tracks"), i, made) {
        json_t *entry = json_array_get(json_object_get(plan, "audio"),
                                       (size_t)json_integer_value(json_object_get(made, "entry")));
        json_t *role = json_object_get(entry, "role");
        bool is_default = any_default ? json_is_true(json_object_get(entry, "is_default")) : i == 0;
        json_array_foreach(json_object_get(entry, "outputs"), k, o) {
            char label[200];
            label_make(entry, (int)json_integer_value(json_object_get(o, "channels")), label,
                       sizeof label);
            const char *r = json_string_value(role);
            json_array_append_new(list, json_pack("{s:O, s:s, s:O, s:s, s:s, s:b}", "name",
                                                  json_object_get(o, "name"), "kind", "audio",
                                                  "lang", json_object_get(entry, "lang"), "role",
                                                  r && *r ? r : "main", "label", label, "default",
                                                  is_default && k == 0));
        }
    }
}

/* The keyframes of the lowest rung once more, for fast forward; last, so that no other track is another one for it. */
static void tracks_trick(json_t *list, json_t *plan, json_t *encoded) {
    json_t *video = json_object_get(plan, "video"), *low = json_array_get(json_object_get(video, "rungs"), 0);
    if (json_integer_value(json_object_get(encoded, "frames")) <= json_integer_value(json_object_get(video, "gop")))
        return; /* one picture: there is nothing to run through */
    json_array_append_new(list, json_pack("{s:s, s:s, s:O, s:s, s:s, s:s, s:b}", "name", "k1", "kind", "trick", "from", json_object_get(low, "name"),
                                          "lang", "und", "role", "main", "label", "", "default", 0));
}

static json_t *hex16(const uint8_t *bytes) {
    scoped(buf_done) struct buf b = BUF(64);
    buf_hex(&b, bytes, 16);
    return json_stringn((char *)b.p, b.n);
}

/* The rung's class as the plan says it, or sound's. */
static enum key_class class_of(json_t *plan, json_t *track) {
    json_t *from = json_object_get(track, "from"), *rung; /* a trick track is of its rung's class */
    const char *name = json_string_value(from ? from : json_object_get(track, "name"));
    size_t i;
    json_array_foreach(json_object_get(json_object_get(plan, "video"), "rungs"), i, rung)
        if (strcmp(name, json_string_value(json_object_get(rung, "name"))) == 0) {
            int c = name_index(key_class_names, KEY_CLASSES, json_string_value(json_object_get(rung, "key_class")));
            return (enum key_class)MAX(c, 0);
        }
    return KEY_AUDIO;
}

static int key_append(struct pipeline *p, const struct pipeline_key_of *of, json_t *list, struct err *reterr) {
    struct pipeline_key key;
    int r = p->spec.key_get(p->spec.arg, of, &key, reterr);
    if (r < 0)
        return r;
    r = json_array_append_new(list, json_pack("{s:o, s:o}", "kid", hex16(key.kid), "key", hex16(key.key)));
    explicit_bzero(&key, sizeof key);
    return r ? err_set(reterr, ERR_NO_MEMORY, "keys of a track") : 0;
}

/* Every key period that the film has, KEY_PERIODS_MAX of them at most and KIDS_MAX over all tracks: where it were more, keys stay
 * longer. */
int64_t pipeline_key_period_ms(struct pipeline *p, size_t n_tracks) {
    json_t *video = note_need(p, PIPELINE_ENCODE, NULL);
    int64_t period = p->spec.key_period_ms, whole = json_integer_value(json_object_get(video, "duration_us")) / 1000;
    int64_t most = MIN((int64_t)KEY_PERIODS_MAX, KIDS_MAX / (p->spec.keys_of_tracks ? (int64_t)MAX(n_tracks, 1u) : KEY_CLASSES));
    if (period <= 0 || p->spec.scheme == SCHEME_CLEAR)
        return 0;
    return MAX(period, (whole + most - 1) / most);
}

int keys_of_track(struct pipeline *p, const char *name, enum key_class class, int64_t period_ms, json_t **ret, struct err *reterr) {
    json_t *video = note_need(p, PIPELINE_ENCODE, reterr), *list = json_array();
    int64_t whole = json_integer_value(json_object_get(video, "duration_us")) / 1000;
    int n = period_ms > 0 ? (int)CLAMP((whole + period_ms - 1) / period_ms, 1, KEY_PERIODS_MAX) : 1, r = video ? 0 : ERR_PRECONDITION;
    for (int i = 0; i < n && r >= 0; i++)
        r = key_append(p, &(struct pipeline_key_of){class, p->spec.keys_of_tracks ? str_of(name) : STR(""), i}, list, reterr);
    if (r < 0)
        json_decref(list);
    else
        *ret = list;
    return r;
}

/* Into the request's tracks, each of which has the keys of its class or of its own. */
static int keys_collect(struct pipeline *p, json_t *plan, json_t *tracks, int64_t period_ms, struct err *reterr) {
    json_t *track, *keys;
    size_t i;
    int r = 0;
    if (p->spec.scheme == SCHEME_CLEAR)
        return 0;
    json_array_foreach(tracks, i, track) {
        r = keys_of_track(p, json_string_value(json_object_get(track, "name")), class_of(plan, track), period_ms, &keys, reterr);
        if (r < 0)
            return r;
        if (json_object_set_new(track, "keys", keys))
            return err_set(reterr, ERR_NO_MEMORY, "keys of a track");
    }
    return 0;
}

static int package_run(struct pipeline *p, json_t *request, json_t *tracks, json_t **ret,
                       struct err *reterr) {
    struct blob_writer *w[2 * OP_TRACKS_MAX] = {NULL};
    int es[OP_TRACKS_MAX], fds[3 * OP_TRACKS_MAX], r = 0;
    size_t n = json_array_size(tracks), opened = 0;
    for (size_t i = 0; i < n && r >= 0; i++) {
        const char *name = json_string_value(json_object_get(json_array_get(tracks, i), "name"));
        const char *from = json_string_value(json_object_get(json_array_get(tracks, i), "from"));
        if ((r = es[i] = es_open(p, from ? from : name, reterr)) < 0)
            break;
        opened++;
        if ((r = blob_begin(p, name, ".cmaf", &w[i], reterr)) < 0 ||
            (r = blob_begin(p, name, ".idx", &w[n + i], reterr)) < 0)
            break;
        fds[i] = es[i];
        fds[n + i] = blob_writer_fd(w[i]);
        fds[2 * n + i] = blob_writer_fd(w[n + i]);
    }
    if (r >= 0)
        r = pipeline_child(
            p,
            &(struct pipeline_child){
                .op = "package", .request = json_incref(request), .fds = fds, .n_fds = 3 * n},
            ret, reterr);
    if (r >= 0)
        r = blobs_commit(w, 2 * n, reterr);
    blobs_abort(w, 2 * n);
    descriptors_close(es, opened);
    return r;
}

static int protection_add(struct pipeline *p, json_t *asset, struct err *reterr) {
    json_t *drm = NULL;
    if (p->spec.scheme == SCHEME_CLEAR || !p->spec.protection_get)
        return 0;
    int r = p->spec.protection_get(p->spec.arg, &drm, reterr);
    if (r >= 0 && drm && json_object_set_new(asset, "drm", drm))
        r = err_set(reterr, ERR_NO_MEMORY, "asset description");
    return r;
}

/* The descriptions of subtitles and storyboard join those of picture and sound. */
static int asset_complete(struct pipeline *p, json_t *asset, struct err *reterr) {
    json_t *tracks = json_object_get(asset, "tracks"), *t;
    json_t *text = note_need(p, PIPELINE_TEXT, reterr);
    json_t *images = text ? note_need(p, PIPELINE_IMAGES, reterr) : NULL;
    char name[96];
    size_t i;
    if (!images)
        return ERR_PRECONDITION;
    json_array_foreach(json_object_get(text, "tracks"), i, t) json_array_append(tracks, t);
    json_array_append(tracks, json_object_get(images, "track"));
    scoped(mem_free) char *out = json_dumps(asset, JSON_INDENT(1) | JSON_SORT_KEYS);
    if (!out)
        return err_set(reterr, ERR_NO_MEMORY, "asset.json does not encode");
    snprintf(name, sizeof name, "asset/" STR_FMT "/asset.json", STR_ARG(p->spec.asset_id));
    return blob_put(p->spec.blob, name, str_of(out), reterr);
}

int step_package(struct pipeline *p, json_t **ret_note, struct err *reterr) {
    json_t *plan = note_need(p, PIPELINE_PLAN, reterr);
    json_t *audio = plan ? note_need(p, PIPELINE_AUDIO, reterr) : NULL;
    if (!audio)
        return ERR_PRECONDITION;
    json_t *tracks = tracks_video(plan);
    tracks_audio(tracks, plan, audio);
    tracks_trick(tracks, plan, note_need(p, PIPELINE_ENCODE, reterr));
    if (json_array_size(tracks) > OP_TRACKS_MAX) {
        json_decref(tracks);
        return err_refuse(reterr, ERR_LIMIT, "import.too_many_tracks",
                          "Leave some soundtracks out.", "over %d tracks", OP_TRACKS_MAX);
    }
    int64_t period_ms = pipeline_key_period_ms(p, json_array_size(tracks));
    int r = keys_collect(p, plan, tracks, period_ms, reterr);
    json_t *rq = json_pack("{s:s%, s:I, s:s, s:I, s:o}", "id", p->spec.asset_id.p,
                           p->spec.asset_id.n, "revision", (json_int_t)p->spec.revision, "scheme",
                           scheme_names[p->spec.scheme], "key_period_ms", (json_int_t)period_ms, "tracks", tracks);
    if (r >= 0)
        r = package_run(p, rq, tracks, ret_note, reterr);
    json_decref(rq);
    if (r >= 0)
        r = protection_add(p, json_object_get(*ret_note, "asset"), reterr);
    if (r >= 0)
        r = asset_complete(p, json_object_get(*ret_note, "asset"), reterr);
    return r;
}

int pipeline_asset(struct pipeline *p, struct arena *a, struct asset_desc *ret_d,
                   struct str *ret_json, struct err *reterr) {
    json_t *note = note_need(p, PIPELINE_PACKAGE, reterr);
    if (!note)
        return ERR_PRECONDITION;
    json_t *asset = json_object_get(note, "asset");
    scoped(mem_free) char *text = json_dumps(asset, JSON_INDENT(1) | JSON_SORT_KEYS);
    *ret_json = str_dup(a, str_of(text));
    if (!ret_json->p)
        return err_set(reterr, ERR_LIMIT, "asset.json does not fit");
    return asset_from_json(asset, a, ret_d, reterr);
}
