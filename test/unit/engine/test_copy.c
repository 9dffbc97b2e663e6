/*
 * test_copy.c - everything from SQLite to PostgreSQL: rows in every table that the migrations make, odd values, kills at
 * random moments, targets that are somebody else's. What is there afterwards is read with the engines' own libraries, not
 * with ours. A program of its own: exit code 77 says skipped. MATINEE_LONG=1: many seeds.
 */
#include "engine/store/store_int.h"
#include "base/buf.h"
#include "postgres.h"
#include <ftw.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 3, ODD_ROWS = 6000 };
static int failures;
#define CHECK(cond, ...)                                                                           \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            failures++;                                                                            \
            fprintf(stderr, "FAILED %s:%d %s: ", __func__, __LINE__, #cond);                       \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
        }                                                                                          \
    } while (0)

static struct postgres pg;
static char dir[] = "/tmp/matinee-copy-XXXXXX";

static PGconn *pg_open(const char *name) {
    char conninfo[128];
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=%s", pg.dir, name);
    return PQconnectdb(conninfo);
}

static void pg_run(const char *name, const char *text) {
    PGconn *c = pg_open(name);
    PGresult *r = PQexec(c, text);
    CHECK(PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK, "%s: %s", text, PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
}

/* The first value, in the caller's buffer. */
static const char *pg_value(PGconn *c, const char *text, char *dst, size_t n) {
    PGresult *r = PQexec(c, text);
    snprintf(dst, n, "%s", PQntuples(r) ? PQgetvalue(r, 0, 0) : PQerrorMessage(c));
    PQclear(r);
    return dst;
}

static sqlite3 *lite_open(enum store_db db) {
    char path[128];
    sqlite3 *s = NULL;
    snprintf(path, sizeof path, "%s/%s.db", dir, store_db_names[db]);
    sqlite3_open(path, &s);
    return s;
}

static void lite_run(sqlite3 *s, const char *text) {
    char *why = NULL;
    CHECK(sqlite3_exec(s, text, NULL, NULL, &why) == SQLITE_OK, "%s: %s", text, why ? why : "");
    sqlite3_free(why);
}

/* "CHECK (state IN ('waiting', ..." -> waiting. */
static bool allowed_value(const char *table_sql, const char *column, char *dst, size_t n) {
    char words[96];
    snprintf(words, sizeof words, "CHECK (%s IN ('", column);
    const char *at = table_sql ? strstr(table_sql, words) : NULL;
    if (at)
        snprintf(dst, n, "%.*s", (int)strcspn(at + strlen(words), "'"), at + strlen(words));
    return at != NULL;
}

/* Rows of a table: every text is "r1" in the first, every number 1, so that whatever refers to something finds it. */
static void table_fill(sqlite3 *s, const char *table, const char *table_sql) {
    for (int row = 1; row <= ROWS; row++) {
        scoped(buf_done) struct buf b = BUF(64 << 10);
        sqlite3_stmt *stmt = NULL;
        char *text = sqlite3_mprintf("SELECT name, type FROM pragma_table_info(%Q) ORDER BY cid", table);
        sqlite3_prepare_v2(s, text, -1, &stmt, NULL);
        buf_addf(&b, "INSERT INTO \"%s\" VALUES (", table);
        for (int i = 0; sqlite3_step(stmt) == SQLITE_ROW; i++) {
            const char *column = (const char *)sqlite3_column_text(stmt, 0), *type = (const char *)sqlite3_column_text(stmt, 1);
            char word[64];
            buf_addf(&b, "%s", i ? ", " : "");
            if (strcmp(type, "TEXT") == 0 && allowed_value(table_sql, column, word, sizeof word))
                buf_addf(&b, "'%s'", word);
            else if (strcmp(type, "TEXT") == 0)
                buf_addf(&b, "'r%d'", row);
            else if (strcmp(type, "BLOB") == 0)
                buf_addf(&b, "x'00%02x00'", row);
            else
                buf_addf(&b, "%d", row);
        }
        buf_addc(&b, ")");
        sqlite3_finalize(stmt);
        sqlite3_free(text);
        lite_run(s, buf_cstr(&b));
    }
}

static bool is_ours(const char *table) {
    return strcmp(table, "schema_migration") != 0 && strncmp(table, "sqlite_", 7) != 0 && strncmp(table, "fts_", 4) != 0;
}

static void source_make(void) {
    struct err e = {0};
    struct store *st = NULL;
    struct store_options o = {.url = dir};
    CHECK(store_open(&o, &st, &e) == 0 && store_migrate(st, &e) == 0, "%s", e.msg);
    store_close(st);
    for (enum store_db db = 0; db < STORE_DBS; db++) {
        sqlite3 *s = lite_open(db);
        sqlite3_stmt *stmt = NULL;
        lite_run(s, "PRAGMA foreign_keys = off; BEGIN");
        if (db == STORE_VIEWING)
            lite_run(s, "CREATE TABLE odd (id INTEGER PRIMARY KEY, i INTEGER, f REAL, s TEXT, b BLOB) STRICT");
        sqlite3_prepare_v2(s, "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> 'odd' ORDER BY name", -1, &stmt, NULL);
        while (sqlite3_step(stmt) == SQLITE_ROW)
            if (is_ours((const char *)sqlite3_column_text(stmt, 0)))
                table_fill(s, (const char *)sqlite3_column_text(stmt, 0), (const char *)sqlite3_column_text(stmt, 1));
        sqlite3_finalize(stmt);
        lite_run(s, "COMMIT");
        sqlite3_close(s);
    }
}

/* Limits, zero bytes, letters of everywhere, nothing, and long ones; and enough rows for several batches. */
static void odd_fill(void) {
    sqlite3 *s = lite_open(STORE_VIEWING);
    lite_run(s, "BEGIN; INSERT INTO odd VALUES"
                " (-9223372036854775807 - 1, 9223372036854775807, 1e308, '', x''),"
                " (-7, -9223372036854775807 - 1, -5e-324, char(128512, 1605, 1585, 8203, 101, 769, 65535, 1114111), x'000102ff0000'),"
                " (0, NULL, NULL, NULL, NULL), (1, 0, 9e999, 'a' || char(10, 13, 9, 127) || '''\"\\', x'00'),"
                " (2, 1, -9e999, 'long ' || replace(hex(zeroblob(3000000)), '00', char(252, 8364)), randomblob(9000000)),"
                " (9223372036854775807, 1, 0.1, 'last', zeroblob(300000));"
                "WITH n(i) AS (SELECT 10 UNION ALL SELECT i + 7 FROM n LIMIT 5994)"
                " INSERT INTO odd SELECT i, i * 1000003, i / 7.0, 'row ' || i, randomblob(i % 200) FROM n; COMMIT");
    sqlite3_close(s);
}

static struct store *target_open(const char *name, struct err *e) {
    char url[160];
    snprintf(url, sizeof url, "postgresql:///%s?host=%s&user=postgres", name, pg.dir);
    struct store_options o = {.url = url, .copying = true, .connections = 1};
    struct store *st = NULL;
    if (store_open(&o, &st, e) == 0 && store_migrate(st, e) < 0) {
        store_close(st);
        st = NULL;
    }
    return st;
}

static void progress_ignore(void *arg, const struct store_copied *p) {
    *(bool *)arg |= p->resumed;
}

/* As the command does it. */
static int copy_all(const char *folder, const char *name, bool *ret_resumed, struct err *e) {
    struct store *from = NULL, *to = target_open(name, e);
    struct store_options o = {.url = folder};
    bool resumed = false;
    int r = to ? store_open(&o, &from, e) : e->code;
    if (r == 0)
        r = store_copy(from, to, progress_ignore, &resumed, e);
    store_close(from);
    store_close(to);
    if (ret_resumed)
        *ret_resumed = resumed;
    return r;
}

static void target_make(const char *name) {
    char text[96];
    struct err e = {0};
    snprintf(text, sizeof text, "CREATE DATABASE %s", name);
    pg_run("postgres", text);
    store_close(target_open(name, &e));
    CHECK(e.code == 0, "%s", e.msg);
    pg_run(name, "CREATE TABLE odd (id BIGINT PRIMARY KEY, i BIGINT, f DOUBLE PRECISION, s TEXT COLLATE \"C\", b BYTEA)");
}

/* Every table that PostgreSQL has, whoever made it: as many rows as the source has. */
static void everything_is_there(const char *name) {
    PGconn *c = pg_open(name);
    PGresult *r = PQexec(c, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT IN "
                            "('schema_migration', 'store_commit')");
    CHECK(PQntuples(r) > 50, "%d tables", PQntuples(r));
    for (int i = 0; i < PQntuples(r); i++) {
        char text[128], got[64], want[16];
        snprintf(text, sizeof text, "SELECT count(*) FROM \"%s\"", PQgetvalue(r, i, 0));
        snprintf(want, sizeof want, "%d", strcmp(PQgetvalue(r, i, 0), "odd") == 0 ? ODD_ROWS : ROWS);
        CHECK(strcmp(pg_value(c, text, got, sizeof got), want) == 0, "%s in %s: %s", want, PQgetvalue(r, i, 0), got);
    }
    PQclear(r);
    PQfinish(c);
}

static int64_t number(const char *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return (int64_t)__builtin_bswap64(v);
}

/* Each value as one engine's library gives it and as the other's does. */
static void odd_is_the_same(const char *name) {
    static const int one = 1;
    sqlite3 *s = lite_open(STORE_VIEWING);
    sqlite3_stmt *stmt = NULL;
    PGconn *c = pg_open(name);
    PGresult *r = PQexecParams(c, "SELECT id, i, f, s, b FROM odd ORDER BY id", 0, NULL, NULL, NULL, NULL, one);
    int row = 0;
    sqlite3_prepare_v2(s, "SELECT id, i, f, s, b FROM odd ORDER BY id", -1, &stmt, NULL);
    for (; sqlite3_step(stmt) == SQLITE_ROW && row < PQntuples(r); row++)
        for (int col = 0; col < 5; col++) {
            bool null = sqlite3_column_type(stmt, col) == SQLITE_NULL, same = null == (PQgetisnull(r, row, col) != 0);
            double f = sqlite3_column_double(stmt, col);
            int64_t bits;
            memcpy(&bits, &f, sizeof bits);
            if (same && !null && col < 2)
                same = number(PQgetvalue(r, row, col)) == sqlite3_column_int64(stmt, col);
            else if (same && !null && col == 2)
                same = number(PQgetvalue(r, row, col)) == bits;
            else if (same && !null) {
                const void *p = sqlite3_column_blob(stmt, col);
                int n = sqlite3_column_bytes(stmt, col);
                same = PQgetlength(r, row, col) == n && (n == 0 || memcmp(PQgetvalue(r, row, col), p, (size_t)n) == 0);
            }
            CHECK(same, "row %d, column %d", row, col);
        }
    CHECK(row == ODD_ROWS, "%d rows", row);
    sqlite3_finalize(stmt);
    sqlite3_close(s);
    PQclear(r);
    PQfinish(c);
}

static void all_at_once(void) {
    struct err e = {0};
    target_make("whole");
    CHECK(copy_all(dir, "whole", NULL, &e) == 0, "%s", e.msg);
    everything_is_there("whole");
    odd_is_the_same("whole");
    CHECK(copy_all(dir, "whole", NULL, &e) == ERR_CONFLICT && strcmp(e.reason, "store.copy_not_empty") == 0, "%s", e.msg);
}

/* In a process of its own, killed after so many microseconds. True: it had ended by itself. */
static bool copy_killed(const char *name, useconds_t us) {
    pid_t pid = fork();
    if (pid == 0) {
        struct err e = {0};
        int r = copy_all(dir, name, NULL, &e);
        if (r < 0)
            fprintf(stderr, "the child: %s\n", e.msg);
        _exit(r < 0);
    }
    int status = 0;
    usleep(us);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0, "a copy failed");
    return !WIFSIGNALED(status);
}

static void killed_and_resumed(unsigned seed) {
    struct err e = {0};
    char name[32], got[64];
    bool ended = false, resumed = false;
    unsigned random = seed * 2654435761u;
    snprintf(name, sizeof name, "killed%u", seed);
    target_make(name);
    PGconn *c = pg_open(name);
    int middle = 0;
    for (unsigned i = 0; i < 30 && middle < 3 && !ended; i++) { /* on a busy machine it takes its time to begin */
        random = random * 1664525u + 1013904223u;
        ended = copy_killed(name, (20000 + random % 300000) * (1 + i / 4));
        middle += strcmp(pg_value(c, "SELECT to_regclass('store_copy') IS NULL", got, sizeof got), "f") == 0;
    }
    if (!ended) {
        CHECK(copy_all(dir, name, &resumed, &e) == 0, "seed %u: %s", seed, e.msg);
        CHECK(resumed, "seed %u: no kill came in the middle", seed);
    }
    everything_is_there(name);
    odd_is_the_same(name);
    CHECK(strcmp(pg_value(c, "SELECT to_regclass('store_copy') IS NULL", got, sizeof got), "t") == 0, "%s", got);
    PQfinish(c);
    snprintf(got, sizeof got, "DROP DATABASE %s", name);
    pg_run("postgres", got);
}

/* Nothing of anybody's is mixed with ours, and he is told. */
static void targets_of_others(void) {
    struct err e = {0};
    char other[] = "/tmp/matinee-copy-XXXXXX", path[160];
    pg_run("postgres", "CREATE DATABASE foreigners");
    pg_run("foreigners", "CREATE TABLE wordpress_posts (id BIGINT)");
    CHECK(copy_all(dir, "foreigners", NULL, &e) == ERR_CONFLICT && strstr(e.msg, "wordpress_posts") && e.hint[0], "%s", e.msg);
    PGconn *c = pg_open("foreigners");
    CHECK(strcmp(pg_value(c, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", path, sizeof path), "1") == 0, "%s", path);
    PQfinish(c);
    target_make("used");
    pg_run("used", "INSERT INTO odd VALUES (5, 1, 1, 'somebody', NULL)");
    CHECK(copy_all(dir, "used", NULL, &e) == ERR_CONFLICT && strstr(e.msg, "odd") && e.hint[0], "%s", e.msg);
    /* Half of this folder's is there when another folder comes. */
    target_make("half");
    while (copy_killed("half", 250000))
        pg_run("postgres", "DROP DATABASE half"), target_make("half");
    struct store *st = NULL;
    CHECK(mkdtemp(other), "mkdtemp");
    struct store_options o = {.url = other};
    CHECK(store_open(&o, &st, &e) == 0 && store_migrate(st, &e) == 0, "%s", e.msg);
    store_close(st);
    c = pg_open("half");
    if (strcmp(pg_value(c, "SELECT to_regclass('store_copy') IS NULL", path, sizeof path), "f") == 0)
        CHECK(copy_all(other, "half", NULL, &e) == ERR_CONFLICT && strcmp(e.reason, "store.copy_other") == 0, "%s", e.msg);
    PQfinish(c);
    snprintf(path, sizeof path, "rm -rf %s", other);
    CHECK(system(path) == 0, "%s", path);
}

/* What PostgreSQL has no text for is named by table and row; without it the same copy ends well. */
static void text_that_cannot_be(void) {
    struct err e = {0};
    sqlite3 *s = lite_open(STORE_VIEWING);
    target_make("nul");
    lite_run(s, "UPDATE odd SET s = CAST(x'610062' AS TEXT) WHERE id = 10");
    CHECK(copy_all(dir, "nul", NULL, &e) < 0 && strstr(e.msg, "odd, row 10") && strstr(e.hint, "zero byte"), "%s (%s)", e.msg, e.hint);
    lite_run(s, "UPDATE odd SET s = CAST(x'ff' AS TEXT) WHERE id = 10");
    CHECK(copy_all(dir, "nul", NULL, &e) < 0 && strstr(e.msg, "odd, row 10"), "%s", e.msg);
    lite_run(s, "UPDATE odd SET s = 'row 10' WHERE id = 10");
    CHECK(copy_all(dir, "nul", NULL, &e) == 0, "%s", e.msg);
    odd_is_the_same("nul");
    sqlite3_close(s);
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    return remove(path);
}

int main(void) {
    if (!mkdtemp(dir))
        return 1;
    bool skipped = !postgres_start(&pg);
    if (skipped) {
        fprintf(stderr, "skipped: PostgreSQL is not installed, or did not start\n");
    } else {
        const char *many = getenv("MATINEE_LONG");
        source_make();
        odd_fill();
        all_at_once();
        text_that_cannot_be();
        targets_of_others();
        for (unsigned seed = 1; seed <= (many && *many == '1' ? 60u : 2u); seed++)
            killed_and_resumed(seed);
        postgres_stop(&pg);
    }
    nftw(dir, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
    return failures ? 1 : skipped ? 77 : 0;
}
