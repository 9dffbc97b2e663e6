/* postgres_int.h - between the PostgreSQL driver's files. */
#pragma once
#include "engine/store/store_int.h"
#include "base/buf.h"
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

enum { PG_NO_END_MS = 1000000000 };

/* What a command that failed says about going on. */
enum pg_fate {
    PG_FINAL,   /* the statement is at fault: the caller hears of it */
    PG_AGAIN,   /* two transactions met (40001, 40P01): the same again may well pass */
    PG_LOST,    /* the connection is gone, or the server is going */
    PG_ELSEWHERE, /* not done, and this server will not: another connection may lead to one that does */
    PG_REFUSED, /* connecting: no use in trying again (password, no such database) */
    PG_FULL,    /* connecting: the server has no connection left; those that are open are well */
};

/* One connection to the server, always in pipeline mode. One thread at a time. */
struct link {
    PGconn *pg;
    struct postgres *pool;
    struct link *next;          /* among the idle */
    const struct sql **slots;   /* what is prepared on it: open addressing, cap a power of two */
    size_t cap, n;
    bool ending;                /* a COMMIT or ROLLBACK was sent whose answer nobody has read */
    bool broken;
    const char *why;            /* we gave it up ourselves; NULL: it broke */
    int64_t timeout_ms;         /* longer than the server's own: it is silent then */
    char backend[64];           /* who serves it: process and start; "": not yet known */
    uint64_t lost_seen;         /* pool.lost when it was opened */
    int64_t look_ns, deaf_ns;   /* postgres_wait.c */
};

struct postgres {
    struct store *st;
    char *masked; /* the address as people may see it */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct link *idle;
    size_t n_links, n_connecting;
    size_t size;
    uint64_t generation; /* grows when the server went away: older connections are not kept */
    bool down;
    int64_t down_ns; /* since when */
    int waiting;     /* requests that wait for it to come back */
    int failures;
    int64_t retry_ns;  /* while down: nobody connects before */
    int64_t full_ns;   /* the server had no connection left: nobody asks for one before */
    struct err why;    /* of the last attempt */
    int64_t swept_ns;
    bool looking;                /* somebody finds out why the server is silent */
    _Atomic(uint64_t) lost;      /* grows when it was found to be gone: whoever waits for it stops */
};

struct journal_entry;

/* A transaction. */
struct conn {
    struct store *st;
    struct postgres *pg;
    struct link *link; /* NULL: none yet, or it was lost */
    uint64_t generation;
    enum store_db db;
    enum tx_mode mode;
    bool begun;
    struct arena memory; /* of the journal */
    struct journal_entry *journal, **journal_end;
    bool too_long; /* to be run again by itself */
};

/* postgres_connect.c. Ends by until_ns, on the monotonic clock; only a name that does not resolve may take longer. */
int link_open(struct store *st, int64_t until_ns, struct link **ret, enum pg_fate *ret_fate, struct err *reterr);
void link_close(struct link *l);
/* Another connection to where l goes, begun only; the caller goes on with PQconnectPoll. NULL: no memory. */
PGconn *connect_beside(const struct store *st, const struct link *l);

/* postgres_wait.c */
/* Until the socket can be read (or written), and then true. False: the connection is given up, because the server is
 * gone, or does not know of it any more, or until_ns or the thread's own deadline has passed. */
bool link_wait(struct link *l, bool write, int64_t until_ns);
/* Something went to the server: its silence counts from now. */
void link_spoke(struct link *l);
bool link_break(struct link *l); /* false */

/* postgres_link.c */
/* Commands between link_begin and link_finish travel together and are answered in order. */
bool link_send(struct link *l, const char *text);
/* Says that q, whose preparation was sent, is known to the server from now on. */
void link_prepared(struct link *l, const struct sql *q);
bool link_send_prepared(struct link *l, const struct sql *q, struct sql_args args,
                        bool *ret_prepares);
/* The same again in the same journey, where the first one prepares. */
bool link_send_again(struct link *l, const struct sql *q, struct sql_args args);
/* Flushes, with a sync. */
bool link_flush(struct link *l);
/* The next command's result (the caller clears it); NULL: the connection is lost. */
PGresult *link_result(struct link *l);
bool link_sync(struct link *l); /* reads the sync's own answer */
bool link_drain(struct link *l); /* the answer of an end that nobody waited for */
bool link_alive(struct link *l); /* of an idle one */
/* Text that is not of a table, several statements maybe, outside of a pipeline. */
int link_script(struct link *l, const char *text, struct err *reterr);
/* The same; the last statement's result is the caller's to clear, or NULL. */
int link_script_last(struct link *l, const char *text, PGresult **ret_last, struct err *reterr);

/* postgres_value.c */
int pg_error(struct link *l, const PGresult *r, enum pg_fate *ret_fate, struct err *reterr);
int pg_rows(const PGresult *r, struct arena *a, struct rows *ret_rows, struct err *reterr);
int pg_changed(const PGresult *r);
struct pg_params {
    const char **value;
    int *length, *format;
    char (*text)[32];
};
bool pg_params_make(struct pg_params *p, struct sql_args args);
void pg_params_done(struct pg_params *p);

/* postgres.c: the pool */
int link_take(struct postgres *pg, int64_t wait_ms, struct link **ret, uint64_t *ret_generation,
              struct err *reterr);
void link_give(struct postgres *pg, struct link *l, uint64_t generation);
/* Nobody answers at the server's address: whoever waits for it stops. */
void pool_lost(struct postgres *pg);

/* postgres_tx.c */
int pg_tx_begin(struct store *st, enum store_db db, enum tx_mode mode, struct conn **ret_c,
                struct err *reterr);
int pg_tx_end(struct store *st, struct conn *c, enum tx_mode mode, bool commit,
              struct err *reterr);
int pg_tx_run(struct conn *c, const struct sql *q, struct sql_args args, struct arena *a,
              struct rows *ret_rows, struct err *reterr);
int pg_once(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
            struct rows *ret_rows, struct err *reterr);
int pg_ask_all(struct store *st, struct store_ask *asks, size_t n, struct arena *a,
               struct err *reterr);
int pg_ping(struct store *st, struct err *reterr);
int pg_prepare(struct conn *c, const struct sql *q, struct err *reterr);

/* postgres_admin.c */
int pg_migrate(struct store *st, struct err *reterr);
int pg_backup(struct store *st, const char *dir, struct err *reterr);
