#include "engine/cat/cbor.h"
#include <math.h>
#include <string.h>

bool cbor_next(struct cbor *c, struct cbor_item *ret) {
    if (c->p == c->end)
        return false;
    uint8_t head = *c->p++;
    *ret = (struct cbor_item){.major = head >> 5, .info = head & 31};
    if (ret->info < 24) {
        ret->n = ret->info;
    } else if (ret->info <= 27) {
        size_t width = (size_t)1 << (ret->info - 24);
        if ((size_t)(c->end - c->p) < width)
            return false;
        for (size_t i = 0; i < width; i++)
            ret->n = ret->n << 8 | *c->p++;
    } else {
        return false; /* reserved, or an indefinite length */
    }
    if (ret->major == CBOR_BYTES || ret->major == CBOR_TEXT) {
        if (ret->n > (size_t)(c->end - c->p))
            return false;
        ret->at = c->p;
        c->p += ret->n;
        return ret->major == CBOR_BYTES || str_is_utf8(str_make((const char *)ret->at, ret->n));
    }
    /* RFC 8949 section 3.3: a simple value below 32 has no two-byte form. */
    return ret->major != CBOR_SIMPLE || ret->info != 24 || ret->n >= 32;
}

static bool skip(struct cbor *c, int depth) {
    struct cbor_item i;
    if (depth == 0 || !cbor_next(c, &i))
        return false;
    if (i.major != CBOR_ARRAY && i.major != CBOR_MAP && i.major != CBOR_TAG)
        return true;
    uint64_t left = (uint64_t)(c->end - c->p);
    if (i.major != CBOR_TAG && i.n > left)
        return false; /* an entry takes a byte at least: bounds the loop */
    uint64_t entries = i.major == CBOR_TAG ? 1 : i.major == CBOR_MAP ? 2 * i.n : i.n;
    for (; entries; entries--)
        if (!skip(c, depth - 1))
            return false;
    return true;
}

bool cbor_skip(struct cbor *c) {
    return skip(c, 8);
}

bool cbor_expect(struct cbor *c, enum cbor_major major, struct cbor_item *ret) {
    return cbor_next(c, ret) && ret->major == major;
}

bool cbor_int(const struct cbor_item *i, int64_t *ret) {
    if ((i->major != CBOR_UINT && i->major != CBOR_NEGATIVE) || i->n > INT64_MAX)
        return false;
    *ret = i->major == CBOR_UINT ? (int64_t)i->n : -1 - (int64_t)i->n;
    return true;
}

bool cbor_date(const struct cbor_item *i, int64_t *ret_s) {
    double d;
    if (i->major == CBOR_UINT)
        return cbor_int(i, ret_s);
    if (i->major != CBOR_SIMPLE || (i->info != 26 && i->info != 27))
        return false;
    if (i->info == 27) {
        memcpy(&d, &i->n, sizeof d);
    } else {
        uint32_t bits = (uint32_t)i->n;
        float f;
        memcpy(&f, &bits, sizeof f);
        d = f;
    }
    if (!isfinite(d) || d < 0 || d > 1e15)
        return false;
    *ret_s = (int64_t)d;
    return true;
}

static void put(struct cbor_out *o, const void *p, size_t n) {
    if (n && o->n <= o->cap && n <= o->cap - o->n)
        memcpy(o->p + o->n, p, n);
    o->n += n;
}

void cbor_put_head(struct cbor_out *o, enum cbor_major major, uint64_t n) {
    uint8_t b[9];
    int log2 = n < 24 ? -1 : n <= 0xFF ? 0 : n <= 0xFFFF ? 1 : n <= 0xFFFFFFFF ? 2 : 3;
    size_t width = log2 < 0 ? 0 : (size_t)1 << log2;
    b[0] = (uint8_t)(major << 5 | (log2 < 0 ? (uint8_t)n : 24 + log2));
    for (size_t i = 0; i < width; i++)
        b[1 + i] = (uint8_t)(n >> 8 * (width - 1 - i));
    put(o, b, 1 + width);
}

void cbor_put_bytes(struct cbor_out *o, enum cbor_major major, const void *p, size_t n) {
    cbor_put_head(o, major, n);
    put(o, p, n);
}
