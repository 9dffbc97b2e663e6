/*
 * kept.h - texts kept in memory, by key and revision: what was made of revision n is good exactly as long as whoever asks
 * has just read n from where the truth lies. So a change counts at once, whichever process made it. The least recently used
 * goes first. Any thread.
 */
#pragma once
#include "base/buf.h"

enum { KEPT_KEY_MAX = 96, KEPT_MAX = 32768 /* texts in one */ };

struct kept_shard;
struct kept {
    struct kept_shard *shards; /* made at the first use */
};

/* Appends what is kept of key at this revision. False: nothing. */
bool kept_get(struct kept *k, struct str key, int64_t revision, struct buf *into);
/* Copies both. A key that is too long, or no memory: nothing is kept. */
void kept_put(struct kept *k, struct str key, int64_t revision, struct str text);
void kept_clear(struct kept *k); /* everything, and its memory; while nobody else uses it */
