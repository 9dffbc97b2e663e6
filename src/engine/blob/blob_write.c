/*
 * blob_write.c - an object's way in: temporary, fsync, rename, fsync of the folder.
 *
 * A temporary is locked (flock) by its open description for as long as a writer, or a child that
 * was given the descriptor, has it open; blob_tidy() removes only what it can lock.
 */
#include "engine/blob/blob_int.h"
#include "base/id.h"
#include "base/clock.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct blob_writer {
    struct blob *b;
    int fd;
    int failed; /* the code of the write that failed */
    bool fd_lent, hashed;
    char tmp[ID_LEN + 1];
    char name[BLOB_NAME_MAX + 1]; /* or the prefix, when hashed */
    EVP_MD_CTX *md;
};

/* A collector may lock and remove the file between its making and our lock: then there is no link
 * left and another is made. */
static int tmp_make(struct blob_writer *w, struct err *reterr) {
    for (;;) {
        struct id id = id_new(clock_now_ms(NULL));
        memcpy(w->tmp, id.s, sizeof w->tmp);
        w->fd = openat(w->b->tmp_fd, w->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        if (w->fd < 0)
            return blob_errno(w->b, errno, "making a temporary", reterr);
        struct stat st;
        if (flock(w->fd, LOCK_EX) < 0 || fstat(w->fd, &st) < 0)
            return blob_errno(w->b, errno, "locking a temporary", reterr);
        if (st.st_nlink > 0)
            return 0;
        fd_close(&w->fd);
    }
}

static int writer_new(struct blob *b, const char *name, bool hashed, struct blob_writer **ret_w,
                      struct err *reterr) {
    struct blob_writer *w = calloc(1, sizeof *w);
    if (!w)
        return err_errno(reterr, ENOMEM, "writing %s", name);
    w->b = b;
    w->fd = -1;
    w->hashed = hashed;
    snprintf(w->name, sizeof w->name, "%s", name);
    w->md = EVP_MD_CTX_new();
    int r = w->md && EVP_DigestInit_ex(w->md, EVP_sha256(), NULL)
                ? tmp_make(w, reterr)
                : err_errno(reterr, ENOMEM, "writing %s", name);
    if (r < 0)
        blob_abort(&w);
    else
        *ret_w = w;
    return r;
}

int blob_create(struct blob *b, const char *name, struct blob_writer **ret_w, struct err *reterr) {
    int r = blob_name_check(name, reterr);
    return r < 0 ? r : writer_new(b, name, false, ret_w, reterr);
}

int blob_create_hashed(struct blob *b, const char *prefix, struct blob_writer **ret_w,
                       struct err *reterr) {
    char dir[BLOB_NAME_MAX + 1];
    int r = blob_prefix_check(prefix, dir, reterr);
    if (r == 0 && strlen(dir) + 65 > BLOB_NAME_MAX)
        r = err_set(reterr, ERR_INVALID, "the prefix is too long");
    return r < 0 ? r : writer_new(b, dir, true, ret_w, reterr);
}

/* The disk gets its space back at once, not when somebody cleans up. */
static int writer_fail(struct blob_writer *w, int errnum, struct err *reterr) {
    w->failed = blob_errno(w->b, errnum, w->name, reterr);
    unlinkat(w->b->tmp_fd, w->tmp, 0);
    if (ftruncate(w->fd, 0) < 0) {
        /* It is unlinked: closing frees it. */
    }
    return w->failed;
}

int fd_write_all(int fd, const void *p, size_t n) {
    for (size_t done = 0; done < n;) {
        ssize_t r = write(fd, (const char *)p + done, n - done);
        if (r < 0 && errno != EINTR)
            return -1;
        if (r > 0)
            done += (size_t)r;
    }
    return 0;
}

static int writer_refuse(const struct blob_writer *w, struct err *reterr) {
    return err_set(reterr, w->failed, "%s: an earlier write failed", w->name);
}

int blob_write(struct blob_writer *w, const void *p, size_t n, struct err *reterr) {
    if (w->failed)
        return writer_refuse(w, reterr);
    if (fd_write_all(w->fd, p, n) < 0)
        return writer_fail(w, errno, reterr);
    if (!w->fd_lent)
        EVP_DigestUpdate(w->md, p, n);
    return 0;
}

int blob_writer_fd(struct blob_writer *w) {
    w->fd_lent = true;
    return w->fd;
}

void blob_abort(struct blob_writer **pw) {
    struct blob_writer *w = take(*pw);
    if (!w)
        return;
    if (w->fd >= 0)
        unlinkat(w->b->tmp_fd, w->tmp, 0);
    fd_close(&w->fd);
    EVP_MD_CTX_free(w->md);
    free(w);
}

static int dir_sync_at(int at, const char *dir) {
    scoped(fd_close) int fd = openat(at, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : fsync(fd);
}

/* Makes the folders above the name; each new one is durable in its parent. */
static int parents_make(struct blob *b, const char *name) {
    char dir[BLOB_NAME_MAX + 1];
    snprintf(dir, sizeof dir, "%s", name);
    for (char *slash = strchr(dir, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdirat(b->dir_fd, dir, 0750) == 0) {
            char *above = strrchr(dir, '/');
            if (above)
                *above = 0;
            int r = dir_sync_at(b->dir_fd, above ? dir : ".");
            if (above)
                *above = '/';
            if (r < 0)
                return -1;
        } else if (errno != EEXIST) {
            return -1;
        }
        *slash = '/';
    }
    return 0;
}

int object_publish(struct blob *b, int from, const char *file, const char *name) {
    /* A folder just made may be removed as empty by somebody who deletes: again, bounded. */
    for (int i = 0; i < 1000; i++) {
        if (parents_make(b, name) < 0 && errno != ENOENT)
            return -1;
        if (renameat(from, file, b->dir_fd, name) == 0) {
            char dir[BLOB_NAME_MAX + 1];
            snprintf(dir, sizeof dir, "%s", name);
            char *slash = strrchr(dir, '/');
            if (slash)
                *slash = 0;
            /* Deleted again already, by somebody, with its folder: nothing to make durable. */
            return dir_sync_at(b->dir_fd, slash ? dir : ".") < 0 && errno != ENOENT ? -1 : 0;
        }
        if (errno != ENOENT)
            return -1;
    }
    return -1;
}

/* The same content is there already, whole (a name is its content's hash; the length tells a file
 * that the disk has cut). */
static bool is_kept(struct blob_writer *w, const char *name, const struct stat *st) {
    struct stat old;
    return w->hashed && fstatat(w->b->dir_fd, name, &old, 0) == 0 && S_ISREG(old.st_mode) &&
           old.st_size == st->st_size;
}

static int commit(struct blob_writer *w, struct arena *a, struct str *ret_name,
                  struct blob_info *ret_info, struct err *reterr) {
    struct stat st;
    struct blob_info info;
    char sha256[65], name[BLOB_NAME_MAX + 1];
    if (w->failed)
        return writer_refuse(w, reterr);
    if (fsync(w->fd) < 0 || fstat(w->fd, &st) < 0)
        return writer_fail(w, errno, reterr);
    if (!w->fd_lent)
        sha256_hex(w->md, sha256);
    int r = w->fd_lent ? fd_hash(w->fd, st.st_size, NULL, NULL, sha256, reterr) : 0;
    if (r < 0)
        return r;
    int n = snprintf(name, sizeof name, "%s%s%s", w->name, w->hashed && *w->name ? "/" : "",
                     w->hashed ? sha256 : "");
    assert(n > 0 && (size_t)n < sizeof name); /* both kinds were checked when they were created */
    bool kept = is_kept(w, name, &st);
    if (!kept && object_publish(w->b, w->b->tmp_fd, w->tmp, name) < 0)
        return blob_errno(w->b, errno, name, reterr);
    if (kept) /* as young as one just written, for a collector that spares the young */
        utimensat(w->b->dir_fd, name, NULL, 0);
    if (ret_name && !(*ret_name = str_dup(a, str_of(name))).p)
        return err_set(reterr, ERR_LIMIT, "no memory left for the name");
    blob_info_fill(&st, &info);
    memcpy(info.sha256, sha256, sizeof sha256);
    if (ret_info)
        *ret_info = info;
    return 0;
}

int blob_commit(struct blob_writer **w, struct arena *a, struct str *ret_name,
                struct blob_info *ret_info, struct err *reterr) {
    int r = commit(*w, a, ret_name, ret_info, reterr);
    blob_abort(w); /* after a rename there is nothing of the temporary's name left to remove */
    return r;
}

int blob_put(struct blob *b, const char *name, struct str content, struct err *reterr) {
    scoped(blob_abort) struct blob_writer *w = NULL;
    int r = blob_create(b, name, &w, reterr);
    if (r == 0)
        r = blob_write(w, content.p, content.n, reterr);
    return r < 0 ? r : blob_commit(&w, NULL, NULL, NULL, reterr);
}

struct copy {
    const char *path;
    int fd;
    struct stat st;
    void (*progress)(void *arg, int64_t done, int64_t total);
    void *arg;
};

/* Not copy_file_range: the hash has to be of the bytes that were stored, and a second look at a
 * file that somebody is still writing may show others. */
static int copy_bytes(struct blob_writer *w, const struct copy *c, struct err *reterr) {
    enum { CHUNK = 1 << 20 };
    /* A disk that is too small is known now, not after half an hour. */
    if (fallocate(w->fd, FALLOC_FL_KEEP_SIZE, 0, c->st.st_size) < 0 &&
        (errno == ENOSPC || errno == EFBIG || errno == EDQUOT))
        return writer_fail(w, errno, reterr);
    scoped(mem_free) char *chunk = malloc(CHUNK);
    if (!chunk)
        return err_errno(reterr, ENOMEM, "copying %s", c->path);
    for (int64_t done = 0;;) {
        ssize_t n = read(c->fd, chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(reterr, errno, "reading %s", c->path);
        if (n == 0)
            return 0;
        int r = blob_write(w, chunk, (size_t)n, reterr);
        if (r < 0)
            return r;
        done += n;
        if (c->progress)
            c->progress(c->arg, done, c->st.st_size);
    }
}

static int source_open(struct copy *c, struct err *reterr) {
    c->fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would never open */
    if (c->fd < 0 || fstat(c->fd, &c->st) < 0)
        return err_errno(reterr, errno, "%s", c->path);
    if (!S_ISREG(c->st.st_mode))
        return err_refuse(reterr, ERR_INVALID, "blob.not_a_file",
                          "Only regular files can be taken in.", "%s is no regular file", c->path);
    if (c->st.st_size == 0)
        return err_refuse(reterr, ERR_INVALID, "blob.empty", "The file is empty.", "%s is empty",
                          c->path);
    return 0;
}

/* Still being uploaded or edited: what was read is nobody's film. */
static int source_check(const struct copy *c, int stored_fd, struct err *reterr) {
    struct stat now, stored;
    if (fstat(c->fd, &now) < 0 || fstat(stored_fd, &stored) < 0)
        return err_errno(reterr, errno, "%s", c->path);
    if (now.st_size == c->st.st_size && stored.st_size == c->st.st_size &&
        now.st_mtim.tv_sec == c->st.st_mtim.tv_sec && now.st_mtim.tv_nsec == c->st.st_mtim.tv_nsec)
        return 0;
    return err_refuse(reterr, ERR_INVALID, "blob.changing",
                      "The file changed while it was being read; wait until it is complete and try "
                      "again.",
                      "%s changed while it was being read", c->path);
}

int blob_import(struct blob *b, const char *prefix, const char *path,
                void (*progress)(void *arg, int64_t done, int64_t total), void *arg,
                struct arena *a, struct str *ret_name, struct blob_info *ret_info,
                struct err *reterr) {
    struct copy c = {.path = path, .fd = -1, .progress = progress, .arg = arg};
    scoped(blob_abort) struct blob_writer *w = NULL;
    int r = source_open(&c, reterr);
    scoped(fd_close) int fd = c.fd;
    if (r == 0)
        r = blob_create_hashed(b, prefix, &w, reterr);
    if (r < 0)
        return r;
    if (ioctl(w->fd, FICLONE, fd) == 0) {
        w->fd_lent = true; /* commit hashes what is there */
        if (progress)
            progress(arg, c.st.st_size, c.st.st_size);
    } else {
        r = copy_bytes(w, &c, reterr);
    }
    if (r == 0)
        r = source_check(&c, w->fd, reterr);
    return r < 0 ? r : blob_commit(&w, a, ret_name, ret_info, reterr);
}

/* 1 when it was removed, 0 when it is young or in use. */
static int temporary_collect(struct blob *b, const char *name, int64_t before_ms,
                             struct err *reterr) {
    scoped(fd_close) int fd = openat(b->tmp_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    struct blob_info info;
    if (fd < 0 || fstat(fd, &st) < 0)
        return errno == ENOENT ? 0 : blob_errno(b, errno, name, reterr);
    blob_info_fill(&st, &info);
    if (!S_ISREG(st.st_mode) || info.mtime_ms > before_ms || flock(fd, LOCK_EX | LOCK_NB) < 0)
        return 0;
    if (unlinkat(b->tmp_fd, name, 0) < 0)
        return errno == ENOENT ? 0 : blob_errno(b, errno, name, reterr);
    return 1;
}

int blob_tidy(struct blob *b, int64_t age_ms, struct err *reterr) {
    int fd = openat(b->tmp_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        int saved = errno;
        fd_close(&fd);
        return blob_errno(b, saved, "tmp", reterr);
    }
    int64_t before_ms = clock_now_ms(NULL) - age_ms; /* the file system's time, not a test's */
    int removed = 0, r = 0;
    for (struct dirent *e; r >= 0 && (e = readdir(d));)
        if (e->d_name[0] != '.' && (r = temporary_collect(b, e->d_name, before_ms, reterr)) > 0)
            removed++;
    closedir(d);
    if (r >= 0)
        r = blob_folders_prune(b, reterr);
    return r < 0 ? r : removed;
}
