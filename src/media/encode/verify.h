/*
 * verify.h - the operation "verify": decodes every packaged rendition from its first byte to its last with
 * libavformat and libavcodec, which know nothing of our writer, and compares.
 *
 * Request: {tracks:[{name, kind:"video"|"audio"|"trick", key: 32 hex digits, KID:KEY,KID:KEY where keys change, or absent when clear, output_lufs: number or
 * absent: of sound, how loud it has to be}], video: encode's result}. Descriptors: one .cmaf a track, in that order.
 * Result: {tracks:[{name, frames, keyframes, start_us, duration_us, integrated_lufs, peak_dbtp (of sound)}]}
 *
 * ERR_CORRUPT, reason "media.verify_failed", the track named in the message, when: anything does not
 * decode; a picture track has another number of frames than was encoded, a gap, a repeated or falling time
 * stamp, or keyframes at other times than the other rungs; a trick track has other pictures than those keyframes; a sound track is longer or shorter than the
 * picture by more than one of its frames, or is 3 LU louder or softer than it has to be: a gain or a channel was lost.
 */
#pragma once
#include "media/ops.h"

int verify_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
