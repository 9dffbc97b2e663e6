#include "revoked.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 << 20, ID_MAX = 64 };

struct revoked {
    char *path;
    bool present; /* the file, when it was looked at last; what follows is its identity */
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec changed;
    char *text; /* of which ids are slices */
    struct str *ids; /* sorted */
    size_t n;
};

struct revoked *revoked_new(const char *path) {
    struct revoked *r = calloc(1, sizeof *r);
    if (r && !(r->path = strdup(path))) {
        free(r);
        return NULL;
    }
    return r;
}

static void ids_drop(struct revoked *r) {
    free(r->text);
    free(r->ids);
    r->text = NULL;
    r->ids = NULL;
    r->n = 0;
}

void revoked_free(struct revoked *r) {
    if (!r)
        return;
    ids_drop(r);
    free(r->path);
    free(r);
}

static int id_cmp(const void *a, const void *b) {
    const struct str *x = a, *y = b;
    int c = memcmp(x->p, y->p, MIN(x->n, y->n));
    return c ? c : (x->n > y->n) - (x->n < y->n);
}

static bool is_id(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.n >= 1 && s.n <= ID_MAX;
}

/* Every line ends: half a file is none. */
static int ids_read(struct str text, struct str **ret_ids, size_t *ret_n) {
    size_t lines = 0, n = 0;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    if (text.n && text.p[text.n - 1] != '\n')
        return -EBADMSG;
    struct str *ids = malloc((lines + 1) * sizeof *ids);
    if (!ids)
        return -ENOMEM;
    while (text.n) {
        text = str_cut(text, '\n', &ids[n]);
        if (!is_id(ids[n++])) {
            free(ids);
            return -EBADMSG;
        }
    }
    qsort(ids, n, sizeof *ids, id_cmp);
    *ret_ids = ids;
    *ret_n = n;
    return 0;
}

static int text_read(int fd, size_t size, char **ret) {
    char *text = malloc(size + 1);
    size_t at = 0;
    while (text && at < size) {
        ssize_t n = pread(fd, text + at, size - at, (off_t)at);
        if (n <= 0) {
            free(text);
            return n < 0 ? -errno : -EBADMSG;
        }
        at += (size_t)n;
    }
    *ret = text;
    return text ? 0 : -ENOMEM;
}

static int file_read(struct revoked *r, int fd, const struct stat *st) {
    struct str *ids = NULL;
    char *text = NULL;
    size_t n = 0;
    int rc;
    if (!S_ISREG(st->st_mode) || st->st_size > FILE_MAX)
        return -EBADMSG;
    if ((rc = text_read(fd, (size_t)st->st_size, &text)) < 0)
        return rc;
    if ((rc = ids_read(str_make(text, (size_t)st->st_size), &ids, &n)) < 0) {
        free(text);
        return rc;
    }
    ids_drop(r);
    r->text = text;
    r->ids = ids;
    r->n = n;
    return 1;
}

static bool is_same(const struct revoked *r, const struct stat *st) {
    return r->present && r->dev == st->st_dev && r->ino == st->st_ino && r->size == st->st_size &&
           r->changed.tv_sec == st->st_ctim.tv_sec && r->changed.tv_nsec == st->st_ctim.tv_nsec;
}

int revoked_look(struct revoked *r) {
    struct stat st;
    if (stat(r->path, &st) == 0 && is_same(r, &st))
        return 0;
    scoped(fd_close) int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        int had = r->present;
        ids_drop(r);
        r->present = false;
        return had;
    }
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (is_same(r, &st))
        return 0;
    /* One that can't be read is told once, not each time. */
    r->present = true;
    r->dev = st.st_dev;
    r->ino = st.st_ino;
    r->size = st.st_size;
    r->changed = st.st_ctim;
    return file_read(r, fd, &st);
}

size_t revoked_count(const struct revoked *r) {
    return r->n;
}

bool revoked_has(const struct revoked *r, struct str id) {
    return r->n && bsearch(&id, r->ids, r->n, sizeof id, id_cmp) != NULL;
}
