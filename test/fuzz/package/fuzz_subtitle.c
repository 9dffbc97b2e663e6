/* fuzz_subtitle.c - any bytes as a subtitle file: what comes out is clean WebVTT, read back by its
 * own parser. */
#include "media/text/text.h"
#include <string.h>

static void text_check(struct str s) {
    assert(str_is_utf8(s));
    assert(str_find(s, STR("-->")) < 0 && str_find(s, STR("\n\n")) < 0);
    assert(s.n == 0 || s.p[0] != '\n');
}

/* What is kept is read again as it was. */
static void written_check(const struct cues *c) {
    struct arena a = ARENA(128 << 20);
    struct cues again;
    struct buf b = BUF(TEXT_OUT_MAX), srt = BUF(TEXT_OUT_MAX);
    cues_init(&again, &a);
    vtt_write(&b, c);
    srt_write(&srt, c);
    text_language_find(c);
    assert(!b.failed && !srt.failed && str_is_utf8(buf_str(&srt)));
    assert(vtt_parse(&again, buf_str(&b), NULL) == 0 && again.n == c->n);
    for (size_t i = 0; i < c->n; i++)
        assert(again.v[i].start_ms == c->v[i].start_ms && str_eq(again.v[i].text, c->v[i].text));
    buf_done(&b);
    buf_done(&srt);
    cues_done(&again);
    arena_done(&a);
}

/* As IMSC1 it is well-formed whatever the words are: our own parser, which notes a broken place, notes none. */
static void imsc_check(const struct cues *c) {
    struct arena a = ARENA(128 << 20);
    struct cues again;
    struct buf b = BUF(8 << 20);
    size_t first = 0;
    cues_init(&again, &a);
    imsc_write(&b, c, &first, 0, INT64_MAX, STR("en"));
    if (!b.failed) {
        assert(str_is_utf8(buf_str(&b)));
        assert(ttml_parse_between(&again, buf_str(&b), 0, INT64_MAX, NULL) == 0);
        for (size_t i = 0; i < MIN(again.n_warnings, (size_t)TEXT_WARNINGS_MAX); i++)
            assert(!strstr(again.warnings[i], "broken"));
    }
    buf_done(&b);
    cues_done(&again);
    arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct arena a = ARENA(64 << 20);
    struct cues c;
    cues_init(&c, &a);
    static const char *const encodings[] = {NULL, "UTF-16LE", "Shift_JIS", "GB18030", "ISO-2022-JP", "windows-1255"};
    const char *encoding = n ? encodings[p[n - 1] % ARRAY_LEN(encodings)] : NULL;
    if (text_parse(&c, str_make((const char *)p, n), encoding, NULL) == 0) {
        for (size_t i = 0; i < c.n; i++) {
            text_check(c.v[i].text);
            assert(c.v[i].start_ms >= 0 && c.v[i].end_ms > c.v[i].start_ms);
            assert(i == 0 || c.v[i - 1].start_ms <= c.v[i].start_ms);
        }
        written_check(&c);
        imsc_check(&c);
    }
    struct buf b = BUF(1 << 20);
    int align = 0;
    ass_clean(&b, str_make((const char *)p, n), &align);
    assert(align >= 0 && align <= 9 && (b.failed || str_find(buf_str(&b), STR("<script")) < 0));
    buf_done(&b);
    cues_done(&c);
    arena_done(&a);
    return 0;
}
