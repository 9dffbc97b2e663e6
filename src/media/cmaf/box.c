/* box.c - ISO/IEC 14496-12 box headers, written and read. */
#include "media/cmaf/box.h"

void box_type(struct buf *b, const char *type) {
    buf_mem(b, type, 4);
}

size_t box_begin(struct buf *b, const char *type) {
    size_t at = b->n;
    buf_be32(b, 0);
    box_type(b, type);
    return at;
}

size_t box_begin_full(struct buf *b, const char *type, uint8_t version, uint32_t flags) {
    size_t at = box_begin(b, type);
    buf_byte(b, version);
    buf_be24(b, flags);
    return at;
}

void box_end(struct buf *b, size_t begun) {
    if (!b->failed)
        buf_set_be32(b, begun, (uint32_t)(b->n - begun));
}

uint32_t get_be16(const uint8_t *p) {
    return (uint32_t)p[0] << 8 | p[1];
}
uint32_t get_be32(const uint8_t *p) {
    return get_be16(p) << 16 | get_be16(p + 2);
}
uint64_t get_be64(const uint8_t *p) {
    return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}
uint32_t box_fourcc(const char *type) {
    return get_be32((const uint8_t *)type);
}

bool box_read(const uint8_t *p, size_t n, struct box *ret) {
    if (n < 8)
        return false;
    uint64_t size = get_be32(p);
    size_t header = 8;
    if (size == 1) {
        if (n < 16)
            return false;
        size = get_be64(p + 8);
        header = 16;
    } else if (size == 0) {
        size = n; /* to the end of what holds it */
    }
    if (size < header || size > n)
        return false;
    *ret = (struct box){get_be32(p + 4), header, (size_t)size, p};
    return true;
}

bool box_find(const uint8_t *p, size_t n, const char *type, struct box *ret) {
    uint32_t want = box_fourcc(type);
    struct box b;
    for (; box_read(p, n, &b); p += b.size, n -= b.size) {
        if (b.type == want) {
            *ret = b;
            return true;
        }
    }
    return false;
}
