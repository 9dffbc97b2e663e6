/*
 * hevc.h - as much of ITU-T H.265 as packaging needs: parameter sets (codec string, size, colour), the two SEI messages about
 * HDR, and the exact length of a slice segment header, which stays clear under cenc and cbcs (ISO/IEC 23001-7 clause 10). Reads
 * foreign bytes: every function is bounded and answers false instead of guessing. Multi-layer and screen content profiles are refused:
 * nothing here makes them. Any thread.
 */
#pragma once
#include "base/err.h"
#include "media/cmaf/look.h"

enum { HEVC_SPS_MAX = 16, HEVC_PPS_MAX = 64, HEVC_RPS_MAX = 65, HEVC_DPB_MAX = 16, HEVC_PTL_BYTES = 12 };
enum { HEVC_VPS = 32, HEVC_SPS = 33, HEVC_PPS = 34, HEVC_SEI_PREFIX = 39 };

/* 7.4.8: distances to earlier (0) and later (1) pictures. */
struct hevc_rps {
    uint8_t n[2];
    int16_t delta[2][HEVC_DPB_MAX];
    bool used[2][HEVC_DPB_MAX];
};
struct hevc_sps {
    bool set;
    uint8_t ptl[HEVC_PTL_BYTES]; /* general_profile_space ... general_level_idc, as hvcC has them */
    uint8_t sub_layers, temporal_nested, chroma_format, depth_luma, depth_chroma;
    bool separate_planes, sao, long_term, temporal_mvp;
    uint8_t poc_lsb_bits;
    int width, height; /* after cropping */
    uint32_t ctbs;     /* PicSizeInCtbsY */
    uint8_t n_rps, n_long_term;
    struct hevc_rps rps[HEVC_RPS_MAX]; /* the last: a slice's own */
    bool long_term_used[32];
    bool has_colour, full_range;
    uint8_t primaries, transfer, matrix;
};
struct hevc_pps {
    bool set;
    uint8_t sps_id, extra_bits;
    bool dependent, output_present, cabac_init, chroma_qp, weighted_pred, weighted_bipred, tiles, sync, across_slices;
    bool deblock_override, deblock_off, lists_modification, extension, chroma_qp_list;
    uint32_t ref_default[2];
};
struct hevc_params {
    struct hevc_sps sps[HEVC_SPS_MAX];
    struct hevc_pps pps[HEVC_PPS_MAX];
    int first_sps, nal_length;
    struct picture_look look; /* of the first SPS, and of SEI messages in the configuration */
};

/* From an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.2.1). ERR_BAD_MEDIA. */
int hevc_config_parse(const uint8_t *p, size_t n, struct hevc_params *ret, struct err *reterr);
/* One NAL unit without prefix, header included: remembers what it says when it is a parameter set or SEI about HDR. false: neither, or
 * it does not parse. */
bool hevc_nal_learn(struct hevc_params *params, const uint8_t *nal, size_t n);
/* Bytes from the NAL unit's first to the one that ends the slice segment header with its alignment; 0: no slice, or it does not parse. */
size_t hevc_slice_header(struct hevc_params *params, const uint8_t *nal, size_t n);
/* RFC 6381 by ISO/IEC 14496-15 annex E: "hvc1.2.4.L153.B0". */
void hevc_codec_string(const struct hevc_sps *s, char *dst, size_t n);
static inline int hevc_nal_type(const uint8_t *nal) { return nal[0] >> 1 & 63; }
