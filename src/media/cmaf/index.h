/*
 * index.h - where segments lie: the compact index of a track (DESIGN section 4). Written by the packager,
 * read by the delivery module (this header and index.c use nothing but the C library, so that nginx
 * compiles them as they are) and by the manifests.
 *
 * A track is a list of extents: object, offset, length, time, flags. A film has one object a track; live,
 * watermark variants and compaction add objects, not code paths. Segment URLs are virtual:
 * <track>/<n>.m4s is extent n, counted from 0; init.mp4 is `init`.
 *
 * File, little-endian, fixed sizes: header (128 bytes), objects (64 bytes each), extents (48 bytes each).
 * The header's count is published last (live appends extents, then raises count), and check is CRC-32 of
 * the header's first 120 bytes; each extent carries its own CRC-32.
 */
#pragma once
#include "base/base.h"

#define INDEX_MAGIC 0x5849544du /* "MTIX" */
enum { INDEX_VERSION = 1, INDEX_HEADER = 128, INDEX_OBJECT = 64, INDEX_EXTENT = 48 };

enum { EXTENT_DISCONTINUITY = 1, EXTENT_KEY_PERIOD = 2, EXTENT_PART = 4, EXTENT_VARIANT = 8,
       EXTENT_INDEPENDENT = 16 };

struct index_header {
    uint32_t magic, version;
    uint32_t kind;             /* enum track_kind of media/presentation.h */
    uint32_t timescale;
    uint64_t init_offset;      /* in object 0 */
    uint32_t init_length;      /* 0: none (text, image) */
    uint32_t n_objects;
    uint32_t count;            /* extents that are valid */
    uint32_t content_type;     /* 0 video/mp4, 1 audio/mp4, 2 text/vtt, 3 image/jpeg, 4 application/mp4 */
    uint64_t duration;         /* timescale */
    uint8_t reserved[72];
    uint32_t check;            /* CRC-32 (zlib's polynomial) of the first 120 bytes */
    uint32_t pad;
};
struct index_object {
    char name[64];             /* file name beside the index: "v1.cmaf"; NUL-padded */
};
struct index_extent {
    uint64_t offset;
    uint64_t time;             /* presentation time of the first sample, timescale */
    uint32_t length;           /* bytes, padding not included */
    uint32_t duration;         /* timescale */
    uint32_t object;
    uint32_t flags;
    uint32_t iframe_length;    /* from offset to the end of the first sync sample; 0: none */
    uint32_t key_period;
    uint32_t reserved;
    uint32_t check;            /* CRC-32 of the first 44 bytes */
};
_Static_assert(sizeof(struct index_header) == INDEX_HEADER, "on-disk size");
_Static_assert(sizeof(struct index_object) == INDEX_OBJECT, "on-disk size");
_Static_assert(sizeof(struct index_extent) == INDEX_EXTENT, "on-disk size");

uint32_t index_crc32(const void *p, size_t n);
/* Checks magic, version, counts against file_size and the checksum. */
bool index_header_ok(const struct index_header *h, uint64_t file_size);
bool index_extent_ok(const struct index_extent *e, const struct index_header *h);
uint64_t index_extent_at(const struct index_header *h, uint32_t n); /* file offset of extent n */

/* Readers: 0, or -1 with errno (EBADMSG: the bytes do not verify; ERANGE: no such extent; or the
 * system's own). They pread, keep nothing and may be called from any thread. */
int index_read_header(int fd, struct index_header *ret_h);
int index_read_object(int fd, const struct index_header *h, uint32_t n, struct index_object *ret_o);
int index_read_extent(int fd, const struct index_header *h, uint32_t n, struct index_extent *ret_e);
/* All h->count extents; ret holds that many. */
int index_read_extents(int fd, const struct index_header *h, struct index_extent *ret);

/* Writer: objects first, extents appended in any number of calls (their check is filled in), then
 * index_publish() raises the header's count and writes it last; call it again after more extents. The
 * descriptor is borrowed. 0, or -1 with errno; n_objects is fixed at the start. */
struct index_writer {
    int fd;
    uint32_t written;       /* extents in the file */
    struct index_header h;  /* kind, timescale, init, content_type, duration: set them after index_start() */
};
int index_start(struct index_writer *w, int fd, const struct index_object *objects, uint32_t n_objects);
int index_append(struct index_writer *w, struct index_extent *e, uint32_t n);
int index_publish(struct index_writer *w);
