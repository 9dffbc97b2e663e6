/* manifest.c - file names to manifests, and what HLS and DASH have in common. */
#include "media/manifest/manifest_int.h"
#include "media/cmaf/box.h"
#include <stdlib.h>
#include <string.h>

const struct asset_desc *lead_asset(const struct presentation *p) {
    for (size_t i = 0; i < p->n_spans; i++)
        if (p->spans[i].kind == SPAN_CONTENT)
            return p->spans[i].asset;
    return p->n_spans > 0 ? p->spans[0].asset : NULL;
}

size_t tracks_of(const struct presentation *p, const struct view *v, enum track_kind kind,
                 const struct track_desc **ret, size_t max) {
    const struct asset_desc *a = lead_asset(p);
    size_t n = 0;
    for (size_t i = 0; a && i < a->n_tracks && n < max; i++)
        if (a->tracks[i].kind == kind && a->tracks[i].n_extents > 0 && view_has(v, &a->tracks[i]))
            ret[n++] = &a->tracks[i];
    if (n > 0 || (kind != TRACK_VIDEO && kind != TRACK_AUDIO))
        return n;
    /* A ceiling below the lowest rung, a language that nobody speaks: a small picture and another
     * language beat none. */
    const struct track_desc *lowest = NULL;
    for (size_t i = 0; a && i < a->n_tracks; i++) {
        const struct track_desc *t = &a->tracks[i];
        bool better = !lowest || (kind == TRACK_VIDEO ? t->bandwidth < lowest->bandwidth
                                                      : t->is_default && !lowest->is_default);
        if (lowest && kind == TRACK_VIDEO && view_codec(v, t) != view_codec(v, lowest))
            better = view_codec(v, t); /* but never a codec that was not asked for, where there is another */
        if (t->kind == kind && t->n_extents > 0 && better)
            lowest = t;
    }
    if (lowest)
        ret[n++] = lowest;
    return n;
}

const struct track_desc *track_stand_in(const struct presentation *p, const struct asset_desc *a,
                                        const struct track_desc *t) {
    if (a == lead_asset(p))
        return t;
    const struct track_desc *best = NULL;
    int64_t best_cost = INT64_MAX;
    for (size_t i = 0; i < a->n_tracks; i++) {
        const struct track_desc *c = &a->tracks[i];
        if (c->kind != t->kind || c->n_extents == 0)
            continue;
        int64_t cost = 0;
        if (t->kind == TRACK_VIDEO)
            cost = abs(picture_lines(c->width, c->height) - picture_lines(t->width, t->height)) + !track_switches(c, t) * 100000;
        else
            cost = !str_eq(c->lang, t->lang) * 100 + !str_eq(c->role, t->role) * 10 +
                   !codec_same_family(c->codec, t->codec) * 9 + abs(c->channels - t->channels);
        if (t->kind == TRACK_TEXT && cost >= 100)
            continue; /* no subtitles rather than a language nobody asked for */
        if (cost < best_cost)
            best = c, best_cost = cost;
    }
    return best;
}

/* A segment belongs to the span that holds its middle: whatever the cut, it is in one span and no
 * other. */
struct stretch stretch_of(const struct span *s, const struct track_desc *t) {
    struct stretch r = {s->asset, t, 0, t->n_extents};
    int64_t from = s->from_ms * t->timescale * 2, to = s->to_ms * t->timescale * 2;
    const struct index_extent *e = t->extents;
    while (r.from < r.to && ((int64_t)e[r.from].time * 2 + e[r.from].duration) * 1000 <= from)
        r.from++;
    while (s->to_ms >= 0 && r.to > r.from &&
           ((int64_t)e[r.to - 1].time * 2 + e[r.to - 1].duration) * 1000 > to)
        r.to--;
    return r;
}

/* To the asset's end the longest track counts; a cut is where the pictures are cut. */
int64_t span_duration_us(const struct span *s) {
    int64_t longest = 0, pictures = 0;
    for (size_t i = 0; i < s->asset->n_tracks; i++) {
        const struct track_desc *t = &s->asset->tracks[i];
        if (t->n_extents == 0 || (t->kind != TRACK_VIDEO && t->kind != TRACK_AUDIO))
            continue;
        struct stretch r = stretch_of(s, t);
        if (r.from == r.to)
            continue;
        const struct index_extent *last = &t->extents[r.to - 1];
        int64_t us = scale_us((int64_t)(last->time + last->duration - t->extents[r.from].time),
                              t->timescale);
        longest = MAX(longest, us);
        pictures = t->kind == TRACK_VIDEO ? MAX(pictures, us) : pictures;
    }
    return s->to_ms >= 0 && pictures > 0 ? pictures : longest;
}

bool imsc_form_of(const struct view *v, const struct track_desc *t, struct imsc_form *ret) {
    if (!t || t->kind != TRACK_TEXT || t->imsc_bandwidth == 0 || !view_imsc(v))
        return false;
    imsc_name(t->name, ret->name);
    ret->t = *t;
    ret->t.name = str_of(ret->name);
    ret->t.codec = STR("stpp.ttml.im1t");
    ret->t.bandwidth = ret->t.peak_bandwidth = t->imsc_bandwidth;
    ret->t.init_length = MAX(t->init_length, 1); /* there is one; how long it is, manifests do not say */
    return true;
}

bool track_is_imsc(const struct track_desc *t) {
    return t->kind == TRACK_TEXT && str_starts(t->codec, STR("stpp"));
}

void url_prefix(struct buf *b, const struct presentation *p, const struct view *v,
                const struct asset_desc *a) {
    if (a == lead_asset(p))
        return;
    struct arena scratch = ARENA(64 << 10);
    buf_addf(b, "../../" STR_FMT "/" STR_FMT "/", STR_ARG(a->id), STR_ARG(view_id(v, &scratch)));
    arena_done(&scratch);
}

int64_t scale_us(int64_t t, uint32_t timescale) {
    return t / timescale * 1000000 + (t % timescale * 1000000 + timescale / 2) / timescale;
}

void buf_uuid(struct buf *b, const uint8_t id[16]) {
    static const int groups[] = {4, 2, 2, 2, 6};
    for (int g = 0, at = 0; g < 5; at += groups[g++]) {
        if (g > 0)
            buf_byte(b, '-');
        buf_hex(b, id + at, (size_t)groups[g]);
    }
}

bool kid_same(const struct track_desc *a, const struct track_desc *b) {
    return a->key_class != KEY_NONE && b->key_class != KEY_NONE && memcmp(a->kid, b->kid, 16) == 0;
}

struct track_desc track_in_period(const struct track_desc *t, uint32_t period) {
    struct track_desc c = *t;
    if (t->key_class != KEY_NONE)
        memcpy(c.kid, track_kid(t, period), sizeof c.kid);
    return c;
}

/* Tracks of one class share their keys, mostly: whose first key was there brings nothing new. */
static uint32_t kids_write(struct buf *b, const struct asset_desc *a) {
    uint32_t count = 0;
    for (size_t i = 0; i < a->n_tracks; i++) {
        const struct track_desc *t = &a->tracks[i];
        bool seen = t->key_class == KEY_NONE;
        for (size_t k = 0; k < i; k++)
            seen |= kid_same(t, &a->tracks[k]);
        if (seen)
            continue;
        buf_mem(b, t->kid, 16);
        buf_mem(b, t->n_later_kids ? t->later_kids[0] : NULL, t->n_later_kids * 16);
        count += 1 + (uint32_t)t->n_later_kids;
    }
    return count;
}

void pssh_make(struct buf *b, const struct asset_desc *a) {
    static const uint8_t common[16] = {0x10, 0x77, 0xef, 0xec, 0xc0, 0xb2, 0x4d, 0x02,
                                       0xac, 0xe3, 0x3c, 0x1e, 0x52, 0xe2, 0xfb, 0x4b};
    size_t at = box_begin_full(b, "pssh", 1, 0), count_at;
    buf_mem(b, common, 16);
    count_at = b->n;
    buf_be32(b, 0);
    uint32_t count = kids_write(b, a);
    if (!b->failed)
        buf_set_be32(b, count_at, count);
    buf_be32(b, 0);
    box_end(b, at);
}

static const struct track_desc *track_named(const struct presentation *p, const struct view *v,
                                            struct str name, struct imsc_form *form) {
    const struct track_desc *all[TRACKS_MAX];
    for (int kind = TRACK_VIDEO; kind <= TRACK_TEXT; kind++) {
        size_t n = tracks_of(p, v, (enum track_kind)kind, all, ARRAY_LEN(all));
        for (size_t i = 0; i < n; i++)
            if (str_eq(all[i]->name, name))
                return all[i];
            else if (imsc_form_of(v, all[i], form) && str_eq(form->t.name, name))
                return &form->t;
    }
    return NULL;
}

int manifest_render(const struct presentation *p, const struct view *v, struct str name,
                    struct buf *out, const char **ret_type, struct err *reterr) {
    const struct str media = STR(".m3u8"), iframes = STR(".iframes.m3u8");
    const char *type = "application/vnd.apple.mpegurl";
    int r = 0;
    if (str_eq(name, STR("main.m3u8"))) {
        r = hls_multivariant(p, v, out, reterr);
    } else if (str_eq(name, STR("main.mpd"))) {
        type = "application/dash+xml";
        r = dash_mpd(p, v, out, reterr);
    } else {
        bool only = str_ends(name, iframes);
        const struct track_desc *t = NULL;
        struct imsc_form form;
        if (str_ends(name, media))
            t = track_named(p, v, str_slice(name, 0, name.n - (only ? iframes.n : media.n)), &form);
        if (!t || (only && t->kind != TRACK_VIDEO))
            return err_set(reterr, ERR_NOT_FOUND, "no manifest " STR_FMT " in this view",
                           STR_ARG(name));
        r = hls_media(p, v, t, only, out);
    }
    if (r < 0)
        return r;
    if (out->failed)
        return err_set(reterr, ERR_LIMIT, "manifest " STR_FMT " is over %zu bytes", STR_ARG(name),
                       out->max);
    if (ret_type)
        *ret_type = type;
    return 0;
}
