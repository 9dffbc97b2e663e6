/* image_int.h - keyframes in, JPEGs out. */
#pragma once
#include "base/buf.h"
#include "media/es.h"
#include "media/image/bars.h"
#include "media/image/image.h"
#include <libavcodec/avcodec.h>

/* keyframes.c: the pictures at the head of every GOP. */
struct keyframe {
    int64_t pts;
    uint64_t offset;
    size_t size;
};
struct keyframes {
    int fd;
    struct es_reader *reader;
    AVCodecContext *dec;
    struct es_format format;        /* extra is not kept */
    struct keyframe *list;
    size_t n;
    int64_t duration;               /* timescale */
};
int keyframes_open(int fd, struct keyframes *ret_k, struct err *reterr);
void keyframes_done(struct keyframes *k);
/* Decodes the i-th; *ret_f is the caller's. */
int keyframes_decode(struct keyframes *k, size_t i, AVFrame **ret_f, struct err *reterr);

/* jpeg.c: part of a picture, scaled, as JPEG of about quality 85, appended to fd. */
struct crop {
    int x, y, w, h;
};
/* 4:2:0 full range of exactly w x h, even numbers; the caller frees it. */
int picture_scale(const AVFrame *in, struct crop c, int w, int h, AVFrame **ret_f, struct err *reterr);
int jpeg_encode(const AVFrame *f, struct buf *out, struct err *reterr);
struct outfile {
    int fd;
    int64_t size;
};
int outfile_open(int fd, struct outfile *ret_o, struct err *reterr);
int outfile_add(struct outfile *o, const struct buf *b, int64_t *ret_offset, struct err *reterr);

/* artwork.c: a picture (4:2:0, full range) as WebP and AVIF too, each added to files as {type, offset, length}. */
int small_write(struct outfile *out, const AVFrame *yuv, json_t *files, struct err *reterr);
/* A handful of pixels (RGBA, 16 to 24 wide) that stand for a picture until it is there, as a data: address; nothing where
 * that would be too long to be worth it. */
int blur_write(const AVFrame *tiny, struct buf *url, struct err *reterr);

/* score.c: how well a picture would stand for its film; 0..1. Dark and flat ones score low. */
double picture_score(const AVFrame *f);
/* 0..1: how sharp its sharpest parts are, measured at the size that it is given in; 0: nothing to see. */
double picture_sharpness(const AVFrame *f);
/* Where a window of w columns has the most to show; even. */
int picture_busiest_x(const AVFrame *f, int w);
uint32_t picture_colour(const AVFrame *f); /* mean, 0xrrggbb */

/* bars.c */
/* f without its bars: no more than agreed, and nothing that f shows. Even numbers. */
struct crop bars_cut(const AVFrame *f, const struct bars *agreed);
/* Shares f's pixels; the caller frees it. NULL: no memory. */
AVFrame *picture_part(const AVFrame *f, struct crop c);
