/*
 * cbor.h - the little of CBOR (RFC 8949) that a token, and a passkey of identity's, needs: definite
 * lengths only, depth bounded, nothing allocated. Longer than shortest integers are read (cbor-x
 * writes them), since the tag is computed over bytes and not over meaning.
 */
#pragma once
#include "base/str.h"

enum cbor_major {
    CBOR_UINT,
    CBOR_NEGATIVE,
    CBOR_BYTES,
    CBOR_TEXT,
    CBOR_ARRAY,
    CBOR_MAP,
    CBOR_TAG,
    CBOR_SIMPLE
};

struct cbor {
    const uint8_t *p, *end;
};

struct cbor_item {
    enum cbor_major major;
    uint64_t n;        /* value, length, count, tag; the raw bits of a float */
    uint8_t info;      /* the initial byte's low 5 bits: 25, 26, 27 with CBOR_SIMPLE is a float */
    const uint8_t *at; /* content of BYTES and TEXT */
};

/* Reads one head, and the content of a string; the entries of a container come next. */
bool cbor_next(struct cbor *c, struct cbor_item *ret);
bool cbor_skip(struct cbor *c); /* one whole item, at most 8 deep */
bool cbor_expect(struct cbor *c, enum cbor_major major, struct cbor_item *ret);
/* -1 - n and n as int64; false for another type or one that does not fit. */
bool cbor_int(const struct cbor_item *i, int64_t *ret);
/* RFC 8392 NumericDate: an integer or a float (rounded down), not before 1970. */
bool cbor_date(const struct cbor_item *i, int64_t *ret_s);
static inline bool cbor_done(const struct cbor *c) {
    return c->p == c->end;
}

/* Writers into a fixed buffer; *n past cap means that it did not fit. */
struct cbor_out {
    uint8_t *p;
    size_t n, cap;
};
void cbor_put_head(struct cbor_out *o, enum cbor_major major, uint64_t n);
void cbor_put_bytes(struct cbor_out *o, enum cbor_major major, const void *p, size_t n);
