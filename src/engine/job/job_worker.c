/*
 * job_worker.c - the loop of a worker: claim what is next while there is room, reap what has ended,
 * sleep. It alone starts and joins the threads of jobs.
 */
#include "engine/job/job_int.h"
#include "base/buf.h"
#include "base/log.h"
#include "engine/engine.h"
#include <errno.h>
#include <unistd.h>

enum { WAITERS_MAX = 32, POLL_BUSY_MS = 250, POLL_IDLE_MS = 1000, RECLAIM_MS = 1000 };

/* All workers of this process, for job_wake_after. */
static pthread_mutex_t wake_lock = PTHREAD_MUTEX_INITIALIZER;
static struct job_worker *workers;

static void wake_all(void *arg) {
    pthread_mutex_lock(&wake_lock);
    for (struct job_worker *w = workers; w; w = w->next_in_process)
        sem_post(&w->wake);
    pthread_mutex_unlock(&wake_lock);
}

int job_wake_after(struct tx *tx, struct err *reterr) {
    int r = tx_after_commit(tx, wake_all, NULL);
    return r < 0 ? err_set(reterr, r, "no memory to wake the workers") : 0;
}

static void worker_register(struct job_worker *w) {
    pthread_mutex_lock(&wake_lock);
    w->next_in_process = workers;
    workers = w;
    pthread_mutex_unlock(&wake_lock);
}

static void worker_unregister(struct job_worker *w) {
    pthread_mutex_lock(&wake_lock);
    for (struct job_worker **at = &workers; *at; at = &(*at)->next_in_process)
        if (*at == w) {
            *at = w->next_in_process;
            break;
        }
    pthread_mutex_unlock(&wake_lock);
}

const struct job_kind *job_kind_find(const struct job_worker *w, struct str name) {
    for (const struct job_kind *const *t = w->kinds; *t; t++)
        for (const struct job_kind *k = *t; k->name; k++)
            if (str_eq(name, str_of(k->name)))
                return k;
    return NULL;
}

int job_kind_max_attempts(const struct job_kind *k) {
    return k && k->max_attempts ? k->max_attempts : 5;
}

int64_t job_kind_lease_ms(const struct job_kind *k) {
    assert(k->lease_ms <= 600000); /* JOB_LEASE_MAX */
    return k->lease_ms ? k->lease_ms : 15000;
}

static char *kind_list_make(const struct job_kind *const *kinds) {
    struct buf b = BUF(64 << 10);
    buf_byte(&b, ',');
    for (const struct job_kind *const *t = kinds; *t; t++)
        for (const struct job_kind *k = *t; k->name; k++)
            buf_addf(&b, "%s,", k->name);
    char *list = b.failed ? NULL : strdup(buf_cstr(&b));
    buf_done(&b);
    return list;
}

static int worker_init(struct job_worker *w, const struct job_worker_options *o,
                       struct err *reterr) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    w->engine = o->engine;
    w->store = o->engine->store;
    w->kinds = o->kinds;
    w->cores = o->cores ? MIN(o->cores, JOB_CORES_MAX) : (int)CLAMP(online, 1, JOB_CORES_MAX);
    w->until_idle = o->until_idle;
    w->lock_fd = -1;
    memcpy(w->id, id_new(store_now_ms(w->store)).s, sizeof w->id);
    w->kind_list = kind_list_make(o->kinds);
    w->run_dir = strdup(o->run_dir);
    w->subject = o->only_subject.p ? strndup(o->only_subject.p, o->only_subject.n) : NULL;
    if (!w->kind_list || !w->run_dir || (o->only_subject.p && !w->subject))
        return err_errno(reterr, ENOMEM, "starting a worker");
    return job_worker_lock(w, reterr);
}

int job_worker_new(const struct job_worker_options *o, struct job_worker **ret_w,
                   struct err *reterr) {
    struct job_worker *w = calloc(1, sizeof *w);
    if (!w)
        return err_errno(reterr, ENOMEM, "starting a worker");
    sem_init(&w->wake, 0, 0);
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->tick, &monotonic);
    pthread_condattr_destroy(&monotonic);
    worker_register(w);
    int r = worker_init(w, o, reterr);
    if (r < 0)
        job_worker_free(w);
    else
        *ret_w = w;
    return r;
}

void job_worker_free(struct job_worker *w) {
    if (!w)
        return;
    worker_unregister(w);
    job_worker_unlock(w);
    free(w->kind_list);
    free(w->run_dir);
    free(w->subject);
    pthread_cond_destroy(&w->tick);
    pthread_mutex_destroy(&w->lock);
    sem_destroy(&w->wake);
    free(w);
}

void job_worker_stop(struct job_worker *w) {
    __atomic_store_n(&w->stopping, 1, __ATOMIC_RELEASE);
    sem_post(&w->wake);
}

static bool is_stopping(struct job_worker *w) {
    return __atomic_load_n(&w->stopping, __ATOMIC_ACQUIRE);
}

/* The next ready job and the kind that runs it; count 0: none. */
static int next_read(struct job_worker *w, struct tx *tx, int which, struct arena *a,
                     struct job_row *ret, struct err *reterr) {
    struct rows r;
    int n = tx_query(tx, &job_sql[which],
                     ARGS(A_I64(store_now_ms(w->store)), A_CSTR(w->subject), A_CSTR(w->kind_list)),
                     a, &r, reterr);
    if (n > 0)
        job_row_read(&r, 0, ret);
    return n;
}

static bool has_room(struct job_worker *w, const struct job_kind *k, int *ret_weight) {
    *ret_weight = k->weight < 0 ? 0 : MIN(MAX(k->weight, 1), w->cores);
    pthread_mutex_lock(&w->lock);
    bool room = k->weight == JOB_WAITS    ? w->waiters < WAITERS_MAX
                : k->weight == JOB_BEHIND ? w->behind == 0
                                          : w->cores_used + *ret_weight <= w->cores;
    pthread_mutex_unlock(&w->lock);
    return room;
}

/* With w->lock, as a job begins (1) and ends (-1). */
static void room_use(struct job_worker *w, const struct job_ctx *c, int by) {
    w->cores_used += by * c->weight;
    w->waiters += by * (c->kind->weight == JOB_WAITS);
    w->behind += by * (c->kind->weight == JOB_BEHIND);
}

/* Looks without a write lock first: most looks find nothing. */
static int next_peek(struct job_worker *w, struct err *reterr) {
    struct arena a = ARENA(4 << 20);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct job_row row;
    int weight, n = tx_begin(w->store, STORE_JOBS, TX_READ, &tx, reterr);
    if (n == 0)
        n = next_read(w, tx, JOB_NEXT, &a, &row, reterr);
    if (n > 0)
        n = has_room(w, job_kind_find(w, row.pub.kind), &weight);
    arena_done(&a);
    return n;
}

/* Fills c with the job that is ours now. 1, 0: nothing for us, or negative. */
static int next_claim(struct job_worker *w, struct job_ctx *c, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int n = tx_begin(w->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (n == 0)
        n = next_read(w, tx, JOB_NEXT_FREE, &c->arena, &c->row, reterr);
    if (n <= 0)
        return n;
    c->kind = job_kind_find(w, c->row.pub.kind);
    if (!has_room(w, c->kind, &c->weight))
        return 0;
    int64_t now = store_now_ms(w->store), lease = job_kind_lease_ms(c->kind);
    struct job_move m = {.id = c->row.pub.id,
                         .from = JOB_READY,
                         .to = JOB_RUNNING,
                         .claim = -1,
                         .worker = str_of(w->id),
                         .lease_until_ms = now + lease,
                         .now_ms = now,
                         .attempt_by = 1};
    c->lease_until_ns = clock_mono_ns() + lease * 1000000;
    n = job_to(tx, &m, reterr);
    if (n > 0)
        n = tx_commit(&tx, reterr) < 0 ? reterr->code : 1;
    c->row.claim++;
    c->row.pub.attempt++;
    c->row.pub.state = JOB_RUNNING;
    if (!c->row.pub.started_ms)
        c->row.pub.started_ms = now;
    return n;
}

static void ctx_free(struct job_ctx *c) {
    arena_done(&c->arena);
    free(c);
}

static int ctx_start(struct job_worker *w, struct job_ctx *c, struct err *reterr) {
    pthread_mutex_lock(&w->lock);
    c->next = w->running;
    w->running = c;
    room_use(w, c, 1);
    metric_add(&job_metrics[JOB_M_RUNNING], 1);
    int r = pthread_create(&c->thread, NULL, job_run_thread, c);
    if (r != 0) { /* no thread: its lease runs out and somebody else takes it */
        w->running = c->next;
        room_use(w, c, -1);
        metric_add(&job_metrics[JOB_M_RUNNING], -1);
        ctx_free(c);
    }
    pthread_cond_signal(&w->tick);
    pthread_mutex_unlock(&w->lock);
    return r ? err_errno(reterr, r, "starting a job's thread") : 1;
}

/* 1 when one was started. */
static int claim(struct job_worker *w, struct err *reterr) {
    int n = next_peek(w, reterr);
    if (n <= 0)
        return n;
    struct job_ctx *c = calloc(1, sizeof *c);
    if (!c)
        return err_errno(reterr, ENOMEM, "claiming a job");
    c->w = w;
    c->arena = ARENA(64 << 20);
    n = next_claim(w, c, reterr);
    if (n <= 0) {
        ctx_free(c);
        return n;
    }
    return ctx_start(w, c, reterr);
}

/* Joins threads that have ended. Returns how many still run. */
static int reap(struct job_worker *w) {
    struct job_ctx *ended = NULL;
    int left = 0;
    pthread_mutex_lock(&w->lock);
    for (struct job_ctx **at = &w->running; *at;) {
        struct job_ctx *c = *at;
        if (!__atomic_load_n(&c->ended, __ATOMIC_ACQUIRE)) {
            left++;
            at = &c->next;
            continue;
        }
        *at = c->next;
        room_use(w, c, -1);
        c->next = ended;
        ended = c;
    }
    pthread_mutex_unlock(&w->lock);
    for (struct job_ctx *next; ended; ended = next) {
        next = ended->next;
        pthread_join(ended->thread, NULL);
        metric_add(&job_metrics[JOB_M_RUNNING], -1);
        ctx_free(ended);
    }
    return left;
}

/* 1: something is ready, running or due later; 0: nothing. */
static int is_pending(struct job_worker *w, struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    struct rows r;
    int n = store_query(w->store, &job_sql[JOB_PENDING],
                        ARGS(A_CSTR(w->subject), A_CSTR(w->kind_list)), &a, &r, reterr);
    arena_done(&a);
    return n;
}

static void sleep_ms(struct job_worker *w, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    sem_clockwait(&w->wake, CLOCK_MONOTONIC, &until);
    while (sem_trywait(&w->wake) == 0) /* several pieces of news, one look */
        ;
}

/* One turn. Sets *ret_pending to what is left to do, here or elsewhere. */
static int turn(struct job_worker *w, int *ret_pending, struct err *reterr) {
    if (clock_mono_ns() - w->reclaimed_ns >= (int64_t)RECLAIM_MS * 1000000) {
        int r = job_reclaim(w, reterr);
        if (r < 0)
            return r;
        w->reclaimed_ns = clock_mono_ns();
    }
    int n;
    while ((n = claim(w, reterr)) > 0)
        ;
    if (n < 0)
        return n;
    int running = reap(w);
    n = is_pending(w, reterr);
    if (n < 0)
        return n;
    *ret_pending = n + running;
    return 0;
}

static void loop(struct job_worker *w) {
    w->reclaimed_ns = clock_mono_ns() - (int64_t)RECLAIM_MS * 1000000;
    for (int failures = 0; !is_stopping(w);) {
        struct err e = {0};
        int pending = 1;
        if (turn(w, &pending, &e) < 0) {
            /* The store may come back (a full disk, a long lock); a worker does not give up. */
            log_event(LOG_ERROR, "job.worker", LS("error", e.msg), LS("code", err_name(e.code)));
            failures = MIN(failures + 1, 6);
            sleep_ms(w, (int64_t)POLL_BUSY_MS << failures);
            continue;
        }
        failures = 0;
        if (w->until_idle && pending == 0)
            return;
        sleep_ms(w, pending ? POLL_BUSY_MS : POLL_IDLE_MS);
    }
}

int job_worker_run(struct job_worker *w, struct err *reterr) {
    int r = pthread_create(&w->ticker, NULL, job_ticker_thread, w);
    if (r != 0)
        return err_errno(reterr, r, "starting a worker");
    loop(w);
    while (reap(w) > 0) /* told to stop: job_cancelled() answers true */
        sleep_ms(w, POLL_BUSY_MS);
    pthread_mutex_lock(&w->lock);
    w->ticker_ends = true;
    pthread_cond_signal(&w->tick);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->ticker, NULL);
    w->ticker_ends = false;
    return 0;
}
