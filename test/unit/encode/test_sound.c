/*
 * test_sound.c - the formats beside AAC, read by ffmpeg as a player would: Opus, E-AC-3 5.1, clear and encrypted, where
 * the picture has them.
 */
#include "clip.h"
#include "media/cmaf/sound.h"
#include <math.h>
#include <fcntl.h>
#include <unistd.h>

enum { RATE = 48000 };

/* A beep of 100 ms at each whole second from 1 on, in all six channels, under a picture that flashes with it. */
#define FLASH_AND_BEEP                                                                                                 \
    "-f lavfi -i color=s=64x64:r=25:d=4,drawbox=c=white:t=fill:enable='gte(t\\,1)*lt(mod(t\\,1)\\,0.1)' "               \
    "-f lavfi -i \"aevalsrc=0.3*sin(2*PI*1000*t)*gte(t\\,1)*lt(mod(t\\,1)\\,0.1):s=48000:d=4,"                          \
    "pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0\" -c:v libx264 -preset ultrafast -c:a pcm_s16le"
#define ALL "{\"preset\":\"ultrafast\",\"opus\":true,\"eac3\":true}"

/* Decoded by ffmpeg, which obeys the edit list; the first channel. The caller frees. */
static float *decoded(const char *path, const char *key, size_t *ret_n) {
    char cmd[512];
    size_t cap = (size_t)RATE * 10, n = 0;
    float *x = malloc(cap * sizeof *x);
    snprintf(cmd, sizeof cmd, "ffmpeg -v error -xerror -copyts %s %s -i %s -af aresample=async=1:first_pts=0,pan=mono\\|c0=c0 "
             "-f f32le - </dev/null", key ? "-decryption_key" : "", key ? key : "", path);
    FILE *f = popen(cmd, "r");
    cr_assert(f && x);
    for (size_t got; (got = fread(x + n, sizeof *x, cap - n, f)) > 0;)
        n += got;
    cr_assert_eq(pclose(f), 0, "%s", cmd);
    *ret_n = n;
    return x;
}

static int outputs_make(int fds[8], json_t **ret_plan, json_t **ret_video) {
    const char *clip = clip_make("mkv", FLASH_AND_BEEP);
    struct made m = made_encode(clip, ALL);
    struct err e = {0};
    json_t *r = made_audio(&m, clip, 0, fds, &e);
    cr_assert(r, "%s", e.msg);
    cr_expect_float_eq(json_number_value(json_object_get(
                           json_object_get(json_array_get(json_object_get(r, "outputs"), 3), "loudness"), "output_lufs")),
                       -23, 0.3);
    *ret_plan = m.plan;
    *ret_video = m.video;
    return (int)json_array_size(json_object_get(json_array_get(json_object_get(m.plan, "audio"), 0), "outputs"));
}

static void beeps_check(const char *path, const char *key) {
    size_t n;
    float *x = decoded(path, key, &n);
    cr_expect_float_eq((double)n / RATE, 4, 0.05, "%s: %zu samples", path, n);
    for (int s = 1; s < 4; s++) {
        size_t at = (size_t)(s * RATE - RATE / 4), end = (size_t)s * RATE + RATE / 4;
        while (at < end && fabsf(x[at]) < 0.05f)
            at++;
        double off_ms = ((double)at / RATE - s) * 1000;
        cr_expect(off_ms > -10 && off_ms < 10, "%s: the beep of second %d is %.1f ms off", path, s, off_ms);
    }
    free(x);
}

/* The check before publication, of one track that has to be so loud. */
static int verified(const char *path, json_t *video, double lufs, struct err *e) {
    int fd = open(path, O_RDONLY);
    struct op_io io = {.fds = &fd, .n_fds = 1};
    json_t *r = NULL, *rq = json_pack("{s:[{s:s,s:s,s:s,s:f}],s:O}", "tracks", "name", "a1", "kind", "audio", "key",
                                      "01010101010101010101010101010101", "output_lufs", lufs, "video", video);
    int rc = media_op_find("verify")->run(&io, rq, &r, e);
    close(fd);
    if (rc == 0)
        cr_expect_float_eq(json_number_value(json_object_get(json_array_get(json_object_get(r, "tracks"), 0),
                                                             "integrated_lufs")), -23, 0.5);
    return rc;
}

Test(sound, every_format_beeps_when_the_picture_flashes) {
    int fds[8];
    json_t *plan, *video;
    struct err e = {0};
    cr_assert_eq(outputs_make(fds, &plan, &video), 4);
    static const char *const codecs[] = {"aac", "aac", "opus", "eac3"};
    static const int channels[] = {2, 6, 2, 6};
    for (int i = 0; i < 4; i++) {
        char path[40];
        snprintf(path, sizeof path, "audio.0.outputs.%d.codec", i);
        cr_expect_str_eq(text(plan, path), codecs[i]);
        struct es_list l = es_list(fds[i]);
        cr_expect_eq(l.format.channels, channels[i]);
        cr_expect_eq(l.formats, 1);
        cr_expect_geq((int64_t)l.n * l.p[0].duration, l.play_duration + l.format.edit_start, "the end is there");
        cr_expect_eq(l.play_duration, 4 * RATE);
        beeps_check(sound_packaged(fds[i], "clear"), NULL);
        const char *cbcs = sound_packaged(fds[i], "cbcs");
        beeps_check(cbcs, "01010101010101010101010101010101");
        cr_expect_eq(verified(cbcs, video, -23, &e), 0, "output %d: %s", i, e.msg);
        cr_expect_eq(verified(cbcs, video, -27, &e), ERR_CORRUPT, "output %d passed 4 LU too loud", i);
        beeps_check(sound_packaged(fds[i], "cenc"), "01010101010101010101010101010101");
    }
}

Test(sound, formats_are_asked_for_and_need_their_channels) {
    const char *stereo = clip_make("mp4", "-f lavfi -i testsrc2=s=64x64:r=25:d=1 -f lavfi -i sine=r=44100:d=1 -c:v libx264 "
                                          "-preset ultrafast -c:a aac");
    cr_expect_eq(json_array_size(json_object_get(json_array_get(json_object_get(plan_ok(probe_ok(stereo), "{}"), "audio"), 0),
                                                 "outputs")), 1);
    json_t *plan = plan_ok(probe_ok(stereo), ALL);
    cr_expect_eq(json_array_size(json_object_get(json_array_get(json_object_get(plan, "audio"), 0), "outputs")), 2);
    cr_expect_eq(num(plan, "audio.0.outputs.0.sample_rate"), 44100);
    cr_expect_eq(num(plan, "audio.0.outputs.1.sample_rate"), 48000, "Opus knows no other");
}

static void config_expect(int n, const uint8_t *got, const char *hex) {
    char text[2 * SOUND_CONFIG + 1] = "";
    for (int i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", got[i]);
    cr_expect_str_eq(text, hex);
}

/* The examples of the two specifications' fields, by hand. */
Test(sound, boxes_say_what_the_streams_say) {
    struct err e = {0};
    uint8_t c[SOUND_CONFIG];
    /* OpusHead 1, 2 channels, pre-skip 312, 48000 Hz, gain 0, family 0 */
    const uint8_t head[19] = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, 2, 0x38, 0x01, 0x80, 0xbb, 0, 0, 0, 0, 0};
    config_expect(sound_opus_config(head, sizeof head, c, &e), c, "000201380000bb80000000");
    cr_expect_eq(sound_opus_config(head, 18, c, &e), ERR_BAD_MEDIA);
    /* 0b77, independent, stream 0, 768 words (2ff), 48 kHz, 6 blocks, 3/2, LFE, bsid 16, dialnorm 27, nothing more */
    uint8_t frame[1536] = {0x0b, 0x77, 0x02, 0xff, 0x3f, 0x86, 0xc0};
    config_expect(sound_eac3_config(frame, sizeof frame, c, &e), c, "0c00200f00");
    frame[6] = 0xc0 | 0x08; /* infomdate, bsmod 0 */
    config_expect(sound_eac3_config(frame, sizeof frame, c, &e), c, "0c00200f00");
    cr_expect_eq(sound_eac3_config(frame, sizeof frame - 2, c, &e), ERR_BAD_MEDIA, "cut off");
    frame[2] |= 0x40;
    cr_expect_eq(sound_eac3_config(frame, sizeof frame, c, &e), ERR_BAD_MEDIA, "a dependent stream");
}

static const char *role_of(json_t *plan, int i) {
    return json_string_value(json_object_get(json_array_get(json_object_get(plan, "audio"), (size_t)i), "role"));
}

Test(sound, roles_come_from_titles_and_from_the_editor) {
    const char *clip = clip_make("mkv", "-f lavfi -i sine=d=0.3 -map 0 -map 0 -map 0 -map 0 -map 0 -c:a pcm_s16le "
                                        "-metadata:s:a:0 title=\"Undubbed Descriptor\" -metadata:s:a:1 title=\"Regie-Kommentar\" "
                                        "-metadata:s:a:2 title=\"English Audio Description\" -metadata:s:a:3 title=\"Dubbed (2004)\" "
                                        "-disposition:a:4 comment -metadata:s:a:4 title=Dubbed");
    static const char *const expected[] = {"main", "commentary", "description", "dub", "commentary"};
    int fd = open(clip, O_RDONLY);
    struct op_io io = {.fds = &fd, .n_fds = 1};
    json_t *probe = NULL;
    struct err e = {0};
    cr_assert_eq(media_op_find("probe")->run(&io, json_pack("{s:s,s:s}", "name", clip, "want", "audio"), &probe, &e), 0,
                 "%s", e.msg);
    for (int i = 0; i < 5; i++)
        cr_expect_str_eq(role_of(probe, i), expected[i], "track %d", i);

    json_t *plan = json_loads("{\"audio\":[{\"lang\":\"en\",\"role\":\"main\"},{\"lang\":\"fr\",\"role\":\"main\"},{\"lang\":\"en\","
                              "\"role\":\"main\"},{\"lang\":\"und\",\"role\":\"main\"},{\"lang\":\"und\",\"role\":\"main\"}]}", 0, NULL);
    json_t *policy = json_loads("{\"roles\":\"-, dub\"}", 0, NULL);
    cr_assert_eq(plan_roles(plan, policy, &e), 0, "%s", e.msg);
    static const char *const planned[] = {"main", "dub", "alternate", "main", "main"};
    for (int i = 0; i < 5; i++)
        cr_expect_str_eq(role_of(plan, i), planned[i], "track %d", i);
    cr_expect_eq(plan_roles(plan, json_loads("{\"roles\":\"main,villain\"}", 0, NULL), &e), ERR_INVALID);
    cr_expect_str_eq(err_reason(&e), "policy.invalid");
}
