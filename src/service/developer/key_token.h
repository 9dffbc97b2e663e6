/*
 * key_token.h - what an API key looks like: "mtk_", eight characters by which it is found, thirty-two that are secret, six of
 * CRC-32 over all before, each of [0-9A-Za-z]. Whoever finds one in a file knows it for ours, and for whole, without asking.
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

enum { KEY_FIND_LEN = 12, KEY_LEN = KEY_FIND_LEN + 32 + 6, KEY_HASH_CAP = 65 };
struct key_token {
    char s[KEY_LEN + 1]; /* wipe it */
};
int key_token_make(struct key_token *ret, struct err *reterr);
/* Whether it is one in shape: length, alphabet and checksum. */
bool key_token_ok(struct str token);
/* SHA-256, hex. The key has 190 random bits: nothing slower would add to them. */
void key_token_hash(struct str token, char dst[KEY_HASH_CAP]);
