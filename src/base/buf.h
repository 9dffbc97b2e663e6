/* buf.h - an owned, growing byte builder with a ceiling. The first failure sticks: check .failed
 * once at the end. */
#pragma once
#include "base/str.h"
#include <stdarg.h>

struct buf {
    uint8_t *p;
    size_t n, cap, max;
    bool failed; /* the ceiling was reached or memory ran out; content is then incomplete */
    bool no_memory; /* it was memory */
};

/* scoped(buf_done) struct buf b = BUF(64 << 10);  the argument is the ceiling, not a size */
#define BUF(ceiling) ((struct buf){.max = (ceiling)})

void buf_done(struct buf *b);
void buf_reset(struct buf *b);                        /* keeps the memory */
bool buf_reserve(struct buf *b, size_t more);         /* false: failed */
void buf_add(struct buf *b, struct str s);
void buf_addc(struct buf *b, const char *cstr);
void buf_mem(struct buf *b, const void *p, size_t n);
void buf_byte(struct buf *b, uint8_t v);
void buf_zero(struct buf *b, size_t n);
void buf_be16(struct buf *b, uint16_t v);
void buf_be24(struct buf *b, uint32_t v);
void buf_be32(struct buf *b, uint32_t v);
void buf_be64(struct buf *b, uint64_t v);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list ap);
void buf_json_str(struct buf *b, struct str s);       /* quoted, escaped; bad UTF-8 becomes U+FFFD */
void buf_xml(struct buf *b, struct str s);            /* escaped for text and attribute values */
void buf_hex(struct buf *b, const void *p, size_t n); /* lower case */
void buf_base64(struct buf *b, const void *p, size_t n);
void buf_base64url(struct buf *b, const void *p, size_t n); /* RFC 4648 section 5, no padding */
void buf_set_be32(struct buf *b, size_t at, uint32_t v);    /* patches what was written */
struct str buf_str(const struct buf *b);              /* borrowed; valid until the next write */
char *buf_cstr(struct buf *b);                        /* borrowed, NUL-terminated; NULL: failed */

/* Decoders; the result is appended. False on any character outside the alphabet. */
bool buf_unhex(struct buf *b, struct str hex);
bool buf_unbase64url(struct buf *b, struct str s);    /* accepts both alphabets, padding optional */
