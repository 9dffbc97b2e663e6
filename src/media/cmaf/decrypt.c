/*
 * decrypt.c - our own segments read back: protection of an init segment, and samples decrypted in
 * place (ISO/IEC 23001-7). Reads what may have been tampered with, so every offset is checked
 * before it is used.
 */
#include "media/cmaf/cmaf_int.h"
#include <string.h>

struct cursor {
    const uint8_t *p;
    size_t n;
    bool failed;
};

static const uint8_t *bytes(struct cursor *c, size_t n) {
    static const uint8_t zeros[16];
    if (n > c->n) {
        c->failed = true;
        return zeros;
    }
    const uint8_t *p = c->p;
    c->p += n, c->n -= n;
    return p;
}

static uint32_t be16(struct cursor *c) {
    return get_be16(bytes(c, 2));
}
static uint32_t be32(struct cursor *c) {
    return get_be32(bytes(c, 4));
}

static struct cursor body(struct box b) {
    return (struct cursor){b.p + b.header, b.size - b.header, false};
}

static int broken(struct err *reterr, const char *what) {
    return err_set(reterr, ERR_BAD_MEDIA, "segment: %s", what);
}

/* Goes down a path of box types from [p, p+n). */
static bool box_path(const uint8_t *p, size_t n, const char *const *path, struct box *ret) {
    for (; *path; path++) {
        if (!box_find(p, n, *path, ret))
            return false;
        p = ret->p + ret->header, n = ret->size - ret->header;
    }
    return true;
}

static int tenc_read(struct box tenc, struct cenc_params *ret, struct err *reterr) {
    struct cursor c = body(tenc);
    uint32_t version = be32(&c) >> 24;
    bytes(&c, 1);
    uint8_t pattern = *bytes(&c, 1);
    if (version > 0)
        ret->crypt = pattern >> 4, ret->skip = pattern & 15;
    bytes(&c, 1);
    uint8_t iv_size = *bytes(&c, 1);
    memcpy(ret->key.kid, bytes(&c, 16), 16);
    if (ret->scheme == SCHEME_CBCS && iv_size == 0) {
        uint8_t n = *bytes(&c, 1);
        if (n != 16)
            return broken(reterr, "constant IV is not 16 bytes");
        memcpy(ret->iv, bytes(&c, 16), 16);
    }
    return c.failed ? broken(reterr, "tenc is cut off") : 0;
}

int cmaf_init_protection(const uint8_t *init, size_t n, struct cenc_params *ret,
                         struct err *reterr) {
    static const char *const to_stsd[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd", NULL};
    static const char *const to_schm[] = {"sinf", "schm", NULL}, *const to_tenc[] = {"sinf", "schi",
                                                                                     "tenc", NULL};
    struct box stsd, entry, schm, tenc;
    if (!box_path(init, n, to_stsd, &stsd) || stsd.size < stsd.header + 8)
        return broken(reterr, "no sample description");
    const uint8_t *p = stsd.p + stsd.header + 8;
    if (!box_read(p, (size_t)(stsd.p + stsd.size - p), &entry))
        return broken(reterr, "no sample entry");
    bool video = entry.type == box_fourcc("encv"), audio = entry.type == box_fourcc("enca");
    if (!video && !audio)
        return 0;
    size_t fixed = entry.header + (video ? 78 : 28);
    if (entry.size < fixed || !box_path(entry.p + fixed, entry.size - fixed, to_schm, &schm) ||
        !box_path(entry.p + fixed, entry.size - fixed, to_tenc, &tenc) ||
        schm.size < schm.header + 8)
        return broken(reterr, "protected, without saying how");
    *ret = (struct cenc_params){0};
    uint32_t scheme = get_be32(schm.p + schm.header + 4);
    if (scheme != box_fourcc("cbcs") && scheme != box_fourcc("cenc"))
        return broken(reterr, "protected by an unknown scheme");
    ret->scheme = scheme == box_fourcc("cbcs") ? SCHEME_CBCS : SCHEME_CENC;
    int r = tenc_read(tenc, ret, reterr);
    return r < 0 ? r : 1;
}

/* One fragment: sizes from trun (or tfhd), sample information from senc. */
struct fragment {
    struct cursor sizes, info;
    uint32_t flags, count, default_size, data_offset;
    bool has_info, subsamples;
};

static int traf_read(struct box traf, struct fragment *f, struct err *reterr) {
    const uint8_t *p = traf.p + traf.header;
    size_t n = traf.size - traf.header;
    struct box tfhd, trun, senc;
    if (!box_find(p, n, "tfhd", &tfhd) || !box_find(p, n, "trun", &trun))
        return broken(reterr, "a fragment without tfhd or trun");
    struct cursor c = body(tfhd);
    uint32_t flags = be32(&c) & 0xffffff;
    be32(&c);
    bytes(&c, (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0) + (flags & 8 ? 4 : 0));
    f->default_size = flags & 0x10 ? be32(&c) : 0;
    bool bad = c.failed;
    f->sizes = body(trun);
    f->flags = be32(&f->sizes) & 0xffffff;
    f->count = be32(&f->sizes);
    f->data_offset = f->flags & 1 ? be32(&f->sizes) : 0;
    if (f->flags & 4)
        be32(&f->sizes);
    f->has_info = box_find(p, n, "senc", &senc);
    if (f->has_info) {
        f->info = body(senc);
        f->subsamples = be32(&f->info) & 2;
        bad |= be32(&f->info) != f->count;
    }
    /* A count of samples that take no bytes anywhere is bounded by nothing. */
    if (f->count > 0 && !(f->flags & 0x200) && f->default_size == 0)
        return broken(reterr, "samples without sizes");
    return bad || f->sizes.failed || f->info.failed ? broken(reterr, "a fragment is cut off") : 0;
}

static uint32_t size_next(struct fragment *f) {
    if (f->flags & 0x100)
        be32(&f->sizes);
    uint32_t size = f->flags & 0x200 ? be32(&f->sizes) : f->default_size;
    bytes(&f->sizes, (f->flags & 0x400 ? 4 : 0) + (f->flags & 0x800 ? 4 : 0));
    return size;
}

static int fragment_decrypt(struct cenc *c, const struct cenc_params *p, struct fragment *f,
                            uint8_t *data, size_t n, struct cenc_ranges *ranges,
                            struct err *reterr) {
    for (uint32_t i = 0; i < f->count; i++) {
        uint32_t size = size_next(f);
        uint8_t iv[8];
        bool counted = p->scheme == SCHEME_CENC;
        if (counted && !f->has_info)
            return broken(reterr, "samples without IVs");
        if (counted)
            memcpy(iv, bytes(&f->info, 8), 8);
        ranges->n = 0;
        for (uint32_t k = f->has_info && f->subsamples ? be16(&f->info) : 0;
             k > 0 && !f->info.failed; k--) {
            uint32_t clear = be16(&f->info), prot = be32(&f->info);
            if (!cenc_ranges_add(ranges, clear, prot))
                return err_set(reterr, ERR_NO_MEMORY, "subsamples");
        }
        if (f->sizes.failed || f->info.failed || size > n)
            return broken(reterr, "samples go past its end");
        int r = cenc_sample(c, data, size, ranges->v, ranges->n, counted ? iv : NULL, 8, reterr);
        if (r < 0)
            return r;
        data += size, n -= size;
    }
    return 0;
}

static int boxes_decrypt(struct cenc *c, const struct cenc_params *p, uint8_t *seg, size_t n,
                         struct cenc_ranges *ranges, struct err *reterr) {
    struct box b, traf;
    for (size_t at = 0; at < n; at += b.size) {
        if (!box_read(seg + at, n - at, &b))
            return broken(reterr, "a box does not fit");
        if (b.type != box_fourcc("moof"))
            continue;
        struct fragment f = {0};
        if (!box_find(b.p + b.header, b.size - b.header, "traf", &traf))
            return broken(reterr, "a fragment without a track");
        int r = traf_read(traf, &f, reterr);
        if (r < 0)
            return r;
        if (f.data_offset > n - at)
            return broken(reterr, "data lies past its end");
        r = fragment_decrypt(c, p, &f, seg + at + f.data_offset, n - at - f.data_offset, ranges,
                             reterr);
        if (r < 0)
            return r;
    }
    return 0;
}

int cmaf_segment_decrypt(uint8_t *seg, size_t n, const struct cenc_params *p, struct err *reterr) {
    scoped(cenc_freep) struct cenc *c = NULL;
    struct cenc_ranges ranges = {0};
    int r = cenc_new(p, true, &c, reterr);
    if (r >= 0)
        r = boxes_decrypt(c, p, seg, n, &ranges, reterr);
    cenc_ranges_done(&ranges);
    return r;
}
