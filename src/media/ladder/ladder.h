/*
 * ladder.h - from what a film is to what is made of it: a pure function from a probe's result to a plan,
 * which the operations encode, audio and images carry out and the packager follows. The rungs are the fixed ladder of the
 * picture's size, until plan_tailor() puts those in their place that fit the title.
 *
 * A plan:
 *   {version:1, duration_us (estimate, -1: unknown),
 *    video:{stream, start_pts, time_base:[n,d]?, start_us, fps:[n,d], timescale, frame_duration, gop (frames),
 *           segment_gops, chunk_gops, frames (estimate, -1), max_frames (0: all), deinterlace, field_order,
 *           deinterlace_flagged (only pictures that say so), telecine:"tff"|"bff"|"repeat" (pulldown to be taken out; absent: none),
 *           crop:{x, y, w, h} (of the file's picture, before it is turned; absent: all), rotation, flip, hdr, primaries, transfer, matrix (of the encoded picture), range,
 *           source:{width, height, primaries, transfer, matrix, siting, mastering?, light? (as the probe says)}, preset, crf,
 *           codecs:["hevc", "av1"] (beside H.264; absent: none),
 *           rungs:[{name:"v1", width, height, maxrate, bufsize (bit/s, bits), profile, threads,
 *                   key_class:"sd"|"hd"|"uhd", crf: its own, or absent, codec:"hevc"|"av1" (absent: H.264), hdr: true where
 *                   it keeps the source's range}]},     lowest first; those of H.264, then of each further codec
 *    ladder: below,
 *    audio:[{stream, lang, title, role:"main"|"alternate"|"commentary"|"description"|"dub", is_default,
 *            source_rate, source_channels, loudness:{target (LUFS), true_peak (dBTP)} (absent: as it comes),
 *            outputs:[{name:"a1", codec:"aac"|"opus"|"eac3", channels, layout, sample_rate, bitrate,
 *                      key_class:"audio"}]}],
 *    text:[{stream, codec, lang, title, role, is_default, name:"t1"}],
 *    storyboard:{rung, tile_width, tile_height, cols, rows, every_gops},
 *    warnings:[sentence]}
 *
 * A policy (every member optional):
 *   {preset:"medium", crf:23, max_height:2160, max_rungs:0, max_fps:60, max_duration_s:0, chunk_s:30, part_s:60,
 *    surround:true, opus:false, eac3:false, loudness:-23 or "none", true_peak:-1, roles:"main,commentary",
 *    ladder:"auto"|"fixed"|"per_title", metric:"ssim"|"psnr", codecs:"hevc,av1",
 *    crop:"none"|"auto"|"1920x800+0+140"|{x, y, w, h}}
 * part_s: a film of two parts and more is encoded in parts, each a job of its own (video.parts); 0: never.
 * auto: per title where the trial encodes cost at most 15 % of encoding the film, else fixed.
 *
 * plan.ladder says which it is and why, for editors:
 *   {kind:"fixed", why}
 *   {kind:"per_title", why,
 *    analysis:{metric, preset, stride, sizes:[{width, height, cap}], crfs:[], shots:[{first, frames}],
 *              want:{max_rungs, max_area, sd_height, floor_rate}}        what operation "analyse" is to try
 *    points:[{width, height, crf, bitrate, score}]                       what it measured, by size, then CRF
 *    hull:[the same, with points between], floor, ceiling, step (scores, metric.h),
 *    rungs:[the same, with name, maxrate and why]}                       all from points on: after plan_tailor()
 */
#pragma once
#include "media/ops.h"

/* Whether operation "survey" has to look all over the film before the plan: its result goes into the probe's video as member
 * "survey". *ret_cadence: stretches of it, not single pictures. */
bool plan_wants_survey(json_t *probe, json_t *policy, bool *ret_cadence);
/* ERR_INVALID: not a value of a policy's "crop". */
int plan_crop_check(json_t *crop, struct err *reterr);
/* ERR_INVALID: not a probe's result, or a policy out of bounds. The caller decrefs *ret_plan. */
int plan_make(json_t *probe, json_t *policy, json_t **ret_plan, struct err *reterr);
/* The element of plan.audio for a soundtrack that is a file of its own, probed with want:"audio". Names
 * count from first_name (1: "a1"). lang NULL: the file's own. */
int plan_audio(json_t *probe, json_t *policy, const char *lang, int first_name, json_t **ret_entry,
               struct err *reterr);
/* Sets the roles of all soundtracks of a plan: those the policy names, and "alternate" for a further one of a
 * language. For when none joins any more. */
int plan_roles(json_t *plan, json_t *policy, struct err *reterr);
/* Whether the source has to be analysed before the plan is whole. */
bool plan_wants_analysis(json_t *plan);
/* Puts the title's own rungs into such a plan. analysis: the result of "analyse". Where nothing could be measured the
 * plan keeps its fixed ladder and says so. ERR_INVALID: not a plan that wants it. */
int plan_tailor(json_t *plan, json_t *analysis, struct err *reterr);
/* Operation "plan": {probe, policy} -> the plan; or {plan, analysis} -> plan_tailor()'s. */
int plan_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
