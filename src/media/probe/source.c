/* source.c - libavformat on a descriptor. */
#include "media/probe/source.h"
#include "media/cmaf/clear.h"
#include "base/clock.h"
#include "media/seal/seal.h"
#include <errno.h>
#include <libavutil/display.h>
#include <math.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IO_BUFFER = 256 << 10, PROBE_BYTES = 16 << 20 };

static int read_cb(void *opaque, uint8_t *dst, int n) {
    struct source *s = opaque;
    if (source_spent(s))
        return AVERROR_EXIT;
    ssize_t got;
    do
        got = s->clear ? cmaf_clear_pread(s->clear, dst, (size_t)n, s->pos) : s->size >= 0 ? fd_pread(s->fd, dst, (size_t)n, s->pos) : read(s->fd, dst, (size_t)n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return AVERROR(errno);
    s->pos += got;
    if (s->budget != INT64_MAX)
        s->budget -= got;
    return got ? (int)got : AVERROR_EOF;
}

static int64_t seek_cb(void *opaque, int64_t to, int whence) {
    struct source *s = opaque;
    if (whence == AVSEEK_SIZE)
        return s->size;
    whence &= ~AVSEEK_FORCE;
    if (whence == SEEK_CUR)
        to += s->pos;
    else if (whence == SEEK_END)
        to += s->size;
    if (to < 0)
        return AVERROR(EINVAL);
    return s->pos = to;
}

/* Nothing inside a film may name another file. */
static int deny_open(AVFormatContext *fmt, AVIOContext **pb, const char *url, int flags,
                     AVDictionary **opts) {
    return AVERROR(EPERM);
}

bool source_spent(const struct source *s) {
    return s->budget < 0 || (s->deadline_ns && clock_mono_ns() > s->deadline_ns);
}

int err_av(struct err *e, int averror, const char *fmt, ...) {
    char what[200], text[AV_ERROR_MAX_STRING_SIZE] = "";
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    av_strerror(averror, text, sizeof(text));
    if (averror == AVERROR(ENOMEM))
        return err_set(e, ERR_NO_MEMORY, "%s: %s", what, text);
    if (averror == AVERROR(EIO))
        return err_set(e, ERR_IO, "%s: %s", what, text);
    return err_refuse(e, ERR_BAD_MEDIA, "media.unreadable",
                      "The file could not be read as a film. Export it again, for example as MP4 with H.264.",
                      "%s: %s", what, text);
}

static int streams_find(struct source *s, struct err *reterr) {
    for (unsigned i = 0; i < s->fmt->nb_streams; i++) {
        const AVCodecParameters *p = s->fmt->streams[i]->codecpar;
        if (p->codec_type == AVMEDIA_TYPE_VIDEO &&
            (p->width > SOURCE_MAX_SIDE || p->height > SOURCE_MAX_SIDE ||
             (int64_t)p->width * p->height > SOURCE_MAX_AREA))
            return err_refuse(reterr, ERR_BAD_MEDIA, "media.too_large_picture",
                              "The file says that its picture is larger than 8192 by 8192 pixels. Export it "
                              "at 4K or smaller.",
                              "picture of %dx%d", p->width, p->height);
    }
    AVDictionary **opts = calloc(s->fmt->nb_streams + 1, sizeof(*opts));
    unsigned n = s->fmt->nb_streams;
    if (!opts)
        return err_set(reterr, ERR_NO_MEMORY, "stream options");
    for (unsigned i = 0; i < n; i++)
        av_dict_set_int(&opts[i], "max_pixels", SOURCE_MAX_AREA, 0);
    int rc = avformat_find_stream_info(s->fmt, opts);
    for (unsigned i = 0; i < n; i++)
        av_dict_free(&opts[i]);
    free(opts);
    return rc < 0 ? damage_explain(s->fd, s->size, rc, reterr) : 0;
}

/* clear is the source's from here on, also on an error. */
static int opened(int fd, struct cmaf_clear *clear, int64_t wall_ms, int64_t budget, AVDictionary **opts, struct source **ret_s,
                  struct err *reterr) {
    av_log_set_level(AV_LOG_QUIET); /* what matters is in the error; the rest would fill the parent's log */
    struct stat st;
    if (fstat(fd, &st) < 0) {
        cmaf_clear_free(clear);
        return err_errno(reterr, errno, "source");
    }
    bool regular = S_ISREG(st.st_mode);
    int64_t size = fd_size(fd);
    if (regular && size == 0)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.empty",
                          "The file is empty (0 bytes). Copy or upload it again.", "zero bytes");
    scoped(source_freep) struct source *s = calloc(1, sizeof(*s));
    uint8_t *mem = av_malloc(IO_BUFFER);
    if (s)
        s->clear = clear;
    if (!s || !mem) {
        if (!s)
            cmaf_clear_free(clear);
        av_free(mem);
        return err_set(reterr, ERR_NO_MEMORY, "source");
    }
    s->fd = fd;
    s->wanted = -1;
    s->size = size;
    s->deadline_ns = wall_ms ? clock_mono_ns() + wall_ms * 1000000 : 0;
    s->budget = budget ? budget : INT64_MAX;
    s->io = avio_alloc_context(mem, IO_BUFFER, 0, s, read_cb, NULL, regular ? seek_cb : NULL);
    s->fmt = avformat_alloc_context();
    if (!s->io || !s->fmt)
        return err_set(reterr, ERR_NO_MEMORY, "source");
    s->fmt->pb = s->io;
    s->fmt->flags |= AVFMT_FLAG_CUSTOM_IO;
    s->fmt->io_open = deny_open;
    s->fmt->max_streams = SOURCE_MAX_STREAMS;
    s->fmt->probesize = PROBE_BYTES;
    int rc = avformat_open_input(&s->fmt, "", NULL, opts); /* frees fmt when it fails */
    if (rc < 0)
        return damage_explain(fd, s->size, rc, reterr);
    rc = streams_find(s, reterr);
    if (rc < 0)
        return rc;
    *ret_s = take(s);
    return 0;
}

int source_open(int fd, int64_t wall_ms, int64_t budget, struct source **ret_s, struct err *reterr) {
    AVDictionary *none = NULL;
    return opened(fd, NULL, wall_ms, budget, &none, ret_s, reterr);
}

int source_open_protected(int fd, const char *key, struct source **ret_s, struct err *reterr) {
    AVDictionary *opts = NULL;
    struct cmaf_clear *clear = NULL;
    int rc = 0;
    if (key && strchr(key, ':')) {
        struct cenc_key keys[CLEAR_KEYS_MAX];
        size_t n = 0;
        rc = cmaf_keys_parse(str_of(key), keys, &n, reterr);
        if (rc >= 0)
            rc = cmaf_clear_open(fd, keys, n, &clear, reterr);
        explicit_bzero(keys, sizeof keys);
    } else if (key) {
        av_dict_set(&opts, "decryption_key", key, 0);
    }
    if (rc >= 0)
        rc = opened(fd, clear, 0, 0, &opts, ret_s, reterr);
    av_dict_free(&opts);
    return rc;
}

void source_free(struct source *s) {
    if (!s)
        return;
    avformat_close_input(&s->fmt);
    if (s->io)
        av_freep(&s->io->buffer);
    avio_context_free(&s->io);
    cmaf_clear_free(s->clear);
    free(s);
}

void source_freep(struct source **s) {
    source_free(*s);
    *s = NULL;
}

int source_decoder(struct source *s, int stream, int threads, AVCodecContext **ret_c,
                   struct err *reterr) {
    const AVStream *st = s->fmt->streams[stream];
    const AVCodec *codec = avcodec_find_decoder(st->codecpar->codec_id);
    if (!codec)
        return err_refuse(reterr, ERR_BAD_MEDIA, "media.codec_unknown",
                          "The film uses a codec that can't be read here. Export it with H.264 and AAC.",
                          "no decoder for %s in stream %d", avcodec_get_name(st->codecpar->codec_id),
                          stream);
    AVCodecContext *c = avcodec_alloc_context3(codec);
    if (!c)
        return err_set(reterr, ERR_NO_MEMORY, "decoder");
    int rc = avcodec_parameters_to_context(c, st->codecpar);
    c->pkt_timebase = st->time_base;
    c->thread_count = threads;
    c->max_pixels = SOURCE_MAX_AREA;
    if (rc >= 0)
        rc = avcodec_open2(c, codec, NULL);
    if (rc < 0) {
        avcodec_free_context(&c);
        return err_av(reterr, rc, "opening the %s decoder", codec->name);
    }
    *ret_c = c;
    return 0;
}

const void *source_side_data(const AVStream *st, enum AVPacketSideDataType type, size_t *ret_n) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(60, 31, 102)
    const AVPacketSideData *d = av_packet_side_data_get(st->codecpar->coded_side_data,
                                                        st->codecpar->nb_coded_side_data, type);
    *ret_n = d ? d->size : 0;
    return d ? d->data : NULL;
#else
    return av_stream_get_side_data(st, type, ret_n);
#endif
}

int source_rotation(const AVStream *st, bool *ret_flip) {
    size_t n = 0;
    const int32_t *m = source_side_data(st, AV_PKT_DATA_DISPLAYMATRIX, &n);
    *ret_flip = false;
    if (!m || n < 9 * sizeof(*m))
        return 0;
    double det = (double)m[0] * m[4] - (double)m[1] * m[3];
    int32_t copy[9];
    memcpy(copy, m, sizeof(copy));
    if (det < 0) {
        *ret_flip = true;
        av_display_matrix_flip(copy, 1, 0);
    }
    double ccw = av_display_rotation_get(copy);
    if (isnan(ccw))
        return 0;
    int turn = (int)lround(-ccw / 90.0) * 90;
    return ((turn % 360) + 360) % 360;
}
