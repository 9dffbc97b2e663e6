/*
 * transcrypt.h - operation `transcrypt`: a track of ours in another scheme. Its samples are decrypted in memory, encrypted again with IVs
 * of their own under the same keys, and written as a second track file; then both are read back and every sample compared.
 *
 * Descriptors: .cmaf and .idx of the track, .cmaf and .idx that are written. Request: {id (the asset's), track (of asset.json, with the
 * name that the new one gets), object (its file's name), ordinal, scheme:"cenc|cbcs", keys:[{kid,key}] (one a key period),
 * kids:[hex] (of all the asset), key_period_ms}. Result: {track, samples, sha256 (of all samples in clear)}. The same input gives the
 * same bytes. ERR_CORRUPT "media.transcrypt_failed": what was written does not read back as what it was made of.
 */
#pragma once
#include "media/ops.h"

int op_transcrypt(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);
