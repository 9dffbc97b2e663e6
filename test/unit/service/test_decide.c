/* The one decision: every refusal, in its order, and what is chosen when there is none. */
#include "world.h"
#include "service/playback/decide.h"

static const struct str all_codecs[] = {STR("avc1.640028"), STR("mp4a.40.2")};

static struct playback_facts good(struct asset_desc *d) {
    return (struct playback_facts){
        .signed_in = true,
        .title_exists = true,
        .published = true,
        .asset = d,
        .device = {.codecs = all_codecs, .n_codecs = 2, .clearkey = true}};
}

static const char *refusal(struct playback_facts f) {
    static struct err err;
    struct playback_decision d;
    err = (struct err){0};
    int rc = playback_decide(&f, &d, &err);
    cr_expect_eq(rc, err.code);
    cr_expect(!rc || err.hint[0], "a refusal says what to do");
    return rc ? err.reason : "";
}

static int status(struct playback_facts f) {
    struct playback_decision d;
    return err_status(playback_decide(&f, &d, NULL));
}

Test(decide, every_refusal_has_its_code_and_status) {
    SCOPED_WORLD(w);
    struct asset_desc d = world_asset_desc(&w, (struct asset_id){id_new(1)}, SCHEME_CBCS);
    struct playback_facts f = good(&d);
    static const struct str vp9[] = {STR("vp09.00.10.08"), STR("mp4a.40.2")};
    static const struct str no_sound[] = {STR("avc1.640028")};
    cr_expect_str_eq(refusal(f), "");
#define REFUSED(change, code, http)                                                                \
    do {                                                                                           \
        f = good(&d);                                                                              \
        change;                                                                                    \
        cr_expect_str_eq(refusal(f), code);                                                        \
        cr_expect_eq(status(f), http, "%s: %d", code, status(f));                                  \
    } while (0)
    REFUSED(f.signed_in = false, "playback.signed_out", 401);
    REFUSED(f.title_exists = false, "playback.not_found", 404);
    REFUSED(f.published = false, "playback.not_published", 403);
    REFUSED(f.asset = NULL, "playback.not_ready", 409);
    REFUSED(f.device.codecs = vp9, "playback.device_unsupported", 403);
    REFUSED(f.device.codecs = no_sound; f.device.n_codecs = 1, "playback.device_unsupported", 403);
    REFUSED(f.device.clearkey = false, "playback.device_unsupported", 403);
}

Test(decide, what_comes_first_is_told_first) {
    struct playback_facts f = {0}; /* everything is wrong */
    cr_expect_str_eq(refusal(f), "playback.signed_out");
    f.signed_in = true;
    cr_expect_str_eq(refusal(f), "playback.not_found");
    f.title_exists = true;
    cr_expect_str_eq(refusal(f), "playback.not_published");
    f.may_preview = true; /* an editor */
    cr_expect_str_eq(refusal(f), "playback.not_ready");
}

Test(decide, a_clear_title_needs_no_key_system) {
    SCOPED_WORLD(w);
    struct asset_desc d = world_asset_desc(&w, (struct asset_id){id_new(1)}, SCHEME_CLEAR);
    struct playback_facts f = good(&d);
    struct playback_decision got;
    f.device.clearkey = false;
    OK(playback_decide(&f, &got, err));
    cr_expect_not(got.protected);
    cr_expect_eq(got.classes, 0);
}

static struct str view_of(struct world *w, struct playback_facts f, struct playback_decision *ret) {
    OK(playback_decide(&f, ret, err));
    return view_id(&ret->view, &w->f.arena);
}

Test(decide, the_view_is_as_wide_as_the_device_and_no_wider) {
    SCOPED_WORLD(w);
    struct asset_desc d = world_asset_desc(&w, (struct asset_id){id_new(1)}, SCHEME_CBCS);
    struct playback_facts f = good(&d);
    struct playback_decision got;
    const unsigned sd = 1u << KEY_AUDIO | 1u << KEY_SD, hd = sd | 1u << KEY_HD;
    static const struct {
        int height;
        const char *view;
    } cases[] = {{0, "d"}, {2160, "d"}, {1080, "d"}, {1079, "h360"}, {720, "h360"}, {100, "h360"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        f.device.max_height = cases[i].height;
        struct str view = view_of(&w, f, &got);
        cr_expect(str_eq(view, str_of(cases[i].view)), "%d: " STR_FMT, cases[i].height,
                  STR_ARG(view));
        cr_expect_eq(got.classes, cases[i].view[0] == 'd' ? hd : sd);
    }
}

Test(decide, a_codec_that_the_device_lacks_narrows_the_view) {
    SCOPED_WORLD(w);
    struct asset_desc d = world_asset_desc(&w, (struct asset_id){id_new(1)}, SCHEME_CBCS);
    struct playback_facts f = good(&d);
    struct playback_decision got;
    struct view parsed;
    d.tracks[1].codec = STR("hvc1.1.6.L120.90");
    struct str view = view_of(&w, f, &got);
    cr_expect(str_eq(view, STR("c.avc1.mp4a")), STR_FMT, STR_ARG(view));
    cr_expect(view_parse(view, &w.f.arena, &parsed), "a view is spelt as the manifests want it");
    cr_expect_not(got.classes & 1u << KEY_HD);
    f.device.n_codecs = 0; /* did not say: what every player has */
    view = view_of(&w, f, &got);
    cr_expect(str_eq(view, STR("c.avc1.mp4a")), STR_FMT, STR_ARG(view));
}

Test(decide, formats_of_sound_go_to_those_who_play_them) {
    static const struct str with_opus[] = {STR("avc1.640028"), STR("mp4a.40.2"), STR("opus")},
                            with_dolby[] = {STR("avc1.640028"), STR("mp4a.40.2"), STR("ec-3"), STR("opus")};
    SCOPED_WORLD(w);
    struct asset_desc d = world_asset_desc(&w, (struct asset_id){id_new(1)}, SCHEME_CBCS);
    struct track_desc t[16];
    size_t n = d.n_tracks, sound = 0;
    cr_assert(n + 2 <= ARRAY_LEN(t));
    memcpy(t, d.tracks, n * sizeof *t);
    while (t[sound].kind != TRACK_AUDIO)
        sound++;
    t[n] = t[n + 1] = t[sound];
    t[n].codec = STR("Opus");
    t[n + 1].codec = STR("ec-3");
    d.tracks = t;
    d.n_tracks = n + 2;
    struct playback_facts f = good(&d);
    struct playback_decision got;
    struct view parsed;
    struct str view = view_of(&w, f, &got);
    cr_expect(str_eq(view, STR("c.avc1.mp4a")), STR_FMT, STR_ARG(view));
    f.device.codecs = with_opus, f.device.n_codecs = ARRAY_LEN(with_opus);
    view = view_of(&w, f, &got);
    cr_expect(str_eq(view, STR("c.avc1.mp4a.opus")), STR_FMT, STR_ARG(view));
    cr_assert(view_parse(view, &w.f.arena, &parsed));
    cr_expect(view_has(&parsed, &t[sound]) && view_has(&parsed, &t[n]) && !view_has(&parsed, &t[n + 1]));
    f.device.codecs = with_dolby, f.device.n_codecs = ARRAY_LEN(with_dolby);
    cr_expect(str_eq(view_of(&w, f, &got), STR("d")), "whoever plays all shares the view of all");
}

Test(decide, hdr_goes_to_screens_that_show_it_and_h264_to_all) {
    static const struct str modern[] = {STR("avc1.640028"), STR("mp4a.40.2"), STR("hvc1.2.4.L150.90"), STR("av01.0.08M.10")},
                            new_only[] = {STR("av01.0.08M.10"), STR("mp4a.40.2")};
    SCOPED_WORLD(w);
    struct asset_desc d = world_asset_desc(&w, (struct asset_id){id_new(1)}, SCHEME_CBCS);
    struct track_desc t[16];
    size_t n = d.n_tracks;
    cr_assert(n + 2 <= ARRAY_LEN(t) && d.tracks[0].kind == TRACK_VIDEO);
    memcpy(t, d.tracks, n * sizeof *t);
    t[n] = t[n + 1] = t[0];
    t[n].codec = STR("hvc1.2.4.L93.90"), t[n].transfer = 16;
    t[n + 1].codec = STR("av01.0.04M.10.0.110.09.16.09.0"), t[n + 1].transfer = 16;
    d.tracks = t, d.n_tracks = n + 2;
    struct playback_facts f = good(&d);
    struct playback_decision got;
    f.device.codecs = modern, f.device.n_codecs = ARRAY_LEN(modern);
    struct str view = view_of(&w, f, &got);
    cr_expect(str_eq(view, STR("c.avc1.mp4a")), STR_FMT, STR_ARG(view));
    f.device.hdr = true;
    view = view_of(&w, f, &got);
    cr_expect(str_eq(view, STR("d")), STR_FMT, STR_ARG(view));
    f.device.codecs = new_only, f.device.n_codecs = ARRAY_LEN(new_only);
    view = view_of(&w, f, &got);
    cr_expect(str_eq(view, STR("c.av01.mp4a")), STR_FMT, STR_ARG(view));
    f.device.hdr = false;
    cr_expect_str_eq(refusal(f), "playback.device_unsupported");
    t[n + 1].transfer = 1; /* the same in standard range */
    view = view_of(&w, f, &got);
    cr_expect(str_eq(view, STR("c.av01.mp4a")), STR_FMT, STR_ARG(view));
}

/* ---- protection systems and what classes ask of them ---- */

struct policed {
    struct asset_desc d;
    struct output_policy output;
    struct playback_facts f;
};
/* SD and HD of the world's asset, which tells of all systems; licences of Widevine and FairPlay are to be had. */
static void policed_init(struct world *w, struct policed *p) {
    *p = (struct policed){.d = world_asset_desc(w, (struct asset_id){id_new(1)}, SCHEME_CBCS)};
    p->d.drm.systems = 1u << DRM_WIDEVINE | 1u << DRM_PLAYREADY | 1u << DRM_FAIRPLAY;
    p->output.of[KEY_SD] = (struct class_output){HDCP_NONE, ROBUST_SW_CRYPTO};
    p->output.of[KEY_HD] = (struct class_output){HDCP_1_4, ROBUST_HW_ALL};
    p->f = good(&p->d);
    p->f.output = &p->output;
    p->f.proxied = 1u << DRM_WIDEVINE | 1u << DRM_FAIRPLAY;
    p->f.device.clearkey = false;
}
#define SOUND_AND(x) (1u << KEY_AUDIO | (x))

Test(decide, a_device_gets_the_classes_whose_policy_it_meets_and_is_told_which_not) {
    SCOPED_WORLD(w);
    struct policed p;
    struct playback_decision d;
    policed_init(&w, &p);
    p.f.device.systems = 1u << DRM_WIDEVINE;
    p.f.device.robustness[DRM_WIDEVINE] = ROBUST_SW_DECODE;
    cr_expect(str_eq(view_of(&w, p.f, &d), STR("h360")));
    cr_expect_eq(d.system, (unsigned)(GRANT_DRM + DRM_WIDEVINE));
    cr_expect_eq(d.classes, SOUND_AND(1u << KEY_SD));
    cr_expect(d.limit.class == KEY_HD && !d.limit.by_hdcp && d.limit.needs.robustness == ROBUST_HW_ALL);
    p.f.device.robustness[DRM_WIDEVINE] = ROBUST_HW_ALL;
    cr_expect(str_eq(view_of(&w, p.f, &d), STR("d")), "its module looks at the output");
    cr_expect_eq(d.limit.class, KEY_NONE);
    cr_expect_eq(d.classes, SOUND_AND(1u << KEY_SD | 1u << KEY_HD));
    p.f.device.hdcp_said = true;
    p.f.device.hdcp = HDCP_1_2;
    cr_expect(str_eq(view_of(&w, p.f, &d), STR("h360")));
    cr_expect(d.limit.class == KEY_HD && d.limit.by_hdcp && d.limit.needs.hdcp == HDCP_1_4);
}

Test(decide, a_system_counts_where_it_is_told_of_and_has_a_service) {
    SCOPED_WORLD(w);
    struct policed p;
    struct playback_decision d;
    policed_init(&w, &p);
    p.f.device.systems = 1u << DRM_PLAYREADY;
    p.f.device.robustness[DRM_PLAYREADY] = ROBUST_HW_ALL;
    cr_expect_str_eq(refusal(p.f), "playback.device_unsupported", "no service");
    p.f.device.systems = 1u << DRM_FAIRPLAY;
    p.f.device.robustness[DRM_FAIRPLAY] = ROBUST_HW_ALL;
    cr_expect_str_eq(refusal(p.f), "");
    p.d.scheme = SCHEME_CENC;
    cr_expect_str_eq(refusal(p.f), "playback.device_unsupported", "not with cenc");
    p.d.scheme = SCHEME_CBCS;
    p.d.drm.systems = 1u << DRM_WIDEVINE;
    cr_expect_str_eq(refusal(p.f), "playback.device_unsupported", "the asset does not tell of it");
    p.f.device.systems = 1u << DRM_WIDEVINE;
    p.f.device.robustness[DRM_WIDEVINE] = ROBUST_SW_CRYPTO;
    p.f.device.clearkey = true;
    p.f.output = NULL;
    view_of(&w, p.f, &d);
    cr_expect_eq(d.system, (unsigned)(GRANT_DRM + DRM_WIDEVINE), "of equals the one that keeps keys");
    p.f.proxied = 0;
    view_of(&w, p.f, &d);
    cr_expect_eq(d.system, (unsigned)GRANT_CLEARKEY);
}

Test(decide, clearkey_meets_no_policy_at_all) {
    SCOPED_WORLD(w);
    struct policed p;
    struct playback_decision d;
    policed_init(&w, &p);
    p.f.device.clearkey = true;
    cr_expect_str_eq(refusal(p.f), "playback.output_policy");
    p.output.of[KEY_SD] = (struct class_output){HDCP_NONE, ROBUST_NONE};
    cr_expect(str_eq(view_of(&w, p.f, &d), STR("h360")));
    cr_expect_eq(d.classes, SOUND_AND(1u << KEY_SD));
    p.output.of[KEY_AUDIO].hdcp = HDCP_1_0;
    cr_expect_str_eq(refusal(p.f), "playback.output_policy", "no film without its sound");
    p.f.device.systems = 1u << DRM_WIDEVINE;
    p.f.device.robustness[DRM_WIDEVINE] = ROBUST_HW_ALL;
    view_of(&w, p.f, &d);
    cr_expect_eq(d.system, (unsigned)(GRANT_DRM + DRM_WIDEVINE), "the one that gives more");
}

Test(decide, a_device_gets_the_scheme_that_it_plays) {
    SCOPED_WORLD(w);
    struct asset_desc d = world_asset_desc(&w, (struct asset_id){id_new(1)}, SCHEME_CBCS);
    struct playback_facts f = good(&d);
    struct playback_decision got;
    const unsigned cenc = 1u << SCHEME_CENC, cbcs = 1u << SCHEME_CBCS;
    static const struct {
        unsigned plays;
        enum scheme own, second;
        const char *view; /* NULL: refused */
    } cases[] = {{0, SCHEME_CBCS, SCHEME_CLEAR, "d"},      {0, SCHEME_CBCS, SCHEME_CENC, "d"},      {2, SCHEME_CBCS, SCHEME_CENC, "scenc"},
                 {2, SCHEME_CBCS, SCHEME_CLEAR, NULL},     {4, SCHEME_CENC, SCHEME_CBCS, "scbcs"}, {6, SCHEME_CENC, SCHEME_CBCS, "d"},
                 {4, SCHEME_CBCS, SCHEME_CENC, "d"}};
    cr_assert(cenc == 2 && cbcs == 4);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        f.device.schemes = cases[i].plays, d.scheme = cases[i].own, f.second = cases[i].second;
        if (!cases[i].view) {
            cr_expect_str_eq(refusal(f), "playback.device_unsupported");
            continue;
        }
        cr_expect(str_eq(view_of(&w, f, &got), str_of(cases[i].view)), "case %zu", i);
        cr_expect_eq(got.scheme, got.view.scheme ? got.view.scheme : d.scheme);
    }
    f.device.schemes = 0, f.device.systems = 1u << DRM_FAIRPLAY, f.device.clearkey = false, d.scheme = SCHEME_CENC, f.second = SCHEME_CBCS;
    cr_expect_str_eq(refusal(f), "playback.device_unsupported", "what the scheme is does not give it a licence");
}
