/* redis_int.h - the Redis backend: commands (redis.c), connections (redis_pool.c), messages
 * (redis_listen.c). */
#pragma once
#include "engine/cache/cache_int.h"
#include <hiredis/hiredis.h>

/* Before every key and channel, so that a Redis may be shared. */
#define REDIS_PREFIX "matinee:"
enum { REDIS_NAME_MAX = sizeof REDIS_PREFIX + CACHE_KEY_MAX };

enum { CONNECTIONS_MAX = 64, CONNECT_MS = 1000, BACKOFF_MIN_MS = 50, BACKOFF_MAX_MS = 2000 };

struct listener; /* redis_listen.c */
struct redis {
    struct cache_url url;
    int deadline_ms, connections;
    struct listeners *listeners;

    pthread_mutex_t lock;
    pthread_cond_t returned; /* a connection came back, or the state changed */
    pthread_cond_t wanted;   /* the keeper has something to do */
    redisContext *idle[CONNECTIONS_MAX];
    int n_idle, n_open, waiting;
    bool down, stop;
    bool untold;         /* a message could not be published: those who listen are told so when Redis is back */
    int64_t born_ms;     /* when what it holds began, on its clock; 0: it was never reached */
    int64_t young_ns;    /* until then it has only begun to be filled again */
    pthread_t keeper;
    bool keeping;

    pthread_mutex_t listen_lock;
    struct listener *listener; /* made at the first subscription */
};

/* The channel on which is said that some message, on whichever, may not have arrived. */
#define REDIS_MISSED REDIS_PREFIX "missed"

/* Since when it has been filled, by its own clock. Another instant than before: it has lost what it held. */
struct redis_born {
    int64_t at_ms, age_ms;
};
/* Opens one and says hello: user, password, database, and whether it takes what is written, in one round trip. ERR_BUSY: not
 * reachable, or of no use as it is (a replica, full, still loading); ERR_PERMISSION "cache.refused": reachable, and it does
 * not want us. */
int redis_connect(const struct redis *r, redisContext **ret, struct redis_born *ret_born, struct err *reterr);
/* Our code for an error reply. */
int redis_refusal(const redisReply *reply, struct err *reterr);

/* redis_pool.c. Never connects on the caller's thread, so that a name that does not resolve or a host
 * that is silent costs no request anything. */
int redis_pool_start(struct redis *r, struct err *reterr);
void redis_pool_end(struct redis *r);
/* Waits at most deadline_ms; ERR_BUSY. */
int redis_pool_get(struct redis *r, redisContext **ret, struct err *reterr);
/* BROKEN: closed, and those that are idle too, since they likely share its fate. GONE: besides, Redis is gone as long as
 * no new connection says otherwise: it was silent, or says itself that it is of no use (why). */
enum redis_put { REDIS_WELL, REDIS_BROKEN, REDIS_GONE };
void redis_pool_put(struct redis *r, redisContext *ctx, enum redis_put how, const struct err *why);
void redis_pool_untold(struct redis *r);
bool redis_pool_young(struct redis *r);
void redis_deadline(struct timespec *t, int64_t ms); /* on the monotonic clock */

/* redis_listen.c */
int redis_listener_start(struct redis *r, struct err *reterr);
void redis_listener_change(struct redis *r, struct str channel, bool on); /* wakes it; never blocks */
void redis_listener_end(struct redis *r);
