/*
 * es.c - elementary files. The writer gathers records in one buffer; the reader trusts nothing: the file was
 * written by a sandboxed child that had foreign bytes in its memory.
 */
#include "media/es.h"
#include "base/buf.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TAG_FORMAT = 0x31464d45, /* "EMF1" */
    TAG_PACKET = 0x31504d45, /* "EMP1" */
    TAG_END = 0x31454d45,    /* "EME1" */
    HEADER = 32,
    FORMAT_FIXED = 56,
    WRITE_BUFFER = 1 << 20,
    READ_BUFFER = 256 << 10,
};
#define TIME_MAX ((int64_t)1 << 52)

struct es_writer {
    int fd;
    uint64_t offset; /* where the buffer's first byte goes */
    struct buf b;
};

static void put32(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static void put64(uint8_t *p, uint64_t v) {
    put32(p, (uint32_t)v);
    put32(p + 4, (uint32_t)(v >> 32));
}

static uint32_t get32(const uint8_t *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p) { return get32(p) | (uint64_t)get32(p + 4) << 32; }

int es_writer_new(int fd, struct es_writer **ret_w, struct err *reterr) {
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return err_errno(reterr, errno, "elementary file");
    struct es_writer *w = calloc(1, sizeof(*w));
    if (!w)
        return err_set(reterr, ERR_NO_MEMORY, "elementary writer");
    w->fd = fd;
    w->offset = (uint64_t)end;
    w->b = BUF(WRITE_BUFFER + ES_MAX_PACKET + ES_MAX_EXTRA);
    *ret_w = w;
    return 0;
}

void es_writer_free(struct es_writer *w) {
    if (!w)
        return;
    buf_done(&w->b);
    free(w);
}

void es_writer_freep(struct es_writer **w) {
    es_writer_free(*w);
    *w = NULL;
}

static int record_add(struct es_writer *w, uint32_t tag, const struct es_packet *p, const uint8_t *fixed,
                      size_t n_fixed, struct err *reterr) {
    uint8_t h[HEADER];
    put32(h, tag);
    put32(h + 4, (uint32_t)(p->size + n_fixed));
    put64(h + 8, (uint64_t)p->pts);
    put64(h + 16, (uint64_t)p->dts);
    put32(h + 24, p->duration);
    put32(h + 28, p->flags);
    buf_mem(&w->b, h, sizeof(h));
    buf_mem(&w->b, fixed, n_fixed);
    buf_mem(&w->b, p->data, p->size);
    if (w->b.failed)
        return err_set(reterr, ERR_NO_MEMORY, "elementary record of %zu bytes", p->size);
    return w->b.n >= WRITE_BUFFER ? es_writer_flush(w, false, NULL, reterr) : 0;
}

int es_write_format(struct es_writer *w, const struct es_format *f, struct err *reterr) {
    if (f->n_extra > ES_MAX_EXTRA)
        return err_set(reterr, ERR_INVALID, "codec parameters of %zu bytes", f->n_extra);
    uint8_t x[FORMAT_FIXED];
    put32(x, f->codec);
    put32(x + 4, f->timescale);
    put32(x + 8, (uint32_t)f->width);
    put32(x + 12, (uint32_t)f->height);
    put64(x + 16, (uint64_t)f->fps.num);
    put64(x + 24, (uint64_t)f->fps.den);
    put32(x + 32, (uint32_t)f->channels);
    put32(x + 36, (uint32_t)f->sample_rate);
    put64(x + 40, (uint64_t)f->edit_start);
    put32(x + 48, (uint32_t)f->n_extra);
    put32(x + 52, 0);
    struct es_packet p = {.data = f->extra, .size = f->n_extra};
    return record_add(w, TAG_FORMAT, &p, x, sizeof(x), reterr);
}

int es_write_packet(struct es_writer *w, const struct es_packet *p, struct err *reterr) {
    if (!p->size || p->size > ES_MAX_PACKET)
        return err_set(reterr, ERR_INVALID, "packet of %zu bytes", p->size);
    return record_add(w, TAG_PACKET, p, NULL, 0, reterr);
}

int es_write_end(struct es_writer *w, int64_t play_duration, struct err *reterr) {
    struct es_packet p = {.pts = play_duration};
    return record_add(w, TAG_END, &p, NULL, 0, reterr);
}

int es_writer_flush(struct es_writer *w, bool sync, uint64_t *ret_size, struct err *reterr) {
    size_t done = 0;
    while (done < w->b.n) {
        ssize_t n = pwrite(w->fd, w->b.p + done, w->b.n - done, (off_t)(w->offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(reterr, n ? errno : ENOSPC, "writing %zu bytes of an elementary file",
                             w->b.n - done);
        done += (size_t)n;
    }
    w->offset += w->b.n;
    buf_reset(&w->b);
    /* EINVAL: a pipe or a special file, which a test may use. */
    if (sync && fdatasync(w->fd) < 0 && errno != EINVAL && errno != EROFS)
        return err_errno(reterr, errno, "elementary file to disk");
    if (ret_size)
        *ret_size = w->offset;
    return 0;
}

struct es_reader {
    int fd;
    uint64_t size, at;         /* at: of the next record */
    uint64_t buf_at;           /* file offset of buf's first byte */
    size_t buf_n, buf_cap;
    uint8_t *buf;
    uint8_t *extra;            /* of the current format */
    bool has_format, ended;
    enum es_codec codec;
    bool has_dts;
    int64_t last_dts, play_duration;
};

int es_reader_new(int fd, struct es_reader **ret_r, struct err *reterr) {
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno(reterr, errno, "elementary file");
    struct es_reader *r = calloc(1, sizeof(*r));
    if (!r)
        return err_set(reterr, ERR_NO_MEMORY, "elementary reader");
    r->fd = fd;
    r->size = (uint64_t)st.st_size;
    *ret_r = r;
    return 0;
}

void es_reader_free(struct es_reader *r) {
    if (!r)
        return;
    free(r->buf);
    free(r->extra);
    free(r);
}

void es_reader_freep(struct es_reader **r) {
    es_reader_free(*r);
    *r = NULL;
}

/* n bytes at r->at as one piece of memory, valid until the next call. */
static int bytes_at(struct es_reader *r, size_t n, const uint8_t **ret_p, struct err *reterr) {
    if (n > r->size - r->at)
        return err_set(reterr, ERR_CORRUPT, "elementary file is cut off at byte %llu",
                       (unsigned long long)r->size);
    if (r->at >= r->buf_at && r->at + n <= r->buf_at + r->buf_n) {
        *ret_p = r->buf + (r->at - r->buf_at);
        return 0;
    }
    size_t want = MAX(n, (size_t)READ_BUFFER);
    if (want > r->buf_cap) {
        uint8_t *p = realloc(r->buf, want);
        if (!p)
            return err_set(reterr, ERR_NO_MEMORY, "elementary record of %zu bytes", n);
        r->buf = p;
        r->buf_cap = want;
    }
    r->buf_at = r->at;
    r->buf_n = 0;
    while (r->buf_n < n) {
        ssize_t got = pread(r->fd, r->buf + r->buf_n, want - r->buf_n, (off_t)(r->at + r->buf_n));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_errno(reterr, errno, "reading an elementary file");
        if (got == 0)
            return err_set(reterr, ERR_CORRUPT, "elementary file shrank while it was read");
        r->buf_n += (size_t)got;
    }
    *ret_p = r->buf;
    return 0;
}

static bool time_ok(int64_t t) { return t > -TIME_MAX && t < TIME_MAX; }

static int format_read(struct es_reader *r, size_t size, struct es_format *f, struct err *reterr) {
    const uint8_t *x;
    if (size < FORMAT_FIXED || size > FORMAT_FIXED + ES_MAX_EXTRA)
        return err_set(reterr, ERR_CORRUPT, "format record of %zu bytes", size);
    int rc = bytes_at(r, size, &x, reterr);
    if (rc < 0)
        return rc;
    *f = (struct es_format){
        .codec = get32(x), .timescale = get32(x + 4), .width = (int)get32(x + 8),
        .height = (int)get32(x + 12),
        .fps = {(int64_t)get64(x + 16), (int64_t)get64(x + 24)},
        .channels = (int)get32(x + 32), .sample_rate = (int)get32(x + 36),
        .edit_start = (int64_t)get64(x + 40), .n_extra = get32(x + 48),
    };
    bool video = es_is_picture(f->codec), audio = f->codec == ES_AAC || f->codec == ES_OPUS || f->codec == ES_EAC3;
    bool ok = (video || audio) && f->timescale > 0 && f->timescale <= 1u << 30 &&
              f->n_extra == size - FORMAT_FIXED && f->n_extra > 0 && f->edit_start >= 0 &&
              f->edit_start < 1 << 20 && (!r->has_format || r->codec == f->codec);
    if (video)
        ok = ok && f->width > 0 && f->width <= 16384 && f->height > 0 && f->height <= 16384 &&
             f->fps.num > 0 && f->fps.den > 0 && f->fps.num < 1 << 30 && f->fps.den < 1 << 30;
    else
        ok = ok && f->channels > 0 && f->channels <= 64 && f->sample_rate > 0 &&
             f->sample_rate <= 768000;
    if (!ok)
        return err_set(reterr, ERR_CORRUPT, "format record with impossible fields");
    uint8_t *extra = realloc(r->extra, f->n_extra);
    if (!extra)
        return err_set(reterr, ERR_NO_MEMORY, "codec parameters");
    r->extra = memcpy(extra, x + FORMAT_FIXED, f->n_extra);
    f->extra = r->extra;
    r->codec = f->codec;
    r->has_format = true;
    return 0;
}

static int packet_read(struct es_reader *r, const uint8_t *h, bool want_data, struct es_packet *p,
                       struct err *reterr) {
    *p = (struct es_packet){
        .size = get32(h + 4), .pts = (int64_t)get64(h + 8), .dts = (int64_t)get64(h + 16),
        .duration = get32(h + 24), .flags = get32(h + 28), .offset = r->at,
    };
    if (!p->size || p->size > ES_MAX_PACKET || !p->duration || p->duration > 1u << 30 ||
        !time_ok(p->pts) || !time_ok(p->dts) || p->pts < p->dts ||
        (r->has_dts && p->dts <= r->last_dts))
        return err_set(reterr, ERR_CORRUPT, "packet record with impossible fields at byte %llu",
                       (unsigned long long)r->at);
    if (p->size > r->size - r->at)
        return err_set(reterr, ERR_CORRUPT, "elementary file is cut off inside a packet");
    if (want_data) {
        int rc = bytes_at(r, p->size, &p->data, reterr);
        if (rc < 0)
            return rc;
    }
    r->has_dts = true;
    r->last_dts = p->dts;
    return 0;
}

int es_read(struct es_reader *r, bool want_data, struct es_record *ret_rec, struct err *reterr) {
    if (r->ended) {
        *ret_rec = (struct es_record){.kind = ES_END, .play_duration = r->play_duration};
        return 0;
    }
    if (r->at == r->size)
        return err_set(reterr, ERR_CORRUPT, "elementary file is not finished");
    const uint8_t *p;
    uint8_t h[HEADER];
    int rc = bytes_at(r, HEADER, &p, reterr);
    if (rc < 0)
        return rc;
    memcpy(h, p, HEADER); /* reading the payload may move the buffer */
    uint32_t tag = get32(h), size = get32(h + 4);
    struct es_record rec = {.kind = ES_PACKET};
    uint64_t start = r->at;
    r->at += HEADER;
    if (tag == TAG_FORMAT) {
        rec.kind = ES_FORMAT;
        rc = format_read(r, size, &rec.format, reterr);
    } else if (tag == TAG_PACKET && r->has_format) {
        rc = packet_read(r, h, want_data, &rec.packet, reterr);
    } else if (tag == TAG_END && r->has_format && size == 0 && r->at == r->size &&
               time_ok((int64_t)get64(h + 8)) && (int64_t)get64(h + 8) >= 0) {
        rec.kind = ES_END;
        rec.play_duration = r->play_duration = (int64_t)get64(h + 8);
        r->ended = true;
    } else {
        rc = err_set(reterr, ERR_CORRUPT, "not an elementary file, or damaged at byte %llu",
                     (unsigned long long)start);
    }
    if (rc < 0) {
        r->at = start;
        return rc;
    }
    r->at += size;
    *ret_rec = rec;
    return 0;
}
