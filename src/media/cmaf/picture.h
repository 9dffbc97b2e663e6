/*
 * picture.h - what the packager asks of a coded picture, whatever its codec: how it looks, what its codec string is, its sample entry,
 * which bytes of a sample are protected.
 */
#pragma once
#include "base/buf.h"
#include "media/cmaf/cmaf.h"

enum { CODEC_STRING = 48 };

struct picture;
/* From the codec's configuration (cmaf_format.extra). ERR_BAD_MEDIA. */
int picture_new(enum cmaf_codec codec, const uint8_t *config, size_t n, struct picture **ret, struct err *reterr);
void picture_free(struct picture *p);
const struct picture_look *picture_look(const struct picture *p);
void picture_codec_string(const struct picture *p, char dst[CODEC_STRING]);
/* Appends the subsamples of one sample; every one has to come by, in decode order. */
int picture_ranges(struct picture *p, struct cenc_ranges *r, enum scheme scheme, const uint8_t *data, size_t n, struct err *reterr);
struct cmaf_init;
void picture_entry_write(struct buf *b, const struct cmaf_init *i);
