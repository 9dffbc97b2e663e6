/*
 * av1.c - OBUs, sequence headers (5.5), metadata (5.8) and the codec string; frames are read in av1_frame.c.
 */
#include "media/cmaf/av1.h"
#include "media/cmaf/bits.h"
#include <stdio.h>
#include <string.h>

enum { METADATA_CLL = 1, METADATA_MDCV = 2, LEB_BYTES = 8, SELECT = 2 };

static struct bits plain(const uint8_t *p, size_t n) {
    struct bits b = bits_of(p, n);
    b.plain = true;
    return b;
}

/* 4.10.5; the bytes it took, 0: too long. */
static size_t leb128(const uint8_t *p, size_t n, uint64_t *ret) {
    uint64_t v = 0;
    for (size_t i = 0; i < n && i < LEB_BYTES; i++) {
        v |= (uint64_t)(p[i] & 127) << (7 * i);
        if (!(p[i] & 128)) {
            *ret = v;
            return v <= UINT32_MAX ? i + 1 : 0;
        }
    }
    return 0;
}

bool av1_obu_read(const uint8_t *p, size_t n, struct av1_obu *ret) {
    if (n == 0 || p[0] & 0x80)
        return false;
    struct av1_obu o = {.type = p[0] >> 3 & 15, .header = p[0] & 4 ? 2 : 1};
    uint64_t size = 0;
    if (o.header > n)
        return false;
    if (p[0] & 2) {
        size_t took = leb128(p + o.header, n - o.header, &size);
        o.header += took;
        if (!took || size > n - o.header)
            return false;
    } else {
        size = n - o.header;
    }
    o.size = (size_t)size;
    *ret = o;
    return true;
}

static void uvlc(struct bits *b) {
    int zeros = 0;
    while (!u(b, 1) && !b->failed)
        zeros++;
    if (zeros < 32)
        u(b, zeros);
}

/* 5.5.1, operating points with what decoder models say of them */
static void operating_points(struct bits *b, struct av1_sequence *s) {
    int delay_bits = 0;
    if (u(b, 1)) {
        u(b, 32), u(b, 32);
        s->timing_equal = u(b, 1);
        if (s->timing_equal)
            uvlc(b);
        s->decoder_model = u(b, 1);
        if (s->decoder_model) {
            delay_bits = (int)u(b, 5) + 1;
            u(b, 32);
            s->removal_bits = (uint8_t)(u(b, 5) + 1);
            s->presentation_bits = (uint8_t)(u(b, 5) + 1);
        }
    }
    bool display_delay = u(b, 1);
    s->n_points = (uint8_t)(u(b, 5) + 1);
    for (int i = 0; i < s->n_points; i++) {
        s->point[i] = (uint16_t)u(b, 12);
        uint8_t level = (uint8_t)u(b, 5), tier = level > 7 ? (uint8_t)u(b, 1) : 0;
        if (i == 0)
            s->level = level, s->tier = tier;
        s->point_model[i] = s->decoder_model && u(b, 1);
        if (s->point_model[i]) {
            u(b, delay_bits), u(b, delay_bits);
            u(b, 1);
        }
        if (display_delay && u(b, 1))
            u(b, 4);
    }
}

static void inter_tools(struct bits *b, struct av1_sequence *s) {
    u(b, 2); /* inter-intra, masked */
    s->warped = u(b, 1);
    u(b, 1); /* dual filter */
    s->order_hint = u(b, 1);
    if (s->order_hint) {
        u(b, 1);
        s->ref_mvs = u(b, 1);
    }
    s->screen_content = u(b, 1) ? SELECT : (uint8_t)u(b, 1);
    s->integer_mv = SELECT;
    if (s->screen_content > 0 && !u(b, 1))
        s->integer_mv = (uint8_t)u(b, 1);
    if (s->order_hint)
        s->order_bits = (uint8_t)(u(b, 3) + 1);
}

/* 5.5.2 */
static void color_config(struct bits *b, struct av1_sequence *s, struct picture_look *l) {
    s->high_bitdepth = u(b, 1);
    s->twelve_bit = s->profile == 2 && s->high_bitdepth && u(b, 1);
    s->depth = s->twelve_bit ? 12 : s->high_bitdepth ? 10 : 8;
    s->mono = s->profile != 1 && u(b, 1);
    s->subsampling_x = s->subsampling_y = true;
    l->primaries = l->transfer = l->matrix = 2;
    l->has_colour = u(b, 1);
    if (l->has_colour)
        l->primaries = (uint8_t)u(b, 8), l->transfer = (uint8_t)u(b, 8), l->matrix = (uint8_t)u(b, 8);
    if (s->mono) {
        l->full_range = u(b, 1);
        return;
    }
    if (l->primaries == 1 && l->transfer == 13 && l->matrix == 0) {
        l->full_range = true;
        s->subsampling_x = s->subsampling_y = false;
    } else {
        l->full_range = u(b, 1);
        s->subsampling_x = s->profile == 0 || (s->profile == 2 && (s->depth == 12 ? u(b, 1) : 1));
        s->subsampling_y = s->profile == 0 || (s->profile == 2 && s->depth == 12 && s->subsampling_x && u(b, 1));
        if (s->subsampling_x && s->subsampling_y)
            s->chroma_position = (uint8_t)u(b, 2);
    }
    s->separate_uv = u(b, 1);
}

static bool sequence_read(const uint8_t *p, size_t n, struct av1_sequence *ret, struct picture_look *look) {
    struct bits b = plain(p, n);
    struct av1_sequence s = {.set = true, .n_points = 1, .screen_content = SELECT, .integer_mv = SELECT};
    struct picture_look l = *look;
    s.profile = (uint8_t)u(&b, 3);
    u(&b, 1);
    s.reduced_still = u(&b, 1);
    if (s.reduced_still)
        s.level = (uint8_t)u(&b, 5);
    else
        operating_points(&b, &s);
    s.width_bits = (uint8_t)(u(&b, 4) + 1), s.height_bits = (uint8_t)(u(&b, 4) + 1);
    s.width = (int)u(&b, s.width_bits) + 1, s.height = (int)u(&b, s.height_bits) + 1;
    s.frame_ids = !s.reduced_still && u(&b, 1);
    if (s.frame_ids) {
        s.id_delta_bits = (uint8_t)(u(&b, 4) + 2);
        s.id_bits = (uint8_t)(u(&b, 3) + s.id_delta_bits + 1);
    }
    s.superblock_128 = u(&b, 1);
    u(&b, 2); /* filter intra, intra edge filter */
    if (!s.reduced_still)
        inter_tools(&b, &s);
    s.superres = u(&b, 1);
    s.cdef = u(&b, 1);
    s.restoration = u(&b, 1);
    color_config(&b, &s, &l);
    s.film_grain = u(&b, 1);
    if (b.failed || s.profile > 2)
        return false;
    *ret = s;
    *look = l;
    return true;
}

bool av1_sequence_parse(const uint8_t *p, size_t n, struct av1_sequence *ret) {
    struct picture_look l = {0};
    return sequence_read(p, n, ret, &l);
}

/* ---- HDR metadata (5.8.3, 5.8.4), whose units are not those of SEI and of boxes ---- */

static uint32_t to_unit(uint32_t v, double from, double to) { return (uint32_t)((double)v / from * to + 0.5); }

#define CHROMATICITY 65536.0 /* 0.16 fixed point; SEI counts 1/50000 */
#define LIGHT_MAX 256.0      /* 24.8; SEI counts 1/10000 */
#define LIGHT_MIN 16384.0    /* 18.14 */

/* Red, green, blue here; green, blue, red there. */
static const int sei_place[3] = {2, 0, 1};

bool av1_metadata_learn(struct picture_look *look, const uint8_t *p, size_t n) {
    struct bits b = plain(p, n);
    uint32_t type = u(&b, 8);
    struct picture_look l = *look;
    if (type == METADATA_CLL) {
        l.max_cll = (uint16_t)u(&b, 16), l.max_fall = (uint16_t)u(&b, 16);
        l.has_light = true;
    } else if (type == METADATA_MDCV) {
        struct mastering_display *m = &l.mastering;
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 2; k++)
                m->primaries[sei_place[i]][k] = (uint16_t)to_unit(u(&b, 16), CHROMATICITY, 50000);
        for (int k = 0; k < 2; k++)
            m->white[k] = (uint16_t)to_unit(u(&b, 16), CHROMATICITY, 50000);
        uint32_t max = u(&b, 32), min = u(&b, 32);
        m->max = max < UINT32_MAX / 40 ? to_unit(max, LIGHT_MAX, 10000) : UINT32_MAX;
        m->min = to_unit(min, LIGHT_MIN, 10000);
        l.has_mastering = true;
    }
    if (b.failed || (type != METADATA_CLL && type != METADATA_MDCV))
        return false;
    *look = l;
    return true;
}

static uint8_t *put(uint8_t *p, uint32_t v, int bytes) {
    for (int i = bytes - 1; i >= 0; i--)
        *p++ = (uint8_t)(v >> (8 * i));
    return p;
}

/* OBU header with a size, type of metadata; the payload ends with a trailing bit and its byte. */
static uint8_t *metadata_begin(uint8_t *p, int type, int payload) {
    *p++ = AV1_METADATA << 3 | 2;
    *p++ = (uint8_t)(payload + 2);
    *p++ = (uint8_t)type;
    return p;
}

size_t av1_metadata_write(const struct picture_look *l, uint8_t ret[64]) {
    uint8_t *p = ret;
    if (l->has_mastering) {
        const struct mastering_display *m = &l->mastering;
        p = metadata_begin(p, METADATA_MDCV, 24);
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 2; k++)
                p = put(p, MIN(to_unit(m->primaries[sei_place[i]][k], 50000, CHROMATICITY), 65535), 2);
        for (int k = 0; k < 2; k++)
            p = put(p, MIN(to_unit(m->white[k], 50000, CHROMATICITY), 65535), 2);
        p = put(p, to_unit(m->max, 10000, LIGHT_MAX), 4);
        p = put(p, m->min < UINT32_MAX / 2 ? to_unit(m->min, 10000, LIGHT_MIN) : UINT32_MAX, 4);
        *p++ = 0x80;
    }
    if (l->has_light) {
        p = metadata_begin(p, METADATA_CLL, 4);
        p = put(put(p, l->max_cll, 2), l->max_fall, 2);
        *p++ = 0x80;
    }
    return (size_t)(p - ret);
}

/* ---- configuration ---- */

int av1_config_parse(const uint8_t *p, size_t n, struct av1_stream *ret, struct err *reterr) {
    memset(ret, 0, sizeof *ret);
    if (n < 4 || p[0] != 0x81)
        return err_set(reterr, ERR_BAD_MEDIA, "not an AV1 configuration record");
    for (size_t at = 4; at < n;) {
        struct av1_obu o;
        if (!av1_obu_read(p + at, n - at, &o))
            return err_set(reterr, ERR_BAD_MEDIA, "AV1 configuration record is cut off");
        at += o.header;
        if (o.type == AV1_SEQUENCE && !sequence_read(p + at, o.size, &ret->seq, &ret->look))
            return err_set(reterr, ERR_BAD_MEDIA, "AV1 sequence header does not parse");
        if (o.type == AV1_METADATA)
            av1_metadata_learn(&ret->look, p + at, o.size);
        at += o.size;
    }
    return ret->seq.set ? 0 : err_set(reterr, ERR_BAD_MEDIA, "AV1 configuration record without a sequence header");
}

void av1_codec_string(const struct av1_stream *s, char *dst, size_t n) {
    const struct av1_sequence *q = &s->seq;
    const struct picture_look *l = &s->look;
    bool both = q->subsampling_x && q->subsampling_y;
    char rest[40];
    int p = l->has_colour ? l->primaries : 1, t = l->has_colour ? l->transfer : 1, m = l->has_colour ? l->matrix : 1;
    snprintf(rest, sizeof rest, ".%d.%d%d%d.%02d.%02d.%02d.%d", q->mono, q->subsampling_x, q->subsampling_y, both ? q->chroma_position : 0,
             p, t, m, l->full_range);
    snprintf(dst, n, "av01.%d.%02d%c.%02d%s", q->profile, q->level, q->tier ? 'H' : 'M', q->depth,
             strcmp(rest, ".0.110.01.01.01.0") == 0 ? "" : rest);
}
