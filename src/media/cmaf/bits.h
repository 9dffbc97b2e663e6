/*
 * bits.h - bits of a bitstream, the most significant first, as the headers of H.264, HEVC (ITU-T H.264 9.1, H.265 9.2) and AV1 (clause
 * 4.10) are written. In NAL units emulation prevention bytes are dropped while it goes, so that the position it ends at counts them:
 * encryption works on the bytes of the file, not on the RBSP. Past the end everything is 0 and `failed` sticks. Included by what parses.
 */
#pragma once
#include "base/base.h"

struct bits {
    const uint8_t *p;
    size_t n, at; /* at: byte being read */
    int left;     /* bits of it not yet read */
    int zeros;    /* zero bytes just before at, to notice 00 00 03 */
    bool failed;  /* read past the end; everything read is 0 from then on */
    bool plain;   /* no emulation prevention: AV1 */
};

static inline struct bits bits_of(const uint8_t *p, size_t n) {
    struct bits b = {.p = p, .n = n, .left = 8, .failed = n == 0};
    return b;
}

static inline void byte_next(struct bits *b) {
    b->zeros = b->p[b->at] ? 0 : b->zeros + 1;
    b->at++;
    b->left = 8;
    if (b->zeros >= 2 && !b->plain && b->at < b->n && b->p[b->at] == 3) {
        b->zeros = 0;
        b->at++;
    }
}

static inline uint32_t u(struct bits *b, int n) {
    uint32_t v = 0;
    while (n-- > 0) {
        if (b->left == 0)
            byte_next(b);
        if (b->at >= b->n) {
            b->failed = true;
            return 0;
        }
        v = v << 1 | (b->p[b->at] >> --b->left & 1);
    }
    return v;
}

static inline uint32_t ue(struct bits *b) {
    int zeros = 0;
    while (u(b, 1) == 0) {
        if (b->failed || ++zeros > 31) {
            b->failed = true;
            return 0;
        }
    }
    return (1u << zeros) - 1 + u(b, zeros);
}

static inline int32_t se(struct bits *b) {
    uint32_t k = ue(b);
    return k & 1 ? (int32_t)(k / 2 + 1) : -(int32_t)(k / 2);
}

/* A value that must not exceed max, else the whole unit is refused. */
static inline uint32_t ue_max(struct bits *b, uint32_t max) {
    uint32_t v = ue(b);
    if (v > max) {
        b->failed = true;
        return 0;
    }
    return v;
}
