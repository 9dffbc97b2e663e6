/*
 * fragment.c - moof of one fragment (ISO/IEC 14496-12 8.8, CMAF 7.3.2; encryption: 23001-7 7). What
 * all its samples share is said once in tfhd.
 */
#include "media/cmaf/cmaf_int.h"

enum {
    TFHD_DURATION = 0x8,
    TFHD_SIZE = 0x10,
    TFHD_FLAGS = 0x20,
    TFHD_BASE_IS_MOOF = 0x20000,
    TRUN_DATA_OFFSET = 0x1,
    TRUN_FIRST_FLAGS = 0x4,
    TRUN_DURATION = 0x100,
    TRUN_SIZE = 0x200,
    TRUN_FLAGS = 0x400,
    TRUN_COMPOSITION = 0x800,
    SAMPLE_SYNC = 0x02000000,  /* depends on no other */
    SAMPLE_OTHER = 0x01010000, /* depends on others, not a sync sample */
};

void cmaf_styp_write(struct buf *b) {
    size_t at = box_begin(b, "styp");
    box_type(b, "cmfs");
    buf_be32(b, 0);
    box_type(b, "cmfs"), box_type(b, "msdh"), box_type(b, "msix");
    box_end(b, at);
}

/* What differs between the samples, and so goes into trun. */
struct variation {
    bool duration, size, offset, sync_after_first;
};

static struct variation variation_of(const struct cmaf_fragment *f) {
    struct variation v = {0};
    const struct cmaf_entry *s = f->samples;
    for (size_t i = 0; i < f->n_samples; i++) {
        v.duration |= s[i].duration != s[0].duration;
        v.size |= s[i].size != s[0].size;
        v.offset |= s[i].offset != 0;
        v.sync_after_first |= i > 0 && s[i].sync;
    }
    return v;
}

static uint32_t sample_flags(bool sync) {
    return sync ? SAMPLE_SYNC : SAMPLE_OTHER;
}

static void tfhd_write(struct buf *b, const struct cmaf_fragment *f, struct variation v) {
    uint32_t flags = TFHD_BASE_IS_MOOF | TFHD_FLAGS | (v.duration ? 0 : TFHD_DURATION) |
                     (v.size ? 0 : TFHD_SIZE);
    size_t at = box_begin_full(b, "tfhd", 0, flags);
    buf_be32(b, 1);
    if (!v.duration)
        buf_be32(b, f->samples[0].duration);
    if (!v.size)
        buf_be32(b, f->samples[0].size);
    buf_be32(b, sample_flags(!f->video));
    box_end(b, at);
}

/* Returns where data_offset stands, to be patched when moof's size is known. */
static size_t trun_write(struct buf *b, const struct cmaf_fragment *f, struct variation v) {
    bool each = f->video && v.sync_after_first;
    bool first = f->video && !each && f->samples[0].sync;
    uint32_t flags = TRUN_DATA_OFFSET | (first ? TRUN_FIRST_FLAGS : 0) | (each ? TRUN_FLAGS : 0) |
                     (v.duration ? TRUN_DURATION : 0) | (v.size ? TRUN_SIZE : 0) |
                     (v.offset ? TRUN_COMPOSITION : 0);
    size_t at = box_begin_full(b, "trun", 1, flags);
    buf_be32(b, (uint32_t)f->n_samples);
    size_t data_offset = b->n;
    buf_be32(b, 0);
    if (first)
        buf_be32(b, SAMPLE_SYNC);
    for (size_t i = 0; i < f->n_samples; i++) {
        const struct cmaf_entry *s = &f->samples[i];
        if (v.duration)
            buf_be32(b, s->duration);
        if (v.size)
            buf_be32(b, s->size);
        if (each)
            buf_be32(b, sample_flags(s->sync));
        if (v.offset)
            buf_be32(b, (uint32_t)s->offset);
    }
    box_end(b, at);
    return data_offset;
}

static uint32_t aux_size(const struct cmaf_fragment *f, const struct cmaf_entry *s) {
    uint32_t iv = f->protect->scheme == SCHEME_CENC ? 8 : 0;
    return iv + (f->video ? 2 + 6 * s->n_ranges : 0);
}

static int saiz_write(struct buf *b, const struct cmaf_fragment *f, struct err *reterr) {
    uint32_t first = aux_size(f, &f->samples[0]);
    bool same = true;
    for (size_t i = 0; i < f->n_samples; i++) {
        uint32_t n = aux_size(f, &f->samples[i]);
        same &= n == first;
        if (n > 255)
            return err_refuse(
                reterr, ERR_BAD_MEDIA, "media.too_many_slices",
                "This film cuts its pictures into too many slices to be encrypted as it "
                "is. Let it be encoded anew (without --copy).",
                "%u subsamples in one sample", f->samples[i].n_ranges);
    }
    size_t at = box_begin_full(b, "saiz", 0, 0);
    buf_byte(b, same ? (uint8_t)first : 0);
    buf_be32(b, (uint32_t)f->n_samples);
    for (size_t i = 0; i < f->n_samples && !same; i++)
        buf_byte(b, (uint8_t)aux_size(f, &f->samples[i]));
    box_end(b, at);
    return 0;
}

/* The sample information itself, and saio that points to it. */
static void senc_write(struct buf *b, const struct cmaf_fragment *f, size_t moof) {
    size_t at = box_begin_full(b, "saio", 0, 0);
    buf_be32(b, 1);
    buf_be32(b, (uint32_t)(b->n + 4 + 16 - moof)); /* past saio and the head of senc */
    box_end(b, at);
    at = box_begin_full(b, "senc", 0, f->video ? 2 : 0);
    buf_be32(b, (uint32_t)f->n_samples);
    const struct cenc_range *r = f->ranges;
    for (size_t i = 0; i < f->n_samples; i++) {
        if (f->protect->scheme == SCHEME_CENC) {
            uint8_t iv[8];
            cenc_iv(f->protect, f->first_sample + i, iv);
            buf_mem(b, iv, 8);
        }
        if (!f->video)
            continue;
        buf_be16(b, (uint16_t)f->samples[i].n_ranges);
        for (uint32_t k = 0; k < f->samples[i].n_ranges; k++, r++) {
            buf_be16(b, (uint16_t)r->clear);
            buf_be32(b, r->prot);
        }
    }
    box_end(b, at);
}

/* 23001-7 6, 14496-12 8.9: all samples of the fragment are of one group, described here and not in init (index 0x10001), so that
 * a segment can be played on its own. */
static void seig_write(struct buf *b, const struct cmaf_fragment *f) {
    size_t at = box_begin_full(b, "sgpd", 1, 0);
    box_type(b, "seig");
    buf_be32(b, f->protect->scheme == SCHEME_CBCS ? 37 : 20);
    buf_be32(b, 1);
    cmaf_protection_write(b, f->protect);
    box_end(b, at);
    at = box_begin_full(b, "sbgp", 0, 0);
    box_type(b, "seig");
    buf_be32(b, 1);
    buf_be32(b, (uint32_t)f->n_samples);
    buf_be32(b, 0x10001);
    box_end(b, at);
}

int cmaf_fragment_write(struct buf *b, const struct cmaf_fragment *f, struct err *reterr) {
    struct variation v = variation_of(f);
    size_t moof = box_begin(b, "moof"), at = box_begin_full(b, "mfhd", 0, 0);
    buf_be32(b, f->sequence);
    box_end(b, at);
    size_t traf = box_begin(b, "traf");
    tfhd_write(b, f, v);
    at = box_begin_full(b, "tfdt", 1, 0);
    buf_be64(b, (uint64_t)f->decode_time);
    box_end(b, at);
    size_t data_offset = trun_write(b, f, v);
    if (f->roll) {
        at = box_begin_full(b, "sbgp", 0, 0);
        box_type(b, "roll");
        buf_be32(b, 1);
        buf_be32(b, (uint32_t)f->n_samples);
        buf_be32(b, 1);
        box_end(b, at);
    }
    if (f->protect && f->group)
        seig_write(b, f);
    /* One constant IV and no subsamples need no information a sample. */
    if (f->protect && aux_size(f, &f->samples[0]) > 0) {
        int r = saiz_write(b, f, reterr);
        if (r < 0)
            return r;
        senc_write(b, f, moof);
    }
    box_end(b, traf);
    box_end(b, moof);
    if (f->data_bytes > UINT32_MAX - 8)
        return err_set(reterr, ERR_BAD_MEDIA, "a fragment of %llu bytes",
                       (unsigned long long)f->data_bytes);
    if (!b->failed)
        buf_set_be32(b, data_offset, (uint32_t)(b->n - moof + 8));
    buf_be32(b, (uint32_t)f->data_bytes + 8);
    box_type(b, "mdat");
    return b->failed ? err_set(reterr, ERR_NO_MEMORY, "fragment header") : 0;
}
