/*
 * sqlite_map.c - a database file mapped once in the process, for all its connections.
 *
 * SQLite maps a file once a connection, and anew whenever somebody else has written: sixteen connections have sixteen times
 * the page tables of the file, which no cache of the processor holds, and after each commit fault all of it in again.
 * Here xFetch (sqlite3_io_methods, version 3) answers from one mapping that never moves; everything else of the file
 * stays SQLite's.
 *
 * The mapping is MAP_MAX long from the beginning, whatever the file's length: what the file grows to is there by itself.
 * What must not be touched is behind its end, so the length is asked for again whenever SQLite says that somebody else
 * has written (xUnfetch of nothing), at the moment where it would have mapped anew.
 */
#include "engine/store/sqlite_int.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAP_MAX ((int64_t)2 << 30)
/* In a damaged database SQLite may read so far behind the page that it has asked for. */
enum { BEYOND = 256 };

struct file_map {
    struct file_map *next;
    dev_t dev;
    ino_t ino;
    int fd; /* closed with the last connection, for closing it drops SQLite's locks on the file */
    uint8_t *base;
    int64_t length; /* atomic */
    size_t users;
};

struct conn_map {
    sqlite3_io_methods methods; /* the file's own, but for the three below */
    const sqlite3_io_methods *real;
    struct file_map *map;
    int64_t limit;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file_map *maps;

static struct conn_map *of(sqlite3_file *f) { return (struct conn_map *)(uintptr_t)f->pMethods; }

static void length_look(struct file_map *m) {
    struct stat st;
    int64_t n = fstat(m->fd, &st) == 0 ? (int64_t)st.st_size : 0;
    __atomic_store_n(&m->length, MIN(n, MAP_MAX), __ATOMIC_RELEASE);
}

static int map_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **ret) {
    struct conn_map *c = of(f);
    bool there = c->limit > 0 && at + n + BEYOND <= __atomic_load_n(&c->map->length, __ATOMIC_ACQUIRE);
    *ret = there ? c->map->base + at : NULL; /* NULL: it is read */
    return SQLITE_OK;
}

static int map_unfetch(sqlite3_file *f, sqlite3_int64 at, void *p) {
    (void)at;
    if (!p)
        length_look(of(f)->map);
    return SQLITE_OK;
}

static int map_truncate(sqlite3_file *f, sqlite3_int64 n) {
    struct conn_map *c = of(f);
    if (n < __atomic_load_n(&c->map->length, __ATOMIC_ACQUIRE))
        __atomic_store_n(&c->map->length, n, __ATOMIC_RELEASE);
    return c->real->xTruncate(f, n);
}

/* Told of a limit, SQLite's own file would map itself. */
static int map_control(sqlite3_file *f, int op, void *arg) {
    struct conn_map *c = of(f);
    if (op != SQLITE_FCNTL_MMAP_SIZE)
        return c->real->xFileControl(f, op, arg);
    sqlite3_int64 *limit = arg, before = c->limit;
    if (*limit >= 0)
        c->limit = *limit;
    *limit = before;
    return SQLITE_OK;
}

static void map_free(struct file_map *m) {
    if (m->base)
        munmap(m->base, (size_t)MAP_MAX);
    if (m->fd >= 0)
        close(m->fd);
    free(m);
}

/* NULL: errno says why. */
static struct file_map *map_make(const char *path, const struct stat *st) {
    struct file_map *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    *m = (struct file_map){.dev = st->st_dev, .ino = st->st_ino, .fd = open(path, O_RDONLY | O_CLOEXEC)};
    void *base = m->fd < 0 ? MAP_FAILED : mmap(NULL, (size_t)MAP_MAX, PROT_READ, MAP_SHARED, m->fd, 0);
    if (base == MAP_FAILED) {
        int why = errno;
        map_free(m);
        errno = why;
        return NULL;
    }
    m->base = base;
    length_look(m);
    m->next = maps;
    return maps = m;
}

static struct file_map *map_take(const char *path) {
    struct stat st;
    if (stat(path, &st))
        return NULL;
    pthread_mutex_lock(&lock);
    struct file_map *m = maps;
    while (m && (m->dev != st.st_dev || m->ino != st.st_ino))
        m = m->next;
    if (!m)
        m = map_make(path, &st);
    if (m)
        m->users++;
    pthread_mutex_unlock(&lock);
    return m;
}

static void map_give(struct file_map *m) {
    pthread_mutex_lock(&lock);
    if (--m->users == 0) {
        struct file_map **at = &maps;
        while (*at != m)
            at = &(*at)->next;
        *at = m->next;
        map_free(m);
    }
    pthread_mutex_unlock(&lock);
}

int conn_map(struct conn *c, struct err *reterr) {
    sqlite3_file *f = NULL;
    sqlite3_file_control(c->db, "main", SQLITE_FCNTL_FILE_POINTER, &f);
    if (!f || !f->pMethods || f->pMethods->iVersion < 3)
        return 0; /* a file of another kind: it is read */
    struct conn_map *cm = calloc(1, sizeof *cm);
    if (!cm || !(cm->map = map_take(c->path))) {
        int why = errno;
        free(cm);
        /* Not "then it is read": a connection that the mapping does not count would lose its locks with the others. */
        return err_errno(reterr, why, "mapping %s", c->path);
    }
    cm->real = f->pMethods;
    cm->methods = *f->pMethods;
    cm->methods.xFetch = map_fetch;
    cm->methods.xUnfetch = map_unfetch;
    cm->methods.xTruncate = map_truncate;
    cm->methods.xFileControl = map_control;
    f->pMethods = &cm->methods;
    c->map = cm;
    return conn_script(c, "PRAGMA mmap_size = 2147418112", reterr);
}

void conn_unmap(struct conn *c) {
    if (!c->map)
        return;
    map_give(c->map->map);
    free(c->map);
}
