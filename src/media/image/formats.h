/* formats.h - pictures written as the formats that browsers take. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <libavcodec/avcodec.h>

/* RGBA of exactly w x h from any frame, or from part of an RGBA one; its alpha is kept. The caller frees it. */
int rgba_from(const AVFrame *in, AVFrame **ret_f, struct err *reterr);
int rgba_scale(const AVFrame *rgba, int x, int y, int in_w, int in_h, int w, int h, AVFrame **ret_f, struct err *reterr);
/* On black, in place. */
void rgba_flatten(AVFrame *rgba);
bool rgba_is_opaque(const AVFrame *rgba);
/* Turned upright by EXIF's orientation (1 to 8; TIFF 6.0), in place of what *io was. */
int rgba_upright(AVFrame **io, int orientation, struct err *reterr);
/* 4:2:0, full range, BT.601: what JFIF means. */
int yuv_from(const AVFrame *rgba, AVFrame **ret_f, struct err *reterr);

/* Appended to out. ERR_NO_MEMORY, ERR_INTERNAL. */
int webp_encode(const AVFrame *rgba, int quality, struct buf *out, struct err *reterr);
int png_encode(const AVFrame *rgba, struct buf *out, struct err *reterr);
/* yuv: of yuv_from, no less than 16 pixels a side. Without an encoder in this libavcodec: nothing is appended. */
int avif_encode(const AVFrame *yuv, struct buf *out, struct err *reterr);
