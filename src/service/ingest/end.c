/*
 * end.c - how an import ends: published, failed or cancelled, one of them and once.
 *
 * The asset is a row of MAIN, the import's state one of JOBS, and no transaction spans both. So the
 * publisher holds both at once and commits MAIN first; a kill between the two leaves an import that
 * runs with an asset that is recorded. Whoever ends an import otherwise holds its row first and then
 * looks: one whose asset is recorded is done, whatever was asked for.
 */
#include "service/catalog/catalog.h"
#include "service/ingest/ingest_int.h"
#include <string.h>

static uint32_t color_parse(const char *hex) {
    uint32_t v = 0;
    for (const char *p = hex && *hex == '#' ? hex + 1 : "202020"; *p; p++)
        v = v * 16 + (uint32_t)(*p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10);
    return v & 0xFFFFFF;
}

static unsigned formats_of(const json_t *art) {
    json_t *also;
    unsigned bits = 0;
    size_t i;
    json_array_foreach(json_object_get(art, "also"), i, also) {
        const char *type = json_string_value(json_object_get(also, "type"));
        bits |= type && strcmp(type, "webp") == 0 ? ART_WEBP : type && strcmp(type, "avif") == 0 ? ART_AVIF : 0;
    }
    return bits;
}

static int artwork_record(struct tx *tx, struct title_id title, json_t *images,
                          struct err *reterr) {
    static const struct {
        const char *name;
        enum artwork_kind kind;
    } kinds[] = {{"poster", ART_POSTER}, {"still", ART_STILL}, {"backdrop", ART_BACKDROP}};
    uint32_t color = color_parse(json_string_value(json_object_get(images, "color")));
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct artwork sizes[16];
        size_t n = 0, i;
        json_t *art;
        json_array_foreach(json_object_get(images, "art"), i, art) {
            const char *kind = json_string_value(json_object_get(art, "kind"));
            /* Stills are wide pictures: the largest serve behind a title's page too. */
            bool match = kind && (strcmp(kind, kinds[k].name) == 0 ||
                                  (kinds[k].kind == ART_BACKDROP && strcmp(kind, "still") == 0));
            if (match && n < ARRAY_LEN(sizes))
                sizes[n++] = (struct artwork){
                    .kind = kinds[k].kind,
                    .name = str_of(json_string_value(json_object_get(art, "name"))),
                    .width = (int)json_integer_value(json_object_get(art, "width")),
                    .height = (int)json_integer_value(json_object_get(art, "height")),
                    .color = color,
                    .formats = formats_of(art),
                    .blur = str_of(json_string_value(json_object_get(json_object_get(images, "blur"), kind)))};
        }
        int r = n ? catalog_artwork_set(tx, title, kinds[k].kind, sizes, n, reterr) : 0;
        if (r < 0)
            return r;
    }
    return 0;
}

/* A title that was there before keeps the pictures that it has: an editor may have chosen them. */
static int has_pictures(const struct engine *e, const struct import_link *l, bool *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct title_card card;
    *ret = false;
    if (!l->borrowed)
        return 0;
    int r = catalog_card_by_id(e->store, l->title, STR_NULL, true, &a, &card, reterr);
    *ret = r >= 0 && card.n_art > 0;
    return MIN(r, 0);
}

static int made_record(struct tx *main, const struct import_view *v, const struct import_link *l,
                       const struct import_made *m, bool pictures, struct err *reterr) {
    int r = catalog_asset_ready(main, l->asset, m->asset, m->json, reterr);
    if (r >= 0 && pictures)
        r = artwork_record(main, l->title, m->images, reterr);
    if (r >= 0 && v->publish)
        r = catalog_title_publish(main, l->title, true, reterr);
    return r;
}

int import_publish(const struct engine *e, const struct import_view *v, const struct import_link *l,
                   const struct import_made *m, struct job_ctx *job, struct err *reterr) {
    scoped(tx_rollback) struct tx *main = NULL;
    scoped(tx_rollback) struct tx *jobs = NULL;
    bool kept;
    int r = has_pictures(e, l, &kept, reterr);
    if (r >= 0)
        r = tx_begin(e->store, STORE_MAIN, TX_WRITE, &main, reterr);
    if (r >= 0)
        r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &jobs, reterr);
    if (r >= 0 && job)
        r = job_hold(job, jobs, reterr);
    if (r < 0)
        return r;
    r = import_move(jobs, v->id, IMPORT_RUNNING, IMPORT_DONE, NULL, reterr);
    if (r == 0)
        return err_set(reterr, ERR_CANCELLED, "import " ID_FMT " has ended", ID_ARG(v->id.v));
    if (r > 0)
        r = made_record(main, v, l, m, !kept, reterr);
    if (r >= 0)
        r = quality_enqueue(jobs, v->id, reterr);
    if (r >= 0)
        r = mezzanine_enqueue(jobs, v->id, m->mezzanine, reterr);
    if (r >= 0 && m->second)
        r = second_enqueue(jobs, l->asset, &(struct job_id){{""}}, reterr);
    if (r >= 0)
        r = tx_commit(&main, reterr);
    return r < 0 ? r : tx_commit(&jobs, reterr);
}

static int is_recorded(const struct engine *e, struct import_id id, bool *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct import_link l;
    *ret = false;
    int r = import_link_get(e, id, &a, &l, reterr);
    if (r == ERR_NOT_FOUND) {
        err_clear(reterr);
        return 0;
    }
    return r < 0 ? r : catalog_asset_is_ready(e->store, l.asset, ret, reterr);
}

static int move_live(struct tx *tx, struct import_id id, enum import_state to,
                     const struct err *why, struct err *reterr) {
    int r = import_move(tx, id, IMPORT_RUNNING, to, why, reterr);
    if (r == 0 && to != IMPORT_DONE)
        r = import_move(tx, id, IMPORT_QUEUED, to, why, reterr);
    return r;
}

int import_end(const struct engine *e, struct import_id id, enum import_state to,
               const struct err *why, enum import_state *ret_state, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    bool recorded;
    int r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = tx_exec(tx, &ingest_sql[IMPORT_HOLD], ARGS(A_ID(id)), reterr);
    if (r <= 0)
        return r;
    if ((r = is_recorded(e, id, &recorded, reterr)) < 0)
        return r;
    if (recorded)
        to = IMPORT_DONE;
    r = move_live(tx, id, to, to == IMPORT_DONE ? NULL : why, reterr);
    if (r > 0 && to == IMPORT_CANCELLED && job_cancel_subject(tx, id_str(&id.v), reterr) < 0)
        return reterr ? reterr->code : ERR_INTERNAL;
    *ret_state = to;
    int committed = r > 0 ? tx_commit(&tx, reterr) : 0;
    return committed < 0 ? committed : r;
}
