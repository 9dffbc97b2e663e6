/*
 * ranges.c - which bytes of an H.264 sample are protected (ISO/IEC 23001-7 10.2 and 10.4.2): the
 * slice data of NAL units 1 and 5. Length, NAL header and slice header stay clear, so that a
 * packager downstream, a player's parser and a secure decoder's driver can read them.
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

int cenc_ranges_h264(struct cenc_ranges *r, struct h264_params *params, enum scheme scheme,
                     const uint8_t *data, size_t n, struct err *reterr) {
    uint64_t clear = 0;
    size_t prefix = (size_t)params->nal_length;
    bool added = false;
    for (size_t at = 0; at < n;) {
        uint64_t size = n - at >= prefix ? length_read(data + at, params->nal_length) : UINT64_MAX;
        if (size > n - at - MIN(prefix, n - at))
            return err_set(reterr, ERR_BAD_MEDIA, "a NAL unit is longer than its sample");
        const uint8_t *nal = data + at + prefix;
        int type = size > 0 ? nal[0] & 31 : 0;
        uint64_t prot = 0;
        if (type == 1 || type == 5) {
            size_t header = h264_slice_header(params, nal, (size_t)size);
            if (header == 0)
                return err_set(reterr, ERR_BAD_MEDIA, "an H.264 slice header does not parse");
            prot = size - header;
            /* The residue goes to the clear side, so that counter mode never splits a block. */
            if (scheme == SCHEME_CENC)
                prot -= prot % 16;
        } else if (type == 7 || type == 8) {
            h264_nal_learn(params, nal, (size_t)size);
        }
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
