/*
 * sound.h - what the boxes of sound formats hold, made of what an encoder gives: it is the `extra` of elementary files and
 * of cmaf_format.
 */
#pragma once
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

enum { SOUND_CONFIG = 16 };
/* dOps of an OpusHead (RFC 7845 5.1). Its length, or ERR_BAD_MEDIA. */
int sound_opus_config(const uint8_t *head, size_t n, uint8_t ret[SOUND_CONFIG], struct err *reterr);
/* dec3 of a stream's first frame (ETSI TS 102 366 F.6). Its length, or ERR_BAD_MEDIA. */
int sound_eac3_config(const uint8_t *frame, size_t n, uint8_t ret[SOUND_CONFIG], struct err *reterr);
