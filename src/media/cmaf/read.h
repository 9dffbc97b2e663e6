/*
 * read.h - our own track file read back, sample by sample in clear (in memory): what it was written from, but for the bytes of the
 * boxes. With this a film gets a second set of segments in another scheme without being encoded again.
 */
#pragma once
#include "media/cmaf/cmaf.h"

struct cmaf_reader;
/* Track file and index, both borrowed; keys of all its periods, copied. ERR_BAD_MEDIA: not ours. */
int cmaf_reader_new(int fd, int idx_fd, const struct cenc_key *keys, size_t n_keys, struct cmaf_reader **ret, struct err *reterr);
void cmaf_reader_free(struct cmaf_reader *r);
void cmaf_reader_freep(struct cmaf_reader **r);
/* Codec and its configuration (it lives as long as the reader) from the file, the rest from what asset.json says of the track. */
int cmaf_reader_format(const struct cmaf_reader *r, const struct track_desc *t, struct cmaf_format *ret, struct err *reterr);
/* 1: a sample, whose bytes live until the next call; begins is set on the first of a segment. 0: there are no more. */
int cmaf_reader_next(struct cmaf_reader *r, struct cmaf_sample *ret, struct err *reterr);
/* 0 to 1000, of its segments. */
int cmaf_reader_permille(const struct cmaf_reader *r);
