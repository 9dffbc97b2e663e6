/*
 * cache.h - what is shared for a while and may be lost: cached values, counters, rates, locks, stream
 * slots, and messages between processes. In process by default (one process, bounded memory, the least
 * recently used goes first), or Redis/Valkey, which every process and machine shares.
 *
 * Nothing here is the only copy of anything: a restart of Redis empties it, memory pressure evicts from
 * it, and every caller says what then happens. A Redis that is gone costs a call at most twice
 * deadline_ms, and nothing at all once it is known to be gone (ERR_BUSY at once, until it is back). The
 * caller chooses: ignore the error (fail open), return it (fail closed), or go on with the process' own
 * counts: cache_local().
 *
 * Keys are 1 to CACHE_KEY_MAX bytes, "room:what:who". One key is used with one family of calls (values,
 * cache_count, cache_take, slots); mixing them is ERR_INTERNAL where it is noticed. Any thread.
 */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/err.h"
#include "base/metrics.h"
#include "base/str.h"

enum { CACHE_KEY_MAX = 200, CACHE_VALUE_MAX = 256 << 10, CACHE_SLOTS_MAX = 64 };

struct cache;
struct cache_options {
    const char *url;           /* NULL or "": in process; else redis://[user:password@]host[:port][/db] */
    const struct clock *clock; /* in process: what a test shifts is added; time never goes back. NULL */
    size_t max_bytes;          /* in process; 0: 64 MiB */
    int deadline_ms;           /* Redis, of one call; 0: 100 */
    int connections;           /* Redis, most open at a time; 0: 8 */
};
/* From the settings of cache_config; clock is left as it is. */
void cache_options_from_config(const struct config *c, struct cache_options *o);

/* ERR_INVALID "cache.url": the address is malformed (the message never holds the password).
 * ERR_PERMISSION "cache.refused": Redis answers, and refuses us. A Redis that does not answer is no
 * error: it is tried again with back-off, in the background. Caller closes. */
int cache_open(const struct cache_options *o, struct cache **ret_c, struct err *reterr);
void cache_close(struct cache *c); /* NULL-safe; nobody may be inside a call */
/* The process' own cache beside Redis, for those who would rather count alone than not at all; without
 * Redis it is c itself. */
struct cache *cache_local(struct cache *c);
/* False while Redis is known to be gone. */
bool cache_reachable(struct cache *c);
/* True for fifteen seconds after Redis has come back empty: who is missing in it may only not have been heard of yet. */
bool cache_young(struct cache *c);

/* Values. ttl_ms > 0. */
int cache_get(struct cache *c, struct str key, struct arena *a, struct str *ret_value,
              struct err *reterr); /* 1: found; 0: not there */
int cache_set(struct cache *c, struct str key, struct str value, int64_t ttl_ms, struct err *reterr);
/* Set if absent: 1: set; 0: somebody was first. With a random value and cache_delete_if it is a lock. */
int cache_add(struct cache *c, struct str key, struct str value, int64_t ttl_ms, struct err *reterr);
/* Any kind of key. 1: deleted; 0: not there. */
int cache_delete(struct cache *c, struct str key, struct err *reterr);
/* 1: it had this value and is gone; 0: not there, or another's. */
int cache_delete_if(struct cache *c, struct str key, struct str value, struct err *reterr);

/* Adds by (0 reads) to a counter whose window begins with its first count and is never prolonged. */
int cache_count(struct cache *c, struct str key, int64_t by, int64_t window_ms, int64_t *ret_count,
                struct err *reterr);

/* A rate: limit a window, evenly refilled (GCRA), a burst of limit allowed. */
struct cache_rate {
    bool ok;
    int64_t remaining; /* that may be taken at once */
    int64_t retry_ms;  /* when !ok: until one may be taken */
};
int cache_take(struct cache *c, struct str key, int64_t limit, int64_t window_ms,
               struct cache_rate *ret_rate, struct err *reterr);

/* Slots: a small set of members, each with a value and an end of its own. */
struct cache_slot {
    struct str member, value;
    int64_t left_ms;
};
struct cache_slots {
    struct cache_slot *v; /* in the arena; in the order of their members */
    size_t n;
};
enum slot_state { SLOT_ABSENT, SLOT_HELD, SLOT_TAKEN };
/* The member gets a slot when fewer than limit others hold one, or when it holds one already: then it
 * keeps it, with the new value and end. SLOT_HELD: got; SLOT_TAKEN: full, *ret_others (may be NULL) is who
 * holds them. */
int cache_slot_acquire(struct cache *c, struct str key, struct str member, struct str value,
                       int64_t ttl_ms, int64_t limit, struct arena *a, struct cache_slots *ret_others,
                       struct err *reterr);
/* Prolongs. SLOT_HELD: done; SLOT_ABSENT: it ended; SLOT_TAKEN: the member holds it with another value. */
int cache_slot_refresh(struct cache *c, struct str key, struct str member, struct str value,
                       int64_t ttl_ms, struct err *reterr);
/* 1: released; 0: not held with this value. */
int cache_slot_release(struct cache *c, struct str key, struct str member, struct str value,
                       struct err *reterr);
int cache_slot_list(struct cache *c, struct str key, struct arena *a, struct cache_slots *ret_slots,
                    struct err *reterr);

/* Messages: at most once, to whoever listens now, in the order of one publisher. The callback runs on
 * the publisher's thread or on the cache's, must not block, and must not call subscribe, unsubscribe or
 * publish. message STR_NULL says that some may have been missed until now (the subscription took effect,
 * Redis is back, or is back for somebody who had something to say): look at the thing itself. It may run before cache_subscribe returns, and does not
 * run any more once cache_unsubscribe has returned. */
struct cache_sub;
int cache_subscribe(struct cache *c, struct str channel, void (*fn)(void *arg, struct str message),
                    void *arg, struct cache_sub **ret_sub, struct err *reterr);
void cache_unsubscribe(struct cache_sub *s); /* NULL-safe; before cache_close */
/* ERR_BUSY: only this process' own listeners heard; the others are told that they missed something when Redis is back. */
int cache_publish(struct cache *c, struct str channel, struct str message, struct err *reterr);

extern const struct config_key cache_config[];
extern struct metric cache_metrics[];
