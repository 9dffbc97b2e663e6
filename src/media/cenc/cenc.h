/*
 * cenc.h - common encryption of samples (ISO/IEC 23001-7): `cenc` (AES-CTR, an 8-byte IV a sample)
 * and `cbcs` (AES-CBC, pattern 1:9 on video, whole blocks on audio, one constant IV). In place,
 * both ways. A struct cenc belongs to one thread at a time.
 */
#pragma once
#include "media/cmaf/av1.h"
#include "media/cmaf/h264.h"
#include "media/cmaf/hevc.h"
#include "media/presentation.h"

struct cenc_key {
    uint8_t kid[16], key[16];
};

/* How samples of one track are protected; what `tenc` says of it. */
struct cenc_params {
    enum scheme scheme; /* CENC or CBCS */
    struct cenc_key key;
    uint8_t iv[16];      /* cbcs: the constant IV; cenc: the first 8 bytes are the first sample's */
    /* Every key of the asset, for pssh: one licence request then serves all its tracks. Borrowed; 0: its own alone. */
    const uint8_t (*kids)[16];
    uint32_t n_kids;
    uint8_t crypt, skip; /* pattern in blocks; 0:0 is everything */
};
/* Pattern and IV as the scheme and kind of track ask for. The IV is derived from key, kid, asset
 * and track, so packaging twice gives the same bytes; sample counters of tracks under one key can't
 * meet: 4 bytes of digest, 1 byte of track ordinal, 3 bytes that count. */
int cenc_params_make(enum scheme scheme, const struct cenc_key *key, struct str asset,
                     uint32_t ordinal, bool video, struct cenc_params *ret, struct err *reterr);

/* A subsample (ISO/IEC 23001-7 7.2): clear bytes, then protected ones. */
struct cenc_range {
    uint32_t clear, prot; /* clear fits 16 bits */
};
struct cenc_ranges {
    struct cenc_range *v;
    size_t n, cap;
};
void cenc_ranges_done(struct cenc_ranges *r);
bool cenc_ranges_add(struct cenc_ranges *r, uint64_t clear,
                     uint64_t prot); /* splits what is too long */
/* Appends the subsamples of one H.264 sample (NAL units with length prefixes). Slice data is
 * protected, all else clear; under cenc each protected range is whole blocks. ERR_BAD_MEDIA:
 * lengths that don't add up, a slice whose header does not parse. Parameter sets found on the way
 * are learned. */
int cenc_ranges_h264(struct cenc_ranges *r, struct h264_params *params, enum scheme scheme,
                     const uint8_t *data, size_t n, struct err *reterr);
/* The same of HEVC: VCL NAL units. */
int cenc_ranges_hevc(struct cenc_ranges *r, struct hevc_params *params, enum scheme scheme, const uint8_t *data, size_t n,
                     struct err *reterr);
/* Of an AV1 temporal unit: the data of its tiles. s learns what later ones inherit, so every unit has to come by, in order. */
int cenc_ranges_av1(struct cenc_ranges *r, struct av1_stream *s, enum scheme scheme, const uint8_t *data, size_t n, struct err *reterr);

struct cenc;
int cenc_new(const struct cenc_params *p, bool decrypt, struct cenc **ret, struct err *reterr);
void cenc_free(struct cenc *c);
void cenc_freep(struct cenc **c);
/* Works on one sample in place. n_ranges 0: the whole of it. iv: 8 or 16 bytes of the sample's IV,
 * or NULL for the constant one (cbcs). The ranges must add up to n: ERR_BAD_MEDIA otherwise. */
int cenc_sample(struct cenc *c, uint8_t *data, size_t n, const struct cenc_range *ranges,
                size_t n_ranges, const uint8_t *iv, size_t iv_n, struct err *reterr);
/* The IV of sample number k of a cenc track: big-endian sum. */
void cenc_iv(const struct cenc_params *p, uint64_t k, uint8_t ret[8]);
