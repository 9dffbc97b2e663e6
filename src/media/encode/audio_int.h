/* audio_int.h - one rendition of a sound track. */
#pragma once
#include "media/encode/encode.h"
#include "media/es.h"
#include "media/probe/source.h"
#include <libswresample/swresample.h>

struct audio_out {
    char name[16];
    int channels, sample_rate, bitrate;
    struct es_writer *es;
    SwrContext *swr;         /* from the track's format: down-mix and rate */
    AVCodecContext *enc;
    AVFrame *frame;          /* being filled to the encoder's frame size */
    AVPacket *pkt;
    int filled;
    int64_t samples, packets; /* given to the encoder; written */
    int64_t limit;            /* samples wanted in all; -1: all there are */
    uint64_t bytes;
};

/* Reads one element of "outputs"; fd is borrowed. */
int audio_out_init(struct audio_out *o, json_t *plan, int fd, struct err *reterr);
int audio_out_open(struct audio_out *o, AVChannelLayout *from, int rate, struct err *reterr);
/* n samples of f (planar float in the format given to open) from `skip` on. */
int audio_out_write(struct audio_out *o, const AVFrame *f, int skip, int n, struct err *reterr);
/* duration_us: cut or filled up to it; -1: as long as the sound is. */
int audio_out_finish(struct audio_out *o, int64_t duration_us, struct err *reterr);
json_t *audio_out_json(const struct audio_out *o);
void audio_out_done(struct audio_out *o);
