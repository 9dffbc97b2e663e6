/*
 * imsc.c - cues as IMSC1 (W3C, the text profile, "im1t"), a document a segment: times are the film's, cut to the segment, so that a
 * player may begin anywhere. What WebVTT says of places becomes regions; ruby stands in brackets behind its base, which the first
 * version of IMSC has no other way for.
 */
#include "media/cmaf/cmaf.h"
#include "media/text/text.h"
#include <string.h>

enum { REGIONS_MAX = 64, TAGS_MAX = 32 };

/* ---- Words ---- */

struct spans {
    struct buf *out;
    struct {
        struct str name;
        const char *end; /* what closes it */
    } open[TAGS_MAX];
    size_t depth;
};

static bool xml_char(uint32_t c) {
    return c == 9 || c == 10 || (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c < 0x110000);
}

static void utf8_write(struct buf *b, uint32_t c) {
    char text[5] = {0};
    if (c < 0x80)
        text[0] = (char)c;
    else if (c < 0x800)
        text[0] = (char)(0xc0 | c >> 6), text[1] = (char)(0x80 | (c & 63));
    else if (c < 0x10000)
        text[0] = (char)(0xe0 | c >> 12), text[1] = (char)(0x80 | (c >> 6 & 63)), text[2] = (char)(0x80 | (c & 63));
    else
        text[0] = (char)(0xf0 | c >> 18), text[1] = (char)(0x80 | (c >> 12 & 63)), text[2] = (char)(0x80 | (c >> 6 & 63)),
        text[3] = (char)(0x80 | (c & 63));
    buf_xml(b, str_of(text));
}

/* "&#233;" or "&#xe9;"; returns what was consumed, 0: it is none. */
static size_t number_write(struct buf *b, struct str s) {
    bool hex = s.n > 3 && (s.p[2] == 'x' || s.p[2] == 'X');
    ptrdiff_t end = str_index(s, ';');
    uint32_t v = 0;
    if (!str_starts(s, STR("&#")) || end < 0 || end > 10)
        return 0;
    for (ptrdiff_t i = hex ? 3 : 2; i < end; i++) {
        int c = s.p[i] | 0x20, digit = c >= 'a' ? c - 'a' + 10 : c - ('0' | 0x20);
        v = v * (hex ? 16 : 10) + (uint32_t)(digit & 15);
    }
    utf8_write(b, xml_char(v) ? v : ' ');
    return (size_t)end + 1;
}

/* One character or entity of WebVTT; names that XML does not know become their characters. */
static size_t char_write(struct buf *b, struct str s) {
    static const struct { struct str entity, text; } own[] = {
        {{"&nbsp;", 6}, {"\xc2\xa0", 2}}, {{"&lrm;", 5}, {"\xe2\x80\x8e", 3}}, {{"&rlm;", 5}, {"\xe2\x80\x8f", 3}},
        {{"&amp;", 5}, {"&amp;", 5}}, {{"&lt;", 4}, {"&lt;", 4}}, {{"&gt;", 4}, {"&gt;", 4}}};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (str_starts(s, own[i].entity)) {
            buf_add(b, own[i].text);
            return own[i].entity.n;
        }
    size_t n = number_write(b, s);
    if (n > 0)
        return n;
    if (str_starts(s, STR("\xef\xbf\xbe")) || str_starts(s, STR("\xef\xbf\xbf"))) /* no characters, and XML takes them ill */
        return 3;
    if (s.p[0] == '\n')
        buf_addc(b, "<br/>");
    else if ((uint8_t)s.p[0] < 0x20)
        buf_byte(b, ' ');
    else
        buf_xml(b, str_slice(s, 0, 1));
    return 1;
}

static void tag_open(struct spans *x, struct str tag) {
    static const struct { const char *name, *begin, *end; } marks[] = {
        {"b", "<span tts:fontWeight=\"bold\">", "</span>"},
        {"i", "<span tts:fontStyle=\"italic\">", "</span>"},
        {"u", "<span tts:textDecoration=\"underline\">", "</span>"},
        {"rt", "(", ")"}};
    size_t n = 0;
    while (n < tag.n && !strchr(". \t", tag.p[n]))
        n++;
    struct str name = str_slice(tag, 0, n), lang = str_trim(str_slice(tag, n, tag.n));
    if (x->depth == TAGS_MAX || (tag.n > 0 && tag.p[0] >= '0' && tag.p[0] <= '9')) /* a time stamp */
        return;
    const char *end = "";
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_eq(name, str_of(marks[i].name))) {
            buf_addc(x->out, marks[i].begin);
            end = marks[i].end;
        }
    if (str_eq(name, STR("lang")) && lang.n > 0 && lang.n < 40) {
        buf_addc(x->out, "<span xml:lang=\"");
        buf_xml(x->out, lang);
        buf_addc(x->out, "\">");
        end = "</span>";
    }
    x->open[x->depth].name = name;
    x->open[x->depth++].end = end;
}

static void tags_close(struct spans *x, size_t depth) {
    while (x->depth > depth)
        buf_addc(x->out, x->open[--x->depth].end);
}

static void words_write(struct buf *b, struct str s) {
    struct spans x = {.out = b};
    while (s.n > 0) {
        ptrdiff_t end = s.p[0] == '<' ? str_index(s, '>') : -1;
        size_t step;
        if (end < 0) {
            step = char_write(b, s);
        } else {
            struct str tag = str_slice(s, 1, (size_t)end);
            step = (size_t)end + 1;
            if (tag.n > 0 && tag.p[0] == '/') {
                size_t d = x.depth;
                while (d > 0 && !str_eq(x.open[d - 1].name, str_slice(tag, 1, tag.n)))
                    d--;
                tags_close(&x, d > 0 ? d - 1 : x.depth);
            } else {
                tag_open(&x, tag);
            }
        }
        s = str_slice(s, step, s.n);
    }
    tags_close(&x, 0);
}

/* ---- Places ---- */

struct place {
    double x, y, w, h;
    const char *display, *align, *mode;
};

static struct str setting(struct str settings, const char *name) {
    struct str item, key;
    for (struct str rest = settings; rest.p;) {
        rest = str_cut(rest, ' ', &item);
        struct str value = str_cut(item, ':', &key);
        if (str_eq(key, str_of(name)))
            return value;
    }
    return STR_NULL;
}

static bool percent(struct str s, double *ret) { return s.n > 1 && s.p[s.n - 1] == '%' && str_to_f64(str_slice(s, 0, s.n - 1), ret); }

static void line_read(struct place *p, struct str line) {
    struct str value, side = str_cut(line, ',', &value);
    double v, half;
    if (percent(value, &v)) {
        half = MIN(v, 100 - v);
        if (str_eq(side, STR("end")))
            p->y = 0, p->h = v;
        else if (str_eq(side, STR("center")))
            p->y = v - half, p->h = 2 * half, p->display = "center";
        else
            p->y = v, p->h = 100 - v, p->display = "before";
    } else if (str_to_f64(value, &v) && v >= 0) {
        p->y = MIN(10 + 5 * v, 85), p->h = 90 - p->y, p->display = "before";
    } else if (value.n) {
        p->h = MAX(80 + 5 * (v + 1), 5);
    }
    if (p->h < 5) /* a line at the very edge */
        p->y = MIN(p->y, 95), p->h = 5;
}

static void position_read(struct place *p, struct str position, struct str size) {
    struct str value, side = str_cut(position, ',', &value);
    double s = 100, at = strcmp(p->align, "start") == 0 ? 0 : strcmp(p->align, "end") == 0 ? 100 : 50;
    if (!position.p && !size.p)
        return;
    bool from = str_eq(side, STR("line-left")) || (!side.p && strcmp(p->align, "start") == 0);
    bool to = str_eq(side, STR("line-right")) || (!side.p && strcmp(p->align, "end") == 0);
    percent(size, &s);
    percent(value, &at);
    p->w = MAX(MIN(s, from ? 100 - at : to ? at : 2 * MIN(at, 100 - at)), 1);
    p->x = CLAMP(from ? at : to ? at - p->w : at - p->w / 2, 0, 99);
}

static struct place place_of(struct str settings) {
    struct place p = {10, 10, 80, 80, "after", "center", NULL};
    struct str a = setting(settings, "align"), v = setting(settings, "vertical"), line = setting(settings, "line");
    if (str_eq(a, STR("start")) || str_eq(a, STR("left")))
        p.align = "start";
    else if (str_eq(a, STR("end")) || str_eq(a, STR("right")))
        p.align = "end";
    if (v.p) {
        p.mode = str_eq(v, STR("rl")) ? "tbrl" : "tblr";
        p.display = "before";
        return p;
    }
    if (line.p)
        line_read(&p, line);
    position_read(&p, setting(settings, "position"), setting(settings, "size"));
    return p;
}

static void region_write(struct buf *b, size_t id, struct str settings) {
    struct place p = place_of(settings);
    buf_addf(b, "<region xml:id=\"r%zu\" tts:origin=\"%.2f%% %.2f%%\" tts:extent=\"%.2f%% %.2f%%\" tts:displayAlign=\"%s\" tts:textAlign=\"%s\"", id,
             p.x, p.y, p.w, p.h, p.display, p.align);
    if (p.mode)
        buf_addf(b, " tts:writingMode=\"%s\"", p.mode);
    buf_addc(b, "/>");
}

/* ---- Documents ---- */

static void time_write(struct buf *b, const char *name, int64_t ms) {
    buf_addf(b, " %s=\"%02lld:%02lld:%02lld.%03lld\"", name, (long long)(ms / 3600000), (long long)(ms / 60000 % 60),
             (long long)(ms / 1000 % 60), (long long)(ms % 1000));
}

static size_t region_of(const struct str *regions, size_t n, struct str settings) {
    for (size_t i = 1; i < n; i++)
        if (str_eq(regions[i], settings))
            return i;
    return 0;
}

void imsc_write(struct buf *b, const struct cues *c, size_t *first, int64_t from, int64_t to, struct str lang) {
    struct str regions[REGIONS_MAX] = {STR("")};
    size_t n = 1, last = *first;
    while (*first < c->n && c->v[*first].end_ms <= from)
        (*first)++;
    for (last = *first; last < c->n && c->v[last].start_ms < to; last++)
        if (c->v[last].end_ms > from && c->v[last].settings.n && !region_of(regions, n, c->v[last].settings) && n < REGIONS_MAX)
            regions[n++] = c->v[last].settings;
    buf_addc(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\" "
                "xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" ttp:profile=\"http://www.w3.org/ns/ttml/profile/imsc1/text\" "
                "ttp:timeBase=\"media\" ttp:cellResolution=\"32 15\" xml:lang=\"");
    buf_xml(b, str_eq(lang, STR("und")) ? STR("") : lang);
    buf_addc(b, "\"><head><styling><style xml:id=\"s\" tts:fontFamily=\"proportionalSansSerif\" tts:fontSize=\"80%\" tts:lineHeight=\"125%\" "
                "tts:color=\"#ffffff\"/><style xml:id=\"w\" tts:backgroundColor=\"#000000c0\"/></styling><layout>");
    for (size_t i = 0; i < n; i++)
        region_write(b, i, regions[i]);
    buf_addc(b, "</layout></head><body style=\"s\"><div>");
    for (size_t i = *first; i < last; i++) {
        const struct cue *q = &c->v[i];
        if (q->end_ms <= from)
            continue;
        buf_addf(b, "<p region=\"r%zu\"", region_of(regions, n, q->settings));
        time_write(b, "begin", MAX(q->start_ms, from));
        time_write(b, "end", MIN(q->end_ms, to));
        buf_addc(b, "><span style=\"w\">");
        words_write(b, q->text);
        buf_addc(b, "</span></p>");
    }
    buf_addc(b, "</div></body></tt>\n");
}

static int documents_write(const struct cues *c, struct ratio segment, struct cmaf_writer *w, const struct track_desc *t, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(TEXT_OUT_MAX);
    size_t n = text_cut_count(segment, t->duration), first = 0;
    int r = 0;
    for (size_t k = 0; k < n && r >= 0; k++) {
        struct text_cut cut = text_cut_of(segment, k, n, t->duration);
        buf_reset(&b);
        imsc_write(&b, c, &first, cut.from_ms, cut.to_ms, t->lang);
        if (b.failed)
            return err_refuse(reterr, ERR_TOO_LARGE, "text.too_large", "Too many subtitles stand on the screen at once for too long.",
                              "over %zu bytes", b.max);
        struct cmaf_sample s = {.pts = cut.from_ms, .dts = cut.from_ms, .duration = (uint32_t)(cut.to_ms - cut.from_ms), .sync = true,
                                .data = b.p, .size = b.n};
        r = cmaf_write(w, &s, reterr);
    }
    return r;
}

int imsc_segments_write(const struct cues *c, struct ratio segment, int out_fd, int idx_fd, struct track_desc *t, struct err *reterr) {
    char name[16], object[32];
    imsc_name(t->name, name);
    snprintf(object, sizeof object, "%s.cmaf", name);
    struct ratio step = segment.num > 0 && segment.den > 0 ? segment : (struct ratio){4, 1};
    struct cmaf_format f = {.codec = CMAF_STPP, .timescale = 1000, .lang = t->lang, .segment = step, .expect_duration = t->duration};
    scoped(cmaf_writer_freep) struct cmaf_writer *w = NULL;
    scoped(arena_done) struct arena a = ARENA(64 << 20);
    struct track_desc made = {.name = t->name};
    int r = cmaf_writer_new(&f, object, out_fd, idx_fd, &w, reterr);
    if (r >= 0)
        r = documents_write(c, step, w, t, reterr);
    if (r >= 0)
        r = cmaf_writer_end(w, t->duration, &a, &made, reterr);
    if (r >= 0)
        t->imsc_bandwidth = MAX(made.peak_bandwidth, 1);
    return MIN(r, 0);
}
