/* test_subtitles.c - what an editor does to times and words, apart from any server. */
#include "service/subtitles/subtitles_int.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;
static struct cues cues;

static void begin(void) {
    arena = ARENA(16 << 20);
    cues_init(&cues, &arena);
}

static void end(void) {
    cues_done(&cues);
    arena_done(&arena);
}

static void add(int64_t from, int64_t to, const char *text) {
    cr_assert_eq(cues_add(&cues, from, to, STR(""), str_of(text), NULL), 0);
}

TestSuite(subtitles, .init = begin, .fini = end);

Test(subtitles, a_shift_moves_what_begins_at_the_mark_or_later) {
    struct err e = {0};
    add(1000, 2000, "a");
    add(5000, 6000, "b");
    cr_assert_eq(cues_shift(&cues, -1500, 0, &e), 0, "%s", e.msg);
    cr_expect_eq(cues.v[0].start_ms, 0, "a cue that would begin before the film begins with it");
    cr_expect_eq(cues.v[0].end_ms, 500);
    cr_expect_eq(cues.v[1].start_ms, 3500);
    cr_assert_eq(cues_shift(&cues, 250, 3500, &e), 0);
    cr_expect_eq(cues.v[0].end_ms, 500);
    cr_expect_eq(cues.v[1].end_ms, 4750);
    cr_expect_eq(cues_shift(&cues, -600, 0, &e), ERR_INVALID);
    cr_expect_str_eq(e.reason, "subtitle.shift");
    cr_expect_eq(cues.v[1].end_ms, 4750, "refused, and nothing moved");
}

Test(subtitles, two_anchors_move_the_rest_in_proportion) {
    struct err e = {0};
    add(10000, 12000, "first");
    add(60000, 61000, "middle");
    add(110000, 112000, "last");
    cr_assert_eq(cues_stretch(&cues, (struct cue_anchor){110000, 121000}, (struct cue_anchor){10000, 11000}, &e), 0, "%s", e.msg);
    cr_expect_eq(cues.v[0].start_ms, 11000);
    cr_expect_eq(cues.v[1].start_ms, 66000);
    cr_expect_eq(cues.v[2].start_ms, 121000);
    cr_expect_eq(cues.v[2].end_ms, 123200);
    struct cue_anchor wrong[][2] = {{{0, 0}, {0, 1000}}, {{0, 1000}, {1000, 0}}, {{0, 0}, {1000, 2001}}, {{0, 0}, {90000000, 90000000}}};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        cr_expect_eq(cues_stretch(&cues, wrong[i][0], wrong[i][1], &e), ERR_INVALID, "%zu", i);
}

Test(subtitles, frame_rates_are_exact) {
    struct cue_anchor to;
    add(7200000, 7201000, "two hours in");
    cr_assert(cues_rate_anchor(STR("25"), STR("23.976"), &to));
    cr_assert_eq(to.to_ms * 24000, to.from_ms * 25025);
    cr_assert_eq(cues_stretch(&cues, (struct cue_anchor){0, 0}, to, NULL), 0);
    cr_expect_eq(cues.v[0].start_ms, 7507500);
    cr_assert(cues_rate_anchor(STR("23.976"), STR("25"), &to));
    cr_assert_eq(cues_stretch(&cues, (struct cue_anchor){0, 0}, to, NULL), 0);
    cr_expect_eq(cues.v[0].start_ms, 7200000, "there and back");
    cr_expect(!cues_rate_anchor(STR("26"), STR("25"), &to));
    static const char *const all[] = {"23.976", "24", "25", "29.97", "30", "50", "59.94", "60"};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (size_t k = 0; k < ARRAY_LEN(all); k++)
            cr_expect(cues_rate_anchor(str_of(all[i]), str_of(all[k]), &to) && to.from_ms <= 24 * 3600000 && to.to_ms <= 24 * 3600000);
}

static bool warned(const struct cue_warning *w, size_t n, size_t cue, const char *code, int64_t value) {
    for (size_t i = 0; i < n; i++)
        if (w[i].cue == cue && strcmp(w[i].code, code) == 0 && w[i].value == value)
            return true;
    return false;
}

Test(subtitles, what_is_hard_to_read_is_said) {
    struct cue_warning *w;
    size_t n;
    add(0, 1000, "Fifty characters in one second, which nobody reads.");
    add(900, 1200, "x");
    add(2000, 11000, "one\ntwo\nthree");
    add(58000, 61000, "<i>Gr\xc3\xbc\xc3\x9f" "e</i> &amp; more");
    cr_assert_eq(cues_check(&cues, 0, cues.n, 60000, cue_limits_of(STR("en")), &arena, &w, &n, NULL), 0);
    cr_expect(warned(w, n, 0, "overlap", 100));
    cr_expect(warned(w, n, 0, "too_fast", 51));
    cr_expect(warned(w, n, 0, "long_line", 51));
    cr_expect(warned(w, n, 1, "too_short", 300));
    cr_expect(warned(w, n, 2, "too_long", 9000));
    cr_expect(warned(w, n, 2, "many_lines", 3));
    cr_expect(warned(w, n, 3, "past_end", 1000));
    cr_expect_eq(n, 7);
    cr_assert_eq(cues_check(&cues, 3, 9, 0, cue_limits_of(STR("en")), &arena, &w, &n, NULL), 0);
    cr_expect_eq(n, 0, "marks and entities are no characters");
    cr_expect_eq(cue_limits_of(STR("zh-Hant")).line_chars, 23);
}

static char faults[400];

static void fault_note(void *arg, const char *field, const char *detail) {
    snprintf(faults + strlen(faults), sizeof faults - strlen(faults), "%s %s; ", field, detail);
}

Test(subtitles, cues_that_an_editor_sends_are_cleaned_or_named) {
    struct err e = {0};
    json_t *list = json_pack("[{s:i,s:i,s:s},{s:i,s:i,s:s,s:s}]", "start_ms", 5000, "end_ms", 6000, "text", "b & <script>x</script>\r\n\n--> y",
                             "start_ms", 1000, "end_ms", 2000, "text", "<i>a", "settings", "line:0 nonsense align:start");
    cr_assert_eq(cues_from_json(list, &cues, fault_note, NULL, &e), 0, "%s", faults);
    json_decref(list);
    cr_expect(str_eq(cues.v[0].text, STR("<i>a</i>")), "sorted, and closed: " STR_FMT, STR_ARG(cues.v[0].text));
    cr_expect(str_eq(cues.v[0].settings, STR("line:0 align:start")));
    cr_expect(str_eq(cues.v[1].text, STR("b &amp; x\n--&gt; y")), STR_FMT, STR_ARG(cues.v[1].text));
    cues.n = 0;
    list = json_pack("[{s:i,s:i,s:s},{s:i,s:i,s:s},{s:i,s:i,s:s},{s:i,s:i,s:s}]", "start_ms", 5000, "end_ms", 5000, "text", "x", "start_ms",
                     1, "end_ms", 2, "text", "  <b></b> ", "start_ms", -1, "end_ms", 2, "text", "x", "start_ms", 1, "end_ms", 2, "text", "x");
    cr_expect_eq(cues_from_json(list, &cues, fault_note, NULL, &e), ERR_INVALID);
    json_decref(list);
    cr_expect(strstr(faults, "cues.0 ends before") && strstr(faults, "cues.1 says nothing") && strstr(faults, "cues.2 begins"), "%s", faults);
    cr_expect(!strstr(faults, "cues.3"));
}

Test(subtitles, a_files_name_may_say_more) {
    static const struct {
        const char *name, *lang;
        bool sdh, forced;
    } t[] = {{"Film.de.srt", "de", false, false},          {"Das Boot.srt", "", false, false},
             {"Film.2020.pt-BR.forced.srt", "pt-BR", false, true}, {"film_eng_sdh.vtt", "en", true, false},
             {"Film [CC] (fr).ass", "fr", true, false},    {"de.srt", "", false, false},
             {"", "", false, false}};
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        struct file_hint h = subtitle_file_hint(str_of(t[i].name), &arena);
        cr_expect(str_eq(h.lang, str_of(t[i].lang)) && h.sdh == t[i].sdh && h.forced == t[i].forced, "%s: " STR_FMT " %d %d", t[i].name,
                  STR_ARG(h.lang), h.sdh, h.forced);
    }
}
