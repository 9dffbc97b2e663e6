/* test_text.c - every subtitle file of the shared media: read as browsers read it, or refused in words. */
#include "clip.h"
#include "media/text/text.h"
#include <fcntl.h>
#include <unistd.h>

static int text_op(const char *path, json_t **ret, struct err *e) {
    int fds[] = {open(path, O_RDONLY | O_CLOEXEC), clip_fd(), clip_fd()};
    struct op_io io = {.fds = fds, .n_fds = 3};
    int r = media_op_find("text")->run(&io, json_pack("{s:s, s:s}", "name", "t1", "lang", "en"), ret, e);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    return r;
}

Test(text, files_of_cues_give_the_cues_a_browser_shows) {
    static const struct { const char *name; long cues, warnings; } files[] = {
        {"elephants-dream-subtitles-de.vtt", 77, 0}, {"elephants-dream-subtitles-en.vtt", 89, 0},
        {"sintel-de.vtt", 14, 0}, {"sintel-en.vtt", 14, 0}, {"sintel-es.vtt", 14, 0}, {"sintel_en.srt", 26, 0},
        {"webvtt-cases/comments.vtt", 13, 0}, {"webvtt-cases/header.vtt", 13, 0},
        {"webvtt-cases/invalid1.vtt", 1, 0}, {"webvtt-cases/invalid3.vtt", 1, 0},
        {"webvtt-cases/invalid4.vtt", 1, 1}, {"webvtt-cases/invalid5.vtt", 2 /* one of them mended */, 3},
        {"webvtt-cases/long-duration.vtt", 10953, 0}, {"webvtt-cases/multiline-header.vtt", 6, 0},
        {"webvtt-cases/overlapping.vtt", 6, 0}, {"webvtt-cases/simple.vtt", 10, 0},
        {"webvtt-cases/spaces.vtt", 6 /* two hold spaces only */, 0}, {"webvtt-cases/spec-example-basic.vtt", 13, 0},
        {"webvtt-cases/spec-example-multiple-lines.vtt", 3, 0}, {"webvtt-cases/spec-example-nested.vtt", 6, 0},
        {"webvtt-cases/spec-example-voice.vtt", 4, 0}, {"webvtt-cases/timestamps-invalid.vtt", 3 /* the same */, 1},
        /* Minutes of three digits, seconds of three, milliseconds of four are no times (WebVTT 6.3). */
        {"webvtt-cases/timestamps.vtt", 2, 4},
        {"ttml-cases/ebu-ttd_regions.ttml", 5, 0}, {"ttml-cases/ebu-ttd_sample.ttml", 13, 0},
        {"ttml-cases/ebu-ttd_sample_span.ttml", 3, 0}, {"ttml-cases/ebu-ttd_timing_overlapping.ttml", 4, 0},
        {"ttml-cases/ttml_samples.ttml", 6, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char name[200];
        json_t *r = NULL;
        struct err e = {0};
        snprintf(name, sizeof name, "subtitles/%s", files[i].name);
        cr_assert_eq(text_op(clip_shared(name), &r, &e), 0, "%s: %s %s", name, e.msg, e.hint);
        cr_expect_eq(num(r, "cues"), files[i].cues, "%s: %ld cues", name, num(r, "cues"));
        cr_expect_eq((long)json_array_size(json_object_get(r, "warnings")), files[i].warnings, "%s: %s", name,
                     json_dumps(json_object_get(r, "warnings"), 0));
        json_decref(r);
    }
}

Test(text, subtitles_of_another_film_are_noticed) {
    static const char late[] = "1\n01:00:10,000 --> 01:00:12,000\nlate\n";
    const char *path = clip_write("srt", late, sizeof late - 1);
    int fds[] = {open(path, O_RDONLY | O_CLOEXEC), clip_fd(), clip_fd()};
    struct op_io io = {.fds = fds, .n_fds = 3};
    json_t *r = NULL, *rq = json_pack("{s:s, s:i}", "name", "t1", "duration_ms", 3600000);
    struct err e = {0};
    cr_assert_eq(media_op_find("text")->run(&io, rq, &r, &e), 0, "%s", e.msg);
    cr_expect(strstr(text(r, "warnings.0"), "1:00:10") && strstr(text(r, "warnings.0"), "1:00:00"), "%s",
              text(r, "warnings.0"));
}

static void text_refused(const char *path, const char *reason, const char *words) {
    json_t *r = NULL;
    struct err e = {0};
    cr_expect(text_op(path, &r, &e) < 0, "%s was taken", path);
    cr_expect_str_eq(e.reason, reason, "%s: %s", path, e.reason);
    cr_expect(strstr(e.hint, words), "%s: %s", path, e.hint);
}

Test(text, what_is_no_subtitle_is_refused_in_words) {
    text_refused(clip_shared("subtitles/ttml-cases/ebu-ttd_sample_invalid_root.ttml"), "text.ttml", "not TTML");
    text_refused(clip_shared("subtitles/ttml-cases/empty.ttml"), "text.no_cues", "no cue at all");
    text_refused(clip_shared("subtitles/webvtt-cases/empty.vtt"), "text.no_cues", "no cue at all");
    text_refused(clip_shared("subtitles/webvtt-cases/empty2.vtt"), "text.no_cues", "no cue at all");
    text_refused(clip_shared("subtitles/webvtt-cases/invalid2.vtt"), "text.no_cues", "no cue at all");
}

Test(text, other_files_given_as_subtitles) {
    text_refused(clip_write("srt", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16), "text.unknown", "not a subtitle file");
    text_refused(clip_write("srt", "Dear editor,\nplease find", 24), "text.unknown", "not a subtitle file");
    text_refused(clip_write("srt", "", 0), "text.empty", "empty");
    text_refused(clip_write("vtt", "WEBVTT\n\n00:0x.000 --> 00:01.000\nlate\n", 37), "text.no_cues", "Line 3");
}
