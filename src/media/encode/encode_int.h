/* encode_int.h - the parts of the encoder: feed (decode, filter, constant rate) -> scale -> one worker a
 * rung. Frames are references that move through bounded queues; nothing is copied on the way. */
#pragma once
#include "media/encode/encode.h"
#include "media/cmaf/look.h"
#include "media/es.h"
#include "media/probe/source.h"
#include <libavfilter/avfilter.h>
#include <pthread.h>
#include <stdatomic.h>

struct buf;
enum { RUNGS_MAX = 24, QUEUE_MAX = 8 }; /* rungs of all codecs */

struct rung_plan {
    int width, height, threads;
    int64_t maxrate, bufsize;      /* maxrate 0: no ceiling (trial encodes) */
    double crf;
    const char *profile;           /* borrowed from the plan, as all text here */
    enum es_codec codec;
    bool hdr;                      /* 10 bits in the source's colours; else 8 bits in the plan's */
};
static inline enum AVPixelFormat rung_format(const struct rung_plan *r) {
    return r->hdr ? AV_PIX_FMT_YUV420P10 : AV_PIX_FMT_YUV420P;
}

struct video_plan {
    int stream;
    int64_t start_pts;             /* stream time base */
    int64_t start_us;
    struct ratio fps;
    int64_t timescale, frame_duration;
    int gop, chunk_frames;
    int64_t frames, max_frames;
    bool deinterlace, deinterlace_flagged, full_range, flip;
    const char *telecine;          /* "", "tff", "bff", "repeat" */
    int src_width, src_height;     /* that crop speaks of */
    struct {
        int x, y, w, h;            /* w 0: all */
    } crop;
    int rotation;
    const char *hdr, *preset, *field_order;
    enum AVColorPrimaries src_primaries, primaries;
    enum AVColorTransferCharacteristic src_transfer, transfer;
    enum AVColorSpace src_matrix, matrix;
    enum AVChromaLocation siting;  /* of the source; left or unspecified is what we write */
    struct picture_look look;      /* what HDR10 says of the source */
    bool keeps_hdr;                /* some rung is HDR: what comes of the feed is not yet tone-mapped */
    size_t n_rungs, top;           /* top: the highest of H.264 */
    struct rung_plan rungs[RUNGS_MAX]; /* H.264, then other codecs; lowest first in each */
};
/* plan.c. ERR_INVALID: a member is missing or out of bounds. */
int video_plan_read(json_t *plan, struct video_plan *ret_p, struct err *reterr);

/* queue.c: a bounded queue of frames; NULL ends the stream. */
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct queue_item {
        AVFrame *frame;
        int64_t n;                 /* output frame number */
    } items[QUEUE_MAX];
    int head, count, capacity;
    bool stopped;
};
void queue_init(struct queue *q, int capacity);
void queue_done(struct queue *q);
/* Takes the frame's reference over when it answers 1. 0: still full after wait_ms (-1: for ever). -1: the
 * queue was stopped. */
int queue_push(struct queue *q, AVFrame *f, int64_t n, int wait_ms);
bool queue_pop(struct queue *q, struct queue_item *ret); /* false: stopped */
void queue_stop(struct queue *q);

/* scale.c: one thread makes every rung's picture from a larger one, and standard range of HDR where both are wanted. */
struct scaler;
struct job;
int scaler_new(const struct video_plan *p, struct scaler **ret_s, struct err *reterr);
void scaler_free(struct scaler *s);
/* Fills outs[n_rungs] with references, in the rungs' order. */
int scaler_run(struct scaler *s, const AVFrame *in, AVFrame **outs, struct err *reterr);

/* codec.c: the encoders behind one table. */
struct rung_codec {
    const char *policy, *encoder, *name; /* as a policy calls it, libavcodec does, and people do */
    int reorder;                         /* frames by which decoding is ahead of showing, at most */
    bool buffered;                       /* it keeps to the decoder's buffer */
    void (*options)(AVDictionary **o, const struct video_plan *p, const struct rung_plan *r, int64_t buffer);
    /* The configuration record from an encoder's extradata. */
    int (*config)(struct buf *b, const uint8_t *extra, size_t n, const struct video_plan *p, const struct rung_plan *r, struct err *reterr);
    size_t (*strip)(uint8_t *p, size_t n); /* what does not belong into a sample goes, in place; the bytes left, 0: it does not parse */
};
const struct rung_codec *rung_codec(enum es_codec c);
enum es_codec rung_codec_named(const char *policy); /* 0: none */

/* rung.c */
struct rung {
    struct job *job;
    size_t i;
    const struct rung_plan *plan;
    const struct rung_codec *codec;
    struct queue in;
    struct es_writer *out;
    pthread_t thread;
    bool started;
    int64_t packets;               /* written in all, resumed ones included: the decode order */
    int fd;                        /* of out */
    int64_t begin;                 /* what the decoder's buffer holds before the file's first packet, as buffer counts it */
    int64_t buffer;                /* what the decoder's buffer holds after the last packet, bits times fps.num */
};
void *rung_main(void *rung);
/* What the decoder's buffer begins with, in bits: x264's own beginning, nine tenths full. */
int64_t rung_buffer_begin(const struct rung_plan *r);
/* The buffer gives a packet away and fills for a frame's time. In bits times fps.num, which makes every
 * rate exact. */
int64_t rung_buffer_pass(const struct rung_plan *r, struct ratio fps, int64_t level, size_t packet_bytes);
/* An encoder as a rung has it; buffer: bits that the decoder's buffer begins with. */
int rung_encoder_open(AVCodecContext *c, const struct video_plan *p, const struct rung_plan *r, int64_t buffer,
                      struct err *reterr);
/* AVCDecoderConfigurationRecord from x264's extradata. */
int rung_avcc_write(struct buf *b, const uint8_t *p, size_t n, struct err *reterr);
void memory_settle(void); /* encode.c */

/* trial.c: one short shot encoded at one size and CRF, decoded, enlarged, compared. Any thread. */
struct metric;
struct trial {
    const struct video_plan *plan; /* preset, rate and colours */
    struct rung_plan rung;
    const struct metric *metric;
    AVFrame *const *frames;        /* the shot at the rung's size */
    AVFrame *const *originals;     /* and at the size it is judged at */
    int n, stride;                 /* every stride-th picture is compared */
    int64_t bytes;                 /* results */
    double loss;                   /* mean of those compared */
};
int trial_run(struct trial *t, struct err *reterr);

/* What the threads of one run share. */
struct job {
    const struct video_plan *plan;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct err err;                /* the first */
    atomic_bool failed;
    struct queue scale_in;
    struct rung rungs[RUNGS_MAX];
    int64_t first_frame;
    int64_t file_frame;            /* that the outputs begin with; below first_frame in a resumed run */
    int64_t total;                 /* frames in all; known once the feed has ended, -1 before */
    int chunks_done[RUNGS_MAX];    /* next chunk number to be finished; under lock */
    uint64_t *sizes;               /* [chunk * n_rungs + rung]; under lock */
    int sizes_cap;
    size_t rungs_ended;
    atomic_llong frames_out;       /* of the highest rung */
    bool sync;                     /* chunks reach the disk before they are reported */
};
void job_fail(struct job *j, const struct err *e);
int job_chunk_done(struct job *j, size_t rung, int chunk, uint64_t size, struct err *reterr);

/* picture.c: filters that a picture needs before it is scaled: taking pulldown out, deinterlacing, turning; tone mapping. */
enum picture_work { PICTURE_SHAPE = 1, PICTURE_COLOUR = 2, PICTURE_ALL = 3 };
struct picture_filter;
bool picture_needs_filter(const struct video_plan *p, enum picture_work work);
/* What the feed does before anything is scaled. */
static inline enum picture_work picture_first(const struct video_plan *p) { return p->keeps_hdr ? PICTURE_SHAPE : PICTURE_ALL; }
/* rate: of the frames that come, {0, 1}: not constant. */
int picture_filter_new(const struct video_plan *p, enum picture_work work, const AVFrame *like, AVRational time_base, AVRational rate,
                       struct picture_filter **ret_f, struct err *reterr);
/* Leaves of a decoded picture what the plan keeps. */
int picture_crop(const struct video_plan *p, AVFrame *f, struct err *reterr);
void picture_filter_free(struct picture_filter *f);
bool picture_filter_fits(const struct picture_filter *f, const AVFrame *frame);
int picture_filter_push(struct picture_filter *f, AVFrame *frame, struct err *reterr); /* NULL: end */
/* 1: a frame, 0: none now. *ret_tb is the time base of its pts. */
int picture_filter_pull(struct picture_filter *f, AVFrame *frame, AVRational *ret_tb, struct err *reterr);

/* feed.c: decodes from frame number `first` on and hands each output frame to emit, in order, exactly
 * once. emit's negative answer ends it. *ret_total: frames in all. */
struct feed_stats {
    int64_t decoded, failed, repeated, dropped;
    int jumps; /* of the container's clock */
};
/* Whether a run that begins in the middle gets there without decoding all before it. */
int feed_seeks(int fd, bool *ret, struct err *reterr);
int feed_run(int fd, const struct video_plan *p, int64_t first,
             int (*emit)(void *arg, AVFrame *f, int64_t n, struct err *reterr), void *arg,
             int64_t *ret_total, struct feed_stats *stats, struct err *reterr);
