/* test_path.c - delivery paths: one spelling for each thing, and nothing else gets near a file
 * name. */
#include "../../../edge/path.h"
#include "../../../edge/index_cache.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define ASSET "01ARZ3NDEKTSV4RRFFQ69G5FAV"
#define IN(rest) "/m/TOKEN/" ASSET "/h720-l.en.fr/" rest

static struct media_path parse(const char *uri) {
    return media_path_parse(str_of(uri), STR("/m/"));
}

Test(path, segments) {
    struct media_path p = parse(IN("v1/17.m4s"));
    cr_assert_eq(p.kind, PATH_SEGMENT);
    cr_assert(str_eq(p.token, STR("TOKEN")));
    cr_assert(str_eq(p.after, STR("/" ASSET "/h720-l.en.fr/v1/17.m4s")));
    cr_assert(str_eq(p.asset, STR(ASSET)));
    cr_assert(str_eq(p.view, STR("h720-l.en.fr")));
    cr_assert(str_eq(p.track, STR("v1")));
    cr_assert_eq(p.n, 17u);
    cr_assert_eq(p.suffix, SUFFIX_M4S);
    cr_assert_eq(parse(IN("t12/0.vtt")).suffix, SUFFIX_VTT);
    cr_assert_eq(parse(IN("i1/0.jpg")).suffix, SUFFIX_JPG);
    cr_assert_eq(parse(IN("a123/999999999.m4s")).n, 999999999u);
    p = parse(IN("v1/init.mp4"));
    cr_assert_eq(p.kind, PATH_SEGMENT);
    cr_assert_eq(p.n, (uint32_t)INDEX_INIT);
}

Test(path, manifests) {
    static const char *const names[] = {"main.m3u8", "main.mpd", "v1.m3u8", "a12.m3u8",
                                        "v3.iframes.m3u8"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char uri[128];
        snprintf(uri, sizeof uri, IN("%s"), names[i]);
        struct media_path p = parse(uri);
        cr_assert_eq(p.kind, PATH_MANIFEST, "%s", names[i]);
        cr_assert(str_eq(p.manifest, str_of(names[i])));
        cr_assert_eq(p.track.n, 0u);
    }
}

Test(path, everything_else_is_nothing) {
    static const char *const bad[] = {
        "/m/",
        "/m/TOKEN",
        "/m/TOKEN/",
        "/m/TOKEN/" ASSET,
        "/m/TOKEN/" ASSET "/d",
        IN(""),
        IN("v1"),
        IN("v1/"),
        "/x/TOKEN/" ASSET "/d/v1/1.m4s",
        "/m/TOKEN/01arz3ndektsv4rrffq69g5fav/d/v1/1.m4s", /* an id in lower case */
        "/m/TOKEN/01ARZ3NDEKTSV4RRFFQ69G5FA/d/v1/1.m4s",  /* one short */
        "/m/TOKEN/81ARZ3NDEKTSV4RRFFQ69G5FAV/d/v1/1.m4s", /* over 128 bits */
        "/m/TOKEN/01ARZ3NDEKTSV4RRFFQ69G5FAU/d/v1/1.m4s", /* no U in the alphabet */
        "/m/TOKEN/" ASSET "//v1/1.m4s",
        "/m/TOKEN/" ASSET "/../v1/1.m4s",
        "/m/TOKEN/" ASSET "/D/v1/1.m4s",
        "/m/TOKEN/" ASSET "/a_b/v1/1.m4s",
        IN("v/1.m4s"),
        IN("v01/1.m4s"),
        IN("v1234567/1.m4s"),
        IN("V1/1.m4s"),
        IN("vv1/1.m4s"),
        IN("../1.m4s"),
        IN("v1/01.m4s"),
        IN("v1/-1.m4s"),
        IN("v1/1"),
        IN("v1/.m4s"),
        IN("v1/1.mp4"),
        IN("v1/1.m4s.m4s"),
        IN("v1/1.m4s/"),
        IN("v1/9999999999.m4s"),
        IN("v1/init.m4s"),
        IN("v1/1.m4s/2.m4s"),
        IN("v1/%31.m4s"),
        IN("main.html"),
        IN("v1.mpd"),
        IN("main.iframes.m3u8"),
        IN("v1.x.m3u8"),
        IN(".m3u8"),
        IN("asset.json"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        cr_assert_eq(parse(bad[i]).kind, PATH_NONE, "%s", bad[i]);
    cr_assert_eq(
        media_path_parse(str_make(IN("v1/1\0.m4s"), sizeof IN("v1/1\0.m4s") - 1), STR("/m/")).kind,
        PATH_NONE);
}

Test(path, a_view_has_64_characters_at_most) {
    char uri[256];
    snprintf(uri, sizeof uri, "/m/T/" ASSET "/%064d/v1/1.m4s", 0);
    cr_assert_eq(parse(uri).kind, PATH_SEGMENT);
    snprintf(uri, sizeof uri, "/m/T/" ASSET "/%065d/v1/1.m4s", 0);
    cr_assert_eq(parse(uri).kind, PATH_NONE);
}
