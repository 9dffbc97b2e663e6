/* probe_int.h - what probing has seen of each stream. */
#pragma once
#include "media/cmaf/look.h"
#include "media/probe/probe.h"
#include "media/probe/source.h"

enum { LOOK_PTS = 360, LOOK_FRAMES = 12 };

struct look {
    AVCodecContext *dec;        /* NULL: not decoded */
    int frames, failed;         /* decoded, refused by the decoder */
    int wanted;                 /* frames still to be decoded */
    int interlaced, top_first;  /* of the frames decoded */
    bool encrypted, hdr10_plus, seen_frame;
    int64_t first_pts;          /* stream time base; AV_NOPTS_VALUE: none yet */
    int width, height;
    enum AVPixelFormat format;
    enum AVColorPrimaries primaries;
    enum AVColorTransferCharacteristic transfer;
    enum AVColorSpace matrix;
    enum AVColorRange range;
    enum AVChromaLocation siting;
    struct picture_look hdr;    /* mastering display and light levels alone */
    int64_t pts[LOOK_PTS], dts[LOOK_PTS];
    size_t n_pts, n_dts;
    bool pts_missing;           /* some packets had none: AVI, a programme stream */
    struct err err;             /* why it can't be decoded */
};

/* light.c: what HDR10 says of its light, in the container and in the picture; the second is nearer to the truth. */
void light_of_stream(struct picture_look *ret, const AVStream *st);
void light_of_frame(struct picture_look *ret, const AVFrame *f);
/* Sets mastering and light of a stream in JSON (ops.h), where they are known. */
void light_set(json_t *v, const struct picture_look *l);

/* describe.c */
json_t *describe_video(const struct source *s, int index, const struct look *l);
json_t *describe_audio(const struct source *s, int index, const struct look *l);
json_t *describe_text(const struct source *s, int index);
/* CC1 in the picture of that stream; captions are in the language of the programme. */
json_t *describe_captions(const struct source *s, int index, const char *lang);
/* BCP 47 of an ISO 639-2 code or a tag; "und" when it is neither. */
void lang_write(const char *from, char *dst, size_t cap);
int64_t start_us(const AVStream *st, int64_t pts);
