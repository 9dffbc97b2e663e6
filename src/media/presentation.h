/*
 * presentation.h - the description of a packaged asset that manifests are made from, and what is stored
 * beside it as asset.json. An asset is immutable: a re-encode makes a new one.
 *
 * Files of an asset, all in one folder of blob ("asset/<id>/"): asset.json, and for each track
 * <track>.cmaf (or .vtts, .tiles) and <track>.idx; subtitles a second time as IMSC1, cut alike: s1.cmaf, s1.idx beside t1; pictures and sound
 * a second time in the other scheme, where there is one: w1.cmaf beside v1, b1.cmaf beside a1, described by scheme-<name>.json. Virtual URLs below /m/<token>/<asset>/<view>/ :
 *   main.m3u8  main.mpd  <track>.m3u8  <track>.iframes.m3u8
 *   <track>/init.mp4  <track>/<n>.m4s  <track>/<n>.vtt  <track>/<n>.jpg
 * Track names: v1 (lowest rung) v2 ..., a1 ..., t1 ..., i1 (storyboard), k1 (trick play).
 *
 * Subtitles change after a film is packaged, and the asset must not: each change writes its tracks under names that
 * were never used (t101 ...) and a whole new list, text-<n>.json {"tracks":[...]}, which takes the place of the text
 * tracks of asset.json in views that say t<n>. Who watches with an older list keeps it.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "media/cmaf/index.h"
#include <jansson.h>

struct ratio {
    int64_t num, den; /* den > 0 */
};

/* TRACK_TRICK: the keyframes of the lowest rung alone, each shown until the next; for fast forward and rewind. */
enum track_kind { TRACK_VIDEO, TRACK_AUDIO, TRACK_TEXT, TRACK_IMAGE, TRACK_TRICK, TRACK_KINDS };
/* Keys by class and period (DESIGN section 4). */
enum key_class { KEY_NONE, KEY_AUDIO, KEY_SD, KEY_HD, KEY_UHD, KEY_CLASSES };
/* What a picture's brightest is: BT.709 and its like, or HDR as ITU-R BT.2100 has it, by perceptual quantiser or hybrid log-gamma. */
enum dynamic_range { RANGE_SDR, RANGE_PQ, RANGE_HLG };
enum scheme { SCHEME_CLEAR, SCHEME_CENC, SCHEME_CBCS };
/* Protection systems besides ClearKey, which every protected asset has; media/drm/drm.h. */
enum drm_system { DRM_WIDEVINE, DRM_PLAYREADY, DRM_FAIRPLAY, DRM_SYSTEMS };

struct track_desc {
    struct str name;         /* "v3" */
    enum track_kind kind;
    struct str codec;        /* RFC 6381: "avc1.640028", "mp4a.40.2", "wvtt"; "" for tiles */
    struct str lang;         /* BCP 47, "und" when unknown */
    struct str role;         /* main, alternate, commentary, description, dub, subtitle, caption, forced */
    struct str label;        /* shown to people: "Français", "English (5.1)" */
    bool is_default;
    int64_t bandwidth, peak_bandwidth; /* bit/s: mean, and the largest segment's */
    uint32_t timescale;
    int width, height;       /* coded picture after rotation and SAR: square pixels */
    struct ratio fps;
    uint8_t primaries, transfer, matrix; /* of a picture, ISO/IEC 23091-2; 0: not said */
    int channels, sample_rate;
    int64_t duration;        /* timescale */
    int64_t edit_start;      /* AAC priming etc. to skip, timescale; written as an edit list */
    enum key_class key_class;
    uint8_t kid[16];         /* of period 0; all zero when clear */
    const uint8_t (*later_kids)[16]; /* of periods 1 ...; index_extent.key_period says which a segment is of */
    size_t n_later_kids;
    int tile_cols, tile_rows, tile_width, tile_height; /* TRACK_IMAGE */
    int64_t tile_every;      /* timescale between thumbnails */
    int64_t imsc_bandwidth;  /* TRACK_TEXT: peak of the same cues as IMSC1, in track imsc_name(); 0: there is none */
    /* Filled from the index: */
    const struct index_extent *extents;
    size_t n_extents;
    uint64_t init_offset;
    uint32_t init_length;
};

/* What a key service gave for one key; a system without it has its data made of the key id. */
struct drm_data {
    enum drm_system system;
    uint8_t kid[16];
    struct str pssh; /* Widevine, PlayReady: the whole box */
    struct str uri;  /* FairPlay: skd://... */
};
/* What a class asks of who shows it; media/drm/output.h. */
enum hdcp { HDCP_NONE, HDCP_1_0, HDCP_1_1, HDCP_1_2, HDCP_1_3, HDCP_1_4, HDCP_2_0, HDCP_2_1, HDCP_2_2, HDCP_2_3, HDCP_LEVELS };
enum robustness { ROBUST_NONE, ROBUST_SW_CRYPTO, ROBUST_SW_DECODE, ROBUST_HW_CRYPTO, ROBUST_HW_DECODE, ROBUST_HW_ALL, ROBUSTNESSES };
struct class_output {
    enum hdcp hdcp;
    enum robustness robustness;
};
struct output_policy {
    struct class_output of[KEY_CLASSES];
};
struct asset_drm {
    struct output_policy output; /* as it was when the asset was packaged: for manifests */
    unsigned systems;     /* 1u << enum drm_system that the manifests tell of */
    struct str provider;  /* Widevine's; may be empty, as la_url */
    struct str la_url;    /* where PlayReady asks for a licence when its player was not told */
    const struct drm_data *data;
    size_t n_data;
};

struct asset_desc {
    struct str id;
    int64_t revision;
    enum scheme scheme;
    int64_t key_period_ms; /* how long a key period is; 0: there is one alone */
    struct asset_drm drm;
    int64_t duration_ms;
    struct track_desc *tracks;
    size_t n_tracks;
};

/* One element for a film; ads, live-to-film and channels add elements (DESIGN section 4). */
struct span {
    const struct asset_desc *asset;
    int64_t from_ms, to_ms; /* of the asset; to_ms -1: to its end */
    enum span_kind { SPAN_CONTENT, SPAN_AD, SPAN_SLATE } kind;
};
struct presentation {
    const struct span *spans;
    size_t n_spans;
};

/* A view is a short canonical id of the filters applied: "d" is everything; otherwise parts joined by
 * '-': h720 (no rung above 720 lines), c.avc1 (codec families), l.en.fr (audio and text languages), scenc (the set of segments in
 * that scheme, which is not the asset's own), t5 (the asset's fifth list of subtitles). */
struct view {
    int max_height; /* 0: none */
    struct str codecs[8]; /* "stpp" among them: subtitles as IMSC1, too, which is never listed unasked */
    size_t n_codecs;
    struct str langs[8];
    size_t n_langs;
    int64_t text; /* which of the asset's lists of subtitles; 0: those it was packaged with */
    enum scheme scheme; /* CLEAR: the asset's own */
};
bool view_parse(struct str id, struct arena *a, struct view *ret_v); /* false: not canonical */
/* "avc1.640028" and "avc1.42c01e" are one, "mp4a.40.2" and "ec-3" are not. */
bool codec_same_family(struct str a, struct str b);
struct str view_id(const struct view *v, struct arena *a);
/* Codec families bind only tracks of a kind the list names a family of ("c.avc1" says nothing of sound);
 * languages bind audio and text, and never "und". In the id a tag is lower case with '_' for '-'. */
bool view_has(const struct view *v, const struct track_desc *t);
bool view_imsc(const struct view *v);
bool view_codec(const struct view *v, const struct track_desc *t); /* the codecs alone */

/* "w1" for "v1", "b1" for "a1", "q1" for "k1": the same track in the other scheme. */
void second_name(struct str track, char ret[16]);
/* "s1" for "t1". */
void imsc_name(struct str track, char ret[16]);

enum dynamic_range track_range(const struct track_desc *t);
/* Whether a player may go from one to the other and back: pictures of one codec family and one dynamic range. */
bool track_switches(const struct track_desc *a, const struct track_desc *b);

/* The rung's name in lines whatever its shape: 1280x536 and 720x1280 are both 720. */
int picture_lines(int width, int height);
/* UHD above 1920x1080 either way up, SD below 720 lines; the ladder's rungs say the same. */
enum key_class key_class_of(enum track_kind kind, int width, int height);
extern const char *const key_class_names[KEY_CLASSES]; /* "", "audio", "sd", "hd", "uhd" */
extern const char *const track_kind_names[TRACK_KINDS]; /* "video", "audio", "text", "image", "trick" */
extern const char *const scheme_names[3];              /* "clear", "cenc", "cbcs" */
int name_index(const char *const *names, int n, const char *name); /* -1: none of them; NULL too */

/* The key id of a period; what is past the last is of the last. */
const uint8_t *track_kid(const struct track_desc *t, uint32_t period);
enum { KEY_PERIODS_MAX = 64, KIDS_MAX = 256 /* of an asset */ };

/* New references; without extents. NULL: out of memory. */
json_t *asset_to_json(const struct asset_desc *d);
json_t *track_to_json(const struct track_desc *t);
/* Strings are copied into the arena. ERR_CORRUPT names the field. */
int asset_from_json(json_t *j, struct arena *a, struct asset_desc *ret_d, struct err *reterr);
/* In place of its protected tracks those of scheme-<name>.json, {scheme, tracks}, which describes the asset's other set of segments:
 * the same tracks, in files of their own. ERR_CORRUPT, ERR_LIMIT; then d is as it was. */
int asset_scheme_replace(struct asset_desc *d, json_t *list, struct arena *a, struct err *reterr);
/* In place of its text tracks those of a list as above. ERR_CORRUPT, ERR_LIMIT; then d is as it was. */
int asset_text_replace(struct asset_desc *d, json_t *list, struct arena *a, struct err *reterr);
int track_from_json(json_t *j, struct arena *a, struct track_desc *ret_t, struct err *reterr);
/* Reads the extents of a track from its index (fd borrowed) into the arena and fills what
 * track_desc says is "filled from the index". ERR_CORRUPT. */
int track_load_index(struct track_desc *t, int fd, struct arena *a, struct err *reterr);
