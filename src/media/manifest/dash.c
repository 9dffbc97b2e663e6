/*
 * dash.c - the MPD (ISO/IEC 23009-1, DASH-IF IOP, CMAF profile): static, SegmentTemplate with
 * $Number$ from 0 and a SegmentTimeline, one Period a span. Rungs under different keys are
 * different AdaptationSets (DASH-IF IOP 7.5), tied together by adaptation-set-switching, because a
 * player may have the key of one and not the other; codecs and dynamic ranges are, too, and not tied.
 */
#include "media/drm/drm.h"
#include "media/manifest/manifest_int.h"
#include <string.h>

struct set {
    enum track_kind kind;
    const struct track_desc *t[TRACKS_MAX];
    size_t n;
    struct imsc_form form; /* what t[0] may point to */
};

/* ".m4s" has a header of its own, ".vtt" and ".jpg" have none. */
static bool has_init(const struct track_desc *t) {
    return t->init_length > 0 && (t->kind != TRACK_TEXT || track_is_imsc(t));
}

static const char *suffix(const struct track_desc *t) {
    return t->kind == TRACK_IMAGE ? "jpg" : t->kind == TRACK_TEXT && !track_is_imsc(t) ? "vtt" : "m4s";
}

static void duration_attr(struct buf *b, const char *name, int64_t us) {
    buf_addf(b, " %s=\"PT%lld.%03lldS\"", name, (long long)(us / 1000000),
             (long long)(us / 1000 % 1000));
}

static void attr(struct buf *b, const char *name, struct str s) {
    buf_addf(b, " %s=\"", name);
    buf_xml(b, s);
    buf_byte(b, '"');
}

static void descriptor(struct buf *b, const char *element, const char *scheme, const char *value) {
    buf_addf(b, "   <%s schemeIdUri=\"%s\" value=\"%s\"/>\n", element, scheme, value);
}

static void timeline_write(struct buf *b, struct stretch r, const char *indent) {
    const struct index_extent *e = r.track->extents;
    buf_addf(b, "%s <SegmentTimeline>\n", indent);
    uint64_t next = UINT64_MAX;
    for (size_t i = r.from; i < r.to;) {
        size_t same = i + 1;
        while (same < r.to && e[same].duration == e[i].duration &&
               e[same].time == e[same - 1].time + e[i].duration)
            same++;
        buf_addf(b, "%s  <S", indent);
        if (e[i].time != next)
            buf_addf(b, " t=\"%llu\"", (unsigned long long)e[i].time);
        buf_addf(b, " d=\"%u\"", e[i].duration);
        if (same - i > 1)
            buf_addf(b, " r=\"%zu\"", same - i - 1);
        buf_addc(b, "/>\n");
        next = e[same - 1].time + e[same - 1].duration;
        i = same;
    }
    buf_addf(b, "%s </SegmentTimeline>\n", indent);
}

static void template_write(struct buf *b, const struct presentation *p, const struct view *v,
                           struct stretch r, const char *indent) {
    const struct track_desc *t = r.track;
    uint64_t from = r.to > r.from ? t->extents[r.from].time : 0;
    buf_addf(b, "%s<SegmentTemplate timescale=\"%u\"", indent, t->timescale);
    if (from > 0)
        buf_addf(b, " presentationTimeOffset=\"%llu\"", (unsigned long long)from);
    buf_addf(b, " startNumber=\"%zu\"", r.from);
    if (has_init(t)) {
        buf_addc(b, " initialization=\"");
        url_prefix(b, p, v, r.asset);
        buf_addc(b, "$RepresentationID$/init.mp4\"");
    }
    buf_addc(b, " media=\"");
    url_prefix(b, p, v, r.asset);
    buf_addf(b, "$RepresentationID$/$Number$.%s\">\n", suffix(t));
    timeline_write(b, r, indent);
    buf_addf(b, "%s</SegmentTemplate>\n", indent);
}

static bool same_timeline(struct stretch a, struct stretch b) {
    if (a.track->timescale != b.track->timescale || a.from != b.from || a.to != b.to ||
        (a.track->init_length > 0) != (b.track->init_length > 0))
        return false;
    for (size_t i = a.from; i < a.to; i++)
        if (a.track->extents[i].time != b.track->extents[i].time ||
            a.track->extents[i].duration != b.track->extents[i].duration)
            return false;
    return true;
}

/* The keys of later periods: the segments say which of them they are under (seig), and a player may ask for all at once. */
static void later_pssh_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t, enum drm_system s, uint32_t period) {
    scoped(buf_done) struct buf box = BUF(DRM_PSSH_MAX);
    struct track_desc c = track_in_period(t, period);
    drm_pssh_write(&box, a, &c, s);
    buf_addc(b, "    <cenc:pssh>");
    buf_base64(b, box.p, box.n);
    buf_addc(b, "</cenc:pssh>\n");
    b->failed = b->failed || box.failed;
}

/* DASH-IF IOP 7.5; PlayReady's object beside the box is for players that know its own element alone. FairPlay has no DASH. */
static void systems_write(struct buf *b, const struct asset_desc *a, const struct track_desc *t) {
    static const char *const values[DRM_SYSTEMS] = {[DRM_WIDEVINE] = "Widevine", [DRM_PLAYREADY] = "MSPR 2.0"};
    for (enum drm_system s = 0; s < DRM_SYSTEMS; s++) {
        scoped(buf_done) struct buf box = BUF(DRM_PSSH_MAX), object = BUF(DRM_PSSH_MAX);
        if (!values[s] || !drm_signalled(a, s))
            continue;
        buf_addc(b, "   <ContentProtection schemeIdUri=\"urn:uuid:");
        buf_uuid(b, drm_systems[s].id);
        buf_addf(b, "\" value=\"%s\">\n    <cenc:pssh>", values[s]);
        drm_pssh_write(&box, a, t, s);
        buf_base64(b, box.p, box.n);
        buf_addc(b, "</cenc:pssh>\n");
        for (uint32_t k = 1; k <= t->n_later_kids; k++)
            later_pssh_write(b, a, t, s, k);
        if (s == DRM_PLAYREADY) {
            drm_pro_write(&object, a, t);
            buf_addc(b, "    <mspr:pro xmlns:mspr=\"urn:microsoft:playready\">");
            buf_base64(b, object.p, object.n);
            buf_addc(b, "</mspr:pro>\n");
        }
        b->failed = b->failed || box.failed || object.failed;
        buf_addc(b, "   </ContentProtection>\n");
    }
}

/* Every set names all keys of the asset in pssh: one licence request serves them all. */
static void protection_write(struct buf *b, const struct asset_desc *a,
                             const struct track_desc *t) {
    if (t->key_class == KEY_NONE)
        return;
    scoped(buf_done) struct buf pssh = BUF(64 << 10);
    pssh_make(&pssh, a);
    b->failed = b->failed || pssh.failed; /* never a manifest without its protection */
    buf_addf(b,
             "   <ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"%s\" "
             "cenc:default_KID=\"",
             scheme_names[a->scheme]);
    buf_uuid(b, t->kid);
    /* The box of the common system stands in the generic descriptor and nowhere else: Shaka takes
     * it from there, while dash.js would hand a pssh of the common or the ClearKey descriptor to
     * ClearKey as its own JSON. */
    buf_addc(b, "\">\n    <cenc:pssh>");
    buf_base64(b, pssh.p, pssh.n);
    buf_addc(
        b,
        "</cenc:pssh>\n   </ContentProtection>\n   <ContentProtection "
        "schemeIdUri=\"urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e\" value=\"ClearKey1.0\"/>\n");
    systems_write(b, a, t);
}

static int64_t gcd(int64_t a, int64_t b) {
    return b ? gcd(b, a % b) : a;
}

static void frame_rate(struct buf *b, const char *name, struct ratio f) {
    if (f.num <= 0 || f.den <= 0)
        return;
    int64_t g = gcd(f.num, f.den);
    if (f.den == g)
        buf_addf(b, " %s=\"%lld\"", name, (long long)(f.num / g));
    else
        buf_addf(b, " %s=\"%lld/%lld\"", name, (long long)(f.num / g), (long long)(f.den / g));
}

/* Dolby's own scheme for its formats (ETSI TS 103 420, clause I.1.2.1): a bit a loudspeaker, left first and LFE last. Else
 * loudspeakers by number; 7.1 is configuration 12 of the CICP table. */
static void channels_write(struct buf *b, const struct track_desc *t) {
    if (codec_same_family(t->codec, STR("ec-3")))
        buf_addf(b,
                 "    <AudioChannelConfiguration "
                 "schemeIdUri=\"tag:dolby.com,2014:dash:audio_channel_configuration:2011\" value=\"%s\"/>\n",
                 t->channels == 6 ? "F801" : t->channels == 1 ? "4000" : "A000");
    else
        buf_addf(b,
                 "    <AudioChannelConfiguration "
                 "schemeIdUri=\"urn:mpeg:mpegB:cicp:ChannelConfiguration\" value=\"%d\"/>\n",
                 t->channels == 8 ? 12 : t->channels);
}

static bool is_picture(enum track_kind k) {
    return k == TRACK_VIDEO || k == TRACK_TRICK;
}

static void representation_write(struct buf *b, const struct presentation *p, const struct view *v,
                                 struct stretch r, bool own_template) {
    const struct track_desc *t = r.track;
    buf_addc(b, "   <Representation");
    attr(b, "id", t->name);
    buf_addf(b, " bandwidth=\"%lld\"", (long long)MAX(t->peak_bandwidth, MAX(t->bandwidth, 1)));
    /* The sample entry is called Opus; DASH-IF and what browsers are asked say opus. */
    if (t->codec.n && (t->kind != TRACK_TEXT || track_is_imsc(t)))
        attr(b, "codecs", str_eq(t->codec, STR("Opus")) ? STR("opus") : t->codec);
    if (is_picture(t->kind)) {
        buf_addf(b, " width=\"%d\" height=\"%d\"", t->width, t->height);
        frame_rate(b, "frameRate", t->fps);
        buf_addc(b, " sar=\"1:1\"");
    }
    if (t->kind == TRACK_AUDIO)
        buf_addf(b, " audioSamplingRate=\"%d\"", t->sample_rate);
    if (t->kind == TRACK_IMAGE)
        buf_addf(b, " width=\"%d\" height=\"%d\"", t->tile_cols * t->tile_width,
                 t->tile_rows * t->tile_height);
    bool inside = own_template || t->kind == TRACK_AUDIO || t->kind == TRACK_IMAGE;
    buf_addc(b, inside ? ">\n" : "/>\n");
    if (t->kind == TRACK_AUDIO)
        channels_write(b, t);
    if (t->kind == TRACK_IMAGE)
        buf_addf(b,
                 "    <EssentialProperty "
                 "schemeIdUri=\"http://dashif.org/guidelines/thumbnail_tile\" value=\"%dx%d\"/>\n",
                 t->tile_cols, t->tile_rows);
    if (own_template)
        template_write(b, p, v, r, "    ");
    if (inside)
        buf_addc(b, "   </Representation>\n");
}

/* DASH's roles (23009-1 5.8.5.5); description is main sound for people who don't see. */
static const char *dash_role(const struct track_desc *t) {
    static const char *const known[] = {"main", "alternate", "commentary",
                                        "dub",  "subtitle",  "caption"};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(t->role, str_of(known[i])))
            return known[i];
    if (str_eq(t->role, STR("forced")))
        return "forced-subtitle";
    if (str_eq(t->role, STR("description")))
        return "alternate";
    return t->kind == TRACK_TEXT ? "subtitle" : "main";
}

static void set_properties(struct buf *b, const struct track_desc *t) {
    const char *role = "urn:mpeg:dash:role:2011", *tva = "urn:tva:metadata:cs:AudioPurposeCS:2007";
    if (str_eq(t->role, STR("description"))) {
        descriptor(b, "Accessibility", tva, "1");
        descriptor(b, "Accessibility", role, "description");
    }
    if (str_eq(t->role, STR("caption")))
        descriptor(b, "Accessibility", tva, "2");
    if (t->kind != TRACK_IMAGE)
        descriptor(b, "Role", role, dash_role(t));
    if (t->is_default && t->kind != TRACK_VIDEO && strcmp(dash_role(t), "main") != 0)
        descriptor(b, "Role", role, "main");
}

static void label_write(struct buf *b, const struct track_desc *t) {
    if (t->label.n == 0)
        return;
    buf_addc(b, "   <Label>");
    buf_xml(b, t->label);
    buf_addc(b, "</Label>\n");
}

static void video_attributes(struct buf *b, const struct set *s) {
    int width = 0, height = 0;
    struct ratio fps = {0, 1};
    for (size_t i = 0; i < s->n; i++) {
        width = MAX(width, s->t[i]->width), height = MAX(height, s->t[i]->height);
        if (fps.num * s->t[i]->fps.den < s->t[i]->fps.num * fps.den)
            fps = s->t[i]->fps;
    }
    buf_addf(b, " maxWidth=\"%d\" maxHeight=\"%d\"", width, height);
    frame_rate(b, "maxFrameRate", fps);
    const struct track_desc *big = s->t[s->n - 1];
    int64_t g = gcd(big->width, big->height);
    buf_addf(b, " par=\"%lld:%lld\"", (long long)(big->width / g), (long long)(big->height / g));
}

/* How much faster its pictures come than a decoder of the rung that they are from is made for; 0: no trick play. */
static int64_t trick_speed(const struct presentation *p, const struct view *v, const struct set *s) {
    const struct track_desc *t[TRACKS_MAX], *own = s->t[0];
    size_t n = s->kind == TRACK_TRICK ? tracks_of(p, v, TRACK_VIDEO, t, TRACKS_MAX) : 0;
    if (n == 0 || own->fps.num <= 0)
        return n > 0;
    return MAX(t[0]->fps.num * own->fps.den / (t[0]->fps.den * own->fps.num), 1);
}

/* DASH-IF IOP 3.2.9: the sets that it may stand for, those of its codec and of every key. */
static void trick_property(struct buf *b, const struct set *sets, size_t id, size_t n_video) {
    buf_addc(b, "   <EssentialProperty schemeIdUri=\"http://dashif.org/guidelines/trickmode\" value=\"");
    for (size_t k = 0, sep = 0; k < n_video; k++)
        if (track_switches(sets[k].t[0], sets[id].t[0]))
            buf_addf(b, "%s%zu", sep++ ? " " : "", k);
    buf_addc(b, "\"/>\n");
}

static void set_open(struct buf *b, const struct set *s, const struct track_desc *first,
                     size_t id, int64_t speed) {
    static const char *const types[] = {"video", "audio", "text", "image", "video"};
    static const char *const mimes[] = {"video/mp4", "audio/mp4", "text/vtt", "image/jpeg", "video/mp4"};
    buf_addf(b, "  <AdaptationSet id=\"%zu\" contentType=\"%s\" mimeType=\"%s\"", id,
             types[s->kind], track_is_imsc(first) ? "application/mp4" : mimes[s->kind]);
    if (s->kind != TRACK_TEXT && s->kind != TRACK_IMAGE)
        buf_addc(b, " segmentAlignment=\"true\" startWithSAP=\"1\"");
    if (is_picture(s->kind))
        video_attributes(b, s);
    if ((s->kind == TRACK_AUDIO || s->kind == TRACK_TEXT) && first->lang.n)
        attr(b, "lang", first->lang);
    if (speed > 0)
        buf_addf(b, " maxPlayoutRate=\"%lld\" codingDependency=\"false\"", (long long)speed);
    buf_addc(b, ">\n");
}

/* Other sets of the same codec and range, under other keys: a player may go on in them. ids below n_video are the picture sets'. */
static void switching_write(struct buf *b, const struct set *sets, size_t id, size_t n_video) {
    size_t sep = 0;
    for (size_t k = 0; k < n_video; k++) {
        if (k == id || !track_switches(sets[k].t[0], sets[id].t[0]))
            continue;
        if (sep++ == 0)
            buf_addc(b, "   <SupplementalProperty "
                        "schemeIdUri=\"urn:mpeg:dash:adaptation-set-switching:2016\" value=\"");
        buf_addf(b, "%s%zu", sep > 1 ? "," : "", k);
    }
    if (sep)
        buf_addc(b, "\"/>\n");
}

/* DASH-IF IOP part 7, 6.2.5: who does not know what HDR is must leave such a set alone; another standard range is only told. */
static void colour_write(struct buf *b, const struct track_desc *t) {
    static const char *const schemes[] = {"urn:mpeg:mpegB:cicp:ColourPrimaries", "urn:mpeg:mpegB:cicp:TransferCharacteristics",
                                          "urn:mpeg:mpegB:cicp:MatrixCoefficients"};
    const uint8_t values[] = {t->primaries, t->transfer, t->matrix};
    bool standard = t->primaries == 1 && t->transfer == 1 && t->matrix == 1;
    for (size_t i = 0; i < ARRAY_LEN(schemes) && t->transfer && !standard; i++) {
        char value[8];
        snprintf(value, sizeof value, "%d", values[i]);
        descriptor(b, track_range(t) == RANGE_SDR ? "SupplementalProperty" : "EssentialProperty", schemes[i], value);
    }
}

static void set_write(struct buf *b, const struct presentation *p, const struct view *v,
                      const struct span *sp, const struct set *sets, size_t id, size_t n_video) {
    const struct set *s = &sets[id];
    const struct track_desc *first = s->t[0];
    bool common = s->kind != TRACK_IMAGE;
    for (size_t i = 1; i < s->n; i++)
        common &= same_timeline(stretch_of(sp, first), stretch_of(sp, s->t[i]));
    set_open(b, s, first, id, trick_speed(p, v, s));
    if (s->kind == TRACK_AUDIO || s->kind == TRACK_TEXT)
        label_write(b, first);
    protection_write(b, sp->asset, first);
    if (s->kind == TRACK_TRICK)
        trick_property(b, sets, id, n_video);
    else
        set_properties(b, first);
    if (s->kind == TRACK_VIDEO) {
        colour_write(b, first);
        switching_write(b, sets, id, n_video);
    }
    if (common)
        template_write(b, p, v, stretch_of(sp, first), "   ");
    for (size_t i = 0; i < s->n; i++)
        representation_write(b, p, v, stretch_of(sp, s->t[i]), !common);
    buf_addc(b, "  </AdaptationSet>\n");
}

static bool span_shows(const struct span *s, const struct track_desc *t) {
    struct stretch r = stretch_of(s, t);
    return r.from < r.to;
}

/* Pictures of one key, codec and range are one set; sound and text one a track. */
static size_t sets_make(const struct presentation *p, const struct view *v, struct set *sets,
                        size_t max, size_t *ret_video) {
    const struct track_desc *t[TRACKS_MAX];
    size_t n = 0, found = tracks_of(p, v, TRACK_VIDEO, t, TRACKS_MAX);
    for (size_t i = 0; i < found; i++) {
        size_t k = 0;
        if (!span_shows(p->spans, t[i]))
            continue;
        while (k < n && !(t[i]->key_class == sets[k].t[0]->key_class && track_switches(t[i], sets[k].t[0]) &&
                          memcmp(t[i]->kid, sets[k].t[0]->kid, 16) == 0))
            k++;
        if (k == max)
            continue;
        if (k == n)
            sets[n++] = (struct set){.kind = TRACK_VIDEO};
        sets[k].t[sets[k].n++] = t[i];
    }
    *ret_video = n;
    for (int kind = TRACK_AUDIO; kind <= TRACK_IMAGE; kind++) {
        found = tracks_of(p, v, (enum track_kind)kind, t, TRACKS_MAX);
        for (size_t i = 0; i < found && n < max; i++)
            if (span_shows(p->spans, t[i]))
                sets[n++] = (struct set){.kind = (enum track_kind)kind, .t = {t[i]}, .n = 1};
    }
    /* Behind everything else: a player that chooses by order has WebVTT. */
    found = tracks_of(p, v, TRACK_TEXT, t, TRACKS_MAX);
    for (size_t i = 0; i < found && n < max; i++) {
        struct set *s = &sets[n];
        if (!imsc_form_of(v, t[i], &s->form) || !span_shows(p->spans, &s->form.t))
            continue;
        s->kind = TRACK_TEXT, s->t[0] = &s->form.t, s->n = 1;
        s->form.t.is_default = false;
        n++;
    }
    found = *ret_video ? tracks_of(p, v, TRACK_TRICK, t, TRACKS_MAX) : 0;
    for (size_t i = 0; i < found && n < max; i++)
        if (span_shows(p->spans, t[i]))
            sets[n++] = (struct set){.kind = TRACK_TRICK, .t = {t[i]}, .n = 1};
    return n;
}

int dash_mpd(const struct presentation *p, const struct view *v, struct buf *out,
             struct err *reterr) {
    struct set *sets = calloc(TRACKS_MAX, sizeof *sets);
    if (!sets)
        return err_set(reterr, ERR_NO_MEMORY, "manifest");
    size_t shown = 0;
    int64_t total = 0, start = 0;
    for (size_t i = 0; i < p->n_spans; i++)
        total += span_duration_us(&p->spans[i]);
    buf_addc(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
        "xmlns:cenc=\"urn:mpeg:cenc:2013\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011,"
        "urn:mpeg:dash:profile:cmaf:2019\" type=\"static\"");
    duration_attr(out, "mediaPresentationDuration", total);
    buf_addc(out, " minBufferTime=\"PT4S\">\n");
    for (size_t i = 0; i < p->n_spans; i++) {
        const struct span *s = &p->spans[i];
        buf_addf(out, " <Period id=\"%zu\"", i);
        duration_attr(out, "start", start);
        duration_attr(out, "duration", span_duration_us(s));
        buf_addc(out, ">\n");
        /* Each Period has the sets of its own asset: an advertisement's are not the film's. */
        struct presentation own = {s, 1};
        size_t n_video = 0, n = sets_make(&own, v, sets, TRACKS_MAX, &n_video);
        for (size_t k = 0; k < n; k++)
            set_write(out, p, v, s, sets, k, n_video);
        shown += n;
        buf_addc(out, " </Period>\n");
        start += span_duration_us(s);
    }
    buf_addc(out, "</MPD>\n");
    free(sets);
    return shown > 0 ? 0 : err_set(reterr, ERR_NOT_FOUND, "nothing to play in this view");
}
