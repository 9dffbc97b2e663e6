/*
 * pairing_pace.c - how fast a device may ask, and how often a person may try a code. Both live in
 * the cache; without Redis this process counts alone, as for sign-ins (attempt.c).
 *
 * A guess is counted before it is looked at and given back when it was right, so that many at the
 * same instant are counted too: 10 in 15 minutes an account, 60 a network.
 */
#include "service/identity/pairing_pace.h"
#include "engine/cache/cache.h"

enum { GUESSES_ACCOUNT = 10, GUESSES_NETWORK = 60, WINDOW_MS = 15 * 60 * 1000, STEPS_MAX = 11 };
enum { EARLY_MS = 1000 }; /* clocks and networks are not exact: this much too early is in time */

static int count(const struct engine *e, const char *key, int64_t by, int64_t *ret, struct err *reterr) {
    if (cache_count(e->cache, str_of(key), by, WINDOW_MS, ret, NULL) == 0)
        return 0;
    return cache_count(cache_local(e->cache), str_of(key), by, WINDOW_MS, ret, reterr);
}

struct keys {
    char account[64], network[128];
};
static struct keys keys_of(struct account_id account, struct str network) {
    struct keys k;
    snprintf(k.account, sizeof k.account, "pairing:guess:" ID_FMT, ID_ARG(account.v));
    snprintf(k.network, sizeof k.network, "pairing:guess:" STR_FMT, STR_ARG(network));
    return k;
}

int pairing_guess_begin(const struct engine *e, struct account_id account, struct str network, struct err *reterr) {
    struct keys k = keys_of(account, network);
    int64_t by_account = 0, by_network = 0;
    int rc = count(e, k.account, 1, &by_account, reterr);
    if (rc == 0)
        rc = count(e, k.network, 1, &by_network, reterr);
    if (rc)
        return rc;
    if (by_account <= GUESSES_ACCOUNT && by_network <= GUESSES_NETWORK)
        return 0;
    return err_refuse(reterr, ERR_LIMIT, "pairing.too_many_codes",
                      "Too many codes were wrong. Wait 15 minutes and try again with a new code.",
                      "%d codes of the account, %d of the network", (int)by_account, (int)by_network);
}

void pairing_guess_right(const struct engine *e, struct account_id account, struct str network) {
    struct keys k = keys_of(account, network);
    int64_t n;
    count(e, k.account, -1, &n, NULL);
    count(e, k.network, -1, &n, NULL);
}

/* Held until the device may ask again. The longer pause that a hasty one is told to make (RFC 8628
 * section 3.5: five seconds more, for this and all later requests) is in the counter beside it. */
static bool poll_take(struct cache *c, const char *hash, struct err *reterr, int *ret_rc) {
    char hold[96], steps[96];
    int64_t n = 0;
    snprintf(hold, sizeof hold, "pairing:poll:%.32s", hash);
    snprintf(steps, sizeof steps, "pairing:hasty:%.32s", hash);
    *ret_rc = cache_count(c, str_of(steps), 0, PAIRING_LIFE_MS, &n, reterr);
    if (*ret_rc < 0)
        return false;
    int64_t pause_ms = (PAIRING_INTERVAL_S + 5 * MIN(n, (int64_t)STEPS_MAX)) * 1000;
    int got = cache_add(c, str_of(hold), STR("1"), pause_ms - EARLY_MS, reterr);
    if (got == 0) {
        got = cache_count(c, str_of(steps), 1, PAIRING_LIFE_MS, &n, reterr);
        if (got >= 0)
            got = cache_set(c, str_of(hold), STR("1"), pause_ms + 5000 - EARLY_MS, reterr);
        *ret_rc = MIN(got, 0);
        return false;
    }
    *ret_rc = MIN(got, 0);
    return got > 0;
}

int pairing_poll(const struct engine *e, const char *hash, struct err *reterr) {
    int rc = 0;
    bool in_time = poll_take(e->cache, hash, NULL, &rc);
    if (rc < 0)
        in_time = poll_take(cache_local(e->cache), hash, reterr, &rc);
    if (rc < 0 || in_time)
        return rc;
    return err_refuse(reterr, ERR_INVALID, "slow_down", "Ask five seconds less often.", "polled too soon");
}
