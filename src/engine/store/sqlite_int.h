/* sqlite_int.h - between the SQLite driver's files. */
#pragma once
#include "engine/store/store_int.h"
#include <pthread.h>
#include <sqlite3.h>

struct stmt_slot {
    const struct sql *q;
    sqlite3_stmt *stmt;
};

struct conn {
    sqlite3 *db;
    struct conn *next; /* in the pool */
    enum store_db which;
    const char *path;        /* borrowed from the file */
    struct stmt_slot *slots; /* open addressing by the address of q; cap is a power of two */
    size_t cap, n;
    struct conn_map *map; /* NULL: its file is not mapped */
};

struct sqlite_file {
    pthread_mutex_t lock;
    pthread_cond_t writer_gone;
    bool writing;
    pthread_t writer;
    struct conn *idle;
    size_t n_idle;
    /* Who writes takes this one, so that what it has read stays good: every other connection has to forget its pages
     * when somebody has written. The writer's, while one is; NULL: not made yet. */
    struct conn *for_writing;
    char *path;
};

struct sqlite {
    struct sqlite_file file[STORE_DBS];
};

int conn_open(struct store *st, enum store_db which, struct conn **ret_c, struct err *reterr);
void conn_close(struct conn *c);
/* Runs text that is not of a table: pragmas, migrations. */
/* BEGIN and its like, prepared as any statement: parsing them would cost as much as a short read. */
enum conn_control { CONTROL_BEGIN, CONTROL_BEGIN_IMMEDIATE, CONTROL_COMMIT };
int conn_control(struct conn *c, enum conn_control which, struct err *reterr);
int conn_script(struct conn *c, const char *text, struct err *reterr);
/* Translates what SQLite answered; rc SQLITE_OK gives 0. */
int conn_error(struct conn *c, int rc, struct err *reterr);
int conn_run(struct conn *c, const struct sql *q, struct sql_args args, struct arena *a,
             struct rows *ret_rows, struct err *reterr);
/* False: the arena is at its ceiling. */
bool conn_val_read(sqlite3_stmt *stmt, int col, struct arena *a, struct sql_val *ret);
/* The file in memory, shared with every other connection of the process. A file of another kind than the system's is read. */
int conn_map(struct conn *c, struct err *reterr);
void conn_unmap(struct conn *c); /* after its database is closed */
int conn_prepare(struct conn *c, const struct sql *q, struct err *reterr);

int sqlite_migrate(struct store *st, struct err *reterr);
int sqlite_backup(struct store *st, const char *dir, struct err *reterr);
int sqlite_begin(struct store *st, enum store_db db, enum tx_mode mode, struct conn **ret_c,
                 struct err *reterr);
int sqlite_end(struct store *st, struct conn *c, enum tx_mode mode, bool commit,
               struct err *reterr);
