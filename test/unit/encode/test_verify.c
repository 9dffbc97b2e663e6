/* test_verify.c - what was packaged passes its check, and what was spoilt does not. */
#include "clip.h"
#include <unistd.h>

#define KEY "000102030405060708090a0b0c0d0e0f"

struct packaged {
    struct made m;
    int cmaf[2];
};

/* Two rungs, encrypted. */
static struct packaged packaged_make(void) {
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=640x360:r=25 -t 4.4 -c:v libx264 -preset ultrafast");
    struct packaged p = {.m = made_encode(clip, "{\"preset\":\"superfast\",\"chunk_s\":2}")};
    cr_assert_eq(p.m.n_rungs, 2);
    int fds[6] = {p.m.rungs[0], p.m.rungs[1], p.cmaf[0] = clip_fd(), p.cmaf[1] = clip_fd(), clip_fd(), clip_fd()};
    struct op_io io = {.fds = fds, .n_fds = 6};
    json_t *request = json_loads("{\"id\":\"01TEST\",\"scheme\":\"cbcs\",\"keys\":{\"sd\":{\"kid\":"
                                 "\"00112233445566778899aabbccddeeff\",\"key\":\"" KEY "\"}},\"tracks\":["
                                 "{\"name\":\"v1\",\"kind\":\"video\",\"lang\":\"und\",\"role\":\"main\",\"label\":\"\",\"default\":true},"
                                 "{\"name\":\"v2\",\"kind\":\"video\",\"lang\":\"und\",\"role\":\"main\",\"label\":\"\",\"default\":false}]}",
                                 0, NULL);
    json_t *result = NULL;
    struct err e = {0};
    cr_assert_eq(media_op_find("package")->run(&io, request, &result, &e), 0, "%s", e.msg);
    return p;
}

static int verify(const struct packaged *p, const char *key, json_t *video, json_t **ret, struct err *e) {
    struct op_io io = {.fds = p->cmaf, .n_fds = 2};
    json_t *rq = json_pack("{s:[{s:s,s:s,s:s},{s:s,s:s,s:s}],s:O}", "tracks", "name", "v1", "kind", "video", "key", key,
                           "name", "v2", "kind", "video", "key", key, "video", video);
    return media_op_find("verify")->run(&io, rq, ret, e);
}

Test(verify, good_tracks_pass_and_spoilt_ones_do_not) {
    struct packaged p = packaged_make();
    json_t *r = NULL;
    struct err e = {0};
    cr_assert_eq(verify(&p, KEY, p.m.video, &r, &e), 0, "%s", e.msg);
    cr_expect_eq(num(r, "tracks.0.frames"), 110);
    cr_expect_eq(num(r, "tracks.1.keyframes"), 3);

    cr_expect_eq(verify(&p, "ff0102030405060708090a0b0c0d0e0f", p.m.video, &r, &e), ERR_CORRUPT, "a wrong key passed");
    cr_expect_str_eq(err_reason(&e), "media.verify_failed");
    cr_expect_null(strstr(e.msg, "0102030405"), "the key is in the message");

    json_t *longer = json_deep_copy(p.m.video);
    json_object_set_new(longer, "frames", json_integer(111));
    cr_expect_eq(verify(&p, KEY, longer, &r, &e), ERR_CORRUPT);
    cr_expect(strstr(e.msg, "110 frames instead of 111"), "%s", e.msg);

    /* The second half of one rung is cut off. */
    cr_assert_eq(ftruncate(p.cmaf[1], lseek(p.cmaf[1], 0, SEEK_END) / 2), 0);
    cr_expect_eq(verify(&p, KEY, p.m.video, &r, &e), ERR_CORRUPT);
    cr_expect(strstr(e.msg, "v2"), "%s", e.msg);
}
