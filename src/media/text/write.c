/* write.c - cues as documents: WebVTT as we keep it, SubRip for who asks for a file, and the bare words. */
#include "media/text/text.h"

static void time_write(struct buf *b, int64_t ms, char point) {
    buf_addf(b, "%02lld:%02lld:%02lld%c%03lld", (long long)(ms / 3600000), (long long)(ms / 60000 % 60),
             (long long)(ms / 1000 % 60), point, (long long)(ms % 1000));
}

void vtt_cue_write(struct buf *b, const struct cue *q) {
    time_write(b, q->start_ms, '.');
    buf_addc(b, " --> ");
    time_write(b, q->end_ms, '.');
    if (q->settings.n > 0)
        buf_addf(b, " " STR_FMT, STR_ARG(q->settings));
    buf_byte(b, '\n');
    buf_add(b, q->text);
    buf_addc(b, "\n\n");
}

void vtt_write(struct buf *b, const struct cues *c) {
    buf_addc(b, "WEBVTT\n\n");
    buf_mem(b, c->head.p, c->head.n);
    for (size_t i = 0; i < c->n; i++)
        vtt_cue_write(b, &c->v[i]);
}

static const struct {
    struct str entity, text;
} entities[] = {{{"&amp;", 5}, {"&", 1}},         {{"&lt;", 4}, {"<", 1}},          {{"&gt;", 4}, {">", 1}},
                {{"&nbsp;", 6}, {"\xc2\xa0", 2}}, {{"&lrm;", 5}, {"\xe2\x80\x8e", 3}}, {{"&rlm;", 5}, {"\xe2\x80\x8f", 3}}};

/* Clean cue text: every '<' opens a tag that ends. Of tags stay those that keep says. */
static void text_write(struct buf *b, struct str s, bool (*keep)(struct str tag)) {
    while (s.n > 0) {
        ptrdiff_t end = s.p[0] == '<' ? str_index(s, '>') : -1;
        size_t step = 1, i = 0;
        if (end > 0) {
            step = (size_t)end + 1;
            if (keep && keep(str_slice(s, 1, (size_t)end)))
                buf_add(b, str_slice(s, 0, step));
        } else {
            while (i < ARRAY_LEN(entities) && !str_starts(s, entities[i].entity))
                i++;
            if (i < ARRAY_LEN(entities)) {
                step = entities[i].entity.n;
                buf_add(b, entities[i].text);
            } else {
                buf_byte(b, (uint8_t)s.p[0]);
            }
        }
        s = str_slice(s, step, s.n);
    }
}

void cue_plain(struct buf *b, struct str text) {
    text_write(b, text, NULL);
}

/* SubRip knows bold, italic and underlined. */
static bool srt_tag(struct str tag) {
    if (tag.n > 0 && tag.p[0] == '/')
        tag = str_slice(tag, 1, tag.n);
    return str_eq(tag, STR("b")) || str_eq(tag, STR("i")) || str_eq(tag, STR("u"));
}

void srt_write(struct buf *b, const struct cues *c) {
    for (size_t i = 0; i < c->n; i++) {
        const struct cue *q = &c->v[i];
        buf_addf(b, "%zu\r\n", i + 1);
        time_write(b, q->start_ms, ',');
        buf_addc(b, " --> ");
        time_write(b, q->end_ms, ',');
        buf_addc(b, str_starts(q->settings, STR("line:0")) ? "\r\n{\\an8}" : "\r\n");
        size_t at = b->n;
        text_write(b, q->text, srt_tag);
        for (size_t k = at; k < b->n && !b->failed; k++) /* an arrow would begin another cue */
            if (b->p[k] == '>' && k >= at + 2 && b->p[k - 1] == '-' && b->p[k - 2] == '-')
                b->p[k] = ' ';
        buf_addc(b, "\r\n\r\n");
    }
}
