/*
 * hevc.c - ITU-T H.265 (08/2021) parameter sets (7.3.2.2, 7.3.2.3, E.2.1), slice segment headers (7.3.6) and the SEI messages
 * of HDR10 (D.2.28, D.2.35).
 */
#include "media/cmaf/hevc.h"
#include "base/buf.h"
#include "media/cmaf/bits.h"
#include <stdio.h>
#include <string.h>

enum { CTB_MIN_LOG2 = 4, CTB_MAX_LOG2 = 6, SIDE_MAX = 16384, SEI_MASTERING = 137, SEI_LIGHT = 144, PROFILE_LAST = 4 };

static int bits_for(uint64_t values) {
    int n = 0;
    while ((UINT64_C(1) << n) < values)
        n++;
    return n;
}

static void skip(struct bits *b, int n) {
    for (; n > 0; n -= 32)
        u(b, MIN(n, 32));
}

/* 7.3.3; general_profile_space to general_level_idc are kept, sub-layers are passed over. */
static void profile_tier_level(struct bits *b, struct hevc_sps *s) {
    bool profile[8] = {false}, level[8] = {false};
    for (int i = 0; i < HEVC_PTL_BYTES; i++)
        s->ptl[i] = (uint8_t)u(b, 8);
    for (int i = 0; i + 1 < s->sub_layers; i++)
        profile[i] = u(b, 1), level[i] = u(b, 1);
    if (s->sub_layers > 1)
        skip(b, 2 * (8 - (s->sub_layers - 1)));
    for (int i = 0; i + 1 < s->sub_layers; i++)
        skip(b, (profile[i] ? 88 : 0) + (level[i] ? 8 : 0));
}

/* 7.3.4 */
static void scaling_lists(struct bits *b) {
    for (int size = 0; size < 4; size++)
        for (int m = 0; m < 6 && !b->failed; m += size == 3 ? 3 : 1) {
            if (!u(b, 1)) {
                ue_max(b, 5);
                continue;
            }
            if (size > 1)
                se(b);
            for (int i = 0; i < MIN(64, 1 << (4 + 2 * size)) && !b->failed; i++)
                se(b);
        }
}

static bool rps_push(struct hevc_rps *r, int list, int delta, bool used) {
    if (r->n[list] == HEVC_DPB_MAX || delta < INT16_MIN || delta > INT16_MAX)
        return false;
    r->delta[list][r->n[list]] = (int16_t)delta;
    r->used[list][r->n[list]++] = used;
    return true;
}

/* 7.4.8, equations 7-61 and 7-62: from another set, moved by delta. List 0 takes what lies before the picture, list 1 what after. */
static bool rps_predict(const struct hevc_rps *from, int delta, const bool *used, const bool *kept, struct hevc_rps *ret) {
    int total = from->n[0] + from->n[1];
    for (int list = 0; list < 2; list++) {
        int sign = list ? 1 : -1, far = !list, near = list;
        for (int i = from->n[far] - 1; i >= 0; i--) {
            int d = from->delta[far][i] + delta, k = far ? from->n[0] + i : i;
            if (d * sign > 0 && kept[k] && !rps_push(ret, list, d, used[k]))
                return false;
        }
        if (delta * sign > 0 && kept[total] && !rps_push(ret, list, delta, used[total]))
            return false;
        for (int i = 0; i < from->n[near]; i++) {
            int d = from->delta[near][i] + delta, k = near ? from->n[0] + i : i;
            if (d * sign > 0 && kept[k] && !rps_push(ret, list, d, used[k]))
                return false;
        }
    }
    return true;
}

/* 7.3.7 */
static void rps_parse(struct bits *b, struct hevc_sps *s, int idx, bool in_slice) {
    struct hevc_rps r = {0};
    if (idx > 0 && u(b, 1)) {
        uint32_t back = in_slice ? ue_max(b, (uint32_t)idx - 1) + 1 : 1;
        int sign = (int)u(b, 1), delta = (1 - 2 * sign) * (int)(ue_max(b, 32767) + 1);
        const struct hevc_rps *from = &s->rps[b->failed ? 0 : idx - (int)back];
        bool used[2 * HEVC_DPB_MAX + 1], kept[2 * HEVC_DPB_MAX + 1];
        for (int j = 0; j <= from->n[0] + from->n[1]; j++) {
            used[j] = u(b, 1);
            kept[j] = used[j] || u(b, 1);
        }
        if (!rps_predict(from, delta, used, kept, &r))
            b->failed = true;
    } else {
        uint32_t n[2] = {ue_max(b, HEVC_DPB_MAX), ue_max(b, HEVC_DPB_MAX)};
        for (int list = 0; list < 2; list++)
            for (int i = 0, d = 0; i < (int)n[list] && !b->failed; i++) {
                d += (list ? 1 : -1) * (int)(ue_max(b, 32767) + 1);
                if (!rps_push(&r, list, d, u(b, 1)))
                    b->failed = true;
            }
    }
    if (!b->failed)
        s->rps[idx] = r;
}

/* E.2.1 up to the colour description; what follows is of no interest here. */
static void vui_parse(struct bits *b, struct hevc_sps *s) {
    if (u(b, 1) && u(b, 8) == 255)
        u(b, 32);
    if (u(b, 1))
        u(b, 1);
    if (!u(b, 1))
        return;
    u(b, 3);
    s->full_range = u(b, 1);
    s->has_colour = u(b, 1);
    if (!s->has_colour)
        return;
    s->primaries = (uint8_t)u(b, 8);
    s->transfer = (uint8_t)u(b, 8);
    s->matrix = (uint8_t)u(b, 8);
}

static void sps_size(struct bits *b, struct hevc_sps *s) {
    s->chroma_format = (uint8_t)ue_max(b, 3);
    if (s->chroma_format == 3)
        s->separate_planes = u(b, 1);
    s->width = (int)ue_max(b, SIDE_MAX), s->height = (int)ue_max(b, SIDE_MAX);
}

static void sps_crop(struct bits *b, struct hevc_sps *s) {
    int ux = s->chroma_format == 1 || s->chroma_format == 2 ? 2 : 1, uy = s->chroma_format == 1 ? 2 : 1;
    if (!u(b, 1))
        return;
    s->width -= ux * (int)(ue_max(b, SIDE_MAX) + ue_max(b, SIDE_MAX));
    s->height -= uy * (int)(ue_max(b, SIDE_MAX) + ue_max(b, SIDE_MAX));
}

/* Sizes of blocks; w and h are those of the coded picture. */
static void sps_blocks(struct bits *b, struct hevc_sps *s, int w, int h) {
    uint32_t min = ue_max(b, 3) + 3, ctb = min + ue_max(b, 3);
    if (ctb < CTB_MIN_LOG2 || ctb > CTB_MAX_LOG2)
        b->failed = true;
    else
        s->ctbs = (uint32_t)((w + (1 << ctb) - 1) >> ctb) * (uint32_t)((h + (1 << ctb) - 1) >> ctb);
    for (int i = 0; i < 4; i++)
        ue_max(b, 5); /* transform blocks */
    if (u(b, 1) && u(b, 1))
        scaling_lists(b);
    u(b, 1); /* amp */
    s->sao = u(b, 1);
    if (u(b, 1)) { /* pcm */
        u(b, 8);
        ue_max(b, 5), ue_max(b, 5);
        u(b, 1);
    }
}

static void sps_references(struct bits *b, struct hevc_sps *s) {
    s->n_rps = (uint8_t)ue_max(b, HEVC_RPS_MAX - 1);
    for (int i = 0; i < s->n_rps && !b->failed; i++)
        rps_parse(b, s, i, false);
    s->long_term = u(b, 1);
    s->n_long_term = s->long_term ? (uint8_t)ue_max(b, 32) : 0;
    for (int i = 0; i < s->n_long_term; i++) {
        u(b, s->poc_lsb_bits);
        s->long_term_used[i] = u(b, 1);
    }
    s->temporal_mvp = u(b, 1);
}

/* 7.3.2.2; returns the id, or -1. */
static int sps_parse(const uint8_t *p, size_t n, struct hevc_sps *s) {
    struct bits b = bits_of(p, n);
    *s = (struct hevc_sps){.set = true, .primaries = 2, .transfer = 2, .matrix = 2};
    u(&b, 16);
    u(&b, 4);
    s->sub_layers = (uint8_t)(u(&b, 3) + 1);
    s->temporal_nested = (uint8_t)u(&b, 1);
    profile_tier_level(&b, s);
    uint32_t id = ue_max(&b, HEVC_SPS_MAX - 1);
    sps_size(&b, s);
    int w = s->width, h = s->height;
    sps_crop(&b, s);
    s->depth_luma = (uint8_t)(ue_max(&b, 8) + 8), s->depth_chroma = (uint8_t)(ue_max(&b, 8) + 8);
    s->poc_lsb_bits = (uint8_t)(ue_max(&b, 12) + 4);
    for (int i = u(&b, 1) ? 0 : s->sub_layers - 1; i < s->sub_layers; i++)
        ue(&b), ue(&b), ue(&b);
    sps_blocks(&b, s, w, h);
    sps_references(&b, s);
    u(&b, 1); /* strong intra smoothing */
    if (u(&b, 1))
        vui_parse(&b, s);
    if (b.failed || s->sub_layers > 7 || s->width <= 0 || s->height <= 0 || (s->ptl[0] & 31) > PROFILE_LAST)
        return -1;
    return (int)id;
}

static void pps_tiles(struct bits *b) {
    uint32_t cols = ue_max(b, 1023), rows = ue_max(b, 1023);
    if (!u(b, 1))
        for (uint32_t i = 0; i < cols + rows && !b->failed; i++)
            ue(b);
    u(b, 1); /* loop filter across tiles */
}

static void pps_deblocking(struct bits *b, struct hevc_pps *q) {
    if (!u(b, 1))
        return;
    q->deblock_override = u(b, 1);
    q->deblock_off = u(b, 1);
    if (!q->deblock_off)
        se(b), se(b);
}

/* 7.3.2.3.2; multi-layer, 3D and screen content are refused. */
static void pps_extensions(struct bits *b, struct hevc_pps *q, bool transform_skip) {
    bool range = u(b, 1);
    if (u(b, 7) & 0x70)
        b->failed = true;
    if (!range)
        return;
    if (transform_skip)
        ue(b);
    u(b, 1);
    q->chroma_qp_list = u(b, 1);
}

/* 7.3.2.3.1; returns the id, or -1. */
static int pps_parse(const uint8_t *p, size_t n, struct hevc_pps *ret) {
    struct bits b = bits_of(p, n);
    struct hevc_pps q = {.set = true};
    u(&b, 16);
    uint32_t id = ue_max(&b, HEVC_PPS_MAX - 1);
    q.sps_id = (uint8_t)ue_max(&b, HEVC_SPS_MAX - 1);
    q.dependent = u(&b, 1);
    q.output_present = u(&b, 1);
    q.extra_bits = (uint8_t)u(&b, 3);
    u(&b, 1); /* sign data hiding */
    q.cabac_init = u(&b, 1);
    q.ref_default[0] = ue_max(&b, 14) + 1, q.ref_default[1] = ue_max(&b, 14) + 1;
    se(&b);
    u(&b, 1);
    bool transform_skip = u(&b, 1);
    if (u(&b, 1))
        ue_max(&b, 3);
    se(&b), se(&b);
    q.chroma_qp = u(&b, 1);
    q.weighted_pred = u(&b, 1);
    q.weighted_bipred = u(&b, 1);
    u(&b, 1); /* transquant bypass */
    q.tiles = u(&b, 1);
    q.sync = u(&b, 1);
    if (q.tiles)
        pps_tiles(&b);
    q.across_slices = u(&b, 1);
    pps_deblocking(&b, &q);
    if (u(&b, 1))
        scaling_lists(&b);
    q.lists_modification = u(&b, 1);
    ue_max(&b, 4);
    q.extension = u(&b, 1);
    if (u(&b, 1))
        pps_extensions(&b, &q, transform_skip);
    if (b.failed)
        return -1;
    *ret = q;
    return (int)id;
}

static void mastering_read(struct bits *b, struct picture_look *l) {
    struct mastering_display *m = &l->mastering;
    for (int i = 0; i < 3; i++)
        m->primaries[i][0] = (uint16_t)u(b, 16), m->primaries[i][1] = (uint16_t)u(b, 16);
    m->white[0] = (uint16_t)u(b, 16), m->white[1] = (uint16_t)u(b, 16);
    m->max = u(b, 32), m->min = u(b, 32);
    l->has_mastering = true;
}

/* 7.3.5; false where none of its messages is about HDR. */
static bool sei_learn(struct picture_look *look, const uint8_t *p, size_t n) {
    struct picture_look l = *look;
    struct bits b = bits_of(p, n);
    bool found = false;
    u(&b, 16);
    for (int k = 0; k < 16 && !b.failed && b.at + 2 < b.n; k++) {
        uint32_t type = 0, size = 0, byte;
        do
            type += byte = u(&b, 8);
        while (byte == 255 && !b.failed);
        do
            size += byte = u(&b, 8);
        while (byte == 255 && !b.failed);
        if (type == SEI_MASTERING && size == 24) {
            mastering_read(&b, &l);
            found = true;
        } else if (type == SEI_LIGHT && size == 4) {
            l.max_cll = (uint16_t)u(&b, 16), l.max_fall = (uint16_t)u(&b, 16);
            l.has_light = found = true;
        } else {
            for (uint32_t i = 0; i < size && !b.failed; i++)
                u(&b, 8);
        }
        if (found && !b.failed)
            *look = l;
    }
    return found && !b.failed;
}

static void look_of(struct hevc_params *params, int id) {
    const struct hevc_sps *s = &params->sps[id];
    struct picture_look *l = &params->look;
    params->first_sps = id;
    l->has_colour = s->has_colour, l->full_range = s->full_range;
    l->primaries = s->primaries, l->transfer = s->transfer, l->matrix = s->matrix;
}

bool hevc_nal_learn(struct hevc_params *params, const uint8_t *nal, size_t n) {
    int type = n >= 3 ? hevc_nal_type(nal) : -1;
    if (type == HEVC_SPS) {
        struct hevc_sps s;
        int id = sps_parse(nal, n, &s);
        if (id < 0)
            return false;
        params->sps[id] = s;
        if (params->first_sps < 0)
            look_of(params, id);
        return true;
    }
    if (type == HEVC_PPS) {
        struct hevc_pps q;
        int id = pps_parse(nal, n, &q);
        if (id < 0)
            return false;
        params->pps[id] = q;
        return true;
    }
    return type == HEVC_SEI_PREFIX && sei_learn(&params->look, nal, n);
}

int hevc_config_parse(const uint8_t *p, size_t n, struct hevc_params *ret, struct err *reterr) {
    memset(ret, 0, sizeof *ret);
    ret->first_sps = -1;
    if (n < 23 || p[0] != 1 || (p[21] & 3) == 2)
        return err_set(reterr, ERR_BAD_MEDIA, "not an HEVC configuration record");
    ret->nal_length = (p[21] & 3) + 1;
    size_t at = 23;
    for (int k = 0; k < p[22]; k++) {
        if (n - at < 3)
            return err_set(reterr, ERR_BAD_MEDIA, "HEVC configuration record is cut off");
        int type = p[at] & 63, count = p[at + 1] << 8 | p[at + 2];
        at += 3;
        for (int i = 0; i < count; i++) {
            size_t len = n - at >= 2 ? (size_t)p[at] << 8 | p[at + 1] : SIZE_MAX;
            if (n - at < 2 || len > n - at - 2)
                return err_set(reterr, ERR_BAD_MEDIA, "HEVC configuration record is cut off");
            bool good = hevc_nal_learn(ret, p + at + 2, len);
            if (!good && (type == HEVC_SPS || type == HEVC_PPS))
                return err_set(reterr, ERR_BAD_MEDIA, "HEVC %s parameter set does not parse", type == HEVC_SPS ? "sequence" : "picture");
            at += 2 + len;
        }
    }
    return ret->first_sps < 0 ? err_set(reterr, ERR_BAD_MEDIA, "HEVC configuration record without parameter sets") : 0;
}

/* ---- slice segment headers ---- */

enum { SLICE_B, SLICE_P, SLICE_I };

struct slice {
    struct bits b;
    struct hevc_sps *s;
    const struct hevc_pps *q;
    uint32_t type, refs[2];
    uint32_t current; /* NumPicTotalCurr */
    bool temporal_mvp, chroma;
};

static uint32_t rps_current(const struct hevc_rps *r) {
    uint32_t n = 0;
    for (int list = 0; list < 2; list++)
        for (int i = 0; i < r->n[list]; i++)
            n += r->used[list][i];
    return n;
}

static void long_term_parse(struct slice *h) {
    struct bits *b = &h->b;
    uint32_t known = h->s->n_long_term, from_sps = known ? ue_max(b, known) : 0, own = ue_max(b, 32);
    for (uint32_t i = 0; i < from_sps + own && !b->failed; i++) {
        if (i < from_sps) {
            uint32_t k = known > 1 ? u(b, bits_for(known)) : 0;
            h->current += k < 32 && h->s->long_term_used[k];
        } else {
            u(b, h->s->poc_lsb_bits);
            h->current += u(b, 1);
        }
        if (u(b, 1))
            ue(b);
    }
}

static void slice_pictures(struct slice *h) {
    struct bits *b = &h->b;
    int n = h->s->n_rps, idx = n;
    u(b, h->s->poc_lsb_bits);
    if (!u(b, 1))
        rps_parse(b, h->s, n, true);
    else
        idx = n > 1 ? (int)u(b, bits_for((uint64_t)n)) : 0;
    if (b->failed || idx > n) {
        b->failed = true;
        return;
    }
    h->current = rps_current(&h->s->rps[idx]);
    if (h->s->long_term)
        long_term_parse(h);
    h->temporal_mvp = h->s->temporal_mvp && u(b, 1);
}

/* 7.3.6.3 */
static void pred_weight_table(struct slice *h, int lists) {
    struct bits *b = &h->b;
    ue_max(b, 7);
    if (h->chroma)
        se(b);
    for (int l = 0; l < lists; l++) {
        bool luma[16] = {false}, chroma[16] = {false};
        for (uint32_t i = 0; i < h->refs[l]; i++)
            luma[i] = u(b, 1);
        for (uint32_t i = 0; i < h->refs[l] && h->chroma; i++)
            chroma[i] = u(b, 1);
        for (uint32_t i = 0; i < h->refs[l] && !b->failed; i++) {
            if (luma[i])
                se(b), se(b);
            if (chroma[i])
                se(b), se(b), se(b), se(b);
        }
    }
}

/* 7.3.6.2 */
static void lists_modification(struct slice *h, int lists) {
    int width = bits_for(h->current);
    for (int l = 0; l < lists; l++)
        if (u(&h->b, 1))
            for (uint32_t i = 0; i < h->refs[l]; i++)
                u(&h->b, width);
}

static void slice_prediction(struct slice *h) {
    struct bits *b = &h->b;
    const struct hevc_pps *q = h->q;
    int lists = h->type == SLICE_B ? 2 : 1;
    h->refs[0] = q->ref_default[0], h->refs[1] = q->ref_default[1];
    if (u(b, 1))
        for (int l = 0; l < lists; l++)
            h->refs[l] = ue_max(b, 14) + 1;
    if (q->lists_modification && h->current > 1)
        lists_modification(h, lists);
    if (h->type == SLICE_B)
        u(b, 1); /* mvd_l1_zero */
    if (q->cabac_init)
        u(b, 1);
    if (h->temporal_mvp) {
        int from = h->type == SLICE_B ? !u(b, 1) : 0;
        if (h->refs[from] > 1)
            ue_max(b, 14);
    }
    if (h->type == SLICE_B ? q->weighted_bipred : q->weighted_pred)
        pred_weight_table(h, lists);
    ue_max(b, 4);
}

static void slice_filters(struct slice *h, bool sao) {
    struct bits *b = &h->b;
    const struct hevc_pps *q = h->q;
    bool off = q->deblock_off;
    if (q->deblock_override && u(b, 1)) {
        off = u(b, 1);
        if (!off)
            se(b), se(b);
    }
    if (q->across_slices && (sao || !off))
        u(b, 1);
}

/* What only the first segment of a slice has. */
static void slice_own(struct slice *h, bool idr) {
    struct bits *b = &h->b;
    u(b, h->q->extra_bits);
    h->type = ue_max(b, 2);
    if (h->q->output_present)
        u(b, 1);
    if (h->s->separate_planes)
        u(b, 2);
    if (!idr)
        slice_pictures(h);
    bool sao = h->s->sao && u(b, 1);
    if (h->s->sao && h->chroma)
        sao |= u(b, 1);
    if (h->type != SLICE_I)
        slice_prediction(h);
    se(b);
    if (h->q->chroma_qp)
        se(b), se(b);
    if (h->q->chroma_qp_list)
        u(b, 1);
    slice_filters(h, sao);
}

static void slice_tail(struct slice *h) {
    struct bits *b = &h->b;
    if (h->q->tiles || h->q->sync) {
        uint32_t n = ue_max(b, 440 * 1024); /* 22 columns of tiles, 7.4.7.1, and a CTB a row of 16384 lines */
        int width = n ? (int)ue_max(b, 31) + 1 : 0;
        for (uint32_t i = 0; i < n && !b->failed; i++)
            u(b, width);
    }
    if (h->q->extension)
        for (uint32_t n = ue_max(b, 256); n > 0 && !b->failed; n--)
            u(b, 8);
    if (!u(b, 1)) /* byte_alignment() */
        b->failed = true;
}

size_t hevc_slice_header(struct hevc_params *params, const uint8_t *nal, size_t n) {
    int kind = n > 2 ? hevc_nal_type(nal) : -1;
    if (kind < 0 || kind > 31 || (kind > 9 && kind < 16) || kind > 21 || (nal[0] & 1) || nal[1] >> 3)
        return 0; /* no slice, or of a layer of its own */
    struct slice h = {.b = bits_of(nal, n)};
    u(&h.b, 16);
    bool first = u(&h.b, 1), dependent = false;
    if (kind >= 16)
        u(&h.b, 1);
    h.q = &params->pps[ue_max(&h.b, HEVC_PPS_MAX - 1)];
    h.s = &params->sps[h.q->sps_id];
    if (h.b.failed || !h.q->set || !h.s->set)
        return 0;
    h.chroma = h.s->chroma_format != 0 && !h.s->separate_planes;
    if (!first) {
        dependent = h.q->dependent && u(&h.b, 1);
        u(&h.b, bits_for(h.s->ctbs));
    }
    if (!dependent)
        slice_own(&h, kind == 19 || kind == 20);
    slice_tail(&h);
    return h.b.failed ? 0 : h.b.at + 1;
}

void hevc_codec_string(const struct hevc_sps *s, char *dst, size_t n) {
    scoped(buf_done) struct buf b = BUF(128);
    uint32_t flags = 0;
    for (int i = 0; i < 32; i++) /* the compatibility flags, bit 31 first */
        flags |= (uint32_t)(s->ptl[1 + i / 8] >> (7 - i % 8) & 1) << i;
    int space = s->ptl[0] >> 6, last = 11;
    buf_addc(&b, "hvc1.");
    if (space)
        buf_byte(&b, (uint8_t)('A' + space - 1));
    buf_addf(&b, "%d.%X.%c%d", s->ptl[0] & 31, flags, s->ptl[0] & 0x20 ? 'H' : 'L', s->ptl[11]);
    while (last > 5 && s->ptl[last - 1] == 0) /* the six bytes of constraints, without zeros behind */
        last--;
    for (int i = 5; i < last; i++)
        buf_addf(&b, ".%X", s->ptl[i]);
    snprintf(dst, n, "%s", buf_cstr(&b));
}
