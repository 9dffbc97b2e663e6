/*
 * encode.h - the operations "encode" (all rungs of the picture from one decode), "audio" (all outputs of
 * one sound track) and "analyse" (trial encodes for a ladder of the title's own). Requests and results are in ops.h.
 *
 * The same source and plan give the same bytes, killed and resumed or not: time is cut in chunks of whole
 * GOPs, every chunk is made by fresh encoders, and thread counts are the plan's, not the machine's.
 */
#pragma once
#include "media/ops.h"

int encode_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
int audio_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
/* {plan, done: the shots of a checkpoint, or absent} -> {shots: [{first, frames, trials: [{bytes, loss}], by size, then CRF}]}:
 * what plan.ladder.analysis asks for (ladder/ladder.h). Checkpoints {analysis: what was asked for,
 * shots} after each. */
int analyse_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
/* {video: an element of a probe's, duration_us, max_duration_s or absent, cadence: whether stretches are looked at} -> {frames, interlaced (those
 * that say so), pictures (lit ones), bars:{top, bottom, left, right} (lines black in all of them), cadence:{none, tff, bff,
 * repeat, soft (by flags)}: stretches with motion, by what they are}. */
int survey_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
