/* bulk_undo.c - what a file did, taken back: the last first, a batch at a time; it goes on where it was broken off. */
#include "service/catalog/bulk_run.h"
#include "service/catalog/bulk_sql.h"
#include "service/json.h"

struct undo {
    struct store *st;
    struct bulk_id id;
    bool force;
    int64_t below; /* rows of this number and above are done with */
    int64_t undone;
    json_t *kept;
};

static void keep(json_t *kept, struct str title, const char *why) {
    json_array_append_new(kept, json_pack("{s:o, s:s}", "title_id", json_of_str(title), "reason", why));
}

static int made_undo(struct tx *tx, struct title_id id, struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &catalog_sql[TITLE_STATE], ARGS(A_ID(id)), a, &r, reterr);
    if (rc > 0 && row_i64(&r, 0, 0))
        rc = catalog_title_publish(tx, id, false, reterr);
    return rc < 0 ? rc : title_drop(tx, id, reterr);
}

static int was_restore(struct tx *tx, struct title_id id, struct str text, struct arena *a, struct err *reterr) {
    json_t *was = json_loadb(text.p, text.n, 0, NULL);
    json_object_del(was, "revision");
    int rc = was ? title_apply(tx, id, was, a, reterr) : err_set(reterr, ERR_CORRUPT, "what a title was is no JSON");
    json_decref(was);
    return rc;
}

/* One row in a transaction of its own: what is refused costs only itself. */
static int row_undo(struct undo *u, const struct rows *r, size_t at, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 20);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct title_id id = {row_id(r, at, 1)};
    bool gone = row_null(r, at, 4), later = !gone && row_i64(r, at, 3) != row_i64(r, at, 4);
    int rc = tx_begin(u->st, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0 && !gone && (!later || u->force))
        rc = row_null(r, at, 2) ? made_undo(tx, id, &a, reterr) : was_restore(tx, id, row_str(r, at, 2), &a, reterr);
    if (rc == 0 && !(later && !u->force))
        rc = MIN(tx_exec(tx, &bulk_sql[BULK_ROW_DELETE], ARGS(A_ID(u->id), A_I64(row_i64(r, at, 0))), reterr), 0);
    return rc ? rc : tx_commit(&tx, reterr);
}

static int batch_undo(struct undo *u, size_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(32 << 20);
    struct rows r;
    int rc = store_query(u->st, &bulk_sql[BULK_ROWS_BACK], ARGS(A_ID(u->id), A_I64(u->below), A_I64(BULK_BATCH)), &a, &r, reterr);
    *ret_n = rc > 0 ? r.n : 0;
    for (size_t i = 0; rc >= 0 && i < *ret_n; i++) {
        bool gone = row_null(&r, i, 4), later = !gone && row_i64(&r, i, 3) != row_i64(&r, i, 4);
        struct err why = {0};
        STORE_RETRY(rc, &why, row_undo(u, &r, i, &why));
        u->below = row_i64(&r, i, 0);
        if (rc == ERR_CONFLICT || rc == ERR_INVALID)
            keep(u->kept, row_str(&r, i, 1), why.hint[0] ? why.hint : why.msg);
        else if (rc < 0)
            return err_set(reterr, rc, "%s", why.msg);
        else if (later && !u->force)
            keep(u->kept, row_str(&r, i, 1), "It was changed since.");
        else
            u->undone += !gone;
        rc = 0;
    }
    return rc < 0 ? rc : 0;
}

int bulk_undo(struct store *st, struct bulk_id id, bool force, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct undo u = {.st = st, .id = id, .force = force, .below = INT64_MAX, .kept = json_array()};
    struct rows r;
    size_t n = 1;
    int rc = store_query(st, &bulk_sql[BULK_GET], ARGS(A_ID(id)), &a, &r, reterr);
    if (rc == 0)
        rc = err_refuse(reterr, ERR_NOT_FOUND, "catalog.not_found", "There is nothing of that id.", "no bulk " ID_FMT, ID_ARG(id.v));
    else if (rc > 0 && str_eq(row_str(&r, 0, 2), STR("undone")))
        rc = err_refuse(reterr, ERR_CONFLICT, "catalog.bulk_undone", "It was taken back already.", "undone already");
    while (rc >= 0 && n)
        rc = batch_undo(&u, &n, reterr);
    if (rc >= 0)
        STORE_RETRY(rc, reterr, store_exec(st, &bulk_sql[BULK_STATE],
                                           ARGS(A_ID(id), A_CSTR(json_array_size(u.kept) ? "undoing" : "undone")), reterr));
    if (rc >= 0)
        *ret = json_pack("{s:o, s:s, s:I, s:O}", "id", json_of_id(id.v), "state", json_array_size(u.kept) ? "undoing" : "undone", "undone",
                         (json_int_t)u.undone, "kept", u.kept);
    json_decref(u.kept);
    return MIN(rc, 0);
}
