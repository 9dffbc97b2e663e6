/* copy_source.c - SQLite as what is copied from: its tables, in an order in which foreign keys
 * hold, and their rows in the order of their rowids. */
#include "engine/store/copy_int.h"
#include "base/buf.h"
#include "engine/store/sqlite_int.h"
#include <errno.h>
#include <openssl/evp.h>

enum { BATCH_BYTES = 4 << 20 };

static bool step_text(sqlite3_stmt *stmt, int col, struct arena *a, const char **ret) {
    *ret = str_cstr(a, str_of((const char *)sqlite3_column_text(stmt, col)));
    return *ret;
}

static int prepare(struct conn *c, const char *text, sqlite3_stmt **ret, struct err *reterr) {
    return conn_error(c, sqlite3_prepare_v2(c->db, text, -1, ret, NULL), reterr);
}

/* One number, or none (-1). */
static int64_t number_read(struct conn *c, const char *fmt, const char *name) {
    sqlite3_stmt *stmt = NULL;
    char *text = sqlite3_mprintf(fmt, name);
    int64_t n = -1;
    if (text && sqlite3_prepare_v2(c->db, text, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_free(text);
    return n;
}

static int columns_read(struct copy_source *s, struct conn *c, struct source_table *t,
                        struct err *reterr) {
    sqlite3_stmt *stmt = NULL;
    char *text = sqlite3_mprintf("SELECT name FROM pragma_table_info(%Q) ORDER BY cid", t->name);
    int r = text ? prepare(c, text, &stmt, reterr) : err_errno(reterr, ENOMEM, "reading tables");
    while (r == 0 && sqlite3_step(stmt) == SQLITE_ROW)
        if (t->cols == COPY_COLUMNS_MAX || !step_text(stmt, 0, &s->arena, &t->col[t->cols++]))
            r = err_set(reterr, ERR_LIMIT, "%s has too many columns", t->name);
    sqlite3_finalize(stmt);
    sqlite3_free(text);
    t->rows = number_read(c, "SELECT count(*) FROM \"%w\"", t->name);
    /* The table of sequences is there once one table has such a column. */
    t->sequence = -1;
    if (number_read(c, "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence' AND %Q <> ''",
                    t->name) > 0)
        t->sequence = number_read(c, "SELECT seq FROM sqlite_sequence WHERE name = %Q", t->name);
    return r;
}

/* Not those of SQLite's own search index (fts_...): PostgreSQL makes its own of the rows. */
static int tables_read(struct copy_source *s, enum store_db db, struct err *reterr) {
    struct conn *c = s->conn[db];
    sqlite3_stmt *stmt = NULL;
    int r = prepare(c,
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                    "'sqlite@_%' ESCAPE '@' AND name NOT LIKE 'fts@_%' ESCAPE '@' AND name <> 'schema_migration' ORDER BY name",
                    &stmt, reterr);
    while (r == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
        struct source_table *more = realloc(s->table, (s->n + 1) * sizeof *more);
        if (!more) {
            r = err_errno(reterr, ENOMEM, "reading tables");
            break;
        }
        s->table = more;
        struct source_table *t = &s->table[s->n++];
        *t = (struct source_table){.db = db};
        r = step_text(stmt, 0, &s->arena, &t->name)
                ? columns_read(s, c, t, reterr)
                : err_errno(reterr, ENOMEM, "reading tables");
    }
    sqlite3_finalize(stmt);
    return r;
}

/* True when some table that t refers to has not got its place yet. */
static bool has_parent_left(struct copy_source *s, const struct source_table *t) {
    sqlite3_stmt *stmt = NULL;
    char *text = sqlite3_mprintf("SELECT \"table\" FROM pragma_foreign_key_list(%Q)", t->name);
    bool left = false;
    if (text && sqlite3_prepare_v2(s->conn[t->db]->db, text, -1, &stmt, NULL) == SQLITE_OK)
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            struct str parent = str_of((const char *)sqlite3_column_text(stmt, 0));
            for (size_t i = 0; i < s->n; i++)
                left |= !s->table[i].placed && &s->table[i] != t &&
                        str_eq(parent, str_of(s->table[i].name));
        }
    sqlite3_finalize(stmt);
    sqlite3_free(text);
    return left;
}

static int tables_sort(struct copy_source *s, struct err *reterr) {
    struct source_table *sorted = calloc(MAX(s->n, (size_t)1), sizeof *sorted);
    if (!sorted)
        return err_errno(reterr, ENOMEM, "reading tables");
    size_t n = 0;
    for (bool moved = true; moved && n < s->n;) {
        moved = false;
        for (size_t i = 0; i < s->n; i++)
            if (!s->table[i].placed && !has_parent_left(s, &s->table[i])) {
                s->table[i].placed = moved = true;
                sorted[n++] = s->table[i];
            }
    }
    free(s->table);
    s->table = sorted;
    if (n == s->n)
        return 0;
    s->n = n;
    return err_set(reterr, ERR_INTERNAL, "tables refer to each other in a circle");
}

/* When which migrations were applied, to the millisecond: no two folders have that in common that are not copies. */
static int identity_read(struct copy_source *s, struct err *reterr) {
    sqlite3_stmt *stmt = NULL;
    uint8_t digest[32];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    int r = ok ? 0 : err_errno(reterr, ENOMEM, "reading the source");
    for (enum store_db db = 0; db < STORE_DBS && r == 0; db++) {
        r = prepare(s->conn[db], "SELECT name || ' ' || applied_at FROM schema_migration ORDER BY name", &stmt, reterr);
        while (r == 0 && sqlite3_step(stmt) == SQLITE_ROW)
            ok = ok && EVP_DigestUpdate(md, sqlite3_column_text(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
        sqlite3_finalize(stmt);
    }
    ok = ok && EVP_DigestFinal_ex(md, digest, NULL);
    EVP_MD_CTX_free(md);
    memcpy(&s->identity, digest, sizeof s->identity);
    return r == 0 && !ok ? err_errno(reterr, ENOMEM, "reading the source") : r;
}

int copy_source_open(struct store *st, struct copy_source *ret, struct err *reterr) {
    *ret = (struct copy_source){.st = st, .arena = ARENA(4 << 20)};
    int r = 0;
    for (enum store_db db = 0; db < STORE_DBS && r == 0; db++)
        if ((r = sqlite_begin(st, db, TX_READ, &ret->conn[db], reterr)) == 0)
            r = tables_read(ret, db, reterr);
    if (r == 0)
        r = tables_sort(ret, reterr);
    if (r == 0)
        r = identity_read(ret, reterr);
    if (r < 0)
        copy_source_close(ret);
    return r;
}

void copy_source_close(struct copy_source *s) {
    for (enum store_db db = 0; db < STORE_DBS; db++)
        if (s->conn[db])
            sqlite_end(s->st, s->conn[db], TX_READ, false, NULL);
    free(s->table);
    arena_done(&s->arena);
    *s = (struct copy_source){0};
}

/* A row's bytes, roughly: what decides where a batch ends. */
static size_t row_bytes(sqlite3_stmt *stmt, size_t cols) {
    size_t n = cols * 16;
    for (size_t i = 0; i < cols; i++)
        if (sqlite3_column_type(stmt, (int)i) >= SQLITE3_TEXT)
            n += (size_t)sqlite3_column_bytes(stmt, (int)i);
    return n;
}

int copy_source_rows(struct copy_source *s, const struct source_table *t, int64_t from, size_t max,
                struct arena *a, struct rows *ret, struct err *reterr) {
    struct conn *c = s->conn[t->db];
    scoped(buf_done) struct buf text = BUF(64 << 10);
    buf_addc(&text, "SELECT rowid");
    for (size_t i = 0; i < t->cols; i++)
        buf_addf(&text, ", \"%s\"", t->col[i]);
    buf_addf(&text, " FROM \"%s\" WHERE rowid >= ?1 ORDER BY rowid", t->name);
    sqlite3_stmt *stmt = NULL;
    int r = prepare(c, buf_cstr(&text), &stmt, reterr);
    size_t cols = t->cols + 1, bytes = 0;
    *ret = (struct rows){.cols = cols, .v = arena_array(a, max * cols, sizeof *ret->v)};
    if (r == 0 && !ret->v)
        r = err_errno(reterr, ENOMEM, "reading %s", t->name);
    if (r == 0)
        sqlite3_bind_int64(stmt, 1, from);
    int rc = SQLITE_DONE;
    while (r == 0 && ret->n < max && bytes < BATCH_BYTES && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        bytes += row_bytes(stmt, cols);
        for (size_t i = 0; i < cols && r == 0; i++)
            if (!conn_val_read(stmt, (int)i, a, &ret->v[ret->n * cols + i]))
                r = err_set(reterr, ERR_LIMIT, "a row of %s is larger than memory allows", t->name);
        ret->n++;
    }
    if (r == 0)
        r = conn_error(c, rc, reterr);
    sqlite3_finalize(stmt);
    return r < 0 ? r : (int)ret->n;
}
