/*
 * redis_pool.c - connections to Redis. One thread, the keeper, opens them: at once when somebody
 * waits, with back-off while Redis does not answer. Requests only borrow what is open; while Redis
 * is known to be gone they are told so without waiting.
 */
#include "base/log.h"
#include "engine/cache/redis_int.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

/* Players give a sign of life every ten seconds: then slots are what they were. */
enum { YOUNG_MS = 15000 };

static struct timeval timeval_of(int ms) {
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

void redis_deadline(struct timespec *t, int64_t ms) {
    clock_gettime(CLOCK_MONOTONIC, t);
    int64_t ns = t->tv_nsec + ms * 1000000;
    t->tv_sec += ns / 1000000000;
    t->tv_nsec = ns % 1000000000;
}

int redis_refusal(const redisReply *reply, struct err *reterr) {
    struct str said = str_make(reply->str, (size_t)reply->len);
    bool refused =
        str_starts(said, STR("NOAUTH")) || str_starts(said, STR("WRONGPASS")) ||
        str_starts(said, STR("NOPERM")) || str_find(said, STR("invalid password")) >= 0 ||
        str_find(said, STR("without any password")) >= 0 || str_find(said, STR("DB index")) >= 0;
    if (refused)
        return err_refuse(reterr, ERR_PERMISSION, "cache.refused",
                          "Check user, password and database in MATINEE_CACHE_URL.",
                          "Redis refuses: " STR_FMT, STR_ARG(said));
    if (str_starts(said, STR("WRONGTYPE")))
        return err_set(reterr, ERR_INTERNAL, "cache: a key is used in two ways");
    /* LOADING, READONLY, OOM, BUSY, CLUSTERDOWN...: it may pass. */
    return err_set(reterr, ERR_BUSY, "Redis: " STR_FMT, STR_ARG(said));
}

/* Writes, because one that only reads is of no use; and tells when the first such write was, and how long ago. */
static const char hello_text[] =
    "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
    "local born = tonumber(redis.call('GET', KEYS[1]) or now) "
    "redis.call('SET', KEYS[1], string.format('%.0f', born), 'PX', 2592000000) "
    "return {born, now - born}";

static int hello(redisContext *ctx, const struct cache_url *u, struct redis_born *ret_born, struct err *reterr) {
    int due = 1, rc = 0;
    if (u->user[0])
        redisAppendCommand(ctx, "AUTH %s %s", u->user, u->password), due++;
    else if (u->password[0])
        redisAppendCommand(ctx, "AUTH %s", u->password), due++;
    if (u->db)
        redisAppendCommand(ctx, "SELECT %d", u->db), due++;
    redisAppendCommand(ctx, "EVAL %s 1 " REDIS_PREFIX "born", hello_text);
    for (int i = 0; i < due; i++) {
        redisReply *reply = NULL;
        if (redisGetReply(ctx, (void **)&reply) != REDIS_OK || !reply)
            return rc ? rc : err_set(reterr, ERR_BUSY, "Redis does not answer: %s", ctx->errstr);
        if (reply->type == REDIS_REPLY_ERROR && rc == 0)
            rc = redis_refusal(reply, reterr);
        if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2)
            *ret_born = (struct redis_born){reply->element[0]->integer, reply->element[1]->integer};
        freeReplyObject(reply);
    }
    return rc;
}

int redis_connect(const struct redis *r, redisContext **ret, struct redis_born *ret_born, struct err *reterr) {
    redisContext *ctx = redisConnectWithTimeout(r->url.host, r->url.port, timeval_of(CONNECT_MS));
    int rc = 0;
    if (!ctx || ctx->err)
        rc = err_set(reterr, ERR_BUSY, "Redis at %s:%d: %s", r->url.host, r->url.port,
                     ctx ? ctx->errstr : "no memory");
    else {
        fcntl(ctx->fd, F_SETFD, FD_CLOEXEC);
        redisEnableKeepAlive(ctx);
        redisSetTimeout(ctx, timeval_of(CONNECT_MS));
        rc = hello(ctx, &r->url, ret_born, reterr);
    }
    if (rc == 0 && redisSetTimeout(ctx, timeval_of(r->deadline_ms)) != REDIS_OK)
        rc = err_set(reterr, ERR_BUSY, "Redis: no deadline on its connection");
    if (rc) {
        if (ctx)
            redisFree(ctx);
        return rc;
    }
    *ret = ctx;
    return 0;
}

/* An idle connection has nothing to say: when it can be read, it is its end. */
static bool still_open(redisContext *ctx) {
    struct pollfd p = {.fd = ctx->fd, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

static void idle_close(struct redis *r) {
    while (r->n_idle) {
        redisFree(r->idle[--r->n_idle]);
        r->n_open--;
    }
}

int redis_pool_get(struct redis *r, redisContext **ret, struct err *reterr) {
    struct timespec until;
    int rc = 0;
    *ret = NULL;
    redis_deadline(&until, r->deadline_ms);
    pthread_mutex_lock(&r->lock);
    while (!*ret && rc == 0 && !r->down) {
        if (r->n_idle) {
            redisContext *ctx = r->idle[--r->n_idle];
            if (still_open(ctx)) {
                *ret = ctx;
                continue;
            }
            redisFree(ctx);
            r->n_open--;
            continue;
        }
        r->waiting++;
        pthread_cond_signal(&r->wanted);
        rc = pthread_cond_timedwait(&r->returned, &r->lock, &until);
        r->waiting--;
    }
    bool down = r->down;
    pthread_mutex_unlock(&r->lock);
    if (*ret)
        return 0;
    return err_set(reterr, ERR_BUSY,
                   down ? "Redis is not reachable" : "no connection to Redis became free in %d ms",
                   r->deadline_ms);
}

static void down_set(struct redis *r, bool down, const struct err *why) {
    if (down != r->down) {
        if (down)
            log_event(LOG_WARN, "cache.down", LS("host", r->url.host), LI("port", r->url.port),
                      LS("err", why->msg));
        else
            log_event(LOG_INFO, "cache.up", LS("host", r->url.host), LI("port", r->url.port));
    }
    r->down = down;
    metric_set(&cache_metrics[M_REACHABLE], !down);
    pthread_cond_broadcast(&r->returned);
}

void redis_pool_put(struct redis *r, redisContext *ctx, enum redis_put how, const struct err *why) {
    pthread_mutex_lock(&r->lock);
    if (how != REDIS_WELL) {
        redisFree(ctx);
        r->n_open--;
        idle_close(r);
        if (how == REDIS_GONE)
            down_set(r, true, why);
        pthread_cond_signal(&r->wanted);
    } else {
        r->idle[r->n_idle++] = ctx;
        pthread_cond_signal(&r->returned);
    }
    pthread_mutex_unlock(&r->lock);
}

void redis_pool_untold(struct redis *r) {
    pthread_mutex_lock(&r->lock);
    r->untold = true;
    pthread_cond_signal(&r->wanted);
    pthread_mutex_unlock(&r->lock);
}

bool redis_pool_young(struct redis *r) {
    pthread_mutex_lock(&r->lock);
    bool young = clock_mono_ns() < r->young_ns;
    pthread_mutex_unlock(&r->lock);
    return young;
}

/* Under the lock. Only who knew it before can tell that it has lost what it held: another beginning. */
static void keeper_opened(struct redis *r, redisContext *ctx, const struct redis_born *born) {
    if (r->born_ms && r->born_ms != born->at_ms && born->age_ms < YOUNG_MS)
        r->young_ns = clock_mono_ns() + (YOUNG_MS - born->age_ms) * 1000000;
    r->born_ms = born->at_ms;
    if (r->n_open < r->connections) {
        r->idle[r->n_idle++] = ctx;
        r->n_open++;
    } else { /* it was only for what had not been told */
        redisFree(ctx);
    }
    down_set(r, false, NULL);
}

/* On a connection that nobody else has yet; under the lock, which is let go meanwhile: until nobody has failed to say
 * something since. Frees ctx where it fails. */
static int untold_tell(struct redis *r, redisContext *ctx, struct err *reterr) {
    while (r->untold) {
        r->untold = false;
        pthread_mutex_unlock(&r->lock);
        redisReply *reply = redisCommand(ctx, "PUBLISH " REDIS_MISSED " 1");
        bool ok = reply && reply->type == REDIS_REPLY_INTEGER;
        if (reply)
            freeReplyObject(reply);
        pthread_mutex_lock(&r->lock);
        if (ok)
            continue;
        r->untold = true;
        redisFree(ctx);
        return err_set(reterr, ERR_BUSY, "Redis took no message");
    }
    return 0;
}

static void *keeper_main(void *arg) {
    struct redis *r = arg;
    int64_t backoff_ms = 0;
    pthread_mutex_lock(&r->lock);
    while (!r->stop) {
        struct timespec until;
        if (backoff_ms) {
            redis_deadline(&until, backoff_ms);
            while (!r->stop && pthread_cond_timedwait(&r->wanted, &r->lock, &until) == 0)
                ;
        } else
            while (!r->stop && r->n_open && !r->down && !r->untold &&
                   !(r->waiting && !r->n_idle && r->n_open < r->connections))
                pthread_cond_wait(&r->wanted, &r->lock);
        if (r->stop)
            break;
        pthread_mutex_unlock(&r->lock);
        struct err why = {0};
        redisContext *ctx = NULL;
        struct redis_born born = {0};
        int rc = redis_connect(r, &ctx, &born, &why);
        pthread_mutex_lock(&r->lock);
        if (rc == 0 && (rc = untold_tell(r, ctx, &why)) == 0) {
            keeper_opened(r, ctx, &born);
            backoff_ms = 0;
            continue;
        }
        backoff_ms = CLAMP(backoff_ms * 2, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
        if (r->n_open == 0)
            down_set(r, true, &why);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

int redis_pool_start(struct redis *r, struct err *reterr) {
    redisContext *ctx = NULL;
    struct err why = {0};
    pthread_condattr_t monotonic;
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r->returned, &monotonic);
    pthread_cond_init(&r->wanted, &monotonic);
    pthread_condattr_destroy(&monotonic);
    struct redis_born born = {0};
    int rc = redis_connect(r, &ctx, &born, &why);
    if (rc == ERR_PERMISSION) {
        if (reterr)
            *reterr = why;
        return rc;
    }
    if (rc == 0)
        keeper_opened(r, ctx, &born);
    else
        down_set(r, true, &why);
    rc = pthread_create(&r->keeper, NULL, keeper_main, r);
    r->keeping = rc == 0;
    return rc ? err_errno(reterr, rc, "the thread that keeps connections to Redis") : 0;
}

void redis_pool_end(struct redis *r) {
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_signal(&r->wanted);
    pthread_mutex_unlock(&r->lock);
    if (r->keeping)
        pthread_join(r->keeper, NULL);
    idle_close(r);
    pthread_cond_destroy(&r->returned);
    pthread_cond_destroy(&r->wanted);
    pthread_mutex_destroy(&r->lock);
}
