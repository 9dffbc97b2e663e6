/* cmaf_int.h - between the files of cmaf: the boxes of init and of one fragment. */
#pragma once
#include "media/cmaf/box.h"
#include "media/cmaf/cmaf.h"
#include "media/cmaf/picture.h"

/* What init.c needs beyond the format. Fixed-width fields only, so its size never depends on
 * numbers. */
struct cmaf_init {
    const struct cmaf_format *f;
    const struct cenc_params *protect; /* or NULL */
    const struct picture_look *look;   /* video */
    int64_t duration;                  /* of the samples, timescale */
    int64_t mean, peak;                /* bit/s */
    uint32_t buffer;                   /* largest sample */
    uint32_t sample_duration;          /* the usual one */
};
/* sound.c: the sample entry of a sound track, and what stbl says of decoding from the middle. */
void cmaf_sound_entry(struct buf *b, const struct cmaf_init *i);
void cmaf_roll_write(struct buf *b, const struct cmaf_init *i);
void cmaf_btrt_write(struct buf *b, const struct cmaf_init *i);
/* What `tenc` and an entry of `seig` have in common, from the pattern on; version 0 of tenc leaves the pattern 0. */
void cmaf_protection_write(struct buf *b, const struct cenc_params *p);
void cmaf_sinf_write(struct buf *b, const struct cenc_params *p, const char *format);
void cmaf_init_write(struct buf *b, const struct cmaf_init *i);

struct cmaf_entry {
    uint32_t duration, size;
    int32_t offset; /* composition */
    bool sync;
    uint32_t n_ranges;
};
struct cmaf_fragment {
    uint32_t sequence;
    int64_t decode_time;
    bool video;
    bool roll; /* its samples want some before them decoded: the group that init announces */
    const struct cmaf_entry *samples;
    size_t n_samples;
    const struct cenc_params *protect;
    bool group; /* protect is not what init says: a sample group tells it */
    const struct cenc_range *ranges;
    uint64_t first_sample; /* number in the track, for IVs */
    uint64_t data_bytes;
};
/* moof and the header of mdat. ERR_BAD_MEDIA: too many subsamples in a sample. */
int cmaf_fragment_write(struct buf *b, const struct cmaf_fragment *f, struct err *reterr);
void cmaf_styp_write(struct buf *b);

/* All n bytes at that place. */
bool cmaf_bytes_read(int fd, void *dst, size_t n, int64_t at);

/* What is not picture and not text is sound, of whatever codec. */
static inline enum track_kind cmaf_kind(enum cmaf_codec c) {
    return c <= CMAF_AV1 ? TRACK_VIDEO : c == CMAF_STPP ? TRACK_TEXT : TRACK_AUDIO;
}
/* RFC 6381 of what is no picture: "mp4a.40.2", "stpp.ttml.im1t". */
void cmaf_codec_string(const struct cmaf_format *f, char *dst, size_t n);
/* ISO 639-2/T for `mdhd`; "und" when there is none. */
const char *lang_iso639_2(struct str bcp47);
