/* cues.c - a list of cues, times, and the encodings that subtitle files come in. */
#include "media/text/text.h"
#include <errno.h>
#include <iconv.h>
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
        return err_refuse(reterr, ERR_LIMIT, "text.too_many_cues",
                          "The file has too many subtitles.", "more than %d cues", TEXT_CUES_MAX);
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

/* iconv() with every byte that has no meaning replaced, so that it never fails on content. */
static int convert(const char *from, struct str file, struct buf *ret, struct err *reterr) {
    iconv_t cd = iconv_open("UTF-8", from);
    if (cd == (iconv_t)-1)
        return err_errno(reterr, errno, "no conversion from %s", from);
    char *in = (char *)file.p;
    size_t left = file.n;
    while (left > 0 && !ret->failed) {
        char block[4096], *out = block;
        size_t room = sizeof block;
        size_t r = iconv(cd, &in, &left, &out, &room);
        buf_mem(ret, block, sizeof block - room);
        if (r == (size_t)-1 && errno != E2BIG) {
            buf_addc(ret, "\xef\xbf\xbd");
            size_t skip = MIN(left, from[3] == '-' && from[4] == '1' ? 2u : 1u);
            in += skip, left -= skip;
        }
    }
    iconv_close(cd);
    return 0;
}

static void lines_normalise(struct buf *b) {
    size_t to = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->p[i] == '\r') {
            if (i + 1 < b->n && b->p[i + 1] == '\n')
                continue;
            b->p[to++] = '\n';
        } else {
            b->p[to++] = b->p[i] ? b->p[i] : ' ';
        }
    }
    b->n = to;
}

int text_to_utf8(struct str file, struct buf *ret, struct err *reterr) {
    const uint8_t *p = (const uint8_t *)file.p;
    int r = 0;
    if (file.n >= 2 && p[0] == 0xff && p[1] == 0xfe)
        r = convert("UTF-16LE", str_slice(file, 2, file.n), ret, reterr);
    else if (file.n >= 2 && p[0] == 0xfe && p[1] == 0xff)
        r = convert("UTF-16BE", str_slice(file, 2, file.n), ret, reterr);
    else if (file.n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
        file = str_slice(file, 3, file.n), buf_add(ret, str_is_utf8(file) ? file : STR(""));
    else if (str_is_utf8(file))
        buf_add(ret, file);
    if (r >= 0 && ret->n == 0 && file.n > 0)
        r = convert("WINDOWS-1252", file, ret, reterr);
    if (r >= 0 && ret->failed)
        r = err_refuse(reterr, ERR_TOO_LARGE, "text.too_large", "The subtitle file is too large.",
                       "subtitle file of %zu bytes", file.n);
    lines_normalise(ret);
    return r;
}

int text_parse(struct cues *c, struct str file, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(4 * (size_t)TEXT_FILE_MAX);
    int r = text_to_utf8(file, &b, reterr);
    if (r < 0)
        return r;
    struct str s = buf_str(&b), body = str_trim(s);
    if (str_starts(s, STR("WEBVTT")) && (s.n == 6 || strchr(" \t\n", s.p[6])))
        r = vtt_parse(c, s, reterr);
    else if (str_starts(body, STR("[Script Info]")))
        return 1;
    else if (str_starts(body, STR("<")))
        return err_refuse(
            reterr, ERR_MEDIA_TYPE, "text.ttml",
            "This is an XML file (TTML?). Subtitles are read from SRT, WebVTT and ASS: convert it to one of them.",
            "XML subtitles");
    else if (str_find(s, STR("-->")) >= 0)
        r = srt_parse(c, s, reterr);
    else
        return err_refuse(reterr, ERR_BAD_MEDIA, "text.unknown",
                          "This is not a subtitle file: it neither begins with \"WEBVTT\" nor has a cue of SRT "
                          "(\"00:00:01,000 --> 00:00:02,000\"). Give SRT, WebVTT or ASS.",
                          "not a subtitle file");
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
