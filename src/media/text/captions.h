/*
 * captions.h - closed captions: CEA-608 in an MP4 track of its own, or in the picture's packets, where ATSC A/53 Part 4 puts it (user
 * data of MPEG-2, SEI of H.264 and HEVC). Of CEA-708 only the 608 bytes that it carries along are read, the first channel (CC1).
 */
#pragma once
#include "media/probe/source.h"
#include "media/text/text.h"

enum { CAPTIONS_BYTES_MAX = 31 * 3 };

/* Could a stream of this kind hold them? */
bool captions_in(const AVCodecParameters *p);
bool text_is_stpp(const AVCodecParameters *p);
/* The valid triplets {marker and type, byte, byte} of one packet's cc_data(), at most CAPTIONS_BYTES_MAX; how many bytes. */
size_t captions_take(const uint8_t *p, size_t n, uint8_t *ret);
/* What kinds of caption triplets are in there that say anything: padding does not. */
struct captions_kinds {
    bool cea608, cea708;
};
void captions_note(struct captions_kinds *k, const uint8_t *triplets, size_t n);

/* Packets come in the order of decoding, captions in that of showing. */
enum { CAPTIONS_REORDER = 32 };
struct captions_part {
    int64_t pts;
    size_t n;
    uint8_t bytes[CAPTIONS_BYTES_MAX];
};
struct captions_queue {
    struct captions_part v[CAPTIONS_REORDER + 1];
    size_t n;
};
void captions_queue_add(struct captions_queue *q, int64_t pts, const uint8_t *bytes, size_t n);
/* The earliest, once enough are there, or when all is (last). */
bool captions_queue_take(struct captions_queue *q, bool last, struct captions_part *ret);

int captions_decode(struct cues *c, struct source *s, AVStream *st, struct err *reterr);
