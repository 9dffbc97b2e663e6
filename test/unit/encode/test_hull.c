/* test_hull.c - the convex hull, the choice of rungs, metrics, and a plan that is tailored; all pure. */
#include "clip.h"
#include "media/ladder/hull.h"
#include "media/ladder/metric.h"
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

/* Points of a made-up film: each size is best in its own range of rates. `hard` moves all to higher rates. */
static size_t film_points(struct ladder_point *ret, double hard) {
    static const int sizes[][2] = {{426, 240}, {640, 360}, {854, 480}, {1280, 720}, {1920, 1080}};
    size_t n = 0;
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++)
        for (int c = 0; c < 4; c++) {
            double crf = 21 + 7 * c, area = (double)sizes[s][0] * sizes[s][1] / (1920 * 1080);
            ret[n++] = (struct ladder_point){sizes[s][0], sizes[s][1], crf, hard * 2e6 * pow(area, 0.75) * pow(2, -(crf - 21) / 6),
                                             fmin(99, 60 + 37 * pow(area, 0.35)) - (crf - 21) * (1.2 + area)};
        }
    return n;
}

static struct ladder_want want(void) {
    return (struct ladder_want){.crf = 23, .floor_rate = 145e3, .max_rungs = 7, .max_area = INT64_MAX};
}

Test(hull, is_concave_and_nothing_lies_above_it) {
    struct ladder_point m[32], p[LADDER_POINTS_MAX], h[LADDER_POINTS_MAX];
    size_t n = ladder_fill(m, film_points(m, 1), p, ARRAY_LEN(p)), k = ladder_hull(p, n, h);
    cr_assert(k > 4 && k < n);
    for (size_t i = 1; i < k; i++) {
        cr_expect(h[i].rate > h[i - 1].rate && h[i].score > h[i - 1].score);
        double slope = (h[i].score - h[i - 1].score) / (h[i].rate - h[i - 1].rate);
        if (i > 1)
            cr_expect(slope < (h[i - 1].score - h[i - 2].score) / (h[i - 1].rate - h[i - 2].rate), "concave at %zu", i);
        for (size_t j = 0; j < n; j++)
            if (p[j].rate >= h[i - 1].rate && p[j].rate <= h[i].rate)
                cr_expect(p[j].score <= h[i - 1].score + slope * (p[j].rate - h[i - 1].rate) + 1e-9);
    }
}

Test(hull, of_one_point_and_of_none) {
    struct ladder_point one = {640, 360, 23, 1e6, 80}, h[1];
    cr_expect_eq(ladder_hull(&one, 1, h), 1);
    cr_expect_eq(ladder_hull(&one, 0, h), 0);
    struct ladder_choice c;
    struct ladder_want w = want();
    ladder_choose(&one, 0, &w, &c);
    cr_expect_eq(c.n, 0);
    ladder_choose(&one, 1, &w, &c);
    cr_expect_eq(c.n, 1);
}

Test(hull, points_between_run_on_the_logarithm_of_the_rate) {
    struct ladder_point m[] = {{640, 360, 20, 800e3, 90}, {640, 360, 26, 200e3, 60}, {1280, 720, 20, 9e6, 99}}, p[64];
    size_t n = ladder_fill(m, 3, p, ARRAY_LEN(p));
    cr_expect_eq(n, 14, "%zu", n); /* eleven between the first two, none between two sizes */
    cr_expect_float_eq(p[6].crf, 23, 1e-9);
    cr_expect_float_eq(p[6].rate, 400e3, 1);
    cr_expect_float_eq(p[6].score, 75, 1e-9);
    cr_expect_eq(ladder_fill(m, 3, p, 5), 5);
}

Test(hull, rungs_are_just_noticeable_steps_between_floor_and_ceiling) {
    struct ladder_point m[32], p[LADDER_POINTS_MAX];
    size_t n = ladder_fill(m, film_points(m, 1), p, ARRAY_LEN(p));
    struct ladder_want w = want();
    struct ladder_choice c;
    ladder_choose(p, n, &w, &c);
    cr_assert(c.n >= 3 && c.n <= 7, "%zu", c.n);
    cr_expect(c.step >= LADDER_JND);
    cr_expect(c.rungs[0].rate <= 300e3, "%f", c.rungs[0].rate);
    cr_expect(fabs(c.rungs[c.n - 1].score - c.ceiling) < 1.5, "%f %f", c.rungs[c.n - 1].score, c.ceiling);
    for (size_t i = 1; i < c.n; i++) {
        bool seen = c.rungs[i].score - c.rungs[i - 1].score >= LADDER_JND, reaches = c.rungs[i].rate >= 2 * c.rungs[i - 1].rate;
        cr_expect(seen || reaches, "a rung that adds nothing");
        cr_expect(c.rungs[i].rate > c.rungs[i - 1].rate && c.rungs[i].height >= c.rungs[i - 1].height);
    }
}

Test(hull, a_hard_film_gets_smaller_pictures_at_a_rate_than_an_easy_one) {
    struct ladder_point m[32], p[LADDER_POINTS_MAX];
    int height[2];
    for (int hard = 0; hard < 2; hard++) {
        size_t n = ladder_fill(m, film_points(m, hard ? 4 : 0.3), p, ARRAY_LEN(p)), k = 0;
        struct ladder_point h[LADDER_POINTS_MAX];
        size_t all = ladder_hull(p, n, h);
        while (k + 1 < all && h[k + 1].rate <= 600e3)
            k++;
        height[hard] = h[k].height;
    }
    cr_expect(height[1] < height[0], "%d %d", height[1], height[0]);
}

Test(hull, pixels_and_number_are_limits) {
    struct ladder_point m[32], p[LADDER_POINTS_MAX];
    size_t n = ladder_fill(m, film_points(m, 1), p, ARRAY_LEN(p));
    struct ladder_want w = want();
    struct ladder_choice free_, few, small;
    ladder_choose(p, n, &w, &free_);
    w.max_rungs = 3;
    ladder_choose(p, n, &w, &few);
    cr_expect_eq(few.n, 3, "%zu", few.n);
    cr_expect(few.step > free_.step);
    int64_t sum = 0;
    w.max_rungs = 7;
    w.max_area = 1920 * 1080 * 13 / 10;
    ladder_choose(p, n, &w, &small);
    for (size_t i = 0; i < small.n; i++)
        sum += (int64_t)small.rungs[i].width * small.rungs[i].height;
    cr_expect(sum <= w.max_area && small.n >= 2, "%zu rungs", small.n);
}

Test(hull, an_easy_film_has_a_ceiling_and_a_floor_and_nothing_between) {
    struct ladder_point m[] = {{1280, 720, 21, 900e3, 130}, {1280, 720, 28, 300e3, 118}, {1280, 720, 35, 120e3, 104}};
    struct ladder_point p[LADDER_POINTS_MAX];
    size_t n = ladder_fill(m, 3, p, ARRAY_LEN(p));
    struct ladder_want w = want();
    struct ladder_choice c;
    ladder_choose(p, n, &w, &c);
    cr_assert_eq(c.n, 2, "%zu", c.n);
    cr_expect(c.rungs[0].rate < 150e3 && c.rungs[1].rate > 600e3);
}

/* Grain: score hardly falls while the rate does. */
Test(hull, a_hard_film_has_rungs_for_slow_lines) {
    struct ladder_point m[] = {{426, 240, 21, 900e3, 24}, {426, 240, 42, 120e3, 18}, {1280, 720, 21, 5e6, 36}, {1280, 720, 28, 2e6, 28}};
    struct ladder_point p[LADDER_POINTS_MAX];
    size_t n = ladder_fill(m, 4, p, ARRAY_LEN(p));
    struct ladder_want w = want();
    struct ladder_choice c;
    w.max_area = 1280 * 720 * 2;
    ladder_choose(p, n, &w, &c);
    cr_assert(c.n >= 3, "%zu", c.n);
    cr_expect(c.rungs[0].rate <= 150e3, "%f", c.rungs[0].rate);
    for (size_t i = 1; i < c.n; i++)
        cr_expect(c.rungs[i].rate >= 2 * c.rungs[i - 1].rate || c.rungs[i].score - c.rungs[i - 1].score >= LADDER_JND);
}

/* A screen recording: large pictures at any rate. */
Test(hull, something_is_left_for_devices_of_standard_definition) {
    struct ladder_point m[] = {{854, 480, 21, 150e3, 50}, {854, 480, 28, 90e3, 45}, {1920, 1080, 21, 400e3, 97}, {1920, 1080, 28, 160e3, 80}};
    struct ladder_point p[LADDER_POINTS_MAX];
    size_t n = ladder_fill(m, 4, p, ARRAY_LEN(p));
    struct ladder_want w = want();
    struct ladder_choice c;
    w.floor_rate = 165e3;
    ladder_choose(p, n, &w, &c);
    cr_expect_eq(c.rungs[0].height, 1080);
    w.sd_height = 576;
    ladder_choose(p, n, &w, &c);
    cr_expect(c.sd_added && c.rungs[0].height == 480 && c.rungs[1].height == 1080);
    for (w.max_rungs = 1; w.max_rungs < 4; w.max_rungs++) {
        ladder_choose(p, n, &w, &c);
        cr_expect(c.n >= 1 && c.n <= (size_t)w.max_rungs, "%zu rungs of %d", c.n, w.max_rungs);
        cr_expect_eq(c.rungs[c.n - 1].height, 1080);
    }
}

Test(metric, equal_pictures_score_full_and_noise_scores_less) {
    enum { W = 64, H = 48 };
    static uint8_t a[W * H], b[W * H];
    unsigned seed = 7;
    const char *names[] = {"ssim", "psnr"};
    for (size_t k = 0; k < 2; k++) {
        const struct metric *m = metric_find(names[k]);
        cr_assert(m);
        double last = 151;
        for (int noise = 0; noise < 60; noise += 12) {
            for (int i = 0; i < W * H; i++) {
                a[i] = (uint8_t)(60 + i % W + i / W);
                seed = seed * 1103515245 + 12345;
                b[i] = (uint8_t)(a[i] + (noise ? (int)(seed >> 16) % noise : 0));
            }
            double s = m->score(m->loss((struct plane){a, W}, (struct plane){b, W}, W, H));
            cr_expect(noise ? s < last : s == 150, "%s, noise %d: %f", names[k], noise, s);
            last = s;
        }
    }
    cr_expect_null(metric_find("vmaf"));
    /* What metric.h promises of the scale. */
    cr_expect_float_eq(metric_find("ssim")->score(0.1), 49, 0.01);
    cr_expect_float_eq(metric_find("ssim")->score(0.01), 94, 0.01);
    cr_expect_float_eq(metric_find("psnr")->score(65.025), 40, 0.01);
}

/* SSIM by its definition, of one window, against ours. */
Test(metric, ssim_of_one_window_is_that_of_the_paper) {
    uint8_t a[64], b[64];
    double ma = 0, mb = 0, va = 0, vb = 0, cov = 0;
    for (int i = 0; i < 64; i++) {
        a[i] = (uint8_t)(i * 3);
        b[i] = (uint8_t)(i * 2 + (i % 5) * 9);
        ma += a[i] / 64.0;
        mb += b[i] / 64.0;
    }
    for (int i = 0; i < 64; i++) {
        va += (a[i] - ma) * (a[i] - ma) / 63;
        vb += (b[i] - mb) * (b[i] - mb) / 63;
        cov += (a[i] - ma) * (b[i] - mb) / 63;
    }
    double c1 = 6.5025, c2 = 58.5225;
    double ssim = (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
    cr_expect_float_eq(1 - metric_find("ssim")->loss((struct plane){a, 8}, (struct plane){b, 8}, 8, 8), ssim, 1e-4);
}

static json_t *probe_of(int w, int h, int seconds) {
    return json_pack("{s:I,s:[{s:i,s:i,s:i,s:i,s:i,s:[i,i],s:I,s:I,s:I,s:b,s:s,s:i,s:b,s:s,s:s,s:s,s:s,s:s}],s:[],s:[]}",
                     "duration_us", (json_int_t)seconds * 1000000, "video", "index", 0, "width", w, "height", h, "display_width", w,
                     "display_height", h, "fps", 25, 1, "start_pts", (json_int_t)0, "start_us", (json_int_t)0, "duration_us",
                     (json_int_t)seconds * 1000000, "interlaced", 0, "field_order", "", "rotation", 0, "flip", 0, "hdr", "none",
                     "primaries", "unknown", "transfer", "unknown", "matrix", "unknown", "range", "tv", "audio", "text");
}

Test(tailor, long_films_are_analysed_and_short_ones_are_not) {
    json_t *p = plan_ok(probe_of(1920, 1080, 60), "{}");
    cr_expect_str_eq(text(p, "ladder.kind"), "fixed");
    cr_expect(strstr(text(p, "ladder.why"), "too short"));
    p = plan_ok(probe_of(1920, 1080, 3600), "{}");
    cr_expect_str_eq(text(p, "ladder.kind"), "per_title");
    cr_expect(plan_wants_analysis(p));
    cr_expect_eq(json_array_size(json_object_get(json_object_get(json_object_get(p, "ladder"), "analysis"), "shots")), 16);
    cr_expect(num(p, "ladder.analysis.shots.0.first") % 50 == 0 && num(p, "ladder.analysis.shots.0.frames") == 50, "whole GOPs");
    cr_expect(num(p, "ladder.analysis.shots.15.first") > 3600 * 25 * 9 / 10, "spread over the film");
    cr_expect_str_eq(text(plan_ok(probe_of(1920, 1080, 3600), "{\"ladder\":\"fixed\"}"), "ladder.kind"), "fixed");
    p = plan_ok(probe_of(1920, 1080, 1), "{\"ladder\":\"per_title\"}");
    cr_expect(plan_wants_analysis(p) && num(p, "ladder.analysis.shots.0.frames") == 25);
    cr_expect_str_eq(text(plan_ok(probe_of(1920, 1080, -1), "{\"ladder\":\"per_title\"}"), "ladder.kind"), "fixed");
}

/* Measures of a made-up film for a plan that asks for them. */
static json_t *measures(json_t *plan, double hard) {
    json_t *ask = json_object_get(json_object_get(plan, "ladder"), "analysis"), *shots = json_array(), *s, *size;
    size_t i, k, c;
    json_array_foreach(json_object_get(ask, "shots"), i, s) {
        json_t *trials = json_array();
        json_array_foreach(json_object_get(ask, "sizes"), k, size)
            for (c = 0; c < json_array_size(json_object_get(ask, "crfs")); c++) {
                double crf = json_number_value(json_array_get(json_object_get(ask, "crfs"), c));
                double area = (double)(num(size, "width") * num(size, "height")) / (1920 * 1080);
                json_array_append_new(trials, json_pack("{s:I,s:f}", "bytes",
                                                        (json_int_t)(hard * 5e5 * pow(area, 0.75) * pow(2, -(crf - 21) / 6)), "loss",
                                                        0.006 * pow(area, -0.7) * pow(2, (crf - 21) * (0.7 + area) / 10)));
            }
        json_array_append_new(shots, json_pack("{s:O,s:O,s:o}", "first", json_object_get(s, "first"), "frames",
                                               json_object_get(s, "frames"), "trials", trials));
    }
    return json_pack("{s:o}", "shots", shots);
}

Test(tailor, the_plan_gets_its_own_rungs_and_says_why) {
    json_t *p = plan_ok(probe_of(1920, 1080, 3600), "{}"), *fixed = json_deep_copy(json_object_get(json_object_get(p, "video"), "rungs"));
    json_t *again = json_deep_copy(p), *r, *m = measures(p, 1);
    struct err e = {0};
    cr_assert_eq(plan_tailor(p, m, &e), 0, "%s", e.msg);
    cr_assert_eq(plan_tailor(again, m, &e), 0);
    cr_expect(json_equal(p, again), "the same measures, another plan");
    cr_expect_not(plan_wants_analysis(p));
    json_t *rungs = json_object_get(json_object_get(p, "video"), "rungs");
    size_t i, n = json_array_size(rungs);
    cr_assert(n >= 3 && n <= 8);
    cr_expect_eq(json_array_size(json_object_get(json_object_get(p, "ladder"), "rungs")), n);
    cr_expect(!json_equal(rungs, fixed));
    long before = 0;
    json_array_foreach(rungs, i, r) {
        char name[24];
        snprintf(name, sizeof name, "v%zu", i + 1);
        cr_expect_str_eq(text(r, "name"), name);
        cr_expect(json_is_real(json_object_get(r, "crf")));
        cr_expect(num(r, "maxrate") >= before && num(r, "maxrate") <= 5300000, "never above the fixed ladder's ceiling");
        cr_expect_eq(num(r, "bufsize"), num(r, "maxrate") * 3 / 2);
        before = num(r, "maxrate");
    }
    cr_expect_str_eq(text(p, "storyboard.rung"), "v1");
    cr_expect_eq(json_array_size(json_object_get(json_object_get(p, "ladder"), "points")), 24);
}

Test(tailor, what_cannot_be_measured_keeps_the_fixed_ladder) {
    json_t *p = plan_ok(probe_of(1920, 1080, 3600), "{}"), *rungs = json_deep_copy(json_object_get(json_object_get(p, "video"), "rungs"));
    struct err e = {0};
    cr_assert_eq(plan_tailor(p, json_pack("{s:[{s:i,s:i,s:[]}]}", "shots", "first", 0, "frames", 0, "trials"), &e), 0);
    cr_expect_str_eq(text(p, "ladder.kind"), "fixed");
    cr_expect(json_equal(json_object_get(json_object_get(p, "video"), "rungs"), rungs));
    p = plan_ok(probe_of(1920, 1080, 3600), "{}");
    cr_assert_eq(plan_tailor(p, measures(p, 1000), &e), 0);
    cr_expect_str_eq(text(p, "ladder.kind"), "fixed", "every point is above every ceiling");
    cr_expect_eq(plan_tailor(json_object(), json_object(), &e), ERR_INVALID);
}

/* The operation on a real film of a few seconds, interrupted after its first shot and not. */
static json_t *analyse(const char *film, json_t *plan, json_t *done) {
    json_t *rq = json_pack("{s:O,s:O*}", "plan", plan, "done", done), *result = NULL;
    struct err e = {0};
    int fd = open(film, O_RDONLY | O_CLOEXEC);
    struct op_io io = {.fds = &fd, .n_fds = 1};
    cr_assert_eq(media_op_find("analyse")->run(&io, rq, &result, &e), 0, "%s", e.msg);
    close(fd);
    return result;
}

Test(analyse, the_same_film_gives_the_same_measures_resumed_or_not) {
    const char *endings[] = {"mp4", "ts"};
    for (size_t i = 0; i < 2; i++) {
        const char *film = clip_make(endings[i], "-f lavfi -i mandelbrot=s=320x240:r=25 -t 6 -c:v libx264 -preset ultrafast -g 50");
        json_t *plan = plan_ok(probe_ok(film), "{\"ladder\":\"per_title\",\"preset\":\"ultrafast\"}");
        json_t *all = analyse(film, plan, NULL), *shots = json_object_get(all, "shots");
        cr_assert(json_array_size(shots) >= 2);
        json_t *done = json_pack("[O]", json_array_get(shots, 0));
        cr_expect(json_equal(analyse(film, plan, done), all), "resumed, it measures something else (%s)", endings[i]);
        /* Higher CRF: fewer bytes and more loss, at every size. */
        size_t crfs = json_array_size(json_object_get(json_object_get(json_object_get(plan, "ladder"), "analysis"), "crfs"));
        json_t *trials = json_object_get(json_array_get(shots, 0), "trials"), *t;
        size_t k;
        json_array_foreach(trials, k, t) if (k % crfs) {
            json_t *before = json_array_get(trials, k - 1);
            cr_expect(num(t, "bytes") < num(before, "bytes"));
            cr_expect(json_number_value(json_object_get(t, "loss")) > json_number_value(json_object_get(before, "loss")));
        }
    }
}

Test(analyse, a_film_shorter_than_its_header_says_is_measured_as_far_as_it_goes) {
    const char *film = clip_make("mp4", "-f lavfi -i testsrc=s=320x240:r=25 -t 3 -c:v libx264 -preset ultrafast -g 50");
    json_t *probe = probe_ok(film);
    json_object_set_new(json_array_get(json_object_get(probe, "video"), 0), "duration_us", json_integer(12000000));
    json_t *plan = plan_ok(probe, "{\"ladder\":\"per_title\",\"preset\":\"ultrafast\"}"), *shots;
    shots = json_object_get(analyse(film, plan, NULL), "shots");
    cr_assert(json_array_size(shots) > 3);
    cr_expect_eq(num(json_array_get(shots, json_array_size(shots) - 1), "frames"), 0);
    cr_expect(num(json_array_get(shots, 0), "frames") > 0);
}
