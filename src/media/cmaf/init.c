/*
 * init.c - the header of a track (ISO/IEC 14496-12 clause 8, 14496-15 5.4, CMAF 7.3.1): ftyp and moov; what is
 * of sound alone stands in sound.c, of pictures in picture.c. Written twice: at first to know its size, at the end with durations
 * and bit rates.
 */
#include "media/cmaf/cmaf_int.h"
#include <string.h>

static void ftyp_write(struct buf *b, enum cmaf_codec codec) {
    size_t at = box_begin(b, "ftyp");
    box_type(b, "cmfc");
    buf_be32(b, 0);
    box_type(b, "iso6"), box_type(b, "cmfc"), box_type(b, "dash"), box_type(b, "mp41");
    if (codec == CMAF_STPP)
        box_type(b, "im1t"); /* CMAF's brand for the text profile of IMSC1 */
    if (codec == CMAF_AV1)
        box_type(b, "av01");
    box_end(b, at);
}

static void matrix_write(struct buf *b) {
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (int i = 0; i < 9; i++)
        buf_be32(b, unity[i]);
}

static void mvhd_write(struct buf *b, const struct cmaf_init *i) {
    size_t at = box_begin_full(b, "mvhd", 1, 0);
    buf_zero(b, 16);
    buf_be32(b, i->f->timescale);
    buf_be64(b, 0); /* fragments only: mehd has it */
    buf_be32(b, 0x10000);
    buf_be16(b, 0x100);
    buf_zero(b, 10);
    matrix_write(b);
    buf_zero(b, 24);
    buf_be32(b, 2);
    box_end(b, at);
}

static void tkhd_write(struct buf *b, const struct cmaf_init *i) {
    bool video = cmaf_kind(i->f->codec) == TRACK_VIDEO;
    size_t at = box_begin_full(b, "tkhd", 1, 7);
    buf_zero(b, 16);
    buf_be32(b, 1);
    buf_zero(b, 12 + 8);
    buf_be16(b, 0);
    buf_be16(b, 0);
    buf_be16(b, cmaf_kind(i->f->codec) == TRACK_AUDIO ? 0x100 : 0);
    buf_be16(b, 0);
    matrix_write(b);
    uint64_t width = video ? (uint64_t)i->f->width << 16 : 0;
    if (i->f->sar.den > 0)
        width = width * (uint64_t)i->f->sar.num / (uint64_t)i->f->sar.den;
    buf_be32(b, (uint32_t)MIN(width, UINT32_MAX));
    buf_be32(b, video ? (uint32_t)i->f->height << 16 : 0);
    box_end(b, at);
}

/* One edit from edit_start to the end; duration 0 means "all fragments to come" (8.6.6.1). */
static void edts_write(struct buf *b, int64_t start) {
    size_t edts = box_begin(b, "edts"), at = box_begin_full(b, "elst", 1, 0);
    buf_be32(b, 1);
    buf_be64(b, 0);
    buf_be64(b, (uint64_t)start);
    buf_be32(b, 0x10000);
    box_end(b, at);
    box_end(b, edts);
}

static void mdhd_write(struct buf *b, const struct cmaf_init *i) {
    size_t at = box_begin_full(b, "mdhd", 1, 0);
    buf_zero(b, 16);
    buf_be32(b, i->f->timescale);
    buf_be64(b, 0);
    const char *l = lang_iso639_2(i->f->lang);
    buf_be16(b, (uint16_t)((l[0] - 0x60) << 10 | (l[1] - 0x60) << 5 | (l[2] - 0x60)));
    buf_be16(b, 0);
    box_end(b, at);
}

static void hdlr_write(struct buf *b, enum cmaf_codec codec) {
    static const struct { const char *type, *name; } handlers[] = {
        [TRACK_VIDEO] = {"vide", "Matinee video"}, [TRACK_AUDIO] = {"soun", "Matinee sound"}, [TRACK_TEXT] = {"subt", "Matinee text"}};
    size_t at = box_begin_full(b, "hdlr", 0, 0);
    buf_be32(b, 0);
    box_type(b, handlers[cmaf_kind(codec)].type);
    buf_zero(b, 12);
    buf_addc(b, handlers[cmaf_kind(codec)].name);
    buf_byte(b, 0);
    box_end(b, at);
}

static void elng_write(struct buf *b, struct str lang) {
    if (lang.n == 0 || str_eq(lang, STR("und")))
        return;
    size_t at = box_begin_full(b, "elng", 0, 0);
    buf_add(b, lang);
    buf_byte(b, 0);
    box_end(b, at);
}

static void dinf_write(struct buf *b) {
    size_t dinf = box_begin(b, "dinf"), dref = box_begin_full(b, "dref", 0, 0);
    buf_be32(b, 1);
    size_t url = box_begin_full(b, "url ", 0, 1);
    box_end(b, url);
    box_end(b, dref);
    box_end(b, dinf);
}

void cmaf_btrt_write(struct buf *b, const struct cmaf_init *i) {
    size_t at = box_begin(b, "btrt");
    buf_be32(b, i->buffer);
    buf_be32(b, (uint32_t)CLAMP(i->peak, 0, UINT32_MAX));
    buf_be32(b, (uint32_t)CLAMP(i->mean, 0, UINT32_MAX));
    box_end(b, at);
}

void cmaf_protection_write(struct buf *b, const struct cenc_params *p) {
    bool cbcs = p->scheme == SCHEME_CBCS;
    buf_byte(b, 0);
    buf_byte(b, (uint8_t)(p->crypt << 4 | p->skip));
    buf_byte(b, 1);
    buf_byte(b, cbcs ? 0 : 8);
    buf_mem(b, p->key.kid, 16);
    if (cbcs) {
        buf_byte(b, 16);
        buf_mem(b, p->iv, 16);
    }
}

/* 23001-7 8.12: what the protected entry really is, and how it is protected. */
void cmaf_sinf_write(struct buf *b, const struct cenc_params *p, const char *format) {
    size_t sinf = box_begin(b, "sinf"), at = box_begin(b, "frma");
    box_type(b, format);
    box_end(b, at);
    at = box_begin_full(b, "schm", 0, 0);
    box_type(b, p->scheme == SCHEME_CBCS ? "cbcs" : "cenc");
    buf_be32(b, 0x10000);
    box_end(b, at);
    size_t schi = box_begin(b, "schi");
    bool cbcs = p->scheme == SCHEME_CBCS;
    at = box_begin_full(b, "tenc", cbcs ? 1 : 0, 0);
    cmaf_protection_write(b, p);
    box_end(b, at);
    box_end(b, schi);
    box_end(b, sinf);
}

/* 14496-30 5.3 (14496-12 12.6.3): namespace, schema and types of auxiliary resources, the last two none. */
static void stpp_write(struct buf *b, const struct cmaf_init *i) {
    size_t entry = box_begin(b, "stpp");
    buf_zero(b, 6);
    buf_be16(b, 1);
    buf_addc(b, "http://www.w3.org/ns/ttml");
    buf_zero(b, 3);
    cmaf_btrt_write(b, i);
    box_end(b, entry);
}

static void stbl_write(struct buf *b, const struct cmaf_init *i) {
    static const char *const empty[] = {"stts", "stsc", "stco"};
    size_t stbl = box_begin(b, "stbl"), at = box_begin_full(b, "stsd", 0, 0);
    buf_be32(b, 1);
    if (cmaf_kind(i->f->codec) == TRACK_VIDEO)
        picture_entry_write(b, i);
    else if (i->f->codec == CMAF_STPP)
        stpp_write(b, i);
    else
        cmaf_sound_entry(b, i);
    box_end(b, at);
    cmaf_roll_write(b, i);
    for (size_t k = 0; k < ARRAY_LEN(empty); k++) {
        at = box_begin_full(b, empty[k], 0, 0);
        buf_be32(b, 0);
        box_end(b, at);
    }
    at = box_begin_full(b, "stsz", 0, 0);
    buf_zero(b, 8);
    box_end(b, at);
    box_end(b, stbl);
}

static void mdia_write(struct buf *b, const struct cmaf_init *i) {
    static const char *const heads[] = {[TRACK_VIDEO] = "vmhd", [TRACK_AUDIO] = "smhd", [TRACK_TEXT] = "sthd"};
    static const size_t bytes[] = {[TRACK_VIDEO] = 8, [TRACK_AUDIO] = 4, [TRACK_TEXT] = 0};
    enum track_kind kind = cmaf_kind(i->f->codec);
    size_t mdia = box_begin(b, "mdia");
    mdhd_write(b, i);
    hdlr_write(b, i->f->codec);
    elng_write(b, i->f->lang);
    size_t minf = box_begin(b, "minf"), at = box_begin_full(b, heads[kind], 0, kind == TRACK_VIDEO);
    buf_zero(b, bytes[kind]);
    box_end(b, at);
    dinf_write(b);
    stbl_write(b, i);
    box_end(b, minf);
    box_end(b, mdia);
}

static void mvex_write(struct buf *b, const struct cmaf_init *i) {
    size_t mvex = box_begin(b, "mvex"), at = box_begin_full(b, "mehd", 1, 0);
    buf_be64(b, (uint64_t)i->duration);
    box_end(b, at);
    at = box_begin_full(b, "trex", 0, 0);
    buf_be32(b, 1);
    buf_be32(b, 1);
    buf_be32(b, i->sample_duration);
    buf_be32(b, 0);
    buf_be32(b, 0);
    box_end(b, at);
    box_end(b, mvex);
}

/* 23001-7 8.1, version 1: the common system's, which is nothing but the list of key ids. */
static void pssh_write(struct buf *b, const struct cenc_params *p) {
    static const uint8_t common[16] = {0x10, 0x77, 0xef, 0xec, 0xc0, 0xb2, 0x4d, 0x02,
                                       0xac, 0xe3, 0x3c, 0x1e, 0x52, 0xe2, 0xfb, 0x4b};
    size_t at = box_begin_full(b, "pssh", 1, 0);
    buf_mem(b, common, sizeof common);
    buf_be32(b, MAX(p->n_kids, 1u));
    buf_mem(b, p->n_kids ? p->kids[0] : p->key.kid, (size_t)MAX(p->n_kids, 1u) * 16);
    buf_be32(b, 0);
    box_end(b, at);
}

void cmaf_init_write(struct buf *b, const struct cmaf_init *i) {
    ftyp_write(b, i->f->codec);
    size_t moov = box_begin(b, "moov");
    mvhd_write(b, i);
    size_t trak = box_begin(b, "trak");
    tkhd_write(b, i);
    if (i->f->edit_start > 0)
        edts_write(b, i->f->edit_start);
    mdia_write(b, i);
    box_end(b, trak);
    mvex_write(b, i);
    if (i->protect)
        pssh_write(b, i->protect);
    box_end(b, moov);
}
