/* link.c - the title and asset that an import becomes. One transaction makes all three rows, so
 * that a kill leaves neither a title that no import knows nor an import with two. */
#include "service/catalog/catalog.h"
#include "service/ingest/ingest_int.h"
#include "service/keys/keys.h"
#include <stdio.h>

static void link_read(const struct rows *r, struct import_link *l) {
    *l = (struct import_link){{row_id(r, 0, 0)}, {row_id(r, 0, 1)}, row_str(r, 0, 2), row_i64(r, 0, 3) != 0};
}

int import_link_get(const struct engine *e, struct import_id id, struct arena *a,
                    struct import_link *ret, struct err *reterr) {
    struct rows rows;
    int r = store_row(e->store, &ingest_sql[LINK_GET], ARGS(A_ID(id)), a, &rows, reterr);
    if (r < 0)
        return r;
    link_read(&rows, ret);
    return 0;
}

int import_newest_with(struct request *rq, const struct sql *of, struct rows *ret_links, struct import_id *ret_id, struct rows *ret_row,
                       struct err *reterr) {
    struct id title = {""};
    const struct engine *e = request_engine(rq);
    bool ok = id_parse(request_param(rq, "id"), &title);
    assert(ok);
    int n = store_query(e->store, &ingest_sql[LINK_OF_TITLE], ARGS(A_STR(id_str(&title))), request_arena(rq), ret_links, reterr);
    for (int i = 0; i < n; i++) {
        ret_id->v = row_id(ret_links, (size_t)i, 0);
        int found = store_query(e->store, of, ARGS(A_ID(*ret_id)), request_arena(rq), ret_row, reterr);
        if (found != 0)
            return found;
    }
    return MIN(n, 0);
}

/* The title that it was meant for, if it is there still. */
static int title_borrow(const struct engine *e, struct title_id into, struct arena *a, struct import_link *ret,
                        struct err *reterr) {
    struct title_card card;
    int r = catalog_card_by_id(e->store, into, STR_NULL, true, a, &card, reterr);
    if (r == ERR_NOT_FOUND)
        return err_refuse(reterr, ERR_INVALID, "import.title_absent",
                          "The title that this film was for has been removed. Import it as a new title.",
                          "no title " ID_FMT, ID_ARG(into.v));
    ret->title = into;
    ret->slug = card.slug;
    ret->borrowed = true;
    return MIN(r, 0);
}

int import_link_ensure(const struct engine *e, const struct import_view *v, struct arena *a,
                       struct import_link *ret, struct err *reterr) {
    struct rows rows;
    struct tx *begun = NULL;
    *ret = (struct import_link){0};
    int r = id_is_set(v->into.v) ? title_borrow(e, v->into, a, ret, reterr) : 0;
    if (r >= 0)
        r = tx_begin(e->store, STORE_MAIN, TX_WRITE, &begun, reterr);
    if (r < 0)
        return r;
    scoped(tx_rollback) struct tx *tx = begun;
    r = tx_query(tx, &ingest_sql[LINK_GET], ARGS(A_ID(v->id)), a, &rows, reterr);
    if (r > 0) {
        link_read(&rows, ret);
        return 0;
    }
    struct title_new n = {.name = v->title_name, .lang = v->lang};
    if (r == 0 && !ret->borrowed)
        r = catalog_title_create(tx, &n, a, &ret->title, &ret->slug, reterr);
    if (r >= 0)
        r = catalog_asset_create(tx, ret->title, &ret->asset, reterr);
    if (r >= 0)
        r = tx_exec(tx, &ingest_sql[LINK_INSERT],
                    ARGS(A_ID(v->id), A_ID(ret->title), A_ID(ret->asset), A_STR(ret->slug),
                         A_BOOL(ret->borrowed)),
                    reterr);
    return r < 0 ? r : tx_commit(&tx, reterr);
}

int import_link_discard(const struct engine *e, struct import_id id, struct str state, struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    struct import_link l;
    struct tx *begun = NULL;
    scoped(tx_rollback) struct tx *jobs = NULL;
    int r = import_link_get(e, id, &a, &l, reterr);
    if (r == 0)
        r = tx_begin(e->store, STORE_MAIN, TX_WRITE, &begun, reterr);
    if (r < 0) {
        arena_done(&a);
        return r == ERR_NOT_FOUND ? 0 : r;
    }
    scoped(tx_rollback) struct tx *tx = begun;
    /* As a publisher does: MAIN, then JOBS, whose row nobody moves until this is done. */
    if (state.n) {
        r = tx_begin(e->store, STORE_JOBS, TX_WRITE, &jobs, reterr);
        if (r == 0)
            r = tx_exec(jobs, &ingest_sql[IMPORT_HOLD_ENDED], ARGS(A_ID(id), A_STR(state)), reterr);
        if (r <= 0) {
            arena_done(&a);
            return r;
        }
    }
    r = l.borrowed ? catalog_asset_discard(tx, l.asset, reterr) : catalog_title_discard(tx, l.title, reterr);
    bool published = r == ERR_CONFLICT;
    if (r == ERR_NOT_FOUND)
        r = 0;
    if (r >= 0)
        r = keys_forget(tx, l.asset, reterr);
    if (r >= 0)
        r = tx_exec(tx, &ingest_sql[LINK_DELETE], ARGS(A_ID(id)), reterr);
    if (r >= 0)
        r = tx_commit(&tx, reterr);
    tx_rollback(&jobs); /* a new try gets an asset of another id */
    if (r >= 0) {
        char prefix[64];
        snprintf(prefix, sizeof prefix, "asset/" ID_FMT "/", ID_ARG(l.asset.v));
        r = blob_delete_prefix(e->blob, prefix, reterr);
        r = r < 0 ? r : 0;
    }
    arena_done(&a);
    return published ? 0 : r;
}
