/* clear.c - see clear.h. The fragments are found once, by the boxes of the file's top; one of them lies decrypted at a time. */
#include "media/cmaf/clear.h"
#include "media/cmaf/cmaf_int.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INIT_MAX = 1 << 20, FRAGMENT_MAX = 1 << 30 };

struct stretch {
    int64_t from, to; /* moof and mdat */
};
struct cmaf_clear {
    int fd;
    int64_t size;
    bool is_protected;
    struct cenc_params params;
    struct cenc_key keys[CLEAR_KEYS_MAX];
    size_t n_keys;
    struct stretch *v;
    size_t n, cap;
    size_t held; /* index of the one that lies in bytes; SIZE_MAX: none */
    uint8_t *bytes;
};

bool cmaf_bytes_read(int fd, void *dst, size_t n, int64_t at) {
    for (uint8_t *p = dst; n > 0;) {
        ssize_t r = pread(fd, p, n, (off_t)at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return false;
        p += r, n -= (size_t)r, at += r;
    }
    return true;
}

static bool stretch_add(struct cmaf_clear *c, int64_t from, int64_t to) {
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 256;
        struct stretch *v = realloc(c->v, cap * sizeof *v);
        if (!v)
            return false;
        c->v = v, c->cap = cap;
    }
    c->v[c->n++] = (struct stretch){from, to};
    return true;
}

static int fragments_find(struct cmaf_clear *c, struct err *reterr) {
    int64_t moof = -1;
    uint8_t head[16] = {0};
    for (int64_t at = 0; at < c->size;) {
        size_t n = (size_t)MIN(c->size - at, (int64_t)sizeof head);
        int64_t size;
        if (n < 8 || !cmaf_bytes_read(c->fd, head, n, at) || (size = get_be32(head)) < 8 || size > c->size - at)
            return err_set(reterr, ERR_BAD_MEDIA, "a track file's boxes do not add up");
        uint32_t type = get_be32(head + 4);
        if (type == box_fourcc("moof"))
            moof = at;
        if (type == box_fourcc("mdat") && moof >= 0) {
            if (at + size - moof > FRAGMENT_MAX || !stretch_add(c, moof, at + size))
                return err_set(reterr, ERR_NO_MEMORY, "fragments of a track");
            moof = -1;
        }
        at += size;
    }
    return c->n > 0 ? 0 : err_set(reterr, ERR_BAD_MEDIA, "a track file without fragments");
}

static int init_read(struct cmaf_clear *c, struct err *reterr) {
    size_t n = (size_t)MIN(c->v[0].from, (int64_t)INIT_MAX);
    scoped(mem_free) uint8_t *init = malloc(n + 1);
    struct box moov;
    if (!init || !cmaf_bytes_read(c->fd, init, n, 0))
        return err_set(reterr, ERR_IO, "the head of a track");
    if (!box_find(init, n, "moov", &moov))
        return err_set(reterr, ERR_BAD_MEDIA, "a track file without its head");
    int r = cmaf_init_protection(init, n, &c->params, reterr);
    c->is_protected = r > 0;
    return MIN(r, 0);
}

int cmaf_clear_open(int fd, const struct cenc_key *keys, size_t n_keys, struct cmaf_clear **ret, struct err *reterr) {
    struct stat st;
    struct cmaf_clear *c = calloc(1, sizeof *c);
    if (!c || n_keys > CLEAR_KEYS_MAX || fstat(fd, &st) < 0) {
        free(c);
        return err_set(reterr, ERR_INVALID, "a track file");
    }
    c->fd = fd, c->size = st.st_size, c->n_keys = n_keys, c->held = SIZE_MAX;
    memcpy(c->keys, keys, n_keys * sizeof *keys);
    int r = fragments_find(c, reterr);
    if (r >= 0)
        r = init_read(c, reterr);
    if (r < 0)
        cmaf_clear_free(c);
    else
        *ret = c;
    return r;
}

void cmaf_clear_free(struct cmaf_clear *c) {
    if (!c)
        return;
    free(c->v);
    free(c->bytes);
    explicit_bzero(c, sizeof *c);
    free(c);
}

static bool fragment_hold(struct cmaf_clear *c, size_t i) {
    size_t n = (size_t)(c->v[i].to - c->v[i].from);
    if (c->held == i)
        return true;
    c->held = SIZE_MAX;
    free(c->bytes);
    c->bytes = malloc(n);
    if (!c->bytes || !cmaf_bytes_read(c->fd, c->bytes, n, c->v[i].from) ||
        (c->is_protected && cmaf_segment_decrypt_keys(c->bytes, n, &c->params, c->keys, c->n_keys, NULL) < 0))
        return false;
    c->held = i;
    return true;
}

/* The first fragment that ends behind at. */
static size_t fragment_at(const struct cmaf_clear *c, int64_t at) {
    size_t lo = 0, hi = c->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->v[mid].to > at)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

ssize_t cmaf_clear_pread(struct cmaf_clear *c, void *dst, size_t n, int64_t at) {
    if (at < 0 || at >= c->size)
        return 0;
    n = MIN(n, (size_t)(c->size - at));
    size_t i = fragment_at(c, at);
    if (i == c->n || at < c->v[i].from) { /* between fragments: as it lies there */
        int64_t end = i < c->n ? c->v[i].from : c->size;
        return pread(c->fd, dst, MIN(n, (size_t)(end - at)), (off_t)at);
    }
    if (!fragment_hold(c, i)) {
        errno = EBADMSG;
        return -1;
    }
    n = MIN(n, (size_t)(c->v[i].to - at));
    memcpy(dst, c->bytes + (at - c->v[i].from), n);
    return (ssize_t)n;
}

int cmaf_keys_parse(struct str text, struct cenc_key ret[CLEAR_KEYS_MAX], size_t *ret_n, struct err *reterr) {
    *ret_n = 0;
    while (text.n > 0) {
        struct str one, kid;
        text = str_cut(text, ',', &one);
        struct str key = str_cut(one, ':', &kid);
        if (*ret_n == CLEAR_KEYS_MAX || !str_unhex(kid, ret[*ret_n].kid, 16) || !str_unhex(key, ret[*ret_n].key, 16))
            return err_set(reterr, ERR_INVALID, "keys of a track are KID:KEY,KID:KEY of 32 hex digits each");
        ++*ret_n;
    }
    return 0;
}
