/*
 * h264.c - ITU-T H.264 (08/2021) parameter sets (7.3.2.1, 7.3.2.2, E.1.1) and slice headers
 * (7.3.3).
 */
#include "media/cmaf/h264.h"
#include "media/cmaf/bits.h"
#include <string.h>

/* 7.3.2.1.1.1 */
static void scaling_lists(struct bits *b, int count) {
    for (int i = 0; i < count && !b->failed; i++) {
        if (!u(b, 1))
            continue;
        int size = i < 6 ? 16 : 64;
        int32_t last = 8, next = 8;
        for (int j = 0; j < size && !b->failed; j++) {
            if (next != 0)
                next = (int32_t)(((uint32_t)last + (uint32_t)se(b)) & 255);
            last = next ? next : last;
        }
    }
}

/* E.1.1 up to the colour description; what follows is of no interest here. */
static void vui_parse(struct bits *b, struct h264_sps *s) {
    static const uint8_t sar[17][2] = {{1, 1},   {1, 1},    {12, 11}, {10, 11}, {16, 11}, {40, 33},
                                       {24, 11}, {20, 11},  {32, 11}, {80, 33}, {18, 11}, {15, 11},
                                       {64, 33}, {160, 99}, {4, 3},   {3, 2},   {2, 1}};
    if (u(b, 1)) {
        uint32_t idc = u(b, 8);
        int num = 1, den = 1;
        if (idc < ARRAY_LEN(sar))
            num = sar[idc][0], den = sar[idc][1];
        else if (idc == 255)
            num = (int)u(b, 16), den = (int)u(b, 16);
        if (num > 0 && den > 0)
            s->sar_num = num, s->sar_den = den;
    }
    if (u(b, 1)) /* overscan */
        u(b, 1);
    if (u(b, 1)) {
        u(b, 3);
        s->full_range = u(b, 1);
        s->has_colour = u(b, 1);
        if (s->has_colour) {
            s->primaries = (uint8_t)u(b, 8);
            s->transfer = (uint8_t)u(b, 8);
            s->matrix = (uint8_t)u(b, 8);
        }
    }
}

static void sps_high(struct bits *b, struct h264_sps *s) {
    static const uint8_t with_chroma[] = {100, 110, 122, 244, 44,  83, 86,
                                          118, 128, 138, 139, 134, 135};
    s->chroma_format = 1;
    if (!memchr(with_chroma, s->profile, sizeof with_chroma))
        return;
    s->chroma_format = (uint8_t)ue_max(b, 3);
    if (s->chroma_format == 3)
        s->separate_planes = u(b, 1);
    ue_max(b, 6);
    ue_max(b, 6);
    u(b, 1);
    if (u(b, 1))
        scaling_lists(b, s->chroma_format == 3 ? 12 : 8);
}

static void sps_size(struct bits *b, struct h264_sps *s) {
    uint32_t mbs = ue_max(b, 1023) + 1, units = ue_max(b, 1023) + 1;
    s->map_units = mbs * units;
    s->frame_mbs_only = u(b, 1);
    if (!s->frame_mbs_only)
        u(b, 1);
    u(b, 1); /* direct_8x8_inference */
    int width = (int)mbs * 16, height = (int)units * 16 * (s->frame_mbs_only ? 1 : 2);
    if (u(b, 1)) {
        int ux = !s->separate_planes && (s->chroma_format == 1 || s->chroma_format == 2) ? 2 : 1;
        int uy =
            (!s->separate_planes && s->chroma_format == 1 ? 2 : 1) * (s->frame_mbs_only ? 1 : 2);
        uint32_t l = ue_max(b, 16384), r = ue_max(b, 16384), t = ue_max(b, 16384),
                 d = ue_max(b, 16384);
        width -= ux * (int)(l + r);
        height -= uy * (int)(t + d);
    }
    if (width <= 0 || height <= 0)
        b->failed = true;
    s->width = width, s->height = height;
}

/* 7.3.2.1.1; returns the id, or -1. */
static int sps_parse(const uint8_t *p, size_t n, struct h264_sps *ret) {
    struct bits b = bits_of(p, n);
    struct h264_sps s = {
        .set = true, .sar_num = 1, .sar_den = 1, .primaries = 2, .transfer = 2, .matrix = 2};
    u(&b, 8);
    s.profile = (uint8_t)u(&b, 8);
    s.constraints = (uint8_t)u(&b, 8);
    s.level = (uint8_t)u(&b, 8);
    uint32_t id = ue_max(&b, H264_SPS_MAX - 1);
    sps_high(&b, &s);
    s.frame_num_bits = (uint8_t)(ue_max(&b, 12) + 4);
    s.poc_type = (uint8_t)ue_max(&b, 2);
    if (s.poc_type == 0) {
        s.poc_lsb_bits = (uint8_t)(ue_max(&b, 12) + 4);
    } else if (s.poc_type == 1) {
        s.delta_poc_always_zero = u(&b, 1);
        se(&b);
        se(&b);
        uint32_t cycle = ue_max(&b, 255);
        for (uint32_t i = 0; i < cycle; i++)
            se(&b);
    }
    ue(&b);   /* max_num_ref_frames */
    u(&b, 1); /* gaps_in_frame_num_value_allowed */
    sps_size(&b, &s);
    if (u(&b, 1))
        vui_parse(&b, &s);
    if (b.failed)
        return -1;
    *ret = s;
    return (int)id;
}

/* FMO (7.3.2.2): which macroblock belongs where. Baseline streams of old telephones only. */
static void slice_groups_parse(struct bits *b, struct h264_pps *q) {
    q->map_type = (uint8_t)ue_max(b, 6);
    if (q->map_type == 0) {
        for (uint32_t i = 0; i < q->slice_groups; i++)
            ue(b);
    } else if (q->map_type == 2) {
        for (uint32_t i = 0; i + 1 < q->slice_groups; i++)
            ue(b), ue(b);
    } else if (q->map_type >= 3 && q->map_type <= 5) {
        u(b, 1);
        q->change_rate = ue_max(b, 1 << 20) + 1;
    } else if (q->map_type == 6) {
        uint32_t units = ue_max(b, 1 << 20) + 1;
        int width = q->slice_groups > 4 ? 3 : q->slice_groups > 2 ? 2 : 1;
        for (uint32_t i = 0; i < units && !b->failed; i++)
            u(b, width);
    }
}

/* 7.3.2.2 up to redundant_pic_cnt_present_flag; returns the id, or -1. */
static int pps_parse(const uint8_t *p, size_t n, struct h264_pps *ret) {
    struct bits b = bits_of(p, n);
    struct h264_pps q = {.set = true};
    u(&b, 8);
    uint32_t id = ue_max(&b, H264_PPS_MAX - 1);
    q.sps_id = (uint8_t)ue_max(&b, H264_SPS_MAX - 1);
    q.cabac = u(&b, 1);
    q.bottom_poc = u(&b, 1);
    q.slice_groups = ue_max(&b, 7) + 1;
    if (q.slice_groups > 1)
        slice_groups_parse(&b, &q);
    q.ref_default[0] = ue_max(&b, 31) + 1;
    q.ref_default[1] = ue_max(&b, 31) + 1;
    q.weighted_pred = u(&b, 1);
    q.weighted_bipred = (uint8_t)u(&b, 2);
    se(&b), se(&b), se(&b); /* qp, qs, chroma offset */
    q.deblocking = u(&b, 1);
    u(&b, 1);
    q.redundant_pic = u(&b, 1);
    if (b.failed)
        return -1;
    *ret = q;
    return (int)id;
}

bool h264_nal_learn(struct h264_params *params, const uint8_t *nal, size_t n) {
    if (n < 2)
        return false;
    if ((nal[0] & 31) == 7) {
        struct h264_sps s;
        int id = sps_parse(nal, n, &s);
        if (id < 0)
            return false;
        params->sps[id] = s;
        if (params->first_sps < 0)
            params->first_sps = id;
        return true;
    }
    if ((nal[0] & 31) == 8) {
        struct h264_pps q;
        int id = pps_parse(nal, n, &q);
        if (id < 0)
            return false;
        params->pps[id] = q;
        return true;
    }
    return false;
}

int h264_config_parse(const uint8_t *p, size_t n, struct h264_params *ret, struct err *reterr) {
    memset(ret, 0, sizeof *ret);
    ret->first_sps = -1;
    if (n < 7 || p[0] != 1)
        return err_set(reterr, ERR_BAD_MEDIA, "not an H.264 configuration record");
    ret->nal_length = (p[4] & 3) + 1;
    if (ret->nal_length == 3)
        return err_set(reterr, ERR_BAD_MEDIA, "H.264 NAL length of 3 bytes");
    size_t at = 5;
    for (int kind = 0; kind < 2; kind++) {
        if (at >= n)
            return err_set(reterr, ERR_BAD_MEDIA, "H.264 configuration record is cut off");
        int count = p[at++] & (kind ? 255 : 31);
        for (int i = 0; i < count; i++) {
            size_t len = at + 2 <= n ? (size_t)p[at] << 8 | p[at + 1] : SIZE_MAX;
            if (len > n - MIN(n, at + 2))
                return err_set(reterr, ERR_BAD_MEDIA, "H.264 configuration record is cut off");
            if (!h264_nal_learn(ret, p + at + 2, len))
                return err_set(reterr, ERR_BAD_MEDIA, "H.264 %s does not parse",
                               kind ? "picture parameter set" : "sequence parameter set");
            at += 2 + len;
        }
    }
    if (ret->first_sps < 0)
        return err_set(reterr, ERR_BAD_MEDIA, "H.264 configuration record without parameter sets");
    return 0;
}

/* 7.3.3.1 */
static void ref_list_modification(struct bits *b, int lists) {
    for (int l = 0; l < lists; l++) {
        if (!u(b, 1))
            continue;
        for (int i = 0; i < 67 && !b->failed; i++) {
            uint32_t op = ue_max(b, 5);
            if (op == 3)
                break;
            ue(b);
        }
    }
}

/* 7.3.3.2 */
static void pred_weight_table(struct bits *b, bool chroma, const uint32_t *refs, int lists) {
    ue_max(b, 7);
    if (chroma)
        ue_max(b, 7);
    for (int l = 0; l < lists; l++) {
        for (uint32_t i = 0; i < refs[l] && !b->failed; i++) {
            if (u(b, 1))
                se(b), se(b);
            if (chroma && u(b, 1))
                se(b), se(b), se(b), se(b);
        }
    }
}

/* 7.3.3.3 */
static void ref_pic_marking(struct bits *b, bool idr) {
    if (idr) {
        u(b, 2);
        return;
    }
    if (!u(b, 1))
        return;
    for (int i = 0; i < 67 && !b->failed; i++) {
        uint32_t op = ue_max(b, 6);
        if (op == 0)
            break;
        if (op != 5)
            ue(b);
        if (op == 3)
            ue(b);
    }
}

static int ceil_log2(uint64_t v) {
    int bits = 0;
    while ((1ull << bits) < v)
        bits++;
    return bits;
}

enum { SLICE_P, SLICE_B, SLICE_I, SLICE_SP, SLICE_SI };

static void slice_position(struct bits *b, const struct h264_sps *s, const struct h264_pps *q,
                           bool idr, bool *ret_field) {
    if (s->separate_planes)
        u(b, 2);
    u(b, s->frame_num_bits);
    *ret_field = !s->frame_mbs_only && u(b, 1);
    if (*ret_field)
        u(b, 1);
    if (idr)
        ue(b);
    if (s->poc_type == 0) {
        u(b, s->poc_lsb_bits);
        if (q->bottom_poc && !*ret_field)
            se(b);
    }
    if (s->poc_type == 1 && !s->delta_poc_always_zero) {
        se(b);
        if (q->bottom_poc && !*ret_field)
            se(b);
    }
    if (q->redundant_pic)
        ue(b);
}

static void slice_references(struct bits *b, const struct h264_sps *s, const struct h264_pps *q,
                             uint32_t type) {
    uint32_t refs[2] = {q->ref_default[0], q->ref_default[1]};
    int lists = type == SLICE_B ? 2 : type == SLICE_P || type == SLICE_SP ? 1 : 0;
    if (type == SLICE_B)
        u(b, 1); /* direct_spatial_mv_pred */
    if (lists > 0 && u(b, 1)) {
        for (int l = 0; l < lists; l++)
            refs[l] = ue_max(b, 31) + 1;
    }
    ref_list_modification(b, lists);
    if ((q->weighted_pred && lists == 1) || (q->weighted_bipred == 1 && lists == 2))
        pred_weight_table(b, !s->separate_planes && s->chroma_format != 0, refs, lists);
}

size_t h264_slice_header(const struct h264_params *params, const uint8_t *nal, size_t n) {
    int kind = n > 0 ? nal[0] & 31 : 0;
    if (kind != 1 && kind != 5)
        return 0;
    struct bits b = bits_of(nal, n);
    u(&b, 8);
    ue(&b); /* first_mb_in_slice */
    uint32_t type = ue_max(&b, 9) % 5;
    const struct h264_pps *q = &params->pps[ue_max(&b, H264_PPS_MAX - 1)];
    const struct h264_sps *s = &params->sps[q->sps_id];
    if (b.failed || !q->set || !s->set)
        return 0;
    bool field = false, idr = kind == 5;
    slice_position(&b, s, q, idr, &field);
    slice_references(&b, s, q, type);
    if (nal[0] & 0x60)
        ref_pic_marking(&b, idr);
    if (q->cabac && type != SLICE_I && type != SLICE_SI)
        ue(&b);
    se(&b);
    if (type == SLICE_SP || type == SLICE_SI) {
        if (type == SLICE_SP)
            u(&b, 1);
        se(&b);
    }
    if (q->deblocking && ue_max(&b, 2) != 1)
        se(&b), se(&b);
    if (q->slice_groups > 1 && q->map_type >= 3 && q->map_type <= 5)
        u(&b, ceil_log2(((uint64_t)s->map_units + q->change_rate - 1) / q->change_rate + 1));
    return b.failed ? 0 : b.at + 1;
}
