/* store_int.h - between store.c and its drivers. A driver is one row of functions: SQLite is the
 * first, PostgreSQL the second. Nothing outside this folder includes it. */
#pragma once
#include "engine/store/store.h"
#include "base/url.h"

struct conn; /* the driver's own */

/* All statements arrive here already checked by store.c: the right database, a transaction that is
 * not broken, no write inside TX_READ. */
struct store_driver {
    const char *scheme; /* what a URL starts with; "" takes whatever is left */
    int (*open)(struct store *st, struct err *reterr);
    void (*close)(struct store *st);
    int (*migrate)(struct store *st, struct err *reterr);
    int (*begin)(struct store *st, enum store_db db, enum tx_mode mode, struct conn **ret_c,
                 struct err *reterr);
    /* Ends the transaction and gives the connection back, whatever the result. */
    int (*end)(struct store *st, struct conn *c, enum tx_mode mode, bool commit,
               struct err *reterr);
    /* a and ret_rows NULL: only the count of changed rows is wanted. */
    int (*run)(struct conn *c, const struct sql *q, struct sql_args args, struct arena *a,
               struct rows *ret_rows, struct err *reterr);
    /* One statement in a transaction of its own. NULL: begin, run and end do. */
    int (*once)(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
                struct rows *ret_rows, struct err *reterr);
    /* Reading statements that travel together. NULL: a transaction for each database. */
    int (*ask_all)(struct store *st, struct store_ask *asks, size_t n, struct arena *a,
                   struct err *reterr);
    int (*prepare)(struct conn *c, const struct sql *q, struct err *reterr);
    int (*backup)(struct store *st, const char *dir, struct err *reterr);
    /* Whether it can be written to. NULL: always, as far as can be known without writing. */
    int (*ping)(struct store *st, struct err *reterr);
};
extern const struct store_driver sqlite_driver, postgres_driver, postgres_short_driver;

struct store {
    const struct store_driver *driver;
    void *impl; /* the driver's own */
    const struct clock *clock;
    char *url;
    int busy_ms, statement_ms, connections;
    bool read_only, copying;
};

/* Written by script/embed-sql from sql/NNNN_what/{sqlite,postgres}.sql. "" where a migration has
 * nothing for a database. The checksum is the SHA-256 of the text. */
struct migration_part {
    const char *text, *sha256;
};
struct migration {
    const char *name;
    struct migration_part sqlite[STORE_DBS], postgres[STORE_DBS];
};
extern const struct migration store_migrations[]; /* by name; the last has none */

/* By its name; NULL: this program has none such. */
const struct migration *migration_find(struct str name);
/* What is recorded must be what this program would have done. m NULL: it does not know name. */
int migration_check(const struct migration *m, const char *sha256, struct str name,
                    struct str recorded, const char *where, struct err *reterr);

extern const char *const store_db_names[STORE_DBS];

/* The earlier of until_ns and what store_deadline_set said on this thread. */
int64_t store_until(int64_t until_ns);
bool store_is_late(void); /* that has passed */
bool store_has_deadline(void);

/* $n -> ?n outside strings, quoted names and comments; SQLite would number $n by first appearance. What stands in
 * comments that begin with "lite " becomes SQL. The caller frees. NULL: no memory. */
char *sql_rewrite(const char *text);
/* What stands in comments that begin with "pg " becomes SQL. The caller frees. NULL: no memory. */
char *sql_rewrite_postgres(const char *text);
/* True for a statement that only reads. */
bool sql_is_read(const char *text);
