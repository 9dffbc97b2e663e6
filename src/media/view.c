/*
 * view.c - which tracks of an asset a viewer's manifests list. An id has exactly one spelling,
 * because it is part of a cache key: parts in the order h, c, l, s, t; lists sorted, without repetition.
 */
#include "media/presentation.h"
#include "base/buf.h"
#include <stdio.h>
#include <string.h>

static bool part_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* ".en.fr" into list; false: empty, too many, unsorted or odd characters. */
static bool list_parse(struct str s, struct arena *a, struct str *list, size_t max, size_t *ret_n,
                       bool tags) {
    size_t n = 0;
    while (s.n > 0) {
        struct str item;
        s = str_cut(str_slice(s, 1, s.n), '.', &item);
        if (s.p) /* give the separator back: every item starts with one */
            s.p--, s.n++;
        if (item.n == 0 || n == max)
            return false;
        item = str_dup(a, item);
        for (size_t i = 0; i < item.n; i++) {
            char *c = (char *)item.p + i;
            if (!part_char(*c))
                return false;
            if (tags && *c == '_')
                *c = '-';
        }
        if (n > 0 && str_cmp(list[n - 1], item) >= 0)
            return false;
        list[n++] = item;
    }
    *ret_n = n;
    return n > 0;
}

static bool height_parse(struct str s, int *ret) {
    int64_t h;
    if (s.n == 0 || s.n > 4 || s.p[0] == '0' || !str_to_i64(s, &h) || h <= 0)
        return false;
    *ret = (int)h;
    return true;
}

static bool text_parse_number(struct str s, int64_t *ret) {
    return s.n > 0 && s.n <= 9 && s.p[0] != '0' && str_to_i64(s, ret) && *ret > 0;
}

static bool scheme_parse(struct str s, enum scheme *ret) {
    for (int i = SCHEME_CENC; i <= SCHEME_CBCS; i++)
        if (str_eq(s, str_of(scheme_names[i]))) {
            *ret = (enum scheme)i;
            return true;
        }
    return false;
}

bool view_parse(struct str id, struct arena *a, struct view *ret_v) {
    struct view v = {0};
    if (!str_eq(id, STR("d"))) {
        if (id.n == 0 || id.n > 200)
            return false;
        for (struct str rest = id, part; rest.p;) {
            rest = str_cut(rest, '-', &part);
            bool ok = false;
            if (part.n > 1 && part.p[0] == 'h')
                ok = height_parse(str_slice(part, 1, part.n), &v.max_height);
            else if (part.n > 1 && part.p[0] == 'c' && part.p[1] == '.')
                ok = list_parse(str_slice(part, 1, part.n), a, v.codecs, ARRAY_LEN(v.codecs),
                                &v.n_codecs, false);
            else if (part.n > 1 && part.p[0] == 'l' && part.p[1] == '.')
                ok = list_parse(str_slice(part, 1, part.n), a, v.langs, ARRAY_LEN(v.langs),
                                &v.n_langs, true);
            else if (part.n > 1 && part.p[0] == 's')
                ok = scheme_parse(str_slice(part, 1, part.n), &v.scheme);
            else if (part.n > 1 && part.p[0] == 't')
                ok = text_parse_number(str_slice(part, 1, part.n), &v.text);
            if (!ok)
                return false;
        }
    }
    /* Order and repetition of parts: only the canonical spelling is this view's id. */
    if (a->failed || !str_eq(view_id(&v, a), id))
        return false;
    *ret_v = v;
    return true;
}

static void list_write(struct buf *b, char letter, const struct str *list, size_t n) {
    struct str sorted[8];
    n = MIN(n, ARRAY_LEN(sorted));
    for (size_t i = 0; i < n; i++) {
        size_t k = i;
        for (; k > 0 && str_cmp(sorted[k - 1], list[i]) > 0; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = list[i];
    }
    if (n > 0)
        buf_addf(b, "%s%c", b->n ? "-" : "", letter);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && str_eq(sorted[i - 1], sorted[i]))
            continue;
        buf_byte(b, '.');
        for (size_t k = 0; k < sorted[i].n; k++) {
            char c = sorted[i].p[k];
            c = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
            buf_byte(b, (uint8_t)(part_char(c) ? c : '_'));
        }
    }
}

struct str view_id(const struct view *v, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(1024);
    if (v->max_height > 0)
        buf_addf(&b, "h%d", v->max_height);
    list_write(&b, 'c', v->codecs, v->n_codecs);
    list_write(&b, 'l', v->langs, v->n_langs);
    if (v->scheme != SCHEME_CLEAR)
        buf_addf(&b, "%ss%s", b.n ? "-" : "", scheme_names[v->scheme]);
    if (v->text > 0)
        buf_addf(&b, "%st%lld", b.n ? "-" : "", (long long)v->text);
    return b.n ? str_dup(a, buf_str(&b)) : str_dup(a, STR("d"));
}

/* 0 video, 1 audio, 2 neither. */
static int family_kind(struct str f) {
    static const struct {
        const char *name;
        int kind;
    } known[] = {{"avc1", 0}, {"avc3", 0}, {"hvc1", 0}, {"hev1", 0}, {"av01", 0},
                 {"vp09", 0}, {"mp4a", 1}, {"opus", 1}, {"ec_3", 1}, {"ac_3", 1}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq(f, str_of(known[i].name)))
            return known[i].kind;
    return 2;
}

bool codec_same_family(struct str a, struct str b) {
    struct str x, y;
    str_cut(a, '.', &x);
    str_cut(b, '.', &y);
    return str_eq_nocase(x, y);
}

static bool family_is(struct str codec, struct str family) {
    struct str head;
    str_cut(codec, '.', &head);
    if (head.n != family.n)
        return false;
    for (size_t i = 0; i < head.n; i++) {
        char c = head.p[i] >= 'A' && head.p[i] <= 'Z' ? (char)(head.p[i] + 32) : head.p[i];
        if ((c == '-' ? '_' : c) != family.p[i])
            return false;
    }
    return true;
}

bool view_codec(const struct view *v, const struct track_desc *t) {
    bool binds = false;
    for (size_t i = 0; i < v->n_codecs; i++) {
        if (family_is(t->codec, v->codecs[i]))
            return true;
        binds |= family_kind(v->codecs[i]) == (t->kind == TRACK_AUDIO ? 1 : 0);
    }
    return !binds;
}

bool view_imsc(const struct view *v) {
    for (size_t i = 0; i < v->n_codecs; i++)
        if (str_eq(v->codecs[i], STR("stpp")))
            return true;
    return false;
}

void second_name(struct str track, char ret[16]) {
    struct str rest = str_slice(track, 1, track.n);
    snprintf(ret, 16, "%c%.*s", track.n == 0 ? 'b' : track.p[0] == 'v' ? 'w' : track.p[0] == 'k' ? 'q' : 'b', (int)MIN(rest.n, (size_t)14), rest.p);
}

void imsc_name(struct str track, char ret[16]) {
    struct str rest = str_slice(track, 1, track.n);
    snprintf(ret, 16, "s%.*s", (int)MIN(rest.n, (size_t)14), rest.p);
}

bool view_has(const struct view *v, const struct track_desc *t) {
    if (t->kind == TRACK_VIDEO && v->max_height > 0 &&
        picture_lines(t->width, t->height) > v->max_height)
        return false;
    if ((t->kind == TRACK_VIDEO || t->kind == TRACK_AUDIO || t->kind == TRACK_TRICK) && !view_codec(v, t))
        return false;
    if (t->kind != TRACK_AUDIO && t->kind != TRACK_TEXT)
        return true;
    if (v->n_langs == 0 || str_eq(t->lang, STR("und")))
        return true;
    for (size_t i = 0; i < v->n_langs; i++)
        if (str_eq_nocase(t->lang, v->langs[i]))
            return true;
    return false;
}
