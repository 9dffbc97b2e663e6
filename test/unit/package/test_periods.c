/* test_periods.c - keys that change on the way, and a track in the other scheme made of it: byte by byte, and read back. */
#include "fixture.h"
#include "media/cmaf/clear.h"
#include "media/cmaf/package.h"
#include "media/cmaf/transcrypt.h"
#include "media/manifest/manifest.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

enum { PERIODS = 3, SECONDS = 24, PERIOD_S = 10 };
static const enum cmaf_codec codecs[] = {CMAF_H264, CMAF_AAC, CMAF_OPUS, CMAF_EAC3};

static void keys_fill(struct cenc_key *k, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (int b = 0; b < 16; b++)
            k[i].kid[b] = (uint8_t)(i * 16 + (size_t)b), k[i].key[b] = (uint8_t)(200 - i * 16 - (size_t)b);
}

struct made {
    int out, idx;
    struct track_desc t;
    struct arena a;
    struct cenc_key keys[PERIODS];
    struct fixture_file file;
};

static void make(struct made *m, enum scheme scheme, enum cmaf_codec codec) {
    struct cenc_params *p;
    struct err e = {0};
    *m = (struct made){.out = fixture_temp(), .idx = fixture_temp(), .a = ARENA(4 << 20)};
    keys_fill(m->keys, PERIODS);
    cr_assert_eq(cenc_periods_make(scheme, m->keys, PERIODS, STR("asset"), 0, codec == CMAF_H264, NULL, 0, &m->a, &p, &e), 0);
    fixture_periods(codec, SECONDS, p, PERIODS, PERIOD_S, m->out, m->idx, &m->a, &m->t);
    m->t.name = STR("v1"), m->t.lang = codec == CMAF_H264 ? STR("und") : STR("de"), m->t.role = STR("main"), m->t.label = STR("");
    m->t.key_class = codec == CMAF_H264 ? KEY_SD : KEY_AUDIO;
    m->file = fixture_read(m->out);
}

static void done(struct made *m) {
    free(m->file.p);
    arena_done(&m->a);
    close(m->out);
    close(m->idx);
}

/* 23001-7 6 and 14496-12 8.9.3, worked out by hand. */
Test(periods, a_sample_group_says_the_key_byte_by_byte) {
    static const uint8_t cbcs[] = {
        0, 0, 0, 0x3d, 's', 'g', 'p', 'd', 1, 0, 0, 0, 's', 'e', 'i', 'g', 0, 0, 0, 37, 0, 0, 0, 1,
        0, 0x19, 1, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 16, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6,
        0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
        0, 0, 0, 0x1c, 's', 'b', 'g', 'p', 0, 0, 0, 0, 's', 'e', 'i', 'g', 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 1};
    static const uint8_t cenc[] = {
        0, 0, 0, 0x2c, 's', 'g', 'p', 'd', 1, 0, 0, 0, 's', 'e', 'i', 'g', 0, 0, 0, 20, 0, 0, 0, 1,
        0, 0, 1, 8, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        0, 0, 0, 0x1c, 's', 'b', 'g', 'p', 0, 0, 0, 0, 's', 'e', 'i', 'g', 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 1};
    static const struct cmaf_entry two[] = {{.duration = 1024, .size = 100, .sync = true}, {.duration = 1024, .size = 90, .sync = true}};
    for (enum scheme s = SCHEME_CENC; s <= SCHEME_CBCS; s++) {
        struct cenc_params p = {.scheme = s, .crypt = s == SCHEME_CBCS, .skip = s == SCHEME_CBCS ? 9 : 0};
        for (int i = 0; i < 16; i++)
            p.key.kid[i] = (uint8_t)(16 + i), p.iv[i] = (uint8_t)(0xa0 + i);
        struct cmaf_fragment f = {.sequence = 7, .samples = two, .n_samples = 2, .protect = &p, .group = true, .data_bytes = 190};
        scoped(buf_done) struct buf b = BUF(4096);
        cr_assert_eq(cmaf_fragment_write(&b, &f, NULL), 0);
        const uint8_t *want = s == SCHEME_CBCS ? cbcs : cenc;
        size_t n = s == SCHEME_CBCS ? sizeof cbcs : sizeof cenc;
        cr_assert(memmem(b.p, b.n, want, n), "scheme %d", s);
        f.group = false;
        buf_reset(&b);
        cr_assert_eq(cmaf_fragment_write(&b, &f, NULL), 0);
        cr_assert_null(memmem(b.p, b.n, "seig", 4), "the first period is what init says");
    }
}

Test(periods, every_segment_is_of_its_period_and_opens_with_its_key_alone) {
    for (size_t c = 0; c < ARRAY_LEN(codecs); c++)
        for (enum scheme s = SCHEME_CENC; s <= SCHEME_CBCS; s++) {
            struct made m, clear = {.out = fixture_temp(), .idx = fixture_temp(), .a = ARENA(4 << 20)};
            struct cenc_params p = {0};
            struct err e = {0};
            make(&m, s, codecs[c]);
            fixture_periods(codecs[c], SECONDS, NULL, 0, 0, clear.out, clear.idx, &clear.a, &clear.t);
            clear.file = fixture_read(clear.out);
            cr_assert_eq(cmaf_init_protection(m.file.p, m.t.init_length, &p, &e), 1);
            cr_assert_eq(m.t.n_extents, clear.t.n_extents);
            for (size_t i = 0; i < m.t.n_extents; i++) {
                const struct index_extent *x = &m.t.extents[i], *y = &clear.t.extents[i];
                uint32_t period = (uint32_t)MIN((x->time * 2 + 5 * m.t.timescale) / (2 * PERIOD_S * m.t.timescale), PERIODS - 1);
                cr_assert_eq(x->key_period, period, "codec %zu, segment %zu", c, i);
                cr_assert_eq(!!(x->flags & EXTENT_KEY_PERIOD), i > 0 && x[-1].key_period != period);
                uint8_t *copy = malloc(x->length);
                memcpy(copy, m.file.p + x->offset, x->length);
                cr_assert_eq(cmaf_segment_decrypt_keys(copy, x->length, &p, &m.keys[(period + 1) % PERIODS], 1, &e), ERR_INVALID);
                cr_assert_eq(cmaf_segment_decrypt_keys(copy, x->length, &p, m.keys, PERIODS, &e), 0, "%s", e.msg);
                /* The end of the last sample lies at the end of both. */
                cr_assert_eq(memcmp(copy + x->length - 200, clear.file.p + y->offset + y->length - 200, 200), 0, "segment %zu", i);
                free(copy);
            }
            done(&m);
            done(&clear);
        }
}

Test(periods, a_file_reads_in_clear_in_pieces_of_any_size) {
    struct made m;
    struct cmaf_clear *c;
    struct err e = {0};
    make(&m, SCHEME_CBCS, CMAF_H264);
    cr_assert_eq(cmaf_clear_open(m.out, m.keys, PERIODS, &c, &e), 0, "%s", e.msg);
    uint8_t *whole = malloc(m.file.n), *pieces = malloc(m.file.n);
    for (size_t at = 0, n; at < m.file.n; at += n) {
        n = (size_t)cmaf_clear_pread(c, whole + at, m.file.n - at, (int64_t)at);
        cr_assert_gt(n, 0);
    }
    for (size_t at = 0, n; at < m.file.n; at += n)
        n = (size_t)cmaf_clear_pread(c, pieces + at, MIN(m.file.n - at, 777u), (int64_t)at);
    cr_assert_eq(memcmp(whole, pieces, m.file.n), 0);
    cr_assert_neq(memcmp(whole, m.file.p, m.file.n), 0);
    cr_assert_eq(cmaf_clear_pread(c, whole, 10, (int64_t)m.file.n), 0);
    cmaf_clear_free(c);
    struct cenc_key keys[CLEAR_KEYS_MAX];
    size_t n;
    cr_assert_eq(cmaf_keys_parse(STR("00000000000000000000000000000001:00000000000000000000000000000002"), keys, &n, NULL), 0);
    cr_assert_eq(n, 1);
    cr_assert_eq(keys[0].key[15], 2);
    cr_assert_eq(cmaf_keys_parse(STR("01:02"), keys, &n, NULL), ERR_INVALID);
    free(whole), free(pieces);
    done(&m);
}

static json_t *hex(const uint8_t *p) {
    char text[33];
    for (int i = 0; i < 16; i++)
        snprintf(text + 2 * i, 3, "%02x", p[i]);
    return json_string(text);
}

static int transcrypt(struct made *from, enum scheme to, struct made *ret, struct err *e) {
    *ret = (struct made){.out = fixture_temp(), .idx = fixture_temp(), .a = ARENA(4 << 20)};
    memcpy(ret->keys, from->keys, sizeof ret->keys);
    json_t *keys = json_array(), *result = NULL;
    for (size_t i = 0; i < PERIODS; i++)
        json_array_append_new(keys, json_pack("{s:o, s:o}", "kid", hex(from->keys[i].kid), "key", hex(from->keys[i].key)));
    json_t *rq = json_pack("{s:s, s:o, s:s, s:i, s:s, s:o, s:[], s:i}", "id", "asset", "track", track_to_json(&from->t), "object",
                           "v1.cmaf",
                           "ordinal", 0, "scheme", scheme_names[to], "keys", keys, "kids", "key_period_ms", PERIOD_S * 1000);
    int fds[] = {from->out, from->idx, ret->out, ret->idx};
    int r = op_transcrypt(&(struct op_io){.fds = fds, .n_fds = 4}, rq, &result, e);
    if (r >= 0) {
        cr_assert_eq(track_from_json(json_object_get(result, "track"), &ret->a, &ret->t, e), 0, "%s", e->msg);
        ret->file = fixture_read(ret->out);
    }
    json_decref(rq);
    json_decref(result);
    return r;
}

Test(transcrypt, there_and_back_is_the_same_file) {
    for (size_t c = 0; c < ARRAY_LEN(codecs); c++)
        for (enum scheme s = SCHEME_CENC; s <= SCHEME_CBCS; s++) {
            struct made first, second, back;
            struct cenc_params p;
            struct err e = {0};
            make(&first, s, codecs[c]);
            enum scheme other = s == SCHEME_CBCS ? SCHEME_CENC : SCHEME_CBCS;
            cr_assert_eq(transcrypt(&first, other, &second, &e), 0, "codec %zu: %s", c, e.msg);
            cr_assert_eq(cmaf_init_protection(second.file.p, second.file.n, &p, &e), 1);
            cr_assert_eq(p.scheme, other);
            cr_assert_eq(transcrypt(&second, s, &back, &e), 0, "codec %zu: %s", c, e.msg);
            cr_assert_eq(back.file.n, first.file.n, "codec %zu from %d", c, s);
            cr_assert_eq(memcmp(back.file.p, first.file.p, first.file.n), 0, "codec %zu from %d", c, s);
            done(&first);
            done(&second);
            done(&back);
        }
}

Test(transcrypt, what_was_tampered_with_or_has_another_key_is_refused) {
    struct made m, to;
    struct err e = {0};
    make(&m, SCHEME_CBCS, CMAF_H264);
    m.keys[1].kid[3] ^= 1;
    cr_assert_eq(transcrypt(&m, SCHEME_CENC, &to, &e), ERR_INVALID);
    m.keys[1].kid[3] ^= 1;
    cr_assert_eq(ftruncate(m.out, (off_t)m.file.n - 100), 0);
    cr_assert_eq(transcrypt(&m, SCHEME_CENC, &to, &e), ERR_BAD_MEDIA);
    cr_assert_eq(pwrite(m.idx, "x", 1, 130), 1);
    cr_assert_eq(transcrypt(&m, SCHEME_CENC, &to, &e), ERR_BAD_MEDIA);
}

static size_t count(struct str text, struct str what) {
    size_t n = 0;
    for (const char *p = text.p; (p = memmem(p, (size_t)(text.p + text.n - p), what.p, what.n)); p += what.n)
        n++;
    return n;
}

Test(periods, manifests_tell_of_every_key) {
    struct made m;
    make(&m, SCHEME_CBCS, CMAF_H264);
    uint8_t later[PERIODS - 1][16];
    for (size_t i = 1; i < PERIODS; i++)
        memcpy(later[i - 1], m.keys[i].kid, 16);
    m.t.later_kids = (const uint8_t(*)[16])later, m.t.n_later_kids = PERIODS - 1;
    struct asset_desc d = {.id = STR("asset"), .scheme = SCHEME_CBCS, .key_period_ms = PERIOD_S * 1000, .tracks = &m.t, .n_tracks = 1,
                           .duration_ms = SECONDS * 1000, .drm = {.systems = 1u << DRM_FAIRPLAY | 1u << DRM_WIDEVINE}};
    struct span span = {&d, 0, -1, SPAN_CONTENT};
    struct presentation p = {&span, 1};
    scoped(buf_done) struct buf hls = BUF(1 << 20), mpd = BUF(1 << 20);
    cr_assert_eq(manifest_render(&p, &(struct view){0}, STR("v1.m3u8"), &hls, NULL, NULL), 0);
    cr_assert_eq(count(buf_str(&hls), STR("KEYFORMAT=\"org.w3.clearkey\"")), PERIODS);
    cr_assert_eq(count(buf_str(&hls), STR("skd://")), PERIODS);
    cr_assert_eq(count(buf_str(&hls), STR("KEYID=0x101112131415161718191a1b1c1d1e1f")), 2, "the second key, for two systems");
    /* 24 s in segments of 4 s: the second period begins with the one that is most in it. */
    const char *at = strstr(buf_cstr(&hls), "KEYID=0x1011"), *first = strstr(buf_cstr(&hls), "v1/2.m4s"),
               *next = strstr(buf_cstr(&hls), "v1/3.m4s");
    cr_assert(at && (first < at) == (m.t.extents[2].key_period == 0) && at < next);
    cr_assert_eq(manifest_render(&p, &(struct view){0}, STR("main.mpd"), &mpd, NULL, NULL), 0);
    cr_assert_eq(count(buf_str(&mpd), STR("<cenc:pssh>")), 1 + PERIODS, "the common system's, and Widevine's of each key");
    /* What asset.json says of it is read back. */
    struct asset_desc again;
    json_t *j = asset_to_json(&d);
    cr_assert_eq(asset_from_json(j, &m.a, &again, NULL), 0);
    cr_assert_eq(again.key_period_ms, PERIOD_S * 1000);
    cr_assert_eq(again.tracks[0].n_later_kids, PERIODS - 1);
    cr_assert_eq(memcmp(track_kid(&again.tracks[0], 2), m.keys[2].kid, 16), 0);
    cr_assert_eq(memcmp(track_kid(&again.tracks[0], 9), m.keys[2].kid, 16), 0, "past the last is of the last");
    json_decref(j);
    done(&m);
}

Test(periods, a_view_names_the_other_set_of_segments) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct track_desc tracks[] = {{.name = STR("v1"), .kind = TRACK_VIDEO, .key_class = KEY_SD},
                                  {.name = STR("t1"), .kind = TRACK_TEXT},
                                  {.name = STR("a1"), .kind = TRACK_AUDIO, .key_class = KEY_AUDIO}};
    struct asset_desc d = {.scheme = SCHEME_CBCS, .tracks = tracks, .n_tracks = 3};
    struct view v;
    char name[16];
    cr_assert(view_parse(STR("h480-scenc-t3"), &a, &v));
    cr_assert_eq(v.scheme, SCHEME_CENC);
    cr_assert_not(view_parse(STR("t3-scenc"), &a, &v));
    cr_assert_not(view_parse(STR("sclear"), &a, &v));
    second_name(STR("v12"), name);
    cr_assert_str_eq(name, "w12");
    second_name(STR("a3"), name);
    cr_assert_str_eq(name, "b3");
    json_t *list = json_loads("{\"scheme\":\"cenc\",\"tracks\":[{\"name\":\"w1\",\"kind\":\"video\",\"lang\":\"und\",\"timescale\":1000,"
                              "\"duration\":9,\"width\":640,\"height\":360,\"key_class\":\"sd\",\"fps\":[25,1],"
                              "\"kid\":\"00000000000000000000000000000001\"}]}", 0, NULL);
    cr_assert_eq(asset_scheme_replace(&d, list, &a, NULL), 0);
    cr_assert_eq(d.scheme, SCHEME_CENC);
    cr_assert_eq(d.n_tracks, 2, "protected tracks are the list's, the others stay");
    cr_assert(str_eq(d.tracks[0].name, STR("w1")) && str_eq(d.tracks[1].name, STR("t1")));
    json_object_set_new(list, "scheme", json_string("clear"));
    cr_assert_eq(asset_scheme_replace(&d, list, &a, NULL), ERR_CORRUPT);
    json_decref(list);
}
