/*
 * source.h - a film on an inherited descriptor, opened with libavformat through our own AVIO: a sandboxed
 * child may not open anything, and a playlist or reference inside the film must not reach other files.
 */
#pragma once
#include "base/err.h"
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

enum { SOURCE_MAX_STREAMS = 128 };

struct source_clock { /* of a stream: clock.c */
    int64_t last_us;  /* its latest packet, on the film's time line */
    int64_t step_us;  /* from the one before to it */
    int epoch;
    bool seen;
};

struct cmaf_clear;
struct source {
    AVFormatContext *fmt;
    AVIOContext *io;
    int fd;
    struct cmaf_clear *clear; /* what is read in place of fd; or NULL */
    int64_t pos, size;    /* size: -1 when it is not a regular file */
    int64_t deadline_ns;  /* clock_mono_ns(); 0: none. Reads fail after it */
    int64_t budget;       /* bytes that may still be read; negative once spent; INT64_MAX: any */
    int wanted;           /* the stream that source_read() gives; -1: all */
    int epoch;            /* how often the clock has jumped so far */
    int64_t offset_us, offset_before_us; /* added to what the container says, now and before the latest jump */
    struct source_clock clocks[SOURCE_MAX_STREAMS];
};

/* wall_ms 0 and budget 0: no limit. Opens and finds the streams. ERR_BAD_MEDIA says in the hint what is
 * wrong with the file; ERR_IO when reading fails. */
int source_open(int fd, int64_t wall_ms, int64_t budget, struct source **ret_s, struct err *reterr);
/* The same for a track of ours, with its key (32 hex digits) or NULL; no limits. "KID:KEY,KID:KEY": keys that change (cmaf/clear.h). */
int source_open_protected(int fd, const char *key, struct source **ret_s, struct err *reterr);
void source_free(struct source *s);
void source_freep(struct source **s);
bool source_spent(const struct source *s); /* the limits above were reached */

/* Restricts source_read() to one stream. */
void source_want(struct source *s, int stream);
/* av_read_frame(), with the clock's jumps taken out of the time stamps (clock.c). */
int source_read(struct source *s, AVPacket *pkt);

/* An opened decoder for a stream; threads 0: as many as there are processors. ERR_BAD_MEDIA when there is
 * none for its codec. Frames over 8192x8192 pixels are refused by it. */
int source_decoder(struct source *s, int stream, int threads, AVCodecContext **ret_c,
                   struct err *reterr);
const void *source_side_data(const AVStream *st, enum AVPacketSideDataType type, size_t *ret_n);
/* Clockwise turn that shows the picture upright: 0, 90, 180, 270. *ret_flip: mirrored as well. */
int source_rotation(const AVStream *st, bool *ret_flip);

enum { SOURCE_MAX_SIDE = 16384 };
#define SOURCE_MAX_AREA ((int64_t)8192 * 8192)

/* From AVERROR(): ERR_NO_MEMORY, ERR_IO, ERR_BAD_MEDIA. */
int err_av(struct err *e, int averror, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* damage.c: looks at the bytes of a file that libav can't make sense of, and says why. Always negative. */
int damage_explain(int fd, int64_t size, int averror, struct err *reterr);
/* Bytes that the container promises and the file lacks; 0: none, or not known for this container. */
int64_t damage_missing(int fd, int64_t size);
