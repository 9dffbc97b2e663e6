/* test_audio.c - sound stays with the picture: its start, its end, its channels. */
#include "clip.h"

#define PICTURE "-f lavfi -i testsrc2=s=160x120:r=25 "
#define CODECS " -c:v libx264 -preset ultrafast -c:a aac "
#define QUICK "{\"preset\":\"ultrafast\",\"loudness\":\"none\"}"

static void track_check(int fd, double seconds, int channels, int rate) {
    struct es_list l = es_list(fd);
    cr_expect_eq(l.format.channels, channels);
    cr_expect_eq(l.format.sample_rate, rate);
    cr_expect_eq(l.play_duration, (int64_t)(seconds * rate + 0.5));
    cr_expect_geq((int64_t)l.n * 1024, l.play_duration + l.format.edit_start, "packets cover the priming and all sound");
    for (size_t i = 0; i < l.n; i++)
        cr_expect_eq(l.p[i].pts, (int64_t)i * 1024);
    free(l.p);
}

Test(audio, stereo_beside_surround) {
    /* Only the front left channel sounds. */
    const char *clip = clip_make("mkv", PICTURE "-f lavfi -i \"aevalsrc=0.5*sin(2*PI*440*t)|0|0|0|0|0:c=5.1:s=48000\" -t 2" CODECS);
    struct made m = made_encode(clip, QUICK);
    int fds[2];
    struct err e = {0};
    json_t *r = made_audio(&m, clip, 0, fds, &e);
    cr_assert(r, "%s", e.msg);
    track_check(fds[0], 2, 2, 48000);
    track_check(fds[1], 2, 6, 48000);
    cr_expect_gt(sound_level(fds[0], 0, 0.5, 1.5), 0.1);
    cr_expect_lt(sound_level(fds[0], 1, 0.5, 1.5), 0.02);
    cr_expect_gt(sound_level(fds[1], 0, 0.5, 1.5), 0.3);
    cr_expect_lt(sound_level(fds[1], 4, 0.5, 1.5), 0.02);
}

Test(audio, mono_and_rates) {
    struct { const char *source; int rate; } cases[] = {
        {"sine=r=44100:f=440", 44100}, {"sine=r=16000:f=440", 48000}, {"sine=r=96000:f=440", 48000}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char args[300];
        snprintf(args, sizeof(args), PICTURE "-f lavfi -i %s -t 1.2" CODECS, cases[i].source);
        const char *clip = clip_make("mkv", args);
        struct made m = made_encode(clip, QUICK);
        int fds[2];
        struct err e = {0};
        cr_assert(made_audio(&m, clip, 0, fds, &e), "%s", e.msg);
        track_check(fds[0], 1.2, 2, cases[i].rate);
        double left = sound_level(fds[0], 0, 0.2, 1), right = sound_level(fds[0], 1, 0.2, 1);
        cr_expect(left > 0.03 && left < right * 1.05 && left > right * 0.95, "%f %f", left, right);
    }
}

Test(audio, none_is_fine) {
    const char *clip = clip_make("mp4", PICTURE "-t 1 -c:v libx264 -preset ultrafast");
    json_t *plan = plan_ok(probe_ok(clip), "{}");
    cr_expect_eq(json_array_size(json_object_get(plan, "audio")), 0);
}

/* Sound begins 0.7 s after the picture: silence, then sound, to within a few milliseconds. */
Test(audio, later_than_the_picture) {
    const char *clip = clip_make("mkv", PICTURE "-itsoffset 0.7 -f lavfi -i sine=r=48000:f=440 -t 2" CODECS);
    struct made m = made_encode(clip, QUICK);
    int fds[2];
    struct err e = {0};
    cr_assert(made_audio(&m, clip, 0, fds, &e), "%s", e.msg);
    track_check(fds[0], 2, 2, 48000);
    cr_expect_lt(sound_level(fds[0], 0, 0, 0.68), 0.005);
    cr_expect_gt(sound_level(fds[0], 0, 0.72, 0.9), 0.03);
}

/* The picture begins 0.6 s after the sound: the sound before it is cut. */
Test(audio, earlier_than_the_picture) {
    const char *clip = clip_make("mkv", "-itsoffset 0.6 " PICTURE "-f lavfi -i \"aevalsrc=0.5*sin(2*PI*440*t)*gt(t\\,1):s=48000\" "
                                        "-t 2" CODECS "-avoid_negative_ts disabled");
    struct made m = made_encode(clip, QUICK);
    int fds[2];
    struct err e = {0};
    cr_assert(made_audio(&m, clip, 0, fds, &e), "%s", e.msg);
    cr_expect_lt(sound_level(fds[0], 0, 0, 0.37), 0.005);
    cr_expect_gt(sound_level(fds[0], 0, 0.43, 0.6), 0.1);
}

Test(audio, shorter_than_the_picture_is_filled) {
    const char *clip = clip_make("mkv", PICTURE "-f lavfi -i sine=d=0.5:r=48000 -t 2" CODECS);
    struct made m = made_encode(clip, QUICK);
    int fds[2];
    struct err e = {0};
    cr_assert(made_audio(&m, clip, 0, fds, &e), "%s", e.msg);
    track_check(fds[0], 2, 2, 48000);
    cr_expect_lt(sound_level(fds[0], 0, 0.7, 2), 0.005);
}

Test(audio, a_gap_becomes_silence_and_nothing_drifts) {
    const char *clip = clip_make("mkv", PICTURE "-f lavfi -i sine=r=48000 -t 3 -af \"aselect='not(between(t,1,1.5))'\""
                                        " -c:v libx264 -preset ultrafast -c:a pcm_s16le");
    struct made m = made_encode(clip, QUICK);
    int fds[2];
    struct err e = {0};
    cr_assert(made_audio(&m, clip, 0, fds, &e), "%s", e.msg);
    track_check(fds[0], 3, 2, 48000);
    cr_expect_lt(sound_level(fds[0], 0, 1.06, 1.44), 0.005);
    cr_expect_gt(sound_level(fds[0], 0, 1.6, 2.9), 0.03);
}

Test(audio, the_same_bytes_twice) {
    const char *clip = clip_make("mkv", PICTURE "-f lavfi -i anoisesrc=r=44100:seed=1 -t 1" CODECS);
    struct made m = made_encode(clip, QUICK);
    int a[2], b[2];
    struct err e = {0};
    cr_assert(made_audio(&m, clip, 0, a, &e) && made_audio(&m, clip, 0, b, &e), "%s", e.msg);
    cr_expect(same_bytes(a[0], b[0]));
}
