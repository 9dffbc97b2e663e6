/* doc.c - documents that are read and written whole: the arrangement of the page, the theme. */
#include "service/storefront/storefront_int.h"
#include "engine/audit/audit.h"
#include <stdlib.h>

const struct sql storefront_sql[] = {STOREFRONT_SQL(SQL_ROW) SQL_END};

static int revision_check(struct tx *tx, const char *id, int64_t revision, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = tx_query(tx, &storefront_sql[DOC_REVISION], ARGS(A_CSTR(id)), &a, &r, reterr);
    int64_t now = rc > 0 ? row_i64(&r, 0, 0) : 0;
    if (rc >= 0 && now != revision)
        return err_refuse(reterr, ERR_CONFLICT, "storefront.changed",
                          "Somebody else has saved this since you opened it. Load it again, then make your change.",
                          "revision %lld is not %lld", (long long)revision, (long long)now);
    return MIN(rc, 0);
}

int doc_save(const struct engine *e, const char *id, const json_t *body, int64_t revision,
             struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    scoped(mem_free) char *text = json_dumps(body, JSON_COMPACT);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a document");
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc >= 0)
        rc = revision_check(tx, id, revision, reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &storefront_sql[DOC_PUT],
                     ARGS(A_CSTR(id), A_I64(revision + 1), A_CSTR(text), A_I64(store_now_ms(e->store))), reterr);
    if (rc >= 0)
        audit_note("after", json_pack("{s:s, s:I}", "document", id, "revision", (json_int_t)revision + 1));
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}
