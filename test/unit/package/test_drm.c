/* test_drm.c - what Widevine, PlayReady and FairPlay are told, against bytes put together by hand from their standards. */
#include "fixture.h"
#include "media/drm/drm.h"
#include "media/manifest/manifest.h"
#include <criterion/criterion.h>
#include <string.h>

static const struct track_desc hd = {.name = STR("v1"),
                                     .kind = TRACK_VIDEO,
                                     .key_class = KEY_HD,
                                     .kid = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};

static struct asset_desc asset(enum scheme s) {
    return (struct asset_desc){.id = STR("01JDFILM"),
                               .scheme = s,
                               .drm = {.systems = 1u << DRM_WIDEVINE | 1u << DRM_PLAYREADY | 1u << DRM_FAIRPLAY,
                                       .provider = STR("acme"),
                                       .la_url = STR("https://la.example/rightsmanager.asmx?a=1&b=2")}};
}

static void hex_is(const struct buf *b, const char *want, const char *what) {
    scoped(buf_done) struct buf hex = BUF(64 << 10);
    buf_hex(&hex, b->p, b->n);
    cr_expect_str_eq(buf_cstr(&hex), want, "%s", what);
}

/* 'cenc' is 0x63656e63: 1100011 0110010 1011101 1011100 1100011, as a varint e3 dc 95 9b 06; 'cbcs' 0x63626373: f3 c6 89 9b 06. */
Test(drm, widevine_is_told_key_provider_content_and_scheme) {
    static const char *const want[] = {
        [SCHEME_CENC] = "000000487073736800000000edef8ba979d64acea3c827dcd51d21ed00000028"
                        "1210" "00112233445566778899aabbccddeeff" "1a04" "61636d65" "2208" "30314a4446494c4d" "48" "e3dc959b06",
        [SCHEME_CBCS] = "000000487073736800000000edef8ba979d64acea3c827dcd51d21ed00000028"
                        "1210" "00112233445566778899aabbccddeeff" "1a04" "61636d65" "2208" "30314a4446494c4d" "48" "f3c6899b06"};
    for (enum scheme s = SCHEME_CENC; s <= SCHEME_CBCS; s++) {
        scoped(buf_done) struct buf b = BUF(1 << 10);
        struct asset_desc a = asset(s);
        drm_pssh_write(&b, &a, &hd, DRM_WIDEVINE);
        hex_is(&b, want[s], scheme_names[s]);
    }
    scoped(buf_done) struct buf bare = BUF(1 << 10);
    struct asset_desc a = asset(SCHEME_CENC);
    a.drm.provider = a.id = STR("");
    drm_pssh_write(&bare, &a, &hd, DRM_WIDEVINE);
    hex_is(&bare,
           "000000387073736800000000edef8ba979d64acea3c827dcd51d21ed00000018"
           "1210" "00112233445566778899aabbccddeeff" "48" "e3dc959b06",
           "neither provider nor content id");
}

/* The key id as a GUID: 33221100-5544-7766-8899-aabbccddeeff in its bytes' order, in base64. */
#define HEADER(alg)                                                                                                                 \
    "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader\" version=\"4.3.0.0\"><DATA><PROTECTINFO><KIDS>"    \
    "<KID ALGID=\"" alg "\" VALUE=\"MyIRAFVEd2aImaq7zN3u/w==\"></KID></KIDS></PROTECTINFO>"                                         \
    "<LA_URL>https://la.example/rightsmanager.asmx?a=1&amp;b=2</LA_URL></DATA></WRMHEADER>"

static void playready_is(enum scheme s, const char *xml) {
    struct asset_desc a = asset(s);
    scoped(buf_done) struct buf pro = BUF(8 << 10), box = BUF(8 << 10);
    size_t n = strlen(xml), whole = 10 + 2 * n;
    drm_pro_write(&pro, &a, &hd);
    cr_assert_eq(pro.n, whole);
    const uint8_t head[10] = {(uint8_t)whole, (uint8_t)(whole >> 8), 0, 0, 1, 0, 1, 0, (uint8_t)(2 * n), (uint8_t)(2 * n >> 8)};
    cr_expect_eq(memcmp(pro.p, head, 10), 0, "length, one record of type 1, its length");
    for (size_t i = 0; i < n; i++)
        cr_assert(pro.p[10 + 2 * i] == (uint8_t)xml[i] && pro.p[11 + 2 * i] == 0, "character %zu", i);
    uint8_t id[16];
    struct str data;
    drm_pssh_write(&box, &a, &hd, DRM_PLAYREADY);
    cr_assert(drm_pssh_read(buf_str(&box), id, &data));
    cr_expect_eq(drm_by_id(id), DRM_PLAYREADY);
    cr_expect_eq(box.p[8], 0, "version 0");
    cr_expect(str_eq(data, buf_str(&pro)));
}

Test(drm, playready_has_its_object_with_header_4_3) {
    playready_is(SCHEME_CENC, HEADER("AESCTR"));
    playready_is(SCHEME_CBCS, HEADER("AESCBC"));
}

Test(drm, a_system_is_told_where_it_plays_the_scheme) {
    struct asset_desc a = asset(SCHEME_CENC);
    cr_expect(drm_signalled(&a, DRM_WIDEVINE));
    cr_expect(drm_signalled(&a, DRM_PLAYREADY));
    cr_expect_not(drm_signalled(&a, DRM_FAIRPLAY), "FairPlay has no AES-CTR");
    a.scheme = SCHEME_CBCS;
    cr_expect(drm_signalled(&a, DRM_FAIRPLAY));
    a.drm.systems = 1u << DRM_FAIRPLAY;
    cr_expect_not(drm_signalled(&a, DRM_WIDEVINE));
    a.scheme = SCHEME_CLEAR;
    cr_expect_not(drm_signalled(&a, DRM_FAIRPLAY));
    cr_expect_eq(drm_by_key_system(STR("com.microsoft.playready.recommendation")), DRM_PLAYREADY);
    cr_expect_eq(drm_by_key_system(STR("com.apple.fps.1_0")), DRM_FAIRPLAY);
    cr_expect_eq(drm_by_key_system(STR("com.widevine.alphabet")), -1);
}

Test(drm, what_a_key_service_gave_is_told_as_it_came) {
    static const uint8_t given[] = {0, 0, 0, 36, 'p', 's', 's', 'h', 0, 0, 0, 0, 0xed, 0xef, 0x8b, 0xa9, 0x79, 0xd6, 0x4a, 0xce,
                                    0xa3, 0xc8, 0x27, 0xdc, 0xd5, 0x1d, 0x21, 0xed, 0, 0, 0, 4, 'd', 'a', 't', 'a'};
    struct drm_data data[2] = {{.system = DRM_WIDEVINE, .pssh = str_make((const char *)given, sizeof given)},
                               {.system = DRM_FAIRPLAY, .uri = STR("skd://their.name/7")}};
    struct asset_desc a = asset(SCHEME_CBCS), back;
    struct track_desc other = hd;
    memcpy(data[0].kid, hd.kid, 16);
    memcpy(data[1].kid, hd.kid, 16);
    a.drm.data = data;
    a.drm.n_data = 2;
    a.tracks = &other;
    for (int round = 0; round < 2; round++) { /* the second: through asset.json */
        scoped(buf_done) struct buf b = BUF(1 << 10), skd = BUF(1 << 10), made = BUF(1 << 10);
        drm_pssh_write(&b, &a, &hd, DRM_WIDEVINE);
        cr_expect(str_eq(buf_str(&b), data[0].pssh));
        drm_skd_write(&skd, &a, &hd);
        cr_expect(str_eq(buf_str(&skd), data[1].uri));
        other.kid[0] = 9; /* of another key nothing came */
        drm_skd_write(&made, &a, &other);
        cr_expect_str_eq(buf_cstr(&made), "skd://09112233445566778899aabbccddeeff");
        static struct arena arena = ARENA(1 << 20);
        json_t *j = asset_to_json(&a);
        cr_assert_eq(asset_from_json(j, &arena, &back, NULL), 0);
        json_decref(j);
        cr_expect_eq(back.drm.systems, a.drm.systems);
        cr_expect(str_eq(back.drm.la_url, a.drm.la_url));
        a = back;
    }
}

Test(drm, boxes_and_addresses_from_outside_are_looked_at) {
    scoped(buf_done) struct buf b = BUF(1 << 10);
    struct asset_desc a = asset(SCHEME_CBCS);
    uint8_t id[16];
    struct str data;
    drm_pssh_write(&b, &a, &hd, DRM_WIDEVINE);
    struct str whole = buf_str(&b);
    for (size_t n = 0; n < whole.n; n++)
        cr_expect_not(drm_pssh_read(str_slice(whole, 0, n), id, &data), "%zu bytes of it", n);
    buf_byte(&b, 0);
    cr_expect_not(drm_pssh_read(buf_str(&b), id, &data), "a byte after it");
    cr_expect(drm_uri_ok(STR("skd://a/b?c")));
    static const char *const bad[] = {"", "skd", "://a", "skd://a\"b", "skd://a b", "skd://a\nb", "skd://\xc3\xa9"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_expect_not(drm_uri_ok(str_of(bad[i])), "%s", bad[i]);
    static const char *const broken[] = {"{\"systems\":[]}", "{\"systems\":[\"marlin\"]}", "{\"systems\":[7]}",
                                         "{\"systems\":[\"fairplay\"],\"data\":[{\"system\":\"fairplay\",\"kid\":\"00\",\"uri\":\"skd://a\"}]}",
                                         "{\"systems\":[\"widevine\"],\"la_url\":\"javascript:\"}"};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        scoped(arena_done) struct arena arena = ARENA(64 << 10);
        struct asset_drm d;
        json_t *j = json_loads(broken[i], 0, NULL);
        cr_expect_not(asset_drm_from_json(j, &arena, &d), "%s", broken[i]);
        json_decref(j);
    }
}
