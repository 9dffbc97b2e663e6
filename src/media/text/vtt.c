/*
 * vtt.c - WebVTT files as browsers parse them (W3C WebVTT 6.1 to 6.3): a block that is not a cue, a
 * style or a region is skipped, a cue whose timings do not parse is skipped, and everything after
 * goes on.
 */
#include "media/text/text.h"
#include <string.h>

struct lines {
    struct str rest;
    size_t number; /* of the line that next() will give */
    struct str peeked;
    bool has_peeked;
};

static bool next(struct lines *l, struct str *ret) {
    if (l->has_peeked) {
        l->has_peeked = false;
        *ret = l->peeked;
        l->number++;
        return true;
    }
    if (!l->rest.p || l->rest.n == 0)
        return false;
    l->rest = str_cut(l->rest, '\n', ret);
    l->number++;
    return true;
}

static void back(struct lines *l, struct str line) {
    l->peeked = line;
    l->has_peeked = true;
    l->number--;
}

static bool has_arrow(struct str s) {
    return str_find(s, STR("-->")) >= 0;
}

static struct str skip_space(struct str s) {
    size_t i = 0;
    while (i < s.n && strchr(" \t\f", s.p[i]))
        i++;
    return str_slice(s, i, s.n);
}

/* 0 to 100 with an optional fraction, before '%'. */
static bool percentage(struct str s) {
    double v;
    return s.n > 1 && s.p[s.n - 1] == '%' && s.p[0] >= '0' && s.p[0] <= '9' &&
           str_to_f64(str_slice(s, 0, s.n - 1), &v) && v >= 0 && v <= 100;
}

static bool one_of(struct str s, const char *const *list) {
    for (; *list; list++)
        if (str_eq(s, str_of(*list)))
            return true;
    return false;
}

/* 6.3 "parse the WebVTT cue settings": name and value, each checked, all else ignored. */
static bool setting_ok(struct str name, struct str value) {
    static const char *const line_align[] = {"start", "center", "end", NULL};
    static const char *const position_align[] = {"line-left", "center", "line-right", NULL};
    static const char *const align[] = {"start", "center", "end", "left", "right", NULL};
    static const char *const vertical[] = {"rl", "lr", NULL};
    struct str head, tail = str_cut(value, ',', &head);
    if (str_eq(name, STR("vertical")))
        return one_of(value, vertical);
    if (str_eq(name, STR("align")))
        return one_of(value, align);
    if (str_eq(name, STR("size")))
        return percentage(value);
    if (str_eq(name, STR("position")))
        return percentage(head) && (!tail.p || one_of(tail, position_align));
    if (str_eq(name, STR("line"))) {
        double v;
        return (percentage(head) || (str_to_f64(head, &v) && v >= -1000 && v <= 1000)) &&
               (!tail.p || one_of(tail, line_align));
    }
    if (str_eq(name, STR("region"))) {
        for (size_t i = 0; i < value.n; i++)
            if ((uint8_t)value.p[i] <= ' ')
                return false;
        return value.n > 0 && value.n < 64;
    }
    return false;
}

void vtt_settings(struct buf *out, struct str s) {
    for (s = skip_space(s); s.n > 0; s = skip_space(s)) {
        size_t i = 0;
        while (i < s.n && !strchr(" \t\f", s.p[i]))
            i++;
        struct str item = str_slice(s, 0, i), name, value = str_cut(item, ':', &name);
        s = str_slice(s, i, s.n);
        if (!value.p || !setting_ok(name, value))
            continue;
        if (out->n > 0)
            buf_byte(out, ' ');
        buf_add(out, item);
    }
}

static bool timings_parse(struct str line, int64_t *ret_start, int64_t *ret_end,
                          struct str *ret_rest) {
    struct str s = skip_space(line);
    if (!time_parse(&s, false, ret_start))
        return false;
    s = skip_space(s);
    if (!str_starts(s, STR("-->")))
        return false;
    s = skip_space(str_slice(s, 3, s.n));
    if (!time_parse(&s, false, ret_end))
        return false;
    *ret_rest = s;
    return true;
}

/* The payload runs to an empty line, the end, or a line that is another cue's timing. */
static void payload_read(struct lines *l, struct buf *out) {
    struct str line;
    while (next(l, &line)) {
        if (line.n == 0)
            return;
        if (has_arrow(line)) {
            back(l, line);
            return;
        }
        if (out->n > 0)
            buf_byte(out, '\n');
        buf_add(out, line);
    }
}

static int cue_read(struct cues *c, struct lines *l, struct str timing, struct err *reterr) {
    size_t number = l->number;
    int64_t start, end;
    struct str rest;
    bool ok = timings_parse(timing, &start, &end, &rest);
    scoped(buf_done) struct buf raw = BUF(1 << 20), text = BUF(4 << 20), settings = BUF(4096);
    payload_read(l, &raw);
    if (!ok) {
        cues_warn(c, number, "the times of this cue do not parse; it was left out.");
        return 0;
    }
    vtt_settings(&settings, rest);
    vtt_clean(&text, buf_str(&raw));
    if (raw.failed || text.failed) {
        cues_warn(c, number, "this cue is too long; it was left out.");
        return 0;
    }
    if (str_trim(buf_str(&text)).n == 0)
        return 0; /* browsers show nothing either */
    cue_times_mend(c, number, &start, &end);
    return cues_add(c, start, end, settings.failed ? STR("") : buf_str(&settings), buf_str(&text),
                    reterr);
}

/* Styles are kept unless they could fetch something from elsewhere. */
static void block_keep(struct cues *c, struct str name, struct str body, size_t line) {
    struct arena scratch = ARENA(4 << 20);
    struct str lower = str_lower(&scratch, body);
    bool style = str_eq(name, STR("STYLE"));
    bool fetches =
        style && (str_find(lower, STR("url(")) >= 0 || str_find(lower, STR("@import")) >= 0 ||
                  str_find(lower, STR("\\")) >= 0);
    if (fetches || scratch.failed || c->head.n + body.n > 64 << 10)
        cues_warn(c, line, "this style block was left out.");
    else
        buf_addf(&c->head, STR_FMT "\n" STR_FMT "\n\n", STR_ARG(name), STR_ARG(body));
    arena_done(&scratch);
}

static bool block_named(struct str line, struct str name) {
    return str_starts(line, name) && str_trim(str_slice(line, name.n, line.n)).n == 0;
}

/* A block without timing in its first two lines: style, region, or nothing of interest. */
static void block_skip(struct cues *c, struct lines *l, struct str first) {
    size_t number = l->number;
    bool style = block_named(first, STR("STYLE")), region = block_named(first, STR("REGION"));
    bool note =
        str_starts(first, STR("NOTE")) && (first.n == 4 || first.p[4] == ' ' || first.p[4] == '\t');
    scoped(buf_done) struct buf body = BUF(1 << 20);
    struct str line;
    while (next(l, &line) && line.n > 0) {
        if (has_arrow(line)) {
            back(l, line);
            break;
        }
        if (style || region) {
            if (body.n > 0)
                buf_byte(&body, '\n');
            buf_add(&body, line);
        }
    }
    if (style || region)
        block_keep(c, style ? STR("STYLE") : STR("REGION"), buf_str(&body), number);
    else if (!note)
        cues_warn(c, number, "text outside of any cue was left out.");
}

int vtt_parse(struct cues *c, struct str utf8, struct err *reterr) {
    struct lines l = {.rest = utf8};
    struct str line;
    next(&l, &line); /* WEBVTT */
    /* The header's own lines, up to an empty one or a cue that follows without one. */
    while (next(&l, &line) && line.n > 0) {
        if (has_arrow(line)) {
            back(&l, line);
            break;
        }
    }
    while (next(&l, &line)) {
        int r = 0;
        if (line.n == 0)
            continue;
        if (has_arrow(line)) {
            r = cue_read(c, &l, line, reterr);
        } else {
            /* An identifier is a line before the timing. */
            struct str second;
            bool more = next(&l, &second);
            if (more && has_arrow(second)) {
                r = cue_read(c, &l, second, reterr);
            } else {
                if (more)
                    back(&l, second);
                block_skip(c, &l, line);
            }
        }
        if (r < 0)
            return r;
    }
    return 0;
}
