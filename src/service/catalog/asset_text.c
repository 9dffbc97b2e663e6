/* asset_text.c - which subtitles an asset has by now: the list in force, and the tracks that pages tell of. */
#include "service/catalog/catalog_int.h"

enum { NAMES_FROM = 100 }; /* the names below are the packager's */

int catalog_text_place(struct tx *tx, struct title_id title, struct text_place *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[VERSION_TEXT], ARGS(A_ID(title)), &a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found", "There is no such title.", "no title " ID_FMT,
                          ID_ARG(title.v));
    if (rc < 0)
        return rc;
    *ret = (struct text_place){.version = {row_id(&r, 0, 0)},
                               .asset = {row_id(&r, 0, 1)},
                               .duration_ms = row_i64(&r, 0, 2),
                               .list = row_i64(&r, 0, 3)};
    return 0;
}

static int number_next(struct tx *tx, int statement, const struct text_place *at, int64_t *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[statement], ARGS(A_ID(at->version), A_ID(at->asset)), &a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_CONFLICT, "catalog.changed",
                          "The title got another film just now. Look at it again.", "version " ID_FMT " has moved",
                          ID_ARG(at->version.v));
    if (rc > 0)
        *ret = row_i64(&r, 0, 0);
    return MIN(rc, 0);
}

int catalog_text_name(struct tx *tx, const struct text_place *at, char ret[TEXT_NAME_CAP], struct err *reterr) {
    int64_t n = 0;
    int rc = number_next(tx, VERSION_TEXT_NAME, at, &n, reterr);
    if (rc == 0 && (n < 0 || n + NAMES_FROM > 999999)) /* what a path takes (edge/path.c) */
        return err_refuse(reterr, ERR_LIMIT, "subtitle.names",
                          "The subtitles of this film were changed a million times. Import the film again.",
                          "no name is left for a track");
    snprintf(ret, TEXT_NAME_CAP, "t%d", (int)n + NAMES_FROM);
    return rc;
}

int catalog_text_next(struct tx *tx, const struct text_place *at, int64_t *ret_list, struct err *reterr) {
    return number_next(tx, VERSION_TEXT_NEXT, at, ret_list, reterr);
}

int catalog_text_set(struct tx *tx, struct title_id title, const struct text_place *at, const struct track_desc *tracks,
                     size_t n, struct err *reterr) {
    struct asset_desc d = {.tracks = (struct track_desc *)tracks, .n_tracks = n};
    int rc = tx_exec(tx, &catalog_sql[TRACK_DELETE_TEXT], ARGS(A_ID(at->asset)), reterr);
    if (rc >= 0)
        rc = asset_tracks_insert(tx, at->asset, &d, reterr);
    return rc < 0 ? rc : title_touch(tx, title, reterr);
}
