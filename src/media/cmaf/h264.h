/*
 * h264.h - as much of ITU-T H.264 as packaging needs: parameter sets (size, colour, codec string)
 * and the exact length of a slice header, which stays clear under cenc and cbcs (ISO/IEC 23001-7
 * clause 10). Reads foreign bytes: every function is bounded and answers false instead of guessing.
 * Any thread.
 */
#pragma once
#include "base/err.h"

enum { H264_SPS_MAX = 32, H264_PPS_MAX = 256 };

struct h264_sps {
    bool set;
    uint8_t profile, constraints, level;
    uint8_t chroma_format, frame_num_bits, poc_type, poc_lsb_bits;
    bool separate_planes, frame_mbs_only, delta_poc_always_zero;
    uint32_t map_units;   /* PicSizeInMapUnits */
    int width, height;    /* after cropping */
    int sar_num, sar_den; /* 1:1 when unknown */
    bool has_colour, full_range;
    uint8_t primaries, transfer, matrix; /* ISO/IEC 23091-2; 2: unspecified */
};
struct h264_pps {
    bool set;
    uint8_t sps_id, weighted_bipred, map_type;
    bool cabac, bottom_poc, weighted_pred, deblocking, redundant_pic;
    uint32_t slice_groups, ref_default[2], change_rate;
};
struct h264_params {
    struct h264_sps sps[H264_SPS_MAX];
    struct h264_pps pps[H264_PPS_MAX];
    int first_sps;  /* id of the first in the configuration record */
    int nal_length; /* bytes of a length prefix: 1, 2 or 4 */
};

/* From an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1). ERR_BAD_MEDIA. */
int h264_config_parse(const uint8_t *p, size_t n, struct h264_params *ret, struct err *reterr);
/* One NAL unit without prefix, header included: remembers it in params when it is a parameter set.
 */
bool h264_nal_learn(struct h264_params *params, const uint8_t *nal, size_t n);
/* Bytes from the NAL unit's first to the one that holds the slice header's last bit, emulation
 * prevention bytes counted; 0: not a slice, or one that does not parse. */
size_t h264_slice_header(const struct h264_params *params, const uint8_t *nal, size_t n);
