/* job_run.c - one job on its thread: what run() may ask and tell, and what its result means. */
#include "engine/job/job_int.h"
#include "base/log.h"
#include "engine/engine.h"
#include <sys/random.h>
#include <unistd.h>

enum { BACKOFF_MAX_MS = 600000, CHECKPOINT_MAX = 64 << 10 };

const struct engine *job_engine(struct job_ctx *j) {
    return j->w->engine;
}

const struct job *job_self(struct job_ctx *j) {
    return &j->row.pub;
}

struct arena *job_arena(struct job_ctx *j) {
    return &j->arena;
}

static bool flag(int *f) {
    return __atomic_load_n(f, __ATOMIC_ACQUIRE);
}

bool job_cancelled(struct job_ctx *j) {
    return flag(&j->cancel) || flag(&j->lost) || flag(&j->w->stopping);
}

int job_progress(struct job_ctx *j, const char *stage, int permille, double speed, int64_t eta_ms) {
    pthread_mutex_lock(&j->w->lock);
    snprintf(j->stage, sizeof j->stage, "%s", stage ? stage : "");
    j->permille = CLAMP(permille, 0, 1000);
    j->speed = speed;
    j->eta_ms = eta_ms;
    j->dirty = true;
    pthread_mutex_unlock(&j->w->lock);
    return job_cancelled(j) ? ERR_CANCELLED : 0;
}

int job_hold(struct job_ctx *j, struct tx *tx, struct err *reterr) {
    int n = tx_exec(tx, &job_sql[JOB_HOLD], ARGS(A_ID(j->row.pub.id), A_I64(j->row.claim)), reterr);
    if (n != 0)
        return MIN(n, 0);
    return err_set(reterr, ERR_CANCELLED, "job " ID_FMT " is not ours any more",
                   ID_ARG(j->row.pub.id.v));
}

int job_checkpoint(struct job_ctx *j, struct str json, struct err *reterr) {
    if (json.n > CHECKPOINT_MAX)
        return err_set(reterr, ERR_LIMIT, "a checkpoint of %zu bytes, over %d", json.n,
                       CHECKPOINT_MAX);
    int n = store_exec(j->w->store, &job_sql[JOB_SET_CHECKPOINT],
                       ARGS(A_ID(j->row.pub.id), A_I64(j->row.claim), A_STR(json)), reterr);
    if (n != 0)
        return MIN(n, 0);
    __atomic_store_n(&j->lost, 1, __ATOMIC_RELEASE);
    return err_set(reterr, ERR_CANCELLED, "the lease of job " ID_FMT " is lost",
                   ID_ARG(j->row.pub.id.v));
}

int job_checkpoint_get(struct job_ctx *j, struct str *ret_json, struct err *reterr) {
    struct rows r;
    int n = store_row(j->w->store, &job_sql[JOB_GET_CHECKPOINT], ARGS(A_ID(j->row.pub.id)),
                      &j->arena, &r, reterr);
    if (n < 0)
        return n;
    *ret_json = row_str(&r, 0, 0);
    return 0;
}

/* Doubled each time, a quarter more or less, so that jobs that failed together do not return
 * together. */
static int64_t backoff_ms(const struct job_kind *k, int attempt) {
    int64_t pause = k->backoff_ms ? k->backoff_ms : 2000;
    for (int i = 1; i < attempt && pause < BACKOFF_MAX_MS; i++)
        pause *= 2;
    pause = MIN(pause, BACKOFF_MAX_MS);
    uint16_t dice = 0;
    if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) < 0)
        dice = 0;
    return MAX(pause * 3 / 4 + pause / 2 * dice / UINT16_MAX, 1);
}

static bool is_permanent(int code) {
    return code == ERR_BAD_MEDIA || code == ERR_INVALID;
}

/* What becomes of the job after run() answered r. */
static struct job_move outcome(struct job_ctx *j, int r, const struct err *e) {
    struct job_move m = {.id = j->row.pub.id,
                         .from = JOB_RUNNING,
                         .claim = j->row.claim,
                         .now_ms = store_now_ms(j->w->store)};
    if (r >= 0) {
        m.to = JOB_DONE;
        return m;
    }
    if (flag(&j->cancel)) {
        m.to = JOB_CANCELLED;
        return m;
    }
    if (flag(&j->w->stopping) && !is_permanent(r)) { /* whatever broke off with the program */
        m.to = JOB_READY;
        m.attempt_by = -1;
        return m;
    }
    m.code = str_of(err_name(r));
    m.reason = str_of(e->code ? err_reason(e) : err_name(r));
    m.hint = str_of(e->hint[0] ? e->hint : e->msg);
    if (r == ERR_CANCELLED) {
        m.to = JOB_CANCELLED;
    } else if (is_permanent(r) ||
               (r != ERR_BUSY && j->row.pub.attempt >= job_kind_max_attempts(j->kind))) {
        m.to = JOB_FAILED;
    } else {
        m.to = JOB_READY;
        m.attempt_by = r == ERR_BUSY ? -1 : 0;
        m.not_before_ms = m.now_ms + backoff_ms(j->kind, j->row.pub.attempt);
    }
    return m;
}

/* In words, for the job board. */
static int outcome_note(struct job_ctx *j, struct tx *tx, const struct job_move *m, struct err *reterr) {
    char text[600];
    int64_t took_ms = MAX(m->now_ms - j->row.pub.started_ms, (int64_t)0);
    const char *level = m->to == JOB_FAILED ? "error" : m->code.n ? "warn" : "info";
    if (m->to == JOB_DONE)
        snprintf(text, sizeof text, "done in %.1f s", (double)took_ms / 1000);
    else if (m->to == JOB_CANCELLED)
        snprintf(text, sizeof text, "cancelled");
    else if (m->to == JOB_FAILED)
        snprintf(text, sizeof text, "failed: " STR_FMT, STR_ARG(m->hint));
    else if (m->code.n)
        snprintf(text, sizeof text, "broken off, and tried again in %.0f s: " STR_FMT,
                 (double)MAX(m->not_before_ms - m->now_ms, (int64_t)0) / 1000, STR_ARG(m->hint));
    else
        snprintf(text, sizeof text, "broken off, because the worker was stopped");
    return job_log_add(tx, m->id, level, str_of(text), reterr);
}

/* The last progress, then the end, in one transaction. 1: stored; 0: the job is not ours any more.
 */
static int outcome_store(struct job_ctx *j, const struct job_move *m, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int r = tx_begin(j->w->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r < 0)
        return r;
    pthread_mutex_lock(&j->w->lock);
    bool dirty = j->dirty;
    pthread_mutex_unlock(&j->w->lock);
    int permille = m->to == JOB_DONE ? 1000 : j->permille;
    if (dirty || m->to == JOB_DONE)
        r = tx_exec(tx, &job_sql[JOB_SET_PROGRESS],
                    ARGS(A_ID(m->id), A_I64(m->claim), A_CSTR(j->stage), A_I64(permille),
                         A_F64(j->speed), A_I64(m->to == JOB_DONE ? 0 : j->eta_ms)),
                    reterr);
    int moved = r < 0 ? r : m->to == JOB_READY ? job_to(tx, m, reterr) : job_end(tx, m, reterr);
    if (moved > 0 && (r = outcome_note(j, tx, m, reterr)) < 0)
        return r;
    if (moved >= 0 && (r = tx_commit(&tx, reterr)) < 0)
        return r;
    return moved;
}

static void outcome_log(struct job_ctx *j, const struct job_move *m, const struct err *e,
                        int64_t took_ms) {
    bool again = m->to == JOB_READY;
    enum log_level level = m->to == JOB_FAILED ? LOG_ERROR : e->code && again ? LOG_WARN : LOG_INFO;
    log_event(level, again ? "job.again" : "job.end", LS("job", j->row.pub.id.v.s),
              LS("kind", j->kind->name), LSTR("subject", j->row.pub.subject),
              LS("state", job_state_name(m->to)), LI("attempt", j->row.pub.attempt),
              LI("ms", took_ms), LS("code", e->code ? err_name(e->code) : ""), LS("error", e->msg));
    static const int counts[] = {[JOB_READY] = JOB_M_RETRIED,
                                 [JOB_DONE] = JOB_M_DONE,
                                 [JOB_FAILED] = JOB_M_FAILED,
                                 [JOB_CANCELLED] = JOB_M_CANCELLED};
    metric_add(&job_metrics[counts[m->to]], 1);
    metric_observe(&job_metrics[JOB_M_TIME], took_ms);
}

void *job_run_thread(void *arg) {
    struct job_ctx *j = arg;
    struct err e = {0}, store_err = {0};
    log_request(j->row.pub.id.v.s);
    int64_t from = clock_mono_ns();
    int r = j->kind->run(j, &e);
    if (r >= 0)
        err_clear(&e);
    int64_t took_ms = (clock_mono_ns() - from) / 1000000;
    /* A result is not thrown away for a disk that is full just now; the ticker keeps the lease. */
    int stored = ERR_IO;
    struct job_move m = {0};
    for (int i = 0; i < 10 && stored < 0; i++) {
        if (i > 0)
            usleep(500000);
        m = outcome(j, r, &e);
        stored = outcome_store(j, &m, &store_err);
    }
    if (stored > 0)
        outcome_log(j, &m, &e, took_ms);
    else
        log_event(LOG_WARN, "job.result_lost", LS("job", j->row.pub.id.v.s),
                  LS("kind", j->kind->name), LS("error", stored ? store_err.msg : "lease lost"));
    log_request(NULL);
    struct job_worker *w = j->w;
    __atomic_store_n(&j->ended, 1, __ATOMIC_RELEASE);
    sem_post(&w->wake); /* w outlives its jobs: it joins this thread */
    return NULL;
}
