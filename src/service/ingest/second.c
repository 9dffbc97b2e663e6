/*
 * second.c - a second set of an asset's segments in the other scheme: `cenc` of a film packaged in `cbcs`, or the other way. A job makes it
 * behind the journey, or for an asset that is there already when an editor asks; the asset itself stays as it is.
 *
 * One track after the other, each in a media child that decrypts in memory and compares what it wrote. What is done is noted with the
 * job, so one that was killed goes on with the next track. Last comes scheme-<name>.json with the new tracks: from then on new
 * playbacks get the scheme that their device plays (media/presentation.h).
 */
#include "engine/child/child.h"
#include "service/catalog/catalog.h"
#include "service/ingest/ingest_int.h"
#include "service/json.h"
#include "service/keys/keys.h"
#include <stdio.h>
#include <string.h>

#define SECOND_SUBJECT "scheme/" /* then the asset's id */
enum { JSON_MAX = 2 << 20 };

struct second {
    struct job_ctx *job;
    const struct engine *e;
    struct arena *a;
    struct asset_id asset;
    struct asset_desc d;
    enum scheme scheme;
    json_t *kids;
    json_t *tracks; /* that are made, as scheme-<name>.json lists them */
    size_t at, n;   /* tracks, for progress */
};

static enum scheme other_scheme(enum scheme s) { return s == SCHEME_CBCS ? SCHEME_CENC : SCHEME_CBCS; }

static const char *object_name(const struct second *s, const char *file) {
    return str_printf(s->a, "asset/" ID_FMT "/%s", ID_ARG(s->asset.v), file).p;
}

static const char *list_name(const struct second *s) {
    return object_name(s, str_printf(s->a, "scheme-%s.json", scheme_names[s->scheme]).p);
}

static bool object_is_there(const struct second *s, const char *file) {
    struct blob_info info;
    return blob_stat(s->e->blob, object_name(s, file), &info, NULL) == 0;
}

static int asset_read(const struct engine *e, struct asset_id asset, struct arena *a, struct asset_desc *ret, struct err *reterr) {
    struct str text;
    const char *name = str_printf(a, "asset/" ID_FMT "/asset.json", ID_ARG(asset.v)).p;
    int r = blob_get(e->blob, name, JSON_MAX, a, &text, reterr);
    json_t *j = r >= 0 ? json_loadb(text.p, text.n, 0, NULL) : NULL;
    if (r >= 0)
        r = j ? asset_from_json(j, a, ret, reterr) : err_set(reterr, ERR_CORRUPT, "%s does not read", name);
    json_decref(j);
    return MIN(r, 0);
}

/* ---- a track ---- */

static json_t *hex_of(const uint8_t *p) {
    scoped(buf_done) struct buf b = BUF(64);
    buf_hex(&b, p, 16);
    return json_stringn((char *)b.p, b.n);
}

/* Every key of the asset: one licence request then serves all tracks. */
static json_t *kids_list(const struct asset_desc *d) {
    json_t *list = json_array(), *seen = json_object();
    for (size_t i = 0; i < d->n_tracks; i++)
        for (uint32_t p = 0; d->tracks[i].key_class != KEY_NONE && p <= d->tracks[i].n_later_kids; p++) {
            json_t *kid = hex_of(track_kid(&d->tracks[i], p));
            if (!json_object_get(seen, json_string_value(kid)))
                json_array_append(list, kid);
            json_object_set_new(seen, json_string_value(kid), kid);
        }
    json_decref(seen);
    return list;
}

static int keys_add(const struct second *s, const struct track_desc *t, json_t *list, struct err *reterr) {
    struct content_key k;
    for (uint32_t i = 0; i <= t->n_later_kids; i++) {
        int r = keys_by_kid(s->e, track_kid(t, i), &k, reterr);
        if (r < 0)
            return r;
        json_array_append_new(list, json_pack("{s:o, s:o}", "kid", hex_of(k.kid), "key", hex_of(k.key)));
        keys_wipe(&k);
    }
    return 0;
}

static json_t *track_request(struct second *s, size_t i, const char *name, struct err *reterr) {
    struct track_desc t = s->d.tracks[i];
    json_t *keys = json_array();
    if (keys_add(s, &t, keys, reterr) < 0) {
        json_decref(keys);
        return NULL;
    }
    t.name = str_of(name);
    return json_pack("{s:s%, s:o, s:s, s:I, s:s, s:o, s:O, s:I}", "id", s->d.id.p, s->d.id.n, "track", track_to_json(&t), "object",
                     str_printf(s->a, "%s.cmaf", name).p, "ordinal", (json_int_t)i, "scheme", scheme_names[s->scheme], "keys", keys, "kids",
                     s->kids, "key_period_ms", (json_int_t)s->d.key_period_ms);
}

static int told(void *arg, const char *stage, int permille, double speed, int64_t eta_ms) {
    struct second *s = arg;
    return job_progress(s->job, stage, (int)((s->at * 1000 + (size_t)permille) / MAX(s->n, 1u)), speed, -1);
}

static int track_child(struct second *s, json_t *request, const int *fds, json_t **ret, struct err *reterr) {
    struct child_spec spec = {.op = "transcrypt", .request = request, .fds = fds, .n_fds = 4, .progress = told, .arg = s,
                              .limits = {.silence_ms = 300000}};
    return child_run(&spec, ret, reterr);
}

/* The index last: it is there exactly when the track is whole. */
static int track_make(struct second *s, size_t i, const char *name, struct err *reterr) {
    const char *from = str_printf(s->a, STR_FMT, STR_ARG(s->d.tracks[i].name)).p;
    struct blob_writer *w[2] = {NULL, NULL};
    json_t *result = NULL, *request = track_request(s, i, name, reterr);
    if (!request)
        return reterr ? reterr->code : ERR_INTERNAL;
    scoped(fd_close) int cmaf = blob_open_fd(s->e->blob, object_name(s, str_printf(s->a, "%s.cmaf", from).p), reterr);
    scoped(fd_close) int idx = cmaf < 0 ? cmaf : blob_open_fd(s->e->blob, object_name(s, str_printf(s->a, "%s.idx", from).p), reterr);
    int r = idx;
    if (r >= 0)
        r = blob_create(s->e->blob, object_name(s, str_printf(s->a, "%s.cmaf", name).p), &w[0], reterr);
    if (r >= 0)
        r = blob_create(s->e->blob, object_name(s, str_printf(s->a, "%s.idx", name).p), &w[1], reterr);
    if (r >= 0)
        r = track_child(s, request, (const int[]){cmaf, idx, blob_writer_fd(w[0]), blob_writer_fd(w[1])}, &result, reterr);
    for (int k = 0; k < 2 && r >= 0; k++)
        r = blob_commit(&w[k], NULL, NULL, NULL, reterr);
    for (int k = 0; k < 2; k++)
        blob_abort(&w[k]);
    if (r >= 0)
        json_array_append(s->tracks, json_object_get(result, "track"));
    json_decref(request);
    json_decref(result);
    return MIN(r, 0);
}

/* ---- the job ---- */

static bool is_made(const struct second *s, const char *name) {
    json_t *t;
    size_t i;
    json_array_foreach(s->tracks, i, t)
        if (strcmp(name, json_string_value(json_object_get(t, "name"))) == 0)
            return object_is_there(s, str_printf(s->a, "%s.idx", name).p);
    return false;
}

static int checkpoint(struct second *s, struct err *reterr) {
    scoped(mem_free) char *text = json_dumps(s->tracks, JSON_COMPACT);
    return text ? job_checkpoint(s->job, str_of(text), reterr) : err_set(reterr, ERR_NO_MEMORY, "a checkpoint");
}

static int tracks_make(struct second *s, struct err *reterr) {
    int64_t need = 0;
    int r = 0;
    for (size_t i = 0; i < s->d.n_tracks; i++) {
        s->n += s->d.tracks[i].key_class != KEY_NONE;
        need += s->d.tracks[i].bandwidth / 8 * s->d.duration_ms / 1000;
    }
    r = import_space_check(s->e, need, reterr);
    for (size_t i = 0; i < s->d.n_tracks && r >= 0; i++) {
        char name[16];
        if (s->d.tracks[i].key_class == KEY_NONE)
            continue;
        second_name(s->d.tracks[i].name, name);
        if (!is_made(s, name) && (r = track_make(s, i, name, reterr)) >= 0)
            r = checkpoint(s, reterr);
        s->at++;
        if (r >= 0 && job_cancelled(s->job))
            r = err_set(reterr, ERR_CANCELLED, "stopped");
    }
    return r;
}

static int list_write(struct second *s, struct err *reterr) {
    json_t *list = json_pack("{s:s, s:O}", "scheme", scheme_names[s->scheme], "tracks", s->tracks);
    scoped(mem_free) char *text = list ? json_dumps(list, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    json_decref(list);
    bool exists = false;
    int r = text ? catalog_asset_exists(s->e->store, s->asset, &exists, reterr) : err_set(reterr, ERR_NO_MEMORY, "a list of tracks");
    if (r >= 0 && !exists) /* its rows went meanwhile: what was made goes with its folder */
        r = err_set(reterr, ERR_INVALID, "the asset is gone");
    return r < 0 ? r : blob_put(s->e->blob, list_name(s), str_of(text), reterr);
}

static int second_run(struct second *s, struct err *reterr) {
    struct str before;
    int r = asset_read(s->e, s->asset, s->a, &s->d, reterr);
    if (r < 0)
        return r == ERR_NOT_FOUND ? err_set(reterr, ERR_INVALID, "the asset is gone") : r;
    if (s->d.scheme == SCHEME_CLEAR)
        return err_set(reterr, ERR_INVALID, "a clear asset has no scheme");
    s->scheme = other_scheme(s->d.scheme);
    if (object_is_there(s, str_printf(s->a, "scheme-%s.json", scheme_names[s->scheme]).p))
        return 0;
    if ((r = job_checkpoint_get(s->job, &before, reterr)) < 0)
        return r;
    s->tracks = before.n ? json_loadb(before.p, before.n, 0, NULL) : NULL;
    s->tracks = json_is_array(s->tracks) ? s->tracks : json_array();
    s->kids = kids_list(&s->d);
    r = tracks_make(s, reterr);
    if (r >= 0)
        r = list_write(s, reterr);
    if (r >= 0)
        job_note(s->job, "%zu tracks are there in %s, too.", s->n, scheme_names[s->scheme]);
    return r;
}

int second_job_run(struct job_ctx *j, struct err *reterr) {
    struct second s = {.job = j, .e = job_engine(j), .a = job_arena(j)};
    if (!id_parse(str_slice(job_self(j)->subject, sizeof SECOND_SUBJECT - 1, SIZE_MAX), &s.asset.v))
        return err_set(reterr, ERR_INVALID, "the job names no asset");
    int r = second_run(&s, reterr);
    json_decref(s.kids);
    json_decref(s.tracks);
    return r;
}

int second_enqueue(struct tx *tx, struct asset_id asset, struct job_id *ret, struct err *reterr) {
    char key[100];
    size_t kind = sizeof "ingest.transcrypt/" - 1;
    int n = snprintf(key, sizeof key, "ingest.transcrypt/" SECOND_SUBJECT ID_FMT, ID_ARG(asset.v));
    struct job_spec spec = {.kind = "ingest.transcrypt",
                            .key = str_make(key, (size_t)n),
                            .subject = str_make(key + kind, (size_t)n - kind),
                            .payload = STR("{}")};
    return job_enqueue(tx, &spec, ret, reterr);
}

/* ---- over HTTP ---- */

static int asset_of_title(struct request *rq, struct asset_id *ret, struct asset_desc *ret_d, struct err *reterr) {
    struct title_id title = {{""}};
    struct title_card card;
    bool ok = id_parse(request_param(rq, "id"), &title.v); /* the router checked it */
    assert(ok);
    int r = catalog_card_by_id(request_engine(rq)->store, title, STR_NULL, true, request_arena(rq), &card, reterr);
    if (r < 0)
        return r;
    if (!id_is_set(card.asset.v))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.not_ready", "The title has no film yet. Wait for its import to end.", "no asset");
    *ret = card.asset;
    return asset_read(request_engine(rq), card.asset, request_arena(rq), ret_d, reterr);
}

static int scheme_post(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct asset_desc d;
    struct job_id job;
    struct second s = {.e = e, .a = request_arena(rq)};
    int wanted = name_index(scheme_names, 3, json_string_value(json_object_get(request_json(rq), "scheme")));
    int r = asset_of_title(rq, &s.asset, &d, reterr);
    if (r < 0)
        return r;
    if (d.scheme == SCHEME_CLEAR)
        return err_refuse(reterr, ERR_CONFLICT, "asset.clear", "Import the film again with a protection.", "the asset is clear");
    s.scheme = other_scheme(d.scheme);
    if (wanted == (int)d.scheme || object_is_there(&s, str_printf(s.a, "scheme-%s.json", scheme_names[s.scheme]).p))
        return err_refuse(reterr, ERR_CONFLICT, "asset.has_scheme", "The film is there in this scheme already.", "a scheme that it has");
    scoped(tx_rollback) struct tx *tx = NULL;
    r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = second_enqueue(tx, s.asset, &job, reterr);
    if (r >= 0)
        r = tx_commit(&tx, reterr);
    return r < 0 ? r : job_reply(rq, job, reterr);
}

static const struct field scheme_fields[] = {{"scheme", F_STR, FIELD_REQUIRED, .values = "cbcs|cenc"}, {.type = F_END}};
static const struct schema second_schemas[] = {{"AssetScheme", scheme_fields, "A scheme that a film is to be there in, too"},
                                               {.name = NULL}};
static const struct route second_routes[] = {
    {POST, "/api/v1/editor/titles/{id:id}/schemes", scheme_post, ROLE_EDITOR, .scope = SCOPE_INGEST_WRITE, .per_minute = 60,
     .priority = PRIO_REST, .body = "AssetScheme", .reply = "Job", .op = "titleSchemeAdd",
     .doc = "Makes a title's film playable in the other encryption scheme, too, without encoding it again: the job that does it"},
    {.path = NULL},
};
const struct service protect_service = {.name = "protect", .config = protect_config, .routes = second_routes, .schemas = second_schemas};
