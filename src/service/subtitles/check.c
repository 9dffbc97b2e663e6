/*
 * check.c - what an editor should look at. Limits are those that broadcasters and streaming houses publish for adults;
 * scripts whose characters are words or syllables are read by fewer of them.
 */
#include "service/subtitles/subtitles_int.h"

struct cue_limits cue_limits_of(struct str lang) {
    struct str language;
    str_cut(lang, '-', &language);
    bool dense = str_eq(language, STR("zh")) || str_eq(language, STR("ja")) || str_eq(language, STR("ko")) ||
                 str_eq(language, STR("yue"));
    return (struct cue_limits){.chars_per_s = dense ? 12 : 21, .line_chars = dense ? 23 : 42, .lines = 2, .min_ms = 700, .max_ms = 8000};
}

struct shape {
    int64_t chars, longest, lines;
};

/* Characters of UTF-8, line by line. */
static struct shape shape_of(struct str plain) {
    struct shape s = {.lines = 1};
    int64_t line = 0;
    for (size_t i = 0; i < plain.n; i++) {
        if (plain.p[i] == '\n') {
            s.lines++;
            line = 0;
        } else if (((uint8_t)plain.p[i] & 0xc0) != 0x80) {
            s.chars++;
            line++;
            s.longest = MAX(s.longest, line);
        }
    }
    return s;
}

struct check {
    struct cue_warning *v;
    size_t n, cap;
};

static void warn(struct check *k, size_t cue, const char *code, int64_t value) {
    if (k->n < k->cap)
        k->v[k->n++] = (struct cue_warning){cue, code, value};
}

static void cue_check(struct check *k, const struct cues *c, size_t i, int64_t film_ms, struct cue_limits l, struct buf *plain) {
    const struct cue *q = &c->v[i];
    int64_t ms = q->end_ms - q->start_ms;
    buf_reset(plain);
    cue_plain(plain, q->text);
    struct shape s = shape_of(buf_str(plain));
    if (i + 1 < c->n && c->v[i + 1].start_ms < q->end_ms)
        warn(k, i, "overlap", q->end_ms - c->v[i + 1].start_ms);
    if (ms > 0 && s.chars * 1000 > ms * l.chars_per_s)
        warn(k, i, "too_fast", (s.chars * 1000 + ms - 1) / ms);
    if (ms < l.min_ms)
        warn(k, i, "too_short", ms);
    if (ms > l.max_ms)
        warn(k, i, "too_long", ms);
    if (s.longest > l.line_chars)
        warn(k, i, "long_line", s.longest);
    if (s.lines > l.lines)
        warn(k, i, "many_lines", s.lines);
    if (film_ms > 0 && q->end_ms > film_ms)
        warn(k, i, "past_end", q->end_ms - film_ms);
}

int cues_check(const struct cues *c, size_t from, size_t to, int64_t film_ms, struct cue_limits limits, struct arena *a,
               struct cue_warning **ret, size_t *ret_n, struct err *reterr) {
    scoped(buf_done) struct buf plain = BUF(8 << 20);
    to = MIN(to, c->n);
    from = MIN(from, to);
    struct check k = {.cap = 7 * (to - from)};
    k.v = arena_news(a, struct cue_warning, MAX(k.cap, 1));
    if (!k.v)
        return err_set(reterr, ERR_LIMIT, "no room for warnings");
    for (size_t i = from; i < to; i++)
        cue_check(&k, c, i, film_ms, limits, &plain);
    *ret = k.v;
    *ret_n = k.n;
    return 0;
}
