/*
 * ranges.c - which bytes of a sample are protected (ISO/IEC 23001-7 10.2 and 10.4.2): the slice data of
 * H.264's NAL units 1 and 5 and of HEVC's VCL NAL units, the tile data of AV1. Length, NAL header and slice header, OBU and frame
 * headers stay clear, so that a packager downstream, a player's parser and a secure decoder's driver can read them.
 */
#include "media/cenc/cenc.h"
#include <string.h>

enum { CLEAR_MAX = 65535 }; /* BytesOfClearData has 16 bits */

void cenc_ranges_done(struct cenc_ranges *r) {
    free(r->v);
    *r = (struct cenc_ranges){0};
}

static bool range_push(struct cenc_ranges *r, uint32_t clear, uint32_t prot) {
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 256;
        struct cenc_range *v = realloc(r->v, cap * sizeof *v);
        if (!v)
            return false;
        r->v = v, r->cap = cap;
    }
    r->v[r->n++] = (struct cenc_range){clear, prot};
    return true;
}

bool cenc_ranges_add(struct cenc_ranges *r, uint64_t clear, uint64_t prot) {
    for (; clear > CLEAR_MAX; clear -= CLEAR_MAX)
        if (!range_push(r, CLEAR_MAX, 0))
            return false;
    return range_push(r, (uint32_t)clear, (uint32_t)prot);
}

static uint64_t length_read(const uint8_t *p, int n) {
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* How a codec tells slices apart. */
struct slices {
    void *params;
    int nal_length;
    /* Bytes of a NAL unit that stay clear; 0: all of it, -1: a slice whose header does not parse. Learns parameter sets. */
    int64_t (*clear)(void *params, const uint8_t *nal, size_t n);
};

static int ranges_nal(struct cenc_ranges *r, const struct slices *codec, enum scheme scheme, const uint8_t *data, size_t n,
                      struct err *reterr) {
    uint64_t clear = 0;
    size_t prefix = (size_t)codec->nal_length;
    bool added = false;
    for (size_t at = 0; at < n;) {
        uint64_t size = n - at >= prefix ? length_read(data + at, codec->nal_length) : UINT64_MAX;
        if (size > n - at - MIN(prefix, n - at))
            return err_set(reterr, ERR_BAD_MEDIA, "a NAL unit is longer than its sample");
        const uint8_t *nal = data + at + prefix;
        int64_t header = size > 0 ? codec->clear(codec->params, nal, (size_t)size) : 0;
        if (header < 0)
            return err_set(reterr, ERR_BAD_MEDIA, "a slice header does not parse");
        uint64_t prot = header > 0 ? size - (uint64_t)header : 0;
        /* The residue goes to the clear side, so that counter mode never splits a block. */
        if (scheme == SCHEME_CENC)
            prot -= prot % 16;
        clear += prefix + size - prot;
        if (prot > 0) {
            if (!cenc_ranges_add(r, clear, prot))
                return err_set(reterr, ERR_NO_MEMORY, "subsamples");
            clear = 0, added = true;
        }
        at += prefix + (size_t)size;
    }
    if ((clear > 0 || !added) && !cenc_ranges_add(r, clear, 0))
        return err_set(reterr, ERR_NO_MEMORY, "subsamples");
    return 0;
}

static int64_t h264_clear(void *params, const uint8_t *nal, size_t n) {
    int type = nal[0] & 31;
    if (type == 1 || type == 5) {
        size_t header = h264_slice_header(params, nal, n);
        return header ? (int64_t)header : -1;
    }
    if (type == 7 || type == 8)
        h264_nal_learn(params, nal, n);
    return 0;
}

int cenc_ranges_h264(struct cenc_ranges *r, struct h264_params *params, enum scheme scheme,
                     const uint8_t *data, size_t n, struct err *reterr) {
    return ranges_nal(r, &(struct slices){params, params->nal_length, h264_clear}, scheme, data, n, reterr);
}

/* VCL NAL units are those below 32 (ITU-T H.265 table 7-1). */
static int64_t hevc_clear(void *params, const uint8_t *nal, size_t n) {
    if (hevc_nal_type(nal) < 32) {
        size_t header = hevc_slice_header(params, nal, n);
        return header ? (int64_t)header : -1;
    }
    hevc_nal_learn(params, nal, n);
    return 0;
}

int cenc_ranges_hevc(struct cenc_ranges *r, struct hevc_params *params, enum scheme scheme, const uint8_t *data, size_t n,
                     struct err *reterr) {
    return ranges_nal(r, &(struct slices){params, params->nal_length, hevc_clear}, scheme, data, n, reterr);
}

struct tiles {
    struct cenc_ranges *r;
    enum scheme scheme;
    size_t end; /* of the last protected range */
    bool no_memory;
};

/*
 * AV1-ISOBMFF, "Common Encryption": under cbcs a subsample is exactly a tile's data, blocks that are not whole included (they stay
 * clear); under cenc it is as many whole blocks as fit, to its last byte.
 */
static bool tile_add(void *arg, size_t offset, size_t size) {
    struct tiles *t = arg;
    size_t prot = t->scheme == SCHEME_CENC ? size / 16 * 16 : size;
    if (prot == 0)
        return true;
    size_t begin = offset + size - prot;
    t->no_memory = !cenc_ranges_add(t->r, begin - t->end, prot);
    t->end = offset + size;
    return !t->no_memory;
}

int cenc_ranges_av1(struct cenc_ranges *r, struct av1_stream *s, enum scheme scheme, const uint8_t *data, size_t n, struct err *reterr) {
    struct tiles t = {.r = r, .scheme = scheme};
    size_t before = r->n;
    bool good = av1_tiles(s, data, n, tile_add, &t);
    if (good && (t.end < n || r->n == before))
        t.no_memory = !cenc_ranges_add(r, n - t.end, 0);
    if (t.no_memory)
        return err_set(reterr, ERR_NO_MEMORY, "subsamples");
    return good ? 0 : err_set(reterr, ERR_BAD_MEDIA, "an AV1 temporal unit does not parse");
}
