/*
 * rebuild.c - the index kept true. Events of the catalogue change an entry moments after the title, the person or the genre; the job
 * search.rebuild makes all of them anew, and is queued where this program makes the index otherwise than the one before it
 * did, or where there is none.
 */
#include "base/buf.h"
#include "base/log.h"
#include "service/json.h"
#include "service/search/search_int.h"

enum { THING_TITLES = 200 };

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

/* ---- One of them ---- */

static int entries_put(struct store *st, enum index_what what, const struct id *ids, size_t n, const struct word_set *known,
                       struct word_set *fresh, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(st, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = index_put(tx, what, ids, n, known, fresh, reterr);
    return rc == 0 ? tx_commit(&tx, reterr) : rc;
}

static int entries_renew(struct store *st, enum index_what what, const struct id *ids, size_t n, struct err *reterr) {
    struct word_set *fresh = word_set_new();
    if (!fresh)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
    int rc;
    STORE_RETRY(rc, reterr, entries_put(st, what, ids, n, NULL, fresh, reterr));
    word_set_free(fresh);
    return rc;
}

static int title_heard(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr) {
    struct id id;
    return id_parse(ev->subject, &id) ? entries_renew(e->store, INDEX_TITLES, &id, 1, reterr) : 0;
}

static const struct {
    enum index_what what;
    enum catalog_thing thing;
    const char *name;
} renamed[] = {{INDEX_PEOPLE, THING_PERSON, "person"}, {INDEX_GENRES, THING_GENRE, "genre"}};

/* The next of its titles, at most THING_TITLES; io_after moves on. Returns how many. */
static int titles_renew(struct store *st, enum catalog_thing thing, struct id id, struct title_id *io_after, struct err *reterr) {
    struct title_id titles[THING_TITLES];
    struct id batch[CATALOG_WALK];
    int rc = 0, n = catalog_thing_titles(st, thing, id, *io_after, titles, THING_TITLES, reterr);
    for (int i = 0, k = 0; rc == 0 && i < n; i += k) {
        for (k = 0; k < CATALOG_WALK && i + k < n; k++)
            batch[k] = titles[i + k].v;
        rc = entries_renew(st, INDEX_TITLES, batch, (size_t)k, reterr);
    }
    if (n > 0)
        *io_after = titles[n - 1];
    return rc ? rc : n;
}

/* No key: a job of the name before may be past a title that knows only that one. */
static int rest_enqueue(struct store *st, size_t which, struct id id, struct title_id after, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    char payload[160];
    snprintf(payload, sizeof payload, "{\"of\":\"%s\",\"id\":\"" ID_FMT "\",\"after\":\"" ID_FMT "\"}", renamed[which].name, ID_ARG(id),
             ID_ARG(after.v));
    struct job_spec spec = {.kind = "search.renamed", .subject = STR("search"), .payload = str_of(payload)};
    struct job_id job;
    int rc = tx_begin(st, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = job_enqueue(tx, &spec, &job, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

/* The thing, and the titles that are found by its name: the first of them at once, a genre's hundred thousands by a job. */
static int thing_heard(const struct engine *e, const struct event *ev, size_t which, struct err *reterr) {
    struct title_id after = {0};
    struct id id;
    if (!id_parse(ev->subject, &id))
        return 0;
    int rc = entries_renew(e->store, renamed[which].what, &id, 1, reterr);
    int n = rc ? rc : titles_renew(e->store, renamed[which].thing, id, &after, reterr);
    if (n == THING_TITLES)
        STORE_RETRY(n, reterr, rest_enqueue(e->store, which, id, after, reterr));
    return MIN(n, 0);
}

static int person_heard(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr) {
    return thing_heard(e, ev, 0, reterr);
}

static int genre_heard(const struct engine *e, const struct event *ev, struct arena *a, struct err *reterr) {
    return thing_heard(e, ev, 1, reterr);
}

const struct event_handler search_events[] = {{"title.published", "search.published", title_heard},
                                              {"title.unpublished", "search.unpublished", title_heard},
                                              {"title.changed", "search.changed", title_heard},
                                              {"title.deleted", "search.deleted", title_heard},
                                              {"person.changed", "search.person_changed", person_heard},
                                              {"person.deleted", "search.person_deleted", person_heard},
                                              {"genre.changed", "search.genre_changed", genre_heard},
                                              {"genre.deleted", "search.genre_deleted", genre_heard},
                                              {0}};

/* ---- All of them ---- */

/* 1: the list of pieces is another than io_last says, which is it from now on. */
static int pieces_changed(struct store *st, int pieces, struct buf *io_last, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct rows r;
    int rc = store_row(st, &search_sql[pieces], NO_ARGS, &a, &r, reterr);
    if (rc < 0 || str_eq(row_str(&r, 0, 0), buf_str(io_last)))
        return MIN(rc, 0);
    buf_reset(io_last);
    buf_add(io_last, row_str(&r, 0, 0));
    return io_last->failed ? err_set(reterr, ERR_NO_MEMORY, "no memory for the index") : 1;
}

/* In small transactions: the catalogue can be written to meanwhile. FTS5 does not say when it has nothing left to do, but its
 * list of pieces (the row 10 of its data) is then the same as before. */
static int pieces_join(struct store *st, const int statement[3], struct err *reterr) {
    enum { STEPS_MAX = 20000 };
    scoped(buf_done) struct buf last = BUF(1 << 20);
    int rc, more = 1;
    STORE_RETRY(rc, reterr, store_exec(st, &search_sql[statement[0]], NO_ARGS, reterr));
    for (int i = 0; rc >= 0 && more > 0 && i < STEPS_MAX; i++) {
        STORE_RETRY(rc, reterr, store_exec(st, &search_sql[statement[1]], NO_ARGS, reterr));
        if (rc >= 0)
            rc = more = pieces_changed(st, statement[2], &last, reterr);
    }
    return MIN(rc, 0);
}

/* FTS5's index as one piece: a word is looked for in each of its pieces, of which writing leaves a dozen. */
static int index_join(const struct engine *e, struct err *reterr) {
    static const int docs[3] = {DOCS_JOIN, DOCS_MERGE, DOCS_PIECES}, words[3] = {WORDS_JOIN, WORDS_MERGE, WORDS_PIECES};
    if (store_is_postgres(e->store))
        return 0;
    int rc = pieces_join(e->store, docs, reterr);
    return rc ? rc : pieces_join(e->store, words, reterr);
}

/* None of them is a title any more, or ever was. */
static int refs_drop(struct store *st, const struct rows *r, struct err *reterr) {
    struct id ids[CATALOG_WALK];
    for (size_t i = 0; i < r->n; i++)
        ids[i] = row_id(r, i, 0);
    return entries_renew(st, INDEX_TITLES, ids, r->n, reterr);
}

/* Entries that the walk did not meet: what they were of is gone. */
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

static int walk_next(struct store *st, enum index_what what, const struct id *after, struct id ids[CATALOG_WALK], struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct title_id titles[CATALOG_WALK];
    int n = tx_begin(st, STORE_MAIN, TX_READ, &tx, reterr);
    if (n)
        return n;
    if (what != INDEX_TITLES)
        return catalog_thing_walk(tx, what == INDEX_PEOPLE ? THING_PERSON : THING_GENRE, *after, ids, reterr);
    n = catalog_walk(tx, (struct title_id){*after}, titles, reterr);
    for (int i = 0; i < n; i++)
        ids[i] = titles[i].v;
    return n;
}

struct walk {
    const struct engine *e;
    struct word_set *known, *fresh;
    search_progress_fn *progress;
    void *arg;
    int64_t of; /* titles */
};

static int64_t walk_all(struct walk *w, enum index_what what, struct err *reterr) {
    struct id ids[CATALOG_WALK] = {0}, after = {0};
    int64_t done = 0;
    int n, rc = 0;
    for (n = 0; rc == 0; done += n, after = ids[n - 1]) {
        n = walk_next(w->e->store, what, &after, ids, reterr);
        if (n <= 0)
            return n < 0 ? n : done;
        STORE_RETRY(rc, reterr, entries_put(w->e->store, what, ids, (size_t)n, w->known, w->fresh, reterr));
        if (rc == 0) {
            word_set_take(w->known, w->fresh);
            rc = w->progress && what == INDEX_TITLES ? w->progress(w->arg, done + n, MAX(w->of, done + n), reterr) : 0;
        }
    }
    return rc;
}

/* People and genres first: they are few, and how far it is is told by titles. */
static int64_t walk_everything(struct walk *w, struct err *reterr) {
    int rc = catalog_count(w->e->store, &w->of, reterr);
    int64_t done = rc;
    for (int what = INDEX_WHATS - 1; done >= 0 && what >= INDEX_TITLES; what--)
        done = walk_all(w, (enum index_what)what, reterr);
    return done;
}

int64_t search_rebuild(const struct engine *e, search_progress_fn *progress, void *arg, struct err *reterr) {
    struct word_set *known = word_set_new(), *fresh = word_set_new();
    int64_t begun_ms = store_now_ms(e->store), done, version = 0;
    int rc = version_get(e->store, &version, reterr);
    if (rc == 0 && version && version != SEARCH_INDEX_VERSION) /* what is near a word is found otherwise now */
        rc = words_drop(e->store, NULL, INT64_MAX, reterr);
    struct walk w = {.e = e, .known = known, .fresh = fresh, .progress = progress, .arg = arg};
    done = rc ? rc : known && fresh ? walk_everything(&w, reterr) : err_set(reterr, ERR_NO_MEMORY, "no memory for the index");
    rc = done < 0 ? (int)done : stale_drop(e->store, begun_ms, reterr);
    if (rc == 0)
        rc = words_drop(e->store, known, begun_ms, reterr);
    if (rc == 0)
        rc = index_join(e, reterr);
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

int64_t search_renamed(struct store *st, struct str payload, bool (*cancelled)(void *), void *arg, struct err *reterr) {
    json_t *p = json_loadb(payload.p, payload.n, 0, NULL);
    struct str of = json_get_str(p, "of");
    struct title_id after;
    struct id id;
    bool ok = id_parse(json_get_str(p, "id"), &id) && id_parse(json_get_str(p, "after"), &after.v);
    size_t which = of.n && str_eq(of, str_of(renamed[1].name));
    int64_t done = 0;
    json_decref(p);
    if (!ok)
        return err_set(reterr, ERR_INVALID, "the job names no thing");
    for (int n = THING_TITLES; n == THING_TITLES; done += n) {
        if (cancelled && cancelled(arg))
            return err_set(reterr, ERR_CANCELLED, "not all titles learned the new name");
        n = titles_renew(st, renamed[which].thing, id, &after, reterr);
        if (n < 0)
            return n;
    }
    return done;
}

static bool job_stops(void *arg) { return job_cancelled(arg); }

static int renamed_run(struct job_ctx *j, struct err *reterr) {
    int64_t n = search_renamed(job_engine(j)->store, job_self(j)->payload, job_stops, j, reterr);
    return n < 0 ? (int)n : 0;
}

const struct job_kind search_jobs[] = {
    {.name = "search.rebuild", .run = rebuild_run, .doc = "Makes the index of the search anew"},
    {.name = "search.renamed", .run = renamed_run, .doc = "Titles of a genre or a person that has another name are found by it"},
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
    {"search.join", 24 * 3600 * 1000, index_join, "Puts the pieces together that changes have left of the index (SQLite)"},
    {"search.misses", 3600 * 1000, miss_prune, "Forgets what was looked for half a year ago"},
    {0}};
