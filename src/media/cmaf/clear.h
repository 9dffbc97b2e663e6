/*
 * clear.h - a track file as its readers would see it without encryption: the same bytes, with the samples of every fragment decrypted in
 * memory, each under the key that it says (seig). For readers that know one key a track, as libavformat does, and none that change.
 */
#pragma once
#include "media/cmaf/cmaf.h"
#include <sys/types.h>

struct cmaf_clear;
/* fd is borrowed; keys are copied. ERR_BAD_MEDIA: not a track file of ours. */
int cmaf_clear_open(int fd, const struct cenc_key *keys, size_t n_keys, struct cmaf_clear **ret, struct err *reterr);
void cmaf_clear_free(struct cmaf_clear *c);
/* As pread(); -1 with EBADMSG where a fragment does not decrypt. One thread at a time. */
ssize_t cmaf_clear_pread(struct cmaf_clear *c, void *dst, size_t n, int64_t at);
/* "KID:KEY,KID:KEY", 32 hex digits each. ERR_INVALID says nothing of the keys. */
enum { CLEAR_KEYS_MAX = KEY_PERIODS_MAX };
int cmaf_keys_parse(struct str text, struct cenc_key ret[CLEAR_KEYS_MAX], size_t *ret_n, struct err *reterr);
