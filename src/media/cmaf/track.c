/*
 * track.c - samples into segments, segments into one file. A sample is copied once, into the
 * segment under construction, and encrypted there while it is in the processor's cache; a finished
 * segment is one write.
 *
 * Where segments end: on pictures at the sync sample that comes nearest to the asked length from
 * 0.9 of it on, so renditions with aligned GOPs are cut alike; on sound at the frame nearest to
 * each multiple of it, so that sound never drifts from the pictures' segments.
 */
#include "media/cmaf/cmaf_int.h"
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    ALIGN = 4096,
    SIDX_ROOM = 2000,      /* references, when the duration is not known */
    SEGMENT_MAX = 1 << 30, /* bytes of samples */
    FRAGMENTS_MAX = 256,   /* of a segment */
    FREE_BOX = 8,
    EDIT_LIST = 36, /* bytes; needed or not is known with the first sample */
};

struct fragment_mark {
    size_t sample, data; /* index and offset of its first */
};

struct cmaf_writer {
    struct cmaf_format f;
    const struct cenc_params *now; /* of the key period that is being written; NULL: clear */
    size_t period;
    struct cenc *cenc;
    struct picture *picture; /* NULL: sound or text */
    int fd;
    struct index_writer index;
    int64_t segment; /* timescale */

    struct buf data, head;
    struct cmaf_entry *samples;
    size_t n_samples, cap_samples;
    struct cenc_ranges ranges;
    struct fragment_mark fragments[FRAGMENTS_MAX];
    size_t n_fragments;

    bool started;
    int64_t shift;               /* added to dts and pts */
    int64_t start, next;         /* decode time of the segment's first sample; after its last */
    int64_t last_start;          /* of the last fragment */
    int64_t segment_pts;         /* composition time of the segment's first sample */
    uint64_t n_written, n_total; /* samples in the file; seen */
    uint32_t sequence, largest, usual_duration;

    uint64_t room, end; /* bytes kept for the head; end of the file */
    struct index_extent *extents;
    uint64_t *ends; /* of each extent's stretch, padding included */
    size_t n_extents, cap_extents;
};

static const struct picture_look *writer_look(const struct cmaf_writer *w) {
    return w->picture ? picture_look(w->picture) : NULL;
}

static int format_check(const struct cmaf_format *f, struct err *reterr) {
    if (f->timescale == 0 || f->timescale > INT32_MAX)
        return err_set(reterr, ERR_INVALID, "timescale %u", f->timescale);
    if (cmaf_kind(f->codec) == TRACK_VIDEO &&
        (f->width <= 0 || f->height <= 0 || f->width > 16384 || f->height > 16384))
        return err_set(reterr, ERR_INVALID, "picture of %dx%d", f->width, f->height);
    if (f->codec == CMAF_AAC && (f->n_extra < 2 || f->channels <= 0 || f->sample_rate <= 0))
        return err_set(reterr, ERR_BAD_MEDIA, "AAC without its configuration");
    if ((f->codec == CMAF_OPUS && (f->n_extra != 11 || f->sample_rate != 48000)) ||
        (f->codec == CMAF_EAC3 && f->n_extra < 5))
        return err_set(reterr, ERR_BAD_MEDIA, "sound without its configuration");
    if (f->edit_start < 0 || f->n_extra > 1 << 16)
        return err_set(reterr, ERR_INVALID, "edit start or configuration out of bounds");
    return 0;
}

/* The head's size is known before its numbers are: it is written into the room at the end. */
static int room_make(struct cmaf_writer *w, struct err *reterr) {
    struct cmaf_init i = {.f = &w->f, .protect = w->f.protect, .look = writer_look(w)};
    cmaf_init_write(&w->head, &i);
    if (w->head.failed)
        return err_set(reterr, ERR_NO_MEMORY, "init segment");
    uint64_t refs =
        w->f.expect_duration > 0 ? (uint64_t)(w->f.expect_duration / w->segment) + 4 : SIDX_ROOM;
    refs = MIN(refs, 60000);
    w->room = (w->head.n + EDIT_LIST + 40 + 12 * refs + FREE_BOX + ALIGN - 1) / ALIGN * ALIGN;
    w->end = w->room;
    buf_reset(&w->head);
    return 0;
}

int cmaf_writer_new(const struct cmaf_format *f, const char *object, int out_fd, int idx_fd,
                    struct cmaf_writer **ret_w, struct err *reterr) {
    int r = format_check(f, reterr);
    if (r < 0)
        return r;
    scoped(cmaf_writer_freep) struct cmaf_writer *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(reterr, ERR_NO_MEMORY, "track writer");
    w->f = *f;
    w->fd = out_fd;
    w->data = BUF(SEGMENT_MAX);
    w->head = BUF(256 << 20);
    struct ratio s = f->segment.num > 0 && f->segment.den > 0 ? f->segment : (struct ratio){4, 1};
    w->segment = MAX((int64_t)((double)s.num * f->timescale / (double)s.den + 0.5), 1);
    if (cmaf_kind(f->codec) == TRACK_VIDEO && (r = picture_new(f->codec, f->extra, f->n_extra, &w->picture, reterr)) < 0)
        return r;
    w->now = f->protect;
    if (w->now && (r = cenc_new(w->now, false, &w->cenc, reterr)) < 0)
        return r;
    struct index_object o = {0};
    if (strlen(object) >= sizeof o.name)
        return err_set(reterr, ERR_INVALID, "track file name is too long");
    memcpy(o.name, object, strlen(object));
    if (index_start(&w->index, idx_fd, &o, 1) < 0)
        return err_errno(reterr, errno, "index of %s", object);
    if ((r = room_make(w, reterr)) < 0)
        return r;
    *ret_w = take(w);
    return 0;
}

void cmaf_writer_free(struct cmaf_writer *w) {
    if (!w)
        return;
    cenc_free(w->cenc);
    cenc_ranges_done(&w->ranges);
    buf_done(&w->data);
    buf_done(&w->head);
    picture_free(w->picture);
    free(w->samples);
    free(w->extents);
    free(w->ends);
    free(w);
}

void cmaf_writer_freep(struct cmaf_writer **w) {
    cmaf_writer_free(*w);
    *w = NULL;
}

/* Makes room for one more element of *pv. */
static bool grow(void *pv, size_t n, size_t *cap, size_t size) {
    if (n < *cap)
        return true;
    size_t more = *cap ? *cap * 2 : 256;
    void *p = realloc(*(void **)pv, more * size);
    if (!p)
        return false;
    *(void **)pv = p;
    *cap = more;
    return true;
}

static int write_all(int fd, struct iovec *v, int n, uint64_t at, struct err *reterr) {
    while (n > 0) {
        ssize_t r = pwritev(fd, v, MIN(n, 64), (off_t)at);
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return err_errno(reterr, r ? errno : ENOSPC, "writing a track");
        at += (uint64_t)r;
        for (; n > 0 && (size_t)r >= v->iov_len; v++, n--)
            r -= (ssize_t)v->iov_len;
        if (n > 0) {
            v->iov_base = (uint8_t *)v->iov_base + r;
            v->iov_len -= (size_t)r;
        }
    }
    return 0;
}

/* Bytes of padding from at to the next boundary: none, or enough for a box. */
static uint64_t padding_to(uint64_t at) {
    uint64_t gap = (ALIGN - at % ALIGN) % ALIGN;
    return gap > 0 && gap < FREE_BOX ? gap + ALIGN : gap;
}

static uint64_t fragment_end(const struct cmaf_writer *w, size_t k, bool of_data) {
    if (k + 1 < w->n_fragments)
        return of_data ? w->fragments[k + 1].data : w->fragments[k + 1].sample;
    return of_data ? w->data.n : w->n_samples;
}

/* All headers of the segment into head; ends[k] is where the k-th's ends. */
static int headers_write(struct cmaf_writer *w, size_t *ends, struct err *reterr) {
    buf_reset(&w->head);
    cmaf_styp_write(&w->head);
    int64_t time = w->start;
    const struct cenc_range *ranges = w->ranges.v;
    for (size_t k = 0; k < w->n_fragments; k++) {
        size_t from = w->fragments[k].sample, to = fragment_end(w, k, false);
        struct cmaf_fragment f = {
            .sequence = ++w->sequence,
            .decode_time = time,
            .video = w->picture != NULL,
            .roll = w->f.codec == CMAF_OPUS,
            .samples = w->samples + from,
            .n_samples = to - from,
            .protect = w->now,
            .group = w->period > 0,
            .ranges = ranges,
            .first_sample = w->n_written + from,
            .data_bytes = fragment_end(w, k, true) - w->fragments[k].data,
        };
        int r = cmaf_fragment_write(&w->head, &f, reterr);
        if (r < 0)
            return r;
        ends[k] = w->head.n;
        for (size_t i = from; i < to; i++) {
            time += w->samples[i].duration;
            ranges = w->f.protect && w->picture ? ranges + w->samples[i].n_ranges : ranges;
        }
    }
    return w->head.failed ? err_set(reterr, ERR_NO_MEMORY, "segment header") : 0;
}

static int extent_add(struct cmaf_writer *w, struct index_extent e, struct err *reterr) {
    size_t cap = w->cap_extents;
    if (!grow(&w->ends, w->n_extents, &cap, sizeof *w->ends) ||
        !grow(&w->extents, w->n_extents, &w->cap_extents, sizeof *w->extents))
        return err_set(reterr, ERR_NO_MEMORY, "index");
    w->ends[w->n_extents] = e.offset + e.length;
    w->extents[w->n_extents++] = e;
    return 0;
}

static int segment_flush(struct cmaf_writer *w, struct err *reterr) {
    if (w->n_samples == 0)
        return 0;
    size_t ends[FRAGMENTS_MAX];
    int r = headers_write(w, ends, reterr);
    if (r < 0)
        return r;
    static uint8_t zeros[2 * ALIGN];
    uint64_t gap = w->f.codec == CMAF_STPP ? 0 : padding_to(w->end), at = w->end;
    uint8_t free_head[FREE_BOX] = {0, 0, (uint8_t)(gap >> 8), (uint8_t)gap, 'f', 'r', 'e', 'e'};
    struct iovec v[2 + 2 * FRAGMENTS_MAX];
    int n = 0;
    if (gap > 0) {
        v[n++] = (struct iovec){free_head, FREE_BOX};
        v[n++] = (struct iovec){zeros, gap - FREE_BOX};
    }
    for (size_t k = 0; k < w->n_fragments; k++) {
        size_t from = k ? ends[k - 1] : 0;
        v[n++] = (struct iovec){w->head.p + from, ends[k] - from};
        v[n++] = (struct iovec){w->data.p + w->fragments[k].data,
                                fragment_end(w, k, true) - w->fragments[k].data};
    }
    if ((r = write_all(w->fd, v, n, at, reterr)) < 0)
        return r;
    if (w->n_extents > 0)
        w->ends[w->n_extents - 1] = at + gap;
    int64_t time = MAX(w->segment_pts - w->f.edit_start, 0);
    int64_t stop = w->segment_pts + (w->next - w->start) - w->f.edit_start;
    struct index_extent e = {
        .offset = at + gap,
        .time = (uint64_t)time,
        .length = (uint32_t)(w->head.n + w->data.n),
        .duration = (uint32_t)MAX(stop - time, 0),
        .flags = EXTENT_INDEPENDENT | (w->n_extents > 0 && w->period != w->extents[w->n_extents - 1].key_period ? EXTENT_KEY_PERIOD : 0),
        .key_period = (uint32_t)w->period,
        .iframe_length = w->picture ? (uint32_t)(ends[0] + w->samples[0].size) : 0,
    };
    w->end = e.offset + e.length;
    w->n_written += w->n_samples;
    w->n_samples = w->n_fragments = w->ranges.n = 0;
    buf_reset(&w->data);
    return extent_add(w, e, reterr);
}

static bool segment_due(const struct cmaf_writer *w, const struct cmaf_sample *s, int64_t dts) {
    if (w->n_samples == 0)
        return false;
    if (w->f.codec == CMAF_STPP)
        return true;
    if (w->f.cut_here)
        return s->begins;
    if (w->picture)
        return s->sync && (double)(dts - w->start) >= 0.9 * (double)w->segment;
    /* The k-th segment starts at the frame nearest to k lengths of the presentation. */
    int64_t due = (int64_t)(w->n_extents + 1) * w->segment + w->f.edit_start;
    int64_t end = w->f.expect_duration + w->f.edit_start;
    if (end > due && end - due < w->segment / 4)
        return false; /* no crumb of a segment at the end */
    return dts + (int64_t)s->duration / 2 >= due;
}

static int protect_sample(struct cmaf_writer *w, uint8_t *data, struct cmaf_entry *e,
                          struct err *reterr) {
    size_t before = w->ranges.n;
    int r = 0;
    if (w->picture)
        r = picture_ranges(w->picture, &w->ranges, w->now->scheme, data, e->size, reterr);
    if (r < 0)
        return r;
    e->n_ranges = (uint32_t)(w->ranges.n - before);
    uint8_t iv[8];
    bool counted = w->now->scheme == SCHEME_CENC;
    if (counted)
        cenc_iv(w->now, w->n_total, iv);
    /* Sound has no ranges: all of the sample is protected. */
    return cenc_sample(w->cenc, data, e->size, w->ranges.v ? w->ranges.v + before : NULL, e->n_ranges,
                       counted ? iv : NULL, 8, reterr);
}

/* At the start of a segment. Sound's segments begin a little beside the pictures': what lies a little behind the middle decides, so both
 * change keys together also where that is the middle of a segment. */
static int period_choose(struct cmaf_writer *w, const struct cmaf_sample *s, struct err *reterr) {
    if (!w->now || w->f.n_periods < 2 || w->f.key_period <= 0)
        return 0;
    int64_t middle = MAX(w->segment_pts - w->f.edit_start, 0) + w->segment * 5 / 8;
    size_t period = MIN(w->f.cut_here ? s->period : (size_t)(middle / w->f.key_period), w->f.n_periods - 1);
    if (period == w->period)
        return 0;
    cenc_freep(&w->cenc);
    w->period = period;
    w->now = &w->f.protect[period];
    return cenc_new(w->now, false, &w->cenc, reterr);
}

static int sample_start(struct cmaf_writer *w, const struct cmaf_sample *s, struct err *reterr) {
    if (w->picture && !s->sync)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.no_keyframe",
                          "The film does not start with a whole picture. Let it be encoded anew.",
                          "first sample is not a sync sample");
    if (s->pts < 0 || s->dts < -INT32_MAX)
        return err_set(reterr, ERR_INVALID, "first time stamp is negative");
    w->started = true;
    /* Decode times begin before the presentation where pictures are reordered; the file's can't be
     * negative, so everything moves up and the edit list skips what was added. */
    w->shift = MAX(0, -s->dts);
    w->f.edit_start += w->shift;
    w->start = w->next = s->dts + w->shift;
    w->usual_duration = s->duration;
    return 0;
}

int cmaf_write(struct cmaf_writer *w, const struct cmaf_sample *s, struct err *reterr) {
    int r = w->started ? 0 : sample_start(w, s, reterr);
    if (r < 0)
        return r;
    int64_t dts = s->dts + w->shift, offset = s->pts - s->dts;
    if (dts != w->next || s->size > SEGMENT_MAX || offset > INT32_MAX || offset < INT32_MIN)
        return err_set(reterr, ERR_BAD_MEDIA, "sample at %lld does not follow on %lld",
                       (long long)dts, (long long)w->next);
    if (segment_due(w, s, dts)) {
        if ((r = segment_flush(w, reterr)) < 0)
            return r;
        w->start = dts;
    }
    bool fragment = w->n_samples == 0 || (w->picture && s->sync && w->n_fragments < FRAGMENTS_MAX);
    if (w->n_samples == 0) {
        w->segment_pts = s->pts + w->shift;
        if ((r = period_choose(w, s, reterr)) < 0)
            return r;
    }
    if (fragment)
        w->fragments[w->n_fragments++] = (struct fragment_mark){w->n_samples, w->data.n};
    if (!grow(&w->samples, w->n_samples, &w->cap_samples, sizeof *w->samples))
        return err_set(reterr, ERR_NO_MEMORY, "samples of a segment");
    struct cmaf_entry *e = &w->samples[w->n_samples];
    *e = (struct cmaf_entry){s->duration, (uint32_t)s->size, (int32_t)offset, s->sync, 0};
    size_t at = w->data.n;
    buf_mem(&w->data, s->data, s->size);
    if (w->data.no_memory)
        return err_set(reterr, ERR_NO_MEMORY, "samples of a segment");
    if (w->data.failed)
        return err_set(reterr, ERR_BAD_MEDIA,
                       "a segment of more than %d bytes: too few sync samples", SEGMENT_MAX);
    if (w->cenc && (r = protect_sample(w, w->data.p + at, e, reterr)) < 0)
        return r;
    w->n_samples++, w->n_total++;
    w->largest = MAX(w->largest, (uint32_t)s->size);
    w->next = dts + s->duration;
    return 0;
}

/* RFC 8216 4.3.4.2: the peak is of segments between half and one and a half of the length. */
static int64_t peak_rate(const struct cmaf_writer *w) {
    double peak = 0;
    for (size_t i = 0; i < w->n_extents; i++) {
        const struct index_extent *e = &w->extents[i];
        bool counts = w->n_extents == 1 || e->duration * 2ll >= w->segment;
        if (counts && e->duration > 0)
            peak = MAX(peak, (double)e->length * 8 * w->f.timescale / e->duration);
    }
    return (int64_t)(peak + 0.5);
}

static int64_t mean_rate(const struct cmaf_writer *w) {
    double bytes = 0, duration = 0;
    for (size_t i = 0; i < w->n_extents; i++)
        bytes += w->extents[i].length, duration += w->extents[i].duration;
    return duration > 0 ? (int64_t)(bytes * 8 * w->f.timescale / duration + 0.5) : 0;
}

/* ISO/IEC 14496-12 8.16.3. A reference covers a segment and the padding after it; where there are
 * more segments than room, neighbours share one. Returns the references' first byte minus the box's
 * end. */
static void sidx_write(struct cmaf_writer *w, size_t room) {
    struct buf *b = &w->head;
    size_t per = 1;
    while (40 + 12 * ((w->n_extents + per - 1) / per) + FREE_BOX > room ||
           (w->n_extents + per - 1) / per > 65535)
        per *= 2;
    size_t n = (w->n_extents + per - 1) / per, at = box_begin_full(b, "sidx", 1, 0);
    buf_be32(b, 1);
    buf_be32(b, w->f.timescale);
    buf_be64(b, w->extents[0].time);
    buf_be64(b, w->room - (at + 40 + 12 * n));
    buf_be16(b, 0);
    buf_be16(b, (uint16_t)n);
    for (size_t i = 0; i < w->n_extents; i += per) {
        size_t last = MIN(i + per, w->n_extents) - 1;
        uint64_t duration = 0;
        for (size_t k = i; k <= last; k++)
            duration += w->extents[k].duration;
        buf_be32(b, (uint32_t)MIN(w->ends[last] - w->extents[i].offset, INT32_MAX));
        buf_be32(b, (uint32_t)duration);
        buf_be32(b, 0x90000000); /* starts with a sync sample, SAP type 1 */
    }
    box_end(b, at);
}

static int head_write(struct cmaf_writer *w, uint32_t *ret_init, struct err *reterr) {
    struct cmaf_init i = {.f = &w->f,
                          .protect = w->f.protect,
                          .look = writer_look(w),
                          .duration = w->next,
                          .mean = mean_rate(w),
                          .peak = peak_rate(w),
                          .buffer = w->largest,
                          .sample_duration = w->usual_duration};
    buf_reset(&w->head);
    cmaf_init_write(&w->head, &i);
    *ret_init = (uint32_t)w->head.n;
    sidx_write(w, w->room - w->head.n);
    size_t gap = w->room - w->head.n;
    if (gap > 0) {
        size_t at = box_begin(&w->head, "free");
        buf_zero(&w->head, gap - FREE_BOX);
        box_end(&w->head, at);
    }
    if (w->head.failed)
        return err_set(reterr, ERR_NO_MEMORY, "head of a track");
    struct iovec v = {w->head.p, w->head.n};
    return write_all(w->fd, &v, 1, 0, reterr);
}

/* The presentation may end before the last sample does: the encoder filled up its last frame. */
static int64_t duration_trim(struct cmaf_writer *w, int64_t play_duration) {
    struct index_extent *last = &w->extents[w->n_extents - 1];
    int64_t whole = (int64_t)(last->time + last->duration);
    if (play_duration <= (int64_t)last->time || play_duration >= whole)
        return whole;
    last->duration = (uint32_t)(play_duration - (int64_t)last->time);
    return play_duration;
}

int cmaf_writer_end(struct cmaf_writer *w, int64_t play_duration, struct arena *a,
                    struct track_desc *ret_t, struct err *reterr) {
    int r = segment_flush(w, reterr);
    if (r < 0)
        return r;
    if (w->n_extents == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.empty_track",
                          "A track of the film is empty.", "no samples");
    int64_t duration = duration_trim(w, play_duration);
    uint32_t init = 0;
    if ((r = head_write(w, &init, reterr)) < 0)
        return r;
    static const uint32_t types[] = {[TRACK_VIDEO] = 0, [TRACK_AUDIO] = 1, [TRACK_TEXT] = 4};
    enum track_kind kind = cmaf_kind(w->f.codec);
    w->index.h.kind = kind;
    w->index.h.content_type = types[kind];
    w->index.h.timescale = w->f.timescale;
    w->index.h.init_length = init;
    w->index.h.duration = (uint64_t)duration;
    if (index_append(&w->index, w->extents, (uint32_t)w->n_extents) < 0 ||
        index_publish(&w->index) < 0)
        return err_errno(reterr, errno, "index of a track");
    char codec[CODEC_STRING];
    if (w->picture)
        picture_codec_string(w->picture, codec);
    else
        cmaf_codec_string(&w->f, codec, sizeof codec);
    ret_t->kind = kind;
    ret_t->codec = str_dup(a, str_of(codec));
    ret_t->bandwidth = mean_rate(w);
    ret_t->peak_bandwidth = peak_rate(w);
    ret_t->timescale = w->f.timescale;
    ret_t->width = w->picture ? w->f.width : 0;
    ret_t->height = w->picture ? w->f.height : 0;
    ret_t->fps = w->picture && w->f.fps.num > 0 ? w->f.fps : (struct ratio){0, 1};
    const struct picture_look *look = writer_look(w);
    if (look && look->has_colour)
        ret_t->primaries = look->primaries, ret_t->transfer = look->transfer, ret_t->matrix = look->matrix;
    ret_t->channels = w->picture ? 0 : w->f.channels;
    ret_t->sample_rate = w->picture ? 0 : w->f.sample_rate;
    ret_t->duration = duration;
    ret_t->edit_start = w->f.edit_start;
    if (w->f.protect)
        memcpy(ret_t->kid, w->f.protect->key.kid, 16);
    struct index_extent *e = arena_news(a, struct index_extent, w->n_extents);
    if (!e || !ret_t->codec.p)
        return err_set(reterr, ERR_NO_MEMORY, "description of a track");
    memcpy(e, w->extents, w->n_extents * sizeof *e);
    ret_t->extents = e;
    ret_t->n_extents = w->n_extents;
    ret_t->init_offset = 0;
    ret_t->init_length = init;
    return 0;
}
