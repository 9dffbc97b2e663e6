/*
 * test_loudness.c - every soundtrack is as loud as the policy says and has no peak above its ceiling. What our own meter
 * decided is judged by ffmpeg's, on the packaged file as a player decodes it.
 */
#include "clip.h"
#include "media/encode/loudness.h"
#include <math.h>
#include <fcntl.h>
#include <unistd.h>

/* Sound alone needs no picture: the operation takes video null. */
static json_t *sound_make(const char *clip, const char *policy, int *ret_fds) {
    json_t *j = json_loads(policy, 0, NULL), *probe = NULL, *entry = NULL;
    struct err e = {0};
    int fd = open(clip, O_RDONLY);
    struct op_io io = {.fds = &fd, .n_fds = 1};
    cr_assert_eq(media_op_find("probe")->run(&io, json_pack("{s:s,s:s}", "name", clip, "want", "audio"), &probe, &e), 0,
                 "%s", e.msg);
    cr_assert_eq(plan_audio(probe, j, NULL, 1, &entry, &e), 0, "%s", e.msg);
    close(fd);
    struct made m = {.plan = json_pack("{s:[o]}", "audio", entry), .video = json_null()};
    json_t *r = made_audio(&m, clip, 0, ret_fds, &e);
    cr_assert(r, "%s", e.msg);
    return r;
}

static double said(json_t *r, int output, const char *what) {
    json_t *l = json_object_get(json_array_get(json_object_get(r, "outputs"), (size_t)output), "loudness");
    cr_assert(json_object_get(l, what), "nothing said of %s", what);
    return json_number_value(json_object_get(l, what));
}

/* Sound with quiet and loud stretches, as films have. */
#define FILM_LIKE(level)                                                                                               \
    "-f lavfi -i \"anoisesrc=r=48000:seed=7:color=pink:d=9,volume=" level                                              \
    ",volume='if(between(t,3,6),0.25,1)':eval=frame,aformat=channel_layouts=stereo\" -c:a pcm_s16le"

Test(loudness, reaches_the_target_from_below_and_above) {
    static const struct {
        const char *clip, *policy;
        double target, ceiling;
    } cases[] = {
        {FILM_LIKE("-20dB"), "{}", -23, -1},
        {FILM_LIKE("-1dB"), "{}", -23, -1},
        {FILM_LIKE("-12dB"), "{\"loudness\":-16,\"true_peak\":-2}", -16, -2},
        {"-f lavfi -i sine=r=44100:f=997:d=4 -c:a pcm_s16le", "{\"loudness\":-27}", -27, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int fds[8];
        json_t *r = sound_make(clip_make("wav", cases[i].clip), cases[i].policy, fds);
        struct heard h = sound_heard(sound_packaged(fds[0], "clear"));
        cr_expect_float_eq(h.integrated, cases[i].target, 0.5, "case %zu: %.1f LUFS", i, h.integrated);
        cr_expect_leq(h.peak, cases[i].ceiling, "case %zu: %.1f dBTP", i, h.peak);
        cr_expect_float_eq(said(r, 0, "integrated_lufs") + said(r, 0, "gain_db"), cases[i].target, 0.02);
    }
}

/* What we measured is what ffmpeg measures. */
Test(loudness, measured_as_others_do) {
    static const char *const clips[] = {
        FILM_LIKE("-6dB"),
        "-f lavfi -i \"sine=r=48000:f=12000:d=3,aeval=0.6*sin(2*PI*12000*t+PI/4):c=stereo,afade=d=1,afade=t=out:st=2:d=1\" -c:a pcm_f32le",
        ("-f lavfi -i \"aevalsrc=0.3*sin(2*PI*300*t)|0.2*sin(2*PI*500*t)|0.4*sin(2*PI*700*t)|0.9*sin(2*PI*50*t)|"
         "0.1*sin(2*PI*900*t)|0.3*sin(2*PI*1100*t):c=5.1:s=48000:d=4\" -c:a pcm_f32le"),
    };
    for (size_t i = 0; i < ARRAY_LEN(clips); i++) {
        int fds[8];
        const char *clip = clip_make("wav", clips[i]);
        json_t *r = sound_make(clip, "{}", fds);
        struct heard h = sound_heard(clip);
        int same_layout = i == 2;
        cr_expect_float_eq(said(r, same_layout, "integrated_lufs"), h.integrated, 0.15, "clip %zu: %f, ffmpeg %f", i,
                           said(r, same_layout, "integrated_lufs"), h.integrated);
        cr_expect_float_eq(said(r, same_layout, "peak_dbtp"), h.peak, 0.3, "clip %zu: %f, ffmpeg %f", i,
                           said(r, same_layout, "peak_dbtp"), h.peak);
    }
}

/* Shots over quiet speech: the gain that the speech needs would put them far above full scale. */
Test(loudness, peaks_that_the_gain_would_lift_are_limited) {
    const char *clip = clip_make("wav", "-f lavfi -i \"aevalsrc=0.02*sin(2*PI*330*t)+0.7*sin(2*PI*2000*t)*lt(mod(t\\,2)\\,0.003)"
                                        "|0.02*sin(2*PI*330*t)+0.7*sin(2*PI*11025*t+0.8)*lt(mod(t\\,2)\\,0.003):s=48000:d=8\" "
                                        "-c:a pcm_s16le");
    int fds[8];
    json_t *r = sound_make(clip, "{\"loudness\":-18}", fds);
    cr_assert_gt(said(r, 0, "peak_dbtp") + said(r, 0, "gain_db"), 0, "the case is one");
    struct heard h = sound_heard(sound_packaged(fds[0], "clear"));
    cr_expect_leq(h.peak, -1.0, "%.1f dBTP", h.peak);
    /* The shots were most of its loudness; speech is not lifted by more than 3 dB for what they lost. */
    double lifted = said(r, 0, "integrated_lufs") + said(r, 0, "gain_db") + 18;
    cr_expect_float_eq(lifted, 3, 0.02, "%f", lifted);
    /* What lies between is as loud as it was to be: the limiter touches peaks and what is near them. */
    double want = 0.02 / sqrt(2) * pow(10, said(r, 0, "gain_db") / 20);
    cr_expect_float_eq(sound_level(fds[0], 0, 5, 5.9), want, want * 0.05);
}

/* What every loud mix is like: the limiter works all the time, and the target is met all the same. */
Test(loudness, is_reached_through_the_limiter) {
    int fds[8];
    json_t *r = sound_make(clip_make("wav", FILM_LIKE("-12dB")), "{\"loudness\":-12,\"true_peak\":-1}", fds);
    cr_assert(json_is_true(json_object_get(json_object_get(json_array_get(json_object_get(r, "outputs"), 0), "loudness"),
                                           "limited")));
    struct heard h = sound_heard(sound_packaged(fds[0], "clear"));
    cr_expect_float_eq(h.integrated, -12, 0.5, "%.1f LUFS", h.integrated);
    cr_expect_leq(h.peak, -1.0, "%.1f dBTP", h.peak);
}

/* What a Dolby decoder turns down by: bits 45 to 49 of a frame (TS 102 366 E.1.2.2). */
static int dialnorm_of(int fd) {
    struct es_list l = es_list(fd);
    uint8_t head[8];
    cr_assert_eq(pread(fd, head, sizeof head, (off_t)l.p[0].offset), (ssize_t)sizeof head);
    free(l.p);
    return -((head[5] & 7) << 2 | head[6] >> 6);
}

Test(loudness, every_layout_and_format_reaches_it) {
    const char *clip = clip_make("wav", "-f lavfi -i \"aevalsrc=0.1*sin(2*PI*300*t)|0.1*sin(2*PI*500*t)|0.2*sin(2*PI*700*t)|0|"
                                        "0.1*sin(2*PI*900*t)|0.1*sin(2*PI*1100*t):c=5.1:s=48000:d=4\" -c:a pcm_s16le");
    int fds[8];
    json_t *r = sound_make(clip, "{\"opus\":true,\"eac3\":true,\"loudness\":-24}", fds);
    cr_assert_eq(json_array_size(json_object_get(r, "outputs")), 4);
    for (int i = 0; i < 4; i++) {
        struct heard h = sound_heard(sound_packaged(fds[i], "clear"));
        cr_expect_float_eq(h.integrated, -24, 0.5, "output %d: %.1f LUFS", i, h.integrated);
        cr_expect_leq(h.peak, -1.0, "output %d: %.1f dBTP", i, h.peak);
    }
    cr_expect_eq(said(r, 0, "gain_db"), said(r, 2, "gain_db"), "AAC and Opus");
    cr_expect_eq(said(r, 1, "gain_db"), said(r, 3, "gain_db"), "AAC and E-AC-3");
    cr_expect_eq(dialnorm_of(fds[3]), -24);
}

Test(loudness, silence_stays_silence_and_none_changes_nothing) {
    int fds[8], plain[8];
    json_t *r = sound_make(clip_make("wav", "-f lavfi -i anullsrc=r=48000:cl=stereo -t 2 -c:a pcm_s16le"), "{}", fds);
    cr_expect_eq(said(r, 0, "gain_db"), 0);
    cr_expect_lt(sound_level(fds[0], 0, 0, 2), 1e-4);
    const char *tone = clip_make("wav", "-f lavfi -i sine=r=48000:d=2 -c:a pcm_s16le");
    r = sound_make(tone, "{\"loudness\":\"none\"}", plain);
    cr_expect_null(json_object_get(json_array_get(json_object_get(r, "outputs"), 0), "loudness"));
    cr_expect_float_eq(sound_level(plain[0], 0, 0.5, 1.5), 0.125 / 2, 0.002, "as ffmpeg's tone comes, mono on two sides");
}

/* A hiss far below everything is not made a roar. */
Test(loudness, gain_has_an_end) {
    int fds[8];
    json_t *r = sound_make(clip_make("wav", "-f lavfi -i \"anoisesrc=r=48000:seed=3:d=3,volume=-48dB\" -c:a pcm_s16le"), "{}",
                           fds);
    cr_expect_eq(said(r, 0, "gain_db"), 20);
    cr_expect_eq(json_array_size(json_object_get(r, "warnings")), 1);
}

Test(loudness, the_same_bytes_twice) {
    int a[8], b[8];
    const char *clip = clip_make("wav", FILM_LIKE("0dB"));
    sound_make(clip, "{\"loudness\":-12}", a);
    sound_make(clip, "{\"loudness\":-12}", b);
    cr_expect(same_bytes(a[0], b[0]));
}

/* The limiter alone: nothing is late, what needs nothing is not touched, what is above is below. */
Test(limiter, keeps_time_and_level) {
    enum { N = 20000, BURST = 9000 };
    struct limiter *l = NULL;
    struct err e = {0};
    cr_assert_eq(limiter_new(48000, 2, -1, &l, &e), 0);
    static float x[2][N];
    for (int i = 0; i < N; i++)
        for (int c = 0; c < 2; c++)
            x[c][i] = (float)(0.3 * sin(i * 0.05)) + (c == 0 && i >= BURST && i < BURST + 40 ? 1.5f : 0);
    static float y[2][N];
    memcpy(y, x, sizeof y);
    for (int at = 0; at < N; at += 777) { /* pieces of an odd size */
        float *planes[] = {y[0] + at, y[1] + at};
        limiter_run(l, planes, MIN(777, N - at));
    }
    int late = limiter_delay(l);
    float most = 0;
    for (int i = late; i < N; i++) {
        most = fmaxf(most, fabsf(y[0][i]));
        int from = i - late;
        if (from < BURST - 300 || from > BURST + 60 + 5 * 4800 + 300)
            cr_assert_eq(y[0][i], x[0][from], "sample %d is another", from);
        if (fabsf(x[0][from]) > 0.01f && fabsf(x[1][from]) > 0.01f)
            cr_assert_float_eq(y[0][i] / x[0][from], y[1][i] / x[1][from], 1e-4, "both sides go down alike");
    }
    cr_expect_leq(most, (float)pow(10, -1 / 20.0), "%f", (double)most);
    limiter_free(l);
}
