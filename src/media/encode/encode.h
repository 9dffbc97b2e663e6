/*
 * encode.h - the operations "encode" (all rungs of the picture from one decode), "audio" (all outputs of
 * one sound track) and "analyse" (trial encodes for a ladder of the title's own). Requests and results are in ops.h.
 *
 * The same source and plan give the same bytes, killed and resumed or not: time is cut in chunks of whole
 * GOPs, every chunk is made by fresh encoders, and thread counts are the plan's, not the machine's.
 */
#pragma once
#include "media/ops.h"

/* {plan, from_chunk, first_chunk, until_chunk, buffers}: of these chunks [from, until) are made (until absent or 0: to the film's
 * end). The outputs begin with first_chunk and hold what is before from_chunk already; buffers, a number a rung as "joint" tells
 * them, is what the decoder's buffer holds before first_chunk; absent: as the film begins. */
int encode_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
/* The result of "encode" for a film whose parts were made apart: sizes is taken over; failed and jumps are the parts' sums. */
int encode_result(json_t *plan, int64_t frames, json_t *sizes, int64_t failed, int jumps, json_t **ret, struct err *reterr);
/* "joint": one part of a film, an elementary file a rung, looked at before it is joined to the one before it.
 * {plan, first_chunk, buffers, formats, known_until, assumed} -> {frames: the number behind its last, buffers: what they leave in the
 * decoder's buffer, formats: parameter sets} for the next part's request, and, where the encoder had believed the buffer fuller than
 * it was and it ran dry, redo: {from, until, buffers, assumed}: these chunks are to be made again with these buffers, and then the
 * part looked at again with known_until = until and assumed. ERR_CORRUPT: a frame is missing, doubled or misplaced. */
int joint_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
int audio_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
/* {plan, done: the shots of a checkpoint, or absent} -> {shots: [{first, frames, trials: [{bytes, loss}], by size, then CRF}]}:
 * what plan.ladder.analysis asks for (ladder/ladder.h). Checkpoints {analysis: what was asked for,
 * shots} after each. */
int analyse_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
/* {video: an element of a probe's, duration_us, max_duration_s or absent, cadence: whether stretches are looked at} -> {frames, interlaced (those
 * that say so), pictures (lit ones), bars:{top, bottom, left, right} (lines black in all of them), cadence:{none, tff, bff,
 * repeat, soft (by flags)}: stretches with motion, by what they are}. */
int survey_run(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
