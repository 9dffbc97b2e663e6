/*
 * record.c - rows of playbacks, in batches. The rule that must hold: whoever ends a session ends what was begun
 * in it. A row is therefore kept here until it is in the store and, after that, its session was not among those that
 * have ended: one that ends later finds the row; of one that ended before, the playback is revoked and the row goes.
 * Few end in a second: which did is asked once a batch, and where they are many, or the question is too old, each row's
 * session is looked for. A kill may take the rows of the last moments: their players are told to start again at the next heartbeat.
 */
#include "base/log.h"
#include "engine/cache/cache.h"
#include "service/playback/playback_int.h"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    KEPT_MAX = 20000,   /* some 8 MB; a minute of an outage at a hundred starts a second is less */
    AGAIN_MS = 250,     /* after the store has failed */
    YOUNG_MS = 5000,    /* older ones are in the store, or nowhere */
    ELSEWHERE_MS = 400, /* what another process takes at most, and then some */
    ELSEWHERE_STEP_MS = 20,
    MARK_MS = 1000,     /* a mark lies this long before the next */
    MARK_OLD_MS = 60000,
};

struct kept {
    struct kept *next;
    struct playback_row row;
    char view[];
};

static struct {
    pthread_mutex_t writing; /* taken first: one at a time writes */
    pthread_mutex_t lock;
    pthread_cond_t some;
    pthread_t thread;
    const struct engine *engine;
    struct kept *first, **last;
    size_t n; /* with those that are being written */
    bool running, stop;
    struct mark {
        int64_t at_ns, place; /* 0: none */
    } mark, before; /* under writing: the latest (sessions_mark) and the one before it */
} keep = {.writing = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER};

static void args_fill(struct sql_val *v, const struct playback_row *r) {
    const struct sql_val all[ROW_COLUMNS] = {
        A_ID(r->id),     A_ID(r->account),      A_ID(r->profile),      A_ID(r->device),
        A_ID(r->title),  A_ID(r->asset),        A_STR(r->view),        A_I64(r->duration_ms),
        A_I64(r->position_ms), A_I64(r->started_ms), A_I64(r->expires_ms), A_ID(r->session)};
    memcpy(v, all, sizeof all);
}

static int rows_insert_try(const struct engine *e, const struct kept *list, size_t n,
                           struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct sql_val v[ROWS_A_STATEMENT * ROW_COLUMNS];
    size_t most = store_is_postgres(e->store) ? ROWS_A_STATEMENT : 1; /* there it saves journeys, SQLite takes a row alone faster */
    int rc = tx_begin(e->store, STORE_VIEWING, TX_WRITE, &tx, reterr);
    while (rc >= 0 && n) {
        size_t count = n < most ? 1 : most;
        const struct kept *k = list;
        for (size_t i = 0; i < count; i++, k = k->next)
            args_fill(&v[i * ROW_COLUMNS], &k->row);
        rc = tx_exec(tx, &playback_sql[count == 1 ? PLAYBACK_INSERT : PLAYBACK_INSERT_MANY],
                     (struct sql_args){v, count * ROW_COLUMNS}, reterr);
        list = k;
        n -= count;
    }
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

static int rows_insert(const struct engine *e, const struct kept *list, size_t n, struct err *reterr) {
    int rc;
    STORE_RETRY(rc, reterr, rows_insert_try(e, list, n, reterr));
    return MIN(rc, 0);
}

/* Whose session has ended in the meantime has no right any more. */
static int dead_end(const struct engine *e, const struct playback_row *r, struct err *reterr) {
    int rc = delivery_revoke(e, &(struct revocation){r->id, r->expires_ms}, 1, reterr);
    if (rc == 0)
        STORE_RETRY(rc, reterr,
                    store_exec(e->store, &playback_sql[PLAYBACK_DROP], ARGS(A_ID(r->id)), reterr));
    return MIN(rc, 0);
}

/* Of these rows, whose session is not kept. */
static int sessions_look(const struct engine *e, const struct playback_row *const *rows, size_t n, struct err *reterr) {
    int rc = 0;
    for (size_t at = 0; at < n && rc == 0; at += SESSIONS_ASKED) {
        struct session_id ids[SESSIONS_ASKED] = {0};
        bool kept[SESSIONS_ASKED] = {false};
        size_t count = MIN(n - at, (size_t)SESSIONS_ASKED);
        for (size_t i = 0; i < count; i++)
            ids[i] = rows[at + i]->session;
        rc = sessions_kept(e, ids, count, kept, reterr);
        for (size_t i = 0; i < count && rc == 0; i++)
            if (!kept[i])
                rc = dead_end(e, rows[at + i], reterr);
    }
    return rc;
}

/* The sessions that ended since the mark before the last, and since when that is. *ret_n SESSIONS_ENDED_MAX: nobody knows. */
static int sessions_ended(const struct engine *e, struct session_id *ret_ended, size_t *ret_n, int64_t *ret_since_ns,
                          struct err *reterr) {
    int64_t now = clock_mono_ns();
    int rc = 0;
    *ret_n = SESSIONS_ENDED_MAX;
    *ret_since_ns = keep.before.at_ns;
    if (keep.before.at_ns && now - keep.before.at_ns < MARK_OLD_MS * INT64_C(1000000))
        rc = sessions_ended_since(e, keep.before.place, ret_ended, ret_n, reterr);
    if (rc == 0 && now - keep.mark.at_ns >= MARK_MS * INT64_C(1000000)) {
        keep.before = keep.mark;
        rc = sessions_mark(e, &keep.mark.place, reterr);
        keep.mark.at_ns = rc ? 0 : clock_mono_ns(); /* after: who is let in from now on knows of all that the place knows of */
    }
    return rc;
}

static bool ended(const struct session_id *list, size_t n, const struct session_id *id) {
    for (size_t i = 0; i < n; i++)
        if (memcmp(list[i].v.s, id->v.s, ID_LEN) == 0)
            return true;
    return false;
}

static int doubtful_look(const struct engine *e, const struct kept *list, size_t n, struct err *reterr) {
    struct session_id gone[SESSIONS_ENDED_MAX];
    const struct playback_row *rows[RECORD_BATCH];
    size_t n_gone, n_rows = 0;
    int64_t since;
    int rc = sessions_ended(e, gone, &n_gone, &since, reterr);
    for (; n && rc == 0; n--, list = list->next)
        if (n_gone == SESSIONS_ENDED_MAX || list->row.since_ns <= since || ended(gone, n_gone, &list->row.session))
            rows[n_rows++] = &list->row;
    return rc ? rc : sessions_look(e, rows, n_rows, reterr);
}

static struct kept *list_take(void) {
    pthread_mutex_lock(&keep.lock);
    struct kept *all = keep.first;
    keep.first = NULL;
    keep.last = &keep.first;
    pthread_mutex_unlock(&keep.lock);
    return all;
}

static void list_put_back(struct kept *all) {
    struct kept **end = &all;
    while (*end)
        end = &(*end)->next;
    pthread_mutex_lock(&keep.lock);
    *end = keep.first;
    keep.first = all;
    if (keep.last == &keep.first || !keep.last)
        keep.last = end;
    pthread_mutex_unlock(&keep.lock);
}

/* Both steps may be done again after a failure. */
static int batch_write(const struct engine *e, struct kept **list, struct err *reterr) {
    size_t n = 0;
    for (struct kept *k = *list; k && n < RECORD_BATCH; k = k->next)
        n++;
    int rc = rows_insert(e, *list, n, reterr);
    if (rc == 0)
        rc = doubtful_look(e, *list, n, reterr);
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct kept *done = *list;
        *list = done->next;
        free(done);
    }
    if (rc == 0) {
        pthread_mutex_lock(&keep.lock);
        keep.n -= n;
        pthread_mutex_unlock(&keep.lock);
    }
    return rc;
}

int record_flush(const struct engine *e, struct err *reterr) {
    int rc = 0;
    pthread_mutex_lock(&keep.writing);
    struct kept *all = list_take();
    while (all && rc == 0)
        rc = batch_write(e, &all, reterr);
    if (all)
        list_put_back(all);
    pthread_mutex_unlock(&keep.writing);
    return rc;
}

static bool pause_locked(int64_t ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t ns = t.tv_nsec + ms * 1000000;
    t.tv_sec += ns / 1000000000;
    t.tv_nsec = ns % 1000000000;
    while (!keep.stop && pthread_cond_clockwait(&keep.some, &keep.lock, CLOCK_MONOTONIC, &t) == 0)
        ;
    return !keep.stop;
}

static void *writer_main(void *arg) {
    const struct engine *e = keep.engine;
    int64_t gather_ms = config_int(e->config, "playback-batch");
    pthread_mutex_lock(&keep.lock);
    while (!keep.stop || keep.first) {
        if (!keep.first) {
            pthread_cond_wait(&keep.some, &keep.lock);
            continue;
        }
        pause_locked(gather_ms);
        pthread_mutex_unlock(&keep.lock);
        struct err why = {0};
        int rc = record_flush(e, &why);
        if (rc)
            log_event(LOG_WARN, "playback.record_failed", LS("err", why.msg));
        pthread_mutex_lock(&keep.lock);
        if (rc && !pause_locked(AGAIN_MS))
            break; /* the program ends, and the store does not answer */
    }
    pthread_mutex_unlock(&keep.lock);
    return NULL;
}

static struct kept *kept_new(const struct playback_row *row) {
    struct kept *k = malloc(sizeof *k + row->view.n);
    if (!k)
        return NULL;
    *k = (struct kept){.row = *row};
    if (row->view.n)
        memcpy(k->view, row->view.p, row->view.n);
    k->row.view.p = k->view;
    return k;
}

static bool writer_ready_locked(const struct engine *e) {
    if (keep.running)
        return true;
    keep.engine = e;
    keep.stop = false;
    keep.last = &keep.first;
    keep.running = pthread_create(&keep.thread, NULL, writer_main, NULL) == 0;
    return keep.running;
}

static int write_now(const struct engine *e, const struct playback_row *row, struct err *reterr) {
    struct sql_val v[ROW_COLUMNS];
    args_fill(v, row);
    int rc = store_exec(e->store, &playback_sql[PLAYBACK_INSERT], (struct sql_args){v, ROW_COLUMNS},
                        reterr);
    /* Who signed out in the meantime ended what was there; this was not yet. */
    return rc < 0 ? rc : playback_check_live(e, row->id, reterr);
}

int record_add(const struct engine *e, const struct playback_row *row, struct err *reterr) {
    if (!e->config || config_int(e->config, "playback-batch") == 0)
        return write_now(e, row, reterr);
    struct kept *k = kept_new(row);
    if (!k)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a playback");
    pthread_mutex_lock(&keep.lock);
    bool ok = writer_ready_locked(e) && keep.n < KEPT_MAX;
    if (ok) {
        *keep.last = k;
        keep.last = &k->next;
        keep.n++;
        if (keep.first == k)
            pthread_cond_signal(&keep.some);
    }
    pthread_mutex_unlock(&keep.lock);
    if (ok)
        return 0;
    free(k);
    return err_refuse(reterr, ERR_BUSY, "playback.unwritten",
                      "The database does not answer; try again in a moment.",
                      "%d playbacks wait to be written", KEPT_MAX);
}

static bool kept_here(void) {
    pthread_mutex_lock(&keep.lock);
    bool any = keep.n > 0;
    pthread_mutex_unlock(&keep.lock);
    return any;
}

/* The row, and where it should be there in a moment: wherever it is now. */
static int row_find(const struct engine *e, struct playback_id id, const struct sql *q,
                    struct sql_args args, struct arena *a, struct rows *ret, struct err *reterr) {
    bool young = clock_now_ms(e->clock) - id_time_ms(id.v) < YOUNG_MS;
    bool elsewhere = young && e->cache && cache_local(e->cache) != e->cache;
    int rc = young && kept_here() ? record_flush(e, reterr) : 0;
    for (int waited = 0; rc == 0; waited += ELSEWHERE_STEP_MS) {
        rc = store_query(e->store, q, args, a, ret, reterr);
        if (rc != 0 || !elsewhere || waited >= ELSEWHERE_MS)
            break;
        usleep(ELSEWHERE_STEP_MS * 1000);
    }
    return rc;
}

int record_get(const struct engine *e, struct playback_id id, struct account_id account,
               struct arena *a, struct rows *ret, struct err *reterr) {
    return row_find(e, id, &playback_sql[PLAYBACK_GET], ARGS(A_ID(id), A_ID(account)), a, ret,
                    reterr);
}

int record_session(const struct engine *e, struct playback_id id, struct arena *a, struct rows *ret,
                   struct err *reterr) {
    return row_find(e, id, &playback_sql[PLAYBACK_SESSION],
                    ARGS(A_ID(id), A_I64(clock_now_ms(e->clock))), a, ret, reterr);
}

void record_stop(void) {
    pthread_mutex_lock(&keep.lock);
    bool running = keep.running;
    keep.stop = true;
    pthread_cond_broadcast(&keep.some);
    pthread_mutex_unlock(&keep.lock);
    if (!running)
        return;
    pthread_join(keep.thread, NULL);
    for (struct kept *k = list_take(), *next; k; k = next) {
        next = k->next;
        free(k);
    }
    keep.running = false;
    keep.n = 0;
}
