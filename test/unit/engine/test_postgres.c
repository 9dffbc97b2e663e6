/*
 * test_postgres.c - the PostgreSQL driver against a real server: values, pools, two writers at once, a
 * server that goes away at every moment. A program of its own (one server for all tests): exit code 77
 * says skipped.
 */
#include "engine/store/store_int.h"
#include "check.h"
#include "postgres.h"
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAKE, DROP, PUT, GET, COUNT, ADD, SUM, SLEEP, KILL_OTHERS, SET };
static const struct sql t_sql[] = {
    [MAKE] = {"MAKE", STORE_MAIN,
              "CREATE TABLE IF NOT EXISTS t (id TEXT COLLATE \"C\" PRIMARY KEY, n BIGINT, f DOUBLE PRECISION, s TEXT, "
              "b BYTEA)"},
    [DROP] = {"DROP", STORE_MAIN, "DELETE FROM t"},
    [PUT] = {"PUT", STORE_MAIN, "INSERT INTO t (id, n, f, s, b) VALUES ($1, $2, $3, $4, $5)"},
    [GET] = {"GET", STORE_MAIN, "SELECT n, f, s, b FROM t WHERE id = $1"},
    [COUNT] = {"COUNT", STORE_MAIN, "SELECT count(*), sum(n), avg(n), max(f) FROM t"},
    [ADD] = {"ADD", STORE_MAIN, "UPDATE t SET n = n + $2 WHERE id = $1"},
    [SUM] = {"SUM", STORE_MAIN, "SELECT COALESCE(sum(n), 0) FROM t"},
    [SLEEP] = {"SLEEP", STORE_MAIN, "SELECT pg_sleep($1)"},
    [KILL_OTHERS] = {"KILL_OTHERS", STORE_MAIN,
                     "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                     "AND application_name = 'matinee'"},
    [SET] = {"SET", STORE_MAIN, "UPDATE t SET n = $2 WHERE id = $1"},
    SQL_END};

static struct store *store_new(const struct postgres *pg, int connections, int busy_ms, int statement_ms) {
    struct err e = {0};
    char url[160];
    snprintf(url, sizeof url, "postgresql:///postgres?host=%s&user=postgres", pg->dir);
    struct store_options o = {.url = url, .connections = connections, .busy_ms = busy_ms, .statement_ms = statement_ms};
    struct store *st = NULL;
    if (store_open(&o, &st, &e) < 0 || store_migrate(st, &e) < 0) {
        fprintf(stderr, "FAILED store: %s\n", e.msg);
        exit(1);
    }
    store_exec(st, &t_sql[MAKE], NO_ARGS, &e);
    store_exec(st, &t_sql[DROP], NO_ARGS, &e);
    return st;
}

static int64_t sum(struct store *st) {
    struct arena a = ARENA(1 << 20);
    struct rows r;
    struct err e = {0};
    int64_t n = store_row(st, &t_sql[SUM], NO_ARGS, &a, &r, &e) > 0 ? row_i64(&r, 0, 0) : -1;
    arena_done(&a);
    return n;
}

static void values(const struct postgres *pg) {
    struct store *st = store_new(pg, 2, 5000, 0);
    struct err e = {0};
    struct arena a = ARENA(512 << 20);
    struct rows r;
    static const int64_t ints[] = {0, 1, -1, INT64_MAX, INT64_MIN, 4294967296};
    static const double floats[] = {0.1, -1.5e300, 5e-324, 1.0 / 3};
    for (size_t i = 0; i < ARRAY_LEN(ints); i++) {
        char id[16];
        snprintf(id, sizeof id, "i%zu", i);
        double f = floats[i % ARRAY_LEN(floats)];
        CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR(id), A_I64(ints[i]), A_F64(f), A_NULL, A_NULL), &e) == 1);
        CHECK(store_row(st, &t_sql[GET], ARGS(A_CSTR(id)), &a, &r, &e) == 1);
        CHECK(row_i64(&r, 0, 0) == ints[i] && row_f64(&r, 0, 1) == f && row_null(&r, 0, 2) && row_null(&r, 0, 3));
    }
    static const char bytes[] = "a\0b\xff";
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("b"), A_BOOL(true), A_F64(2), A_CSTR("Zoë ’"), A_BLOB(STR("a\0b\xff"))), &e) == 1);
    CHECK(store_row(st, &t_sql[GET], ARGS(A_CSTR("b")), &a, &r, &e) == 1);
    CHECK(str_eq(row_str(&r, 0, 2), STR("Zoë ’")) && row_str(&r, 0, 3).n == 4 && memcmp(row_str(&r, 0, 3).p, bytes, 4) == 0);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("empty"), A_NULL, A_NULL, A_STR(STR("")), A_BLOB(STR(""))), &e) == 1);
    CHECK(store_row(st, &t_sql[GET], ARGS(A_CSTR("empty")), &a, &r, &e) == 1);
    CHECK(!row_null(&r, 0, 2) && !row_null(&r, 0, 3) && row_str(&r, 0, 2).n == 0 && row_null(&r, 0, 0));
    /* A NUL is refused, and never cuts the text short. */
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("nul"), A_NULL, A_NULL, A_STR(STR("a\0b")), A_NULL), &e) == ERR_INVALID);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("bad"), A_NULL, A_NULL, A_STR(STR("\xff")), A_NULL), &e) == ERR_INVALID);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("b"), A_NULL, A_NULL, A_NULL, A_NULL), &e) == ERR_CONFLICT);
    size_t huge = 48 << 20;
    char *p = malloc(huge);
    memset(p, 'x', huge);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("huge"), A_NULL, A_NULL, A_NULL, A_BLOB(str_make(p, huge))), &e) == 1);
    CHECK(store_row(st, &t_sql[GET], ARGS(A_CSTR("huge")), &a, &r, &e) == 1 && row_str(&r, 0, 3).n == huge &&
          memcmp(row_str(&r, 0, 3).p, p, huge) == 0);
    struct arena small = ARENA(1 << 20);
    CHECK(store_row(st, &t_sql[GET], ARGS(A_CSTR("huge")), &small, &r, &e) == ERR_LIMIT);
    CHECK(store_exec(st, &t_sql[DROP], NO_ARGS, &e) > 0);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("x"), A_I64(3), A_F64(1), A_NULL, A_NULL), &e) == 1);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("y"), A_I64(-8), A_F64(-1), A_NULL, A_NULL), &e) == 1);
    /* sum() is a numeric there and an integer here. */
    CHECK(store_row(st, &t_sql[COUNT], NO_ARGS, &small, &r, &e) == 1 && row_i64(&r, 0, 0) == 2 && row_i64(&r, 0, 1) == -5 &&
          r.v[1].type == SQL_I64 && row_f64(&r, 0, 2) == -2.5 && row_f64(&r, 0, 3) == 1);
    free(p);
    arena_done(&small);
    arena_done(&a);
    store_close(st);
}

struct adder {
    struct store *st;
    int n, failed, contended;
};

/* Reads, decides, writes: what is lost when two do it at once without care. */
static void *add_run(void *arg) {
    struct adder *w = arg;
    for (int i = 0; i < w->n;) {
        struct err e = {0};
        struct arena a = ARENA(1 << 20);
        struct rows r;
        scoped(tx_rollback) struct tx *tx = NULL;
        int rc = tx_begin(w->st, STORE_MAIN, TX_WRITE, &tx, &e);
        if (rc == 0)
            rc = tx_row(tx, &t_sql[GET], ARGS(A_CSTR("sum")), &a, &r, &e);
        if (rc > 0)
            rc = tx_exec(tx, &t_sql[SET], ARGS(A_CSTR("sum"), A_I64(row_i64(&r, 0, 0) + 1)), &e);
        if (rc >= 0)
            rc = tx_commit(&tx, &e);
        arena_done(&a);
        if (rc >= 0)
            i++;
        else if (rc == ERR_BUSY)
            w->contended += strcmp(err_reason(&e), "store.contended") == 0;
        else if (++w->failed > 3)
            break;
    }
    return NULL;
}

static void writers_meet(const struct postgres *pg) {
    struct store *st = store_new(pg, 4, 20000, 0);
    struct err e = {0};
    struct adder w[4];
    pthread_t t[ARRAY_LEN(w)];
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("sum"), A_I64(0), A_NULL, A_NULL, A_NULL), &e) == 1);
    for (size_t i = 0; i < ARRAY_LEN(w); i++) {
        w[i] = (struct adder){.st = st, .n = 25};
        pthread_create(&t[i], NULL, add_run, &w[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(w); i++) {
        pthread_join(t[i], NULL);
        CHECK(w[i].failed == 0);
    }
    CHECK(sum(st) == 25 * (int64_t)ARRAY_LEN(w));
    store_close(st);
}

/* What was read has changed: the caller hears of it and nothing is written. */
static void contended(const struct postgres *pg) {
    struct store *st = store_new(pg, 3, 5000, 0);
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    struct rows r;
    struct tx *one = NULL;
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("k"), A_I64(1), A_NULL, A_NULL, A_NULL), &e) == 1);
    CHECK(tx_begin(st, STORE_MAIN, TX_WRITE, &one, &e) == 0);
    CHECK(tx_row(one, &t_sql[GET], ARGS(A_CSTR("k")), &a, &r, &e) == 1);
    CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("k"), A_I64(10)), &e) == 1);
    CHECK(tx_exec(one, &t_sql[ADD], ARGS(A_CSTR("k"), A_I64(100)), &e) == ERR_BUSY);
    CHECK(strcmp(err_reason(&e), "store.contended") == 0);
    CHECK(tx_commit(&one, &e) < 0);
    CHECK(sum(st) == 11);
    /* Where it had read nothing of it, it need not know. */
    CHECK(tx_begin(st, STORE_MAIN, TX_WRITE, &one, &e) == 0);
    CHECK(tx_row(one, &t_sql[SUM], NO_ARGS, &a, &r, &e) == 1);
    CHECK(store_exec(st, &t_sql[ADD], ARGS(A_CSTR("k"), A_I64(0)), &e) == 1);
    CHECK(tx_exec(one, &t_sql[ADD], ARGS(A_CSTR("k"), A_I64(5)), &e) == 1);
    CHECK(tx_commit(&one, &e) == 0);
    CHECK(sum(st) == 16);
    arena_done(&a);
    store_close(st);
}

static void pool_is_bounded(const struct postgres *pg) {
    struct store *st = store_new(pg, 1, 300, 0);
    struct err e = {0};
    struct tx *main_tx = NULL, *nested = NULL;
    CHECK(tx_begin(st, STORE_MAIN, TX_WRITE, &main_tx, &e) == 0);
    /* One that has a connection gets another: it would wait for itself. */
    CHECK(tx_begin(st, STORE_JOBS, TX_WRITE, &nested, &e) == 0);
    struct adder other = {.st = st, .n = 1};
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("sum"), A_I64(0), A_NULL, A_NULL, A_NULL), &e) == 1);
    pthread_t t;
    pthread_create(&t, NULL, add_run, &other);
    usleep(700000); /* more than its wait: it has been told ERR_BUSY at least once, and asks again */
    tx_rollback(&nested);
    tx_rollback(&main_tx);
    pthread_join(t, NULL);
    CHECK(other.failed == 0 && sum(st) == 1);
    store_close(st);
}

static void timeouts(const struct postgres *pg) {
    struct store *st = store_new(pg, 2, 5000, 200);
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    struct rows r;
    CHECK(store_query(st, &t_sql[SLEEP], ARGS(A_F64(5)), &a, &r, &e) == ERR_BUSY);
    CHECK(store_query(st, &t_sql[SLEEP], ARGS(A_F64(0)), &a, &r, &e) == 1);
    arena_done(&a);
    store_close(st);
}

/* In one journey; a statement that fails, or a connection that is gone, leaves the next ones whole. */
static void questions_together(const struct postgres *pg) {
    struct store *st = store_new(pg, 2, 10000, 200), *killer = store_new(pg, 1, 10000, 0);
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    struct rows r;
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("a"), A_I64(1), A_NULL, A_NULL, A_NULL), &e) == 1);
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("b"), A_I64(2), A_NULL, A_NULL, A_NULL), &e) == 1);
    for (int round = 0; round < 4; round++) {
        struct store_ask asks[] = {ASK(&t_sql[GET], A_CSTR("b")), ASK(&t_sql[GET], A_CSTR("nobody")),
                                   ASK(&t_sql[GET], A_CSTR("a"))};
        struct store_ask slow[] = {ASK(&t_sql[GET], A_CSTR("b")), ASK(&t_sql[SLEEP], A_F64(5)), ASK(&t_sql[GET], A_CSTR("a"))};
        CHECK(store_ask_all(st, asks, ARRAY_LEN(asks), &a, &e) == 0);
        CHECK(asks[0].rows.n == 1 && row_i64(&asks[0].rows, 0, 0) == 2);
        CHECK(asks[1].rows.n == 0);
        CHECK(asks[2].rows.n == 1 && row_i64(&asks[2].rows, 0, 0) == 1);
        if (round == 1)
            CHECK(store_ask_all(st, slow, ARRAY_LEN(slow), &a, &e) == ERR_BUSY);
        if (round == 2)
            CHECK(store_query(killer, &t_sql[KILL_OTHERS], NO_ARGS, &a, &r, &e) == 1);
    }
    arena_done(&a);
    store_close(killer);
    store_close(st);
}

static void connections_killed(const struct postgres *pg) {
    struct store *st = store_new(pg, 4, 10000, 0), *killer = store_new(pg, 1, 10000, 0);
    struct err e = {0};
    struct arena a = ARENA(1 << 20);
    struct rows r;
    struct tx *tx = NULL;
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("sum"), A_I64(0), A_NULL, A_NULL, A_NULL), &e) == 1);
    CHECK(tx_begin(st, STORE_MAIN, TX_WRITE, &tx, &e) == 0);
    CHECK(tx_row(tx, &t_sql[GET], ARGS(A_CSTR("sum")), &a, &r, &e) == 1);
    CHECK(tx_exec(tx, &t_sql[ADD], ARGS(A_CSTR("sum"), A_I64(1)), &e) == 1);
    CHECK(store_query(killer, &t_sql[KILL_OTHERS], NO_ARGS, &a, &r, &e) == 1);
    /* The transaction goes on, on another connection, from its journal. */
    CHECK(tx_exec(tx, &t_sql[ADD], ARGS(A_CSTR("sum"), A_I64(2)), &e) == 1);
    CHECK(store_query(killer, &t_sql[KILL_OTHERS], NO_ARGS, &a, &r, &e) == 1);
    CHECK(tx_commit(&tx, &e) == 0);
    CHECK(sum(st) == 3);
    /* Writers while every connection is killed again and again: none lost, none doubled. */
    struct adder w[3];
    pthread_t t[ARRAY_LEN(w)];
    for (size_t i = 0; i < ARRAY_LEN(w); i++) {
        w[i] = (struct adder){.st = st, .n = 60};
        pthread_create(&t[i], NULL, add_run, &w[i]);
    }
    for (int i = 0; i < 15; i++) {
        usleep(20000);
        store_query(killer, &t_sql[KILL_OTHERS], NO_ARGS, &a, &r, &e);
    }
    for (size_t i = 0; i < ARRAY_LEN(w); i++) {
        pthread_join(t[i], NULL);
        CHECK(w[i].failed == 0);
    }
    snprintf(e.msg, sizeof e.msg, "the sum is %lld", (long long)sum(st));
    CHECK(sum(st) == 3 + 60 * (int64_t)ARRAY_LEN(w));
    arena_done(&a);
    store_close(killer);
    store_close(st);
}

/* On the main thread, whose child the server is: it would die with another. */
static void restart_twice(struct postgres *pg) {
    struct err e = {0};
    for (int i = 0; i < 2; i++) {
        usleep(150000);
        postgres_pause(pg, i == 0 ? SIGQUIT : SIGINT); /* as if it had crashed; in good order */
        usleep(700000);
        CHECK(postgres_resume(pg));
    }
}

static void server_restarted(struct postgres *pg) {
    struct store *st = store_new(pg, 3, 10000, 0);
    struct err e = {0};
    CHECK(store_exec(st, &t_sql[PUT], ARGS(A_CSTR("sum"), A_I64(0), A_NULL, A_NULL, A_NULL), &e) == 1);
    struct adder w[2];
    pthread_t t[ARRAY_LEN(w)];
    for (size_t i = 0; i < ARRAY_LEN(w); i++) {
        w[i] = (struct adder){.st = st, .n = 300};
        pthread_create(&t[i], NULL, add_run, &w[i]);
    }
    restart_twice(pg);
    for (size_t i = 0; i < ARRAY_LEN(w); i++) {
        pthread_join(t[i], NULL);
        CHECK(w[i].failed == 0);
    }
    snprintf(e.msg, sizeof e.msg, "the sum is %lld", (long long)sum(st));
    CHECK(sum(st) == 300 * (int64_t)ARRAY_LEN(w));
    /* While there is none: told in time, in words. */
    store_close(st);
    st = store_new(pg, 3, 300, 0);
    postgres_pause(pg, SIGINT);
    CHECK(store_exec(st, &t_sql[DROP], NO_ARGS, &e) == ERR_BUSY && e.hint[0]);
    CHECK(postgres_resume(pg));
    int r = ERR_BUSY;
    for (int i = 0; i < 50 && r == ERR_BUSY; i++)
        r = store_exec(st, &t_sql[DROP], NO_ARGS, &e);
    CHECK(r == 0);
    store_close(st);
}

static void *migrate_run(void *arg) {
    struct store *st = arg;
    struct err e = {0};
    CHECK(store_migrate(st, &e) == 0);
    return NULL;
}

static void two_nodes_migrate(const struct postgres *pg) {
    struct err e = {0};
    char conninfo[128], url[160];
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", pg->dir);
    PGconn *c = PQconnectdb(conninfo);
    PQclear(PQexec(c, "CREATE DATABASE two"));
    PQfinish(c);
    snprintf(url, sizeof url, "postgres:///two?host=%s&user=postgres", pg->dir);
    struct store_options o = {.url = url};
    struct store *a = NULL, *b = NULL;
    pthread_t t[2];
    CHECK(store_open(&o, &a, &e) == 0 && store_open(&o, &b, &e) == 0);
    pthread_create(&t[0], NULL, migrate_run, a);
    pthread_create(&t[1], NULL, migrate_run, b);
    pthread_join(t[0], NULL);
    pthread_join(t[1], NULL);
    CHECK(store_migrate(a, &e) == 0);
    store_close(a);
    store_close(b);
}

/* Neither errors nor hints hold what the address held. */
static void passwords_stay(const struct postgres *pg) {
    static const char *const urls[] = {
        "postgresql://u:s3cret@127.0.0.1:1/x", "postgresql://u:s3cret@[bad/x?y", "postgresql://u:s3%zzcret@h/x",
        "postgresql:///x?host=/nowhere&password=s3cret&user=u", "postgresql://u:s3cret/with@h/x?sslmode=never"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct err e = {0};
        struct store *st;
        struct store_options o = {.url = urls[i], .busy_ms = 100};
        CHECK(store_open(&o, &st, &e) < 0);
        CHECK(!strstr(e.msg, "s3") && !strstr(e.hint, "s3"));
    }
}

int main(void) {
    struct postgres pg;
    if (!postgres_start(&pg)) {
        fprintf(stderr, "skipped: PostgreSQL is not installed, or did not start\n");
        return 77;
    }
    values(&pg);
    writers_meet(&pg);
    contended(&pg);
    pool_is_bounded(&pg);
    timeouts(&pg);
    questions_together(&pg);
    connections_killed(&pg);
    two_nodes_migrate(&pg);
    passwords_stay(&pg);
    server_restarted(&pg);
    postgres_stop(&pg);
    return failures != 0;
}
