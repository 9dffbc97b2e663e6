/* asset.c - assets: made, complete, taken by their title's version in one transaction. */
#include "service/catalog/catalog_int.h"

static int version_of(struct tx *tx, struct title_id title, struct arena *a, struct version_id *ret,
                      struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[VERSION_BY_TITLE], ARGS(A_ID(title)), a, &r, reterr);
    if (rc == 0)
        return err_set(reterr, ERR_NOT_FOUND, "no title " ID_FMT, ID_ARG(title.v));
    if (rc > 0)
        ret->v = row_id(&r, 0, 0);
    return rc < 0 ? rc : 0;
}

int catalog_asset_create(struct tx *tx, struct title_id title, struct asset_id *ret_id,
                         struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t now = store_now_ms(tx_store(tx));
    struct asset_id id = {id_new(now)};
    struct version_id version;
    int rc = version_of(tx, title, &a, &version, reterr);
    if (rc == 0)
        rc = tx_exec(tx, &catalog_sql[ASSET_INSERT], ARGS(A_ID(id), A_ID(version), A_I64(now)),
                     reterr);
    if (rc < 0)
        return rc;
    *ret_id = id;
    return 0;
}

int asset_tracks_insert(struct tx *tx, struct asset_id asset, const struct asset_desc *d, struct err *reterr) {
    int64_t now = store_now_ms(tx_store(tx));
    for (size_t i = 0; i < d->n_tracks; i++) {
        const struct track_desc *t = &d->tracks[i];
        struct track_id id = {id_new(now)};
#define TEXT(s) A_STR((s).p ? (s) : STR(""))
        int rc = tx_exec(tx, &catalog_sql[TRACK_INSERT],
                         ARGS(A_ID(id), A_ID(asset), TEXT(t->name), A_I64(t->kind), TEXT(t->codec),
                              A_STR(t->lang.n ? t->lang : STR("und")), TEXT(t->role),
                              TEXT(t->label), A_BOOL(t->is_default), A_I64(t->bandwidth),
                              A_I64(t->width), A_I64(t->height), A_I64(t->channels)),
                         reterr);
#undef TEXT
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int max_height(const struct asset_desc *d) {
    int h = 0;
    for (size_t i = 0; i < d->n_tracks; i++)
        if (d->tracks[i].kind == TRACK_VIDEO)
            h = MAX(h, picture_lines(d->tracks[i].width, d->tracks[i].height));
    return h;
}

int catalog_asset_ready(struct tx *tx, struct asset_id asset, const struct asset_desc *d,
                        struct str json, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[ASSET_GET], ARGS(A_ID(asset)), &a, &r, reterr);
    if (rc == 0)
        return err_set(reterr, ERR_NOT_FOUND, "no asset " ID_FMT, ID_ARG(asset.v));
    if (rc < 0)
        return rc;
    if (str_eq(row_str(&r, 0, 2), STR("ready"))) /* the job ran twice */
        return 0;
    if (!str_eq(d->id, id_str(&asset.v)))
        return err_set(reterr, ERR_INVALID,
                       "the description of asset " ID_FMT " names another asset", ID_ARG(asset.v));
    struct title_id title = {row_id(&r, 0, 1)};
    struct version_id version = {row_id(&r, 0, 8)};
    rc = tx_exec(tx, &catalog_sql[ASSET_READY],
                 ARGS(A_ID(asset), A_I64(d->revision), A_I64(d->duration_ms), A_I64(max_height(d)),
                      A_I64(d->scheme), A_STR(json), A_I64(store_now_ms(tx_store(tx)))),
                 reterr);
    if (rc >= 0)
        rc = asset_tracks_insert(tx, asset, d, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &catalog_sql[VERSION_MOVE], ARGS(A_ID(version), A_ID(asset)), reterr);
    if (rc >= 0)
        rc = title_touch(tx, title, reterr);
    if (rc < 0)
        return rc;
    struct str body = str_printf(&a,
                                 "{\"asset_id\":\"" ID_FMT "\",\"title_id\":\"" ID_FMT
                                 "\",\"version_id\":\"" ID_FMT "\"}",
                                 ID_ARG(asset.v), ID_ARG(title.v), ID_ARG(version.v));
    return event_publish(tx, "asset.ready", 1, id_str(&asset.v), body, reterr);
}

int catalog_asset_discard(struct tx *tx, struct asset_id asset, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[ASSET_GET], ARGS(A_ID(asset)), &a, &r, reterr);
    if (rc <= 0) /* gone already is what was asked for */
        return rc;
    if (str_eq(row_str(&r, 0, 9), id_str(&asset.v)))
        return err_set(reterr, ERR_CONFLICT, "asset " ID_FMT " is in use by its title",
                       ID_ARG(asset.v));
    rc = tx_exec(tx, &catalog_sql[TRACK_DELETE], ARGS(A_ID(asset)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &catalog_sql[ASSET_DELETE], ARGS(A_ID(asset)), reterr);
    return rc < 0 ? rc : 0;
}

int catalog_asset_exists(struct store *st, struct asset_id asset, bool *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    struct rows r;
    int rc = store_query(st, &catalog_sql[ASSET_GET], ARGS(A_ID(asset)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = rc > 0;
    return 0;
}

int catalog_asset_is_ready(struct store *st, struct asset_id asset, bool *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    struct rows r;
    int rc = store_query(st, &catalog_sql[ASSET_GET], ARGS(A_ID(asset)), &a, &r, reterr);
    *ret = rc > 0 && str_eq(row_str(&r, 0, 2), STR("ready"));
    return MIN(rc, 0);
}

int catalog_assets_replaced(struct store *st, int64_t before_ms, struct arena *a, struct asset_id **ret, size_t *ret_n,
                            struct err *reterr) {
    struct rows r;
    int n = store_query(st, &catalog_sql[ASSETS_REPLACED], ARGS(A_I64(before_ms)), a, &r, reterr);
    if (n < 0)
        return n;
    *ret = arena_news(a, struct asset_id, (size_t)MAX(n, 1));
    if (!*ret)
        return err_set(reterr, ERR_LIMIT, "too many assets");
    for (int i = 0; i < n; i++)
        (*ret)[i] = (struct asset_id){row_id(&r, (size_t)i, 0)};
    *ret_n = (size_t)n;
    return 0;
}

/* Other formats of a picture differ from the one that is recorded in their ending only. */
int catalog_artwork_used(struct store *st, struct str name, bool *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    size_t stem = name.n;
    while (stem && name.p[stem - 1] != '.')
        stem--;
    struct str jpg = str_printf(&a, STR_FMT "jpg", (int)stem, name.p), png = str_printf(&a, STR_FMT "png", (int)stem, name.p);
    int rc = store_query(st, &catalog_sql[ART_USED], ARGS(A_STR(jpg), A_STR(png)), &a, &r, reterr);
    *ret = rc > 0;
    return MIN(rc, 0);
}
