#include "index_cache.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A page is 12 KB and 17 minutes of a film in segments of 4 s. */
enum { PAGE = 256, PAGES_MAX = 4096, BUCKETS = 1024, KEY_MAX = 48, INIT_MAX = 1 << 20 };

struct identity {
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec modified, changed;
};

struct page {
    bool ok[PAGE]; /* checksums are looked at once, when the page is read */
    struct index_extent extents[PAGE];
};

struct entry {
    struct entry *older, *newer, *next; /* next in the bucket */
    char key[KEY_MAX];                  /* "<asset>/<track>" */
    int fd;
    int64_t checked_ms;
    struct identity identity;
    struct index_header header;
    uint32_t init_crc;
    uint32_t object_n; /* the object whose name is held */
    struct index_object object;
    size_t n_pages;
    struct page **pages;
};

struct index_cache {
    char *root;
    size_t n, max, n_pages;
    int64_t valid_ms;
    struct entry *oldest, *newest;
    struct entry *buckets[BUCKETS];
};

struct index_cache *index_cache_new(const char *root, size_t entries, int64_t valid_ms) {
    struct index_cache *c = calloc(1, sizeof *c);
    if (!c || !(c->root = strdup(root))) {
        free(c);
        return NULL;
    }
    c->max = MAX(entries, (size_t)1);
    c->valid_ms = valid_ms;
    return c;
}

static struct entry **bucket_of(struct index_cache *c, const char *key) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * 16777619u;
    return &c->buckets[h % BUCKETS];
}

static void unlink_age(struct index_cache *c, struct entry *e) {
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
}

static void link_newest(struct index_cache *c, struct entry *e) {
    e->older = c->newest;
    e->newer = NULL;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void pages_drop(struct index_cache *c, struct entry *e) {
    for (size_t i = 0; i < e->n_pages; i++) {
        c->n_pages -= e->pages[i] != NULL;
        free(e->pages[i]);
    }
    free(e->pages);
    e->pages = NULL;
    e->n_pages = 0;
}

static void entry_drop(struct index_cache *c, struct entry *e) {
    struct entry **at = bucket_of(c, e->key);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    unlink_age(c, e);
    pages_drop(c, e);
    close(e->fd);
    free(e);
    c->n--;
}

void index_cache_free(struct index_cache *c) {
    while (c && c->oldest)
        entry_drop(c, c->oldest);
    if (c)
        free(c->root);
    free(c);
}

static struct identity identity_of(const struct stat *st) {
    return (struct identity){st->st_dev, st->st_ino, st->st_size, st->st_mtim, st->st_ctim};
}

static bool same_time(struct timespec a, struct timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct identity *a, const struct identity *b) {
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           same_time(a->modified, b->modified) && same_time(a->changed, b->changed);
}

static int path_make(const struct index_cache *c, struct str asset, const char *name, char *dst) {
    int n = snprintf(dst, PATH_MAX, "%s/asset/" STR_FMT "/%s", c->root, STR_ARG(asset), name);
    return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int object_load(struct entry *e, uint32_t n) {
    if (e->object.name[0] && e->object_n == n)
        return 0;
    if (index_read_object(e->fd, &e->header, n, &e->object) < 0) {
        e->object.name[0] = 0;
        return -errno;
    }
    e->object_n = n;
    return 0;
}

/* What the bytes of a segment mean depends on the init segment, so it is part of every entity tag.
 */
static int init_load(struct index_cache *c, struct str asset, struct entry *e) {
    const struct index_header *h = &e->header;
    char path[PATH_MAX];
    int rc;
    e->init_crc = 0;
    if (h->init_length == 0)
        return 0;
    if (h->init_length > INIT_MAX)
        return -EBADMSG;
    if ((rc = object_load(e, 0)) < 0 || (rc = path_make(c, asset, e->object.name, path)) < 0)
        return rc;
    scoped(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? -EBADMSG : -errno;
    scoped(mem_free) uint8_t *init = malloc(h->init_length);
    if (!init)
        return -ENOMEM;
    ssize_t n = pread(fd, init, h->init_length, (off_t)h->init_offset);
    if (n < 0)
        return -errno;
    if ((size_t)n != h->init_length)
        return -EBADMSG;
    e->init_crc = index_crc32(init, h->init_length);
    return 0;
}

/* (Re)reads what is derived from the file behind e->fd. */
static int entry_load(struct index_cache *c, struct str asset, struct entry *e,
                      const struct stat *st) {
    pages_drop(c, e);
    e->object.name[0] = 0;
    e->identity = identity_of(st);
    if (!S_ISREG(st->st_mode))
        return -EBADMSG;
    /* A live writer raises the count while we read: one more look settles it. */
    if (index_read_header(e->fd, &e->header) < 0 && index_read_header(e->fd, &e->header) < 0)
        return -errno;
    return init_load(c, asset, e);
}

static int entry_open(struct index_cache *c, const char *path, const char *key, struct str asset,
                      struct entry **ret_e) {
    struct stat st;
    int rc;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOTDIR ? -ENOENT : -errno;
    struct entry *e = calloc(1, sizeof *e);
    if (!e) {
        close(fd);
        return -ENOMEM;
    }
    e->fd = fd;
    snprintf(e->key, sizeof e->key, "%s", key);
    if (fstat(fd, &st) < 0)
        rc = -errno;
    else
        rc = entry_load(c, asset, e, &st);
    if (rc < 0) {
        pages_drop(c, e);
        close(fd);
        free(e);
        return rc;
    }
    if (c->n == c->max)
        entry_drop(c, c->oldest);
    struct entry **bucket = bucket_of(c, key);
    e->next = *bucket;
    *bucket = e;
    link_newest(c, e);
    c->n++;
    *ret_e = e;
    return 0;
}

static struct entry *entry_lookup(struct index_cache *c, const char *key) {
    struct entry *e = *bucket_of(c, key);
    while (e && strcmp(e->key, key) != 0)
        e = e->next;
    return e;
}

/* Another file under the name: the entry goes. The same one, grown or rewritten: read again. */
static int entry_check(struct index_cache *c, const char *path, struct str asset,
                       struct entry **e) {
    struct stat st;
    int rc = 0;
    if (stat(path, &st) < 0) {
        rc = errno == ENOTDIR ? -ENOENT : -errno;
    } else {
        struct identity now = identity_of(&st);
        if (same_file(&now, &(*e)->identity))
            return 0;
        if (now.dev == (*e)->identity.dev && now.ino == (*e)->identity.ino &&
            (rc = entry_load(c, asset, *e, &st)) == 0)
            return 0;
    }
    entry_drop(c, *e);
    *e = NULL;
    return rc;
}

/* "<asset>/<track>"; every request makes one, so no printf. False: longer than any real name. */
static bool key_make(struct str asset, struct str track, char key[KEY_MAX]) {
    if (asset.n + track.n + 2 > KEY_MAX)
        return false;
    memcpy(key, asset.p, asset.n);
    key[asset.n] = '/';
    memcpy(key + asset.n + 1, track.p, track.n);
    key[asset.n + 1 + track.n] = 0;
    return true;
}

static bool entry_is_stale(const struct index_cache *c, const struct entry *e, uint32_t n,
                           int64_t now_ms) {
    if (now_ms - e->checked_ms >= c->valid_ms || now_ms < e->checked_ms)
        return true;
    /* A segment past the end may have been published since: that is worth a look at any time. */
    return n != INDEX_INIT && n >= e->header.count;
}

static int entry_get(struct index_cache *c, struct str asset, struct str track, uint32_t n,
                     int64_t now_ms, struct entry **ret_e) {
    char key[KEY_MAX], path[PATH_MAX], name[KEY_MAX];
    int rc = 0;
    if (!key_make(asset, track, key))
        return -ENOENT;
    struct entry *e = entry_lookup(c, key);
    if (!e || entry_is_stale(c, e, n, now_ms)) {
        snprintf(name, sizeof name, STR_FMT ".idx", STR_ARG(track));
        if ((rc = path_make(c, asset, name, path)) < 0 ||
            (e && (rc = entry_check(c, path, asset, &e)) < 0) ||
            (!e && (rc = entry_open(c, path, key, asset, &e)) < 0))
            return rc;
        e->checked_ms = now_ms;
    }
    if (e != c->newest) {
        unlink_age(c, e);
        link_newest(c, e);
    }
    *ret_e = e;
    return 0;
}

static int page_read(struct entry *e, struct page *p, uint32_t first) {
    uint32_t count = MIN((uint32_t)PAGE, e->header.count - first);
    ssize_t want = (ssize_t)(count * sizeof p->extents[0]);
    ssize_t n = pread(e->fd, p->extents, (size_t)want, (off_t)index_extent_at(&e->header, first));
    if (n < 0)
        return -errno;
    if (n != want)
        return -EBADMSG;
    for (uint32_t i = 0; i < count; i++)
        p->ok[i] = index_extent_ok(&p->extents[i], &e->header);
    return 0;
}

static int extent_get(struct index_cache *c, struct entry *e, uint32_t n,
                      struct index_extent *ret) {
    size_t page = n / PAGE;
    if (!e->pages) {
        e->n_pages = ((size_t)e->header.count + PAGE - 1) / PAGE;
        e->pages = calloc(e->n_pages, sizeof(struct page *));
        if (!e->pages) {
            e->n_pages = 0;
            return -ENOMEM;
        }
    }
    if (!e->pages[page]) {
        while (c->n_pages >= PAGES_MAX && c->oldest != e)
            entry_drop(c, c->oldest);
        struct page *p = malloc(sizeof *p);
        int rc = p ? page_read(e, p, (uint32_t)page * PAGE) : -ENOMEM;
        if (rc < 0) {
            free(p);
            return rc;
        }
        e->pages[page] = p;
        c->n_pages++;
    }
    *ret = e->pages[page]->extents[n % PAGE];
    return e->pages[page]->ok[n % PAGE] ? 0 : -EBADMSG;
}

int index_cache_find(struct index_cache *c, struct str asset, struct str track, uint32_t n,
                     int64_t now_ms, struct index_found *ret) {
    struct entry *e;
    int rc = entry_get(c, asset, track, n, now_ms, &e);
    if (rc < 0)
        return rc;
    if (n == INDEX_INIT) {
        if (e->header.init_length == 0)
            return -ENOENT;
        ret->extent =
            (struct index_extent){.offset = e->header.init_offset, .length = e->header.init_length};
    } else {
        if (n >= e->header.count)
            return -ENOENT;
        if ((rc = extent_get(c, e, n, &ret->extent)) < 0)
            return rc;
    }
    if ((rc = object_load(e, ret->extent.object)) < 0)
        return rc;
    ret->content_type = e->header.content_type;
    ret->object = e->object.name;
    ret->init_crc = e->init_crc;
    return 0;
}
