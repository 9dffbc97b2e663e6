/* test_manifest.c - manifests as golden text, views, and asset descriptions as JSON. */
#include "fixture.h"
#include "media/manifest/manifest.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { SEGMENTS = 3 };
static struct index_extent video_e[SEGMENTS], audio_e[SEGMENTS], text_e[SEGMENTS], tiles_e[1];

static void extents_make(void) {
    uint64_t audio[] = {0, 191488, 384000};
    uint32_t audio_d[] = {191488, 192512, 96000};
    for (int i = 0; i < SEGMENTS; i++) {
        video_e[i] = (struct index_extent){.offset = 4096u * (i + 1),
                                           .time = 96096u * (unsigned)i,
                                           .length = 300000,
                                           .duration = i == 2 ? 24024 : 96096,
                                           .iframe_length = 40000 + 1000u * (unsigned)i};
        audio_e[i] =
            (struct index_extent){.time = audio[i], .length = 60000, .duration = audio_d[i]};
        text_e[i] = (struct index_extent){
            .time = 4004u * (unsigned)i, .length = 200, .duration = i == 2 ? 1001 : 4004};
    }
    tiles_e[0] = (struct index_extent){.length = 9000, .duration = 9000};
}

static struct track_desc video(const char *name, int w, int h, int64_t rate, enum key_class c) {
    return (struct track_desc){.name = str_of(name),
                               .kind = TRACK_VIDEO,
                               .codec = STR("avc1.64001f"),
                               .lang = STR("und"),
                               .role = STR("main"),
                               .bandwidth = rate,
                               .peak_bandwidth = rate * 5 / 4,
                               .timescale = 24000,
                               .width = w,
                               .height = h,
                               .fps = {24000, 1001},
                               .duration = 216216,
                               .edit_start = 1001,
                               .key_class = c,
                               .kid = {(uint8_t)c, 0xab},
                               .extents = video_e,
                               .n_extents = SEGMENTS,
                               .init_length = 800};
}

static struct track_desc audio(const char *name, const char *lang, const char *label,
                               const char *role, int channels, bool def) {
    return (struct track_desc){.name = str_of(name),
                               .kind = TRACK_AUDIO,
                               .codec = STR("mp4a.40.2"),
                               .lang = str_of(lang),
                               .role = str_of(role),
                               .label = str_of(label),
                               .is_default = def,
                               .bandwidth = 64000 * channels,
                               .peak_bandwidth = 65000 * channels,
                               .timescale = 48000,
                               .channels = channels,
                               .sample_rate = 48000,
                               .duration = 480000,
                               .edit_start = 1024,
                               .key_class = KEY_AUDIO,
                               .kid = {KEY_AUDIO, 0xab},
                               .extents = audio_e,
                               .n_extents = SEGMENTS,
                               .init_length = 700};
}

static struct track_desc text(const char *name, const char *lang, const char *label,
                              const char *role) {
    return (struct track_desc){.name = str_of(name),
                               .kind = TRACK_TEXT,
                               .codec = STR("wvtt"),
                               .lang = str_of(lang),
                               .role = str_of(role),
                               .label = str_of(label),
                               .bandwidth = 300,
                               .peak_bandwidth = 500,
                               .timescale = 1000,
                               .duration = 9009,
                               .extents = text_e,
                               .n_extents = SEGMENTS,
                               .init_length = 400};
}

static struct track_desc tracks[10];

static struct asset_desc film(enum scheme scheme) {
    extents_make();
    size_t n = 0;
    tracks[n++] = video("v1", 640, 360, 800000, KEY_SD);
    tracks[n++] = video("v2", 854, 480, 1500000, KEY_SD);
    tracks[n++] = video("v3", 1280, 720, 3000000, KEY_HD);
    tracks[n++] = audio("a1", "en", "English", "main", 2, true);
    tracks[n++] = audio("a2", "en", "English", "main", 6, false);
    tracks[n++] = audio("a3", "fr",
                        "Fran\xc3\xa7"
                        "ais \"VF\"",
                        "dub", 2, false);
    tracks[n++] = audio("a4", "en", "English (described)", "description", 2, false);
    tracks[n++] = text("t1", "en", "English <CC>", "caption");
    tracks[n++] = text("t2", "pt-BR", "Portugu\xc3\xaas", "subtitle");
    tracks[n++] = (struct track_desc){.name = STR("i1"),
                                      .kind = TRACK_IMAGE,
                                      .lang = STR("und"),
                                      .role = STR("main"),
                                      .bandwidth = 8000,
                                      .peak_bandwidth = 8000,
                                      .timescale = 1000,
                                      .duration = 9000,
                                      .width = 1600,
                                      .height = 900,
                                      .tile_cols = 5,
                                      .tile_rows = 5,
                                      .tile_width = 320,
                                      .tile_height = 180,
                                      .tile_every = 2000,
                                      .extents = tiles_e,
                                      .n_extents = 1};
    for (size_t i = 0; scheme == SCHEME_CLEAR && i < n; i++)
        tracks[i].key_class = KEY_NONE;
    return (struct asset_desc){.id = STR("01JDFILM"),
                               .revision = 1,
                               .scheme = scheme,
                               .duration_ms = 10000,
                               .tracks = tracks,
                               .n_tracks = n};
}

static void render(struct buf *b, const struct presentation *p, const char *view,
                   const char *name) {
    struct arena a = ARENA(64 << 10);
    struct view v;
    struct err e = {0};
    cr_assert(view_parse(str_of(view), &a, &v), "%s", view);
    buf_addf(b, "== %s/%s\n", view, name);
    cr_assert_eq(manifest_render(p, &v, str_of(name), b, NULL, &e), 0, "%s: %s", name, e.msg);
    arena_done(&a);
}

static void golden_of(const struct presentation *p, const char *view, const char *const *names,
                      const char *golden) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    for (; *names; names++)
        render(&b, p, view, *names);
    fixture_golden(golden, buf_str(&b));
}

static const char *const hls[] = {"main.m3u8", "v1.m3u8", "v3.iframes.m3u8",
                                  "a2.m3u8",   "t2.m3u8", NULL};
static const char *const dash[] = {"main.mpd", NULL};

static void film_golden(enum scheme s, const char *view, const char *const *names,
                        const char *golden) {
    struct asset_desc d = film(s);
    struct span span = {&d, 0, -1, SPAN_CONTENT};
    golden_of(&(struct presentation){&span, 1}, view, names, golden);
}

Test(manifest, hls_protected) {
    film_golden(SCHEME_CBCS, "d", hls, "cbcs.m3u8");
}
Test(manifest, hls_clear) {
    film_golden(SCHEME_CLEAR, "d", hls, "clear.m3u8");
}
Test(manifest, dash_protected) {
    film_golden(SCHEME_CENC, "d", dash, "cenc.mpd");
}
Test(manifest, dash_clear) {
    film_golden(SCHEME_CLEAR, "d", dash, "clear.mpd");
}
/* One key of each class, three systems; cenc has no FairPlay. */
Test(manifest, protection_systems_stand_beside_clearkey) {
    static const char *const names[] = {"main.m3u8", "v3.m3u8", "main.mpd", NULL};
    for (enum scheme s = SCHEME_CENC; s <= SCHEME_CBCS; s++) {
        struct asset_desc d = film(s);
        struct span span = {&d, 0, -1, SPAN_CONTENT};
        d.drm = (struct asset_drm){.systems = 1u << DRM_WIDEVINE | 1u << DRM_PLAYREADY | 1u << DRM_FAIRPLAY, .provider = STR("acme")};
        golden_of(&(struct presentation){&span, 1}, "h720-l.fr", names, s == SCHEME_CENC ? "systems-cenc.txt" : "systems-cbcs.txt");
    }
}
Test(manifest, a_view_lists_what_it_lets_through) {
    static const char *const both[] = {"main.m3u8", "main.mpd", NULL};
    film_golden(SCHEME_CLEAR, "h480-l.fr", both, "view.txt");
}

static int occurrences(const char *s, const char *what) {
    int n = 0;
    for (; (s = strstr(s, what)); s++)
        n++;
    return n;
}

/* A film with a commentary that does not say so, all of its tracks marked as the default. */
Test(manifest, hls_offers_every_soundtrack_of_a_language) {
    extents_make();
    struct track_desc t[] = {
        video("v1", 640, 360, 800000, KEY_NONE),      audio("a1", "en", "English", "main", 2, true),
        audio("a2", "en", "English", "main", 6, true), audio("a3", "en", "English", "main", 2, true),
        audio("a4", "en", "English", "main", 6, true), audio("a5", "en", "Director", "main", 2, true),
        text("t1", "en", "English", "subtitle"),       text("t2", "en", "English", "subtitle")};
    t[6].is_default = t[7].is_default = true;
    struct asset_desc d = {.id = STR("F"), .duration_ms = 10000, .tracks = t, .n_tracks = ARRAY_LEN(t)};
    struct span span = {&d, 0, -1, SPAN_CONTENT};
    scoped(buf_done) struct buf b = BUF(1 << 20);
    render(&b, &(struct presentation){&span, 1}, "d", "main.m3u8");
    const char *s = buf_cstr(&b);
    for (int i = 1; i <= 5; i++) {
        char uri[16];
        snprintf(uri, sizeof uri, "a%d.m3u8", i);
        cr_expect(strstr(s, uri), "%s is missing", uri);
    }
    cr_expect_eq(occurrences(s, "TYPE=AUDIO,GROUP-ID=\"audio-2\""), 3);
    cr_expect_eq(occurrences(s, "TYPE=AUDIO,GROUP-ID=\"audio-6\""), 3);
    cr_expect_eq(occurrences(s, "NAME=\"English\""), 3, "one a group: two of sound, one of text");
    cr_expect_eq(occurrences(s, "NAME=\"English 2\""), 3);
    cr_expect_eq(occurrences(s, "DEFAULT=YES"), 3);
}

/* AAC, Opus and E-AC-3 of one film, and every role: groups and sets of their own, and whoever wants another format of a
 * dub that has none gets its AAC. */
Test(manifest, formats_and_roles_of_sound) {
    extents_make();
    struct track_desc t[] = {video("v1", 640, 360, 800000, KEY_NONE),
                             audio("a1", "en", "English", "main", 2, true),
                             audio("a2", "en", "English (5.1)", "main", 6, false),
                             audio("a3", "en", "English", "main", 2, false),
                             audio("a4", "en", "English (5.1)", "main", 6, false),
                             audio("a5", "fr", "Fran\xc3\xa7""ais", "dub", 2, false),
                             audio("a6", "fr", "Fran\xc3\xa7""ais", "dub", 2, false),
                             audio("a7", "en", "Director", "commentary", 2, false),
                             audio("a8", "en", "English (described)", "description", 2, false),
                             audio("a9", "en", "Live mix", "alternate", 2, false)};
    t[3].codec = t[6].codec = STR("Opus");
    t[4].codec = STR("ec-3");
    for (size_t i = 1; i < ARRAY_LEN(t); i++)
        t[i].key_class = KEY_NONE;
    struct asset_desc d = {.id = STR("F"), .duration_ms = 10000, .tracks = t, .n_tracks = ARRAY_LEN(t)};
    struct span span = {&d, 0, -1, SPAN_CONTENT};
    struct presentation p = {&span, 1};
    scoped(buf_done) struct buf b = BUF(1 << 20);
    render(&b, &p, "d", "main.m3u8");
    render(&b, &p, "d", "main.mpd");
    render(&b, &p, "c.avc1.mp4a", "main.m3u8");
    fixture_golden("sound.txt", buf_str(&b));
}

/* H.264, HEVC and AV1 of an HDR film, each under two keys: sets by codec and key, tied within a codec alone. */
Test(manifest, codecs_and_ranges_are_sets_of_their_own) {
    extents_make();
    struct track_desc t[] = {video("v1", 640, 360, 800000, KEY_SD),  video("v2", 1280, 720, 2400000, KEY_HD), video("v3", 640, 360, 640000, KEY_SD),
                             video("v4", 1280, 720, 1900000, KEY_HD), video("v5", 640, 360, 560000, KEY_SD),  audio("a1", "en", "English", "main", 2, true)};
    for (size_t i = 0; i < 5; i++)
        t[i].primaries = t[i].transfer = t[i].matrix = 1;
    t[2].codec = t[3].codec = STR("hvc1.2.4.L93.90");
    t[4].codec = STR("av01.0.04M.10.0.110.09.18.09.0");
    for (size_t i = 2; i < 5; i++)
        t[i].primaries = t[i].matrix = 9, t[i].transfer = i == 4 ? 18 : 16;
    struct asset_desc d = {.id = STR("F"), .scheme = SCHEME_CBCS, .duration_ms = 10000, .tracks = t, .n_tracks = ARRAY_LEN(t)};
    struct track_desc spot[] = {video("v1", 640, 360, 700000, KEY_NONE), video("v2", 640, 360, 500000, KEY_NONE)};
    spot[1].codec = STR("hvc1.2.4.L93.90"), spot[1].transfer = 16;
    struct asset_desc ad = {.id = STR("AD"), .tracks = spot, .n_tracks = 2};
    struct span spans[] = {{&d, 0, -1, SPAN_CONTENT}, {&ad, 0, -1, SPAN_AD}};
    scoped(buf_done) struct buf b = BUF(1 << 20);
    render(&b, &(struct presentation){spans, 1}, "d", "main.m3u8");
    render(&b, &(struct presentation){spans, 1}, "d", "main.mpd");
    render(&b, &(struct presentation){spans, 1}, "h100-c.avc1", "main.m3u8"); /* nothing is that low: the lowest of what was asked for */
    render(&b, &(struct presentation){spans, 2}, "d", "v4.m3u8");             /* an advertisement in the same codec */
    fixture_golden("codecs.txt", buf_str(&b));
}

Test(manifest, spans_are_discontinuities_and_periods) {
    static const char *const names[] = {"v3.m3u8", "a3.m3u8", "t1.m3u8", "main.mpd", NULL};
    struct asset_desc d = film(SCHEME_CBCS);
    struct track_desc spot[] = {video("v1", 640, 360, 700000, KEY_NONE),
                                audio("a1", "en", "", "main", 2, true)};
    spot[1].key_class = KEY_NONE;
    struct asset_desc ad = {.id = STR("01JDSPOT"), .tracks = spot, .n_tracks = 2};
    struct span spans[] = {
        {&d, 0, 4004, SPAN_CONTENT}, {&ad, 0, -1, SPAN_AD}, {&d, 4004, -1, SPAN_CONTENT}};
    golden_of(&(struct presentation){spans, 3}, "d", names, "spans.txt");
}

Test(manifest, extinf_adds_up_to_the_film) {
    struct asset_desc d = film(SCHEME_CLEAR);
    struct span span = {&d, 0, -1, SPAN_CONTENT};
    struct presentation p = {&span, 1};
    scoped(buf_done) struct buf b = BUF(1 << 20);
    render(&b, &p, "d", "v1.m3u8");
    int64_t us = 0;
    for (struct str rest = buf_str(&b), line; rest.p;) {
        rest = str_cut(rest, '\n', &line);
        double s;
        if (str_starts(line, STR("#EXTINF:")) && str_to_f64(str_slice(line, 8, line.n - 1), &s))
            us += (int64_t)(s * 1e6 + 0.5);
    }
    cr_assert_eq(us, 9009000);
}

Test(manifest, what_is_not_in_the_view_is_not_found) {
    struct asset_desc d = film(SCHEME_CLEAR);
    struct span span = {&d, 0, -1, SPAN_CONTENT};
    struct presentation p = {&span, 1};
    struct view v = {.max_height = 480};
    static const char *const absent[] = {"v3.m3u8", "v9.m3u8", "a1.iframes.m3u8", "main.txt",
                                         "",        ".m3u8",   "i1.m3u8"};
    scoped(buf_done) struct buf b = BUF(1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(absent); i++)
        cr_assert_eq(manifest_render(&p, &v, str_of(absent[i]), &b, NULL, NULL), ERR_NOT_FOUND,
                     "%s", absent[i]);
    v.max_height = 100; /* below the lowest rung: that one stays */
    cr_assert_eq(manifest_render(&p, &v, STR("v1.m3u8"), &b, NULL, NULL), 0);
    struct buf small = BUF(100);
    cr_assert_eq(manifest_render(&p, &v, STR("main.mpd"), &small, NULL, NULL), ERR_LIMIT);
    buf_done(&small);
}

Test(view, has_one_spelling) {
    static const char *const good[] = {"d", "h720", "c.avc1", "l.en",
                                       "h1080-c.avc1.hvc1-l.de.en.pt_br", "t7", "h720-l.en-t120"};
    static const char *const bad[] = {"",      "D",           "d-h720",    "h",       "h0720",
                                      "h-1",   "l",           "l.",        "l.en.en", "l.fr.en",
                                      "l.EN",  "c.avc1-h720", "h720-h480", "l.en/..", "x",
                                      "h720-", "-h720",       "l..en",     "h99999",
                                      "t",     "t0",          "t07",       "t7-h720", "t-1", "t1234567890"};
    struct arena a = ARENA(1 << 20);
    struct view v;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        cr_assert(view_parse(str_of(good[i]), &a, &v), "%s", good[i]);
        cr_assert(str_eq(view_id(&v, &a), str_of(good[i])), "%s", good[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert_not(view_parse(str_of(bad[i]), &a, &v), "%s", bad[i]);
    struct view loose = {.langs = {STR("pt-BR"), STR("en"), STR("en")}, .n_langs = 3};
    cr_assert(str_eq(view_id(&loose, &a), STR("l.en.pt_br")));
}

Test(presentation, a_list_of_subtitles_takes_the_place_of_the_assets_own) {
    struct asset_desc d = film(SCHEME_CBCS), was = d;
    struct arena a = ARENA(1 << 20);
    struct track_desc t = {.name = STR("t101"), .kind = TRACK_TEXT, .lang = STR("el"), .role = STR("caption"), .timescale = 1000};
    json_t *list = json_pack("{s:[o]}", "tracks", track_to_json(&t));
    cr_assert_eq(asset_text_replace(&d, list, &a, NULL), 0);
    size_t texts = 0, others = 0, before = 0;
    for (size_t i = 0; i < d.n_tracks; i++)
        d.tracks[i].kind == TRACK_TEXT ? texts++ : others++;
    for (size_t i = 0; i < was.n_tracks; i++)
        before += was.tracks[i].kind != TRACK_TEXT;
    cr_expect_eq(texts, 1);
    cr_expect_eq(others, before);
    cr_expect(str_eq(d.tracks[d.n_tracks - 1].lang, STR("el")));
    json_object_set_new(json_array_get(json_object_get(list, "tracks"), 0), "kind", json_string("audio"));
    cr_expect_eq(asset_text_replace(&d, list, &a, NULL), ERR_CORRUPT);
    cr_expect_eq(asset_text_replace(&d, json_object(), &a, NULL), ERR_CORRUPT);
    json_decref(list);
    arena_done(&a);
}

Test(view, codecs_bind_only_their_kind) {
    struct asset_desc d = film(SCHEME_CLEAR);
    struct view v = {.codecs = {STR("hvc1")}, .n_codecs = 1};
    cr_assert_not(view_has(&v, &d.tracks[0]));
    cr_assert(view_has(&v, &d.tracks[3]), "sound is not bound by a picture's codec");
    v = (struct view){.langs = {STR("pt-br")}, .n_langs = 1};
    cr_assert(view_has(&v, &d.tracks[8]));
    cr_assert_not(view_has(&v, &d.tracks[3]));
}

Test(presentation, a_description_survives_json) {
    struct asset_desc d = film(SCHEME_CBCS), back;
    struct arena a = ARENA(1 << 20);
    struct err e = {0};
    json_t *j = asset_to_json(&d);
    cr_assert_eq(asset_from_json(j, &a, &back, &e), 0, "%s", e.msg);
    json_t *again = asset_to_json(&back);
    cr_assert(json_equal(j, again));
    cr_assert_eq(back.tracks[2].kid[0], KEY_HD);
    json_object_set_new(json_array_get(json_object_get(j, "tracks"), 1), "colour", json_pack("[i,i,i]", 9, 16, 9));
    cr_assert_eq(asset_from_json(j, &a, &back, &e), 0, "%s", e.msg);
    cr_assert_eq(track_range(&back.tracks[1]), RANGE_PQ);
    cr_assert_eq(track_range(&back.tracks[2]), RANGE_SDR);
    cr_assert(!track_switches(&back.tracks[1], &back.tracks[2]));
    json_object_set_new(json_array_get(json_object_get(j, "tracks"), 2), "colour", json_pack("[i,i]", 9, 16));
    cr_assert_eq(asset_from_json(j, &a, &back, &e), ERR_CORRUPT);
    json_object_del(json_array_get(json_object_get(j, "tracks"), 2), "colour");
    json_object_del(json_array_get(json_object_get(j, "tracks"), 1), "width");
    cr_assert_eq(asset_from_json(j, &a, &back, &e), ERR_CORRUPT);
    cr_assert(strstr(e.msg, "width"), "%s", e.msg);
    json_decref(j);
    json_decref(again);
}

Test(presentation, key_classes_go_by_lines) {
    cr_assert_eq(key_class_of(TRACK_VIDEO, 1024, 576), KEY_SD);
    cr_assert_eq(key_class_of(TRACK_VIDEO, 1280, 536), KEY_HD);
    cr_assert_eq(key_class_of(TRACK_VIDEO, 1080, 1920), KEY_HD);
    cr_assert_eq(key_class_of(TRACK_VIDEO, 2560, 1440), KEY_UHD);
    cr_assert_eq(key_class_of(TRACK_AUDIO, 0, 0), KEY_AUDIO);
}
