/*
 * source.c - who needs a source. Objects are named by content, so that two imports of one file
 * share one, and the one that ends must not take it from the other: a claim looks, inside the
 * transaction that records it, whether the object is still there; a release deletes inside the
 * transaction that saw nobody who wants it. Both hold the source's row, so one of the two comes
 * first, also where several write at a time.
 */
#include "service/ingest/ingest_int.h"

int source_hold(struct tx *tx, struct str blob, struct err *reterr) {
    int r = tx_exec(tx, &ingest_sql[SOURCE_HOLD], ARGS(A_STR(blob)), reterr);
    return MIN(r, 0);
}

static bool was_deleted(const struct engine *e, struct str blob, struct arena *a) {
    struct rows r;
    return store_query(e->store, &ingest_sql[SOURCE_STATE_GET], ARGS(A_STR(blob)), a, &r, NULL) > 0 &&
           str_eq(row_str(&r, 0, 0), STR("deleted"));
}

int source_check(const struct engine *e, struct str blob, struct arena *a, struct err *reterr) {
    struct err why = {0};
    struct blob_info info;
    const char *name = str_cstr(a, blob);
    const char *sealed = source_sealed_name(blob, a);
    int r = name ? blob_stat(e->blob, name, &info, &why)
                 : err_set(&why, ERR_LIMIT, "no room for a name");
    if (r == ERR_NOT_FOUND && sealed)
        r = blob_stat(e->blob, sealed, &info, &why);
    if (r == ERR_NOT_FOUND && was_deleted(e, blob, a))
        return err_refuse(reterr, ERR_CONFLICT, "import.source_deleted",
                          "The source was deleted when the film was packaged, as the policy mezzanine says. Send the file again.",
                          "the source is deleted by policy");
    if (r == ERR_NOT_FOUND)
        return err_refuse(reterr, ERR_CONFLICT, "import.source_gone",
                          "The stored copy of the file has been removed. Send the file again.",
                          "the source is not stored any more");
    if (r < 0 && reterr)
        *reterr = why;
    return r;
}

int source_claim(const struct engine *e, struct import_id id, size_t n, struct str blob,
                 int64_t size_bytes, struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = source_hold(tx, blob, reterr);
    if (r >= 0)
        r = tx_exec(tx, &ingest_sql[INPUT_STORED],
                    ARGS(A_ID(id), A_I64((int64_t)n), A_STR(blob), A_I64(size_bytes)), reterr);
    if (r >= 0)
        r = tx_exec(tx, &ingest_sql[SOURCE_STATE], ARGS(A_STR(blob), A_CSTR("clear")), reterr);
    if (r >= 0)
        r = source_check(e, blob, a, reterr);
    return r < 0 ? r : tx_commit(&tx, reterr);
}

int source_release(const struct engine *e, struct str blob, bool dry, struct arena *a,
                   struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows wanted;
    int r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = source_hold(tx, blob, reterr);
    if (r >= 0)
        r = tx_row(tx, &ingest_sql[BLOB_WANTED], ARGS(A_STR(blob)), a, &wanted, reterr);
    if (r < 0 || row_i64(&wanted, 0, 0) > 0)
        return r < 0 ? r : 0;
    const char *name = str_cstr(a, blob), *sealed = source_sealed_name(blob, a);
    if (!name)
        return err_set(reterr, ERR_LIMIT, "no room for a name");
    if (dry)
        return 1;
    if ((r = blob_delete(e->blob, name, reterr)) < 0 || (sealed && (r = blob_delete(e->blob, sealed, reterr)) < 0) ||
        (r = tx_exec(tx, &ingest_sql[SOURCE_FORGET], ARGS(A_STR(blob)), reterr)) < 0 ||
        (r = tx_commit(&tx, reterr)) < 0)
        return r;
    return 1;
}
