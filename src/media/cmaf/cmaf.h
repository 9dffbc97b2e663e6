/*
 * cmaf.h - our fragmented MP4 writer (ISO/IEC 23000-19 on 14496-12): samples go in, one track file
 * and its index come out. File: ftyp moov sidx free, then segments that start on 4 KiB boundaries
 * (sendfile is a fifth faster so), each of one or more fragments, `free` between them.
 *
 * Time is that of the samples' pts; where the first dts is negative (reordered pictures) all of it moves up and
 * an edit list skips the difference, as it skips edit_start (an encoder's priming), so that the presentation
 * starts at 0 for every reader. A writer belongs to one thread.
 */
#pragma once
#include "base/buf.h"
#include "media/cenc/cenc.h"
#include "media/presentation.h"

enum cmaf_codec {
    CMAF_H264, CMAF_HEVC, CMAF_AV1, CMAF_AAC, CMAF_OPUS, CMAF_EAC3,
    CMAF_STPP /* IMSC1 text: a document a sample, a sample a segment, not aligned */
};

struct cmaf_format {
    enum cmaf_codec codec;
    uint32_t timescale;
    int width, height; /* as decoded and cropped */
    struct ratio sar;  /* den 0: 1:1 */
    struct ratio fps;  /* video; num 0: unknown */
    int channels, sample_rate;
    int64_t edit_start;           /* pts at which the presentation starts; timescale */
    const uint8_t *extra; /* what avcC, hvcC, av1C, dOps or dec3 holds, or AudioSpecificConfig; borrowed while the writer lives */
    size_t n_extra;
    struct str lang;                   /* BCP 47 */
    const struct cenc_params *protect; /* NULL: clear; borrowed while the writer lives */
    /* Key rotation: n_periods of protect, each key_period (timescale) of the presentation; a segment is of the period that it is most
     * in. 0: one, for ever. */
    size_t n_periods;
    int64_t key_period;
    bool cut_here; /* segments and key periods begin with samples that say so, and nowhere else */
    struct ratio segment;              /* seconds; 4:1 */
    int64_t expect_duration;           /* timescale; sizes the room for sidx; 0: unknown */
};

struct cmaf_sample {
    int64_t pts, dts;            /* timescale; the first pts is not negative */
    uint32_t duration;
    bool sync;
    const uint8_t *data; /* copied */
    size_t size;
    bool begins;     /* a segment, where the format's cut_here asks */
    uint32_t period; /* of the keys of that segment, there */
};

struct cmaf_writer;
/* Starts at offset 0 of both descriptors, which stay the caller's. object: the track file's name
 * beside the index ("v1.cmaf"). ERR_BAD_MEDIA: codec parameters that don't parse. */
int cmaf_writer_new(const struct cmaf_format *f, const char *object, int out_fd, int idx_fd,
                    struct cmaf_writer **ret_w, struct err *reterr);
void cmaf_writer_free(struct cmaf_writer *w);
void cmaf_writer_freep(struct cmaf_writer **w);
/* Takes one sample in decode order. The first of a picture track must be a sync sample. */
int cmaf_write(struct cmaf_writer *w, const struct cmaf_sample *s, struct err *reterr);
/* Writes what is left, the head and the index. play_duration: of the presentation, without
 * edit_start and padding; 0: to the end of the last sample. Fills codec, bandwidths, timescale,
 * sizes, duration, extents and init of ret_t (strings and extents in the arena); name, language,
 * role and label are the caller's. ERR_BAD_MEDIA: no sample came. */
int cmaf_writer_end(struct cmaf_writer *w, int64_t play_duration, struct arena *a,
                    struct track_desc *ret_t, struct err *reterr);

/* Decrypts one whole segment in place (moof and mdat boxes, as served): the samples' bytes only,
 * the boxes stay. p comes from the track's init: see cmaf_init_protection(). */
int cmaf_segment_decrypt(uint8_t *seg, size_t n, const struct cenc_params *p, struct err *reterr);
/* The same with all keys that a track may be under, its sample groups (seig) saying which: a fragment of a later key period has a
 * key, pattern and IV of its own. ERR_INVALID: under a key that is not among them. */
int cmaf_segment_decrypt_keys(uint8_t *seg, size_t n, const struct cenc_params *p, const struct cenc_key *keys, size_t n_keys,
                              struct err *reterr);
/* Reads scheme, kid, pattern and constant IV of an init segment; the key is the caller's to fill
 * in. 1: protected, 0: clear. */
int cmaf_init_protection(const uint8_t *init, size_t n, struct cenc_params *ret,
                         struct err *reterr);
