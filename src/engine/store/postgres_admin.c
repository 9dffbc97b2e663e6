/*
 * postgres_admin.c - migrations on PostgreSQL: under a lock that all nodes share, each in one
 * transaction of its own together with the row that says that it was applied.
 */
#include "engine/store/postgres_int.h"
#include <errno.h>

/* pg_advisory_lock's key: "matinee" in hexadecimal's letters would not fit; any number will do, as
 * long as it never changes. */
#define MIGRATION_LOCK "4773312201"

static const char prepare_text[] =
    "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT COLLATE \"C\" NOT NULL,"
    " db TEXT COLLATE \"C\" NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL,"
    " PRIMARY KEY (name, db));"
    /* Which commits took place: postgres_tx.c. */
    "CREATE TABLE IF NOT EXISTS store_commit (id TEXT COLLATE \"C\" PRIMARY KEY,"
    " fence BOOLEAN NOT NULL DEFAULT false, at TIMESTAMPTZ NOT NULL DEFAULT now());"
    "CREATE INDEX IF NOT EXISTS store_commit_at ON store_commit (at);";

static const struct sql applied_sql = {
    "MIGRATION_APPLIED", STORE_MAIN, "SELECT name, checksum, db FROM schema_migration"};
static const struct sql encoding_sql = {"ENCODING", STORE_MAIN,
                                        "SELECT current_setting('server_encoding')"};

static int query(struct link *l, const struct sql *q, struct arena *a, struct rows *ret_rows,
                 struct err *reterr) {
    enum pg_fate fate;
    if (l->broken || !PQsendQueryParams(l->pg, q->text, 0, NULL, NULL, NULL, NULL, 1) ||
        !link_flush(l))
        return pg_error(l, NULL, &fate, reterr);
    PGresult *res = link_result(l);
    int r = res && PQresultStatus(res) == PGRES_TUPLES_OK ? pg_rows(res, a, ret_rows, reterr)
                                                          : pg_error(l, res, &fate, reterr);
    PQclear(res);
    link_sync(l);
    return r;
}

static bool is_applied(const struct rows *done, const char *name, enum store_db db) {
    for (size_t i = 0; i < done->n; i++)
        if (str_eq(row_str(done, i, 0), str_of(name)) &&
            str_eq(row_str(done, i, 2), str_of(store_db_names[db])))
            return true;
    return false;
}

static int applied_check(const struct rows *done, const char *where, struct err *reterr) {
    for (size_t i = 0; i < done->n; i++)
        for (enum store_db db = 0; db < STORE_DBS; db++) {
            if (!str_eq(row_str(done, i, 2), str_of(store_db_names[db])))
                continue;
            const struct migration *m = migration_find(row_str(done, i, 0));
            int r = migration_check(m, m ? m->postgres[db].sha256 : "", row_str(done, i, 0),
                                    row_str(done, i, 1), where, reterr);
            if (r < 0)
                return r;
        }
    return 0;
}

/* One migration, whole or not at all. */
static int migration_apply(struct store *st, struct link *l, const struct migration *m,
                           const struct rows *done, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(4 << 20);
    bool any = false;
    buf_addc(&b, "BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;\n");
    for (enum store_db db = 0; db < STORE_DBS; db++) {
        if (!*m->postgres[db].text || is_applied(done, m->name, db))
            continue;
        any = true;
        /* Names and checksums are ours: no quote is in them. */
        buf_addf(&b, "%s\n;INSERT INTO schema_migration VALUES ('%s', '%s', '%s', %lld);\n",
                 m->postgres[db].text, m->name, store_db_names[db], m->postgres[db].sha256,
                 (long long)store_now_ms(st));
    }
    buf_addc(&b, "COMMIT;");
    char *text = buf_cstr(&b);
    if (!any)
        return 0;
    if (!text)
        return err_errno(reterr, ENOMEM, "migration %s", m->name);
    int r = link_script(l, text, reterr);
    if (r < 0) {
        link_script(l, "ROLLBACK", NULL);
        err_wrap(reterr, "migration %s", m->name);
    }
    return r;
}

static const struct sql copying_sql = {"COPYING", STORE_MAIN,
                                       "SELECT to_regclass('store_copy') IS NOT NULL"};

/* Half of the data is worse than none. */
static int copying_check(struct store *st, struct link *l, struct arena *a, const char *where,
                         struct err *reterr) {
    struct rows rows;
    int r = query(l, &copying_sql, a, &rows, reterr);
    if (r > 0 && row_i64(&rows, 0, 0) && !st->copying)
        r = err_refuse(reterr, ERR_CONFLICT, "store.copy_unfinished",
                       "Run `matinee migrate --to ...` again; it goes on where it was.",
                       "the move of the data to %s has not ended", where);
    return r;
}

/* A copy goes where nothing is: somebody else's tables would be between ours for ever, or in their way. */
static const struct sql foreign_sql = {
    "FOREIGN", STORE_MAIN,
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') "
    "AND to_regclass('schema_migration') IS NULL ORDER BY relname LIMIT 1"};

static int foreign_check(struct link *l, struct arena *a, const char *where, struct err *reterr) {
    struct rows rows;
    int r = query(l, &foreign_sql, a, &rows, reterr);
    if (r > 0)
        r = err_refuse(reterr, ERR_CONFLICT, "store.copy_not_empty", "Choose an empty database: createdb NAME",
                       "%s holds tables of another program (" STR_FMT ")", where, STR_ARG(row_str(&rows, 0, 0)));
    return r;
}

static int migrate_locked(struct store *st, struct link *l, struct err *reterr) {
    struct arena a = ARENA(4 << 20);
    struct rows rows = {0};
    const char *where = ((struct postgres *)st->impl)->masked;
    int r = query(l, &encoding_sql, &a, &rows, reterr);
    if (r > 0 && !str_eq(row_str(&rows, 0, 0), STR("UTF8")))
        r = err_refuse(reterr, ERR_INVALID, "store.encoding",
                       "Make one with: createdb -E UTF8 -T template0 NAME",
                       "the database's encoding is " STR_FMT ", not UTF8",
                       STR_ARG(row_str(&rows, 0, 0)));
    if (r >= 0)
        r = copying_check(st, l, &a, where, reterr);
    if (r >= 0 && st->copying)
        r = foreign_check(l, &a, where, reterr);
    if (r >= 0)
        r = link_script(l, prepare_text, reterr);
    if (r >= 0)
        r = query(l, &applied_sql, &a, &rows, reterr);
    if (r >= 0)
        r = applied_check(&rows, where, reterr);
    for (const struct migration *m = store_migrations; m->name && r >= 0; m++)
        r = migration_apply(st, l, m, &rows, reterr);
    arena_done(&a);
    return MIN(r, 0);
}

int pg_migrate(struct store *st, struct err *reterr) {
    struct postgres *pg = st->impl;
    struct link *l;
    uint64_t generation;
    int r = link_take(pg, st->busy_ms, &l, &generation, reterr);
    if (r < 0)
        return r;
    l->timeout_ms = PG_NO_END_MS; /* a migration may take its time, as long as the server is at work on it */
    /* The lock is the session's, and goes with it should we die. */
    r = link_script(l,
                    "SET statement_timeout = 0; SET lock_timeout = 0;"
                    "SELECT pg_advisory_lock(" MIGRATION_LOCK ")",
                    reterr);
    if (r == 0)
        r = migrate_locked(st, l, reterr);
    l->broken = true; /* its settings are not those of the others */
    link_give(pg, l, generation - 1);
    return r;
}

int pg_backup(struct store *st, const char *dir, struct err *reterr) {
    return err_refuse(reterr, ERR_INVALID, "store.backup",
                      "Use PostgreSQL's own tools: pg_dump, or base backups with WAL archiving.",
                      "a PostgreSQL database is not backed up by this program");
}
