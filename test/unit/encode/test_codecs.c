/* test_codecs.c - HEVC and AV1 beside H.264: the plan's rungs, their samples' times, the same bytes again, HDR kept and what it says of its light. */
#include "clip.h"
#include "base/buf.h"
#include "media/cenc/cenc.h"
#include "media/encode/encode_int.h"

#define QUICK "\"preset\":\"ultrafast\",\"chunk_s\":2,\"codecs\":\"hevc,av1\""

/* 4.4 s at 25 pictures: three GOPs, two chunks and a rest. */
#define CLIP "-f lavfi -i testsrc2=s=160x96:r=25 -t 4.4 -pix_fmt yuv420p -c:v libx264 -preset ultrafast"

static const enum es_codec codecs[] = {ES_H264, ES_HEVC, ES_AV1};

static void times_check(const struct es_list *l, enum es_codec codec, size_t frames, int gop) {
    int64_t duration = l->p[0].duration, delay = codec == ES_AV1 ? 0 : 2;
    bool seen[256] = {false};
    cr_assert_eq(l->n, frames);
    for (size_t i = 0; i < l->n; i++) {
        int64_t n = l->p[i].pts / duration;
        cr_assert_eq(l->p[i].dts, ((int64_t)i - delay) * duration, "codec %d, packet %zu", codec, i);
        cr_assert(n >= 0 && n < (int64_t)frames && !seen[n] && l->p[i].pts % duration == 0, "codec %d, packet %zu", codec, i);
        cr_assert_eq(!!(l->p[i].flags & ES_KEY), n % gop == 0, "codec %d, picture %d", codec, (int)n);
        seen[n] = true;
    }
}

Test(codecs, every_codec_has_the_same_pictures_and_a_killed_run_gives_the_same_bytes) {
    const char *clip = clip_make("mp4", CLIP);
    struct made m = made_encode(clip, "{" QUICK "}");
    int again[3];
    cr_assert_eq(m.n_rungs, 3);
    for (size_t i = 0; i < 3; i++) {
        struct es_list l = es_list(m.rungs[i]);
        cr_expect_eq(l.format.codec, codecs[i]);
        cr_expect_eq(l.format.width, 160);
        cr_expect_eq(l.formats, 3, "one a chunk");
        times_check(&l, codecs[i], 110, 50);
    }
    made_resume(&m, clip, 1, again);
    for (size_t i = 0; i < 3; i++)
        cr_expect(same_bytes(m.rungs[i], again[i]), "codec %d", codecs[i]);
}

static void picture_parse(int fd, struct hevc_params *h, struct av1_stream *a) {
    struct es_reader *r = NULL;
    struct es_record rec;
    struct err e = {0};
    cr_assert(es_reader_new(fd, &r, &e) == 0 && es_read(r, false, &rec, &e) == 0);
    if (h)
        cr_assert_eq(hevc_config_parse(rec.format.extra, rec.format.n_extra, h, &e), 0, "%s", e.msg);
    else
        cr_assert_eq(av1_config_parse(rec.format.extra, rec.format.n_extra, a, &e), 0, "%s", e.msg);
    es_reader_free(r);
}

Test(codecs, hdr10_keeps_its_range_and_what_it_says_of_light) {
    const char *clip = clip_make("mkv", "-f lavfi -i testsrc2=s=128x96:r=25 -t 0.4 -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params "
                                        "\"log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:hdr10=1:max-cll=1000,400:"
                                        "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)\"");
    struct made m = made_encode(clip, "{" QUICK "}");
    static struct hevc_params h;
    static struct av1_stream a;
    cr_assert_eq(m.n_rungs, 3);
    picture_parse(m.rungs[1], &h, NULL);
    picture_parse(m.rungs[2], NULL, &a);
    const struct picture_look *looks[] = {&h.look, &a.look};
    for (size_t i = 0; i < 2; i++) {
        const struct picture_look *l = looks[i];
        cr_expect(l->primaries == 9 && l->transfer == 16 && l->matrix == 9 && !l->full_range, "codec %d: %d %d %d", codecs[i + 1], l->primaries,
                  l->transfer, l->matrix);
        cr_expect(l->has_light && l->max_cll == 1000 && l->max_fall == 400);
        cr_expect(l->has_mastering && l->mastering.primaries[0][0] == 13250 && l->mastering.primaries[1][1] == 3000 &&
                  l->mastering.white[0] == 15635);
        cr_expect(l->mastering.max == 10000000 && l->mastering.min == 50, "codec %d: %u %u", codecs[i + 1], l->mastering.max, l->mastering.min);
    }
    cr_expect_eq(h.sps[h.first_sps].depth_luma, 10);
    cr_expect_eq(a.seq.depth, 10);
}

Test(codecs, hlg_is_kept_turned_upright_and_h264_is_tone_mapped) {
    const char *clip = clip_shared("formats/sample_edit_list.mp4");
    struct made m = made_encode(clip, "{" QUICK ",\"max_height\":144,\"max_duration_s\":0.4}");
    static struct hevc_params h;
    static struct av1_stream a;
    cr_assert_eq(m.n_rungs, 3);
    picture_parse(m.rungs[1], &h, NULL);
    picture_parse(m.rungs[2], NULL, &a);
    cr_expect_eq(h.look.transfer, 18);
    cr_expect_eq(a.look.transfer, 18);
    cr_expect(!h.look.has_mastering && !a.look.has_light, "nothing is said that the film does not say");
    for (size_t i = 0; i < 3; i++) {
        struct es_list l = es_list(m.rungs[i]);
        cr_expect(l.format.width < l.format.height, "codec %d: %dx%d", codecs[i], l.format.width, l.format.height);
    }
    cr_expect_str_eq(text(m.plan, "video.transfer"), "bt709");
}

Test(codecs, rungs_follow_those_of_h264) {
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=640x360:r=25 -t 0.2 -pix_fmt yuv420p -c:v libx264 -preset ultrafast");
    json_t *probe = probe_ok(clip), *plan = plan_ok(probe, "{\"codecs\":\"av1, hevc ,h264\",\"crf\":22}"), *r;
    static const struct {
        const char *name, *codec;
        int width, crf, maxrate;
    } want[] = {{"v1", NULL, 426, 0, 1}, {"v2", NULL, 640, 0, 1}, {"v3", "hevc", 426, 22, 8}, {"v4", "hevc", 640, 22, 8},
                {"v5", "av1", 426, 29, 7}, {"v6", "av1", 640, 29, 7}};
    json_t *rungs = json_object_get(json_object_get(plan, "video"), "rungs");
    size_t i;
    cr_assert_eq(json_array_size(rungs), ARRAY_LEN(want));
    json_array_foreach(rungs, i, r) {
        const char *codec = json_string_value(json_object_get(r, "codec"));
        cr_expect_str_eq(text(r, "name"), want[i].name);
        cr_expect(codec ? want[i].codec && strcmp(codec, want[i].codec) == 0 : !want[i].codec, "rung %zu", i);
        cr_expect_eq(num(r, "width"), want[i].width);
        if (codec) {
            json_t *like = json_array_get(rungs, i % 2);
            cr_expect_eq((int)json_number_value(json_object_get(r, "crf")), want[i].crf);
            cr_expect_eq(num(r, "maxrate") / 1000, num(like, "maxrate") * want[i].maxrate / 10000);
            cr_expect_eq(num(r, "bufsize"), num(r, "maxrate") * 3 / 2);
        }
    }
    cr_expect_str_eq(text(plan, "storyboard.rung"), "v1");
    struct err e = {0};
    json_t *none = NULL, *policy = json_pack("{s:s}", "codecs", "h264,vp9");
    cr_expect_eq(plan_make(probe, policy, &none, &e), ERR_INVALID);
    cr_expect(strstr(e.msg, "vp9"), "%s", e.msg);
    json_decref(policy);
}

/* What FFmpeg's own packager made of the same parameter sets (test_hevc.c has it whole). */
Test(codecs, a_configuration_record_is_that_of_another_packager) {
    static const uint8_t vps[] = {0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00,
                                  0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x1e, 0x95, 0x94, 0x09},
                         sps[] = {0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
                                  0x00, 0x03, 0x00, 0x1e, 0xa0, 0x20, 0x81, 0x05, 0x96, 0x56, 0x59, 0x24, 0xca, 0xf0,
                                  0x16, 0x80, 0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x0c, 0x84},
                         pps[] = {0x44, 0x01, 0xc1, 0x72, 0xb4, 0x22, 0x40};
    static const uint8_t head[] = {0x01, 0x01, 0x60, 0x00, 0x00, 0x00, 0x90, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x1e, 0xf0, 0x00, 0xfc, 0xfd, 0xf8, 0xf8, 0x00, 0x00, 0x0f, 0x03};
    const struct {
        const uint8_t *p;
        size_t n;
    } sets[] = {{vps, sizeof vps}, {sps, sizeof sps}, {pps, sizeof pps}};
    scoped(buf_done) struct buf in = BUF(1024), want = BUF(1024), got = BUF(1024);
    buf_mem(&want, head, sizeof head);
    for (size_t i = 0; i < 3; i++) {
        buf_be32(&in, (uint32_t)sets[i].n);
        buf_mem(&in, sets[i].p, sets[i].n);
        buf_byte(&want, (uint8_t)(0xa0 + i));
        buf_be16(&want, 1);
        buf_be16(&want, (uint16_t)sets[i].n);
        buf_mem(&want, sets[i].p, sets[i].n);
    }
    struct err e = {0};
    const struct rung_plan r = {.codec = ES_HEVC};
    cr_assert_eq(rung_codec(ES_HEVC)->config(&got, in.p, in.n, NULL, &r, &e), 0, "%s", e.msg);
    cr_assert_eq(got.n, want.n);
    cr_assert_eq(memcmp(got.p, want.p, got.n), 0);
}

Test(codecs, what_does_not_belong_into_samples_goes) {
    uint8_t hevc[] = {0, 0, 0, 3, 0x42, 1, 9, 0, 0, 0, 3, 0x46, 1, 9, 0, 0, 0, 4, 0x26, 1, 7, 7},
            av1[] = {0x12, 0x00, 0x0a, 0x01, 0x55, 0x32, 0x02, 1, 2};
    cr_expect_eq(rung_codec(ES_HEVC)->strip(hevc, sizeof hevc), 8);
    cr_expect(hevc[3] == 4 && hevc[4] == 0x26 && hevc[7] == 7);
    cr_expect_eq(rung_codec(ES_AV1)->strip(av1, sizeof av1), 7);
    cr_expect(av1[0] == 0x0a && av1[6] == 2);
    cr_expect_eq(rung_codec(ES_HEVC)->strip(hevc, 7), 0, "cut off");
    cr_expect_eq(rung_codec(ES_AV1)->strip(av1, 6), 0, "cut off");
}
