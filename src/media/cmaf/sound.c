/*
 * sound.c - sample entries of sound: AAC (ISO/IEC 14496-14 5.6), Opus (Encapsulation of Opus in ISO Base Media File
 * Format, 4.3 and 4.3.6), E-AC-3 (ETSI TS 102 366 annex F), and what of a bitstream stands in them.
 */
#include "media/cmaf/cmaf_int.h"
#include "media/cmaf/sound.h"
#include <stdio.h>
#include <string.h>

enum {
    OPUS_HEAD = 19,      /* RFC 7845 5.1, without a channel mapping table */
    OPUS_ROLL = -4,      /* 80 ms before a place are decoded to be there: four packets of 20 ms */
    EAC3_SYNC = 0x0b77,
    EAC3_BLOCK = 256,    /* samples */
};

/* 14496-1 7.2.6: a tag and a length in four bytes, as every reader expects it. */
static void descriptor(struct buf *b, uint8_t tag, size_t n) {
    buf_byte(b, tag);
    for (int shift = 21; shift > 0; shift -= 7)
        buf_byte(b, (uint8_t)(0x80 | (n >> shift & 127)));
    buf_byte(b, (uint8_t)(n & 127));
}

static void esds_write(struct buf *b, const struct cmaf_init *i) {
    size_t n = i->f->n_extra, at = box_begin_full(b, "esds", 0, 0);
    descriptor(b, 3, 3 + 5 + 13 + 5 + n + 5 + 1);
    buf_be16(b, 0);
    buf_byte(b, 0);
    descriptor(b, 4, 13 + 5 + n);
    buf_byte(b, 0x40); /* MPEG-4 audio */
    buf_byte(b, 0x15); /* audio stream */
    buf_be24(b, MIN(i->buffer, 0xffffff));
    buf_be32(b, (uint32_t)CLAMP(i->peak, 0, UINT32_MAX));
    buf_be32(b, (uint32_t)CLAMP(i->mean, 0, UINT32_MAX));
    descriptor(b, 5, n);
    buf_mem(b, i->f->extra, n);
    descriptor(b, 6, 1);
    buf_byte(b, 2);
    box_end(b, at);
}

static void box_with(struct buf *b, const char *type, const uint8_t *p, size_t n) {
    size_t at = box_begin(b, type);
    buf_mem(b, p, n);
    box_end(b, at);
}

void cmaf_sound_entry(struct buf *b, const struct cmaf_init *i) {
    const char *format = i->f->codec == CMAF_OPUS ? "Opus" : i->f->codec == CMAF_EAC3 ? "ec-3" : "mp4a";
    size_t entry = box_begin(b, i->protect ? "enca" : format);
    buf_zero(b, 6);
    buf_be16(b, 1);
    buf_zero(b, 8);
    buf_be16(b, (uint16_t)i->f->channels);
    buf_be16(b, 16);
    buf_be32(b, 0);
    buf_be32(b, i->f->sample_rate < 65536 ? (uint32_t)i->f->sample_rate << 16 : 0);
    if (i->f->codec == CMAF_AAC)
        esds_write(b, i);
    else
        box_with(b, i->f->codec == CMAF_OPUS ? "dOps" : "dec3", i->f->extra, i->f->n_extra);
    cmaf_btrt_write(b, i);
    if (i->protect)
        cmaf_sinf_write(b, i->protect, format);
    box_end(b, entry);
}

/* 14496-12 10.1: fragments map their samples to this one entry. */
void cmaf_roll_write(struct buf *b, const struct cmaf_init *i) {
    if (i->f->codec != CMAF_OPUS)
        return;
    size_t at = box_begin_full(b, "sgpd", 1, 0);
    box_type(b, "roll");
    buf_be32(b, 2);
    buf_be32(b, 1);
    buf_be16(b, (uint16_t)OPUS_ROLL);
    box_end(b, at);
}

void cmaf_codec_string(const struct cmaf_format *f, char *dst, size_t n) {
    if (f->codec == CMAF_STPP) {
        snprintf(dst, n, "stpp.ttml.im1t");
        return;
    }
    if (f->codec == CMAF_OPUS || f->codec == CMAF_EAC3) {
        snprintf(dst, n, "%s", f->codec == CMAF_OPUS ? "Opus" : "ec-3");
        return;
    }
    /* 14496-3 1.6.2.1: audioObjectType, 5 bits or 31 and 6 more. */
    unsigned type = f->extra[0] >> 3;
    if (type == 31)
        type = 32 + ((f->extra[0] & 7u) << 3 | f->extra[1] >> 5);
    snprintf(dst, n, "mp4a.40.%u", type);
}

static void le_to_be(uint8_t *dst, const uint8_t *src, size_t n) {
    for (size_t i = 0; i < n; i++)
        dst[i] = src[n - 1 - i];
}

int sound_opus_config(const uint8_t *head, size_t n, uint8_t ret[SOUND_CONFIG], struct err *reterr) {
    /* Mapping family 0 only: one stream of one or two channels. */
    if (n < OPUS_HEAD || memcmp(head, "OpusHead", 8) != 0 || head[8] > 15 || head[9] < 1 || head[9] > 2 || head[18] != 0)
        return err_set(reterr, ERR_BAD_MEDIA, "not the head of an Opus stream that we make");
    ret[0] = 0; /* the box's own version */
    ret[1] = head[9];
    le_to_be(ret + 2, head + 10, 2); /* pre-skip */
    le_to_be(ret + 4, head + 12, 4); /* rate of what went in */
    le_to_be(ret + 8, head + 16, 2); /* gain */
    ret[10] = 0;
    return 11;
}

struct bits {
    const uint8_t *p;
    size_t at;
};

static uint32_t bits(struct bits *b, int n) {
    uint32_t v = 0;
    for (; n > 0; n--, b->at++)
        v = v << 1 | (b->p[b->at >> 3] >> (7 - (b->at & 7)) & 1);
    return v;
}

/* TS 102 366 E.1.2.1 and E.1.2.2 up to infomdat. Nothing before that is longer than the 16 bytes asked for. */
int sound_eac3_config(const uint8_t *frame, size_t n, uint8_t ret[SOUND_CONFIG], struct err *reterr) {
    static const int rates[] = {48000, 44100, 32000}, blocks[] = {1, 2, 3, 6};
    struct bits b = {frame, 0};
    if (n < 16 || bits(&b, 16) != EAC3_SYNC || bits(&b, 2) != 0 || bits(&b, 3) != 0)
        return err_set(reterr, ERR_BAD_MEDIA, "not a frame of an independent E-AC-3 stream");
    uint32_t size = (bits(&b, 11) + 1) * 2, fscod = bits(&b, 2), count = bits(&b, 2), acmod = bits(&b, 3);
    uint32_t lfe = bits(&b, 1), bsid = bits(&b, 5), bsmod = 0;
    bits(&b, 5); /* dialnorm */
    if (bits(&b, 1))
        bits(&b, 8); /* compr */
    if (fscod == 3 || acmod == 0 || bsid < 11 || bsid > 16 || size != n)
        return err_set(reterr, ERR_BAD_MEDIA, "an E-AC-3 frame of %u bytes in %zu, of a kind that we don't make", size, n);
    if (bits(&b, 1))
        return err_set(reterr, ERR_BAD_MEDIA, "an E-AC-3 frame with mixing metadata");
    if (bits(&b, 1))
        bsmod = bits(&b, 3);
    uint32_t kbits = (uint32_t)((uint64_t)size * 8 * (uint64_t)rates[fscod] / (uint64_t)(EAC3_BLOCK * blocks[count]) / 1000);
    /* F.6: data_rate 13, num_ind_sub 3; fscod 2, bsid 5, 1, asvc 1, bsmod 3, acmod 3, lfeon 1, 3, num_dep_sub 4, 1 */
    ret[0] = (uint8_t)(kbits >> 5);
    ret[1] = (uint8_t)(kbits << 3);
    ret[2] = (uint8_t)(fscod << 6 | bsid << 1);
    ret[3] = (uint8_t)(bsmod << 4 | acmod << 1 | lfe);
    ret[4] = 0;
    return 5;
}
