/* pipeline_rest.c - subtitles, and the verification of what was packaged by a reader that is not
 * ours. */
#include "base/buf.h"
#include "media/ops.h"
#include "service/ingest/ingest.h"
#include "service/ingest/pipeline_int.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_WALL_MS = 120000, TEXT_FILM_WALL_MS = 1800000 /* every byte of it may have to be read */ };

/* ---- subtitles ---- */

/* As an editor's list names what nobody named: "Deutsch (SDH)". */
static const char *label_of(char *own, size_t cap, const char *title, const char *lang, const char *role) {
    if (title && *title)
        return title;
    snprintf(own, cap, "%s%s", language_autonym(str_of(lang)),
             strcmp(role, "caption") == 0  ? " (SDH)" : strcmp(role, "forced") == 0 ? " (forced)" : "");
    return own;
}

static json_t *text_request(json_t *entry, json_t *video) {
    char own[160];
    json_t *input = json_object_get(entry, "input"), *role = json_object_get(entry, "role");
    const char *title = json_string_value(json_object_get(entry, "title"));
    const char *lang = json_string_value(json_object_get(entry, "lang"));
    const char *r = json_string_value(role);
    r = r && *r ? r : "subtitle";
    json_t *rq = json_pack("{s:O, s:s, s:s, s:s, s:b, s:I}", "name", json_object_get(entry, "name"),
                           "lang", lang, "role", r, "label",
                           label_of(own, sizeof own, title, lang, r), "default",
                           json_is_true(json_object_get(entry, "is_default")), "duration_ms",
                           json_integer_value(json_object_get(video, "duration_us")) / 1000);
    if (!input) { /* times of an embedded track are the container's, ours begin with the picture */
        json_object_set(rq, "stream", json_object_get(entry, "stream"));
        json_object_set_new(
            rq, "shift_ms",
            json_integer(-json_integer_value(json_object_get(video, "start_us")) / 1000));
    }
    return rq;
}

static int text_run(struct pipeline *p, json_t *entry, json_t *video, json_t **ret,
                    struct err *reterr) {
    static const char *const suffixes[] = {".vtts", ".idx", ".cmaf", ".idx"};
    char name[128], imsc[16];
    struct blob_writer *w[4] = {NULL, NULL, NULL, NULL};
    imsc_name(str_of(json_string_value(json_object_get(entry, "name"))), imsc);
    size_t input = (size_t)json_integer_value(json_object_get(entry, "input")); /* 0: the film */
    scoped(fd_close) int source = input_open(p, input, reterr);
    int r = source;
    for (int i = 0; i < 4 && r >= 0; i++) {
        snprintf(name, sizeof name, "asset/" STR_FMT "/%s%s", STR_ARG(p->spec.asset_id),
                 i < 2 ? json_string_value(json_object_get(entry, "name")) : imsc, suffixes[i]);
        r = blob_create(p->spec.blob, name, &w[i], reterr);
    }
    if (r >= 0) {
        const int fds[] = {source, blob_writer_fd(w[0]), blob_writer_fd(w[1]), blob_writer_fd(w[2]), blob_writer_fd(w[3])};
        r = pipeline_child(p,
                           &(struct pipeline_child){
                               .op = "text",
                               .request = text_request(entry, video),
                               .fds = fds,
                               .n_fds = 5,
                               .limits = {.wall_ms = input ? TEXT_WALL_MS : TEXT_FILM_WALL_MS, .memory_bytes = 2LL << 30}},
                           ret, reterr);
    }
    for (int i = 0; i < 4 && r >= 0; i++)
        r = blob_commit(&w[i], NULL, NULL, NULL, reterr);
    for (int i = 0; i < 4; i++)
        blob_abort(&w[i]);
    if (r < 0 && input)
        return input_blame(p, input, reterr);
    return r;
}

/* One track's result joins the note; a track of the film that is at fault is left out with a
 * warning, one that the editor brought is an error. */
static int text_add(struct pipeline *p, json_t *entry, json_t *video, json_t *tracks,
                    json_t *warnings, struct err *reterr) {
    json_t *result = NULL;
    struct err e = {0};
    int r = text_run(p, entry, video, &result, &e);
    bool unfit = r == ERR_BAD_MEDIA || r == ERR_MEDIA_TYPE || r == ERR_TOO_LARGE;
    if (unfit && !json_object_get(entry, "input")) {
        json_array_append_new(warnings,
                              json_sprintf("Subtitles %s were left out: %s",
                                           json_string_value(json_object_get(entry, "lang")),
                                           e.hint[0] ? e.hint : e.msg));
        return 0;
    }
    if (r < 0) {
        if (reterr)
            *reterr = e;
        return r;
    }
    json_array_append(tracks, json_object_get(result, "track"));
    json_t *said;
    size_t i;
    size_t input = (size_t)json_integer_value(json_object_get(entry, "input"));
    struct str name = input ? p->spec.inputs[input].name : str_of(json_string_value(json_object_get(entry, "lang")));
    json_array_foreach(json_object_get(result, "warnings"), i, said)
        json_array_append_new(warnings, json_sprintf("Subtitles " STR_FMT ": %s", STR_ARG(name), json_string_value(said)));
    json_decref(result);
    return 0;
}

int step_text(struct pipeline *p, json_t **ret_note, struct err *reterr) {
    json_t *plan = note_need(p, PIPELINE_PLAN, reterr), *entry;
    json_t *video = plan ? note_need(p, PIPELINE_ENCODE, reterr) : NULL;
    if (!video)
        return ERR_PRECONDITION;
    json_t *tracks = json_array(), *warnings = json_array();
    size_t i;
    int r = 0;
    p->n_parts = (int)json_array_size(json_object_get(plan, "text"));
    json_array_foreach(json_object_get(plan, "text"), i, entry) {
        p->part = (int)i;
        if ((r = text_add(p, entry, video, tracks, warnings, reterr)) < 0)
            break;
    }
    if (r >= 0)
        *ret_note = json_pack("{s:O, s:O}", "tracks", tracks, "warnings", warnings);
    json_decref(tracks);
    json_decref(warnings);
    return r;
}

/* ---- verification ---- */

/* How loud an output was meant to be; NULL: nobody said. Borrowed. */
static json_t *output_lufs(struct pipeline *p, const char *name) {
    json_t *audio = note_need(p, PIPELINE_AUDIO, NULL), *track, *o;
    size_t i, k;
    json_array_foreach(json_object_get(audio, "tracks"), i, track)
        json_array_foreach(json_object_get(track, "outputs"), k, o)
            if (strcmp(json_string_value(json_object_get(o, "name")), name) == 0)
                return json_object_get(json_object_get(o, "loudness"), "output_lufs");
    return NULL;
}

/* One key alone is libav's to use; of several it knows none. */
static int keys_text(json_t *keys, struct buf *b, struct err *reterr) {
    json_t *k;
    size_t i;
    json_array_foreach(keys, i, k)
        buf_addf(b, "%s%s%s%s", i ? "," : "", json_array_size(keys) > 1 ? json_string_value(json_object_get(k, "kid")) : "",
                 json_array_size(keys) > 1 ? ":" : "", json_string_value(json_object_get(k, "key")));
    return b->failed ? err_set(reterr, ERR_NO_MEMORY, "keys of a track") : 0;
}

static int verify_keys(struct pipeline *p, json_t *asset, json_t *track, json_t *rq, struct err *reterr) {
    scoped(buf_done) struct buf text = BUF(KEY_PERIODS_MAX * 80);
    json_t *keys = NULL;
    int class = name_index(key_class_names, KEY_CLASSES, json_string_value(json_object_get(track, "key_class")));
    if (class <= KEY_NONE || p->spec.scheme == SCHEME_CLEAR)
        return 0;
    int r = keys_of_track(p, json_string_value(json_object_get(track, "name")), (enum key_class)class,
                          json_integer_value(json_object_get(asset, "key_period_ms")), &keys, reterr);
    if (r >= 0)
        r = keys_text(keys, &text, reterr);
    if (r >= 0)
        json_object_set_new(rq, "key", json_stringn((char *)text.p, text.n));
    json_decref(keys);
    if (text.p)
        explicit_bzero(text.p, text.cap);
    return r;
}

static int verify_track(struct pipeline *p, json_t *asset, json_t *track, json_t *list, int *ret_fd,
                        struct err *reterr) {
    const char *name = json_string_value(json_object_get(track, "name"));
    char path[128];
    snprintf(path, sizeof path, "asset/" STR_FMT "/%s.cmaf", STR_ARG(p->spec.asset_id), name);
    int r = *ret_fd = blob_open_fd(p->spec.blob, path, reterr);
    if (r < 0)
        return r;
    json_t *rq = json_pack("{s:s, s:O}", "name", name, "kind", json_object_get(track, "kind"));
    json_t *lufs = output_lufs(p, name);
    if (lufs)
        json_object_set(rq, "output_lufs", lufs);
    r = verify_keys(p, asset, track, rq, reterr);
    json_array_append_new(list, rq);
    return r < 0 ? r : 0;
}

int step_verify(struct pipeline *p, json_t **ret_note, struct err *reterr) {
    json_t *package = note_need(p, PIPELINE_PACKAGE, reterr), *track;
    json_t *video = package ? note_need(p, PIPELINE_ENCODE, reterr) : NULL;
    if (!video)
        return ERR_PRECONDITION;
    json_t *list = json_array();
    int fds[OP_TRACKS_MAX], r = 0;
    size_t i, n = 0;
    json_array_foreach(json_object_get(json_object_get(package, "asset"), "tracks"), i, track) {
        const char *kind = json_string_value(json_object_get(track, "kind"));
        bool decodes = kind && (strcmp(kind, "video") == 0 || strcmp(kind, "audio") == 0 || strcmp(kind, "trick") == 0);
        if (!decodes)
            continue;
        assert(n < OP_TRACKS_MAX); /* package took no more */
        r = verify_track(p, json_object_get(package, "asset"), track, list, &fds[n], reterr);
        n += fds[n] >= 0;
        if (r < 0)
            break;
    }
    json_t *rq = json_pack("{s:o, s:O}", "tracks", list, "video", video);
    if (r < 0)
        json_decref(rq);
    else
        r = pipeline_child(p,
                           &(struct pipeline_child){.op = "verify",
                                                    .request = rq,
                                                    .fds = fds,
                                                    .n_fds = n,
                                                    .limits = {.silence_ms = 300000}},
                           ret_note, reterr);
    descriptors_close(fds, n);
    return r;
}
