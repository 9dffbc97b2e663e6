/*
 * publish.c - from cues to what players get. Each change of a film's subtitles writes a list of all of them
 * (asset/<id>/text-<n>.json) and makes it the one in force: who presses Play afterwards gets it, who watches keeps the one
 * that the address of the playback names, and nothing of the pictures is touched.
 *
 * A film that takes another's place begins with its own list 0. What came with it becomes rows here; what an editor sent
 * or changed is cut again for the new film, and stands before what the film brings in the same language and role.
 */
#include "base/log.h"
#include "service/ingest/ingest.h"
#include "service/json.h"
#include "service/subtitles/subtitles_int.h"
#include <unistd.h>

enum { JSON_MAX = 2 << 20, TRACKS_PER_FILM = 100 };

static int asset_describe(const struct engine *e, struct asset_id asset, struct arena *a, struct asset_desc *ret,
                          struct err *reterr) {
    char name[80];
    struct str text;
    snprintf(name, sizeof name, "asset/" ID_FMT "/asset.json", ID_ARG(asset.v));
    int rc = blob_get(e->blob, name, JSON_MAX, a, &text, reterr);
    json_t *j = rc >= 0 ? json_loadb(text.p, text.n, 0, NULL) : NULL;
    if (rc >= 0)
        rc = j ? asset_from_json(j, a, ret, reterr) : err_set(reterr, ERR_CORRUPT, "%s does not read", name);
    json_decref(j);
    return MIN(rc, 0);
}

/* ---- Segments ---- */

static int blob_begin(const struct engine *e, struct asset_id asset, const char *track, const char *suffix,
                      struct blob_writer **ret, struct err *reterr) {
    char name[96];
    snprintf(name, sizeof name, "asset/" ID_FMT "/%s%s", ID_ARG(asset.v), track, suffix);
    return blob_create(e->blob, name, ret, reterr);
}

static int segments_write(const struct engine *e, const struct text_place *at, const struct cues *c, const char *name,
                          struct track_desc *t, struct err *reterr) {
    static const char *const suffixes[] = {".vtts", ".idx", ".cmaf", ".idx"};
    struct blob_writer *w[4] = {NULL, NULL, NULL, NULL};
    char object[32], imsc[16];
    int rc = 0;
    snprintf(object, sizeof object, "%s.vtts", name);
    imsc_name(str_of(name), imsc);
    for (int i = 0; i < 4 && rc >= 0; i++)
        rc = blob_begin(e, at->asset, i < 2 ? name : imsc, suffixes[i], &w[i], reterr);
    if (rc >= 0)
        rc = text_segments_write(c, at->duration_ms, (struct ratio){4, 1}, object, blob_writer_fd(w[0]), blob_writer_fd(w[1]), t,
                                 reterr);
    if (rc >= 0)
        rc = imsc_segments_write(c, (struct ratio){4, 1}, blob_writer_fd(w[2]), blob_writer_fd(w[3]), t, reterr);
    for (int i = 0; i < 4 && rc >= 0; i++)
        rc = blob_commit(&w[i], NULL, NULL, NULL, reterr);
    for (int i = 0; i < 4; i++)
        blob_abort(&w[i]);
    return MIN(rc, 0);
}

static int track_text(const struct track_desc *t, struct arena *a, struct str *ret, struct err *reterr) {
    json_t *j = track_to_json(t);
    scoped(mem_free) char *text = j ? json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(j);
    *ret = str_dup(a, str_of(text));
    return ret->p ? 0 : err_set(reterr, ERR_NO_MEMORY, "description of subtitles");
}

int subtitle_cut(const struct engine *e, struct tx *tx, const struct text_place *at, const struct cues *c, struct subtitle *s,
                 struct arena *a, struct err *reterr) {
    char name[TEXT_NAME_CAP];
    int rc = catalog_text_name(tx, at, name, reterr);
    struct track_desc t = {.name = str_of(name), .lang = s->lang, .role = s->role, .label = STR("")};
    if (rc >= 0)
        rc = segments_write(e, at, c, name, &t, reterr);
    if (rc >= 0)
        rc = track_text(&t, a, &s->track, reterr);
    if (rc >= 0)
        s->asset = at->asset;
    return rc;
}

/* ---- What a film brings ---- */

static bool touched(const struct subtitle *s) {
    return !str_eq(s->source, STR("film")) || s->revision > 1;
}

/* The whole document stands first in a track's object. */
static int document_read(const struct engine *e, struct asset_id asset, struct track_desc *t, struct cues *c, struct arena *a,
                         struct err *reterr) {
    char name[96];
    snprintf(name, sizeof name, "asset/" ID_FMT "/" STR_FMT ".idx", ID_ARG(asset.v), STR_ARG(t->name));
    scoped(fd_close) int fd = blob_open_fd(e->blob, name, reterr);
    int rc = fd < 0 ? fd : track_load_index(t, fd, a, reterr);
    if (rc < 0)
        return rc;
    if (t->init_length > SUBTITLE_VTT_MAX)
        return err_set(reterr, ERR_TOO_LARGE, "subtitles of %u bytes", t->init_length);
    scoped(mem_free) char *bytes = malloc(t->init_length + 1);
    if (!bytes)
        return err_set(reterr, ERR_NO_MEMORY, "subtitles of a film");
    snprintf(name, sizeof name, "asset/" ID_FMT "/" STR_FMT ".vtts", ID_ARG(asset.v), STR_ARG(t->name));
    rc = blob_read(e->blob, name, (int64_t)t->init_offset, t->init_length, bytes, reterr);
    if (rc >= 0)
        rc = vtt_parse(c, str_make(bytes, t->init_length), reterr);
    return rc < 0 ? rc : (cues_sort(c), 0);
}

static int film_track_adopt(const struct engine *e, struct tx *tx, struct title_id title, const struct text_place *at,
                            struct track_desc *t, struct arena *a, struct err *reterr) {
    struct arena own = ARENA(SUBTITLE_ARENA);
    struct cues c;
    int64_t now = clock_now_ms(e->clock);
    struct subtitle s = {.id = {id_new(now)}, .title = title, .version = at->version, .lang = t->lang, .label = t->label,
                         .role = t->role, .is_default = t->is_default, .source = STR("film"), .format = STR("vtt"),
                         .encoding = STR("UTF-8"), .revision = 1, .notes = STR("[]"), .asset = at->asset, .created_ms = now,
                         .updated_ms = now};
    if (!str_eq(s.role, STR("caption")) && !str_eq(s.role, STR("forced")))
        s.role = STR("subtitle");
    s.label = STR("");
    bool named = !str_eq(t->label, subtitle_label(&s, a)) && !str_eq(t->label, str_of(language_autonym(s.lang)));
    if (named && t->label.n <= SUBTITLE_LABEL_MAX) /* else the packager's own words, which follow the language */
        s.label = t->label;
    cues_init(&c, &own);
    int rc = document_read(e, at->asset, t, &c, &own, reterr);
    if (rc >= 0)
        rc = subtitle_vtt_store(e, &s, &c, a, reterr);
    if (rc >= 0)
        rc = track_text(t, a, &s.track, reterr);
    if (rc >= 0)
        rc = subtitle_row_insert(tx, &s, reterr);
    if (rc >= 0)
        rc = subtitle_revision_insert(tx, &s, "added", reterr);
    cues_done(&c);
    arena_done(&own);
    return rc;
}

static bool has_same(const struct subtitle *list, size_t n, const struct track_desc *t) {
    for (size_t i = 0; i < n; i++)
        if (touched(&list[i]) && str_eq_nocase(list[i].lang, t->lang) && str_eq(list[i].role, t->role))
            return true;
    return false;
}

static int carry(const struct engine *e, struct tx *tx, const struct text_place *at, struct subtitle *s, struct arena *a,
                 struct err *reterr) {
    struct arena own = ARENA(SUBTITLE_ARENA);
    struct cues c;
    cues_init(&c, &own);
    int rc = subtitle_cues_load(e, s->vtt, &c, reterr);
    if (rc >= 0)
        rc = subtitle_cut(e, tx, at, &c, s, a, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &subtitles_sql[SUBTITLE_CUT], ARGS(A_ID(s->id), A_ID(s->asset), A_STR(s->track)), reterr);
    cues_done(&c);
    arena_done(&own);
    return MIN(rc, 0);
}

static int live_read(struct tx *tx, struct title_id title, struct version_id version, struct arena *a, struct subtitle **ret,
                     size_t *ret_n, struct err *reterr) {
    struct rows r;
    int n = tx_query(tx, &subtitles_sql[SUBTITLE_LIVE], ARGS(A_ID(title), A_ID(version)), a, &r, reterr);
    if (n < 0)
        return n;
    *ret = arena_news(a, struct subtitle, (size_t)MAX(n, 1));
    if (!*ret)
        return err_set(reterr, ERR_LIMIT, "too many subtitles");
    for (int i = 0; i < n; i++)
        subtitle_read(&r, (size_t)i, &(*ret)[i]);
    *ret_n = (size_t)n;
    return 0;
}

/* 1: nothing is to be done. */
static int settled(struct tx *tx, struct title_id title, const struct text_place *at, struct arena *a, struct err *reterr) {
    struct rows r;
    if (!id_is_set(at->asset.v) || at->list > 0)
        return 1;
    int rc = tx_query(tx, &subtitles_sql[SUBTITLE_SETTLED], ARGS(A_ID(title), A_ID(at->version), A_ID(at->asset)), a, &r, reterr);
    return MIN(rc, 1);
}

int subtitles_settle(const struct engine *e, struct tx *tx, struct title_id title, const struct text_place *at,
                     struct arena *a, struct err *reterr) {
    struct subtitle *live;
    struct asset_desc d;
    size_t n, carried = 0;
    int rc = settled(tx, title, at, a, reterr);
    if (rc != 0)
        return MIN(rc, 0);
    rc = live_read(tx, title, at->version, a, &live, &n, reterr);
    if (rc >= 0)
        rc = asset_describe(e, at->asset, a, &d, reterr);
    for (size_t i = 0; rc >= 0 && i < d.n_tracks; i++)
        if (d.tracks[i].kind == TRACK_TEXT && !has_same(live, n, &d.tracks[i]))
            rc = film_track_adopt(e, tx, title, at, &d.tracks[i], a, reterr);
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        if (touched(&live[i])) {
            rc = carry(e, tx, at, &live[i], a, reterr);
            carried++;
        } else { /* of the film that was here before, as it came */
            rc = tx_exec(tx, &subtitles_sql[SUBTITLE_DROP], ARGS(A_ID(live[i].id)), reterr);
        }
    }
    if (rc >= 0 && carried > 0)
        rc = subtitles_publish(e, tx, title, at, a, reterr);
    return MIN(rc, 0);
}

static int look_once(const struct engine *e, struct title_id title, enum tx_mode mode, struct text_place *ret, bool *ret_done,
                     struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(SUBTITLE_ARENA);
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(e->store, STORE_MAIN, mode, &tx, reterr);
    if (rc >= 0)
        rc = catalog_text_place(tx, title, ret, reterr);
    if (rc >= 0 && mode == TX_READ) {
        rc = settled(tx, title, ret, &a, reterr);
        *ret_done = rc > 0;
        return MIN(rc, 0);
    }
    if (rc >= 0)
        rc = subtitles_settle(e, tx, title, ret, &a, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int subtitles_look(const struct engine *e, struct title_id title, struct text_place *ret, struct err *reterr) {
    bool done = false;
    int rc = look_once(e, title, TX_READ, ret, &done, reterr);
    if (rc >= 0 && !done)
        STORE_RETRY(rc, reterr, look_once(e, title, TX_WRITE, ret, &done, reterr));
    return rc;
}

/* ---- The list ---- */

struct str subtitle_label(const struct subtitle *s, struct arena *a) {
    const char *name = language_autonym(s->lang);
    if (s->label.n)
        return s->label;
    if (str_eq(s->role, STR("caption")))
        return str_printf(a, "%s (SDH)", name);
    return str_eq(s->role, STR("forced")) ? str_printf(a, "%s (forced)", name) : str_of(name);
}

static int list_write(const struct engine *e, struct asset_id asset, int64_t list, const struct track_desc *t, size_t n,
                      struct err *reterr) {
    char name[96];
    json_t *o = json_object(), *tracks = json_array();
    bool ok = json_object_set_new(o, "tracks", tracks) == 0;
    for (size_t i = 0; i < n; i++)
        ok = json_array_append_new(tracks, track_to_json(&t[i])) == 0 && ok;
    scoped(mem_free) char *text = ok ? json_dumps(o, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    json_decref(o);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "list of subtitles");
    snprintf(name, sizeof name, "asset/" ID_FMT "/text-%lld.json", ID_ARG(asset.v), (long long)list);
    return blob_put(e->blob, name, str_of(text), reterr);
}

static int track_of(const struct subtitle *s, struct arena *a, struct track_desc *ret, struct err *reterr) {
    json_t *j = json_loadb(s->track.p, s->track.n, 0, NULL);
    int rc = j ? track_from_json(j, a, ret, reterr) : err_set(reterr, ERR_CORRUPT, "track of subtitle " ID_FMT, ID_ARG(s->id.v));
    json_decref(j);
    if (rc < 0)
        return rc;
    ret->lang = s->lang;
    ret->role = s->role;
    ret->label = subtitle_label(s, a);
    ret->is_default = s->is_default;
    return 0;
}

int subtitles_publish(const struct engine *e, struct tx *tx, struct title_id title, const struct text_place *at,
                      struct arena *a, struct err *reterr) {
    scoped(buf_done) struct buf names = BUF(4096);
    struct subtitle *live;
    size_t n, count = 0;
    int64_t list;
    if (!id_is_set(at->asset.v))
        return 0;
    int rc = live_read(tx, title, at->version, a, &live, &n, reterr);
    if (rc >= 0 && n > TRACKS_PER_FILM)
        return err_refuse(reterr, ERR_LIMIT, "subtitle.too_many", "A film can have 100 subtitles. Remove one first.",
                          "%zu subtitles", n);
    struct track_desc *t = rc >= 0 ? arena_news(a, struct track_desc, MAX(n, 1)) : NULL;
    if (rc >= 0 && !t)
        return err_set(reterr, ERR_LIMIT, "list of subtitles does not fit");
    for (size_t i = 0; rc >= 0 && i < n; i++)
        if (str_eq(id_str(&live[i].asset.v), id_str(&at->asset.v)) && (rc = track_of(&live[i], a, &t[count], reterr)) >= 0)
            buf_addf(&names, "%s" STR_FMT, count ? " " : "", STR_ARG(t[count].name)), count++;
    if (rc >= 0)
        rc = catalog_text_next(tx, at, &list, reterr);
    if (rc >= 0)
        rc = list_write(e, at->asset, list, t, count, reterr);
    if (rc >= 0)
        rc = catalog_text_set(tx, title, at, t, count, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &subtitles_sql[LIST_INSERT],
                     ARGS(A_ID(at->asset), A_I64(list), A_STR(names.n ? buf_str(&names) : STR("")), A_I64(clock_now_ms(e->clock))),
                     reterr);
    return MIN(rc, 0);
}
