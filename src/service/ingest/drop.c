/*
 * drop.c - the watched folder. A film in it is taken when its size and time have rested; what becomes of it is
 * written beside it where it is an error, and on the job board. Nothing is followed that is a link: neither a
 * name in the folder nor one on the way to it, or a link would bring in any file that we can read.
 *
 * resting -> taking (a job copies and hashes it) -> taken (an import) -> done; or refused, with a text file. A file that
 * changes is a new one.
 */
#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "service/ingest/ingest_int.h"
#include "service/json.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 4, FILES_MAX = 5000, PATH_BYTES = 1024, ATTEMPTS = 2 };
#define TAKEN_FOLDER "taken"
#define ERROR_SUFFIX ".error.txt"

static bool is_film(const char *name) {
    static const char *const ends[] = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".mxf", ".ts", ".m2ts",
                                       ".mts", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".dv"};
    struct str s = str_of(name);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t n = strlen(ends[i]);
        if (s.n > n && name[0] != '.' && str_eq_nocase(str_slice(s, s.n - n, s.n), str_of(ends[i])))
            return true;
    }
    return false;
}

/* ---- the folder ---- */

/* A path below the folder, no part of it a link. The folder itself may be one: the operator wrote it. */
static int below_open(const char *folder, struct str path, int flags, struct err *reterr) {
    char part[256];
    struct str one, rest = path;
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0 && rest.p) {
        rest = str_cut(rest, '/', &one);
        if (one.n == 0 || one.n >= sizeof part) {
            close(at);
            return err_set(reterr, ERR_INVALID, "a path that is none");
        }
        memcpy(part, one.p, one.n);
        part[one.n] = 0;
        int next = openat(at, part, (rest.p ? O_RDONLY | O_DIRECTORY : flags) | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        int saved = errno;
        close(at);
        errno = saved;
        at = next;
    }
    return at < 0 ? err_errno(reterr, errno, "%s/" STR_FMT, folder, STR_ARG(path)) : at;
}

/* The folder that a path lies in; *ret_name is its last part. */
static int parent_open(const char *folder, const char *path, const char **ret_name, struct err *reterr) {
    const char *slash = strrchr(path, '/');
    *ret_name = slash ? slash + 1 : path;
    if (!slash)
        return below_open(folder, STR_NULL, 0, reterr);
    return below_open(folder, str_make(path, (size_t)(slash - path)), O_RDONLY | O_DIRECTORY, reterr);
}

/* A file's name has 255 bytes at most; one that leaves no room for the ending has no text beside it. */
static bool error_name(const char *name, char dst[300]) {
    int n = snprintf(dst, 300, "%s" ERROR_SUFFIX, name);
    return n > 0 && n < 256;
}

static void error_write(const char *folder, const char *path, const char *words) {
    const char *name;
    char file[300];
    struct err e = {0};
    scoped(fd_close) int dir = parent_open(folder, path, &name, &e);
    char text[700];
    int m = snprintf(text, sizeof text, "%s\n\nChange or replace the file, or remove this text, to have it tried again.\n", words);
    if (dir < 0 || !error_name(name, file) ||
        file_write_at(dir, file, str_make(text, MIN((size_t)m, sizeof text - 1)), 0644, 0, &e) < 0)
        log_event(LOG_WARN, "drop.error_unwritten", LS("file", path), LS("error", e.msg));
}

static bool error_stands(const char *folder, const char *path) {
    const char *name;
    char file[300];
    struct stat st;
    scoped(fd_close) int dir = parent_open(folder, path, &name, NULL);
    return dir >= 0 && error_name(name, file) && fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void error_remove(const char *folder, const char *path) {
    const char *name;
    char file[300];
    scoped(fd_close) int dir = parent_open(folder, path, &name, NULL);
    if (dir >= 0 && error_name(name, file))
        unlinkat(dir, file, 0);
}

/* Into "taken", beside what has the same name there already. */
static void file_move(const char *folder, const char *path) {
    const char *name;
    char to[300];
    scoped(fd_close) int top = below_open(folder, STR_NULL, 0, NULL);
    scoped(fd_close) int dir = parent_open(folder, path, &name, NULL);
    if (top < 0 || dir < 0)
        return;
    mkdirat(top, TAKEN_FOLDER, 0755);
    scoped(fd_close) int taken = openat(top, TAKEN_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int r = -1;
    for (int i = 0; taken >= 0 && r < 0 && i < 1000; i++) {
        int n = i ? snprintf(to, sizeof to, "%d-%s", i + 1, name) : snprintf(to, sizeof to, "%s", name);
        if (n >= (int)sizeof to)
            break;
        r = renameat2(dir, name, taken, to, RENAME_NOREPLACE);
        if (r < 0 && errno != EEXIST)
            break;
    }
    if (r < 0)
        log_event(LOG_WARN, "drop.unmoved", LS("file", path), LS("error", strerror(errno)));
}

/* ---- rows ---- */

struct drop_row {
    struct str path, state;
    int64_t size_bytes, modified_ms, rests_since_ms;
    struct import_id import;
};

static void row_read(const struct rows *r, size_t i, struct drop_row *d) {
    *d = (struct drop_row){row_str(r, i, 0), row_str(r, i, 4), row_i64(r, i, 1), row_i64(r, i, 2), row_i64(r, i, 3),
                           {{""}}};
    if (!row_null(r, i, 5))
        d->import.v = row_id(r, i, 5);
}

static int row_move(const struct engine *e, struct str path, const char *from, const char *to, const struct import_id *import,
                    const struct err *why, struct err *reterr) {
    return store_exec(e->store, &ingest_sql[DROP_MOVE],
                      ARGS(A_STR(path), A_CSTR(from), A_CSTR(to), import ? A_ID(*import) : A_NULL,
                           A_CSTR(why ? err_reason(why) : ""), A_CSTR(why ? why->hint[0] ? why->hint : why->msg : "")),
                      reterr);
}

static int row_refuse(const struct engine *e, struct str path, const char *from, const struct err *why, struct err *reterr) {
    const char *folder = config_str(e->config, "drop-folder");
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    const char *name = str_cstr(&a, path);
    int r = row_move(e, path, from, "refused", NULL, why, reterr);
    if (r > 0 && name)
        error_write(folder, name, why->hint[0] ? why->hint : why->msg);
    return MIN(r, 0);
}

/* ---- the job: copy, hash, import ---- */

static void copied(void *arg, int64_t done, int64_t total) {
    job_progress(arg, "drop", total > 0 ? (int)(done * 1000 / total) : 0, 0, -1);
}

static int file_take(struct job_ctx *j, const struct drop_row *d, struct import_id *ret_id, struct err *reterr) {
    const struct engine *e = job_engine(j);
    struct blob_info info;
    struct stat st;
    char name[64];
    struct import_input film = {.kind = INPUT_FILM};
    scoped(fd_close) int fd = below_open(config_str(e->config, "drop-folder"), d->path, O_RDONLY, reterr);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return err_refuse(reterr, ERR_INVALID, "import.not_a_file", "Put a plain file here, no link and no folder.",
                          "not a regular file");
    int r = import_space_check(e, st.st_size, reterr);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd); /* the file that was opened, whatever its name is now */
    if (r >= 0)
        r = blob_import(e->blob, "source", name, copied, j, job_arena(j), &film.blob, &info, reterr);
    if (r < 0)
        return r;
    if (info.size_bytes == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "import.file_empty", "The file is empty. Copy it again.", "zero bytes");
    const char *base = memrchr(d->path.p, '/', d->path.n);
    film.name = base ? str_slice(d->path, (size_t)(base + 1 - d->path.p), d->path.n) : d->path;
    film.size_bytes = info.size_bytes;
    struct import_new n = {.scheme = SCHEME_CBCS,
                           .publish = config_bool(e->config, "drop-folder-publish"),
                           .unique = true,
                           .inputs = &film,
                           .n_inputs = 1};
    return import_create(e, &n, job_arena(j), ret_id, reterr);
}

static bool for_good(int code) {
    return code == ERR_CONFLICT || code == ERR_INVALID || code == ERR_BAD_MEDIA || code == ERR_NOT_FOUND ||
           code == ERR_PERMISSION || code == ERR_TOO_LARGE || code == ERR_NO_SPACE;
}

int drop_job_run(struct job_ctx *j, struct err *reterr) {
    const struct engine *e = job_engine(j);
    struct rows rows;
    struct drop_row d;
    struct import_id id;
    struct err why = {0};
    int r = store_query(e->store, &ingest_sql[DROP_GET], ARGS(A_STR(job_self(j)->subject)), job_arena(j), &rows, reterr);
    if (r <= 0)
        return r; /* forgotten meanwhile: somebody took it away */
    row_read(&rows, 0, &d);
    if (!str_eq(d.state, STR("taking")))
        return 0;
    r = file_take(j, &d, &id, &why);
    if (r >= 0) {
        job_note(j, STR_FMT ": import " ID_FMT, STR_ARG(d.path), ID_ARG(id.v));
        error_remove(config_str(e->config, "drop-folder"), str_cstr(job_arena(j), d.path));
        r = row_move(e, d.path, "taking", "taken", &id, NULL, reterr);
        return MIN(r, 0);
    }
    if (reterr)
        *reterr = why;
    if (job_cancelled(j) || (!for_good(r) && job_self(j)->attempt < ATTEMPTS))
        return r;
    struct err unsaid = {0};
    if (row_refuse(e, d.path, "taking", &why, &unsaid) < 0)
        log_event(LOG_ERROR, "drop.unrecorded", LS("error", unsaid.msg));
    return ERR_INVALID;
}

int drop_cancelled(const struct engine *e, struct str path, struct err *reterr) {
    struct err why = {0};
    err_refuse(&why, ERR_CANCELLED, "drop.cancelled", "It was cancelled.", "cancelled");
    return row_refuse(e, path, "taking", &why, reterr);
}

int drop_again(struct tx *tx, struct str path, struct err *reterr) {
    return tx_exec(tx, &ingest_sql[DROP_MOVE],
                   ARGS(A_STR(path), A_CSTR("refused"), A_CSTR("taking"), A_NULL, A_CSTR(""), A_CSTR("")), reterr);
}

/* ---- by the clock ---- */

struct round {
    const struct engine *e;
    const char *folder;
    struct arena *a;
    struct rows rows;
    bool *seen; /* of rows */
    size_t files;
    int64_t now_ms, rest_ms;
    struct err *reterr;
};

static ptrdiff_t row_find(const struct round *d, const char *path) {
    size_t lo = 0, hi = d->rows.n; /* in the order of bytes, on both engines */
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = str_cmp(row_str(&d->rows, mid, 0), str_of(path));
        if (c == 0)
            return (ptrdiff_t)mid;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return -1;
}

static int job_make(struct round *d, const struct drop_row *row) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct job_id made;
    struct job_spec spec = {.kind = "ingest.drop",
                            .key = str_printf(d->a, "ingest.drop/" STR_FMT, STR_ARG(row->path)),
                            .subject = row->path,
                            .payload = STR("{}")};
    int r = tx_begin(d->e->store, STORE_JOBS, TX_WRITE, &tx, d->reterr);
    if (r >= 0)
        r = tx_exec(tx, &ingest_sql[DROP_MOVE],
                    ARGS(A_STR(row->path), A_CSTR("resting"), A_CSTR("taking"), A_NULL, A_CSTR(""), A_CSTR("")), d->reterr);
    if (r > 0)
        r = job_enqueue(tx, &spec, &made, d->reterr);
    return r < 0 ? r : tx_commit(&tx, d->reterr);
}

/* What became of its import. */
static int taken_follow(struct round *d, const struct drop_row *row, const char *path) {
    struct import_view v;
    int r = import_get(d->e, row->import, d->a, &v, d->reterr);
    if (r == ERR_NOT_FOUND) {
        err_clear(d->reterr);
        return store_exec(d->e->store, &ingest_sql[DROP_FORGET], ARGS(A_STR(row->path)), d->reterr);
    }
    if (r < 0)
        return r;
    if (v.state == IMPORT_FAILED || v.state == IMPORT_CANCELLED) {
        struct err why = {0};
        char hint[400];
        snprintf(hint, sizeof hint, STR_FMT, STR_ARG(v.state == IMPORT_FAILED ? v.error_detail : STR("The import was cancelled.")));
        err_refuse(&why, ERR_BAD_MEDIA, "drop.import_ended", hint, "its import ended");
        return row_refuse(d->e, row->path, "taken", &why, d->reterr);
    }
    if (v.state != IMPORT_DONE)
        return 0;
    r = row_move(d->e, row->path, "taken", "done", NULL, NULL, d->reterr);
    if (r > 0 && strcmp(config_str(d->e->config, "drop-folder-then"), "move") == 0)
        file_move(d->folder, path);
    return MIN(r, 0);
}

static int file_look(struct round *d, const char *path, const struct stat *st) {
    int64_t modified = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
    ptrdiff_t at = row_find(d, path);
    struct drop_row row;
    if (at >= 0) {
        d->seen[at] = true;
        row_read(&d->rows, (size_t)at, &row);
    }
    bool again = at >= 0 && str_eq(row.state, STR("refused")) && !error_stands(d->folder, path);
    bool fresh = at < 0 || row.size_bytes != st->st_size || row.modified_ms != modified;
    if ((fresh && !(at >= 0 && str_eq(row.state, STR("taking")))) || again) {
        int r = store_exec(d->e->store, &ingest_sql[DROP_SEEN],
                           ARGS(A_CSTR(path), A_I64(st->st_size), A_I64(modified), A_I64(d->now_ms)), d->reterr);
        return MIN(r, 0);
    }
    if (str_eq(row.state, STR("taken")))
        return taken_follow(d, &row, path);
    return str_eq(row.state, STR("resting")) && d->now_ms - row.rests_since_ms >= d->rest_ms ? job_make(d, &row) : 0;
}

static int folder_look(struct round *d, int fd, const char *below, int depth) {
    DIR *dir = fdopendir(fd);
    int r = 0;
    if (!dir) {
        close(fd);
        return 0;
    }
    for (struct dirent *de; r >= 0 && (de = readdir(dir)) && d->files < FILES_MAX;) {
        struct stat st;
        char path[PATH_BYTES];
        int n = snprintf(path, sizeof path, "%s%s%s", below, *below ? "/" : "", de->d_name);
        if (de->d_name[0] == '.' || n >= (int)sizeof path || !str_is_utf8(str_of(de->d_name)) ||
            (!*below && strcmp(de->d_name, TAKEN_FOLDER) == 0) ||
            fstatat(dirfd(dir), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
            int sub = openat(dirfd(dir), de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            r = sub < 0 ? 0 : folder_look(d, sub, path, depth + 1);
        } else if (S_ISREG(st.st_mode) && is_film(de->d_name)) {
            d->files++;
            r = file_look(d, path, &st);
        }
    }
    closedir(dir);
    return r;
}

/* Rows of files that are there no more; what is being taken tells by itself. */
static int gone_forget(struct round *d) {
    int r = 0;
    for (size_t i = 0; i < d->rows.n && r >= 0; i++)
        if (!d->seen[i] && !str_eq(row_str(&d->rows, i, 4), STR("taking")))
            r = store_exec(d->e->store, &ingest_sql[DROP_FORGET], ARGS(A_STR(row_str(&d->rows, i, 0))), d->reterr);
    return MIN(r, 0);
}

int drop_look(const struct engine *e, struct err *reterr) {
    const char *folder = e->config ? config_str(e->config, "drop-folder") : "";
    if (!*folder)
        return 0;
    scoped(arena_done) struct arena a = ARENA(32 << 20);
    struct round d = {.e = e,
                      .folder = folder,
                      .a = &a,
                      .now_ms = store_now_ms(e->store),
                      .rest_ms = config_int(e->config, "drop-folder-rest") * 1000,
                      .reterr = reterr};
    int fd = below_open(folder, STR_NULL, 0, reterr);
    if (fd < 0)
        return fd;
    int r = store_query(e->store, &ingest_sql[DROP_ALL], NO_ARGS, &a, &d.rows, reterr);
    d.seen = r < 0 ? NULL : arena_news(&a, bool, MAX(d.rows.n, 1));
    if (!d.seen) {
        close(fd);
        return r < 0 ? r : err_set(reterr, ERR_LIMIT, "too many files in the drop folder");
    }
    r = folder_look(&d, fd, "", 0);
    return r < 0 ? r : gone_forget(&d);
}
