/*
 * redis.c - the cache on Redis or Valkey. What must be atomic is a Lua script, which runs whole and
 * takes the time from the server (TIME), so that machines whose clocks differ agree on every end. A
 * script is sent by its SHA-1 (EVALSHA) and in full only to a server that does not know it yet.
 *
 * A slot set is a hash: member -> "<end, ms>|<value>".
 */
#include "engine/cache/redis_int.h"
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARGS_MAX = 8, NUMBER_MAX = 24 };

#define LUA_NOW_MS "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) "
/* live: those that have not ended, as {member, value, ms left}; what ended is taken out. */
#define LUA_LIVE                                                                                   \
    LUA_NOW_MS "local all, live, mine = redis.call('HGETALL', KEYS[1]), {}, nil "                  \
               "for i = 1, #all, 2 do "                                                            \
               "local bar = string.find(all[i + 1], '|', 1, true) "                                \
               "local till = tonumber(string.sub(all[i + 1], 1, bar - 1)) "                        \
               "local value = string.sub(all[i + 1], bar + 1) "                                    \
               "if till <= now then redis.call('HDEL', KEYS[1], all[i]) "                          \
               "elseif all[i] == ARGV[1] then mine = value "                                       \
               "else live[#live + 1] = {all[i], value, till - now} end end "
#define LUA_PUT                                                                                    \
    "redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f|', now + ARGV[3]) .. ARGV[2]) "      \
    "redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), ARGV[3])) "

#define SCRIPTS(X)                                                                                 \
    X(DELETE_IF, "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1])" \
                 " end return 0")                                                                  \
    X(COUNT,                                                                                       \
      "local v = redis.call('INCRBY', KEYS[1], ARGV[1]) "                                          \
      "if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end "       \
      "return v")                                                                                  \
    X(TAKE, "local t = redis.call('TIME') local now = t[1] * 1000000 + t[2] "                      \
            "local one, burst = tonumber(ARGV[1]), tonumber(ARGV[2]) "                             \
            "local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + one "         \
            "if full - now > burst then return {0, math.ceil((full - now - burst) / 1000)} end "   \
            "redis.call('SET', KEYS[1], string.format('%.0f', full), "                             \
            "'PX', math.ceil((full - now) / 1000)) "                                               \
            "return {1, math.floor((burst - (full - now)) / one)}")                                \
    X(ACQUIRE, LUA_LIVE "if mine or #live < tonumber(ARGV[4]) then " LUA_PUT                       \
                        "return {1} end return {2, live}")                                         \
    X(REFRESH, LUA_LIVE "if not mine then return 0 end "                                           \
                        "if mine ~= ARGV[2] then return 2 end " LUA_PUT "return 1")                \
    X(RELEASE, LUA_LIVE "if mine ~= ARGV[2] then return 0 end "                                    \
                        "return redis.call('HDEL', KEYS[1], ARGV[1])")                             \
    X(LIST, LUA_LIVE "return live")

enum script_id {
#define X(name, text) S_##name,
    SCRIPTS(X)
#undef X
        SCRIPTS_N
};
static const struct {
    const char *text;
} scripts[] = {
#define X(name, text) {text},
    SCRIPTS(X)
#undef X
};
static char script_sha[SCRIPTS_N][2 * SHA_DIGEST_LENGTH + 1];

static void scripts_hash(void) {
    for (size_t i = 0; i < SCRIPTS_N; i++) {
        uint8_t sha[SHA_DIGEST_LENGTH];
        SHA1((const uint8_t *)scripts[i].text, strlen(scripts[i].text), sha);
        for (size_t b = 0; b < sizeof sha; b++)
            snprintf(script_sha[i] + 2 * b, 3, "%02x", sha[b]);
    }
}

/* A command being put together: its arguments, and room for their numbers and the key's prefix. */
struct command {
    const char *v[ARGS_MAX];
    size_t n[ARGS_MAX];
    int count;
    char name[REDIS_NAME_MAX], number[ARGS_MAX][NUMBER_MAX];
};

static void arg_str(struct command *c, struct str s) {
    assert(c->count < ARGS_MAX);
    c->v[c->count] = s.p ? s.p : "";
    c->n[c->count++] = s.n;
}

static void arg_number(struct command *c, int64_t v) {
    char *dst = c->number[c->count];
    arg_str(c, str_make(dst, (size_t)snprintf(dst, NUMBER_MAX, "%lld", (long long)v)));
}

static void arg_key(struct command *c, struct str key) {
    size_t prefix = sizeof REDIS_PREFIX - 1;
    memcpy(c->name, REDIS_PREFIX, prefix);
    memcpy(c->name + prefix, key.p, key.n);
    arg_str(c, str_make(c->name, prefix + key.n));
}

/* One round trip. *ret is the caller's to free, and no error. */
static int command_run(struct redis *r, const struct command *c, redisReply **ret,
                       struct err *reterr) {
    redisContext *ctx;
    int rc = redis_pool_get(r, &ctx, reterr);
    if (rc)
        return rc;
    errno = 0;
    redisReply *reply = redisCommandArgv(ctx, c->count, (const char **)c->v, c->n);
    struct err why = {0};
    if (!reply) {
        /* Silent: whoever asks next would wait as long. Ended: it may be back at once. */
        bool silent = ctx->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
        rc = err_set(&why, ERR_BUSY, "Redis: %s", silent ? "no answer in time" : ctx->errstr);
        redis_pool_put(r, ctx, silent ? REDIS_GONE : REDIS_BROKEN, &why);
        if (reterr)
            *reterr = why;
        return rc;
    }
    bool unknown_script = reply->type == REDIS_REPLY_ERROR && str_starts(str_of(reply->str), STR("NOSCRIPT"));
    rc = reply->type == REDIS_REPLY_ERROR && !unknown_script ? redis_refusal(reply, &why) : 0;
    /* A replica that was the master, a server that still loads or is full: gone, until a new connection can write. */
    redis_pool_put(r, ctx, rc == ERR_BUSY ? REDIS_GONE : REDIS_WELL, &why);
    if (rc) {
        if (reterr)
            *reterr = why;
        freeReplyObject(reply);
        return rc;
    }
    *ret = reply;
    return 0;
}

static int script_run(struct redis *r, struct command *c, redisReply **ret, struct err *reterr) {
    int rc = command_run(r, c, ret, reterr);
    if (rc || (*ret)->type != REDIS_REPLY_ERROR)
        return rc;
    freeReplyObject(*ret);
    err_clear(reterr);
    for (size_t i = 0; i < SCRIPTS_N; i++)
        if (c->v[1] == script_sha[i]) {
            c->v[0] = "EVAL";
            c->n[0] = 4;
            c->v[1] = scripts[i].text;
            c->n[1] = strlen(scripts[i].text);
            break;
        }
    return command_run(r, c, ret, reterr);
}

static void script_start(struct command *c, enum script_id id, struct str key) {
    *c = (struct command){0};
    arg_str(c, STR("EVALSHA"));
    arg_str(c, str_of(script_sha[id]));
    arg_str(c, STR("1"));
    arg_key(c, key);
}

/* Frees the reply: an integer, or what came of it. */
static int64_t integer_of(redisReply *reply) {
    int64_t v = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    freeReplyObject(reply);
    return v;
}

static int script_integer(struct redis *r, struct command *c, struct err *reterr) {
    redisReply *reply = NULL;
    int rc = script_run(r, c, &reply, reterr);
    return rc ? rc : (int)integer_of(reply);
}

static int redis_get(void *self, struct str key, struct arena *a, struct str *ret,
                     struct err *reterr) {
    struct command c = {0};
    redisReply *reply = NULL;
    arg_str(&c, STR("GET"));
    arg_key(&c, key);
    int rc = command_run(self, &c, &reply, reterr);
    if (rc)
        return rc;
    if (reply->type == REDIS_REPLY_STRING) {
        *ret = str_dup(a, str_make(reply->str, (size_t)reply->len));
        rc = ret->p ? 1 : err_set(reterr, ERR_LIMIT, "no room for a cached value");
    }
    freeReplyObject(reply);
    return rc;
}

static int redis_set(void *self, struct str key, struct str value, int64_t ttl_ms, bool only_new,
                     struct err *reterr) {
    struct command c = {0};
    redisReply *reply = NULL;
    arg_str(&c, STR("SET"));
    arg_key(&c, key);
    arg_str(&c, value);
    arg_str(&c, STR("PX"));
    arg_number(&c, ttl_ms);
    if (only_new)
        arg_str(&c, STR("NX"));
    int rc = command_run(self, &c, &reply, reterr);
    if (rc)
        return rc;
    rc = reply->type == REDIS_REPLY_STATUS; /* nil: somebody was first */
    freeReplyObject(reply);
    return rc;
}

static int redis_del(void *self, struct str key, const struct str *only, struct err *reterr) {
    struct command c = {0};
    redisReply *reply = NULL;
    if (only) {
        script_start(&c, S_DELETE_IF, key);
        arg_str(&c, *only);
        return script_integer(self, &c, reterr);
    }
    arg_str(&c, STR("DEL"));
    arg_key(&c, key);
    int rc = command_run(self, &c, &reply, reterr);
    return rc ? rc : (int)integer_of(reply);
}

static int redis_count(void *self, struct str key, int64_t by, int64_t window_ms, int64_t *ret,
                       struct err *reterr) {
    struct command c = {0};
    redisReply *reply = NULL;
    if (by == 0) { /* reading makes no key */
        arg_str(&c, STR("GET"));
        arg_key(&c, key);
    } else {
        script_start(&c, S_COUNT, key);
        arg_number(&c, by);
        arg_number(&c, window_ms);
    }
    int rc = by ? script_run(self, &c, &reply, reterr) : command_run(self, &c, &reply, reterr);
    if (rc)
        return rc;
    int64_t v = 0;
    if (reply->type == REDIS_REPLY_INTEGER)
        v = reply->integer;
    else if (reply->type == REDIS_REPLY_STRING &&
             !str_to_i64(str_make(reply->str, (size_t)reply->len), &v))
        rc = err_set(reterr, ERR_INTERNAL, "cache: a key is used in two ways");
    freeReplyObject(reply);
    *ret = v;
    return rc;
}

static int shape_wrong(redisReply *reply, struct err *reterr) {
    freeReplyObject(reply);
    return err_set(reterr, ERR_INTERNAL, "Redis: an answer of another shape than was asked for");
}

static int redis_take(void *self, struct str key, int64_t one_us, int64_t burst_us,
                      struct cache_rate *ret, struct err *reterr) {
    struct command c;
    redisReply *reply = NULL;
    script_start(&c, S_TAKE, key);
    arg_number(&c, one_us);
    arg_number(&c, burst_us);
    int rc = script_run(self, &c, &reply, reterr);
    if (rc)
        return rc;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[1]->type != REDIS_REPLY_INTEGER)
        return shape_wrong(reply, reterr);
    *ret = (struct cache_rate){.ok = reply->element[0]->integer == 1};
    *(ret->ok ? &ret->remaining : &ret->retry_ms) = reply->element[1]->integer;
    freeReplyObject(reply);
    return 0;
}

/* ---- Slots ---- */

static int slots_read(const redisReply *list, struct arena *a, struct cache_slots *ret,
                      struct err *reterr) {
    size_t n = list->type == REDIS_REPLY_ARRAY ? list->elements : 0;
    struct cache_slots out = {.v = arena_news(a, struct cache_slot, n + 1)};
    for (size_t i = 0; out.v && i < n; i++) {
        const redisReply *one = list->element[i];
        if (one->type != REDIS_REPLY_ARRAY || one->elements != 3)
            continue;
        const redisReply *member = one->element[0], *value = one->element[1];
        out.v[out.n++] =
            (struct cache_slot){.member = str_dup(a, str_make(member->str, (size_t)member->len)),
                                .value = str_dup(a, str_make(value->str, (size_t)value->len)),
                                .left_ms = one->element[2]->integer};
    }
    if (!out.v || a->failed)
        return err_set(reterr, ERR_LIMIT, "no room for a list of slots");
    slots_sort(&out);
    *ret = out;
    return 0;
}

static int redis_slot_acquire(void *self, struct str key, struct str member, struct str value,
                              int64_t ttl_ms, int64_t limit, struct arena *a,
                              struct cache_slots *ret, struct err *reterr) {
    struct command c;
    redisReply *reply = NULL;
    script_start(&c, S_ACQUIRE, key);
    arg_str(&c, member);
    arg_str(&c, value);
    arg_number(&c, ttl_ms);
    arg_number(&c, limit);
    int rc = script_run(self, &c, &reply, reterr);
    if (rc)
        return rc;
    if (reply->type != REDIS_REPLY_ARRAY || !reply->elements)
        return shape_wrong(reply, reterr);
    int state = (int)reply->element[0]->integer;
    if (state == SLOT_TAKEN && reply->elements > 1)
        rc = slots_read(reply->element[1], a, ret, reterr);
    freeReplyObject(reply);
    return rc ? rc : state;
}

static int redis_slot_refresh(void *self, struct str key, struct str member, struct str value,
                              int64_t ttl_ms, struct err *reterr) {
    struct command c;
    script_start(&c, S_REFRESH, key);
    arg_str(&c, member);
    arg_str(&c, value);
    arg_number(&c, ttl_ms);
    return script_integer(self, &c, reterr);
}

static int redis_slot_release(void *self, struct str key, struct str member, struct str value,
                              struct err *reterr) {
    struct command c;
    script_start(&c, S_RELEASE, key);
    arg_str(&c, member);
    arg_str(&c, value);
    return script_integer(self, &c, reterr);
}

static int redis_slot_list(void *self, struct str key, struct arena *a, struct cache_slots *ret,
                           struct err *reterr) {
    struct command c;
    redisReply *reply = NULL;
    script_start(&c, S_LIST, key);
    arg_str(&c, STR("")); /* nobody's own */
    int rc = script_run(self, &c, &reply, reterr);
    if (rc)
        return rc;
    rc = slots_read(reply, a, ret, reterr);
    freeReplyObject(reply);
    return rc;
}

static int redis_publish(void *self, struct str channel, struct str message, struct err *reterr) {
    struct command c = {0};
    redisReply *reply = NULL;
    arg_str(&c, STR("PUBLISH"));
    arg_key(&c, channel);
    arg_str(&c, message);
    int rc = command_run(self, &c, &reply, reterr);
    if (rc == 0)
        freeReplyObject(reply);
    else
        redis_pool_untold(self);
    return rc;
}

/* ---- Life ---- */

static void redis_close(void *self) {
    struct redis *r = self;
    redis_listener_end(r);
    redis_pool_end(r);
    explicit_bzero(&r->url, sizeof r->url);
    free(r);
}

static bool redis_reachable(void *self) {
    struct redis *r = self;
    pthread_mutex_lock(&r->lock);
    bool up = !r->down;
    pthread_mutex_unlock(&r->lock);
    return up;
}

static bool redis_young(void *self) {
    return redis_pool_young(self);
}

int redis_open(const struct cache_options *o, struct listeners *l, void **ret, struct err *reterr) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, scripts_hash);
    struct redis *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(reterr, ERR_NO_MEMORY, "cache");
    int rc = cache_url_parse(str_of(o->url), &r->url, reterr);
    if (rc) {
        free(r);
        return rc;
    }
    r->deadline_ms = o->deadline_ms > 0 ? o->deadline_ms : 100;
    r->connections = CLAMP(o->connections > 0 ? o->connections : 8, 1, CONNECTIONS_MAX);
    r->listeners = l;
    pthread_mutex_init(&r->listen_lock, NULL);
    rc = redis_pool_start(r, reterr);
    if (rc == 0)
        rc = redis_listener_start(r, reterr);
    if (rc) {
        redis_close(r);
        return rc;
    }
    *ret = r;
    return 0;
}

static void redis_listen(void *self, struct str channel, bool on) {
    redis_listener_change(self, channel, on);
}

const struct cache_driver redis_driver = {
    .close = redis_close,
    .reachable = redis_reachable,
    .young = redis_young,
    .get = redis_get,
    .set = redis_set,
    .del = redis_del,
    .count = redis_count,
    .rate = redis_take,
    .slot_acquire = redis_slot_acquire,
    .slot_refresh = redis_slot_refresh,
    .slot_release = redis_slot_release,
    .slot_list = redis_slot_list,
    .publish = redis_publish,
    .listen = redis_listen,
};
