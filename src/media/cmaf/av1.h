/*
 * av1.h - as much of AV1 (bitstream & decoding process specification, version 1.0.0 errata 1) as packaging needs: the sequence header
 * (codec string, size, colour), HDR metadata, and where in a temporal unit the tiles' data lies, which is all that is encrypted
 * (AV1-ISOBMFF, "Common Encryption"). Frame headers have to be read whole for that, and with them what they inherit from earlier
 * frames. Reads foreign bytes: bounded, and false instead of a guess. Not read, because no encoder of ours writes it: short signalling
 * of references, several layers, tile lists. Any thread; a struct belongs to one stream.
 */
#pragma once
#include "base/err.h"
#include "media/cmaf/look.h"

enum { AV1_REFS = 8, AV1_SEGMENTS = 8, AV1_FEATURES = 8, AV1_TILES_MAX = 4096 };
enum av1_obu_type {
    AV1_SEQUENCE = 1, AV1_DELIMITER = 2, AV1_FRAME_HEADER = 3, AV1_TILE_GROUP = 4, AV1_METADATA = 5, AV1_FRAME = 6,
    AV1_REDUNDANT_HEADER = 7, AV1_TILE_LIST = 8, AV1_PADDING = 15
};

struct av1_obu {
    enum av1_obu_type type;
    size_t header, size; /* the payload begins behind header and has size bytes */
};
/* The first OBU of [p, p+n); one without a size goes to the end. */
bool av1_obu_read(const uint8_t *p, size_t n, struct av1_obu *ret);

struct av1_sequence {
    bool set;
    uint8_t profile, level, tier, depth, chroma_position;
    bool reduced_still, mono, subsampling_x, subsampling_y, separate_uv;
    bool high_bitdepth, twelve_bit;
    bool timing_equal, decoder_model, frame_ids, superblock_128, warped, order_hint, ref_mvs, superres, cdef, restoration, film_grain;
    uint8_t screen_content, integer_mv; /* 0, 1 or 2: each frame says */
    uint8_t order_bits, id_delta_bits, id_bits, removal_bits, presentation_bits, width_bits, height_bits;
    uint8_t n_points;
    uint16_t point[32];
    bool point_model[32];
    int width, height;
};
/* What frames inherit. */
struct av1_segments {
    bool enabled[AV1_SEGMENTS][AV1_FEATURES];
    int16_t value[AV1_SEGMENTS][AV1_FEATURES];
};
struct av1_reference {
    bool valid, key;
    uint32_t order_hint;
    int upscaled_width, width, height;
    struct av1_segments segments;
};
struct av1_stream {
    struct av1_sequence seq;
    struct picture_look look;
    struct av1_reference refs[AV1_REFS];
    /* The frame whose tiles come: */
    bool open;
    struct av1_reference frame;
    unsigned refresh;
    int columns, rows, column_bits, row_bits, tile_size_bytes, next_tile;
};

/* From an AV1CodecConfigurationRecord with its configOBUs. ERR_BAD_MEDIA. */
int av1_config_parse(const uint8_t *p, size_t n, struct av1_stream *ret, struct err *reterr);
bool av1_sequence_parse(const uint8_t *p, size_t n, struct av1_sequence *ret); /* an OBU's payload */
/* A metadata OBU's payload; false: nothing about HDR. */
bool av1_metadata_learn(struct picture_look *look, const uint8_t *p, size_t n);
/* The same in bytes, OBU header included: HDR_MDCV (32 bytes with all) and HDR_CLL. */
size_t av1_metadata_write(const struct picture_look *look, uint8_t ret[64]);
/* Calls tile(arg, offset, size) for each tile's data of a temporal unit, in order, offsets from its first byte. false: it does not parse;
 * calls made by then count for nothing. Learns sequence headers and what frames inherit. */
bool av1_tiles(struct av1_stream *s, const uint8_t *p, size_t n, bool (*tile)(void *arg, size_t offset, size_t size), void *arg);
/* AV1-ISOBMFF clause 5: "av01.0.04M.10.0.112.09.16.09.0", short where the rest is the default. */
void av1_codec_string(const struct av1_stream *s, char *dst, size_t n);
