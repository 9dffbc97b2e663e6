/*
 * store.c - the part of the store that is the same on every engine: transactions and their rules,
 * rows.
 *
 * The rules are the stricter engine's, so that what works alone works at scale: a failed statement
 * breaks its transaction (PostgreSQL), a reading transaction never writes (SQLite could not upgrade
 * its snapshot), a statement runs only against the database it is declared for.
 */
#include "engine/store/store_int.h"
#include <errno.h>
#include <unistd.h>

const char *const store_db_names[STORE_DBS] = {"main", "jobs", "viewing"};

static const struct store_driver *const drivers[] = {&postgres_driver, &postgres_short_driver,
                                                     &sqlite_driver};

struct after {
    struct after *next;
    void (*fn)(void *arg);
    void *arg;
};

struct tx {
    struct store *st;
    struct conn *conn;
    enum store_db db;
    enum tx_mode mode;
    bool wrote;
    int broken; /* the code of the statement that failed */
    struct after *after, **after_end;
};

int store_open(const struct store_options *o, struct store **ret_st, struct err *reterr) {
    const struct store_driver *driver = NULL;
    for (size_t i = 0; i < ARRAY_LEN(drivers) && !driver; i++)
        if (str_starts(str_of(o->url), str_of(drivers[i]->scheme)))
            driver = drivers[i];
    if (!o->url || !*o->url || !driver || (!*driver->scheme && strstr(o->url, "://"))) {
        scoped(mem_free) char *masked = url_mask(o->url ? o->url : "");
        return err_refuse(reterr, ERR_INVALID, "store.url",
                          "The store's address must be a folder's path, or "
                          "postgresql://USER@HOST/DATABASE.",
                          "store address '%s' is of no kind this build knows",
                          masked ? masked : "");
    }
    struct store *st = calloc(1, sizeof *st);
    if (!st || !(st->url = strdup(o->url))) {
        free(st);
        return err_errno(reterr, ENOMEM, "opening the store");
    }
    st->driver = driver;
    st->clock = o->clock;
    st->busy_ms = o->busy_ms ? o->busy_ms : 5000;
    st->statement_ms = o->statement_ms ? o->statement_ms : 30000;
    st->connections = o->connections ? o->connections : 16;
    st->read_only = o->read_only;
    st->copying = o->copying;
    int r = driver->open(st, reterr);
    if (r < 0) {
        free(st->url);
        free(st);
        return r;
    }
    *ret_st = st;
    return 0;
}

void store_close(struct store *st) {
    if (!st)
        return;
    st->driver->close(st);
    free(st->url);
    free(st);
}

int store_migrate(struct store *st, struct err *reterr) {
    return st->driver->migrate(st, reterr);
}

int store_backup(struct store *st, const char *dir, struct err *reterr) {
    return st->driver->backup(st, dir, reterr);
}

int64_t store_now_ms(const struct store *st) {
    return clock_now_ms(st->clock);
}

int tx_begin(struct store *st, enum store_db db, enum tx_mode mode, struct tx **ret_tx,
             struct err *reterr) {
    assert(db < STORE_DBS);
    if (mode == TX_WRITE && st->read_only)
        return err_set(reterr, ERR_PERMISSION, "the store was opened for reading only");
    struct tx *tx = calloc(1, sizeof *tx);
    if (!tx)
        return err_errno(reterr, ENOMEM, "beginning a transaction");
    int r = st->driver->begin(st, db, mode, &tx->conn, reterr);
    if (r < 0) {
        free(tx);
        return r;
    }
    tx->st = st;
    tx->db = db;
    tx->mode = mode;
    tx->after_end = &tx->after;
    *ret_tx = tx;
    return 0;
}

static __thread int64_t deadline_ns;

void store_deadline_set(int64_t mono_ns) {
    deadline_ns = mono_ns;
}

bool store_has_deadline(void) {
    return deadline_ns != 0;
}

int64_t store_until(int64_t until_ns) {
    return deadline_ns ? MIN(until_ns, deadline_ns) : until_ns;
}

bool store_is_late(void) {
    return deadline_ns && clock_mono_ns() >= deadline_ns;
}

bool store_is_postgres(const struct store *st) {
    return st->driver != &sqlite_driver;
}

int store_ping(struct store *st, int wait_ms, struct err *reterr) {
    int64_t before = deadline_ns;
    deadline_ns = store_until(clock_mono_ns() + (int64_t)wait_ms * 1000000);
    int r = st->driver->ping ? st->driver->ping(st, reterr) : 0;
    deadline_ns = before;
    return r;
}

/* Grows with every commit of this thread that may have changed something. */
static __thread uint64_t commits;

uint64_t store_commits_here(void) {
    return commits;
}

enum { CONTENDED_MAX = 10 };

bool store_again(int rc, int attempt, struct err *reterr) {
    if (rc != ERR_BUSY || strcmp(err_reason(reterr), "store.contended") != 0 ||
        attempt >= CONTENDED_MAX)
        return false;
    err_clear(reterr);
    usleep(1000u << MIN(attempt, 6));
    return true;
}

/* Frees; runs what was asked for after a commit. */
static void tx_end(struct tx *tx, bool committed) {
    struct after *a = tx->after;
    free(tx); /* before the callbacks, which may begin transactions of their own */
    while (a) {
        struct after *next = a->next;
        if (committed)
            a->fn(a->arg);
        free(a);
        a = next;
    }
}

static __thread struct store_companion *companion;

void store_companion_set(struct store_companion *c) {
    companion = c;
}

static bool companion_due(enum store_db db) {
    return companion && !companion->done && db == STORE_MAIN;
}

int tx_commit(struct tx **ptx, struct err *reterr) {
    struct tx *tx = take(*ptx);
    int r;
    bool together = tx->wrote && !tx->broken && companion_due(tx->db);
    if (together && (r = companion->write(tx, companion->arg, reterr)) < 0) {
        tx->st->driver->end(tx->st, tx->conn, tx->mode, false, NULL);
    } else if (tx->broken) {
        tx->st->driver->end(tx->st, tx->conn, tx->mode, false, NULL);
        r = err_set(reterr, tx->broken,
                    "commit refused: a statement of the transaction had failed");
    } else {
        r = tx->st->driver->end(tx->st, tx->conn, tx->mode, true, reterr);
        commits += tx->mode == TX_WRITE && r == 0;
        if (together && r == 0)
            companion->done = true;
    }
    tx_end(tx, r == 0);
    return r;
}

void tx_rollback(struct tx **ptx) {
    struct tx *tx = take(*ptx);
    if (!tx)
        return;
    tx->st->driver->end(tx->st, tx->conn, tx->mode, false, NULL);
    tx_end(tx, false);
}

struct store *tx_store(struct tx *tx) {
    return tx->st;
}

enum store_db tx_db(const struct tx *tx) {
    return tx->db;
}

int tx_after_commit(struct tx *tx, void (*fn)(void *arg), void *arg) {
    struct after *a = malloc(sizeof *a);
    if (!a)
        return ERR_NO_MEMORY;
    *a = (struct after){.fn = fn, .arg = arg};
    *tx->after_end = a;
    tx->after_end = &a->next;
    return 0;
}

static int tx_run(struct tx *tx, const struct sql *q, struct sql_args args, struct arena *a,
                  struct rows *ret_rows, struct err *reterr) {
    if (tx->broken)
        return err_set(
            reterr, tx->broken,
            "%s: an earlier statement of this transaction failed; only a rollback is left",
            q->name);
    if (q->db != tx->db)
        return err_set(reterr, ERR_INTERNAL, "%s belongs to the %s database, not to %s", q->name,
                       store_db_names[q->db], store_db_names[tx->db]);
    if (tx->mode == TX_READ && !sql_is_read(q->text))
        return err_set(reterr, ERR_INTERNAL, "%s writes inside a reading transaction", q->name);
    tx->wrote |= !sql_is_read(q->text);
    int r = tx->st->driver->run(tx->conn, q, args, a, ret_rows, reterr);
    if (r < 0) {
        tx->broken = r;
        err_wrap(reterr, "%s", q->name);
    }
    return r;
}

int tx_exec(struct tx *tx, const struct sql *q, struct sql_args args, struct err *reterr) {
    return tx_run(tx, q, args, NULL, NULL, reterr);
}

int tx_query(struct tx *tx, const struct sql *q, struct sql_args args, struct arena *a,
             struct rows *ret_rows, struct err *reterr) {
    *ret_rows = (struct rows){0};
    return tx_run(tx, q, args, a, ret_rows, reterr);
}

static int one_row(int r, const struct sql *q, struct err *reterr) {
    if (r == 0)
        return err_set(reterr, ERR_NOT_FOUND, "%s found no row", q->name);
    if (r > 1)
        return err_set(reterr, ERR_INTERNAL, "%s found %d rows where one was due", q->name, r);
    return r;
}

int tx_row(struct tx *tx, const struct sql *q, struct sql_args args, struct arena *a,
           struct rows *ret_rows, struct err *reterr) {
    return one_row(tx_query(tx, q, args, a, ret_rows, reterr), q, reterr);
}

static int store_once(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
                      struct rows *ret_rows, struct err *reterr) {
    bool writes = !sql_is_read(q->text);
    if (writes && st->read_only)
        return err_set(reterr, ERR_PERMISSION, "the store was opened for reading only");
    int r = st->driver->once(st, q, args, a, ret_rows, reterr);
    if (r < 0)
        err_wrap(reterr, "%s", q->name);
    commits += writes && r >= 0;
    return r;
}

static int store_run(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
                     struct rows *ret_rows, struct err *reterr) {
    if (st->driver->once && (sql_is_read(q->text) || !companion_due(q->db)))
        return store_once(st, q, args, a, ret_rows, reterr);
    scoped(tx_rollback) struct tx *tx = NULL;
    int r = tx_begin(st, q->db, sql_is_read(q->text) ? TX_READ : TX_WRITE, &tx, reterr);
    if (r < 0)
        return r;
    int count = tx_run(tx, q, args, a, ret_rows, reterr);
    if (count < 0)
        return count;
    r = tx_commit(&tx, reterr);
    return r < 0 ? r : count;
}

int store_exec(struct store *st, const struct sql *q, struct sql_args args, struct err *reterr) {
    return store_run(st, q, args, NULL, NULL, reterr);
}

int store_query(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
                struct rows *ret_rows, struct err *reterr) {
    *ret_rows = (struct rows){0};
    return store_run(st, q, args, a, ret_rows, reterr);
}

int store_row(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
              struct rows *ret_rows, struct err *reterr) {
    return one_row(store_query(st, q, args, a, ret_rows, reterr), q, reterr);
}

static int ask_one(struct store *st, enum store_db db, struct store_ask *asks, struct arena *a,
                   struct err *reterr) {
    while (asks->q->db != db)
        asks++;
    return MIN(store_query(st, asks->q, (struct sql_args){asks->v, asks->n_args}, a, &asks->rows, reterr), 0);
}

static int asks_of(struct store *st, enum store_db db, struct store_ask *asks, size_t n,
                   struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int r = tx_begin(st, db, TX_READ, &tx, reterr);
    for (size_t i = 0; r >= 0 && i < n; i++)
        if (asks[i].q->db == db)
            r = tx_query(tx, asks[i].q, (struct sql_args){asks[i].v, asks[i].n_args}, a,
                         &asks[i].rows, reterr);
    return r < 0 ? r : tx_commit(&tx, reterr);
}

int store_ask_all(struct store *st, struct store_ask *asks, size_t n, struct arena *a,
                  struct err *reterr) {
    size_t count[STORE_DBS] = {0};
    for (size_t i = 0; i < n; i++) {
        assert(asks[i].n_args <= STORE_ASK_ARGS && sql_is_read(asks[i].q->text));
        asks[i].rows = (struct rows){0};
        count[asks[i].q->db]++;
    }
    if (st->driver->ask_all)
        return st->driver->ask_all(st, asks, n, a, reterr);
    int r = 0;
    for (enum store_db db = 0; db < STORE_DBS && r == 0; db++)
        if (count[db] == 1)
            r = ask_one(st, db, asks, a, reterr); /* needs no transaction around it */
        else if (count[db])
            r = asks_of(st, db, asks, n, a, reterr);
    return r;
}

int store_prepare_all(struct store *st, const struct sql *const *tables, struct err *reterr) {
    for (enum store_db db = 0; db < STORE_DBS; db++) {
        struct conn *c;
        int r = st->driver->begin(st, db, TX_READ, &c, reterr);
        if (r < 0)
            return r;
        for (const struct sql *const *t = tables; *t && r >= 0; t++)
            for (const struct sql *q = *t; q->name && r >= 0; q++)
                if (q->db == db && (r = st->driver->prepare(c, q, reterr)) < 0)
                    err_wrap(reterr, "%s", q->name);
        st->driver->end(st, c, TX_READ, false, NULL);
        if (r < 0)
            return r;
    }
    return 0;
}

static const struct sql_val *cell(const struct rows *r, size_t row, size_t col) {
    assert(row < r->n && col < r->cols);
    return &r->v[row * r->cols + col];
}

int64_t row_i64(const struct rows *r, size_t row, size_t col) {
    const struct sql_val *v = cell(r, row, col);
    return v->type == SQL_I64 ? v->i : v->type == SQL_F64 ? (int64_t)v->f : 0;
}

double row_f64(const struct rows *r, size_t row, size_t col) {
    const struct sql_val *v = cell(r, row, col);
    return v->type == SQL_F64 ? v->f : v->type == SQL_I64 ? (double)v->i : 0;
}

struct str row_str(const struct rows *r, size_t row, size_t col) {
    return cell(r, row, col)->s;
}

bool row_null(const struct rows *r, size_t row, size_t col) {
    return cell(r, row, col)->type == SQL_NULL;
}

struct id row_id(const struct rows *r, size_t row, size_t col) {
    struct id id;
    return id_parse(row_str(r, row, col), &id) ? id : (struct id){0};
}
