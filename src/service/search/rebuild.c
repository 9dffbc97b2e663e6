/*
 * rebuild.c - the index kept true. Events of the catalogue change a title's entry moments after the title; the job
 * search.rebuild makes all of them anew, and is queued where this program makes the index otherwise than the one before it
 * did, or where there is none.
 */
#include "base/log.h"
#include "service/json.h"
#include "service/search/search_int.h"

/* 0: there is no index. */
static int version_get(struct store *st, int64_t *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    int rc = store_query(st, &search_sql[STATE_GET], ARGS(A_CSTR("version")), &a, &r, reterr);
    *ret = rc > 0 ? row_i64(&r, 0, 0) : 0;
    return MIN(rc, 0);
}

static int version_set(struct store *st, struct err *reterr) {
    int rc;
    STORE_RETRY(rc, reterr, store_exec(st, &search_sql[STATE_SET], ARGS(A_CSTR("version"), A_I64(SEARCH_INDEX_VERSION)), reterr));
    return MIN(rc, 0);
}

/* ---- One title ---- */

static int titles_put(struct store *st, const struct title_id *ids, size_t n, const struct word_set *known,
                      struct word_set *fresh, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = index_titles(tx, ids, n, known, fresh, reterr);
    return rc == 0 ? tx_commit(&tx, reterr) : rc;
}

static int title_heard(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr) {
    struct title_id id;
    if (!id_parse(ev->subject, &id.v))
        return 0;
    struct word_set *fresh = word_set_new();
    if (!fresh)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
    int rc;
    STORE_RETRY(rc, reterr, titles_put(e->store, &id, 1, NULL, fresh, reterr));
    word_set_free(fresh);
    return rc;
}

const struct event_handler search_events[] = {{"title.published", "search.published", title_heard},
                                              {"title.unpublished", "search.unpublished", title_heard},
                                              {"title.changed", "search.changed", title_heard},
                                              {"title.deleted", "search.deleted", title_heard},
                                              {0}};

/* ---- All of them ---- */

/* In small transactions: the catalogue can be written to meanwhile. */
static int merge_some(struct store *st, struct err *reterr) {
    int rc = 0;
    for (int i = 0; rc >= 0 && i < 400 && !store_is_postgres(st); i++) {
        STORE_RETRY(rc, reterr, store_exec(st, &search_sql[i % 2 ? WORDS_MERGE : INDEX_MERGE], NO_ARGS, reterr));
        if (rc < 2 && i > 1) /* FTS5: fewer than two changes, nothing was left to merge */
            break;
    }
    return MIN(rc, 0);
}

static int refs_drop(struct store *st, const struct rows *r, struct err *reterr) {
    struct title_id ids[CATALOG_WALK];
    struct word_set *fresh = word_set_new();
    int rc = fresh ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
    for (size_t i = 0; i < r->n; i++)
        ids[i].v = row_id(r, i, 0);
    if (rc == 0)
        STORE_RETRY(rc, reterr, titles_put(st, ids, r->n, NULL, fresh, reterr));
    word_set_free(fresh);
    return rc;
}

/* Entries that the walk did not meet: their titles are gone. */
static int stale_drop(struct store *st, int64_t begun_ms, struct err *reterr) {
    for (;;) {
        scoped(arena_done) struct arena a = ARENA(1 << 20);
        struct rows r;
        int rc = store_query(st, &search_sql[DOC_STALE], ARGS(A_I64(begun_ms)), &a, &r, reterr);
        if (rc <= 0)
            return rc;
        rc = refs_drop(st, &r, reterr);
        if (rc)
            return rc;
    }
}

static int words_forget(struct store *st, struct str words, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = index_words_drop(tx, words, reterr);
    return rc == 0 ? tx_commit(&tx, reterr) : rc;
}

/* Words of before the rebuild that no title has any more; all of them where known is NULL. */
static int words_drop(struct store *st, const struct word_set *known, int64_t begun_ms, struct err *reterr) {
    for (int64_t after = 0;;) {
        scoped(arena_done) struct arena a = ARENA(4 << 20);
        struct rows r;
        int rc = store_query(st, &search_sql[WORD_WALK], ARGS(A_I64(after), A_I64(begun_ms)), &a, &r, reterr);
        if (rc <= 0)
            return rc;
        json_t *gone = json_array();
        for (size_t i = 0; i < r.n; i++)
            if (!known || !word_set_has(known, row_str(&r, i, 1)))
                json_array_append_new(gone, json_pack("[o]", json_of_str(row_str(&r, i, 1))));
        scoped(mem_free) char *text = json_array_size(gone) ? json_dumps(gone, JSON_COMPACT) : NULL;
        json_decref(gone);
        rc = 0;
        if (text)
            STORE_RETRY(rc, reterr, words_forget(st, str_of(text), reterr));
        if (rc < 0)
            return rc;
        after = row_i64(&r, r.n - 1, 0);
    }
}

static int walk_next(struct store *st, struct title_id after, struct title_id ids[CATALOG_WALK], struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_MAIN, TX_READ, &tx, reterr);
    return rc == 0 ? catalog_walk(tx, after, ids, reterr) : rc;
}

static int64_t walk_all(const struct engine *e, struct word_set *known, struct word_set *fresh, search_progress_fn *progress,
                        void *arg, struct err *reterr) {
    struct title_id ids[CATALOG_WALK] = {0};
    int64_t done = 0, of = 0;
    int n, rc = catalog_count(e->store, &of, reterr);
    for (n = 0; rc == 0; done += n) {
        n = walk_next(e->store, n ? ids[n - 1] : (struct title_id){0}, ids, reterr);
        if (n <= 0)
            return n < 0 ? n : done;
        STORE_RETRY(rc, reterr, titles_put(e->store, ids, (size_t)n, known, fresh, reterr));
        if (rc == 0) {
            word_set_take(known, fresh);
            rc = progress ? progress(arg, done + n, MAX(of, done + n), reterr) : 0;
        }
    }
    return rc;
}

int64_t search_rebuild(const struct engine *e, search_progress_fn *progress, void *arg, struct err *reterr) {
    struct word_set *known = word_set_new(), *fresh = word_set_new();
    int64_t begun_ms = store_now_ms(e->store), done, version = 0;
    int rc = version_get(e->store, &version, reterr);
    if (rc == 0 && version && version != SEARCH_INDEX_VERSION) /* what is near a word is found otherwise now */
        rc = words_drop(e->store, NULL, INT64_MAX, reterr);
    done = rc ? rc : known && fresh ? walk_all(e, known, fresh, progress, arg, reterr)
                                  : err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
    rc = done < 0 ? (int)done : stale_drop(e->store, begun_ms, reterr);
    if (rc == 0)
        rc = words_drop(e->store, known, begun_ms, reterr);
    if (rc == 0)
        rc = merge_some(e->store, reterr);
    if (rc == 0)
        rc = version_set(e->store, reterr);
    word_set_free(known);
    word_set_free(fresh);
    return rc < 0 ? rc : done;
}

/* ---- By itself ---- */

static int job_far(void *arg, int64_t done, int64_t of, struct err *reterr) {
    int rc = job_progress(arg, "index", (int)(done * 1000 / MAX(of, 1)), 0, 0);
    return rc < 0 ? err_set(reterr, rc, "the index was not made to its end") : 0;
}

static int rebuild_run(struct job_ctx *j, struct err *reterr) {
    int64_t n = search_rebuild(job_engine(j), job_far, j, reterr);
    if (n < 0)
        return (int)n;
    log_event(LOG_INFO, "search.rebuilt", LI("titles", n));
    return 0;
}

const struct job_kind search_jobs[] = {
    {.name = "search.rebuild", .run = rebuild_run, .doc = "Makes the index of the search anew"},
    {0}};

static int rebuild_enqueue(struct store *st, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct job_spec spec = {.kind = "search.rebuild", .key = STR("search.rebuild"), .subject = STR("search"), .payload = STR("{}")};
    struct job_id id;
    int rc = tx_begin(st, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = job_enqueue(tx, &spec, &id, reterr);
    if (rc == ERR_CONFLICT) /* it is queued already */
        return 0;
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

static int version_check(const struct engine *e, struct err *reterr) {
    int64_t version = 0, titles = 0;
    int rc = version_get(e->store, &version, reterr);
    if (rc || version == SEARCH_INDEX_VERSION)
        return rc;
    rc = catalog_count(e->store, &titles, reterr);
    if (rc || !titles) /* a new house */
        return rc ? rc : version_set(e->store, reterr);
    STORE_RETRY(rc, reterr, rebuild_enqueue(e->store, reterr));
    return rc;
}

const struct cron_row search_cron[] = {
    {"search.version", 60 * 1000, version_check, "Queues search.rebuild where the index is of another version, or is none"},
    {"search.misses", 3600 * 1000, miss_prune, "Forgets what was looked for half a year ago"},
    {0}};
