/*
 * ops.h - everything that is done with foreign media, as a table of operations. Each runs inside a
 * sandboxed child (engine/child): no open(), no socket, no fork, only the descriptors it was given; threads
 * are fine; time, memory and size limits come from outside. Tests and the command line may also call an
 * operation in their own process: it is plain C with no state outside its arguments.
 *
 * An operation never closes a descriptor, reads inputs with pread() at offset 0 and appends to outputs from
 * their current end (the caller truncates them first: to 0, or to a checkpoint's sizes when resuming).
 *
 * name     descriptors                         request -> result
 * probe    source                              {name, want:"film"|"audio"} -> what the file holds (below)
 * survey   source                              encode/encode.h; plan_make() takes it as member "survey" of the probe's video
 * plan     none                                {probe, policy} or {plan, analysis} -> the plan (ladder/ladder.h)
 * analyse  source                              {plan, done: a checkpoint's shots or absent} -> encode/encode.h; what
 *                                              follows from it: plan_tailor() in ladder/ladder.h
 * encode   source, one a rung (plan's order)   {plan, from_chunk:0} -> {start_us, frames, timescale,
 *                                              frame_duration, duration_us, chunks, sizes:[bytes], warnings:[]};
 *                                              checkpoints {chunk, sizes:[...]}: resume with from_chunk =
 *                                              chunk+1 and the outputs truncated to sizes. A part of the
 *                                              film alone: encode/encode.h
 * joint    one a rung (plan's order)           a part of the film, before it is joined: encode/encode.h
 * audio    source, one an output of the entry  {audio: one element of plan.audio, video: encode's result
 *                                              or null, external: true when it is a file of its own}
 *                                              -> {outputs:[{name, sample_rate, channels, edit_start,
 *                                              duration, packets, bytes, loudness:{integrated_lufs, peak_dbtp (of
 *                                              the mix as it came), gain_db, output_lufs (null: too little
 *                                              sounds to be sure), limited} (absent: policy none)}],
 *                                              warnings:[]}; ERR_BAD_MEDIA with
 *                                              reason "media.audio_undecodable": leave this track out
 * images   lowest rung .es, top rung .es,      {plan, video: encode's result} -> {storyboard:{tile_width,
 *          tiles output, artwork output        tile_height, cols, rows, every (timescale), timescale,
 *                                              count, sheets:[{offset, length, time, duration, tiles}]},
 *                                              art:[{kind:"still"|"poster", width, height, offset,
 *                                              length, also:[{type:"webp"|"avif", offset, length}]}], blur:{still,
 *                                              poster: data: addresses}, color:"#rrggbb", time_us}; they lie end to end
 * artwork  picture or .cmaf, output            {kind:"poster"|"still"|"backdrop"|"logo"}, of a track of ours with
 *                                              {at_us, key (32 hex digits or null)} -> {width, height (as it came),
 *                                              sizes:[{width, height, files:[{type:"jpg"|"png"|"webp"|"avif", offset,
 *                                              length}]}], color:"#rrggbb", blur: a data: address or ""}; ERR_BAD_MEDIA
 *                                              with reasons artwork.* (image/head.h; artwork.shape, artwork.no_picture)
 * verify   one .cmaf a track (plan's order)    encode/verify.h
 * quality  source                              quality/quality.h
 * package  one .es, one .cmaf, one .idx a track see cmaf/package.h
 * transcrypt  .cmaf, .idx, .cmaf, .idx         see cmaf/transcrypt.h
 * text     source, .vtts, .idx                 see text/text.h
 * subtitle source, output                      see text/text.h
 *
 * A request's "unseal" is of its child, not of the operation: the first descriptor lies sealed (seal/seal.h).
 *
 * The outputs of encode and audio are elementary files (es.h).
 *
 * A probe's result:
 *   {container, duration_us (-1: unknown), size, start_us, warnings:[sentence],
 *    video:[{index, codec, profile, width, height (coded), sar:[n,d], rotation (clockwise, 0|90|180|270),
 *            display_width, display_height (upright, square pixels), interlaced, field_order:"tff"|"bff"|"",
 *            fps:[n,d] (the rate to encode at), avg_fps, real_fps, vfr, slow (a
 *            low and steady rate: pictures are repeated), pixel_format, bit_depth, primaries,
 *            transfer, matrix, range, siting (of 4:2:0's colour; "": none), hdr:"none"|"hdr10"|"hlg"|"dolby_vision",
 *            mastering:[x and y of green, blue, red and white in 0.00002, most and least light in 0.0001
 *            cd/m2], light:[MaxCLL, MaxFALL] (both absent: not said), edit_list, frames
 *            (estimate, -1: unknown), start_us, duration_us, is_default}],
 *    audio:[{index, codec, channels, layout, sample_rate, lang, title, role, is_default, start_us,
 *            duration_us, decodable}],
 *    text:[{index, codec, lang, title, role:"subtitle"|"caption"|"forced", is_default}]}
 * lang is BCP 47, "und" when unknown.
 */
#pragma once
#include "base/err.h"
#include <jansson.h>

/* Renditions of picture and sound that an asset may have: three descriptors each are the most an operation is given. */
enum { OP_TRACKS_MAX = 128, OP_FDS_MAX = 3 * OP_TRACKS_MAX };

struct op_io {
    const int *fds; /* borrowed; in the order of the table above */
    size_t n_fds;
    /* All three may be NULL. A negative answer cancels: the operation returns it as soon as it can. They
     * are called from the thread that called run(). */
    int (*progress)(void *arg, const char *stage, int permille, double speed, int64_t eta_ms);
    /* What was done so far is durable (fsync): the parent stores this to resume from. Borrowed. */
    int (*checkpoint)(void *arg, json_t *state);
    void (*warn)(void *arg, const char *text);
    void *arg;
};

struct media_op {
    const char *name;
    /* ret_result: a new reference, the caller's. ERR_BAD_MEDIA: the film is at fault, with a hint that an
     * editor understands. ERR_INVALID: the request is. ERR_NO_SPACE, ERR_NO_MEMORY, ERR_IO. */
    int (*run)(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
    const char *doc;
};

extern const struct media_op media_ops[]; /* ends with a row without a name */
const struct media_op *media_op_find(const char *name); /* NULL: unknown */

/* For operations: NULL-safe calls. */
int op_progress(struct op_io *io, const char *stage, int permille, double speed, int64_t eta_ms);
int op_checkpoint(struct op_io *io, json_t *state);
void op_warn(struct op_io *io, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* ERR_INVALID unless there are at least n descriptors. */
int op_need_fds(const struct op_io *io, size_t n, struct err *reterr);
