/*
 * segments.c - cues into WebVTT segments (RFC 8216 3.5): a cue that crosses a boundary is in every
 * segment it touches, with its own absolute times, so that a player may begin anywhere. Segments
 * are cut where the pictures' are. The document as a whole comes first, for players that want one
 * file.
 */
#include "media/text/text.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { DAY_MS = 24 * 3600 * 1000 };


/* Cues sorted by start: those that can still touch a segment lie between first and the first that
 * starts after it. */
static void segment_write(struct buf *b, const struct cues *c, size_t *first, int64_t from,
                          int64_t to) {
    buf_addc(b, "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n");
    buf_mem(b, c->head.p, c->head.n);
    while (*first < c->n && c->v[*first].end_ms <= from)
        (*first)++;
    for (size_t i = *first; i < c->n && c->v[i].start_ms < to; i++)
        if (c->v[i].end_ms > from)
            vtt_cue_write(b, &c->v[i]);
}

static int bytes_write(int fd, const struct buf *b, struct err *reterr) {
    for (size_t done = 0; done < b->n;) {
        ssize_t w = pwrite(fd, b->p + done, b->n - done, (off_t)done);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return err_errno(reterr, w ? errno : ENOSPC, "writing subtitles");
        done += (size_t)w;
    }
    return 0;
}

static int index_make(const struct index_extent *e, uint32_t n, uint32_t init, int64_t duration_ms,
                      const char *object, int idx_fd, struct err *reterr) {
    struct index_object o = {0};
    struct index_writer w;
    if (strlen(object) >= sizeof o.name)
        return err_set(reterr, ERR_INVALID, "track file name is too long");
    memcpy(o.name, object, strlen(object));
    if (index_start(&w, idx_fd, &o, 1) < 0)
        return err_errno(reterr, errno, "index of subtitles");
    w.h.kind = TRACK_TEXT;
    w.h.content_type = 2;
    w.h.timescale = 1000;
    w.h.init_length = init;
    w.h.duration = (uint64_t)duration_ms;
    /* index_append() fills the checksums in. */
    if (index_append(&w, (struct index_extent *)e, n) < 0 || index_publish(&w) < 0)
        return err_errno(reterr, errno, "index of subtitles");
    return 0;
}

static double step_ms(struct ratio segment) { return 1000.0 * (double)segment.num / (double)segment.den; }

size_t text_cut_count(struct ratio segment, int64_t duration_ms) {
    return (size_t)MAX((double)duration_ms / step_ms(segment) + 0.999, 1);
}

struct text_cut text_cut_of(struct ratio segment, size_t k, size_t n, int64_t duration_ms) {
    int64_t from = (int64_t)((double)k * step_ms(segment) + 0.5), to = (int64_t)((double)(k + 1) * step_ms(segment) + 0.5);
    return (struct text_cut){from, k + 1 == n ? MAX(duration_ms, from + 1) : to};
}

int text_segments_write(const struct cues *c, int64_t duration_ms, struct ratio segment,
                        const char *object, int out_fd, int idx_fd, struct track_desc *ret_t,
                        struct err *reterr) {
    for (size_t i = 0; i < c->n && duration_ms <= 0; i++)
        ret_t->duration = MAX(ret_t->duration, c->v[i].end_ms);
    /* One cue that ends in ten years makes no film of ten years. */
    duration_ms = duration_ms > 0 ? duration_ms : MIN(ret_t->duration, (int64_t)DAY_MS);
    if (segment.num <= 0 || segment.den <= 0)
        segment = (struct ratio){4, 1};
    double step = step_ms(segment);
    if (step < 100 || (double)duration_ms / step > 100000)
        return err_refuse(reterr, ERR_BAD_MEDIA, "text.too_long",
                          "The subtitles run for days; check their times.",
                          "%lld ms in segments of %.0f ms", (long long)duration_ms, step);
    size_t n = text_cut_count(segment, duration_ms), first = 0;
    scoped(mem_free) struct index_extent *e = calloc(n, sizeof *e);
    scoped(buf_done) struct buf b = BUF(TEXT_OUT_MAX);
    if (!e)
        return err_set(reterr, ERR_NO_MEMORY, "index of subtitles");
    vtt_write(&b, c);
    uint32_t init = (uint32_t)b.n;
    int64_t bits = 0, peak = 0;
    for (size_t k = 0; k < n && !b.failed; k++) {
        struct text_cut cut = text_cut_of(segment, k, n, duration_ms);
        int64_t from = cut.from_ms, to = cut.to_ms;
        size_t at = b.n;
        segment_write(&b, c, &first, from, to);
        e[k] = (struct index_extent){.offset = at,
                                     .time = (uint64_t)from,
                                     .length = (uint32_t)(b.n - at),
                                     .duration = (uint32_t)(to - from),
                                     .flags = EXTENT_INDEPENDENT};
        bits += (int64_t)e[k].length * 8;
        peak = MAX(peak, (int64_t)e[k].length * 8000 / (to - from));
    }
    if (b.failed)
        return err_refuse(reterr, ERR_TOO_LARGE, "text.too_large",
                          "Too many subtitles stand on the screen at once for too long.",
                          "over %zu bytes", b.max);
    int r = bytes_write(out_fd, &b, reterr);
    if (r < 0 || (r = index_make(e, (uint32_t)n, init, duration_ms, object, idx_fd, reterr)) < 0)
        return r;
    ret_t->kind = TRACK_TEXT;
    ret_t->codec = STR("wvtt");
    ret_t->timescale = 1000;
    ret_t->duration = duration_ms;
    ret_t->bandwidth = bits * 1000 / MAX(duration_ms, 1);
    ret_t->peak_bandwidth = MAX(peak, ret_t->bandwidth);
    return 0;
}
