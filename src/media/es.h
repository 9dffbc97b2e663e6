/*
 * es.h - elementary files: what an encoder made, on its way to the packager. Append-only, so that a killed
 * encode goes on from its last checkpoint: a format record at the head of every chunk, a packet record a
 * frame, an end record when the stream is complete. Without the end record the reader answers ERR_CORRUPT
 * at the end of the file: half a stream is never packaged.
 *
 * Payloads are samples as ISO/IEC 14496-15 and 14496-14 store them: H.264 as NAL units with 4-byte
 * lengths and avcC as the format's extra bytes, HEVC alike with hvcC, AV1 as temporal units and av1C; AAC as raw frames and the AudioSpecificConfig; Opus packets and E-AC-3
 * frames with what dOps and dec3 hold (cmaf/sound.h).
 *
 * Time: video starts at pts 0, constant frame duration; dts starts at -delay frames, rises by exactly one
 * frame duration each packet (over chunk joints too) and is never above pts. Audio's timescale is its sample
 * rate, pts = dts from 0; the first edit_start samples are the encoder's priming, and the presentation ends
 * at edit_start + play_duration.
 *
 * File, little-endian: records of a 32-byte header {tag u32, size u32, pts i64, dts i64, duration u32,
 * flags u32} and `size` bytes of payload.
 */
#pragma once
#include "base/err.h"
#include "media/presentation.h"

enum es_codec { ES_H264 = 1, ES_AAC = 2, ES_HEVC = 3, ES_AV1 = 4, ES_OPUS = 5, ES_EAC3 = 6 };
enum { ES_KEY = 1 };
enum { ES_MAX_PACKET = 64 << 20, ES_MAX_EXTRA = 64 << 10, ES_END_SIZE = 32 /* of the end record */ };

static inline bool es_is_picture(enum es_codec c) { return c == ES_H264 || c == ES_HEVC || c == ES_AV1; }

struct es_format {
    enum es_codec codec;
    uint32_t timescale;
    int width, height;         /* square pixels */
    struct ratio fps;
    int channels, sample_rate;
    int64_t edit_start;        /* timescale */
    const uint8_t *extra;      /* reader: borrowed until the next es_read() */
    size_t n_extra;
};

struct es_packet {
    int64_t pts, dts;          /* timescale */
    uint32_t duration, flags;
    const uint8_t *data;       /* NULL when the payload was not asked for; borrowed until the next es_read() */
    size_t size;
    uint64_t offset;           /* of the payload in the file, for pread() */
};

struct es_writer;
/* Appends to fd from its current end; fd stays the caller's. Not thread-safe. */
int es_writer_new(int fd, struct es_writer **ret_w, struct err *reterr);
void es_writer_free(struct es_writer *w); /* does not flush */
void es_writer_freep(struct es_writer **w);
int es_write_format(struct es_writer *w, const struct es_format *f, struct err *reterr);
int es_write_packet(struct es_writer *w, const struct es_packet *p, struct err *reterr);
/* The stream is complete; play_duration is the presentation's length, without priming and padding. */
int es_write_end(struct es_writer *w, int64_t play_duration, struct err *reterr);
/* To the kernel, and to the disk when sync. ret_size (may be NULL) is the file's size now. */
int es_writer_flush(struct es_writer *w, bool sync, uint64_t *ret_size, struct err *reterr);

enum es_kind { ES_END, ES_FORMAT, ES_PACKET };
struct es_record {
    enum es_kind kind;
    struct es_format format;   /* ES_FORMAT */
    struct es_packet packet;   /* ES_PACKET */
    int64_t play_duration;     /* ES_END; timescale */
};

struct es_reader;
/* Reads fd with pread() from its beginning, whatever its position; fd stays the caller's. */
int es_reader_new(int fd, struct es_reader **ret_r, struct err *reterr);
void es_reader_free(struct es_reader *r);
void es_reader_freep(struct es_reader **r);
/* The next record; the first is always a format, the last ES_END (again if asked again). want_data: false
 * skips payloads of packets (data is NULL). ERR_CORRUPT: not such a file, cut off, or fields that
 * contradict the rules above; nothing of a refused record is returned. */
int es_read(struct es_reader *r, bool want_data, struct es_record *ret_rec, struct err *reterr);
