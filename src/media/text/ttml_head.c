/*
 * ttml_head.c - what a TTML document says before its words: parameters and the times they give sense to, styles, regions. A region
 * becomes the cue's line, position, size and alignment; the usual ones, along the lower edge, become nothing, for there every
 * player puts subtitles by itself and knows to keep clear of its own controls.
 */
#include "media/text/ttml_int.h"
#include <math.h>
#include <string.h>

enum { STYLE_DEPTH_MAX = 8, STYLES_NAMED_MAX = 16, STYLE_STEPS_MAX = 50000000 };
#define TIME_MAX_MS (10000.0 * 86400000)

/* ---- Times ---- */

/* Digits, and a fraction where it is allowed; leaves *s behind them. */
static bool count_take(struct str *s, bool fraction, double *ret) {
    size_t n = 0, point = 0;
    while (n < s->n && n < 20 && ((s->p[n] >= '0' && s->p[n] <= '9') || (fraction && n > 0 && !point && s->p[n] == '.'))) {
        if (s->p[n] == '.')
            point = n;
        n++;
    }
    if (n == 0 || (point && point + 1 == n) || !str_to_f64(str_slice(*s, 0, n), ret))
        return false;
    *s = str_slice(*s, n, s->n);
    return true;
}

static bool colon_take(struct str *s) {
    if (s->n == 0 || s->p[0] != ':')
        return false;
    *s = str_slice(*s, 1, s->n);
    return true;
}

/* SMPTE 12M: two numbers of frames are dropped each minute but the tenth. */
static double frames_dropped(double hours, double minutes) {
    double all = hours * 60 + minutes;
    return 2 * (all - floor(all / 10));
}

static double frame_rate(const struct ttml *t) { return t->frame_rate * t->multiplier; }

/* "hh:mm:ss", then ".fraction" or ":frames" with ".subframes". */
static bool clock_time(const struct ttml *t, struct str s, double *ret_ms) {
    double hours, minutes, seconds, frames = 0, sub = 0;
    if (!count_take(&s, false, &hours) || !colon_take(&s) || !count_take(&s, false, &minutes) || !colon_take(&s) ||
        !count_take(&s, true, &seconds) || minutes >= 60 || seconds > 61)
        return false;
    if (s.n > 0 && (!colon_take(&s) || !count_take(&s, false, &frames)))
        return false;
    if (s.n > 1 && s.p[0] == '.') {
        s = str_slice(s, 1, s.n);
        if (!count_take(&s, false, &sub))
            return false;
    }
    if (s.n > 0)
        return false;
    double whole = hours * 3600 + minutes * 60 + seconds;
    frames += sub / t->sub_frames;
    if (t->smpte) /* a time code counts frames, and they last a little longer than their number says */
        *ret_ms = (whole * t->frame_rate + frames - (t->drop ? frames_dropped(hours, minutes) : 0)) / frame_rate(t) * 1000;
    else
        *ret_ms = (whole + frames / frame_rate(t)) * 1000;
    return true;
}

bool ttml_time(const struct ttml *t, struct str s, double *ret_ms) {
    struct str rest = s;
    double v;
    if (str_index(s, ':') >= 0) {
        if (!clock_time(t, s, &v))
            return false;
    } else {
        const struct { const char *unit; double ms; } units[] = {{"h", 3600000}, {"m", 60000},
            {"s", 1000}, {"ms", 1}, {"f", 1000 / frame_rate(t)}, {"t", 1000 / t->tick_rate}};
        size_t i = 0;
        if (!count_take(&rest, true, &v))
            return false;
        while (i < ARRAY_LEN(units) && !str_eq(rest, str_of(units[i].unit)))
            i++;
        if (i == ARRAY_LEN(units))
            return false;
        v *= units[i].ms;
    }
    if (!(v >= 0 && v <= TIME_MAX_MS))
        return false;
    *ret_ms = v;
    return true;
}

/* ---- Parameters ---- */

static double positive(const xmlNode *n, const char *name, double def, double max) {
    double v;
    struct str a = ttml_attr(n, name);
    return a.p && str_to_f64(a, &v) && v >= 1 && v <= max ? v : def;
}

/* "1000 1001"; the first drafts had "1000:1001". */
static bool pair(struct str s, double *ret_a, double *ret_b) {
    struct str head, rest = str_cut(s, str_index(s, ':') >= 0 ? ':' : ' ', &head);
    return rest.p && str_to_f64(str_trim(head), ret_a) && str_to_f64(str_trim(rest), ret_b) && *ret_a > 0 && *ret_b > 0;
}

static void parameters_read(struct ttml *t, const xmlNode *tt) {
    double a, b;
    t->frame_rate = positive(tt, "frameRate", 30, 1000);
    t->sub_frames = positive(tt, "subFrameRate", 1, 1000);
    t->tick_rate = positive(tt, "tickRate", ttml_attr(tt, "frameRate").p ? t->frame_rate * t->sub_frames : 1, 1e12);
    t->multiplier = pair(ttml_attr(tt, "frameRateMultiplier"), &a, &b) && a / b > 0.001 && a / b < 1000 ? a / b : 1;
    t->smpte = str_eq(ttml_attr(tt, "timeBase"), STR("smpte"));
    t->drop = str_eq(ttml_attr(tt, "dropMode"), STR("dropNTSC"));
    t->cells_x = 32, t->cells_y = 15;
    if (pair(ttml_attr(tt, "cellResolution"), &a, &b))
        t->cells_x = a, t->cells_y = b;
}

/* ---- Lengths ---- */

struct axis {
    double cells, pixels;
};

/* Percent of the picture: "10%", "64px" of the root's extent, "2c", "5rw". */
static bool length(struct str s, struct axis a, double *ret) {
    size_t n = 0;
    double v;
    while (n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == '.' || ((s.p[n] == '-' || s.p[n] == '+') && n == 0)))
        n++;
    if (n == 0 || !str_to_f64(str_slice(s, s.p[0] == '+', n), &v))
        return false;
    struct str unit = str_slice(s, n, s.n);
    if (str_eq(unit, STR("%")) || str_eq(unit, STR("rw")) || str_eq(unit, STR("rh")))
        *ret = v;
    else if (str_eq(unit, STR("px")) && a.pixels > 0)
        *ret = v / a.pixels * 100;
    else if (str_eq(unit, STR("c")))
        *ret = v / a.cells * 100;
    else
        return false;
    return *ret > -1000 && *ret < 1000;
}

static bool lengths(const struct ttml *t, struct str s, double *ret_x, double *ret_y) {
    struct str x, y = str_trim(str_cut(s, ' ', &x));
    return y.p && length(x, (struct axis){t->cells_x, t->root_w}, ret_x) && length(y, (struct axis){t->cells_y, t->root_h}, ret_y);
}

static void root_extent_read(struct ttml *t, const xmlNode *tt) {
    struct str x, y = str_cut(ttml_attr(tt, "extent"), ' ', &x);
    double w, h;
    y = str_trim(y);
    if (str_ends(x, STR("px")) && str_ends(y, STR("px")) && str_to_f64(str_slice(x, 0, x.n - 2), &w) &&
        str_to_f64(str_slice(y, 0, y.n - 2), &h) && w > 0 && h > 0)
        t->root_w = w, t->root_h = h;
}

/* ---- Styles ---- */

static void lang_take(const struct ttml *t, struct ttml_style *s, const xmlNode *n) {
    struct str lang = STR_NULL;
    for (const xmlAttr *a = n->properties; a; a = a->next)
        if (strcmp((const char *)a->name, "lang") == 0 && a->children && a->children->content)
            lang = str_trim(str_of((const char *)a->children->content));
    if (!lang.p)
        return;
    for (size_t i = 0; i < lang.n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", lang.p[i]))
            return;
    s->lang = lang.n > 35 || str_eq_nocase(lang, t->lang) ? STR_NULL : lang;
}

static void style_own(struct ttml_style *s, const xmlNode *n) {
    static const struct { const char *name; enum ttml_ruby ruby; } rubies[] = {
        {"base", RUBY_BASE}, {"text", RUBY_TEXT}, {"delimiter", RUBY_DELIMITER}, {"none", RUBY_NONE}};
    struct str a;
    if ((a = ttml_attr(n, "fontStyle")).p)
        s->italic = str_eq(a, STR("italic")) || str_eq(a, STR("oblique"));
    if ((a = ttml_attr(n, "fontWeight")).p)
        s->bold = str_eq(a, STR("bold"));
    if ((a = ttml_attr(n, "textDecoration")).p && !str_eq(a, STR("inherit"))) {
        if (str_find(a, STR("noUnderline")) >= 0 || str_eq(a, STR("none")))
            s->underline = false;
        else if (str_find(a, STR("underline")) >= 0)
            s->underline = true;
    }
    if ((a = ttml_attr(n, "visibility")).p)
        s->hidden = str_eq(a, STR("hidden"));
    if ((a = ttml_attr(n, "forcedDisplay")).p)
        s->forced = str_eq(a, STR("true"));
    if ((a = ttml_attr(n, "textAlign")).p) {
        s->align_set = true;
        s->align = str_eq(a, STR("center")) ? ALIGN_CENTER : str_eq(a, STR("end")) || str_eq(a, STR("right")) ? ALIGN_END : ALIGN_START;
    }
    if ((a = ttml_attr(n, "ruby")).p)
        for (size_t i = 0; i < ARRAY_LEN(rubies); i++)
            if (str_eq(a, str_of(rubies[i].name)))
                s->ruby = rubies[i].ruby;
}

static const xmlNode *style_find(struct ttml *t, struct str id) {
    for (const xmlNode *n = t->styling ? t->styling->children : NULL; n; n = n->next)
        if (++t->style_steps > STYLE_STEPS_MAX)
            break;
        else if (ttml_is(n, "style") && str_eq(ttml_attr(n, "id"), id))
            return n;
    if (t->style_steps == STYLE_STEPS_MAX + 1)
        cues_warn(t->c, 0, "The file has too many styles; from some place on they were not applied.");
    return NULL;
}

/* Styles may name styles; rings of them end at a depth. */
static void styles_named(struct ttml *t, struct ttml_style *s, struct str ids, int depth) {
    struct str id;
    int count = 0;
    for (struct str rest = ids; rest.p && depth < STYLE_DEPTH_MAX && count < STYLES_NAMED_MAX >> depth; count++) {
        rest = str_cut(rest, ' ', &id);
        const xmlNode *n = id.n ? style_find(t, id) : NULL;
        if (!n)
            continue;
        styles_named(t, s, ttml_attr(n, "style"), depth + 1);
        style_own(s, n);
    }
}

/* <i>, <b> and <u> are HTML's; people write them, and what is meant is plain. */
static void style_by_name(struct ttml_style *s, const xmlNode *n) {
    s->italic |= ttml_is(n, "i");
    s->bold |= ttml_is(n, "b");
    s->underline |= ttml_is(n, "u");
}

void ttml_style_enter(struct ttml *t, struct ttml_style *s, const xmlNode *n) {
    style_by_name(s, n);
    styles_named(t, s, ttml_attr(n, "style"), 0);
    style_own(s, n);
    lang_take(t, s, n);
    s->none = str_eq(ttml_attr(n, "display"), STR("none"));
}

void ttml_style_inherit(struct ttml_style *s, const struct ttml_style *region) {
    s->bold |= region->bold, s->italic |= region->italic, s->underline |= region->underline;
    s->hidden |= region->hidden, s->forced |= region->forced;
    if (!s->align_set)
        s->align = region->align, s->align_set = region->align_set;
}

/* ---- Regions ---- */

/* IMSC 1.1's tts:position: "center", "10% 80%", "left bottom"; the offsets with edges are left to their default. */
static bool position_axis(struct str s, double room, const char *near, const char *far, struct axis a, double *ret) {
    double v;
    if (str_eq(s, str_of(near)))
        *ret = 0;
    else if (str_eq(s, str_of(far)))
        *ret = room;
    else if (str_eq(s, STR("center")))
        *ret = room / 2;
    else if (!length(s, a, &v))
        return false;
    else
        *ret = str_ends(s, STR("%")) ? v * room / 100 : v;
    return true;
}

static void position_read(const struct ttml *t, struct ttml_region *r, struct str s) {
    struct str x, y = str_cut(s, ' ', &x);
    y = y.p ? str_trim(y) : STR("center");
    double at_x, at_y;
    if (position_axis(x, 100 - r->w, "left", "right", (struct axis){t->cells_x, t->root_w}, &at_x) &&
        position_axis(y, 100 - r->h, "top", "bottom", (struct axis){t->cells_y, t->root_h}, &at_y))
        r->x = at_x, r->y = at_y, r->placed = true;
}

/* What of a region may stand in styles that it names, and in <style> elements inside it. */
static void region_place(const struct ttml *t, struct ttml_region *r, const xmlNode *n) {
    struct str a;
    if ((a = ttml_attr(n, "extent")).p && lengths(t, a, &r->w, &r->h))
        r->placed = true;
    if ((a = ttml_attr(n, "origin")).p && lengths(t, a, &r->x, &r->y))
        r->placed = true;
    if ((a = ttml_attr(n, "position")).p)
        position_read(t, r, a);
    if ((a = ttml_attr(n, "displayAlign")).p) {
        r->display = str_eq(a, STR("after")) ? DISPLAY_AFTER : str_eq(a, STR("center")) ? DISPLAY_CENTER : DISPLAY_BEFORE;
        r->placed = true;
    }
    if ((a = ttml_attr(n, "writingMode")).p) {
        r->vertical_rl = str_eq(a, STR("tbrl")) || str_eq(a, STR("tb"));
        r->vertical_lr = str_eq(a, STR("tblr"));
    }
}

static void region_read(struct ttml *t, const xmlNode *n) {
    if (t->n_regions == TTML_REGIONS_MAX)
        return;
    struct ttml_region *r = &t->regions[t->n_regions++];
    *r = (struct ttml_region){.id = ttml_attr(n, "id"), .w = 100, .h = 100};
    struct str id, rest = ttml_attr(n, "style");
    for (int i = 0; rest.p && i < STYLES_NAMED_MAX; i++) {
        rest = str_cut(rest, ' ', &id);
        const xmlNode *named = id.n ? style_find(t, id) : NULL;
        if (named)
            region_place(t, r, named);
    }
    for (const xmlNode *c = n->children; c; c = c->next)
        if (ttml_is(c, "style")) {
            region_place(t, r, c);
            ttml_style_enter(t, &r->style, c);
        }
    region_place(t, r, n);
    ttml_style_enter(t, &r->style, n);
    r->style.lang = STR_NULL;
}

const struct ttml_region *ttml_region_find(const struct ttml *t, struct str id) {
    for (size_t i = 0; i < t->n_regions; i++)
        if (str_eq(t->regions[i].id, id))
            return &t->regions[i];
    return NULL;
}

void ttml_head_read(struct ttml *t, const xmlNode *root) {
    parameters_read(t, root);
    root_extent_read(t, root);
    struct ttml_style document = {.bold = false};
    lang_take(t, &document, root);
    t->lang = document.lang;
    snprintf(t->c->lang, sizeof t->c->lang, STR_FMT, STR_ARG(t->lang));
    for (const xmlNode *h = root->children; h; h = h->next) {
        if (!ttml_is(h, "head"))
            continue;
        for (const xmlNode *n = h->children; n; n = n->next)
            if (ttml_is(n, "styling"))
                t->styling = n;
        for (const xmlNode *n = h->children; n; n = n->next)
            for (const xmlNode *r = ttml_is(n, "layout") ? n->children : NULL; r; r = r->next)
                if (ttml_is(r, "region"))
                    region_read(t, r);
    }
}

/* ---- Cue settings ---- */

static double percent(double v) { return round(CLAMP(v, 0, 100) * 100) / 100; }

static void setting(struct buf *out, const char *name, double v, const char *suffix) {
    buf_addf(out, "%s%s:%.5g%%%s", out->n ? " " : "", name, percent(v), suffix);
}

/* Lines count from the upper edge, or where text runs down from the right one. */
static void line_write(struct buf *out, const struct ttml_region *r) {
    double at = r->y, size = r->h;
    if (r->vertical_rl)
        at = 100 - r->x - r->w, size = r->w;
    else if (r->vertical_lr)
        at = r->x, size = r->w;
    bool across = !r->vertical_rl && !r->vertical_lr;
    if (across && r->display == DISPLAY_AFTER && at + size >= 80)
        return;
    if (across && r->display == DISPLAY_BEFORE && at <= 15)
        buf_addc(out, "line:0");
    else if (r->display == DISPLAY_BEFORE)
        setting(out, "line", at, "");
    else if (r->display == DISPLAY_AFTER)
        setting(out, "line", at + size, ",end");
    else
        setting(out, "line", at + size / 2, ",center");
}

void ttml_settings(struct buf *out, const struct ttml_region *r, const struct ttml_style *s) {
    static const char *const aligns[] = {[ALIGN_START] = "align:start", [ALIGN_END] = "align:end"};
    /* Without any layout people mean the usual place; TTML's own default is the upper left corner. */
    enum ttml_align align = s->align_set || (r && r->placed) ? s->align : ALIGN_CENTER;
    if (r && (r->vertical_rl || r->vertical_lr))
        buf_addc(out, r->vertical_rl ? "vertical:rl" : "vertical:lr");
    if (r && r->placed) {
        bool across = !r->vertical_rl && !r->vertical_lr;
        double from = across ? r->x : r->y, size = across ? r->w : r->h;
        line_write(out, r);
        if (align == ALIGN_START && from > 0)
            setting(out, "position", from, ",line-left");
        else if (align == ALIGN_END && from + size < 100)
            setting(out, "position", from + size, ",line-right");
        else if (align == ALIGN_CENTER && fabs(from + size / 2 - 50) > 3)
            setting(out, "position", from + size / 2, ",center");
        if (size < 60)
            setting(out, "size", size, "");
    }
    if (align != ALIGN_CENTER)
        buf_addf(out, "%s%s", out->n ? " " : "", aligns[align]);
}
