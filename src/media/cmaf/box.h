/* box.h - writing ISO/IEC 14496-12 boxes into a buf: a box is begun, filled and ended, and its size
 * patched in. Names are four characters. */
#pragma once
#include "base/buf.h"

size_t box_begin(struct buf *b, const char *type);
size_t box_begin_full(struct buf *b, const char *type, uint8_t version, uint32_t flags);
void box_end(struct buf *b, size_t begun);
void box_type(struct buf *b, const char *type); /* the four characters alone: brands, formats */

/* Reading: one box at p. header: 8 or 16; size covers it all. false: it does not fit into n. */
struct box {
    uint32_t type;
    size_t header, size;
    const uint8_t *p; /* of the header */
};
bool box_read(const uint8_t *p, size_t n, struct box *ret);
/* The first child of that type in [p, p+n). */
bool box_find(const uint8_t *p, size_t n, const char *type, struct box *ret);
uint32_t box_fourcc(const char *type);
uint32_t get_be32(const uint8_t *p);
uint64_t get_be64(const uint8_t *p);
uint32_t get_be16(const uint8_t *p);
