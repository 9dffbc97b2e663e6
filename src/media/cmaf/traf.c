/* traf.c - see traf.h. Every length is checked before it is used: the bytes may have been tampered with. */
#include "media/cmaf/traf.h"
#include <string.h>

enum { GROUP_LOCAL = 0x10000, SEIG = 20, SAMPLE_NON_SYNC = 0x10000 };

const uint8_t *cursor_bytes(struct cursor *c, size_t n) {
    static const uint8_t zeros[64];
    if (n > c->n) {
        c->failed = true;
        return zeros;
    }
    const uint8_t *p = c->p;
    c->p += n, c->n -= n;
    return p;
}

uint32_t cursor_be16(struct cursor *c) { return get_be16(cursor_bytes(c, 2)); }
uint32_t cursor_be32(struct cursor *c) { return get_be32(cursor_bytes(c, 4)); }

struct cursor cursor_body(struct box b) { return (struct cursor){b.p + b.header, b.size - b.header, false}; }

int cmaf_broken(struct err *reterr, const char *what) { return err_set(reterr, ERR_BAD_MEDIA, "segment: %s", what); }

static bool tfhd_read(struct box tfhd, struct cmaf_traf *f) {
    struct cursor c = cursor_body(tfhd);
    uint32_t flags = cursor_be32(&c) & 0xffffff;
    cursor_be32(&c);
    cursor_bytes(&c, (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0));
    f->default_duration = flags & 8 ? cursor_be32(&c) : 0;
    f->default_size = flags & 0x10 ? cursor_be32(&c) : 0;
    f->default_flags = flags & 0x20 ? cursor_be32(&c) : 0;
    return !c.failed;
}

static void trun_read(struct box trun, struct cmaf_traf *f) {
    f->sizes = cursor_body(trun);
    f->flags = cursor_be32(&f->sizes) & 0xffffff;
    f->count = cursor_be32(&f->sizes);
    f->data_offset = f->flags & 1 ? cursor_be32(&f->sizes) : 0;
    f->first_flags = f->flags & 4 ? cursor_be32(&f->sizes) : f->default_flags;
}

static bool group_find(const uint8_t *p, size_t n, const char *type, struct cursor *ret) {
    struct box b;
    for (; box_find(p, n, type, &b); n -= (size_t)(b.p + b.size - p), p = b.p + b.size) {
        struct cursor c = cursor_body(b);
        uint32_t version = cursor_be32(&c) >> 24;
        if (cursor_be32(&c) == box_fourcc("seig") && version < 2) {
            if (version == 1 && type[1] == 'b')
                cursor_be32(&c); /* grouping_type_parameter */
            *ret = c;
            return !c.failed;
        }
    }
    return false;
}

/* 23001-7 6: one entry, of all samples; that is what we write, and anything else is not ours. */
static bool seig_read(const uint8_t *p, size_t n, struct cmaf_traf *f) {
    struct cursor map, desc;
    if (!group_find(p, n, "sbgp", &map))
        return true;
    if (!group_find(p, n, "sgpd", &desc) || cursor_be32(&map) != 1 || cursor_be32(&map) != f->count ||
        cursor_be32(&map) != GROUP_LOCAL + 1)
        return false;
    uint32_t length = cursor_be32(&desc);
    if (cursor_be32(&desc) != 1 || length < SEIG)
        return false;
    cursor_bytes(&desc, 1);
    uint8_t pattern = *cursor_bytes(&desc, 1), is_protected = *cursor_bytes(&desc, 1), iv_size = *cursor_bytes(&desc, 1);
    f->protection = (struct cenc_params){.crypt = pattern >> 4, .skip = pattern & 15};
    memcpy(f->protection.key.kid, cursor_bytes(&desc, 16), 16);
    if (iv_size == 0) {
        if (*cursor_bytes(&desc, 1) != 16)
            return false;
        memcpy(f->protection.iv, cursor_bytes(&desc, 16), 16);
    }
    f->own_protection = true;
    return !desc.failed && !map.failed && is_protected == 1 && (iv_size == 0 || iv_size == 8);
}

int cmaf_traf_read(struct box moof, struct cmaf_traf *ret, struct err *reterr) {
    struct cmaf_traf *f = ret;
    struct box traf, tfhd, trun, senc, tfdt;
    *f = (struct cmaf_traf){0};
    if (!box_find(moof.p + moof.header, moof.size - moof.header, "traf", &traf))
        return cmaf_broken(reterr, "a fragment without a track");
    const uint8_t *p = traf.p + traf.header;
    size_t n = traf.size - traf.header;
    if (!box_find(p, n, "tfhd", &tfhd) || !box_find(p, n, "trun", &trun))
        return cmaf_broken(reterr, "a fragment without tfhd or trun");
    bool bad = !tfhd_read(tfhd, f);
    trun_read(trun, f);
    if (box_find(p, n, "tfdt", &tfdt)) {
        struct cursor c = cursor_body(tfdt);
        bool wide = cursor_be32(&c) >> 24 == 1;
        uint32_t high = wide ? cursor_be32(&c) : 0;
        f->decode_time = (int64_t)((uint64_t)high << 32 | cursor_be32(&c));
        bad |= c.failed || f->decode_time < 0;
    }
    f->has_info = box_find(p, n, "senc", &senc);
    if (f->has_info) {
        f->info = cursor_body(senc);
        f->subsamples = cursor_be32(&f->info) & 2;
        bad |= cursor_be32(&f->info) != f->count;
    }
    if (!seig_read(p, n, f))
        return cmaf_broken(reterr, "a sample group that is not ours");
    /* A count of samples that take no bytes anywhere is bounded by nothing. */
    if (f->count > 0 && !(f->flags & 0x200) && f->default_size == 0)
        return cmaf_broken(reterr, "samples without sizes");
    return bad || f->sizes.failed || f->info.failed ? cmaf_broken(reterr, "a fragment is cut off") : 0;
}

void cmaf_traf_next(struct cmaf_traf *f, struct cmaf_entry *ret) {
    struct cursor *c = &f->sizes;
    *ret = (struct cmaf_entry){0};
    ret->duration = f->flags & 0x100 ? cursor_be32(c) : f->default_duration;
    ret->size = f->flags & 0x200 ? cursor_be32(c) : f->default_size;
    uint32_t flags = f->flags & 0x400 ? cursor_be32(c) : f->n_read == 0 ? f->first_flags : f->default_flags;
    ret->offset = f->flags & 0x800 ? (int32_t)cursor_be32(c) : 0;
    ret->sync = !(flags & SAMPLE_NON_SYNC);
    f->n_read++;
}
