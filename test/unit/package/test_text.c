/* test_text.c - subtitle files as people have them, and what players get of them. */
#include "fixture.h"
#include "media/text/text.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;
static struct cues cues;

static int parse(struct str file, struct err *e) {
    arena = ARENA(64 << 20);
    cues_init(&cues, &arena);
    return text_parse(&cues, file, e);
}

static void parses(const char *file, size_t n) {
    struct err e = {0};
    cr_assert_eq(parse(str_of(file), &e), 0, "%s | %s", e.msg, e.hint);
    cr_assert_eq(cues.n, n, "%zu cues", cues.n);
}

static void cue_is(size_t i, int64_t start, int64_t end, const char *settings, const char *text) {
    cr_assert_eq(cues.v[i].start_ms, start);
    cr_assert_eq(cues.v[i].end_ms, end);
    cr_assert(str_eq(cues.v[i].settings, str_of(settings)), STR_FMT, STR_ARG(cues.v[i].settings));
    cr_assert(str_eq(cues.v[i].text, str_of(text)), STR_FMT, STR_ARG(cues.v[i].text));
}

Test(srt, sloppy_files_are_read) {
    parses("1\r\n00:00:01,000 --> 00:00:02,500 X1:10 X2:20\r\n<i>Hi</i> <font "
           "color=\"red\">there</font>\r\n2\r\n"
           "0:0:3.5 --> 00:00:04,000\r\n{\\an8}Up & <away>\r\n\r\nstill up\r\n\r\n\r\n00:00:05,000 "
           "--> 00:00:06,000\r\n42\r\n",
           3);
    cue_is(0, 1000, 2500, "", "<i>Hi</i> there");
    cue_is(1, 3500, 4000, "line:0", "Up &amp; \nstill up");
    cue_is(2, 5000, 6000, "", "42");
}

Test(srt, bad_cues_are_left_out_with_their_line) {
    parses("1\n00:00:02,000 --> 00:00:01,000\nbackwards\n\n2\n00:00:xx --> 00:00:04,000\nno "
           "time\n\n3\n00:00:05,000 --> 00:00:06,000\nok\n",
           1);
    cr_assert_eq(cues.n_warnings, 2);
    cr_assert(strstr(cues.warnings[0], "Line 2"), "%s", cues.warnings[0]);
    cr_assert(strstr(cues.warnings[1], "Line 6"), "%s", cues.warnings[1]);
}

Test(vtt, cues_settings_styles_and_notes) {
    parses("WEBVTT - x\nheader\n\nSTYLE\n::cue { color: red }\n\nSTYLE\n::cue { background: "
           "url(http://x) }\n\nNOTE no\n"
           "more\n\nid\n00:01.000 --> 00:02.000 line:0 align:start bogus:1 position:150%\n<b>a</b> "
           "<script>x</script> &amp; & <00:01.500>y\n\n"
           "00:03.000 --> 00:04.000\n<v Bob>open <i>voice\n00:05.000 --> 00:06.000\nno blank line "
           "before\n",
           3);
    cue_is(0, 1000, 2000, "line:0 align:start", "<b>a</b> x &amp; &amp; <00:01.500>y");
    cue_is(1, 3000, 4000, "", "<v Bob>open <i>voice</i></v>");
    cue_is(2, 5000, 6000, "", "no blank line before");
    cr_assert(str_find(buf_str(&cues.head), STR("color: red")) >= 0);
    cr_assert(str_find(buf_str(&cues.head), STR("url(")) < 0, "nothing that fetches");
}

Test(vtt, what_is_no_subtitle_is_refused_with_words) {
    static const struct {
        const char *file, *hint;
        int code;
    } t[] = {{"WEBVTT\n", "no cue", ERR_BAD_MEDIA},
             {"hello", "not a subtitle file", ERR_BAD_MEDIA},
             {"<?xml version=\"1.0\"?><tt/>", "TTML", ERR_MEDIA_TYPE},
             {"WEBVTT\n\n00:00.000 --> 0:1\nx\n", "Line 3", ERR_BAD_MEDIA},
             {"00:00:01,000 --> soon\nx\n", "Line 1", ERR_BAD_MEDIA}};
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        struct err e = {0};
        cr_assert_eq(parse(str_of(t[i].file), &e), t[i].code, "%s", t[i].file);
        cr_assert(strstr(e.hint, t[i].hint), "%s: %s", t[i].file, e.hint);
    }
}

Test(text, encodings) {
    static const char cp1252[] = "00:00:01,000 --> 00:00:02,000\ncaf\xe9 \x93x\x94\n";
    static const char utf16[] = "\xff\xfe"
                                "0\0"
                                "0\0:\0"
                                "0\0"
                                "0\0:\0"
                                "0\0"
                                "1\0,\0"
                                "0\0"
                                "0\0"
                                "0\0 \0-\0-\0>\0 \0"
                                "0\0"
                                "0\0:\0"
                                "0\0"
                                "0\0:\0"
                                "0\0"
                                "2\0,\0"
                                "0\0"
                                "0\0"
                                "0\0\n\0\xe9\0\n\0";
    parses(cp1252, 1);
    cue_is(0, 1000, 2000, "", "caf\xc3\xa9 \xe2\x80\x9cx\xe2\x80\x9d");
    struct err e;
    cr_assert_eq(parse(str_make(utf16, sizeof utf16 - 1), &e), 0, "%s", e.hint);
    cue_is(0, 1000, 2000, "", "\xc3\xa9");
    parses("\xef\xbb\xbfWEBVTT\n\n00:01.000 --> 00:02.000\nx\n", 1);
}

Test(text, ass_events_become_cue_text) {
    scoped(buf_done) struct buf b = BUF(4096);
    int align = 0;
    ass_clean(&b, STR("{\\an8\\i1}Up{\\i0}\\Nand <down>{\\p1}m 0 0 l 1 1{\\p0} \\htail"), &align);
    cr_assert(str_eq(buf_str(&b), STR("<i>Up</i>\nand &lt;down&gt;  tail")), STR_FMT,
              STR_ARG(buf_str(&b)));
    cr_assert_eq(align, 8);
}

Test(text, a_cue_is_in_every_segment_it_touches) {
    struct track_desc t = {0};
    struct index_header h;
    struct index_extent e[3];
    struct err err = {0};
    int out = fixture_temp(), idx = fixture_temp();
    parses("WEBVTT\n\n00:01.000 --> 00:09.000\nlong\n\n00:04.000 --> 00:05.000\nshort\n\n00:11.999 "
           "--> 00:20.000\nend\n",
           3);
    cr_assert_eq(
        text_segments_write(&cues, 12000, (struct ratio){4, 1}, "t1.vtts", out, idx, &t, &err), 0,
        "%s", err.msg);
    cr_assert_eq(index_read_header(idx, &h), 0);
    cr_assert_eq(h.count, 3);
    cr_assert_eq(h.kind, TRACK_TEXT);
    cr_assert_eq(index_read_extents(idx, &h, e), 0);
    struct fixture_file f = fixture_read(out);
    static const char *const has[3] = {"long", "long short", "long end"};
    for (int i = 0; i < 3; i++) {
        struct str s = str_make((char *)f.p + e[i].offset, e[i].length);
        cr_assert(str_starts(s, STR("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n")));
        static const char *const words[] = {"long", "short", "end"};
        for (int w = 0; w < 3; w++)
            cr_assert_eq(str_find(s, str_of(words[w])) >= 0, strstr(has[i], words[w]) != NULL,
                         "%s in %d", words[w], i);
    }
    cr_assert(str_find(str_make((char *)f.p + e[1].offset, e[1].length),
                       STR("00:00:01.000 --> 00:00:09.000")) >= 0);
    cr_assert_eq(t.duration, 12000);
}

Test(text, the_operation_says_what_it_left_out) {
    static const char file[] =
        "1\n00:00:02,000 --> 00:00:01,000\nbackwards\n\n2\n00:00:05,000 --> 00:00:06,000\nok\n";
    int fds[3] = {fixture_temp(), fixture_temp(), fixture_temp()};
    cr_assert_eq(pwrite(fds[0], file, sizeof file - 1, 0), (ssize_t)sizeof file - 1);
    struct op_io io = {.fds = fds, .n_fds = 3};
    json_t *rq = json_pack("{s:s,s:s,s:i,s:i}", "name", "t1", "lang", "en", "shift_ms", 1000,
                           "duration_ms", 8000),
           *res;
    struct err e = {0};
    cr_assert_eq(op_text(&io, rq, &res, &e), 0, "%s", e.msg);
    cr_assert_eq(json_integer_value(json_object_get(res, "cues")), 1);
    cr_assert_eq(json_array_size(json_object_get(res, "warnings")), 1);
    cr_assert_str_eq(json_string_value(json_object_get(json_object_get(res, "track"), "kind")),
                     "text");
    json_decref(res);
    cr_assert_eq(ftruncate(fds[0], 0), 0);
    cr_assert_eq(op_text(&io, rq, &res, &e), ERR_BAD_MEDIA);
    json_decref(rq);
}
