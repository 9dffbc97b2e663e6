/*
 * picture.c - the codecs of pictures for the packager: H.264 as avc1 (ISO/IEC 14496-15 clause 5), HEVC as hvc1 (clause 8), AV1 as av01
 * (AV1-ISOBMFF). HDR10's metadata becomes boxes of the sample entry (14496-12 12.1.6), where a reader finds them without the codec.
 */
#include "media/cmaf/cmaf_int.h"
#include <string.h>

struct picture {
    enum cmaf_codec codec;
    struct picture_look look;
    char string[CODEC_STRING];
    union {
        struct h264_params h264;
        struct hevc_params hevc;
        struct av1_stream av1;
    };
};

static int h264_open(struct picture *p, const uint8_t *config, size_t n, struct err *reterr) {
    int r = h264_config_parse(config, n, &p->h264, reterr);
    if (r < 0)
        return r;
    const struct h264_sps *s = &p->h264.sps[p->h264.first_sps];
    p->look = (struct picture_look){.has_colour = s->has_colour, .full_range = s->full_range, .primaries = s->primaries,
                                    .transfer = s->transfer, .matrix = s->matrix};
    snprintf(p->string, sizeof p->string, "avc1.%02x%02x%02x", config[1], config[2], config[3]);
    return 0;
}

static int hevc_open(struct picture *p, const uint8_t *config, size_t n, struct err *reterr) {
    int r = hevc_config_parse(config, n, &p->hevc, reterr);
    if (r < 0)
        return r;
    p->look = p->hevc.look;
    hevc_codec_string(&p->hevc.sps[p->hevc.first_sps], p->string, sizeof p->string);
    return 0;
}

static int av1_open(struct picture *p, const uint8_t *config, size_t n, struct err *reterr) {
    int r = av1_config_parse(config, n, &p->av1, reterr);
    if (r < 0)
        return r;
    p->look = p->av1.look;
    av1_codec_string(&p->av1, p->string, sizeof p->string);
    return 0;
}

static int h264_ranges(struct picture *p, struct cenc_ranges *r, enum scheme scheme, const uint8_t *data, size_t n, struct err *reterr) {
    return cenc_ranges_h264(r, &p->h264, scheme, data, n, reterr);
}

static int hevc_ranges(struct picture *p, struct cenc_ranges *r, enum scheme scheme, const uint8_t *data, size_t n, struct err *reterr) {
    return cenc_ranges_hevc(r, &p->hevc, scheme, data, n, reterr);
}

static int av1_ranges(struct picture *p, struct cenc_ranges *r, enum scheme scheme, const uint8_t *data, size_t n, struct err *reterr) {
    return cenc_ranges_av1(r, &p->av1, scheme, data, n, reterr);
}

static const struct {
    const char *entry, *config, *compressor;
    int (*open)(struct picture *p, const uint8_t *config, size_t n, struct err *reterr);
    int (*ranges)(struct picture *p, struct cenc_ranges *r, enum scheme scheme, const uint8_t *data, size_t n, struct err *reterr);
} codecs[] = {
    [CMAF_H264] = {"avc1", "avcC", "", h264_open, h264_ranges},
    [CMAF_HEVC] = {"hvc1", "hvcC", "HEVC Coding", hevc_open, hevc_ranges},
    [CMAF_AV1] = {"av01", "av1C", "AOM Coding", av1_open, av1_ranges},
};

int picture_new(enum cmaf_codec codec, const uint8_t *config, size_t n, struct picture **ret, struct err *reterr) {
    struct picture *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(reterr, ERR_NO_MEMORY, "track writer");
    p->codec = codec;
    int r = codecs[codec].open(p, config, n, reterr);
    if (r < 0)
        picture_free(p);
    else
        *ret = p;
    return r;
}

void picture_free(struct picture *p) { free(p); }

const struct picture_look *picture_look(const struct picture *p) { return &p->look; }

void picture_codec_string(const struct picture *p, char dst[CODEC_STRING]) { memcpy(dst, p->string, CODEC_STRING); }

int picture_ranges(struct picture *p, struct cenc_ranges *r, enum scheme scheme, const uint8_t *data, size_t n, struct err *reterr) {
    return codecs[p->codec].ranges(p, r, scheme, data, n, reterr);
}

/* ---- the sample entry ---- */

static void colour_write(struct buf *b, const struct picture_look *l) {
    if (!l->has_colour)
        return;
    size_t at = box_begin(b, "colr");
    box_type(b, "nclx");
    buf_be16(b, l->primaries), buf_be16(b, l->transfer), buf_be16(b, l->matrix);
    buf_byte(b, l->full_range ? 0x80 : 0);
    box_end(b, at);
}

static void hdr_write(struct buf *b, const struct picture_look *l) {
    const struct mastering_display *m = &l->mastering;
    if (l->has_mastering) {
        size_t at = box_begin(b, "mdcv");
        for (int i = 0; i < 3; i++)
            buf_be16(b, m->primaries[i][0]), buf_be16(b, m->primaries[i][1]);
        buf_be16(b, m->white[0]), buf_be16(b, m->white[1]);
        buf_be32(b, m->max), buf_be32(b, m->min);
        box_end(b, at);
    }
    if (l->has_light) {
        size_t at = box_begin(b, "clli");
        buf_be16(b, l->max_cll), buf_be16(b, l->max_fall);
        box_end(b, at);
    }
}

/* 32 bytes: a length and text */
static void compressor_write(struct buf *b, const char *name) {
    size_t n = strlen(name);
    buf_byte(b, (uint8_t)n);
    buf_mem(b, name, n);
    buf_zero(b, 31 - n);
}

void picture_entry_write(struct buf *b, const struct cmaf_init *i) {
    const char *format = codecs[i->f->codec].entry;
    size_t entry = box_begin(b, i->protect ? "encv" : format);
    buf_zero(b, 6);
    buf_be16(b, 1);
    buf_zero(b, 16);
    buf_be16(b, (uint16_t)i->f->width);
    buf_be16(b, (uint16_t)i->f->height);
    buf_be32(b, 0x480000), buf_be32(b, 0x480000);
    buf_be32(b, 0);
    buf_be16(b, 1);
    compressor_write(b, codecs[i->f->codec].compressor);
    buf_be16(b, 24);
    buf_be16(b, 0xffff);
    size_t at = box_begin(b, codecs[i->f->codec].config);
    buf_mem(b, i->f->extra, i->f->n_extra);
    box_end(b, at);
    colour_write(b, i->look);
    hdr_write(b, i->look);
    bool sar = i->f->sar.den > 0;
    at = box_begin(b, "pasp");
    buf_be32(b, sar ? (uint32_t)i->f->sar.num : 1), buf_be32(b, sar ? (uint32_t)i->f->sar.den : 1);
    box_end(b, at);
    cmaf_btrt_write(b, i);
    if (i->protect)
        cmaf_sinf_write(b, i->protect, format);
    box_end(b, entry);
}
