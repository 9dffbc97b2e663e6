/*
 * public_key.h - somebody else's public keys and what they signed: passkeys (COSE, RFC 9053) and ID tokens
 * (JWA, RFC 7518). Three algorithms, named by their COSE numbers; a key does only the one it was made for.
 * Any thread; a key may be used by one thread at a time.
 */
#pragma once
#include "base/str.h"

enum key_alg { ALG_NONE = 0, ALG_ES256 = -7, ALG_EDDSA = -8, ALG_RS256 = -257 };

struct public_key;
void public_key_free(struct public_key *k);
static inline void public_key_freep(struct public_key **k) { public_key_free(*k); }

/* NULL: not such a key (a point that is not on P-256, a modulus outside 2048 to 4096 bits, an even
 * exponent or one above 32 bits). Numbers are big-endian. */
struct public_key *public_key_es256(struct str x, struct str y);
struct public_key *public_key_ed25519(struct str x);
struct public_key *public_key_rs256(struct str n, struct str e);

enum key_alg public_key_alg(const struct public_key *k);
/* An ECDSA signature is DER (WebAuthn level 3 section 6.5.5). */
bool public_key_verify(const struct public_key *k, struct str message, struct str signature);
/* The same with JOSE's form of it: r and s, 32 bytes each (RFC 7518 section 3.4). */
bool public_key_verify_jose(const struct public_key *k, struct str message, struct str signature);
