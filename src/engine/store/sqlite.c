/*
 * sqlite.c - the SQLite driver: a folder with three files, a pool of connections for each, one
 * writer at a time in the process.
 *
 * Writers of one process queue on a condition variable instead of SQLite's sleeping retries, which
 * know no order; between processes SQLite's own busy handling decides. Both together are bounded by
 * busy_ms.
 */
#include "engine/store/sqlite_int.h"
#include "base/dir.h"
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { POOL_IDLE_MAX = 16 };

/* Made by us first, because SQLite would make it readable by everybody; the -wal and -shm files
 * take over its mode. Never opened when it exists: closing any descriptor of a file drops this
 * process's POSIX locks on it, SQLite's included. */
static int file_make(const char *path, struct err *reterr) {
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0 && errno != EEXIST)
        return err_errno(reterr, errno, "%s", path);
    fd_close(&fd);
    return 0;
}

static void file_done(struct sqlite_file *f) {
    for (struct conn *c = f->idle, *next; c; c = next) {
        next = c->next;
        conn_close(c);
    }
    conn_close(f->for_writing);
    free(f->path);
    pthread_cond_destroy(&f->writer_gone);
    pthread_mutex_destroy(&f->lock);
}

static void sqlite_close(struct store *st) {
    struct sqlite *s = st->impl;
    for (size_t i = 0; i < STORE_DBS; i++) {
        assert(!s->file[i].writing); /* a transaction outlived the store */
        file_done(&s->file[i]);
    }
    free(s);
}

static void library_configure(void) {
    /* Else every allocation of every connection takes one lock, to count it. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int sqlite_open(struct store *st, struct err *reterr) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_configure);
    int r = st->read_only ? 0 : dir_make(st->url, reterr);
    if (r < 0)
        return r;
    struct sqlite *s = calloc(1, sizeof *s);
    if (!s)
        return err_errno(reterr, ENOMEM, "opening the store");
    st->impl = s;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (size_t i = 0; i < STORE_DBS; i++) {
        struct sqlite_file *f = &s->file[i];
        pthread_mutex_init(&f->lock, NULL);
        pthread_cond_init(&f->writer_gone, &monotonic);
        if (asprintf(&f->path, "%s/%s.db", st->url, store_db_names[i]) < 0) {
            f->path = NULL;
            r = err_errno(reterr, ENOMEM, "opening the store");
        }
    }
    pthread_condattr_destroy(&monotonic);
    /* One connection each now, so that what is wrong with the folder is said at once. */
    for (size_t i = 0; i < STORE_DBS && r == 0; i++) {
        struct sqlite_file *f = &s->file[i];
        r = st->read_only ? 0 : file_make(f->path, reterr);
        if (r == 0)
            r = conn_open(st, (enum store_db)i, &f->idle, reterr);
        f->n_idle = r == 0;
    }
    if (r < 0)
        sqlite_close(st);
    return r;
}

static int writer_enter(struct store *st, struct sqlite_file *f, struct err *reterr) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += st->busy_ms / 1000;
    until.tv_nsec += (long)(st->busy_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int r = 0, waited = 0;
    pthread_mutex_lock(&f->lock);
    if (f->writing && pthread_equal(f->writer, pthread_self()))
        r = err_set(reterr, ERR_INTERNAL, "%s: this thread is writing to it already", f->path);
    while (r == 0 && f->writing && waited == 0)
        waited = pthread_cond_timedwait(&f->writer_gone, &f->lock, &until);
    if (r == 0 && f->writing) {
        r = err_refuse(reterr, ERR_BUSY, "", "The database is busy; try again in a moment.",
                       "%s: no turn to write within %d ms", f->path, st->busy_ms);
    } else if (r == 0) {
        f->writing = true;
        f->writer = pthread_self();
    }
    pthread_mutex_unlock(&f->lock);
    return r;
}

static void writer_leave(struct sqlite_file *f) {
    pthread_mutex_lock(&f->lock);
    f->writing = false;
    pthread_cond_signal(&f->writer_gone);
    pthread_mutex_unlock(&f->lock);
}

static int conn_take(struct store *st, enum store_db db, struct conn **ret_c, struct err *reterr) {
    struct sqlite_file *f = &((struct sqlite *)st->impl)->file[db];
    pthread_mutex_lock(&f->lock);
    struct conn *c = f->idle;
    if (c) {
        f->idle = c->next;
        f->n_idle--;
    }
    pthread_mutex_unlock(&f->lock);
    if (!c)
        return conn_open(st, db, ret_c, reterr);
    *ret_c = c;
    return 0;
}

static void conn_give(struct sqlite_file *f, struct conn *c) {
    pthread_mutex_lock(&f->lock);
    bool keep = f->n_idle < POOL_IDLE_MAX;
    if (keep) {
        c->next = f->idle;
        f->idle = c;
        f->n_idle++;
    }
    pthread_mutex_unlock(&f->lock);
    if (!keep)
        conn_close(c);
}

int sqlite_begin(struct store *st, enum store_db db, enum tx_mode mode, struct conn **ret_c,
                 struct err *reterr) {
    struct sqlite_file *f = &((struct sqlite *)st->impl)->file[db];
    int r = mode == TX_WRITE ? writer_enter(st, f, reterr) : 0;
    if (r < 0)
        return r;
    struct conn *c = mode == TX_WRITE ? take(f->for_writing) : NULL;
    if (!c)
        r = conn_take(st, db, &c, reterr);
    if (r == 0)
        r = conn_control(c, mode == TX_WRITE ? CONTROL_BEGIN_IMMEDIATE : CONTROL_BEGIN, reterr);
    if (r < 0) {
        conn_close(c); /* rare enough; the next one starts clean */
        if (mode == TX_WRITE)
            writer_leave(f);
        return r;
    }
    *ret_c = c;
    return 0;
}

int sqlite_end(struct store *st, struct conn *c, enum tx_mode mode, bool commit,
               struct err *reterr) {
    struct sqlite_file *f = &((struct sqlite *)st->impl)->file[c->which];
    int r = commit ? conn_control(c, CONTROL_COMMIT, reterr) : 0;
    /* A failed COMMIT may leave the transaction open; some errors end it by themselves. */
    bool clean = sqlite3_get_autocommit(c->db) || conn_script(c, "ROLLBACK", NULL) == 0;
    if (!clean)
        conn_close(c);
    else if (mode == TX_WRITE)
        f->for_writing = c;
    else
        conn_give(f, c);
    if (mode == TX_WRITE)
        writer_leave(f);
    return r;
}

/* A single reading statement is a transaction by itself. */
static int sqlite_once(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
                       struct rows *ret_rows, struct err *reterr) {
    enum tx_mode mode = sql_is_read(q->text) ? TX_READ : TX_WRITE;
    struct conn *c = NULL;
    int r = mode == TX_READ ? conn_take(st, q->db, &c, reterr)
                            : sqlite_begin(st, q->db, mode, &c, reterr);
    if (r < 0)
        return r;
    int count = conn_run(c, q, args, a, ret_rows, reterr);
    r = mode == TX_READ ? 0 : sqlite_end(st, c, mode, count >= 0, count < 0 ? NULL : reterr);
    if (mode == TX_READ)
        conn_give(&((struct sqlite *)st->impl)->file[q->db], c);
    return count < 0 ? count : r < 0 ? r : count;
}

const struct store_driver sqlite_driver = {
    .scheme = "",
    .open = sqlite_open,
    .close = sqlite_close,
    .migrate = sqlite_migrate,
    .begin = sqlite_begin,
    .end = sqlite_end,
    .run = conn_run,
    .once = sqlite_once,
    .prepare = conn_prepare,
    .backup = sqlite_backup,
};
