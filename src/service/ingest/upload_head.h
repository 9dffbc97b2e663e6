/*
 * upload_head.h - what stands in the heads of resumable uploads: tus 1.0 (tus.io, 2016-03-25), structured fields
 * (RFC 9651) as the IETF draft uses them, and digests (RFC 9530). Bytes from outside; no part of them is trusted.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include <openssl/evp.h>

struct upload_pair {
    struct str name, value; /* value: decoded, in the arena; empty where there is none */
};
enum { UPLOAD_PAIRS_MAX = 32, UPLOAD_METADATA_MAX = 8 << 10 };
/* tus, creation: "name aGVsbG8=,is_confidential". Names of visible ASCII without blanks and commas, each once.
 * False: it is no such text, or over the limits above. */
bool upload_metadata_read(struct str header, struct arena *a, struct upload_pair pairs[UPLOAD_PAIRS_MAX],
                          size_t *ret_n);

/* tus, checksum: "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=". UNKNOWN: well formed, of an algorithm that we have not. */
#define UPLOAD_ALGORITHMS "sha256,sha1,md5"
struct upload_checksum {
    const EVP_MD *algorithm; /* NULL: none was asked for */
    uint8_t digest[32];
    size_t n;
};
enum upload_checksum_result { CHECKSUM_OK, CHECKSUM_BAD, CHECKSUM_UNKNOWN };
enum upload_checksum_result upload_checksum_read(struct str header, struct upload_checksum *ret);

/* An Item that is a Boolean ("?1") or an Integer that is not negative; parameters are passed over. */
bool sf_bool_read(struct str header, bool *ret);
bool sf_size_read(struct str header, int64_t *ret);
/* A tus number: decimal digits alone. */
bool tus_size_read(struct str header, int64_t *ret);
/* The sha-256 member of a Repr-Digest, in hex. False: none that can be read. */
bool repr_digest_read(struct str header, char ret_hex[65]);
/* 64 hex digits of either case, written in lower case. */
bool sha256_text_read(struct str text, char ret_hex[65]);
