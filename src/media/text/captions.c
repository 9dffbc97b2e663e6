/*
 * captions.c - closed captions into cues. The bytes are found in packets, so that no picture is decoded for them; libavcodec's
 * caption decoder turns them into words with a place on the screen. A screen that stands is one cue; captions that roll up are
 * one cue a change.
 */
#include "media/text/captions.h"
#include <libavutil/opt.h>
#include <stdio.h>
#include <string.h>

bool captions_in(const AVCodecParameters *p) {
    switch (p->codec_id) {
    case AV_CODEC_ID_EIA_608:
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_MPEG2VIDEO:
        return true;
    default:
        return false;
    }
}

/* A/53 Part 4, 6.2.3: "GA94", 3, flags and count, a byte, then the triplets. An SEI's bytes hold a 3 after two zeros that is
 * not theirs (H.264 7.4.1); MPEG-2's user data cannot hold two zeros before a 3 at all: it would begin like a start code. */
struct unescaped {
    const uint8_t *p, *end;
    int zeros;
};

static bool byte_next(struct unescaped *u, uint8_t *ret) {
    if (u->zeros >= 2 && u->p < u->end && *u->p == 3)
        u->p++, u->zeros = 0;
    if (u->p >= u->end)
        return false;
    *ret = *u->p++;
    u->zeros = *ret == 0 ? u->zeros + 1 : 0;
    return true;
}

size_t captions_take(const uint8_t *p, size_t n, uint8_t *ret) {
    static const uint8_t sei[] = {0xb5, 0, 0x31, 'G', 'A', '9', '4', 3}, user[] = {0, 0, 1, 0xb2, 'G', 'A', '9', '4', 3};
    const uint8_t *at = memmem(p, n, sei, sizeof sei), *also = memmem(p, n, user, sizeof user);
    if (!at && !also)
        return 0;
    struct unescaped u = {.p = at ? at + sizeof sei : also + sizeof user, .end = p + n};
    uint8_t flags, skipped, triplet[3];
    size_t written = 0;
    if (!byte_next(&u, &flags) || !(flags & 0x40) || !byte_next(&u, &skipped))
        return 0;
    for (int i = 0; i < (flags & 0x1f); i++) {
        if (!byte_next(&u, &triplet[0]) || !byte_next(&u, &triplet[1]) || !byte_next(&u, &triplet[2]))
            break;
        if (!(triplet[0] & 4)) /* cc_valid */
            continue;
        memcpy(ret + written, triplet, 3);
        written += 3;
    }
    return written;
}

void captions_note(struct captions_kinds *k, const uint8_t *t, size_t n) {
    for (size_t i = 0; i + 3 <= n; i += 3) {
        bool first = (t[i] & 3) == 0, word = (t[i + 1] & 0x7f) || (t[i + 2] & 0x7f);
        k->cea608 |= first && word;
        k->cea708 |= (t[i] & 3) >= 2 && (t[i + 1] || t[i + 2]);
    }
}

void captions_queue_add(struct captions_queue *q, int64_t pts, const uint8_t *bytes, size_t n) {
    size_t at = q->n++;
    for (; at > 0 && q->v[at - 1].pts > pts; at--)
        q->v[at] = q->v[at - 1];
    q->v[at].pts = pts;
    q->v[at].n = MIN(n, (size_t)CAPTIONS_BYTES_MAX);
    memcpy(q->v[at].bytes, bytes, q->v[at].n);
}

bool captions_queue_take(struct captions_queue *q, bool last, struct captions_part *ret) {
    if (q->n == 0 || (!last && q->n <= CAPTIONS_REORDER))
        return false;
    *ret = q->v[0];
    memmove(q->v, q->v + 1, --q->n * sizeof *q->v);
    return true;
}

/* ---- Decoding ---- */

struct captions {
    struct cues *c;
    AVCodecContext *codec;
    AVPacket *packet, *part;
    AVStream *stream;
    struct captions_queue queue;
    int rc;
    struct err *err;
};

/* The decoder says where the first row stands on a screen of 384 by 288, a tenth of it margin. Rows below the middle go where
 * players put subtitles; captions above say so, for they keep clear of what is written below. */
static struct str place(const char *ass) {
    int x, y;
    const char *at = strstr(ass, "\\pos(");
    if (!at || sscanf(at, "\\pos(%d,%d)", &x, &y) != 2 || y > 144)
        return STR("");
    return STR("line:0");
}

/* "ReadOrder,Layer,Style,Name,MarginL,MarginR,MarginV,Effect,Text". */
static struct str event_text(const char *ass) {
    struct str rest = str_of(ass), field;
    for (int i = 0; i < 8 && rest.p; i++)
        rest = str_cut(rest, ',', &field);
    return rest;
}

/* Rows are padded with blanks; hard ones, so that nobody takes them away. */
static void rows_trim(struct buf *out, struct str text) {
    struct str row;
    while (text.p) {
        text = str_cut(text, '\n', &row);
        row = str_trim(row);
        if (row.n == 0)
            continue;
        if (out->n > 0)
            buf_byte(out, '\n');
        buf_add(out, row);
    }
}

static void screen_add(struct captions *k, const char *ass, int64_t start_ms, int64_t end_ms) {
    scoped(buf_done) struct buf clean = BUF(64 << 10), text = BUF(64 << 10);
    int align = 0;
    ass_clean(&clean, event_text(ass), &align);
    rows_trim(&text, buf_str(&clean));
    if (text.n == 0 || text.failed || end_ms <= start_ms || !str_is_utf8(buf_str(&text)))
        return;
    k->rc = cues_add(k->c, start_ms, end_ms, place(ass), buf_str(&text), k->err);
}

static bool part_decode(struct captions *k, AVPacket *pkt) {
    AVSubtitle sub = {0};
    int got = 0;
    if (avcodec_decode_subtitle2(k->codec, &sub, &got, pkt) < 0 || !got)
        return false;
    int64_t start = sub.pts == AV_NOPTS_VALUE ? 0 : sub.pts / 1000;
    int64_t length = sub.end_display_time == UINT32_MAX ? 5000 : (int64_t)sub.end_display_time - sub.start_display_time;
    for (unsigned i = 0; i < sub.num_rects && k->rc >= 0; i++)
        if (sub.rects[i]->ass)
            screen_add(k, sub.rects[i]->ass, MAX(start, 0), start + CLAMP(length, 0, 60000));
    avsubtitle_free(&sub);
    return true;
}

static void parts_decode(struct captions *k, bool last) {
    struct captions_part part;
    while (k->rc >= 0 && captions_queue_take(&k->queue, last, &part)) {
        k->part->data = part.bytes;
        k->part->size = (int)part.n;
        k->part->pts = k->part->dts = part.pts;
        part_decode(k, k->part);
    }
}

static void packet_take(struct captions *k) {
    uint8_t bytes[CAPTIONS_BYTES_MAX];
    const AVPacket *p = k->packet;
    int64_t pts = p->pts == AV_NOPTS_VALUE ? p->dts : p->pts;
    size_t n = 0;
    if (pts == AV_NOPTS_VALUE || p->size <= 0)
        return;
    if (k->stream->codecpar->codec_id != AV_CODEC_ID_EIA_608)
        n = captions_take(p->data, (size_t)p->size, bytes);
    else
        memcpy(bytes, p->data, n = MIN((size_t)p->size, sizeof bytes) / 3 * 3);
    if (n > 0)
        captions_queue_add(&k->queue, pts, bytes, n);
    parts_decode(k, false);
}

static int all_decode(struct captions *k, struct source *s, struct err *reterr) {
    uint8_t none[AV_INPUT_BUFFER_PADDING_SIZE] = {0};
    while (k->rc >= 0 && source_read(s, k->packet) >= 0) {
        packet_take(k);
        av_packet_unref(k->packet);
    }
    parts_decode(k, true);
    k->part->data = none;
    k->part->size = 0;
    for (int i = 0; i < 4 && k->rc >= 0 && part_decode(k, k->part); i++)
        ;
    k->part->data = NULL;
    if (k->rc >= 0 && k->c->n == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "text.no_cues", "The picture carries closed captions, but no words in them (CC1).", "no cue");
    cues_sort(k->c);
    cues_join(k->c);
    return k->rc;
}

static int decoder_open(struct captions *k, struct err *reterr) {
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_EIA_608);
    k->codec = codec ? avcodec_alloc_context3(codec) : NULL;
    k->packet = av_packet_alloc();
    k->part = av_packet_alloc();
    if (!k->codec || !k->packet || !k->part)
        return err_set(reterr, ERR_NO_MEMORY, "closed captions");
    k->codec->pkt_timebase = k->stream->time_base;
    av_opt_set_int(k->codec->priv_data, "data_field", 0, 0); /* CC1: the first that appears may be the second field's */
    int rc = avcodec_open2(k->codec, codec, NULL);
    return rc < 0 ? err_av(reterr, rc, "opening the caption decoder") : 0;
}

int captions_decode(struct cues *c, struct source *s, AVStream *st, struct err *reterr) {
    scoped(mem_free) struct captions *k = calloc(1, sizeof *k);
    if (!k)
        return err_set(reterr, ERR_NO_MEMORY, "closed captions");
    k->c = c;
    k->stream = st;
    k->err = reterr;
    int r = decoder_open(k, reterr);
    if (r >= 0)
        r = all_decode(k, s, reterr);
    avcodec_free_context(&k->codec);
    av_packet_free(&k->packet);
    av_packet_free(&k->part);
    return MIN(r, 0);
}
