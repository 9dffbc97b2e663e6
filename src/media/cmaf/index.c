/*
 * index.c - reading and writing the index of a track. nginx compiles this file as it is: nothing
 * but the C library here. Every number read from the file is checked before it is used as an offset
 * or a count, because the file may be half-written (live), cut off or foreign.
 */
#include "media/cmaf/index.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OBJECTS_MAX = 1 << 20, HEADER_CHECKED = 120, EXTENT_CHECKED = 44 };
_Static_assert(offsetof(struct index_header, check) == HEADER_CHECKED, "what the checksum covers");
_Static_assert(offsetof(struct index_extent, check) == EXTENT_CHECKED, "what the checksum covers");

/* Half a byte at a time: 44 bytes an extent do not deserve a kilobyte of cache. */
static const uint32_t crc_nibble[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t index_crc32(const void *p, size_t n) {
    const uint8_t *b = p;
    uint32_t c = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        c ^= b[i];
        c = c >> 4 ^ crc_nibble[c & 15];
        c = c >> 4 ^ crc_nibble[c & 15];
    }
    return ~c;
}

static uint64_t extents_start(const struct index_header *h) {
    return INDEX_HEADER + (uint64_t)h->n_objects * INDEX_OBJECT;
}

uint64_t index_extent_at(const struct index_header *h, uint32_t n) {
    return extents_start(h) + (uint64_t)n * INDEX_EXTENT;
}

bool index_header_ok(const struct index_header *h, uint64_t file_size) {
    return h->magic == INDEX_MAGIC && h->version == INDEX_VERSION &&
           h->check == index_crc32(h, HEADER_CHECKED) && h->timescale > 0 && h->n_objects > 0 &&
           h->n_objects <= OBJECTS_MAX && h->init_offset <= INT64_MAX &&
           index_extent_at(h, h->count) <= file_size;
}

bool index_extent_ok(const struct index_extent *e, const struct index_header *h) {
    return e->check == index_crc32(e, EXTENT_CHECKED) && e->object < h->n_objects &&
           e->offset <= INT64_MAX - (uint64_t)UINT32_MAX && e->iframe_length <= e->length;
}

/* A short file is a damaged one here: the caller asked for what the header promised. */
static int read_full(int fd, void *p, size_t n, uint64_t at) {
    uint8_t *b = p;
    while (n > 0) {
        ssize_t r = pread(fd, b, n, (off_t)at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0) {
            if (r == 0)
                errno = EBADMSG;
            return -1;
        }
        b += r, n -= (size_t)r, at += (uint64_t)r;
    }
    return 0;
}

static int write_full(int fd, const void *p, size_t n, uint64_t at) {
    const uint8_t *b = p;
    while (n > 0) {
        ssize_t r = pwrite(fd, b, n, (off_t)at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        b += r, n -= (size_t)r, at += (uint64_t)r;
    }
    return 0;
}

static int fail(int errnum) {
    errno = errnum;
    return -1;
}

int index_read_header(int fd, struct index_header *ret_h) {
    struct stat st;
    struct index_header h;
    if (fstat(fd, &st) < 0 || read_full(fd, &h, sizeof h, 0) < 0)
        return -1;
    if (!index_header_ok(&h, (uint64_t)st.st_size))
        return fail(EBADMSG);
    *ret_h = h;
    return 0;
}

int index_read_object(int fd, const struct index_header *h, uint32_t n,
                      struct index_object *ret_o) {
    struct index_object o;
    if (n >= h->n_objects)
        return fail(ERANGE);
    if (read_full(fd, &o, sizeof o, INDEX_HEADER + (uint64_t)n * INDEX_OBJECT) < 0)
        return -1;
    /* The name becomes a path beside the index: nothing may lead out of that folder. */
    if (!o.name[0] || !memchr(o.name, 0, sizeof o.name) || strchr(o.name, '/') || o.name[0] == '.')
        return fail(EBADMSG);
    *ret_o = o;
    return 0;
}

int index_read_extent(int fd, const struct index_header *h, uint32_t n,
                      struct index_extent *ret_e) {
    struct index_extent e;
    if (n >= h->count)
        return fail(ERANGE);
    if (read_full(fd, &e, sizeof e, index_extent_at(h, n)) < 0)
        return -1;
    if (!index_extent_ok(&e, h))
        return fail(EBADMSG);
    *ret_e = e;
    return 0;
}

int index_read_extents(int fd, const struct index_header *h, struct index_extent *ret) {
    if (read_full(fd, ret, (size_t)h->count * sizeof *ret, extents_start(h)) < 0)
        return -1;
    for (uint32_t i = 0; i < h->count; i++)
        if (!index_extent_ok(&ret[i], h))
            return fail(EBADMSG);
    return 0;
}

int index_start(struct index_writer *w, int fd, const struct index_object *objects,
                uint32_t n_objects) {
    if (n_objects == 0 || n_objects > OBJECTS_MAX)
        return fail(EINVAL);
    *w = (struct index_writer){.fd = fd,
                               .h = {.magic = INDEX_MAGIC,
                                     .version = INDEX_VERSION,
                                     .timescale = 1,
                                     .n_objects = n_objects}};
    return write_full(fd, objects, n_objects * sizeof *objects, INDEX_HEADER);
}

int index_append(struct index_writer *w, struct index_extent *e, uint32_t n) {
    if (n > UINT32_MAX - w->written)
        return fail(EFBIG);
    for (uint32_t i = 0; i < n; i++)
        e[i].check = index_crc32(&e[i], EXTENT_CHECKED);
    if (write_full(w->fd, e, n * sizeof *e, index_extent_at(&w->h, w->written)) < 0)
        return -1;
    w->written += n;
    return 0;
}

int index_publish(struct index_writer *w) {
    w->h.count = w->written;
    w->h.check = index_crc32(&w->h, HEADER_CHECKED);
    return write_full(w->fd, &w->h, sizeof w->h, 0);
}
