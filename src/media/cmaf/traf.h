/*
 * traf.h - one fragment read back: its samples, what protects them, and a cursor over bytes that may be anybody's. Between
 * decrypt.c and read.c.
 */
#pragma once
#include "media/cmaf/cmaf_int.h"

struct cursor {
    const uint8_t *p;
    size_t n;
    bool failed; /* it was read past its end: zeros came */
};
const uint8_t *cursor_bytes(struct cursor *c, size_t n); /* 64 at most */
uint32_t cursor_be16(struct cursor *c);
uint32_t cursor_be32(struct cursor *c);
struct cursor cursor_body(struct box b);

/* Sizes from trun or tfhd, sample information from senc, and the sample group `seig` of all its samples. */
struct cmaf_traf {
    struct cursor sizes, info;
    uint32_t flags, count, data_offset;
    uint32_t default_size, default_duration, default_flags, first_flags;
    uint32_t n_read;
    int64_t decode_time;
    bool has_info, subsamples;
    bool own_protection; /* a key of its own, below; scheme and key are the caller's to fill in */
    struct cenc_params protection;
};
int cmaf_traf_read(struct box moof, struct cmaf_traf *ret, struct err *reterr);
/* The next of count; sizes.failed says that there was none. n_ranges is 0. */
void cmaf_traf_next(struct cmaf_traf *f, struct cmaf_entry *ret);
int cmaf_broken(struct err *reterr, const char *what); /* ERR_BAD_MEDIA */
