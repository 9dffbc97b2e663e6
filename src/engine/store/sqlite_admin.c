/* sqlite_admin.c - what is done to whole files: migrations and backups. */
#include "engine/store/sqlite_int.h"
#include "base/dir.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { APPLIED, INSERT };
static const struct sql migration_sql[STORE_DBS][3] = {
#define MIGRATION_ROWS(db)                                                                         \
    [STORE_##                                                                                      \
        db] = {{"MIGRATION_APPLIED", STORE_##db, "SELECT name, checksum FROM schema_migration"},   \
               {"MIGRATION_INSERT", STORE_##db,                                                    \
                "INSERT INTO schema_migration (name, checksum, applied_at) VALUES ($1, $2, $3)"},  \
               SQL_END}
    MIGRATION_ROWS(MAIN), MIGRATION_ROWS(JOBS), MIGRATION_ROWS(VIEWING)};

static int applied_check(const struct rows *done, enum store_db db, const char *path,
                         struct err *reterr) {
    for (size_t i = 0; i < done->n; i++) {
        struct str name = row_str(done, i, 0);
        const struct migration *m = migration_find(name);
        int r = migration_check(m, m ? m->sqlite[db].sha256 : "", name, row_str(done, i, 1), path,
                                reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool is_applied(const struct rows *done, const char *name) {
    for (size_t i = 0; i < done->n; i++)
        if (str_eq(row_str(done, i, 0), str_of(name)))
            return true;
    return false;
}

static int missing_apply(struct store *st, struct conn *c, const struct rows *done,
                         struct err *reterr) {
    for (const struct migration *m = store_migrations; m->name; m++) {
        const struct migration_part *part = &m->sqlite[c->which];
        if (!*part->text || is_applied(done, m->name))
            continue;
        int r = conn_script(c, part->text, reterr);
        if (r < 0)
            return err_wrap(reterr, "migration %s", m->name);
        r = conn_run(c, &migration_sql[c->which][INSERT],
                     ARGS(A_CSTR(m->name), A_CSTR(part->sha256), A_I64(store_now_ms(st))), NULL,
                     NULL, reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

/* All that a file lacks in one transaction: another process waits for it and then finds it done. */
static int file_migrate(struct store *st, enum store_db db, struct err *reterr) {
    struct conn *c;
    int r = sqlite_begin(st, db, TX_WRITE, &c, reterr);
    if (r < 0)
        return r;
    struct arena a = ARENA(4 << 20);
    struct rows done = {0};
    r = conn_script(c,
                    "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT PRIMARY KEY,"
                    " checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
                    reterr);
    if (r == 0)
        r = conn_run(c, &migration_sql[db][APPLIED], NO_ARGS, &a, &done, reterr);
    if (r >= 0)
        r = applied_check(&done, db, c->path, reterr);
    if (r == 0)
        r = missing_apply(st, c, &done, reterr);
    int ended = sqlite_end(st, c, TX_WRITE, r == 0, r == 0 ? reterr : NULL);
    arena_done(&a);
    return r < 0 ? r : ended;
}

int sqlite_migrate(struct store *st, struct err *reterr) {
    int r = 0;
    for (enum store_db db = 0; db < STORE_DBS && r == 0; db++)
        r = file_migrate(st, db, reterr);
    return r;
}

static int backup_copy(struct conn *from, const char *to, struct err *reterr) {
    struct conn dst = {.path = to};
    int rc = sqlite3_open_v2(to, &dst.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(dst.db, 1);
        sqlite3_backup *b = sqlite3_backup_init(dst.db, "main", from->db, "main");
        if (b) {
            sqlite3_backup_step(b, -1); /* all in one snapshot: in WAL mode no writer waits */
            sqlite3_backup_finish(b);
        }
        rc = sqlite3_extended_errcode(dst.db);
    }
    int r = conn_error(&dst, rc, reterr);
    sqlite3_close(dst.db);
    return r;
}

/* Under a temporary name until it is whole, so that half a copy is never taken for a backup. */
static int file_backup(struct store *st, enum store_db db, const char *dir, struct err *reterr) {
    scoped(mem_free) char *to = NULL, *tmp = NULL;
    if (asprintf(&to, "%s/%s.db", dir, store_db_names[db]) < 0 || asprintf(&tmp, "%s.tmp", to) < 0)
        return err_errno(reterr, ENOMEM, "backup");
    if (access(to, F_OK) == 0)
        return err_refuse(reterr, ERR_CONFLICT, "store.backup_exists",
                          "The folder holds a database already; choose an empty one.",
                          "backup: %s exists", to);
    scoped(fd_close) int fd = open(tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_errno(reterr, errno, "backup: %s", tmp);
    struct conn *c;
    int r = sqlite_begin(st, db, TX_READ, &c, reterr);
    if (r == 0) {
        r = backup_copy(c, tmp, reterr);
        sqlite_end(st, c, TX_READ, false, NULL);
    }
    if (r == 0)
        r = dir_sync(tmp, reterr);
    if (r == 0 && rename(tmp, to) < 0)
        r = err_errno(reterr, errno, "backup: %s", to);
    if (r < 0)
        unlink(tmp);
    return r;
}

int sqlite_backup(struct store *st, const char *dir, struct err *reterr) {
    static const enum store_db order[] = {STORE_VIEWING, STORE_JOBS, STORE_MAIN};
    int r = dir_make(dir, reterr);
    for (size_t i = 0; i < ARRAY_LEN(order) && r == 0; i++)
        r = file_backup(st, order[i], dir, reterr);
    return r < 0 ? r : dir_sync(dir, reterr);
}
