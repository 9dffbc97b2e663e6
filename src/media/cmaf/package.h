/*
 * package.h - operation `package`: elementary files in, encrypted track files and indexes out.
 *
 * Descriptors: one .es a track, then one .cmaf a track, then one .idx a track, in the request's
 * order. Request: {id, revision?, scheme:"clear|cenc|cbcs", keys:{audio|sd|hd|uhd:{kid,key}} (32
 * hex digits each), tracks:[{name, kind:"video|audio|trick", lang, role, label, default, keys?:[{kid,key}] (of its own, one
 * a key period, in place of its class's)}], key_period_ms?, segment?:[num,den] (seconds)} Of a track of kind trick only the
 * keyframes are taken, each until the next.
 * Result: {asset: what asset_to_json() gives}. The same input gives
 * the same bytes. ERR_BAD_MEDIA, ERR_INVALID, ERR_CORRUPT (an .es that is not complete),
 * ERR_NO_SPACE.
 */
#pragma once
#include "media/cmaf/cmaf.h"
#include "media/ops.h"

int op_package(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);

/* Parameters of every key period of a track, and all key ids of the asset for pssh, in the arena. n_keys is not 0. */
int cenc_periods_make(enum scheme scheme, const struct cenc_key *keys, size_t n_keys, struct str asset, uint32_t ordinal, bool video,
                      const uint8_t (*kids)[16], size_t n_kids, struct arena *a, struct cenc_params **ret, struct err *reterr);
/* [{kid,key}] of a request. */
int cenc_keys_parse(json_t *list, struct arena *a, struct cenc_key **ret, size_t *ret_n, struct err *reterr);

/* Runs fn(arg, i) for each i of n on as many threads as there are processors, the main one
 * excluded, which calls tick(arg) every 100 ms; a negative answer of tick stops those not begun.
 * Returns the first negative answer in the order of i. */
int parallel_run(size_t n, int (*fn)(void *arg, size_t i), int (*tick)(void *arg), void *arg,
                 struct err *reterr);
