/*
 * revoke.c - playbacks whose tokens are refused before they end. The table is what counts; the file
 * that the front's workers read is made of it anew each time, under a lock: of two processes that
 * write, the later one has read what the earlier one stored.
 */
#include "service/delivery/delivery_int.h"
#include "base/buf.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

/* A million of them at once is 27 MB. */
enum { FILE_MAX_BYTES = 64 << 20 };

const struct sql delivery_sql[] = {DELIVERY_SQL(SQL_ROW) SQL_END};

static int list_make(const struct engine *e, struct buf *out, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 20);
    struct rows r;
    int rc = store_query(e->store, &delivery_sql[REVOKED_LIST],
                         ARGS(A_I64(clock_now_ms(e->clock))), &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        buf_add(out, row_str(&r, i, 0));
        buf_byte(out, '\n');
    }
    if (rc >= 0 && out->failed)
        return err_set(reterr, ERR_LIMIT, "over %d bytes of revoked playbacks", FILE_MAX_BYTES);
    return rc < 0 ? rc : 0;
}

/* Not flushed to the disk: a start makes it anew. 0640: the front's workers are of its group. */
static int list_put(const char *path, const char *partial, struct str text, struct err *reterr) {
    scoped(fd_close) int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return err_errno(reterr, errno, "%s", partial);
    for (size_t at = 0; at < text.n;) {
        ssize_t n = write(fd, text.p + at, text.n - at);
        if (n < 0)
            return err_errno(reterr, errno, "%s", partial);
        at += (size_t)n;
    }
    return rename(partial, path) < 0 ? err_errno(reterr, errno, "%s", path) : 0;
}

int revoked_file_write(const struct engine *e, struct err *reterr) {
    char path[4096], partial[4096], lock[4096];
    scoped(buf_done) struct buf text = BUF(FILE_MAX_BYTES);
    snprintf(path, sizeof path, "%s/" DELIVERY_REVOKED_FILE, e->run_dir);
    snprintf(partial, sizeof partial, "%s/." DELIVERY_REVOKED_FILE ".partial", e->run_dir);
    snprintf(lock, sizeof lock, "%s/" DELIVERY_REVOKED_FILE ".lock", e->run_dir);
    scoped(fd_close) int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0)
        return err_errno(reterr, errno, "%s", lock);
    int rc = list_make(e, &text, reterr);
    return rc < 0 ? rc : list_put(path, partial, buf_str(&text), reterr);
}

int delivery_revoke(const struct engine *e, const struct revocation *list, size_t n,
                    struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = 0;
    if (!n)
        return 0;
    rc = tx_begin(e->store, STORE_VIEWING, TX_WRITE, &tx, reterr);
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = tx_exec(tx, &delivery_sql[REVOKED_INSERT],
                     ARGS(A_ID(list[i].playback), A_I64(list[i].until_ms)), reterr);
    if (rc >= 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : revoked_file_write(e, reterr);
}

int revoked_purge(const struct engine *e, struct err *reterr) {
    int rc = store_exec(e->store, &delivery_sql[REVOKED_PURGE],
                        ARGS(A_I64(clock_now_ms(e->clock))), reterr);
    return rc <= 0 ? rc : revoked_file_write(e, reterr);
}
