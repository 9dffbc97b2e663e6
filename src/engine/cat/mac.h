/* mac.h - HMAC-SHA-256 (RFC 2104) with the keys that are used again and again. */
#pragma once
#include "base/str.h"

enum { MAC_LEN = 32, MAC_KEY_MAX = 64 };

/* The calling thread keeps the state after its last few keys, so that a short text costs little more than hashing
 * it; it is wiped when the thread ends. key_len: 1 to MAC_KEY_MAX. False: no memory. Any thread. */
bool mac_sha256(const uint8_t *key, size_t key_len, struct str text, uint8_t tag[MAC_LEN]);
/* A context that is ready for EVP_MAC_init(ctx, NULL, 0, NULL). Caller frees; NULL: no memory. */
struct evp_mac_ctx_st *mac_context(const uint8_t *key, size_t key_len);
