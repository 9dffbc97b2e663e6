/* test_encode.c - rungs from one decode: sizes, times, keyframes, and the same bytes whatever happens. */
#include "clip.h"
#include <fcntl.h>
#include <unistd.h>

#define QUICK "\"preset\":\"ultrafast\""
#define X264 "-c:v libx264 -preset ultrafast "

/* Every rung: n frames from 0 at a constant rate, keyframes every gop frames and nowhere else. */
static void times_check(const struct made *m, size_t frames) {
    long frame = num(m->plan, "video.frame_duration"), gop = num(m->plan, "video.gop");
    for (size_t i = 0; i < m->n_rungs; i++) {
        struct es_list l = es_list(m->rungs[i]);
        cr_expect_eq(l.n, frames, "rung %zu has %zu frames, not %zu", i, l.n, frames);
        cr_expect_eq(l.play_duration, (int64_t)frames * frame);
        bool *seen = calloc(frames + 1, 1);
        for (size_t k = 0; k < l.n; k++) {
            cr_assert_eq(l.p[k].pts % frame, 0);
            size_t n = (size_t)(l.p[k].pts / frame);
            cr_assert(n < frames && !seen[n], "frame %zu twice or too late", n);
            seen[n] = true;
            cr_expect_eq(l.p[k].dts, ((int64_t)k - 2) * frame, "decode times rise by a frame, over chunks too");
            cr_expect_eq(!!(l.p[k].flags & ES_KEY), n % (size_t)gop == 0, "keyframe at %zu", n);
        }
        free(seen);
        free(l.p);
    }
}

Test(encode, rungs_frames_and_keyframes) {
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=640x360:r=25 -t 5 " X264);
    struct made m = made_encode(clip, "{" QUICK ",\"chunk_s\":2,\"preset\":\"veryfast\"}");
    cr_assert_eq(m.n_rungs, 2);
    times_check(&m, 125);
    cr_expect_eq(json_array_size(m.checkpoints), 2, "the last chunk is not whole");
    struct es_list l = es_list(m.rungs[0]);
    cr_expect(l.format.width == 426 && l.format.height == 240 && l.formats == 3);
    /* avcC: version 1, High */
    struct es_reader *r;
    struct es_record rec;
    cr_assert_eq(es_reader_new(m.rungs[1], &r, NULL), 0);
    cr_assert_eq(es_read(r, true, &rec, NULL), 0);
    cr_expect(rec.format.extra[0] == 1 && rec.format.extra[1] == 100 && rec.format.extra[4] == 0xff);
    es_reader_free(r);
}

static void resume_check(const char *source) {
    char args[300];
    snprintf(args, sizeof(args), "-f lavfi -i %s -t 5 " X264 "-bf 2 -g 40", source);
    const char *clip = clip_make("mp4", args);
    struct made m = made_encode(clip, "{\"preset\":\"veryfast\",\"chunk_s\":2}");
    cr_assert_eq(json_array_size(m.checkpoints), 2);
    for (int from = 0; from <= 2; from++) {
        int fds[8];
        made_resume(&m, clip, from, fds);
        for (size_t i = 0; i < m.n_rungs; i++)
            cr_expect(same_bytes(fds[i], m.rungs[i]), "%s: rung %zu from chunk %d", source, i, from);
    }
}

Test(encode, resumed_from_every_chunk_the_bytes_are_the_same) { resume_check("mandelbrot=s=640x360:r=25"); }

/* The picture on which x264's AVX-512 code reads memory that it never wrote. */
Test(encode, the_same_bytes_whatever_was_in_memory) {
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("the sanitizer's malloc does not know M_PERTURB");
#endif
    resume_check("testsrc2=s=640x360:r=25");
}

/*
 * A player that fetches at maxrate and began with the plan's buffer nine tenths full (ISO/IEC 14496-10 annex C): how
 * much of the buffer the worst moment of the whole track leaves, in thousandths. Below 0 it stalls.
 */
static double buffer_least(const struct made *m, size_t rung) {
    char path[64];
    snprintf(path, sizeof path, "video.rungs.%zu.maxrate", rung);
    double rate = (double)num(m->plan, path);
    snprintf(path, sizeof path, "video.rungs.%zu.bufsize", rung);
    double size = (double)num(m->plan, path), fill = 0.9 * size, least = fill;
    double frame_s = (double)num(m->plan, "video.fps.1") / (double)num(m->plan, "video.fps.0");
    struct es_list l = es_list(m->rungs[rung]);
    for (size_t i = 0; i < l.n; i++) {
        fill -= 8.0 * (double)l.p[i].size;
        least = MIN(least, fill);
        fill = MIN(fill + rate * frame_s, size);
    }
    free(l.p);
    return least * 1000 / size;
}

static void ceiling_check(const char *clip, const char *policy) {
    struct made m = made_encode(clip, policy);
    cr_assert_geq(json_array_size(m.checkpoints), 4, "no joints to look at");
    for (size_t i = 0; i < m.n_rungs; i++)
        cr_expect_geq(buffer_least(&m, i), 0, "rung %zu of %s", i, clip);
    int fds[8]; /* what is left is read from the file, and the same as what was known */
    made_resume(&m, clip, 3, fds);
    for (size_t i = 0; i < m.n_rungs; i++)
        cr_expect(same_bytes(fds[i], m.rungs[i]), "rung %zu resumed", i);
}

/* Each picture is dearer than the ceiling allows, each joint an occasion to borrow from nobody. */
Test(encode, the_ceiling_of_the_rate_holds_over_joints) {
    ceiling_check(clip_make("mp4", "-f lavfi -i \"mandelbrot=s=426x240:r=25,noise=alls=70:allf=t\" -t 10 -c:v libx264 -preset ultrafast -qp 8"),
                  "{\"preset\":\"veryfast\",\"chunk_s\":2}");
}

Test(encode, the_ceiling_of_the_rate_holds_over_joints_of_a_real_film) {
    const char *film = clip_shared("films/tears-of-steel-battle-332p-71s.webm");
    if (film)
        ceiling_check(film, "{\"preset\":\"veryfast\",\"chunk_s\":2,\"max_duration_s\":12,\"crf\":14}");
}

Test(encode, resumed_where_the_container_can_not_seek) {
    const char *clip = clip_make("ts", "-f lavfi -i testsrc2=s=352x288:r=50 -t 5 -vf tinterlace=interleave_top "
                                       "-c:v mpeg2video -flags +ilme+ildct -b:v 2M");
    struct made m = made_encode(clip, "{" QUICK ",\"chunk_s\":2}");
    int fds[8];
    made_resume(&m, clip, 1, fds);
    cr_expect(same_bytes(fds[0], m.rungs[0]));
    times_check(&m, 125);
}

Test(encode, exact_rates) {
    struct { const char *rate; size_t frames; long num_, den; } cases[] = {
        {"24000/1001", 48, 24000, 1001}, {"30000/1001", 60, 30000, 1001}, {"60000/1001", 120, 60000, 1001}, {"50", 100, 50, 1}, {"24", 48, 24, 1}, {"25", 50, 25, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char args[300];
        snprintf(args, sizeof(args), "-f lavfi -i testsrc2=s=160x120:r=%s -frames:v %zu " X264, cases[i].rate, cases[i].frames);
        struct made m = made_encode(clip_make("mkv", args), "{" QUICK "}"); /* Matroska rounds to milliseconds */
        cr_expect_eq(num(m.plan, "video.fps.0"), cases[i].num_);
        cr_expect_eq(num(m.plan, "video.fps.1"), cases[i].den);
        times_check(&m, cases[i].frames);
    }
}

Test(encode, variable_rate_becomes_constant_and_keeps_time) {
    /* 30 fps, of which every frame but the tenth of the second second is left out: 3 s in all. */
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=160x120:r=30 -t 3 -vf "
                                        "\"select='lt(t,1)+gte(t,2)+eq(mod(n,10),0)'\" -vsync vfr " X264);
    struct made m = made_encode(clip, "{" QUICK "}");
    cr_expect_eq(num(m.plan, "video.fps.0"), 30);
    times_check(&m, 90);
}

Test(encode, rotation_shows_upright) {
    /* A flat film, white on the left, says it is to be turned. */
    const char *flat = clip_make("mp4", "-f lavfi -i \"color=black:s=320x180,drawbox=w=160:h=180:c=white:t=fill\" -t 1 " X264);
    struct { int ccw; int x, y; } cases[] = {{270, 500, 100}, {90, 500, 900}, {180, 900, 500}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char args[300];
        snprintf(args, sizeof(args), "-i %s -c copy -metadata:s:v rotate=%d", flat, cases[i].ccw);
        struct made m = made_encode(clip_make("mp4", args), "{" QUICK "}");
        struct es_list l = es_list(m.rungs[0]);
        cr_expect_eq(l.format.width, cases[i].ccw == 180 ? 320 : 180);
        cr_expect_gt(picture_light(m.rungs[0], 0, cases[i].x, cases[i].y), 200, "white side after %d", cases[i].ccw);
        cr_expect_lt(picture_light(m.rungs[0], 0, 1000 - cases[i].x, 1000 - cases[i].y), 50);
    }
}

Test(encode, aspect_odd_sizes_portrait_and_tiny) {
    struct { const char *filter; int w, h; } cases[] = {
        {"testsrc2=s=360x288,setsar=16/15", 384, 288}, {"testsrc2=s=322x242,format=yuv444p,crop=321:241:0:0:exact=1", 320, 240},
        {"testsrc2=s=180x320", 180, 320}, {"testsrc2=s=64x48", 64, 48}, {"testsrc2=s=480x200", 480, 200},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char args[300];
        snprintf(args, sizeof(args), "-f lavfi -i %s -t 0.4 " X264, cases[i].filter);
        struct made m = made_encode(clip_make("mkv", args), "{" QUICK "}");
        struct es_list l = es_list(m.rungs[m.n_rungs - 1]);
        cr_expect(l.format.width == cases[i].w && l.format.height == cases[i].h, "%s: %dx%d", cases[i].filter,
                  l.format.width, l.format.height);
        times_check(&m, 10);
    }
}

Test(encode, full_range_becomes_video_range) {
    const char *clip = clip_make("mkv", "-f lavfi -i color=white:s=160x120 -t 0.4 -vf scale=out_range=full,format=yuvj420p "
                                        "-c:v mjpeg -q:v 2");
    struct made m = made_encode(clip, "{" QUICK "}");
    int light = picture_light(m.rungs[0], 0, 500, 500);
    cr_expect(light >= 230 && light <= 238, "white is %d", light);
}

Test(encode, an_edit_list_is_honoured) {
    /* Cut without re-encoding at 1.5 s: the edit list hides what is between the keyframe at 1 s and there. */
    const char *whole = clip_make("mp4", "-f lavfi -i testsrc2=s=160x120:r=25 -t 4 " X264 "-g 25 -bf 0");
    char args[300];
    snprintf(args, sizeof(args), "-ss 1.52 -i %s -c copy", whole);
    const char *cut = clip_make("mp4", args);
    struct made m = made_encode(cut, "{" QUICK "}");
    times_check(&m, 62);
}

Test(encode, a_limit_for_tests) {
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=160x120:r=25 -t 4 " X264);
    struct made m = made_encode(clip, "{" QUICK ",\"max_duration_s\":1}");
    times_check(&m, 25);
}

static int cancel(void *arg, const char *stage, int permille, double speed, int64_t eta_ms) { return -1; }

Test(encode, cancels) {
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=640x360:r=25 -t 8 " X264);
    json_t *plan = plan_ok(probe_ok(clip), "{\"preset\":\"veryslow\"}"), *r = NULL;
    int fds[3] = {open(clip, O_RDONLY), clip_fd(), clip_fd()};
    struct op_io io = {.fds = fds, .n_fds = 3, .progress = cancel};
    struct err e = {0};
    cr_expect_eq(media_op_find("encode")->run(&io, json_pack("{s:o}", "plan", plan), &r, &e), ERR_CANCELLED);
}

Test(encode, a_foreign_plan_is_refused) {
    const char *clip = clip_make("mp4", "-f lavfi -i testsrc2=s=160x120 -t 0.4 " X264);
    json_t *plan = plan_ok(probe_ok(clip), "{}"), *r = NULL;
    int fds[2] = {open(clip, O_RDONLY), clip_fd()};
    struct op_io io = {.fds = fds, .n_fds = 2};
    struct err e = {0};
    json_object_set_new(json_object_get(plan, "video"), "stream", json_integer(7));
    cr_expect_eq(media_op_find("encode")->run(&io, json_pack("{s:O}", "plan", plan), &r, &e), ERR_INVALID);
    json_object_set_new(json_object_get(plan, "video"), "gop", json_integer(-1));
    cr_expect_eq(media_op_find("encode")->run(&io, json_pack("{s:O}", "plan", plan), &r, &e), ERR_INVALID);
    cr_expect_eq(media_op_find("encode")->run(&io, json_object(), &r, &e), ERR_INVALID);
}

Test(encode, hdr_is_tone_mapped) {
    struct made m = made_encode(clip_shared("formats/hdr10-video-with-sdr-container.mp4"),
                                "{" QUICK ",\"max_height\":240,\"max_duration_s\":0.2}");
    cr_expect_str_eq(text(m.plan, "video.transfer"), "bt709");
    int sky = picture_light(m.rungs[0], 0, 500, 200);
    cr_expect(sky > 70 && sky < 200, "the sky's light is %d", sky);
}
