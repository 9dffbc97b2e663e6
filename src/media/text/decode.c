/*
 * decode.c - embedded subtitles through libavcodec, which gives every text codec as ASS events: mov_text, SubRip, ASS and SSA,
 * WebVTT, and whole ASS files. TTML in MP4 (ISO/IEC 14496-30 clause 5) is our own parser's, a document a sample; closed captions
 * are in captions.c.
 */
#include "media/text/captions.h"
#include "media/text/text.h"
#include "media/probe/source.h"
#include <string.h>

struct decode {
    struct cues *c;
    AVCodecContext *codec;
    AVStream *stream;
    AVPacket *packet;
    bool bitmap;
};

/* "ReadOrder,Layer,Style,Name,MarginL,MarginR,MarginV,Effect,Text". */
static struct str event_text(const char *ass) {
    struct str rest = str_of(ass), field;
    for (int i = 0; i < 8 && rest.p; i++)
        rest = str_cut(rest, ',', &field);
    return rest;
}

static int event_add(struct decode *d, const char *ass, int64_t start, int64_t end,
                     struct err *reterr) {
    scoped(buf_done) struct buf text = BUF(1 << 20);
    int align = 0;
    struct str raw = event_text(ass);
    ass_clean(&text, raw, &align);
    struct str clean = str_trim(buf_str(&text));
    if (clean.n == 0 || text.failed || !str_is_utf8(clean))
        return 0;
    return cues_add(d->c, start, end, str_of(align_settings(align)), clean, reterr);
}

static int packet_decode(struct decode *d, struct err *reterr) {
    AVSubtitle sub = {0};
    int got = 0, r = 0;
    int64_t pts = d->packet->pts == AV_NOPTS_VALUE ? d->packet->dts : d->packet->pts;
    if (avcodec_decode_subtitle2(d->codec, &sub, &got, d->packet) < 0 || pts == AV_NOPTS_VALUE) {
        cues_warn(d->c, d->c->n + 1, "this subtitle does not decode; it was left out.");
        return 0;
    }
    int64_t start = av_rescale_q(pts, d->stream->time_base, (AVRational){1, 1000});
    int64_t length = av_rescale_q(d->packet->duration, d->stream->time_base, (AVRational){1, 1000});
    if (length <= 0 && sub.end_display_time != UINT32_MAX)
        length = (int64_t)sub.end_display_time - sub.start_display_time;
    length = CLAMP(length, 0, 24 * 3600000);
    for (unsigned i = 0; got && i < sub.num_rects && r >= 0; i++) {
        if (!sub.rects[i]->ass)
            d->bitmap = true;
        else if (length > 0 && start + length > 0)
            r = event_add(d, sub.rects[i]->ass, MAX(start, 0), start + length, reterr);
    }
    if (got)
        avsubtitle_free(&sub);
    return r;
}

static int stream_find(struct source *s, int stream, struct err *reterr) {
    for (unsigned i = 0; i < s->fmt->nb_streams; i++) {
        const AVCodecParameters *p = s->fmt->streams[i]->codecpar;
        bool text = p->codec_type == AVMEDIA_TYPE_SUBTITLE || text_is_stpp(p) || ((int)i == stream && captions_in(p));
        if (text && (stream < 0 || (int)i == stream))
            return (int)i;
    }
    return err_refuse(reterr, ERR_BAD_MEDIA, "text.no_stream",
                      "The file has no such subtitle track.", "no subtitle stream %d", stream);
}

static int all_decode(struct decode *d, struct source *s, struct err *reterr) {
    int r = 0, av = 0;
    while (r >= 0 && (av = source_read(s, d->packet)) >= 0) {
        r = packet_decode(d, reterr);
        av_packet_unref(d->packet);
    }
    if (r < 0)
        return r;
    if (av != AVERROR_EOF)
        cues_warn(d->c, d->c->n + 1, "the track ends here: the rest cannot be read.");
    if (d->c->n == 0 && d->bitmap)
        return err_refuse(reterr, ERR_MEDIA_TYPE, "text.bitmap",
                          "These subtitles are pictures, not text. Give them as SRT or WebVTT.",
                          "bitmap subtitles");
    if (d->c->n == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "text.no_cues", "The subtitle track is empty.",
                          "no cue");
    cues_sort(d->c);
    return 0;
}

bool text_is_stpp(const AVCodecParameters *p) {
    return p->codec_tag == MKTAG('s', 't', 'p', 'p') || p->codec_id == AV_CODEC_ID_TTML;
}

/* A document's times are the track's; what it shows ends with its sample, and the next one may show it again. Of fragments
 * libavformat does not say how long such a sample lasts: to the next one's beginning. */
static void document_decode(struct decode *d, const AVPacket *pkt, int64_t next_pts) {
    struct str doc = str_make((const char *)pkt->data, (size_t)MAX(pkt->size, 0));
    int64_t until = pkt->duration <= 0 && next_pts != AV_NOPTS_VALUE ? next_pts - pkt->pts : pkt->duration;
    int64_t from = av_rescale_q(MAX(pkt->pts, 0), d->stream->time_base, (AVRational){1, 1000});
    int64_t length = av_rescale_q(until, d->stream->time_base, (AVRational){1, 1000});
    struct err e = {0};
    if (str_starts(doc, STR("\xef\xbb\xbf")))
        doc = str_slice(doc, 3, doc.n);
    if (str_trim(doc).n == 0 || pkt->pts == AV_NOPTS_VALUE)
        return;
    int64_t to = length > 0 && length < 24 * 3600000 ? from + length : INT64_MAX;
    if (!str_is_utf8(doc) || ttml_parse_between(d->c, doc, from, to, &e) < 0) {
        d->bitmap |= e.code == ERR_MEDIA_TYPE;
        cues_warn(d->c, d->c->n + 1, "this subtitle does not decode; it was left out.");
    }
}

static int documents_decode(struct decode *d, struct source *s, struct err *reterr) {
    AVPacket *next = av_packet_alloc();
    if (!next)
        return err_set(reterr, ERR_NO_MEMORY, "packet");
    for (bool held = source_read(s, d->packet) >= 0; held;) {
        held = source_read(s, next) >= 0;
        document_decode(d, d->packet, held ? next->pts : AV_NOPTS_VALUE);
        av_packet_unref(d->packet);
        av_packet_move_ref(d->packet, next);
    }
    av_packet_free(&next);
    if (d->c->n == 0 && d->bitmap)
        return err_refuse(reterr, ERR_MEDIA_TYPE, "text.bitmap", "These subtitles are pictures, not text. Give them as SRT or WebVTT.",
                          "pictures in TTML");
    if (d->c->n == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "text.no_cues", "The subtitle track is empty.", "no cue");
    cues_sort(d->c);
    cues_join(d->c);
    return 0;
}

int text_decode(struct cues *c, int fd, int stream, struct err *reterr) {
    scoped(source_freep) struct source *s = NULL;
    int r = source_open(fd, 0, 0, &s, reterr);
    if (r < 0 || (r = stream_find(s, stream, reterr)) < 0)
        return r;
    struct decode d = {.c = c, .stream = s->fmt->streams[r], .packet = av_packet_alloc()};
    source_want(s, r);
    if (!d.packet)
        return err_set(reterr, ERR_NO_MEMORY, "packet");
    if (captions_in(d.stream->codecpar))
        r = captions_decode(c, s, d.stream, reterr);
    else if (text_is_stpp(d.stream->codecpar))
        r = documents_decode(&d, s, reterr);
    else if ((r = source_decoder(s, r, 1, &d.codec, reterr)) >= 0)
        r = all_decode(&d, s, reterr);
    avcodec_free_context(&d.codec);
    av_packet_free(&d.packet);
    return MIN(r, 0);
}
