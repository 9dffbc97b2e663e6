/*
 * codec.c - the encoders: x264, x265 and SVT-AV1 behind libavcodec, each so that the same frames give the same bytes. What differs is a row of a
 * table: its options, its configuration record (ISO/IEC 14496-15, AV1-ISOBMFF), what does not belong into samples.
 */
#include "base/buf.h"
#include "media/cmaf/av1.h"
#include "media/cmaf/hevc.h"
#include "media/encode/encode_int.h"
#include <math.h>

/* The pyramids of x264 and x265 have two levels; AV1 hides what is shown later inside earlier samples. */
enum { REORDER_DELAY = 2 };

/*
 * The policy's speed is x264's preset. The others' with that name would cost several times as much: one step faster in x265, and in SVT-AV1 the preset that was
 * nearest to twice the cost of x265's.
 */
static const struct {
    const char *x264, *x265, *svt;
} presets[] = {
    {"ultrafast", "ultrafast", "12"}, {"superfast", "ultrafast", "11"}, {"veryfast", "superfast", "10"}, {"faster", "veryfast", "10"},
    {"fast", "faster", "9"},          {"medium", "fast", "8"},          {"slow", "medium", "6"},          {"slower", "slow", "5"},
    {"veryslow", "slower", "4"},
};

static size_t preset_row(const char *name) {
    size_t i = ARRAY_LEN(presets) - 1;
    while (i > 0 && strcmp(presets[i].x264, name) != 0)
        i--;
    return i;
}

static void x264_options(AVDictionary **o, const struct video_plan *p, const struct rung_plan *r, int64_t buffer) {
    av_dict_set(o, "preset", p->preset, 0);
    av_dict_set(o, "profile", *r->profile ? r->profile : "high", 0);
    av_dict_set(o, "sc_threshold", "0", 0);
    av_dict_set(o, "forced-idr", "1", 0);
    av_dict_set(o, "a53cc", "0", 0);
    /* NAL units with lengths, as ISO/IEC 14496-15 stores them; headers that do not depend on the content. */
    av_dict_set(o, "x264-params", "annexb=0:stitchable=1", 0);
}

/* SEI of ST 2086 and CTA-861.3 in x265's spelling: green, blue, red, white, light. */
static void x265_hdr(struct buf *b, const struct picture_look *l) {
    const struct mastering_display *m = &l->mastering;
    if (l->has_mastering)
        buf_addf(b, ":master-display=G(%u,%u)B(%u,%u)R(%u,%u)WP(%u,%u)L(%u,%u)", m->primaries[0][0], m->primaries[0][1], m->primaries[1][0],
                 m->primaries[1][1], m->primaries[2][0], m->primaries[2][1], m->white[0], m->white[1], m->max, m->min);
    if (l->has_light)
        buf_addf(b, ":max-cll=%u,%u", l->max_cll, l->max_fall);
}

/* One thread, for the reason that x264 has one; NAL units with lengths; closed GOPs; parameter sets in the configuration alone. */
static void x265_options(AVDictionary **o, const struct video_plan *p, const struct rung_plan *r, int64_t buffer) {
    scoped(buf_done) struct buf b = BUF(1024);
    buf_addc(&b, "annexb=0:pools=none:frame-threads=1:wpp=0:info=0:scenecut=0:open-gop=0:repeat-headers=0:log-level=error");
    if (r->maxrate) /* a whole 1 would be taken for kilobits */
        buf_addf(&b, ":vbv-init=%.4f", CLAMP((double)buffer / (double)r->bufsize, 0.0001, 0.9999));
    if (r->hdr)
        x265_hdr(&b, &p->look);
    av_dict_set(o, "preset", presets[preset_row(p->preset)].x265, 0);
    av_dict_set(o, "profile", r->hdr ? "main10" : "main", 0);
    av_dict_set(o, "forced-idr", "1", 0);
    av_dict_set(o, "x265-params", buf_cstr(&b), 0);
}

/* Metadata OBUs of the same, in whole units. */
static void svt_hdr(struct buf *b, const struct picture_look *l) {
    static const char names[] = "GBR";
    const struct mastering_display *m = &l->mastering;
    if (l->has_mastering) {
        buf_addc(b, ":mastering-display=");
        for (int i = 0; i < 3; i++)
            buf_addf(b, "%c(%.5f,%.5f)", names[i], m->primaries[i][0] / 50000.0, m->primaries[i][1] / 50000.0);
        buf_addf(b, "WP(%.5f,%.5f)L(%.4f,%.4f)", m->white[0] / 50000.0, m->white[1] / 50000.0, m->max / 10000.0, m->min / 10000.0);
    }
    if (l->has_light)
        buf_addf(b, ":content-light=%u,%u", l->max_cll, l->max_fall);
}

/* Its rate's ceiling is an average that it steers to, no buffer is kept. */
static void svt_options(AVDictionary **o, const struct video_plan *p, const struct rung_plan *r, int64_t buffer) {
    scoped(buf_done) struct buf b = BUF(1024);
    buf_addc(&b, "lp=1");
    if (r->hdr)
        svt_hdr(&b, &p->look);
    av_dict_set(o, "preset", presets[preset_row(p->preset)].svt, 0);
    av_dict_set(o, "svtav1-params", buf_cstr(&b), 0);
}

/* AVCDecoderConfigurationRecord (ISO/IEC 14496-15 clause 5.3.3.1) from parameter sets with 4-byte lengths. */
int rung_avcc_write(struct buf *b, const uint8_t *p, size_t n, struct err *reterr) {
    const uint8_t *set[2] = {NULL, NULL};
    size_t len[2] = {0, 0};
    while (n > 4) {
        size_t k = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (k == 0 || k > n - 4)
            break;
        int which = (p[4] & 31) == 7 ? 0 : (p[4] & 31) == 8 ? 1 : -1;
        if (which >= 0) {
            set[which] = p + 4;
            len[which] = k;
        }
        p += 4 + k;
        n -= 4 + k;
    }
    if (len[0] < 4 || !len[1] || len[0] > 0xffff || len[1] > 0xffff)
        return err_set(reterr, ERR_INTERNAL, "x264 gave no parameter sets");
    buf_byte(b, 1);
    buf_mem(b, set[0] + 1, 3); /* profile, constraints, level */
    buf_byte(b, 0xff);         /* lengths of 4 bytes */
    buf_byte(b, 0xe1);
    buf_be16(b, (uint16_t)len[0]);
    buf_mem(b, set[0], len[0]);
    buf_byte(b, 1);
    buf_be16(b, (uint16_t)len[1]);
    buf_mem(b, set[1], len[1]);
    if (set[0][1] >= 100)
        buf_mem(b, "\xfd\xf8\xf8\0", 4); /* 4:2:0, 8 bits */
    return 0;
}

struct nal {
    const uint8_t *p;
    size_t n;
};

/* The next of NAL units with 4-byte lengths; false: none, or it goes past the end. */
static bool nal_next(const uint8_t *p, size_t n, size_t *at, struct nal *ret) {
    if (n - *at < 4)
        return false;
    const uint8_t *l = p + *at;
    size_t k = (size_t)l[0] << 24 | (size_t)l[1] << 16 | (size_t)l[2] << 8 | l[3];
    if (k < 3 || k > n - *at - 4)
        return false;
    *ret = (struct nal){l + 4, k};
    *at += 4 + k;
    return true;
}

/* Arrays of one type each; those of parameter sets are complete, as hvc1 wants it. */
static uint8_t hvcc_array(struct buf *b, const uint8_t *p, size_t n, int type) {
    struct nal u;
    int count = 0;
    for (size_t at = 0; nal_next(p, n, &at, &u);)
        count += hevc_nal_type(u.p) == type && u.n <= UINT16_MAX;
    if (count == 0)
        return 0;
    buf_byte(b, (uint8_t)((type == HEVC_SEI_PREFIX ? 0 : 0x80) | type));
    buf_be16(b, (uint16_t)count);
    for (size_t at = 0; nal_next(p, n, &at, &u);)
        if (hevc_nal_type(u.p) == type && u.n <= UINT16_MAX) {
            buf_be16(b, (uint16_t)u.n);
            buf_mem(b, u.p, u.n);
        }
    return 1;
}

/* HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 clause 8.3.2.1). */
static int hvcc_write(struct buf *b, const uint8_t *p, size_t n, const struct video_plan *plan, const struct rung_plan *r,
                      struct err *reterr) {
    static const int types[] = {HEVC_VPS, HEVC_SPS, HEVC_PPS, HEVC_SEI_PREFIX};
    scoped(mem_free) struct hevc_params *params = calloc(1, sizeof *params);
    struct nal u;
    if (!params)
        return err_set(reterr, ERR_NO_MEMORY, "codec parameters");
    params->first_sps = -1;
    for (size_t at = 0; nal_next(p, n, &at, &u);)
        hevc_nal_learn(params, u.p, u.n);
    if (params->first_sps < 0)
        return err_set(reterr, ERR_INTERNAL, "x265 gave no parameter sets");
    const struct hevc_sps *s = &params->sps[params->first_sps];
    buf_byte(b, 1);
    buf_mem(b, s->ptl, sizeof s->ptl);
    buf_be16(b, 0xf000); /* no promise about slices, */
    buf_byte(b, 0xfc);   /* nor about decoding them side by side */
    buf_byte(b, 0xfc | s->chroma_format);
    buf_byte(b, (uint8_t)(0xf8 | (s->depth_luma - 8)));
    buf_byte(b, (uint8_t)(0xf8 | (s->depth_chroma - 8)));
    buf_be16(b, 0);
    buf_byte(b, (uint8_t)(s->sub_layers << 3 | s->temporal_nested << 2 | 3)); /* lengths of 4 bytes */
    size_t count = b->n;
    buf_byte(b, 0);
    uint8_t arrays = 0;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        arrays += hvcc_array(b, p, n, types[i]);
    if (b->failed || arrays < 3)
        return err_set(reterr, ERR_INTERNAL, "x265 gave %d kinds of parameter sets", arrays);
    b->p[count] = arrays;
    return 0;
}

/* AV1CodecConfigurationRecord (AV1-ISOBMFF clause 2.3.3): the sequence header, and what HDR10 says of the picture. */
static int av1c_write(struct buf *b, const uint8_t *p, size_t n, const struct video_plan *plan, const struct rung_plan *r,
                      struct err *reterr) {
    struct av1_sequence s = {0};
    struct av1_obu o;
    size_t at = 0;
    while (at < n && av1_obu_read(p + at, n - at, &o) && o.type != AV1_SEQUENCE)
        at += o.header + o.size;
    if (at >= n || !av1_obu_read(p + at, n - at, &o) || !av1_sequence_parse(p + at + o.header, o.size, &s) || !(p[at] & 2))
        return err_set(reterr, ERR_INTERNAL, "SVT-AV1 gave no sequence header");
    uint8_t hdr[64];
    size_t n_hdr = r->hdr ? av1_metadata_write(&plan->look, hdr) : 0;
    buf_byte(b, 0x81);
    buf_byte(b, (uint8_t)(s.profile << 5 | s.level));
    buf_byte(b, (uint8_t)(s.tier << 7 | s.high_bitdepth << 6 | s.twelve_bit << 5 | s.mono << 4 | s.subsampling_x << 3 |
                          s.subsampling_y << 2 | s.chroma_position));
    buf_byte(b, 0);
    buf_mem(b, p + at, o.header + o.size);
    buf_mem(b, hdr, n_hdr);
    return b->failed ? err_set(reterr, ERR_NO_MEMORY, "codec parameters") : 0;
}

/* ---- samples ---- */

static size_t whole(uint8_t *p, size_t n) { return n; }

/* Parameter sets and delimiters: the configuration has the first, and nobody needs the others. */
static size_t hevc_strip(uint8_t *p, size_t n) {
    size_t at = 0, kept = 0;
    struct nal u;
    while (at < n) {
        size_t from = at;
        if (!nal_next(p, n, &at, &u))
            return 0;
        int type = hevc_nal_type(u.p);
        if (type >= HEVC_VPS && type < HEVC_SEI_PREFIX)
            continue;
        memmove(p + kept, p + from, at - from);
        kept += at - from;
    }
    return kept;
}

/* AV1-ISOBMFF clause 2.4: a sample is a temporal unit without its delimiter. */
static size_t av1_strip(uint8_t *p, size_t n) {
    size_t kept = 0;
    struct av1_obu o;
    for (size_t at = 0; at < n; at += o.header + o.size) {
        if (!av1_obu_read(p + at, n - at, &o))
            return 0;
        if (o.type == AV1_DELIMITER)
            continue;
        memmove(p + kept, p + at, o.header + o.size);
        kept += o.header + o.size;
    }
    return kept;
}

static int avcc(struct buf *b, const uint8_t *p, size_t n, const struct video_plan *plan, const struct rung_plan *r, struct err *reterr) {
    return rung_avcc_write(b, p, n, reterr);
}

static const struct rung_codec codecs[] = {
    [ES_H264] = {"h264", "libx264", "x264", REORDER_DELAY, true, x264_options, avcc, whole},
    [ES_HEVC] = {"hevc", "libx265", "x265", REORDER_DELAY, true, x265_options, hvcc_write, hevc_strip},
    [ES_AV1] = {"av1", "libsvtav1", "SVT-AV1", 0, false, svt_options, av1c_write, av1_strip},
};

const struct rung_codec *rung_codec(enum es_codec c) { return &codecs[c]; }

enum es_codec rung_codec_named(const char *name) {
    static const enum es_codec all[] = {ES_H264, ES_HEVC, ES_AV1};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (strcmp(codecs[all[i]].policy, name) == 0)
            return all[i];
    return 0;
}

int rung_encoder_open(AVCodecContext *c, const struct video_plan *p, const struct rung_plan *r, int64_t buffer,
                      struct err *reterr) {
    AVDictionary *o = NULL;
    char crf[32];
    c->width = r->width;
    c->height = r->height;
    c->pix_fmt = rung_format(r);
    c->time_base = (AVRational){(int)p->fps.den, (int)p->fps.num};
    c->framerate = (AVRational){(int)p->fps.num, (int)p->fps.den};
    c->sample_aspect_ratio = (AVRational){1, 1};
    c->color_primaries = r->hdr ? p->src_primaries : p->primaries;
    c->color_trc = r->hdr ? p->src_transfer : p->transfer;
    c->colorspace = r->hdr ? p->src_matrix : p->matrix;
    c->color_range = AVCOL_RANGE_MPEG;
    c->chroma_sample_location = r->hdr && p->siting != AVCHROMA_LOC_UNSPECIFIED ? p->siting : AVCHROMA_LOC_LEFT;
    c->gop_size = c->keyint_min = p->gop;
    if (r->maxrate) {
        c->rc_max_rate = r->maxrate;
        c->rc_buffer_size = (int)r->bufsize;
        c->rc_initial_buffer_occupancy = (int)MAX(buffer, 1); /* 0 would be the default */
    }
    c->thread_count = r->threads;
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP;
    /* SVT-AV1's counts in whole steps. */
    snprintf(crf, sizeof(crf), "%g", r->codec == ES_AV1 ? round(r->crf) : r->crf);
    av_dict_set(&o, "crf", crf, 0);
    rung_codec(r->codec)->options(&o, p, r, buffer);
    int rc = avcodec_open2(c, NULL, &o);
    av_dict_free(&o);
    return rc < 0 ? err_set(reterr, rc == AVERROR(ENOMEM) ? ERR_NO_MEMORY : ERR_INTERNAL,
                            "%s for %dx%d: %s", rung_codec(r->codec)->name, r->width, r->height, av_err2str(rc))
                  : 0;
}
