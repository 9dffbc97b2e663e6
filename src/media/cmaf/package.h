/*
 * package.h - operation `package`: elementary files in, encrypted track files and indexes out.
 *
 * Descriptors: one .es a track, then one .cmaf a track, then one .idx a track, in the request's
 * order. Request: {id, revision?, scheme:"clear|cenc|cbcs", keys:{audio|sd|hd|uhd:{kid,key}} (32
 * hex digits each), tracks:[{name, kind:"video|audio", lang, role, label, default}],
 * segment?:[num,den] (seconds)} Result: {asset: what asset_to_json() gives}. The same input gives
 * the same bytes. ERR_BAD_MEDIA, ERR_INVALID, ERR_CORRUPT (an .es that is not complete),
 * ERR_NO_SPACE.
 */
#pragma once
#include "media/cmaf/cmaf.h"
#include "media/ops.h"

int op_package(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);

/* Operation `copy`: an MP4's own H.264 and AAC, not encoded anew. Descriptors: source, then one .cmaf a track, then
 * one .idx a track. Request: as above, and each track has its `stream` (index in the film). Result as above.
 * ERR_BAD_MEDIA with reason "media.not_copyable": another codec or container; encode it. */
int op_copy(struct op_io *io, json_t *request, json_t **ret_result, struct err *reterr);

/* One track at a time, for whoever has samples from somewhere else (copy.c). */
struct package_keys {
    enum scheme scheme;
    bool has[KEY_CLASSES];
    bool used[KEY_CLASSES]; /* by some track: set before package_protect(), whose pssh lists these */
    struct cenc_key key[KEY_CLASSES];
};
/* {scheme, keys} of a request. ERR_INVALID names what is wrong; nothing of a key is in the message.
 */
int package_keys_parse(json_t *request, struct package_keys *ret, struct err *reterr);
/* Parameters of a track's protection; *ret_on false when it stays clear. ERR_INVALID: no key of its
 * class. */
int package_protect(const struct package_keys *k, enum key_class c, struct str asset,
                    uint32_t ordinal, struct cenc_params *ret, bool *ret_on, struct err *reterr);

/* Runs fn(arg, i) for each i of n on as many threads as there are processors, the main one
 * excluded, which calls tick(arg) every 100 ms; a negative answer of tick stops those not begun.
 * Returns the first negative answer in the order of i. */
int parallel_run(size_t n, int (*fn)(void *arg, size_t i), int (*tick)(void *arg), void *arg,
                 struct err *reterr);
