/*
 * ttml.c - TTML 1 and 2 as far as WebVTT can say it: the text profile of IMSC 1.1, EBU-TT-D and what older tools write. libxml2
 * reads the document: no entity but XML's five, nothing fetched, a DOCTYPE refused, its own limits of depth and length kept.
 * Each moment at which something inside a <p> appears or goes ends one cue and begins the next (TTML 2, "intermediate
 * synchronic document"), so that words which come one by one stay so.
 */
#include "media/text/ttml_int.h"
#include <math.h>
#include <string.h>

enum { RUNS_MAX = 2000, MOMENTS_MAX = 200, OPEN_MS = 5000 };

/* What an element hands down. */
struct scope {
    double begin, end; /* ms of the document; end may be INFINITY */
    bool seq, preserve;
    struct ttml_style style;
    const struct ttml_region *region;
};

struct run {
    double begin, end;
    struct str text;
    bool br, preserve;
    struct ttml_style style;
    const struct ttml_region *region;
};

struct reader {
    struct ttml t;
    struct run *runs; /* of the paragraph being read */
    size_t n_runs;
    bool in_p, too_many;
    size_t picture_line; /* of the first picture in place of words; 0: none */
    int64_t from_ms, to_ms;
    struct err *err;
    int rc;
};

bool ttml_is(const xmlNode *n, const char *name) {
    return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

/* By local name: the namespaces of styling and parameters have changed their addresses three times. */
struct str ttml_attr(const xmlNode *n, const char *name) {
    for (const xmlAttr *a = n->properties; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0 && a->children && a->children->type == XML_TEXT_NODE && !a->children->next)
            return str_trim(str_of((const char *)a->children->content));
    return STR_NULL;
}

static bool is_metadata(const xmlNode *n) {
    static const char *const names[] = {"metadata", "head", "set", "animate", "region", "layout", "styling"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (ttml_is(n, names[i]))
            return true;
    return n->ns && strstr((const char *)n->ns->href, "metadata");
}

/* ---- A paragraph's cues ---- */

struct writer {
    struct buf *out;
    struct ttml_style now; /* what is open */
    bool ruby, rt, space;  /* space: one is due before the next word */
};

static void styles_close(struct writer *w) {
    if (w->now.lang.n)
        buf_addc(w->out, "</lang>");
    if (w->now.underline)
        buf_addc(w->out, "</u>");
    if (w->now.italic)
        buf_addc(w->out, "</i>");
    if (w->now.bold)
        buf_addc(w->out, "</b>");
    w->now = (struct ttml_style){.bold = false};
}

static void ruby_to(struct writer *w, enum ttml_ruby part) {
    if (w->rt && part != RUBY_TEXT)
        buf_addc(w->out, "</rt>");
    if (w->ruby && part == RUBY_NONE)
        buf_addc(w->out, "</ruby>");
    if (!w->ruby && part != RUBY_NONE)
        buf_addc(w->out, "<ruby>");
    if (!w->rt && part == RUBY_TEXT)
        buf_addc(w->out, "<rt>");
    w->ruby = part != RUBY_NONE;
    w->rt = part == RUBY_TEXT;
}

static bool styles_are(const struct writer *w, const struct ttml_style *s) {
    const struct ttml_style *n = &w->now;
    return n->bold == s->bold && n->italic == s->italic && n->underline == s->underline && str_eq(n->lang, s->lang) &&
           w->ruby == (s->ruby != RUBY_NONE) && w->rt == (s->ruby == RUBY_TEXT);
}

static void styles_to(struct writer *w, const struct ttml_style *s) {
    if (styles_are(w, s))
        return;
    styles_close(w);
    ruby_to(w, s->ruby);
    if (s->bold)
        buf_addc(w->out, "<b>");
    if (s->italic)
        buf_addc(w->out, "<i>");
    if (s->underline)
        buf_addc(w->out, "<u>");
    if (s->lang.n)
        buf_addf(w->out, "<lang " STR_FMT ">", STR_ARG(s->lang));
    w->now = *s;
}

static void line_break(struct writer *w) {
    w->space = false;
    if (w->out->n > 0 && w->out->p[w->out->n - 1] != '\n')
        buf_byte(w->out, '\n');
}

/* xml:space "default": a stretch of white space is one space, and none where a line begins or ends. */
static void run_write(struct writer *w, const struct run *r) {
    if (r->br) {
        styles_to(w, &r->style);
        line_break(w);
        return;
    }
    for (size_t i = 0; i < r->text.n; i++) {
        char c = r->text.p[i];
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (blank && r->preserve && c == '\n') {
            line_break(w);
        } else if (blank && !r->preserve) {
            w->space = true;
        } else {
            if (w->space && w->out->n > 0 && w->out->p[w->out->n - 1] != '\n') {
                if (!styles_are(w, &r->style))
                    styles_close(w);
                buf_byte(w->out, ' ');
            }
            w->space = false;
            styles_to(w, &r->style);
            vtt_char(w->out, blank ? ' ' : c);
        }
    }
}

static bool run_shown(const struct run *r, double begin, double end) {
    return r->begin < end && r->end > begin && !r->style.hidden;
}

/* An arrow or a closing mark cannot come of characters: all are escaped. What stays empty of words is no cue. */
static int interval_write(struct reader *x, double begin, double end, size_t line) {
    scoped(buf_done) struct buf text = BUF(4 << 20), settings = BUF(256);
    struct writer w = {.out = &text};
    const struct run *first = NULL;
    bool forced = false;
    for (size_t i = 0; i < x->n_runs; i++) {
        const struct run *r = &x->runs[i];
        if (!run_shown(r, begin, end))
            continue;
        run_write(&w, r);
        if (!r->br && str_trim(r->text).n > 0) {
            first = first ? first : r;
            forced |= r->style.forced;
        }
    }
    styles_close(&w);
    ruby_to(&w, RUBY_NONE);
    struct str words = str_trim(buf_str(&text));
    if (!first || words.n == 0)
        return 0;
    if (text.failed) {
        cues_warn(x->t.c, line, "this cue is too long; it was left out.");
        return 0;
    }
    ttml_settings(&settings, first->region, &first->style);
    int64_t start_ms = llround(begin), end_ms = llround(end);
    start_ms = MAX(start_ms, x->from_ms), end_ms = MIN(end_ms, x->to_ms);
    if (end_ms <= start_ms)
        return 0;
    x->t.c->n_forced += forced;
    return cues_add(x->t.c, start_ms, end_ms, buf_str(&settings), words, x->err);
}

static int by_time(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Blanks between timed spans come and go unseen. */
static bool run_visible(const struct run *r) { return !r->br && str_trim(r->text).n > 0; }

/* An end that is not said: the segment's, or some seconds. */
static void end_settle(struct reader *x, struct run *r, bool *told, size_t line) {
    if (isfinite(r->end) || !run_visible(r))
        return;
    if (x->to_ms < INT64_MAX) {
        r->end = (double)x->to_ms;
        return;
    }
    r->end = r->begin + OPEN_MS;
    if (!*told)
        cues_warn(x->t.c, line, "this cue has no end; it is shown for 5 seconds.");
    *told = true;
}

static size_t moments_find(struct reader *x, double *moments) {
    size_t n = 0;
    for (size_t i = 0; i < x->n_runs; i++)
        for (int k = 0; k < 2 && run_visible(&x->runs[i]); k++) {
            double at = k ? x->runs[i].end : x->runs[i].begin;
            size_t m = 0;
            while (m < n && moments[m] != at)
                m++;
            if (m == n && n < MOMENTS_MAX)
                moments[n++] = at;
        }
    qsort(moments, n, sizeof *moments, by_time);
    return n;
}

static void paragraph_write(struct reader *x, size_t line) {
    double moments[MOMENTS_MAX];
    bool told = false;
    size_t live = 0;
    for (size_t i = 0; i < x->n_runs; i++) {
        struct run *r = &x->runs[i];
        end_settle(x, r, &told, line);
        if (r->end > r->begin)
            x->runs[live++] = *r;
    }
    x->n_runs = live;
    size_t n = moments_find(x, moments);
    if (x->too_many || n == MOMENTS_MAX)
        cues_warn(x->t.c, line, "this paragraph has too many parts; some were left out.");
    for (size_t i = 0; i + 1 < n && x->rc >= 0; i++)
        x->rc = interval_write(x, moments[i], moments[i + 1], line);
}

/* ---- The tree ---- */

static void run_add(struct reader *x, const struct scope *s, struct str text, bool br) {
    if (x->n_runs == RUNS_MAX) {
        x->too_many = true;
        return;
    }
    x->runs[x->n_runs++] = (struct run){s->begin, s->end, text, br, s->preserve, s->style, s->region};
}

/* TTML 2, 12.3: what begins when the one before has ended (seq) or with its parent (par). */
static struct scope scope_enter(struct reader *x, const xmlNode *n, const struct scope *up, double from) {
    struct scope s = *up;
    double begin = 0, end = INFINITY, dur = INFINITY;
    struct str a;
    struct { const char *name; double *to; } times[] = {{"begin", &begin}, {"end", &end}, {"dur", &dur}};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        if ((a = ttml_attr(n, times[i].name)).p && !ttml_time(&x->t, a, times[i].to)) {
            cues_warn(x->t.c, (size_t)xmlGetLineNo((xmlNode *)n), "the times of this cue do not parse; it was left out.");
            begin = INFINITY;
        }
    s.begin = from + begin;
    s.end = fmin(up->end, fmin(from + end, s.begin + dur));
    a = ttml_attr(n, "timeContainer");
    s.seq = a.p && str_eq(a, STR("seq"));
    a = ttml_attr(n, "space");
    if (a.p)
        s.preserve = str_eq(a, STR("preserve"));
    a = ttml_attr(n, "region");
    if (a.p && a.n) {
        s.region = ttml_region_find(&x->t, a);
        if (s.region)
            ttml_style_inherit(&s.style, &s.region->style);
    }
    ttml_style_enter(&x->t, &s.style, n);
    return s;
}

static double children_read(struct reader *x, const xmlNode *n, const struct scope *s);

/* Returns when the element is over: what a sequence goes on from. */
static double element_read(struct reader *x, const xmlNode *n, const struct scope *up, double from) {
    if (ttml_is(n, "image") || ttml_attr(n, "backgroundImage").p)
        x->picture_line = x->picture_line ? x->picture_line : (size_t)xmlGetLineNo((xmlNode *)n);
    struct scope s = scope_enter(x, n, up, from);
    if (!isfinite(s.begin) || s.style.none || s.style.ruby == RUBY_DELIMITER)
        return from;
    if (ttml_is(n, "br")) {
        if (x->in_p)
            run_add(x, &s, STR(""), true);
        return from;
    }
    if (!ttml_is(n, "p") || x->in_p) {
        double over = children_read(x, n, &s);
        return isfinite(s.end) ? s.end : over;
    }
    x->in_p = true;
    x->n_runs = 0;
    x->too_many = false;
    double over = children_read(x, n, &s);
    x->in_p = false;
    paragraph_write(x, (size_t)xmlGetLineNo((xmlNode *)n));
    return isfinite(s.end) ? s.end : over;
}

static double children_read(struct reader *x, const xmlNode *n, const struct scope *s) {
    double over = s->begin, last = s->begin;
    for (const xmlNode *c = n->children; c && x->rc >= 0; c = c->next) {
        if (c->type == XML_ELEMENT_NODE && !is_metadata(c)) {
            last = element_read(x, c, s, s->seq ? last : s->begin);
            over = fmax(over, last);
        } else if ((c->type == XML_TEXT_NODE || c->type == XML_CDATA_SECTION_NODE) && x->in_p && !s->seq && c->content) {
            /* In a sequence bare words last no time. */
            run_add(x, s, str_of((const char *)c->content), false);
        }
    }
    return over;
}

/* ---- The document ---- */

struct guard {
    bool doctype;
    size_t broken_line; /* the first; 0: well-formed */
};

static void doctype_seen(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system) {
    xmlParserCtxtPtr p = ctx;
    ((struct guard *)p->_private)->doctype = true;
    xmlStopParser(p);
}

static int refuse(struct err *reterr, const char *hint) {
    return err_refuse(reterr, ERR_BAD_MEDIA, "text.ttml", hint, "not a TTML document that can be read");
}

static int document_read(struct reader *x, const xmlNode *root, struct err *reterr) {
    if (!root || !ttml_is(root, "tt"))
        return refuse(reterr, "This is an XML file, but not TTML: its first element is not \"tt\". Give SRT, WebVTT, ASS or TTML.");
    struct scope all = {.begin = 0, .end = INFINITY};
    ttml_head_read(&x->t, root);
    all.preserve = str_eq(ttml_attr(root, "space"), STR("preserve"));
    for (const xmlNode *c = root->children; c && x->rc >= 0; c = c->next)
        if (ttml_is(c, "body"))
            element_read(x, c, &all, 0);
    if (x->rc >= 0 && x->picture_line && x->t.c->n == 0)
        return err_refuse(reterr, ERR_MEDIA_TYPE, "text.bitmap", "These subtitles are pictures, not text. Give them as SRT or WebVTT.",
                          "pictures in TTML");
    if (x->picture_line)
        cues_warn(x->t.c, x->picture_line, "here and perhaps below are pictures in place of words; they were left out.");
    return MIN(x->rc, 0);
}

/* Prefixes that nobody declared, ids given twice: read all the same, and nothing is said of them. */
static void fault_seen(void *ctx, xmlErrorPtr e) {
    xmlParserCtxtPtr p = ctx;
    struct guard *g = p->_private;
    if (e->level == XML_ERR_FATAL && !g->broken_line)
        g->broken_line = (size_t)MAX(e->line, 1);
}

/* HTML's name for a hard space, which XML does not know; its number is as long. */
static struct str spaces_known(struct cues *c, struct str s) {
    if (str_find(s, STR("&nbsp;")) < 0)
        return s;
    struct str copy = str_dup(c->a, s);
    char *at = (char *)copy.p, *end = at + copy.n;
    while (at && (at = memmem(at, (size_t)(end - at), "&nbsp;", 6)))
        memcpy(at, "&#160;", 6);
    return copy;
}

static xmlDocPtr tree_make(struct cues *c, struct str utf8, struct guard *g) {
    xmlParserCtxtPtr p = xmlNewParserCtxt();
    if (!p)
        return NULL;
    p->_private = g;
    p->sax->internalSubset = doctype_seen;
    p->sax->serror = fault_seen;
    utf8 = spaces_known(c, utf8);
    xmlDocPtr doc = xmlCtxtReadMemory(p, utf8.p, (int)utf8.n, NULL, "UTF-8",
                                      XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_COMPACT | XML_PARSE_IGNORE_ENC |
                                          XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA);
    if (g->broken_line && !g->doctype)
        cues_warn(c, g->broken_line, "the XML is broken here; what could be read of it was kept.");
    xmlFreeParserCtxt(p);
    return doc;
}

int ttml_parse_between(struct cues *c, struct str utf8, int64_t from_ms, int64_t to_ms, struct err *reterr) {
    struct guard g = {.doctype = false};
    if (utf8.n > TEXT_FILE_MAX * 4)
        return err_set(reterr, ERR_TOO_LARGE, "TTML of %zu bytes", utf8.n);
    xmlDocPtr doc = tree_make(c, utf8, &g);
    struct reader x = {.t = {.c = c}, .from_ms = from_ms, .to_ms = to_ms, .err = reterr};
    x.runs = calloc(RUNS_MAX, sizeof *x.runs);
    int r = g.doctype ? refuse(reterr, "This XML file has a DOCTYPE, which TTML has not. Save it without.")
            : x.runs  ? document_read(&x, doc ? xmlDocGetRootElement(doc) : NULL, reterr)
                      : err_set(reterr, ERR_NO_MEMORY, "TTML");
    free(x.runs);
    xmlFreeDoc(doc);
    return r;
}

int ttml_parse(struct cues *c, struct str utf8, struct err *reterr) {
    int r = ttml_parse_between(c, utf8, 0, INT64_MAX, reterr);
    if (r >= 0 && c->n_forced > 0 && c->n_forced < c->n) {
        char what[120];
        snprintf(what, sizeof what, "%zu of %zu subtitles are marked as forced; here they are shown like the others.", c->n_forced, c->n);
        cues_warn(c, 0, what);
    }
    return r;
}
