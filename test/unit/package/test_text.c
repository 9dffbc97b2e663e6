/* test_text.c - subtitle files as people have them, and what players get of them. */
#include "fixture.h"
#include "media/text/captions.h"
#include "media/text/text.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unicode/ucnv.h>
#include <unistd.h>

static struct arena arena;
static struct cues cues;

static int parse(struct str file, struct err *e) {
    arena = ARENA(64 << 20);
    cues_init(&cues, &arena);
    return text_parse(&cues, file, NULL, e);
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

Test(srt, broken_times_are_mended_or_left_out_with_their_line) {
    parses("1\n00:00:02,000 --> 00:00:01,000\nbackwards\n\n2\n00:00:xx --> 00:00:04,000\nno "
           "time\n\n3\n00:00:05,000 --> 00:00:05,000\nno length\n\n4\n00:10:00,000 --> 00:00:07,000\na slip\n",
           3);
    cue_is(0, 1000, 2000, "", "backwards");
    cue_is(1, 5000, 6500, "", "no length");
    cue_is(2, 600000, 601500, "", "a slip");
    cr_assert_eq(cues.n_warnings, 4);
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
             {"<?xml version=\"1.0\"?><tt/>", "no cue", ERR_BAD_MEDIA},
             {"<html><body>x</body></html>", "not TTML", ERR_BAD_MEDIA},
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

/* A page of each, as ICU's converters write it: enough words to tell encodings and languages apart. */
static const struct {
    const char *encoding, *lang, *words;
} pages[] = {
    {"windows-1251", "ru", "Я не знаю, что вам сказать.\nОн пришёл домой поздно вечером и лёг спать.\nПочему ты мне ничего не говорил об этом раньше?\nМы должны уйти отсюда, пока не стало слишком поздно.\n"},
    {"KOI8-R", "ru", "Я не знаю, что вам сказать.\nОн пришёл домой поздно вечером и лёг спать.\nПочему ты мне ничего не говорил об этом раньше?\nМы должны уйти отсюда, пока не стало слишком поздно.\n"},
    {"windows-1252", "fr", "Je ne sais pas ce que vous êtes venu chercher ici.\nOù étais-tu passé hier soir après le dîner à l\xe2\x80\x99hôtel?\nNous avons été très surpris de le voir arriver si tôt.\n"},
    {"windows-1252", "de", "Ich weiß nicht, was Sie hier möchten.\nWir können über alles sprechen, wenn du zurückkommst.\nEr hat gestern Abend für uns alle schöne Bücher gekauft.\n"},
    {"windows-1250", "cs", "Nevím, co bych vám měl říct.\nProč jste mi to neřekli dříve, když ještě nebylo příliš pozdě?\nVčera večer jsme šli společně domů a povídali si o životě.\n"},
    {"ISO-8859-7", "el", "Δεν ξέρω τι να σας πω.\nΓιατί δεν μου είπες τίποτα για αυτό νωρίτερα;\nΠρέπει να φύγουμε από εδώ πριν να είναι πολύ αργά.\n"},
    {"Shift_JIS", "ja", "何と言えばいいのか分かりません。\nどうしてもっと早く教えてくれなかったのですか。\n手遅れになる前にここを出なければなりません。\n"},
    {"EUC-JP", "ja", "何と言えばいいのか分かりません。\nどうしてもっと早く教えてくれなかったのですか。\n手遅れになる前にここを出なければなりません。\n"},
    {"GB18030", "zh", "我不知道该对你们说什么。\n你为什么不早一点告诉我这件事呢？\n我们必须在太晚之前离开这里。\n昨天晚上他很晚才回家。\n"},
    {"Big5", "zh-Hant", "我不知道該對你們說什麼。\n你為什麼不早一點告訴我這件事呢？\n我們必須在太晚之前離開這裡。\n昨天晚上他很晚才回家。\n"},
    {"EUC-KR", "ko", "무슨 말을 해야 할지 모르겠습니다.\n왜 이 일에 대해 더 일찍 말해 주지 않았어요?\n너무 늦기 전에 우리는 여기를 떠나야 합니다.\n"},
    {"UTF-16LE", "it", "Non so che cosa dirvi, perché non c\xe2\x80\x99è più tempo.\nDobbiamo andarcene da qui prima che sia troppo tardi.\n"},
    {"UTF-16BE", "es", "No sé qué decirle, señor.\nTenemos que irnos de aquí antes de que sea demasiado tarde.\nMañana será otro día para todos nosotros.\n"},
    {"UTF-8", "he", "אני לא יודע מה להגיד לכם.\nלמה לא סיפרת לי על זה קודם?\nאנחנו חייבים לעזוב את המקום הזה לפני שיהיה מאוחר מדי.\n"},
};

static void page_write(const char *words, const char *encoding, struct buf *ret) {
    scoped(buf_done) struct buf utf8 = BUF(64 << 10);
    struct str line, rest = str_of(words);
    for (int i = 1; rest.p; i++) {
        rest = str_cut(rest, '\n', &line);
        if (line.n)
            buf_addf(&utf8, "%d\r\n00:00:%02d,000 --> 00:00:%02d,500\r\n" STR_FMT "\r\n\r\n", i, 2 * i, 2 * i + 1, STR_ARG(line));
    }
    UErrorCode why = U_ZERO_ERROR;
    ret->n = 0;
    buf_reserve(ret, 64 << 10);
    ret->n = (size_t)ucnv_convert(encoding, "UTF-8", (char *)ret->p, 64 << 10, (char *)utf8.p, (int32_t)utf8.n, &why);
    cr_assert(U_SUCCESS(why), "%s", encoding);
}

Test(text, encodings_and_languages_are_found_out) {
    scoped(buf_done) struct buf file = BUF(128 << 10);
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        struct err e = {0};
        page_write(pages[i].words, pages[i].encoding, &file);
        cr_assert_eq(parse(buf_str(&file), &e), 0, "%s: %s", pages[i].encoding, e.msg);
        struct text_language lang = text_language_find(&cues);
        struct str first;
        str_cut(str_of(pages[i].words), '\n', &first);
        cr_expect_str_eq(cues.encoding.name, pages[i].encoding, "%s is not %s", cues.encoding.name, pages[i].encoding);
        cr_expect(str_eq(cues.v[0].text, first), "%s: " STR_FMT, pages[i].encoding, STR_ARG(cues.v[0].text));
        cr_expect_str_eq(lang.tag, pages[i].lang, "%s: %s", pages[i].encoding, lang.tag);
    }
}

Test(text, an_editor_knows_the_encoding_better) {
    static const char file[] = "00:00:01,000 --> 00:00:02,000\n\xe0\xe1\n";
    struct err e = {0};
    arena = ARENA(1 << 20);
    cues_init(&cues, &arena);
    cr_assert_eq(text_parse(&cues, str_make(file, sizeof file - 1), "WINDOWS-1251", &e), 0, "%s", e.msg);
    cue_is(0, 1000, 2000, "", "аб");
    cr_expect_eq(text_parse(&cues, str_make(file, sizeof file - 1), "EBCDIC", &e), ERR_INVALID);
    cr_expect_str_eq(e.reason, "text.encoding");
}

Test(text, ass_files_are_read_by_their_columns) {
    parses("\xef\xbb\xbf[Script Info]\r\nTitle: x\r\n\r\n[Events]\r\nFormat: Layer, Start, End, Style, Text\r\n"
           "Comment: 0,0:00:00.00,0:00:09.00,x,no\r\n"
           "Dialogue: 0,0:00:03.50,0:00:04.00,x,{\\an8}Up, and\\N<away>\r\nDialogue: 0,0:00:01.00,0:00:02.00,x,first\r\n"
           "Dialogue: 0,never,0:00:02.00,x,lost\r\n[Fonts]\r\nDialogue: 0,0:00:01.00,0:00:02.00,x,none\r\n",
           2);
    cue_is(0, 1000, 2000, "", "first");
    cue_is(1, 3500, 4000, "line:0", "Up, and\n&lt;away&gt;");
    cr_assert_eq(cues.n_warnings, 1);
    cr_assert(strstr(cues.warnings[0], "Line 9"), "%s", cues.warnings[0]);
}

#define TT(attributes, body)                                                                       \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" "  \
    "xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" xmlns:itts=\"http://www.w3.org/ns/ttml/profile/imsc1#styling\" xml:lang=\"en\" " attributes ">" body "</tt>"

Test(ttml, every_way_to_write_a_time) {
    static const struct {
        const char *attributes, *begin;
        int64_t ms;
    } t[] = {{"", "00:00:01.5", 1500},
             {"", "100:00:01", 360001000},
             {"", "1.25s", 1250},
             {"", "750ms", 750},
             {"", "0.5m", 30000},
             {"", "1h", 3600000},
             {"ttp:frameRate='25'", "00:00:01:05", 1200},
             {"ttp:frameRate='25' ttp:subFrameRate='2'", "00:00:01:05.1", 1220},
             {"ttp:frameRate='24' ttp:frameRateMultiplier='1000 1001'", "24f", 1001},
             {"ttp:frameRate='30' ttp:frameRateMultiplier='1000:1001'", "00:00:00:15", 501},
             {"ttp:tickRate='10000000'", "15000000t", 1500},
             {"ttp:frameRate='50'", "50t", 1000},
             {"ttp:timeBase='smpte' ttp:frameRate='24' ttp:frameRateMultiplier='1000 1001'", "00:01:00:00", 60060},
             {"ttp:timeBase='smpte' ttp:frameRate='30' ttp:frameRateMultiplier='1000 1001' ttp:dropMode='dropNTSC'", "00:10:00:00", 599999}};
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        char file[800];
        snprintf(file, sizeof file, TT("%s", "<body><div><p begin='%s' dur='1h'>x</p></div></body>"), t[i].attributes, t[i].begin);
        parses(file, 1);
        cr_expect_eq(cues.v[0].start_ms, t[i].ms, "%s %s: %lld", t[i].attributes, t[i].begin, (long long)cues.v[0].start_ms);
    }
}

Test(ttml, times_nest_and_follow_each_other) {
    parses(TT("", "<body begin='10s' end='60s'><div begin='1s'><p begin='1s' end='3s'>par</p></div>"
                  "<div begin='10s' timeContainer='seq'><p dur='2s'>one</p><p begin='1s' dur='2s'>two</p><p dur='1h'>cut</p></div></body>"), 4);
    cue_is(0, 12000, 14000, "", "par");
    cue_is(1, 20000, 22000, "", "one");
    cue_is(2, 23000, 25000, "", "two");
    cue_is(3, 25000, 60000, "", "cut");
    /* Words that come one by one, as EBU-TT-D and karaoke write them. */
    parses(TT("", "<body><div><p begin='1s' end='4s'>a <span begin='1s' end='2s'>b</span>\n <span begin='2s'>c</span></p></div></body>"), 3);
    cue_is(0, 1000, 2000, "", "a");
    cue_is(1, 2000, 3000, "", "a b");
    cue_is(2, 3000, 4000, "", "a c");
}

Test(ttml, marks_breaks_and_white_space) {
    parses(TT("", "<head><styling><style xml:id='i' tts:fontStyle='italic'/><style xml:id='bi' style='i loop' tts:fontWeight='bold'/>"
                  "<style xml:id='loop' style='loop bi'/></styling></head><body><div>"
                  "<p begin='1s' end='2s'>  one\n  <span style='i'>two <span tts:textDecoration='underline'>three</span></span><br/> a &lt; b &amp; c </p>"
                  "<p begin='2s' end='3s' style='bi'>x<span tts:fontStyle='normal'>y</span></p>"
                  "<p begin='3s' end='4s' xml:space='preserve'>a  b\nc</p>"
                  "<p begin='4s' end='5s'><metadata>no</metadata>said <span xml:lang='fr'>mot</span><span tts:display='none'>never</span></p>"
                  "<p begin='5s' end='6s'><span tts:ruby='container'><span tts:ruby='base'>B</span><span tts:ruby='text'>r</span></span>.</p>"
                  "<p begin='6s' end='7s'> <br/> </p></div></body>"), 5);
    cue_is(0, 1000, 2000, "", "one <i>two</i> <i><u>three</u></i>\na &lt; b &amp; c");
    cue_is(1, 2000, 3000, "", "<b><i>x</i></b><b>y</b>");
    cue_is(2, 3000, 4000, "", "a  b\nc");
    cue_is(3, 4000, 5000, "", "said <lang fr>mot</lang>");
    cue_is(4, 5000, 6000, "", "<ruby>B<rt>r</rt></ruby>.");
}

Test(ttml, regions_become_positions) {
    parses(TT("tts:extent='1000px 500px'", "<head><layout>"
              "<region xml:id='low' tts:origin='10% 80%' tts:extent='80% 10%' tts:displayAlign='after' tts:textAlign='center'/>"
              "<region xml:id='top' tts:origin='10% 5%' tts:extent='80% 20%' tts:textAlign='center'/>"
              "<region xml:id='left' tts:origin='50px 200px' tts:extent='300px 100px' tts:displayAlign='center'/>"
              "<region xml:id='cells' tts:origin='16c 6c' tts:extent='16c 3c' tts:displayAlign='after' tts:textAlign='end'/>"
              "<region xml:id='put' tts:position='center bottom' tts:extent='40% 10%' tts:displayAlign='after' tts:textAlign='center'/>"
              "<region xml:id='down' tts:origin='80% 10%' tts:extent='10% 80%' tts:writingMode='tbrl' tts:textAlign='center'/>"
              "</layout></head><body><div>"
              "<p begin='1s' end='2s' region='low'>a</p><p begin='2s' end='3s' region='top'>b</p><p begin='3s' end='4s' region='left'>c</p>"
              "<p begin='4s' end='5s' region='cells'>d</p><p begin='5s' end='6s' region='put'>e</p><p begin='6s' end='7s' region='down'>f</p>"
              "<p begin='7s' end='8s' region='gone'>g</p><p begin='8s' end='9s'>h</p></div></body>"), 8);
    cue_is(0, 1000, 2000, "", "a");
    cue_is(1, 2000, 3000, "line:0", "b");
    cue_is(2, 3000, 4000, "line:50%,center position:5%,line-left size:30% align:start", "c");
    cue_is(3, 4000, 5000, "line:60%,end size:50% align:end", "d");
    cue_is(4, 5000, 6000, "size:40%", "e");
    cue_is(5, 6000, 7000, "vertical:rl line:10%", "f");
    cue_is(6, 7000, 8000, "", "g");
    cue_is(7, 8000, 9000, "", "h");
    /* What is written is WebVTT that its own parser takes whole. */
    scoped(buf_done) struct buf b = BUF(1 << 20), kept = BUF(200);
    vtt_write(&b, &cues);
    for (size_t i = 0; i < cues.n; i++) {
        buf_reset(&kept);
        vtt_settings(&kept, cues.v[i].settings);
        cr_expect(str_eq(buf_str(&kept), cues.v[i].settings), STR_FMT, STR_ARG(cues.v[i].settings));
    }
}

Test(ttml, forced_ones_are_told_from_the_others) {
    parses(TT("", "<body itts:forcedDisplay='true'><div><p begin='1s' end='2s'>sign</p><p begin='2s' end='3s'>song</p></div></body>"), 2);
    cr_expect_eq(cues.n_forced, 2);
    cr_expect_eq(cues.n_warnings, 0);
    parses(TT("", "<body><div><p begin='1s' end='2s' itts:forcedDisplay='true'>sign</p><p begin='2s' end='3s'>talk</p></div></body>"), 2);
    cr_expect_eq(cues.n_forced, 1);
    cr_expect(cues.n_warnings == 1 && strstr(cues.warnings[0], "1 of 2"), "%s", cues.warnings[0]);
}

Test(ttml, broken_and_hostile_ones) {
    struct err e = {0};
    parses("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tt xmlns=\"http://www.w3.org/2006/10/ttaf1\"><body><div>\n<p begin=\"1s\" end=\"2s\">kept</p>\n"
           "<p begin=\"2s\" end=\"3s\">lost<b></p>\n</tt", 2);
    cr_expect(cues.n_warnings == 1 && strstr(cues.warnings[0], "Line 4"), "%s", cues.warnings[0]);
    parses(TT("", "<body><div><p begin='soon' end='3s'>x</p><p begin='1s'>open&nbsp;end</p></div></body>"), 1);
    cue_is(0, 1000, 6000, "", "open\xc2\xa0""end");
    cr_expect_eq(parse(STR("<!DOCTYPE tt [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><tt><body><p begin=\"1s\" end=\"2s\">&b;</p></body></tt>"), &e), ERR_BAD_MEDIA);
    cr_expect(strstr(e.hint, "DOCTYPE"), "%s", e.hint);
    cr_expect_eq(parse(STR("<!DOCTYPE tt SYSTEM \"file:///etc/passwd\"><tt><body/></tt>"), &e), ERR_BAD_MEDIA);
    scoped(buf_done) struct buf deep = BUF(4 << 20);
    buf_addc(&deep, "<tt><body><p begin='1s' end='2s'>first</p>");
    for (int i = 0; i < 100000; i++)
        buf_addc(&deep, "<div>");
    cr_expect_eq(parse(buf_str(&deep), &e), 0, "%s", e.hint);
    cr_expect_eq(cues.n, 1);
    cr_expect_eq(cues.n_warnings, 1);
    cr_expect_eq(parse(STR("<tt xmlns:smpte='x'><body><div smpte:backgroundImage='#a' begin='1s' end='2s'/></body></tt>"), &e), ERR_MEDIA_TYPE);
    cr_expect_str_eq(e.reason, "text.bitmap");
    cr_expect_eq(parse(STR("<?xml version='1.0' encoding='ISO-8859-1'?><tt><body><p begin='1s' end='2s'>\xe9t\xe9</p></body></tt>"), &e), 0);
    cue_is(0, 1000, 2000, "", "\xc3\xa9t\xc3\xa9");
}

Test(captions, triplets_are_found_in_sei_and_in_user_data) {
    uint8_t out[CAPTIONS_BYTES_MAX];
    struct captions_kinds kinds = {.cea608 = false};
    /* Three triplets: words of 608, one that is not valid, 708 whose zeros an SEI has to keep apart with a 3. */
    static const uint8_t sei[] = {0, 0, 0, 30, 6, 4, 20, 0xb5, 0, 0x31, 'G', 'A', '9', '4', 3, 0x43, 0xff, 0xfc, 0xc8, 0xe5, 0xf8, 1, 2,
                                  0xfe, 0, 0, 3, 0xff, 0x80};
    cr_assert_eq(captions_take(sei, sizeof sei, out), 6);
    static const uint8_t found[] = {0xfc, 0xc8, 0xe5, 0xfe, 0, 0};
    cr_expect_eq(memcmp(out, found, 6), 0);
    captions_note(&kinds, out, 6);
    cr_expect(kinds.cea608 && !kinds.cea708);
    static const uint8_t user[] = {0, 0, 1, 0, 9, 9, 0, 0, 1, 0xb2, 'G', 'A', '9', '4', 3, 0x41, 0xff, 0xfc, 0x80, 0x80, 0xff};
    kinds.cea608 = false;
    cr_assert_eq(captions_take(user, sizeof user, out), 3);
    captions_note(&kinds, out, 3);
    cr_expect(!kinds.cea608, "padding is no caption");
    for (size_t n = 0; n < sizeof sei; n++) { /* cut anywhere */
        scoped(mem_free) uint8_t *cut = malloc(n + 1);
        memcpy(cut, sei, n);
        captions_take(cut, n, out);
    }
    cr_expect_eq(captions_take((const uint8_t *)"GA94 in a picture", 17, out), 0);
}

Test(captions, come_in_the_order_in_which_pictures_are_shown) {
    struct captions_queue q = {.n = 0};
    struct captions_part part;
    int64_t last = -1, seen = 0;
    for (int64_t i = 0; i < 100; i++) {
        int64_t pts = i % 4 == 0 ? i + 3 : i - 1; /* the last of a group is decoded first */
        captions_queue_add(&q, pts, (const uint8_t *)&pts, sizeof pts);
        while (captions_queue_take(&q, i == 99, &part)) {
            int64_t bytes;
            memcpy(&bytes, part.bytes, sizeof bytes);
            cr_expect(part.pts == bytes && part.pts > last, "%lld after %lld", (long long)part.pts, (long long)last);
            last = part.pts;
            seen++;
        }
    }
    cr_expect_eq(seen, 100);
}

/* What is written as IMSC1 is read again as it was, but for what it has no words for. */
Test(imsc, documents_are_read_again) {
    scoped(buf_done) struct buf b = BUF(1 << 20);
    size_t first = 0;
    parses("WEBVTT\n\n00:01.000 --> 00:09.000\nlong &amp; <b>bold <i>both</i></b>\nsecond &nbsp;line &#233; &#0;\n\n"
           "00:04.000 --> 00:05.000 line:0\n<v Ann>up <u>under</u>\n\n00:05.000 --> 00:06.000 position:5%,line-left size:30% line:50%,center align:start\n"
           "<lang fr>mot</lang> <ruby>base<rt>over</rt></ruby>\n\n00:12.000 --> 00:13.000\nlater\n", 4);
    imsc_write(&b, &cues, &first, 4000, 8000, STR("en"));
    struct str text = buf_str(&b);
    cr_assert(!b.failed && str_is_utf8(text));
    cr_expect(str_find(text, STR("ttp:profile=\"http://www.w3.org/ns/ttml/profile/imsc1/text\"")) > 0 && str_find(text, STR("xml:lang=\"en\"")) > 0);
    struct err e = {0};
    cr_assert_eq(parse(text, &e), 0, "%s", e.hint);
    cr_assert_eq(cues.n, 3);
    cr_expect_eq(cues.n_warnings, 0, "%s", cues.warnings[0]);
    cue_is(0, 4000, 8000, "", "long &amp; <b>bold</b> <b><i>both</i></b>\nsecond \xc2\xa0line \xc3\xa9");
    cue_is(1, 4000, 5000, "line:0", "up <u>under</u>");
    cue_is(2, 5000, 6000, "line:50%,center position:5%,line-left size:30% align:start", "<lang fr>mot</lang> base(over)");
}

Test(imsc, segments_are_cut_like_those_of_webvtt) {
    struct track_desc t = {.name = STR("t101"), .lang = STR("de")};
    struct index_header h, hv;
    struct index_extent e[8], v[8];
    struct index_object o;
    struct err err = {0};
    int out = fixture_temp(), idx = fixture_temp(), vtt = fixture_temp(), vidx = fixture_temp();
    parses("WEBVTT\n\n00:01.000 --> 00:09.000\nlong\n\n00:12.005 --> 00:20.000\nend\n", 2);
    cr_assert_eq(text_segments_write(&cues, 12012, (struct ratio){4004, 1001}, "t101.vtts", vtt, vidx, &t, &err), 0, "%s", err.msg);
    cr_assert_eq(imsc_segments_write(&cues, (struct ratio){4004, 1001}, out, idx, &t, &err), 0, "%s", err.msg);
    cr_expect_gt(t.imsc_bandwidth, 0);
    cr_expect(str_eq(t.codec, STR("wvtt")) && t.kind == TRACK_TEXT, "the track itself stays WebVTT");
    cr_assert_eq(index_read_header(idx, &h), 0);
    cr_assert_eq(index_read_header(vidx, &hv), 0);
    cr_assert(h.count == hv.count && h.count == 4);
    cr_expect(h.kind == TRACK_TEXT && h.content_type == 4 && h.timescale == 1000 && h.duration == 12012 && h.init_length > 0);
    cr_assert_eq(index_read_object(idx, &h, 0, &o), 0);
    cr_expect_str_eq(o.name, "s101.cmaf");
    cr_assert_eq(index_read_extents(idx, &h, e), 0);
    cr_assert_eq(index_read_extents(vidx, &hv, v), 0);
    struct fixture_file f = fixture_read(out);
    for (int i = 0; i < 4; i++) {
        cr_expect(e[i].time == v[i].time && e[i].duration == v[i].duration, "segment %d", i);
        struct str s = str_make((char *)f.p + e[i].offset, e[i].length);
        cr_expect_eq(str_find(s, STR(">long<")) >= 0, i < 3, "segment %d", i);
        cr_expect_eq(str_find(s, STR("begin=\"00:00:12.005\" end=\"00:00:12.012\"")) >= 0, i == 3, "segment %d", i);
    }
    static const char *const boxes[] = {"im1t", "subt", "sthd", "stpp", "http://www.w3.org/ns/ttml"};
    for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
        cr_expect(str_find(str_make((char *)f.p, h.init_length), str_of(boxes[i])) > 0, "%s", boxes[i]);
}

Test(text, what_segments_repeat_is_one_cue) {
    struct err e = {0};
    arena = ARENA(1 << 20);
    cues_init(&cues, &arena);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(ttml_parse_between(&cues, STR("<tt><body><p begin='1s' end='5s'>long</p><p>all</p></body></tt>"), i * 2000, i * 2000 + 2000, &e), 0);
    cues_sort(&cues);
    cues_join(&cues);
    cr_assert_eq(cues.n, 2, "%zu", cues.n);
    cue_is(0, 0, 6000, "", "all");
    cue_is(1, 1000, 5000, "", "long");
}

Test(text, what_is_written_is_read_again) {
    scoped(buf_done) struct buf vtt = BUF(1 << 20), srt = BUF(1 << 20);
    parses("WEBVTT\n\n00:01.000 --> 01:00:02.500 line:0\n<b>A &lt;b&gt;</b> &amp; <v Bob>c\n\n", 1);
    vtt_write(&vtt, &cues);
    srt_write(&srt, &cues);
    cr_expect(str_eq(buf_str(&srt), STR("1\r\n00:00:01,000 --> 01:00:02,500\r\n{\\an8}<b>A <b></b> & c\r\n\r\n")), STR_FMT,
              STR_ARG(buf_str(&srt)));
    parses(buf_cstr(&vtt), 1);
    cue_is(0, 1000, 3602500, "line:0", "<b>A &lt;b&gt;</b> &amp; <v Bob>c");
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

Test(text, the_operation_says_what_it_mended) {
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
    cr_assert_eq(json_integer_value(json_object_get(res, "cues")), 2);
    cr_assert_eq(json_array_size(json_object_get(res, "warnings")), 1);
    cr_assert_str_eq(json_string_value(json_object_get(json_object_get(res, "track"), "kind")),
                     "text");
    json_decref(res);
    cr_assert_eq(ftruncate(fds[0], 0), 0);
    cr_assert_eq(op_text(&io, rq, &res, &e), ERR_BAD_MEDIA);
    json_decref(rq);
}
