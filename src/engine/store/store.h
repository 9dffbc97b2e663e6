/*
 * store.h - SQL behind one interface: SQLite or PostgreSQL, by the same calls.
 *
 * Statements live in tables (struct sql) beside the service that owns them, with $1..$n parameters;
 * nothing else is ever executed. The store rewrites $n to ?n for SQLite. A test prepares every
 * statement of every table on both engines after all migrations.
 *
 * On SQLite each enum store_db is a file of its own (WAL). MAIN holds money, accounts and the
 * catalogue, JOBS what was accepted to be done: a commit there survives a power cut. VIEWING is
 * written most often, and survives a kill; a power cut may take its last moments. On PostgreSQL they are one
 * database. A transaction therefore belongs to one store_db, and no statement may join across.
 *
 * Any thread. A transaction belongs to the thread that began it. Several processes may open the
 * same store. SQLITE_BUSY is waited out (bounded by options.busy_ms, then ERR_BUSY).
 *
 * A statement that fails breaks its transaction, as PostgreSQL does: what follows in it is refused
 * and tx_commit rolls back. To try an insert use ON CONFLICT DO NOTHING and look at the count. A
 * thread that writes to two databases at once begins MAIN before JOBS before VIEWING, and never
 * begins a second write on one that it is writing to (ERR_INTERNAL). Not across fork: open the
 * store after it.
 *
 * Writing transactions behave as if there were one at a time: SQLite's are, PostgreSQL's are
 * SERIALIZABLE and are run again inside the store when the server breaks them off or goes away
 * (postgres_tx.c). Only where what they had read has changed meanwhile do they end, at any
 * statement or at the commit, with ERR_BUSY and the reason "store.contended": run it again from the
 * first decision. The HTTP server does so with a handler that has committed nothing before, the job
 * queue with a job.
 *
 * A comment that begins with "pg " is SQL on PostgreSQL and nothing on SQLite: FOR UPDATE. One that begins with "lite "
 * is SQL on SQLite and nothing on PostgreSQL.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"

enum store_db { STORE_MAIN, STORE_JOBS, STORE_VIEWING, STORE_DBS };

struct sql {
    const char *name; /* NULL ends a table */
    enum store_db db;
    const char *text;
};

/* #define CATALOG_SQL(Q) Q(TITLE_BY_SLUG, MAIN, "SELECT id FROM title WHERE slug = $1") ...
 * enum { CATALOG_SQL(SQL_ENUM) };
 * const struct sql catalog_sql[] = { CATALOG_SQL(SQL_ROW) SQL_END };
 * tx_query(tx, &catalog_sql[TITLE_BY_SLUG], ARGS(A_STR(slug)), a, &rows, reterr) */
#define SQL_ENUM(name, db, text) name,
#define SQL_ROW(name, db, text) [name] = {#name, STORE_##db, text},
#define SQL_END                                                                                    \
    { NULL, STORE_MAIN, NULL }

enum sql_type { SQL_NULL, SQL_I64, SQL_F64, SQL_TEXT, SQL_BLOB };
struct sql_val {
    enum sql_type type;
    int64_t i;
    double f;
    struct str s; /* TEXT and BLOB; borrowed until the call returns */
};
struct sql_args {
    const struct sql_val *v;
    size_t n;
};
#define A_NULL ((struct sql_val){.type = SQL_NULL})
#define A_I64(x) ((struct sql_val){.type = SQL_I64, .i = (x)})
#define A_BOOL(x) ((struct sql_val){.type = SQL_I64, .i = !!(x)})
#define A_F64(x) ((struct sql_val){.type = SQL_F64, .f = (x)})
#define A_STR(x) sql_text(x) /* STR_NULL gives NULL */
#define A_CSTR(x) sql_text(str_of(x))
#define A_BLOB(x) ((struct sql_val){.type = SQL_BLOB, .s = (x)})
#define A_ID(typed) sql_text(id_str(&(typed).v)) /* an unset id gives NULL */
#define ARGS(...)                                                                                  \
    ((struct sql_args){(const struct sql_val[]){__VA_ARGS__},                                      \
                       sizeof((const struct sql_val[]){__VA_ARGS__}) / sizeof(struct sql_val)})
#define NO_ARGS ((struct sql_args){NULL, 0})
static inline struct sql_val sql_text(struct str s) {
    return (struct sql_val){.type = s.p ? SQL_TEXT : SQL_NULL, .s = s};
}

struct store;
struct tx;

struct store_options {
    const char *url;           /* a folder's path, or postgresql://... */
    const struct clock *clock; /* borrowed for the store's life */
    int busy_ms;               /* 0: 5000 */
    int statement_ms;          /* PostgreSQL: what one statement may take; 0: 30000 */
    int connections;           /* PostgreSQL: how many to hold; 0: 16 */
    bool read_only;
    bool copying; /* a target whose store_copy has not ended is welcome */
};

/* Opens, and creates what is missing; does not migrate. Caller closes. */
int store_open(const struct store_options *o, struct store **ret_st, struct err *reterr);
void store_close(struct store *st);
/* Applies every migration that is missing, each in one transaction; safe from several processes at
 * once. ERR_CONFLICT: the store was written by a newer program. */
int store_migrate(struct store *st, struct err *reterr);
int64_t store_now_ms(const struct store *st);
/* For a parameter that is an expression of the engine's own (FTS5's and tsquery's differ), and for how many rows a statement
 * writes; for nothing else. */
bool store_is_postgres(const struct store *st);
/* What this thread does with a store ends by then (clock_mono_ns(); 0: no such end), with ERR_BUSY: somebody waits who
 * will not wait longer. Of PostgreSQL; SQLite waits busy_ms at most. */
void store_deadline_set(int64_t mono_ns);
/* Whether it can be read and written now; waits wait_ms at most. ERR_BUSY and why: "store.unreachable",
 * "store.read_only", "store.connections", ... */
int store_ping(struct store *st, int wait_ms, struct err *reterr);
/* How many commits of this thread may have changed something: who is told ERR_BUSY
 * "store.contended" and finds it where it was has changed nothing yet, and may begin again. */
uint64_t store_commits_here(void);
/* Whether rc is "store.contended" and the attempt (0, 1, ...) not the last one: then waits a little,
 * clears reterr and returns true. */
bool store_again(int rc, int attempt, struct err *reterr);
/* rc = call, run again while it is contended: for callers that neither the HTTP server nor the job
 * queue calls. The call commits nothing before it may fail, or does nothing twice. */
#define STORE_RETRY(rc, reterr, call)                                                              \
    do {                                                                                           \
        int attempt_ = 0;                                                                          \
        do                                                                                         \
            (rc) = (call);                                                                         \
        while (store_again((rc), attempt_++, (reterr)));                                           \
    } while (0)

enum tx_mode { TX_READ, TX_WRITE }; /* WRITE takes the write lock at once (BEGIN IMMEDIATE) */
int tx_begin(struct store *st, enum store_db db, enum tx_mode mode, struct tx **ret_tx,
             struct err *reterr);
int tx_commit(struct tx **tx, struct err *reterr); /* always frees and clears *tx */
void tx_rollback(struct tx **tx);                  /* NULL-safe, so it serves scoped() */
/* Something that the next transaction of this thread which writes to STORE_MAIN writes too, before it commits: an
 * error breaks it. done is set once such a commit succeeded. NULL: nothing (any more). */
struct store_companion {
    int (*write)(struct tx *tx, void *arg, struct err *reterr);
    void *arg;
    bool done;
};
void store_companion_set(struct store_companion *c);
struct store *tx_store(struct tx *tx);
enum store_db tx_db(const struct tx *tx);
/* Work to do after a successful commit, in order, on this thread (wake a dispatcher, ...). */
int tx_after_commit(struct tx *tx, void (*fn)(void *arg), void *arg);

/* Returns the number of rows changed. ERR_CONFLICT: a unique or foreign key was violated. */
int tx_exec(struct tx *tx, const struct sql *q, struct sql_args args, struct err *reterr);

/* A result, whole, in the arena. ERR_LIMIT when it does not fit there. */
struct rows {
    size_t n, cols;
    struct sql_val *v;
};
int tx_query(struct tx *tx, const struct sql *q, struct sql_args args, struct arena *a,
             struct rows *ret_rows, struct err *reterr); /* returns the number of rows */
/* Like tx_query, but exactly one row is due: ERR_NOT_FOUND when there is none. */
int tx_row(struct tx *tx, const struct sql *q, struct sql_args args, struct arena *a,
           struct rows *ret_rows, struct err *reterr);
/* One statement in a transaction of its own. */
int store_exec(struct store *st, const struct sql *q, struct sql_args args, struct err *reterr);
int store_query(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
                struct rows *ret_rows, struct err *reterr);
int store_row(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
              struct rows *ret_rows, struct err *reterr);

/* Several statements that read, whose order does not matter: on PostgreSQL they travel together, on SQLite
 * those of a database share a transaction. The rows are in the arena, as store_query's. */
enum { STORE_ASK_ARGS = 4 };
struct store_ask {
    const struct sql *q;
    struct sql_val v[STORE_ASK_ARGS]; /* text is borrowed until store_ask_all returns */
    size_t n_args;
    struct rows rows;
};
#define ASK(q_, ...)                                                                               \
    ((struct store_ask){                                                                           \
        .q = (q_),                                                                                 \
        .v = {__VA_ARGS__},                                                                        \
        .n_args = sizeof((const struct sql_val[]){__VA_ARGS__}) / sizeof(struct sql_val)})
int store_ask_all(struct store *st, struct store_ask *asks, size_t n, struct arena *a,
                  struct err *reterr);

int64_t row_i64(const struct rows *r, size_t row, size_t col); /* NULL: 0 */
double row_f64(const struct rows *r, size_t row, size_t col);
struct str row_str(const struct rows *r, size_t row,
                   size_t col); /* NULL: STR_NULL; NUL-terminated */
bool row_null(const struct rows *r, size_t row, size_t col);
struct id row_id(const struct rows *r, size_t row, size_t col);

/* Prepares every statement of the tables (a NULL-terminated list) without running it; for the tests
 * and for `matinee doctor`. */
int store_prepare_all(struct store *st, const struct sql *const *tables, struct err *reterr);
/* Everything from SQLite to PostgreSQL, both migrated. Nobody else may write to either meanwhile (the
 * caller sees to it). Broken off at any moment, the same call goes on behind the last batch that was
 * committed; until it has ended well no store_migrate accepts the target. Counts and checksums of
 * every table are compared at the end. ERR_CONFLICT: the target holds other data, or differs. */
struct store_copied {
    const char *table;
    size_t table_n, tables;
    int64_t rows, rows_total;
    bool verified; /* rows and checksum are of both sides, and the same */
    bool resumed;
    uint64_t checksum;
};
int store_copy(struct store *from, struct store *to,
               void (*progress)(void *arg, const struct store_copied *p), void *arg,
               struct err *reterr);
/* A copy of everything into a folder (made when missing; ERR_CONFLICT when it holds a store
 * already), while others write. Each file is one moment's; MAIN is copied last, so that whatever
 * the others point at is in it. */
int store_backup(struct store *st, const char *dir, struct err *reterr);
