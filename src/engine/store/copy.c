/*
 * copy.c - everything from SQLite to PostgreSQL, table by table, a batch a transaction.
 *
 * How far a table has come stands in the target (store_copy), in the batch's own transaction: after
 * a kill the next run goes on behind the last batch that was committed. While that table is there,
 * no server starts on the target. At the end every row of both sides is read again, and counts and
 * checksums must agree; only then are the counters set and the table dropped.
 *
 * A checksum is the sum, modulo 2^128, of what SHA-256 gives for each row: it does not depend on the
 * order in which an engine gives its rows.
 */
#include "engine/store/copy_int.h"
#include "engine/store/postgres_int.h"
#include <errno.h>
#include <openssl/evp.h>

enum { BATCH_ROWS = 1000, ARENA_MAX = 1 << 30 };

static const char *const begin_text =
    "CREATE TABLE IF NOT EXISTS store_copy (name TEXT COLLATE \"C\" PRIMARY KEY,"
    " last_rowid BIGINT NOT NULL, rows BIGINT NOT NULL);";

struct copy {
    struct copy_source source;
    struct store *to;
    struct link *link;
    uint64_t generation;
    void (*progress)(void *arg, const struct store_copied *p);
    void *arg;
    struct store_copied now;
};

static bool res_ok(const PGresult *r) {
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

/* One command's answer, after a flush; the rows where they are wanted. */
static int answer(struct copy *c, struct arena *a, struct rows *ret_rows, struct err *reterr) {
    enum pg_fate fate;
    PGresult *res = link_result(c->link);
    int r = res && res_ok(res) ? 0 : pg_error(c->link, res, &fate, reterr);
    if (r == 0 && ret_rows)
        r = pg_rows(res, a, ret_rows, reterr);
    PQclear(res);
    return r;
}

static int ask(struct copy *c, const char *text, struct arena *a, struct rows *ret_rows,
               struct err *reterr) {
    enum pg_fate fate;
    if (!link_send(c->link, text) || !link_flush(c->link))
        return pg_error(c->link, NULL, &fate, reterr);
    int r = answer(c, a, ret_rows, reterr);
    link_sync(c->link);
    return r;
}

static int insert_text(const struct source_table *t, struct buf *out, struct err *reterr) {
    buf_addf(out, "INSERT INTO \"%s\" (", t->name);
    for (size_t i = 0; i < t->cols; i++)
        buf_addf(out, "%s\"%s\"", i ? ", " : "", t->col[i]);
    buf_addc(out, ") OVERRIDING SYSTEM VALUE VALUES (");
    for (size_t i = 0; i < t->cols; i++)
        buf_addf(out, "%s$%zu", i ? ", " : "", i + 1);
    buf_addc(out, ")");
    return buf_cstr(out) ? 0 : err_errno(reterr, ENOMEM, "copying %s", t->name);
}

/* All in one journey: the rows, how far we are, the commit. */
static int batch_write(struct copy *c, const struct source_table *t, const struct sql *insert,
                       const struct rows *rows, struct err *reterr) {
    char mark[256];
    int64_t last = row_i64(rows, rows->n - 1, 0);
    snprintf(mark, sizeof mark,
             "INSERT INTO store_copy AS s VALUES ('%s', %lld, %zu) ON CONFLICT (name) DO UPDATE SET "
             "last_rowid = excluded.last_rowid, rows = s.rows + excluded.rows",
             t->name, (long long)last, rows->n);
    enum pg_fate fate;
    bool prepares = false, first = false, sent = link_send(c->link, "BEGIN");
    for (size_t i = 0; i < rows->n && sent; i++) {
        struct sql_args args = {&rows->v[i * rows->cols + 1], t->cols};
        bool p = false;
        sent = i == 0 || !first ? link_send_prepared(c->link, insert, args, &p)
                                : link_send_again(c->link, insert, args);
        if (i == 0)
            prepares = first = p;
    }
    if (!sent || !link_send(c->link, mark) || !link_send(c->link, "COMMIT") || !link_flush(c->link))
        return pg_error(c->link, NULL, &fate, reterr);
    int r = 0;
    for (size_t i = 0, n = rows->n + 3 + prepares; i < n && !c->link->broken; i++) {
        struct err e = {0};
        PGresult *res = link_result(c->link);
        bool ok = res && res_ok(res);
        if (i == 1 && prepares && ok)
            link_prepared(c->link, insert);
        if (!ok && r == 0) {
            r = pg_error(c->link, res, &fate, &e);
            if (reterr)
                *reterr = e;
            size_t row = i - 1 - prepares;
            if (row < rows->n)
                err_wrap(reterr, "%s, row %lld", t->name, (long long)row_i64(rows, row, 0));
        }
        PQclear(res);
    }
    link_sync(c->link);
    if (r < 0 && !c->link->broken)
        ask(c, "ROLLBACK", NULL, NULL, NULL);
    return c->link->broken && r == 0 ? pg_error(c->link, NULL, &fate, reterr) : r;
}

static int place_read(struct copy *c, const struct source_table *t, int64_t *ret_rowid,
                      int64_t *ret_rows, struct err *reterr) {
    char text[256];
    struct arena a = ARENA(64 << 10);
    struct rows rows;
    snprintf(text, sizeof text, "SELECT last_rowid, rows FROM store_copy WHERE name = '%s'", t->name);
    int r = ask(c, text, &a, &rows, reterr);
    *ret_rowid = r > 0 ? row_i64(&rows, 0, 0) : INT64_MIN;
    *ret_rows = r > 0 ? row_i64(&rows, 0, 1) : 0;
    arena_done(&a);
    return MIN(r, 0);
}

/* False: no rowid is behind this one. */
static bool place_next(int64_t last, int64_t *ret_from) {
    return !__builtin_add_overflow(last, (int64_t)1, ret_from);
}

static int table_copy(struct copy *c, const struct source_table *t, struct err *reterr) {
    scoped(buf_done) struct buf text = BUF(64 << 10);
    int64_t last = 0, from = INT64_MIN;
    int r = insert_text(t, &text, reterr);
    if (r == 0)
        r = place_read(c, t, &last, &c->now.rows, reterr);
    bool more = r == 0 && (c->now.rows == 0 || place_next(last, &from));
    /* Named by its address among what is prepared: it must outlive the connection's use of it. */
    struct sql *insert = r == 0 ? arena_new(&c->source.arena, struct sql) : NULL;
    if (r == 0 && !insert)
        r = err_errno(reterr, ENOMEM, "copying %s", t->name);
    if (r == 0)
        *insert = (struct sql){t->name, t->db, buf_cstr(&text)};
    struct arena a = ARENA(ARENA_MAX);
    struct rows rows = {0};
    while (r == 0 && more && (r = copy_source_rows(&c->source, t, from, BATCH_ROWS, &a, &rows, reterr)) > 0) {
        r = batch_write(c, t, insert, &rows, reterr);
        more = place_next(row_i64(&rows, rows.n - 1, 0), &from);
        c->now.rows += (int64_t)rows.n;
        c->progress(c->arg, &c->now);
        arena_reset(&a);
    }
    arena_done(&a);
    return r;
}

struct sum {
    unsigned __int128 v;
    int64_t rows;
};

static bool sum_add(struct sum *s, const struct sql_val *v, size_t cols) {
    uint8_t digest[32];
    unsigned __int128 n;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    for (size_t i = 0; ok && i < cols; i++) {
        uint64_t head[4] = {(uint64_t)v[i].type, (uint64_t)v[i].i, v[i].s.n};
        memcpy(&head[3], &v[i].f, sizeof head[3]);
        ok = EVP_DigestUpdate(md, head, sizeof head) && EVP_DigestUpdate(md, v[i].s.p, v[i].s.n);
    }
    ok = ok && EVP_DigestFinal_ex(md, digest, NULL);
    EVP_MD_CTX_free(md);
    memcpy(&n, digest, sizeof n);
    s->v += n;
    s->rows++;
    return ok;
}

static int source_sum(struct copy *c, const struct source_table *t, struct sum *ret,
                      struct err *reterr) {
    struct arena a = ARENA(ARENA_MAX);
    struct rows rows = {0};
    int64_t from = INT64_MIN;
    bool more = true;
    int r = 0;
    while (r == 0 && more && (r = copy_source_rows(&c->source, t, from, BATCH_ROWS, &a, &rows, reterr)) > 0) {
        r = 0;
        for (size_t i = 0; i < rows.n; i++)
            if (!sum_add(ret, &rows.v[i * rows.cols + 1], t->cols))
                r = err_errno(reterr, ENOMEM, "verifying %s", t->name);
        more = place_next(row_i64(&rows, rows.n - 1, 0), &from);
        arena_reset(&a);
    }
    arena_done(&a);
    return r;
}

static int target_sum(struct copy *c, const struct source_table *t, struct sum *ret,
                      struct err *reterr) {
    scoped(buf_done) struct buf text = BUF(64 << 10);
    buf_addc(&text, "DECLARE everything NO SCROLL CURSOR FOR SELECT ");
    for (size_t i = 0; i < t->cols; i++)
        buf_addf(&text, "%s\"%s\"", i ? ", " : "", t->col[i]);
    buf_addf(&text, " FROM \"%s\"", t->name);
    struct arena a = ARENA(ARENA_MAX);
    struct rows rows = {0};
    int r = ask(c, "BEGIN READ ONLY", NULL, NULL, reterr);
    if (r == 0)
        r = ask(c, buf_cstr(&text), NULL, NULL, reterr);
    while (r == 0 && (r = ask(c, "FETCH 500 FROM everything", &a, &rows, reterr)) > 0) {
        r = 0;
        for (size_t i = 0; i < rows.n && r == 0; i++)
            if (!sum_add(ret, &rows.v[i * rows.cols], t->cols))
                r = err_errno(reterr, ENOMEM, "verifying %s", t->name);
        arena_reset(&a);
    }
    arena_done(&a);
    int ended = ask(c, "ROLLBACK", NULL, NULL, r < 0 ? NULL : reterr);
    return r < 0 ? r : ended;
}

static int table_verify(struct copy *c, const struct source_table *t, struct err *reterr) {
    struct sum here = {0}, there = {0};
    int r = source_sum(c, t, &here, reterr);
    if (r == 0)
        r = target_sum(c, t, &there, reterr);
    if (r < 0)
        return r;
    c->now.rows = there.rows;
    c->now.checksum = (uint64_t)(here.v >> 64);
    if (here.rows != there.rows || here.rows != t->rows || here.v != there.v)
        return err_refuse(reterr, ERR_CONFLICT, "store.copy_differs",
                          "The source was changed after its copy had begun, or the target was. Empty "
                          "the target (dropdb, createdb) and begin again.",
                          "%s: %lld rows here and %lld there, or not the same ones", t->name,
                          (long long)here.rows, (long long)there.rows);
    c->progress(c->arg, &c->now);
    return 0;
}

/* The numbers that tables give out go on where SQLite's would have: cursors count on it. */
static int copy_finish(struct copy *c, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    buf_addc(&b, "BEGIN;");
    for (size_t i = 0; i < c->source.n; i++) {
        const struct source_table *t = &c->source.table[i];
        if (t->sequence > 0)
            buf_addf(&b, "SELECT setval(pg_get_serial_sequence('\"%s\"', '%s'), %lld);", t->name,
                     t->col[0], (long long)t->sequence);
    }
    buf_addc(&b, "DROP TABLE store_copy; COMMIT;");
    char *text = buf_cstr(&b);
    return text ? link_script(c->link, text, reterr) : err_errno(reterr, ENOMEM, "copying");
}

/* Nothing of anybody's is there yet: says whose it will be. */
static int target_begin(struct copy *c, struct arena *a, struct err *reterr) {
    struct rows rows;
    char text[512];
    int r = 0;
    for (size_t i = 0; i < c->source.n && r == 0; i++) {
        snprintf(text, sizeof text, "SELECT 1 FROM \"%s\" LIMIT 1", c->source.table[i].name);
        r = ask(c, text, a, &rows, reterr);
        if (r > 0)
            return err_refuse(reterr, ERR_CONFLICT, "store.copy_not_empty",
                              "Choose an empty database: createdb NAME", "the target holds data "
                              "already (in %s)", c->source.table[i].name);
    }
    snprintf(text, sizeof text, "BEGIN;%s INSERT INTO store_copy VALUES ('', %lld, 0); COMMIT;", begin_text,
             (long long)c->source.identity);
    return r < 0 ? r : link_script(c->link, text, reterr);
}

/* Only what is empty, or what an earlier run has begun to fill from the same folder. */
static int target_check(struct copy *c, struct err *reterr) {
    struct arena a = ARENA(64 << 10);
    struct rows rows;
    int r = ask(c, "SELECT to_regclass('store_copy') IS NOT NULL", &a, &rows, reterr);
    c->now.resumed = r > 0 && row_i64(&rows, 0, 0);
    if (r > 0 && !c->now.resumed)
        r = target_begin(c, &a, reterr);
    else if (r > 0)
        r = ask(c, "SELECT last_rowid FROM store_copy WHERE name = ''", &a, &rows, reterr);
    if (r > 0 && row_i64(&rows, 0, 0) != c->source.identity)
        r = err_refuse(reterr, ERR_CONFLICT, "store.copy_other",
                       "Run it for that folder again, or choose an empty database: createdb NAME",
                       "the copy of another data folder into this database has not ended");
    arena_done(&a);
    return MIN(r, 0);
}

static int copy_run(struct copy *c, struct err *reterr) {
    int r = target_check(c, reterr);
    c->now.tables = c->source.n;
    for (int verify = 0; verify < 2 && r == 0; verify++)
        for (size_t i = 0; i < c->source.n && r == 0; i++) {
            const struct source_table *t = &c->source.table[i];
            c->now.table = t->name;
            c->now.table_n = i;
            c->now.rows_total = t->rows;
            c->now.verified = verify;
            r = verify ? table_verify(c, t, reterr) : table_copy(c, t, reterr);
        }
    return r < 0 ? r : copy_finish(c, reterr);
}

int store_copy(struct store *from, struct store *to,
               void (*progress)(void *arg, const struct store_copied *p), void *arg,
               struct err *reterr) {
    struct copy c = {.to = to, .progress = progress, .arg = arg};
    if (from->driver != &sqlite_driver || to->driver == &sqlite_driver)
        return err_refuse(reterr, ERR_INVALID, "store.copy", "Say --to postgresql://...",
                          "only SQLite can be copied, and only to PostgreSQL");
    int r = copy_source_open(from, &c.source, reterr);
    if (r < 0)
        return r;
    r = link_take(to->impl, to->busy_ms, &c.link, &c.generation, reterr);
    if (r == 0) {
        c.link->timeout_ms = PG_NO_END_MS;
        /* Two copies at once would each add what the other has. */
        struct arena a = ARENA(64 << 10);
        struct rows rows;
        r = link_script(c.link, "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0",
                        reterr);
        if (r == 0)
            r = ask(&c, "SELECT pg_try_advisory_lock(4773312203)", &a, &rows, reterr);
        if (r > 0)
            r = row_i64(&rows, 0, 0) ? 0
                                     : err_refuse(reterr, ERR_CONFLICT, "store.copy_runs",
                                                  "Wait for it.", "another copy into this database "
                                                  "is running");
        arena_done(&a);
        if (r == 0)
            r = copy_run(&c, reterr);
        c.link->broken = true; /* its settings are not those of the others */
        link_give(to->impl, c.link, c.generation - 1);
    }
    copy_source_close(&c.source);
    return MIN(r, 0);
}
