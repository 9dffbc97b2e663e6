/*
 * blob.c - names, reading, listing and deleting in a folder. Everything is reached relative to one
 * open descriptor of it, and only by names that passed blob_name_check().
 */
#include "engine/blob/blob_int.h"
#include "base/dir.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool part_ok(struct str part) {
    if (part.n == 0 || part.n > 255 || part.p[0] == '.')
        return false;
    for (size_t i = 0; i < part.n; i++)
        if (!isascii(part.p[i]) ||
            (!isalnum((unsigned char)part.p[i]) && !strchr("._-", part.p[i])))
            return false;
    return true;
}

static bool name_ok(const char *name) {
    struct str rest = str_of(name), part;
    if (!name || rest.n > BLOB_NAME_MAX)
        return false;
    bool first = true;
    do {
        rest = str_cut(rest, '/', &part);
        if (!part_ok(part) || (first && (str_eq(part, STR("tmp")) || str_eq(part, STR("part")))))
            return false;
        first = false;
    } while (rest.p);
    return true;
}

int blob_name_check(const char *name, struct err *reterr) {
    if (name_ok(name))
        return 0;
    return err_set(reterr, ERR_INVALID, "'%.200s' is no object's name", name ? name : "");
}

int blob_prefix_check(const char *prefix, char *dst, struct err *reterr) {
    size_t n = strlen(prefix);
    if (n && prefix[n - 1] == '/')
        n--;
    if (n > BLOB_NAME_MAX)
        return blob_name_check(NULL, reterr);
    memcpy(dst, prefix, n);
    dst[n] = 0;
    return *prefix ? blob_name_check(dst, reterr) : 0;
}

int blob_open(const char *url, struct blob **ret_b, struct err *reterr) {
    if (strstr(url, "://"))
        return err_refuse(reterr, ERR_INVALID, "blob.url",
                          "The media store's address must be a folder's path.",
                          "media address '%s' is of no kind this build knows", url);
    scoped(mem_free) char *tmp = NULL;
    scoped(mem_free) char *part = NULL;
    if (asprintf(&tmp, "%s/tmp", url) < 0 || asprintf(&part, "%s/part", url) < 0)
        return err_errno(reterr, ENOMEM, "opening %s", url);
    int r = dir_make(tmp, reterr);
    if (r == 0)
        r = dir_make(part, reterr);
    if (r < 0)
        return r;
    struct blob *b = calloc(1, sizeof *b);
    if (!b || !(b->dir = strdup(url))) {
        free(b);
        return err_errno(reterr, ENOMEM, "opening %s", url);
    }
    b->dir_fd = open(url, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    b->tmp_fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    b->part_fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (b->dir_fd < 0 || b->tmp_fd < 0 || b->part_fd < 0) {
        r = err_errno(reterr, errno, "opening %s", url);
        blob_close(b);
        return r;
    }
    *ret_b = b;
    return 0;
}

void blob_close(struct blob *b) {
    if (!b)
        return;
    fd_close(&b->dir_fd);
    fd_close(&b->tmp_fd);
    fd_close(&b->part_fd);
    free(b->dir);
    free(b);
}

const char *blob_path(struct blob *b) {
    return b->dir;
}

int blob_errno(struct blob *b, int errnum, const char *what, struct err *reterr) {
    struct statvfs v;
    int r = err_errno(reterr, errnum, "%s in %s", what, b->dir);
    if (r == ERR_NO_SPACE && reterr && fstatvfs(b->dir_fd, &v) == 0)
        snprintf(reterr->hint, sizeof reterr->hint,
                 "The disk that holds %.200s is full (%llu MiB are free); free some space and try "
                 "again.",
                 b->dir, (unsigned long long)v.f_bavail * v.f_frsize >> 20);
    return r;
}

void blob_info_fill(const struct stat *st, struct blob_info *ret) {
    *ret = (struct blob_info){
        .size_bytes = st->st_size,
        .mtime_ms = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000,
    };
}

int blob_open_fd(struct blob *b, const char *name, struct err *reterr) {
    int r = blob_name_check(name, reterr);
    if (r < 0)
        return r;
    int fd = openat(b->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return blob_errno(b, errno, name, reterr);
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    return err_set(reterr, ERR_NOT_FOUND, "%s in %s is no object", name, b->dir);
}

int blob_stat(struct blob *b, const char *name, struct blob_info *ret_info, struct err *reterr) {
    int r = blob_name_check(name, reterr);
    if (r < 0)
        return r;
    struct stat st;
    if (fstatat(b->dir_fd, name, &st, 0) < 0)
        return blob_errno(b, errno, name, reterr);
    if (!S_ISREG(st.st_mode))
        return err_set(reterr, ERR_NOT_FOUND, "%s in %s is no object", name, b->dir);
    blob_info_fill(&st, ret_info);
    return 0;
}

/* Reads exactly n bytes. 0, or -1 with errno; errno 0: the file ended before. */
static int fd_read_at(int fd, int64_t offset, void *dst, size_t n) {
    for (size_t got = 0; got < n;) {
        ssize_t r = pread(fd, (char *)dst + got, n - got, offset + (int64_t)got);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0) {
            errno = r < 0 ? errno : 0;
            return -1;
        }
        got += (size_t)r;
    }
    return 0;
}

int blob_read(struct blob *b, const char *name, int64_t offset, size_t length, void *dst,
              struct err *reterr) {
    scoped(fd_close) int fd = blob_open_fd(b, name, reterr);
    if (fd < 0)
        return fd;
    if (offset < 0 || offset > INT64_MAX - (int64_t)length)
        return err_set(reterr, ERR_RANGE, "%s: offset %lld is out of range", name,
                       (long long)offset);
    if (fd_read_at(fd, offset, dst, length) == 0)
        return 0;
    if (errno)
        return blob_errno(b, errno, name, reterr);
    return err_set(reterr, ERR_RANGE, "%s ends before byte %lld", name,
                   (long long)(offset + (int64_t)length));
}

int blob_get(struct blob *b, const char *name, size_t max, struct arena *a, struct str *ret,
             struct err *reterr) {
    scoped(fd_close) int fd = blob_open_fd(b, name, reterr);
    if (fd < 0)
        return fd;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return blob_errno(b, errno, name, reterr);
    if ((uint64_t)st.st_size > max)
        return err_set(reterr, ERR_LIMIT, "%s has %lld bytes, over %zu", name,
                       (long long)st.st_size, max);
    char *p = arena_alloc(a, (size_t)st.st_size + 1); /* zeroed: ends in NUL */
    if (!p)
        return err_set(reterr, ERR_LIMIT, "%s does not fit into the memory set aside", name);
    if (fd_read_at(fd, 0, p, (size_t)st.st_size) < 0)
        return blob_errno(b, errno ? errno : EIO, name, reterr);
    *ret = str_make(p, (size_t)st.st_size);
    return 0;
}

void sha256_hex(EVP_MD_CTX *md, char *dst) {
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    int ok = EVP_DigestFinal_ex(md, raw, &n);
    assert(ok && n == 32);
    for (unsigned i = 0; i < n; i++)
        snprintf(dst + i * 2, 3, "%02x", raw[i]);
}

int fd_hash(int fd, int64_t total, void (*progress)(void *arg, int64_t done, int64_t total),
            void *arg, char *dst, struct err *reterr) {
    enum { CHUNK = 1 << 20 };
    scoped(mem_free) char *chunk = malloc(CHUNK);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int r = chunk && md && EVP_DigestInit_ex(md, EVP_sha256(), NULL)
                ? 0
                : err_errno(reterr, ENOMEM, "hashing");
    for (int64_t at = 0; r == 0;) {
        ssize_t n = pread(fd, chunk, CHUNK, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            r = err_errno(reterr, errno, "hashing");
        if (n <= 0)
            break;
        EVP_DigestUpdate(md, chunk, (size_t)n);
        at += n;
        if (progress)
            progress(arg, at, total);
    }
    if (r == 0)
        sha256_hex(md, dst);
    EVP_MD_CTX_free(md);
    return r;
}

int blob_verify(struct blob *b, const char *name, const char *sha256, struct err *reterr) {
    scoped(fd_close) int fd = blob_open_fd(b, name, reterr);
    if (fd < 0)
        return fd;
    char is[65];
    int r = fd_hash(fd, 0, NULL, NULL, is, reterr);
    if (r == 0 && !str_eq(str_of(is), str_of(sha256)))
        r = err_set(reterr, ERR_CORRUPT, "%s has the hash %s, not %s", name, is, sha256);
    return r;
}

int blob_delete(struct blob *b, const char *name, struct err *reterr) {
    int r = blob_name_check(name, reterr);
    if (r < 0)
        return r;
    if (unlinkat(b->dir_fd, name, 0) < 0 && errno != ENOENT && errno != ENOTDIR)
        return blob_errno(b, errno, name, reterr);
    /* Folders that have become empty go too; a writer that loses one this way makes it again. */
    char dir[BLOB_NAME_MAX + 1];
    snprintf(dir, sizeof dir, "%s", name);
    for (char *slash; (slash = strrchr(dir, '/'));) {
        *slash = 0;
        if (unlinkat(b->dir_fd, dir, AT_REMOVEDIR) < 0)
            break;
    }
    return 0;
}

struct walk {
    struct blob *b;
    int (*fn)(void *arg, const char *name, const struct blob_info *info);
    void *arg;
    struct err *reterr;
    int count;
    bool prune; /* folders that are empty are removed */
};

static int walk_dir(struct walk *w, const char *dir);

/* An entry that vanishes meanwhile is none. */
static int walk_entry(struct walk *w, const char *dir, const char *entry) {
    char name[BLOB_NAME_MAX + 1];
    int n = snprintf(name, sizeof name, "%s%s%s", dir, *dir ? "/" : "", entry);
    if (n < 0 || (size_t)n >= sizeof name || !name_ok(name))
        return 0; /* "tmp" and "part" at the top, and what nobody could name */
    struct stat st;
    if (fstatat(w->b->dir_fd, name, &st, 0) < 0)
        return errno == ENOENT ? 0 : blob_errno(w->b, errno, name, w->reterr);
    if (S_ISDIR(st.st_mode))
        return walk_dir(w, name);
    if (!S_ISREG(st.st_mode))
        return 0;
    struct blob_info info;
    blob_info_fill(&st, &info);
    w->count++;
    return w->fn(w->arg, name, &info);
}

static int walk_dir(struct walk *w, const char *dir) {
    int fd = openat(w->b->dir_fd, *dir ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : blob_errno(w->b, errno, dir, w->reterr);
    DIR *d = fdopendir(fd);
    if (!d) {
        close(fd);
        return blob_errno(w->b, errno, dir, w->reterr);
    }
    int r = 0;
    for (struct dirent *e; r >= 0 && (e = readdir(d));)
        if (e->d_name[0] != '.')
            r = walk_entry(w, dir, e->d_name);
    closedir(d);
    if (r >= 0 && w->prune && *dir)
        unlinkat(w->b->dir_fd, dir, AT_REMOVEDIR); /* one with objects in it stays */
    return MIN(r, 0);
}

int blob_list(struct blob *b, const char *prefix,
              int (*fn)(void *arg, const char *name, const struct blob_info *info), void *arg,
              struct err *reterr) {
    char dir[BLOB_NAME_MAX + 1];
    int r = blob_prefix_check(prefix, dir, reterr);
    if (r < 0)
        return r;
    struct walk w = {.b = b, .fn = fn, .arg = arg, .reterr = reterr};
    return walk_dir(&w, dir);
}

struct removal {
    struct blob *b;
    struct err *reterr;
};

static int object_remove(void *arg, const char *name, const struct blob_info *info) {
    struct removal *d = arg;
    return blob_delete(d->b, name, d->reterr);
}

int blob_delete_prefix(struct blob *b, const char *prefix, struct err *reterr) {
    char dir[BLOB_NAME_MAX + 1];
    int r = *prefix
                ? blob_prefix_check(prefix, dir, reterr)
                : err_set(reterr, ERR_INVALID, "deleting everything has to be asked for by name");
    if (r < 0)
        return r;
    struct removal d = {b, reterr};
    struct walk w = {.b = b, .fn = object_remove, .arg = &d, .reterr = reterr};
    r = walk_dir(&w, dir);
    return r < 0 ? r : w.count;
}

static int object_keep(void *arg, const char *name, const struct blob_info *info) { return 0; }

int blob_folders_prune(struct blob *b, struct err *reterr) {
    struct walk w = {.b = b, .fn = object_keep, .reterr = reterr, .prune = true};
    return walk_dir(&w, "");
}
