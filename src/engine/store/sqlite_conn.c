/* sqlite_conn.c - one connection: opening it as we want it, its prepared statements, values in and
 * out, and what SQLite's answers mean. A connection is used by one thread at a time. */
#include "engine/store/sqlite_int.h"
#include <errno.h>
#include <unistd.h>

static const struct {
    int rc, code;
    const char *hint;
} meanings[] = {
    {SQLITE_BUSY, ERR_BUSY, "Another program is writing to the database for long; try again."},
    {SQLITE_LOCKED, ERR_BUSY, "Another program is writing to the database for long; try again."},
    {SQLITE_FULL, ERR_NO_SPACE,
     "The disk that holds the database is full; free some space and try again."},
    {SQLITE_READONLY, ERR_PERMISSION,
     "The database cannot be written to; check who owns its folder and that its disk is not "
     "mounted read-only."},
    {SQLITE_PERM, ERR_PERMISSION, "Permission was denied; check who owns the database's folder."},
    {SQLITE_CORRUPT, ERR_CORRUPT,
     "The database is damaged. Stop the program, keep a copy of the folder, restore a backup."},
    {SQLITE_NOTADB, ERR_CORRUPT,
     "The file is not a database of this program. Restore a backup or choose another folder."},
    {SQLITE_NOMEM, ERR_NO_MEMORY, "There is not enough memory; close other programs."},
    {SQLITE_TOOBIG, ERR_TOO_LARGE, "The value is too large to be stored."},
    {SQLITE_INTERRUPT, ERR_CANCELLED, ""},
    {SQLITE_IOERR, ERR_IO, "The disk reported an error; check the system's log."},
};

/* Only what two callers racing, or a user's input, can bring about is a conflict; a NOT NULL or
 * CHECK that fails is our own bug. */
static bool is_conflict(int extended) {
    return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
           extended == SQLITE_CONSTRAINT_FOREIGNKEY || extended == SQLITE_CONSTRAINT_ROWID;
}

/* SQLite keeps the system's number for some calls only; for a commit that could not write errno is
 * all there is. Others may be left there by what failed on the way and did not matter. */
static int system_error(struct conn *c, int seen) {
    int os = c->db ? sqlite3_system_errno(c->db) : 0;
    if (os == 0 && (seen == ENOSPC || seen == EDQUOT || seen == EFBIG || seen == EROFS))
        os = seen;
    return os;
}

int conn_error(struct conn *c, int rc, struct err *reterr) {
    if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
        return 0;
    int os = system_error(c, errno);
    const char *text = c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(rc);
    if ((rc & 0xFF) == SQLITE_CONSTRAINT)
        return err_set(reterr, is_conflict(rc) ? ERR_CONFLICT : ERR_INTERNAL, "%s", text);
    if (((rc & 0xFF) == SQLITE_IOERR || (rc & 0xFF) == SQLITE_CANTOPEN) && os)
        return err_errno(reterr, os, "%s (%s)", c->path, sqlite3_errstr(rc));
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (meanings[i].rc == (rc & 0xFF))
            return err_refuse(reterr, meanings[i].code, "", meanings[i].hint, "%s: %s", c->path,
                              text);
    return err_set(reterr, ERR_INTERNAL, "%s: %s", c->path, text);
}

int conn_script(struct conn *c, const char *text, struct err *reterr) {
    errno = 0;
    return conn_error(c, sqlite3_exec(c->db, text, NULL, NULL, NULL), reterr);
}

/* Two processes that open a new file at once meet here, and the busy timeout does not cover a
 * change of the journal mode. */
static int wal_enable(struct conn *c, int busy_ms, struct err *reterr) {
    int64_t until = clock_mono_ns() + (int64_t)busy_ms * 1000000;
    for (useconds_t pause = 1000;; pause = MIN(pause * 2, 50000u)) {
        int rc = sqlite3_exec(c->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if ((rc & 0xFF) != SQLITE_BUSY || clock_mono_ns() > until)
            return conn_error(c, rc, reterr);
        usleep(pause);
    }
}

static int conn_configure(struct store *st, struct conn *c, struct err *reterr) {
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, st->busy_ms);
    int r = st->read_only ? 0 : wal_enable(c, st->busy_ms, reterr);
    if (r < 0)
        return r;
    /* FULL: a commit that was answered survives a power cut; an import that was accepted is a row
     * of JOBS. NORMAL: it survives a kill; a power cut may take the last moments of watching, whose
     * next heartbeat says the same again. */
    r = conn_script(c,
                    c->which == STORE_VIEWING ? "PRAGMA synchronous = NORMAL"
                                              : "PRAGMA synchronous = FULL",
                    reterr);
    /* Rows of playbacks touch a page here and a page there: the longer the log before it is taken over, the more
     * of them are the same page again. */
    if (r == 0 && c->which == STORE_VIEWING)
        r = conn_script(c, "PRAGMA wal_autocheckpoint = 8000", reterr);
    /* A lookup in a large database is one page of an index and one of a table after another, and reading each of
     * them costs as much as looking into it. */
    if (r == 0)
        r = conn_map(c, reterr);
    if (r < 0)
        return r;
    r = conn_script(c,
                    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096;"
                    "PRAGMA journal_size_limit = 67108864",
                    reterr);
    /* An index by account is a page here and a page there for whoever writes, and its pages are his own: he keeps many.
     * Those who read have the mapping, and of this next to nothing. */
    if (r == 0 && c->which == STORE_VIEWING)
        r = conn_script(c, "PRAGMA cache_size = -65536", reterr);
    return r;
}

int conn_open(struct store *st, enum store_db which, struct conn **ret_c, struct err *reterr) {
    struct conn *c = calloc(1, sizeof *c);
    if (!c)
        return err_errno(reterr, ENOMEM, "opening the database");
    c->which = which;
    c->path = ((struct sqlite *)st->impl)->file[which].path;
    int flags = st->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int r =
        conn_error(c, sqlite3_open_v2(c->path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL), reterr);
    if (r == 0)
        r = conn_configure(st, c, reterr);
    if (r < 0) {
        conn_close(c);
        return r;
    }
    *ret_c = c;
    return 0;
}

void conn_close(struct conn *c) {
    if (!c)
        return;
    for (size_t i = 0; i < c->cap; i++)
        sqlite3_finalize(c->slots[i].stmt);
    free(c->slots);
    sqlite3_close(c->db);
    conn_unmap(c);
    free(c);
}

static struct stmt_slot *slot_find(struct stmt_slot *slots, size_t cap, const struct sql *q) {
    size_t i = ((uintptr_t)q / sizeof *q) & (cap - 1);
    while (slots[i].q && slots[i].q != q)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static bool slots_grow(struct conn *c) {
    size_t cap = c->cap ? c->cap * 2 : 64;
    struct stmt_slot *slots = calloc(cap, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < c->cap; i++)
        if (c->slots[i].q)
            *slot_find(slots, cap, c->slots[i].q) = c->slots[i];
    free(c->slots);
    c->slots = slots;
    c->cap = cap;
    return true;
}

static int stmt_get(struct conn *c, const struct sql *q, sqlite3_stmt **ret_stmt,
                    struct err *reterr) {
    if (c->n * 2 >= c->cap && !slots_grow(c))
        return err_errno(reterr, ENOMEM, "preparing a statement");
    struct stmt_slot *slot = slot_find(c->slots, c->cap, q);
    if (!slot->q) {
        scoped(mem_free) char *text = sql_rewrite(q->text);
        if (!text)
            return err_errno(reterr, ENOMEM, "preparing a statement");
        sqlite3_stmt *stmt = NULL;
        const char *tail = "";
        int rc = sqlite3_prepare_v3(c->db, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &tail);
        if (rc != SQLITE_OK)
            return conn_error(c, rc, reterr);
        if (!stmt || tail[strspn(tail, " \n\t;")]) {
            sqlite3_finalize(stmt);
            return err_set(reterr, ERR_INTERNAL, "a row of a table holds one statement");
        }
        *slot = (struct stmt_slot){q, stmt};
        c->n++;
    }
    *ret_stmt = slot->stmt;
    return 0;
}

int conn_control(struct conn *c, enum conn_control which, struct err *reterr) {
    static const struct sql all[] = {{"BEGIN", STORE_MAIN, "BEGIN"},
                                     {"BEGIN IMMEDIATE", STORE_MAIN, "BEGIN IMMEDIATE"},
                                     {"COMMIT", STORE_MAIN, "COMMIT"}};
    sqlite3_stmt *stmt;
    int r = stmt_get(c, &all[which], &stmt, reterr);
    if (r < 0)
        return r;
    errno = 0;
    int rc = sqlite3_step(stmt);
    r = rc == SQLITE_DONE ? 0 : conn_error(c, rc, reterr);
    sqlite3_reset(stmt);
    return r;
}

int conn_prepare(struct conn *c, const struct sql *q, struct err *reterr) {
    sqlite3_stmt *stmt;
    return stmt_get(c, q, &stmt, reterr);
}

static int val_bind(sqlite3_stmt *stmt, int at, const struct sql_val *v) {
    switch (v->type) {
    case SQL_I64:
        return sqlite3_bind_int64(stmt, at, v->i);
    case SQL_F64:
        return sqlite3_bind_double(stmt, at, v->f);
    case SQL_TEXT:
        return sqlite3_bind_text64(stmt, at, v->s.p, v->s.n, SQLITE_STATIC, SQLITE_UTF8);
    case SQL_BLOB:
        return sqlite3_bind_blob64(stmt, at, v->s.p ? v->s.p : "", v->s.n, SQLITE_STATIC);
    case SQL_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, at);
}

bool conn_val_read(sqlite3_stmt *stmt, int col, struct arena *a, struct sql_val *ret) {
    *ret = (struct sql_val){.type = SQL_NULL};
    switch (sqlite3_column_type(stmt, col)) {
    case SQLITE_INTEGER:
        ret->type = SQL_I64;
        ret->i = sqlite3_column_int64(stmt, col);
        return true;
    case SQLITE_FLOAT:
        ret->type = SQL_F64;
        ret->f = sqlite3_column_double(stmt, col);
        return true;
    case SQLITE_TEXT:
        ret->type = SQL_TEXT;
        break;
    case SQLITE_BLOB:
        ret->type = SQL_BLOB;
        break;
    default:
        return true;
    }
    const void *p = sqlite3_column_blob(stmt, col);
    size_t n = (size_t)sqlite3_column_bytes(stmt, col);
    char *copy = arena_alloc(a, n + 1); /* zeroed: ends in NUL */
    if (!copy)
        return false;
    if (n)
        memcpy(copy, p, n);
    ret->s = str_make(copy, n);
    return true;
}

/* Rows are gathered in a growing array and laid out in one of their size at the end. Most results are short. */
enum { GATHER_FEW = 48 };
struct gather {
    struct sql_val few[GATHER_FEW], *v;
    size_t n, cap;
};

static bool gather_grow(struct gather *g, size_t cols) {
    size_t cap = MAX(g->cap * 2, cols * 16);
    struct sql_val *v = realloc(g->v == g->few ? NULL : g->v, cap * sizeof *v);
    if (!v)
        return false;
    if (g->v == g->few)
        memcpy(v, g->few, g->n * sizeof *v);
    g->v = v;
    g->cap = cap;
    return true;
}

static bool row_gather(sqlite3_stmt *stmt, struct gather *g, size_t cols, struct arena *a) {
    if (g->n + cols > g->cap && !gather_grow(g, cols))
        return false;
    for (size_t i = 0; i < cols; i++)
        if (!conn_val_read(stmt, (int)i, a, &g->v[g->n + i]))
            return false;
    g->n += cols;
    return true;
}

static int rows_read(struct conn *c, sqlite3_stmt *stmt, struct arena *a, struct rows *ret_rows,
                     struct err *reterr) {
    struct gather g;
    g.v = g.few;
    g.n = 0;
    g.cap = GATHER_FEW;
    size_t cols = (size_t)sqlite3_column_count(stmt);
    int rc;
    bool fits = true;
    errno = 0;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && fits && ret_rows)
        fits = row_gather(stmt, &g, cols, a);
    int r = 0;
    if (!fits) {
        r = err_set(reterr, ERR_LIMIT, "the result is larger than the memory set aside for it");
    } else if ((r = conn_error(c, rc, reterr)) == 0 && g.n) {
        struct sql_val *v = arena_copy(a, g.v, g.n * sizeof *v);
        if (v)
            *ret_rows = (struct rows){.n = g.n / cols, .cols = cols, .v = v};
        else
            r = err_set(reterr, ERR_LIMIT, "the result is larger than the memory set aside for it");
    }
    if (g.v != g.few)
        free(g.v);
    return r;
}

int conn_run(struct conn *c, const struct sql *q, struct sql_args args, struct arena *a,
             struct rows *ret_rows, struct err *reterr) {
    sqlite3_stmt *stmt;
    int r = stmt_get(c, q, &stmt, reterr);
    if (r < 0)
        return r;
    if ((size_t)sqlite3_bind_parameter_count(stmt) != args.n)
        return err_set(reterr, ERR_INTERNAL, "%d parameters are due, %zu were given",
                       sqlite3_bind_parameter_count(stmt), args.n);
    int rc = SQLITE_OK;
    for (size_t i = 0; i < args.n && rc == SQLITE_OK; i++)
        rc = val_bind(stmt, (int)i + 1, &args.v[i]);
    r = conn_error(c, rc, reterr);
    if (r == 0)
        r = rows_read(c, stmt, a, ret_rows, reterr);
    /* Before the reset, which would not change it, but a later statement does. */
    int changed = sqlite3_changes(c->db);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt); /* what they pointed at is the caller's */
    if (r < 0)
        return r;
    return ret_rows ? (int)ret_rows->n : changed;
}
