/* fuzz_ttml.c - any bytes as TTML, the first of them choosing a window as samples have; what comes out is clean WebVTT with settings
 * that WebVTT knows. And any bytes as a packet with closed captions. */
#include "media/text/captions.h"
#include <string.h>

static void cue_check(const struct cue *q) {
    struct buf kept = BUF(4096), clean = BUF(8 << 20);
    assert(str_is_utf8(q->text) && q->text.n > 0);
    assert(str_find(q->text, STR("-->")) < 0 && str_find(q->text, STR("\n\n")) < 0 && str_find(q->text, STR("<script")) < 0);
    assert(q->start_ms >= 0 && q->end_ms > q->start_ms);
    vtt_settings(&kept, q->settings);
    assert(str_eq(buf_str(&kept), q->settings)); /* all are known */
    vtt_clean(&clean, q->text);
    assert(clean.failed || str_eq(buf_str(&clean), q->text)); /* nothing is open, nothing unescaped */
    buf_done(&kept);
    buf_done(&clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct arena a = ARENA(64 << 20);
    struct cues c;
    uint8_t triplets[CAPTIONS_BYTES_MAX];
    struct captions_kinds kinds = {.cea608 = false};
    struct str text = str_make((const char *)p, n);
    cues_init(&c, &a);
    bool sample = n > 0 && p[n - 1] % 4 == 0;
    if (str_is_utf8(text) && ttml_parse_between(&c, text, sample ? 1000 : 0, sample ? 5000 : INT64_MAX, NULL) == 0) {
        for (size_t i = 0; i < c.n; i++) {
            cue_check(&c.v[i]);
            assert(!sample || (c.v[i].start_ms >= 1000 && c.v[i].end_ms <= 5000));
        }
        cues_sort(&c);
        cues_join(&c);
    }
    size_t took = captions_take(p, n, triplets);
    assert(took % 3 == 0 && took <= CAPTIONS_BYTES_MAX);
    captions_note(&kinds, triplets, took);
    cues_done(&c);
    arena_done(&a);
    return 0;
}
