/*
 * ladder.h - from what a film is to what is made of it: a pure function from a probe's result to a plan,
 * which the operations encode, audio and images carry out and the packager follows. Fixed by the source's
 * size here.
 *
 * A plan:
 *   {version:1, duration_us (estimate, -1: unknown),
 *    video:{stream, start_pts, time_base:[n,d]?, start_us, fps:[n,d], timescale, frame_duration, gop (frames),
 *           segment_gops, chunk_gops, frames (estimate, -1), max_frames (0: all), deinterlace, field_order,
 *           rotation, flip, hdr, primaries, transfer, matrix (of the encoded picture), range,
 *           source:{width, height, primaries, transfer, matrix}, preset, crf,
 *           rungs:[{name:"v1", width, height, maxrate, bufsize (bit/s, bits), profile, threads,
 *                   key_class:"sd"|"hd"|"uhd"}]},                                    lowest first
 *    audio:[{stream, lang, title, role:"main"|"alternate"|"commentary"|"description"|"dub", is_default,
 *            source_rate, source_channels, loudness:{target (LUFS), true_peak (dBTP)} (absent: as it comes),
 *            outputs:[{name:"a1", codec:"aac"|"opus"|"eac3", channels, layout, sample_rate, bitrate,
 *                      key_class:"audio"}]}],
 *    text:[{stream, codec, lang, title, role, is_default, name:"t1"}],
 *    storyboard:{rung, tile_width, tile_height, cols, rows, every_gops},
 *    warnings:[sentence]}
 *
 * A policy (every member optional):
 *   {preset:"medium", crf:23, max_height:2160, max_rungs:0, max_fps:60, max_duration_s:0, chunk_s:30,
 *    surround:true, opus:false, eac3:false, loudness:-23 or "none", true_peak:-1, roles:"main,commentary"}
 */
#pragma once
#include "media/ops.h"

/* ERR_INVALID: not a probe's result, or a policy out of bounds. The caller decrefs *ret_plan. */
int plan_make(json_t *probe, json_t *policy, json_t **ret_plan, struct err *reterr);
/* The element of plan.audio for a soundtrack that is a file of its own, probed with want:"audio". Names
 * count from first_name (1: "a1"). lang NULL: the file's own. */
int plan_audio(json_t *probe, json_t *policy, const char *lang, int first_name, json_t **ret_entry,
               struct err *reterr);
/* Sets the roles of all soundtracks of a plan: those the policy names, and "alternate" for a further one of a
 * language. For when none joins any more. */
int plan_roles(json_t *plan, json_t *policy, struct err *reterr);
/* Operation "plan": {probe, policy} -> the plan. */
int plan_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
