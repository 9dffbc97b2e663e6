/*
 * hls.c - HLS playlists: RFC 8216 with what its second edition (draft-pantos-hls-rfc8216bis) adds
 * for CMAF, and Apple's authoring specification. Sound comes in groups by format and channel count; every
 * group offers every language, so that switching quality never loses one. Subtitles as IMSC1, for views that ask
 * for them, are a group apart with variants of their own, behind those with WebVTT.
 */
#include "media/drm/drm.h"
#include "media/drm/output.h"
#include "media/manifest/manifest_int.h"
#include <stdio.h>
#include <string.h>

/* Keys are announced for ClearKey in the form hls.js takes: the key id as data URI and as KEYID.
 * `identity` beside it would make it refuse fMP4; Shaka and dash.js play the DASH manifest. */
static void clearkey_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    buf_addc(b, "data:;base64,");
    buf_base64(b, t->kid, 16);
}

static void widevine_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    scoped(buf_done) struct buf box = BUF(DRM_PSSH_MAX);
    drm_pssh_write(&box, a, t, DRM_WIDEVINE);
    b->failed = b->failed || box.failed; /* never a playlist without its protection */
    buf_addc(b, "data:text/plain;base64,");
    buf_base64(b, box.p, box.n);
}

static void playready_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    scoped(buf_done) struct buf object = BUF(DRM_PSSH_MAX);
    drm_pro_write(&object, a, t);
    b->failed = b->failed || object.failed;
    buf_addc(b, "data:text/plain;charset=UTF-16;base64,");
    buf_base64(b, object.p, object.n);
}

static const struct {
    void (*uri)(struct buf *b, const struct asset_desc *a, const struct track_desc *t);
    bool kid; /* KEYID beside it */
    const char *format;
} key_formats[DRM_SYSTEMS] = {
    [DRM_WIDEVINE] = {widevine_write, true, "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"},
    [DRM_PLAYREADY] = {playready_write, true, "com.microsoft.playready"},
    [DRM_FAIRPLAY] = {drm_skd_write, false, "com.apple.streamingkeydelivery"}};

static void key_line_begin(struct buf *b, const char *tag, const struct asset_desc *a) {
    buf_addf(b, "#%s:METHOD=%s,URI=\"", tag, a->scheme == SCHEME_CENC ? "SAMPLE-AES-CTR" : "SAMPLE-AES");
}

static void key_line_end(struct buf *b, const struct track_desc *t, bool kid, const char *format) {
    buf_byte(b, '"');
    if (kid) {
        buf_addc(b, ",KEYID=0x");
        buf_hex(b, t->kid, 16);
    }
    buf_addf(b, ",KEYFORMAT=\"%s\",KEYFORMATVERSIONS=\"1\"\n", format);
}

/* A line a system: a player takes the one whose KEYFORMAT it knows (RFC 8216bis 4.4.4.4). */
static void key_write(struct buf *b, const char *tag, const struct asset_desc *a, const struct track_desc *t) {
    if (t->key_class == KEY_NONE)
        return;
    key_line_begin(b, tag, a);
    clearkey_write(b, a, t);
    key_line_end(b, t, true, "org.w3.clearkey");
    for (enum drm_system s = 0; s < DRM_SYSTEMS; s++) {
        if (!drm_signalled(a, s))
            continue;
        key_line_begin(b, tag, a);
        key_formats[s].uri(b, a, t);
        key_line_end(b, t, key_formats[s].kid, key_formats[s].format);
    }
}

/* A quoted-string can hold neither quotes nor line ends (RFC 8216 4.2). */
static void quoted(struct buf *b, const char *name, struct str s) {
    buf_addf(b, ",%s=\"", name);
    for (size_t i = 0; i < s.n; i++)
        buf_byte(b, s.p[i] == '"' ? '\'' : (uint8_t)s.p[i] < ' ' ? ' ' : (uint8_t)s.p[i]);
    buf_byte(b, '"');
}

static void seconds(struct buf *b, int64_t us) {
    buf_addf(b, "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
}

/*
 * Which tracks are one programme in several layouts: language and role agree, and the layout is a new one. A film may
 * well have two soundtracks in English; a commentary does not always say that it is one. ret[i] is the first track
 * of i's programme.
 */
static void programmes_find(const struct track_desc **audio, size_t n, size_t *ret) {
    for (size_t i = 0; i < n; i++) {
        size_t k = i;
        while (k > 0 && !(str_eq(audio[k - 1]->lang, audio[i]->lang) &&
                          str_eq(audio[k - 1]->role, audio[i]->role)))
            k--;
        size_t first = k > 0 ? ret[k - 1] : i;
        for (size_t m = first; m < i && first < i; m++)
            if (ret[m] == first && audio[m]->channels == audio[i]->channels &&
                codec_same_family(audio[m]->codec, audio[i]->codec))
                first = i;
        ret[i] = first;
    }
}

struct audio_group {
    char id[24];
    int channels;
    struct str codec;
    struct str others[4]; /* of members that are there for want of that codec */
    size_t n_others;
    int64_t mean, peak;
};

static bool is_aac(struct str codec) { return codec_same_family(codec, STR("mp4a")); }

static void group_name(struct audio_group *g) {
    if (is_aac(g->codec))
        snprintf(g->id, sizeof g->id, "audio-%d", g->channels);
    else
        snprintf(g->id, sizeof g->id, "audio-%s-%d", codec_same_family(g->codec, STR("ec-3")) ? "ec3" : "opus", g->channels);
}

static int group_order(const struct audio_group *g) { return g->channels + (is_aac(g->codec) ? 0 : 100); }

static size_t audio_groups(const struct track_desc **audio, size_t n, struct audio_group *ret,
                           size_t max) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < count && (ret[k].channels != audio[i]->channels ||
                             !codec_same_family(ret[k].codec, audio[i]->codec)))
            k++;
        if (k == max)
            continue;
        if (k == count) {
            ret[count++] = (struct audio_group){.channels = audio[i]->channels, .codec = audio[i]->codec};
            group_name(&ret[k]);
        }
        ret[k].mean = MAX(ret[k].mean, audio[i]->bandwidth);
        ret[k].peak = MAX(ret[k].peak, audio[i]->peak_bandwidth);
    }
    /* AAC in stereo first: what a player takes without asking must sound right everywhere. */
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && group_order(&ret[k]) < group_order(&ret[k - 1]); k--) {
            struct audio_group g = ret[k];
            ret[k] = ret[k - 1], ret[k - 1] = g;
        }
    return count;
}

/* The member of a group for a programme: its own format in its own layout, else the layout nearest to the group's in
 * the format that came first (AAC). first: its first track. */
static const struct track_desc *group_member(const struct track_desc **audio,
                                             const size_t *programme, size_t n, size_t first,
                                             const struct audio_group *g) {
    const struct track_desc *best = audio[first];
    int channels = g->channels;
    for (size_t k = first; k < n; k++)
        if (programme[k] == first && audio[k]->channels == channels && codec_same_family(audio[k]->codec, g->codec))
            return audio[k];
    for (size_t k = first; k < n; k++) {
        if (programme[k] != first || !codec_same_family(audio[k]->codec, audio[first]->codec))
            continue;
        if (audio[k]->channels == channels ||
            (best->channels != channels && audio[k]->channels < channels &&
             audio[k]->channels > best->channels))
            best = audio[k];
    }
    return best;
}

/* Names differ within a group (RFC 8216 clause 4.3.4.1.1): the second "English" is "English 2". */
static void name_write(struct buf *b, const struct track_desc *t, size_t before) {
    struct str name = t->label.n ? t->label : t->name;
    char text[300];
    if (before)
        snprintf(text, sizeof text, STR_FMT " %zu", STR_ARG(name), before + 1);
    quoted(b, "NAME", before ? str_of(text) : name);
}

static bool name_same(const struct track_desc *a, const struct track_desc *b) {
    return str_eq(a->label.n ? a->label : a->name, b->label.n ? b->label : b->name);
}

static const char *audio_characteristics(const struct track_desc *t) {
    return str_eq(t->role, STR("description")) ? "public.accessibility.describes-video" : NULL;
}

/* CODECS of a variant names every format that its group may bring. */
static void codec_note(struct audio_group *g, struct str codec) {
    bool known = str_eq(g->codec, codec);
    for (size_t i = 0; i < g->n_others; i++)
        known |= str_eq(g->others[i], codec);
    if (!known && g->n_others < ARRAY_LEN(g->others))
        g->others[g->n_others++] = codec;
}

static void audio_write(struct buf *b, const struct track_desc **audio, size_t n, struct audio_group *g,
                        bool first_default) {
    size_t programme[TRACKS_MAX], chosen = first_default ? 0 : n;
    programmes_find(audio, n, programme);
    for (size_t i = n; i-- > 0;) /* one at most, whatever the film says */
        if (audio[i]->is_default && programme[i] == i)
            chosen = i;
    for (size_t i = 0; i < n; i++) {
        if (programme[i] != i)
            continue;
        const struct track_desc *t = group_member(audio, programme, n, i, g);
        codec_note(g, t->codec);
        bool is_default = i == chosen;
        size_t before = 0;
        for (size_t k = 0; k < i; k++)
            before += programme[k] == k && name_same(audio[k], audio[i]);
        bool automatic = is_default || str_eq(t->role, STR("main")) ||
                         str_eq(t->role, STR("dub")) || str_eq(t->role, STR("description"));
        buf_addf(b, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"%s\"", g->id);
        name_write(b, audio[i], before);
        if (!str_eq(t->lang, STR("und")))
            quoted(b, "LANGUAGE", t->lang);
        buf_addf(b, ",DEFAULT=%s,AUTOSELECT=%s", is_default ? "YES" : "NO",
                 automatic ? "YES" : "NO");
        if (audio_characteristics(t))
            quoted(b, "CHARACTERISTICS", str_of(audio_characteristics(t)));
        buf_addf(b, ",CHANNELS=\"%d\"", t->channels);
        buf_addf(b, ",URI=\"" STR_FMT ".m3u8\"\n", STR_ARG(t->name));
    }
}

static void text_write(struct buf *b, const struct view *v, const struct track_desc **text, size_t n, bool imsc) {
    bool chosen = false;
    for (size_t i = 0; i < n; i++) {
        const struct track_desc *t = text[i];
        struct imsc_form form;
        if (imsc && !imsc_form_of(v, t, &form))
            continue;
        bool is_default = t->is_default && !chosen;
        size_t before = 0;
        for (size_t k = 0; k < i; k++)
            before += name_same(text[k], t);
        chosen |= is_default;
        bool forced = str_eq(t->role, STR("forced"));
        buf_addf(b, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"%s\"", imsc ? "imsc" : "text");
        name_write(b, t, before);
        if (!str_eq(t->lang, STR("und")))
            quoted(b, "LANGUAGE", t->lang);
        buf_addf(b, ",DEFAULT=%s,AUTOSELECT=YES,FORCED=%s", is_default ? "YES" : "NO",
                 forced ? "YES" : "NO");
        if (str_eq(t->role, STR("caption")))
            quoted(b, "CHARACTERISTICS",
                   STR("public.accessibility.transcribes-spoken-dialog,"
                       "public.accessibility.describes-music-and-sound"));
        buf_addf(b, ",URI=\"" STR_FMT ".m3u8\"\n", STR_ARG(imsc ? form.t.name : t->name));
    }
}

static void frame_rate(struct buf *b, struct ratio fps) {
    if (fps.num <= 0 || fps.den <= 0)
        return;
    int64_t milli = (fps.num * 1000 + fps.den / 2) / fps.den;
    buf_addf(b, ",FRAME-RATE=%lld.%03lld", (long long)(milli / 1000), (long long)(milli % 1000));
}

static const char *const ranges[] = {[RANGE_SDR] = "SDR", [RANGE_PQ] = "PQ", [RANGE_HLG] = "HLG"};

/* What the class asks of outputs and, of the systems' labels, FairPlay's: the only ones that are published. Where one variant says it
 * all do (RFC 8216bis 4.4.6.2). */
static void output_write(struct buf *b, const struct asset_desc *a, const struct track_desc *v) {
    const struct class_output *o = &a->drm.output.of[v->key_class];
    if (!output_asks(&a->drm.output))
        return;
    buf_addf(b, ",HDCP-LEVEL=%s", o->hdcp >= HDCP_2_2 ? "TYPE-1" : o->hdcp > HDCP_NONE ? "TYPE-0" : "NONE");
    if (o->robustness >= ROBUST_HW_CRYPTO && drm_signalled(a, DRM_FAIRPLAY))
        buf_addc(b, ",ALLOWED-CPC=\"com.apple.streamingkeydelivery:AppleMain/Main\"");
}

static void variant_write(struct buf *b, const struct asset_desc *a, const struct track_desc *v, const struct audio_group *g,
                          const char *text) {
    int64_t peak = v->peak_bandwidth + (g ? g->peak : 0), mean = v->bandwidth + (g ? g->mean : 0);
    buf_addf(b, "#EXT-X-STREAM-INF:BANDWIDTH=%lld,AVERAGE-BANDWIDTH=%lld",
             (long long)MAX(peak, mean), (long long)mean);
    buf_addf(b, ",CODECS=\"" STR_FMT, STR_ARG(v->codec));
    if (g)
        buf_addf(b, "," STR_FMT, STR_ARG(g->codec));
    for (size_t i = 0; g && i < g->n_others; i++)
        buf_addf(b, "," STR_FMT, STR_ARG(g->others[i]));
    if (text && strcmp(text, "imsc") == 0)
        buf_addc(b, ",stpp.ttml.im1t");
    buf_byte(b, '"');
    if (v->kind == TRACK_VIDEO) {
        buf_addf(b, ",RESOLUTION=%dx%d", v->width, v->height);
        frame_rate(b, v->fps);
        buf_addf(b, ",VIDEO-RANGE=%s", ranges[track_range(v)]);
        output_write(b, a, v);
    }
    if (g)
        buf_addf(b, ",AUDIO=\"%s\"", g->id);
    if (text)
        buf_addf(b, ",SUBTITLES=\"%s\"", text);
    buf_addf(b, ",CLOSED-CAPTIONS=NONE\n" STR_FMT ".m3u8\n", STR_ARG(v->name));
}

static void iframe_variant_write(struct buf *b, const struct asset_desc *a, const struct track_desc *v) {
    double peak = 0, bits = 0, time = 0;
    for (size_t i = 0; i < v->n_extents; i++) {
        const struct index_extent *e = &v->extents[i];
        if (e->iframe_length == 0 || e->duration == 0)
            return;
        peak = MAX(peak, (double)e->iframe_length * 8 * v->timescale / e->duration);
        bits += (double)e->iframe_length * 8, time += (double)e->duration / v->timescale;
    }
    buf_addf(b, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=%lld,AVERAGE-BANDWIDTH=%lld",
             (long long)(peak + 0.5), (long long)(bits / time + 0.5));
    buf_addf(b,
             ",CODECS=\"" STR_FMT "\",RESOLUTION=%dx%d,VIDEO-RANGE=%s", STR_ARG(v->codec), v->width, v->height, ranges[track_range(v)]);
    output_write(b, a, v);
    buf_addf(b, ",URI=\"" STR_FMT ".iframes.m3u8\"\n", STR_ARG(v->name));
}

static void session_keys(struct buf *b, const struct asset_desc *a, const struct track_desc **t,
                         size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen |= kid_same(t[i], t[k]);
        if (!seen)
            key_write(b, "EXT-X-SESSION-KEY", a, t[i]);
    }
}

int hls_multivariant(const struct presentation *p, const struct view *v, struct buf *out,
                     struct err *reterr) {
    const struct track_desc *video[TRACKS_MAX], *audio[TRACKS_MAX], *text[TRACKS_MAX],
        *all[2 * TRACKS_MAX];
    size_t nv = tracks_of(p, v, TRACK_VIDEO, video, TRACKS_MAX),
           na = tracks_of(p, v, TRACK_AUDIO, audio, TRACKS_MAX);
    size_t nt = tracks_of(p, v, TRACK_TEXT, text, TRACKS_MAX);
    if (nv + na == 0)
        return err_set(reterr, ERR_NOT_FOUND, "nothing to play in this view");
    memcpy(all, video, nv * sizeof *all);
    memcpy(all + nv, audio, na * sizeof *all);
    struct audio_group groups[8];
    size_t ng = audio_groups(audio, na, groups, ARRAY_LEN(groups));
    buf_addc(out, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    session_keys(out, lead_asset(p), all, nv + na);
    for (size_t g = 0; g < ng; g++)
        audio_write(out, audio, na, &groups[g], true);
    bool imsc = false;
    struct imsc_form form;
    for (size_t i = 0; i < nt; i++)
        imsc |= imsc_form_of(v, text[i], &form);
    for (int k = 0; k <= imsc; k++)
        text_write(out, v, text, nt, k == 1);
    for (int k = 0; k <= imsc; k++) {
        const char *group = k ? "imsc" : nt > 0 ? "text" : NULL;
        /* Without pictures the sound itself is the variant. */
        for (size_t i = 0; i < na && nv == 0; i++)
            variant_write(out, lead_asset(p), audio[i], NULL, group);
        for (size_t g = 0; g < MAX(ng, 1); g++)
            for (size_t i = 0; i < nv; i++)
                variant_write(out, lead_asset(p), video[i], ng ? &groups[g] : NULL, group);
    }
    for (size_t i = 0; i < nv; i++)
        iframe_variant_write(out, lead_asset(p), video[i]);
    return 0;
}

static int64_t extent_us(const struct track_desc *t, size_t i) {
    const struct index_extent *e = &t->extents[i];
    /* A difference of rounded times: the sum of a playlist never drifts. */
    return scale_us((int64_t)(e->time + e->duration), t->timescale) -
           scale_us((int64_t)e->time, t->timescale);
}

static int64_t target_duration(const struct presentation *p, const struct track_desc *t) {
    int64_t longest = 1;
    for (size_t s = 0; s < p->n_spans; s++) {
        const struct track_desc *c = track_stand_in(p, p->spans[s].asset, t);
        for (size_t i = 0; c && i < c->n_extents; i++)
            longest = MAX(longest, (extent_us(c, i) + 500000) / 1000000);
    }
    return longest;
}

static const char *suffix(const struct track_desc *t) {
    return track_is_imsc(t) ? "m4s" : t->kind == TRACK_TEXT ? "vtt" : t->kind == TRACK_IMAGE ? "jpg" : "m4s";
}

/* Where the key changes, and at the start (RFC 8216bis 4.4.4.4: it holds until the next). */
static void period_key_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t, uint32_t period) {
    struct track_desc c = track_in_period(t, period);
    key_write(b, "EXT-X-KEY", a, &c);
}

static void stretch_write(struct buf *b, const struct presentation *p, const struct view *v,
                          struct stretch r, bool iframes) {
    const struct track_desc *t = r.track;
    if (t->init_length > 0 && (t->kind != TRACK_TEXT || track_is_imsc(t))) {
        buf_addc(b, "#EXT-X-MAP:URI=\"");
        url_prefix(b, p, v, r.asset);
        buf_addf(b, STR_FMT "/init.mp4\"\n", STR_ARG(t->name));
    }
    uint32_t period = r.from < r.to ? t->extents[r.from].key_period : 0;
    period_key_write(b, r.asset, t, period);
    if (t->key_class == KEY_NONE && p->n_spans > 1)
        buf_addc(b, "#EXT-X-KEY:METHOD=NONE\n"); /* the span before may have been protected */
    for (size_t i = r.from; i < r.to; i++) {
        if (iframes && t->extents[i].iframe_length == 0)
            continue;
        if (i > r.from && (t->extents[i].flags & EXTENT_DISCONTINUITY))
            buf_addc(b, "#EXT-X-DISCONTINUITY\n");
        if (t->extents[i].key_period != period)
            period_key_write(b, r.asset, t, period = t->extents[i].key_period);
        buf_addc(b, "#EXTINF:");
        seconds(b, extent_us(t, i));
        buf_addc(b, ",\n");
        if (iframes)
            buf_addf(b, "#EXT-X-BYTERANGE:%u@0\n", t->extents[i].iframe_length);
        url_prefix(b, p, v, r.asset);
        buf_addf(b, STR_FMT "/%zu.%s\n", STR_ARG(t->name), i, suffix(t));
    }
}

/* A span without such a track (subtitles of an advertisement): gaps of its length keep time in
 * step. */
static void gap_write(struct buf *b, const struct span *s, const struct track_desc *t,
                      int64_t target_s) {
    int64_t left = span_duration_us(s), step = target_s * 1000000;
    for (int n = 0; left > 0; n++, left -= step) {
        buf_addc(b, "#EXT-X-GAP\n#EXTINF:");
        seconds(b, MIN(left, step));
        buf_addf(b, ",\n" STR_FMT "/gap%d.%s\n", STR_ARG(t->name), n, suffix(t));
    }
}

int hls_media(const struct presentation *p, const struct view *v, const struct track_desc *t,
              bool iframes, struct buf *out) {
    int64_t target = target_duration(p, t);
    buf_addf(out, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%lld\n",
             p->n_spans > 1 ? 8 : 7, (long long)target);
    buf_addc(out,
             "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n");
    if (iframes)
        buf_addc(out, "#EXT-X-I-FRAMES-ONLY\n");
    for (size_t i = 0; i < p->n_spans; i++) {
        const struct span *s = &p->spans[i];
        const struct track_desc *c = track_stand_in(p, s->asset, t);
        struct imsc_form form;
        if (c && c != t && track_is_imsc(t)) /* another asset's, in the same form */
            c = imsc_form_of(v, c, &form) ? &form.t : NULL;
        if (i > 0)
            buf_addc(out, "#EXT-X-DISCONTINUITY\n");
        if (c)
            stretch_write(out, p, v, stretch_of(s, c), iframes);
        else
            gap_write(out, s, t, target);
    }
    buf_addc(out, "#EXT-X-ENDLIST\n");
    return 0;
}
