/* hash_state.h - a sha256 (FIPS 180-4) that can be laid aside and taken up again by another process, so that
 * a film of 100 GB that comes in pieces over days is never read a second time to be hashed. */
#pragma once
#include "base/str.h"

struct hash_state {
    uint32_t h[8];     /* the chaining value after the whole blocks */
    uint64_t n;        /* bytes so far, those of tail among them */
    uint8_t tail[64];  /* n % 64 bytes that fill no block yet */
};
enum { HASH_STATE_TEXT = 256 };

void hash_state_init(struct hash_state *s);
void hash_state_update(struct hash_state *s, const void *p, size_t n);
void hash_state_hex(const struct hash_state *s, char dst[65]); /* of all so far; s stays as it is */
/* "1:<bytes>:<h in hex>:<tail in hex>". */
void hash_state_write(const struct hash_state *s, char dst[HASH_STATE_TEXT]);
bool hash_state_read(struct str text, struct hash_state *ret); /* false: not such a text */
