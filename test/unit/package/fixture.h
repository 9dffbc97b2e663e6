/* fixture.h - synthetic samples and a text dump of boxes, for the tests of this room. */
#pragma once
#include "media/cmaf/cmaf_int.h"

/* A real H.264 configuration (x264, High, 640x360, bt709) and pictures whose slice headers parse.
 */
extern const uint8_t fixture_avcc[];
extern const size_t fixture_n_avcc;
/* What x265 and SVT-AV1 made of 64x64, in the records of ISO/IEC 14496-15 (by FFmpeg's packager) and AV1-ISOBMFF. */
extern const uint8_t fixture_hvcc[], fixture_av1c[];
extern const size_t fixture_n_hvcc, fixture_n_av1c;
/* Fills one sample: sync or not, of about size bytes, the payload a function of n. */
size_t fixture_picture(uint8_t *dst, uint32_t n, bool sync, size_t size);

struct fixture_file {
    uint8_t *p;
    size_t n;
};
int fixture_temp(void);
struct fixture_file fixture_read(int fd); /* caller frees p */

/* A track of `seconds` at 25 pictures (GOP 50) or 48 kHz AAC frames with priming 1024. */
void fixture_track(bool video, int seconds, const struct cenc_params *protect, int out, int idx,
                   struct arena *a, struct track_desc *ret_t);
/* The same in a format of sound: Opus stereo, E-AC-3 5.1. */
void fixture_sound(enum cmaf_codec codec, int seconds, const struct cenc_params *protect, int out, int idx,
                   struct arena *a, struct track_desc *ret_t);
/* The same under keys that change every period_s seconds. */
void fixture_periods(enum cmaf_codec codec, int seconds, const struct cenc_params *periods, size_t n, int period_s, int out, int idx,
                     struct arena *a, struct track_desc *ret_t);
/* One line a box, indented, with its fields where they are numbers worth reading. */
void fixture_dump(struct buf *b, const uint8_t *p, size_t n, int depth);

/* Compares with test/golden/package/<name>; MATINEE_GOLDEN=write writes it instead. */
void fixture_golden(const char *name, struct str text);
