/* cues.c - a list of cues, their times, and which format a file is in. */
#include "media/text/text.h"
#include <string.h>

void cues_init(struct cues *c, struct arena *a) {
    *c = (struct cues){.a = a, .head = BUF(1 << 20)};
}

void cues_done(struct cues *c) {
    free(c->v);
    buf_done(&c->head);
    c->v = NULL;
}

int cues_add(struct cues *c, int64_t start_ms, int64_t end_ms, struct str settings, struct str text,
             struct err *reterr) {
    if (c->n == TEXT_CUES_MAX)
        return err_refuse(reterr, ERR_TOO_LARGE, "text.too_many_cues",
                          "The file has too many subtitles: is it the right one?", "more than %d cues", TEXT_CUES_MAX);
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 256;
        struct cue *v = realloc(c->v, cap * sizeof *v);
        if (!v)
            return err_set(reterr, ERR_NO_MEMORY, "cues");
        c->v = v, c->cap = cap;
    }
    text = str_dup(c->a, text);
    /* An empty line would end the cue. */
    size_t kept = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '\n' || (kept > 0 && text.p[kept - 1] != '\n' && i + 1 < text.n))
            ((char *)text.p)[kept++] = text.p[i];
    text.n = kept;
    c->v[c->n] = (struct cue){start_ms, end_ms, str_dup(c->a, settings), text, (uint32_t)c->n};
    c->n++;
    return c->a->failed ? err_set(reterr, ERR_LIMIT, "subtitles do not fit into memory") : 0;
}

void cues_warn(struct cues *c, size_t line, const char *what) {
    char *to = c->n_warnings < TEXT_WARNINGS_MAX ? c->warnings[c->n_warnings] : NULL;
    if (to && line)
        snprintf(to, sizeof c->warnings[0], "Line %zu: %s", line, what);
    else if (to)
        snprintf(to, sizeof c->warnings[0], "%s", what);
    c->n_warnings++;
}

static int cue_order(const void *pa, const void *pb) {
    const struct cue *a = pa, *b = pb;
    if (a->start_ms != b->start_ms)
        return a->start_ms < b->start_ms ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

void cues_sort(struct cues *c) {
    if (c->n > 1)
        qsort(c->v, c->n, sizeof *c->v, cue_order);
}

void cues_join(struct cues *c) {
    enum { LOOK_BACK = 32 };
    size_t kept = 0;
    for (size_t i = 0; i < c->n; i++) {
        struct cue *q = &c->v[i];
        size_t k = kept;
        while (k > 0 && kept - k < LOOK_BACK &&
               !(c->v[k - 1].end_ms == q->start_ms && str_eq(c->v[k - 1].text, q->text) && str_eq(c->v[k - 1].settings, q->settings)))
            k--;
        if (k > 0 && kept - k < LOOK_BACK)
            c->v[k - 1].end_ms = q->end_ms;
        else
            c->v[kept++] = *q;
    }
    c->n = kept;
}

static bool digits(struct str *s, int64_t *ret, size_t *ret_n) {
    int64_t v = 0;
    size_t n = 0;
    while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9') {
        if (n > 8)
            return false;
        v = v * 10 + (s->p[n++] - '0');
    }
    *s = str_slice(*s, n, s->n);
    *ret = v;
    *ret_n = n;
    return n > 0;
}

static bool skip_char(struct str *s, char c) {
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = str_slice(*s, 1, s->n);
    return true;
}

/* WebVTT 6.3 "collect a WebVTT timestamp"; SRT's short forms (one-digit fields) are taken when
 * comma. */
bool time_parse(struct str *s, bool comma, int64_t *ret_ms) {
    struct str at = *s;
    int64_t v[3], fraction;
    size_t n[3], count = 0, width;
    do {
        if (!digits(&at, &v[count], &n[count]))
            return false;
        count++;
    } while (count < 3 && skip_char(&at, ':'));
    if (count < 2)
        return false;
    int64_t hours = count == 3 ? v[0] : 0, minutes = v[count - 2], seconds = v[count - 1];
    if (minutes > 59 || seconds > 59)
        return false;
    if (!comma && (n[count - 2] != 2 || n[count - 1] != 2 || (count == 3 && n[0] < 2)))
        return false;
    if (!skip_char(&at, '.') && !(comma && skip_char(&at, ','))) {
        if (!comma)
            return false;
        fraction = 0;
    } else if (!digits(&at, &fraction, &width) || (!comma && width != 3)) {
        return false;
    } else {
        for (; width > 3; width--)
            fraction /= 10;
        for (; width < 3; width++)
            fraction *= 10;
    }
    *ret_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
    *s = at;
    return true;
}

void cue_times_mend(struct cues *c, size_t line, int64_t *start_ms, int64_t *end_ms) {
    enum { EXCHANGED_MAX_MS = 10000, SHORT_MS = 1500 };
    int64_t start = *start_ms, end = *end_ms;
    if (end > start)
        return;
    if (end < start && start - end <= EXCHANGED_MAX_MS) {
        *start_ms = end, *end_ms = start;
        cues_warn(c, line, "this cue ended before it began; its two times were exchanged.");
    } else {
        *end_ms = start + SHORT_MS;
        cues_warn(c, line, end == start ? "this cue had no length; it is shown for 1.5 seconds."
                                        : "this cue ended long before it began; it is shown for 1.5 seconds.");
    }
}

/* What a file begins with says what it is. */
static int format_read(struct cues *c, struct str s, struct err *reterr) {
    struct str body = str_trim(s);
    if (str_starts(s, STR("WEBVTT")) && (s.n == 6 || strchr(" \t\n", s.p[6]))) {
        c->format = "vtt";
        return vtt_parse(c, s, reterr);
    }
    if (str_starts(body, STR("[Script Info]"))) {
        c->format = "ass";
        return ass_parse(c, s, reterr);
    }
    if (str_starts(body, STR("<"))) {
        c->format = "ttml";
        return ttml_parse(c, s, reterr);
    }
    if (str_find(s, STR("-->")) >= 0) {
        c->format = "srt";
        return srt_parse(c, s, reterr);
    }
    return err_refuse(reterr, ERR_BAD_MEDIA, "text.unknown",
                      "This is not a subtitle file: it neither begins with \"WEBVTT\" nor has a cue of SRT "
                      "(\"00:00:01,000 --> 00:00:02,000\"). Give SRT, WebVTT, ASS or TTML.",
                      "not a subtitle file");
}

/* What the first line of XML says of its encoding. UTF-16 shows by itself, and what is UTF-8 is so whatever it says. */
static const char *xml_encoding(struct str file, char *name, size_t cap) {
    struct str head = str_slice(file, 0, 200), value;
    ptrdiff_t end = str_starts(head, STR("<?xml")) ? str_find(head, STR("?>")) : -1;
    ptrdiff_t at = end < 0 ? -1 : str_find(str_slice(head, 0, (size_t)end), STR("encoding="));
    if (at < 0 || str_is_utf8(file))
        return NULL;
    head = str_slice(head, (size_t)at + 9, (size_t)end);
    if (head.n < 2 || (head.p[0] != '"' && head.p[0] != '\''))
        return NULL;
    str_cut(str_slice(head, 1, head.n), head.p[0], &value);
    if (value.n == 0 || value.n >= cap || !text_encoding_known(value) || str_starts(value, STR("UTF")))
        return NULL;
    snprintf(name, cap, STR_FMT, STR_ARG(value));
    return name;
}

int text_parse(struct cues *c, struct str file, const char *encoding, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(4 * (size_t)TEXT_FILE_MAX);
    encoding = encoding ? encoding : xml_encoding(file, c->declared, sizeof c->declared);
    c->encoding = encoding ? (struct text_encoding){.name = encoding, .confidence = 100} : text_encoding_find(file);
    int r = text_to_utf8(file, c->encoding.name, &b, reterr);
    if (r >= 0)
        r = format_read(c, buf_str(&b), reterr);
    if (r >= 0 && c->n == 0) {
        char first[200] = "It has no cue at all.";
        if (c->n_warnings > 0)
            snprintf(first, sizeof first, "%s", c->warnings[0]);
        r = err_refuse(reterr, ERR_BAD_MEDIA, "text.no_cues",
                       "The file holds no subtitle that can be shown.", "no usable cue: %s", first);
        if (reterr)
            snprintf(reterr->hint, sizeof reterr->hint,
                     "The file holds no subtitle that can be shown. %s Choose another one.", first);
    }
    cues_sort(c);
    return MIN(r, 0);
}
