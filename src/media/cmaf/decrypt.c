/*
 * decrypt.c - our own segments read back: protection of an init segment, and samples decrypted in
 * place (ISO/IEC 23001-7). Reads what may have been tampered with, so every offset is checked
 * before it is used.
 */
#include "media/cmaf/traf.h"
#include <string.h>

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
    struct cursor c = cursor_body(tenc);
    uint32_t version = cursor_be32(&c) >> 24;
    cursor_bytes(&c, 1);
    uint8_t pattern = *cursor_bytes(&c, 1);
    if (version > 0)
        ret->crypt = pattern >> 4, ret->skip = pattern & 15;
    cursor_bytes(&c, 1);
    uint8_t iv_size = *cursor_bytes(&c, 1);
    memcpy(ret->key.kid, cursor_bytes(&c, 16), 16);
    if (ret->scheme == SCHEME_CBCS && iv_size == 0) {
        uint8_t n = *cursor_bytes(&c, 1);
        if (n != 16)
            return cmaf_broken(reterr, "constant IV is not 16 bytes");
        memcpy(ret->iv, cursor_bytes(&c, 16), 16);
    }
    return c.failed ? cmaf_broken(reterr, "tenc is cut off") : 0;
}

int cmaf_init_protection(const uint8_t *init, size_t n, struct cenc_params *ret,
                         struct err *reterr) {
    static const char *const to_stsd[] = {"moov", "trak", "mdia", "minf", "stbl", "stsd", NULL};
    static const char *const to_schm[] = {"sinf", "schm", NULL}, *const to_tenc[] = {"sinf", "schi",
                                                                                     "tenc", NULL};
    struct box stsd, entry, schm, tenc;
    if (!box_path(init, n, to_stsd, &stsd) || stsd.size < stsd.header + 8)
        return cmaf_broken(reterr, "no sample description");
    const uint8_t *p = stsd.p + stsd.header + 8;
    if (!box_read(p, (size_t)(stsd.p + stsd.size - p), &entry))
        return cmaf_broken(reterr, "no sample entry");
    bool video = entry.type == box_fourcc("encv"), audio = entry.type == box_fourcc("enca");
    if (!video && !audio)
        return 0;
    size_t fixed = entry.header + (video ? 78 : 28);
    if (entry.size < fixed || !box_path(entry.p + fixed, entry.size - fixed, to_schm, &schm) ||
        !box_path(entry.p + fixed, entry.size - fixed, to_tenc, &tenc) ||
        schm.size < schm.header + 8)
        return cmaf_broken(reterr, "protected, without saying how");
    *ret = (struct cenc_params){0};
    uint32_t scheme = get_be32(schm.p + schm.header + 4);
    if (scheme != box_fourcc("cbcs") && scheme != box_fourcc("cenc"))
        return cmaf_broken(reterr, "protected by an unknown scheme");
    ret->scheme = scheme == box_fourcc("cbcs") ? SCHEME_CBCS : SCHEME_CENC;
    int r = tenc_read(tenc, ret, reterr);
    return r < 0 ? r : 1;
}


/* What the fragment's samples are under: what init says, or what its sample group does. */
static int fragment_params(const struct cmaf_traf *f, const struct cenc_params *init, const struct cenc_key *keys, size_t n,
                           struct cenc_params *ret, struct err *reterr) {
    *ret = f->own_protection ? f->protection : *init;
    ret->scheme = init->scheme;
    for (size_t i = 0; i < n; i++)
        if (memcmp(keys[i].kid, ret->key.kid, 16) == 0) {
            ret->key = keys[i];
            return 0;
        }
    return err_set(reterr, ERR_INVALID, "a fragment is under a key that was not given");
}

static int fragment_decrypt(struct cenc *c, const struct cenc_params *p, struct cmaf_traf *f, uint8_t *data, size_t n,
                            struct cenc_ranges *ranges, struct err *reterr) {
    for (uint32_t i = 0; i < f->count; i++) {
        struct cmaf_entry s;
        cmaf_traf_next(f, &s);
        uint8_t iv[8];
        bool counted = p->scheme == SCHEME_CENC;
        if (counted && !f->has_info)
            return cmaf_broken(reterr, "samples without IVs");
        if (counted)
            memcpy(iv, cursor_bytes(&f->info, 8), 8);
        ranges->n = 0;
        for (uint32_t k = f->has_info && f->subsamples ? cursor_be16(&f->info) : 0; k > 0 && !f->info.failed; k--) {
            uint32_t clear = cursor_be16(&f->info), prot = cursor_be32(&f->info);
            if (!cenc_ranges_add(ranges, clear, prot))
                return err_set(reterr, ERR_NO_MEMORY, "subsamples");
        }
        if (f->sizes.failed || f->info.failed || s.size > n)
            return cmaf_broken(reterr, "samples go past its end");
        int r = cenc_sample(c, data, s.size, ranges->v, ranges->n, counted ? iv : NULL, 8, reterr);
        if (r < 0)
            return r;
        data += s.size, n -= s.size;
    }
    return 0;
}

static int moof_decrypt(const struct cenc_params *init, const struct cenc_key *keys, size_t n_keys, struct box moof, uint8_t *seg,
                        size_t n, struct cenc_ranges *ranges, struct err *reterr) {
    scoped(cenc_freep) struct cenc *c = NULL;
    struct cmaf_traf f;
    struct cenc_params p;
    int r = cmaf_traf_read(moof, &f, reterr);
    if (r >= 0 && f.data_offset > n)
        r = cmaf_broken(reterr, "data lies past its end");
    if (r >= 0)
        r = fragment_params(&f, init, keys, n_keys, &p, reterr);
    if (r >= 0)
        r = cenc_new(&p, true, &c, reterr);
    return r < 0 ? r : fragment_decrypt(c, &p, &f, seg + f.data_offset, n - f.data_offset, ranges, reterr);
}

int cmaf_segment_decrypt_keys(uint8_t *seg, size_t n, const struct cenc_params *p, const struct cenc_key *keys, size_t n_keys,
                              struct err *reterr) {
    struct cenc_ranges ranges = {0};
    struct box b;
    int r = 0;
    for (size_t at = 0; at < n && r >= 0; at += b.size) {
        if (!box_read(seg + at, n - at, &b))
            r = cmaf_broken(reterr, "a box does not fit");
        else if (b.type == box_fourcc("moof"))
            r = moof_decrypt(p, keys, n_keys, b, seg + at, n - at, &ranges, reterr);
        if (r < 0)
            break;
    }
    cenc_ranges_done(&ranges);
    return r;
}

int cmaf_segment_decrypt(uint8_t *seg, size_t n, const struct cenc_params *p, struct err *reterr) {
    return cmaf_segment_decrypt_keys(seg, n, p, &p->key, 1, reterr);
}
