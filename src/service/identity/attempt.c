/*
 * attempt.c - how often a sign-in may fail before we stop looking at passwords, in 15 minutes: 10 times
 * an account from one network, 60 times a network over all accounts, and 100 times an account over all
 * networks. The last would let anybody with many networks shut an owner out, so it does not hold for a
 * network that the account has signed in from in the last 30 days. Buckets are hashes, so that what
 * people mistype into the e-mail field is not kept.
 */
#include "service/identity/identity_int.h"
#include "base/buf.h"
#include "engine/cache/cache.h"
#include <openssl/sha.h>

enum {
    PAIR_FAILURES = 10,
    NETWORK_FAILURES = 60,
    ACCOUNT_FAILURES = 100,
    PIN_FAILURES = 5,
    PASSWORD_FAILURES = 20, /* of somebody who is signed in */
    SIGN_UPS_TAKEN = 20,
    SIGN_UP_LETTERS = 2,
    WINDOW_MS = 15 * 60 * 1000
};
static const int64_t known_ms = 30LL * 24 * 3600 * 1000;

/* Of one sign-in; in the caller's arena. */
struct buckets {
    struct str pair, network, account, known;
};

static struct str bucket_name(struct arena *a, const char *kind, struct str what) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    struct str text = str_printf(a, "%s:" STR_FMT, kind, STR_ARG(what));
    SHA256((const uint8_t *)text.p, text.n, hash);
    scoped(buf_done) struct buf hex = BUF(80);
    buf_addc(&hex, "sign-in:");
    buf_hex(&hex, hash, 16);
    return str_dup(a, buf_str(&hex));
}

/* Over all machines where the cache is shared. Without Redis this process counts alone: locking everybody
 * out would be worse, and not counting would let guessing in. by 0 reads. */
static int count(const struct engine *e, struct str bucket, int64_t by, int64_t *ret,
                 struct err *reterr) {
    if (cache_count(e->cache, bucket, by, WINDOW_MS, ret, NULL) == 0)
        return 0;
    return cache_count(cache_local(e->cache), bucket, by, WINDOW_MS, ret, reterr);
}

/* A PIN has ten thousand values: five wrong ones close the profile for a quarter of an hour. */
int attempt_pin_check(const struct engine *e, struct profile_id profile, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n = 0;
    int rc = count(e, bucket_name(&a, "pin", id_str(&profile.v)), 0, &n, reterr);
    if (rc == 0 && n >= PIN_FAILURES)
        return err_refuse(reterr, ERR_LIMIT, "profile.too_many_pins",
                          "The PIN was wrong too often. Wait 15 minutes and try again.", "%d wrong PINs", (int)n);
    return rc;
}

int attempt_pin_failed(const struct engine *e, struct profile_id profile, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n;
    return count(e, bucket_name(&a, "pin", id_str(&profile.v)), 1, &n, reterr);
}

int attempt_sign_up_check(const struct engine *e, struct str address, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n = 0;
    int rc = count(e, bucket_name(&a, "taken", address), 0, &n, reterr);
    if (rc == 0 && n >= SIGN_UPS_TAKEN)
        return err_refuse(reterr, ERR_LIMIT, "account.too_many_sign_ups",
                          "Too many sign-ups from your network. Wait 15 minutes and try again.",
                          "%d sign-ups with a taken address", (int)n);
    return rc;
}

int attempt_sign_up_taken(const struct engine *e, struct str address, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n;
    return count(e, bucket_name(&a, "taken", address), 1, &n, reterr);
}

int attempt_letter(const struct engine *e, struct str email, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n = 0;
    int rc = count(e, bucket_name(&a, "letter", email), 1, &n, reterr);
    return rc ? rc : n <= SIGN_UP_LETTERS;
}

int attempt_code_check(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n = 0;
    int rc = count(e, bucket_name(&a, "code", id_str(&account.v)), 0, &n, reterr);
    if (rc == 0 && n >= PIN_FAILURES)
        return err_refuse(reterr, ERR_LIMIT, "factor.too_many_codes",
                          "The code was wrong too often. Wait 15 minutes and try again.", "%d wrong codes", (int)n);
    return rc;
}

int attempt_code_failed(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n;
    return count(e, bucket_name(&a, "code", id_str(&account.v)), 1, &n, reterr);
}

int attempt_code_succeeded(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct str bucket = bucket_name(&a, "code", id_str(&account.v));
    cache_delete(e->cache, bucket, NULL);
    int rc = cache_delete(cache_local(e->cache), bucket, reterr);
    return MIN(rc, 0);
}

int attempt_password_check(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n = 0;
    int rc = count(e, bucket_name(&a, "again", id_str(&account.v)), 0, &n, reterr);
    if (rc == 0 && n >= PASSWORD_FAILURES)
        return err_refuse(reterr, ERR_LIMIT, "session.too_many_attempts",
                          "The password was wrong too often. Wait 15 minutes and try again.",
                          "%d wrong passwords", (int)n);
    return rc;
}

int attempt_password_failed(const struct engine *e, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t n;
    return count(e, bucket_name(&a, "again", id_str(&account.v)), 1, &n, reterr);
}

/* A cache that is lost or gone knows nobody: then the account's own limit holds for its owner too. */
static bool is_known(const struct engine *e, struct str bucket, struct arena *a) {
    struct str value;
    return cache_get(e->cache, bucket, a, &value, NULL) == 1 ||
           cache_get(cache_local(e->cache), bucket, a, &value, NULL) == 1;
}

static struct buckets buckets_of(struct arena *a, struct str email, struct str address) {
    struct str both = str_printf(a, STR_FMT " " STR_FMT, STR_ARG(email), STR_ARG(address));
    return (struct buckets){bucket_name(a, "pair", both), bucket_name(a, "address", address),
                            bucket_name(a, "account", email), bucket_name(a, "known", both)};
}

int attempt_check(const struct engine *e, struct str email, struct str address,
                  struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct buckets b = buckets_of(&a, email, address);
    int64_t by_pair = 0, by_network = 0, by_account = 0;
    int rc = count(e, b.pair, 0, &by_pair, reterr);
    if (rc == 0)
        rc = count(e, b.network, 0, &by_network, reterr);
    if (rc == 0)
        rc = count(e, b.account, 0, &by_account, reterr);
    if (rc)
        return rc;
    if (by_pair >= PAIR_FAILURES || by_network >= NETWORK_FAILURES ||
        (by_account >= ACCOUNT_FAILURES && !is_known(e, b.known, &a)))
        return err_refuse(reterr, ERR_LIMIT, "session.too_many_attempts",
                          "Too many sign-ins failed. Wait 15 minutes and try again.",
                          "%d failures from there, %d of the network, %d of the account",
                          (int)by_pair, (int)by_network, (int)by_account);
    return 0;
}

int attempt_failed(const struct engine *e, struct str email, struct str address,
                   struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct buckets b = buckets_of(&a, email, address);
    int64_t n;
    int rc = count(e, b.pair, 1, &n, reterr);
    if (rc == 0)
        rc = count(e, b.network, 1, &n, reterr);
    return rc ? rc : count(e, b.account, 1, &n, reterr);
}

/* The account's own count stays: an owner who signs in must not give a guesser a hundred more. */
int attempt_succeeded(const struct engine *e, struct str email, struct str address,
                      struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct buckets b = buckets_of(&a, email, address);
    cache_delete(e->cache, b.pair, NULL); /* fails open: the window ends by itself */
    int rc = cache_delete(cache_local(e->cache), b.pair, reterr);
    if (rc >= 0 && cache_set(e->cache, b.known, STR("1"), known_ms, NULL) < 0)
        rc = cache_set(cache_local(e->cache), b.known, STR("1"), known_ms, reterr);
    return MIN(rc, 0);
}

int attempt_pin_succeeded(const struct engine *e, struct profile_id profile, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct str bucket = bucket_name(&a, "pin", id_str(&profile.v));
    cache_delete(e->cache, bucket, NULL);
    int rc = cache_delete(cache_local(e->cache), bucket, reterr);
    return MIN(rc, 0);
}
