/* artwork_routes.c - an editor's pictures over HTTP: a title's, and the house's mark. */
#include "base/buf.h"
#include "service/json.h"
#include "service/keys/keys.h"
#include "service/storefront/artwork.h"
#include "service/storefront/storefront_int.h"
#include "service/storefront/theme.h"

static const struct art_name {
    const char *name;
    enum artwork_kind kind;
} kinds[] = {{"poster", ART_POSTER}, {"still", ART_STILL}, {"backdrop", ART_BACKDROP}, {"logo", ART_LOGO}};

/* NULL: reterr says that there is none. */
static const struct art_name *kind_of(struct request *rq, struct err *reterr) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(request_param(rq, "kind"), str_of(kinds[i].name)))
            return &kinds[i];
    err_refuse(reterr, ERR_NOT_FOUND, "artwork.kind", "Artwork is a poster, still, backdrop or logo.", "no such kind");
    return NULL;
}

static int title_of(struct request *rq, struct title_card *ret, struct err *reterr) {
    struct title_id id = {{{0}}};
    id_parse(request_param(rq, "id"), &id.v); /* "{id:id}" checked it */
    return catalog_card_by_id(request_engine(rq)->store, id, STR_NULL, true, request_arena(rq), ret, reterr);
}

static int art_set(struct request *rq, struct title_id title, enum artwork_kind kind, const struct made_art *m, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc >= 0)
        rc = catalog_artwork_set(tx, title, kind, m ? m->sizes : NULL, m ? m->n : 0, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

static int art_reply(struct request *rq, enum artwork_kind kind, struct err *reterr) {
    struct title_card card;
    int rc = title_of(rq, &card, reterr);
    return rc ? rc : reply_json(rq, 200, json_pack("{s:o}", "image", catalog_image_json(&card, kind)));
}

int artwork_put(struct request *rq, struct err *reterr) {
    const struct art_name *k = kind_of(rq, reterr);
    struct title_card card;
    struct made_art made;
    if (!k)
        return ERR_NOT_FOUND;
    int rc = title_of(rq, &card, reterr);
    if (rc)
        return rc;
    scoped(fd_close) int fd = artwork_receive(rq, reterr);
    if (fd < 0)
        return fd;
    rc = artwork_make(request_engine(rq), k->name, "", fd, -1, NULL, request_arena(rq), &made, reterr);
    if (rc == 0)
        rc = art_set(rq, card.id, k->kind, &made, reterr);
    return rc ? rc : art_reply(rq, k->kind, reterr);
}

int artwork_delete(struct request *rq, struct err *reterr) {
    const struct art_name *k = kind_of(rq, reterr);
    struct title_card card;
    if (!k)
        return ERR_NOT_FOUND;
    int rc = title_of(rq, &card, reterr);
    if (rc == 0)
        rc = art_set(rq, card.id, k->kind, NULL, reterr);
    return rc ? rc : art_reply(rq, k->kind, reterr);
}

/* ---- From the film ---- */

/* H.264 is always there and always of common colours; of it, the one with the most lines. */
static bool track_is_better(const struct track_desc *t, const struct track_desc *than) {
    if (t->kind != TRACK_VIDEO || !than)
        return t->kind == TRACK_VIDEO;
    bool avc = str_starts(t->codec, STR("avc")), than_avc = str_starts(than->codec, STR("avc"));
    return avc != than_avc ? avc : t->height > than->height;
}

/* The rung with the most lines; ERR_CONFLICT: the title has nothing that plays. */
static int track_choose(struct request *rq, struct asset_id asset, struct asset_desc *ret_d, const struct track_desc **ret_t,
                        struct err *reterr) {
    char name[96];
    struct str json;
    *ret_t = NULL;
    if (!id_is_set(asset.v))
        return err_refuse(reterr, ERR_CONFLICT, "catalog.not_ready",
                          "The title has no film yet. Wait for its import to end, or send a picture.", "no asset");
    snprintf(name, sizeof name, "asset/" ID_FMT "/asset.json", ID_ARG(asset.v));
    int rc = blob_get(request_engine(rq)->blob, name, 4 << 20, request_arena(rq), &json, reterr);
    json_t *j = rc >= 0 ? json_loadb(json.p, json.n, 0, NULL) : NULL;
    if (rc >= 0)
        rc = j ? asset_from_json(j, request_arena(rq), ret_d, reterr) : err_set(reterr, ERR_CORRUPT, "%s does not read", name);
    json_decref(j);
    for (size_t i = 0; rc >= 0 && i < ret_d->n_tracks; i++)
        if (track_is_better(&ret_d->tracks[i], *ret_t))
            *ret_t = &ret_d->tracks[i];
    if (rc >= 0 && !*ret_t)
        return err_set(reterr, ERR_CONFLICT, "an asset without pictures");
    return MIN(rc, 0);
}

static int track_key(struct request *rq, const struct track_desc *t, struct buf *hex, struct err *reterr) {
    struct content_key k;
    int rc = 0;
    for (uint32_t i = 0; t->key_class != KEY_NONE && i <= t->n_later_kids && rc >= 0; i++) {
        rc = keys_by_kid(request_engine(rq), track_kid(t, i), &k, reterr);
        if (rc >= 0 && t->n_later_kids) { /* keys that change: all of them, by their ids */
            buf_addc(hex, i ? "," : "");
            buf_hex(hex, k.kid, sizeof k.kid);
            buf_addc(hex, ":");
        }
        if (rc >= 0)
            buf_hex(hex, k.key, sizeof k.key);
        keys_wipe(&k);
    }
    return rc < 0 ? rc : hex->failed ? err_set(reterr, ERR_NO_MEMORY, "keys of a track") : 0;
}

static int film_picture(struct request *rq, struct asset_id asset, const char *kind, int64_t at_ms, struct made_art *made,
                        struct err *reterr) {
    scoped(buf_done) struct buf hex = BUF(KEY_PERIODS_MAX * 80);
    struct asset_desc d;
    const struct track_desc *t;
    char name[96];
    int rc = track_choose(rq, asset, &d, &t, reterr);
    if (rc == 0 && (at_ms < 0 || at_ms >= d.duration_ms))
        rc = err_refuse(reterr, ERR_INVALID, "artwork.no_picture", "The film is not that long. Choose an earlier time.",
                        "%lld ms of %lld", (long long)at_ms, (long long)d.duration_ms);
    if (rc == 0)
        rc = track_key(rq, t, &hex, reterr);
    if (rc)
        return rc;
    snprintf(name, sizeof name, "asset/" ID_FMT "/" STR_FMT ".cmaf", ID_ARG(asset.v), STR_ARG(t->name));
    scoped(fd_close) int fd = blob_open_fd(request_engine(rq)->blob, name, reterr);
    if (fd < 0)
        return fd;
    rc = artwork_make(request_engine(rq), kind, "", fd, at_ms * 1000, hex.n ? buf_cstr(&hex) : NULL, request_arena(rq), made, reterr);
    if (hex.p)
        explicit_bzero(hex.p, hex.cap);
    return rc;
}

int artwork_from_film(struct request *rq, struct err *reterr) {
    const struct art_name *k = kind_of(rq, reterr);
    struct title_card card;
    struct made_art made;
    if (!k)
        return ERR_NOT_FOUND;
    if (k->kind == ART_LOGO)
        return err_refuse(reterr, ERR_INVALID, "artwork.kind", "A logo is drawn: send it as a picture.", "a logo from a film");
    int rc = title_of(rq, &card, reterr);
    if (rc == 0)
        rc = film_picture(rq, card.asset, k->name, json_get_ms(request_json(rq), "at_s", 0), &made, reterr);
    if (rc == 0)
        rc = art_set(rq, card.id, k->kind, &made, reterr);
    return rc ? rc : art_reply(rq, k->kind, reterr);
}

/* ---- The house's mark ---- */

static int logo_save(struct request *rq, const struct made_art *m, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct theme t;
    json_t *doc, *logo = NULL;
    int rc = theme_load(e, request_arena(rq), &t, &doc, reterr);
    if (rc == 0 && m) { /* the widest that is no wider than it needs to be */
        const struct artwork *best = &m->sizes[m->n - 1];
        logo = json_pack("{s:s%, s:i, s:i}", "name", best->name.p, best->name.n, "width", best->width, "height", best->height);
    }
    if (rc == 0)
        rc = theme_doc_save(e, &t, logo, reterr);
    json_decref(doc);
    return rc ? rc : theme_get(rq, reterr);
}

int theme_logo_put(struct request *rq, struct err *reterr) {
    struct made_art made;
    scoped(fd_close) int fd = artwork_receive(rq, reterr);
    if (fd < 0)
        return fd;
    int rc = artwork_make(request_engine(rq), "logo", "brand-", fd, -1, NULL, request_arena(rq), &made, reterr);
    return rc ? rc : logo_save(rq, &made, reterr);
}

int theme_logo_delete(struct request *rq, struct err *reterr) {
    return logo_save(rq, NULL, reterr);
}
