/*
 * jws.h - JSON Web Signatures as the stores use them (RFC 7515, compact form): what Apple signed, whose
 * certificates come along in x5c, and the tokens that we sign to be let in at Apple and Google. A
 * header chooses nothing: the caller says the algorithm. Any thread.
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <jansson.h>

enum { JWS_MAX = 64 << 10 };

/* The payload of a JWS that Apple signed: ES256 alone, x5c of exactly three certificates (leaf, intermediate, root) that lead
 * to one of `roots` (PEM, or DER of one), all valid at now_ms, leaf and intermediate with the marks of App Store signing
 * (extensions 1.2.840.113635.100.6.11.1 and .6.2.1). *ret is an object, a new reference. ERR_UNAUTHENTICATED
 * "billing.receipt_forged" for whatever is not so; the message says which. ERR_INVALID: roots hold no certificate. */
int jws_apple_verify(struct str token, struct str roots, int64_t now_ms, json_t **ret, struct err *reterr);

enum jws_alg { JWS_ES256, JWS_RS256 };
/* header without alg and typ (kid), and claims; borrowed. key: PEM (PKCS 8), for ES256 on P-256. ERR_INVALID: it is no such
 * key. The message holds nothing of it. */
int jws_sign(enum jws_alg alg, struct str key, const json_t *header, const json_t *claims, struct buf *out,
             struct err *reterr);
