/* test_ladder.c - from a probe's result to a plan. */
#include "clip.h"
#include "media/probe/probe.h"

static json_t *film(int w, int h, int num_, int den) {
    return json_pack("{s:I,s:[{s:i,s:i,s:i,s:i,s:i,s:[i,i],s:I,s:I,s:I,s:b,s:s,s:i,s:b,s:s,s:s,s:s,s:s,s:s}],s:[],s:[]}",
                     "duration_us", (json_int_t)60000000, "video", "index", 0, "width", w, "height", h,
                     "display_width", w, "display_height", h, "fps", num_, den, "start_pts",
                     (json_int_t)0, "start_us", (json_int_t)0, "duration_us", (json_int_t)60000000,
                     "interlaced", 0, "field_order", "", "rotation", 0, "flip", 0, "hdr", "none",
                     "primaries", "unknown", "transfer", "unknown", "matrix", "unknown", "range", "tv",
                     "audio", "text");
}

static json_t *plan_for(int w, int h, int n, int d, const char *policy) {
    json_t *f = film(w, h, n, d);
    cr_assert(f);
    return plan_ok(f, policy);
}

static void rungs_text(json_t *plan, char *dst, size_t cap) {
    json_t *r;
    size_t i, n = 0;
    json_array_foreach(json_object_get(json_object_get(plan, "video"), "rungs"), i, r)
        n += (size_t)snprintf(dst + n, cap - n, "%s%ldx%ld", i ? " " : "", num(r, "width"), num(r, "height"));
}

Test(ladder, rungs_by_size) {
    struct {
        int w, h;
        const char *rungs;
    } cases[] = {
        {1920, 1080, "426x240 640x360 854x480 1280x720 1920x1080"},
        {3840, 2160, "426x240 640x360 854x480 1280x720 1920x1080 2560x1440 3840x2160"},
        {7680, 4320, "426x240 640x360 854x480 1280x720 1920x1080 2560x1440 3840x2160"},
        {1080, 1920, "240x426 360x640 480x854 720x1280 1080x1920"},
        {1920, 804, "426x178 640x268 854x358 1280x536 1920x804"},
        {1440, 1080, "320x240 480x360 640x480 960x720 1440x1080"},
        {1366, 768, "426x240 640x360 854x480 1366x768"},
        {800, 332, "426x176 640x266 800x332"},
        {160, 120, "160x120"},
        {321, 181, "320x180"},
        {50, 3000, "36x2160"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char got[256] = "";
        json_t *p = plan_for(cases[i].w, cases[i].h, 25, 1, "{}");
        rungs_text(p, got, sizeof(got));
        if (cases[i].w != 50)
            cr_expect_str_eq(got, cases[i].rungs, "%dx%d: %s", cases[i].w, cases[i].h, got);
        json_t *r;
        size_t k;
        json_array_foreach(json_object_get(json_object_get(p, "video"), "rungs"), k, r) {
            cr_expect(num(r, "width") <= cases[i].w && num(r, "height") <= cases[i].h, "never above the source");
            cr_expect(num(r, "width") % 2 == 0 && num(r, "height") % 2 == 0);
        }
    }
}

Test(ladder, a_policy_limits_height_and_number) {
    char got[256];
    rungs_text(plan_for(1920, 1080, 25, 1, "{\"max_height\":720}"), got, sizeof(got));
    cr_expect_str_eq(got, "426x240 640x360 854x480 1280x720");
    rungs_text(plan_for(1920, 1080, 25, 1, "{\"max_rungs\":2}"), got, sizeof(got));
    cr_expect_str_eq(got, "426x240 1920x1080");
    rungs_text(plan_for(1920, 1080, 25, 1, "{\"max_rungs\":1}"), got, sizeof(got));
    cr_expect_str_eq(got, "1920x1080");
}

Test(ladder, gops_are_two_seconds_of_whole_frames) {
    struct {
        int num, den, gop;
        long timescale, frame;
    } cases[] = {
        {24000, 1001, 48, 24000, 1001}, {24, 1, 48, 90000, 3750}, {25, 1, 50, 90000, 3600},
        {30000, 1001, 60, 30000, 1001}, {50, 1, 100, 90000, 1800}, {60000, 1001, 120, 60000, 1001},
        {25, 2, 25, 25000, 2000},       {15000, 1001, 30, 15000, 1001},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *p = plan_for(640, 360, cases[i].num, cases[i].den, "{}");
        cr_expect_eq(num(p, "video.gop"), cases[i].gop);
        cr_expect_eq(num(p, "video.timescale"), cases[i].timescale);
        cr_expect_eq(num(p, "video.frame_duration"), cases[i].frame);
    }
}

Test(ladder, over_sixty_frames_are_halved) {
    json_t *p = plan_for(640, 360, 120, 1, "{}");
    cr_expect_eq(num(p, "video.fps.0"), 60);
    cr_expect_eq(num(p, "video.fps.1"), 1);
    p = plan_for(640, 360, 120, 1, "{\"max_fps\":120}");
    cr_expect_eq(num(p, "video.fps.0"), 120);
    p = plan_for(640, 360, 60, 1, "{\"max_fps\":30}");
    cr_expect_eq(num(p, "video.fps.0"), 30);
}

Test(ladder, colour_follows_size_when_undeclared) {
    cr_expect_str_eq(text(plan_for(1280, 720, 25, 1, "{}"), "video.matrix"), "bt709");
    cr_expect_str_eq(text(plan_for(720, 480, 25, 1, "{}"), "video.matrix"), "smpte170m");
}

Test(ladder, a_bad_policy_is_refused) {
    const char *bad[] = {"{\"preset\":\"placebo\"}", "{\"max_height\":8000}", "{\"crf\":99}", "{\"chunk_s\":0}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        json_t *plan = NULL;
        struct err e = {0};
        cr_expect_eq(plan_make(film(640, 360, 25, 1), json_loads(bad[i], 0, NULL), &plan, &e), ERR_INVALID);
        cr_expect(e.msg[0]);
    }
    struct err e = {0};
    json_t *plan = NULL;
    cr_expect_eq(plan_make(json_object(), json_object(), &plan, &e), ERR_INVALID);
}

static struct rate rate_of(struct ratio avg, struct ratio real, const int64_t *pts, size_t n, struct ratio tb) {
    return rate_choose(&(struct rate_facts){.average = avg, .real = real, .pts = pts, .n_pts = n, .time_base = tb});
}

Test(rate, declarations_are_made_standard) {
    int64_t ms[100], odd[100], vfr[100];
    for (int i = 0; i < 100; i++) {
        ms[i] = (i * 1001000LL + 15000) / 30000; /* 29.97 in Matroska's milliseconds */
        odd[i] = i * 2999LL;
        vfr[i] = i * 3000LL + (i > 10 ? 70000 : 0) + (i > 60 ? 123456 : 0);
    }
    struct rate r = rate_of((struct ratio){30000, 1001}, (struct ratio){30, 1}, ms, 100, (struct ratio){1, 1000});
    cr_expect(r.fps.num == 30000 && r.fps.den == 1001 && !r.vfr, "%lld/%lld", (long long)r.fps.num,
              (long long)r.fps.den);
    r = rate_of((struct ratio){90000, 2999}, (struct ratio){90000, 2999}, odd, 100, (struct ratio){1, 90000});
    cr_expect(r.fps.num == 30 && r.fps.den == 1 && !r.vfr);
    r = rate_of((struct ratio){271, 10}, (struct ratio){57600, 1}, vfr, 100, (struct ratio){1, 90000});
    cr_expect(r.fps.num == 30 && r.fps.den == 1 && r.vfr);
    r = rate_of((struct ratio){0, 0}, (struct ratio){0, 0}, NULL, 0, (struct ratio){1, 1000});
    cr_expect(r.fps.num == 30 && r.fps.den == 1);
}
