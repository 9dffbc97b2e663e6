/* test_quality.c - faults that are in a film are found, with their times, and those that are not are not. */
#include "clip.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static json_t *report_of(const char *path, json_t *request) {
    int fd = open(path, O_RDONLY);
    struct op_io io = {.fds = &fd, .n_fds = 1};
    json_t *result = NULL;
    struct err e = {0};
    cr_assert_eq(media_op_find("quality")->run(&io, request, &result, &e), 0, "%s", e.msg);
    close(fd);
    json_decref(request);
    return result;
}
static json_t *report(const char *path) { return report_of(path, NULL); }

/* The first of a kind; NULL: none. */
static json_t *found(json_t *r, const char *kind) {
    json_t *f;
    size_t i;
    json_array_foreach(json_object_get(r, "findings"), i, f)
        if (strcmp(text(f, "kind"), kind) == 0)
            return f;
    return NULL;
}

/* The last one, for a message. */
static const char *said(const json_t *r) {
    static char *last;
    free(last);
    return last = json_dumps(r, 0);
}

static void expect_range(json_t *r, const char *kind, long from_ms, long to_ms) {
    json_t *f = found(r, kind);
    cr_assert(f, "no %s in %s", kind, said(r));
    cr_expect(labs(num(f, "from_ms") - from_ms) <= 250 && labs(num(f, "to_ms") - to_ms) <= 250, "%s from %ld to %ld",
              kind, num(f, "from_ms"), num(f, "to_ms"));
}

Test(quality, black_frozen_and_silent_stretches_have_their_times) {
    json_t *r = report(clip_make(
        "mp4", "-f lavfi -i testsrc2=s=320x180:r=25:d=3 -f lavfi -i color=black:s=320x180:r=25:d=2 -f lavfi -i testsrc2=s=320x180:r=25:d=2 "
               "-f lavfi -i sine=r=48000:d=3 -f lavfi -i anullsrc=r=48000:cl=mono:d=4 "
               "-filter_complex '[0:v][1:v][2:v]concat=n=3[v];[3:a][4:a]concat=n=2:v=0:a=1[a]' -map '[v]' -map '[a]' "
               "-metadata:s:a:0 language=deu -t 7 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"));
    expect_range(r, "black", 3000, 5000);
    expect_range(r, "silence", 3000, 7000);
    cr_expect_null(found(r, "language"));
    cr_expect_null(found(r, "cut_off"), "a film that ends in silence is whole");
    cr_expect_str_eq(text(r, "audio.0.lang"), "deu");
    cr_expect(labs(num(r, "duration_ms") - 7000) < 150);
    json_decref(r);
}

Test(quality, of_a_film_that_is_cut_on_purpose_the_rest_is_not_looked_at) {
    const char *clip = "-f lavfi -i testsrc2=s=320x180:r=25:d=4 -f lavfi -i color=black:s=320x180:r=25:d=20 "
                       "-f lavfi -i sine=r=48000:d=24 -filter_complex '[0:v][1:v]concat=n=2[v]' -map '[v]' -map 2:a "
                       "-c:v libx264 -preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac";
    json_t *r = report_of(clip_make("mp4", clip), json_pack("{s:f}", "max_duration_s", 3.0));
    cr_expect_null(found(r, "black"), "%s", said(r));
    cr_expect_null(found(r, "cut_off"), "whoever cuts a film knows: %s", said(r));
    cr_expect(labs(num(r, "duration_ms") - 3000) < 1500, "%s", said(r));
    json_decref(r);
    r = report(clip_make("mp4", clip));
    expect_range(r, "black", 4000, 24000);
    json_decref(r);
}

Test(quality, a_picture_that_stands_still_to_the_end) {
    json_t *r = report(clip_make("mp4", "-f lavfi -i smptebars=s=320x180:r=25:d=2 -vf hue=H=2*PI*t,tpad=stop_mode=clone:stop_duration=4 "
                                        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"));
    expect_range(r, "freeze", 2000, 6000);
    cr_assert(found(r, "no_sound"));
    cr_expect_null(found(r, "interlaced"));
    json_decref(r);
}

Test(quality, interlace_loudness_language_and_an_end_in_the_middle) {
    json_t *r = report(clip_make("ts", "-f lavfi -i testsrc2=s=352x288:r=50:d=6 -f lavfi -i sine=r=48000:d=6 -vf tinterlace=interleave_top "
                                       "-af volume=18dB -c:v mpeg2video -flags +ilme+ildct -b:v 3M -c:a mp2"));
    json_t *f = found(r, "interlaced");
    cr_assert(f, "%s", said(r));
    cr_expect(num(f, "from_ms") == 0 && num(f, "to_ms") > 5000);
    cr_expect(found(r, "language"));
    cr_expect(found(r, "loudness"), "%s", said(r));
    cr_expect(found(r, "cut_off"));
    json_decref(r);
}
