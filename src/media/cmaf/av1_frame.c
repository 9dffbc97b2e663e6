/*
 * av1_frame.c - frame headers (5.9) and tile groups (5.11.1): how long a header is and where tiles begin. Of what a frame inherits only
 * that is kept which decides how a header is written: sizes, order hints, segmentation features.
 */
#include "media/cmaf/av1.h"
#include "media/cmaf/bits.h"

enum { KEY_FRAME, INTER_FRAME, INTRA_ONLY_FRAME, SWITCH_FRAME, PRIMARY_NONE = 7, REFS_PER_FRAME = 7, ALL = 255 };
enum { SIDE_MAX = 65536, TILE_WIDTH_MAX = 4096, TILE_AREA_MAX = 4096 * 2304, TILE_COLS_MAX = 64 };
enum { TRANSLATION = 1, ROTZOOM, AFFINE };

struct header {
    struct av1_stream *st;
    const struct av1_sequence *q;
    struct bits b;
    int type, temporal, spatial;
    bool intra, shown, showable, resilient, size_override, screen_content, integer_mv, high_precision, intrabc, reference_select;
    bool segmented, lossless, shows_existing;
    int primary, existing, base_q;
    int dq[5]; /* y dc, u dc, u ac, v dc, v ac */
    int ref[REFS_PER_FRAME];
    bool delta_q;
};

static void fail(struct header *h) { h->b.failed = true; }

static int32_t su(struct bits *b, int n) { /* 4.10.6 */
    int32_t v = (int32_t)u(b, n), sign = 1 << (n - 1);
    return v & sign ? v - 2 * sign : v;
}

static uint32_t ns(struct bits *b, uint32_t n) { /* 4.10.7 */
    int w = 0;
    while (n >> w)
        w++;
    if (w == 0)
        return 0;
    uint32_t m = (1u << w) - n, v = u(b, w - 1);
    return v < m ? v : (v << 1) - m + u(b, 1);
}

/* 7.8.3 without the sign of what does not count */
static int distance(const struct av1_sequence *q, uint32_t a, uint32_t b) {
    if (!q->order_hint)
        return 0;
    int d = (int)a - (int)b, m = 1 << (q->order_bits - 1);
    return (d & (m - 1)) - (d & m);
}

static void superres(struct header *h) {
    struct av1_reference *f = &h->st->frame;
    f->upscaled_width = f->width;
    if (h->q->superres && u(&h->b, 1)) {
        int denominator = (int)u(&h->b, 3) + 9;
        f->width = (f->upscaled_width * 8 + denominator / 2) / denominator;
    }
}

static void frame_size(struct header *h) {
    struct av1_reference *f = &h->st->frame;
    f->width = h->q->width, f->height = h->q->height;
    if (h->size_override) {
        f->width = (int)u(&h->b, h->q->width_bits) + 1;
        f->height = (int)u(&h->b, h->q->height_bits) + 1;
    }
    superres(h);
    if (u(&h->b, 1)) /* render_size() */
        u(&h->b, 32);
}

static void frame_size_with_refs(struct header *h) {
    for (int i = 0; i < REFS_PER_FRAME; i++)
        if (u(&h->b, 1)) {
            const struct av1_reference *r = &h->st->refs[h->ref[i]];
            h->st->frame.width = r->upscaled_width, h->st->frame.height = r->height;
            superres(h);
            return;
        }
    frame_size(h);
}

/* 5.9.15 */
static void tile_info(struct header *h) {
    struct av1_stream *s = h->st;
    struct bits *b = &h->b;
    int shift = h->q->superblock_128 ? 7 : 6, cols = (s->frame.width + (1 << shift) - 1) >> shift,
        rows = (s->frame.height + (1 << shift) - 1) >> shift;
    int widest = TILE_WIDTH_MAX >> shift, area = TILE_AREA_MAX >> (2 * shift), low = 0, high = 0, rows_high = 0, least = 0;
#define LOG2(ret, unit, target)                                                                    \
    while (((int64_t)(unit) << (ret)) < (target))                                                  \
        (ret)++
    LOG2(low, widest, cols);
    LOG2(high, 1, MIN(cols, TILE_COLS_MAX));
    LOG2(rows_high, 1, MIN(rows, TILE_COLS_MAX));
    LOG2(least, area, (int64_t)rows * cols);
    least = MAX(least, low);
    s->column_bits = s->row_bits = s->columns = s->rows = 0;
    if (u(b, 1)) {
        s->column_bits = low;
        while (s->column_bits < high && u(b, 1))
            s->column_bits++;
        int wide = (cols + (1 << s->column_bits) - 1) >> s->column_bits;
        s->columns = (cols + wide - 1) / wide;
        s->row_bits = MAX(least - s->column_bits, 0);
        while (s->row_bits < rows_high && u(b, 1))
            s->row_bits++;
        int tall = (rows + (1 << s->row_bits) - 1) >> s->row_bits;
        s->rows = (rows + tall - 1) / tall;
    } else {
        int largest = 0;
        for (int at = 0; at < cols && !b->failed; s->columns++) {
            int size = (int)ns(b, (uint32_t)MIN(cols - at, widest)) + 1;
            largest = MAX(largest, size);
            at += size;
        }
        int64_t most = least > 0 ? ((int64_t)rows * cols) >> (least + 1) : (int64_t)rows * cols;
        int tallest = (int)MAX(most / MAX(largest, 1), 1);
        for (int at = 0; at < rows && !b->failed; s->rows++)
            at += (int)ns(b, (uint32_t)MIN(rows - at, tallest)) + 1;
        LOG2(s->column_bits, 1, s->columns);
        LOG2(s->row_bits, 1, s->rows);
    }
#undef LOG2
    if (s->columns > TILE_COLS_MAX || s->rows > TILE_COLS_MAX)
        fail(h);
    s->tile_size_bytes = 0;
    if (s->column_bits > 0 || s->row_bits > 0) {
        u(b, s->row_bits + s->column_bits);
        s->tile_size_bytes = (int)u(b, 2) + 1;
    }
}

static int delta_q(struct bits *b) { return u(b, 1) ? su(b, 7) : 0; }

/* 5.9.12 */
static void quantization(struct header *h) {
    struct bits *b = &h->b;
    h->base_q = (int)u(b, 8);
    h->dq[0] = delta_q(b);
    if (!h->q->mono) {
        bool differ = h->q->separate_uv && u(b, 1);
        h->dq[1] = delta_q(b), h->dq[2] = delta_q(b);
        h->dq[3] = differ ? delta_q(b) : h->dq[1];
        h->dq[4] = differ ? delta_q(b) : h->dq[2];
    }
    if (u(b, 1)) {
        u(b, 8);
        if (h->q->separate_uv)
            u(b, 4);
    }
}

/* 5.9.14 */
static void segmentation(struct header *h) {
    static const uint8_t bits[AV1_FEATURES] = {8, 6, 6, 6, 6, 3, 0, 0}, is_signed[AV1_FEATURES] = {1, 1, 1, 1, 1, 0, 0, 0};
    struct bits *b = &h->b;
    struct av1_segments *g = &h->st->frame.segments;
    bool update = true;
    h->segmented = u(b, 1);
    if (!h->segmented) {
        *g = (struct av1_segments){0};
        return;
    }
    if (h->primary != PRIMARY_NONE) {
        if (u(b, 1))
            u(b, 1);
        update = u(b, 1);
    }
    for (int i = 0; i < AV1_SEGMENTS && update; i++)
        for (int k = 0; k < AV1_FEATURES; k++) {
            g->enabled[i][k] = u(b, 1);
            int n = g->enabled[i][k] ? bits[k] : 0;
            g->value[i][k] = n == 0 ? 0 : (int16_t)(is_signed[k] ? su(b, n + 1) : (int32_t)u(b, n));
        }
}

/* 7.12.2, ignoring what blocks say */
static void lossless_find(struct header *h) {
    const struct av1_segments *g = &h->st->frame.segments;
    bool none = !h->dq[0] && !h->dq[1] && !h->dq[2] && !h->dq[3] && !h->dq[4];
    h->lossless = none;
    for (int i = 0; i < AV1_SEGMENTS; i++) {
        int q = h->base_q + (h->segmented && g->enabled[i][0] ? g->value[i][0] : 0);
        h->lossless &= CLAMP(q, 0, 255) == 0;
    }
}

static void delta_params(struct header *h) { /* 5.9.17, 5.9.18 */
    struct bits *b = &h->b;
    h->delta_q = h->base_q > 0 && u(b, 1);
    if (h->delta_q)
        u(b, 2);
    if (h->delta_q && !h->intrabc && u(b, 1))
        u(b, 3);
}

static void loop_filter(struct header *h) { /* 5.9.11 */
    struct bits *b = &h->b;
    if (h->lossless || h->intrabc)
        return;
    uint32_t levels = u(b, 6);
    levels |= u(b, 6);
    if (!h->q->mono && levels)
        u(b, 12);
    u(b, 3);
    if (u(b, 1) && u(b, 1))
        for (int i = 0; i < 8 + 2; i++)
            if (u(b, 1))
                u(b, 7);
}

static void cdef(struct header *h) { /* 5.9.19 */
    if (h->lossless || h->intrabc || !h->q->cdef)
        return;
    u(&h->b, 2);
    for (int n = 1 << u(&h->b, 2); n > 0; n--)
        u(&h->b, h->q->mono ? 6 : 12);
}

static void restoration(struct header *h) { /* 5.9.20 */
    struct bits *b = &h->b;
    bool any = false, chroma = false;
    if ((h->lossless && h->st->frame.width == h->st->frame.upscaled_width) || h->intrabc || !h->q->restoration)
        return;
    for (int i = 0; i < (h->q->mono ? 1 : 3); i++)
        if (u(b, 2)) {
            any = true;
            chroma |= i > 0;
        }
    if (any && u(b, 1) && !h->q->superblock_128)
        u(b, 1);
    if (h->q->subsampling_x && h->q->subsampling_y && chroma)
        u(b, 1);
}

/* 5.9.22: whether two references on the right sides are there for it */
static bool skip_mode_allowed(const struct header *h) {
    const struct av1_reference *refs = h->st->refs;
    uint32_t now = h->st->frame.order_hint, ahead = 0, behind = 0;
    bool has_ahead = false, has_behind = false;
    if (h->intra || !h->reference_select || !h->q->order_hint)
        return false;
    for (int i = 0; i < REFS_PER_FRAME; i++) {
        uint32_t hint = refs[h->ref[i]].order_hint;
        int d = distance(h->q, hint, now);
        if (d < 0 && (!has_behind || distance(h->q, hint, behind) > 0))
            has_behind = true, behind = hint;
        if (d > 0 && (!has_ahead || distance(h->q, hint, ahead) < 0))
            has_ahead = true, ahead = hint;
    }
    bool second = false;
    for (int i = 0; i < REFS_PER_FRAME && has_behind; i++)
        second |= distance(h->q, refs[h->ref[i]].order_hint, behind) < 0;
    return has_behind && (has_ahead || second);
}

static void subexp(struct bits *b, uint32_t symbols) { /* 5.9.28 */
    uint32_t mk = 0;
    for (int i = 0; !b->failed; i++) {
        int bits2 = i ? 3 + i - 1 : 3;
        uint32_t a = 1u << bits2;
        if (symbols <= mk + 3 * a) {
            ns(b, symbols - mk);
            return;
        }
        if (!u(b, 1)) {
            u(b, bits2);
            return;
        }
        mk += a;
    }
}

static void global_motion(struct header *h) { /* 5.9.24, 5.9.25 */
    struct bits *b = &h->b;
    for (int ref = 0; ref < REFS_PER_FRAME && !h->intra; ref++) {
        if (!u(b, 1))
            continue;
        int type = u(b, 1) ? ROTZOOM : u(b, 1) ? TRANSLATION : AFFINE;
        int shift = type == TRANSLATION ? 9 - !h->high_precision : 12;
        int alphas = type == AFFINE ? 4 : type == ROTZOOM ? 2 : 0;
        for (int i = 0; i < alphas; i++)
            subexp(b, 2 * (1u << 12) + 1);
        for (int i = 0; i < 2; i++)
            subexp(b, 2 * (1u << shift) + 1);
    }
}

static void film_grain(struct header *h) { /* 5.9.30 */
    struct bits *b = &h->b;
    const struct av1_sequence *q = h->q;
    if (!q->film_grain || (!h->shown && !h->showable) || !u(b, 1))
        return;
    u(b, 16);
    if (h->type == INTER_FRAME && !u(b, 1)) {
        u(b, 3);
        return;
    }
    int y = (int)u(b, 4), c[2] = {0, 0};
    for (int i = 0; i < y; i++)
        u(b, 16);
    bool from_luma = !q->mono && u(b, 1);
    bool none = q->mono || from_luma || (q->subsampling_x && q->subsampling_y && y == 0);
    for (int k = 0; k < 2 && !none; k++) {
        c[k] = (int)u(b, 4);
        for (int i = 0; i < c[k]; i++)
            u(b, 16);
    }
    u(b, 2);
    int lag = (int)u(b, 2), luma = 2 * lag * (lag + 1);
    for (int i = 0; i < luma && y; i++)
        u(b, 8);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < luma + (y > 0) && (from_luma || c[k]); i++)
            u(b, 8);
    u(b, 4);
    for (int k = 0; k < 2; k++)
        if (c[k])
            u(b, 25);
    u(b, 2);
}

static void temporal_point(struct header *h) {
    if (h->q->decoder_model && !h->q->timing_equal)
        u(&h->b, h->q->presentation_bits);
}

static void removal_times(struct header *h) {
    if (!h->q->decoder_model || !u(&h->b, 1))
        return;
    for (int i = 0; i < h->q->n_points; i++) {
        unsigned point = h->q->point[i];
        bool inside = !point || (point >> h->temporal & 1 && point >> (h->spatial + 8) & 1);
        if (h->q->point_model[i] && inside)
            u(&h->b, h->q->removal_bits);
    }
}

/* Up to the frame's kind; false: an existing frame is shown, and nothing follows. */
static bool frame_kind(struct header *h) {
    struct bits *b = &h->b;
    if (h->q->reduced_still) {
        h->type = KEY_FRAME;
        h->intra = h->shown = h->resilient = true;
        return true;
    }
    h->shows_existing = u(b, 1);
    if (h->shows_existing) {
        h->existing = (int)u(b, 3);
        temporal_point(h);
        u(b, h->q->id_bits);
        return false;
    }
    h->type = (int)u(b, 2);
    h->intra = h->type == KEY_FRAME || h->type == INTRA_ONLY_FRAME;
    h->shown = u(b, 1);
    if (h->shown)
        temporal_point(h);
    h->showable = h->shown ? h->type != KEY_FRAME : u(b, 1);
    h->resilient = h->type == SWITCH_FRAME || (h->type == KEY_FRAME && h->shown) || u(b, 1);
    return true;
}

static void inter_references(struct header *h) {
    struct bits *b = &h->b;
    if (h->q->order_hint && u(b, 1)) {
        fail(h); /* short signalling: see av1.h */
        return;
    }
    for (int i = 0; i < REFS_PER_FRAME; i++) {
        h->ref[i] = (int)u(b, 3);
        if (h->q->frame_ids)
            u(b, h->q->id_delta_bits);
        if (!h->st->refs[h->ref[i]].valid)
            fail(h);
    }
    if (h->size_override && !h->resilient)
        frame_size_with_refs(h);
    else
        frame_size(h);
    h->high_precision = !h->integer_mv && u(b, 1);
    if (!u(b, 1))
        u(b, 2);
    u(b, 1); /* motion mode */
    if (!h->resilient && h->q->ref_mvs)
        u(b, 1);
}

/* Sizes and references of the frame. */
static void frame_shape(struct header *h) {
    struct bits *b = &h->b;
    struct av1_reference *refs = h->st->refs;
    bool all = h->type == SWITCH_FRAME || (h->type == KEY_FRAME && h->shown);
    h->st->refresh = all ? ALL : u(b, 8);
    if ((!h->intra || h->st->refresh != ALL) && h->resilient && h->q->order_hint)
        for (int i = 0; i < AV1_REFS; i++) {
            uint32_t hint = u(b, h->q->order_bits);
            if (hint != refs[i].order_hint || !refs[i].valid)
                refs[i] = (struct av1_reference){.order_hint = hint};
        }
    if (!h->intra) {
        inter_references(h);
        return;
    }
    frame_size(h);
    h->intrabc = h->screen_content && h->st->frame.upscaled_width == h->st->frame.width && u(b, 1);
}

static void frame_begin(struct header *h) {
    struct bits *b = &h->b;
    const struct av1_sequence *q = h->q;
    if (h->type == KEY_FRAME && h->shown)
        for (int i = 0; i < AV1_REFS; i++)
            h->st->refs[i] = (struct av1_reference){0};
    bool no_update = u(b, 1);
    h->screen_content = q->screen_content == 2 ? u(b, 1) : q->screen_content;
    h->integer_mv = h->screen_content && (q->integer_mv == 2 ? u(b, 1) : q->integer_mv);
    h->integer_mv |= h->intra;
    u(b, q->id_bits);
    h->size_override = h->type == SWITCH_FRAME || (!q->reduced_still && u(b, 1));
    h->st->frame.order_hint = u(b, q->order_bits);
    h->primary = h->intra || h->resilient ? PRIMARY_NONE : (int)u(b, 3);
    removal_times(h);
    frame_shape(h);
    if (!q->reduced_still && !no_update)
        u(b, 1); /* end of frame update of CDFs */
    if (h->primary != PRIMARY_NONE && !h->b.failed)
        h->st->frame.segments = h->st->refs[h->ref[h->primary]].segments;
}

/* 5.9.2; the header's bits are read when it answers true. */
static bool uncompressed_header(struct header *h) {
    struct bits *b = &h->b;
    if (!frame_kind(h))
        return !b->failed;
    h->st->frame = (struct av1_reference){.valid = true, .key = h->type == KEY_FRAME};
    frame_begin(h);
    const struct av1_reference *f = &h->st->frame;
    if (b->failed || f->width < 1 || f->height < 1 || f->width > SIDE_MAX || f->height > SIDE_MAX)
        return false;
    tile_info(h);
    quantization(h);
    segmentation(h);
    delta_params(h);
    lossless_find(h);
    loop_filter(h);
    cdef(h);
    restoration(h);
    if (!h->lossless)
        u(b, 1); /* tx_mode_select */
    h->reference_select = !h->intra && u(b, 1);
    if (skip_mode_allowed(h))
        u(b, 1);
    if (!h->intra && !h->resilient && h->q->warped)
        u(b, 1);
    u(b, 1); /* reduced_tx_set */
    global_motion(h);
    film_grain(h);
    return !b->failed;
}

/* 7.20, and 7.21 for a key frame that is shown late */
static void references_update(struct av1_stream *s, const struct av1_reference *f, unsigned refresh) {
    struct av1_reference kept = *f; /* it may be one of those that change */
    for (int i = 0; i < AV1_REFS; i++)
        if (refresh >> i & 1)
            s->refs[i] = kept;
}

/* The header at the payload's beginning; *ret_bytes: to the next whole byte. */
static bool header_read(struct av1_stream *s, const uint8_t *p, struct av1_obu o, size_t *ret_bytes) {
    struct header h = {.st = s, .q = &s->seq};
    bool extended = p[0] & 4;
    h.temporal = extended ? p[1] >> 5 : 0, h.spatial = extended ? p[1] >> 3 & 3 : 0;
    h.b = bits_of(p + o.header, o.size);
    h.b.plain = true;
    if (!s->seq.set || !uncompressed_header(&h))
        return false;
    *ret_bytes = h.b.at + (h.b.left < 8);
    if (h.shows_existing) {
        const struct av1_reference *r = &s->refs[h.existing];
        if (r->key)
            references_update(s, r, ALL);
        return r->valid;
    }
    s->open = true;
    s->next_tile = 0;
    return true;
}

static size_t little(const uint8_t *p, int n) {
    size_t v = 0;
    for (int i = 0; i < n; i++)
        v |= (size_t)p[i] << (8 * i);
    return v;
}

struct caller {
    bool (*tile)(void *arg, size_t offset, size_t size);
    void *arg;
};

/* [at, end) of the temporal unit p. */
static bool tile_group(struct av1_stream *s, const uint8_t *p, size_t at, size_t end, const struct caller *c) {
    int tiles = s->columns * s->rows, bits = s->column_bits + s->row_bits, last = tiles - 1;
    if (!s->open || at > end)
        return false;
    if (tiles > 1) {
        struct bits b = bits_of(p + at, end - at);
        b.plain = true;
        if (u(&b, 1)) {
            if ((int)u(&b, bits) != s->next_tile)
                return false;
            last = (int)u(&b, bits);
        }
        if (b.failed || last >= tiles || last < s->next_tile)
            return false;
        at += b.at + (b.left < 8);
    }
    for (; s->next_tile <= last; s->next_tile++) {
        size_t size = end - at;
        if (s->next_tile < last) {
            if (size < (size_t)s->tile_size_bytes)
                return false;
            size = little(p + at, s->tile_size_bytes) + 1;
            at += (size_t)s->tile_size_bytes;
        }
        if (size == 0 || size > end - at || !c->tile(c->arg, at, size))
            return false;
        at += size;
    }
    if (s->next_tile == tiles) {
        references_update(s, &s->frame, s->refresh);
        s->open = false;
    }
    return true;
}

static bool sequence_learn(struct av1_stream *s, const uint8_t *p, size_t n) {
    struct av1_sequence q;
    if (!av1_sequence_parse(p, n, &q))
        return false;
    s->seq = q;
    return true;
}

bool av1_tiles(struct av1_stream *s, const uint8_t *p, size_t n, bool (*tile)(void *arg, size_t offset, size_t size), void *arg) {
    struct caller c = {tile, arg};
    struct av1_obu o;
    size_t header;
    for (size_t at = 0; at < n; at += o.header + o.size) {
        if (!av1_obu_read(p + at, n - at, &o))
            return false;
        size_t body = at + o.header, end = body + o.size;
        bool good = true;
        if (o.type == AV1_SEQUENCE)
            good = sequence_learn(s, p + body, o.size);
        else if (o.type == AV1_FRAME)
            good = !s->open && header_read(s, p + at, o, &header) && s->open && tile_group(s, p, body + header, end, &c);
        else if (o.type == AV1_FRAME_HEADER && !s->open)
            good = header_read(s, p + at, o, &header);
        else if (o.type == AV1_TILE_GROUP)
            good = tile_group(s, p, body, end, &c);
        else if (o.type == AV1_TILE_LIST)
            good = false;
        if (!good)
            return false;
    }
    return !s->open;
}
