/*
 * quality.h - the operation "quality": a look over a whole film for what an editor would want to know.
 *
 * request {max_duration_s: 0 (all) or where the film is cut}, one descriptor: the source. Result:
 *   {duration_ms, findings:[{kind, severity:"info"|"warning"|"error", from_ms, to_ms (-1: the whole film), stream,
 *    text}], video:{stream, width, height, display_aspect, interlaced (share of judged frames)} or null,
 *    audio:[{stream, lang, channels, integrated_lufs, range_lu, peak_dbfs, silent_ms}]}
 * kind: black, freeze, interlaced, silence, loudness, peak, aspect, language, cut_off, sync, no_sound. Findings are in
 * the order of their times. Loudness is of EBU R 128 (ITU-R BS.1770-4), peaks are of samples.
 */
#pragma once
#include "media/ops.h"

int quality_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
