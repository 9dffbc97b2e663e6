/*
 * clean.c - cue text of three notations into WebVTT's, clean: known tags only, balanced, '<' and
 * '&' escaped. A player hands this to a browser, so nothing of the file reaches it unread.
 */
#include "media/text/text.h"
#include <string.h>

enum { DEPTH_MAX = 16 };

struct tags {
    struct buf *out;
    const char *open[DEPTH_MAX];
    size_t depth;
};

static const char *const known_tags[] = {"b", "i", "u", "c", "v", "lang", "ruby", "rt"};

static const char *tag_known(struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(known_tags); i++)
        if (str_eq(name, str_of(known_tags[i])))
            return known_tags[i];
    return NULL;
}

static void tags_close_to(struct tags *t, size_t depth) {
    while (t->depth > depth)
        buf_addf(t->out, "</%s>", t->open[--t->depth]);
}

static void tag_end(struct tags *t, const char *name) {
    for (size_t i = t->depth; i > 0; i--) {
        if (t->open[i - 1] == name) {
            tags_close_to(t, i - 1);
            return;
        }
    }
}

void vtt_char(struct buf *out, char c) {
    if (c == '<')
        buf_addc(out, "&lt;");
    else if (c == '>')
        buf_addc(out, "&gt;");
    else if (c == '&')
        buf_addc(out, "&amp;");
    else
        buf_byte(out, (uint8_t)c);
}

/* "&amp;" and its like (HTML's names are many; these are WebVTT's), or a number. 0: a bare
 * ampersand. */
static size_t entity_length(struct str s) {
    static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&lrm;", "&rlm;", "&nbsp;"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_starts(s, str_of(names[i])))
            return strlen(names[i]);
    size_t i = 2;
    if (s.n > 3 && s.p[1] == '#') {
        bool hex = s.p[2] == 'x' || s.p[2] == 'X';
        for (i += hex; i < s.n && i < 10; i++) {
            char c = s.p[i];
            bool digit = (c >= '0' && c <= '9') ||
                         (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
            if (!digit)
                break;
        }
        if (i < s.n && s.p[i] == ';' && i > 2u + hex)
            return i + 1;
    }
    return 0;
}

/* One character or entity of plain text; returns what was consumed. */
static size_t text_step(struct buf *out, struct str s) {
    size_t n = s.p[0] == '&' ? entity_length(s) : 0;
    if (n > 0) {
        buf_mem(out, s.p, n);
        return n;
    }
    vtt_char(out, s.p[0]);
    return 1;
}

static void vtt_tag_start(struct tags *t, struct str tag) {
    size_t n = 0;
    while (n < tag.n && !strchr(". \t\n", tag.p[n]))
        n++;
    const char *name = tag_known(str_slice(tag, 0, n));
    int64_t time;
    struct str stamp = tag;
    if (!name && time_parse(&stamp, false, &time) && stamp.n == 0) {
        buf_addf(t->out, "<" STR_FMT ">", STR_ARG(tag));
        return;
    }
    if (!name || t->depth == DEPTH_MAX)
        return;
    t->open[t->depth++] = name;
    buf_byte(t->out, '<');
    for (size_t i = 0; i < tag.n; i++) {
        char c = tag.p[i];
        if (c == '\n')
            c = ' ';
        if (c == '&' && entity_length(str_slice(tag, i, tag.n)) == 0)
            buf_addc(t->out, "&amp;");
        else if (c != '<')
            buf_byte(t->out, (uint8_t)c);
    }
    buf_byte(t->out, '>');
}

void vtt_clean(struct buf *out, struct str text) {
    struct tags t = {.out = out};
    for (size_t i = 0; i < text.n;) {
        ptrdiff_t end = text.p[i] == '<' ? str_index(str_slice(text, i, text.n), '>') : -1;
        if (end < 0) {
            i += text_step(out, str_slice(text, i, text.n));
            continue;
        }
        struct str tag = str_slice(text, i + 1, i + (size_t)end);
        if (tag.n > 0 && tag.p[0] == '/') {
            const char *name = tag_known(str_trim(str_slice(tag, 1, tag.n)));
            if (name)
                tag_end(&t, name);
        } else {
            vtt_tag_start(&t, tag);
        }
        i += (size_t)end + 1;
    }
    /* A voice that runs to the end of the cue may stay open (WebVTT 4.2.2). */
    if (!(t.depth == 1 && strcmp(t.open[0], "v") == 0))
        tags_close_to(&t, 0);
}

static const char *tag_style(struct str name) {
    static const char *const styles[] = {"b", "i", "u"};
    for (size_t i = 0; i < 3; i++)
        if (str_eq_nocase(name, str_of(styles[i])))
            return styles[i];
    return NULL;
}

static void tag_open(struct tags *t, const char *name) {
    if (t->depth == DEPTH_MAX)
        return;
    t->open[t->depth++] = name;
    buf_addf(t->out, "<%s>", name);
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "{\an8\i1}": the position, and styles switched on and off. */
static void override_apply(struct tags *t, struct str s, int *align, bool *drawing) {
    for (struct str rest = s, code; rest.p;) {
        rest = str_cut(rest, '\\', &code);
        if (str_starts(code, STR("an")) && code.n >= 3 && code.p[2] >= '1' && code.p[2] <= '9') {
            *align = code.p[2] - '0';
        } else if (code.n == 2 && tag_style(str_slice(code, 0, 1)) &&
                   (code.p[1] == '0' || code.p[1] == '1')) {
            const char *name = tag_style(str_slice(code, 0, 1));
            if (code.p[1] == '1')
                tag_open(t, name);
            else
                tag_end(t, name);
        } else if (code.n == 2 && code.p[0] == 'p' && code.p[1] >= '0' && code.p[1] <= '9') {
            *drawing = code.p[1] != '0';
        }
    }
}

void srt_clean(struct buf *out, struct str text, int *align) {
    struct tags t = {.out = out};
    bool drawing = false;
    for (size_t i = 0; i < text.n;) {
        struct str rest = str_slice(text, i, text.n);
        bool tag = rest.p[0] == '<' && rest.n > 2 && (is_letter(rest.p[1]) || rest.p[1] == '/');
        ptrdiff_t end = tag ? str_index(rest, '>') : -1;
        if (end > 0) {
            bool closing = rest.p[1] == '/';
            struct str name = str_trim(str_slice(rest, 1 + closing, (size_t)end));
            const char *style = tag_style(name);
            if (style && closing)
                tag_end(&t, style);
            else if (style)
                tag_open(&t, style);
            i += (size_t)end + 1;
        } else if (str_starts(rest, STR("{\\")) && (end = str_index(rest, '}')) > 0) {
            override_apply(&t, str_slice(rest, 2, (size_t)end), align, &drawing);
            i += (size_t)end + 1;
        } else {
            i += text_step(out, rest);
        }
    }
    tags_close_to(&t, 0);
}

void ass_clean(struct buf *out, struct str text, int *align) {
    struct tags t = {.out = out};
    bool drawing = false;
    for (size_t i = 0; i < text.n; i++) {
        struct str rest = str_slice(text, i, text.n);
        ptrdiff_t end;
        if (rest.p[0] == '{' && (end = str_index(rest, '}')) > 0) {
            override_apply(&t, str_slice(rest, 1, (size_t)end), align, &drawing);
            i += (size_t)end;
        } else if (rest.n > 1 && rest.p[0] == '\\' &&
                   (rest.p[1] == 'N' || rest.p[1] == 'n' || rest.p[1] == 'h')) {
            if (!drawing)
                buf_addc(out, rest.p[1] == 'N' ? "\n" : " ");
            i++;
        } else if (!drawing) {
            vtt_char(out, rest.p[0]);
        }
    }
    tags_close_to(&t, 0);
}

const char *align_settings(int align) {
    static const char *const settings[10] = {
        "",
        "align:start",
        "",
        "align:end",
        "line:50% align:start",
        "line:50%",
        "line:50% align:end",
        "line:0 align:start",
        "line:0",
        "line:0 align:end",
    };
    return align > 0 && align < 10 ? settings[align] : "";
}
