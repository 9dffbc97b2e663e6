/*
 * test_outage.c - the PostgreSQL driver when the server does not end but falls silent, is cut off in the middle of a
 * COMMIT, has no connection left, only reads, or has no room: every wait ends, and every write is there once or was
 * refused. A program of its own (one server for all tests): exit code 77 says skipped.
 *
 * Nothing here measures time. The statement timeout is ten minutes, so that a wait without a bound of its own outlasts
 * the test.
 */
#include "engine/store/store_int.h"
#include "check.h"
#include "postgres.h"
#include "wire.h"
#include <libpq-fe.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAKE, EMPTY, PUT, SUM, SLEEP, ADD, NEXT };
static const struct sql t_sql[] = {
    [MAKE] = {"MAKE", STORE_MAIN, "CREATE TABLE IF NOT EXISTS t (id TEXT COLLATE \"C\" PRIMARY KEY, n BIGINT)"},
    [EMPTY] = {"EMPTY", STORE_MAIN, "DELETE FROM t"},
    [PUT] = {"PUT", STORE_MAIN, "INSERT INTO t (id, n) VALUES ($1, $2)"},
    [SUM] = {"SUM", STORE_MAIN, "SELECT COALESCE(sum(n), 0) FROM t"},
    [SLEEP] = {"SLEEP", STORE_MAIN, "SELECT pg_sleep($1)"},
    [ADD] = {"ADD", STORE_MAIN, "UPDATE t SET n = n + 1 WHERE id = $1"},
    [NEXT] = {"NEXT", STORE_MAIN, "UPDATE t SET n = n + 1 WHERE id = $1 RETURNING n"},
    SQL_END};

static struct postgres pg;
static struct wire wire;

static void admin(const char *text) {
    char conninfo[128];
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", pg.dir);
    PGconn *c = PQconnectdb(conninfo);
    PGresult *r = PQexec(c, text);
    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
        failures++;
        fprintf(stderr, "FAILED %s: %s\n", text, PQerrorMessage(c));
    }
    PQclear(r);
    PQfinish(c);
}

static struct store *store_make(int connections, int busy_ms) {
    struct err e = {0};
    char url[200];
    snprintf(url, sizeof url, "postgresql://postgres@127.0.0.1:%d/postgres?sslmode=disable&gssencmode=disable", wire.port);
    struct store_options o = {.url = url, .connections = connections, .busy_ms = busy_ms, .statement_ms = 600000};
    struct store *st = NULL;
    CHECK(store_open(&o, &st, &e) == 0);
    if (!st)
        exit(1);
    return st;
}

/* Every test begins with the table empty, but for one row that is added to. */
static void table_reset(void) {
    admin("DELETE FROM t; INSERT INTO t VALUES ('sum', 0)");
}

static int64_t sum(void) {
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    struct rows r;
    struct store *st = store_make(1, 20000);
    int rc = store_row(st, &t_sql[SUM], NO_ARGS, &a, &r, &e);
    CHECK(rc > 0);
    int64_t n = rc > 0 ? row_i64(&r, 0, 0) : -1;
    arena_done(&a);
    store_close(st);
    return n;
}

/* Who writes until it is told often enough that it was written. */
struct writer {
    struct store *st;
    int n, done, unknown, other;
    atomic_int refused;
    bool until_refused; /* goes on for as long as it takes to be refused once */
    pthread_t thread;
};
static void *writer_main(void *arg) {
    struct writer *w = arg;
    while (w->done < w->n || (w->until_refused && !w->refused)) {
        struct err e = {0};
        scoped(tx_rollback) struct tx *tx = NULL;
        int rc = tx_begin(w->st, STORE_MAIN, TX_WRITE, &tx, &e);
        if (rc == 0)
            rc = tx_exec(tx, &t_sql[ADD], ARGS(A_CSTR("sum")), &e);
        if (rc >= 0)
            rc = tx_commit(&tx, &e);
        if (rc >= 0) {
            w->done++;
        } else if (rc == ERR_BUSY) {
            w->unknown += strcmp(err_reason(&e), "store.unknown") == 0;
            w->refused += strcmp(err_reason(&e), "store.contended") != 0;
        } else {
            w->other++;
            fprintf(stderr, "FAILED writer: %s\n", e.msg);
            break;
        }
    }
    return NULL;
}

static void writers_start(struct writer *w, size_t n, struct store *st, int count, bool until_refused) {
    for (size_t i = 0; i < n; i++) {
        w[i] = (struct writer){.st = st, .n = count, .until_refused = until_refused};
        pthread_create(&w[i].thread, NULL, writer_main, &w[i]);
    }
}

/* How many writes they were told of. */
static int64_t writers_end(struct writer *w, size_t n) {
    struct err e = {0};
    int64_t done = 0;
    for (size_t i = 0; i < n; i++) {
        pthread_join(w[i].thread, NULL);
        CHECK(w[i].other == 0 && w[i].unknown == 0);
        done += w[i].done;
    }
    return done;
}

/* Idle connections, ones in use and new ones: all hang, none errs. */
static void silent_server(void) {
    struct err e = {0};
    struct store *st = store_make(3, 400);
    struct store_ask asks[] = {ASK(&t_sql[SUM], A_NULL)};
    asks[0].n_args = 0;
    struct arena a = ARENA(1 << 20);
    struct writer w[3];
    struct tx *tx = NULL;
    table_reset();
    CHECK(store_ping(st, 5000, &e) == 0);
    CHECK(tx_begin(st, STORE_MAIN, TX_WRITE, &tx, &e) == 0);
    CHECK(tx_exec(tx, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == 1);
    wire_set(&wire, WIRE_SWALLOWS);
    CHECK(tx_exec(tx, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == ERR_BUSY && e.hint[0]);
    tx_rollback(&tx);
    CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == ERR_BUSY);
    CHECK(store_ask_all(st, asks, 1, &a, &e) == ERR_BUSY);
    CHECK(store_ping(st, 500, &e) == ERR_BUSY && strcmp(err_reason(&e), "store.unreachable") == 0);
    struct store_options o = {.url = st->url, .busy_ms = 300};
    struct store *other = NULL;
    CHECK(store_open(&o, &other, &e) == ERR_BUSY);
    wire_set(&wire, WIRE_PASSES);
    while (store_ping(st, 2000, NULL) < 0)
        ;
    CHECK(sum() == 0);
    /* In the middle of many: those that were refused are not there, now or later. */
    writers_start(w, ARRAY_LEN(w), st, 50, true);
    usleep(100000);
    do { /* mostly once is long enough */
        wire_set(&wire, WIRE_SWALLOWS);
        sleep(4);
        wire_set(&wire, WIRE_PASSES);
        usleep(200000);
    } while (!w[0].refused || !w[1].refused || !w[2].refused);
    int64_t done = writers_end(w, ARRAY_LEN(w));
    snprintf(e.msg, sizeof e.msg, "the sum is %lld, of %lld", (long long)sum(), (long long)done);
    CHECK(sum() == done);
    arena_done(&a);
    store_close(st);
}

/* A firewall that has forgotten what was open: the server answers others, and this connection never. */
static void forgotten_connections(void) {
    struct err e = {0};
    struct store *st = store_make(2, 10000);
    struct tx *tx = NULL;
    table_reset();
    CHECK(tx_begin(st, STORE_MAIN, TX_WRITE, &tx, &e) == 0);
    CHECK(tx_exec(tx, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == 1);
    wire_set(&wire, WIRE_FREEZES);
    usleep(50000);
    admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'matinee'"); /* its row lock */
    CHECK(tx_exec(tx, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == 1); /* on another connection, from the journal */
    CHECK(tx_commit(&tx, &e) == 0);
    /* The same where the server still thinks that it is there. */
    wire_set(&wire, WIRE_PASSES);
    CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == 1);
    wire_set(&wire, WIRE_FREEZES);
    CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == 1);
    wire_set(&wire, WIRE_PASSES);
    CHECK(sum() == 4);
    store_close(st);
}

/* Slow is not silent. */
static void slow_statement(void) {
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    struct rows r;
    struct store *st = store_make(2, 300);
    CHECK(store_query(st, &t_sql[SLEEP], ARGS(A_F64(4)), &a, &r, &e) == 1);
    /* But whoever asks may have no time for it. */
    store_deadline_set(clock_mono_ns() + 1000000000);
    CHECK(store_query(st, &t_sql[SLEEP], ARGS(A_F64(500)), &a, &r, &e) == ERR_BUSY);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("late"), A_I64(7)), &e) == ERR_BUSY);
    store_deadline_set(0);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("in time"), A_I64(7)), &e) == 1);
    arena_done(&a);
    store_close(st);
}

static void cut_at_commit(void) {
    struct err e = {0};
    struct store *st = store_make(3, 20000);
    struct writer w[3];
    table_reset();
    writers_start(w, ARRAY_LEN(w), st, 60, false);
    for (int i = 0; i < 10; i++) {
        usleep(20000);
        wire_set(&wire, i % 2 ? WIRE_PASSES : WIRE_CUTS);
    }
    wire_set(&wire, WIRE_PASSES);
    writers_end(w, ARRAY_LEN(w));
    snprintf(e.msg, sizeof e.msg, "the sum is %lld", (long long)sum());
    CHECK(atomic_load(&wire.commits) > 4);
    CHECK(sum() == 60 * (int64_t)ARRAY_LEN(w));
    store_close(st);
}

/* Single statements: whoever was told a count or a row was told what is there, although every commit was cut. */
static void cut_at_every_commit(void) {
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    struct rows r;
    struct store *st = store_make(2, 20000);
    table_reset();
    for (int i = 0; i < 12; i++) {
        wire_set(&wire, WIRE_CUTS);
        if (i % 2)
            CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == 1);
        else
            CHECK(store_row(st, &t_sql[NEXT], ARGS(A_CSTR("sum")), &a, &r, &e) == 1 && row_i64(&r, 0, 0) == i + 1);
        wire_set(&wire, WIRE_PASSES);
    }
    CHECK(sum() == 12);
    arena_done(&a);
    store_close(st);
}

static void no_connection_left(void) {
    struct err e = {0};
    struct store *st = store_make(4, 300);
    char conninfo[128];
    PGconn *all[40];
    int n = 0;
    struct writer w[3];
    table_reset();
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", pg.dir);
    do
        all[n] = PQconnectdb(conninfo);
    while (PQstatus(all[n]) == CONNECTION_OK && ++n < (int)ARRAY_LEN(all) - 1);
    /* The one that it has serves all. */
    writers_start(w, ARRAY_LEN(w), st, 20, false);
    writers_end(w, ARRAY_LEN(w));
    CHECK(store_ping(st, 5000, &e) == 0);
    struct store_options o = {.url = st->url, .busy_ms = 300};
    struct store *other = NULL;
    CHECK(store_open(&o, &other, &e) == ERR_BUSY);
    CHECK(strcmp(err_reason(&e), "store.connections") == 0 && strstr(e.msg, "too many clients"));
    for (; n >= 0; n--)
        PQfinish(all[n]);
    CHECK(sum() == 60);
    store_close(st);
}

static void writes_are_refused(struct store *st) {
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    struct rows r;
    CHECK(store_row(st, &t_sql[SUM], NO_ARGS, &a, &r, &e) == 1);
    CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == ERR_BUSY);
    CHECK(strcmp(err_reason(&e), "store.read_only") == 0 && e.hint[0]);
    CHECK(store_ping(st, 20000, &e) == ERR_BUSY && strcmp(err_reason(&e), "store.read_only") == 0);
    arena_done(&a);
}

/* Set to be read only; and a standby that becomes the primary. */
static void read_only_server(void) {
    struct err e = {0};
    struct store *st = store_make(2, 400);
    char path[96];
    table_reset();
    admin("ALTER SYSTEM SET default_transaction_read_only = on");
    admin("SELECT pg_reload_conf(), pg_sleep(0.3)");
    writes_are_refused(st);
    admin("ALTER SYSTEM RESET default_transaction_read_only");
    admin("SELECT pg_reload_conf(), pg_sleep(0.3)");
    CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == 1);
    postgres_pause(&pg, SIGINT);
    snprintf(path, sizeof path, "%s/data/standby.signal", pg.dir);
    FILE *f = fopen(path, "w");
    CHECK(f && fclose(f) == 0);
    CHECK(postgres_resume(&pg));
    while (store_ping(st, 2000, &e) < 0 && strcmp(err_reason(&e), "store.read_only") != 0)
        ;
    writes_are_refused(st);
    struct store_options o = {.url = st->url, .busy_ms = 300};
    struct store *other = NULL;
    CHECK(store_open(&o, &other, &e) == 0 && store_migrate(other, &e) == ERR_BUSY);
    store_close(other);
    admin("SELECT pg_promote()");
    while (store_ping(st, 2000, NULL) < 0)
        ;
    CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("sum")), &e) == 1);
    CHECK(sum() == 2);
    store_close(st);
}

static void disk_full(void) {
    struct err e = {0};
    struct store *st = store_make(2, 5000);
    table_reset();
    admin("CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
          "'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;"
          "CREATE TRIGGER full_disk BEFORE INSERT ON t EXECUTE FUNCTION full_disk()");
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("a"), A_I64(1)), &e) == ERR_NO_SPACE);
    CHECK(strcmp(err_reason(&e), "store.no_space") == 0 && strstr(e.hint, "disk"));
    admin("DROP TRIGGER full_disk ON t");
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("a"), A_I64(1)), &e) == 1);
    store_close(st);
}

/* The first of two hosts swallows everything: the second is found. */
static void second_host(void) {
    struct err e = {0};
    struct wire hole;
    char url[240];
    CHECK(wire_start(&hole, wire.socket));
    wire_set(&hole, WIRE_SWALLOWS);
    snprintf(url, sizeof url, "postgresql://postgres@127.0.0.1:%d,127.0.0.1:%d/postgres?target_session_attrs=read-write", hole.port,
             wire.port);
    struct store_options o = {.url = url, .busy_ms = 10000, .statement_ms = 600000};
    struct store *st = NULL;
    CHECK(store_open(&o, &st, &e) == 0 && store_ping(st, 5000, &e) == 0);
    store_close(st);
    wire_stop(&hole);
}

int main(void) {
    char path[96];
    if (!postgres_start(&pg)) {
        fprintf(stderr, "skipped: PostgreSQL is not installed, or did not start\n");
        return 77;
    }
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", pg.dir);
    if (!wire_start(&wire, path))
        return 1;
    struct err e = {0};
    struct store *st = store_make(1, 5000);
    CHECK(store_migrate(st, &e) == 0 && store_exec(st, &t_sql[MAKE], NO_ARGS, &e) >= 0);
    store_close(st);
    silent_server();
    forgotten_connections();
    slow_statement();
    cut_at_commit();
    cut_at_every_commit();
    no_connection_left();
    second_host();
    disk_full();
    read_only_server();
    wire_stop(&wire);
    postgres_stop(&pg);
    return failures != 0;
}
