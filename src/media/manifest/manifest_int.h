/* manifest_int.h - between the files of manifest: which tracks, which segments of them, what they
 * are called. */
#pragma once
#include "media/manifest/manifest.h"

/* Every span's asset stands for the lead's tracks: the lead is the first span of content. */
const struct asset_desc *lead_asset(const struct presentation *p);
/* The lead's tracks of that kind in this view, in order; at most max. */
size_t tracks_of(const struct presentation *p, const struct view *v, enum track_kind kind,
                 const struct track_desc **ret, size_t max);
/* What plays for the lead's track t during a span of asset a: itself, or the nearest of another
 * asset (pictures: lines; sound and text: language); NULL: nothing. */
const struct track_desc *track_stand_in(const struct presentation *p, const struct asset_desc *a,
                                        const struct track_desc *t);
enum { TRACKS_MAX = 200 };

/* A track's extents [from, to) that a span shows, whole segments. */
struct stretch {
    const struct asset_desc *asset;
    const struct track_desc *track;
    size_t from, to;
};
struct stretch stretch_of(const struct span *s, const struct track_desc *t);
/* Length of a span as the lead tracks give it, in microseconds. */
int64_t span_duration_us(const struct span *s);

/* "" for the lead's asset, else "../../<asset>/<view>/": spans of other assets lie beside it. */
void url_prefix(struct buf *b, const struct presentation *p, const struct view *v,
                const struct asset_desc *a);

/* Subtitles as IMSC1: a track of their own to manifests, with the segments' times of the WebVTT that they were cut like. false: t has
 * no such form, or this view does not ask for it. */
struct imsc_form {
    struct track_desc t;
    char name[16];
};
bool imsc_form_of(const struct view *v, const struct track_desc *t, struct imsc_form *ret);
bool track_is_imsc(const struct track_desc *t);

int64_t scale_us(int64_t t, uint32_t timescale);
/* 8-4-4-4-12. */
void buf_uuid(struct buf *b, const uint8_t id[16]);
/* The track as it is in a key period: under that period's key. */
struct track_desc track_in_period(const struct track_desc *t, uint32_t period);
bool kid_same(const struct track_desc *a, const struct track_desc *b);
/* The pssh box of the common system with the distinct key ids of an asset. */
void pssh_make(struct buf *b, const struct asset_desc *a);

int hls_multivariant(const struct presentation *p, const struct view *v, struct buf *out,
                     struct err *reterr);
int hls_media(const struct presentation *p, const struct view *v, const struct track_desc *t,
              bool iframes, struct buf *out);
int dash_mpd(const struct presentation *p, const struct view *v, struct buf *out,
             struct err *reterr);
