/* audio_int.h - one rendition of a sound track. */
#pragma once
#include "media/encode/encode.h"
#include "media/encode/loudness.h"
#include "media/es.h"
#include "media/probe/source.h"
#include <libswresample/swresample.h>

struct audio_out {
    char name[16];
    const struct audio_codec *codec;
    int channels, sample_rate, bitrate;
    struct es_writer *es;
    SwrContext *swr;         /* from the track's format: down-mix and rate */
    AVCodecContext *enc;
    AVFrame *frame;          /* being filled to the encoder's frame size */
    AVPacket *pkt;
    int filled;
    bool announced;          /* the format is written */
    int64_t samples, packets; /* given to the encoder; written */
    int64_t limit;            /* samples wanted in all; -1: all there are */
    int64_t played;
    uint64_t bytes;
    const struct loudness_plan *plan; /* borrowed; NULL: as loud as it comes */
    struct loudness *meter;  /* while the track is measured: nothing is encoded */
    bool was_measured;
    struct loudness_result measured; /* as the sound came */
    double first_db;         /* the gain that follows from that alone */
    double output_lufs;      /* as what is encoded is to be found */
    struct loudness_gain gain;
    float scale;
    struct limiter *limiter; /* NULL: no peak needs it */
    int late;                /* samples of the limiter's delay still to be dropped */
};

/* Reads one element of "outputs"; fd is borrowed. */
int audio_out_init(struct audio_out *o, json_t *plan, int fd, struct err *reterr);
/* Opens the encoder, or only the meter. */
int audio_out_open(struct audio_out *o, AVChannelLayout *from, int rate, bool measure, struct err *reterr);
/* n samples of f (planar float in the format given to open) from `skip` on. */
int audio_out_write(struct audio_out *o, const AVFrame *f, int skip, int n, struct err *reterr);
/* duration_us: cut or filled up to it; -1: as long as the sound is. */
int audio_out_finish(struct audio_out *o, int64_t duration_us, struct err *reterr);
/* Between the two: what was measured decides the gain, and the output can be opened again. True: the limiter takes part
 * of the loudness away, and another measure of what it leaves would come nearer. */
bool audio_out_measured(struct audio_out *o);
json_t *audio_out_json(const struct audio_out *o);
void audio_out_done(struct audio_out *o);
