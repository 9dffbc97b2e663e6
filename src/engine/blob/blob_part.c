/*
 * blob_part.c - objects that come in pieces. A part is a file "part/<key>" that only grows, and is locked (flock)
 * by whoever writes to it. What a mark says is on the disk and hashed; what lies behind the mark nobody was
 * promised, and it goes when the part is opened again.
 */
#include "engine/blob/blob_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

struct blob_part {
    struct blob *b;
    int fd;
    struct id key;
    struct blob_mark at; /* what was written, durable or not */
};

void blob_mark_init(struct blob_mark *m) {
    m->size_bytes = 0;
    hash_state_init(&m->state);
}

/* Between our opening and our lock it may have been removed, or published: then it is none. */
static int part_lock(struct blob_part *p, struct err *reterr) {
    struct stat st;
    if (flock(p->fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK
                   ? err_refuse(reterr, ERR_BUSY, "blob.part_busy", "Somebody else is sending this file just now.",
                                "part " ID_FMT " is open elsewhere", ID_ARG(p->key))
                   : blob_errno(p->b, errno, "locking a part", reterr);
    if (fstat(p->fd, &st) < 0)
        return blob_errno(p->b, errno, "a part", reterr);
    if (st.st_nlink == 0)
        return err_refuse(reterr, ERR_BUSY, "blob.part_busy", "Somebody else is ending this upload just now.",
                          "part " ID_FMT " went while it was opened", ID_ARG(p->key));
    if (st.st_size < p->at.size_bytes)
        return err_set(reterr, ERR_CORRUPT, "part " ID_FMT " has %lld bytes, not the %lld that were promised",
                       ID_ARG(p->key), (long long)st.st_size, (long long)p->at.size_bytes);
    return 0;
}

static int part_begin(struct blob_part *p, struct err *reterr) {
    bool fresh = p->at.size_bytes == 0;
    p->fd = openat(p->b->part_fd, p->key.s, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (fresh ? O_CREAT : 0), 0640);
    if (p->fd < 0)
        return blob_errno(p->b, errno, "opening a part", reterr);
    int r = part_lock(p, reterr);
    if (r == 0 && fresh && fsync(p->b->part_fd) < 0) /* its name is durable before anything in it is */
        r = blob_errno(p->b, errno, "a part's folder", reterr);
    return r < 0 ? r : blob_part_cut(p, &p->at, reterr);
}

int blob_part_open(struct blob *b, struct id key, const struct blob_mark *at, struct blob_part **ret_p,
                   struct err *reterr) {
    struct blob_part *p = calloc(1, sizeof *p);
    if (!p)
        return err_errno(reterr, ENOMEM, "opening a part");
    *p = (struct blob_part){.b = b, .fd = -1, .key = key, .at = *at};
    int r = part_begin(p, reterr);
    if (r < 0)
        blob_part_close(&p);
    else
        *ret_p = p;
    return r;
}

void blob_part_close(struct blob_part **pp) {
    struct blob_part *p = take(*pp);
    if (!p)
        return;
    fd_close(&p->fd);
    free(p);
}

int blob_part_cut(struct blob_part *p, const struct blob_mark *to, struct err *reterr) {
    if (ftruncate(p->fd, to->size_bytes) < 0 || lseek(p->fd, to->size_bytes, SEEK_SET) < 0)
        return blob_errno(p->b, errno, "a part", reterr);
    p->at = *to;
    return 0;
}

/* A write that failed half-way is taken back: size and hash stay those of what is there. */
int blob_part_write(struct blob_part *p, const void *bytes, size_t n, struct err *reterr) {
    if (fd_write_all(p->fd, bytes, n) < 0) {
        int r = blob_errno(p->b, errno, "a part", reterr);
        blob_part_cut(p, &p->at, NULL);
        return r;
    }
    p->at.size_bytes += (int64_t)n;
    hash_state_update(&p->at.state, bytes, n);
    return 0;
}

int64_t blob_part_size(const struct blob_part *p) { return p->at.size_bytes; }

int blob_part_sync(struct blob_part *p, struct blob_mark *ret, struct err *reterr) {
    if (fdatasync(p->fd) < 0)
        return blob_errno(p->b, errno, "a part", reterr);
    *ret = p->at;
    return 0;
}

static int part_publish(struct blob_part *p, const char *name, struct err *reterr) {
    struct stat old;
    int r = blob_name_check(name, reterr);
    if (r < 0)
        return r;
    if (fsync(p->fd) < 0)
        return blob_errno(p->b, errno, name, reterr);
    if (fstatat(p->b->dir_fd, name, &old, 0) == 0 && S_ISREG(old.st_mode) && old.st_size == p->at.size_bytes) {
        utimensat(p->b->dir_fd, name, NULL, 0); /* as young as one just written, for a collector */
        return blob_part_remove(p->b, p->key, reterr);
    }
    if (object_publish(p->b, p->b->part_fd, p->key.s, name) < 0)
        return blob_errno(p->b, errno, name, reterr);
    return 0;
}

int blob_part_commit(struct blob_part **pp, const char *name, struct err *reterr) {
    int r = part_publish(*pp, name, reterr);
    blob_part_close(pp);
    return r;
}

int blob_part_remove(struct blob *b, struct id key, struct err *reterr) {
    if (unlinkat(b->part_fd, key.s, 0) < 0 && errno != ENOENT)
        return blob_errno(b, errno, "removing a part", reterr);
    return 0;
}

bool blob_part_exists(struct blob *b, struct id key) {
    struct stat st;
    return fstatat(b->part_fd, key.s, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int blob_part_list(struct blob *b, int (*fn)(void *arg, struct id key), void *arg, struct err *reterr) {
    int fd = openat(b->part_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    int r = 0;
    if (!d) {
        int saved = errno;
        fd_close(&fd);
        return blob_errno(b, saved, "part", reterr);
    }
    for (struct dirent *e; r >= 0 && (e = readdir(d));) {
        struct id key;
        if (id_parse(str_of(e->d_name), &key))
            r = fn(arg, key);
    }
    closedir(d);
    return MIN(r, 0);
}
