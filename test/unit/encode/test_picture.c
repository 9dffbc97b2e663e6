/* test_picture.c - what the film's own pictures decide: pulldown, fields, black bars; and that it is the same when resumed. */
#include "clip.h"
#include "media/encode/cadence.h"
#include <fcntl.h>
#include <unistd.h>

#define FILM "-f lavfi -i testsrc2=s=176x144:r=24000/1001 "
#define QUICK "\"preset\":\"ultrafast\",\"chunk_s\":2"

static json_t *planned(const char *path, const char *policy) {
    json_t *probe = probe_ok(path);
    surveyed(path, probe, policy);
    return plan_ok(probe, policy);
}

static const char *said(json_t *plan, const char *path) { /* "" where there is none */
    json_t *v = json_object_get(json_object_get(plan, "video"), path);
    return json_is_string(v) ? json_string_value(v) : "";
}

static void film_check(const char *clip, const char *order, size_t frames) {
    struct made m = made_encode(clip, "{" QUICK "}");
    cr_expect_str_eq(said(m.plan, "telecine"), order);
    cr_expect_eq(num(m.plan, "video.fps.0"), 24000);
    cr_expect_eq(num(m.plan, "video.fps.1"), 1001);
    struct es_list l = es_list(m.rungs[0]);
    cr_expect_eq(l.n, frames, "%zu pictures of %s", l.n, clip);
    cr_expect_eq(l.play_duration, (int64_t)frames * num(m.plan, "video.frame_duration"));
    free(l.p);
    for (int from = 1; from <= 3; from += 2) {
        int fds[8];
        made_resume(&m, clip, from, fds);
        cr_expect(same_bytes(fds[0], m.rungs[0]), "%s from chunk %d", clip, from);
    }
}

Test(picture, pulldown_is_taken_out_wherever_a_run_begins) {
    film_check(clip_make("mp4", FILM "-t 9 -vf telecine=first_field=top:pattern=23,setfield=tff -c:v libx264 -preset ultrafast -crf 12 -flags "
                                     "+ilme+ildct"), "tff", 216);
    film_check(clip_make("ts", FILM "-t 9 -vf telecine=first_field=bottom:pattern=23,setfield=bff -c:v mpeg2video -q:v 3 -flags +ilme+ildct"),
               "bff", 216);
}

/* Wherever in the cycle the film begins, and so which of five frames goes. */
Test(picture, pulldown_that_begins_anywhere) {
    for (int n = 2; n <= 4; n++) {
        char args[400];
        snprintf(args, sizeof args, FILM "-t 9 -vf telecine=first_field=top:pattern=23,setfield=tff,trim=start_frame=%d,setpts=PTS-STARTPTS "
                                         "-c:v libx264 -preset ultrafast -crf 12 -flags +ilme+ildct", n);
        film_check(clip_make("mp4", args), "tff", 216);
    }
}

Test(picture, whole_frames_that_are_repeated_go_too) {
    film_check(clip_make("mp4", FILM "-t 9 -vf fps=30000/1001 -c:v libx264 -preset ultrafast -crf 12"), "repeat", 216);
}

Test(picture, what_is_video_stays_video) {
    static const struct { const char *args; int deinterlace; } cases[] = {
        {"-f lavfi -i testsrc2=s=176x144:r=60000/1001 -t 5 -vf tinterlace=interleave_top,setfield=tff -c:v mpeg2video -q:v 3 -flags +ilme+ildct", 1},
        {"-f lavfi -i testsrc2=s=176x144:r=60000/1001 -t 5 -vf tinterlace=interleave_bottom,setfield=bff -c:v mpeg2video -q:v 3 -flags +ilme+ildct", 1},
        {"-f lavfi -i testsrc2=s=176x144:r=30000/1001 -t 5 -c:v mpeg2video -q:v 3", 0},
        {"-f lavfi -i color=gray:s=176x144:r=30000/1001 -t 5 -c:v mpeg2video -q:v 3", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *plan = planned(clip_make("ts", cases[i].args), "{}");
        cr_expect_str_eq(said(plan, "telecine"), "", "%s", cases[i].args);
        cr_expect_eq(num(plan, "video.deinterlace"), cases[i].deinterlace, "%s", cases[i].args);
        cr_expect_eq(num(plan, "video.fps.0"), 30000);
    }
}

Test(picture, of_a_mixed_film_only_the_pictures_with_fields) {
    const char *film = clip_make("ts", "-f lavfi -i testsrc2=s=176x144:r=25 -t 4 -c:v mpeg2video -q:v 3");
    const char *video = clip_make("ts", "-f lavfi -i testsrc2=s=176x144:r=50 -t 4 -vf tinterlace=interleave_top,setfield=tff -c:v mpeg2video -q:v 3 "
                                        "-flags +ilme+ildct");
    char args[400];
    snprintf(args, sizeof args, "-i \"concat:%s|%s\" -c copy", film, video);
    json_t *plan = planned(clip_make("ts", args), "{}");
    cr_expect_eq(num(plan, "video.deinterlace"), 1, "though the first pictures have none");
    cr_expect_eq(num(plan, "video.deinterlace_flagged"), 1);
}

/* Difference of neighbours, as a cycle of five would have it, with something else at one place. */
static enum cadence_kind judged(double top_still, double bottom_still, int bottom_place, double motion) {
    struct cadence c = {.frames = 40};
    for (int i = 0; i < CADENCE_CYCLE; i++) {
        c.n[i] = 8;
        c.sum[0][i] = 8 * (i == 1 ? top_still : motion);
        c.sum[1][i] = 8 * (i == bottom_place ? bottom_still : motion);
    }
    return cadence_judge(&c);
}

Test(picture, cadence) {
    cr_expect_eq(judged(0.2, 0.2, 3, 4), CADENCE_TFF);
    cr_expect_eq(judged(0.2, 0.2, 4, 4), CADENCE_BFF);
    cr_expect_eq(judged(0.2, 0.2, 1, 4), CADENCE_REPEAT);
    cr_expect_eq(judged(0.2, 0.2, 2, 4), CADENCE_NONE, "fields are not repeated so");
    cr_expect_eq(judged(3, 3, 3, 4), CADENCE_NONE, "slower there, by chance");
    cr_expect_eq(judged(0.2, 4, 3, 4), CADENCE_NONE);
    cr_expect_eq(judged(0, 0, 3, 0.1), CADENCE_UNKNOWN, "nothing moves");
}

static const char *boxed(const char *pad) {
    char args[300];
    snprintf(args, sizeof args, "-f lavfi -i mandelbrot=s=320x134:r=25 -t 2 -vf %s -c:v libx264 -preset ultrafast -crf 16", pad);
    return clip_make("mp4", args);
}

Test(picture, bars_are_cut_off_when_an_editor_wants_it) {
    const char *film = boxed("pad=320:180:0:23");
    cr_expect_null(json_object_get(json_object_get(planned(film, "{}"), "video"), "crop"), "never by itself");
    cr_expect_null(json_object_get(json_object_get(planned(film, "{\"crop\":\"none\"}"), "video"), "crop"));
    struct made m = made_encode(film, "{" QUICK ",\"crop\":\"auto\"}");
    cr_expect_eq(num(m.plan, "video.crop.x"), 0);
    cr_expect_eq(num(m.plan, "video.crop.w"), 320);
    cr_expect(num(m.plan, "video.crop.y") >= 23 && num(m.plan, "video.crop.y") <= 26, "from line %ld", num(m.plan, "video.crop.y"));
    long h = num(m.plan, "video.crop.h");
    cr_expect(h >= 128 && h <= 134 && h % 2 == 0, "%ld lines", h);
    struct es_list l = es_list(m.rungs[m.n_rungs - 1]);
    cr_expect(l.format.width == 320 && l.format.height == h, "%dx%d", l.format.width, l.format.height);
    cr_expect_eq(num(m.plan, "storyboard.tile_height") % 2, 0);
    cr_expect(labs(num(m.plan, "storyboard.tile_height") - 240 * h / 320) <= 2, "tiles have the film's shape");
    free(l.p);
}

Test(picture, pillars_too_and_nothing_of_a_picture_without_bars) {
    json_t *plan = planned(boxed("scale=100:180,pad=320:180:110:0"), "{\"crop\":\"auto\"}");
    cr_expect(labs(num(plan, "video.crop.x") - 111) <= 2 && labs(num(plan, "video.crop.w") - 97) <= 3, "%ld+%ld", num(plan, "video.crop.w"),
              num(plan, "video.crop.x"));
    plan = planned(clip_make("mp4", "-f lavfi -i testsrc2=s=320x180 -t 2 -c:v libx264 -preset ultrafast"), "{\"crop\":\"auto\"}");
    cr_expect_null(json_object_get(json_object_get(plan, "video"), "crop"));
}

Test(picture, a_box_in_the_files_own_pixels) {
    /* White within the box, black around it; the film is shown turned. */
    const char *flat = clip_make("mp4", "-f lavfi -i \"color=black:s=320x180,drawbox=x=40:y=20:w=160:h=100:c=white:t=fill\" -t 1 -c:v libx264 "
                                        "-preset ultrafast");
    char args[300];
    snprintf(args, sizeof args, "-i %s -c copy -metadata:s:v rotate=90", flat);
    struct made m = made_encode(clip_make("mp4", args), "{" QUICK ",\"crop\":\"160x100+40+20\"}");
    struct es_list l = es_list(m.rungs[m.n_rungs - 1]);
    cr_expect(l.format.width == 100 && l.format.height == 160, "%dx%d", l.format.width, l.format.height);
    static const int corners[4][2] = {{30, 30}, {970, 30}, {30, 970}, {970, 970}};
    for (size_t i = 0; i < 4; i++)
        cr_expect_gt(picture_light(m.rungs[m.n_rungs - 1], 0, corners[i][0], corners[i][1]), 200);
    free(l.p);
    json_t *plan = planned(flat, "{\"crop\":{\"x\":41,\"y\":21,\"w\":157,\"h\":97}}");
    cr_expect(num(plan, "video.crop.x") == 42 && num(plan, "video.crop.y") == 22 && num(plan, "video.crop.w") == 156 &&
                  num(plan, "video.crop.h") == 96, "even, and nothing beside it");
}

Test(picture, boxes_that_are_none_are_refused) {
    json_t *probe = probe_ok(clip_make("mp4", "-f lavfi -i testsrc2=s=320x180 -t 1 -c:v libx264 -preset ultrafast"));
    static const char *const bad[] = {"{\"crop\":\"320x181+0+0\"}", "{\"crop\":\"100x100+300+0\"}", "{\"crop\":\"all\"}", "{\"crop\":\"8x8+0+0\"}",
                                      "{\"crop\":\"100x100+-2+0\"}", "{\"crop\":\"100x100+0+0;\"}", "{\"crop\":7}", "{\"crop\":{\"w\":100}}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err e = {0};
        json_t *policy = json_loads(bad[i], 0, NULL), *plan = NULL;
        cr_expect_eq(plan_make(probe, policy, &plan, &e), ERR_INVALID, "%s", bad[i]);
        cr_expect(e.hint[0], "%s: a hint", bad[i]);
        json_decref(policy);
    }
}
