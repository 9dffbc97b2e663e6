/*
 * test_store_postgres.c - the SQL of the whole program on a real PostgreSQL and on SQLite: every
 * migration applied in order, every statement of every table prepared, and the two schemas compared
 * column by column. The tables come from the program's own list, so a new service is in here
 * without being named.
 *
 * A program of its own (not Criterion's): exit code 77 says skipped.
 */
#include "app/services.h"
#include "engine/store/store_int.h"
#include "base/buf.h"
#include "postgres.h"
#include <libpq-fe.h>
#include <sqlite3.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int failures;

static void fail(const char *what, const char *name, const char *why) {
    failures++;
    fprintf(stderr, "FAILED %s %s: %s\n", what, name, why);
}

static bool pg_ok(PGresult *r) {
    ExecStatusType s = PQresultStatus(r);
    PQclear(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

/* One transaction a migration, as the driver will do it. */
static void pg_migrate(PGconn *pg) {
    for (const struct migration *m = store_migrations; m->name; m++) {
        if (!pg_ok(PQexec(pg, "BEGIN")))
            fail("migration", m->name, PQerrorMessage(pg));
        for (int db = 0; db < STORE_DBS; db++) {
            if (!*m->postgres[db].text != !*m->sqlite[db].text)
                fail("migration", m->name,
                     "one dialect has statements for a store that the other lacks");
            if (*m->postgres[db].text && !pg_ok(PQexec(pg, m->postgres[db].text)))
                fail("migration", m->name, PQerrorMessage(pg));
        }
        if (!pg_ok(PQexec(pg, "COMMIT")))
            fail("migration", m->name, PQerrorMessage(pg));
    }
}

/* PostgreSQL is the stricter: unknown types, a $2 without a $1, a column it cannot group by. */
static int pg_prepare_all(PGconn *pg, const struct sql *const *tables) {
    int n = 0;
    for (const struct sql *const *t = tables; *t; t++)
        for (const struct sql *q = *t; q->name; q++, n++) {
            scoped(mem_free) char *text = sql_rewrite_postgres(q->text);
            if (!pg_ok(PQprepare(pg, "", text, 0, NULL)))
                fail("statement", q->name, PQerrorMessage(pg));
        }
    return n;
}

/* "table.column type" a line, sorted, in SQLite's words for the types. */
static void pg_columns(PGconn *pg, struct buf *out) {
    PGresult *r = PQexec(pg, "SELECT table_name || '.' || column_name || ' ' || CASE data_type "
                             "WHEN 'bigint' THEN 'INTEGER' WHEN 'text' THEN 'TEXT' "
                             "WHEN 'double precision' THEN 'REAL' WHEN 'bytea' THEN 'BLOB' "
                             "ELSE data_type END || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' "
                             "ELSE '' END FROM information_schema.columns "
                             "WHERE table_schema = 'public' AND table_name NOT IN "
                             "('schema_migration', 'store_commit') ORDER BY 1");
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        fail("schema", "postgres", PQerrorMessage(pg));
    for (int i = 0; i < PQntuples(r); i++)
        buf_addf(out, "%s\n", PQgetvalue(r, i, 0));
    PQclear(r);
}

/* A primary key of SQLite is not null in the STRICT tables that the conventions ask for. */
static void sqlite_columns(const char *dir, struct buf *out) {
    sqlite3 *db;
    char sql[512];
    sqlite3_open(":memory:", &db);
    for (int i = 0; i < STORE_DBS; i++) {
        snprintf(sql, sizeof sql, "ATTACH '%s/%s.db' AS s%d", dir, store_db_names[i], i);
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
            fail("schema", "sqlite", sqlite3_errmsg(db));
    }
    scoped(buf_done) struct buf query = BUF(8192);
    for (int i = 0; i < STORE_DBS; i++)
        buf_addf(&query,
                 "%sSELECT t.name || '.' || c.name || ' ' || c.type || "
                 "CASE WHEN c.\"notnull\" OR c.pk > 0 THEN ' NOT NULL' ELSE '' END AS line "
                 "FROM s%d.sqlite_master t, pragma_table_info(t.name, 's%d') c "
                 "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%%' AND t.name NOT LIKE 'fts_%%' "
                 "AND t.name <> 'schema_migration'",
                 i ? " UNION ALL " : "", i, i);
    buf_addf(&query, " ORDER BY line");
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, buf_cstr(&query), -1, &stmt, NULL) != SQLITE_OK)
        fail("schema", "sqlite", sqlite3_errmsg(db));
    while (sqlite3_step(stmt) == SQLITE_ROW)
        buf_addf(out, "%s\n", sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static bool has_line(struct str text, struct str line) {
    for (struct str rest = text, l; rest.p && rest.n;) {
        rest = str_cut(rest, '\n', &l);
        if (str_eq(l, line))
            return true;
    }
    return false;
}

static int lines_missing(struct str from, struct str in, const char *what) {
    int n = 0;
    for (struct str rest = from, l; rest.p && rest.n;) {
        rest = str_cut(rest, '\n', &l);
        if (l.n == 0)
            continue;
        n++;
        char line[256];
        snprintf(line, sizeof line, STR_FMT, STR_ARG(l));
        if (!has_line(in, l))
            fail("schema", line, what);
    }
    return n;
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    return remove(path);
}

static void sqlite_check(const char *dir, const struct sql *const *tables) {
    struct err e = {0};
    struct store *st;
    struct store_options o = {.url = dir};
    if (store_open(&o, &st, &e) < 0) {
        fail("sqlite", dir, e.msg);
        return;
    }
    if (store_migrate(st, &e) < 0)
        fail("sqlite", "migrations", e.msg);
    else if (store_prepare_all(st, tables, &e) < 0)
        fail("sqlite", "statement", e.msg);
    store_close(st);
}

static void notice_ignore(void *arg, const char *text) {}

static void pg_check(struct postgres *server, const char *dir, const struct sql *const *tables) {
    char conninfo[128];
    snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=postgres", server->dir);
    PGconn *pg = PQconnectdb(conninfo);
    if (PQstatus(pg) != CONNECTION_OK) {
        fail("postgres", "connection", PQerrorMessage(pg));
        PQfinish(pg);
        return;
    }
    PQsetNoticeProcessor(pg, notice_ignore, NULL);
    pg_migrate(pg);
    int statements = pg_prepare_all(pg, tables);
    if (pg_ok(PQprepare(pg, "", "SELECT nothing FROM nowhere", 0, NULL)))
        fail("statement", "nowhere", "what cannot work was accepted: this test would never fail");
    scoped(buf_done) struct buf here = BUF(1 << 20), there = BUF(1 << 20);
    sqlite_columns(dir, &here);
    pg_columns(pg, &there);
    int columns = lines_missing(buf_str(&here), buf_str(&there), "is not the same on PostgreSQL");
    lines_missing(buf_str(&there), buf_str(&here), "is not the same on SQLite");
    if (columns == 0)
        fail("schema", "sqlite", "no columns at all");
    PQfinish(pg);
    fprintf(stderr, "%d statements, %d columns on both engines\n", statements, columns);
}

int main(void) {
    char dir[] = "/tmp/matinee-sql-XXXXXX";
    struct postgres server;
    if (!mkdtemp(dir))
        return 1;
    const struct sql *const *tables = services_sql();
    sqlite_check(dir, tables);
    bool skipped = !postgres_start(&server);
    if (skipped) {
        fprintf(stderr, "skipped: PostgreSQL is not installed, or did not start\n");
    } else {
        pg_check(&server, dir, tables);
        postgres_stop(&server);
    }
    nftw(dir, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
    return failures ? 1 : skipped ? 77 : 0;
}
