/*
 * index_cache.h - the indexes that a worker has open, least recently used first out. Extents are
 * read by the page with pread and never mapped: a mapping of a file that is cut short kills the
 * worker. Nothing of nginx in here, so that it is tested and fuzzed on its own. One thread.
 */
#pragma once
#include "base/str.h"
#include "media/cmaf/index.h"

enum { INDEX_INIT = 0xffffffff }; /* instead of a segment's number: init.mp4 */

struct index_cache;

struct index_found {
    struct index_extent extent; /* of the init segment: offset and length only */
    const char *object;         /* a plain file name; the cache's, until the next call */
    uint32_t content_type;      /* as in struct index_header */
    uint32_t init_crc;          /* CRC-32 of the init segment; 0: there is none */
};

/* root: blob's directory; indexes are <root>/asset/<asset>/<track>.idx. entries: how many files are
 * held open. valid_ms: how long a file is trusted before its identity is looked at again. NULL: no
 * memory. */
struct index_cache *index_cache_new(const char *root, size_t entries, int64_t valid_ms);
void index_cache_free(struct index_cache *c);

/* asset and track are trusted to be well-formed names. Returns 0, -ENOENT (no such asset, track or
 * segment), -EBADMSG (an index that is damaged or cut short) or another negative errno; *ret is
 * then undefined. */
int index_cache_find(struct index_cache *c, struct str asset, struct str track, uint32_t n,
                     int64_t now_ms, struct index_found *ret);
