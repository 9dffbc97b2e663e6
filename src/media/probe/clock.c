/*
 * clock.c - one time line from containers whose clock may be set anew in the middle: recordings joined end
 * to end, a broadcast's programme change, a counter that starts over (ISO/IEC 13818-1 clause 2.4.3.5). Where
 * it jumps, what follows is moved to where the stream that jumped first has ended; all other streams
 * move by as much, so that sound and picture stay together.
 *
 * What is decided depends on the packets of the whole programme, never on which of its streams is wanted:
 * picture and sound are read by different processes and must come to the same time line.
 */
#include "media/probe/source.h"

enum { FORWARD_US = 10000000, BACKWARD_US = 300000, STEP_MAX_US = 1000000 };

static bool clock_may_jump(const struct source *s) {
    return s->fmt->iformat->flags & AVFMT_TS_DISCONT;
}

static bool is_av(const AVStream *st) {
    return st->codecpar->codec_type == AVMEDIA_TYPE_VIDEO || st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO;
}

void source_want(struct source *s, int stream) {
    AVFormatContext *fmt = s->fmt;
    AVProgram *own = av_find_program_from_stream(fmt, NULL, stream);
    s->wanted = stream;
    for (unsigned i = 0; i < fmt->nb_streams; i++) {
        bool beside = clock_may_jump(s) && is_av(fmt->streams[i]) && !own;
        for (unsigned k = 0; own && clock_may_jump(s) && k < own->nb_stream_indexes; k++)
            beside |= own->stream_index[k] == i && is_av(fmt->streams[i]);
        fmt->streams[i]->discard = (int)i == stream || beside ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
}

/* Does the packet, at `at`, follow what the stream held before? Declared lengths are no help: they lie. */
static bool follows(const struct source_clock *c, int64_t at) {
    return at - c->last_us <= FORWARD_US && c->last_us - at <= BACKWARD_US;
}

/* The offset for a packet at `raw`; starts a new epoch where the clock jumps. */
static int64_t offset_for(struct source *s, struct source_clock *c, int64_t raw) {
    int64_t now = raw + s->offset_us, before = raw + s->offset_before_us;
    if (!c->seen)
        c->epoch = s->epoch;
    if (!c->seen || (c->epoch == s->epoch && follows(c, now)))
        return s->offset_us;
    if (c->epoch < s->epoch) {
        /* Another stream jumped already. This one's last packets before the jump may still come. */
        int64_t next = c->last_us + c->step_us;
        if (llabs(before - next) <= llabs(now - next))
            return s->offset_before_us;
        c->epoch = s->epoch;
        if (llabs(now - next) <= FORWARD_US)
            return s->offset_us;
    }
    s->offset_before_us = s->offset_us;
    s->offset_us += c->last_us + c->step_us - now;
    c->epoch = ++s->epoch;
    return s->offset_us;
}

static void packet_move(struct source *s, AVPacket *pkt) {
    const AVStream *st = s->fmt->streams[pkt->stream_index];
    int64_t stamp = pkt->dts != AV_NOPTS_VALUE ? pkt->dts : pkt->pts;
    if (stamp == AV_NOPTS_VALUE || pkt->stream_index >= SOURCE_MAX_STREAMS)
        return;
    struct source_clock *c = &s->clocks[pkt->stream_index];
    int64_t raw = av_rescale_q(stamp, st->time_base, AV_TIME_BASE_Q);
    int64_t off = is_av(st) ? offset_for(s, c, raw) : s->offset_us;
    int64_t move = av_rescale_q(off, AV_TIME_BASE_Q, st->time_base);
    int64_t step = raw + off - c->last_us;
    if (c->seen && step > 0 && step < STEP_MAX_US)
        c->step_us = step;
    c->seen = true;
    c->last_us = raw + off;
    if (pkt->dts != AV_NOPTS_VALUE)
        pkt->dts += move;
    if (pkt->pts != AV_NOPTS_VALUE)
        pkt->pts += move;
}

int source_read(struct source *s, AVPacket *pkt) {
    int rc;
    while ((rc = av_read_frame(s->fmt, pkt)) >= 0) {
        if (clock_may_jump(s))
            packet_move(s, pkt);
        if (s->wanted < 0 || pkt->stream_index == s->wanted)
            return rc;
        av_packet_unref(pkt);
    }
    return rc;
}
