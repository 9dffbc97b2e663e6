/*
 * job_lease.c - who is alive: the worker's lock file, the renewal of leases with the progress of
 * jobs, and taking back what the dead held.
 *
 * The lock (flock) says at once on one machine that a worker is gone; the lease says it after its
 * time everywhere else, and for a worker that hangs. A claim's number keeps a late worker from
 * having a say.
 */
#include "engine/job/job_int.h"
#include "base/dir.h"
#include "base/log.h"
#include "engine/engine.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TICK_MS = 500, CRASHES_FREE = 20, CRASHES_AT_ONCE = 3, CRASH_PAUSE_MAX_MS = 60000 };

static void lock_path(const struct job_worker *w, const char *id, char *dst, size_t n) {
    snprintf(dst, n, "%s/worker-%s.lock", w->run_dir, id);
}

int job_worker_lock(struct job_worker *w, struct err *reterr) {
    char path[4096];
    int r = dir_make(w->run_dir, reterr);
    if (r < 0)
        return r;
    lock_path(w, w->id, path, sizeof path);
    for (;;) {
        struct stat st;
        w->lock_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        if (w->lock_fd < 0 || flock(w->lock_fd, LOCK_EX) < 0 || fstat(w->lock_fd, &st) < 0)
            return err_errno(reterr, errno, "%s", path);
        if (st.st_nlink > 0) /* else another took it for a dead one's before we had locked it */
            return 0;
        fd_close(&w->lock_fd);
    }
}

void job_worker_unlock(struct job_worker *w) {
    char path[4096];
    if (w->lock_fd < 0)
        return;
    lock_path(w, w->id, path, sizeof path);
    unlink(path);
    fd_close(&w->lock_fd);
}

/* What the job looks like after its worker died. A film that kills its worker each time must not be
 * tried for ever, nor as fast as possible. */
static struct job_move lost_move(const struct job_worker *w, const struct job_row *row) {
    int64_t now = store_now_ms(w->store);
    struct job_move m = {.id = row->pub.id,
                         .from = JOB_RUNNING,
                         .to = JOB_READY,
                         .claim = row->claim,
                         .now_ms = now,
                         .crashes_by = 1};
    bool free_of_charge = row->crashes < CRASHES_FREE;
    int max = job_kind_max_attempts(job_kind_find(w, row->pub.kind));
    if (row->cancel_requested) {
        m.to = JOB_CANCELLED;
    } else if (!free_of_charge && row->pub.attempt >= max) {
        m.to = JOB_FAILED;
        m.code = STR("CRASHED");
        m.reason = STR("job.worker_died");
        m.hint = STR("The program was stopped again and again while it worked on this.");
    } else {
        m.attempt_by = free_of_charge ? -1 : 0;
        m.not_before_ms = now;
        if (row->crashes >= CRASHES_AT_ONCE)
            m.not_before_ms +=
                MIN(1000ll << MIN(row->crashes - CRASHES_AT_ONCE, 10), (int64_t)CRASH_PAUSE_MAX_MS);
    }
    return m;
}

/* Ours, and the ticker sees to it: after a suspend the clock says that every lease has run out. */
static bool runs_here(struct job_worker *w, const struct job_row *row) {
    bool found = false;
    pthread_mutex_lock(&w->lock);
    for (struct job_ctx *c = w->running; c; c = c->next)
        found |= c->row.claim == row->claim && strcmp(c->row.pub.id.v.s, row->pub.id.v.s) == 0;
    pthread_mutex_unlock(&w->lock);
    return found;
}

/* Takes back the jobs of that worker ("": none in particular) and those whose lease has run out. */
static int lost_take(struct job_worker *w, const char *dead, struct err *reterr) {
    struct arena a = ARENA(16 << 20);
    struct rows r;
    scoped(tx_rollback) struct tx *tx = NULL;
    int n = tx_begin(w->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (n == 0)
        n = tx_query(tx, &job_sql[JOB_LOST], ARGS(A_I64(store_now_ms(w->store)), A_CSTR(dead)), &a,
                     &r, reterr);
    for (int i = 0; i < n; i++) {
        struct job_row row;
        job_row_read(&r, (size_t)i, &row);
        if (runs_here(w, &row))
            continue;
        struct job_move m = lost_move(w, &row);
        int moved = m.to == JOB_READY ? job_to(tx, &m, reterr) : job_end(tx, &m, reterr);
        if (moved < 0) {
            n = moved;
            break;
        }
        log_event(LOG_WARN, "job.lost", LS("job", row.pub.id.v.s), LSTR("kind", row.pub.kind),
                  LSTR("worker", row.pub.worker), LI("crashes", row.crashes + 1),
                  LS("state", job_state_name(m.to)));
        metric_add(&job_metrics[JOB_M_LOST], 1);
    }
    if (n > 0) {
        int committed = tx_commit(&tx, reterr);
        n = committed < 0 ? committed : n;
    }
    arena_done(&a);
    return n;
}

/* "worker-<id>.lock" of another worker: its id in name. */
static bool lock_name_parse(const struct job_worker *w, const char *file, char *name) {
    struct str s = str_of(file), prefix = STR("worker-"), suffix = STR(".lock");
    struct id id;
    if (!str_starts(s, prefix) || !str_ends(s, suffix) ||
        !id_parse(str_slice(s, prefix.n, s.n - suffix.n), &id))
        return false;
    memcpy(name, id.s, sizeof id.s);
    return strcmp(name, w->id) != 0;
}

/* The lock is held while the jobs are taken back, and the file removed last: a kill in between
 * leaves all to be done again. */
static int worker_examine(struct job_worker *w, const char *name, struct err *reterr) {
    char path[4096];
    lock_path(w, name, path, sizeof path);
    scoped(fd_close) int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return 0; /* it lives, or is gone in good order */
    int n = lost_take(w, name, reterr);
    if (n >= 0)
        unlink(path);
    return MIN(n, 0);
}

static int dead_take(struct job_worker *w, struct err *reterr) {
    DIR *d = opendir(w->run_dir);
    if (!d)
        return err_errno(reterr, errno, "%s", w->run_dir);
    int r = 0;
    char name[ID_LEN + 1];
    for (struct dirent *e; r == 0 && (e = readdir(d));)
        if (lock_name_parse(w, e->d_name, name))
            r = worker_examine(w, name, reterr);
    closedir(d);
    return r;
}

int job_reclaim(struct job_worker *w, struct err *reterr) {
    int r = dead_take(w, reterr);
    if (r < 0)
        return r;
    struct arena a = ARENA(16 << 20);
    struct rows rows;
    r = store_query(w->store, &job_sql[JOB_LOST], ARGS(A_I64(store_now_ms(w->store)), A_CSTR("")),
                    &a, &rows, reterr);
    arena_done(&a);
    if (r > 0)
        r = lost_take(w, "", reterr);
    return MIN(r, 0);
}

/* What the ticker knows of a running job while it does not hold the lock. */
struct beat {
    struct job_id id;
    int64_t claim, lease_ms;
    bool renew, dirty, alive, cancel;
    char stage[JOB_STAGE_MAX];
    int permille;
    double speed;
    int64_t eta_ms, lease_until_ns;
};
enum { BEATS_MAX = 256 };

static int beats_take(struct job_worker *w, struct beat *b) {
    int n = 0;
    int64_t now = clock_mono_ns();
    for (struct job_ctx *c = w->running; c && n < BEATS_MAX; c = c->next) {
        if (__atomic_load_n(&c->ended, __ATOMIC_ACQUIRE))
            continue;
        int64_t lease_ms = job_kind_lease_ms(c->kind);
        b[n] = (struct beat){.id = c->row.pub.id,
                             .claim = c->row.claim,
                             .lease_ms = lease_ms,
                             .renew = c->lease_until_ns - now < lease_ms * 1000000 * 2 / 3,
                             .dirty = c->dirty,
                             .permille = c->permille,
                             .speed = c->speed,
                             .eta_ms = c->eta_ms,
                             .lease_until_ns = c->lease_until_ns};
        memcpy(b[n].stage, c->stage, sizeof b[n].stage);
        c->dirty = false;
        n++;
    }
    return n;
}

static int beats_look(struct job_worker *w, struct beat *b, int n, struct err *reterr) {
    struct arena a = ARENA(1 << 20);
    struct rows r;
    int rows = store_query(w->store, &job_sql[JOB_MINE], ARGS(A_CSTR(w->id)), &a, &r, reterr);
    for (int i = 0; i < rows; i++)
        for (int k = 0; k < n; k++)
            if (str_eq(row_str(&r, (size_t)i, 0), id_str(&b[k].id.v)) &&
                row_i64(&r, (size_t)i, 1) == b[k].claim) {
                b[k].alive = true;
                b[k].cancel = row_i64(&r, (size_t)i, 2) != 0;
            }
    arena_done(&a);
    return rows;
}

static int beats_write(struct job_worker *w, struct beat *b, int n, struct err *reterr) {
    bool due = false;
    for (int k = 0; k < n; k++)
        due |= b[k].alive && (b[k].renew || b[k].dirty);
    if (!due)
        return 0;
    scoped(tx_rollback) struct tx *tx = NULL;
    int64_t mono = clock_mono_ns();
    int r = tx_begin(w->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    int64_t now = store_now_ms(w->store);
    for (int k = 0; k < n && r >= 0; k++) {
        if (b[k].alive && b[k].dirty)
            r = tx_exec(tx, &job_sql[JOB_SET_PROGRESS],
                        ARGS(A_ID(b[k].id), A_I64(b[k].claim), A_CSTR(b[k].stage),
                             A_I64(b[k].permille), A_F64(b[k].speed), A_I64(b[k].eta_ms)),
                        reterr);
        if (b[k].alive && b[k].renew && r >= 0) {
            r = tx_exec(tx, &job_sql[JOB_RENEW],
                        ARGS(A_ID(b[k].id), A_I64(b[k].claim), A_I64(now + b[k].lease_ms)), reterr);
            b[k].alive = r > 0;
            b[k].lease_until_ns = mono + b[k].lease_ms * 1000000;
        }
    }
    return r < 0 ? r : tx_commit(&tx, reterr);
}

/* Tells the jobs what was found. While the store does not answer, a lease is given up by its own
 * time. */
static void beats_tell(struct job_worker *w, const struct beat *b, int n, bool answered) {
    int64_t now = clock_mono_ns();
    for (struct job_ctx *c = w->running; c; c = c->next)
        for (int k = 0; k < n; k++) {
            if (strcmp(c->row.pub.id.v.s, b[k].id.v.s) != 0 || c->row.claim != b[k].claim)
                continue;
            if (answered)
                c->lease_until_ns = b[k].lease_until_ns;
            else
                c->dirty |= b[k].dirty;
            if (b[k].cancel)
                __atomic_store_n(&c->cancel, 1, __ATOMIC_RELEASE);
            if (answered ? !b[k].alive : c->lease_until_ns < now)
                __atomic_store_n(&c->lost, 1, __ATOMIC_RELEASE);
        }
}

static void tick_wait(struct job_worker *w) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += TICK_MS * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (!w->ticker_ends && pthread_cond_timedwait(&w->tick, &w->lock, &until) == 0)
        ;
}

void *job_ticker_thread(void *arg) {
    struct job_worker *w = arg;
    struct beat *b = calloc(BEATS_MAX, sizeof *b);
    assert(b);
    pthread_mutex_lock(&w->lock);
    while (!w->ticker_ends) {
        if (!w->running) { /* nothing to renew: no wake-ups */
            pthread_cond_wait(&w->tick, &w->lock);
            continue;
        }
        int n = beats_take(w, b);
        pthread_mutex_unlock(&w->lock);
        struct err e = {0};
        int r = beats_look(w, b, n, &e);
        if (r >= 0)
            r = beats_write(w, b, n, &e);
        if (r < 0)
            log_event(LOG_WARN, "job.heartbeat", LS("error", e.msg));
        pthread_mutex_lock(&w->lock);
        beats_tell(w, b, n, r >= 0);
        tick_wait(w);
    }
    pthread_mutex_unlock(&w->lock);
    free(b);
    return NULL;
}
