/*
 * streams.c - how many devices of an account watch at a time. One set of slots an account in the
 * cache: member the device, value its playback. The cache is no judge: where it cannot be asked,
 * who wants to play plays.
 */
#include "base/log.h"
#include "engine/cache/cache.h"
#include "service/viewing/viewing_int.h"

enum { STREAMS_MAX = 4, SLOT_MS = 45000 };

const struct config_key viewing_config[] = {
    {"streams-max", CONFIG_INT, "4", 0, CACHE_SLOTS_MAX,
     .doc =
         "Devices of one account that may watch at the same time, where no plan says otherwise; 0: "
         "no limit"},
    {"stream-slot", CONFIG_DURATION, "45s", 2000, 60000,
     .doc =
         "How long after its last sign of life a player still counts as watching; they come every "
         "ten seconds"},
    {.name = NULL},
};

static viewing_limit_fn *limit_of_plan;

void viewing_limit_provider(viewing_limit_fn *fn) {
    __atomic_store_n(&limit_of_plan, fn, __ATOMIC_RELEASE);
}

static int limit_find(const struct engine *e, struct account_id account, int64_t plan) {
    viewing_limit_fn *fn = __atomic_load_n(&limit_of_plan, __ATOMIC_ACQUIRE);
    int limit = e->config ? (int)config_int(e->config, "streams-max") : STREAMS_MAX;
    struct err why = {0};
    if (plan >= 0)
        limit = (int)MIN(plan, (int64_t)CACHE_SLOTS_MAX);
    else if (fn && fn(e, account, &limit, &why) < 0)
        log_event(LOG_WARN, "viewing.limit_unknown", LS("err", why.msg));
    return limit > 0 ? MIN(limit, CACHE_SLOTS_MAX) : CACHE_SLOTS_MAX;
}

static int64_t slot_ms(const struct engine *e) {
    return e->config ? config_int(e->config, "stream-slot") : SLOT_MS;
}

struct slot_key {
    char s[64];
};
static struct str key_of(struct slot_key *k, struct account_id account) {
    return str_make(k->s,
                    (size_t)snprintf(k->s, sizeof k->s, "streams:" ID_FMT, ID_ARG(account.v)));
}

/* Said once an outage by the cache itself; here only who passes because of it. */
static enum stream_state passed(const struct err *why) {
    log_event(LOG_DEBUG, "viewing.slot_unknown", LS("err", why->msg));
    return STREAM_MINE;
}

static enum stream_state slot_take(const struct engine *e, struct account_id account, struct stream s, int64_t plan) {
    struct arena a = ARENA(4 << 10);
    struct slot_key k;
    struct err why = {0};
    int rc = cache_slot_acquire(e->cache, key_of(&k, account), id_str(&s.device.v),
                                id_str(&s.playback.v), slot_ms(e), limit_find(e, account, plan), &a, NULL,
                                &why);
    arena_done(&a);
    return rc < 0 && rc != ERR_LIMIT ? passed(&why) : rc == SLOT_HELD ? STREAM_MINE : STREAM_FULL;
}

/* A cache that has just lost everything hears again of who plays within ten seconds. Until then whoever begins does so
 * without a slot, so that nobody who plays loses his to him; he asks for one with his first sign of life. */
enum stream_state stream_start(const struct engine *e, struct account_id account, struct stream s, int64_t plan) {
    return cache_young(e->cache) ? STREAM_MINE : slot_take(e, account, s, plan);
}

enum stream_state stream_beat(const struct engine *e, struct account_id account, struct stream s) {
    struct slot_key k;
    struct err why = {0};
    int rc = cache_slot_refresh(e->cache, key_of(&k, account), id_str(&s.device.v),
                                id_str(&s.playback.v), slot_ms(e), &why);
    if (rc < 0)
        return passed(&why);
    return rc == SLOT_HELD    ? STREAM_MINE
           : rc == SLOT_TAKEN ? STREAM_REPLACED
                              : slot_take(e, account, s, STREAMS_UNKNOWN);
}

void stream_end(const struct engine *e, struct account_id account, struct stream s) {
    struct slot_key k;
    struct err why = {0};
    if (cache_slot_release(e->cache, key_of(&k, account), id_str(&s.device.v),
                           id_str(&s.playback.v), &why) < 0)
        passed(&why); /* it ends by itself */
}

int stream_list(const struct engine *e, struct account_id account, struct arena *a,
                struct streams *ret, struct err *reterr) {
    struct slot_key k;
    struct cache_slots held;
    int rc = cache_slot_list(e->cache, key_of(&k, account), a, &held, reterr);
    struct streams out = {.v = rc < 0 ? NULL : arena_news(a, struct stream, held.n + 1)};
    if (rc < 0 || !out.v)
        return rc < 0 ? rc : err_set(reterr, ERR_LIMIT, "no room for a list of streams");
    for (size_t i = 0; i < held.n; i++)
        if (id_parse(held.v[i].member, &out.v[out.n].device.v) &&
            id_parse(held.v[i].value, &out.v[out.n].playback.v))
            out.n++;
    *ret = out;
    return 0;
}
